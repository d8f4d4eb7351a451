//! [`sleep`], and the stops that it keeps waiting.

use core::panic::Location;
use core::time::Duration;

use super::current::{current, stop_token};
use crate::backend::{self, QuietMutex};
use crate::identity;
use crate::inspect::{self, Operation};

/// Sleeps for at least that long; nothing ends it early, not even a stop of the thread.
///
/// The sleep that a stop ends is [`stop_token().wait_timeout(duration)`](crate::StopToken::wait_timeout). In debug
/// builds, a stop that had to wait for a sleep of a second or more is reported on standard error, once for each place.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
///
/// let before = Instant::now();
/// threadkit::sleep(Duration::from_millis(5));
/// assert!(before.elapsed() >= Duration::from_millis(5));
/// ```
#[track_caller]
#[doc(alias = "Thread::sleep")]
#[doc(alias = "time.sleep")]
pub fn sleep(duration: Duration) {
    let call = Operation::SLEEP.here();
    // A thread that threadkit does not know cannot have been stopped, except by a stop of all.
    let is_watched = duration >= LONG && inspect::report_delay().is_some();
    let can_be_stopped = is_watched && identity::current().is_some() && !stop_token().is_stopped();
    {
        let _waiting = call.waiting();
        backend::sleep(duration);
    }
    if can_be_stopped && stop_token().is_stopped() {
        report_delayed_stop(duration, Location::caller());
    }
}

/// A shorter sleep delays a stop too little to matter, as in a loop that looks at its token now and then.
const LONG: Duration = Duration::from_secs(1);

/// The calls that were reported, each once.
static REPORTED: QuietMutex<Vec<&'static Location<'static>>> = QuietMutex::new(Vec::new());

#[cold]
fn report_delayed_stop(duration: Duration, place: &'static Location<'static>) {
    let mut reported = REPORTED.lock();
    if reported.contains(&place) {
        return;
    }
    reported.push(place);
    drop(reported);
    inspect::tell(&format!(
        "the stop of thread `{}` had to wait for a `threadkit::sleep` of {duration:?} at {place}: write \
         `threadkit::stop_token().wait_timeout(..)`, which a stop ends",
        current().name(),
    ));
}
