//! A new queue, its size, and its end.

/// Writes the methods that make a queue, end it, and ask for its state.
///
/// The private function that both constructors need returns the store: the compiler would propose one that returns `Self`
/// for a `Queue()`.
macro_rules! state_methods {
    ($Queue:ident $(, $bound:path)?) => {
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
                Self {
                    inner: Arc::new(Inner::new(Self::store(Some(capacity)))),
                }
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
                Self {
                    inner: Arc::new(Inner::new(Self::store(None))),
                }
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
            #[track_caller]
            pub fn shutdown(&self) -> bool {
                self.inner.shutdown(here!($Queue::shutdown))
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
            #[track_caller]
            pub fn shutdown_now(&self) -> Vec<T> {
                let call = here!($Queue::shutdown_now);
                self.inner.shutdown_now(call)
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
            #[track_caller]
            pub fn is_shut_down(&self) -> bool {
                let call = here!($Queue::is_shut_down);
                self.inner.is_shut(call)
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
            #[track_caller]
            pub fn len(&self) -> usize {
                self.inner.len(here!($Queue::len))
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
            #[track_caller]
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
            #[track_caller]
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
    };
}

pub(in crate::queue) use state_methods;
