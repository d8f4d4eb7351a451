//! A body that says whether what it returned is a failure.

use core::fmt;

use super::run::{ErrorText, Run};
use super::setup::Setup;

/// A body whose `Err` is [reported](crate::Thread::report_errors), should nobody join its thread.
///
/// Runs as the body in it does.
///
/// # Examples
///
/// ```
/// use threadkit::{Run, Thread};
///
/// let parse = Thread::new(|| "42".parse::<u32>()).name("two\0parts").report_errors();
/// // A failed start gives the body back, which still says so.
/// let body = parse.try_start().unwrap_err().into_body();
/// assert_eq!(Thread::new(body).start().join().unwrap(), Ok(42));
/// ```
pub struct ReportErrors<R: Run> {
    body: Box<R>,
    judge: fn(&R::Output) -> Option<String>,
}

impl<R: Run> ReportErrors<R> {
    pub(super) fn new(body: R, judge: fn(&R::Output) -> Option<String>) -> Self {
        Self {
            body: Box::new(body),
            judge,
        }
    }
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
        Some(self.judge)
    }
}

impl<R: Run + fmt::Debug> fmt::Debug for ReportErrors<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.body.fmt(f)
    }
}
