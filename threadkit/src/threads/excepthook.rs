//! Failures that no join returns.

use core::any::Any;
use core::fmt;
use std::backtrace::Backtrace;
use std::sync::Arc;

use super::current::current;
use super::join_error::Failure;
use super::thread_ref::ThreadRef;
use crate::backend::QuietMutex;
use crate::debug_as_display::debug_as_display;
use crate::identity::TestRun;
use crate::panics::{self, Caught, Place};
use crate::trace;
use crate::unwind::{self, Payload};

/// A failure of a thread: a panic, or an error that its body returned.
///
/// The [except hook](set_excepthook) gets it. `Display` prints one line:
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
    /// The payload of a panic.
    payload: Option<Payload>,
}

impl ThreadFailure {
    pub(crate) fn of_panic(thread: &ThreadRef, caught: Caught) -> Self {
        let (failure, payload) = Failure::panic(thread.name().into(), caught);
        Self {
            thread: thread.clone(),
            failure,
            payload: Some(payload),
        }
    }

    pub(super) fn of_error(thread: &ThreadRef, message: String) -> Self {
        Self {
            thread: thread.clone(),
            failure: Failure::error(thread.name().into(), message),
            payload: None,
        }
    }

    /// The thread that failed. It may be the current one, about to end.
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
    /// assert_eq!(heard.get().unwrap().name(), "mouse");
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

    /// Where it panicked, if that is known; see [`JoinError::place`](crate::JoinError::place).
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

    /// Whether it is a panic; otherwise it is an error that was returned.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Queue, set_excepthook};
    ///
    /// let failures = Queue::unbounded();
    /// let heard = failures.clone();
    /// set_excepthook(move |failure| failures.put(failure.is_panic()).unwrap());
    /// drop(threadkit::spawn(|| panic!("not joined")));
    /// assert_eq!(heard.get(), Ok(true));
    /// ```
    #[must_use]
    pub fn is_panic(&self) -> bool {
        self.payload.is_some()
    }
}

impl Drop for ThreadFailure {
    fn drop(&mut self) {
        unwind::drop_quietly(self.payload.take());
    }
}

impl fmt::Display for ThreadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

debug_as_display!(ThreadFailure);

type Hook = Arc<dyn Fn(&ThreadFailure) + Send + Sync>;

/// The hook of the program; `None` means [`default_excepthook`]. Locked to copy or swap the pointer.
static HOOK: QuietMutex<Option<Hook>> = QuietMutex::new(None);

/// Sets the function that is called for every failure of a thread that is not joined.
///
/// A join returns the panic of its thread. If no join can follow, because the handle was dropped before
/// or after the end of the thread, the hook is called exactly once: on the thread that failed if its handle
/// was dropped before, else on the thread that drops the handle. The hook also gets an `Err` that a body
/// returned, if its type is known to be a `Result`: with [`#[thread]`](macro@crate::thread), and with
/// [`Thread::report_errors`](crate::Thread::report_errors). For a [`Task`](crate::Task) it gets panics only:
/// an `Err` that a pool's task returns is dropped with its handle.
///
/// The hook replaces the one before it, at first [`default_excepthook`]. It may block, start threads
/// and set another hook; the thread counts as alive until the hook has returned. A panic of the hook is
/// printed, and has no other consequence.
///
/// # What is printed, and when
///
/// The *panic hook* of `std` prints a panic when it happens, whether or not the thread is joined later.
/// This hook does not change that; it is called afterwards, when the failure is lost. To print panics
/// differently or not at all, use [`std::panic::set_hook`], which works together with this hook. No
/// other code prints an `Err`, so the default hook does.
///
/// # Differences from Python's `threading.excepthook`
///
/// The hook is not called for a thread that is joined: the join returns the failure. The panic was printed
/// before.
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
///     eprintln!("not joined: {failure}");
///     count.fetch_add(1, Ordering::Relaxed);
/// });
///
/// // Joined: the join returns it, and the hook is not called.
/// assert!(threadkit::spawn(|| panic!("heard")).join().is_err());
/// assert_eq!(lost.load(Ordering::Relaxed), 0);
///
/// // Waited for and not joined.
/// let worker = threadkit::spawn(|| panic!("unheard"));
/// worker.wait();
/// drop(worker);
/// assert_eq!(lost.load(Ordering::Relaxed), 1);
/// ```
#[doc(alias = "excepthook")]
#[doc(alias = "setDefaultUncaughtExceptionHandler")]
pub fn set_excepthook(hook: impl Fn(&ThreadFailure) + Send + Sync + 'static) {
    let before = HOOK.lock().replace(Arc::new(hook));
    // Its captures are the program's, and are dropped without the lock.
    drop(before);
}

/// The except hook of a program that sets no other.
///
/// It prints an error that a body returned, and no panic, which was printed when it happened. To restore
/// it, call `set_excepthook(default_excepthook)`.
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

/// The failures in test bodies, each with its test run; they are taken at the end of the test.
static LOST: QuietMutex<Vec<(TestRun, String)>> = QuietMutex::new(Vec::new());

/// Reports a failure that no join will return: to the hook, or to the test whose body started the thread.
pub(crate) fn report(failure: ThreadFailure) {
    let test_run = failure.thread.identity().test_run();
    report_to(test_run, failure);
}

/// Reports how a thread has ended, if that is a failure: a panic, or an error in words.
pub(super) fn report_end(thread: &ThreadRef, end: Result<Option<String>, Caught>) {
    match end {
        Ok(None) => {}
        Ok(Some(error)) => report(ThreadFailure::of_error(thread, error)),
        Err(caught) => report(ThreadFailure::of_panic(thread, caught)),
    }
}

/// Runs `f` for a member of the current test run, and reports a panic, which no join will return.
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
    let called = panics::catch(|| {
        trace::unjoined(&failure.failure.thread, &failure);
        match hook {
            Some(hook) => hook(&failure),
            None => default_excepthook(&failure),
        }
    });
    if let Err(caught) = called {
        let thread = failure.thread.name();
        // Standard error may be closed, and the hook may have panicked for that reason.
        unwind::run_quietly(|| {
            eprintln!("the except hook {caught}, when it was called for thread `{thread}`");
        });
        unwind::drop_quietly(caught);
    }
    unwind::drop_quietly(failure);
}

/// Takes the failures that threads of a test run have left.
pub(crate) fn take_lost(test_run: TestRun) -> Vec<String> {
    let mut lost = LOST.lock();
    let taken = lost.extract_if(.., |(of, _)| *of == test_run);
    taken.map(|(_, text)| text).collect()
}
