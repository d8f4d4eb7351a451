//! The trait of all three queues.

use core::time::Duration;

use super::error::{GetError, PutError, ShutDown, TaskDoneError};
use super::inner::Inner;
use super::store::Store;
use crate::inspect::Operation;
use crate::wait::{IntoUntil, Until};

/// The interface of all queues, for code that works with any of them.
///
/// It is implemented by [`Queue`](crate::Queue), [`LifoQueue`](crate::LifoQueue) and
/// [`PriorityQueue`](crate::PriorityQueue), and cannot be implemented for other types. Each method does what the
/// method of that name does on [`Queue`](crate::Queue); a program that names one of the queues does not need the
/// trait. [`Select`](crate::Select), [`Job`](crate::Job), [`Producer`](crate::Producer) and the iterators take any
/// queue by it.
///
/// # Examples
///
/// ```
/// use threadkit::{AnyQueue, LifoQueue, PriorityQueue, PutError, Queue};
///
/// /// Moves all items of one queue to another, whatever their kinds.
/// fn pour<T: Send>(
///     from: &impl AnyQueue<Item = T>,
///     to: &impl AnyQueue<Item = T>,
/// ) -> Result<(), PutError<T>> {
///     while let Ok(item) = from.try_get() {
///         to.put(item)?;
///     }
///     Ok(())
/// }
///
/// let (queue, stack, sorted) = (Queue::unbounded(), LifoQueue::unbounded(), PriorityQueue::unbounded());
/// for n in [2, 3, 1] {
///     queue.put(n).unwrap();
/// }
/// pour(&queue, &sorted).unwrap();
/// pour(&sorted, &stack).unwrap();
/// assert_eq!(stack.drain(), [3, 2, 1]);
/// ```
#[expect(private_bounds, reason = "sealed: not for types of other crates")]
#[doc(alias = "BlockingQueue")]
pub trait AnyQueue: Tap<Got = <Self as AnyQueue>::Item> + Clone {
    /// The type of the items.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{AnyQueue, LifoQueue, Queue};
    ///
    /// /// The next item of any queue, whatever it holds.
    /// fn next<Q: AnyQueue>(queue: &Q) -> <Q as AnyQueue>::Item {
    ///     queue.get().unwrap()
    /// }
    ///
    /// let (numbers, words) = (Queue::unbounded(), LifoQueue::unbounded());
    /// numbers.put(7).unwrap();
    /// words.put("last").unwrap();
    /// assert_eq!((next(&numbers), next(&words)), (7, "last"));
    /// ```
    type Item;

    /// Puts an item, and waits for room if there is none.
    ///
    /// # Errors
    ///
    /// [`PutError::ShutDown`] with the item.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{AnyQueue, PriorityQueue};
    ///
    /// fn refill(queue: &impl AnyQueue<Item = u32>) {
    ///     (1..=3).for_each(|n| queue.put(n).unwrap());
    /// }
    ///
    /// let queue = PriorityQueue::bounded(3);
    /// refill(&queue);
    /// assert!(queue.is_full());
    /// ```
    #[track_caller]
    fn put(
        &self,
        item: <Self as AnyQueue>::Item,
    ) -> Result<(), PutError<<Self as AnyQueue>::Item>> {
        let call = Operation::named("AnyQueue::put").here();
        self.inner().put(call, item, || Until::FOREVER)
    }

    /// Puts an item, if there is room at this moment.
    ///
    /// # Errors
    ///
    /// [`PutError::Full`] or [`PutError::ShutDown`], with the item.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{AnyQueue, LifoQueue};
    ///
    /// fn offer<T>(queue: &impl AnyQueue<Item = T>, item: T) -> Option<T> {
    ///     queue.try_put(item).err().map(|error| error.into_inner())
    /// }
    ///
    /// let queue = LifoQueue::bounded(1);
    /// assert_eq!(offer(&queue, 'a'), None);
    /// assert_eq!(offer(&queue, 'b'), Some('b'));
    /// ```
    #[track_caller]
    fn try_put(
        &self,
        item: <Self as AnyQueue>::Item,
    ) -> Result<(), PutError<<Self as AnyQueue>::Item>> {
        self.inner()
            .try_put(Operation::named("AnyQueue::try_put").here(), item)
    }

    /// Puts an item, and waits for room for a limited time.
    ///
    /// # Errors
    ///
    /// [`PutError::TimedOut`] or [`PutError::ShutDown`], with the item.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{AnyQueue, PutError, Queue};
    ///
    /// fn briefly<T>(queue: &impl AnyQueue<Item = T>, item: T) -> Result<(), PutError<T>> {
    ///     queue.put_timeout(item, Duration::from_millis(5))
    /// }
    ///
    /// let queue = Queue::bounded(1);
    /// assert_eq!(briefly(&queue, 'a'), Ok(()));
    /// assert_eq!(briefly(&queue, 'b'), Err(PutError::TimedOut('b')));
    /// ```
    #[track_caller]
    fn put_timeout(
        &self,
        item: <Self as AnyQueue>::Item,
        timeout: Duration,
    ) -> Result<(), PutError<<Self as AnyQueue>::Item>> {
        let call = Operation::named("AnyQueue::put_timeout").here();
        self.inner().put(call, item, || Until::after(timeout))
    }

    /// Puts an item, and waits for room until a deadline or a stop.
    ///
    /// # Errors
    ///
    /// [`PutError::TimedOut`], [`PutError::Stopped`] or [`PutError::ShutDown`], with the item.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{AnyQueue, Queue, StopToken};
    ///
    /// fn produce(queue: &impl AnyQueue<Item = u64>, stop: &StopToken) -> u64 {
    ///     let made = (0..).take_while(|n| queue.put_until(*n, stop).is_ok());
    ///     made.count() as u64
    /// }
    ///
    /// let queue = Queue::bounded(3);
    /// let producer = threadkit::spawn(move || produce(&queue, &threadkit::stop_token()));
    /// producer.stop();
    /// assert_eq!(producer.join().unwrap(), 3);
    /// ```
    #[track_caller]
    fn put_until<'u>(
        &self,
        item: <Self as AnyQueue>::Item,
        until: impl IntoUntil<'u>,
    ) -> Result<(), PutError<<Self as AnyQueue>::Item>> {
        let call = Operation::named("AnyQueue::put_until").here();
        self.inner().put(call, item, || until.into_until())
    }

    /// Takes an item, and waits for one if there is none.
    ///
    /// # Errors
    ///
    /// [`ShutDown`] if the queue is shut down and empty.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{AnyQueue, LifoQueue, ShutDown};
    ///
    /// fn two<T>(queue: &impl AnyQueue<Item = T>) -> Result<[T; 2], ShutDown> {
    ///     Ok([queue.get()?, queue.get()?])
    /// }
    ///
    /// let queue = LifoQueue::unbounded();
    /// queue.put(1).unwrap();
    /// queue.put(2).unwrap();
    /// assert_eq!(two(&queue), Ok([2, 1]));
    /// ```
    #[track_caller]
    fn get(&self) -> Result<<Self as AnyQueue>::Item, ShutDown> {
        // Without a limit there is no other error.
        let call = Operation::named("AnyQueue::get").here();
        self.inner().get(call, || Until::FOREVER, |_| ShutDown)
    }

    /// Takes an item, if there is one at this moment.
    ///
    /// # Errors
    ///
    /// [`GetError::Empty`] or [`GetError::ShutDown`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{AnyQueue, Queue};
    ///
    /// fn count<Q: AnyQueue>(queue: &Q) -> usize {
    ///     std::iter::from_fn(|| queue.try_get().ok()).count()
    /// }
    ///
    /// let queue = Queue::unbounded();
    /// queue.put("item").unwrap();
    /// assert_eq!(count(&queue), 1);
    /// ```
    #[track_caller]
    fn try_get(&self) -> Result<<Self as AnyQueue>::Item, GetError> {
        self.inner()
            .try_get(Operation::named("AnyQueue::try_get").here())
    }

    /// Takes an item, and waits for one for a limited time.
    ///
    /// # Errors
    ///
    /// [`GetError::TimedOut`] or [`GetError::ShutDown`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{AnyQueue, GetError, PriorityQueue};
    ///
    /// fn briefly<Q: AnyQueue>(queue: &Q) -> Result<<Q as AnyQueue>::Item, GetError> {
    ///     queue.get_timeout(Duration::from_millis(5))
    /// }
    ///
    /// let queue = PriorityQueue::unbounded();
    /// assert_eq!(briefly(&queue), Err(GetError::TimedOut));
    /// queue.put(7).unwrap();
    /// assert_eq!(briefly(&queue), Ok(7));
    /// ```
    #[track_caller]
    fn get_timeout(&self, timeout: Duration) -> Result<<Self as AnyQueue>::Item, GetError> {
        let call = Operation::named("AnyQueue::get_timeout").here();
        self.inner()
            .get(call, || Until::after(timeout), |error| error)
    }

    /// Takes an item, and waits for one until a deadline or a stop.
    ///
    /// # Errors
    ///
    /// [`GetError::TimedOut`], [`GetError::Stopped`] or [`GetError::ShutDown`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{AnyQueue, GetError, Queue, StopToken};
    ///
    /// fn next<T>(queue: &impl AnyQueue<Item = T>, stop: &StopToken) -> Result<T, GetError> {
    ///     queue.get_until(stop)
    /// }
    ///
    /// let queue: Queue<u32> = Queue::unbounded();
    /// let getter = threadkit::spawn(move || next(&queue, &threadkit::stop_token()));
    /// getter.stop();
    /// assert_eq!(getter.join().unwrap(), Err(GetError::Stopped));
    /// ```
    #[track_caller]
    fn get_until<'u>(
        &self,
        until: impl IntoUntil<'u>,
    ) -> Result<<Self as AnyQueue>::Item, GetError> {
        let call = Operation::named("AnyQueue::get_until").here();
        self.inner().get(call, || until.into_until(), |error| error)
    }

    /// Counts an item that was taken as done.
    ///
    /// # Errors
    ///
    /// [`TaskDoneError`] if every item that was taken is done already.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{AnyQueue, Queue};
    ///
    /// fn skip<Q: AnyQueue>(queue: &Q) {
    ///     queue.get().unwrap();
    ///     queue.task_done().unwrap();
    /// }
    ///
    /// let queue = Queue::unbounded();
    /// queue.put("job").unwrap();
    /// skip(&queue);
    /// queue.join();
    /// ```
    #[track_caller]
    fn task_done(&self) -> Result<(), TaskDoneError> {
        self.inner()
            .task_done(Operation::named("AnyQueue::task_done").here())
    }

    /// Shuts the queue down; returns whether it was open before.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{AnyQueue, Queue};
    ///
    /// fn end(queues: &[impl AnyQueue]) -> usize {
    ///     queues.iter().filter(|queue| queue.shutdown()).count()
    /// }
    ///
    /// let queues: [Queue<u32>; 2] = [Queue::unbounded(), Queue::unbounded()];
    /// queues[0].shutdown();
    /// assert_eq!(end(&queues), 1);
    /// ```
    #[track_caller]
    fn shutdown(&self) -> bool {
        self.inner()
            .shutdown(Operation::named("AnyQueue::shutdown").here())
    }

    /// Whether the queue was shut down. There may still be items in it.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{AnyQueue, Queue};
    ///
    /// fn takes_more<Q: AnyQueue>(queue: &Q) -> bool {
    ///     !queue.is_shut_down()
    /// }
    ///
    /// let queue: Queue<u32> = Queue::unbounded();
    /// assert!(takes_more(&queue));
    /// queue.shutdown();
    /// assert!(!takes_more(&queue));
    /// ```
    #[track_caller]
    fn is_shut_down(&self) -> bool {
        self.inner()
            .is_shut(Operation::named("AnyQueue::is_shut_down").here())
    }

    /// How many items are in the queue at this moment.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{AnyQueue, Queue};
    ///
    /// fn total(queues: &[impl AnyQueue]) -> usize {
    ///     queues.iter().map(|queue| queue.len()).sum()
    /// }
    ///
    /// let queues = [Queue::unbounded(), Queue::unbounded()];
    /// queues.iter().for_each(|queue| queue.put('a').unwrap());
    /// assert_eq!(total(&queues), 2);
    /// ```
    #[track_caller]
    fn len(&self) -> usize {
        self.inner().len(Operation::named("AnyQueue::len").here())
    }

    /// Whether there is no item in the queue at this moment.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{AnyQueue, Queue};
    ///
    /// fn all_empty(queues: &[impl AnyQueue]) -> bool {
    ///     queues.iter().all(|queue| queue.is_empty())
    /// }
    ///
    /// assert!(all_empty(&[Queue::<u32>::unbounded(), Queue::bounded(1)]));
    /// ```
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of items that the queue has room for; `None` without a limit.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{AnyQueue, LifoQueue};
    ///
    /// fn room<Q: AnyQueue>(queue: &Q) -> Option<usize> {
    ///     queue.capacity().map(|capacity| capacity - queue.len())
    /// }
    ///
    /// let queue = LifoQueue::bounded(3);
    /// queue.put('a').unwrap();
    /// assert_eq!(room(&queue), Some(2));
    /// ```
    fn capacity(&self) -> Option<usize> {
        self.inner().store().capacity()
    }
}

/// Access to the inside of a queue.
pub(super) trait Tap {
    type Got;
    type Store: Store<Item = Self::Got>;

    fn inner(&self) -> &Inner<Self::Store>;
}
