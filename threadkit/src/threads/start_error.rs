//! [`StartError`].

use core::error::Error;
use core::fmt;
use std::io;
use std::sync::Arc;

use crate::debug_as_display::debug_as_display;

/// Why the thread with that name was not started.
#[derive(Debug)]
pub(super) enum Refusal {
    NulInName(Arc<str>),
    /// The system has refused it, with this size of the stack.
    System(Arc<str>, io::Error, Option<usize>),
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
        let kind = match &error.refusal {
            Refusal::NulInName(_) => io::ErrorKind::InvalidInput,
            Refusal::System(_, error, _) => error.kind(),
        };
        Self::new(kind, error.to_string())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NulInName(name) => write!(
                f,
                "a thread cannot be named `{}`: take out the NUL byte",
                name.escape_debug()
            ),
            Self::System(name, error, None) => write!(
                f,
                "cannot start thread `{}`: {error}; let others end first, or raise the \
                 system's limit on threads",
                name.escape_debug()
            ),
            Self::System(name, error, Some(bytes)) => write!(
                f,
                "cannot start thread `{}` with a stack of {bytes} bytes: {error}; ask for a \
                 smaller stack, or let other threads end first",
                name.escape_debug()
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
        match &self.refusal {
            Refusal::NulInName(_) => None,
            Refusal::System(_, error, _) => Some(error),
        }
    }
}
