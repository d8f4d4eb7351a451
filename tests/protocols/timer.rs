//! The timers' thread under thousands of schedules, each beside a bad twin: a small copy, built
//! from public pieces, in which one step is missing and which must be found out.

#[path = "../support/mod.rs"]
mod support;

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use support::explored::{holds, is_found};
use threadkit::{Event, JoinHandle, Lock, Timer, spawn};

#[test]
fn a_timer_is_run_though_their_thread_is_about_to_leave() {
    holds(2000, || {
        let makers = [(); 2].map(|()| {
            spawn(|| {
                for _ in 0..2 {
                    // When nothing is pending, the thread leaves.
                    Timer::after(Duration::ZERO, || ()).wait();
                }
            })
        });
        threadkit::join_all(makers).unwrap();
    });
}

/// The step that a copy of the timers' thread lacks.
#[derive(Clone, Copy, PartialEq)]
enum TimersLack {
    Nothing,
    /// The thread looks and leaves in one step.
    LeavesAtOnce,
    /// A caller waits for the start by another one, and tries again if that has failed.
    WaitsForStart,
    /// A timer that has run checks if all were cancelled during its run.
    LooksAgain,
}

#[derive(Default)]
enum TimerThread {
    #[default]
    None,
    Starting(Arc<Event>),
    Running,
}

/// The scheduler of timers, whose entries are opened when they have run.
struct Scheduler {
    state: Lock<(Vec<Arc<Event>>, TimerThread)>,
    threads: Lock<Vec<JoinHandle<()>>>,
    /// How many starts are refused.
    refusals: Lock<u32>,
    lacks: TimersLack,
}

impl Scheduler {
    fn new(refusals: u32, lacks: TimersLack) -> Arc<Self> {
        Arc::new(Self {
            state: Lock::default(),
            threads: Lock::default(),
            refusals: Lock::new(refusals),
            lacks,
        })
    }

    /// Returns whether the timer was accepted; then it must run.
    fn schedule(self: &Arc<Self>, timer: &Arc<Event>) -> bool {
        let mut new = Some(Arc::clone(timer));
        loop {
            let started = {
                let mut state = self.state.acquire();
                state.0.extend(new.take());
                match &state.1 {
                    TimerThread::Running => return true,
                    TimerThread::Starting(_) if self.lacks == TimersLack::WaitsForStart => {
                        return true;
                    }
                    TimerThread::Starting(started) => Arc::clone(started),
                    TimerThread::None if timer.is_set() => return true,
                    TimerThread::None => {
                        state.1 = TimerThread::Starting(Arc::default());
                        drop(state);
                        return self.start();
                    }
                }
            };
            started.wait();
        }
    }

    fn start(self: &Arc<Self>) -> bool {
        let refused = {
            let mut refusals = self.refusals.acquire();
            let refused = *refusals > 0;
            *refusals -= u32::from(refused);
            refused
        };
        if refused {
            self.set_thread(TimerThread::None);
        } else {
            let scheduler = Arc::clone(self);
            let thread = spawn(move || scheduler.serve());
            self.threads.acquire().push(thread);
        }
        !refused
    }

    fn set_thread(&self, thread: TimerThread) {
        let before = mem::replace(&mut self.state.acquire().1, thread);
        if let TimerThread::Starting(started) = before {
            started.set();
        }
    }

    fn serve(&self) {
        self.set_thread(TimerThread::Running);
        loop {
            let mut state = self.state.acquire();
            let next = state.0.pop();
            match next {
                Some(timer) => {
                    drop(state);
                    timer.set();
                }
                None if self.lacks == TimersLack::LeavesAtOnce => break,
                None => {
                    state.1 = TimerThread::None;
                    return;
                }
            }
        }
        self.set_thread(TimerThread::None);
    }
}

/// Two callers make that many timers each, and wait for each that was accepted.
fn leaving(each: u32, refusals: u32, lacks: TimersLack) {
    let scheduler = Scheduler::new(refusals, lacks);
    let makers = [(); 2].map(|()| {
        let scheduler = Arc::clone(&scheduler);
        spawn(move || {
            // When one has run, the thread is about to leave.
            for _ in 0..each {
                let timer = Arc::new(Event::new());
                if scheduler.schedule(&timer) {
                    timer.wait();
                }
            }
        })
    });
    threadkit::join_all(makers).unwrap();
    let threads = mem::take(&mut *scheduler.threads.acquire());
    threadkit::join_all(threads).unwrap();
}

#[test]
fn no_timer_is_stranded_when_their_thread_leaves_or_does_not_start() {
    for refusals in 0..3 {
        holds(500, move || leaving(1, refusals, TimersLack::Nothing));
        holds(500, move || leaving(2, refusals, TimersLack::Nothing));
    }
    is_found(
        "timers' thread",
        "looking and leaving are one step",
        "deadlock",
        || leaving(2, 0, TimersLack::LeavesAtOnce),
    );
    is_found(
        "timers' thread",
        "a caller waits for the start by another",
        "deadlock",
        || leaving(1, 1, TimersLack::WaitsForStart),
    );
}

/// A repeating timer that is cancelled with all pending ones.
struct Agenda {
    pending: bool,
    cancelled: u32,
}

/// A repeating timer runs while all that are pending are cancelled; a wait for it must end.
fn cancelling(lacks: TimersLack) {
    let agenda = Lock::new(Agenda {
        pending: true,
        cancelled: 0,
    });
    let shared = Arc::new((agenda, Event::new()));
    let thread = spawn({
        let shared = Arc::clone(&shared);
        move || {
            let (agenda, over) = &*shared;
            let before = {
                let mut agenda = agenda.acquire();
                if !mem::take(&mut agenda.pending) {
                    return;
                }
                agenda.cancelled
            };
            // It runs.
            threadkit::sleep(Duration::ZERO);
            let mut agenda = agenda.acquire();
            if agenda.cancelled == before || lacks == TimersLack::LooksAgain {
                agenda.pending = true;
            } else {
                over.set();
            }
        }
    });
    let (agenda, over) = &*shared;
    {
        let mut agenda = agenda.acquire();
        agenda.cancelled += 1;
        if mem::take(&mut agenda.pending) {
            over.set();
        }
    }
    over.wait();
    thread.join().unwrap();
}

#[test]
fn a_timer_that_runs_when_all_are_cancelled_does_not_run_again() {
    holds(1000, || cancelling(TimersLack::Nothing));
    is_found(
        "timers' end",
        "a timer that has run looks whether all were cancelled",
        "deadlock",
        || cancelling(TimersLack::LooksAgain),
    );
}
