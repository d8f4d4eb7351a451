//! Waiting for the first of several tasks.

use std::sync::Arc;

use super::any_task::AnyTask;
use super::interrupted::Interrupted;
use super::wait_for::{self, Awaited, Refusable, TaskWait};
use crate::inspect::{self, Operation};
use crate::wait::{IntoUntil, Outcome, Until, WaitError, Waiter};

/// Waits until one of the tasks has ended, and returns its index; if several have, the lowest index.
///
/// A task that waits like this lends its place to another worker, rather than run one of the tasks itself,
/// unless its pool has reached [`max_threads`](crate::ThreadPoolBuilder::max_threads).
///
/// In a loop over many tasks, use [`as_completed`](crate::as_completed) or
/// [`as_completed_until`](crate::as_completed_until). Each `wait_any` looks at all tasks that it is given, so a loop
/// that waits once for each of them takes a time that grows with the square of their number.
///
/// # Differences from Python's `wait`
///
/// They are those of [`wait_all`](crate::wait_all#differences-from-pythons-wait); for instance, a task that
/// was cancelled counts as ended at once. If there are no tasks, Python returns at once with an empty set of
/// completed ones. Here the wait must return one task.
///
/// # Panics
///
/// If there are no tasks, because the wait would never end. If all of them are the task that waits, or tasks
/// that it has interrupted. If no thread can begin any of them because of `max_threads`.
///
/// # Examples
///
/// ```
/// use threadkit::{ThreadPool, wait_any};
///
/// let pool = ThreadPool::new(2);
/// let slow = pool.submit(|| threadkit::stop_token().wait());
/// let quick = pool.submit(|| ());
///
/// assert_eq!(wait_any([&slow, &quick]), 1);
/// slow.stop();
/// ```
#[track_caller]
#[doc(alias = "FIRST_COMPLETED")]
#[doc(alias = "invokeAny")]
pub fn wait_any(tasks: impl IntoIterator<Item: AnyTask>) -> usize {
    match wait(Operation::WAIT_ANY, tasks, &Until::FOREVER) {
        Ok(index) => index,
        Err(_) => unreachable!("a wait without a limit ended at its limit"),
    }
}

/// Waits until one of the tasks has ended, or until a deadline or a stop token ends the wait, and
/// returns the task's index.
///
/// # Errors
///
/// [`WaitError`] if the wait ended before any of the tasks did.
///
/// # Panics
///
/// As [`wait_any`]: if there are no tasks, whatever the limit.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::{ThreadPool, WaitError, wait_any_until};
///
/// let pool = ThreadPool::new(1);
/// let slow = pool.submit(|| threadkit::stop_token().wait());
/// assert_eq!(wait_any_until([&slow], Duration::from_millis(5)), Err(WaitError::TimedOut));
/// slow.stop();
/// ```
#[track_caller]
pub fn wait_any_until<'a>(
    tasks: impl IntoIterator<Item: AnyTask>,
    until: impl IntoUntil<'a>,
) -> Result<usize, WaitError> {
    wait(Operation::WAIT_ANY_UNTIL, tasks, &until.into_until())
}

#[track_caller]
fn wait(
    operation: Operation,
    tasks: impl IntoIterator<Item: AnyTask>,
    until: &Until<'_>,
) -> Result<usize, WaitError> {
    let tasks: Vec<Awaited> = tasks.into_iter().map(|task| task.__awaited()).collect();
    assert!(
        !tasks.is_empty(),
        "waiting for any of no tasks would never end"
    );
    let any = Any(&tasks);
    if let Some(index) = any.first_done() {
        return Ok(index);
    }
    let _waiting = inspect::waiting(operation);
    wait_for::wait(&any, until, Refusable::Yes)
}

/// The first of several tasks.
struct Any<'a>(&'a [Awaited]);

impl Any<'_> {
    fn first_done(&self) -> Option<usize> {
        self.0.iter().position(Awaited::is_done)
    }
}

impl TaskWait for Any<'_> {
    type Output = usize;

    fn tasks(&self) -> impl DoubleEndedIterator<Item = &Awaited> {
        self.0.iter()
    }

    fn is_ready(&self) -> bool {
        self.first_done().is_some()
    }

    fn sleep(
        &self,
        until: &Until<'_>,
        worker: Option<&Arc<dyn Interrupted>>,
    ) -> Result<usize, WaitError> {
        let waiter = Waiter::new();
        let mut tickets = Vec::with_capacity(self.0.len());
        for task in self.0 {
            match task.job.enlist(&waiter, worker) {
                Some(ticket) => tickets.push(ticket),
                None => {
                    waiter.decide(Outcome::Granted);
                    break;
                }
            }
        }
        if let Some(worker) = worker {
            worker.wait();
        }
        let outcome = waiter.wait(until);
        for (task, ticket) in self.0.iter().zip(tickets) {
            task.job.delist(ticket, &waiter, worker);
        }
        match self.first_done() {
            Some(index) => Ok(index),
            None if outcome == Outcome::Stopped => Err(WaitError::Stopped),
            None => Err(WaitError::TimedOut),
        }
    }
}
