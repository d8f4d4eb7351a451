//! A started thread, and what it leaves.

use core::fmt;
use core::time::Duration;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::join_error::JoinError;
use super::result_slot::ResultSlot;
use super::started::Started;
use super::state::State;
use super::thread_ref::ThreadRef;
use crate::unwind;
use crate::wait::{IntoUntil, StopToken, Until, WaitError};

/// A started thread: wait for it, stop it, get what it returns.
///
/// Dropping the handle lets the thread run on by itself; should it fail, the
/// [except hook](crate::set_excepthook) is told.
///
/// # Differences from Python's `Thread`
///
/// [`join`](Self::join) returns what the body returned, or its panic. A time limit stands on
/// [`wait_timeout`](Self::wait_timeout), which says whether the thread has ended; any number of
/// threads may wait.
///
/// # Differences from `std::thread::JoinHandle`
///
/// Waits with a limit, a stop, a name that can change, and an error that says what happened, and
/// where.
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
    slot: Arc<ResultSlot<T>>,
    started: Started,
}

impl<T> JoinHandle<T> {
    pub(super) fn new(slot: Arc<ResultSlot<T>>, started: Started) -> Self {
        Self { slot, started }
    }

    /// Waits for the thread to end and returns what its body returned.
    ///
    /// When this returns, the thread is gone altogether, its thread-locals destroyed; one of a
    /// [`scope`](crate::scope()) may still be destroying them.
    ///
    /// # Errors
    ///
    /// [`JoinError`], with the payload of the panic, if the body panicked.
    ///
    /// # Panics
    ///
    /// If a thread joins itself, which would never end.
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
    #[must_use = "a panic in the thread is lost here; write `t.join().unwrap()` or `t.join()?`"]
    #[track_caller]
    pub fn join(mut self) -> Result<T, JoinError> {
        self.started.join();
        match self.slot.close() {
            Some(Ok(value)) => Ok(value),
            Some(Err(caught)) => Err(JoinError::new(self.name(), *caught)),
            None => Err(self.started.without_outcome()),
        }
    }

    /// Waits for the thread to end; its outcome stays for [`join`](Self::join).
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
        // Without a limit it cannot end in any other way.
        let _ = self.started.wait("JoinHandle::wait", &Until::FOREVER);
    }

    /// Waits for the thread to end, or for that long; says whether it has ended.
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
        let until = Until::after(timeout);
        self.started
            .wait("JoinHandle::wait_timeout", &until)
            .is_ok()
    }

    /// Waits for the thread to end, or until a deadline or a stop token ends the wait.
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
    /// source.stop(); // whoever waits is stopped, and not the thread
    /// assert_eq!(worker.wait_until(&source.token()), Err(WaitError::Stopped));
    /// worker.stop();
    /// worker.join().unwrap();
    /// ```
    #[track_caller]
    pub fn wait_until<'a>(&self, until: impl IntoUntil<'a>) -> Result<(), WaitError> {
        let until = until.into_until();
        self.started.wait("JoinHandle::wait_until", &until)
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
        self.started.has_ended()
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

    /// Requests the thread to stop: its [`StopToken`](crate::StopToken) is stopped, and with it
    /// every wait that was given it. Says whether this was the first request.
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
    pub fn stop(&self) -> bool {
        self.thread().stop()
    }

    /// The name of the thread, as it is now.
    ///
    /// As an `Arc`, since the thread may be [renamed](ThreadRef::set_name) while you look at it; to
    /// compare it to a `&str`, write `&*handle.name()`.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::Thread::new(|| ()).name("worker").start();
    /// assert_eq!(&*worker.name(), "worker");
    /// worker.join().unwrap();
    /// ```
    #[must_use]
    #[doc(alias = "getName")]
    pub fn name(&self) -> Arc<str> {
        self.thread().name()
    }

    /// The number of the thread, which no other thread of this process has or will have.
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

    /// The number by which the operating system knows the thread, once it runs.
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

    /// The token that hears a stop of this thread.
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

    /// The thread itself, without its outcome.
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
        self.started.thread()
    }
}

// The result is handed over whole or not at all, so no panic leaves half of it visible.
impl<T> UnwindSafe for JoinHandle<T> {}
impl<T> RefUnwindSafe for JoinHandle<T> {}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        // A result that was not joined ends here: a failure is reported, a value is dropped.
        if let Some(result) = self.slot.close() {
            drop(self.slot.report(self.thread(), result));
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
/// The first [`JoinError`] in that order, after all threads have ended. What the others returned is
/// dropped; should that panic, the panic hook tells, and the error is returned all the same.
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
    // Collected first: a lazy iterator may start its threads only now, and they are to run together.
    let handles: Vec<_> = handles.into_iter().collect();
    let mut values = Vec::with_capacity(handles.len());
    let mut first = None;
    // To the end: none is to be running still when the first error is returned.
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
            // Nobody gets them, and destructors that panic must not keep the error from its caller.
            values.into_iter().for_each(unwind::drop_quietly);
            Err(error)
        }
    }
}
