//! [`PriorityQueue`].

use super::heap::Heap;
use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use super::error::{GetError, PutError, ShutDown, TaskDoneError};
use super::inner::Inner;
use super::iter::{IntoIter, Iter};
use super::job::Jobs;
use super::locked::Locked;
use super::methods::queue_methods;
use super::source::{Source, Tap};
use super::store::Store;
use crate::backend::RawMutex;
use crate::wait::{IntoUntil, Until, WaitError};

/// Smallest first, between any number of threads; first come, first served among equals.
///
/// In everything but the order it is as [`Queue`](crate::Queue): a handle that can be cloned, bounded
/// or not, with the same methods. For greatest first, put [`Reverse`](core::cmp::Reverse)s.
///
/// Items are compared by their `Ord` while the queue is locked: let it be short, and not use the queue
/// itself. Should it panic, the panic passes through whoever puts or takes, the queue stays usable and
/// keeps all items it had; an item whose `put` panics has not been put.
/// [`get_up_to`](Self::get_up_to) returns what it had before the panic, and
/// [`shutdown_now`](Self::shutdown_now) and [`drain`](Self::drain) return all, in another order.
///
/// # Differences from Python's `PriorityQueue`
///
/// Those of [`Queue`](crate::Queue#differences-from-pythons-queue), and it is stable: equal items come
/// out in the order in which they were put. Items that cannot be compared are refused by the compiler,
/// and not by a `put`. So there is no need for a counter between a priority and
/// what it belongs to, unless the latter cannot be compared: then give the item an `Ord` that looks at
/// the priority only.
///
/// # Differences from `std::collections::BinaryHeap`
///
/// The smallest comes first and not the greatest, and equals come in order.
///
/// # Examples
///
/// ```
/// use threadkit::PriorityQueue;
///
/// let queue = PriorityQueue::unbounded();
/// for job in [(2, "sweep"), (1, "extinguish"), (3, "paint")] {
///     queue.put(job).unwrap();
/// }
/// assert_eq!(queue.get(), Ok((1, "extinguish")));
/// assert_eq!(queue.get(), Ok((2, "sweep")));
/// ```
#[doc(alias = "BinaryHeap")]
#[doc(alias = "PriorityBlockingQueue")]
#[doc(alias = "heapq")]
pub struct PriorityQueue<T> {
    inner: Arc<Inner<Locked<Heap<T>, RawMutex>>>,
}

impl<T: Ord> PriorityQueue<T> {
    #[track_caller]
    fn with_capacity(capacity: Option<usize>) -> Self {
        Self {
            inner: Arc::new(Inner::new(Locked::new(Heap::new(), capacity))),
        }
    }
}

queue_methods!(PriorityQueue, Locked<Heap<T>, RawMutex>, Ord);
