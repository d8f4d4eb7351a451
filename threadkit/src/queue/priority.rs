//! [`PriorityQueue`].

use super::heap::Heap;
use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use super::any_queue::{AnyQueue, Tap};
use super::error::{GetError, PutError, ShutDown, TaskDoneError};
use super::inner::Inner;
use super::iter::{IntoIter, Iter};
use super::job::Jobs;
use super::locked::Locked;
use super::methods::{here, queue_methods};
use super::producer::Producer;
use super::store::Store;
use crate::backend::RawMutex;
use crate::inspect::Operation;
use crate::wait::{IntoUntil, Until, WaitError};

/// Smallest first, between any number of threads; equal items in the order in which they were put.
///
/// Apart from the order it is like [`Queue`](crate::Queue): a handle that can be cloned, bounded or not,
/// with the same methods. For greatest first, put [`Reverse`](core::cmp::Reverse)s.
///
/// Items are compared by their `Ord` while the queue is locked, so a comparison must be short and must not
/// use the queue. If it panics, the call that puts or takes panics, and the queue stays usable and keeps all
/// its items; an item whose `put` panics has not been put. [`get_up_to`](Self::get_up_to) returns the items
/// from before the panic, and [`shutdown_now`](Self::shutdown_now) and [`drain`](Self::drain) return all of
/// them, in another order.
///
/// # Differences from Python's `PriorityQueue`
///
/// Those of [`Queue`](crate::Queue#differences-from-pythons-queue). It is also stable: equal items come out
/// in the order in which they were put. The compiler refuses items that cannot be compared, and not a
/// `put`. So a pair of a priority and a value needs no counter in between. If the value cannot be compared,
/// give the item an `Ord` that looks at the priority only.
///
/// # Differences from `std::collections::BinaryHeap`
///
/// The smallest item comes first, and not the greatest, and equal items come in order.
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
    fn store(capacity: Option<usize>) -> Locked<Heap<T>, RawMutex> {
        Locked::new(Heap::new(), capacity)
    }
}

queue_methods!(PriorityQueue, Locked<Heap<T>, RawMutex>, Ord);
