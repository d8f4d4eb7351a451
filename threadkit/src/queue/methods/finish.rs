//! Items that are done, and waiting for all of them.

/// Writes the methods that count items which were taken.
macro_rules! finish_methods {
    ($Queue:ident $(, $bound:path)?) => {
        impl<T $(: $bound)?> $Queue<T> {
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
            #[track_caller]
            pub fn task_done(&self) -> Result<(), TaskDoneError> {
                let call = here!($Queue::task_done);
                self.inner.task_done(call)
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
                let call = here!($Queue::join);
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
                let call = here!($Queue::join_timeout);
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
                let call = here!($Queue::join_until);
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
                    call: here!($Queue::jobs),
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
                    call: here!($Queue::jobs_until),
                    until: until.into_until(),
                }
            }
        }
    };
}

pub(in crate::queue) use finish_methods;
