//! Access to the value for readers, and for threads that lock several monitors.

use core::fmt;
use core::ops::{Deref, DerefMut};

use super::inside::Inside;
use super::visit::{Purpose, Visit};
use crate::sync::lock::LockGuard;

/// A visit that only reads.
#[must_use = "the monitor is left at once"]
pub struct Peek<'a, T, const ENTRIES: usize> {
    pub(super) guard: LockGuard<'a, Inside<T, ENTRIES>>,
}

impl<T, const ENTRIES: usize> Deref for Peek<'_, T, ENTRIES> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard.value
    }
}

impl<T, const ENTRIES: usize> fmt::Debug for Peek<'_, T, ENTRIES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peek").finish_non_exhaustive()
    }
}

/// The guard of a [`Monitor`](crate::Monitor) that is locked together with others; dropping it leaves the monitor.
///
/// If the value was borrowed mutably, the drop lets in threads that wait for a condition on it, as a method does. A
/// panic in between poisons a monitor that was made with `poison`.
///
/// # Examples
///
/// ```
/// use threadkit::{Lock, lock_all, monitor};
///
/// struct Account(u64);
///
/// #[monitor(SharedAccount)]
/// impl Account {
///     pub fn balance(&self) -> u64 {
///         self.0
///     }
/// }
///
/// let (account, log) = (SharedAccount::from(Account(1)), Lock::new(Vec::new()));
/// let (mut value, mut lines) = lock_all((account.monitor(), &log));
/// value.0 += 1;
/// lines.push(value.balance());
/// drop((value, lines));
/// assert_eq!(account.balance(), 2);
/// ```
// A guard that only was on the way to another lock, or that only reads, changes nothing and calls no waiter.
#[must_use = "the monitor is left at once"]
pub struct MonitorGuard<'a, T, const ENTRIES: usize> {
    pub(super) visit: Visit<'a, T, ENTRIES>,
}

impl<T, const ENTRIES: usize> Deref for MonitorGuard<'_, T, ENTRIES> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.visit
    }
}

impl<T, const ENTRIES: usize> DerefMut for MonitorGuard<'_, T, ENTRIES> {
    fn deref_mut(&mut self) -> &mut T {
        self.visit.purpose = Purpose::Change;
        &mut self.visit
    }
}

impl<T: fmt::Display, const ENTRIES: usize> fmt::Display for MonitorGuard<'_, T, ENTRIES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

impl<T: fmt::Debug, const ENTRIES: usize> fmt::Debug for MonitorGuard<'_, T, ENTRIES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}
