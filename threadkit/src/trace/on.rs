//! The form that tells.

use core::fmt::Display;

use tracing::Span;
use tracing::span::EnteredSpan;

/// The span that the current thread is in, on its way to another.
#[derive(Clone, Debug)]
pub(crate) struct Carried(Span);

impl Carried {
    /// The span that the current thread is in at this moment.
    pub(crate) fn here() -> Self {
        Self(Span::current())
    }

    /// Makes the current thread be in it, until what this returns is dropped.
    pub(crate) fn enter(self) -> Entered {
        Entered(self.0.entered())
    }
}

/// The current thread is in a span that came from another.
#[must_use = "dropping it leaves the span"]
pub(crate) struct Entered(
    #[expect(dead_code, reason = "leaves the span when dropped")] EnteredSpan,
);

/// The body of the current thread has panicked.
pub(crate) fn panicked(thread: &str, message: &str, place: Option<&dyn Display>) {
    let place = place.map(tracing::field::display);
    tracing::error!(thread, place, message, "thread panicked");
}

/// A thread has failed, and nobody will join it.
pub(crate) fn unjoined(thread: &str, failure: &dyn Display) {
    tracing::error!(thread, failure = %failure, "nobody joined a thread that failed");
}
