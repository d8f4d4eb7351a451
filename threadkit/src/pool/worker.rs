//! What a worker does from its first step to its last, and how a task is run anywhere.

use std::sync::Arc;

use super::job::Job;
use super::outcome::attempt;
use super::shared::Shared;
use super::worker_context;
use crate::threads::{self, NestedTask, Running, Stoppable};

/// The life of a worker.
pub(super) fn work(pool: Arc<Shared>) {
    let settings = &pool.settings;
    worker_context::take(Arc::clone(&pool), settings.stack_size);
    let ready = settings.initializer.as_ref().map_or(Ok(()), attempt);
    match ready {
        Ok(()) => {
            let mut seeking = true;
            while let Some(job) = pool.next_job(&mut seeking) {
                run_here(&job);
            }
        }
        Err(panic) => {
            let (_, caught) = *panic;
            pool.break_down(&caught);
            pool.give_up();
            // A payload that panics when it is dropped must not do so in whoever joins this thread.
            caught.discard();
        }
    }
    worker_context::leave();
}

/// Runs a task as what the current thread does; `false` if somebody else has claimed it.
pub(super) fn run_here(job: &Arc<dyn Job>) -> bool {
    let ran = {
        let _running = Running::new(Arc::clone(job) as Arc<dyn Stoppable>);
        job.run()
    };
    if ran && job.head().is_announced() {
        worker_context::retract(job.head().key());
    }
    ran
}

/// Runs a task in the midst of whatever the current thread does, as if on a thread of its own;
/// `false` if somebody else has claimed it.
pub(super) fn run_inline(job: &Arc<dyn Job>) -> bool {
    let name = format!("{} (inline)", threads::current().name());
    let _guest = NestedTask::new(name.into(), job.head().source().clone());
    run_here(job)
}
