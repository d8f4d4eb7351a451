//! The end of `main`, a stop of all and the end of the timers' thread under many schedules, each beside
//! twins that lack a step.
//!
//! A stop of all cannot be taken back, and an exit guard waits for all threads of the process. So the
//! first is explored as a small copy only, and no two tests of this file run at the same time.

mod support;

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use support::explored::{holds, is_found};
use threadkit::atomic::{AtomicBool, Ordering::SeqCst};
use threadkit::{
    Event, JoinHandle, Lock, StopSource, Supervisor, ThreadPool, Timer, exit_guard, spawn,
};

/// No other test runs while this is held.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a pool whose owner outlives the guard: its idle worker must leave all the same.
fn pool_beside_a_guard(use_it: fn(&ThreadPool)) {
    let kept = Arc::new(Lock::new(None));
    let maker = spawn({
        let kept = Arc::clone(&kept);
        move || {
            let pool = ThreadPool::new(1);
            use_it(&pool);
            *kept.acquire() = Some(pool);
        }
    });
    drop(exit_guard());
    maker.join().unwrap();
    let pool = kept.acquire().take().unwrap();
    // It still works.
    assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
}

#[test]
fn an_end_dismisses_every_pool_whenever_it_is_made() {
    let _alone = alone();
    holds(1000, || {
        pool_beside_a_guard(|pool| pool.submit(|| ()).join().unwrap())
    });
    holds(500, || pool_beside_a_guard(|pool| drop(pool.submit(|| ()))));
    holds(500, || {
        let guards = [(); 2].map(|()| spawn(|| drop(exit_guard())));
        pool_beside_a_guard(|pool| pool.submit(|| ()).join().unwrap());
        threadkit::join_all(guards).unwrap();
    });
}

/// What a copy of a protocol does otherwise than the protocol itself.
#[derive(Clone, Copy, PartialEq)]
enum Lacks {
    Nothing,
    /// A registration adds and looks in one step.
    RegistersAtOnce,
    /// Ends are counted.
    Counts,
    /// A guard waits for those that begin later.
    Order,
    /// The end is noted before the list is read.
    NotesFirst,
}

/// The end of `main` and what it dismisses.
#[derive(Default)]
struct Ends {
    under_way: usize,
    listeners: Vec<Arc<Event>>,
}

fn end(ends: &Lock<Ends>, lacks: Lacks, wait: impl FnOnce()) {
    let listeners = {
        let mut ends = ends.acquire();
        ends.under_way = match lacks {
            Lacks::Counts => 1,
            _ => ends.under_way + 1,
        };
        ends.listeners.clone()
    };
    listeners.iter().for_each(|listener| {
        listener.set();
    });
    wait();
    let mut ends = ends.acquire();
    ends.under_way = match lacks {
        Lacks::Counts => 0,
        _ => ends.under_way - 1,
    };
}

/// A pool is made while one end or two are under way, each of which waits for its worker.
fn dismissal(ends: usize, lacks: Lacks) {
    let shared = Arc::new(Lock::<Ends>::default());
    let worker = Arc::new(Event::new());
    let maker = spawn({
        let (shared, worker) = (Arc::clone(&shared), Arc::clone(&worker));
        move || {
            let dismissed = Arc::new(Event::new());
            let seen = shared.acquire().under_way > 0;
            let is_ending = {
                let mut ends = shared.acquire();
                ends.listeners.push(Arc::clone(&dismissed));
                match lacks {
                    Lacks::RegistersAtOnce => seen,
                    _ => ends.under_way > 0,
                }
            };
            if is_ending {
                dismissed.set();
            }
            // The idle worker.
            dismissed.wait();
            worker.set();
        }
    });
    let others: Vec<_> = (1..ends)
        .map(|_| {
            let shared = Arc::clone(&shared);
            spawn(move || end(&shared, lacks, || ()))
        })
        .collect();
    end(&shared, lacks, || worker.wait());
    threadkit::join_all(others).unwrap();
    maker.join().unwrap();
}

#[test]
fn a_pool_that_registers_during_the_end_is_dismissed() {
    let _alone = alone();
    holds(1000, || dismissal(1, Lacks::Nothing));
    holds(1000, || dismissal(2, Lacks::Nothing));
    is_found(
        "end of `main`",
        "a registration adds and looks in one step",
        "deadlock",
        || dismissal(1, Lacks::RegistersAtOnce),
    );
    is_found(
        "end of `main`",
        "ends that overlap are counted",
        "deadlock",
        || dismissal(2, Lacks::Counts),
    );
}

/// Threads drop a guard at the same time, each of which waits for the end of the others.
fn guards(lacks: Lacks) {
    let shared = Arc::new((Lock::new(Vec::new()), [(); 3].map(|()| Event::new())));
    let threads: Vec<_> = (0..3)
        .map(|me| {
            let shared = Arc::clone(&shared);
            spawn(move || {
                let (under_way, ended) = &*shared;
                let earlier = {
                    let mut under_way = under_way.acquire();
                    under_way.push(me);
                    under_way.clone()
                };
                for (other, ended) in ended.iter().enumerate() {
                    if other != me && (lacks == Lacks::Order || !earlier.contains(&other)) {
                        ended.wait();
                    }
                }
                ended[me].set();
            })
        })
        .collect();
    threadkit::join_all(threads).unwrap();
}

#[test]
fn threads_that_drop_a_guard_at_the_same_time_do_not_wait_for_each_other() {
    let _alone = alone();
    holds(500, || guards(Lacks::Nothing));
    is_found(
        "end of `main`",
        "a guard waits for those that begin later",
        "deadlock",
        || guards(Lacks::Order),
    );
}

/// A thread is started while all are stopped; it must hear of it.
fn stop_of_all(lacks: Lacks) {
    let shared = Arc::new((AtomicBool::new(false), Lock::new(Vec::<StopSource>::new())));
    let starter = spawn({
        let shared = Arc::clone(&shared);
        move || {
            let (all_stopped, threads) = &*shared;
            let own = StopSource::new();
            let seen = all_stopped.load(SeqCst);
            threads.acquire().push(own.clone());
            let stopped = match lacks {
                Lacks::RegistersAtOnce => seen,
                _ => all_stopped.load(SeqCst),
            };
            if stopped {
                own.stop();
            }
            own.token().wait();
        }
    });
    let (all_stopped, threads) = &*shared;
    if lacks != Lacks::NotesFirst {
        all_stopped.store(true, SeqCst);
    }
    let list = threads.acquire().clone();
    all_stopped.store(true, SeqCst);
    list.iter().for_each(|source| _ = source.stop());
    starter.join().unwrap();
}

#[test]
fn a_stop_of_all_reaches_a_thread_that_starts_meanwhile() {
    let _alone = alone();
    holds(1000, || stop_of_all(Lacks::Nothing));
    is_found(
        "stop of all",
        "a thread is listed before it looks",
        "deadlock",
        || stop_of_all(Lacks::RegistersAtOnce),
    );
    is_found(
        "stop of all",
        "the stop is noted before the list is read",
        "deadlock",
        || stop_of_all(Lacks::NotesFirst),
    );
}

#[test]
fn a_timer_is_run_though_their_thread_is_about_to_leave() {
    let _alone = alone();
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

/// What a copy of the timers' thread does otherwise.
#[derive(Clone, Copy, PartialEq)]
enum TimersLack {
    Nothing,
    /// Looking and leaving are one step.
    LeavesAtOnce,
    /// A caller waits for the start by another, and tries it if that has failed.
    WaitsForStart,
    /// A timer that has run looks whether all were cancelled meanwhile.
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

    /// Says whether the timer was accepted; it must run then.
    fn schedule(self: &Arc<Self>, timer: &Arc<Event>) -> bool {
        self.state.acquire().0.push(Arc::clone(timer));
        loop {
            let started = {
                let mut state = self.state.acquire();
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

/// Two callers make a timer each, and wait for it if it was accepted.
fn leaving(refusals: u32, lacks: TimersLack) {
    let scheduler = Scheduler::new(refusals, lacks);
    let makers = [(); 2].map(|()| {
        let scheduler = Arc::clone(&scheduler);
        spawn(move || {
            let timer = Arc::new(Event::new());
            if scheduler.schedule(&timer) {
                timer.wait();
            }
        })
    });
    threadkit::join_all(makers).unwrap();
    let threads = mem::take(&mut *scheduler.threads.acquire());
    threadkit::join_all(threads).unwrap();
}

#[test]
fn no_timer_is_stranded_when_their_thread_leaves_or_does_not_start() {
    let _alone = alone();
    for refusals in 0..3 {
        holds(1000, move || leaving(refusals, TimersLack::Nothing));
    }
    is_found(
        "timers' thread",
        "looking and leaving are one step",
        "deadlock",
        || leaving(0, TimersLack::LeavesAtOnce),
    );
    is_found(
        "timers' thread",
        "a caller waits for the start by another",
        "deadlock",
        || leaving(1, TimersLack::WaitsForStart),
    );
}

/// A repeating timer, which all pending ones are cancelled with.
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
    let _alone = alone();
    holds(1000, || cancelling(TimersLack::Nothing));
    is_found(
        "timers' end",
        "a timer that has run looks whether all were cancelled",
        "deadlock",
        || cancelling(TimersLack::LooksAgain),
    );
}

#[test]
fn a_supervisor_that_is_stopped_at_any_moment_ends() {
    let _alone = alone();
    holds(1000, || {
        let failing = Supervisor::new(|n| move || if n < 2 { Err("no") } else { Ok(()) })
            .pauses(Duration::from_secs(3600), Duration::from_secs(3600))
            .on_failure(|_| ());
        let pool = ThreadPool::new(1);
        let task = pool.submit(failing);
        task.stop();
        if let Err(error) = task.join().unwrap() {
            assert!(error.is_stopped());
        }
    });
}
