//! Queues as iterators.

use core::fmt;
use core::iter::FusedIterator;

use super::any_queue::AnyQueue;
use crate::inspect::Call;
use crate::wait::Until;

/// Waits for the items of a queue and returns them one by one, until the queue ends; made by `iter()` and
/// `until()`.
///
/// # Examples
///
/// ```
/// use threadkit::Queue;
///
/// let queue = Queue::unbounded();
/// let producer = queue.clone();
/// let thread = threadkit::spawn(move || {
///     (1..=3).for_each(|n| producer.put(n).unwrap());
///     producer.shutdown();
/// });
/// assert_eq!(queue.iter().sum::<i32>(), 6);
/// thread.join().unwrap();
/// ```
#[must_use = "iterators do nothing until they are asked for an item"]
pub struct Iter<'a, S> {
    pub(super) source: &'a S,
    pub(super) until: Until<'a>,
    pub(super) call: Call,
}

impl<S: AnyQueue> Iterator for Iter<'_, S> {
    type Item = <S as AnyQueue>::Item;

    fn next(&mut self) -> Option<Self::Item> {
        self.source.inner().next(self.call, &self.until)
    }
}

/// A queue that has ended does not open again, and a stop is never taken back.
impl<S: AnyQueue> FusedIterator for Iter<'_, S> {}

impl<S> fmt::Debug for Iter<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter")
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// Waits for the items of a queue and returns them one by one, until the queue ends; owns a handle of the
/// queue.
///
/// # Examples
///
/// ```
/// use threadkit::Queue;
///
/// let queue = Queue::unbounded();
/// let items = queue.clone();
/// let consumer = threadkit::spawn(move || items.into_iter().collect::<Vec<_>>());
/// queue.put("a").unwrap();
/// queue.put("b").unwrap();
/// queue.shutdown();
/// assert_eq!(consumer.join().unwrap(), ["a", "b"]);
/// ```
#[must_use = "iterators do nothing until they are asked for an item"]
pub struct IntoIter<S> {
    pub(super) source: S,
    pub(super) call: Call,
}

impl<S: AnyQueue> Iterator for IntoIter<S> {
    type Item = <S as AnyQueue>::Item;

    fn next(&mut self) -> Option<Self::Item> {
        self.source.inner().next(self.call, &Until::FOREVER)
    }
}

/// A queue that has ended does not open again.
impl<S: AnyQueue> FusedIterator for IntoIter<S> {}

impl<S> fmt::Debug for IntoIter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter").finish_non_exhaustive()
    }
}
