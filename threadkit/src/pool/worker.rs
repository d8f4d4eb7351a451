//! What a worker does from its first step to its last.

use std::sync::Arc;

use super::job_result::attempt;
use super::run::run;
use super::shared::Shared;
use super::spent::SpentTasks;
use super::wait_for::keep_place;
use super::worker_context::AsWorker;
use crate::inspect;
use crate::unwind;

/// The life of a worker.
pub(super) fn work(pool: Arc<Shared>) {
    let _member = pool.admit_worker();
    let _worker = AsWorker::of(Arc::clone(&pool), keep_place);
    if pool.settings.size() == 1 {
        inspect::runs_tasks_in_order();
    }
    let mut seeking = true;
    let ready = match &pool.settings.initializer {
        Some(initializer) => {
            // What it submits and waits for needs other workers.
            pool.initialize();
            seeking = false;
            attempt(initializer)
        }
        None => Ok(()),
    };
    match ready {
        Ok(()) => {
            let mut spent = SpentTasks::new();
            while let Some(job) = pool.next_job(&mut seeking, &mut spent) {
                run(&job);
                spent.push(job);
                if spent.is_full() {
                    pool.state.give_back(&mut spent);
                    spent.clear();
                }
            }
        }
        Err(panic) => {
            let (_, caught) = *panic;
            pool.break_down(&caught);
            pool.give_up();
            // A payload that panics when it is dropped must not do so in a thread that joins this one.
            unwind::drop_quietly(caught);
        }
    }
}
