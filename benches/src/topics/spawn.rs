//! Starting a thread that does nothing, and joining it.

use std::sync::mpsc;
use std::thread;

use super::Topic;
use crate::harness::{Bench, Table, Unit, repeat};

pub(super) const TOPIC: Topic = Topic {
    name: "spawn",
    about: "start and join, with 0 and 1,000 other threads alive",
    run,
};

fn run(bench: &mut Bench) {
    for (others, title) in [
        (0, "no other thread alive"),
        (1000, "1,000 other threads alive"),
    ] {
        if bench.wants(title) {
            let _others = Others::start(others);
            compare(bench, title);
        }
    }
}

fn compare(bench: &mut Bench, title: &str) {
    let pace = bench.pace;
    let std = repeat(pace, &(), |()| thread::spawn(|| ()).join().unwrap());
    let named = repeat(pace, &(), |()| {
        let builder = thread::Builder::new().name("worker-1".into());
        builder.spawn(|| ()).unwrap().join().unwrap();
    });
    let threadkit = repeat(pace, &(), |()| threadkit::spawn(|| ()).join().unwrap());
    let table = Table::new(title, Unit::Nanoseconds, pace.pick(15, 3), "std", std);
    // threadkit names every thread, and std only on request: each has a row.
    bench.run(table.peer("std, named", named).peer("threadkit", threadkit));
}

/// Threads that are alive and do nothing, until this is dropped.
///
/// They are threadkit's threads for every peer: std does not tell them apart, while threadkit keeps
/// a list of its own threads.
struct Others {
    /// Each waits until its sender is dropped, which happens even if a measurement panics.
    threads: Vec<(mpsc::Sender<()>, threadkit::JoinHandle<()>)>,
}

impl Others {
    /// Starts them, and returns when all of them run.
    fn start(count: usize) -> Self {
        let (running, all_running) = mpsc::channel();
        let threads = (0..count).map(|_| {
            let (release, released) = mpsc::channel::<()>();
            let running = running.clone();
            let thread = threadkit::spawn(move || {
                running.send(()).unwrap();
                // An error is expected: it means that the sender was dropped.
                let _ = released.recv();
            });
            (release, thread)
        });
        let threads = threads.collect();
        all_running.iter().take(count).for_each(drop);
        Self { threads }
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        // All are released before any is joined, so that they end at the same time.
        let (releases, threads): (Vec<_>, Vec<_>) = self.threads.drain(..).unzip();
        drop(releases);
        for thread in threads {
            thread.join().unwrap();
        }
    }
}
