//! What `#[thread]` can only find out through the type checker.

use crate::StopToken;

/// What a thread's function is given without asking its caller.
#[diagnostic::on_unimplemented(
    message = "a thread's function is given a `threadkit::StopToken`, not a `{Self}`",
    label = "not threadkit's `StopToken`"
)]
pub trait Supplied {
    /// The running thread's own.
    fn __supply() -> Self;
}

#[diagnostic::do_not_recommend]
impl Supplied for StopToken {
    #[inline]
    fn __supply() -> Self {
        crate::stop_token()
    }
}

// The traits of the next four modules are found instead of the user's `run` when there is none. Those
// by `&mut self` come after every inherent `run`, whatever its receiver; those by `&self`, for
// `shared`, after an inherent `run` of that receiver, and instead of any other.
//
// A `run` that belongs to a trait of the user's, by the same receiver, does not come first: then the
// compiler finds two, and all that it tells of each is the name of its trait. Hence the name.

/// For a `run` without a result.
pub mod missing_run {
    use super::HasRun;

    /// See above.
    pub trait IfRunIsATraitsPutThreadOnThatImpl {
        /// Explains, by a bound that never holds.
        fn run(&mut self)
        where
            Self: HasRun;
    }

    impl<T: ?Sized> IfRunIsATraitsPutThreadOnThatImpl for T {
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
        /// Explains, by a bound that never holds.
        fn run<T>(&mut self) -> T
        where
            Self: HasRun;
    }

    impl<S: ?Sized> IfRunIsATraitsPutThreadOnThatImpl for S {
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
        /// Explains, by a bound that never holds.
        fn run(&self)
        where
            Self: HasSharedRun;
    }

    impl<T: ?Sized> IfRunIsATraitsPutThreadOnThatImpl for T {
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
        /// Explains, by a bound that never holds.
        fn run<T>(&self) -> T
        where
            Self: HasSharedRun;
    }

    impl<S: ?Sized> IfRunIsATraitsPutThreadOnThatImpl for S {
        fn run<T>(&self) -> T
        where
            Self: HasSharedRun,
        {
            crate::__private::stand_in()
        }
    }
}

/// Implemented by nothing.
#[diagnostic::on_unimplemented(
    message = "the shared thread `{Self}` has no `run` that takes `&self`",
    label = "others hold this struct while its thread runs",
    note = "add `impl {Self} {{ fn run(&self) {{ .. }} }}`; what changes goes behind a `Lock`"
)]
pub trait HasSharedRun {}

/// Implemented by nothing.
#[diagnostic::on_unimplemented(
    message = "thread `{Self}` has no `run`",
    label = "this thread does not say what it does",
    note = "add `impl {Self} {{ fn run(&mut self) {{ .. }} }}`",
    note = "if `run` is there, in an impl block with narrower bounds than the type or in a trait's, put `#[thread]` on that block instead"
)]
pub trait HasRun {}

/// Calls a `run` that must not have a result.
///
/// Takes a closure and not the result, because after a `run` that never returns nothing may follow.
#[inline]
pub fn no_result<T: NoResult>(run: impl FnOnce() -> T) {
    run();
}

/// A result that says nothing: of a `run` without `->`, or with `-> !`.
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

/// What a function returns.
pub trait Returned {
    /// It.
    type Result;
}

impl<T> Returned for fn() -> T {
    type Result = T;
}
