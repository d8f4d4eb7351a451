//! Groups of tasks: submitted, awaited, collected.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use threadkit::{Event, Task, ThreadPool};

use super::collect::{collect, is_planned, name_of_collect};
use super::local::Owed;
use super::submitted::{Probe, Submitted};
use super::waits::{wait_one, waits};
use super::{Env, PLANNED, block, millis};
use crate::coverage::{self, At};
use crate::program::{Child, Collect, Group, Tasks, Via, Wait};

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
