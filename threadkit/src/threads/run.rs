//! What a thread can run.

use core::any::type_name;

use super::setup::Setup;

/// What a thread can run: a closure, a function, a struct.
///
/// Closures and functions without parameters are bodies already, and
/// [`#[thread]`](macro@crate::thread) makes a body of a struct or an impl block. To do it by hand,
/// say what comes out and how. A boxed `dyn Run` is a body as well, so bodies of different types go
/// into one `Vec`.
///
/// A body may borrow; that it must be `Send + 'static` is asked by [`Thread::start`], not here.
///
/// [`Thread::start`]: crate::Thread::start
///
/// # Examples
///
/// ```
/// use threadkit::{Run, Thread};
///
/// struct Sum(Vec<u64>);
///
/// impl Run for Sum {
///     type Output = u64;
///
///     fn run(self: Box<Self>) -> u64 {
///         self.0.iter().sum()
///     }
/// }
///
/// let bodies: Vec<Box<dyn Run<Output = u64> + Send>> =
///     vec![Box::new(Sum(vec![1, 2, 3])), Box::new(|| 4)];
/// let started: Vec<_> = bodies.into_iter().map(|body| Thread::new(body).start()).collect();
/// let sum: u64 = started.into_iter().map(|thread| thread.join().unwrap()).sum();
/// assert_eq!(sum, 10);
/// ```
#[doc(alias = "Runnable")]
#[doc(alias = "Callable")]
#[diagnostic::on_unimplemented(
    message = "a thread cannot run `{Self}`",
    label = "not something to run",
    note = "give a function or closure without parameters, or a struct with `#[thread]`"
)]
pub trait Run {
    /// What running it gives, and [`JoinHandle::join`](crate::JoinHandle::join) returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{JoinError, Run, spawn};
    ///
    /// /// Runs it elsewhere, and waits for it.
    /// fn aside<B>(body: B) -> Result<B::Output, JoinError>
    /// where
    ///     B: Run<Output: Send + 'static> + Send + 'static,
    /// {
    ///     spawn(body).join()
    /// }
    ///
    /// assert_eq!(aside(|| "done").unwrap(), "done");
    /// ```
    type Output;

    /// Runs the body to its end.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Run;
    ///
    /// // What can run in a thread can also run here and now.
    /// let bodies: Vec<Box<dyn Run<Output = u32>>> = vec![Box::new(|| 1), Box::new(|| 2)];
    /// assert_eq!(bodies.into_iter().map(|body| body.run()).sum::<u32>(), 3);
    /// ```
    fn run(self: Box<Self>) -> Self::Output;

    /// What the body says about the thread that is to run it, before its starter has a say.
    #[doc(hidden)]
    fn __threadkit_setup(&self, setup: &mut Setup) {
        setup.target(type_name::<Self>());
    }

    /// Tells a failure among what running it gives, where that is known to be possible.
    #[doc(hidden)]
    fn __threadkit_error_text(&self) -> ErrorText<Self::Output> {
        None
    }
}

/// Says in words what has failed, if what a thread returned is a failure.
#[doc(hidden)]
pub type ErrorText<T> = Option<fn(&T) -> Option<String>>;

// Told as `Run`'s own words, not as a closure that is missing.
#[diagnostic::do_not_recommend]
impl<F, T> Run for F
where
    F: FnOnce() -> T,
{
    type Output = T;

    #[inline]
    fn run(self: Box<Self>) -> T {
        self()
    }
}

impl<T> Run for Box<dyn Run<Output = T> + Send + '_> {
    type Output = T;

    fn run(self: Box<Self>) -> T {
        (*self).run()
    }

    fn __threadkit_setup(&self, setup: &mut Setup) {
        (**self).__threadkit_setup(setup);
    }

    fn __threadkit_error_text(&self) -> ErrorText<T> {
        (**self).__threadkit_error_text()
    }
}

impl<T> Run for Box<dyn Run<Output = T> + '_> {
    type Output = T;

    fn run(self: Box<Self>) -> T {
        (*self).run()
    }

    fn __threadkit_setup(&self, setup: &mut Setup) {
        (**self).__threadkit_setup(setup);
    }

    fn __threadkit_error_text(&self) -> ErrorText<T> {
        (**self).__threadkit_error_text()
    }
}
