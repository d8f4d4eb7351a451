//! The limit of a wait.

use core::time::Duration;

use super::token::StopToken;
use crate::backend::{self, Instant};

/// The limit of a wait: a deadline, a stop, or the first of both.
///
/// Every `_until` method takes one, made from a [`Duration`], an [`Instant`], a `&StopToken`, or a pair of a
/// time and a `&StopToken`. A `Duration` counts from the moment at which the `Until` is made. One that is too
/// long for the clock, such as `Duration::MAX`, means for ever.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::{StopSource, WaitError};
///
/// let source = StopSource::new();
/// let worker = threadkit::spawn(|| threadkit::stop_token().wait());
///
/// // Neither will wait for ever: the first has a deadline, the second a token that is stopped.
/// assert_eq!(worker.wait_until(Duration::from_millis(5)), Err(WaitError::TimedOut));
/// source.stop();
/// let both = (Duration::from_secs(60), &source.token());
/// assert_eq!(worker.wait_until(both), Err(WaitError::Stopped));
///
/// worker.stop();
/// worker.join().unwrap();
/// ```
///
/// [`Instant`]: std::time::Instant
#[derive(Clone, Copy, Debug)]
pub struct Until<'a> {
    deadline: Option<Instant>,
    token: Option<&'a StopToken>,
}

impl<'a> Until<'a> {
    /// No limit: only what the wait is for ends it.
    pub(crate) const FOREVER: Until<'static> = Until {
        deadline: None,
        token: None,
    };

    pub(crate) fn after(timeout: Duration) -> Self {
        Self {
            deadline: backend::deadline_after(timeout),
            token: None,
        }
    }

    /// Whether there is no limit.
    pub(crate) fn is_forever(&self) -> bool {
        self.deadline.is_none() && self.token.is_none()
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    pub(crate) fn token(&self) -> Option<&'a StopToken> {
        self.token
    }

    /// Whether a wait with this limit would end at once.
    pub(crate) fn is_over(&self) -> bool {
        self.token.is_some_and(StopToken::is_stopped)
            || self.deadline.is_some_and(|end| backend::now() >= end)
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "sealed: not for other crates to name")]
    pub trait Sealed {}
}

/// A limit for a wait, in any form that [`Until`] can be made from.
///
/// Implemented for [`Duration`], [`Instant`](std::time::Instant), `&StopToken`, pairs of a time and
/// a `&StopToken`, and [`Until`] itself. It cannot be implemented for other types.
///
/// # Examples
///
/// A function that takes any limit:
///
/// ```
/// use std::time::Duration;
/// use threadkit::{Event, IntoUntil, StopSource};
///
/// fn all_set<'a>(events: &[Event], until: impl IntoUntil<'a>) -> bool {
///     let until = until.into_until();     // a duration counts from here, for all waits together
///     events.iter().all(|event| event.wait_until(until).is_ok())
/// }
///
/// let events = [Event::new(), Event::new()];
/// assert!(!all_set(&events, Duration::from_millis(5)));
/// events.iter().for_each(|event| _ = event.set());
/// assert!(all_set(&events, &StopSource::new().token()));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say until when to wait",
    label = "not a limit for a wait",
    note = "pass a `Duration`, an `Instant`, a `&StopToken`, or a pair of them: `(Duration, &StopToken)`",
    note = "the token of a `StopSource` is `&source.token()`, that of the current thread is `&stop_token()`"
)]
pub trait IntoUntil<'a>: sealed::Sealed {
    /// Makes the limit. A duration counts from now.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use threadkit::{Event, IntoUntil, WaitError};
    ///
    /// let until = Duration::from_millis(5).into_until();
    /// // Both waits together take five milliseconds, because they have one deadline.
    /// for event in [Event::new(), Event::new()] {
    ///     assert_eq!(event.wait_until(until), Err(WaitError::TimedOut));
    /// }
    /// ```
    fn into_until(self) -> Until<'a>;
}

macro_rules! into_until {
    ($([$($life:lifetime)?] $from:ty, $value:pat => $until:expr;)*) => {$(
        impl$(<$life>)? sealed::Sealed for $from {}
        impl<'a> IntoUntil<'a> for $from {
            fn into_until(self) -> Until<'a> {
                let $value = self;
                $until
            }
        }
    )*};
}

into_until! {
    [] Duration, timeout => Until::after(timeout);
    [] Instant, deadline => Until { deadline: Some(deadline), token: None };
    ['a] &'a StopToken, token => Until { deadline: None, token: Some(token) };
    ['a] (Duration, &'a StopToken), (timeout, token) => Until { token: Some(token), ..Until::after(timeout) };
    ['a] (Instant, &'a StopToken), (deadline, token) => Until { deadline: Some(deadline), token: Some(token) };
    ['a] Until<'a>, until => until;
}
