//! Stop sources and tokens: a request that can end every wait.

use core::fmt;
use std::sync::Arc;

use super::callback::Callback;
use super::error::Stopped;
use super::registration::Registration;
use super::stop_state::StopState;
use crate::backend::ShownValue;
use crate::inspect::Operation;

/// Requests a stop, which its [tokens](StopToken) report.
///
/// Every thread started by threadkit has a source of its own, which
/// [`JoinHandle::stop`](crate::JoinHandle::stop) stops. Make one yourself to stop several things at once.
/// Clones are the same source. Dropping a source requests nothing: its tokens are then never stopped.
///
/// # Examples
///
/// ```
/// use threadkit::StopSource;
///
/// let source = StopSource::new();
/// let token = source.token();
/// assert!(!token.is_stopped());
///
/// assert!(source.stop());
/// assert!(token.is_stopped());
/// assert!(!source.stop(), "only the first request stops");
/// ```
#[doc(alias = "stop_source")]
#[doc(alias = "CancellationTokenSource")]
#[derive(Clone)]
pub struct StopSource {
    state: Arc<StopState>,
}

impl StopSource {
    /// Makes a source that is not stopped.
    ///
    /// # Examples
    ///
    /// ```
    /// let source = threadkit::StopSource::new();
    /// assert!(!source.is_stopped());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: StopState::new(),
        }
    }

    /// Makes a source that is stopped with `token`, or by itself, whichever comes first.
    ///
    /// Stopping the new source does not stop `token`. If `token` is stopped already, so is the new source.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::StopSource;
    ///
    /// let (server, other) = (StopSource::new(), StopSource::new());
    /// let request = StopSource::linked(&server.token());
    /// let step = request.child();
    ///
    /// server.stop();
    /// assert!(request.is_stopped() && step.is_stopped());
    /// assert!(!other.is_stopped());
    /// ```
    #[must_use]
    #[doc(alias = "CreateLinkedTokenSource")]
    pub fn linked(token: &StopToken) -> Self {
        token.child()
    }

    /// Makes a source that is stopped with this one, or by itself, whichever comes first.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::StopSource;
    ///
    /// let source = StopSource::new();
    /// let child = source.child();
    /// child.stop();
    /// assert!(!source.is_stopped(), "a stop goes down, and not up");
    /// ```
    #[must_use]
    pub fn child(&self) -> Self {
        Self {
            state: self.state.child(),
        }
    }

    /// Requests a stop: ends all waits with its tokens, stops the sources that are linked to it, and runs the
    /// callbacks. Returns whether it was the first request.
    ///
    /// The panic hook reports a panic in a callback, and the panic ends there: the other callbacks run, and
    /// this returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::StopSource;
    ///
    /// let source = StopSource::new();
    /// let waiter = threadkit::spawn({
    ///     let stop = source.token();
    ///     move || stop.wait()
    /// });
    /// assert!(source.stop());
    /// assert!(!source.stop(), "it was stopped already");
    /// waiter.join().unwrap();
    /// ```
    #[doc(alias = "cancel")]
    #[doc(alias = "interrupt")]
    #[track_caller]
    pub fn stop(&self) -> bool {
        self.state.stop(Operation::named("stop").here())
    }

    /// Whether a stop was requested.
    ///
    /// # Examples
    ///
    /// ```
    /// let source = threadkit::StopSource::new();
    /// assert!(!source.is_stopped());
    /// source.stop();
    /// assert!(source.is_stopped());
    /// ```
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.state.requested().is_open()
    }

    /// A token of this source.
    ///
    /// # Examples
    ///
    /// ```
    /// let source = threadkit::StopSource::new();
    /// let token = source.token();
    /// source.stop();
    /// assert!(token.is_stopped());
    /// ```
    #[must_use]
    pub fn token(&self) -> StopToken {
        StopToken {
            state: Arc::clone(&self.state),
        }
    }
}

impl Default for StopSource {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for StopSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopSource")
            .field("stopped", &self.is_stopped())
            .finish()
    }
}

/// Receives a request to stop: check it, wait for it, or use it as the limit of another wait.
///
/// A stop is a request, and never ends a thread by force: the body checks its token, or passes it to a wait,
/// and returns. A body gets the token of its thread from [`threadkit::stop_token()`](crate::stop_token), or,
/// with `#[thread]`, from a parameter `stop: &StopToken`. Clones are the same token.
///
/// A program in Python polls an `Event` between two sleeps; `wait_timeout` is a sleep that a stop ends.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let heart = threadkit::spawn(|| {
///     let stop = threadkit::stop_token();
///     let mut beats = 0;
///     while !stop.wait_timeout(Duration::from_secs(60)) {
///         beats += 1;
///     }
///     beats
/// });
///
/// heart.stop();
/// assert_eq!(heart.join().unwrap(), 0);
/// ```
#[doc(alias = "CancellationToken")]
#[derive(Clone)]
pub struct StopToken {
    state: Arc<StopState>,
}

impl StopToken {
    /// Whether a stop was requested.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::spawn(|| {
    ///     let stop = threadkit::stop_token();
    ///     let mut rounds = 0_u64;
    ///     while !stop.is_stopped() {
    ///         rounds += 1; // some work between two looks
    ///     }
    ///     rounds
    /// });
    /// let token = worker.stop_token();
    /// assert!(!token.is_stopped());
    /// worker.stop();
    /// assert!(token.is_stopped());
    /// worker.join().unwrap();
    /// ```
    #[must_use]
    #[inline]
    #[doc(alias = "is_cancelled")]
    #[doc(alias = "isInterrupted")]
    #[track_caller]
    pub fn is_stopped(&self) -> bool {
        let is_stopped = self.state.requested().is_open();
        let call = Operation::named("is_stopped").here();
        call.did(|| Some(ShownValue::Flag(is_stopped)));
        is_stopped
    }

    /// An error once a stop was requested, to leave a computation with `?`.
    ///
    /// # Errors
    ///
    /// [`Stopped`], once a stop was requested.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{StopSource, StopToken, Stopped};
    ///
    /// fn sum(numbers: &[u64], stop: &StopToken) -> Result<u64, Stopped> {
    ///     let mut sum = 0;
    ///     for n in numbers {
    ///         stop.check()?;
    ///         sum += n;
    ///     }
    ///     Ok(sum)
    /// }
    ///
    /// let source = StopSource::new();
    /// assert_eq!(sum(&[1, 2, 3], &source.token()), Ok(6));
    /// source.stop();
    /// assert_eq!(sum(&[1, 2, 3], &source.token()), Err(Stopped));
    /// ```
    #[inline]
    #[track_caller]
    pub fn check(&self) -> Result<(), Stopped> {
        if self.is_stopped() {
            Err(Stopped)
        } else {
            Ok(())
        }
    }

    /// Makes a source that is stopped with this token, or by itself, whichever comes first.
    ///
    /// The same as [`StopSource::linked`].
    ///
    /// # Examples
    ///
    /// ```
    /// let source = threadkit::StopSource::new();
    /// let child = source.token().child();
    /// source.stop();
    /// assert!(child.is_stopped());
    /// ```
    #[must_use]
    pub fn child(&self) -> StopSource {
        StopSource {
            state: self.state.child(),
        }
    }

    /// Registers `f` to be run by the thread that requests the stop. If the stop was requested before, this
    /// runs `f` at once.
    ///
    /// It is for code that cannot wait with a token: it might shut a socket down, or set a flag of another
    /// library. Callbacks run in the order in which they were registered, after all waits have ended. They
    /// should be short. Dropping the registration unregisters the callback.
    ///
    /// # Panics
    ///
    /// If the stop was requested before, and `f` panics. Otherwise the panic hook reports a panic of `f`, and
    /// the panic ends there.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicBool, Ordering};
    /// use threadkit::StopSource;
    ///
    /// let source = StopSource::new();
    /// let shut = Arc::new(AtomicBool::new(false));
    /// let socket = Arc::clone(&shut);
    /// let registration = source.token().on_stop(move || socket.store(true, Ordering::Relaxed));
    /// source.stop();
    /// assert!(shut.load(Ordering::Relaxed));
    /// # drop(registration);
    /// ```
    #[doc(alias = "stop_callback")]
    #[doc(alias = "register")]
    #[track_caller]
    pub fn on_stop(&self, f: impl FnOnce() + Send + 'static) -> Registration {
        let callback = Callback::new(f);
        match self.state.add_callback(&callback) {
            Some(key) => Registration::at(
                callback,
                &self.state,
                key,
                Operation::END_OF_CALLBACK.here(),
            ),
            None => {
                callback.run_here();
                Registration::over()
            }
        }
    }

    /// What the source, its tokens and their waits share.
    pub(super) fn state(&self) -> &StopState {
        &self.state
    }
}

impl fmt::Debug for StopToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopToken")
            .field("stopped", &self.is_stopped())
            .finish()
    }
}
