//! What threads wait for: the entries of a monitor.

use core::fmt;

/// What has to hold before a thread may continue.
type Condition<T> = fn(&T) -> bool;

/// The name of a condition, and how a thread that is not its owner evaluates it.
pub struct Entry<T> {
    pub(super) name: &'static str,
    /// `None` if each waiter has a condition of its own, for instance one with arguments.
    pub(super) condition: Option<Condition<T>>,
}

impl<T> Entry<T> {
    /// For threads that wait only for the lock. They queue only while another waiter has the right of way.
    pub const fn door(name: &'static str) -> Self {
        Self::alone(name, |_| true)
    }

    /// A condition on the value alone.
    pub const fn alone(name: &'static str, condition: Condition<T>) -> Self {
        Self {
            name,
            condition: Some(condition),
        }
    }

    /// For waiters that each have a condition of their own.
    pub const fn of_owners(name: &'static str) -> Self {
        Self {
            name,
            condition: None,
        }
    }
}

impl<T> fmt::Debug for Entry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.name).finish()
    }
}

/// Where to wait: the number of an entry, or [`OwnCondition`].
pub trait WaitAt<T> {
    /// The number of the entry, and the owner's condition, if others can look at it.
    fn place(&self) -> (usize, Option<Condition<T>>);
}

impl<T> WaitAt<T> for usize {
    fn place(&self) -> (usize, Option<Condition<T>>) {
        (*self, None)
    }
}

/// An entry whose owners have conditions of their own, which others can look at all the same, for
/// instance one for each parameter of a generic method.
#[derive(Debug)]
pub struct OwnCondition<T>(pub usize, pub Condition<T>);

impl<T> WaitAt<T> for OwnCondition<T> {
    fn place(&self) -> (usize, Option<Condition<T>>) {
        (self.0, Some(self.1))
    }
}
