//! Every operation of a queue in every state of the queue, and items that use their own queue.

mod support;

use std::cmp::Ordering as Order;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use support::{Bomb, Dice, Drops, LONG, bounded, panic_of};
use threadkit::{
    Event, GetError, LifoQueue, PriorityQueue, PutError, Queue, Select, ShutDown, StopSource,
    StopToken, WaitError, join_all, scope, spawn,
};

const NOW: Duration = Duration::ZERO;

fn stopped() -> StopToken {
    let source = StopSource::new();
    source.stop();
    source.token()
}

/// The state of a queue with room for two.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Is {
    /// Open, with nothing in it.
    Empty,
    /// Open, with the item 1 in it.
    HalfFull,
    /// Open, with the items 1 and 2 in it.
    Full,
    /// Shut down, with nothing in it.
    Over,
    /// Shut down, with the item 1 in it.
    Ending,
}

const STATES: [Is; 5] = [Is::Empty, Is::HalfFull, Is::Full, Is::Over, Is::Ending];

impl Is {
    fn items(self) -> usize {
        match self {
            Self::Empty | Self::Over => 0,
            Self::HalfFull | Self::Ending => 1,
            Self::Full => 2,
        }
    }

    fn is_shut(self) -> bool {
        matches!(self, Self::Over | Self::Ending)
    }

    /// The result of a get that finds no item. `otherwise` ends the wait of an open queue.
    fn nothing(self, otherwise: GetError) -> GetError {
        match self {
            Self::Over => GetError::ShutDown,
            _ => otherwise,
        }
    }

    /// The result of a put of 9. `full` ends its wait for room.
    fn put(self, full: PutError<u32>) -> Result<(), PutError<u32>> {
        match self {
            Self::Empty | Self::HalfFull => Ok(()),
            Self::Full => Err(full),
            Self::Over | Self::Ending => Err(PutError::ShutDown(9)),
        }
    }
}

macro_rules! every_queue {
    ($($module:ident: $Queue:ident;)*) => {$(
        mod $module {
            use super::*;

            /// Runs `check` on a queue in each of the states.
            fn in_every_state(check: impl Fn(Is, &$Queue<u32>) + Send + 'static) {
                bounded(move || {
                    for state in STATES {
                        let queue = $Queue::bounded(2);
                        (1..=state.items() as u32).for_each(|n| queue.put(n).unwrap());
                        if state.is_shut() {
                            queue.shutdown();
                        }
                        check(state, &queue);
                        // After every operation the items in the queue are unfinished, and can be finished.
                        assert!(queue.len() <= queue.unfinished(), "{state:?}");
                        drop(queue.drain());
                        while queue.task_done().is_ok() {}
                        assert_eq!((queue.len(), queue.unfinished()), (0, 0), "{state:?}");
                    }
                });
            }

            #[test]
            fn puts() {
                in_every_state(|state, queue| {
                    assert_eq!(queue.try_put(9), state.put(PutError::Full(9)));
                });
                in_every_state(|state, queue| {
                    assert_eq!(queue.put_timeout(9, NOW), state.put(PutError::TimedOut(9)));
                });
                in_every_state(|state, queue| {
                    let put = queue.put_until(9, &stopped());
                    assert_eq!(put, state.put(PutError::Stopped(9)));
                });
                in_every_state(|state, queue| {
                    if state != Is::Full {
                        assert_eq!(queue.put(9), state.put(PutError::Full(9)));
                    }
                });
            }

            #[test]
            fn gets() {
                in_every_state(|state, queue| {
                    let got = queue.try_get();
                    assert_eq!(got.is_ok(), state.items() > 0);
                    assert!(got.is_ok() || got == Err(state.nothing(GetError::Empty)));
                });
                in_every_state(|state, queue| {
                    let got = queue.get_timeout(NOW);
                    assert!(got.is_ok() || got == Err(state.nothing(GetError::TimedOut)));
                });
                in_every_state(|state, queue| {
                    let got = queue.get_until(&stopped());
                    assert!(got.is_ok() || got == Err(state.nothing(GetError::Stopped)));
                });
                in_every_state(|state, queue| {
                    if state != Is::Empty {
                        assert_eq!(queue.get().is_ok(), state.items() > 0);
                    }
                });
            }

            #[test]
            fn batches() {
                in_every_state(|_, queue| {
                    assert_eq!(queue.get_up_to(0), Ok(vec![]), "none is at once there");
                });
                in_every_state(|state, queue| {
                    match queue.get_up_to_until(usize::MAX, NOW) {
                        Ok(batch) => assert_eq!(batch.len(), state.items()),
                        Err(error) => assert_eq!(error, state.nothing(GetError::TimedOut)),
                    }
                });
                in_every_state(|state, queue| {
                    match queue.get_up_to_until(1, &stopped()) {
                        Ok(batch) => assert_eq!(batch.len(), 1),
                        Err(error) => assert_eq!(error, state.nothing(GetError::Stopped)),
                    }
                });
                in_every_state(|state, queue| {
                    assert_eq!(queue.drain().len(), state.items());
                    assert!(queue.drain().is_empty());
                    // What was drained has made room, unless the queue is shut.
                    assert_eq!(queue.try_put(9).is_ok(), !state.is_shut());
                });
            }

            #[test]
            fn iterators() {
                in_every_state(|_, queue| {
                    // A limit that is over ends these operations before they take anything.
                    let before = queue.len();
                    assert_eq!(queue.until(&stopped()).next(), None);
                    assert_eq!(queue.until(NOW).next(), None);
                    assert!(queue.jobs_until(NOW).next().is_none());
                    assert_eq!(queue.len(), before);
                });
                in_every_state(|state, queue| {
                    queue.shutdown();
                    let mut items = queue.iter();
                    assert_eq!(items.by_ref().count(), state.items());
                    assert_eq!(items.next(), None, "it stays over");
                    assert_eq!(queue.jobs().count(), 0);
                });
                in_every_state(|state, queue| {
                    queue.shutdown();
                    assert_eq!(queue.clone().into_iter().count(), state.items());
                });
            }

            #[test]
            fn selects() {
                in_every_state(|state, queue| {
                    let mut select = Select::new().get(queue, |n| n);
                    let got = select.try_wait();
                    assert_eq!(got.is_ok(), state.items() > 0);
                    assert!(got.is_ok() || got == Err(state.nothing(GetError::Empty)));
                });
                in_every_state(|state, queue| {
                    let got = Select::new().get(queue, |n| n).wait_timeout(NOW);
                    assert!(got.is_ok() || got == Err(state.nothing(GetError::TimedOut)));
                });
                in_every_state(|state, queue| {
                    let got = Select::new().get(queue, |n| n).wait_until(&stopped());
                    assert!(got.is_ok() || got == Err(state.nothing(GetError::Stopped)));
                });
                in_every_state(|state, queue| {
                    // An iteration whose limit is over leaves the items to the others.
                    let other = Queue::unbounded();
                    other.put(7).unwrap();
                    let mut select = Select::new().get(queue, |n| n).get(&other, |n| n);
                    let got: Vec<_> = std::iter::from_fn(|| select.try_wait().ok()).collect();
                    assert_eq!(got.len(), state.items() + 1);
                    other.task_done().unwrap();
                });
                in_every_state(|_, queue| {
                    let event = Event::new();
                    event.set();
                    let before = queue.len();
                    let mut select = Select::new().get(queue, |_| "item").event(&event, || "event");
                    assert_eq!(select.wait(), Ok("event"), "it comes first");
                    assert_eq!(queue.len(), before);
                });
            }

            #[test]
            fn joins_and_done() {
                in_every_state(|state, queue| {
                    let is_done = state.items() == 0;
                    assert_eq!(queue.join_timeout(NOW), is_done);
                    assert_eq!(queue.join_until(NOW).is_ok(), is_done);
                    let joined = queue.join_until(&stopped());
                    assert!(joined == Err(WaitError::Stopped) || is_done);
                    assert!(queue.task_done().is_err(), "nothing is taken");
                    // An item that was taken is not done.
                    let got = queue.try_get().is_ok();
                    assert_eq!(queue.join_timeout(NOW), is_done);
                    assert_eq!(queue.task_done().is_ok(), got);
                    assert!(queue.task_done().is_err(), "once too often");
                    assert_eq!(queue.join_timeout(NOW), queue.is_empty());
                });
            }

            #[test]
            fn ends() {
                in_every_state(|state, queue| {
                    assert_eq!(queue.shutdown(), !state.is_shut());
                    assert!(!queue.shutdown() && queue.is_shut_down());
                    assert_eq!(queue.len(), state.items());
                    assert_eq!(queue.try_put(9), Err(PutError::ShutDown(9)));
                });
                in_every_state(|state, queue| {
                    assert_eq!(queue.shutdown_now().len(), state.items());
                    assert!(queue.shutdown_now().is_empty() && queue.is_shut_down());
                    assert_eq!(queue.get(), Err(ShutDown));
                    assert!(queue.task_done().is_err(), "they are done with");
                    queue.join();
                });
            }

            /// Every operation that can wait does so, and each way to end a queue ends all of these waits.
            #[test]
            fn an_end_wakes_all_that_wait() {
                for at_once in [false, true] {
                    bounded(move || {
                        let (full, empty) = ($Queue::bounded(1), $Queue::<u32>::bounded(1));
                        full.put(0).unwrap();
                        let joiner = spawn({
                            let full = full.clone();
                            move || full.join()
                        });
                        let putters = [(); 2].map(|()| {
                            let full = full.clone();
                            spawn(move || full.put(1).is_err_and(|error| error.is_shut_down()))
                        });
                        let getters = [(); 2].map(|()| {
                            let empty = empty.clone();
                            spawn(move || empty.get() == Err(ShutDown))
                        });
                        let selecting = spawn({
                            let empty = empty.clone();
                            move || {
                                Select::new().get(&empty, |n| n).wait() == Err(GetError::ShutDown)
                            }
                        });
                        if at_once {
                            assert!(empty.shutdown_now().is_empty());
                            let left = full.shutdown_now();
                            // A putter may have used the room that the end has made.
                            assert_eq!(left, [0]);
                        } else {
                            empty.shutdown();
                            full.shutdown();
                            assert_eq!(full.jobs().count(), 1);
                        }
                        assert!(join_all(putters).unwrap().into_iter().all(|shut| shut));
                        assert!(join_all(getters).unwrap().into_iter().all(|shut| shut));
                        assert!(selecting.join().unwrap());
                        joiner.join().unwrap();
                    });
                }
            }

            /// Deadlines pass while items arrive: no item is lost.
            #[test]
            fn limits_race_grants_and_nothing_is_lost() {
                const EACH: u32 = if cfg!(debug_assertions) { 400 } else { 4_000 };
                bounded(|| {
                    let queue = $Queue::bounded(1);
                    let putters = [1, 2].map(|seed| {
                        let queue = queue.clone();
                        spawn(move || {
                            let mut dice = Dice::new(seed);
                            let put = |n: &u32| {
                                let limit = Duration::from_micros(dice.below(60));
                                queue.put_timeout(*n, limit).is_ok()
                            };
                            (0..EACH).filter(put).count()
                        })
                    });
                    let getters = [3, 4].map(|seed| {
                        let queue = queue.clone();
                        spawn(move || {
                            let mut dice = Dice::new(seed);
                            let mut got = 0;
                            loop {
                                let limit = Duration::from_micros(dice.below(60));
                                match queue.get_timeout(limit) {
                                    Ok(_) => got += 1,
                                    Err(GetError::ShutDown) => return got,
                                    Err(error) => assert_eq!(error, GetError::TimedOut),
                                }
                            }
                        })
                    });
                    let put: usize = join_all(putters).unwrap().into_iter().sum();
                    queue.shutdown();
                    let got: usize = join_all(getters).unwrap().into_iter().sum();
                    assert_eq!(put, got);
                    assert!(queue.is_empty());
                });
            }

            /// A stop of all waits takes no item, and leaves the queue as it was.
            #[test]
            fn stops_take_nothing_along() {
                bounded(|| {
                    let (full, empty) = ($Queue::bounded(1), $Queue::<u32>::bounded(1));
                    full.put(0).unwrap();
                    let source = StopSource::new();
                    let stop = &source.token();
                    scope(|s| {
                        let (full, empty) = (&full, &empty);
                        let putter = s.spawn(move || full.put_until(1, stop));
                        let getter = s.spawn(move || empty.get_until(stop));
                        let batch = s.spawn(move || empty.get_up_to_until(2, stop));
                        let looped = s.spawn(move || empty.until(stop).count());
                        let joiner = s.spawn(move || full.join_until(stop));
                        source.stop();
                        assert_eq!(putter.join().unwrap(), Err(PutError::Stopped(1)));
                        assert_eq!(getter.join().unwrap(), Err(GetError::Stopped));
                        assert_eq!(batch.join().unwrap(), Err(GetError::Stopped));
                        assert_eq!(looped.join().unwrap(), 0);
                        assert_eq!(joiner.join().unwrap(), Err(WaitError::Stopped));
                    });
                    assert_eq!((full.try_get(), empty.try_get()), (Ok(0), Err(GetError::Empty)));
                    empty.put(5).unwrap();
                    assert_eq!(empty.get(), Ok(5), "no look was lost");
                });
            }
        }
    )*};
}

every_queue! {
    queue: Queue;
    lifo: LifoQueue;
    priority: PriorityQueue;
}

/// An item whose drop uses its queue. One of its comparisons panics: the one that brings `fuse` to zero.
struct Restless {
    n: u32,
    queue: Option<PriorityQueue<Restless>>,
    fuse: Arc<AtomicU32>,
    dropped: Arc<AtomicU32>,
}

impl Ord for Restless {
    fn cmp(&self, other: &Self) -> Order {
        let one_less = |fuse: u32| fuse.checked_sub(1);
        let before = (self.fuse).try_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        if before == Ok(1) {
            // The payload uses the queue as well, when it is dropped.
            panic::panic_any(Payload(self.queue.clone()));
        }
        self.n.cmp(&other.n)
    }
}

impl PartialOrd for Restless {
    fn partial_cmp(&self, other: &Self) -> Option<Order> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Restless {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Restless {}

impl Drop for Restless {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        if let Some(queue) = self.queue.take() {
            // This looks, and takes the lock of the store.
            let _ = (queue.len(), queue.task_done(), queue.is_full());
            drop(queue.get_up_to(0));
        }
    }
}

struct Payload(Option<PriorityQueue<Restless>>);

impl Drop for Payload {
    fn drop(&mut self) {
        if let Some(queue) = self.0.take() {
            let _ = queue.get_up_to(0);
        }
    }
}

/// A queue of three items, with their fuse and the count of their drops.
fn restless() -> (PriorityQueue<Restless>, Arc<AtomicU32>, Arc<AtomicU32>) {
    let queue = PriorityQueue::unbounded();
    let (fuse, dropped) = (Arc::default(), Arc::default());
    for n in [2, 1, 3] {
        queue.put(one(n, &queue, &fuse, &dropped)).unwrap();
    }
    (queue, fuse, dropped)
}

fn one(
    n: u32,
    queue: &PriorityQueue<Restless>,
    fuse: &Arc<AtomicU32>,
    dropped: &Arc<AtomicU32>,
) -> Restless {
    Restless {
        n,
        queue: Some(queue.clone()),
        fuse: Arc::clone(fuse),
        dropped: Arc::clone(dropped),
    }
}

#[test]
fn an_item_whose_comparison_panics_is_dropped_outside_of_the_lock() {
    bounded(|| {
        let (queue, fuse, dropped) = restless();
        let late = one(0, &queue, &fuse, &dropped);
        fuse.store(1, Ordering::Relaxed);
        let put = panic::catch_unwind(AssertUnwindSafe(|| queue.put(late)));
        assert!(put.is_err());
        assert_eq!(dropped.load(Ordering::Relaxed), 1, "that one, and no other");
        let order: Vec<_> = (0..3).map(|_| queue.get().unwrap().n).collect();
        assert_eq!(order, [1, 2, 3]);
    });
}

#[test]
fn a_batch_ends_before_a_comparison_that_panics_and_counts_what_it_has() {
    bounded(|| {
        let mut parts = 0;
        for burn in 1..20 {
            let (queue, fuse, dropped) = restless();
            (4..9).for_each(|n| queue.put(one(n, &queue, &fuse, &dropped)).unwrap());
            fuse.store(burn, Ordering::Relaxed);
            let got = panic::catch_unwind(AssertUnwindSafe(|| queue.get_up_to(99).unwrap()));
            fuse.store(0, Ordering::Relaxed);
            let got = got.unwrap_or_default();
            assert_eq!(got.len() + queue.len(), 8, "fuse {burn}");
            parts += u32::from((1..8).contains(&got.len()));
            let rest = queue.get_up_to_until(99, NOW).unwrap_or_default();
            let all: Vec<_> = got.iter().chain(&rest).map(|item| item.n).collect();
            assert_eq!(all, [1, 2, 3, 4, 5, 6, 7, 8], "fuse {burn}");
            queue.shutdown();
        }
        assert!(parts > 0, "some batch has ended early");
    });
}

#[test]
fn a_drain_survives_a_comparison_that_panics() {
    bounded(|| {
        let (queue, fuse, dropped) = restless();
        fuse.store(1, Ordering::Relaxed);
        let all = queue.drain();
        assert_eq!((all.len(), queue.len()), (3, 0));
        drop(all);
        assert_eq!(dropped.load(Ordering::Relaxed), 3);
        assert_eq!(queue.unfinished(), 0, "each has said that it is done");
    });
}

/// An item that puts another when it is dropped.
struct Hydra(Queue<Hydra>, u32);

impl Drop for Hydra {
    fn drop(&mut self) {
        if self.1 > 0 {
            let _ = self.0.put(Hydra(self.0.clone(), self.1 - 1));
        }
    }
}

#[test]
fn a_job_whose_drop_puts_another_is_not_done_before() {
    bounded(|| {
        let queue = Queue::unbounded();
        queue.put(Hydra(queue.clone(), 20)).unwrap();
        let worker = spawn({
            let queue = queue.clone();
            move || queue.jobs().count()
        });
        queue.join();
        assert_eq!(queue.unfinished(), 0);
        queue.shutdown();
        assert_eq!(
            worker.join().unwrap(),
            21,
            "the join has waited for all of them"
        );
    });
}

#[test]
fn what_an_end_returns_may_come_back_into_another_queue() {
    bounded(|| {
        let (first, second) = (Queue::bounded(1), Queue::unbounded());
        first.put(Hydra(second.clone(), 2)).unwrap();
        drop(first.shutdown_now());
        assert_eq!(second.len(), 1);
        // If the put is refused, the caller has the item. If the item is dropped, it has put another one into the other
        // queue.
        drop(first.put(Hydra(second.clone(), 1)));
        assert_eq!(second.len(), 2);
        drop(second.drain());
        assert_eq!(second.len(), 1);
        drop(second.shutdown_now());
        assert!(second.is_empty(), "nothing can be put any more");
    });
}

#[test]
fn a_job_whose_drop_panics_is_done() {
    bounded(|| {
        let drops = Drops::new();
        let queue = Queue::unbounded();
        (0..3).for_each(|_| queue.put(Bomb(drops.value())).unwrap());
        let text = panic_of(|| drop(queue.jobs().next()));
        assert!(text.contains("destructor"));
        assert_eq!((drops.count(), queue.unfinished()), (1, 2));
        let job = queue.jobs().next().unwrap();
        let item = job.finish();
        assert_eq!(queue.unfinished(), 1, "done before its item goes");
        panic_of(|| drop(item));
        panic_of(|| drop(queue.shutdown_now()));
        queue.join();
        assert_eq!(drops.count(), 3);
    });
}

#[test]
fn a_worker_that_panics_in_a_job_holds_up_no_join() {
    bounded(|| {
        let queue = Queue::unbounded();
        (0..3).for_each(|n| queue.put(n).unwrap());
        let workers = [(); 3].map(|()| {
            let queue = queue.clone();
            spawn(move || {
                let job = queue.jobs().next().expect("there is one each");
                panic!("over job {}", *job);
            })
        });
        queue.join();
        assert!(workers.into_iter().all(|worker| worker.join().is_err()));
    });
}

/// A worker that puts every item again that it has done leaves one moment in which all items are done.
#[test]
fn a_join_hears_of_a_moment_in_which_all_is_done() {
    bounded(|| {
        let queue = Queue::unbounded();
        queue.put(0).unwrap();
        let end = Arc::new(AtomicBool::new(false));
        let worker = spawn({
            let (queue, end) = (queue.clone(), Arc::clone(&end));
            move || {
                while !end.load(Ordering::Relaxed) {
                    let n = queue.get().unwrap();
                    queue.task_done().unwrap();
                    queue.put(n + 1).unwrap();
                }
            }
        });
        let joined: Vec<_> = (0..100).map(|_| queue.join_timeout(LONG)).collect();
        end.store(true, Ordering::Relaxed);
        worker.join().unwrap();
        assert!(joined.into_iter().all(|joined| joined));
    });
}

#[test]
fn a_task_done_too_often_is_told_from_every_thread() {
    bounded(|| {
        let queue = Queue::unbounded();
        (0..10).for_each(|n| queue.put(n).unwrap());
        assert_eq!(queue.get_up_to(6).unwrap().len(), 6);
        let counted = Arc::new(AtomicU32::new(0));
        scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    (0..4).for_each(|_| {
                        counted.fetch_add(u32::from(queue.task_done().is_ok()), Ordering::Relaxed);
                    });
                });
            }
        });
        assert_eq!(counted.load(Ordering::Relaxed), 6);
        assert_eq!(queue.unfinished(), 4);
    });
}

#[test]
fn iterators_of_one_queue_share_its_items() {
    bounded(|| {
        let queue = Queue::bounded(4);
        let workers = [(); 3].map(|()| {
            let queue = queue.clone();
            spawn(move || queue.into_iter().sum::<u32>())
        });
        (1..=100).for_each(|n| queue.put(n).unwrap());
        queue.shutdown();
        assert_eq!(join_all(workers).unwrap().iter().sum::<u32>(), 5050);
    });
}

#[test]
fn a_loop_over_a_queue_may_end_it_and_fill_it() {
    bounded(|| {
        let queue = Queue::unbounded();
        queue.put(0).unwrap();
        let mut seen = Vec::new();
        for n in &queue {
            seen.push(n);
            match n {
                0..3 => queue.put(n + 1).unwrap(),
                _ => assert!(queue.shutdown()),
            }
        }
        assert_eq!(seen, [0, 1, 2, 3]);
        assert_eq!(queue.iter().next(), None);
    });
}

#[test]
fn a_batch_and_a_drain_let_the_putters_in() {
    bounded(|| {
        for drains in [false, true] {
            let queue = Queue::bounded(3);
            (0..3).for_each(|n| queue.put(n).unwrap());
            let putters = [(); 3].map(|()| {
                let queue = queue.clone();
                spawn(move || queue.put(9).unwrap())
            });
            let first = match drains {
                true => queue.drain(),
                false => queue.get_up_to(3).unwrap(),
            };
            assert!(first.starts_with(&[0, 1, 2]));
            join_all(putters).unwrap();
            assert_eq!(first.len() + queue.len(), 6);
        }
    });
}

#[test]
fn one_queue_twice_in_a_select_gives_each_item_once() {
    bounded(|| {
        let queue = Queue::unbounded();
        let selecting = spawn({
            let queue = queue.clone();
            move || {
                let mut select = Select::new().get(&queue, |n| n).get(&queue, |n| n);
                std::iter::from_fn(|| select.wait().ok()).sum::<u32>()
            }
        });
        let getting = spawn({
            let queue = queue.clone();
            move || queue.iter().sum::<u32>()
        });
        (1..=200).for_each(|n| queue.put(n).unwrap());
        queue.shutdown();
        assert_eq!(
            selecting.join().unwrap() + getting.join().unwrap(),
            200 * 201 / 2
        );
    });
}

#[test]
fn a_select_whose_closure_panics_is_ready_for_the_next() {
    bounded(|| {
        let queue = Queue::unbounded();
        (0..3).for_each(|n| queue.put(n).unwrap());
        let mut select = Select::new().get(&queue, |n| assert_ne!(n, 1, "not this one"));
        assert_eq!(select.wait(), Ok(()));
        assert!(panic_of(|| _ = select.wait()).contains("not this one"));
        assert_eq!(select.wait(), Ok(()));
        assert_eq!(select.try_wait(), Err(GetError::Empty));
    });
}

#[test]
fn a_select_of_nothing_waits_for_its_limit_and_never_for_ever() {
    bounded(|| {
        let mut nothing = Select::<()>::new();
        assert_eq!(nothing.try_wait(), Err(GetError::Empty));
        assert_eq!(nothing.wait_timeout(NOW), Err(GetError::TimedOut));
        assert_eq!(nothing.wait_until(&stopped()), Err(GetError::Stopped));
        for forever in [
            &mut (|nothing: &mut Select<'_, ()>| _ = nothing.wait())
                as &mut dyn FnMut(&mut Select<'_, ()>),
            &mut |nothing| _ = nothing.wait_timeout(Duration::MAX),
            &mut |nothing| _ = nothing.wait_until(Duration::MAX),
        ] {
            let text = panic_of(|| forever(&mut nothing));
            assert!(text.contains("would wait for ever"), "{text}");
        }
    });
}

#[test]
fn a_queue_is_used_in_the_destructor_of_a_thread_local() {
    struct AtExit(Queue<&'static str>);
    impl Drop for AtExit {
        fn drop(&mut self) {
            self.0.put("exit").unwrap();
            assert_eq!(self.0.get_timeout(NOW), Ok("body"));
        }
    }
    thread_local! {
        static AT_EXIT: Mutex<Option<AtExit>> = const { Mutex::new(None) };
    }
    bounded(|| {
        let queue = Queue::bounded(2);
        let thread = spawn({
            let queue = queue.clone();
            move || {
                AT_EXIT.with(|slot| *slot.lock().unwrap() = Some(AtExit(queue.clone())));
                queue.put("body").unwrap();
            }
        });
        thread.join().unwrap();
        assert_eq!(queue.get_timeout(LONG), Ok("exit"));
    });
}

#[test]
fn a_queue_is_used_while_its_thread_unwinds() {
    struct Last(Queue<u32>);
    impl Drop for Last {
        fn drop(&mut self) {
            assert!(thread::panicking());
            self.0.put(1).unwrap();
            assert_eq!(self.0.get(), Ok(1));
            assert_eq!(self.0.get_timeout(NOW), Err(GetError::TimedOut));
            self.0.put(2).unwrap();
        }
    }
    bounded(|| {
        let queue = Queue::bounded(1);
        let last = Last(queue.clone());
        let thread = spawn(move || {
            let _last = last;
            panic!("on its way out");
        });
        assert!(thread.join().is_err());
        assert_eq!(queue.get(), Ok(2));
    });
}

#[test]
fn forgotten_things_keep_no_queue_from_ending() {
    bounded(|| {
        let queue = Queue::unbounded();
        (0..2).for_each(|n| queue.put(n).unwrap());
        std::mem::forget(queue.jobs().next());
        std::mem::forget(Select::new().get(&queue, |n: i32| n));
        assert_eq!(queue.shutdown_now(), [1]);
        assert!(!queue.join_timeout(NOW), "what is forgotten is never done");
        assert_eq!(queue.task_done(), Ok(()), "unless by hand");
        queue.join();
    });
}

#[test]
fn items_without_a_size_and_queues_without_an_end() {
    bounded(|| {
        let queue = Queue::bounded(usize::MAX);
        (0..100_000).for_each(|_| queue.put(()).unwrap());
        assert_eq!(queue.get_up_to(usize::MAX).unwrap().len(), 100_000);
        let begun = Instant::now();
        assert_eq!(queue.get_timeout(NOW), Err(GetError::TimedOut));
        assert!(begun.elapsed() < LONG);
        let last = LifoQueue::bounded(1);
        last.put(()).unwrap();
        assert!(last.is_full());
    });
}

const SHORT: Duration = Duration::from_millis(2);

#[test]
fn a_forgotten_job_and_a_forgotten_select_hold_up_no_other_thread() {
    bounded(|| {
        let queue = Queue::bounded(1);
        queue.put(1).unwrap();
        mem::forget(queue.jobs().next());
        mem::forget(Select::new().get(&queue, |n: i32| n));
        queue.put(2).unwrap();
        assert_eq!(queue.get(), Ok(2));
        queue.task_done().unwrap();
        // No thread will ever finish the first item.
        assert_eq!(queue.unfinished(), 1);
        assert!(!queue.join_timeout(SHORT));
    });
}

#[test]
fn items_that_panic_when_dropped_are_all_dropped_and_counted() {
    fn check(make: impl Fn(Vec<Bomb>) -> Box<dyn FnOnce()>) {
        let drops = Drops::new();
        let bombs = (0..3).map(|_| Bomb(drops.value())).collect();
        let end = make(bombs);
        assert_eq!(panic_of(end), "a destructor that panics");
        assert_eq!(drops.count(), 3);
    }
    fn filled(bombs: Vec<Bomb>) -> Queue<Bomb> {
        let queue = Queue::unbounded();
        for bomb in bombs {
            queue.put(bomb).unwrap();
        }
        queue
    }
    check(|bombs| Box::new(|| drop(filled(bombs))));
    check(|bombs| Box::new(|| drop(filled(bombs).shutdown_now())));
    check(|bombs| {
        Box::new(|| {
            let stack = LifoQueue::unbounded();
            bombs.into_iter().for_each(|bomb| stack.put(bomb).unwrap());
            drop(stack);
        })
    });
    let drops = Drops::new();
    let queue = filled((0..2).map(|_| Bomb(drops.value())).collect());
    assert_eq!(
        panic_of(|| drop(queue.jobs().next())),
        "a destructor that panics"
    );
    assert_eq!((queue.unfinished(), drops.count()), (1, 1));
    assert_eq!(
        panic_of(|| queue.jobs().take(1).for_each(drop)),
        "a destructor that panics"
    );
    queue.join();
}

/// Uses the queue that it was in when it is dropped.
struct Returning(Queue<Returning>, u32);

impl Drop for Returning {
    fn drop(&mut self) {
        if self.1 > 0 {
            let again = Self(self.0.clone(), self.1 - 1);
            let back = self.0.try_put(again).map_err(PutError::into_inner);
            // An item that is refused must not be dropped here: its drop would put another one, and so on.
            back.unwrap_or_else(mem::forget);
        }
    }
}

#[test]
fn an_item_may_hold_its_queue_and_use_it_when_dropped() {
    bounded(|| {
        let queue = Queue::bounded(1);
        queue.put(Returning(queue.clone(), 3)).unwrap();
        let mut rounds = 0;
        while let Ok(item) = queue.try_get() {
            drop(item);
            queue.task_done().unwrap();
            rounds += 1;
        }
        assert_eq!(rounds, 4);
        queue.join();

        // The item is refused, and returned when the lock is free.
        queue.put(Returning(queue.clone(), 0)).unwrap();
        let refused = queue.try_put(Returning(queue.clone(), 0));
        assert!(matches!(refused, Err(PutError::Full(_))));
        drop(refused);
        let left = queue.shutdown_now();
        drop(left);
        assert!(queue.is_empty());
    });
}

/// Cannot be compared as long as its class is forbidden.
struct Moody(u32, Arc<AtomicBool>);

impl Ord for Moody {
    fn cmp(&self, other: &Self) -> Order {
        assert!(!self.1.load(Ordering::Relaxed), "not in the mood");
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Moody {
    fn partial_cmp(&self, other: &Self) -> Option<Order> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Moody {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Moody {}

#[test]
fn a_comparison_that_panics_in_a_select_leaves_all_as_it_was() {
    bounded(|| {
        let mood = Arc::new(AtomicBool::new(false));
        let moody = PriorityQueue::unbounded();
        let plain = Queue::unbounded();
        for n in [3, 1, 2] {
            moody.put(Moody(n, Arc::clone(&mood))).unwrap();
        }
        let mut select = Select::new()
            .get(&moody, |item: Moody| item.0)
            .get(&plain, |n| n);
        mood.store(true, Ordering::Relaxed);
        assert_eq!(panic_of(|| _ = select.wait()), "not in the mood");
        mood.store(false, Ordering::Relaxed);
        plain.put(9).unwrap();
        let mut got: Vec<_> = (0..4).map(|_| select.wait().unwrap()).collect();
        got.sort_unstable();
        assert_eq!(got, [1, 2, 3, 9]);
        assert_eq!(select.try_wait(), Err(GetError::Empty));
    });
}

#[test]
fn the_closures_of_a_select_may_end_panic_and_fill_its_queues() {
    bounded(|| {
        let (a, b) = (Queue::unbounded(), Queue::unbounded());
        let mut select = Select::new()
            .get(&a, |n: u32| {
                if n == 0 {
                    a.shutdown();
                    b.put(7).unwrap();
                    b.shutdown();
                }
                assert_ne!(n, 1, "one");
                n
            })
            .get(&b, |n| n)
            // The same again: an item still comes out once.
            .get(&b, |n| n);
        a.put(1).unwrap();
        a.put(0).unwrap();
        assert!(panic_of(|| _ = select.wait()).contains("one"));
        assert_eq!(select.wait(), Ok(0));
        assert_eq!(select.wait(), Ok(7));
        assert_eq!(select.wait(), Err(GetError::ShutDown));
    });
}

#[test]
fn the_largest_queue_is_a_queue_and_no_batch_is_too_large() {
    let queue = Queue::bounded(usize::MAX);
    for n in 0..10 {
        queue.put_timeout(n, Duration::ZERO).unwrap();
    }
    assert!(!queue.is_full());
    assert_eq!(queue.get_up_to(0), Ok(Vec::new()));
    assert_eq!(queue.get_up_to(usize::MAX).unwrap().len(), 10);
    queue.shutdown();
    assert_eq!(queue.get_up_to_until(0, Duration::ZERO), Ok(Vec::new()));

    let nothings = PriorityQueue::bounded(1000);
    (0..1000).for_each(|_| nothings.put(()).unwrap());
    assert_eq!(nothings.try_put(()), Err(PutError::Full(())));
    assert_eq!(nothings.drain().len(), 1000);
}
