//! The form with the feature `tracing`.

use core::cell::Cell;
use core::fmt::Display;
use core::time::Duration;

use tracing::Span;
use tracing::level_filters::LevelFilter;
use tracing::span::EnteredSpan;

use crate::local::local;

local! {
    /// Whether the current thread starts a thread that is to have no span.
    static OUTSIDE: Cell<bool> = const { Cell::new(false) };
}

/// The span that the current thread is in, on its way to another.
#[derive(Clone, Debug)]
pub(crate) struct Carried(Span);

impl Carried {
    /// The span that the current thread is in at this moment.
    pub(crate) fn here() -> Self {
        Self(if OUTSIDE.get() {
            Span::none()
        } else {
            Span::current()
        })
    }

    /// Enters it on the current thread, until the result is dropped.
    pub(crate) fn enter(self) -> Entered {
        Entered(self.0.entered())
    }

    /// Runs `f` in it, and keeps it.
    pub(crate) fn within<T>(&self, f: impl FnOnce() -> T) -> T {
        self.0.in_scope(f)
    }
}

/// The current thread is in a span that came from another.
#[must_use = "dropping it leaves the span"]
pub(crate) struct Entered(
    #[expect(dead_code, reason = "leaves the span when dropped")] EnteredSpan,
);

/// Runs `f`, which starts a thread that is to be in no span. No code of the program runs in `f`.
pub(crate) fn outside<T>(f: impl FnOnce() -> T) -> T {
    let before = OUTSIDE.replace(true);
    let result = f();
    OUTSIDE.set(before);
    result
}

/// Whether the program listens to spans and events.
#[allow(dead_code, reason = "asked only before coroutines run")]
pub(crate) fn is_heard() -> bool {
    LevelFilter::current() != LevelFilter::OFF
}

/// The body of the current thread, or a task on it, has panicked.
pub(crate) fn panicked(thread: &str, message: &str, place: Option<&dyn Display>) {
    let place = place.map(tracing::field::display);
    tracing::error!(thread, place, message, "thread panicked");
}

/// What is known of the contention for locks that are acquired at a place: how many acquisitions there were and how
/// many had to wait; how long others have waited because of them, how long they have waited, together and at most, and
/// how long the lock was held, together and at most.
pub(crate) fn contention(
    place: &dyn Display,
    lock: &str,
    [acquisitions, contended]: [u64; 2],
    [blame, waited, longest_wait, held, longest_hold]: [Duration; 5],
) {
    tracing::info!(
        %place,
        lock,
        acquisitions,
        contended,
        blame = ?blame,
        waited = ?waited,
        longest_wait = ?longest_wait,
        held = ?held,
        longest_hold = ?longest_hold,
        "lock contention"
    );
}

/// A thread has failed that will not be joined.
pub(crate) fn unjoined(thread: &str, failure: &dyn Display) {
    tracing::error!(thread, failure = %failure, "a thread failed and was not joined");
}
