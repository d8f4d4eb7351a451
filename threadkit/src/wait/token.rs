//! Stopping: a request that every wait can hear.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use super::error::{Stopped, WaitError};
use super::gate::Gate;
use super::queue::{Ticket, WaitQueue};
use super::until::{IntoUntil, Until};
use super::waiter::{Outcome, Waiter};
use crate::backend::Mutex;
use crate::inspect;

/// What a source and its tokens share.
///
/// Two kinds of threads are to be woken by a stop. Those in front of `requested` wait *for* the
/// stop, and get what they wait for. Those in `others` wait for something else with this token, and
/// are stopped in that.
///
/// # Invariant
///
/// `requested` opens before `others` is emptied, and a waiter looks at it under the lock of `others`
/// before it joins: so it either sees the stop or is seen by it.
#[derive(Debug)]
struct Shared {
    requested: Gate,
    others: Mutex<WaitQueue>,
}

impl Shared {
    fn stop(&self) -> bool {
        if !self.requested.open() {
            return false;
        }
        let mut others = core::mem::replace(&mut *self.others.lock(), WaitQueue::new());
        while let Some(waiter) = others.pop() {
            if waiter.decide(Outcome::Stopped) {
                waiter.wake();
            }
        }
        true
    }
}

/// Where a stop is requested; its [tokens](StopToken) are where it is heard.
///
/// Every thread started by threadkit has one of its own, stopped by
/// [`JoinHandle::stop`](crate::JoinHandle::stop); make one yourself to stop several things at once.
/// Clones are the same source. Dropping a source requests nothing: its tokens then never stop.
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
    shared: Arc<Shared>,
}

impl StopSource {
    /// Makes a source that nobody has stopped.
    #[must_use]
    pub fn new() -> Self {
        Self {
            shared: Arc::new(Shared {
                requested: Gate::new(),
                others: Mutex::new(WaitQueue::new()),
            }),
        }
    }

    /// Requests a stop, waking all who wait with one of its tokens; says whether it was the first.
    #[doc(alias = "cancel")]
    #[doc(alias = "interrupt")]
    pub fn stop(&self) -> bool {
        self.shared.stop()
    }

    /// Whether a stop was requested.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.shared.requested.is_open()
    }

    /// A token that hears this source.
    #[must_use]
    pub fn token(&self) -> StopToken {
        StopToken {
            shared: Arc::clone(&self.shared),
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

/// Hears a request to stop: by asking, by waiting, or in the middle of another wait.
///
/// A thread is never stopped against its will: it looks at its token, or gives it to a wait, and
/// ends by returning. A body gets the token of its thread by
/// [`threadkit::stop_token()`](crate::stop_token), or, with `#[thread]`, by a parameter
/// `stop: &StopToken`. Clones are the same token.
///
/// Where Python would use an `Event` and poll it between two sleeps, `wait_timeout` is the sleep
/// that a stop ends.
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
#[doc(alias = "stop_token")]
#[derive(Clone)]
pub struct StopToken {
    shared: Arc<Shared>,
}

impl StopToken {
    /// Whether a stop was requested.
    #[must_use]
    #[inline]
    pub fn is_stopped(&self) -> bool {
        self.shared.requested.is_open()
    }

    /// An error once a stop was requested, for leaving a computation with `?`.
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
    pub fn check(&self) -> Result<(), Stopped> {
        if self.is_stopped() {
            Err(Stopped)
        } else {
            Ok(())
        }
    }

    /// Waits for the stop, however long it takes.
    #[track_caller]
    pub fn wait(&self) {
        let _waiting = inspect::waiting("StopToken::wait");
        // Without a limit it cannot end in any other way.
        let _ = self.shared.requested.wait(&Until::FOREVER);
    }

    /// Waits for the stop, or for that long; says whether the stop came.
    ///
    /// This is the sleep for a thread that can be stopped: `true` means go home, `false` that the
    /// time is over. `Duration::MAX` means for ever.
    #[must_use = "`true` means that a stop was requested; if only the pause matters, use `threadkit::sleep`"]
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        let _waiting = inspect::waiting("StopToken::wait_timeout");
        self.shared.requested.wait(&Until::after(timeout)).is_ok()
    }

    /// Waits for the stop, or until a deadline or another token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError::TimedOut`] if the deadline passed, [`WaitError::Stopped`] if the *other* token
    /// was stopped.
    #[track_caller]
    pub fn wait_until<'a>(&self, until: impl IntoUntil<'a>) -> Result<(), WaitError> {
        let _waiting = inspect::waiting("StopToken::wait_until");
        self.shared.requested.wait(&until.into_until())
    }

    /// Puts a waiter where a stop finds it, or stops it on the spot.
    pub(super) fn enlist(&self, waiter: &Arc<Waiter>) -> Enlisted<'_> {
        let mut others = self.shared.others.lock();
        let ticket = if self.is_stopped() {
            drop(others);
            waiter.decide(Outcome::Stopped);
            None
        } else {
            Some(others.push(waiter))
        };
        Enlisted {
            token: self,
            waiter: Arc::clone(waiter),
            ticket,
        }
    }
}

impl fmt::Debug for StopToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopToken")
            .field("stopped", &self.is_stopped())
            .finish()
    }
}

/// A waiter's place on a token's list, which it leaves when this is dropped.
pub(super) struct Enlisted<'a> {
    token: &'a StopToken,
    waiter: Arc<Waiter>,
    ticket: Option<Ticket>,
}

impl Drop for Enlisted<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.token.shared.others.lock().remove(ticket, &self.waiter);
        }
    }
}
