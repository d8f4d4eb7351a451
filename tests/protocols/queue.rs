//! The protocols of queues under thousands of schedules, each beside a twin in which one step is missing.

#[path = "../support/mod.rs"]
mod support;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use support::explored::{holds, is_found};
use threadkit::{
    Event, GetError, Lock, PriorityQueue, PutError, Queue, Select, ShutDown, StopSource, join_all,
    spawn, stop_token, yield_now,
};

/// Half of the runs at random, half by priorities.
const RUNS: u64 = 2_000;
const DAY: Duration = Duration::from_secs(86_400);

/// A queue by hand, for the twins: items, and an event for each waiter.
#[derive(Default)]
struct ByHand {
    items: Lock<VecDeque<u32>>,
    waiting: Lock<VecDeque<Arc<Event>>>,
}

impl ByHand {
    fn put(&self, item: u32) {
        self.items.acquire().push_back(item);
        let first = self.waiting.acquire().pop_front();
        if let Some(first) = first {
            first.set();
        }
    }

    fn take(&self) -> Option<u32> {
        self.items.acquire().pop_front()
    }

    fn join(&self) -> Arc<Event> {
        let place = Arc::new(Event::new());
        self.waiting.acquire().push_back(Arc::clone(&place));
        place
    }
}

#[test]
fn an_item_that_was_withdrawn_cannot_be_done_a_second_time() {
    holds(RUNS, || {
        let queue = Queue::unbounded();
        queue.put(1).unwrap();
        queue.put(2).unwrap();
        assert_eq!(queue.get(), Ok(1));
        let workers = [(); 2].map(|()| {
            let queue = queue.clone();
            spawn(move || queue.task_done().is_ok())
        });
        assert_eq!(queue.shutdown_now(), [2]);
        // One of the two calls counts the item that was taken, and the other one is an error.
        let counted = workers.map(|worker| worker.join().unwrap());
        assert_eq!(counted.iter().filter(|counted| **counted).count(), 1);
        assert_eq!(queue.unfinished(), 0);
        queue.join();
    });
}

#[test]
fn a_thread_that_waits_for_an_item_gets_it() {
    holds(RUNS, || {
        let queue = Queue::bounded(1);
        let getters = [(); 2].map(|()| {
            let queue = queue.clone();
            spawn(move || queue.get().unwrap())
        });
        let putter = spawn({
            let queue = queue.clone();
            move || queue.put(1).unwrap()
        });
        queue.put(2).unwrap();
        putter.join().unwrap();
        let sum: i32 = getters.map(|getter| getter.join().unwrap()).iter().sum();
        assert_eq!(sum, 3);
        assert!(queue.is_empty());
    });
}

/// A getter that looks before it joins the line, and not after.
#[test]
fn its_twin_that_does_not_look_again_sleeps_for_ever() {
    is_found(
        "queue",
        "a second look, after joining the line",
        "deadlock",
        || {
            let queue = Arc::new(ByHand::default());
            let getter = spawn({
                let queue = Arc::clone(&queue);
                move || {
                    queue.take().unwrap_or_else(|| {
                        queue.join().wait();
                        queue.take().unwrap()
                    })
                }
            });
            queue.put(1);
            assert_eq!(getter.join().unwrap(), 1);
        },
    );
}

#[test]
fn a_look_that_is_not_needed_goes_to_the_next() {
    holds(RUNS, || {
        let queue = Queue::unbounded();
        let patient = spawn({
            let queue = queue.clone();
            move || queue.get().unwrap()
        });
        let hasty = spawn({
            let queue = queue.clone();
            move || queue.get_timeout(DAY)
        });
        queue.put(1).unwrap();
        match hasty.join().unwrap() {
            // That one has taken the only item, so the waiter without a limit needs another one.
            Ok(1) => queue.put(2).unwrap(),
            Err(GetError::TimedOut) => {}
            other => panic!("{other:?}"),
        }
        assert!(patient.join().unwrap() > 0);
    });
}

/// A getter that leaves with a look that it was granted.
#[test]
fn its_twin_that_keeps_the_look_strands_the_other() {
    is_found(
        "queue",
        "a waiter that gives up passes its look on",
        "deadlock",
        || {
            let queue = Arc::new(ByHand::default());
            let get = |queue: &ByHand, until: Duration| loop {
                let place = queue.join();
                if let Some(item) = queue.take() {
                    return Some(item);
                }
                if !place.wait_timeout(until) {
                    return None;
                }
            };
            let patient = spawn({
                let queue = Arc::clone(&queue);
                move || get(&queue, Duration::MAX)
            });
            let hasty = spawn({
                let queue = Arc::clone(&queue);
                move || get(&queue, DAY)
            });
            queue.put(1);
            if hasty.join().unwrap().is_some() {
                queue.put(2);
            }
            assert!(patient.join().unwrap().is_some());
        },
    );
}

#[test]
fn a_stop_and_an_item_race_and_the_item_is_somewhere() {
    holds(RUNS, || {
        let queue = Queue::unbounded();
        let source = StopSource::new();
        let getter = spawn({
            let (queue, token) = (queue.clone(), source.token());
            move || queue.get_until((DAY, &token))
        });
        let stopper = spawn(move || source.stop());
        queue.put(1).unwrap();
        stopper.join().unwrap();
        let got = getter.join().unwrap();
        let left = queue.drain();
        match got {
            Ok(item) => assert_eq!((item, left.len()), (1, 0)),
            Err(GetError::Stopped | GetError::TimedOut) => assert_eq!(left, [1]),
            Err(other) => panic!("{other:?}"),
        }
    });
}

/// A getter that looks at the token once more when it has taken the item.
#[test]
fn its_twin_that_believes_the_stop_loses_the_item() {
    is_found(
        "queue",
        "an item beats a stop that comes with it",
        "neither here nor there",
        || {
            let queue = Queue::unbounded();
            let source = StopSource::new();
            let getter = spawn({
                let (queue, token) = (queue.clone(), source.token());
                move || {
                    let item = queue.get_until(&token)?;
                    if token.is_stopped() {
                        return Err(GetError::Stopped);
                    }
                    Ok(item)
                }
            });
            let stopper = spawn(move || source.stop());
            queue.put(1).unwrap();
            stopper.join().unwrap();
            let got = getter.join().unwrap();
            assert!(
                got.is_ok() || !queue.is_empty(),
                "the item is neither here nor there"
            );
        },
    );
}

#[test]
fn putters_wait_for_room_and_lose_nothing() {
    holds(RUNS, || {
        let queue = Queue::bounded(1);
        queue.put(0).unwrap();
        let source = StopSource::new();
        let putters = [1, 2].map(|n| {
            let (queue, token) = (queue.clone(), source.token());
            spawn(move || match n {
                1 => queue.put_until(n, (DAY, &token)),
                _ => queue.put(n),
            })
        });
        let stopper = spawn(move || source.stop());
        assert_eq!(queue.get(), Ok(0));
        let mut seen = vec![queue.get().unwrap()];
        stopper.join().unwrap();
        let [first, second] = putters;
        // One of the two has been got, so there is room for the other.
        match first.join().unwrap() {
            Ok(()) => {}
            Err(PutError::TimedOut(n) | PutError::Stopped(n)) => seen.push(n),
            Err(error) => panic!("{error:?}"),
        }
        assert_eq!(second.join().unwrap(), Ok(()));
        seen.extend(queue.drain());
        seen.sort();
        assert_eq!(seen, [1, 2]);
    });
}

#[test]
fn a_shutdown_ends_all_waits_and_loses_no_item() {
    holds(RUNS, || {
        let queue = Queue::bounded(1);
        let putters = [1, 2].map(|n| {
            let queue = queue.clone();
            spawn(move || queue.put(n))
        });
        let getter = spawn({
            let queue = queue.clone();
            move || queue.get()
        });
        let mut seen = queue.shutdown_now();
        seen.extend(getter.join().unwrap());
        for (n, putter) in [1, 2].into_iter().zip(putters) {
            match putter.join().unwrap() {
                Ok(()) => {}
                Err(PutError::ShutDown(back)) => {
                    assert_eq!(back, n);
                    seen.push(back);
                }
                Err(error) => panic!("{error:?}"),
            }
        }
        seen.sort();
        assert_eq!(seen, [1, 2]);
        assert_eq!(queue.get(), Err(ShutDown));
    });
}

/// A put that checks whether the queue is shut, and puts in a second step.
#[test]
fn its_twin_that_asks_first_leaves_an_item_behind() {
    is_found(
        "queue shutdown",
        "looking whether it is shut and putting are one step",
        "left behind",
        || {
            let queue = Arc::new((Lock::new(Vec::new()), Event::new()));
            let putter = spawn({
                let queue = Arc::clone(&queue);
                move || {
                    let open = !queue.1.is_set();
                    if open {
                        queue.0.acquire().push(1);
                    }
                    open
                }
            });
            queue.1.set();
            let left = std::mem::take(&mut *queue.0.acquire());
            let put = putter.join().unwrap();
            assert_eq!(left.len(), usize::from(put), "an item was left behind");
        },
    );
}

#[test]
fn a_join_returns_when_all_is_done_and_not_before() {
    holds(RUNS, || {
        let queue = Queue::unbounded();
        let done = Arc::new(Lock::new(0));
        queue.put(1).unwrap();
        queue.put(2).unwrap();
        let workers = [(); 2].map(|()| {
            let (queue, done) = (queue.clone(), Arc::clone(&done));
            spawn(move || {
                let job = queue.jobs().next().unwrap();
                *done.acquire() += *job;
            })
        });
        queue.join();
        assert_eq!(*done.acquire(), 3);
        for worker in workers {
            worker.join().unwrap();
        }
        assert_eq!(queue.unfinished(), 0);
    });
}

/// A worker that counts its item as done before it is done.
#[test]
fn its_twin_that_is_done_too_early_is_seen_at_it() {
    is_found(
        "queue `join`",
        "an item is done when the work with it is",
        "left: 0",
        || {
            let queue = Queue::unbounded();
            let done = Arc::new(Lock::new(0));
            queue.put(1).unwrap();
            let worker = spawn({
                let (queue, done) = (queue.clone(), Arc::clone(&done));
                move || {
                    let item = queue.get().unwrap();
                    queue.task_done().unwrap();
                    *done.acquire() += item;
                }
            });
            queue.join();
            assert_eq!(*done.acquire(), 1);
            worker.join().unwrap();
        },
    );
}

#[test]
fn a_join_is_not_ended_by_a_moment_before_its_item() {
    holds(RUNS, || {
        let queue = Queue::unbounded();
        let done = Arc::new(Lock::new(0));
        queue.put(1).unwrap();
        let worker = spawn({
            let (queue, done) = (queue.clone(), Arc::clone(&done));
            move || queue.jobs().for_each(|job| *done.acquire() += *job)
        });
        // One thread waits already, so that the moments are noted.
        let other = spawn({
            let queue = queue.clone();
            move || queue.join()
        });
        queue.put(2).unwrap();
        queue.join();
        assert_eq!(*done.acquire(), 3, "not for the item that was put before");
        queue.shutdown();
        worker.join().unwrap();
        other.join().unwrap();
    });
}

/// Wakes all waiters after a moment in which all items were done, also waiters that came after that moment.
#[test]
fn its_twin_that_believes_every_moment_is_seen_at_it() {
    is_found(
        "queue `join`",
        "a moment before an item was put does not count for it",
        "left: 1",
        || {
            let put = Arc::new(Lock::new(1));
            let done = Arc::new(Lock::new(0));
            let waiting: Arc<Lock<Vec<Arc<Event>>>> = Arc::default();
            let worker = spawn({
                let (put, done, waiting) = (put.clone(), done.clone(), waiting.clone());
                move || {
                    for n in 1..=2 {
                        while *put.acquire() < n {
                            yield_now();
                        }
                        *done.acquire() += 1;
                        if *done.acquire() == *put.acquire() {
                            for place in waiting.acquire().drain(..) {
                                place.set();
                            }
                        }
                    }
                }
            });
            let place = Arc::new(Event::new());
            *put.acquire() += 1;
            waiting.acquire().push(Arc::clone(&place));
            if *done.acquire() < 2 {
                place.wait();
            }
            assert_eq!(*done.acquire(), 2);
            worker.join().unwrap();
        },
    );
}

#[test]
fn a_join_hears_what_shutdown_now_has_withdrawn() {
    holds(RUNS, || {
        let queue = Queue::unbounded();
        queue.put(1).unwrap();
        queue.put(2).unwrap();
        let joiner = spawn({
            let queue = queue.clone();
            move || queue.join()
        });
        let worker = spawn({
            let queue = queue.clone();
            move || queue.jobs().map(|job| *job).sum::<u32>()
        });
        let left: u32 = queue.shutdown_now().iter().sum();
        joiner.join().unwrap();
        assert_eq!(worker.join().unwrap() + left, 3);
        assert!(queue.task_done().is_err());
    });
}

#[test]
fn a_select_takes_one_item_and_passes_on_what_it_does_not_take() {
    holds(RUNS, || {
        let (a, b) = (Queue::unbounded(), PriorityQueue::unbounded());
        let selecting = spawn({
            let (a, b) = (a.clone(), b.clone());
            move || {
                let mut select = Select::new().get(&a, |n| n).get(&b, |n| n);
                select.wait_timeout(DAY)
            }
        });
        let getters = spawn({
            let (a, b) = (a.clone(), b.clone());
            move || {
                // A select that waits at both queues, one after the other.
                let first = a.get_timeout(DAY);
                (first, b.get_timeout(DAY))
            }
        });
        a.put(1).unwrap();
        b.put(2).unwrap();
        let mut seen = Vec::from_iter(selecting.join().unwrap());
        let (first, second) = getters.join().unwrap();
        seen.extend(first);
        seen.extend(second);
        seen.extend(a.drain());
        seen.extend(b.drain());
        seen.sort();
        assert_eq!(seen, [1, 2]);
    });
}

#[test]
fn a_select_and_a_getter_are_both_served() {
    holds(RUNS, || {
        let (a, b) = (Queue::unbounded(), Queue::unbounded());
        let selecting = spawn({
            let (a, b) = (a.clone(), b.clone());
            move || Select::new().get(&a, |n| n).get(&b, |n| n).wait().unwrap()
        });
        let getter = spawn({
            let b = b.clone();
            move || b.get().unwrap()
        });
        // In this order, because a select that was granted a look at `b` may find an item in `a` first.
        b.put(2).unwrap();
        a.put(1).unwrap();
        // If the select has taken from `b`, the getter needs another.
        let selected = selecting.join().unwrap();
        if selected == 2 {
            b.put(3).unwrap();
        }
        assert!(getter.join().unwrap() > 1);
        assert_eq!(a.len(), usize::from(selected == 2));
    });
}

/// A select that looks at one queue after the other, and sleeps at each alone.
#[test]
fn its_twin_that_waits_at_one_after_the_other_misses_the_second() {
    is_found(
        "select",
        "a select waits at all its queues",
        "deadlock",
        || {
            let (a, b) = (Queue::<u32>::unbounded(), Queue::unbounded());
            let selecting = spawn({
                let (a, b) = (a.clone(), b.clone());
                move || b.try_get().or_else(|_| a.get())
            });
            b.put(2).unwrap();
            assert_eq!(selecting.join().unwrap(), Ok(2));
        },
    );
}

#[test]
fn a_select_hears_events_stops_and_shutdowns() {
    holds(RUNS, || {
        let queue = Queue::<u32>::unbounded();
        let event = Arc::new(Event::new());
        let selecting = spawn({
            let (queue, event) = (queue.clone(), Arc::clone(&event));
            move || {
                let mut select = Select::new().get(&queue, |n| n).event(&event, || 0);
                select.wait_until((DAY, &stop_token()))
            }
        });
        let setter = spawn({
            let event = Arc::clone(&event);
            move || {
                event.set();
                event.clear();
            }
        });
        let ender = spawn({
            let queue = queue.clone();
            move || queue.shutdown()
        });
        selecting.stop();
        setter.join().unwrap();
        ender.join().unwrap();
        match selecting.join().unwrap() {
            Ok(0) | Err(GetError::ShutDown | GetError::Stopped | GetError::TimedOut) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(event.n_waiting(), 0);
    });
}

#[test]
fn a_batch_makes_room_for_as_many() {
    holds(RUNS, || {
        let queue = Queue::bounded(2);
        queue.put(0).unwrap();
        queue.put(1).unwrap();
        let putters = [2, 3].map(|n| {
            let queue = queue.clone();
            spawn(move || queue.put(n).unwrap())
        });
        let mut seen = queue.get_up_to(2).unwrap();
        for putter in putters {
            putter.join().unwrap();
        }
        seen.extend(queue.drain());
        seen.sort();
        assert_eq!(seen, [0, 1, 2, 3]);
    });
}

/// The queue ends with the last of two producers that end at once, one of them by a panic.
#[test]
fn the_last_producer_ends_the_queue() {
    holds(RUNS, || {
        let queue = Queue::bounded(1);
        let (calm, hasty) = (queue.producer(), queue.producer());
        let calm = spawn(move || calm.put(1).unwrap());
        let hasty = spawn(move || {
            hasty.put(2).unwrap();
            panic!("it ends like this");
        });
        assert_eq!(queue.iter().sum::<i32>(), 3);
        calm.join().unwrap();
        assert!(hasty.join().is_err());
    });
}

#[test]
fn its_twin_whose_producers_look_and_then_leave_never_ends() {
    is_found(
        "queue producers",
        "leaving and looking whether it was the last are one step",
        "deadlock",
        || {
            let queue = Queue::<u32>::unbounded();
            let producers = Arc::new(Lock::new(2));
            let leaving = [(); 2].map(|()| {
                let (queue, producers) = (queue.clone(), Arc::clone(&producers));
                spawn(move || {
                    let is_last = *producers.acquire() == 1;
                    *producers.acquire() -= 1;
                    if is_last {
                        queue.shutdown();
                    }
                })
            });
            assert_eq!(queue.get(), Err(ShutDown));
            join_all(leaving).unwrap();
        },
    );
}

/// No item is lost between two forced puts and a get, and the join ends when what is left is done.
#[test]
fn a_forced_put_takes_one_out_and_puts_one_in() {
    holds(RUNS, || {
        let queue = Queue::bounded(1);
        queue.put(1).unwrap();
        let putters = [2, 4].map(|n| {
            let queue = queue.clone();
            spawn(move || queue.force_put(n).unwrap().unwrap_or(0))
        });
        let getter = spawn({
            let queue = queue.clone();
            move || {
                let item = queue.get().unwrap();
                queue.task_done().unwrap();
                item
            }
        });
        let out: u32 = putters.map(|putter| putter.join().unwrap()).iter().sum();
        let got = getter.join().unwrap();
        let left: u32 = queue
            .drain()
            .into_iter()
            .inspect(|_| queue.task_done().unwrap())
            .sum();
        assert_eq!(out + got + left, 7);
        queue.join();
        assert!(queue.task_done().is_err());
    });
}

#[test]
fn its_twin_that_takes_out_and_then_puts_loses_its_place() {
    is_found(
        "queue `force_put`",
        "taking the oldest out and putting are one step",
        "it is full again",
        || {
            let queue = Queue::bounded(1);
            queue.put(1).unwrap();
            let putters = [2, 4].map(|n| {
                let queue = queue.clone();
                spawn(move || {
                    _ = queue.try_get();
                    assert!(queue.try_put(n).is_ok(), "it is full again");
                })
            });
            join_all(putters).unwrap();
        },
    );
}

#[test]
fn an_item_that_was_put_before_the_shutdown_is_not_overlooked() {
    holds(RUNS, || {
        let queue = Queue::unbounded();
        let getters = [(); 2].map(|()| {
            let queue = queue.clone();
            spawn(move || queue.get().ok())
        });
        queue.put(1).unwrap();
        queue.shutdown();
        let mut got = getters.map(|getter| getter.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [None, Some(1)]);
    });
}

/// Reads how many items there are, and then whether the queue is shut.
#[test]
fn its_twin_that_reads_the_shutdown_last_overlooks_it() {
    is_found(
        "queue",
        "the shutdown is read before the number of items",
        "overlooked",
        || {
            let (put, is_shut) = (Arc::new(Lock::new(0)), Arc::new(Lock::new(false)));
            let getter = spawn({
                let (put, is_shut) = (Arc::clone(&put), Arc::clone(&is_shut));
                move || {
                    let put = *put.acquire();
                    let is_shut = *is_shut.acquire();
                    assert!(put > 0 || !is_shut, "an item is overlooked");
                }
            });
            *put.acquire() += 1;
            *is_shut.acquire() = true;
            getter.join().unwrap();
        },
    );
}

#[test]
fn an_item_that_is_counted_is_there() {
    holds(RUNS, || {
        let queue = Queue::unbounded();
        let putters = [10, 20].map(|from| {
            let queue = queue.clone();
            spawn(move || (from..from + 2).for_each(|n| queue.put(n).unwrap()))
        });
        let mut got: Vec<u32> = queue.iter().take(3).collect();
        join_all(putters).unwrap();
        got.extend(queue.drain());
        for from in [10, 20] {
            let of_one = got.iter().filter(|n| (from..from + 2).contains(*n));
            assert!(of_one.eq(&[from, from + 1]), "{got:?}");
        }
    });
}

/// A put that counts an item, and then puts it into its slot.
#[test]
fn its_twin_that_counts_first_finds_an_empty_slot() {
    is_found(
        "queue",
        "a slot is filled before it is counted",
        "an empty slot",
        || {
            let (slot, put) = (Arc::new(Lock::new(None)), Arc::new(Lock::new(0)));
            let getter = spawn({
                let (slot, put) = (Arc::clone(&slot), Arc::clone(&put));
                move || {
                    if *put.acquire() > 0 {
                        assert!(slot.acquire().take().is_some(), "an empty slot");
                    }
                }
            });
            *put.acquire() += 1;
            *slot.acquire() = Some(1);
            getter.join().unwrap();
        },
    );
}

/// The getter finds less than it hopes for after a stream of items, and the putter puts no more than that.
#[test]
fn a_getter_that_hopes_for_more_takes_what_there_is() {
    holds(RUNS, || {
        let queue = Queue::unbounded();
        assert_eq!(queue.try_get(), Err(GetError::Empty));
        (0..100).for_each(|n| queue.put(n).unwrap());
        (0..100).for_each(|n| assert_eq!(queue.get(), Ok(n)));
        let getters = [(); 2].map(|()| {
            let queue = queue.clone();
            spawn(move || queue.get().unwrap())
        });
        queue.put(1).unwrap();
        queue.put(2).unwrap();
        let sum: i32 = getters.map(|getter| getter.join().unwrap()).iter().sum();
        assert_eq!(sum, 3);
    });
}

/// A getter that waits for another put if it finds less than it hopes for.
#[test]
fn its_twin_that_waits_for_more_sleeps_for_ever() {
    is_found(
        "queue",
        "a get that has hoped for more takes what there is",
        "deadlock",
        || {
            let queue = Arc::new(ByHand::default());
            let getter = spawn({
                let queue = Arc::clone(&queue);
                move || {
                    let few = queue.items.acquire().len() < 2;
                    if few {
                        queue.join().wait();
                    }
                    queue.take()
                }
            });
            queue.put(1);
            assert_eq!(getter.join().unwrap(), Some(1));
        },
    );
}
