//! Threads and their ends, stops, timers and supervisors.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use threadkit::{JoinHandle, StopSource, Supervisor, Timer, scope, sleep, spawn, stop_token};

use super::local::local;
use super::waits::limited;
use super::{Env, MAIN, block, millis};
use crate::coverage::{self, At};
use crate::program::{Block, Limit, Local, Ms, PoolId, Target, TimerEnd, TimerKind};

pub(super) fn run_threads(env: &Env, scoped: bool, bodies: &[Block], limit: Option<Limit>) -> u64 {
    let wait = |handle: &JoinHandle<u64>| match limit {
        None => {}
        Some(Limit::Time(ms)) => drop(handle.wait_timeout(millis(ms))),
        Some(limit) => limited(env, limit, |until| handle.wait_until(until)),
    };
    let value = |joined: Result<u64, threadkit::JoinError>| match joined {
        Ok(value) => value,
        Err(error) => {
            env.world.fail(format!("a thread failed: {error}"));
            0
        }
    };
    coverage::here(if scoped { "scope" } else { "spawn" });
    coverage::here("JoinHandle::join");
    match limit {
        None => {}
        Some(Limit::Time(_)) => coverage::here("JoinHandle::wait_timeout"),
        Some(_) => coverage::here("JoinHandle::wait_until"),
    }
    if scoped {
        scope(|s| {
            let handles: Vec<_> = bodies
                .iter()
                .map(|body| s.spawn(|| block(env, body)))
                .collect();
            handles.iter().for_each(&wait);
            handles.into_iter().map(|handle| value(handle.join())).sum()
        })
    } else {
        let handles: Vec<_> = (bodies.iter())
            .map(|body| {
                let (env, body) = (env.clone(), Arc::clone(body));
                spawn(move || block(&env, &body))
            })
            .collect();
        handles.iter().for_each(&wait);
        handles.into_iter().map(|handle| value(handle.join())).sum()
    }
}

pub(super) fn run_stops(env: &Env, target: Target, before: &[Local], limit: Option<Ms>) -> u64 {
    // The time may be up first; then the wait for the stop follows.
    let waiter = move || {
        coverage::here("StopToken::wait");
        if limit.is_none_or(|ms| !stop_token().wait_timeout(millis(ms))) {
            stop_token().wait();
        }
    };
    let locals = || before.iter().map(|one| local(env, one)).sum();
    match target {
        Target::Thread => {
            let handle = spawn(waiter);
            let value = locals();
            handle.stop();
            coverage::here("JoinHandle::stop");
            if handle.join().is_err() {
                env.world.fail("a thread that waited for its stop failed");
            }
            value
        }
        Target::Linked => {
            let outer = StopSource::new();
            let linked = StopSource::linked(&outer.token());
            let token = linked.token();
            let handle = spawn(move || token.wait());
            let value = locals();
            outer.stop();
            coverage::here("StopSource::stop");
            if handle.join().is_err() || !linked.is_stopped() {
                env.world.fail("a stop did not reach what hangs on it");
            }
            value
        }
        Target::Scope => scope(|s| {
            for _ in 0..2 {
                drop(s.spawn(waiter));
            }
            let value = locals();
            s.stop();
            coverage::here("Scope::stop");
            value
        }),
        Target::Task(pool) => {
            let submitted = env.pools[pool].try_submit(waiter);
            let value = locals();
            if let Ok(task) = submitted {
                task.stop();
                coverage::note("Task::stop", At::TaskClaimed);
                match task.join() {
                    Ok(()) => {}
                    Err(error) if error.is_cancelled() && env.stopping[pool] => {}
                    Err(error) => {
                        env.world
                            .fail(format!("a task that waited for its stop failed: {error}"));
                    }
                }
            }
            value
        }
    }
}

pub(super) fn run_timer(env: &Env, kind: TimerKind, ms: Ms, body: &[Local], end: TimerEnd) {
    let runs = Arc::new(AtomicUsize::new(0));
    let what = {
        let (env, body, runs) = (env.clone(), body.to_vec(), Arc::clone(&runs));
        move || {
            runs.fetch_add(1, Relaxed);
            let value = body.iter().map(|one| local(&env, one)).sum();
            env.world.unreturned.fetch_add(value, Relaxed);
        }
    };
    let timer = match kind {
        TimerKind::After => Timer::after(millis(ms), what),
        TimerKind::Every => Timer::every(millis(ms), what),
        TimerKind::WithPause => Timer::with_pause(millis(ms), what),
    };
    coverage::here(match kind {
        TimerKind::After => "Timer::after",
        TimerKind::Every => "Timer::every",
        TimerKind::WithPause => "Timer::with_pause",
    });
    let repeats = kind != TimerKind::After;
    match end {
        TimerEnd::TimeoutThenWait(limit) => {
            let _ = timer.wait_timeout(millis(limit));
            coverage::here("Timer::wait_timeout");
        }
        TimerEnd::TokenThenWait => {
            let source = StopSource::new();
            source.stop();
            let _ = timer.wait_until(&source.token());
            coverage::here("Timer::wait_until");
        }
        TimerEnd::Wait if !repeats => {}
        TimerEnd::Wait => sleep(millis(2 * ms)),
        TimerEnd::CancelThenWait => {
            coverage::here("Timer::cancel");
            let before = timer.cancel() && !repeats;
            timer.wait();
            if before && runs.load(Relaxed) != 0 {
                env.world.fail("a timer that was cancelled in time has run");
            }
            return;
        }
    }
    if repeats {
        timer.cancel();
    }
    timer.wait();
    coverage::here("Timer::wait");
    if !repeats && runs.load(Relaxed) != 1 && !env.world.alone {
        env.world.fail("a timer ended without its run");
    }
}

pub(super) fn supervise(
    env: &Env,
    pool: Option<PoolId>,
    failures: u32,
    pause: Ms,
    stop: Option<Ms>,
) {
    let factory = move |starts: u32| {
        move || -> Result<u32, String> {
            match starts < failures {
                true => Err("not yet".to_owned()),
                false => Ok(starts),
            }
        }
    };
    let supervisor = Supervisor::new(factory)
        .pauses(millis(pause), millis(pause))
        .on_failure(|_| {});
    // A pool that is shut down now stops its tasks.
    let may_be_stopped = env.world.alone || pool.is_some_and(|pool| env.stopping[pool]);
    let check = |outcome: Result<u32, threadkit::SupervisorError>| {
        let fine = match &outcome {
            Ok(starts) => stop.is_none() && *starts == failures,
            Err(error) => error.is_stopped() && (stop.is_some() || may_be_stopped),
        };
        if !fine {
            env.world
                .fail(format!("a supervisor ended with {outcome:?}"));
        }
    };
    match pool {
        None => {
            let handle = supervisor.start();
            if let Some(after) = stop {
                sleep(millis(after));
                handle.stop();
            }
            coverage::here("Supervisor::start");
            match handle.join() {
                Ok(outcome) => check(outcome),
                Err(error) => env.world.fail(format!("a supervisor failed: {error}")),
            }
        }
        Some(pool) => {
            let Ok(task) = env.pools[pool].try_submit(supervisor) else {
                return;
            };
            if let Some(after) = stop {
                sleep(millis(after));
                task.stop();
            }
            coverage::note("Supervisor as a task", At::PoolOpen);
            match task.join() {
                Ok(outcome) => check(outcome),
                Err(error) if error.is_cancelled() && env.stopping[pool] => {}
                Err(error) => env.world.fail(format!("a supervisor failed: {error}")),
            }
        }
    }
}

/// What is to run when its thread ends.
pub(super) struct AtEnd {
    env: Option<(Env, Block)>,
}

thread_local! {
    static AT_END: RefCell<Vec<AtEnd>> = const { RefCell::new(Vec::new()) };
}

impl Drop for AtEnd {
    fn drop(&mut self) {
        if let Some((env, body)) = self.env.take() {
            coverage::in_destructors();
            let value = block(&env, &body);
            env.world.unreturned.fetch_add(value, Relaxed);
            let world = Arc::clone(&env.world);
            drop(env);
            world.at_thread_end.fetch_sub(1, Relaxed);
        }
    }
}

pub(super) fn at_thread_end(env: &Env, body: &Block) -> u64 {
    // The thread of the program itself ends after the last look; a task may run there, too.
    let is_main = MAIN
        .try_with(Cell::get)
        .is_ok_and(|main| main == env.world.main);
    let noted = !is_main
        && AT_END
            .try_with(|all| {
                env.world.at_thread_end.fetch_add(1, Relaxed);
                let env = Some((env.clone(), Arc::clone(body)));
                all.borrow_mut().push(AtEnd { env });
            })
            .is_ok();
    if noted { 0 } else { block(env, body) }
}
