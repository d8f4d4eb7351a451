//! The objects that all drivers share, and the checks of them in a pause.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use threadkit::{
    JoinHandle, Lock, Queue, RLock, RwLock, Semaphore, ThreadPool, WhenFull, spawn, threads,
};

/// The permits of the semaphore that all share.
pub(super) const PERMITS: usize = 3;

/// The threads of the pools that all share.
const POOL_SIZES: [usize; 3] = [1, 2, 3];

/// How long after the drivers pause the threads and tasks that they started may still run.
const SETTLES: Duration = Duration::from_secs(30);

/// An item of the shared queue: its producer, and its number in the producer's series.
pub(super) type Item = (u64, u64);

pub(super) struct Shared {
    /// Changed in two steps, between which no other thread must see it.
    pub(super) lock: Lock<(u64, u64)>,
    pub(super) reentrant: RLock<(AtomicU64, AtomicU64)>,
    pub(super) rwlock: RwLock<(u64, u64)>,
    /// How often each of the three was changed.
    pub(super) changes: [AtomicU64; 3],
    pub(super) permits: Arc<Semaphore>,
    pub(super) holders: AtomicUsize,
    /// A pool of one, one whose submitters wait for room, and one whose submitters run tasks themselves.
    pub(super) pools: [Arc<ThreadPool>; 3],
    /// Tasks that were taken in, and those that ran or were cancelled.
    pub(super) taken_in: AtomicU64,
    pub(super) ended: Arc<AtomicU64>,
    pub(super) items: Arc<Queue<Item>>,
    pub(super) put: AtomicU64,
    got: Arc<AtomicU64>,
    /// Failures of code that could not return them.
    pub(super) wrong: Arc<Mutex<Vec<String>>>,
    consumer: JoinHandle<()>,
}

impl Shared {
    pub(super) fn new() -> Self {
        let [one, two, three] = POOL_SIZES;
        let blocks = ThreadPool::builder(two).backlog(4, WhenFull::Block).build();
        let keep_alive = Duration::from_millis(20);
        let runs = ThreadPool::builder(three).backlog(2, WhenFull::RunInCaller);
        let items: Arc<Queue<Item>> = Arc::new(Queue::bounded(8));
        let got = Arc::new(AtomicU64::new(0));
        let wrong = Arc::new(Mutex::new(Vec::new()));
        let consumer = {
            let (items, got, wrong) = (Arc::clone(&items), Arc::clone(&got), Arc::clone(&wrong));
            spawn(move || {
                // A single consumer sees the items of each series in their order.
                let mut last: HashMap<u64, u64> = HashMap::new();
                for (row, number) in items.iter() {
                    // A series begins with one and ends with zero.
                    let expected = last.get(&row).map_or(1, |last| last + 1);
                    if number == 0 {
                        last.remove(&row);
                    } else {
                        last.insert(row, number);
                        if number != expected {
                            wrong
                                .lock()
                                .push(format!("item {number} of a row came and not {expected}"));
                        }
                    }
                    got.fetch_add(1, Relaxed);
                }
            })
        };
        Self {
            lock: Lock::new((0, 0)),
            reentrant: RLock::new(Default::default()),
            rwlock: RwLock::new((0, 0)),
            changes: Default::default(),
            permits: Arc::new(Semaphore::new(PERMITS)),
            holders: AtomicUsize::new(0),
            pools: [
                Arc::new(ThreadPool::new(one)),
                Arc::new(blocks),
                Arc::new(runs.keep_alive(keep_alive).build()),
            ],
            taken_in: AtomicU64::new(0),
            ended: Arc::new(AtomicU64::new(0)),
            items,
            put: AtomicU64::new(0),
            got,
            wrong,
            consumer,
        }
    }

    /// Notes what went wrong.
    pub(super) fn fail(&self, what: impl Into<String>) {
        self.wrong.lock().push(what.into());
    }

    /// Ends the threads that run for all of them.
    pub(super) fn end(&self) {
        self.items.shutdown();
        self.consumer.wait();
        for pool in &self.pools {
            pool.shutdown();
        }
    }

    /// What is wrong while all drivers pause.
    pub(super) fn check(&self) -> Vec<String> {
        let left = self.settle();
        let mut wrong = core::mem::take(&mut *self.wrong.lock());
        let mut expect = |what: &str, is: u64, must: u64| {
            if is != must {
                wrong.push(format!("{what}: {is} and not {must}"));
            }
        };
        let changes = |at: usize| self.changes[at].load(Relaxed);
        let (one, other) = *self.lock.acquire();
        expect("changes under the Lock", one, changes(0));
        expect("second changes under the Lock", other, changes(0));
        {
            let levels = self.reentrant.acquire();
            expect(
                "changes under the RLock",
                levels.0.load(Relaxed),
                changes(1),
            );
            expect(
                "second changes under the RLock",
                levels.1.load(Relaxed),
                changes(1),
            );
        }
        let (one, other) = *self.rwlock.read();
        expect("changes under the RwLock", one, changes(2));
        expect("second changes under the RwLock", other, changes(2));
        expect("permits", self.permits.available() as u64, PERMITS as u64);
        expect(
            "items taken",
            self.got.load(Relaxed),
            self.put.load(Relaxed),
        );
        expect(
            "tasks ended",
            self.ended.load(Relaxed),
            self.taken_in.load(Relaxed),
        );
        wrong.extend(left);
        wrong
    }

    /// Waits until everything that the drivers have started has ended, and reports what has not.
    fn settle(&self) -> Option<String> {
        let end = Instant::now() + SETTLES;
        loop {
            let pools: Vec<_> = self
                .pools
                .iter()
                .map(|pool| format!("{}-", pool.name()))
                .collect();
            let is_ours = |name: &str| {
                name == "threadkit-timer" || pools.iter().any(|pool| name.starts_with(pool))
            };
            let consumer = self.consumer.ident();
            let strangers: Vec<_> = (threads().into_iter())
                .filter(|thread| thread.ident() != consumer)
                .filter(|thread| thread.native_id() != Some(u64::from(std::process::id())))
                .filter(|thread| {
                    !is_ours(&thread.name()) && !thread.name().starts_with(super::DRIVER)
                })
                .map(|thread| format!("`{}` {}", thread.name(), thread.state()))
                .collect();
            let surplus: Vec<_> = (self.pools.iter().zip(POOL_SIZES))
                .filter(|(pool, size)| pool.threads() > *size || pool.pending() > 0)
                .map(|(pool, _)| format!("{pool:?}"))
                .collect();
            let settled = self.got.load(Relaxed) == self.put.load(Relaxed)
                && self.ended.load(Relaxed) == self.taken_in.load(Relaxed);
            if strangers.is_empty() && surplus.is_empty() && settled {
                return None;
            }
            if Instant::now() > end {
                return Some(format!(
                    "left behind: threads {strangers:?}, pools {surplus:?}"
                ));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}
