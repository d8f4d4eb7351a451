//! [`Supervisor`].

use core::convert::Infallible;
use core::error::Error;
use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use super::builder::Thread;
use super::current::{current, stop_token};
use super::excepthook::{self, ThreadFailure};
use super::handle::JoinHandle;
use super::run::{ErrorText, Run};
use super::setup::Setup;
use crate::backend;
use crate::debug_as_display::debug_as_display;
use crate::inspect::{Call, Group, GroupKind, Operation};
use crate::panics;

/// The first pause by default.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause by default.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The function that is called for a failure that leads to another start.
type Report = Box<dyn Fn(&ThreadFailure) + Send>;

/// A thread that makes and runs a new body each time its body fails.
///
/// [`new`](Self::new) takes a factory of bodies, which is a closure that returns a closure: `Supervisor::new(|_|
/// move || work())`. Running a body consumes it, so each start needs a new one.
///
/// A body fails by a panic, or by returning `Err`. After a pause, which is twice as long each time, the
/// factory makes the next body; its argument is the number of the start, counted from zero. When a body
/// succeeds, its value is the result of the thread, and nothing is started again.
///
/// All bodies run on one thread, one after the other. It has one name, one number and one stop token;
/// a stop ends the pause, and after a stop nothing is started again. A supervisor is itself something
/// that can [`Run`]: a thread runs it with all the options of a [`Thread`](struct@Thread), and a pool runs it as a
/// [`Task`](crate::Task), whose [stop](crate::Task::stop) ends it in the same way.
///
/// # Where the failures go
///
/// A failure that leads to another start goes to the function set by [`on_failure`](Self::on_failure), or to
/// the [except hook](crate::set_excepthook) without one. The last failure is in the [`SupervisorError`]
/// that `join` returns.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::{Supervisor, Thread};
///
/// let supervisor = Supervisor::new(|n| {
///     move || -> Result<u32, &str> {
///         if n < 2 { Err("not yet") } else { Ok(n) }
///     }
/// })
/// .pauses(Duration::from_millis(1), Duration::from_millis(10))
/// .on_failure(|failure| eprintln!("again: {failure}"));
///
/// let thread = Thread::new(supervisor).name("stubborn").start();
/// assert_eq!(thread.join().unwrap().unwrap(), 2);
/// ```
///
/// A supervisor that runs until its handle stops it, which the body notices by its token:
///
/// ```
/// use threadkit::{Queue, Supervisor, stop_token};
///
/// let orders = Queue::unbounded();
/// let (kitchen, served) = (orders.clone(), Queue::unbounded());
/// let table = served.clone();
///
/// let cook = Supervisor::new(move |_| {
///     let (kitchen, table) = (kitchen.clone(), table.clone()); // for this body
///     move || {
///         for order in kitchen.until(&stop_token()) {
///             table.put(order).unwrap();
///         }
///     }
/// });
/// let handle = cook.start();
/// orders.put("tea").unwrap();
/// assert_eq!(served.get(), Ok("tea"));
/// handle.stop();
/// handle.join().unwrap().unwrap();
/// ```
#[must_use = "a `Supervisor` does nothing until it is started"]
pub struct Supervisor<F> {
    factory: F,
    first_pause: Duration,
    longest_pause: Duration,
    limit: Option<u32>,
    report: Option<Report>,
    /// Where the supervisor was made.
    made: Call,
}

impl<F> Supervisor<F> {
    /// A supervisor of the bodies that `factory` makes: a closure that returns a body.
    ///
    /// By default it restarts for ever, with pauses that grow from a tenth of a second to half a minute.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Supervisor;
    ///
    /// let worker = Supervisor::new(|n| move || Ok::<_, String>(n)).start();
    /// assert_eq!(worker.join().unwrap().unwrap(), 0, "it did not fail");
    /// ```
    #[track_caller]
    pub fn new<R>(factory: F) -> Self
    where
        F: FnMut(u32) -> R,
        R: Run,
        R::Output: SupervisedResult,
    {
        Self {
            factory,
            first_pause: FIRST_PAUSE,
            longest_pause: LONGEST_PAUSE,
            limit: None,
            report: None,
            made: Operation::PAUSE_OF_SUPERVISOR.here(),
        }
    }

    /// Sets the first pause and the longest.
    ///
    /// Each pause is twice as long as the one before. A body that has run for longer than the longest
    /// pause counts as recovered: its failure is the first again, for the pauses and for the
    /// [limit](Self::max_restarts).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::Supervisor;
    ///
    /// let stubborn = Supervisor::new(|n| move || if n < 3 { Err("not yet") } else { Ok(n) })
    ///     .pauses(Duration::from_millis(1), Duration::from_millis(2))
    ///     .on_failure(|_| ());
    /// assert_eq!(stubborn.start().join().unwrap().unwrap(), 3);
    /// ```
    #[doc(alias = "backoff")]
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.first_pause = first.min(longest);
        self.longest_pause = longest;
        self
    }

    /// Sets how many restarts in a row there are at most; then it gives up.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::Supervisor;
    ///
    /// let hopeless = Supervisor::new(|_| || panic!("no use"))
    ///     .pauses(Duration::ZERO, Duration::from_secs(1))
    ///     .max_restarts(3)
    ///     .on_failure(|_| ());
    /// let error = hopeless.start().join().unwrap().unwrap_err();
    /// assert_eq!(error.starts(), 4);
    /// assert_eq!(error.message(), "no use");
    /// ```
    pub fn max_restarts(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sets the function that is called for a failure that leads to another start, instead of the [except
    /// hook](crate::set_excepthook).
    ///
    /// If it panics, the supervisor ends with that panic.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{Queue, Supervisor};
    ///
    /// let failures = Queue::unbounded();
    /// let heard = failures.clone();
    /// let worker = Supervisor::new(|n| move || if n == 0 { Err("not yet") } else { Ok(n) })
    ///     .pauses(Duration::ZERO, Duration::from_secs(1))
    ///     .on_failure(move |failure| failures.put(failure.message().to_owned()).unwrap());
    /// worker.start().join().unwrap().unwrap();
    /// assert_eq!(heard.drain(), ["not yet"]);
    /// ```
    pub fn on_failure(mut self, report: impl Fn(&ThreadFailure) + Send + 'static) -> Self {
        self.report = Some(Box::new(report));
        self
    }

    /// Starts the thread: short for `Thread::new(supervisor).start()`.
    ///
    /// # Panics
    ///
    /// As [`Thread::start`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Supervisor, Thread};
    ///
    /// let short = Supervisor::new(|_| || ()).start();
    /// let long = Thread::new(Supervisor::new(|_| || ())).name("worker").start();
    /// assert_eq!(long.name(), "worker");
    /// for worker in [short, long] {
    ///     worker.join().unwrap().unwrap();
    /// }
    /// ```
    #[track_caller]
    pub fn start<R>(self) -> JoinHandle<<Self as Run>::Output>
    where
        F: FnMut(u32) -> R + Send + 'static,
        R: Run,
        R::Output: SupervisedResult,
        <R::Output as SupervisedResult>::Value: Send + 'static,
    {
        Thread::new(self).start()
    }
}

impl<F, R> Run for Supervisor<F>
where
    F: FnMut(u32) -> R,
    R: Run,
    R::Output: SupervisedResult,
{
    type Output = Result<<R::Output as SupervisedResult>::Value, SupervisorError>;

    fn run(mut self: Box<Self>) -> Self::Output {
        let group = Group::new(GroupKind::Supervisor, None, self.made);
        let _member = group.admit_current();
        let thread = current();
        // The token of the task, if this runs as a task: a stop of the task does not stop its worker.
        let stop = stop_token();
        let (mut starts, mut in_a_row) = (0, 0);
        let mut pause = self.first_pause;
        loop {
            let begun = backend::now();
            // A factory that fails may succeed later, so its panic is a failure like one of the body.
            let result = panics::catch(|| Box::new((self.factory)(starts)).run().__into_result());
            starts = starts.saturating_add(1);
            let failure = match result {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) => ThreadFailure::of_error(&thread, error),
                Err(caught) => ThreadFailure::of_panic(&thread, caught),
            };
            if backend::now().saturating_duration_since(begun) > self.longest_pause {
                (in_a_row, pause) = (0, self.first_pause);
            }
            in_a_row += 1;
            let mut error = SupervisorError {
                text: failure.to_string().into(),
                message: failure.message().into(),
                starts,
                stopped: stop.is_stopped(),
            };
            if error.stopped || self.limit.is_some_and(|limit| in_a_row > limit) {
                return Err(error);
            }
            match &self.report {
                Some(report) => report(&failure),
                None => excepthook::report(failure),
            }
            if stop.wait_timeout_in(pause, self.made) {
                error.stopped = true;
                return Err(error);
            }
            pause = pause.saturating_mul(2).min(self.longest_pause);
        }
    }

    fn __threadkit_setup(&self, setup: &mut Setup) {
        setup.target(core::any::type_name::<F>());
    }

    fn __threadkit_error_text(&self) -> ErrorText<Self::Output> {
        Some(|result| result.as_ref().err().map(SupervisorError::to_string))
    }
}

impl<F: fmt::Debug> fmt::Debug for Supervisor<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("factory", &self.factory)
            .field("first_pause", &self.first_pause)
            .field("longest_pause", &self.longest_pause)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// The result of a supervised body: `()`, or a `Result` whose error implements `Display`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::Supervisor;
///
/// // The function set by `on_failure` gets the error in words.
/// let parser = Supervisor::new(|n| move || ["x", "7"][n as usize].parse::<u32>())
///     .pauses(Duration::ZERO, Duration::ZERO)
///     .on_failure(|failure| assert!(failure.to_string().contains("invalid digit")));
/// assert_eq!(parser.start().join().unwrap().unwrap(), 7);
/// ```
#[diagnostic::on_unimplemented(
    message = "a supervised body returns `()` or a `Result`, not `{Self}`",
    label = "is this a success?",
    note = "say so: wrap the body in a closure that returns `Ok(..)`, with an error that implements `Display`"
)]
pub trait SupervisedResult {
    /// The value of a success.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{JoinHandle, Supervisor, SupervisorError};
    ///
    /// // The body returns a `Result<u32, _>`, so the value of the thread is a `u32`.
    /// let parser: JoinHandle<Result<u32, SupervisorError>> =
    ///     Supervisor::new(|_| || "7".parse::<u32>()).start();
    /// assert_eq!(parser.join().unwrap().unwrap(), 7);
    /// ```
    type Value;

    /// The value, or the error in words.
    #[doc(hidden)]
    fn __into_result(self) -> Result<Self::Value, String>;
}

impl SupervisedResult for () {
    type Value = ();

    fn __into_result(self) -> Result<(), String> {
        Ok(())
    }
}

impl<T, E: fmt::Display> SupervisedResult for Result<T, E> {
    type Value = T;

    fn __into_result(self) -> Result<T, String> {
        self.map_err(|error| error.to_string())
    }
}

/// Names the type `!`, which cannot be written here yet, by the return type of a function.
#[doc(hidden)]
pub trait Returns {
    /// What it returns.
    type Output;
}

impl<T> Returns for fn() -> T {
    type Output = T;
}

/// For a body that always fails, such as `|| panic!()`.
impl SupervisedResult for <fn() -> ! as Returns>::Output {
    type Value = Infallible;

    fn __into_result(self) -> Result<Infallible, String> {
        self
    }
}

/// A [`Supervisor`] has given up, or was stopped after a failure.
///
/// # Examples
///
/// ```
/// use threadkit::Supervisor;
///
/// let thread = Supervisor::new(|_| || Err::<(), _>("out of order")).on_failure(|_| ()).start();
/// thread.stop();
/// let error = thread.join().unwrap().unwrap_err();
/// assert!(error.is_stopped());
/// assert_eq!(error.message(), "out of order");
/// ```
#[derive(Clone)]
pub struct SupervisorError {
    /// The last failure in words.
    text: Arc<str>,
    /// Its message alone.
    message: Arc<str>,
    starts: u32,
    stopped: bool,
}

impl SupervisorError {
    /// The message of the last panic, or the last error in words.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Supervisor;
    ///
    /// let worker = Supervisor::new(|_| || Err::<(), _>("out of cheese")).max_restarts(0).start();
    /// assert_eq!(worker.join().unwrap().unwrap_err().message(), "out of cheese");
    /// ```
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// How many bodies were started.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::Supervisor;
    ///
    /// let worker = Supervisor::new(|_| || Err::<(), _>("out of cheese"))
    ///     .pauses(Duration::ZERO, Duration::from_secs(1))
    ///     .on_failure(|_| ())
    ///     .max_restarts(2);
    /// assert_eq!(worker.start().join().unwrap().unwrap_err().starts(), 3);
    /// ```
    #[must_use]
    pub fn starts(&self) -> u32 {
        self.starts
    }

    /// Whether the supervisor was stopped, and did not give up.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Supervisor;
    ///
    /// let worker = Supervisor::new(|_| || Err::<(), _>("out of cheese")).on_failure(|_| ()).start();
    /// worker.stop(); // ends the pause after a failure
    /// assert!(worker.join().unwrap().unwrap_err().is_stopped());
    /// ```
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }
}

impl fmt::Display for SupervisorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = if self.stopped { "stopped" } else { "gave up" };
        let times = if self.starts == 1 { "start" } else { "starts" };
        write!(f, "{why} after {} {times}: {}", self.starts, self.text)
    }
}

debug_as_display!(SupervisorError);

impl Error for SupervisorError {}
