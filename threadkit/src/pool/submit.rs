//! How a task is submitted to its pool.

use std::sync::Arc;

use super::cell::{self, Owned};
use super::job::{Job, TASK};
use super::loan::Want;
use super::run::run_inline;
use super::settings::WhenFull;
use super::shared::Shared;
use super::submit_error::{Refusal, SubmitError};
use super::task::Task;
use super::wait_for::lend_place;
use super::worker_context::{self, StoppedBy};
use crate::backend::{is_explored, leaves};
use crate::inspect::Call;
use crate::threads::Run;
use crate::wait::{Until, WaitError};

/// Hands a task to the workers, or returns why not. It waits for room in the backlog until `until` at most;
/// with `None` it ignores the bound.
///
/// The bound of the backlog does not apply to threads of the pool: tasks that submit to their own pool would
/// wait for themselves to make room. So a task that runs in its submitter never runs another one inside it.
pub(super) fn hand_in(
    pool: &Arc<Shared>,
    job: Arc<dyn Job>,
    until: Option<&Until<'_>>,
    call: Call,
) -> Result<(), Refusal> {
    call.did(|| None);
    // Most tasks are taken in here, bound or not.
    let mut job = match pool.state.try_push(job) {
        Ok(()) => return Ok(()),
        Err(job) => job,
    };
    let exempt = !pool.is_bounded() || worker_context::is_of(pool);
    let mut expired: Option<WaitError> = None;
    loop {
        let refusal = match pool.push_past_inbox(job, exempt) {
            Ok(()) => return Ok(()),
            Err((refusal, back)) => {
                job = back;
                refusal
            }
        };
        let Some(until) = until.filter(|_| refusal == Refusal::Full) else {
            leaves(|| Some(refusal.shown()));
            return Err(refusal);
        };
        match pool.when_full() {
            WhenFull::Refuse => {
                leaves(|| Some(refusal.shown()));
                return Err(refusal);
            }
            WhenFull::RunInCaller => {
                run_inline(&job, pool, StoppedBy::ItsPool);
                return Ok(());
            }
            WhenFull::Block => {}
        }
        if let Some(error) = expired {
            leaves(|| Some(error.shown()));
            return Err(Refusal::Waited(error));
        }
        // There is one more attempt when the time is up.
        expired = wait_for_room(pool, until, call).err();
        call.did(|| None);
    }
}

fn wait_for_room(pool: &Arc<Shared>, until: &Until<'_>, call: Call) -> Result<(), WaitError> {
    // The task that would make room there may wait for a task that the current thread keeps from running
    // here.
    let _lent = if until.is_over() {
        None
    } else {
        lend_place(pool, until)
    };
    let _waiting = call.waiting();
    let _want = Want::new(pool, None);
    pool.wait_for_room(until)
}

/// Submits a task; `None` ignores the bound of the backlog.
pub(super) fn submit<R>(
    pool: &Arc<Shared>,
    body: R,
    until: Option<&Until<'_>>,
    call: Call,
) -> Result<Task<R::Output>, SubmitError<R>>
where
    R: Run + Send + 'static,
    R::Output: Send + 'static,
{
    let cell = cell::hold(body, call.makes(TASK));
    // In an exploration, a task has a place of its own, by which the report knows it.
    let pushed = match is_explored() {
        true => Err(cell),
        false => pool.state.try_push_in(cell),
    };
    let cell = match pushed {
        Ok(cell) => return Ok(Task::new(cell, Arc::clone(pool))),
        Err(cell) => Arc::new(cell),
    };
    let call = call.on(cell.head().site());
    match hand_in(pool, Arc::clone(&cell) as Arc<dyn Job>, until, call) {
        Ok(()) => Ok(Task::new(cell, Arc::clone(pool))),
        Err(refusal) => match cell.claim() {
            Some((Owned(body), _)) => {
                let name = Arc::clone(&pool.settings.name);
                Err(SubmitError::new(body, name, refusal))
            }
            None => unreachable!("a task that was not taken in was claimed"),
        },
    }
}

/// Submits a task that is part of something else: beyond the bound of the backlog, and never given back.
pub(super) fn submit_part<R>(
    pool: &Arc<Shared>,
    body: R,
    call: Call,
) -> Result<Task<R::Output>, Refusal>
where
    R: Run + Send + 'static,
    R::Output: Send + 'static,
{
    let cell = cell::share_part(body, call.makes(TASK));
    call.on(cell.head().site()).did(|| None);
    match pool.push(Arc::clone(&cell) as Arc<dyn Job>, true) {
        Ok(()) => Ok(Task::new(cell, Arc::clone(pool))),
        Err((refusal, _)) => Err(refusal),
    }
}
