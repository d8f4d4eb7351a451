//! Queues as iterators.

use core::fmt;
use core::iter::FusedIterator;

use super::source::Source;
use crate::wait::Until;

/// The items of a queue, waiting for each, until the queue ends; made by `iter()` and `until()`.
#[must_use = "iterators do nothing until they are asked for an item"]
pub struct Iter<'a, S> {
    pub(super) source: &'a S,
    pub(super) until: Until<'a>,
}

impl<S: Source> Iterator for Iter<'_, S> {
    type Item = <S as Source>::Item;

    #[track_caller]
    fn next(&mut self) -> Option<Self::Item> {
        self.source.inner().next("Queue::next", &self.until)
    }
}

/// A queue that has ended stays so, and a stop is never taken back.
impl<S: Source> FusedIterator for Iter<'_, S> {}

impl<S> fmt::Debug for Iter<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter")
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// The items of a queue, waiting for each, until the queue ends; owns a handle of the queue.
#[must_use = "iterators do nothing until they are asked for an item"]
pub struct IntoIter<S> {
    pub(super) source: S,
}

impl<S: Source> Iterator for IntoIter<S> {
    type Item = <S as Source>::Item;

    #[track_caller]
    fn next(&mut self) -> Option<Self::Item> {
        self.source.inner().next("Queue::next", &Until::FOREVER)
    }
}

/// A queue that has ended stays so.
impl<S: Source> FusedIterator for IntoIter<S> {}

impl<S> fmt::Debug for IntoIter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter").finish_non_exhaustive()
    }
}
