//! Checks of `#[thread]` that only the type checker can make.

use crate::StopToken;

/// A parameter of a thread's function that is supplied by threadkit and not by the caller.
#[diagnostic::on_unimplemented(
    message = "a thread's function is given a `threadkit::StopToken`, not a `{Self}`",
    label = "not threadkit's `StopToken`"
)]
pub trait Supplied {
    /// The one of the current thread.
    fn __supply() -> Self;
}

#[diagnostic::do_not_recommend]
impl Supplied for StopToken {
    #[inline]
    fn __supply() -> Self {
        crate::stop_token()
    }
}

// Method lookup finds the traits of the next four modules if the user's type has no `run`. The traits with
// `&mut self` come after every inherent `run`, whatever its receiver. The traits with `&self`, for `shared`,
// come after an inherent `run` with `&self`, and before one with another receiver.
//
// A `run` of a trait of the user's with the same receiver does not come first. Then the compiler finds two methods, and
// its error shows only the names of their traits. That is why these traits have names that explain the mistake.

/// For a `run` without a result.
pub mod missing_run {
    use super::HasRun;

    /// See above.
    pub trait IfRunIsATraitsPutThreadOnThatImpl {
        /// Its bound never holds, and has the message.
        fn run(&mut self)
        where
            Self: HasRun;
    }

    impl<T: crate::Run> IfRunIsATraitsPutThreadOnThatImpl for T {
        fn run(&mut self)
        where
            Self: HasRun,
        {
        }
    }
}

/// For `returns = ..`.
pub mod missing_run_with_result {
    use super::HasRun;

    /// See above.
    pub trait IfRunIsATraitsPutThreadOnThatImpl {
        /// Its bound never holds, and has the message.
        fn run<T>(&mut self) -> T
        where
            Self: HasRun;
    }

    impl<S: crate::Run> IfRunIsATraitsPutThreadOnThatImpl for S {
        fn run<T>(&mut self) -> T
        where
            Self: HasRun,
        {
            crate::__private::stand_in()
        }
    }
}

/// For `shared`.
pub mod missing_shared_run {
    use super::HasSharedRun;

    /// See above.
    pub trait IfRunIsATraitsPutThreadOnThatImpl {
        /// Its bound never holds, and has the message.
        fn run(&self)
        where
            Self: HasSharedRun;
    }

    impl<T: crate::Run> IfRunIsATraitsPutThreadOnThatImpl for T {
        fn run(&self)
        where
            Self: HasSharedRun,
        {
        }
    }
}

/// For `shared, returns = ..`.
pub mod missing_shared_run_with_result {
    use super::HasSharedRun;

    /// See above.
    pub trait IfRunIsATraitsPutThreadOnThatImpl {
        /// Its bound never holds, and has the message.
        fn run<T>(&self) -> T
        where
            Self: HasSharedRun;
    }

    impl<S: crate::Run> IfRunIsATraitsPutThreadOnThatImpl for S {
        fn run<T>(&self) -> T
        where
            Self: HasSharedRun,
        {
            crate::__private::stand_in()
        }
    }
}

/// No type implements it.
#[diagnostic::on_unimplemented(
    message = "the shared thread `{Self}` has no `run` that takes `&self`",
    label = "others hold this struct while its thread runs",
    note = "add `impl {Self} {{ fn run(&self) {{ .. }} }}`; what changes goes behind a `Lock`"
)]
pub trait HasSharedRun {}

/// No type implements it.
#[diagnostic::on_unimplemented(
    message = "thread `{Self}` has no `run`",
    label = "this thread does not say what it does",
    note = "add `impl {Self} {{ fn run(&mut self) {{ .. }} }}`",
    note = "if `run` is there, in an impl block with narrower bounds than the type or in a trait's, put `#[thread]` on that block instead"
)]
pub trait HasRun {}

/// No type implements it. A type of thread has a `join` with this bound, which therefore does not apply.
#[diagnostic::on_unimplemented(
    message = "thread `{Self}` is joined through the handle that `start` returns",
    label = "keep what `start()` returned, and write `handle.join()`"
)]
pub trait IsJoinedThroughItsHandle<'s> {}

/// Calls a `run` that must return `()` or `!`.
///
/// Takes a closure and not the result: code after a `run` that never returns would be unreachable.
#[inline]
pub fn no_result<T: NoResult>(run: impl FnOnce() -> T) {
    run();
}

/// The result of a `run` without `->`, or with `-> !`.
#[diagnostic::on_unimplemented(
    message = "`run` returns `{Self}`, and this thread does not say so",
    label = "the thread's result is not declared",
    note = "write `#[thread(returns = {Self})]`, or put `#[thread]` on the impl block, where it is read from the signature of `run`"
)]
pub trait NoResult {}

#[diagnostic::do_not_recommend]
impl NoResult for () {}

// `!` cannot be written here on stable Rust, but what a function pointer returns can.
#[diagnostic::do_not_recommend]
impl NoResult for <fn() -> ! as Returned>::Result {}

/// A function type, used to name the type of its result.
pub trait Returned {
    /// The type of the result.
    type Result;
}

impl<T> Returned for fn() -> T {
    type Result = T;
}
