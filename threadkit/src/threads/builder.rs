//! [`Thread`], the builder.

use core::fmt;

use super::abandoned;
use super::handle::JoinHandle;
use super::launch::{launch, spawn_free};
use super::report_errors::ReportErrors;
use super::run::Run;
use super::setup::Setup;
use super::start_error::StartError;

/// A thread that is configured but not yet started.
///
/// It is made from a body, which is anything that can [`Run`], configured by methods that can be chained,
/// and started once, by a method that consumes it.
///
/// # Differences from Python's `Thread`
///
/// The arguments of the target are captured by a closure, so there is no `args`. The compiler refuses to
/// start it twice. [`JoinHandle::join`] returns what the body returns.
///
/// # Differences from `std::thread::Builder`
///
/// The body is given first, and not to the start. A failed start panics, except by
/// [`try_start`](Self::try_start), which returns the body. Every thread has a name, a number, a stop
/// token and an entry in [`threads()`](crate::threads()).
///
/// # Examples
///
/// ```
/// use threadkit::Thread;
///
/// let words = vec!["to", "be", "or", "not"];
/// let count = Thread::new(move || words.len()).name("counter").start();
///
/// assert_eq!(count.name(), "counter");
/// assert_eq!(count.join().unwrap(), 4);
/// ```
///
/// A thread is started once:
///
/// ```compile_fail,E0382
/// let thread = threadkit::Thread::new(|| ());
/// thread.start();
/// thread.start();
/// ```
#[must_use = "a `Thread` does nothing until `start()` is called"]
pub struct Thread<R> {
    pub(super) body: R,
    pub(super) setup: Setup,
}

impl<R: Run> Thread<R> {
    /// A thread that will run `body`.
    ///
    /// Without a [`name`](Self::name) it is called `Thread-N (target)`: a number and what it runs. The body [takes no
    /// parameters](Run#a-body-takes-no-parameters): it captures what it works on, and gets its stop token by
    /// [`stop_token()`](crate::stop_token).
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Thread;
    ///
    /// let words = vec!["to", "be"];
    /// let thread = Thread::new(move || words.len()).start();
    /// assert_eq!(thread.join().unwrap(), 2);
    /// ```
    pub fn new(body: R) -> Self {
        let mut setup = Setup::default();
        body.__threadkit_setup(&mut setup);
        Self { body, setup }
    }

    /// Names the thread.
    ///
    /// Every text without a NUL byte is a valid name, including the empty one; with a NUL byte, the start
    /// fails. The operating system has room for part of a name (15 bytes on Linux). A longer name is cut
    /// in the middle there, so that its beginning and its end stay readable.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Thread;
    ///
    /// let worker = Thread::new(|| threadkit::current().name()).name("worker").start();
    /// assert_eq!(&*worker.join().unwrap(), "worker");
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.setup.name(name);
        self
    }

    /// Whether the process may end while this thread runs. By default it may not.
    ///
    /// [`#[threadkit::main]`](macro@crate::main) waits for all threads that are not daemons.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Thread;
    ///
    /// let ticker = Thread::new(|| threadkit::stop_token().wait()).daemon(true).start();
    /// assert!(ticker.thread().is_daemon());
    /// ticker.stop();
    /// ticker.join().unwrap();
    /// ```
    #[doc(alias = "set_daemon")]
    #[doc(alias = "setDaemon")]
    pub fn daemon(mut self, daemon: bool) -> Self {
        self.setup.daemon(daemon);
        self
    }

    /// Sets the size of the thread's stack in bytes; the system may round it up.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Thread;
    ///
    /// let deep = Thread::new(|| {
    ///     let large = [1_u8; 4 << 20];
    ///     std::hint::black_box(&large).len()
    /// })
    /// .stack_size(16 << 20)
    /// .start();
    /// assert_eq!(deep.join().unwrap(), 4 << 20);
    /// ```
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.setup.stack_size(bytes);
        self
    }

    /// Starts the thread.
    ///
    /// # Panics
    ///
    /// If the system refuses to start a thread, or the name has a NUL byte; the message says what to do.
    /// [`try_start`](Self::try_start) returns an error instead.
    ///
    /// # Examples
    ///
    /// ```
    /// let thread = threadkit::Thread::new(|| 6 * 7);
    /// assert_eq!(thread.start().join().unwrap(), 42);
    /// ```
    #[track_caller]
    pub fn start(self) -> JoinHandle<R::Output>
    where
        R: Send + 'static,
        R::Output: Send + 'static,
    {
        match self.try_start() {
            Ok(handle) => handle,
            Err(error) => panic!("{}", error.refusal),
        }
    }

    /// Starts the thread, or returns its body.
    ///
    /// # Errors
    ///
    /// [`StartError`] if the system has no room for another thread or refuses the stack size, or if the
    /// name has a NUL byte. The body has not run then, and the error holds it.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Thread;
    ///
    /// let error = Thread::new(|| "still here").name("two\0parts").try_start().unwrap_err();
    /// assert!(error.to_string().contains("NUL byte"));
    /// let body = error.into_body();
    /// assert_eq!(body(), "still here");
    /// ```
    #[track_caller]
    pub fn try_start(self) -> Result<JoinHandle<R::Output>, StartError<R>>
    where
        R: Send + 'static,
        R::Output: Send + 'static,
    {
        let handle = launch(self.body, self.setup, None, &mut spawn_free)?;
        abandoned::note_start(handle.thread());
        Ok(handle)
    }

    /// Turns a result of the body that is an error into text.
    #[doc(hidden)]
    pub fn __threadkit_with_error_text(
        self,
        error_text: fn(&R::Output) -> Option<String>,
    ) -> Thread<ReportErrors<R>> {
        let body = Box::new(self.body);
        Thread {
            body: ReportErrors { body, error_text },
            setup: self.setup,
        }
    }
}

impl<R, T, E> Thread<R>
where
    R: Run<Output = Result<T, E>>,
    E: fmt::Display,
{
    /// Reports an `Err` of this thread to the [except hook](crate::set_excepthook) if the thread is not
    /// joined. The default hook prints it.
    ///
    /// A thread made by [`#[thread]`](macro@crate::thread) does this by itself. For a closure, only this
    /// method tells threadkit that the result is a `Result`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use threadkit::Thread;
    ///
    /// let (tell, told) = mpsc::channel();
    /// threadkit::set_excepthook(move |failure| tell.send(failure.to_string()).unwrap());
    ///
    /// let parse = Thread::new(|| "forty-two".parse::<u32>()).name("parser");
    /// drop(parse.report_errors().start()); // not joined
    /// assert_eq!(
    ///     told.recv().unwrap(),
    ///     "thread `parser` returned an error: invalid digit found in string"
    /// );
    /// ```
    pub fn report_errors(self) -> Thread<ReportErrors<R>> {
        self.__threadkit_with_error_text(|result| result.as_ref().err().map(E::to_string))
    }
}

impl<R: fmt::Debug> fmt::Debug for Thread<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("body", &self.body)
            .field("target", &self.setup.target)
            .field("name", &self.setup.name)
            .field("daemon", &self.setup.daemon)
            .field("stack_size", &self.setup.stack_size)
            .finish()
    }
}

/// Starts a thread that runs `body`: short for `Thread::new(body).start()`.
///
/// The body [takes no parameters](Run#a-body-takes-no-parameters): it captures what it works on, and gets its stop token
/// by [`stop_token()`](crate::stop_token).
///
/// # Panics
///
/// As [`Thread::start`].
///
/// # Examples
///
/// ```
/// let answer = threadkit::spawn(|| 6 * 7);
/// assert_eq!(answer.join().unwrap(), 42);
///
/// let waiter = threadkit::spawn(|| threadkit::stop_token().wait());
/// waiter.stop();
/// waiter.join().unwrap();
/// ```
#[track_caller]
#[doc(alias = "start_new_thread")]
pub fn spawn<R>(body: R) -> JoinHandle<R::Output>
where
    R: Run + Send + 'static,
    R::Output: Send + 'static,
{
    Thread::new(body).start()
}
