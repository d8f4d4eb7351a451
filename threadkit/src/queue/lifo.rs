//! [`LifoQueue`].

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
use crate::inspect::Operation;
use crate::wait::{IntoUntil, Until, WaitError};

/// Last in, first out, between any number of threads.
///
/// Apart from the order it is like [`Queue`](crate::Queue): a handle that can be cloned, bounded or not,
/// with the same methods. Its items are in one block of memory that doubles when it is full, so up to half
/// of the block is unused.
///
/// # Differences from Python's `LifoQueue`
///
/// Those of [`Queue`](crate::Queue#differences-from-pythons-queue).
///
/// # Differences from `std`
///
/// `std` has none; a `Vec` behind a mutex and a condition variable does the same.
///
/// # Examples
///
/// ```
/// use threadkit::LifoQueue;
///
/// let stack = LifoQueue::unbounded();
/// for n in [1, 2, 3] {
///     stack.put(n).unwrap();
/// }
/// assert_eq!(stack.get(), Ok(3));
/// assert_eq!(stack.drain(), [2, 1]);
/// ```
#[doc(alias = "stack")]
#[doc(alias = "LinkedBlockingDeque")]
pub struct LifoQueue<T> {
    inner: Arc<Inner<Locked<Vec<T>>>>,
}

impl<T> LifoQueue<T> {
    fn store(capacity: Option<usize>) -> Locked<Vec<T>> {
        Locked::new(Vec::new(), capacity)
    }
}

queue_methods!(LifoQueue, Locked<Vec<T>>);
