//! [`Queue`].

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use super::any_queue::{AnyQueue, Tap};
use super::error::{GetError, PutError, ShutDown, TaskDoneError};
use super::inner::Inner;
use super::iter::{IntoIter, Iter};
use super::job::Jobs;
use super::methods::{here, queue_methods};
use super::producer::Producer;
use super::store::Store;
use super::two_ended::TwoEnded;
use crate::inspect::Operation;
use crate::wait::{IntoUntil, Until, WaitError};

/// First in, first out, between any number of threads.
///
/// A queue is a handle: clones are the same queue, and each of them can put and take. It is [`bounded`](Self::bounded),
/// so that a put waits for room, or [`unbounded`](Self::unbounded). A full queue can also refuse an item, or drop its
/// [oldest](Self::force_put). It ends by a call of [`shutdown`](Self::shutdown) or
/// [`shutdown_now`](Self::shutdown_now), and not when handles are dropped. To have it end with the threads that put,
/// also if one of them panics, give each a [`producer`](Self::producer).
///
/// | | |
/// | --- | --- |
/// | order | Items put by one thread come out in the order in which it put them. |
/// | fair? | Waiters are served in order. A thread that need not wait may overtake them. |
/// | a stop or a deadline | loses no item: it is in the queue, or one thread has it. |
/// | a panic of a worker | drops the item that it has taken; with [`jobs`](Self::jobs) the item counts as done. |
/// | dropping the last handle | drops the items that are left. |
/// | memory | That of the items, with almost nothing added for each. Memory of items that were taken is freed as the queue shrinks. A new queue takes less than a kilobyte; one that many items went through keeps memory for some hundreds of them, at most a few kilobytes for small ones. |
///
/// # Differences from Python's `Queue`
///
/// `put`, `get`, `task_done` and `join` do what they do there. `shutdown` is that of Python 3.13.
/// `put_nowait` is [`try_put`](Self::try_put), `qsize` is [`len`](Self::len). These differences are
/// deliberate:
///
/// - A queue without a limit is `unbounded()`, and not one of size zero or less. The capacity cannot be
///   changed afterwards, as Python's `maxsize` can.
/// - A time limit cannot be negative. A wait without a limit is the form without one.
/// - Errors are returned, and a failed put gives the item back.
/// - `task_done` counts against items that were *taken*, and not against items that were put: a call for an
///   item that no thread has taken is an error too.
/// - `shutdown(immediate=True)` is [`shutdown_now`](Self::shutdown_now). It returns the items that were
///   left instead of dropping them, and `join` never ends with an error.
/// - A stop can end every wait. There are batches, iterators and [`Select`](crate::Select).
///
/// # Differences from `std::sync::mpsc`
///
/// Any number of threads can take items. Both ends have one type, so the end of the queue is a call, and does not
/// follow from dropped handles; a [`Producer`](crate::Producer) is the sender of a channel, whose last drop ends the
/// queue. `join` waits until all items are done. There is no queue of capacity zero, where each put would wait for a
/// get.
///
/// # Examples
///
/// ```
/// use threadkit::Queue;
///
/// let queue = Queue::bounded(10);
/// let workers: Vec<_> = (0..3)
///     .map(|_| {
///         let queue: Queue<u64> = queue.clone();
///         threadkit::spawn(move || {
///             let mut sum = 0;
///             for job in queue.jobs() {
///                 sum += *job;
///             } // the job is done here
///             sum
///         })
///     })
///     .collect();
///
/// for n in 1..=1000 {
///     queue.put(n).unwrap(); // waits while ten are waiting to be taken
/// }
/// queue.join(); // all of them are done
/// queue.shutdown(); // ends the workers' loops
///
/// let sums = threadkit::join_all(workers).unwrap();
/// assert_eq!(sums.iter().sum::<u64>(), 500_500);
/// ```
#[doc(alias = "channel")]
#[doc(alias = "mpsc")]
#[doc(alias = "mpmc")]
#[doc(alias = "BlockingQueue")]
pub struct Queue<T> {
    inner: Arc<Inner<TwoEnded<T>>>,
}

impl<T> Queue<T> {
    fn store(capacity: Option<usize>) -> TwoEnded<T> {
        TwoEnded::new(capacity)
    }

    pub(super) fn inner(&self) -> &Inner<TwoEnded<T>> {
        &self.inner
    }
}

queue_methods!(Queue, TwoEnded<T>);
