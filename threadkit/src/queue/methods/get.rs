//! Taking items out of a queue, one or several at a time.

/// Writes the methods and iterators that take items.
macro_rules! get_methods {
    ($Queue:ident $(, $bound:path)?) => {
        impl<T $(: $bound)?> $Queue<T> {
            /// Takes an item, and waits for one if there is none. For a limit, write `get_timeout(d)`.
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
                let call = here!($Queue::get);
                // Without a limit there is no other error.
                self.inner.get(call, || Until::FOREVER, |_| ShutDown)
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
            #[track_caller]
            pub fn try_get(&self) -> Result<T, GetError> {
                let call = here!($Queue::try_get);
                self.inner.try_get(call)
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
                let call = here!($Queue::get_timeout);
                self.inner.get(call, || Until::after(timeout), |error| error)
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
                let call = here!($Queue::get_until);
                self.inner.get(call, || until.into_until(), |error| error)
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
                let call = here!($Queue::get_up_to);
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
                let call = here!($Queue::get_up_to_until);
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
            #[track_caller]
            pub fn drain(&self) -> Vec<T> {
                self.inner.drain(here!($Queue::drain))
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
                    call: here!($Queue::iter),
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
                    call: here!($Queue::until),
                    until: until.into_until(),
                }
            }
        }

        impl<T $(: $bound)?> IntoIterator for $Queue<T> {
            type Item = T;
            type IntoIter = IntoIter<Self>;

            #[track_caller]
            fn into_iter(self) -> IntoIter<Self> {
                IntoIter {
                    source: self,
                    call: here!($Queue::into_iter),
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

pub(in crate::queue) use get_methods;
