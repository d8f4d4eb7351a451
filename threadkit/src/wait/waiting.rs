//! Waits with a limit: for a grant, for a gate, for a stop.

use core::time::Duration;
use std::sync::Arc;

use super::error::WaitError;
use super::gate::Gate;
use super::queue::Ticket;
use super::token::StopToken;
use super::until::{IntoUntil, Until};
use super::waiter::{Outcome, Waiter};
use crate::backend::{Backoff, outside};
use crate::inspect::{ByAnyone, Call, EndedBy, Operation};

/// Checks a few times whether there is something to see, and yields in between.
///
/// A wait often ends at once, and then needs no wake-up. `None` means that it is time to sleep, or that the
/// wait is over: the caller has looked once before, and looks again.
pub(crate) fn look_before_sleep<R>(
    until: &Until<'_>,
    look: impl FnMut() -> Option<R>,
) -> Option<R> {
    look_and_back_off(Backoff::new(), until, look)
}

/// The same with a backoff of the caller's choice.
pub(crate) fn look_and_back_off<R>(
    mut backoff: Backoff,
    until: &Until<'_>,
    mut look: impl FnMut() -> Option<R>,
) -> Option<R> {
    while !until.is_over() && backoff.snooze() {
        if let Some(seen) = look() {
            return Some(seen);
        }
    }
    None
}

/// Waits as this call, for what any thread may do, and notes why the wait has ended without what it was for.
pub(crate) fn wait_in<V>(
    call: Call,
    awaited: &dyn EndedBy,
    wait: impl FnOnce() -> Result<V, WaitError>,
) -> Result<V, WaitError> {
    let _waiting = call.waiting_for(awaited);
    wait().inspect_err(|ended| call.did(|| Some(ended.shown())))
}

impl Waiter {
    /// Waits until the wait is decided: by the deadline or the token of `until`, if by nothing else.
    ///
    /// Call it with no lock held, when notifiers can find the waiter. If it returns anything but
    /// [`Outcome::Granted`], no grant was or will be spent on this waiter, and the caller takes it off its
    /// queue.
    pub(crate) fn wait(self: &Arc<Self>, until: &Until<'_>) -> Outcome {
        if let Some(outcome) = self.outcome() {
            return outcome;
        }
        self.note_word();
        match look_before_sleep(until, || self.outcome()) {
            Some(outcome) => outcome,
            None => self.sleep(until),
        }
    }

    /// As [`wait`](Self::wait), for a caller that has looked often enough.
    pub(crate) fn sleep(self: &Arc<Self>, until: &Until<'_>) -> Outcome {
        if let Some(outcome) = self.outcome() {
            return outcome;
        }
        // Off the token's list again on every way out.
        let _enlisted = until.token().map(|token| Enlisted::new(token, self));
        self.sleep_by(until.deadline(), until.token().is_some())
    }
}

/// A waiter that a stop can find, until this is dropped.
struct Enlisted<'a> {
    token: &'a StopToken,
    waiter: Arc<Waiter>,
    /// `None` if the stop had been requested.
    ticket: Option<Ticket>,
}

impl<'a> Enlisted<'a> {
    /// Puts a waiter where a stop finds it, or stops it at once.
    fn new(token: &'a StopToken, waiter: &Arc<Waiter>) -> Self {
        // The token is no part of the primitive.
        let _outside = outside();
        let ticket = token.state().add_waiter(waiter);
        if ticket.is_none() {
            waiter.decide(Outcome::Stopped);
        }
        Self {
            token,
            waiter: Arc::clone(waiter),
            ticket,
        }
    }
}

impl Drop for Enlisted<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            let _outside = outside();
            self.token.state().remove_waiter(ticket, &self.waiter);
        }
    }
}

impl Gate {
    /// Waits until the gate is open.
    pub(crate) fn wait(&self, until: &Until<'_>) -> Result<(), WaitError> {
        if self.is_open() {
            return Ok(());
        }
        self.note_word();
        let is_open = || self.is_open().then_some(());
        match until.token() {
            // Only the gate and the clock can wake it.
            None => match look_before_sleep(until, is_open) {
                Some(()) => Ok(()),
                None if self.sleep_by(until.deadline()) => Ok(()),
                None => Err(WaitError::TimedOut),
            },
            Some(_) => self.wait_in_queue(until),
        }
    }

    fn wait_in_queue(&self, until: &Until<'_>) -> Result<(), WaitError> {
        let waiter = Waiter::new();
        let Some(ticket) = self.join(&waiter) else {
            return Ok(());
        };
        let outcome = waiter.wait(until);
        if outcome == Outcome::Granted {
            return Ok(());
        }
        self.leave(ticket, &waiter);
        // It may have opened after the end of the wait was decided.
        if self.is_open() {
            return Ok(());
        }
        outcome.result()
    }
}

impl StopToken {
    /// Waits for the stop, without a limit.
    ///
    /// # Examples
    ///
    /// ```
    /// let server = threadkit::spawn(|| {
    ///     threadkit::stop_token().wait();
    ///     "closed"
    /// });
    /// server.stop();
    /// assert_eq!(server.join().unwrap(), "closed");
    /// ```
    #[track_caller]
    pub fn wait(&self) {
        // Without a limit there is no other result.
        let _ = self.wait_as(Operation::STOP_TOKEN_WAIT.here(), &Until::FOREVER);
    }

    /// Waits for the stop, for a limited time; returns whether a stop was requested.
    ///
    /// It is the sleep of a thread that can be stopped: `true` means that a stop was requested, `false` that
    /// the time has passed. `Duration::MAX` means for ever.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let heartbeat = threadkit::spawn(|| {
    ///     let stop = threadkit::stop_token();
    ///     let mut beats = 0;
    ///     while !stop.wait_timeout(Duration::from_secs(60)) {
    ///         beats += 1;
    ///     }
    ///     beats
    /// });
    /// heartbeat.stop(); // wakes it at once
    /// assert_eq!(heartbeat.join().unwrap(), 0);
    /// ```
    #[must_use = "`true` means a stop; for a pause alone use `threadkit::sleep`, or `let _ =` if the loop looks anyway"]
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_timeout_in(timeout, Operation::STOP_TOKEN_WAIT_TIMEOUT.here())
    }

    /// As [`wait_timeout`](Self::wait_timeout), as a part of another operation.
    pub(crate) fn wait_timeout_in(&self, timeout: Duration, call: Call) -> bool {
        self.wait_as(call, &Until::after(timeout)).is_ok()
    }

    fn wait_as(&self, call: Call, until: &Until<'_>) -> Result<(), WaitError> {
        let awaited = ByAnyone(|| Some("a stop".to_owned()));
        wait_in(call, &awaited, || self.state().requested().wait(until))
    }

    /// Waits for the stop, or until a deadline or another token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError::TimedOut`] if the deadline passed; [`WaitError::Stopped`] if the *other* token was
    /// stopped.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{StopSource, WaitError};
    ///
    /// let (ours, theirs) = (StopSource::new(), StopSource::new());
    /// theirs.stop();
    /// let waited = ours.token().wait_until((Duration::from_secs(60), &theirs.token()));
    /// assert_eq!(waited, Err(WaitError::Stopped), "the other one");
    /// ours.stop();
    /// assert_eq!(ours.token().wait_until(Duration::from_secs(60)), Ok(()));
    /// ```
    #[track_caller]
    pub fn wait_until<'a>(&self, until: impl IntoUntil<'a>) -> Result<(), WaitError> {
        let call = Operation::STOP_TOKEN_WAIT_UNTIL.here();
        self.wait_as(call, &until.into_until())
    }
}
