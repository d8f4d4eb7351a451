//! `Barrier` from the outside.

mod support;

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use support::{Dice, SCALE, bounded, eventually, panic_of};
use threadkit::{Barrier, BrokenBy, Event, Lazy, Lock, Once, StopSource, spawn};

const SHORT: Duration = Duration::from_millis(5);

/// A party that waits, and says what broke the barrier, if anything did.
fn party(barrier: &Arc<Barrier>) -> thread::JoinHandle<Option<BrokenBy>> {
    let before = barrier.n_waiting();
    let there = Arc::clone(barrier);
    let party = thread::spawn(move || there.wait().err().map(|broken| broken.cause()));
    eventually("the party stands at the barrier", || {
        barrier.n_waiting() == before + 1
    });
    party
}

#[test]
fn zero_parties_are_refused() {
    assert!(panic::catch_unwind(|| Barrier::new(0)).is_err());
    assert!(panic::catch_unwind(|| Barrier::with_action(0, || ())).is_err());
}

#[test]
fn one_party_never_waits() {
    let barrier = Barrier::new(1);
    for _ in 0..3 {
        let turn = barrier.wait_timeout(Duration::ZERO).unwrap();
        assert!(turn.is_leader() && turn.index() == 0);
        assert!(barrier.try_wait().unwrap().is_some());
    }
}

#[test]
fn each_party_has_its_own_turn() {
    bounded(|| {
        let barrier = Arc::new(Barrier::new(5));
        let parties: Vec<_> = (0..5)
            .map(|_| {
                let barrier = Arc::clone(&barrier);
                thread::spawn(move || {
                    (0..100)
                        .map(|_| barrier.wait().unwrap().index())
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let turns: Vec<_> = parties.into_iter().map(|t| t.join().unwrap()).collect();
        for round in 0..100 {
            let mut indices: Vec<_> = turns.iter().map(|of_one| of_one[round]).collect();
            indices.sort_unstable();
            assert_eq!(indices, [0, 1, 2, 3, 4]);
        }
        assert_eq!(barrier.n_waiting(), 0);
    });
}

#[test]
fn no_party_is_ahead_by_a_round() {
    bounded(|| {
        const ROUNDS: usize = 2_000;
        let arrivals = Arc::new(AtomicUsize::new(0));
        let actions = Arc::new(AtomicUsize::new(0));
        let barrier = {
            let (arrivals, actions) = (Arc::clone(&arrivals), Arc::clone(&actions));
            Arc::new(Barrier::with_action(3, move || {
                let done = actions.fetch_add(1, Ordering::Relaxed) + 1;
                assert_eq!(
                    arrivals.load(Ordering::Relaxed),
                    3 * done,
                    "all are here, none passed"
                );
            }))
        };
        let parties: Vec<_> = (0..3)
            .map(|_| {
                let (barrier, arrivals) = (Arc::clone(&barrier), Arc::clone(&arrivals));
                let actions = Arc::clone(&actions);
                thread::spawn(move || {
                    for round in 1..=ROUNDS {
                        arrivals.fetch_add(1, Ordering::Relaxed);
                        barrier.wait().unwrap();
                        assert!(actions.load(Ordering::Relaxed) >= round);
                    }
                })
            })
            .collect();
        parties.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(actions.load(Ordering::Relaxed), ROUNDS);
    });
}

#[test]
fn abort_breaks_it_until_reset() {
    bounded(|| {
        let barrier = Arc::new(Barrier::new(3));
        let parties = [party(&barrier), party(&barrier)];
        barrier.abort();
        for party in parties {
            assert_eq!(party.join().unwrap(), Some(BrokenBy::Aborted));
        }
        assert!(barrier.is_broken());
        assert_eq!(barrier.wait().unwrap_err().cause(), BrokenBy::Aborted);
        assert!(barrier.try_wait().is_err());
        assert_eq!(barrier.n_waiting(), 0);

        barrier.reset();
        assert!(!barrier.is_broken());
        let parties = [party(&barrier), party(&barrier)];
        assert_eq!(barrier.wait().unwrap().index(), 2);
        for party in parties {
            assert_eq!(party.join().unwrap(), None);
        }
    });
}

#[test]
fn a_reset_fails_the_waiting_parties_and_no_others() {
    bounded(|| {
        let barrier = Arc::new(Barrier::new(2));
        let early = party(&barrier);
        barrier.reset();
        assert_eq!(early.join().unwrap(), Some(BrokenBy::Reset));
        assert!(!barrier.is_broken());
        let other = party(&barrier);
        assert!(barrier.wait().is_ok());
        assert_eq!(other.join().unwrap(), None);
    });
}

#[test]
fn a_time_that_is_up_breaks_it_for_everyone() {
    bounded(|| {
        let barrier = Arc::new(Barrier::new(3));
        let other = party(&barrier);
        assert_eq!(
            barrier.wait_timeout(SHORT).unwrap_err().cause(),
            BrokenBy::TimedOut
        );
        assert_eq!(other.join().unwrap(), Some(BrokenBy::TimedOut));
        assert_eq!(barrier.wait().unwrap_err().cause(), BrokenBy::TimedOut);
        barrier.reset();
        assert!(
            barrier.try_wait().unwrap().is_none(),
            "a try breaks nothing"
        );
        assert!(!barrier.is_broken());
    });
}

#[test]
fn a_stop_breaks_it_for_everyone() {
    bounded(|| {
        let barrier = Arc::new(Barrier::new(3));
        let source = StopSource::new();
        let other = party(&barrier);
        let stopped = {
            let (barrier, stop) = (Arc::clone(&barrier), source.token());
            thread::spawn(move || barrier.wait_until(&stop).unwrap_err().cause())
        };
        eventually("both stand at it", || barrier.n_waiting() == 2);
        source.stop();
        assert_eq!(stopped.join().unwrap(), BrokenBy::Stopped);
        assert_eq!(other.join().unwrap(), Some(BrokenBy::Stopped));
    });
}

#[test]
fn a_panic_in_the_action_breaks_it_and_passes_on() {
    bounded(|| {
        let barrier = Arc::new(Barrier::with_action(2, || panic!("in the action")));
        let other = party(&barrier);
        let leader = panic::catch_unwind(AssertUnwindSafe(|| barrier.wait().is_ok()));
        assert_eq!(
            *leader.unwrap_err().downcast::<&str>().unwrap(),
            "in the action"
        );
        assert_eq!(other.join().unwrap(), Some(BrokenBy::Panicked));
        assert_eq!(barrier.wait().unwrap_err().cause(), BrokenBy::Panicked);
    });
}

/// A barrier whose action says when it has begun, and waits until it may continue.
fn held_up(parties: usize) -> (Arc<Barrier>, Arc<Event>, Arc<Event>) {
    let (begun, go_on) = (Arc::new(Event::new()), Arc::new(Event::new()));
    let barrier = {
        let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
        Barrier::with_action(parties, move || {
            begun.set();
            go_on.wait();
        })
    };
    (Arc::new(barrier), begun, go_on)
}

#[test]
fn what_breaks_it_during_the_action_breaks_it_for_the_leader_too() {
    bounded(|| {
        type Deed = fn(&Barrier);
        let deeds: [(Deed, BrokenBy); 2] = [
            (|barrier| barrier.abort(), BrokenBy::Aborted),
            (|barrier| barrier.reset(), BrokenBy::Reset),
        ];
        for (deed, cause) in deeds {
            let (barrier, begun, go_on) = held_up(2);
            let early = party(&barrier);
            let leader = {
                let barrier = Arc::clone(&barrier);
                thread::spawn(move || barrier.wait().unwrap_err().cause())
            };
            begun.wait();
            assert_eq!(barrier.n_waiting(), 1);
            deed(&barrier);
            assert_eq!(
                early.join().unwrap(),
                Some(cause),
                "it need not wait for the action"
            );
            go_on.set();
            assert_eq!(leader.join().unwrap(), cause);
            assert_eq!(barrier.is_broken(), cause == BrokenBy::Aborted);
        }
    });
}

#[test]
fn a_thread_too_many_counts_for_the_next_time() {
    bounded(|| {
        let (barrier, begun, go_on) = held_up(2);
        let parties: Vec<_> = (0..3)
            .map(|_| {
                let barrier = Arc::clone(&barrier);
                thread::spawn(move || barrier.wait().is_ok())
            })
            .collect();
        begun.wait();
        assert_eq!(barrier.try_wait(), Ok(None));
        go_on.set();
        eventually("one stands at it", || barrier.n_waiting() == 1);
        assert!(barrier.wait().is_ok());
        assert!(parties.into_iter().all(|t| t.join().unwrap()));
        assert_eq!(barrier.n_waiting(), 0);
    });
}

#[test]
fn the_action_cannot_wait_at_its_own_barrier() {
    bounded(|| {
        let slot: Arc<std::sync::OnceLock<Arc<Barrier>>> = Arc::default();
        let own = Arc::clone(&slot);
        let barrier = Arc::new(Barrier::with_action(1, move || {
            let _ = own.get().unwrap().wait();
        }));
        slot.set(Arc::clone(&barrier)).unwrap();
        assert!(panic::catch_unwind(AssertUnwindSafe(|| barrier.wait().is_ok())).is_err());
        assert_eq!(barrier.wait().unwrap_err().cause(), BrokenBy::Panicked);
    });
}

/// Deadlines, stops and resets race the arrivals; in every round all parties pass, or all fail.
#[test]
fn all_pass_or_all_fail() {
    const PARTIES: usize = 3;
    const ROUNDS: usize = 3_000;
    bounded(|| {
        let barrier = Arc::new(Barrier::new(PARTIES));
        // Gathers the parties between the rounds, and is not under test.
        let gather = Arc::new(std::sync::Barrier::new(PARTIES + 1));
        let passed = Arc::new(AtomicUsize::new(0));
        let source = Arc::new(threadkit::Lock::new(StopSource::new()));
        let parties: Vec<_> = (0..PARTIES)
            .map(|n| {
                let (barrier, gather) = (Arc::clone(&barrier), Arc::clone(&gather));
                let (passed, source) = (Arc::clone(&passed), Arc::clone(&source));
                thread::spawn(move || {
                    let mut dice = Dice::new(n as u64);
                    for _ in 0..ROUNDS {
                        gather.wait();
                        let limit = Duration::from_nanos(dice.below(60_000));
                        let stop = source.acquire().token();
                        let ended = match dice.below(3) {
                            0 => barrier.wait_until(&stop),
                            _ => barrier.wait_timeout(limit),
                        };
                        passed.fetch_add(usize::from(ended.is_ok()), Ordering::Relaxed);
                        gather.wait();
                    }
                })
            })
            .collect();
        let mut dice = Dice::new(77);
        let (mut all, mut none) = (0, 0);
        for _ in 0..ROUNDS {
            gather.wait();
            for _ in 0..dice.below(50) {
                thread::yield_now();
            }
            if dice.below(2) == 0 {
                source.acquire().stop();
            }
            gather.wait();
            match passed.swap(0, Ordering::Relaxed) {
                0 => none += 1,
                PARTIES => all += 1,
                some => panic!("{some} of {PARTIES} have passed"),
            }
            barrier.reset();
            *source.acquire() = StopSource::new();
        }
        parties.into_iter().for_each(|t| t.join().unwrap());
        assert!(all > 0 && none > 0, "{all} passed, {none} failed");
    });
}

/// Many rounds without a break: a lost wake-up stops them.
#[test]
fn rounds_are_counted_exactly() {
    const ROUNDS: u64 = 42_000 * SCALE;
    bounded(|| {
        let total = Arc::new(AtomicU64::new(0));
        let barrier = Arc::new(Barrier::new(2));
        let parties: Vec<_> = (0..2)
            .map(|n| {
                let (barrier, total) = (Arc::clone(&barrier), Arc::clone(&total));
                thread::spawn(move || {
                    for _ in 0..ROUNDS {
                        let turn = match n {
                            0 => barrier.wait(),
                            _ => barrier.wait_timeout(Duration::from_secs(60)),
                        };
                        total.fetch_add(turn.unwrap().index() as u64, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        parties.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(total.load(Ordering::Relaxed), ROUNDS);
    });
}

#[test]
fn a_task_nested_in_the_action_cannot_wait_at_its_barrier_either() {
    bounded(|| {
        let messages = Arc::new(Lock::new(Vec::new()));
        let barrier = Arc::new_cyclic(|barrier: &Weak<Barrier>| {
            let (barrier, messages) = (Weak::clone(barrier), Arc::clone(&messages));
            Barrier::with_action(1, move || {
                let barrier = barrier.upgrade().expect("it is being waited at");
                let waits: [fn(&Barrier); 3] = [
                    |barrier| _ = barrier.wait(),
                    |barrier| _ = barrier.wait_timeout(SHORT),
                    |barrier| _ = barrier.wait_until(&StopSource::new().token()),
                ];
                for wait in waits {
                    let there = Arc::clone(&barrier);
                    let message = support::nested(move || panic_of(|| wait(&there)));
                    messages.acquire().push(message);
                }
                let there = Arc::clone(&barrier);
                assert_eq!(support::nested(move || there.try_wait()), Ok(None));
            })
        });
        assert!(barrier.wait().unwrap().is_leader());
        let refusal = "the action of a barrier cannot wait at the barrier itself";
        assert_eq!(*messages.acquire(), [refusal; 3]);
        assert!(!barrier.is_broken());
    });
}

#[test]
fn a_panic_hook_may_use_the_barrier_that_refuses() {
    static REFUSED: Once<()> = Once::new();
    static BARRIER: Lazy<Barrier> = Lazy::new(|| {
        Barrier::with_action(1, || {
            panic_of(|| _ = BARRIER.wait());
        })
    });
    bounded(|| {
        let (here, before) = (thread::current().id(), panic::take_hook());
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == here {
                assert!(!BARRIER.is_broken());
                REFUSED.get_or_init(|| ());
            }
            before(info);
        }));
        assert!(BARRIER.wait().is_ok());
        drop(panic::take_hook());
        assert!(REFUSED.is_done());
    });
}

#[test]
fn parties_meet_in_destructors_and_nested_tasks() {
    bounded(|| {
        let barrier = Arc::new(Barrier::new(3));
        let there = Arc::clone(&barrier);
        let in_destructor = thread::spawn(move || {
            support::in_destructor(move || there.wait().map(|turn| turn.index()))
        });
        let there = Arc::clone(&barrier);
        let nested =
            thread::spawn(move || support::nested(move || there.wait().map(|turn| turn.index())));
        let mut turns = [
            barrier.wait().map(|turn| turn.index()),
            in_destructor.join().unwrap(),
            nested.join().unwrap(),
        ];
        turns.sort_by_key(|turn| turn.as_ref().ok().copied());
        assert_eq!(turns, [Ok(0), Ok(1), Ok(2)]);
    });
}

#[test]
fn a_party_that_leaves_by_a_panic_can_let_the_others_go() {
    struct LetGo<'a>(&'a Barrier);
    impl Drop for LetGo<'_> {
        fn drop(&mut self) {
            if thread::panicking() {
                self.0.abort();
            }
        }
    }
    bounded(|| {
        let barrier = Arc::new(Barrier::new(3));
        let others = [party(&barrier), party(&barrier)];
        panic_of(|| {
            let _others = LetGo(&barrier);
            panic!("before it arrives");
        });
        for other in others {
            assert_eq!(other.join().unwrap(), Some(BrokenBy::Aborted));
        }
        barrier.reset();
        let others = [party(&barrier), party(&barrier)];
        assert!(barrier.wait().unwrap().is_leader());
        for other in others {
            assert_eq!(other.join().unwrap(), None);
        }
    });
}

#[test]
fn an_action_may_do_anything_to_its_barrier_but_wait() {
    bounded(|| {
        type Deed = fn(&Barrier);
        let deeds: [(Deed, Option<BrokenBy>); 4] = [
            (|barrier| barrier.reset(), Some(BrokenBy::Reset)),
            (|barrier| barrier.abort(), Some(BrokenBy::Aborted)),
            (
                |barrier| {
                    barrier.abort();
                    barrier.reset();
                },
                Some(BrokenBy::Aborted),
            ),
            (
                |barrier| {
                    assert_eq!(barrier.try_wait(), Ok(None));
                    assert_eq!((barrier.n_waiting(), barrier.is_broken()), (1, false));
                },
                None,
            ),
        ];
        for (deed, expected) in deeds {
            let slot: Arc<Once<Arc<Barrier>>> = Arc::default();
            let own = Arc::clone(&slot);
            let barrier = Arc::new(Barrier::with_action(2, move || deed(own.wait())));
            slot.set(Arc::clone(&barrier)).unwrap();
            let other = {
                let barrier = Arc::clone(&barrier);
                spawn(move || barrier.wait().err().map(|broken| broken.cause()))
            };
            let mine = barrier.wait().err().map(|broken| broken.cause());
            assert_eq!((mine, other.join().unwrap()), (expected, expected));
            assert_eq!(barrier.n_waiting(), 0);
        }
    });
}

#[test]
fn a_barrier_for_the_largest_number_of_parties_breaks_when_time_is_up() {
    let crowd = Barrier::new(usize::MAX);
    assert_eq!(
        crowd.wait_timeout(SHORT).unwrap_err().cause(),
        BrokenBy::TimedOut
    );
}
