//! [`assert_lock_order`].

use super::form::order_violations;
use super::printable::joined;
use crate::backend;

/// Panics if locks were acquired in different orders so far, by any threads of the process.
///
/// It is for the end of a test or of `main`. The message has all reports. In release builds of threadkit without the
/// feature `inspect` it never panics. A body of [`#[explore]`](macro@crate::explore) fails without it.
///
/// The tests of one binary are one process: a test that calls this also fails for what another test has done before.
/// And a test must run both orders on threads of which neither is joined before the other starts; one thread that
/// acquires the locks first in one order and then in the other is [no danger](super::prevented_order_violations).
///
/// It does not panic while the thread unwinds, so it can be called in a `drop`.
///
/// # Panics
///
/// If [`order_violations`] is not empty.
///
/// # Examples
///
/// ```
/// use threadkit::{Lock, inspect};
///
/// let (from, to) = (Lock::new(100), Lock::new(0));
/// threadkit::scope(|s| {
///     for _ in 0..2 {
///         s.spawn(|| {
///             let mut from = from.acquire();
///             *to.acquire() += 10;
///             *from -= 10;
///         });
///     }
/// });
/// inspect::assert_lock_order();
/// ```
#[track_caller]
pub fn assert_lock_order() {
    let violations = order_violations();
    if violations.is_empty() || backend::is_unwinding() {
        return;
    }
    let reports: Vec<_> = violations.iter().map(ToString::to_string).collect();
    panic!("{}", joined(&reports, "\n"));
}
