//! What becomes of failures that nobody will ask for.

use core::any::Any;
use core::fmt;
use std::backtrace::Backtrace;
use std::sync::Arc;

use super::current::current;
use super::join_error::Failure;
use super::panics::{self, Caught};
use super::place::Place;
use super::thread_ref::ThreadRef;
use crate::backend::QuietMutex;
use crate::identity::TestRun;
use crate::trace;
use crate::unwind::{self, Payload};

/// What has gone wrong in a thread: a panic, or an error that its body returned.
///
/// Given to the [except hook](set_excepthook). `Display` says it in one line:
/// ``thread `worker` panicked at src/main.rs:9:13: out of cheese``.
///
/// # Examples
///
/// ```
/// use std::sync::mpsc;
///
/// let (tell, told) = mpsc::channel();
/// threadkit::set_excepthook(move |failure| {
///     let place = failure.place().map(|place| place.file().to_owned());
///     tell.send((failure.message().to_owned(), place, failure.is_panic())).unwrap();
/// });
///
/// drop(threadkit::spawn(|| panic!("unheard")));
/// let (message, place, is_panic) = told.recv().unwrap();
/// assert_eq!(message, "unheard");
/// assert!(place.is_some());
/// assert!(is_panic);
/// ```
#[doc(alias = "ExceptHookArgs")]
pub struct ThreadFailure {
    thread: ThreadRef,
    failure: Failure,
    /// Of a panic.
    payload: Option<Payload>,
}

impl ThreadFailure {
    pub(crate) fn of_panic(thread: &ThreadRef, caught: Caught) -> Self {
        let (failure, payload) = Failure::panic(thread.name(), caught);
        Self {
            thread: thread.clone(),
            failure,
            payload: Some(payload),
        }
    }

    pub(super) fn of_error(thread: &ThreadRef, message: String) -> Self {
        let failure = Failure {
            thread: thread.name(),
            message,
            panic: None,
        };
        Self {
            thread: thread.clone(),
            failure,
            payload: None,
        }
    }

    /// The thread that failed. It may be the current one, on its way out.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Queue, Thread, set_excepthook};
    ///
    /// let failures = Queue::unbounded();
    /// let heard = failures.clone();
    /// set_excepthook(move |failure| failures.put(failure.thread().clone()).unwrap());
    /// let mouse = Thread::new(|| panic!("out of cheese")).name("mouse").start();
    /// drop(mouse);
    /// assert_eq!(&*heard.get().unwrap().name(), "mouse");
    /// ```
    #[must_use]
    pub fn thread(&self) -> &ThreadRef {
        &self.thread
    }

    /// The message of the panic, or the error in words.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Queue, Thread, set_excepthook};
    ///
    /// let failures = Queue::unbounded();
    /// let heard = failures.clone();
    /// set_excepthook(move |failure| failures.put(failure.message().to_owned()).unwrap());
    /// drop(threadkit::spawn(|| panic!("out of cheese")));
    /// assert_eq!(heard.get().unwrap(), "out of cheese");
    /// drop(Thread::new(|| "x".parse::<u32>()).report_errors().start());
    /// assert!(heard.get().unwrap().contains("invalid digit"));
    /// ```
    #[must_use]
    pub fn message(&self) -> &str {
        &self.failure.message
    }

    /// Where it panicked, where that is known; see [`JoinError::place`](crate::JoinError::place).
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Queue, set_excepthook};
    ///
    /// let places = Queue::unbounded();
    /// let heard = places.clone();
    /// set_excepthook(move |failure| places.put(failure.place().cloned()).unwrap());
    /// let (mouse, line) = (threadkit::spawn(|| panic!("out of cheese")), line!());
    /// drop(mouse);
    /// assert_eq!(heard.get().unwrap().unwrap().line(), line);
    /// ```
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.failure.place()
    }

    /// The calls that led to the panic, if the environment asks for backtraces (`RUST_BACKTRACE`,
    /// `RUST_LIB_BACKTRACE`), as for [`Backtrace::capture`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::backtrace::{Backtrace, BacktraceStatus};
    /// use threadkit::{Queue, set_excepthook};
    ///
    /// let traced = Queue::unbounded();
    /// let heard = traced.clone();
    /// set_excepthook(move |failure| traced.put(failure.backtrace().is_some()).unwrap());
    /// drop(threadkit::spawn(|| panic!("out of cheese")));
    ///
    /// let asked_for = Backtrace::capture().status() == BacktraceStatus::Captured;
    /// assert_eq!(heard.get(), Ok(asked_for));
    /// ```
    #[must_use]
    pub fn backtrace(&self) -> Option<&Backtrace> {
        self.failure.backtrace()
    }

    /// The payload of the panic; `None` for an error that was returned.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Queue, set_excepthook};
    ///
    /// let codes = Queue::unbounded();
    /// let heard = codes.clone();
    /// set_excepthook(move |failure| {
    ///     let code = failure.payload().and_then(|payload| payload.downcast_ref::<u8>());
    ///     codes.put(code.copied()).unwrap();
    /// });
    /// drop(threadkit::spawn(|| std::panic::panic_any(7_u8)));
    /// assert_eq!(heard.get().unwrap(), Some(7));
    /// ```
    #[must_use]
    pub fn payload(&self) -> Option<&(dyn Any + Send)> {
        self.payload.as_deref()
    }

    /// Whether it was a panic, and not an error that was returned.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Queue, set_excepthook};
    ///
    /// let failures = Queue::unbounded();
    /// let heard = failures.clone();
    /// set_excepthook(move |failure| failures.put(failure.is_panic()).unwrap());
    /// drop(threadkit::spawn(|| panic!("nobody joins")));
    /// assert_eq!(heard.get(), Ok(true));
    /// ```
    #[must_use]
    pub fn is_panic(&self) -> bool {
        self.payload.is_some()
    }
}

impl Drop for ThreadFailure {
    fn drop(&mut self) {
        if let Some(payload) = self.payload.take() {
            unwind::drop_quietly(payload);
        }
    }
}

impl fmt::Display for ThreadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

impl fmt::Debug for ThreadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

type Hook = Arc<dyn Fn(&ThreadFailure) + Send + Sync>;

/// What the program has set; `None` means [`default_excepthook`]. Held to copy or swap the pointer.
static HOOK: QuietMutex<Option<Hook>> = QuietMutex::new(None);

/// Sets what is called for every failure of a thread that nobody joins.
///
/// A panic goes to whoever joins the thread. If nobody can any more, because the handle was dropped
/// before or after the thread ended, it comes here, exactly once: on the thread that failed if its
/// handle was gone by then, else on the one that drops the handle. So does the `Err` that a body
/// returned, where its type is known to be a `Result`: with [`#[thread]`](macro@crate::thread), and with
/// [`Thread::report_errors`](crate::Thread::report_errors). Of a [`Task`](crate::Task) only a panic does:
/// an `Err` that a pool's task returns is dropped with its handle, and nobody is told.
///
/// The hook replaces the one before it, [`default_excepthook`] at first. It may block, start threads
/// and set another hook; the thread counts as alive until it has returned. If it panics, that is
/// printed, and has no other consequence.
///
/// # What is printed, and when
///
/// A panic is printed by the *panic hook* of `std` at the moment when it happens, joined later or not:
/// nobody can know that yet, and a thread that dies silently while others wait for it is hard to find.
/// This hook does not change that. It is about what comes afterwards: that nobody asked. To have
/// panics printed differently or not at all, use [`std::panic::set_hook`], which also works with this
/// one. An `Err` is printed by nobody, so the default hook does.
///
/// # Differences from Python's `threading.excepthook`
///
/// A thread that somebody joins does not come here: the joiner gets the failure. The traceback was
/// printed already.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// let lost = Arc::new(AtomicU32::new(0));
/// let count = Arc::clone(&lost);
/// threadkit::set_excepthook(move |failure| {
///     eprintln!("nobody noticed: {failure}");
///     count.fetch_add(1, Ordering::Relaxed);
/// });
///
/// // Joined: the joiner is told, the hook is not.
/// assert!(threadkit::spawn(|| panic!("heard")).join().is_err());
/// assert_eq!(lost.load(Ordering::Relaxed), 0);
///
/// // Waited for, and dropped without a look at the outcome.
/// let worker = threadkit::spawn(|| panic!("unheard"));
/// worker.wait();
/// drop(worker);
/// assert_eq!(lost.load(Ordering::Relaxed), 1);
/// ```
#[doc(alias = "excepthook")]
#[doc(alias = "setDefaultUncaughtExceptionHandler")]
pub fn set_excepthook(hook: impl Fn(&ThreadFailure) + Send + Sync + 'static) {
    let before = HOOK.lock().replace(Arc::new(hook));
    // What it has captured is the user's, and is dropped without the lock.
    drop(before);
}

/// What is called for failures that nobody asks for as long as no other hook is set.
///
/// Prints an error that a body returned, and not a panic: that was printed when it happened.
/// To go back to it, set it: `set_excepthook(default_excepthook)`.
///
/// # Examples
///
/// ```
/// use threadkit::{Queue, Thread, default_excepthook, set_excepthook};
///
/// let failed = Queue::unbounded();
/// let heard = failed.clone();
/// set_excepthook(move |failure| {
///     default_excepthook(failure); // prints it
///     failed.put(failure.to_string()).unwrap();
/// });
/// drop(Thread::new(|| "x".parse::<u32>()).name("parser").report_errors().start());
/// let line = heard.get().unwrap();
/// assert_eq!(line, "thread `parser` returned an error: invalid digit found in string");
/// ```
#[doc(alias = "__excepthook__")]
pub fn default_excepthook(failure: &ThreadFailure) {
    if !failure.is_panic() {
        eprintln!("{failure}");
    }
}

/// What the threads of test bodies have left, by test body; the end of the test takes it away.
static LOST: QuietMutex<Vec<(TestRun, String)>> = QuietMutex::new(Vec::new());

/// Tells of a failure that no join will return.
///
/// That of a thread of a test body fails the test, which is told instead of the hook.
pub(crate) fn report(failure: ThreadFailure) {
    let test_run = failure.thread.identity().test_run();
    report_to(test_run, failure);
}

/// Tells how that thread has ended, if it is a failure: by a panic, or by what is an error in words.
pub(super) fn report_end(thread: &ThreadRef, end: Result<Option<String>, Caught>) {
    match end {
        Ok(None) => {}
        Ok(Some(error)) => report(ThreadFailure::of_error(thread, error)),
        Err(caught) => report(ThreadFailure::of_panic(thread, caught)),
    }
}

/// Runs `f` for a member of the current test run; a panic is reported, as nobody will ask for it.
pub(crate) fn run_reported(f: impl FnOnce()) {
    if let Err(caught) = panics::catch(f) {
        let thread = current();
        caught.trace(&thread.name());
        let failure = ThreadFailure::of_panic(&thread, caught);
        report_to(TestRun::current(), failure);
    }
}

fn report_to(test_run: TestRun, failure: ThreadFailure) {
    if test_run != TestRun::NONE {
        LOST.lock().push((test_run, failure.to_string()));
        return;
    }
    let hook = HOOK.lock().clone();
    let told = panics::catch(|| {
        trace::unjoined(&failure.failure.thread, &failure);
        match hook {
            Some(hook) => hook(&failure),
            None => default_excepthook(&failure),
        }
    });
    if let Err(caught) = told {
        let thread = failure.thread.name();
        // Standard error may be gone, which was perhaps why the hook has panicked.
        unwind::run_quietly(|| {
            eprintln!("the except hook {caught}, when told of thread `{thread}`");
        });
        unwind::drop_quietly(caught);
    }
    unwind::drop_quietly(failure);
}

/// Takes away the failures that threads of that test_run have left.
pub(crate) fn take_lost(test_run: TestRun) -> Vec<String> {
    let lost = LOST
        .lock()
        .extract_if(.., |(of, _)| *of == test_run)
        .collect::<Vec<_>>();
    lost.into_iter().map(|(_, text)| text).collect()
}
