//! Whether what a thread returned is an `Err`, asked where its type is written.

use core::fmt::{Debug, Display};

/// Something that a thread has returned.
///
/// With all three traits in scope, `(&&&Judged(value)).__failure()` finds the best that the type of the
/// value allows: method lookup tries the value as it stands before it takes references off.
#[derive(Debug)]
pub struct Judged<'a, T>(pub &'a T);

/// For a `Result` whose error can be shown to users.
pub trait ByDisplay {
    /// The error in words, if it is one.
    fn __failure(&self) -> Option<String>;
}

impl<T, E: Display> ByDisplay for &&Judged<'_, Result<T, E>> {
    fn __failure(&self) -> Option<String> {
        self.0.as_ref().err().map(E::to_string)
    }
}

/// For a `Result` whose error can be shown to programmers.
pub trait ByDebug {
    /// The error in words, if it is one.
    fn __failure(&self) -> Option<String>;
}

impl<T, E: Debug> ByDebug for &Judged<'_, Result<T, E>> {
    fn __failure(&self) -> Option<String> {
        self.0.as_ref().err().map(|error| format!("{error:?}"))
    }
}

/// For everything else.
pub trait ByNothing {
    /// Never a failure.
    fn __failure(&self) -> Option<String>;
}

impl<T> ByNothing for Judged<'_, T> {
    fn __failure(&self) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! judge {
        ($value:expr) => {
            (&&&Judged(&$value)).__failure().as_deref()
        };
    }

    #[test]
    fn the_best_that_the_type_allows() {
        struct Silent;
        #[derive(Debug)]
        struct Terse;

        assert_eq!(judge!(Err::<(), _>("shown")), Some("shown"));
        assert_eq!(judge!(Err::<Silent, _>(Terse)), Some("Terse"));
        assert_eq!(judge!(Err::<(), _>(Silent)), None);
        assert_eq!(judge!(Ok::<_, &str>(1)), None);
        assert_eq!(judge!(()), None);
        assert_eq!(judge!(Silent), None);
        let error: Result<(), Box<dyn core::error::Error>> = Err("boxed".into());
        assert_eq!(judge!(error), Some("boxed"));
    }
}
