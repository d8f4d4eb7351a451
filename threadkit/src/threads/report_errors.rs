//! [`ReportErrors`].

use core::fmt;

use super::run::{ErrorText, Run};
use super::setup::Setup;

/// A body whose `Err` is [reported](crate::Thread::report_errors) if its thread is not joined.
///
/// It runs like the body in it.
///
/// # Examples
///
/// ```
/// use threadkit::{Run, Thread};
///
/// let parse = Thread::new(|| "42".parse::<u32>()).name("two\0parts").report_errors();
/// // A failed start returns the body, whose errors are still reported.
/// let body = parse.try_start().unwrap_err().into_body();
/// assert_eq!(Thread::new(body).start().join().unwrap(), Ok(42));
/// ```
pub struct ReportErrors<R: Run> {
    pub(super) body: Box<R>,
    pub(super) error_text: fn(&R::Output) -> Option<String>,
}

impl<R: Run> Run for ReportErrors<R> {
    type Output = R::Output;

    fn run(self: Box<Self>) -> R::Output {
        self.body.run()
    }

    fn __threadkit_setup(&self, setup: &mut Setup) {
        self.body.__threadkit_setup(setup);
    }

    fn __threadkit_error_text(&self) -> ErrorText<R::Output> {
        Some(self.error_text)
    }
}

impl<R: Run + fmt::Debug> fmt::Debug for ReportErrors<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.body.fmt(f)
    }
}
