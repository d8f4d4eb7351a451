//! [`Lazy`].

use core::fmt;
use core::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};

use super::once::Once;
use crate::backend::{Mutex, Site};

/// A value that is made at its first use.
///
/// Threads that use it at the same time wait until one of them has made it. Use [`Once`] for a value whose
/// making depends on the caller, or can fail.
///
/// | | |
/// | --- | --- |
/// | reentrant? | No: a maker that uses its own value panics instead of waiting for itself. |
/// | a panic in the maker | propagates. The maker cannot be run again, so every later use panics too. |
/// | cost | One load once the value is there. |
///
/// # Differences from `std::sync::LazyLock`
///
/// It does the same, except that a maker that uses its own value panics. It blocks by threadkit's own
/// means, so an [exploration](mod@crate::explore) sees it.
///
/// # Differences from Python
///
/// It corresponds to a global of a module, or to `functools.cached_property`, which may run twice.
///
/// # Examples
///
/// ```
/// use threadkit::Lazy;
///
/// static SQUARES: Lazy<Vec<u32>> = Lazy::new(|| (0..10).map(|n| n * n).collect());
///
/// assert!(Lazy::get(&SQUARES).is_none(), "not used so far");
/// assert_eq!(SQUARES[3], 9);
/// ```
#[doc(alias = "LazyLock")]
#[doc(alias = "lazy_static")]
pub struct Lazy<T, F = fn() -> T> {
    once: Once<T>,
    /// The thread that makes the value takes it out, so it is gone if the maker panicked.
    make: Mutex<Option<F>>,
}

impl<T: UnwindSafe, F: UnwindSafe> UnwindSafe for Lazy<T, F> {}
impl<T: UnwindSafe + RefUnwindSafe, F: UnwindSafe> RefUnwindSafe for Lazy<T, F> {}

impl<T, F> Lazy<T, F> {
    /// Makes a lazy value, which `make` will make.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Lazy;
    ///
    /// static PRIMES: Lazy<Vec<u32>> = Lazy::new(|| vec![2, 3, 5, 7]);
    /// assert_eq!(PRIMES.len(), 4);
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn new(make: F) -> Self {
        Self {
            once: Once::at(Site::new("a `Lazy`")),
            make: Mutex::new(Some(make)),
        }
    }

    /// The value, if it has been made. Never waits.
    ///
    /// An associated function, so that it cannot hide a method of the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Lazy;
    ///
    /// let answer = Lazy::new(|| 6 * 7);
    /// assert_eq!(Lazy::get(&answer), None);
    /// assert_eq!(*answer, 42);
    /// assert_eq!(Lazy::get(&answer), Some(&42));
    /// ```
    #[inline]
    #[must_use]
    pub fn get(lazy: &Self) -> Option<&T> {
        lazy.once.get()
    }
}

impl<T, F: FnOnce() -> T> Lazy<T, F> {
    /// The value, which is made now if it has not been made.
    ///
    /// # Panics
    ///
    /// If the maker panics or has panicked, or uses the value itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Lazy;
    ///
    /// let answer = Lazy::new(|| 6 * 7);
    /// assert_eq!(Lazy::force(&answer), &42);
    /// ```
    #[inline]
    #[track_caller]
    pub fn force(lazy: &Self) -> &T {
        lazy.once.get_or_init(|| {
            let make = lazy.make.lock().take();
            let make = make.expect("the maker of this lazy value has panicked before");
            make()
        })
    }
}

impl<T, F: FnOnce() -> T> Deref for Lazy<T, F> {
    type Target = T;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &T {
        Self::force(self)
    }
}

impl<T: Default> Default for Lazy<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default)
    }
}

/// Never makes the value, and never waits for it.
impl<T: fmt::Debug, F> fmt::Debug for Lazy<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.once.fmt_as("Lazy", f)
    }
}
