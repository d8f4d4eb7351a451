//! The primitives other than the locks under many schedules, each beside a bad twin: what one would build from a lock
//! and a condition, with one step missing, which must be found out.

#[path = "../support/mod.rs"]
mod support;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use support::explored::{holds, is_found};
use threadkit::atomic::{AtomicBool, AtomicU32};
use threadkit::{
    Barrier, BrokenBy, Condition, Event, Latch, Lazy, Lock, Once, RwLock, RwLockWriteGuard,
    Semaphore, StopSource, WaitError, join_all, sleep, spawn,
};

/// Under an exploration a deadline passes whenever the scheduler says so.
const SOON: Duration = Duration::from_millis(1);

/// A thread that has seen a waiter of a latch counted may rely on it: it sleeps, and opening the latch wakes it.
#[test]
fn the_waiters_of_a_latch_are_counted() {
    holds(2_000, || {
        let latch = Arc::new(Latch::new(1));
        let source = StopSource::new();
        let waiters = [None, Some(source.token())].map(|stop| {
            let latch = Arc::clone(&latch);
            spawn(move || match stop {
                None => latch.wait(),
                Some(stop) => assert_eq!(latch.wait_until(&stop), Ok(())),
            })
        });
        while latch.n_waiting() < 2 {
            threadkit::yield_now();
        }
        latch.count_down();
        join_all(waiters).unwrap();
        assert_eq!(latch.n_waiting(), 0);
    });
}

/// Two threads wait, one of them for a limited time. Another thread sends two notifications, under the lock that says
/// how many wait. No waiter without a limit is left.
#[test]
fn a_notification_is_not_lost_on_a_waiter_that_has_gone() {
    holds(3_000, || {
        let shared = Arc::new((Lock::new(0_u32), Condition::new()));
        let waiter = |limit: Option<Duration>| {
            let shared = Arc::clone(&shared);
            spawn(move || {
                let mut guard = shared.0.acquire();
                *guard += 1;
                match limit {
                    None => {
                        shared.1.wait(&mut guard);
                        true
                    }
                    Some(limit) => shared.1.wait_timeout(&mut guard, limit),
                }
            })
        };
        let waiters = vec![waiter(Some(SOON)), waiter(None)];
        let mut sent = 0;
        while sent == 0 {
            let guard = shared.0.acquire();
            // Both waiters are there. If the first one has left again, this is for the second.
            if *guard == 2 {
                sent += u32::from(shared.1.notify_one());
                sent += u32::from(shared.1.notify_one());
            }
            drop(guard);
            sleep(SOON);
        }
        let woken = join_all(waiters).unwrap();
        assert!(woken[1]);
        assert_eq!(woken.iter().filter(|woken| **woken).count() as u32, sent);
    });
}

/// A condition that leaves a waiter that gave up on its list.
struct Forgetful {
    queue: Lock<VecDeque<Arc<Event>>>,
}

impl Forgetful {
    fn wait(&self, lock: &Lock<u32>, limit: Option<Duration>) -> bool {
        let woken = Arc::new(Event::new());
        {
            let mut guard = lock.acquire();
            *guard += 1;
            self.queue.acquire().push_back(Arc::clone(&woken));
        }
        match limit {
            None => {
                woken.wait();
                true
            }
            Some(limit) => woken.wait_timeout(limit),
        }
    }

    fn notify_one(&self) {
        if let Some(woken) = self.queue.acquire().pop_front() {
            woken.set();
        }
    }
}

#[test]
fn a_notification_that_is_lost_on_a_waiter_that_has_gone_is_found() {
    is_found(
        "`Condition`",
        "a waiter that gives up leaves the list",
        "deadlock",
        || {
            let lock = Arc::new(Lock::new(0));
            let condition = Arc::new(Forgetful {
                queue: Lock::default(),
            });
            let waiter = |limit| {
                let (lock, condition) = (Arc::clone(&lock), Arc::clone(&condition));
                spawn(move || condition.wait(&lock, limit))
            };
            let waiters = vec![waiter(Some(SOON)), waiter(None)];
            while *lock.acquire() < 2 {
                sleep(SOON);
            }
            condition.notify_one();
            let woken = join_all(waiters).unwrap();
            assert!(woken[1] || woken[0]);
        },
    );
}

/// One waiter asks for two permits and gives up. The waiter behind it asks for one.
#[test]
fn a_waiter_that_gives_up_lets_the_next_pass() {
    holds(3_000, || {
        let semaphore = Arc::new(Semaphore::bounded(2));
        let source = StopSource::new();
        let held = semaphore.acquire();
        let wants_two = {
            let (semaphore, stop) = (Arc::clone(&semaphore), source.token());
            spawn(move || semaphore.acquire_many_until(2, (SOON, &stop)).is_ok())
        };
        let wants_one = {
            let semaphore = Arc::clone(&semaphore);
            spawn(move || semaphore.acquire().count())
        };
        source.stop();
        // This permit is not released before the other thread has got through: it needs the free one.
        if !wants_two.join().unwrap() {
            assert_eq!(wants_one.join().unwrap(), 1);
            drop(held);
        }
        assert_eq!(semaphore.available(), 2);
    });
}

/// A semaphore whose waiters queue up, and which do not wake those behind when they leave.
struct Mute {
    state: Lock<(u32, VecDeque<u32>)>,
    changed: Condition,
}

impl Mute {
    fn acquire(&self, name: u32, n: u32, limit: Duration) -> bool {
        let mut state = self.state.acquire();
        state.1.push_back(name);
        let turn = |state: &mut (u32, VecDeque<u32>)| {
            let mine = state.1.front() == Some(&name) && state.0 >= n;
            mine.then(|| {
                state.0 -= n;
                state.1.pop_front();
            })
        };
        let got = self.changed.wait_for_until(&mut state, limit, turn);
        if got.is_err() {
            // The missing step: the waiters behind may continue now, and are not woken.
            state.1.retain(|other| *other != name);
        }
        got.is_ok()
    }
}

#[test]
fn a_waiter_that_gives_up_and_wakes_no_other_is_found() {
    is_found(
        "`Semaphore`",
        "a waiter that gives up wakes the next",
        "deadlock",
        || {
            let mute = Arc::new(Mute {
                state: Lock::new((1, VecDeque::new())),
                changed: Condition::new(),
            });
            let waiters = vec![
                {
                    let mute = Arc::clone(&mute);
                    spawn(move || mute.acquire(1, 2, SOON))
                },
                {
                    let mute = Arc::clone(&mute);
                    spawn(move || mute.acquire(2, 1, Duration::MAX))
                },
            ];
            assert_eq!(join_all(waiters).unwrap(), [false, true]);
        },
    );
}

#[test]
fn permits_are_conserved() {
    holds(3_000, || {
        let semaphore = Arc::new(Semaphore::bounded(2));
        let threads: Vec<_> = (1..=3)
            .map(|n| {
                let semaphore = Arc::clone(&semaphore);
                spawn(move || match n {
                    1 => drop(semaphore.acquire_many(2)),
                    2 => drop(semaphore.acquire_timeout(SOON)),
                    _ => {
                        semaphore.acquire().forget();
                        semaphore.release(1).unwrap();
                    }
                })
            })
            .collect();
        join_all(threads).unwrap();
        assert_eq!(semaphore.available(), 2);
        assert!(semaphore.release(1).is_err());
    });
}

/// Two threads wait, or come after the event was first set. A thread that waited is woken although it is
/// cleared at once.
#[test]
fn set_wakes_though_it_is_cleared_at_once() {
    holds(3_000, || {
        let event = Arc::new(Event::new());
        let waiters: Vec<_> = [None, Some(SOON)]
            .into_iter()
            .map(|limit| {
                let event = Arc::clone(&event);
                spawn(move || match limit {
                    None => {
                        event.wait();
                        true
                    }
                    Some(limit) => event.wait_timeout(limit),
                })
            })
            .collect();
        event.set();
        event.clear();
        // For threads that wait later.
        event.set();
        assert!(join_all(waiters).unwrap()[0]);
    });
}

/// The same, with threads that certainly wait before it is set: a flag under a lock forgets that it was set.
#[test]
fn an_event_that_looks_again_is_found() {
    fn set_and_clear(
        wait: fn(&(Lock<bool>, Condition, Event)),
        set: fn(&(Lock<bool>, Condition, Event)),
    ) {
        let shared = Arc::new((Lock::new(false), Condition::new(), Event::new()));
        let waiter = {
            let shared = Arc::clone(&shared);
            spawn(move || wait(&shared))
        };
        // Until the thread sleeps.
        while shared.1.n_waiting() + shared.2.n_waiting() == 0 {
            sleep(SOON);
        }
        set(&shared);
        waiter.join().unwrap();
    }
    is_found(
        "`Event`",
        "a waiter is woken although the event was cleared again",
        "deadlock",
        || {
            set_and_clear(
                |shared| shared.1.wait_while(&mut shared.0.acquire(), |set| !*set),
                |shared| {
                    *shared.0.acquire() = true;
                    shared.1.notify_all();
                    *shared.0.acquire() = false;
                },
            );
        },
    );
    holds(1_000, || {
        set_and_clear(
            |shared| shared.2.wait(),
            |shared| {
                shared.2.set();
                shared.2.clear();
            },
        );
    });
}

/// A deadline races the last arrival.
#[test]
fn all_pass_a_barrier_or_all_fail() {
    holds(3_000, || {
        let actions = Arc::new(AtomicU32::new(0));
        let barrier = {
            let actions = Arc::clone(&actions);
            Arc::new(Barrier::with_action(2, move || {
                actions.fetch_add(1, Ordering::Relaxed);
            }))
        };
        let hasty = {
            let barrier = Arc::clone(&barrier);
            spawn(move || barrier.wait_timeout(SOON))
        };
        let mine = barrier.wait();
        let other = hasty.join().unwrap();
        match (mine, other) {
            (Ok(mine), Ok(other)) => {
                assert_eq!(mine.index() + other.index(), 1);
                assert_eq!(actions.load(Ordering::Relaxed), 1);
                assert!(!barrier.is_broken());
            }
            (Err(mine), Err(other)) => {
                assert_eq!(
                    (mine.cause(), other.cause()),
                    (BrokenBy::TimedOut, BrokenBy::TimedOut)
                );
                assert!(barrier.is_broken());
            }
            halves => panic!("one passed and one failed: {halves:?}"),
        }
    });
}

/// A reset races the arrivals: parties that wait fail, and parties that come later pass.
#[test]
fn a_reset_races_the_arrivals() {
    holds(3_000, || {
        let barrier = Arc::new(Barrier::new(2));
        let party = || {
            let barrier = Arc::clone(&barrier);
            spawn(move || {
                let mut failed = 0;
                while let Err(broken) = barrier.wait() {
                    assert_eq!(broken.cause(), BrokenBy::Reset);
                    failed += 1;
                }
                failed
            })
        };
        let parties = vec![party(), party()];
        barrier.reset();
        let failed: u32 = join_all(parties).unwrap().iter().sum();
        assert!(failed <= 1, "a reset meets at most one waiter");
    });
}

/// A barrier in which a party at its deadline does not look whether all have passed.
struct Blind {
    arrived: Lock<u32>,
    full: Condition,
}

impl Blind {
    fn wait(&self, limit: Duration) -> bool {
        let mut arrived = self.arrived.acquire();
        *arrived += 1;
        if *arrived == 2 {
            self.full.notify_all();
            return true;
        }
        self.full.wait_timeout(&mut arrived, limit)
    }
}

#[test]
fn a_barrier_that_lets_half_of_them_pass_is_found() {
    is_found(
        "`Barrier`",
        "a party at its deadline looks whether all have passed",
        "half of them",
        || {
            let barrier = Arc::new(Blind {
                arrived: Lock::new(0),
                full: Condition::new(),
            });
            let hasty = {
                let barrier = Arc::clone(&barrier);
                spawn(move || barrier.wait(SOON))
            };
            let mine = barrier.wait(Duration::MAX);
            assert!(mine == hasty.join().unwrap(), "half of them passed");
        },
    );
}

#[test]
fn a_latch_opens_for_all() {
    holds(3_000, || {
        let latch = Arc::new(Latch::new(2));
        let waiter = {
            let latch = Arc::clone(&latch);
            spawn(move || latch.wait())
        };
        let counter = {
            let latch = Arc::clone(&latch);
            spawn(move || {
                latch.add(1).unwrap();
                latch.count_down();
                latch.count_down();
            })
        };
        latch.count_down();
        join_all([waiter, counter]).unwrap();
        assert!(latch.is_open());
    });
}

/// A count that is read, and then written: a step of another in between is lost.
#[test]
fn a_latch_that_counts_in_two_steps_is_found() {
    fn count_to(down: fn(&AtomicU32) -> u32) {
        let latch = Arc::new((AtomicU32::new(2), Event::new()));
        let counters = [(); 2].map(|()| {
            let latch = Arc::clone(&latch);
            spawn(move || {
                if down(&latch.0) == 1 {
                    latch.1.set();
                }
            })
        });
        latch.1.wait();
        join_all(counters).unwrap();
    }
    holds(1_000, || {
        count_to(|count| count.fetch_sub(1, Ordering::AcqRel))
    });
    is_found("`Latch`", "counting is one step", "deadlock", || {
        count_to(|count| {
            let before = count.load(Ordering::Acquire);
            count.store(before - 1, Ordering::Release);
            before
        });
    });
}

/// A maker that fails races its waiters.
#[test]
fn a_waiter_for_a_failed_maker_makes_the_value() {
    holds(3_000, || {
        let once = Arc::new(Once::new());
        let makers: Vec<_> = (0..3)
            .map(|n| {
                let once = Arc::clone(&once);
                spawn(move || match n {
                    0 => once.get_or_try_init(|| Err(())).copied().unwrap_or(9),
                    _ => *once.get_or_init(|| n),
                })
            })
            .collect();
        let made = *once.wait();
        let seen = join_all(makers).unwrap();
        assert!(seen[1..].iter().all(|n| *n == made));
        assert!(seen[0] == made || seen[0] == 9);
    });
}

#[test]
fn a_lazy_value_is_made_once_for_all() {
    holds(2_000, || {
        let made = Arc::new(AtomicU32::new(0));
        let lazy = {
            let made = Arc::clone(&made);
            Arc::new(Lazy::new(move || made.fetch_add(1, Ordering::Relaxed)))
        };
        let users = [(); 3].map(|()| {
            let lazy = Arc::clone(&lazy);
            spawn(move || **lazy)
        });
        assert_eq!(join_all(users).unwrap(), [0; 3]);
        assert_eq!(made.load(Ordering::Relaxed), 1);
    });
}

/// A cell for a value, by hand. Each twin leaves out a step.
#[derive(Default)]
struct Place {
    /// Whether a thread makes the value, and what it is.
    state: Lock<(bool, Option<u32>)>,
    news: Condition,
}

impl Place {
    fn get_or_try_init(
        &self,
        in_one_step: bool,
        tells: bool,
        make: impl FnOnce() -> Option<u32>,
    ) -> Option<u32> {
        let mut state = self.state.acquire();
        self.news
            .wait_while(&mut state, |(making, made)| *making && made.is_none());
        if state.1.is_some() {
            return state.1;
        }
        if !in_one_step {
            drop(state);
            state = self.state.acquire();
        }
        state.0 = true;
        drop(state);
        let value = make();
        let mut state = self.state.acquire();
        *state = (false, value);
        if value.is_some() || tells {
            self.news.notify_all();
        }
        value
    }
}

#[test]
fn a_value_that_two_make_is_found() {
    fn made_once(in_one_step: bool) {
        let shared = Arc::new((Place::default(), AtomicU32::new(0)));
        let makers = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            spawn(move || {
                let count = || Some(shared.1.fetch_add(1, Ordering::Relaxed));
                shared.0.get_or_try_init(in_one_step, true, count)
            })
        });
        assert_eq!(join_all(makers).unwrap(), [Some(0); 2], "it was made twice");
    }
    holds(1_000, || made_once(true));
    is_found(
        "`Once`",
        "looking and becoming the maker are one step",
        "it was made twice",
        || made_once(false),
    );
}

#[test]
fn a_maker_that_fails_and_wakes_no_waiter_is_found() {
    fn fails_first(tells: bool) {
        let place = Arc::new(Place::default());
        let makers = [None, Some(1), Some(2)].map(|value| {
            let place = Arc::clone(&place);
            spawn(move || place.get_or_try_init(true, tells, || value))
        });
        assert!(join_all(makers).unwrap()[1].is_some());
    }
    holds(1_000, || fails_first(true));
    is_found(
        "`Once`",
        "a maker that fails calls the next",
        "deadlock",
        || fails_first(false),
    );
}

/// Readers are counted, and a writer must find none. Each twin leaves out a step.
struct Counted {
    /// How many threads read, and whether one writes.
    state: Lock<(u32, bool)>,
    changed: Condition,
    value: AtomicU32,
}

impl Counted {
    fn read<T>(&self, in_one_step: bool, f: impl FnOnce() -> T) -> T {
        let mut state = self.state.acquire();
        self.changed.wait_while(&mut state, |(_, writing)| *writing);
        if !in_one_step {
            drop(state);
            state = self.state.acquire();
        }
        state.0 += 1;
        drop(state);
        let result = f();
        self.state.acquire().0 -= 1;
        self.changed.notify_all();
        result
    }

    fn write(&self, f: impl FnOnce()) {
        let mut state = self.state.acquire();
        self.changed
            .wait_while(&mut state, |(readers, writing)| *readers > 0 || *writing);
        state.1 = true;
        drop(state);
        f();
        self.state.acquire().1 = false;
        self.changed.notify_all();
    }

    /// Two stores, between which no thread may read.
    fn change(&self) {
        self.value.fetch_add(1, Ordering::Relaxed);
        self.value.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_reader_that_looks_and_enters_in_two_steps_is_found() {
    fn meet(in_one_step: bool) {
        let shared = Arc::new(Counted {
            state: Lock::default(),
            changed: Condition::new(),
            value: AtomicU32::new(0),
        });
        let other = Arc::clone(&shared);
        let reader = spawn(move || {
            let value = other.read(in_one_step, || other.value.load(Ordering::Relaxed));
            assert!(value.is_multiple_of(2), "a reader saw half of a change");
        });
        shared.write(|| shared.change());
        reader.join().unwrap();
    }
    holds(1_000, || meet(true));
    is_found(
        "`RwLock`",
        "a reader looks and enters in one step",
        "half of a change",
        || meet(false),
    );
}

/// Two threads read a value, and write back one more than they read.
#[test]
fn an_upgrade_that_releases_in_between_is_found() {
    fn count_up(up: fn(&RwLock<u32>)) {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let thread = spawn(move || up(&other));
        up(&lock);
        thread.join().unwrap();
        assert_eq!(*lock.read(), 2, "a change was lost");
    }
    holds(2_000, || {
        count_up(|lock| {
            let guard = lock.upgradable();
            let seen = *guard;
            *guard.upgrade() = seen + 1;
        });
    });
    is_found(
        "`RwLock`",
        "an upgrade keeps what it has",
        "a change was lost",
        || {
            count_up(|lock| {
                let seen = *lock.read();
                *lock.write() = seen + 1;
            });
        },
    );
}

#[test]
fn writers_are_alone() {
    holds(2_000, || {
        let lock = Arc::new(RwLock::new(0));
        let busy = Arc::new(AtomicBool::new(false));
        let alone = |mut guard: RwLockWriteGuard<'_, i32>, busy: &AtomicBool| {
            assert!(!busy.swap(true, Ordering::Relaxed));
            *guard += 1;
            assert!(busy.swap(false, Ordering::Relaxed));
        };
        let threads: Vec<_> = (0..3)
            .map(|n| {
                let (lock, busy) = (Arc::clone(&lock), Arc::clone(&busy));
                spawn(move || match n {
                    0 => alone(lock.write(), &busy),
                    1 => {
                        let guard = lock.upgradable();
                        alone(guard.upgrade(), &busy);
                    }
                    _ => {
                        let guard = lock.read();
                        assert!(!busy.load(Ordering::Relaxed));
                        drop(guard);
                    }
                })
            })
            .collect();
        join_all(threads).unwrap();
        assert_eq!(*lock.read(), 2);
    });
}

/// A callback, its registration and the stop race: dropped means that it is over or never runs.
#[test]
fn a_callback_is_over_when_its_registration_is_gone() {
    holds(3_000, || {
        let source = StopSource::new();
        let state = Arc::new(AtomicU32::new(0));
        let there = Arc::clone(&state);
        let registration = source.child().token().on_stop(move || {
            there.fetch_add(1, Ordering::Relaxed);
            there.fetch_add(1, Ordering::Relaxed);
        });
        let stopper = {
            let source = source.clone();
            spawn(move || source.stop())
        };
        drop(registration);
        let now = state.load(Ordering::Relaxed);
        assert_ne!(now, 1, "it still runs");
        assert!(stopper.join().unwrap());
        assert_eq!(state.load(Ordering::Relaxed), now);
    });
}

/// The same with a flag, which says that the callback was unregistered, and not that it does not run.
#[test]
fn a_registration_that_does_not_wait_is_found() {
    is_found(
        "`on_stop`",
        "dropping the registration waits for the callback",
        "it still runs",
        || {
            let state = Arc::new(AtomicU32::new(0));
            let taken_back = Arc::new(AtomicBool::new(false));
            let stopper = {
                let (state, taken_back) = (Arc::clone(&state), Arc::clone(&taken_back));
                spawn(move || {
                    if !taken_back.load(Ordering::Relaxed) {
                        state.fetch_add(1, Ordering::Relaxed);
                        state.fetch_add(1, Ordering::Relaxed);
                    }
                })
            };
            taken_back.store(true, Ordering::Relaxed);
            assert_ne!(state.load(Ordering::Relaxed), 1, "it still runs");
            stopper.join().unwrap();
        },
    );
}

/// A stop comes while a child is linked and waits.
#[test]
fn a_stop_reaches_all_linked_sources() {
    holds(3_000, || {
        let root = StopSource::new();
        let token = root.token();
        let worker = spawn(move || {
            let leaf = token.child().child();
            Event::new().wait_until(&leaf.token())
        });
        root.stop();
        assert_eq!(worker.join().unwrap(), Err(WaitError::Stopped));
    });
}
