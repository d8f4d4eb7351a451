//! Groups of tasks: submitted, awaited, collected.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};

use threadkit::{
    Event, IntoUntil, StopSource, StopToken, Task, TaskError, ThreadPool, Timer, Until,
    as_completed, as_completed_until, wait_all, wait_all_until, wait_any, wait_any_until,
};

use super::local::{Owed, local};
use super::{Env, PLANNED, block, millis};
use crate::coverage::{self, At};
use crate::program::{Child, Collect, Group, Limit, Tasks, Via, Wait};

/// What is known of a task from outside the library.
#[derive(Default)]
pub(super) struct Probe {
    /// 0 pending, 1 claimed, 2 done, 3 cancelled.
    pub(super) stage: AtomicU8,
    value: AtomicU64,
    /// A `cancel` has returned `true`.
    cancelled: AtomicBool,
}

impl Probe {
    pub(super) fn at(&self) -> At {
        match self.stage.load(Relaxed) {
            0 => At::TaskPending,
            1 => At::TaskClaimed,
            2 => At::TaskDone,
            _ => At::TaskCancelled,
        }
    }
}

pub(super) struct Submitted {
    pub(super) probe: Arc<Probe>,
    /// `None` if it was refused and has run in place.
    pub(super) task: Option<Arc<Task<u64>>>,
    pub(super) panics: bool,
    /// What it gave if it has run in place.
    pub(super) in_place: u64,
}

pub(super) type Body = Box<dyn FnOnce() -> u64 + Send>;

/// The body of a task of a group.
pub(super) fn body_of(
    env: &Env,
    child: &Child,
    gate: Option<&Arc<Event>>,
    earlier: &[Submitted],
    probe: &Arc<Probe>,
    owed: Owed,
) -> Body {
    let (env, body, panics) = (env.clone(), Arc::clone(&child.body), child.panics);
    let probe = Arc::clone(probe);
    let gate = gate.cloned();
    let sibling = child.sibling.and_then(|(index, limit)| {
        let earlier = earlier.get(index)?;
        Some((
            Arc::clone(earlier.task.as_ref()?),
            Arc::clone(&earlier.probe),
            limit,
        ))
    });
    Box::new(move || {
        owed.pay();
        probe.stage.store(1, Relaxed);
        if let Some(gate) = gate {
            gate.wait();
        }
        if let Some((task, its_probe, limit)) = sibling {
            wait_one(&env, &task, &its_probe, limit);
        }
        let value = block(&env, &body);
        probe.value.store(value, Relaxed);
        probe.stage.store(2, Relaxed);
        if panics {
            env.world.unreturned.fetch_add(value, Relaxed);
            drop(env);
            resume_unwind(Box::new(PLANNED));
        }
        value
    })
}

pub(super) fn offer(pool: &ThreadPool, via: Via, body: Body) -> Result<Task<u64>, Body> {
    let (name, submitted) = match via {
        Via::Submit => ("ThreadPool::submit", Ok(pool.submit(body))),
        Via::Try => ("ThreadPool::try_submit", pool.try_submit(body)),
        Via::Timeout(ms) => (
            "ThreadPool::submit_timeout",
            pool.submit_timeout(body, millis(ms)),
        ),
        Via::Until(ms) => (
            "ThreadPool::submit_until",
            pool.submit_until(body, millis(ms)),
        ),
    };
    let is_shut = (submitted.as_ref().err()).is_some_and(|refused| refused.is_shut_down());
    coverage::note(name, if is_shut { At::PoolShut } else { At::PoolOpen });
    submitted.map_err(|refused| refused.into_body())
}

pub(super) fn run_tasks(env: &Env, tasks: &Tasks) -> u64 {
    let Tasks { group, via, gate } = tasks;
    let pool = &env.pools[group.pool];
    let event = gate.as_ref().map(|_| Arc::new(Event::new()));
    let detached = group.collect == Collect::Drop;
    let cancels = group.waits.iter().chain(gate.iter().flatten());
    let cancels = cancels.clone().any(|wait| matches!(wait, Wait::Cancel(_)));
    let may_be_cancelled = cancels || env.stopping[group.pool];
    let mut all: Vec<Submitted> = Vec::new();
    for child in &group.children {
        let probe = Arc::new(Probe::default());
        let owed = Owed::new(env, !may_be_cancelled);
        let mut body = body_of(env, child, event.as_ref(), &all, &probe, owed);
        if detached {
            let (world, inner) = (Arc::clone(&env.world), body);
            body = Box::new(move || {
                world.unreturned.fetch_add(inner(), Relaxed);
                0
            });
        }
        // A gated task must not run in the caller, which would wait for itself.
        let via = if gate.is_some() { Via::Try } else { *via };
        let offered = offer(pool, via, body);
        all.push(match offered {
            Ok(task) => Submitted {
                probe,
                task: Some(Arc::new(task)),
                panics: child.panics,
                in_place: 0,
            },
            Err(body) => {
                if let Some(event) = &event {
                    event.set();
                }
                Submitted {
                    probe,
                    task: None,
                    panics: child.panics,
                    in_place: in_place(body),
                }
            }
        });
    }
    let mut value: u64 = all.iter().map(|one| one.in_place).sum();
    if let Some(early) = gate {
        value += waits(env, early, &all, At::PoolOpen);
    }
    if let Some(event) = event {
        event.set();
    }
    value += waits(env, &group.waits, &all, At::PoolOpen);
    if group.collect != Collect::Drop {
        coverage::add(name_of_collect(group.collect), At::PoolOpen);
    }
    value + collect(env, group.collect, all, may_be_cancelled)
}

/// Runs a refused body here; a planned panic gives nothing.
pub(super) fn in_place(body: Body) -> u64 {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => value,
        Err(payload) if payload.is::<&'static str>() && is_planned(&*payload) => 0,
        Err(payload) => resume_unwind(payload),
    }
}

pub(super) fn is_planned(payload: &(dyn core::any::Any + Send)) -> bool {
    payload.downcast_ref::<&'static str>() == Some(&PLANNED)
}

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

/// The operation that collects tasks in that way.
pub(super) fn name_of_collect(collect: Collect) -> &'static str {
    match collect {
        Collect::AsCompleted => "as_completed",
        Collect::WaitAll => "wait_all",
        Collect::WaitAny => "wait_any",
        Collect::Await => "Task::await",
        Collect::Join | Collect::JoinBackwards | Collect::Drop => "Task::join",
    }
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
        // Once all are stopped, no timer may come.
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

/// The value of a task that has ended, and whether it may have ended so.
pub(super) fn settle(
    env: &Env,
    probe: &Probe,
    panics: bool,
    outcome: Result<u64, TaskError>,
    may_be_cancelled: bool,
) -> u64 {
    match outcome {
        Ok(value) => {
            if panics {
                env.world.fail("a task that panicked returned");
            }
            if probe.stage.load(Relaxed) == 3 {
                env.world.fail("a task that was cancelled returned");
            }
            value
        }
        Err(error) if error.is_cancelled() => {
            let cancelled = probe.cancelled.load(Relaxed) || may_be_cancelled;
            if !cancelled || matches!(probe.stage.load(Relaxed), 1 | 2) {
                env.world
                    .fail("a task counts as cancelled but was not cancelled");
            }
            0
        }
        Err(error) => {
            let text = error.to_string();
            match error.into_panic() {
                Ok(payload) if panics && is_planned(&*payload) => {}
                _ => env.world.fail(format!("a task failed: {text}")),
            }
            0
        }
    }
}

pub(super) fn collect(env: &Env, how: Collect, all: Vec<Submitted>, may_be_cancelled: bool) -> u64 {
    let mut left: Vec<_> = (all.into_iter())
        .filter_map(|one| Some((one.task?, one.probe, one.panics)))
        .collect();
    let mut value = 0;
    let mut join = |task: Arc<Task<u64>>, probe: Arc<Probe>, panics: bool, awaited: bool| {
        let at = probe.at();
        match Arc::try_unwrap(task) {
            Ok(task) => {
                let outcome = if awaited {
                    coverage::note("Task::await", at);
                    block_on(task)
                } else {
                    coverage::note("Task::join", at);
                    task.join()
                };
                value += settle(env, &probe, panics, outcome, may_be_cancelled);
            }
            // A later one of the group has it as well.
            Err(task) => {
                coverage::note("Task::wait", at);
                task.wait();
                if probe.stage.load(Relaxed) == 2 && !panics {
                    value += probe.value.load(Relaxed);
                }
            }
        }
    };
    match how {
        Collect::Drop => return 0,
        Collect::Join => {}
        Collect::JoinBackwards => left.reverse(),
        Collect::WaitAll => {
            coverage::note(
                "wait_all",
                left.first().map_or(At::TaskDone, |one| one.1.at()),
            );
            wait_all(left.iter().map(|(task, ..)| &**task));
        }
        Collect::WaitAny => {
            while !left.is_empty() {
                let at = left[0].1.at();
                coverage::note("wait_any", at);
                let first = wait_any(left.iter().map(|(task, ..)| &**task));
                let (task, probe, panics) = left.swap_remove(first);
                join(task, probe, panics, false);
            }
        }
        Collect::AsCompleted => {
            let at = left.first().map_or(At::TaskDone, |one| one.1.at());
            coverage::note("as_completed", at);
            let order: Vec<usize> = {
                let find = |task: &Task<u64>| {
                    left.iter()
                        .position(|(mine, ..)| core::ptr::eq(&**mine, task))
                        .unwrap_or(0)
                };
                as_completed(left.iter().map(|(task, ..)| &**task))
                    .map(find)
                    .collect()
            };
            if order.len() != left.len() {
                env.world.fail("as_completed lost a task");
            }
        }
        Collect::Await => {
            for (task, probe, panics) in left.drain(..) {
                join(task, probe, panics, true);
            }
        }
    }
    for (task, probe, panics) in left {
        join(task, probe, panics, false);
    }
    value
}

/// Waits for a future on the current thread.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    struct Woken(Event);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.set();
        }
    }
    let woken = Arc::new(Woken(Event::new()));
    let waker = Waker::from(Arc::clone(&woken));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => {
                woken.0.wait();
                woken.0.clear();
            }
        }
    }
}

pub(super) fn run_scope(env: &Env, group: &Group) -> u64 {
    let stack = AtomicU64::new(0);
    let may_be_cancelled = env.stopping[group.pool]
        || group
            .waits
            .iter()
            .any(|wait| matches!(wait, Wait::Cancel(_)));
    let detached = group.collect == Collect::Drop;
    let value = env.pools[group.pool].scope(|scope| {
        let mut all = Vec::new();
        for child in &group.children {
            let probe = Arc::new(Probe::default());
            let owed = Owed::new(env, !may_be_cancelled);
            let body = body_of(env, child, None, &[], &probe, owed);
            let stack = &stack;
            let task = scope.submit(move || {
                let value = body();
                if detached {
                    stack.fetch_add(value, Relaxed);
                    return 0;
                }
                value
            });
            coverage::note("PoolScope::submit", At::PoolOpen);
            all.push(Submitted {
                probe,
                task: Some(Arc::new(task)),
                panics: child.panics,
                in_place: 0,
            });
        }
        let value = waits(env, &group.waits, &all, At::PoolOpen);
        coverage::note(
            "end of a PoolScope",
            all.first().map_or(At::TaskDone, |one| one.probe.at()),
        );
        value + collect(env, group.collect, all, may_be_cancelled)
    });
    value + stack.into_inner()
}
