//! How waits end and are decided under thousands of schedules, each beside a bad twin: a small copy, built
//! from public pieces, in which one step is missing and which must be found out.

#[path = "../support/mod.rs"]
mod support;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use support::explored::{holds, is_found};
use threadkit::{
    Condition, JoinHandle, Lock, StopSource, StopToken, WaitError, join_all, sleep, spawn,
    stop_token,
};

/// Longer than a waiter for a lock competes before it starves.
const HOLD: Duration = Duration::from_millis(10);

/// A point at which another thread may run.
fn pause() {
    sleep(Duration::ZERO);
}

/// The step that a gate lacks.
#[derive(PartialEq)]
enum GateLacks {
    Nothing,
    /// A waiter that joins the list looks at the earlier state, under the list's lock.
    SecondLook,
    /// A waiter sets its bit before it joins the list.
    SayingSo,
    /// A sleeper sets its bit before it sleeps.
    SayingThatItSleeps,
    /// A thread sleeps only if the state is still the one that it has read.
    LookBeforeSleep,
    /// The opener wakes every sleeper.
    WakingEverySleeper,
    /// The opener empties the list even if it has woken sleepers.
    BothKinds,
}

const OPEN: u8 = 1;

const SLEEPERS: u8 = 2;

const QUEUED: u8 = 4;

/// A gate as it is built: a state whose bits say what kinds of waiters there are; threads that sleep on
/// the state itself, with a condition for the sleep; and a list of threads that also wait for something
/// else.
struct Gate {
    state: AtomicU8,
    bed: Lock,
    awake: Condition,
    queue: Lock<Vec<StopSource>>,
    lacks: GateLacks,
}

impl Gate {
    fn new(lacks: GateLacks) -> Self {
        Self {
            state: AtomicU8::new(0),
            bed: Lock::default(),
            awake: Condition::new(),
            queue: Lock::default(),
            lacks,
        }
    }

    /// Sets a bit; returns the state before.
    fn say(&self, bit: u8, lacking: GateLacks) -> u8 {
        if self.lacks == lacking {
            return self.state.load(Ordering::Acquire);
        }
        self.state.fetch_or(bit, Ordering::AcqRel)
    }

    fn sleep(&self) {
        loop {
            let before = self.say(SLEEPERS, GateLacks::SayingThatItSleeps);
            if before & OPEN != 0 {
                return;
            }
            let known = match self.lacks {
                GateLacks::SayingThatItSleeps => before,
                _ => before | SLEEPERS,
            };
            let mut bed = self.bed.acquire();
            if self.lacks == GateLacks::LookBeforeSleep
                || self.state.load(Ordering::Acquire) == known
            {
                self.awake.wait(&mut bed);
            }
        }
    }

    fn queue_up(&self) {
        let woken = StopSource::new();
        {
            let mut queue = self.queue.acquire();
            let before = self.say(QUEUED, GateLacks::SayingSo);
            if before & OPEN != 0 && self.lacks != GateLacks::SecondLook {
                return;
            }
            queue.push(woken.clone());
        }
        woken.token().wait();
    }

    fn open(&self) {
        let before = self.state.swap(OPEN, Ordering::AcqRel);
        if before & SLEEPERS != 0 {
            let _bed = self.bed.acquire();
            if self.lacks == GateLacks::WakingEverySleeper {
                self.awake.notify_one();
            } else {
                self.awake.notify_all();
            }
            if self.lacks == GateLacks::BothKinds {
                return;
            }
        }
        if before & QUEUED != 0 {
            let waiting = std::mem::take(&mut *self.queue.acquire());
            for woken in waiting {
                woken.stop();
            }
        }
    }
}

/// Two threads sleep at the gate and one is in the queue, while another one opens it.
fn pass(lacks: GateLacks) {
    let gate = Arc::new(Gate::new(lacks));
    let ways: [fn(&Gate); 3] = [Gate::sleep, Gate::queue_up, Gate::sleep];
    let waiters = ways.map(|wait| {
        let gate = Arc::clone(&gate);
        spawn(move || {
            if gate.state.load(Ordering::Acquire) & OPEN == 0 {
                wait(&gate);
            }
        })
    });
    gate.open();
    join_all(waiters).unwrap();
}

#[test]
fn waits_for_an_end_all_end() {
    holds(3_000, || {
        let worker = Arc::new(spawn(pause));
        let ask = |ask: fn(&JoinHandle<()>, &StopToken) -> bool| {
            let worker = Arc::clone(&worker);
            spawn(move || ask(&worker, &stop_token()))
        };
        let waiters = vec![
            ask(|worker, _| {
                worker.wait();
                true
            }),
            ask(|worker, _| worker.wait_timeout(HOLD)),
            ask(|worker, token| worker.wait_until((HOLD, token)).is_ok()),
            ask(|worker, token| worker.wait_until(token).is_ok()),
        ];
        waiters[3].stop();
        let answers = join_all(waiters).unwrap();
        assert!(answers[0], "without a limit it ends with the thread alone");
        worker.wait();
        assert!(worker.is_finished() && worker.wait_timeout(Duration::ZERO));
        Arc::into_inner(worker)
            .expect("the others have gone")
            .join()
            .unwrap();
    });
    holds(1_000, || pass(GateLacks::Nothing));
    let found = |what: &str, lacks: fn() -> GateLacks| {
        is_found("join", what, "deadlock", move || pass(lacks()));
    };
    found("a second look, under the lock of the list", || {
        GateLacks::SecondLook
    });
    found("a waiter sets its bit before it joins the list", || {
        GateLacks::SayingSo
    });
    found("a sleeper sets its bit before it sleeps", || {
        GateLacks::SayingThatItSleeps
    });
    found("a second look, before the sleep", || {
        GateLacks::LookBeforeSleep
    });
    found("an end wakes every sleeper", || {
        GateLacks::WakingEverySleeper
    });
    found("an end that wakes sleepers empties the list too", || {
        GateLacks::BothKinds
    });
}

/// Permits as a waiting protocol grants them: a waiter is decided once, by the first swap.
struct Permits {
    state: Lock<(u32, VecDeque<Arc<Waiter>>)>,
    /// Whether a waiter checks at its deadline if it was granted.
    decides_once: bool,
}

struct Waiter {
    granted: Lock<Option<bool>>,
    woken: StopSource,
}

impl Waiter {
    fn decide(&self, granted: bool) -> bool {
        let mut decision = self.granted.acquire();
        let first = decision.is_none();
        if first {
            *decision = Some(granted);
        }
        first
    }
}

impl Permits {
    fn take(&self, limit: Duration) -> bool {
        let waiter = Arc::new(Waiter {
            granted: Lock::new(None),
            woken: StopSource::new(),
        });
        {
            let mut state = self.state.acquire();
            if state.0 > 0 {
                state.0 -= 1;
                return true;
            }
            state.1.push_back(Arc::clone(&waiter));
        }
        if waiter.woken.token().wait_timeout(limit) {
            return true;
        }
        let expired = waiter.decide(false);
        let mut state = self.state.acquire();
        state.1.retain(|other| !Arc::ptr_eq(other, &waiter));
        // A waiter that does not look reports a timeout, and its permit is lost.
        self.decides_once && !expired
    }

    fn give(&self) {
        let mut state = self.state.acquire();
        while let Some(waiter) = state.1.pop_front() {
            if waiter.decide(true) {
                drop(state);
                waiter.woken.stop();
                return;
            }
        }
        state.0 += 1;
    }
}

fn grants_and_deadlines(decides_once: bool) {
    let permits = Arc::new(Permits {
        state: Lock::default(),
        decides_once,
    });
    let takers: Vec<_> = [HOLD, HOLD * 2]
        .map(|limit| {
            let permits = Arc::clone(&permits);
            spawn(move || permits.take(limit))
        })
        .into();
    sleep(HOLD);
    permits.give();
    let taken = join_all(takers)
        .unwrap()
        .into_iter()
        .filter(|taken| *taken)
        .count() as u32;
    let left = permits.state.acquire();
    assert_eq!(taken + left.0, 1, "a permit was lost");
    assert!(left.1.is_empty(), "a waiter was left behind");
}

#[test]
fn a_stop_a_grant_and_a_deadline_decide_a_wait_once() {
    holds(5_000, || {
        let source = StopSource::new();
        let worker = spawn(|| {
            stop_token().wait();
        });
        let worker = Arc::new(worker);
        let waiters: Vec<_> = (0..2)
            .map(|_| {
                let (worker, token) = (Arc::clone(&worker), source.token());
                spawn(move || match worker.wait_until((HOLD, &token)) {
                    Ok(()) => assert!(worker.is_finished()),
                    Err(WaitError::Stopped) => assert!(token.is_stopped()),
                    Err(WaitError::TimedOut) => {}
                })
            })
            .collect();
        let stopper = source.clone();
        let stopper = spawn(move || stopper.stop());
        worker.stop();
        join_all(waiters).unwrap();
        assert!(stopper.join().unwrap());
        worker.wait();
    });
    holds(3_000, || {
        let source = StopSource::new();
        let forever = Arc::new(spawn(|| stop_token().wait()));
        let waiters: Vec<_> = (0..2)
            .map(|_| {
                let (forever, token) = (Arc::clone(&forever), source.token());
                spawn(move || forever.wait_until(&token))
            })
            .collect();
        source.stop();
        assert_eq!(join_all(waiters).unwrap(), [Err(WaitError::Stopped); 2]);
        forever.stop();
        forever.wait();
    });
    holds(1_000, || grants_and_deadlines(true));
    is_found(
        "stop races",
        "a wait is decided once, by the first swap",
        "a permit was lost",
        || grants_and_deadlines(false),
    );
}
