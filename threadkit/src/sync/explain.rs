//! Methods that do not exist, and say what to write instead.
//!
//! A lock has hidden methods under the names that other libraries use. Each is bound by a trait that
//! nothing implements, so a call is refused with the words below.

/// Nothing implements this: the guard releases, not the lock.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is released through its guard",
    label = "the lock has nothing to release it by",
    note = "keep what `acquire()` returned and call `guard.release()`, or let it go out of scope",
    note = "`lock.with(..)` and `#[synchronized(LOCK)]` need no release"
)]
pub trait GuardRelease {}

/// Nothing implements this: the word is `acquire`.
#[diagnostic::on_unimplemented(
    message = "threadkit spells this `acquire`",
    label = "write `acquire()`, which gives the guard itself: there is no poison to unwrap",
    note = "`try_acquire()` does not wait, `acquire_timeout(d)` waits for a limited time"
)]
pub trait AcquireSpelling {}

/// Nothing implements this: the word is `is_locked`.
#[diagnostic::on_unimplemented(
    message = "threadkit spells this `is_locked`",
    label = "write `is_locked()`",
    note = "to have the lock if it is free, write `try_acquire()`: what `is_locked` says may be old at once"
)]
pub trait IsLockedSpelling {}

/// Adds the methods that only explain to a lock.
macro_rules! explain_other_spellings {
    ($lock:ident) => {
        #[doc(hidden)]
        impl<T: ?Sized> $lock<T> {
            pub fn lock<G>(&self) -> G
            where
                Self: $crate::sync::explain::AcquireSpelling,
            {
                unreachable!("nothing implements the bound")
            }

            pub fn try_lock<G>(&self) -> G
            where
                Self: $crate::sync::explain::AcquireSpelling,
            {
                unreachable!("nothing implements the bound")
            }

            pub fn locked(&self) -> bool
            where
                Self: $crate::sync::explain::IsLockedSpelling,
            {
                unreachable!("nothing implements the bound")
            }

            pub fn release(&self)
            where
                Self: $crate::sync::explain::GuardRelease,
            {
                unreachable!("nothing implements the bound")
            }

            pub fn unlock(&self)
            where
                Self: $crate::sync::explain::GuardRelease,
            {
                unreachable!("nothing implements the bound")
            }
        }
    };
}

pub(super) use explain_other_spellings;
