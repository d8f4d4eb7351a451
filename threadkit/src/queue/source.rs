//! The common interface of the three queues for gets.

use super::inner::Inner;
use super::store::Store;

/// A queue, as [`Select`](crate::Select), [`Jobs`](crate::Jobs) and the iterators see it.
///
/// Implemented by [`Queue`](crate::Queue), [`LifoQueue`](crate::LifoQueue) and
/// [`PriorityQueue`](crate::PriorityQueue); it cannot be implemented for other types.
///
/// # Examples
///
/// ```
/// use threadkit::{PriorityQueue, Queue, Select, Source};
///
/// /// Either queue, whatever its kind.
/// fn either<S: Source<Item = u32> + Sync>(queue: &S, urgent: &PriorityQueue<u32>) -> u32 {
///     let mut select = Select::new().get(urgent, |n| n).get(queue, |n| n);
///     select.wait().unwrap()
/// }
///
/// let (queue, urgent) = (Queue::unbounded(), PriorityQueue::unbounded());
/// queue.put(1).unwrap();
/// assert_eq!(either(&queue, &urgent), 1);
/// ```
#[expect(private_bounds, reason = "sealed: not for types of other crates")]
pub trait Source: Tap<Got = <Self as Source>::Item> {
    /// The type of the items.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{LifoQueue, Queue, Select, Source};
    ///
    /// /// The next item of any queue, whatever it holds.
    /// fn next<S: Source<Item: Send> + Sync>(queue: &S) -> <S as Source>::Item {
    ///     Select::new().get(queue, |item| item).wait().unwrap()
    /// }
    ///
    /// let (numbers, words) = (Queue::unbounded(), LifoQueue::unbounded());
    /// numbers.put(7).unwrap();
    /// words.put("last").unwrap();
    /// assert_eq!((next(&numbers), next(&words)), (7, "last"));
    /// ```
    type Item;
}

/// Access to the inside of a queue.
pub(super) trait Tap {
    type Got;
    type Store: Store<Item = Self::Got>;

    fn inner(&self) -> &Inner<Self::Store>;
}
