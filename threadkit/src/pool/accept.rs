//! Tasks that are accepted now and may begin later.

use std::sync::Arc;

use super::job::Job;
use super::later::Wait;
use super::shared::Shared;
use super::submit_error::{Refusal, SubmitError};
use crate::wait::WakeList;

impl Shared {
    /// Accepts a task that may begin later; returns `false` if the pool takes no more, and ends the task then. A task
    /// that was accepted counts as submitted, so the pool does not refuse it later.
    pub(super) fn accept(&self, job: &Arc<dyn Job>, wait: Wait) -> bool {
        let refusal = {
            let mut state = self.state.lock();
            let refusal = state.refusal();
            if refusal.is_none() {
                state.later.push(Arc::clone(job), wait);
            }
            refusal
        };
        match refusal {
            None => true,
            Some(refusal) => {
                self.refuse(job, refusal);
                false
            }
        }
    }

    /// A task that was accepted may begin: it goes to the backlog, and a worker comes for it.
    ///
    /// Nothing happens if it has gone there before, was cancelled, or was taken out.
    pub(super) fn arrive(self: &Arc<Self>, job: &Arc<dyn Job>) {
        if !job.may_begin() {
            return;
        }
        let (help, _left) = {
            let mut wakes = WakeList::new();
            let mut state = self.state.lock();
            let Some((job, wait)) = state.later.remove(&**job) else {
                return;
            };
            state.backlog.push(job);
            self.note_pending(&state);
            (state.find_worker(&self.settings, &mut wakes), wait)
        };
        if let Err(why) = self.provide(help)
            && self.worker_missing(&why, Some(job))
        {
            self.refuse(job, Refusal::NoThread(why));
        }
    }

    /// Ends a task that follows one that has failed: it passes the error on.
    pub(super) fn pass_on(&self, job: &dyn Job) {
        if job.may_begin() {
            job.pass_on(self);
        }
    }

    /// Ends a task that the pool does not run, with the reason.
    fn refuse(&self, job: &Arc<dyn Job>, refusal: Refusal) {
        let name = Arc::clone(&self.settings.name);
        let why = SubmitError::new((), name, refusal).to_string();
        job.end(Some(why.into()), self);
    }
}
