//! Waiting for all of several tasks.

use super::any_task::AnyTask;
use super::unfinished::Unfinished;
use super::wait_for::{Awaited, wait_for_all};
use crate::index_map::IndexSet;
use crate::inspect::{self, Operation};
use crate::wait::{IntoUntil, Until};

/// Waits until all of the tasks have ended.
///
/// Without tasks it returns at once, while [`wait_any`](crate::wait_any) panics, because it has no index to
/// return.
///
/// # Differences from Python's `wait`
///
/// A cancelled task has ended, for this and every other wait, when [`cancel`](crate::Task::cancel) returns. In
/// Python, `wait` and `as_completed` see a cancelled future as done only when a thread of the pool has taken it.
///
/// Python's one function corresponds to three here: this one, [`wait_any`](crate::wait_any) for
/// `FIRST_COMPLETED`, and [`as_completed`](crate::as_completed), left at the first error, for `FIRST_EXCEPTION`.
/// None sorts the tasks into sets; [`is_finished`](crate::Task::is_finished) says which have ended.
/// [`wait_all_until`] takes a limit, and returns an error if it is reached.
///
/// # Panics
///
/// As [`Task::wait`](crate::Task::wait); a task that waits for itself among others is refused before the wait.
///
/// # Examples
///
/// ```
/// use threadkit::{ThreadPool, wait_all};
///
/// let pool = ThreadPool::new(2);
/// let tasks: Vec<_> = (0..10).map(|n| pool.submit(move || n * n)).collect();
/// wait_all(&tasks);
/// assert!(tasks.iter().all(|task| task.is_finished()));
/// ```
#[track_caller]
#[doc(alias = "ALL_COMPLETED")]
#[doc(alias = "invokeAll")]
#[doc(alias = "invoke_all")]
pub fn wait_all(tasks: impl IntoIterator<Item: AnyTask>) {
    // Without a limit, the wait ends only with what it waits for.
    let _ = wait(Operation::WAIT_ALL, tasks, &Until::FOREVER);
}

/// Waits until all of the tasks have ended, or until a deadline or a stop token ends the wait.
///
/// # Errors
///
/// [`Unfinished`], which says how many had not ended by then; a task that was given twice counts once.
///
/// # Panics
///
/// As [`wait_all`], unless the limit has been reached already.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::{ThreadPool, wait_all_until};
///
/// let pool = ThreadPool::new(2);
/// let slow = pool.submit(|| threadkit::stop_token().wait());
/// let quick = pool.submit(|| ());
/// quick.wait();
///
/// let error = wait_all_until([&slow, &quick], Duration::from_millis(5)).unwrap_err();
/// assert_eq!(error.to_string(), "1 of 2 tasks unfinished: the time was up");
/// slow.stop();
/// ```
#[track_caller]
pub fn wait_all_until<'a>(
    tasks: impl IntoIterator<Item: AnyTask>,
    until: impl IntoUntil<'a>,
) -> Result<(), Unfinished> {
    wait(Operation::WAIT_ALL_UNTIL, tasks, &until.into_until())
}

#[track_caller]
fn wait(
    operation: Operation,
    tasks: impl IntoIterator<Item: AnyTask>,
    until: &Until<'_>,
) -> Result<(), Unfinished> {
    let tasks: Vec<Awaited> = tasks.into_iter().map(|task| task.__awaited()).collect();
    let _waiting = inspect::waiting_for(operation, &tasks);
    wait_for_all(&tasks, until).or_else(|why| {
        let mut known = IndexSet::new();
        let different = tasks.iter().filter(|task| known.add(task.key()));
        let unfinished = different.filter(|task| !task.is_done()).count();
        match unfinished {
            0 => Ok(()),
            _ => Err(Unfinished::new(unfinished, known.len(), why)),
        }
    })
}
