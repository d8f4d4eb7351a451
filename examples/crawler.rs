//! A crawler: a queue of pages to fetch, a few threads that fetch them, and a queue of results.
//!
//! Each page that is found leads to others, so their number is not known in advance. The queue counts: `jobs` marks a
//! page as done when its job is dropped, after the pages that it leads to were put, and `join` waits until all are
//! done. A page that cannot be fetched is a result too. The crawl ends early if it takes too long. The web is a table
//! here.
//!
//! Prints each page with the number of its links, or why there is none, and the totals.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use threadkit::prelude::*;
use threadkit::{Queue, ShutDown};

/// The longest that a crawl may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The pages and their links.
const WEB: &[(&str, &[&str])] = &[
    ("/", &["/docs", "/news", "/about"]),
    ("/about", &["/"]),
    ("/docs", &["/docs/locks", "/docs/queues", "/"]),
    ("/docs/locks", &["/docs", "/docs/queues"]),
    ("/docs/queues", &["/docs", "/docs/locks"]),
    ("/news", &["/news/1", "/news/2", "/"]),
    ("/news/1", &["/news"]),
];

fn fetch(page: &str) -> Result<Vec<String>, String> {
    threadkit::sleep(Duration::from_millis(2)); // the network
    match WEB.iter().find(|(path, _)| *path == page) {
        Some((_, links)) => Ok(links.iter().map(|&link| link.to_owned()).collect()),
        None => Err("not found".to_owned()),
    }
}

/// A page, and the number of its links or the error.
type Fetched = (String, Result<usize, String>);

struct Crawl {
    to_fetch: Queue<String>,
    seen: Lock<BTreeSet<String>>,
    fetched: Queue<Fetched>,
}

impl Crawl {
    /// Has the page fetched, unless that was asked for before.
    fn visit(&self, page: String) -> Result<(), ShutDown> {
        if self.seen.acquire().insert(page.clone()) {
            self.to_fetch.put(page).map_err(|_| ShutDown)?;
        }
        Ok(())
    }
}

#[thread(name = "crawler-{id}")]
fn crawl(id: u32, crawl: Arc<Crawl>) -> Result<u32, ShutDown> {
    let mut fetched = 0;
    for page in crawl.to_fetch.jobs() {
        let links = fetch(&page);
        let count = links.as_ref().map(Vec::len).map_err(String::clone);
        for link in links.unwrap_or_default() {
            crawl.visit(link)?;
        }
        crawl
            .fetched
            .put((page.clone(), count))
            .map_err(|_| ShutDown)?;
        fetched += 1;
        // The job of the page ends here.
    }
    Ok(fetched)
}

#[threadkit::main]
fn main() -> Result<(), JoinError> {
    let state = Arc::new(Crawl {
        // Without a bound: the threads that take pages put pages.
        to_fetch: Queue::unbounded(),
        seen: Lock::named("seen", BTreeSet::new()),
        fetched: Queue::unbounded(),
    });
    let crawlers: Vec<_> = (1..=4).map(|id| crawl(id, Arc::clone(&state))).collect();

    state
        .visit("/".to_owned())
        .expect("nobody has shut the queue down");
    if !state.to_fetch.join_timeout(LIMIT) {
        let left = state.to_fetch.shutdown_now();
        println!("too slow: {} pages are left", left.len());
    }
    state.to_fetch.shutdown(); // ends the crawlers
    let total: u32 = threadkit::join_all(crawlers)?.into_iter().flatten().sum();
    state.fetched.shutdown(); // nobody puts any more, so that the loop below ends

    let mut fetched: Vec<_> = state.fetched.iter().collect();
    fetched.sort();
    for (page, links) in &fetched {
        match links {
            Ok(1) => println!("{page}: 1 link"),
            Ok(links) => println!("{page}: {links} links"),
            Err(error) => println!("{page}: {error}"),
        }
    }
    println!(
        "fetched {total} pages, each once: {}",
        fetched.len() == total as usize
    );
    Ok(())
}
