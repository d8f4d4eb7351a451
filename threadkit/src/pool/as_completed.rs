//! Tasks in the order in which they end.

use core::fmt;
use std::sync::Arc;

use super::any_task::AnyTask;
use super::arrivals::Arrivals;
use super::interrupted::Interrupted;
use super::shared::Shared;
use super::unfinished::Unfinished;
use super::wait_for::{Awaited, Refusable, TaskWait, pools, wait_again};
use crate::index_map::IndexSet;
use crate::inspect::{Call, Operation};
use crate::wait::{IntoUntil, Outcome, Until, WaitError};

/// Returns the tasks in the order in which they end; those that have ended come first.
///
/// Takes tasks or references to tasks, and returns the same. A task that is given twice is returned once. Without
/// tasks the iterator is empty, while [`wait_any`](crate::wait_any) panics because it has to return one.
///
/// # Panics
///
/// [`next`](Iterator::next) panics if all remaining tasks are the task that waits, or tasks that it has
/// interrupted, because such a wait would never end. It also panics if no thread can begin any task because of
/// [`max_threads`](crate::ThreadPoolBuilder::max_threads).
///
/// # Differences from Python's `as_completed`
///
/// A cancelled task has ended as soon as [`cancel`](crate::Task::cancel) returns, and not only when a thread of the
/// pool has taken it.
///
/// The time limit is a function of its own, [`as_completed_until`], whose iterator returns an error where
/// Python's raises `TimeoutError`, and hands out the unfinished tasks.
///
/// # Examples
///
/// ```
/// use threadkit::{ThreadPool, as_completed};
///
/// let pool = ThreadPool::new(2);
/// let tasks = [3, 1, 2].map(|n| pool.submit(move || n));
/// let mut sum = 0;
/// for task in as_completed(tasks) {
///     sum += task.join().unwrap();
/// }
/// assert_eq!(sum, 6);
/// ```
#[must_use = "an iterator waits for nothing until it is asked"]
#[track_caller]
pub fn as_completed<A: AnyTask>(tasks: impl IntoIterator<Item = A>) -> AsCompleted<A> {
    let call = Operation::AS_COMPLETED.here();
    AsCompleted(AsCompletedUntil::new(tasks, Until::FOREVER, call))
}

/// Returns the tasks in the order in which they end. If a deadline or a stop token ends the wait, it returns an
/// error that says how many are unfinished.
///
/// [`AsCompletedUntil::into_rest`] returns the unfinished tasks.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::{ThreadPool, as_completed_until};
///
/// let pool = ThreadPool::new(2);
/// let slow = pool.submit(|| threadkit::stop_token().wait());
/// let quick = pool.submit(|| ());
///
/// let mut tasks = as_completed_until([&slow, &quick], Duration::from_millis(20));
/// assert!(tasks.next().unwrap().unwrap().is_finished());
/// assert_eq!(tasks.next().unwrap().unwrap_err().unfinished(), 1);
/// assert!(tasks.next().is_none());
/// for task in tasks.into_rest() {
///     task.stop();
/// }
/// ```
#[must_use = "an iterator waits for nothing until it is asked"]
#[track_caller]
pub fn as_completed_until<'a, A: AnyTask>(
    tasks: impl IntoIterator<Item = A>,
    until: impl IntoUntil<'a>,
) -> AsCompletedUntil<'a, A> {
    let call = Operation::AS_COMPLETED_UNTIL.here();
    AsCompletedUntil::new(tasks, until.into_until(), call)
}

/// Tasks whose ends are reported to `arrivals` until this is dropped.
struct Awaiting {
    /// `None` once given out.
    tasks: Vec<Option<Awaited>>,
    /// All tasks before that number were given out.
    first: usize,
    /// The pools of all of them, given out or not.
    pools: Vec<Arc<Shared>>,
    arrivals: Arc<Arrivals>,
}

impl Awaiting {
    fn new(tasks: Vec<Option<Awaited>>) -> Self {
        let pools = pools(tasks.iter().flatten());
        let arrivals = Arc::default();
        for (number, task) in tasks.iter().enumerate() {
            if let Some(task) = task {
                task.job.arrive_at(&arrivals, number);
            }
        }
        Self {
            tasks,
            first: 0,
            pools,
            arrivals,
        }
    }
}

impl Awaiting {
    /// Gives that task out.
    fn take_out(&mut self, number: usize) {
        self.tasks[number] = None;
        while let Some(None) = self.tasks.get(self.first) {
            self.first += 1;
        }
    }
}

/// The next of them to end.
impl TaskWait for Awaiting {
    type Output = usize;

    fn tasks(&self) -> impl DoubleEndedIterator<Item = &Awaited> {
        self.tasks[self.first..].iter().flatten()
    }

    fn pools(&self) -> Vec<Arc<Shared>> {
        self.pools.clone()
    }

    fn is_ready(&self) -> bool {
        self.arrivals.is_any()
    }

    fn sleep(
        &self,
        until: &Until<'_>,
        worker: Option<&Arc<dyn Interrupted>>,
    ) -> Result<usize, WaitError> {
        loop {
            let waiter = match self.arrivals.next(worker) {
                Ok(index) => return Ok(index),
                Err(waiter) => waiter,
            };
            if let Some(worker) = worker {
                worker.wait();
            }
            let why = match waiter.wait(until) {
                Outcome::Granted => continue,
                Outcome::Stopped => WaitError::Stopped,
                Outcome::Expired => WaitError::TimedOut,
            };
            return self.arrivals.last_look().ok_or(why);
        }
    }
}

impl Drop for Awaiting {
    fn drop(&mut self) {
        // Otherwise a task that runs for a long time would keep the arrivals of every abandoned wait alive.
        for task in self.tasks.iter().flatten() {
            task.job.stay_away_from(&self.arrivals);
        }
    }
}

/// An iterator over tasks in the order in which they end; made by [`as_completed_until`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::{ThreadPool, as_completed_until};
///
/// let pool = ThreadPool::new(1);
/// let tasks = [pool.submit(|| 1), pool.submit(|| 2)];
/// let mut done = as_completed_until(tasks, Duration::from_secs(60));
/// assert_eq!(done.next().unwrap().unwrap().join().unwrap(), 1);
/// assert_eq!(done.into_rest().count(), 1);
/// ```
#[must_use = "an iterator waits for nothing until it is asked"]
pub struct AsCompletedUntil<'a, A> {
    /// `None` once given out.
    tasks: Vec<Option<A>>,
    /// The same without their types.
    awaiting: Awaiting,
    left: usize,
    until: Until<'a>,
    has_waited: bool,
    over: bool,
    call: Call,
}

impl<'a, A: AnyTask> AsCompletedUntil<'a, A> {
    fn new(tasks: impl IntoIterator<Item = A>, until: Until<'a>, call: Call) -> Self {
        let mut known = IndexSet::new();
        let (tasks, awaited): (Vec<_>, Vec<_>) = tasks
            .into_iter()
            .map(|task| {
                let awaited = task.__awaited();
                (task, awaited)
            })
            .filter(|(_, awaited)| known.add(awaited.key()))
            .map(|(task, awaited)| (Some(task), Some(awaited)))
            .unzip();
        Self {
            left: tasks.len(),
            tasks,
            awaiting: Awaiting::new(awaited),
            until,
            has_waited: false,
            over: false,
            call,
        }
    }

    /// The tasks that were not given out.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{ThreadPool, as_completed_until};
    ///
    /// let pool = ThreadPool::new(1);
    /// let tasks = [pool.submit(|| threadkit::stop_token().wait())];
    /// let mut ended = as_completed_until(tasks, Duration::from_millis(5));
    /// assert!(ended.next().is_none_or(|task| task.is_err()));
    /// for task in ended.into_rest() {
    ///     task.stop();
    ///     task.join().unwrap();
    /// }
    /// ```
    pub fn into_rest(self) -> impl Iterator<Item = A> {
        self.tasks.into_iter().flatten()
    }

    fn advance(&mut self) -> Option<Result<A, Unfinished>> {
        if self.over || self.left == 0 {
            return None;
        }
        let next = match self.awaiting.arrivals.take() {
            Some(index) => Ok(index),
            None => {
                let _waiting = self.call.waiting();
                let first = !core::mem::replace(&mut self.has_waited, true);
                wait_again(&self.awaiting, &self.until, Refusable::Yes, first)
            }
        };
        match next {
            Ok(index) => {
                self.left -= 1;
                self.awaiting.take_out(index);
                self.tasks[index].take().map(Ok)
            }
            Err(why) => {
                self.over = true;
                Some(Err(Unfinished::new(self.left, self.tasks.len(), why)))
            }
        }
    }
}

impl<A: AnyTask> Iterator for AsCompletedUntil<'_, A> {
    type Item = Result<A, Unfinished>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance()
    }
}

impl<A> fmt::Debug for AsCompletedUntil<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompletedUntil")
            .field("left", &self.left)
            .field("total", &self.tasks.len())
            .finish_non_exhaustive()
    }
}

/// An iterator over tasks in the order in which they end; made by [`as_completed`].
///
/// # Examples
///
/// ```
/// use threadkit::{AsCompleted, Task, ThreadPool, as_completed};
///
/// fn sum(tasks: AsCompleted<Task<u32>>) -> u32 {
///     tasks.map(|task| task.join().unwrap()).sum()
/// }
///
/// let pool = ThreadPool::new(2);
/// assert_eq!(sum(as_completed([1, 2, 3].map(|n| pool.submit(move || n)))), 6);
/// ```
#[must_use = "an iterator waits for nothing until it is asked"]
pub struct AsCompleted<A>(AsCompletedUntil<'static, A>);

impl<A: AnyTask> Iterator for AsCompleted<A> {
    type Item = A;

    fn next(&mut self) -> Option<A> {
        // Without a limit, the wait ends only with a task.
        self.0.advance()?.ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.left, Some(self.0.left))
    }
}

impl<A: AnyTask> ExactSizeIterator for AsCompleted<A> {}

impl<A> fmt::Debug for AsCompleted<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted")
            .field("left", &self.0.left)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::ThreadPool;

    #[test]
    fn a_task_forgets_who_waits_for_it_no_longer() {
        let pool = ThreadPool::new(1);
        let task = pool.submit(|| crate::stop_token().wait());
        let mut ends = as_completed_until([&task], Duration::ZERO);
        assert!(ends.next().unwrap().is_err());
        let arrivals = Arc::clone(&ends.awaiting.arrivals);
        assert_eq!(Arc::strong_count(&arrivals), 3);
        drop(ends);
        assert_eq!(Arc::strong_count(&arrivals), 1);
        task.stop();
    }
}
