//! [`StartError`].

use core::error::Error;
use core::fmt;
use std::io;
use std::sync::Arc;

use crate::debug_as_display::debug_as_display;

/// Why a thread was not started.
#[derive(Debug)]
pub(super) enum Cause {
    NulInName,
    /// The system has refused it, with this size of the stack.
    System(io::Error, Option<usize>),
}

/// Which thread was not started, and why.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) name: Arc<str>,
    pub(super) cause: Cause,
}

/// The thread could not be started; the error has its body.
///
/// [`Thread::try_start`](crate::Thread::try_start) returns it.
///
/// # Examples
///
/// ```
/// use threadkit::Thread;
///
/// let letter = String::from("dear thread");
/// let error = Thread::new(move || letter).stack_size(usize::MAX).try_start().unwrap_err();
///
/// assert!(error.to_string().contains("stack"));
/// let body = error.into_body();
/// assert_eq!(body(), "dear thread");
/// ```
pub struct StartError<R> {
    pub(super) body: R,
    pub(super) refusal: Refusal,
}

impl<R> StartError<R> {
    /// The body that was to be run.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Thread;
    ///
    /// let error = Thread::new(|| 42).stack_size(usize::MAX).try_start().unwrap_err();
    /// assert_eq!(error.into_body()(), 42);
    /// ```
    #[must_use]
    pub fn into_body(self) -> R {
        self.body
    }
}

impl<R> From<StartError<R>> for io::Error {
    fn from(error: StartError<R>) -> Self {
        let kind = match &error.refusal.cause {
            Cause::NulInName => io::ErrorKind::InvalidInput,
            Cause::System(error, _) => error.kind(),
        };
        Self::new(kind, error.to_string())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.escape_debug();
        match &self.cause {
            Cause::NulInName => {
                write!(
                    f,
                    "a thread cannot be named `{name}`: take out the NUL byte"
                )
            }
            Cause::System(error, None) => write!(
                f,
                "cannot start thread `{name}`: {error}; let others end first, or raise the \
                 system's limit on threads"
            ),
            Cause::System(error, Some(bytes)) => write!(
                f,
                "cannot start thread `{name}` with a stack of {bytes} bytes: {error}; ask for a \
                 smaller stack, or let other threads end first"
            ),
        }
    }
}

impl<R> fmt::Display for StartError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.refusal.fmt(f)
    }
}

debug_as_display!(StartError<R>);

impl<R> Error for StartError<R> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.refusal.cause {
            Cause::NulInName => None,
            Cause::System(error, _) => Some(error),
        }
    }
}
