//! Queues: what Python's own tests ask of them, and what this library adds.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use support::{Dice, bounded, eventually, panic_of};
use threadkit::{
    Event, GetError, IntoIter, Iter, Job, Jobs, LifoQueue, PriorityQueue, PutError, Queue, Select,
    ShutDown, StopSource, TaskDoneError, WaitError, join_all, spawn, stop_token,
};

const SHORT: Duration = Duration::from_millis(5);

/// The tests that every kind of queue must pass, as Python's run theirs for each class.
macro_rules! every_queue {
    ($($module:ident: $Queue:ident, $order:expr;)*) => {$(
        mod $module {
            use super::*;

            /// A stream of items after a wait, and then a single one: the get waits for more of them, and not in vain.
#[test]
fn the_last_item_of_a_stream_is_not_held_back() {
    const STREAM: usize = 200;
    let queue = Queue::bounded(1000);
    assert_eq!(queue.try_get(), Err(GetError::Empty));
    for round in 0..3 {
        (0..STREAM).for_each(|n| queue.put(n).unwrap());
        assert!((0..STREAM).all(|n| queue.get() == Ok(n)));
        queue.put(round).unwrap();
        assert_eq!(queue.get(), Ok(round));
        assert_eq!(queue.try_get(), Err(GetError::Empty));
        queue.put(round).unwrap();
        assert_eq!(queue.get_timeout(Duration::ZERO), Ok(round));
    }
}

/// The same for room.
#[test]
fn the_last_place_in_a_stream_is_not_held_back() {
    const STREAM: usize = 200;
    let queue = Queue::bounded(1000);
    (0..1000).for_each(|n| queue.put(n).unwrap());
    for _ in 0..3 {
        assert_eq!(queue.try_put(0), Err(PutError::Full(0)));
        (0..STREAM).for_each(|_| _ = queue.get().unwrap());
        (0..STREAM).for_each(|n| queue.put(n).unwrap());
        _ = queue.get().unwrap();
        queue.put(1).unwrap();
        _ = queue.get().unwrap();
        queue.put_timeout(2, Duration::ZERO).unwrap();
    }
    assert_eq!(queue.len(), 1000);
}

#[test]
            fn basics() {
                let queue = $Queue::bounded(2);
                assert!(queue.is_empty() && !queue.is_full());
                assert_eq!(queue.try_get(), Err(GetError::Empty));
                queue.put(111).unwrap();
                assert!(!queue.is_empty() && !queue.is_full());
                queue.put(222).unwrap();
                assert!(!queue.is_empty() && queue.is_full());
                assert_eq!(queue.try_put(333), Err(PutError::Full(333)));
                assert_eq!(queue.put_timeout(333, SHORT), Err(PutError::TimedOut(333)));
                assert_eq!(queue.put_timeout(333, Duration::ZERO), Err(PutError::TimedOut(333)));
                assert_eq!(queue.len(), 2);
                queue.get().unwrap();
                queue.get().unwrap();
                assert!(queue.is_empty());
                assert_eq!(queue.get_timeout(SHORT), Err(GetError::TimedOut));
                assert_eq!(queue.get_timeout(Duration::ZERO), Err(GetError::TimedOut));
            }

            #[test]
            fn order() {
                let queue = $Queue::unbounded();
                for n in [111, 333, 222] {
                    queue.put(n).unwrap();
                }
                let got: Vec<_> = (0..3).map(|_| queue.get().unwrap()).collect();
                assert_eq!(got, $order);
                for n in [111, 333, 222] {
                    queue.put(n).unwrap();
                }
                assert_eq!(queue.get_up_to(2).unwrap(), $order[..2]);
                assert_eq!(queue.get_up_to(9).unwrap(), $order[2..]);
                for n in [111, 333, 222] {
                    queue.put(n).unwrap();
                }
                assert_eq!(queue.drain(), $order);
                for n in [111, 333, 222] {
                    queue.put(n).unwrap();
                }
                assert_eq!(queue.shutdown_now(), $order);
            }

            #[test]
            fn a_put_waits_for_room_and_a_get_for_an_item() {
                bounded(|| {
                    let queue = $Queue::bounded(1);
                    let getter = spawn({ let queue = queue.clone(); move || queue.get() });
                    eventually("a getter waits", || queue.n_waiting().getters == 1);
                    queue.put(1).unwrap();
                    assert_eq!(getter.join().unwrap(), Ok(1));

                    queue.put(2).unwrap();
                    let putter = spawn({ let queue = queue.clone(); move || queue.put(3) });
                    eventually("a putter waits", || queue.n_waiting().putters == 1);
                    assert_eq!(queue.get(), Ok(2));
                    assert_eq!(putter.join().unwrap(), Ok(()));
                    assert_eq!(queue.get(), Ok(3));
                });
            }

            #[test]
            fn join_waits_for_every_task_done() {
                bounded(|| {
                    let queue = $Queue::unbounded();
                    let sum = Arc::new(AtomicU64::new(0));
                    let workers: Vec<_> = (0..3).map(|_| {
                        let (queue, sum) = (queue.clone(), Arc::clone(&sum));
                        spawn(move || for n in &queue {
                            sum.fetch_add(n, Ordering::Relaxed);
                            queue.task_done().unwrap();
                        })
                    }).collect();
                    // Twice, as Python's test does: a queue can be joined again.
                    for round in 1..=2 {
                        for n in 0..100 {
                            queue.put(n).unwrap();
                        }
                        queue.join();
                        assert_eq!(sum.load(Ordering::Relaxed), round * 4950);
                        assert_eq!(queue.unfinished(), 0);
                    }
                    assert!(queue.task_done().is_err());
                    queue.shutdown();
                    join_all(workers).unwrap();
                });
            }

            #[test]
            fn task_done_once_too_often_is_told_and_changes_nothing() {
                let queue = $Queue::unbounded();
                assert!(queue.task_done().is_err());
                for n in 0..5 {
                    queue.put(n).unwrap();
                }
                queue.get_up_to(4).unwrap();
                for _ in 0..4 {
                    queue.task_done().unwrap();
                }
                let error = queue.task_done().unwrap_err();
                assert_eq!(error.to_string(), "task_done called 5 times for 4 items taken");
                assert_eq!(queue.unfinished(), 1);
                // What `shutdown_now` returned is done.
                assert_eq!(queue.shutdown_now().len(), 1);
                assert_eq!(queue.task_done(), Err(error));
                queue.join();
            }

            #[test]
            fn shutdown_of_an_empty_queue() {
                let queue = $Queue::unbounded();
                assert!(queue.shutdown());
                assert!(!queue.shutdown());
                assert!(queue.is_shut_down());
                assert_eq!(queue.put(1), Err(PutError::ShutDown(1)));
                assert_eq!(queue.try_put(1), Err(PutError::ShutDown(1)));
                assert_eq!(queue.put_timeout(1, SHORT), Err(PutError::ShutDown(1)));
                assert_eq!(queue.get(), Err(ShutDown));
                assert_eq!(queue.try_get(), Err(GetError::ShutDown));
                assert_eq!(queue.get_timeout(SHORT), Err(GetError::ShutDown));
                assert_eq!(queue.get_up_to(3), Err(ShutDown));
                assert!(queue.shutdown_now().is_empty());
            }

            #[test]
            fn shutdown_lets_what_is_there_out() {
                let queue = $Queue::bounded(2);
                queue.put(1).unwrap();
                queue.put(2).unwrap();
                queue.shutdown();
                assert_eq!(queue.put(3), Err(PutError::ShutDown(3)));
                let mut got = [queue.get().unwrap(), queue.try_get().unwrap()];
                got.sort();
                assert_eq!(got, [1, 2]);
                assert_eq!(queue.get(), Err(ShutDown));
                queue.task_done().unwrap();
                queue.task_done().unwrap();
                queue.join();
            }

            #[test]
            fn shutdown_now_returns_what_is_left_and_joins_only_what_was_taken() {
                bounded(|| {
                    let queue = $Queue::unbounded();
                    (0..3).for_each(|n| queue.put(n).unwrap());
                    queue.get().unwrap();
                    let joiner = spawn({ let queue = queue.clone(); move || queue.join() });
                    eventually("a joiner waits", || queue.n_waiting().joiners == 1);
                    assert_eq!(queue.shutdown_now().len(), 2);
                    assert_eq!(queue.get(), Err(ShutDown));
                    assert!(!queue.join_timeout(SHORT));
                    queue.task_done().unwrap();
                    joiner.join().unwrap();
                    assert!(queue.task_done().is_err());
                });
            }

            #[test]
            fn both_shutdowns_wake_all_waiters() {
                for now in [false, true] {
                    bounded(move || {
                        let full = $Queue::bounded(1);
                        full.put(0).unwrap();
                        let empty = $Queue::<u64>::unbounded();
                        let putters: Vec<_> = (1..4).map(|n| {
                            let full = full.clone();
                            spawn(move || full.put(n))
                        }).collect();
                        let getters: Vec<_> = (1..4).map(|_| {
                            let empty = empty.clone();
                            spawn(move || empty.get())
                        }).collect();
                        eventually("three putters wait", || full.n_waiting().putters == 3);
                        eventually("three getters wait", || empty.n_waiting().getters == 3);
                        if now {
                            assert_eq!(full.shutdown_now(), [0]);
                            assert!(empty.shutdown_now().is_empty());
                        } else {
                            full.shutdown();
                            empty.shutdown();
                        }
                        for (n, putter) in (1..4).zip(putters) {
                            assert_eq!(putter.join().unwrap(), Err(PutError::ShutDown(n)));
                        }
                        for getter in getters {
                            assert_eq!(getter.join().unwrap(), Err(ShutDown));
                        }
                    });
                }
            }

            #[test]
            fn a_stop_ends_waits_and_takes_nothing_along() {
                bounded(|| {
                    let queue = $Queue::bounded(1);
                    let getter = spawn({
                        let queue = queue.clone();
                        move || queue.get_until(&stop_token())
                    });
                    eventually("a getter waits", || queue.n_waiting().getters == 1);
                    getter.stop();
                    assert_eq!(getter.join().unwrap(), Err(GetError::Stopped));
                    queue.put(1).unwrap();

                    let putter = spawn({
                        let queue = queue.clone();
                        move || queue.put_until(2, &stop_token())
                    });
                    eventually("a putter waits", || queue.n_waiting().putters == 1);
                    putter.stop();
                    assert_eq!(putter.join().unwrap(), Err(PutError::Stopped(2)));
                    assert_eq!(queue.drain(), [1]);

                    let joiner = spawn({
                        let queue = queue.clone();
                        move || queue.join_until(&stop_token())
                    });
                    eventually("a joiner waits", || queue.n_waiting().joiners == 1);
                    joiner.stop();
                    assert_eq!(joiner.join().unwrap(), Err(WaitError::Stopped));
                    let left = queue.n_waiting();
                    assert_eq!((left.getters, left.putters, left.joiners), (0, 0, 0));
                });
            }

            #[test]
            fn a_stop_that_came_before_still_takes_what_is_there() {
                let source = StopSource::new();
                source.stop();
                let queue = $Queue::bounded(1);
                assert_eq!(queue.put_until(1, &source.token()), Ok(()));
                assert_eq!(queue.get_until(&source.token()), Ok(1));
                assert_eq!(queue.get_up_to_until(2, &source.token()), Err(GetError::Stopped));
                // An iteration ends, even if there are items.
                queue.put(2).unwrap();
                assert_eq!(queue.until(&source.token()).next(), None);
                assert!(queue.jobs_until(&source.token()).next().is_none());
                assert_eq!(queue.until(Duration::ZERO).next(), None);
                assert_eq!(queue.until(Duration::MAX).next(), Some(2));
            }

            #[test]
            fn for_ever_is_a_duration_too() {
                let queue = $Queue::bounded(1);
                queue.put_timeout(1, Duration::MAX).unwrap();
                assert_eq!(queue.get_timeout(Duration::MAX), Ok(1));
                queue.task_done().unwrap();
                assert!(queue.join_timeout(Duration::MAX));
            }

            #[test]
            fn iterations_end_with_the_queue() {
                let queue = $Queue::unbounded();
                (0..3).for_each(|n| queue.put(n).unwrap());
                queue.shutdown();
                let mut seen: Vec<_> = (&queue).into_iter().take(1).collect();
                seen.extend(queue.iter().take(1));
                let mut rest = queue.clone().into_iter();
                seen.extend(rest.by_ref());
                assert_eq!(rest.next(), None);
                seen.sort();
                assert_eq!(seen, [0, 1, 2]);
            }

            #[test]
            fn jobs_are_done_when_they_are_dropped_even_by_a_panic() {
                let queue = $Queue::unbounded();
                (0..3).for_each(|n| queue.put(n).unwrap());
                let result = catch_unwind(AssertUnwindSafe(|| {
                    let _job = queue.jobs().next();
                    std::panic::resume_unwind(Box::new(()));
                }));
                assert!(result.is_err());
                assert_eq!(queue.unfinished(), 2);
                let mut job = queue.jobs().next().unwrap();
                *job += 10;
                assert!(job.finish() >= 10);
                queue.shutdown();
                queue.jobs().for_each(drop);
                queue.join();
                assert!(queue.task_done().is_err());
            }

            #[test]
            fn what_is_left_is_dropped_with_the_last_handle() {
                let item = Arc::new(());
                let queue = $Queue::unbounded();
                let other = queue.clone();
                (0..3).for_each(|_| queue.put(Arc::clone(&item)).unwrap());
                drop(queue);
                assert_eq!(Arc::strong_count(&item), 4);
                drop(other);
                assert_eq!(Arc::strong_count(&item), 1);
            }

            #[test]
            #[should_panic = "a queue needs room for one item at least"]
            fn no_room_at_all_is_refused() {
                let _ = $Queue::<u64>::bounded(0);
            }

            #[test]
            fn every_item_is_got_once_or_handed_back() {
                bounded(|| conservation(
                    |capacity| capacity.map_or_else($Queue::unbounded, $Queue::bounded),
                ));
            }
        }
    )*};
}

every_queue! {
    fifo: Queue, [111, 333, 222];
    lifo: LifoQueue, [222, 333, 111];
    priority: PriorityQueue, [111, 222, 333];
}

/// What the stress needs of a queue, so that it can be written once.
trait Stressed: Clone + Send + Sync + 'static {
    fn put_somehow(
        &self,
        item: u64,
        dice: &mut Dice,
        stop: &StopSource,
    ) -> Result<(), PutError<u64>>;
    fn get_somehow(&self, dice: &mut Dice, stop: &StopSource) -> Result<Vec<u64>, GetError>;
    fn done(&self) -> Result<(), TaskDoneError>;
    fn end(&self) -> Vec<u64>;
    fn end_gently(&self);
    fn wait_for_all(&self);
}

macro_rules! stressed {
    ($($Queue:ident)*) => {$(
        impl Stressed for $Queue<u64> {
            fn put_somehow(
                &self,
                item: u64,
                dice: &mut Dice,
                stop: &StopSource,
            ) -> Result<(), PutError<u64>> {
                match dice.below(8) {
                    0 => self.try_put(item),
                    1 => self.put_timeout(item, Duration::from_micros(dice.below(50))),
                    2 => self.put_until(item, &stop.token()),
                    _ => self.put(item),
                }
            }

            fn get_somehow(
                &self,
                dice: &mut Dice,
                stop: &StopSource,
            ) -> Result<Vec<u64>, GetError> {
                match dice.below(10) {
                    0 => self.try_get().map(|item| vec![item]),
                    1 => self
                        .get_timeout(Duration::from_micros(dice.below(50)))
                        .map(|item| vec![item]),
                    2 => self.get_until(&stop.token()).map(|item| vec![item]),
                    3 => Ok(self.drain()),
                    4 => self.get_up_to_until(5, &stop.token()),
                    5 => Select::new()
                        .get(self, |item| vec![item])
                        .wait_until((SHORT, &stop.token())),
                    _ => self.get().map(|item| vec![item]).map_err(Into::into),
                }
            }

            fn done(&self) -> Result<(), TaskDoneError> {
                self.task_done()
            }

            fn end(&self) -> Vec<u64> {
                self.shutdown_now()
            }

            fn end_gently(&self) {
                self.shutdown();
            }

            fn wait_for_all(&self) {
                self.join();
            }
        }
    )*};
}

stressed!(Queue LifoQueue PriorityQueue);

/// The items of a round, which ends by a shutdown.
const ITEMS: u64 = if cfg!(debug_assertions) {
    2_000
} else {
    120_000
};

/// How many items a stress test puts, returns and gets for each kind of queue: ten million for the three together in a
/// release build.
const OPERATIONS: u64 = if cfg!(debug_assertions) {
    30_000
} else {
    3_400_000
};

fn conservation<Q: Stressed>(make: impl Fn(Option<usize>) -> Q) {
    let (mut round, mut operations) = (0, 0);
    // Every capacity with both kinds of end, repeated until that number is reached.
    while operations < OPERATIONS || round < 8 {
        let capacity = [Some(1), Some(3), Some(64), None][round as usize % 4];
        let abruptly = (round / 4) % 2 == 1;
        let queue = make(capacity);
        // The threads are stopped and replaced all the time.
        let stops: Arc<Vec<_>> = Arc::new((0..64).map(|_| StopSource::new()).collect());
        let at = Arc::new(AtomicUsize::new(0));
        let over = Arc::new(AtomicBool::new(false));

        let putters: Vec<_> = (0..3)
            .map(|me| {
                let (queue, stops, at) = (queue.clone(), Arc::clone(&stops), Arc::clone(&at));
                spawn(move || {
                    let mut dice = Dice::new(round * 10 + me + 1);
                    let (mut put, mut back) = (Vec::new(), Vec::new());
                    for n in 0..ITEMS / 3 {
                        let item = me * ITEMS + n;
                        let stop = &stops[at.load(Ordering::Relaxed)];
                        match queue.put_somehow(item, &mut dice, stop) {
                            Ok(()) => put.push(item),
                            Err(error) => back.push((item, error.into_inner())),
                        }
                    }
                    (put, back)
                })
            })
            .collect();
        let getters: Vec<_> = (0..3)
            .map(|me| {
                let (queue, stops, at) = (queue.clone(), Arc::clone(&stops), Arc::clone(&at));
                spawn(move || {
                    let mut dice = Dice::new(round * 10 + me + 5);
                    let mut got = Vec::new();
                    loop {
                        let stop = &stops[at.load(Ordering::Relaxed)];
                        match queue.get_somehow(&mut dice, stop) {
                            Ok(items) => {
                                items.iter().for_each(|_| queue.done().unwrap());
                                got.extend(items);
                            }
                            Err(GetError::ShutDown) => return got,
                            Err(_) => {}
                        }
                    }
                })
            })
            .collect();
        let stopper = spawn({
            let (stops, at, over) = (Arc::clone(&stops), Arc::clone(&at), Arc::clone(&over));
            move || {
                for next in 1..stops.len() {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    // The stops are spread over the run.
                    std::thread::sleep(Duration::from_micros(200));
                    at.store(next, Ordering::Relaxed);
                    stops[next - 1].stop();
                }
            }
        });

        let mut left = Vec::new();
        if abruptly {
            // The shutdown comes somewhere in the middle of the round.
            std::thread::sleep(Duration::from_millis(3 * (round % 4)));
            left = queue.end();
        }
        let (mut put, mut tried) = (Vec::new(), 0);
        for (thread_put, back) in join_all(putters).unwrap() {
            tried += thread_put.len() + back.len();
            put.extend(thread_put);
            assert!(back.iter().all(|(item, same)| item == same));
        }
        assert_eq!(tried as u64, ITEMS / 3 * 3, "put or handed back");
        if !abruptly {
            queue.wait_for_all();
            queue.end_gently();
        }
        let mut got = left;
        for part in join_all(getters).unwrap() {
            got.extend(part);
        }
        over.store(true, Ordering::Relaxed);
        stopper.join().unwrap();
        queue.wait_for_all();

        // No item is put twice, so equal counts mean that none has come out twice.
        put.sort_unstable();
        got.sort_unstable();
        assert!(got == put, "what was put and what came out");
        assert!(queue.done().is_err());
        operations += (tried + got.len()) as u64;
        round += 1;
    }
    println!("{operations} items put, handed back and got in {round} rounds");
}

#[test]
fn what_one_thread_puts_comes_out_in_its_order() {
    bounded(|| {
        let queue = Queue::bounded(7);
        let putters: Vec<_> = (0..3)
            .map(|me| {
                let queue = queue.clone();
                spawn(move || (0..2000).for_each(|n| queue.put((me, n)).unwrap()))
            })
            .collect();
        let mut next = [0; 3];
        for (me, n) in queue.iter().take(6000) {
            assert_eq!(next[me], n);
            next[me] += 1;
        }
        join_all(putters).unwrap();
    });
}

#[test]
fn equal_priorities_come_out_in_the_order_in_which_they_came() {
    #[derive(Debug)]
    struct Job(u32, u32);
    impl Ord for Job {
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            self.0.cmp(&other.0)
        }
    }
    impl PartialOrd for Job {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }
    impl PartialEq for Job {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other).is_eq()
        }
    }
    impl Eq for Job {}

    let queue = PriorityQueue::unbounded();
    for n in 0..100 {
        queue.put(Job(n % 3, n)).unwrap();
    }
    queue.shutdown();
    let numbers: Vec<_> = queue.iter().map(|job| (job.0, job.1)).collect();
    assert!(numbers.is_sorted());
}

#[test]
fn a_comparison_that_panics_loses_nothing_and_poisons_nothing() {
    static ARMED: AtomicBool = AtomicBool::new(false);
    #[derive(Debug, PartialEq, Eq)]
    struct Touchy(u32);
    impl Ord for Touchy {
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            if ARMED.load(Ordering::Relaxed) {
                std::panic::resume_unwind(Box::new("touched"));
            }
            self.0.cmp(&other.0)
        }
    }
    impl PartialOrd for Touchy {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }

    let queue = PriorityQueue::unbounded();
    for n in [3, 1, 4, 2, 5] {
        queue.put(Touchy(n)).unwrap();
    }
    ARMED.store(true, Ordering::Relaxed);
    assert!(catch_unwind(AssertUnwindSafe(|| queue.get())).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| queue.get_up_to(5))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| queue.put(Touchy(0)))).is_err());
    ARMED.store(false, Ordering::Relaxed);
    assert_eq!((queue.len(), queue.unfinished()), (5, 5));
    assert_eq!(queue.get(), Ok(Touchy(1)));
    ARMED.store(true, Ordering::Relaxed);
    let left = queue.shutdown_now();
    assert_eq!(left.len(), 4, "{left:?}");
}

#[test]
fn a_batch_wakes_as_many_putters_as_it_made_room_for() {
    bounded(|| {
        let queue = Queue::bounded(3);
        (0..3).for_each(|n| queue.put(n).unwrap());
        let putters: Vec<_> = (3..6)
            .map(|n| {
                let queue = queue.clone();
                spawn(move || queue.put(n).unwrap())
            })
            .collect();
        eventually("three putters wait", || queue.n_waiting().putters == 3);
        assert_eq!(queue.get_up_to(3).unwrap(), [0, 1, 2]);
        join_all(putters).unwrap();
        assert_eq!(queue.drain().len(), 3);
    });
}

#[test]
fn debug_never_waits_and_says_what_it_can() {
    let queue = Queue::bounded(2);
    queue.put(1).unwrap();
    queue.shutdown();
    assert_eq!(
        format!("{queue:?}"),
        "Queue { len: 1, capacity: 2, unfinished: 1, shut_down: true, .. }"
    );
    assert_eq!(
        format!("{:?}", LifoQueue::<u8>::unbounded()),
        "LifoQueue { len: 0, unfinished: 0, .. }"
    );
}

#[test]
fn select_takes_from_whichever_has_something_by_turns() {
    bounded(|| {
        let (left, right) = (Queue::unbounded(), LifoQueue::unbounded());
        (0..3).for_each(|_| left.put("left").unwrap());
        (0..3).for_each(|_| right.put("right").unwrap());
        let mut select = Select::new()
            .get(&left, |item| item)
            .get(&right, |item| item);
        let got: Vec<_> = (0..6).map(|_| select.wait().unwrap()).collect();
        assert!(got.windows(2).all(|two| two[0] != two[1]), "{got:?}");
        assert_eq!(select.try_wait(), Err(GetError::Empty));
        left.shutdown();
        assert_eq!(select.wait_timeout(SHORT), Err(GetError::TimedOut));
        right.put("last").unwrap();
        assert_eq!(select.wait(), Ok("last"));
        right.shutdown();
        assert_eq!(select.wait(), Err(GetError::ShutDown));
    });
}

#[test]
fn select_sleeps_until_any_of_them_comes() {
    for which in 0..3 {
        bounded(move || {
            let (a, b) = (Queue::unbounded(), PriorityQueue::unbounded());
            let event = Arc::new(Event::new());
            let waiter = spawn({
                let (a, b, event) = (a.clone(), b.clone(), Arc::clone(&event));
                move || {
                    Select::new()
                        .get(&a, |n| n)
                        .get(&b, |n| n)
                        .event(&event, || 2)
                        .wait_until(&stop_token())
                }
            });
            eventually("it waits at both", || {
                a.n_waiting().getters == 1 && b.n_waiting().getters == 1
            });
            match which {
                0 => a.put(0).unwrap(),
                1 => b.put(1).unwrap(),
                // The event only has to have been set; it need not be set any more.
                _ => {
                    event.set();
                    event.clear();
                }
            }
            assert_eq!(waiter.join().unwrap(), Ok(which));
            assert_eq!((a.n_waiting().getters, b.n_waiting().getters), (0, 0));
        });
    }
}

#[test]
fn select_is_ended_by_a_stop_and_leaves_no_trace() {
    bounded(|| {
        let queue = Queue::<u8>::unbounded();
        let event = Arc::new(Event::new());
        let waiter = spawn({
            let (queue, event) = (queue.clone(), Arc::clone(&event));
            move || {
                let mut select = Select::new().get(&queue, drop).event(&event, || ());
                select.wait_until(&stop_token())
            }
        });
        eventually("it waits", || queue.n_waiting().getters == 1);
        waiter.stop();
        assert_eq!(waiter.join().unwrap(), Err(GetError::Stopped));
        assert_eq!(queue.n_waiting().getters, 0);
        assert_eq!(event.n_waiting(), 0);
    });
}

#[test]
#[should_panic = "would wait for ever"]
fn select_of_nothing_is_refused() {
    let _ = Select::<()>::new().wait();
}

#[test]
fn selects_among_getters_lose_nothing() {
    const EACH: u64 = if cfg!(debug_assertions) {
        3_000
    } else {
        100_000
    };
    bounded(|| {
        let (a, b) = (Queue::bounded(2), Queue::bounded(2));
        let putters = [&a, &b].map(|queue| {
            let queue = queue.clone();
            spawn(move || (0..EACH).for_each(|n| queue.put(n).unwrap()))
        });
        let selecting = [1, 2].map(|_| {
            let (a, b) = (a.clone(), b.clone());
            spawn(move || {
                let mut select = Select::new().get(&a, |n| n).get(&b, |n| n);
                let mut sum = 0;
                while let Ok(n) = select.wait() {
                    sum += n;
                }
                sum
            })
        });
        let getting = [&a, &b].map(|queue| {
            let queue = queue.clone();
            spawn(move || queue.iter().sum::<u64>())
        });
        for putter in putters {
            putter.join().unwrap();
        }
        a.shutdown();
        b.shutdown();
        let sums = join_all(selecting).unwrap().into_iter();
        let sum: u64 = sums.chain(join_all(getting).unwrap()).sum();
        assert_eq!(sum, EACH * (EACH - 1));
    });
}

#[test]
fn waits_end_in_time() {
    let queue = Queue::<u8>::bounded(1);
    let begun = Instant::now();
    assert_eq!(queue.get_until(SHORT), Err(GetError::TimedOut));
    assert_eq!(
        Select::new().get(&queue, drop).wait_until(SHORT),
        Err(GetError::TimedOut)
    );
    queue.put(1).unwrap();
    assert_eq!(queue.put_until(2, SHORT), Err(PutError::TimedOut(2)));
    assert_eq!(queue.join_until(SHORT), Err(WaitError::TimedOut));
    let took = begun.elapsed();
    assert!(
        took >= 4 * SHORT && took < Duration::from_secs(10),
        "{took:?}"
    );
}

#[test]
fn what_can_be_sent_and_shared() {
    fn send<T: Send>() {}
    fn sync<T: Sync>() {}
    // An item need not be `Sync`: only one thread has it at a time.
    type Item = std::cell::Cell<u8>;
    send::<Queue<Item>>();
    sync::<Queue<Item>>();
    send::<LifoQueue<Item>>();
    sync::<LifoQueue<Item>>();
    send::<PriorityQueue<Item>>();
    sync::<PriorityQueue<Item>>();
    send::<Iter<'_, Queue<Item>>>();
    send::<IntoIter<Queue<Item>>>();
    send::<Jobs<'_, Queue<Item>>>();
    send::<Job<'_, Queue<Item>>>();
    send::<Select<'_, Item>>();
    send::<PutError<Item>>();
}

#[test]
fn what_unwrap_prints_is_in_words() {
    let queue = Queue::bounded(1);
    let empty = panic_of(|| _ = queue.try_get().unwrap());
    assert!(empty.ends_with(": the queue is empty"), "{empty}");
    queue.put(1).unwrap();
    let full = panic_of(|| queue.try_put(2).unwrap());
    assert!(full.ends_with(": the queue is full"), "{full}");
    let undone = panic_of(|| queue.task_done().unwrap());
    assert!(undone.contains("task_done called 1 time"), "{undone}");
    queue.shutdown();
    let shut = panic_of(|| queue.put(2).unwrap());
    assert!(shut.ends_with(": the queue was shut down"), "{shut}");
    assert_eq!(queue.get(), Ok(1));
    let ended = panic_of(|| _ = queue.get().unwrap());
    assert!(ended.ends_with(": the queue was shut down"), "{ended}");
    let limit = panic_of(|| {
        _ = Queue::<u32>::unbounded()
            .get_timeout(Duration::ZERO)
            .unwrap()
    });
    assert!(limit.ends_with(": the time was up"), "{limit}");
}

#[test]
fn a_queue_may_be_shut_down_again_and_more_firmly() {
    let queue = Queue::unbounded();
    (0..3).for_each(|n| queue.put(n).unwrap());
    assert!(queue.shutdown());
    assert_eq!(queue.get(), Ok(0));
    assert_eq!(queue.shutdown_now(), [1, 2]);
    assert!(!queue.shutdown(), "nothing is opened again");
    assert!(queue.shutdown_now().is_empty());
    assert_eq!(queue.get(), Err(ShutDown));
    queue.task_done().unwrap();
    queue.join();
}

#[test]
fn a_shutdown_leaves_a_join_to_the_tasks_that_are_left() {
    bounded(|| {
        let queue = Queue::bounded(1);
        queue.put(1).unwrap();
        let joiner = spawn({
            let queue = queue.clone();
            move || queue.join()
        });
        let putter = spawn({
            let queue = queue.clone();
            move || queue.put(2)
        });
        eventually("both wait", || {
            queue.n_waiting().joiners == 1 && queue.n_waiting().putters == 1
        });
        queue.shutdown();
        assert_eq!(putter.join().unwrap(), Err(PutError::ShutDown(2)));
        assert!(!joiner.wait_timeout(SHORT), "one is left to be done");
        assert_eq!(queue.get(), Ok(1));
        assert!(!joiner.wait_timeout(SHORT));
        queue.task_done().unwrap();
        joiner.join().unwrap();
    });
}

#[test]
fn a_forced_put_keeps_the_latest_items_in_their_order() {
    let queue = Queue::bounded(3);
    for n in 0..3 {
        assert_eq!(queue.force_put(n), Ok(None));
    }
    for n in 3..5000 {
        assert_eq!(queue.force_put(n), Ok(Some(n - 3)));
        assert_eq!((queue.len(), queue.unfinished()), (3, 3));
    }
    assert_eq!(queue.get(), Ok(4997));
    assert_eq!(queue.force_put(5000), Ok(None), "there is room again");
    assert_eq!(queue.force_put(5001), Ok(Some(4998)));
    queue.shutdown();
    assert_eq!(queue.force_put(5002), Err(PutError::ShutDown(5002)));
    assert_eq!(queue.drain(), [4999, 5000, 5001]);

    let unbounded = Queue::unbounded();
    assert!((0..5000).all(|n| unbounded.force_put(n) == Ok(None)));
    assert!(unbounded.drain().into_iter().eq(0..5000));
}

#[test]
fn an_item_that_made_room_is_done_and_no_other_is() {
    let queue = Queue::bounded(1);
    queue.put("old").unwrap();
    assert_eq!(queue.force_put("new"), Ok(Some("old")));
    let error = queue.task_done().unwrap_err();
    assert_eq!(
        error.to_string(),
        "task_done called 1 time for 0 items taken"
    );
    assert!(!queue.join_timeout(SHORT));
    assert_eq!(queue.get(), Ok("new"));
    assert!(!queue.join_timeout(SHORT));
    queue.task_done().unwrap();
    queue.join();
    assert!(queue.task_done().is_err());
}

#[test]
fn a_forced_put_leaves_a_put_that_waits_where_it_is_and_wakes_a_get() {
    bounded(|| {
        let queue = Queue::bounded(1);
        queue.put(1).unwrap();
        let putter = spawn({
            let queue = queue.clone();
            move || queue.put(2)
        });
        eventually("it waits", || queue.n_waiting().putters == 1);
        assert_eq!(queue.force_put(3), Ok(Some(1)));
        assert_eq!(queue.n_waiting().putters, 1);
        assert_eq!(queue.get(), Ok(3));
        putter.join().unwrap().unwrap();
        assert_eq!(queue.get(), Ok(2));

        let getter = spawn({
            let queue = queue.clone();
            move || queue.get()
        });
        eventually("it waits", || queue.n_waiting().getters == 1);
        assert_eq!(queue.force_put(4), Ok(None));
        assert_eq!(getter.join().unwrap(), Ok(4));
    });
}

#[test]
fn no_item_is_lost_between_forced_puts_and_gets() {
    bounded(|| {
        let (queue, per_thread) = (Queue::bounded(2), 2_000 * support::SCALE);
        let producers = [0, 1].map(|p| (p, queue.producer()));
        let putters = producers.map(|(p, producer)| {
            spawn(move || {
                let put = |n| producer.force_put(2 * n + p).unwrap();
                (0..per_thread).filter_map(put).sum::<u64>()
            })
        });
        let getters: Vec<_> = (0..2)
            .map(|_| {
                let queue = queue.clone();
                spawn(move || queue.iter().sum::<u64>())
            })
            .collect();
        let all = putters.into_iter().chain(getters);
        let sum: u64 = join_all(all).unwrap().into_iter().sum();
        assert_eq!(sum, (0..2 * per_thread).sum::<u64>());
    });
}
