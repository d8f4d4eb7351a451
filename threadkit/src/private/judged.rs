//! Finds out whether a thread returned an `Err`, where the type of its result is known.

use core::fmt::{Debug, Display};

/// The result of a thread.
///
/// With all three traits in scope, `(&&&Judged(value)).__failure()` calls the best implementation that the type
/// allows, because method lookup tries more references before fewer.
#[derive(Debug)]
pub struct Judged<'a, T>(pub &'a T);

/// For a `Result` whose error implements `Display`.
pub trait ByDisplay {
    /// The message of the error, if it is one.
    fn __failure(&self) -> Option<String>;
}

impl<T, E: Display> ByDisplay for &&Judged<'_, Result<T, E>> {
    fn __failure(&self) -> Option<String> {
        self.0.as_ref().err().map(E::to_string)
    }
}

/// For a `Result` whose error implements `Debug`.
pub trait ByDebug {
    /// The message of the error, if it is one.
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
