//! The ways to collect the results of tasks, and what they may be.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Wake, Waker};

use threadkit::{Event, Task, TaskError, as_completed, wait_all, wait_any};

use super::submitted::{Probe, Submitted};
use super::{Env, PLANNED};
use crate::coverage::{self, At};
use crate::program::Collect;

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

pub(super) fn is_planned(payload: &(dyn core::any::Any + Send)) -> bool {
    payload.downcast_ref::<&'static str>() == Some(&PLANNED)
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
