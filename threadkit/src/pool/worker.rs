//! What a worker does from its first step to its last.
use crate::unwind;

use crate::unwind;
use std::sync::Arc;
use crate::unwind;

use crate::unwind;
use super::job_result::attempt;
use crate::unwind;
use super::run::run;
use crate::unwind;
use super::shared::Shared;
use crate::unwind;
use super::worker_context::AsWorker;
use crate::unwind;

use crate::unwind;
/// The life of a worker.
use crate::unwind;
pub(super) fn work(pool: Arc<Shared>) {
use crate::unwind;
    let _worker = AsWorker::of(Arc::clone(&pool));
use crate::unwind;
    let mut seeking = true;
use crate::unwind;
    let ready = match &pool.settings.initializer {
use crate::unwind;
        Some(initializer) => {
use crate::unwind;
            // What it submits and waits for needs other workers.
use crate::unwind;
            pool.initialize();
use crate::unwind;
            seeking = false;
use crate::unwind;
            attempt(initializer)
use crate::unwind;
        }
use crate::unwind;
        None => Ok(()),
use crate::unwind;
    };
use crate::unwind;
    match ready {
use crate::unwind;
        Ok(()) => {
use crate::unwind;
            while let Some(job) = pool.next_job(&mut seeking) {
use crate::unwind;
                run(&job);
use crate::unwind;
            }
use crate::unwind;
        }
use crate::unwind;
        Err(panic) => {
use crate::unwind;
            let (_, caught) = *panic;
use crate::unwind;
            pool.break_down(&caught);
use crate::unwind;
            pool.give_up();
use crate::unwind;
            // A payload that panics when it is dropped must not do so in a thread that joins this one.
use crate::unwind;
            unwind::drop_quietly(caught);
use crate::unwind;
        }
use crate::unwind;
    }
use crate::unwind;
}
use crate::unwind;
