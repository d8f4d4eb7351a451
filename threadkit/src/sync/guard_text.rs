//! Guards print as what they guard.

macro_rules! guard_text {
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
    )*};
}

pub(super) use guard_text;
