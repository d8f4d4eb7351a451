//! `Once` and `Lazy` from the outside.

mod support;

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use support::{Bomb, Dice, Drops, SCALE, bounded, panic_of};
use threadkit::{Event, Lazy, Lock, Once, StopSource, TimedOut, WaitError};

const SHORT: Duration = Duration::from_millis(5);

#[test]
fn a_value_is_made_once() {
    let once = Once::new();
    assert!(!once.is_done());
    assert_eq!(format!("{once:?}"), "Once(<not made>)");
    assert_eq!(*once.get_or_init(|| 1), 1);
    assert_eq!(*once.get_or_init(|| 2), 1);
    assert_eq!(once.set(3), Err(3));
    assert_eq!(*once.wait(), 1);
    assert_eq!(format!("{once:?}"), "Once(1)");
    assert_eq!(once.into_inner(), Some(1));
}

#[test]
fn what_is_unique_is_as_new() {
    let mut once = Once::from("a".to_owned());
    once.get_mut().unwrap().push('b');
    assert_eq!(once.take().as_deref(), Some("ab"));
    assert_eq!(once.take(), None);
    assert_eq!(once.get_or_init(|| "c".to_owned()), "c");
}

#[test]
fn a_failure_leaves_it_to_the_next_one() {
    let once = Once::new();
    assert_eq!(once.get_or_try_init(|| Err("no")), Err("no"));
    let panics = || *once.get_or_init(|| panic!("on purpose"));
    assert!(panic::catch_unwind(AssertUnwindSafe(panics)).is_err());
    assert_eq!(*once.get_or_init(|| 1), 1);
}

#[test]
fn a_maker_that_needs_its_value_panics() {
    let once = Once::new();
    let circle = || *once.get_or_init(|| *once.get_or_init(|| 1) + 1);
    let payload = panic::catch_unwind(AssertUnwindSafe(circle)).unwrap_err();
    assert_eq!(
        *payload.downcast::<&str>().unwrap(),
        "making this value needs the value itself"
    );
    assert_eq!(*once.get_or_init(|| 2), 2);

    static CIRCLE: Lazy<u32> = Lazy::new(|| *CIRCLE + 1);
    assert!(panic::catch_unwind(|| *CIRCLE).is_err());
}

#[test]
fn a_waiter_for_a_failed_maker_makes_the_value() {
    bounded(|| {
        let shared = Arc::new((Once::new(), Event::new(), Event::new()));
        let failing = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                shared
                    .0
                    .get_or_try_init(|| {
                        shared.1.set();
                        shared.2.wait();
                        Err("no")
                    })
                    .is_err()
            })
        };
        shared.1.wait();
        assert_eq!(shared.0.set(7), Err(7), "it is being made");
        let others: Vec<_> = (0..3)
            .map(|n| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || *shared.0.get_or_init(|| n))
            })
            .collect();
        shared.2.set();
        assert!(failing.join().unwrap());
        let seen: Vec<_> = others.into_iter().map(|t| t.join().unwrap()).collect();
        assert!(seen.iter().all(|n| n == shared.0.get().unwrap()));
    });
}

#[test]
fn waits_end() {
    bounded(|| {
        let once = Arc::new(Once::new());
        assert_eq!(once.wait_timeout(SHORT), Err(TimedOut));
        assert_eq!(once.wait_until(SHORT), Err(WaitError::TimedOut));
        let source = StopSource::new();
        let stopped = {
            let (once, stop) = (Arc::clone(&once), source.token());
            thread::spawn(move || once.wait_until(&stop).err())
        };
        source.stop();
        assert_eq!(stopped.join().unwrap(), Some(WaitError::Stopped));
        let waits = {
            let once = Arc::clone(&once);
            thread::spawn(move || *once.wait())
        };
        once.set(1).unwrap();
        assert_eq!(waits.join().unwrap(), 1);
        assert_eq!(once.wait_until(&source.token()), Ok(&1));
    });
}

#[test]
fn a_lazy_value_is_made_at_its_first_use() {
    static MADE: AtomicU64 = AtomicU64::new(0);
    static LAZY: Lazy<String> = Lazy::new(|| {
        MADE.fetch_add(1, Ordering::Relaxed);
        "made".to_owned()
    });
    bounded(|| {
        assert_eq!(format!("{LAZY:?}"), "Lazy(<not made>)");
        let threads: Vec<_> = (0..4).map(|_| thread::spawn(|| LAZY.len())).collect();
        assert!(threads.into_iter().all(|t| t.join().unwrap() == 4));
        assert_eq!(MADE.load(Ordering::Relaxed), 1);
        assert_eq!(Lazy::get(&LAZY).unwrap(), "made");
    });
}

#[test]
fn a_lazy_value_whose_maker_panicked_stays_unmade() {
    let lazy: Lazy<u32> = Lazy::new(|| panic!("on purpose"));
    for message in [
        "on purpose",
        "the maker of this lazy value has panicked before",
    ] {
        let payload = panic::catch_unwind(AssertUnwindSafe(|| *lazy)).unwrap_err();
        let text = match payload.downcast::<String>() {
            Ok(text) => *text,
            Err(payload) => (*payload.downcast::<&str>().unwrap()).to_owned(),
        };
        assert_eq!(text, message);
    }
    let captured = "value".to_owned();
    let lazy = Lazy::new(move || captured);
    assert_eq!(*lazy, "value");
}

/// Makers that fail, panic and succeed race: one value is made, all threads get it, and no thread keeps waiting.
#[test]
fn one_of_many_attempts_succeeds() {
    bounded(|| {
        let mut dice = Dice::new(3);
        for _ in 0..1_500 {
            let once = Arc::new(Once::new());
            let successes = Arc::new(AtomicU64::new(0));
            let threads: Vec<_> = (0..4)
                .map(|n| {
                    let (once, successes) = (Arc::clone(&once), Arc::clone(&successes));
                    let fails = dice.below(3) > 0 && n > 0;
                    thread::spawn(move || {
                        let seen = once.get_or_try_init(|| {
                            if fails {
                                return Err(());
                            }
                            successes.fetch_add(1, Ordering::Relaxed);
                            Ok(n)
                        });
                        assert!(fails || seen.is_ok());
                        seen.ok().copied()
                    })
                })
                .collect();
            let value = *once.wait();
            let seen: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
            assert!(seen.into_iter().flatten().all(|n| n == value));
            assert_eq!(successes.load(Ordering::Relaxed), 1);
        }
    });
}

/// Many values. All threads come to each of them in one way or another, with attempts that fail and limits that pass.
/// Each value is made once, and all threads see the one that was made.
#[test]
fn every_value_is_made_once() {
    const THREADS: u64 = 4;
    const VALUES: u64 = 21_000 * SCALE;
    bounded(|| {
        let values: Arc<[Once<u64>]> = (0..VALUES).map(|_| Once::new()).collect();
        let made = Arc::new(AtomicU64::new(0));
        let threads: Vec<_> = (0..THREADS)
            .map(|seed| {
                let (values, made) = (Arc::clone(&values), Arc::clone(&made));
                thread::spawn(move || {
                    let mut dice = Dice::new(seed);
                    let mut sum = 0;
                    for (n, once) in (0..).zip(&*values) {
                        let make = || {
                            made.fetch_add(1, Ordering::Relaxed);
                            n
                        };
                        sum += match dice.below(4) {
                            0 => {
                                let failed = once.get_or_try_init(|| Err(()));
                                failed.map_or_else(|()| *once.get_or_init(make), |value| *value)
                            }
                            1 => {
                                let limit = Duration::from_nanos(dice.below(5_000));
                                match once.wait_timeout(limit) {
                                    Ok(value) => *value,
                                    Err(TimedOut) => *once.get_or_init(make),
                                }
                            }
                            // The first thread never only waits, so some thread makes the value.
                            2 if seed > 0 => *once.wait(),
                            _ => *once.get_or_init(make),
                        };
                    }
                    sum
                })
            })
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), VALUES * (VALUES - 1) / 2);
        }
        assert_eq!(made.load(Ordering::Relaxed), VALUES);
    });
}

/// What the panic says if the maker of a value needs it in a task that is nested in the making.
fn circle(needs: fn(&Once<u32>) -> u32) -> String {
    let once = Arc::new(Once::new());
    let other = Arc::clone(&once);
    let made = *once.get_or_init(move || {
        support::nested(move || {
            let limited = other.wait_timeout(SHORT);
            assert_eq!(limited, Err(TimedOut), "a limited wait has an end");
            assert_eq!(other.set(7), Err(7));
        });
        1
    });
    assert_eq!(made, 1);

    let once = Arc::new(Once::new());
    let other = Arc::clone(&once);
    let mut message = String::new();
    once.get_or_init(|| {
        message = support::nested(move || panic_of(|| _ = needs(&other)));
        2
    });
    assert_eq!(once.get(), Some(&2), "the host has gone on");
    message
}

#[test]
fn a_maker_that_needs_its_value_in_a_nested_task_panics() {
    bounded(|| {
        let needs: [fn(&Once<u32>) -> u32; 5] = [
            |once| *once.get_or_init(|| 3),
            |once| *once.get_or_try_init(|| Ok::<_, ()>(3)).unwrap(),
            |once| *once.wait(),
            |once| *once.wait_timeout(Duration::MAX).unwrap(),
            |once| *once.wait_until(Duration::MAX).unwrap(),
        ];
        for need in needs {
            assert_eq!(circle(need), "making this value needs the value itself");
        }
        static CIRCLE: Lazy<u32> = Lazy::new(|| {
            support::nested(|| panic_of(|| _ = *CIRCLE));
            5
        });
        assert_eq!(*CIRCLE, 5);
    });
}

#[test]
fn a_panic_hook_may_use_the_value_that_is_missing() {
    static PLACE: Once<u32> = Once::new();
    bounded(|| {
        let (here, before) = (thread::current().id(), panic::take_hook());
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == here {
                assert_eq!(PLACE.set(1), Err(1), "it is being made");
            }
            before(info);
        }));
        let message = Lock::new(String::new());
        PLACE.get_or_init(|| {
            *message.acquire() = panic_of(|| _ = *PLACE.get_or_init(|| 2));
            3
        });
        drop(panic::take_hook());
        assert_eq!(
            message.into_inner(),
            "making this value needs the value itself"
        );
        assert_eq!(PLACE.get(), Some(&3));
    });
}

#[test]
fn a_stopped_maker_leaves_it_to_a_waiter() {
    bounded(|| {
        let shared = Arc::new((Once::new(), Event::new()));
        let maker = {
            let shared = Arc::clone(&shared);
            threadkit::spawn(move || {
                let made = shared.0.get_or_try_init(|| {
                    shared.1.set();
                    threadkit::stop_token().wait();
                    Err("stopped")
                });
                made.copied()
            })
        };
        shared.1.wait();
        let waits = {
            let shared = Arc::clone(&shared);
            threadkit::spawn(move || *shared.0.wait())
        };
        let makes = {
            let shared = Arc::clone(&shared);
            threadkit::spawn(move || *shared.0.get_or_init(|| 2))
        };
        maker.stop();
        assert_eq!(maker.join().unwrap(), Err("stopped"));
        assert_eq!((makes.join().unwrap(), waits.join().unwrap()), (2, 2));
    });
}

#[test]
fn a_panic_of_a_task_nested_in_a_maker_is_the_makers_to_handle() {
    bounded(|| {
        let once = Arc::new(Once::new());
        let fails =
            || once.get_or_try_init(|| Err(support::nested(|| panic_of(|| panic!("in it")))));
        assert_eq!(fails(), Err("in it".to_owned()));
        assert!(!once.is_done());
        // A nested task makes what its host then finds made.
        let other = Arc::clone(&once);
        support::nested(move || assert_eq!(*other.get_or_init(|| 3), 3));
        assert_eq!(fails(), Ok(&3));
    });
}

#[test]
fn a_value_is_made_and_waited_for_in_destructors() {
    bounded(|| {
        let once = Arc::new(Once::new());
        let waiter = {
            let once = Arc::clone(&once);
            thread::spawn(move || support::in_destructor(move || *once.wait()))
        };
        let other = Arc::clone(&once);
        assert_eq!(support::in_destructor(move || *other.get_or_init(|| 5)), 5);
        assert_eq!(waiter.join().unwrap(), 5);
    });
}

#[test]
fn all_waiters_for_a_lazy_value_whose_maker_panics_panic() {
    static BEGUN: Event = Event::new();
    static GO: Event = Event::new();
    static LAZY: Lazy<u32> = Lazy::new(|| {
        BEGUN.set();
        GO.wait();
        panic!("in the maker")
    });
    bounded(|| {
        let maker = thread::spawn(|| panic_of(|| _ = *LAZY));
        BEGUN.wait();
        let waiters = [(); 3].map(|()| thread::spawn(|| panic_of(|| _ = *LAZY)));
        GO.set();
        assert_eq!(maker.join().unwrap(), "in the maker");
        for waiter in waiters {
            let message = waiter.join().unwrap();
            assert!(message.contains("has panicked before"), "{message}");
        }
        assert!(Lazy::get(&LAZY).is_none());
    });
}

#[test]
fn a_maker_that_waits_for_its_own_value_is_told() {
    bounded(|| {
        let once = Once::<u32>::new();
        let needs_itself = "making this value needs the value itself";
        let waits: [fn(&Once<u32>) -> u32; 3] = [
            |once| *once.wait(),
            |once| *once.wait_timeout(Duration::MAX).unwrap(),
            |once| *once.get_or_init(|| 1),
        ];
        for wait in waits {
            let message = panic_of(|| {
                once.get_or_init(|| wait(&once));
            });
            assert_eq!(message, needs_itself);
        }
        // These waits end.
        let made = once.get_or_init(|| {
            assert_eq!(once.set(5), Err(5));
            assert_eq!(once.wait_timeout(SHORT), Err(TimedOut));
            assert_eq!(once.wait_until(SHORT), Err(WaitError::TimedOut));
            7
        });
        assert_eq!((*made, *once.wait()), (7, 7));
    });
}

#[test]
fn a_maker_that_fails_with_a_destructor_leaves_it_to_the_next() {
    let drops = Drops::new();
    let once = Once::new();
    let fails = || {
        let _bomb = Bomb(drops.value());
        once.get_or_init(|| panic!("in the maker"));
    };
    assert_eq!(panic_of(fails), "in the maker");
    let bomb = Bomb(drops.value());
    assert_eq!(
        panic_of(|| {
            let fails = once.get_or_try_init(move || {
                drop(bomb);
                Err(())
            });
            assert!(fails.is_ok(), "it panics before");
        }),
        "a destructor that panics"
    );
    assert_eq!((*once.get_or_init(|| 3), drops.count()), (3, 2));
    let lazy: Lazy<Arc<Lock<u32>>> = Lazy::new(|| panic!("in the maker"));
    for _ in 0..2 {
        panic_of(|| drop(lazy.acquire()));
    }
    assert!(Lazy::get(&lazy).is_none());
}
