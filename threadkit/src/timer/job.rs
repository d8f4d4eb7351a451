//! One timer: its function, and whether it runs again.

use core::mem;
use core::time::Duration;
use std::sync::Arc;

use crate::backend::{self, Instant, Mutex};
use crate::identity::TestRun;
use crate::inspect::Precedence;
use crate::threads::run_reported;
use crate::trace::Carried;
use crate::wait::Gate;

/// When a timer runs again.
#[derive(Clone, Copy, Debug)]
pub(super) enum Repeat {
    /// At multiples of the period from the beginning; those that were missed are skipped.
    Rate(Duration),
    /// That long after the end of the last run.
    Pause(Duration),
}

impl Repeat {
    /// The time of the run after one that was due at `due` and has just ended; `None` if no clock can show it.
    pub(super) fn next(self, due: Instant, now: Instant) -> Option<Instant> {
        match self {
            Self::Pause(pause) => now.checked_add(pause),
            Self::Rate(period) => {
                let next = due.checked_add(period)?;
                if next > now {
                    return Some(next);
                }
                // The nanoseconds since the last multiple that has passed are less than a period.
                let since = (now - due).as_nanos() % period.as_nanos();
                let rest = period - Duration::from_nanos_u128(since);
                now.checked_add(rest)
            }
        }
    }
}

/// The function of a timer.
pub(super) trait Body: Send + 'static {
    /// Whether it can run again.
    const REPEATS: bool;

    /// Runs it, and returns it if it can run again, with when that is.
    fn run(self) -> Option<(Self, Repeat)>
    where
        Self: Sized;
}

/// A function that runs once.
pub(super) struct Once<F>(pub(super) F);

impl<F: FnOnce() + Send + 'static> Body for Once<F> {
    const REPEATS: bool = false;

    fn run(self) -> Option<(Self, Repeat)> {
        run_reported(self.0);
        None
    }
}

/// A function that runs repeatedly, even after a panic.
pub(super) struct Again<F>(pub(super) F, pub(super) Repeat);

impl<F: FnMut() + Send + 'static> Body for Again<F> {
    const REPEATS: bool = true;

    fn run(mut self) -> Option<(Self, Repeat)> {
        run_reported(&mut self.0);
        let repeat = self.1;
        Some((self, repeat))
    }
}

/// The phase of a timer.
enum Phase<B> {
    /// It waits for its time, with the span in which it was made and runs.
    Pending(B, Carried),
    /// The scheduler has the body.
    Running,
    /// The scheduler has the body, and will not put it back.
    LastRun,
    /// The body is gone.
    Over,
}

/// The result of a cancellation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cancelled {
    /// It was pending, and is still on the agenda.
    Pending,
    /// It runs, and will not run again.
    Further,
    /// It came too late: no run was left.
    Nothing,
}

/// One timer, whatever its function.
pub(super) trait Job: Send + Sync {
    /// Runs it, unless it was cancelled; `due` is the time of this run.
    fn run(&self, due: Instant) -> Ran;

    fn cancel(&self) -> Cancelled;

    /// Whether it will never run again, and does not run now.
    fn is_over(&self) -> bool;

    /// Opens when it is over.
    fn over(&self) -> &Gate;

    /// What happened before its first run; when it is over, what happened before its last.
    fn precedence(&self) -> &Precedence;
}

/// The result of a run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ran {
    /// It was cancelled before.
    Not,
    /// It is over.
    Last,
    /// It is to run again; `None` is a time that no clock can show.
    Again(Option<Instant>),
}

/// A timer with a function of type `B`.
///
/// # Invariant
///
/// The phase is changed under its lock: from `Pending` to `Running` by the scheduler, which takes the body; to
/// `LastRun` or `Over` by a cancellation; from `Running` by the scheduler. So a cancellation that finds `Pending` was
/// in time, and one that finds another phase was not. The gate is opened once the phase is `Over`.
pub(super) struct Timed<B> {
    phase: Mutex<Phase<B>>,
    /// The test run to which the timer belongs, with its panics and the threads that it starts.
    test_run: TestRun,
    over: Gate,
    precedence: Precedence,
}

impl<B: Body> Timed<B> {
    pub(super) fn new(body: B) -> Arc<Self> {
        Arc::new(Self {
            phase: Mutex::new(Phase::Pending(body, Carried::here())),
            test_run: TestRun::current(),
            over: Gate::new(),
            precedence: Precedence::here(),
        })
    }

    fn end(&self) {
        self.precedence.end();
        self.over.open();
    }
}

impl<B: Body> Job for Timed<B> {
    fn run(&self, due: Instant) -> Ran {
        let (body, span) = {
            let mut phase = self.phase.lock();
            match mem::replace(&mut *phase, Phase::Running) {
                Phase::Pending(body, span) => (body, span),
                other => {
                    *phase = other;
                    return Ran::Not;
                }
            }
        };

        self.precedence.join();
        let outer = TestRun::current();
        self.test_run.make_current();
        // The span is left before others can see that the timer does not run.
        let left = span.within(|| body.run());
        let (left, again) = {
            let mut phase = self.phase.lock();
            match left {
                Some((body, repeat)) if matches!(*phase, Phase::Running) => {
                    *phase = Phase::Pending(body, span);
                    (None, Some(repeat))
                }
                left => {
                    *phase = Phase::Over;
                    (left.map(|(body, _)| (body, span)), None)
                }
            }
        };
        let ran = match again {
            Some(repeat) => Ran::Again(repeat.next(due, backend::now())),
            None => {
                // Its captures are dropped with it. A panic in that drop is reported like one in the body.
                if let Some((body, span)) = left {
                    span.within(|| run_reported(|| drop(body)));
                }
                self.end();
                Ran::Last
            }
        };
        outer.make_current();
        ran
    }

    fn cancel(&self) -> Cancelled {
        let (before, cancelled) = {
            let mut phase = self.phase.lock();
            let (next, cancelled) = match *phase {
                Phase::Pending(..) => (Phase::Over, Cancelled::Pending),
                Phase::Running if B::REPEATS => (Phase::LastRun, Cancelled::Further),
                Phase::Running | Phase::LastRun | Phase::Over => return Cancelled::Nothing,
            };
            (mem::replace(&mut *phase, next), cancelled)
        };
        if cancelled == Cancelled::Pending {
            self.end();
        }
        // No lock is held: dropping its captures may run any code. A panic in that drop is reported like one in the
        // body.
        if let Phase::Pending(body, span) = before {
            span.within(|| run_reported(|| drop(body)));
        }
        cancelled
    }

    fn is_over(&self) -> bool {
        self.over.has_opened()
    }

    fn over(&self) -> &Gate {
        &self.over
    }

    fn precedence(&self) -> &Precedence {
        &self.precedence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_keeps_its_beat_and_leaves_out_what_it_missed() {
        let begun = backend::now();
        let at = |ms: u64| begun + Duration::from_millis(ms);
        let rate = Repeat::Rate(Duration::from_millis(10));
        assert_eq!(rate.next(at(0), at(3)), Some(at(10)));
        assert_eq!(rate.next(at(10), at(19)), Some(at(20)));
        assert_eq!(rate.next(at(10), at(20)), Some(at(30)));
        assert_eq!(rate.next(at(10), at(47)), Some(at(50)));
        assert_eq!(rate.next(at(10), at(50)), Some(at(60)));
    }

    #[test]
    fn a_pause_begins_when_the_run_has_ended() {
        let begun = backend::now();
        let at = |ms: u64| begun + Duration::from_millis(ms);
        let pause = Repeat::Pause(Duration::from_millis(10));
        assert_eq!(pause.next(at(0), at(3)), Some(at(13)));
        assert_eq!(Repeat::Pause(Duration::MAX).next(at(0), at(3)), None);
    }
}
