//! What is refused with words that say what to write instead.
//!
//! Each trait here is implemented by nothing; what is bound by it is refused with the words on it. So
//! are hidden methods of a lock, under the names that other libraries use, and `Send` of its guards.

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

/// Bounds `Send` of every guard, and holds for none: a guard is released by the thread that acquired it.
///
/// It has words only in two steps. If the guard itself were what lacks an implementation, the compiler
/// would find that a reference to one is `Send`, and advise to borrow the closure that moves it.
pub trait LeavesItsThread {}

impl<G: ?Sized> LeavesItsThread for G where AnotherThread: Takes<G> {}

/// A thread that did not acquire the guard.
#[derive(Debug)]
pub struct AnotherThread;

/// Nothing implements this: see [`LeavesItsThread`].
#[diagnostic::on_unimplemented(
    message = "`{G}` stays on the thread that acquired it",
    label = "this would take a guard to another thread",
    note = "let the other thread acquire the lock itself: share the lock as a `static` or in an `Arc`, or borrow it in a `threadkit::scope`",
    note = "in an `async` block, let go of the guard before `.await`",
    note = "what one thread takes and another gives back is an `OwnedPermit` of a `Semaphore`"
)]
pub trait Takes<G: ?Sized> {}

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
