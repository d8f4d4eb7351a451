//! What all guards of locks have in common: they print as what they guard, and stay on their thread.

macro_rules! every_guard {
    ($($guard:ty),*) => {$(
        impl<T: ?Sized + core::fmt::Debug> core::fmt::Debug for $guard {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + core::fmt::Display> core::fmt::Display for $guard {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                (**self).fmt(f)
            }
        }

        #[doc(hidden)]
        // Without this the guard is not `Send` either, for what is inside it; but then the compiler
        // speaks of a `*mut ()` in there. With it, the refusal is that of the bound, which has words.
        //
        // SAFETY: it never applies. The one impl of `LeavesItsThread` covers a guard only where
        // `AnotherThread: Takes<guard>` holds. This crate implements `Takes` for nothing, and no other
        // crate can: the trait is in a private module and nothing re-exports it, so it has no name there.
        unsafe impl<T: ?Sized> Send for $guard where Self: $crate::sync::stays::LeavesItsThread {}
    )*};
}

pub(super) use every_guard;
