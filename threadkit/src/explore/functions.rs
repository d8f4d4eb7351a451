//! Explorations and replays with the default settings.

use super::body::Verdict;
use super::explorer::Explorer;

/// Runs `body` under many schedules: `Explorer::new().check(body)`.
///
/// # Panics
///
/// If a run fails. The message says what went wrong and how to repeat it.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use threadkit::{Lock, explore, spawn};
///
/// explore::check(|| {
///     let total = Arc::new(Lock::new(0));
///     let adders = [1, 2].map(|n| {
///         let total = Arc::clone(&total);
///         spawn(move || *total.acquire() += n)
///     });
///     for adder in adders {
///         adder.join().unwrap();
///     }
///     assert_eq!(*total.acquire(), 3);
/// });
/// ```
#[track_caller]
pub fn check<V: Verdict>(body: impl Fn() -> V + Send + Sync + 'static) {
    Explorer::new().check(body);
}

/// Runs `body` once, under the schedule that a failed exploration printed.
///
/// The body must be a function or closure of its own, and not the test, which would start an exploration inside this
/// one.
///
/// # Panics
///
/// If the run fails, which it does as long as the body has the fault. If `schedule` is not a schedule. Without the
/// feature `explore` it always panics, because free threads follow no schedule.
///
/// # Examples
///
/// ```
/// use threadkit::{explore, spawn};
///
/// fn body() {
///     assert_eq!(spawn(|| 42).join().unwrap(), 42);
/// }
///
/// #[threadkit::explore] // and `#[test]`
/// fn it_answers() {
///     body();
/// }
///
/// // With the text that a failure of `it_answers` has printed.
/// # #[cfg(feature = "explore")]
/// explore::replay("tk1.01*5.", body);
/// ```
#[track_caller]
pub fn replay<V: Verdict>(schedule: &str, body: impl Fn() -> V + Send + Sync + 'static) {
    Explorer::new().replay(schedule, body);
}
