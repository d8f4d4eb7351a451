//! [`Queue`].

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use super::error::{GetError, PutError, ShutDown, TaskDoneError};
use super::inner::Inner;
use super::iter::{IntoIter, Iter};
use super::job::Jobs;
use super::methods::queue_methods;
use super::source::{Source, Tap};
use super::store::Store;
use super::two_ended::TwoEnded;
use crate::wait::{IntoUntil, Until, WaitError};

/// First in, first out, between any number of threads.
///
/// A queue is a handle: clones are the same queue, and all can put and take. It is
/// [`bounded`](Self::bounded), so that who puts waits for who takes, or
/// [`unbounded`](Self::unbounded). It ends when somebody says so, by [`shutdown`](Self::shutdown) or
/// [`shutdown_now`](Self::shutdown_now), not when handles are dropped.
///
/// | | |
/// | --- | --- |
/// | order | What one thread puts comes out in the order in which it was put. |
/// | fair? | Who waits is served in turn, but may be overtaken by who does not need to wait. |
/// | a stop or a deadline | takes nothing along: an item is in the queue, or somebody has it. |
/// | a panic of a worker | loses the item it has in hand; with [`jobs`](Self::jobs) it still counts as done. |
/// | dropping the last handle | drops what is left. |
/// | memory | What the items take, and less than half a byte for each beside; what was taken gives its memory back as it goes. An empty queue takes less than a kilobyte. |
///
/// # Differences from Python's `Queue`
///
/// `put`, `get`, `task_done` and `join` are what they are there, `shutdown` is that of Python 3.13.
/// `put_nowait` is [`try_put`](Self::try_put), `qsize` is [`len`](Self::len). Different on purpose:
///
/// - no limit is written `unbounded()`, and not as a size of zero or less; the room cannot be changed
///   afterwards, as that of Python's by its `maxsize`;
/// - a time limit cannot be negative; who waits for ever uses the form without one;
/// - errors are returned, and a failed put gives the item back;
/// - `task_done` once too often is measured by what was *taken*, not by what was put: to be done with an
///   item that nobody has taken is an error too;
/// - `shutdown(immediate=True)` is [`shutdown_now`](Self::shutdown_now), which returns what was left
///   instead of dropping it; `join` never ends with an error;
/// - waits can be ended by a stop; there are batches, iterators and [`Select`](crate::Select).
///
/// # Differences from `std::sync::mpsc`
///
/// Any number of threads can take; there is one type for both ends, so an end is said and not
/// guessed from dropped handles; `join` tells when all is done. There is no queue with no room at
/// all, at which both sides would meet.
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
///             } // done with it
///             sum
///         })
///     })
///     .collect();
///
/// for n in 1..=1000 {
///     queue.put(n).unwrap(); // waits while ten are waiting to be taken
/// }
/// queue.join(); // all of them are done
/// queue.shutdown(); // the workers go home
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
    #[track_caller]
    fn with_capacity(capacity: Option<usize>) -> Self {
        Self {
            inner: Arc::new(Inner::new(TwoEnded::new(capacity))),
        }
    }
}

queue_methods!(Queue, TwoEnded<T>);
