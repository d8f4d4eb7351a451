//! [`Run`].

use core::any::type_name;

use super::setup::Setup;

/// A body, which a thread can run: a closure, a function, or a struct.
///
/// Closures and functions without parameters are bodies already, and
/// [`#[thread]`](macro@crate::thread) makes a body of a struct or an impl block. Without the attribute,
/// implement this trait. A boxed `dyn Run` is a body as well, so bodies of different types go into one
/// `Vec`.
///
/// A body may borrow: [`Thread::start`] requires `Send + 'static`, and this trait does not.
///
/// # A body takes no parameters
///
/// What it works on is captured, and not passed beside it as in Python's `args`. If the compiler says `expected to take
/// 0 arguments, but it takes 1 argument`, put the call into a closure:
///
/// ```
/// fn double(n: u32) -> u32 {
///     2 * n
/// }
///
/// let handle = threadkit::spawn(move || double(3)); // not `spawn(double, 3)`
/// assert_eq!(handle.join().unwrap(), 6);
/// ```
///
/// A closure gets the stop token of its thread inside:
///
/// ```
/// let handle = threadkit::spawn(|| {
///     let stop = threadkit::stop_token(); // not `|stop: &StopToken|`
///     stop.wait();
/// });
/// handle.stop();
/// handle.join().unwrap();
/// ```
///
/// A function with [`#[thread]`](macro@crate::thread) takes both as parameters: `fn work(n: u32, stop: &StopToken)` is
/// started by `work(3)`.
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
    /// The result of the body, which [`JoinHandle::join`](crate::JoinHandle::join) returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{JoinError, Run, spawn};
    ///
    /// /// Runs it on another thread, and waits for it.
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

    /// Runs the body.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Run;
    ///
    /// // A body can also run on the current thread.
    /// let bodies: Vec<Box<dyn Run<Output = u32>>> = vec![Box::new(|| 1), Box::new(|| 2)];
    /// assert_eq!(bodies.into_iter().map(|body| body.run()).sum::<u32>(), 3);
    /// ```
    fn run(self: Box<Self>) -> Self::Output;

    /// Runs a body that is not in a box; one that needs none gets none.
    #[doc(hidden)]
    fn __threadkit_run_unboxed(self) -> Self::Output
    where
        Self: Sized,
    {
        Box::new(self).run()
    }

    /// Sets the options of the thread that will run the body; its starter may change them.
    #[doc(hidden)]
    fn __threadkit_setup(&self, setup: &mut Setup) {
        setup.target(type_name::<Self>());
    }

    /// Turns a result that is an error into text, if a result may be one.
    #[doc(hidden)]
    fn __threadkit_error_text(&self) -> ErrorText<Self::Output> {
        None
    }
}

/// Turns an error that a thread returned into text; returns `None` for a success.
#[doc(hidden)]
pub type ErrorText<T> = Option<fn(&T) -> Option<String>>;

// So that the compiler prints the message of `Run` and does not ask for a closure.
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

    #[inline]
    fn __threadkit_run_unboxed(self) -> T {
        self()
    }
}

/// The methods of a boxed body, which are those of the body in the box.
macro_rules! methods_of_the_boxed {
    ($output:ident) => {
        fn run(self: Box<Self>) -> $output {
            (*self).run()
        }

        fn __threadkit_run_unboxed(self) -> $output {
            self.run()
        }

        fn __threadkit_setup(&self, setup: &mut Setup) {
            (**self).__threadkit_setup(setup);
        }

        fn __threadkit_error_text(&self) -> ErrorText<$output> {
            (**self).__threadkit_error_text()
        }
    };
}

// The heads are written out, because the compiler shows both to a user whose body cannot run.
impl<T> Run for Box<dyn Run<Output = T> + Send + '_> {
    type Output = T;

    methods_of_the_boxed!(T);
}

impl<T> Run for Box<dyn Run<Output = T> + '_> {
    type Output = T;

    methods_of_the_boxed!(T);
}
