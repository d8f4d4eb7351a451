//! The put that replaces the oldest item.

use super::error::PutError;
use super::fifo::Queue;
use crate::inspect::Operation;

impl<T> Queue<T> {
    /// Puts an item, and never waits: if there is no room, it takes the oldest item out and returns it.
    ///
    /// Both are one step, so the queue keeps the latest items, and other threads never see it with fewer or more. For
    /// [`join`](Self::join) the item that was taken out is done.
    ///
    /// What happens when the queue is full is chosen for each put:
    ///
    /// | when full | write |
    /// | --- | --- |
    /// | wait for room | [`put`](Self::put), [`put_timeout`](Self::put_timeout), [`put_until`](Self::put_until) |
    /// | refuse the item | [`try_put`](Self::try_put), which returns it |
    /// | drop the newest item | `drop(queue.try_put(item))` |
    /// | drop the oldest item | `drop(queue.force_put(item))` |
    ///
    /// # Errors
    ///
    /// [`PutError::ShutDown`] with the item. There is no other.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Queue;
    ///
    /// let latest = Queue::bounded(2);
    /// assert_eq!(latest.force_put("monday"), Ok(None));
    /// assert_eq!(latest.force_put("tuesday"), Ok(None));
    /// assert_eq!(latest.force_put("wednesday"), Ok(Some("monday")));
    /// assert_eq!(latest.drain(), ["tuesday", "wednesday"]);
    /// ```
    #[doc(alias = "force_push")]
    #[doc(alias = "overwrite")]
    #[doc(alias = "deque")]
    #[doc(alias = "DiscardOldestPolicy")]
    #[doc(alias = "EvictingQueue")]
    #[track_caller]
    pub fn force_put(&self, item: T) -> Result<Option<T>, PutError<T>> {
        let call = Operation::named("Queue::force_put").here();
        self.inner().force_put(call, item)
    }
}
