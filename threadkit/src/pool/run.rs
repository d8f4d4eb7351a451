//! Running a task: by a worker that has nothing else to do, or inline.

use std::sync::Arc;

use super::callbacks::Apart;
use super::job::Job;
use super::shared::Shared;
use super::worker_context::{self, Inline, StoppedBy};
use crate::threads::{self, NestedTask, Thread};
use crate::trace;
use crate::wait::WakeList;

/// Runs a task on the current thread, which has no other; `false` if it is claimed already.
pub(super) fn run(job: &Arc<dyn Job>) -> bool {
    let ran = {
        let _strand = job.head().precedence().enter();
        threads::run_as(&**job, || job.run())
    };
    if ran && job.head().is_announced() {
        worker_context::retract(job.head().key());
    }
    ran
}

/// Interrupts the current task, and runs a task of that pool as if on a thread of its own; `false` if the task is
/// claimed already.
pub(super) fn run_inline(job: &Arc<dyn Job>, pool: &Arc<Shared>, stopped_by: StoppedBy) -> bool {
    let name = format!("{} (inline)", threads::current().name());
    let _identity = NestedTask::new(name.into(), job.head().source().clone());
    let _guest = Guest::new(pool);
    let _inline = Inline::new(pool, stopped_by);
    let _apart = Apart::new();
    run(job)
}

/// Until this is dropped, a thread that does not belong to the pool runs a task of it.
struct Guest<'a>(Option<&'a Shared>);

impl<'a> Guest<'a> {
    fn new(pool: &'a Arc<Shared>) -> Self {
        let is_guest = !worker_context::works_for(pool);
        if is_guest {
            pool.state.lock().guests += 1;
        }
        Self(is_guest.then_some(&**pool))
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        if let Some(pool) = self.0 {
            let mut wakes = WakeList::new();
            let mut state = pool.state.lock();
            state.guests -= 1;
            state.call_idlers(&mut wakes);
        }
    }
}

/// Runs a task that no worker can run on a thread of its own, because the current one has no stack left for it;
/// `false` if the system has no thread for it.
pub(super) fn run_elsewhere(job: &Arc<dyn Job>, pool: &Arc<Shared>) -> bool {
    let name = format!("{} (inline)", threads::current().name());
    let (job, pool) = (Arc::clone(job), Arc::clone(pool));
    let stack_size = pool.settings.stack_size;
    let thread = Thread::new(move || {
        run_inline(&job, &pool, StoppedBy::ItsHost);
    });
    let thread = thread.name(name).stack_size(stack_size);
    trace::outside(|| thread.try_start()).is_ok()
}
