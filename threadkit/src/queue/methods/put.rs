//! Putting items into a queue.

/// Writes the methods that put items.
macro_rules! put_methods {
    ($Queue:ident $(, $bound:path)?) => {
        impl<T $(: $bound)?> $Queue<T> {
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
                let call = here!($Queue::put);
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
            #[track_caller]
            pub fn try_put(&self, item: T) -> Result<(), PutError<T>> {
                let call = here!($Queue::try_put);
                self.inner.try_put(call, item)
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
                let call = here!($Queue::put_timeout);
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
                let call = here!($Queue::put_until);
                self.inner.put(call, item, || until.into_until())
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
        }
    };
}

pub(in crate::queue) use put_methods;
