//! [`Producer`].

use core::fmt;
use core::ops::Deref;

use super::any_queue::AnyQueue;
use crate::inspect::Operation;

/// A handle of a queue that shuts the queue down when it and all its clones are dropped.
///
/// It is made by `queue.producer()`, and has all methods of the queue: `producer.put(item)`. When the last producer of
/// a queue is dropped, at the end of its thread, early by `?` or while a panic unwinds, the queue is shut down.
/// Consumers get the items that are left, and then their loops end. No consumer waits for a producer that has died.
///
/// - Make or clone the producers before the first one can end: a queue that was shut down takes no more items.
/// - Drop your own before you take items on the same thread: the loop ends only when all of them are gone.
/// - Other handles of the queue do not count. They can put and take as ever, and do not keep the queue open.
///
/// # Differences from channels
///
/// It corresponds to the sender of `std::sync::mpsc` and of other channels, which end with their last sender. A queue
/// without producers has no such end, and needs a call of `shutdown`. Producers do not notice that all consumers are
/// gone: a consumer that gives up calls `shutdown`.
///
/// # Differences from Python
///
/// Python has none. There, a producer that fails has to call `queue.shutdown()` itself, in a `finally`.
///
/// # Examples
///
/// ```
/// use threadkit::Queue;
///
/// let lines = Queue::bounded(10);
/// let producer = lines.producer();
/// let reader = threadkit::spawn(move || {
///     for line in ["one", "two", "not a number"] {
///         assert!(line != "not a number", "a bad line");
///         producer.put(line).unwrap();
///     }
/// });
///
/// // The reader panics. The consumer gets what was read, and its loop ends.
/// assert!(lines.iter().eq(["one", "two"]));
/// assert!(reader.join().is_err());
/// ```
///
/// Several, of which the last one ends the queue:
///
/// ```
/// use threadkit::Queue;
///
/// let queue = Queue::bounded(1);
/// let producer = queue.producer();
/// let threads = [1, 2, 3].map(|n| {
///     let producer = producer.clone();
///     threadkit::spawn(move || producer.put(n).unwrap())
/// });
/// drop(producer); // or the loop would wait for this one
/// assert_eq!(queue.iter().sum::<i32>(), 6);
/// threadkit::join_all(threads).unwrap();
/// ```
#[must_use = "the queue is shut down when its last producer is dropped"]
#[doc(alias = "Sender")]
#[doc(alias = "SyncSender")]
#[doc(alias = "disconnect")]
pub struct Producer<Q: AnyQueue> {
    queue: Q,
}

// The producers of a queue are counted. The count alone decides which of them is the last, by the same step that
// takes it out. So of two that are dropped at once, exactly one shuts the queue down. A producer that is made when the
// last one is being dropped may find the queue shut down; that is the same as being made after it.

impl<Q: AnyQueue> Producer<Q> {
    pub(super) fn new(queue: Q) -> Self {
        queue.inner().add_producer();
        Self { queue }
    }
}

/// One more producer of the same queue.
impl<Q: AnyQueue> Clone for Producer<Q> {
    fn clone(&self) -> Self {
        Self::new(self.queue.clone())
    }
}

impl<Q: AnyQueue> Drop for Producer<Q> {
    fn drop(&mut self) {
        if self.queue.inner().remove_producer() {
            let call = Operation::named("drop of the last Producer").here();
            self.queue.inner().shutdown(call);
        }
    }
}

impl<Q: AnyQueue> Deref for Producer<Q> {
    type Target = Q;

    fn deref(&self) -> &Q {
        &self.queue
    }
}

impl<Q: AnyQueue + fmt::Debug> fmt::Debug for Producer<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Producer").field(&self.queue).finish()
    }
}
