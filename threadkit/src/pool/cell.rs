//! A task in memory, from its submission until its result is taken.

use core::any;
use core::mem;
use std::sync::Arc;

use super::dropping::Dropping;
use super::ending::Ending;
use super::job::{AnyJob, Head, Job, Owner, PoolOfJob, Returning, Watchers};
use super::job_result::{JobResult, NeverRan};
use super::lost::Lost;
use super::worker_context;
use crate::backend::{Site, SpinMutex};
use crate::inspect;
use crate::threads::{Run, Stoppable};
use crate::trace::Carried;
use crate::unwind::run_quietly;
use crate::wait::StopToken;

/// What a task runs.
pub(super) trait Body: Send {
    type Output;

    /// Runs it, and returns its result; does not panic.
    fn result(self) -> JobResult<Self::Output>;

    /// The task that has to end before this one may begin.
    fn earlier(&self) -> Option<Arc<dyn Job>> {
        None
    }

    /// What the body is, for a reader.
    fn name() -> &'static str {
        any::type_name::<Self>()
    }

    /// The task as one whose type can be asked for, so that its memory can be used for another one of that type.
    fn into_any(_cell: Arc<TaskCell<Self>>) -> Option<AnyJob>
    where
        Self: Sized,
    {
        None
    }
}

/// A body that borrows nothing.
pub(super) struct Owned<R>(pub(super) R);

impl<R> Body for Owned<R>
where
    R: Run + Send + 'static,
    R::Output: Send,
{
    type Output = R::Output;

    fn result(self) -> JobResult<R::Output> {
        self.0.result()
    }

    fn name() -> &'static str {
        R::name()
    }

    fn into_any(cell: Arc<TaskCell<Self>>) -> Option<AnyJob> {
        Some(cell)
    }
}

impl<R: Run + Send> Body for R {
    type Output = R::Output;

    fn result(self) -> JobResult<R::Output> {
        JobResult::of(|| self.__threadkit_run_unboxed())
    }
}

enum Stage<B: Body> {
    /// To be run or cancelled by the thread that takes the body. It runs in that span.
    Pending(B, Carried),
    /// The body was taken out: it runs, or is being dropped.
    Claimed,
    Done(JobResult<B::Output>),
    /// The result was taken too.
    Collected,
}

struct Inner<B: Body> {
    stage: Stage<B>,
    /// `None` until the first one watches.
    watchers: Option<Box<Watchers>>,
}

impl<B: Body> Inner<B> {
    fn collect(&mut self) -> Option<JobResult<B::Output>> {
        if !matches!(self.stage, Stage::Done(_)) {
            return None;
        }
        match mem::replace(&mut self.stage, Stage::Collected) {
            Stage::Done(result) => Some(result),
            _ => None,
        }
    }
}

/// A task: its body, then its result.
///
/// # Invariant
///
/// The stage goes forward only, and each step is one swap under the lock. The thread that runs, cancels or settles the
/// task takes it from pending to claimed and from claimed to done, the handle from done to collected. So the body
/// is taken once, and every task ends in exactly one way. What was taken out is run or dropped after the lock is
/// free again, and before the task counts as done.
pub(super) struct TaskCell<B: Body> {
    head: Head,
    inner: SpinMutex<Inner<B>>,
}

impl<B: Body> TaskCell<B> {
    fn new(body: B, head: Head) -> Self {
        Self {
            head,
            inner: SpinMutex::new(Inner {
                stage: Stage::Pending(body, Carried::here()),
                watchers: None,
            }),
        }
    }

    /// Takes the body out, if it is still there, and the span in which it was submitted.
    pub(super) fn claim(&self) -> Option<(B, Carried)> {
        self.claim_if(|_| true)
    }

    /// The same if the head allows it, which is looked at under the lock.
    fn claim_if(&self, may: impl FnOnce(&Head) -> bool) -> Option<(B, Carried)> {
        let mut inner = self.inner.lock();
        if !matches!(inner.stage, Stage::Pending(..)) || !may(&self.head) {
            return None;
        }
        self.head.set_claimed();
        match mem::replace(&mut inner.stage, Stage::Claimed) {
            Stage::Pending(body, span) => Some((body, span)),
            _ => unreachable!("looked at under the same lock"),
        }
    }

    /// Runs the body in its span and returns its result.
    fn result_of(&self, body: B, span: Carried) -> (Ending, Option<JobResult<B::Output>>) {
        // The span is released before the task counts as done, and so is what the body has captured.
        span.within(move || {
            let result = {
                let _runs = inspect::task_begins(B::name(), self.head.site());
                body.result()
            };
            let ending = result.ending();
            // A panic that no handle can return is reported in the span where it happened.
            if ending == Ending::Panicked && self.is_unwanted() {
                self.dispose(result);
                return (ending, None);
            }
            (ending, Some(result))
        })
    }

    fn is_unwanted(&self) -> bool {
        let _inner = self.inner.lock();
        self.head.is_unwanted()
    }

    /// Disposes of a result that will not be taken.
    fn dispose(&self, result: JobResult<B::Output>) {
        // If that panics, the panic hook has reported it, and no caller is left.
        run_quietly(|| result.dispose(self.head.lost()));
    }

    /// Leaves the result for the handle, if it is not disposed of yet, and notifies all watchers.
    fn finish(&self, ending: Ending, result: Option<JobResult<B::Output>>) {
        if let Some(watchers) = self.leave(ending, result) {
            watchers.tell(ending);
        }
    }

    /// The same for a task that has not run. It leaves its pool before its watchers are notified: the pool ends after
    /// its tasks, and a watcher may wait for the end of the pool.
    fn finish_unrun(
        &self,
        ending: Ending,
        result: Option<JobResult<B::Output>>,
        pool: &dyn PoolOfJob,
    ) where
        B::Output: Send,
    {
        let watchers = self.leave(ending, result);
        pool.forget(self);
        if let Some(watchers) = watchers {
            watchers.tell(ending);
        }
    }

    /// The task has ended. Leaves the result for the handle, if it is not disposed of yet; returns whom to notify.
    fn leave(
        &self,
        ending: Ending,
        mut result: Option<JobResult<B::Output>>,
    ) -> Option<Box<Watchers>> {
        self.head.precedence().end();
        loop {
            let mut inner = self.inner.lock();
            if let Some(unwanted) = result.take_if(|_| self.head.is_unwanted())
                && !unwanted.is_trivial()
            {
                drop(inner);
                self.dispose(unwanted);
                continue;
            }
            inner.stage = match result.take() {
                Some(result) => Stage::Done(result),
                None => Stage::Collected,
            };
            self.head.set_done(ending);
            return inner.watchers.take();
        }
    }

    /// Claims a task that was promised and ends it with that result; returns the result if it is claimed already.
    pub(super) fn settle(&self, result: JobResult<B::Output>) -> Result<(), JobResult<B::Output>> {
        if self.claim().is_none() {
            return Err(result);
        }
        self.finish(result.ending(), Some(result));
        Ok(())
    }

    /// Whether a result would reach a handle: the task has not ended, and its handle was not dropped.
    pub(super) fn is_wanted(&self) -> bool {
        let inner = self.inner.lock();
        !self.head.is_unwanted() && matches!(inner.stage, Stage::Pending(..))
    }
}

impl<B> Stoppable for TaskCell<B>
where
    B: Body,
    B::Output: Send,
{
    fn stop_token(&self) -> StopToken {
        let source = self.head.source();
        if self.head.announce() {
            worker_context::announce(self.head.key(), source);
        }
        source.token()
    }
}

impl<B> Job for TaskCell<B>
where
    B: Body,
    B::Output: Send,
{
    fn head(&self) -> &Head {
        &self.head
    }

    fn run(&self) -> bool {
        let Some((body, span)) = self.claim_if(Head::is_pending) else {
            return false;
        };
        let (ending, result) = self.result_of(body, span);
        self.finish(ending, result);
        true
    }

    fn end(&self, why: NeverRan, pool: &dyn PoolOfJob) -> bool {
        let Some(unrun) = self.claim() else {
            return false;
        };
        {
            let _dropping = Dropping::of(pool.address());
            // If that panics, the panic hook has reported it; the task ends nevertheless.
            run_quietly(|| drop(unrun));
        }
        let result = JobResult::unrun(why);
        self.finish_unrun(result.ending(), Some(result), pool);
        true
    }

    fn pass_on(&self, pool: &dyn PoolOfJob) -> bool {
        let Some((body, span)) = self.claim_if(Head::is_pending) else {
            return false;
        };
        let (ending, result) = {
            let _dropping = Dropping::of(pool.address());
            self.result_of(body, span)
        };
        self.finish_unrun(ending, result, pool);
        true
    }

    fn may_begin(&self) -> bool {
        let starters = {
            let mut inner = self.inner.lock();
            if !matches!(inner.stage, Stage::Pending(..)) || !self.head.set_pending() {
                return false;
            }
            let watchers = inner.watchers.as_mut();
            watchers.and_then(|watchers| watchers.starters.take())
        };
        if let Some(starters) = starters {
            starters.grant_all();
        }
        true
    }

    fn earlier(&self) -> Option<Arc<dyn Job>> {
        match &self.inner.lock().stage {
            Stage::Pending(body, _) => body.earlier(),
            _ => None,
        }
    }

    fn into_any(self: Arc<Self>) -> Option<AnyJob> {
        B::into_any(self)
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

impl<B> Returning<B::Output> for TaskCell<B>
where
    B: Body,
    B::Output: Send,
{
    fn collect(&self) -> Option<JobResult<B::Output>> {
        let result = self.inner.lock().collect();
        if result.is_some() {
            self.head.precedence().join();
        }
        result
    }

    fn renounce(&self) -> Option<JobResult<B::Output>> {
        let mut inner = self.inner.lock();
        self.head.set_unwanted();
        // An executor that has dropped the future must be neither woken for it nor kept alive.
        let waker = inner.watchers.as_mut().and_then(|all| all.waker.take());
        let result = inner.collect();
        drop(inner);
        drop(waker);
        result
    }
}

/// A cell for a body that borrows nothing.
pub(super) fn hold<R>(body: R, site: Site) -> TaskCell<Owned<R>>
where
    R: Run + Send + 'static,
    R::Output: Send,
{
    TaskCell::new(Owned(body), Head::new(Owner::Handle, site))
}

/// The same where many can reach it.
#[cfg(test)]
pub(super) fn share<R>(body: R, site: Site) -> Arc<TaskCell<Owned<R>>>
where
    R: Run + Send + 'static,
    R::Output: Send,
{
    Arc::new(hold(body, site))
}

/// A shared cell for a part of something that waits for all its parts.
pub(super) fn share_part<R: Run + Send>(body: R, site: Site) -> Arc<TaskCell<R>> {
    Arc::new(TaskCell::new(body, Head::new(Owner::Whole, site)))
}

/// The same for a task of a scope, which gets the panics that no join returns.
pub(super) fn share_in<R: Run + Send>(body: R, lost: Arc<Lost>, site: Site) -> Arc<TaskCell<R>> {
    Arc::new(TaskCell::new(body, Head::new(Owner::Scope(lost), site)))
}

/// The same for a task that may begin later.
pub(super) fn share_later<B: Body>(body: B, site: Site) -> Arc<TaskCell<B>> {
    Arc::new(TaskCell::new(body, Head::later(site)))
}

/// The same for a task that never runs, and ends only by [`settle`](TaskCell::settle) or [`end`](Job::end).
pub(super) fn share_promised<B: Body>(body: B, site: Site) -> Arc<TaskCell<B>> {
    Arc::new(TaskCell::new(body, Head::promised(site)))
}
