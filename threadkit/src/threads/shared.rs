//! [`SharedHandle`].

use core::fmt;
use core::ops::Deref;
use std::sync::Arc;

use super::builder::Thread;
use super::handle::JoinHandle;
use super::join_error::JoinError;
use super::run::{ErrorText, Run};
use super::setup::Setup;

/// A [`JoinHandle`] of a thread whose struct is shared: what `start` returns under
/// `#[thread(shared)]`.
///
/// It is a `JoinHandle`, and gives access to the struct while the thread runs and afterwards.
///
/// # Differences from Python's `Thread`
///
/// In Python every thread may read the attributes of a thread that runs. Here a shared struct runs
/// with `&self`, and the parts of it that change are in locks or atomics.
///
/// # Examples
///
/// ```
/// use threadkit::prelude::*;
///
/// #[derive(Default)]
/// struct Download {
///     bytes: Lock<u64>,
/// }
///
/// #[thread(shared)]
/// impl Download {
///     fn run(&self) -> bool {
///         *self.bytes.acquire() += 1024;
///         true
///     }
/// }
///
/// let download = Download::default().start();
/// assert!(*download.shared().bytes.acquire() <= 1024, "while it runs");
///
/// let kept = download.shared().clone();
/// assert!(download.join().unwrap());
/// assert_eq!(*kept.bytes.acquire(), 1024);
/// ```
pub struct SharedHandle<S, T> {
    shared: Arc<S>,
    handle: JoinHandle<T>,
}

impl<S, T> SharedHandle<S, T> {
    /// The struct that the thread runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::prelude::*;
    ///
    /// struct Visits(Lock<u32>);
    ///
    /// #[thread(shared)]
    /// impl Visits {
    ///     fn run(&self, stop: &StopToken) {
    ///         stop.wait();
    ///         *self.0.acquire() += 1;
    ///     }
    /// }
    ///
    /// let visits = Visits(Lock::new(0)).start();
    /// *visits.shared().0.acquire() += 1; // while it runs
    /// visits.stop();
    /// visits.wait();
    /// assert_eq!(*visits.shared().0.acquire(), 2);
    /// ```
    #[must_use]
    pub fn shared(&self) -> &Arc<S> {
        &self.shared
    }

    /// Waits for the thread to end and returns what its `run` returned.
    ///
    /// # Errors
    ///
    /// As [`JoinHandle::join`].
    ///
    /// # Panics
    ///
    /// As [`JoinHandle::join`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::prelude::*;
    ///
    /// struct Count(u32);
    ///
    /// #[thread(shared)]
    /// impl Count {
    ///     fn run(&self) -> u32 {
    ///         assert!(self.0 < 10, "too many");
    ///         self.0
    ///     }
    /// }
    ///
    /// assert_eq!(Count(3).start().join().unwrap(), 3);
    /// assert_eq!(Count(11).start().join().unwrap_err().message(), "too many");
    /// ```
    #[track_caller]
    pub fn join(self) -> Result<T, JoinError> {
        self.handle.join()
    }

    /// The struct and the plain handle.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::prelude::*;
    ///
    /// struct Count(u32);
    ///
    /// #[thread(shared)]
    /// impl Count {
    ///     fn run(&self) -> u32 {
    ///         self.0
    ///     }
    /// }
    ///
    /// let (count, handle) = Count(3).start().into_parts();
    /// assert_eq!(handle.join().unwrap(), count.0);
    /// ```
    #[must_use = "the handle is the only way to the result"]
    pub fn into_parts(self) -> (Arc<S>, JoinHandle<T>) {
        (self.shared, self.handle)
    }
}

/// All methods of a handle but [`join`](SharedHandle::join), which consumes it.
impl<S, T> Deref for SharedHandle<S, T> {
    type Target = JoinHandle<T>;

    fn deref(&self) -> &JoinHandle<T> {
        &self.handle
    }
}

impl<S, T> fmt::Debug for SharedHandle<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(f)
    }
}

/// A body that runs by reference, which `#[thread(shared)]` makes of a struct.
pub trait RunShared: Run {
    #[doc(hidden)]
    fn __run_shared(&self) -> Self::Output;
}

/// Runs a struct that the handle shares.
struct SharedBody<S>(Arc<S>);

impl<S: RunShared> Run for SharedBody<S> {
    type Output = S::Output;

    fn run(self: Box<Self>) -> S::Output {
        self.0.__run_shared()
    }

    fn __threadkit_setup(&self, setup: &mut Setup) {
        self.0.__threadkit_setup(setup);
    }

    fn __threadkit_error_text(&self) -> ErrorText<S::Output> {
        self.0.__threadkit_error_text()
    }
}

/// The `start` of `#[thread(shared)]`.
#[track_caller]
pub fn start_shared<S>(body: S) -> SharedHandle<S, S::Output>
where
    S: RunShared + Send + Sync + 'static,
    S::Output: Send + 'static,
{
    let shared = Arc::new(body);
    let handle = Thread::new(SharedBody(Arc::clone(&shared))).start();
    SharedHandle { shared, handle }
}
