//! `Debug` of errors.

/// Implements `Debug` as `Display`, so that `unwrap` prints a sentence.
macro_rules! debug_as_display {
    ($error:ident $(<$param:ident>)?) => {
        /// The text of `Display`, because `unwrap` prints it. It needs no bound on the type.
        impl $(<$param>)? ::core::fmt::Debug for $error $(<$param>)? {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(self, f)
            }
        }
    };
}

pub(crate) use debug_as_display;
