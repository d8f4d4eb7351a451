//! The one place of a task, from its submission to the collection of what it left.

use core::mem;
use std::sync::Arc;

use super::ending::Ending;
use super::job::{Head, Job, Owner, Returning, Watchers};
use super::job_result::{JobResult, NeverRan};
use super::lost::Lost;
use super::worker_context;
use crate::backend::SpinMutex;
use crate::threads::{Run, Stoppable};
use crate::trace::Carried;
use crate::unwind::run_quietly;
use crate::wait::StopToken;

enum Stage<R: Run> {
    /// To be run or cancelled, by whoever takes the body, which is run in that span.
    Pending(R, Carried),
    /// The body is out: it runs, or is being dropped.
    Claimed,
    Done(JobResult<R::Output>),
    /// The outcome is out as well.
    Collected,
}

struct Inner<R: Run> {
    stage: Stage<R>,
    /// The handle is gone: nobody will ask for the outcome.
    unwanted: bool,
    /// `None` until somebody watches.
    watchers: Option<Box<Watchers>>,
}

impl<R: Run> Inner<R> {
    fn collect(&mut self) -> Option<JobResult<R::Output>> {
        if !matches!(self.stage, Stage::Done(_)) {
            return None;
        }
        match mem::replace(&mut self.stage, Stage::Collected) {
            Stage::Done(outcome) => Some(outcome),
            _ => None,
        }
    }
}

/// A task: its body, then its outcome.
///
/// # Invariant
///
/// The stage goes forward only, and each step is one swap under the lock: pending to claimed by
/// whoever runs or cancels the task, claimed to done by the same, done to collected by the handle. So
/// the body is taken once, and every task ends in exactly one way. What was taken out is run or
/// dropped after the lock is free again, and before the task counts as done.
pub(super) struct TaskCell<R: Run> {
    head: Head,
    inner: SpinMutex<Inner<R>>,
}

impl<R: Run> TaskCell<R> {
    fn new(body: R, owner: Owner) -> Self {
        Self {
            head: Head::new(owner),
            inner: SpinMutex::new(Inner {
                stage: Stage::Pending(body, Carried::here()),
                unwanted: false,
                watchers: None,
            }),
        }
    }

    /// Takes the body out, if nobody has, and the span in which it was submitted.
    pub(super) fn claim(&self) -> Option<(R, Carried)> {
        let mut inner = self.inner.lock();
        if !matches!(inner.stage, Stage::Pending(..)) {
            return None;
        }
        self.head.set_claimed();
        match mem::replace(&mut inner.stage, Stage::Claimed) {
            Stage::Pending(body, span) => Some((body, span)),
            _ => unreachable!("looked at under the same lock"),
        }
    }

    /// Runs the body in its span, to what it leaves.
    fn outcome_of(&self, body: R, span: Carried) -> (Ending, Option<JobResult<R::Output>>) {
        // The span is let go before the task counts as done, as is what the body has captured.
        span.within(move || {
            let outcome = JobResult::of(|| Box::new(body).run());
            let ending = outcome.ending();
            // A panic that is lost already is told in the span where it happened.
            if ending == Ending::Panicked && self.inner.lock().unwanted {
                self.dispose(outcome);
                return (ending, None);
            }
            (ending, Some(outcome))
        })
    }

    /// Nobody will ask for the outcome.
    fn dispose(&self, outcome: JobResult<R::Output>) {
        // Should that panic, the hook has reported it, and nobody is there to be told.
        run_quietly(|| outcome.dispose(self.head.lost()));
    }

    /// Leaves the outcome for the handle, if it is not disposed of yet, and tells all who watch.
    fn finish(&self, ending: Ending, mut outcome: Option<JobResult<R::Output>>) {
        let watchers = loop {
            let mut inner = self.inner.lock();
            if let Some(unwanted) = outcome.take_if(|_| inner.unwanted) {
                drop(inner);
                self.dispose(unwanted);
                continue;
            }
            inner.stage = match outcome.take() {
                Some(outcome) => Stage::Done(outcome),
                None => Stage::Collected,
            };
            self.head.set_done(ending);
            break inner.watchers.take();
        };
        if let Some(watchers) = watchers {
            watchers.tell(ending);
        }
    }
}

impl<R> Stoppable for TaskCell<R>
where
    R: Run + Send,
    R::Output: Send,
{
    fn stop_token(&self) -> StopToken {
        let source = self.head.source();
        if self.head.announce() {
            worker_context::announce(self.head.key(), source);
        }
        source.token()
    }
}

impl<R> Job for TaskCell<R>
where
    R: Run + Send,
    R::Output: Send,
{
    fn head(&self) -> &Head {
        &self.head
    }

    fn run(&self) -> bool {
        let Some((body, span)) = self.claim() else {
            return false;
        };
        let (ending, outcome) = self.outcome_of(body, span);
        self.finish(ending, outcome);
        true
    }

    fn end(&self, why: NeverRan) -> bool {
        let Some(unrun) = self.claim() else {
            return false;
        };
        // Should that panic, the hook has reported it; the task is cancelled all the same.
        run_quietly(|| drop(unrun));
        let outcome = JobResult::unrun(why);
        self.finish(outcome.ending(), Some(outcome));
        true
    }

    fn unless_done(&self, f: &mut dyn FnMut(&mut Watchers)) -> bool {
        let mut inner = self.inner.lock();
        let open = matches!(inner.stage, Stage::Pending(..) | Stage::Claimed);
        if open {
            f(inner.watchers.get_or_insert_default());
        }
        open
    }
}

impl<R> Returning<R::Output> for TaskCell<R>
where
    R: Run + Send,
    R::Output: Send,
{
    fn collect(&self) -> Option<JobResult<R::Output>> {
        self.inner.lock().collect()
    }

    fn renounce(&self) -> Option<JobResult<R::Output>> {
        let mut inner = self.inner.lock();
        inner.unwanted = true;
        // An executor that has dropped the future is not to be woken for it, nor kept alive.
        let waker = inner.watchers.as_mut().and_then(|all| all.waker.take());
        let outcome = inner.collect();
        drop(inner);
        drop(waker);
        outcome
    }
}

/// A cell for `body`, where many can reach it.
pub(super) fn share<R: Run>(body: R) -> Arc<TaskCell<R>> {
    Arc::new(TaskCell::new(body, Owner::Handle))
}

/// The same for a part of something that waits for all its parts.
pub(super) fn share_part<R: Run>(body: R) -> Arc<TaskCell<R>> {
    Arc::new(TaskCell::new(body, Owner::Whole))
}

/// The same for a task of a scope, which hears of panics that nobody joins.
pub(super) fn share_in<R: Run>(body: R, lost: Arc<Lost>) -> Arc<TaskCell<R>> {
    Arc::new(TaskCell::new(body, Owner::Scope(lost)))
}
