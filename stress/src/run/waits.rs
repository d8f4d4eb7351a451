//! Waits for tasks that do not take their results.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use threadkit::{
    IntoUntil, StopSource, StopToken, Task, Timer, Until, as_completed, as_completed_until,
    wait_all, wait_all_until, wait_any, wait_any_until,
};

use super::local::local;
use super::submitted::{Probe, Submitted};
use super::{Env, millis};
use crate::coverage::{self, At};
use crate::program::{Limit, Wait};

/// The operation of a wait for tasks.
fn name_of_wait(wait: &Wait) -> Option<&'static str> {
    Some(match wait {
        Wait::Local(_) => return None,
        Wait::One(_, None) => "Task::wait",
        Wait::One(_, Some(Limit::Time(_))) => "Task::wait_timeout",
        Wait::One(_, Some(_)) => "Task::wait_until",
        Wait::Any(None) => "wait_any",
        Wait::Any(Some(_)) => "wait_any_until",
        Wait::All(None) => "wait_all",
        Wait::All(Some(_)) => "wait_all_until",
        Wait::Some(_, None) => "as_completed",
        Wait::Some(_, Some(_)) => "as_completed_until",
        Wait::Cancel(_) => "Task::cancel",
        Wait::Stop(_) => "Task::stop",
        Wait::OnDone(_) => "Task::on_done",
    })
}

pub(super) fn waits(env: &Env, waits: &[Wait], all: &[Submitted], pool_at: At) -> u64 {
    let tasks = || all.iter().filter_map(|one| one.task.as_deref());
    let any_at = || {
        let mut stages = all
            .iter()
            .filter(|one| one.task.is_some())
            .map(|one| one.probe.at());
        stages.next().unwrap_or(At::TaskDone)
    };
    let mut value = 0;
    for wait in waits {
        if let Some(name) = name_of_wait(wait) {
            coverage::add(name, pool_at);
        }
        match wait {
            Wait::Local(one) => value += local(env, one),
            Wait::One(index, limit) => {
                if let Some(one) = all.get(*index)
                    && let Some(task) = &one.task
                {
                    wait_one(env, task, &one.probe, *limit);
                }
            }
            Wait::Any(limit) => {
                if tasks().next().is_some() {
                    coverage::note(
                        if limit.is_some() {
                            "wait_any_until"
                        } else {
                            "wait_any"
                        },
                        any_at(),
                    );
                    match limit {
                        None => drop(wait_any(tasks())),
                        Some(limit) => {
                            limited(env, *limit, |until| wait_any_until(tasks(), until));
                        }
                    }
                }
            }
            Wait::All(limit) => {
                coverage::note(
                    if limit.is_some() {
                        "wait_all_until"
                    } else {
                        "wait_all"
                    },
                    any_at(),
                );
                match limit {
                    None => wait_all(tasks()),
                    Some(limit) => {
                        limited(env, *limit, |until| wait_all_until(tasks(), until));
                    }
                }
            }
            Wait::Some(count, limit) => {
                coverage::note(
                    if limit.is_some() {
                        "as_completed_until"
                    } else {
                        "as_completed"
                    },
                    any_at(),
                );
                match limit {
                    None => drop(as_completed(tasks()).take(*count).count()),
                    Some(limit) => limited(env, *limit, |until| {
                        as_completed_until(tasks(), until).take(*count).count()
                    }),
                }
            }
            Wait::Cancel(index) => {
                if let Some(one) = all.get(*index)
                    && let Some(task) = &one.task
                {
                    coverage::note("Task::cancel", one.probe.at());
                    if task.cancel() {
                        one.probe.stage.store(3, Relaxed);
                        one.probe.cancelled.store(true, Relaxed);
                    }
                }
            }
            Wait::Stop(index) => {
                if let Some(one) = all.get(*index)
                    && let Some(task) = &one.task
                {
                    coverage::note("Task::stop", one.probe.at());
                    task.stop();
                }
            }
            Wait::OnDone(index) => {
                if let Some(one) = all.get(*index)
                    && let Some(task) = &one.task
                {
                    coverage::note("Task::on_done", one.probe.at());
                    let world = Arc::clone(&env.world);
                    task.on_done(move |_| {
                        let _pair = world.first.try_acquire();
                    });
                }
            }
        }
    }
    value
}

pub(super) fn wait_one(env: &Env, task: &Task<u64>, probe: &Probe, limit: Option<Limit>) {
    match limit {
        None => {
            coverage::note("Task::wait", probe.at());
            task.wait();
            if !task.is_finished() {
                env.world.fail("a task that was awaited has not ended");
            }
        }
        Some(Limit::Time(ms)) => {
            coverage::note("Task::wait_timeout", probe.at());
            let _ = task.wait_timeout(millis(ms));
        }
        Some(limit) => {
            coverage::note("Task::wait_until", probe.at());
            limited(env, limit, |until| task.wait_until(until));
        }
    }
}

/// Waits with that limit.
pub(super) fn limited<R>(env: &Env, limit: Limit, wait: impl FnOnce(Until<'_>) -> R) {
    let source = StopSource::new();
    let token: &StopToken = &source.token();
    match limit {
        Limit::Time(ms) => drop(wait(millis(ms).into_until())),
        Limit::Token => drop(wait(token.into_until())),
        // After a stop of all threads, the timer may never come.
        Limit::Stopped(ms) if env.world.alone => drop(wait((millis(ms), token).into_until())),
        Limit::Stopped(ms) => {
            let timer = Timer::after(millis(ms), move || {
                source.stop();
            });
            drop(wait(token.into_until()));
            timer.cancel();
        }
        Limit::Both(ms) => drop(wait((millis(ms), token).into_until())),
    }
}
