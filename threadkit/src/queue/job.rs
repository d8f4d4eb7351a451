//! Items that count as done when they are dropped.

use core::fmt;
use core::iter::FusedIterator;
use core::ops::{Deref, DerefMut};

use super::any_queue::AnyQueue;
use crate::inspect::{Call, Operation};
use crate::wait::Until;

/// An item that was taken from a queue; when it is dropped, it counts as done.
///
/// Made by the iterators that `jobs()` and `jobs_until()` return. It dereferences to the item. A worker
/// that panics drops it as well, so no `join` waits for ever.
///
/// # Examples
///
/// ```
/// use threadkit::Queue;
///
/// let queue = Queue::unbounded();
/// queue.put("dishes".to_owned()).unwrap();
/// let job = queue.jobs().next().unwrap();
/// assert_eq!(job.len(), 6);
/// assert_eq!(queue.unfinished(), 1);
/// drop(job);
/// assert_eq!(queue.unfinished(), 0);
/// ```
pub struct Job<'a, S: AnyQueue> {
    /// `None` only once it was taken out by `finish`.
    item: Option<<S as AnyQueue>::Item>,
    source: &'a S,
}

impl<S: AnyQueue> Job<'_, S> {
    /// Counts the item as done, and returns it.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Queue;
    ///
    /// let queue = Queue::unbounded();
    /// queue.put("dishes").unwrap();
    /// let job = queue.jobs().next().unwrap();
    /// assert_eq!(job.finish(), "dishes");
    /// assert_eq!(queue.unfinished(), 0);
    /// ```
    pub fn finish(mut self) -> <S as AnyQueue>::Item {
        match self.item.take() {
            Some(item) => item,
            None => unreachable!("only `finish` takes the item out, and it consumes the job"),
        }
    }
}

impl<S: AnyQueue> Deref for Job<'_, S> {
    type Target = <S as AnyQueue>::Item;

    fn deref(&self) -> &Self::Target {
        match &self.item {
            Some(item) => item,
            None => unreachable!("only `finish` takes the item out, and it consumes the job"),
        }
    }
}

impl<S: AnyQueue> DerefMut for Job<'_, S> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match &mut self.item {
            Some(item) => item,
            None => unreachable!("only `finish` takes the item out, and it consumes the job"),
        }
    }
}

impl<S: AnyQueue> Drop for Job<'_, S> {
    fn drop(&mut self) {
        /// Counts when it is dropped, so also if the drop of the item panics.
        struct Count<'a, S: AnyQueue>(&'a S);

        impl<S: AnyQueue> Drop for Count<'_, S> {
            fn drop(&mut self) {
                // It fails only if the program has called `task_done` for this very item. The error is
                // ignored, because a drop cannot return it.
                let _ = self
                    .0
                    .inner()
                    .task_done(Operation::named("drop of a Job").here());
            }
        }

        let _count = Count(self.source);
        // First, so that the item is done only when its drop has run.
        self.item = None;
    }
}

impl<S: AnyQueue> fmt::Debug for Job<'_, S>
where
    <S as AnyQueue>::Item: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Job").field(&**self).finish()
    }
}

/// The items of a queue as [jobs](Job), until the queue ends; made by `jobs()` and `jobs_until()`.
///
/// # Examples
///
/// ```
/// use threadkit::Queue;
///
/// let queue = Queue::unbounded();
/// queue.put(1).unwrap();
/// queue.put(2).unwrap();
/// queue.shutdown();
/// for job in queue.jobs() {
///     assert!(*job > 0);      // done at the end of each turn
/// }
/// queue.join();
/// assert_eq!(queue.unfinished(), 0);
/// ```
#[must_use = "iterators do nothing until they are asked for an item"]
pub struct Jobs<'a, S: AnyQueue> {
    pub(super) source: &'a S,
    pub(super) until: Until<'a>,
    pub(super) call: Call,
}

impl<'a, S: AnyQueue> Iterator for Jobs<'a, S> {
    type Item = Job<'a, S>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.source.inner().next(self.call, &self.until)?;
        Some(Job {
            item: Some(item),
            source: self.source,
        })
    }
}

/// A queue that has ended does not open again, and a stop is never taken back.
impl<S: AnyQueue> FusedIterator for Jobs<'_, S> {}

impl<S: AnyQueue> fmt::Debug for Jobs<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs")
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}
