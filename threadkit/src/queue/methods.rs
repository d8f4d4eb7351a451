//! The methods that all three queues have, with their docs.

/// Writes the methods of a queue whose field `inner` is an `Arc<Inner<..>>`.
macro_rules! queue_methods {
    ($Queue:ident, $Store:ty $(, $bound:path)?) => {
        impl<T $(: $bound)?> $Queue<T> {
            /// Makes a queue with room for `capacity` items. A put into a full queue waits.
            ///
            /// # Panics
            ///
            /// If `capacity` is zero: nothing could ever be put.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::{PutError, ", stringify!($Queue), "};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::bounded(2);")]
            /// queue.put(1).unwrap();
            /// queue.put(2).unwrap();
            /// assert_eq!(queue.try_put(3), Err(PutError::Full(3)));
            /// ```
            #[must_use]
            #[track_caller]
            #[doc(alias = "maxsize")]
            #[doc(alias = "sync_channel")]
            #[doc(alias = "ArrayBlockingQueue")]
            pub fn bounded(capacity: usize) -> Self {
                assert!(
                    capacity > 0,
                    "a queue needs room for one item at least; for one without a limit, use \
                     `unbounded()`"
                );
                Self::with_capacity(Some(capacity))
            }

            /// Makes a queue with room for as many items as the memory holds.
            ///
            /// A put never waits, so nothing slows down a thread that puts faster than others take.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// for n in 0..1000 {
            ///     queue.put(n).unwrap();
            /// }
            /// assert_eq!(queue.len(), 1000);
            /// ```
            #[must_use]
            #[track_caller]
            #[doc(alias = "new")]
            #[doc(alias = "channel")]
            #[doc(alias = "SimpleQueue")]
            #[doc(alias = "LinkedBlockingQueue")]
            pub fn unbounded() -> Self {
                Self::with_capacity(None)
            }

            /// Puts an item, and waits for room if there is none.
            ///
            /// # Errors
            ///
            /// [`PutError::ShutDown`] with the item, if the queue is shut down before or during the wait.
            /// There is no other.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::bounded(1);")]
            /// queue.put("first").unwrap();
            /// let putter = threadkit::spawn({
            ///     let queue = queue.clone();
            ///     move || queue.put("second") // waits for room
            /// });
            /// assert_eq!(queue.get(), Ok("first"));
            /// putter.join().unwrap().unwrap();
            /// assert_eq!(queue.get(), Ok("second"));
            /// ```
            #[inline]
            #[track_caller]
            #[doc(alias = "send")]
            #[doc(alias = "push")]
            pub fn put(&self, item: T) -> Result<(), PutError<T>> {
                let call = Operation::named(concat!(stringify!($Queue), "::put")).here();
                self.inner.put(call, item, || Until::FOREVER)
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
            #[doc = concat!("use threadkit::{PutError, ", stringify!($Queue), "};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::bounded(1);")]
            /// assert_eq!(queue.try_put('a'), Ok(()));
            /// assert_eq!(queue.try_put('b'), Err(PutError::Full('b')));
            /// ```
            #[inline]
            #[doc(alias = "put_nowait")]
            #[doc(alias = "try_send")]
            #[doc(alias = "offer")]
            pub fn try_put(&self, item: T) -> Result<(), PutError<T>> {
                self.inner.try_put(item)
            }

            /// Puts an item, and waits for room for a limited time.
            ///
            /// A zero timeout is one try; `Duration::MAX` means for ever.
            ///
            /// # Errors
            ///
            /// [`PutError::TimedOut`] or [`PutError::ShutDown`], with the item.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Duration;
            #[doc = concat!("use threadkit::{PutError, ", stringify!($Queue), "};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::bounded(1);")]
            /// let limit = Duration::from_millis(5);
            /// assert_eq!(queue.put_timeout('a', limit), Ok(()));
            /// assert_eq!(queue.put_timeout('b', limit), Err(PutError::TimedOut('b')));
            /// ```
            #[inline]
            #[track_caller]
            #[doc(alias = "send_timeout")]
            pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutError<T>> {
                let call = Operation::named(concat!(stringify!($Queue), "::put_timeout")).here();
                self.inner.put(call, item, || Until::after(timeout))
            }

            /// Puts an item, and waits for room until a deadline or a stop.
            ///
            /// If there is room, the item is put even if the deadline has passed or the token is stopped.
            ///
            /// # Errors
            ///
            /// [`PutError::TimedOut`], [`PutError::Stopped`] or [`PutError::ShutDown`], with the
            /// item.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::{PutError, ", stringify!($Queue), ", StopSource};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::bounded(1);")]
            /// let source = StopSource::new();
            /// source.stop();
            /// assert_eq!(queue.put_until('a', &source.token()), Ok(()));
            /// assert_eq!(queue.put_until('b', &source.token()), Err(PutError::Stopped('b')));
            /// ```
            #[inline]
            #[track_caller]
            pub fn put_until<'u>(
                &self,
                item: T,
                until: impl IntoUntil<'u>,
            ) -> Result<(), PutError<T>> {
                let call = Operation::named(concat!(stringify!($Queue), "::put_until")).here();
                self.inner.put(call, item, || until.into_until())
            }

            /// Takes an item, and waits for one if there is none.
            ///
            /// # Errors
            ///
            /// [`ShutDown`] if the queue is shut down and empty, before or during the wait.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::{", stringify!($Queue), ", ShutDown};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// let getter = threadkit::spawn({
            ///     let queue = queue.clone();
            ///     move || (queue.get(), queue.get())
            /// });
            /// queue.put("item").unwrap();
            /// queue.shutdown();
            /// assert_eq!(getter.join().unwrap(), (Ok("item"), Err(ShutDown)));
            /// ```
            #[inline]
            #[track_caller]
            #[doc(alias = "recv")]
            #[doc(alias = "pop")]
            #[doc(alias = "take")]
            pub fn get(&self) -> Result<T, ShutDown> {
                let call = Operation::named(concat!(stringify!($Queue), "::get")).here();
                // Without a limit there is no other error.
                self.inner.get(call, || Until::FOREVER).map_err(|_| ShutDown)
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
            #[doc = concat!("use threadkit::{GetError, ", stringify!($Queue), "};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// assert_eq!(queue.try_get(), Err(GetError::Empty));
            /// queue.put(7).unwrap();
            /// assert_eq!(queue.try_get(), Ok(7));
            /// ```
            #[inline]
            #[doc(alias = "get_nowait")]
            #[doc(alias = "try_recv")]
            #[doc(alias = "poll")]
            pub fn try_get(&self) -> Result<T, GetError> {
                self.inner.try_get()
            }

            /// Takes an item, and waits for one for a limited time.
            ///
            /// A zero timeout is one try; `Duration::MAX` means for ever.
            ///
            /// # Errors
            ///
            /// [`GetError::TimedOut`] or [`GetError::ShutDown`].
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Duration;
            #[doc = concat!("use threadkit::{GetError, ", stringify!($Queue), "};")]
            ///
            #[doc = concat!(
                "let queue: ", stringify!($Queue), "<u32> = ", stringify!($Queue), "::unbounded();"
            )]
            /// assert_eq!(queue.get_timeout(Duration::from_millis(5)), Err(GetError::TimedOut));
            /// ```
            #[inline]
            #[track_caller]
            #[doc(alias = "recv_timeout")]
            pub fn get_timeout(&self, timeout: Duration) -> Result<T, GetError> {
                let call = Operation::named(concat!(stringify!($Queue), "::get_timeout")).here();
                self.inner.get(call, || Until::after(timeout))
            }

            /// Takes an item, and waits for one until a deadline or a stop.
            ///
            /// If there is an item, it is taken even if the deadline has passed or the token is stopped.
            ///
            /// **As the condition of a loop, this does not notice a stop while there are items:** `while let
            /// Ok(item) = queue.get_until(&stop)` goes on until the queue is empty, which may never happen if
            /// threads keep putting. Write `for item in queue.until(&stop)`, which checks the limit before
            /// each item: see [`until`](Self::until).
            ///
            /// # Errors
            ///
            /// [`GetError::TimedOut`], [`GetError::Stopped`] or [`GetError::ShutDown`]. No item was taken.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::{GetError, ", stringify!($Queue), "};")]
            ///
            #[doc = concat!(
                "let queue: ", stringify!($Queue), "<u32> = ", stringify!($Queue), "::unbounded();"
            )]
            /// let getter = threadkit::spawn(move || queue.get_until(&threadkit::stop_token()));
            /// getter.stop();
            /// assert_eq!(getter.join().unwrap(), Err(GetError::Stopped));
            /// ```
            #[inline]
            #[track_caller]
            pub fn get_until<'u>(&self, until: impl IntoUntil<'u>) -> Result<T, GetError> {
                let call = Operation::named(concat!(stringify!($Queue), "::get_until")).here();
                self.inner.get(call, || until.into_until())
            }

            /// Takes up to `max` items at once, in their order. Waits for the first item only. With a `max`
            /// of zero it takes none and does not wait.
            ///
            /// # Errors
            ///
            /// [`ShutDown`] once the queue is shut down and empty.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// for _ in 0..3 {
            ///     queue.put("row").unwrap();
            /// }
            /// assert_eq!(queue.get_up_to(2).unwrap(), ["row", "row"]);
            /// assert_eq!(queue.get_up_to(2).unwrap(), ["row"]);
            /// ```
            #[track_caller]
            #[doc(alias = "drainTo")]
            #[doc(alias = "recv_many")]
            pub fn get_up_to(&self, max: usize) -> Result<Vec<T>, ShutDown> {
                let call = Operation::named(concat!(stringify!($Queue), "::get_up_to")).here();
                self.inner
                    .get_up_to(call, max, || Until::FOREVER)
                    .map_err(|_| ShutDown)
            }

            /// Like [`get_up_to`](Self::get_up_to), but waits until a deadline or a stop.
            ///
            /// # Errors
            ///
            /// As [`get_until`](Self::get_until).
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Duration;
            #[doc = concat!("use threadkit::{GetError, ", stringify!($Queue), "};")]
            ///
            #[doc = concat!(
                "let queue: ", stringify!($Queue), "<u32> = ", stringify!($Queue), "::unbounded();"
            )]
            /// let batch = queue.get_up_to_until(100, Duration::from_millis(5));
            /// assert_eq!(batch, Err(GetError::TimedOut));
            /// ```
            #[track_caller]
            pub fn get_up_to_until<'u>(
                &self,
                max: usize,
                until: impl IntoUntil<'u>,
            ) -> Result<Vec<T>, GetError> {
                let call = Operation::named(concat!(stringify!($Queue), "::get_up_to_until")).here();
                self.inner.get_up_to(call, max, || until.into_until())
            }

            /// Takes all items that are in the queue at this moment, in their order, without waiting.
            ///
            /// For [`join`](Self::join) the items are taken and not done: call
            /// [`task_done`](Self::task_done) for each.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.put("note").unwrap();
            /// assert_eq!(queue.drain(), ["note"]);
            /// assert!(queue.drain().is_empty());
            /// ```
            #[must_use = "the items are out of the queue"]
            #[doc(alias = "try_iter")]
            pub fn drain(&self) -> Vec<T> {
                self.inner.drain()
            }

            /// Counts an item that was taken as done.
            ///
            /// Call it once for each item. [`jobs`](Self::jobs) does so automatically.
            ///
            /// # Errors
            ///
            /// [`TaskDoneError`] if every item that was taken is done already. Nothing has changed then.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.put("job").unwrap();
            /// assert!(queue.task_done().is_err(), "it was not taken yet");
            /// queue.get().unwrap();
            /// queue.task_done().unwrap();
            /// queue.join();
            /// ```
            #[inline]
            pub fn task_done(&self) -> Result<(), TaskDoneError> {
                self.inner.task_done()
            }

            /// Waits until all items that were put are done.
            ///
            /// An item is done when [`task_done`](Self::task_done) was called for it, when its
            /// [`Job`](crate::Job) was dropped, or when [`shutdown_now`](Self::shutdown_now)
            /// returned it. The wait ends at the first moment in which all items are done, even if more are
            /// put right after it.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// let worker = threadkit::spawn({
            ///     let queue = queue.clone();
            ///     move || queue.jobs().map(|job| *job).sum::<u32>()
            /// });
            /// for n in 1..=100 {
            ///     queue.put(n).unwrap();
            /// }
            /// queue.join(); // the worker has done all of them, and waits for more
            /// queue.shutdown();
            /// assert_eq!(worker.join().unwrap(), 5050);
            /// ```
            #[track_caller]
            pub fn join(&self) {
                let call = Operation::named(concat!(stringify!($Queue), "::join")).here();
                // Without a limit it cannot end in any other way.
                let _ = self.inner.join(call, || Until::FOREVER);
            }

            /// Waits for a limited time until all items are done; returns whether they are.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Duration;
            #[doc = concat!("use threadkit::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.put("job").unwrap();
            /// assert!(!queue.join_timeout(Duration::from_millis(5)));
            /// ```
            #[must_use = "`false` means that the time was up"]
            #[track_caller]
            pub fn join_timeout(&self, timeout: Duration) -> bool {
                let call = Operation::named(concat!(stringify!($Queue), "::join_timeout")).here();
                self.inner.join(call, || Until::after(timeout)).is_ok()
            }

            /// Waits until all items are done, or until a deadline or a stop.
            ///
            /// # Errors
            ///
            /// [`WaitError`] if the deadline or the stop came first.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::{", stringify!($Queue), ", StopSource, WaitError};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.put("job").unwrap();
            /// let source = StopSource::new();
            /// source.stop();
            /// assert_eq!(queue.join_until(&source.token()), Err(WaitError::Stopped));
            /// ```
            #[track_caller]
            pub fn join_until<'u>(&self, until: impl IntoUntil<'u>) -> Result<(), WaitError> {
                let call = Operation::named(concat!(stringify!($Queue), "::join_until")).here();
                self.inner.join(call, || until.into_until())
            }

            /// How many items are not done: those in the queue, and those that were taken.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.put("job").unwrap();
            /// queue.get().unwrap();
            /// assert_eq!((queue.len(), queue.unfinished()), (0, 1));
            /// ```
            #[must_use]
            #[doc(alias = "unfinished_tasks")]
            pub fn unfinished(&self) -> usize {
                self.inner.unfinished()
            }

            /// Waits for items and returns them one by one, each as a [`Job`](crate::Job), which is done
            /// when it is dropped. Ends when the queue is shut down and empty.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.put("dishes").unwrap();
            /// queue.shutdown();
            /// for job in queue.jobs() {
            ///     assert_eq!(job.len(), 6);
            /// } // the job is done here
            /// queue.join();
            /// ```
            #[track_caller]
            pub fn jobs(&self) -> Jobs<'_, Self> {
                Jobs {
                    source: self,
                    call: Operation::named(concat!(stringify!($Queue), "::jobs")).here(),
                    until: Until::FOREVER,
                }
            }

            /// Like [`jobs`](Self::jobs), but also ends at a deadline or a stop, even if there are items.
            /// These stay in the queue.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::{", stringify!($Queue), ", StopSource};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.put("dishes").unwrap();
            /// let source = StopSource::new();
            /// source.stop();
            /// assert!(queue.jobs_until(&source.token()).next().is_none());
            /// assert_eq!(queue.len(), 1);
            /// ```
            #[track_caller]
            pub fn jobs_until<'u>(&'u self, until: impl IntoUntil<'u>) -> Jobs<'u, Self> {
                Jobs {
                    source: self,
                    call: Operation::named(concat!(stringify!($Queue), "::jobs_until")).here(),
                    until: until.into_until(),
                }
            }

            /// Waits for items and returns them one by one. Ends when the queue is shut down and empty.
            /// `for item in &queue` is the same.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.put(7).unwrap();
            /// queue.shutdown();
            /// assert!(queue.iter().eq([7]));
            /// ```
            #[track_caller]
            pub fn iter(&self) -> Iter<'_, Self> {
                Iter {
                    source: self,
                    call: Operation::named(concat!(stringify!($Queue), "::iter")).here(),
                    until: Until::FOREVER,
                }
            }

            /// Like [`iter`](Self::iter), but also ends at a deadline or a stop, even if there are items.
            /// These stay in the queue.
            ///
            /// Use it for a worker that puts items itself, or whose queue is never empty: it checks for the
            /// stop before each item, which [`get_until`](Self::get_until) does not.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.put(1).unwrap();
            /// let worker = threadkit::spawn(move || {
            ///     for n in queue.until(&threadkit::stop_token()) {
            ///         queue.put(n).unwrap(); // there is always work
            ///     }
            ///     queue.len()
            /// });
            /// worker.stop();
            /// assert_eq!(worker.join().unwrap(), 1, "the item is still there");
            /// ```
            #[track_caller]
            pub fn until<'u>(&'u self, until: impl IntoUntil<'u>) -> Iter<'u, Self> {
                Iter {
                    source: self,
                    call: Operation::named(concat!(stringify!($Queue), "::until")).here(),
                    until: until.into_until(),
                }
            }

            /// A handle that shuts the queue down when it and all other producers are dropped, also by a panic.
            ///
            /// Give one to each thread that puts items, so that the threads that take them do not wait for ever
            /// when those threads are gone: see [`Producer`](crate::Producer).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::bounded(1);")]
            /// let producer = queue.producer();
            /// let thread = threadkit::spawn(move || {
            ///     producer.put(6).unwrap();
            ///     producer.put(7).unwrap();
            /// }); // its producer ends here, and the queue with it
            /// assert_eq!(queue.iter().sum::<i32>(), 13);
            /// thread.join().unwrap();
            /// ```
            #[doc(alias = "sender")]
            pub fn producer(&self) -> Producer<Self> {
                Producer::new(self.clone())
            }

            /// Shuts the queue down: it refuses further items, and ends when its remaining items are taken.
            /// Returns whether it was open before.
            ///
            /// A put that waits returns its item. A get that waits, because the queue is empty, returns
            /// [`ShutDown`].
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::{PutError, ", stringify!($Queue), ", ShutDown};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.put(1).unwrap();
            /// assert!(queue.shutdown());
            /// assert_eq!(queue.put(2), Err(PutError::ShutDown(2)));
            /// assert_eq!(queue.get(), Ok(1));
            /// assert_eq!(queue.get(), Err(ShutDown));
            /// ```
            #[doc(alias = "close")]
            #[doc(alias = "disconnect")]
            pub fn shutdown(&self) -> bool {
                self.inner.shutdown()
            }

            /// Shuts the queue down, and returns the items that are in it.
            ///
            /// For [`join`](Self::join) these items are done. Items that were taken before the call are
            /// unfinished until they are done.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::{", stringify!($Queue), ", ShutDown};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.put("in hand").unwrap();
            /// let job = queue.jobs().next();
            /// queue.put("left").unwrap();
            ///
            /// assert_eq!(queue.shutdown_now(), ["left"]);
            /// assert_eq!(queue.get(), Err(ShutDown));
            /// assert_eq!(queue.unfinished(), 1);
            /// drop(job);
            /// queue.join();
            /// ```
            #[must_use = "these are the items that no thread will get"]
            pub fn shutdown_now(&self) -> Vec<T> {
                self.inner.shutdown_now()
            }

            /// Whether the queue was shut down. There may still be items in it.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", stringify!($Queue), ";")]
            ///
            #[doc = concat!(
                "let queue: ", stringify!($Queue), "<u32> = ", stringify!($Queue), "::unbounded();"
            )]
            /// assert!(!queue.is_shut_down());
            /// queue.shutdown();
            /// assert!(queue.is_shut_down());
            /// ```
            #[must_use]
            #[doc(alias = "is_shutdown")]
            pub fn is_shut_down(&self) -> bool {
                self.inner.store().is_shut()
            }

            /// How many threads wait for the queue at this moment, and what for.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue: ", stringify!($Queue), "<u32> = ", stringify!($Queue), "::unbounded();")]
            /// assert_eq!(queue.n_waiting().getters, 0);
            /// ```
            #[must_use]
            #[doc(alias = "waiter_count")]
            #[doc(alias = "getWaitingConsumerCount")]
            pub fn n_waiting(&self) -> $crate::QueueWaiters {
                self.inner.n_waiting()
            }

            /// How many items are in the queue at this moment. The number may be out of date when the call
            /// returns.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let queue = threadkit::", stringify!($Queue), "::bounded(2);")]
            /// assert_eq!(queue.len(), 0);
            /// queue.put("one").unwrap();
            /// assert_eq!(queue.len(), 1);
            /// ```
            #[must_use]
            #[doc(alias = "qsize")]
            #[doc(alias = "size")]
            pub fn len(&self) -> usize {
                self.inner.store().len()
            }

            /// Whether there is no item in the queue at this moment.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let queue = threadkit::", stringify!($Queue), "::bounded(2);")]
            /// assert!(queue.is_empty());
            /// queue.put("one").unwrap();
            /// assert!(!queue.is_empty());
            /// ```
            #[must_use]
            #[doc(alias = "empty")]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Whether there is no room in the queue at this moment.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let queue = threadkit::", stringify!($Queue), "::bounded(2);")]
            /// queue.put("one").unwrap();
            /// assert!(!queue.is_full());
            /// queue.put("two").unwrap();
            /// assert!(queue.is_full());
            /// ```
            #[must_use]
            #[doc(alias = "full")]
            #[doc(alias = "remaining_capacity")]
            pub fn is_full(&self) -> bool {
                self.capacity() == Some(self.len())
            }

            /// The number of items that the queue has room for; `None` without a limit.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("assert_eq!(", stringify!($Queue), "::<u32>::bounded(3).capacity(), Some(3));")]
            #[doc = concat!("assert_eq!(", stringify!($Queue), "::<u32>::unbounded().capacity(), None);")]
            /// ```
            #[must_use]
            pub fn capacity(&self) -> Option<usize> {
                self.inner.store().capacity()
            }

            /// Whether `a` and `b` are handles of the same queue.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", stringify!($Queue), ";")]
            ///
            #[doc = concat!(
                "let queue: ", stringify!($Queue), "<u32> = ", stringify!($Queue), "::unbounded();"
            )]
            #[doc = concat!("assert!(", stringify!($Queue), "::same(&queue, &queue.clone()));")]
            #[doc = concat!(
                "assert!(!", stringify!($Queue), "::same(&queue, &", stringify!($Queue),
                "::unbounded()));"
            )]
            /// ```
            #[must_use]
            pub fn same(a: &Self, b: &Self) -> bool {
                Arc::ptr_eq(&a.inner, &b.inner)
            }
        }

        /// Another handle of the same queue.
        impl<T> Clone for $Queue<T> {
            fn clone(&self) -> Self {
                Self {
                    inner: Arc::clone(&self.inner),
                }
            }
        }

        /// Without a limit.
        impl<T $(: $bound)?> Default for $Queue<T> {
            fn default() -> Self {
                Self::unbounded()
            }
        }

        /// Never waits, and does not show the items.
        impl<T $(: $bound)?> fmt::Debug for $Queue<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.inner.describe(stringify!($Queue), f)
            }
        }

        impl<T $(: $bound)?> AnyQueue for $Queue<T> {
            type Item = T;
        }

        impl<T $(: $bound)?> Tap for $Queue<T> {
            type Got = T;
            type Store = $Store;

            #[inline]
            fn inner(&self) -> &Inner<$Store> {
                &self.inner
            }
        }

        impl<T $(: $bound)?> IntoIterator for $Queue<T> {
            type Item = T;
            type IntoIter = IntoIter<Self>;

            #[track_caller]
            fn into_iter(self) -> IntoIter<Self> {
                IntoIter {
                    source: self,
                    call: Operation::named(concat!(stringify!($Queue), "::into_iter")).here(),
                }
            }
        }

        impl<'a, T $(: $bound)?> IntoIterator for &'a $Queue<T> {
            type Item = T;
            type IntoIter = Iter<'a, $Queue<T>>;

            #[track_caller]
            fn into_iter(self) -> Self::IntoIter {
                self.iter()
            }
        }
    };
}

pub(super) use queue_methods;
