//! [`JoinHandle`].

use core::fmt;
use core::time::Duration;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::join_error::JoinError;
use super::result_slot::ResultSlot;
use super::started::Started;
use super::state::State;
use super::thread_name::ThreadName;
use super::thread_ref::ThreadRef;
use crate::inspect::Operation;
use crate::unwind;
use crate::wait::{IntoUntil, StopToken, Until, WaitError};

/// A started thread: waits for it, stops it, and gets its result.
///
/// A thread whose handle is dropped runs on by itself. If it fails then, the
/// [except hook](crate::set_excepthook) is called.
///
/// # Differences from Python's `Thread`
///
/// [`join`](Self::join) returns what the body returned, or its panic. It has no time limit;
/// [`wait_timeout`](Self::wait_timeout) has one, and returns whether the thread has ended. Any number of
/// threads may wait.
///
/// # Differences from `std::thread::JoinHandle`
///
/// There are waits with a limit, a stop, a name that can change, and an error that says what happened
/// and where.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let worker = threadkit::spawn(|| {
///     threadkit::stop_token().wait();
///     "stopped"
/// });
/// assert!(!worker.wait_timeout(Duration::from_millis(5)), "it waits for its stop");
///
/// worker.stop();
/// assert_eq!(worker.join().unwrap(), "stopped");
/// ```
pub struct JoinHandle<T> {
    pub(super) slot: Arc<ResultSlot<T>>,
    pub(super) started: Started,
}

impl<T> JoinHandle<T> {
    /// Waits for the thread to end and returns what its body returned.
    ///
    /// When this returns, the thread has destroyed its thread-locals too. A thread of a
    /// [`scope`](crate::scope()) may still be destroying them.
    ///
    /// # Errors
    ///
    /// [`JoinError`], with the payload of the panic, if the body panicked.
    ///
    /// # Panics
    ///
    /// If a thread joins itself, or a task joins the thread that runs it, which would never end.
    ///
    /// # Examples
    ///
    /// ```
    /// let sum = threadkit::spawn(|| (1..=100).sum::<u32>());
    /// assert_eq!(sum.join().unwrap(), 5050);
    ///
    /// let oops = threadkit::spawn(|| -> u32 { panic!("out of cheese") });
    /// assert_eq!(oops.join().unwrap_err().message(), "out of cheese");
    /// ```
    #[track_caller]
    pub fn join(mut self) -> Result<T, JoinError> {
        self.started.join();
        match self.slot.close() {
            Some(Ok(value)) => Ok(value),
            Some(Err(caught)) => Err(JoinError::new(self.name().into(), *caught)),
            None => Err(self.started.without_outcome()),
        }
    }

    /// Waits for the thread to end; [`join`](Self::join) still returns its result.
    ///
    /// # Panics
    ///
    /// If a thread waits for itself.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::spawn(|| 42);
    /// worker.wait();
    /// assert!(worker.is_finished());
    /// assert_eq!(worker.join().unwrap(), 42);
    /// ```
    #[track_caller]
    pub fn wait(&self) {
        let thread = self.thread();
        // Without a limit it cannot end in any other way.
        let _ = thread.wait_by(Operation::JOIN_HANDLE_WAIT, &Until::FOREVER);
    }

    /// Waits for the thread to end for at most that long; returns whether it has ended.
    ///
    /// # Panics
    ///
    /// If a thread waits for itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let worker = threadkit::spawn(|| threadkit::stop_token().wait());
    /// assert!(!worker.wait_timeout(Duration::from_millis(5)), "it waits for its stop");
    /// worker.stop();
    /// assert!(worker.wait_timeout(Duration::from_secs(30)));
    /// worker.join().unwrap();
    /// ```
    #[must_use = "the thread may still be running"]
    #[track_caller]
    #[doc(alias = "join_timeout")]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        let (thread, until) = (self.thread(), Until::after(timeout));
        let waited = thread.wait_by(Operation::JOIN_HANDLE_WAIT_TIMEOUT, &until);
        waited.is_ok()
    }

    /// Waits for the thread to end, until a deadline or a stop.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the wait ended before the thread did; the token is that of the *waiter*.
    ///
    /// # Panics
    ///
    /// If a thread waits for itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{StopSource, WaitError};
    ///
    /// let worker = threadkit::spawn(|| threadkit::stop_token().wait());
    /// let source = StopSource::new();
    /// source.stop(); // stops the wait, and not the thread
    /// assert_eq!(worker.wait_until(&source.token()), Err(WaitError::Stopped));
    /// worker.stop();
    /// worker.join().unwrap();
    /// ```
    #[track_caller]
    pub fn wait_until<'a>(&self, until: impl IntoUntil<'a>) -> Result<(), WaitError> {
        let thread = self.thread();
        thread.wait_by(Operation::JOIN_HANDLE_WAIT_UNTIL, &until.into_until())
    }

    /// Whether the body has ended, by returning or by a panic. Never waits.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::spawn(|| threadkit::stop_token().wait());
    /// assert!(!worker.is_finished());
    /// worker.stop();
    /// worker.wait();
    /// assert!(worker.is_finished());
    /// ```
    #[must_use]
    #[doc(alias = "is_alive")]
    pub fn is_finished(&self) -> bool {
        self.thread().lifecycle().has_ended()
    }

    /// What the thread is doing at this moment.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::State;
    ///
    /// let worker = threadkit::spawn(|| threadkit::stop_token().wait());
    /// assert_ne!(worker.state(), State::Finished);
    /// worker.stop();
    /// worker.wait();
    /// assert_eq!(worker.state(), State::Finished);
    /// worker.join().unwrap();
    /// ```
    #[must_use]
    pub fn state(&self) -> State {
        self.thread().state()
    }

    /// Requests the thread to stop: stops its [`StopToken`](crate::StopToken), and so every wait with that
    /// token. Returns whether this was the first request.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::spawn(|| threadkit::stop_token().wait());
    /// assert!(worker.stop());
    /// worker.join().unwrap();
    /// ```
    #[doc(alias = "cancel")]
    #[doc(alias = "interrupt")]
    #[track_caller]
    pub fn stop(&self) -> bool {
        self.thread().stop()
    }

    /// The name of the thread, as it is now. It may be [renamed](ThreadRef::set_name) at any time.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::Thread::new(|| ()).name("worker").start();
    /// assert_eq!(worker.name(), "worker");
    /// worker.join().unwrap();
    /// ```
    #[must_use]
    #[doc(alias = "getName")]
    pub fn name(&self) -> ThreadName {
        self.thread().name()
    }

    /// The number of the thread. No other thread of this process ever has the same.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::spawn(|| threadkit::current().ident());
    /// let ident = worker.ident();
    /// assert_eq!(worker.join().unwrap(), ident);
    /// ```
    #[must_use]
    pub fn ident(&self) -> u64 {
        self.thread().ident()
    }

    /// The number by which the operating system knows the thread; `None` until it runs.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::spawn(|| threadkit::current().native_id());
    /// worker.wait();
    /// let seen = worker.native_id();
    /// assert_eq!(worker.join().unwrap(), seen);
    /// ```
    #[must_use]
    pub fn native_id(&self) -> Option<u64> {
        self.thread().native_id()
    }

    /// The stop token of this thread.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::spawn(|| threadkit::stop_token().wait());
    /// let stopped = worker.stop_token();
    /// worker.stop();
    /// assert!(stopped.is_stopped());
    /// worker.join().unwrap();
    /// ```
    #[must_use]
    pub fn stop_token(&self) -> StopToken {
        self.thread().stop_token()
    }

    /// The thread itself, without its result.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::spawn(|| ());
    /// let thread = worker.thread().clone();
    /// worker.join().unwrap();
    /// assert!(!thread.is_alive(), "the reference outlives the handle");
    /// ```
    #[must_use]
    pub fn thread(&self) -> &ThreadRef {
        &self.started.thread
    }
}

// The result is handed over whole or not at all, so no panic leaves half of it visible.
impl<T> UnwindSafe for JoinHandle<T> {}
impl<T> RefUnwindSafe for JoinHandle<T> {}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        // It was joined.
        if self.started.os.is_none() {
            return;
        }
        // A result that was not joined is disposed of here: a failure is reported, a value is dropped.
        match self.slot.close() {
            Some(result) => drop(self.slot.report(self.thread(), result)),
            // It still runs.
            None => self.thread().lifecycle().detached.set(),
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.started.fmt(f)
    }
}

/// Joins all threads, in the order given, and returns what they returned.
///
/// # Errors
///
/// The first [`JoinError`] in that order, after all threads have ended. The values of the other threads
/// are dropped; a panic of that is reported by the panic hook, and the error is returned all the same.
///
/// # Examples
///
/// ```
/// // All are started before the first is joined.
/// let squares = (1..=4).map(|n| threadkit::spawn(move || n * n));
/// assert_eq!(threadkit::join_all(squares).unwrap(), [1, 4, 9, 16]);
/// ```
#[track_caller]
pub fn join_all<T>(handles: impl IntoIterator<Item = JoinHandle<T>>) -> Result<Vec<T>, JoinError> {
    // Collected first, so that all threads of a lazy iterator are started before the first is joined.
    let handles: Vec<_> = handles.into_iter().collect();
    let mut values = Vec::with_capacity(handles.len());
    let mut first = None;
    // All are joined, so that none runs any more when the first error is returned.
    for handle in handles {
        match handle.join() {
            Ok(value) => values.push(value),
            Err(error) if first.is_none() => first = Some(error),
            Err(another) => unwind::drop_quietly(another),
        }
    }
    match first {
        None => Ok(values),
        Some(error) => {
            // The caller gets the error, also if one of these destructors panics.
            values.into_iter().for_each(unwind::drop_quietly);
            Err(error)
        }
    }
}
