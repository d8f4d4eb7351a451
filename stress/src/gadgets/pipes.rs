//! Producers and consumers around a queue of each order: every item comes out once.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use threadkit::{Event, LifoQueue, PriorityQueue, Queue, Select, scope};

/// How many items a producer makes.
const ITEMS: u64 = 3;

fn all(producers: usize) -> u64 {
    (0..producers as u64 * ITEMS).sum()
}

fn items_of(producer: usize) -> impl Iterator<Item = u64> {
    let first = producer as u64 * ITEMS;
    first..first + ITEMS
}

macro_rules! pipe {
    ($name:ident, $queue:ident, $in_order:expr) => {
        pub fn $name(producers: usize, capacity: usize) {
            let queue = $queue::bounded(capacity);
            let sum = AtomicU64::new(0);
            scope(|s| {
                for _ in 0..2 {
                    drop(s.spawn(|| {
                        let mut last = vec![None; producers];
                        for item in &queue {
                            let producer = (item / ITEMS) as usize;
                            let before = last[producer].replace(item);
                            assert!(
                                !$in_order || before < Some(item),
                                "items of one producer changed places"
                            );
                            sum.fetch_add(item, Relaxed);
                        }
                    }));
                }
                scope(|s| {
                    for producer in 0..producers {
                        let queue = &queue;
                        drop(s.spawn(move || {
                            items_of(producer).for_each(|item| queue.put(item).unwrap())
                        }));
                    }
                });
                queue.shutdown();
            });
            assert_eq!(sum.into_inner(), all(producers));
        }
    };
}

pipe!(pipe, Queue, true);
pipe!(lifo_pipe, LifoQueue, false);
pipe!(priority_pipe, PriorityQueue, false);

/// One thread takes from two queues and an event, until both have ended.
pub fn select(producers: usize, capacity: usize) {
    let (left, right, enough) = (
        Queue::bounded(capacity),
        Queue::bounded(capacity),
        Event::new(),
    );
    let mut sum = 0;
    scope(|s| {
        for producer in 0..producers {
            let queue = if producer % 2 == 0 { &left } else { &right };
            drop(s.spawn(move || items_of(producer).for_each(|item| queue.put(item).unwrap())));
        }
        let mut select = Select::new()
            .get(&left, |item| item)
            .get(&right, |item| item)
            .event(&enough, || u64::MAX);
        for _ in 0..producers as u64 * ITEMS {
            sum += select.wait().unwrap();
        }
        enough.set();
        assert_eq!(select.wait(), Ok(u64::MAX));
    });
    assert_eq!(sum, all(producers));
}

/// Every item is finished as a job, which `join` waits for.
pub fn jobs(workers: usize, capacity: usize) {
    let queue = Queue::bounded(capacity);
    let done = AtomicU64::new(0);
    scope(|s| {
        for _ in 0..workers {
            drop(s.spawn(|| {
                for job in queue.jobs() {
                    done.fetch_add(*job, Relaxed);
                }
            }));
        }
        items_of(0).for_each(|item| queue.put(item).unwrap());
        queue.join();
        assert_eq!(done.load(Relaxed), all(1), "`join` did not wait for all");
        queue.shutdown();
    });
}

/// Puts and gets with limits, tried again until they succeed.
pub fn put_until(producers: usize, capacity: usize) {
    let queue = Queue::bounded(capacity);
    let limit = Duration::from_millis(1);
    let mut sum = 0;
    scope(|s| {
        for producer in 0..producers {
            let queue = &queue;
            drop(s.spawn(move || {
                for item in items_of(producer) {
                    let mut item = item;
                    while let Err(error) = queue.put_timeout(item, limit) {
                        item = error.into_inner();
                    }
                }
            }));
        }
        let mut got = 0;
        while got < producers as u64 * ITEMS {
            if let Ok(item) = queue.get_timeout(limit) {
                sum += item;
                got += 1;
            }
        }
    });
    assert_eq!(sum, all(producers));
}

/// A queue that is shut down while it is in use: every accepted item comes out, or is returned by
/// the shutdown.
pub fn drain_now(producers: usize, capacity: usize) {
    let queue = Queue::bounded(capacity);
    let (put, got) = (AtomicU64::new(0), AtomicU64::new(0));
    scope(|s| {
        for producer in 0..producers {
            let (queue, put) = (&queue, &put);
            drop(s.spawn(move || {
                for item in items_of(producer) {
                    match queue.put(item) {
                        Ok(()) => put.fetch_add(item, Relaxed),
                        Err(_) => return,
                    };
                }
            }));
        }
        drop(s.spawn(|| {
            for item in &queue {
                got.fetch_add(item, Relaxed);
            }
        }));
        // The shutdown comes somewhere in the middle.
        threadkit::sleep(Duration::from_millis(1));
        for item in queue.shutdown_now() {
            got.fetch_add(item, Relaxed);
        }
    });
    assert_eq!(got.into_inner(), put.into_inner());
}
