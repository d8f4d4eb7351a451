//! The page of a recording in a browser: rows, hover, search, zoom, pan, keys, arrows and tables.
//!
//! `bash .ci/run browser` runs these tests where there is a Chromium. With `PICTURES` set to a folder they also save
//! what the page looks like.

#![cfg(any(debug_assertions, feature = "explore"))]

#[path = "support/browser.rs"]
mod browser;
mod support;

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::json;
use threadkit::timeline::{self, Recording};
use threadkit::{Lock, Thread, ThreadPool};

use browser::Page;
use support::{bounded, until_waiting};

/// A page that is deleted when this is dropped.
struct File(PathBuf);

impl File {
    fn of(recording: &Recording, name: &str) -> Self {
        let path = env::temp_dir().join(format!("threadkit-page-{}-{name}.html", process::id()));
        recording.save_html(&path).expect("the page is written");
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Records one thing at a time: a recording has all threads of the process.
fn alone(record: fn() -> Recording) -> Recording {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    bounded(record)
}

/// Three clerks want the ledger, which this thread holds at first.
fn clerks() -> Recording {
    let recorder = timeline::record();
    let ledger = Arc::new(Lock::named("ledger", 0));
    let held = ledger.acquire();
    let clerks: Vec<_> = (1..=3)
        .map(|n| {
            let ledger = Arc::clone(&ledger);
            let clerk = Thread::new(move || {
                for _ in 0..10 {
                    let mut ledger = ledger.acquire();
                    thread::sleep(Duration::from_micros(300)); // a length to draw
                    *ledger += 1;
                }
            });
            clerk.name(format!("clerk-{n}")).start()
        })
        .collect();
    for clerk in &clerks {
        until_waiting(clerk.thread());
    }
    thread::sleep(Duration::from_millis(10)); // a wait that is long enough to be seen
    drop(held);
    for clerk in clerks {
        clerk.join().unwrap();
    }
    recorder.stop()
}

/// Finds the first wait of a clerk for the lock, as an index of its segments.
const FIRST_WAIT: &str =
    "timeline.threads.find((thread) => thread.name === 'clerk-1').main.kind.indexOf(1)";

fn index_of(page: &mut Page, name: &str) -> f64 {
    page.number(&format!(
        "timeline.threads.findIndex((thread) => thread.name === '{name}')"
    ))
}

/// The middle of a span on the screen.
fn point(page: &mut Page, thread: f64, part: &str, at: f64) -> (f64, f64) {
    let point = page.value(&format!("timeline.pointOf({thread}, '{part}', {at})"));
    (point["x"].as_f64().unwrap(), point["y"].as_f64().unwrap())
}

fn shown(page: &mut Page) -> f64 {
    page.number("timeline.view.to - timeline.view.from")
}

#[test]
#[ignore = "needs a browser: bash .ci/run browser"]
fn rows_hover_and_details() {
    let file = File::of(&alone(clerks), "hover");
    let mut page = Page::open(&file.0, (1400, 900));
    let threads = page.number("timeline.threads.length");
    assert!(threads >= 4.0);
    assert_eq!(page.number("timeline.layout().rows.length"), threads);
    let clerk = index_of(&mut page, "clerk-1");
    let wait = page.number(FIRST_WAIT);
    assert!(wait >= 0.0, "it has waited");

    let (x, y) = point(&mut page, clerk, "main", wait);
    let colour = page.value(&format!(
        "(() => {{ const box = canvas.getBoundingClientRect(); \
         return [...canvas.getContext('2d').getImageData({x} - box.left, {y} - box.top - 6, 1, 1).data]; }})()"
    ));
    assert_eq!(
        colour,
        json!([0xd9, 0x48, 0x0f, 0xff]),
        "the colour of a wait for a lock"
    );

    page.mouse("mouseMoved", x, y, &json!({}));
    assert_eq!(page.value("document.getElementById('tip').hidden"), false);
    let tip = page.text("document.getElementById('tip').innerText");
    for part in [
        "waits in acquire `ledger`",
        "clerk-1",
        "ms",
        "browser.rs:",
        "held by",
        "released by",
    ] {
        assert!(tip.contains(part), "{part} is not in\n{tip}");
    }
    page.picture("hover");

    let (hold_x, hold_y) = point(&mut page, clerk, "hold", 0.0);
    page.mouse("mouseMoved", hold_x, hold_y, &json!({}));
    let tip = page.text("document.getElementById('tip').innerText");
    assert!(
        tip.contains("holds `ledger`") && tip.contains("acquired at"),
        "{tip}"
    );

    page.click(x, y);
    let details = page.text("document.getElementById('details').innerText");
    assert!(details.contains("waits in acquire `ledger`"), "{details}");
    page.mouse("mouseMoved", 5.0, 5.0, &json!({}));
    assert_eq!(page.value("document.getElementById('tip').hidden"), true);
    assert_eq!(page.errors, [""; 0]);
}

#[test]
#[ignore = "needs a browser: bash .ci/run browser"]
fn zoom_and_pan() {
    let file = File::of(&alone(clerks), "zoom");
    let mut page = Page::open(&file.0, (1400, 900));
    let all = shown(&mut page);
    page.click_on("#zoom-in");
    assert!((shown(&mut page) - all / 2.0).abs() < 2.0);
    page.click_on("#zoom-out");
    assert_eq!(shown(&mut page), all);

    // The time below the mouse must not move.
    let (x, y) = (700.0, 250.0);
    let at = "(() => { const { width, gutter } = timeline.layout(), x = 700 - canvas.getBoundingClientRect().left; \
              return timeline.view.from + (x - gutter) / (width - gutter) * (timeline.view.to - timeline.view.from); })()";
    let before = page.number(at);
    page.mouse(
        "mouseWheel",
        x,
        y,
        &json!({"deltaX": 0, "deltaY": -200, "modifiers": 2}),
    );
    assert!(shown(&mut page) < all * 0.7);
    let after = page.number(at);
    assert!(
        (after - before).abs() < all / 1000.0,
        "{before} and {after}"
    );

    // A drag to the left shows what is later.
    let from = page.number("timeline.view.from");
    page.mouse(
        "mousePressed",
        x,
        y,
        &json!({"button": "left", "buttons": 1, "clickCount": 1}),
    );
    page.mouse(
        "mouseMoved",
        x - 100.0,
        y,
        &json!({"button": "left", "buttons": 1}),
    );
    page.mouse("mouseReleased", x - 100.0, y, &json!({"button": "left"}));
    assert!(page.number("timeline.view.from") > from);
    page.mouse("mouseWheel", x, y, &json!({"deltaX": -120, "deltaY": 0}));
    let left = page.number("timeline.view.from");
    page.mouse("mouseWheel", x, y, &json!({"deltaX": 60, "deltaY": 0}));
    assert!(page.number("timeline.view.from") > left);
    page.click_on("#fit");
    assert_eq!(shown(&mut page), all);

    page.value("document.getElementById('rows').focus()");
    page.key("+");
    assert!(shown(&mut page) < all);
    let from = page.number("timeline.view.from");
    page.key("ArrowRight");
    assert!(page.number("timeline.view.from") > from);
    page.key("ArrowLeft");
    assert!((page.number("timeline.view.from") - from).abs() < 2.0);
    page.key("0");
    assert_eq!(shown(&mut page), all);
    // The overview moves the view as well.
    page.click_on("#zoom-in");
    let middle = page.number("(timeline.view.from + timeline.view.to) / 2");
    let right = page.value(
        "(({ right, top }) => ({ x: right - 20, y: top + 20 }))(overview.getBoundingClientRect())",
    );
    page.click(right["x"].as_f64().unwrap(), right["y"].as_f64().unwrap());
    assert!(page.number("(timeline.view.from + timeline.view.to) / 2") > middle);
    assert_eq!(page.errors, [""; 0]);
}

#[test]
#[ignore = "needs a browser: bash .ci/run browser"]
fn search_and_keys() {
    let file = File::of(&alone(clerks), "search");
    let mut page = Page::open(&file.0, (1400, 900));
    page.value("document.getElementById('rows').focus()");
    page.key("/");
    assert_eq!(page.text("document.activeElement.id"), "query");
    page.type_text("LEDGER");
    let found = page.text("document.getElementById('matches').textContent");
    let count: u32 = found
        .strip_suffix(" matches")
        .expect("several")
        .parse()
        .expect("a number");
    // Each clerk holds the lock ten times, and this thread holds it once.
    assert!(count > 31, "{found}");
    page.picture("search");
    page.key("Enter");
    assert_eq!(
        page.text("document.getElementById('matches').textContent"),
        format!("1 of {count}")
    );
    page.key("Enter");
    assert_eq!(
        page.text("document.getElementById('matches').textContent"),
        format!("2 of {count}")
    );
    let details = page.text("document.getElementById('details').innerText");
    assert!(details.contains("`ledger`"), "{details}");
    page.key("Escape");
    assert_eq!(
        page.text("document.getElementById('matches').textContent"),
        ""
    );
    assert_eq!(page.text("document.activeElement.id"), "rows");

    // The page scrolls to a match that is out of view.
    page.value("document.getElementById('query').focus()");
    page.type_text("clerk-3");
    assert_eq!(
        page.text("document.getElementById('matches').textContent"),
        "1 match"
    );
    page.click_on("#next");
    let clerk = index_of(&mut page, "clerk-3");
    assert_eq!(page.number("timeline.state.thread"), clerk);
    page.value("document.getElementById('query').select()");
    page.type_text("no such thing");
    assert_eq!(
        page.text("document.getElementById('matches').textContent"),
        "no match"
    );
    assert_eq!(page.value("document.getElementById('next').disabled"), true);
    page.key("Escape");

    page.key("ArrowUp");
    assert_eq!(page.number("timeline.state.thread"), clerk - 1.0);
    page.key(".");
    page.key(".");
    assert_eq!(page.text("timeline.state.selected.part"), "main");
    let span = "(({ thread, at }, { main } = timeline.threads[thread]) => [main.start[at], main.end[at]])(timeline.state.selected)";
    let (begin, end) = (
        page.number(&format!("{span}[0]")),
        page.number(&format!("{span}[1]")),
    );
    let all = shown(&mut page);
    page.key("Enter");
    let wanted = ((end - begin) * 1.6).min(all);
    assert!(
        (shown(&mut page) - wanted).abs() < 100.0,
        "it zooms to the selected span"
    );
    assert!(page.number("timeline.view.from") <= begin && end <= page.number("timeline.view.to"));
    page.key("Escape");
    assert!(page.value("timeline.state.selected").is_null());
    assert_eq!(page.errors, [""; 0]);
}

#[test]
#[ignore = "needs a browser: bash .ci/run browser"]
fn arrows_and_tables() {
    let file = File::of(&alone(clerks), "arrows");
    let mut page = Page::open(&file.0, (1400, 1200));
    let arrows = page.number("timeline.arrows.count");
    assert!(arrows >= 6.0, "three starts and three releases");
    assert_eq!(page.number("timeline.state.arrowsDrawn"), arrows);
    page.click_on("#arrows");
    assert_eq!(page.number("timeline.state.arrowsDrawn"), 0.0);
    assert_eq!(
        page.text("document.getElementById('arrows').getAttribute('aria-pressed')"),
        "false"
    );
    page.key("a");
    assert_eq!(page.number("timeline.state.arrowsDrawn"), arrows);

    // This thread has kept three clerks waiting for at least ten milliseconds.
    let me = thread::current();
    let blame = format!(
        "(() => {{ const {{ holds }} = timeline.threads.find(({{ name }}) => name === {:?}); \
         return timeline.contention().find(({{ place }}) => place === holds.place[0]).blame; }})()",
        me.name().unwrap()
    );
    assert!(page.number(&blame) >= 30e6 * 0.9);
    let blamed = "timeline.contention().map(({ blame }) => blame).sort((a, b) => b - a)";
    let order = page.value(&format!(
        "{blamed}.map((blame) => blame === 0 ? '0' : timeline.duration(blame))"
    ));
    let cells = "[...document.querySelectorAll('#places tbody td:nth-child(3)')]";
    assert_eq!(
        page.value(&format!("{cells}.map((cell) => cell.textContent)")),
        order
    );
    let first = page.text("document.querySelector('#places tbody tr').innerText");
    assert!(
        first.contains("browser.rs:") && first.contains("ledger"),
        "{first}"
    );
    page.value("document.querySelectorAll('#places th button')[3].click()");
    let sorted = page.text("document.querySelector('#places th[aria-sort]').textContent");
    assert_eq!(sorted, "acquired");
    let most = page.text("document.querySelector('#places tbody tr td:nth-child(4)').textContent");
    assert_eq!(most, "30");
    // A click on a place in the table searches for it.
    page.value("document.querySelector('#places tbody button').click()");
    let found = page.text("document.getElementById('matches').textContent");
    assert!(found.ends_with("matches"), "{found}");
    let threads = page.number("timeline.threads.length");
    assert_eq!(
        page.number("document.querySelectorAll('#shares tbody tr').length"),
        threads
    );
    assert_eq!(page.errors, [""; 0]);
}

#[test]
#[ignore = "needs a browser: bash .ci/run browser"]
fn hostile_names() {
    const NAME: &str = "</script><img src=x onerror=alert(1)><!-- \"'\\ \u{2028}";
    let recording = alone(|| {
        let recorder = timeline::record();
        let body = || drop(Lock::named(NAME, ()).acquire());
        Thread::new(body).name(NAME).start().join().unwrap();
        recorder.stop()
    });
    let file = File::of(&recording, "hostile");
    let mut page = Page::open(&file.0, (1000, 700));
    assert_eq!(page.number("document.images.length"), 0.0);
    let is_there = format!(
        "timeline.threads.some(({{ name }}) => name === {})",
        json!(NAME)
    );
    assert_eq!(page.value(&is_there), true);
    assert!(
        page.text("document.getElementById('shares').innerText")
            .contains("onerror")
    );
    page.value(
        "document.querySelectorAll('#shares tbody button').forEach((button) => button.click())",
    );
    page.settle();
    assert_eq!(page.number("document.images.length"), 0.0);
    assert_eq!(page.errors, [""; 0]);
}

#[test]
#[ignore = "needs a browser: bash .ci/run browser"]
fn nothing_recorded() {
    // Without room there is nothing but the threads.
    let nothing = alone(|| timeline::record_latest(0).stop());
    let file = File::of(&nothing, "nothing");
    let mut page = Page::open(&file.0, (1000, 700));
    assert!(
        page.text("document.getElementById('places').innerText")
            .contains("No lock was acquired")
    );
    assert_eq!(page.errors, [""; 0]);
}

/// Many threads, on wide and on narrow screens, light and dark.
#[test]
#[ignore = "needs a browser: bash .ci/run browser"]
fn many_threads_on_every_screen() {
    let recording = alone(|| {
        let recorder = timeline::record();
        let shelf = Arc::new(Lock::named("shelf", 0));
        let pool = ThreadPool::builder(64).name("crew").build();
        let tasks: Vec<_> = (0..640)
            .map(|n| {
                let shelf = Arc::clone(&shelf);
                pool.submit(move || {
                    // Spans of many lengths.
                    thread::sleep(Duration::from_micros(n % 9 * 300));
                    *shelf.acquire() += 1;
                    thread::sleep(Duration::from_micros(n % 7 * 200));
                })
            })
            .collect();
        for task in tasks {
            task.join().unwrap();
        }
        pool.shutdown();
        recorder.stop()
    });
    let file = File::of(&recording, "many");
    let mut page = Page::open(&file.0, (1600, 1000));
    assert!(page.number("timeline.threads.length") >= 64.0);
    for scheme in ["light", "dark"] {
        page.prefer(scheme);
        for width in [1600, 400] {
            page.resize(width, 1000);
            page.settle();
            let gap = page.number("document.documentElement.scrollWidth - innerWidth");
            assert!(gap <= 0.0, "the page is {gap} pixels too wide at {width}");
            assert_eq!(
                page.number("canvas.getBoundingClientRect().width"),
                page.number("timeline.layout().width")
            );
            page.picture(&format!("many-{scheme}-{width}"));
        }
    }
    // The last row can be scrolled to, and pointed at.
    page.resize(1600, 1000);
    page.settle();
    page.value("rows.scrollTop = 1e6");
    page.settle();
    let last = page.number("timeline.threads.length - 1");
    let (x, y) = point(&mut page, last, "main", 0.0);
    page.mouse("mouseMoved", x, y, &json!({}));
    let name = page.text("timeline.threads.at(-1).name");
    let tip = page.text("document.getElementById('tip').innerText");
    assert!(tip.contains(&name), "{name} is not in\n{tip}");
    assert_eq!(page.errors, [""; 0]);
}
