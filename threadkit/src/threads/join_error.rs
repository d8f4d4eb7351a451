//! The failures of threads, as `join` and a scope return them.

use core::any::Any;
use core::error::Error;
use core::fmt;
use core::mem;
use core::slice;
use std::backtrace::Backtrace;
use std::panic::{RefUnwindSafe, UnwindSafe, resume_unwind};
use std::sync::Arc;
use std::vec;

use crate::backend::Mutex;
use crate::debug_as_display::debug_as_display;
use crate::panics::{self, Caught, Origin, Place, text_of};
use crate::unwind::{self, Payload};

/// How a thread has failed, without the payload of its panic.
pub(super) struct Failure {
    /// The name of the thread at that time; empty for a task that never ran.
    pub(super) thread: Arc<str>,
    pub(super) message: String,
    /// Where a panic happened; `None` for an error that the body returned.
    pub(super) panic: Option<Origin>,
}

impl Failure {
    pub(super) fn error(thread: Arc<str>, message: String) -> Self {
        Self {
            thread,
            message,
            panic: None,
        }
    }

    /// A panic, and its payload.
    pub(super) fn panic(thread: Arc<str>, caught: Caught) -> (Self, Payload) {
        let Caught { payload, origin } = caught;
        let failure = Self {
            thread,
            message: message_of(&*payload),
            panic: Some(origin),
        };
        (failure, payload)
    }

    pub(super) fn place(&self) -> Option<&Place> {
        self.panic.as_ref()?.place.as_ref()
    }

    pub(super) fn backtrace(&self) -> Option<&Backtrace> {
        self.panic.as_ref()?.backtrace.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.thread.is_empty() && self.panic.is_none() {
            return f.write_str(&self.message);
        }
        write!(f, "thread `{}` ", self.thread)?;
        match &self.panic {
            Some(origin) => fmt_panic(f, origin, &self.message),
            None => write!(f, "returned an error: {}", self.message),
        }
    }
}

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_panic(f, &self.origin, &message_of(&*self.payload))
    }
}

fn fmt_panic(f: &mut fmt::Formatter<'_>, origin: &Origin, message: &str) -> fmt::Result {
    f.write_str("panicked")?;
    if let Some(place) = &origin.place {
        write!(f, " at {place}")?;
    }
    write!(f, ": {message}")
}

/// The thread panicked instead of returning a value.
///
/// `?` converts the error of a task into one, also that of a task that was cancelled.
///
/// The error has the payload of the panic, its message, and its place. `Display` and `Debug`, which
/// `unwrap` prints, both print one line.
///
/// # Examples
///
/// ```
/// use threadkit::Thread;
///
/// let worker = Thread::new(|| assert!(1 > 2, "one is {}", "less")).name("worker").start();
/// let error = worker.join().unwrap_err();
///
/// assert_eq!(error.message(), "one is less");
/// assert!(error.to_string().starts_with("thread `worker` panicked at "));
/// assert!(error.to_string().ends_with(": one is less"));
/// ```
#[doc(alias = "ExecutionException")]
pub struct JoinError {
    failure: Failure,
    /// It is behind a lock so that the error is `Sync`, which a payload need not be.
    payload: Mutex<Payload>,
}

impl JoinError {
    pub(crate) fn new(thread: Arc<str>, caught: Caught) -> Self {
        let (failure, payload) = Failure::panic(thread, caught);
        Self {
            failure,
            payload: Mutex::new(payload),
        }
    }

    /// The payload of the panic, for
    /// [`resume_unwind`](std::panic::resume_unwind) or a downcast.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = threadkit::spawn(|| std::panic::panic_any(7_u32)).join().unwrap_err();
    /// assert_eq!(*error.into_panic().downcast::<u32>().unwrap(), 7);
    /// ```
    #[must_use]
    pub fn into_panic(self) -> Box<dyn Any + Send> {
        self.payload.into_inner()
    }

    /// An error for a panic that the owner of the scope was given.
    pub(super) fn passed_on(thread: Arc<str>) -> Self {
        let payload = Box::new("its panic went to the owner of its scope");
        let origin = Origin::default();
        Self::new(thread, Caught { payload, origin })
    }

    /// An error for a task that never ran, which has neither a thread nor a place.
    pub(crate) fn of_task(message: String) -> Self {
        let payload: Payload = Box::new(message.clone());
        Self {
            failure: Failure::error("".into(), message),
            payload: Mutex::new(payload),
        }
    }

    /// Continues the panic on this thread, with the original payload.
    ///
    /// The panic hook is not called again, and the place stays known: a [`JoinError`] of *this* thread
    /// has it too.
    ///
    /// # Examples
    ///
    /// ```
    /// let outer = threadkit::spawn(|| {
    ///     let inner = threadkit::spawn(|| panic!("deep down"));
    ///     inner.join().unwrap_or_else(|error| error.resume())
    /// });
    /// let error = outer.join().unwrap_err();
    /// assert_eq!(error.message(), "deep down");
    /// assert!(error.place().is_some());
    /// ```
    pub fn resume(self) -> ! {
        panics::resume(Caught {
            payload: self.payload.into_inner(),
            origin: self.failure.panic.unwrap_or_default(),
        })
    }

    /// The message of the panic; for a payload that is no string, a text that says so.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = threadkit::spawn(|| panic!("out of cheese")).join().unwrap_err();
    /// assert_eq!(error.message(), "out of cheese");
    /// ```
    #[must_use]
    pub fn message(&self) -> &str {
        &self.failure.message
    }

    /// Where the panic happened, if that is known.
    ///
    /// It is not known if the program has installed a panic hook that does not call the one before,
    /// or if the panic was passed on by `resume_unwind`.
    ///
    /// threadkit learns the place by a panic hook, which it puts in front of the installed one when it
    /// starts the first thread. `std` has no call that does this in one step: a hook that another thread
    /// sets at that very moment is lost. So set your hook before the first thread is started.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = threadkit::spawn(|| panic!("out of cheese")).join().unwrap_err();
    /// assert_eq!(error.place().unwrap().file(), file!());
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
    ///
    /// let error = threadkit::spawn(|| panic!("out of cheese")).join().unwrap_err();
    /// let asked_for = Backtrace::capture().status() == BacktraceStatus::Captured;
    /// assert_eq!(error.backtrace().is_some(), asked_for);
    /// ```
    #[must_use]
    pub fn backtrace(&self) -> Option<&Backtrace> {
        self.failure.backtrace()
    }

    /// The name of the thread when it was joined; empty if the error is of a [task](crate::TaskError) that never ran.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::Thread::new(|| panic!("out of cheese")).name("mouse").start();
    /// assert_eq!(worker.join().unwrap_err().thread_name(), "mouse");
    /// ```
    #[must_use]
    pub fn thread_name(&self) -> &str {
        &self.failure.thread
    }
}

// The payload is taken out whole, so a panic cannot leave it half changed.
impl UnwindSafe for JoinError {}
impl RefUnwindSafe for JoinError {}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

debug_as_display!(JoinError);

impl Error for JoinError {}

/// The panics of a [`scope`](crate::scope()) that were not joined: at least one, each with its payload.
///
/// [`try_scope`](crate::try_scope) returns them, and `scope` panics with them as its payload if there are
/// several. The panic of the closure comes first; those of the threads follow in the order in which they
/// happened.
///
/// # Examples
///
/// ```
/// use threadkit::Panics;
///
/// let payload = std::panic::catch_unwind(|| {
///     threadkit::scope(|s| {
///         s.spawn(|| panic!("one"));
///         s.spawn(|| panic!("two"));
///     });
/// })
/// .unwrap_err();
///
/// let panics: Box<Panics> = payload.downcast().unwrap();
/// let mut messages: Vec<_> = panics.iter().map(|panic| panic.message()).collect();
/// messages.sort();
/// assert_eq!(messages, ["one", "two"]);
/// ```
pub struct Panics(Vec<JoinError>);

impl Panics {
    /// From at least one panic.
    pub(super) fn new(panics: Vec<JoinError>) -> Self {
        debug_assert!(!panics.is_empty(), "no panics are no `Panics`");
        Self(panics)
    }

    /// Iterates over the panics.
    ///
    /// # Examples
    ///
    /// ```
    /// let panics = threadkit::try_scope(|s| {
    ///     s.spawn(|| panic!("out of cheese"));
    /// })
    /// .unwrap_err();
    /// assert!(panics.iter().all(|panic| panic.message() == "out of cheese"));
    /// ```
    pub fn iter(&self) -> slice::Iter<'_, JoinError> {
        self.0.iter()
    }

    /// The number of panics, which is never zero.
    ///
    /// # Examples
    ///
    /// ```
    /// let panics = threadkit::try_scope(|s| {
    ///     s.spawn(|| panic!("out of cheese"));
    /// })
    /// .unwrap_err();
    /// assert_eq!(panics.len(), 1);
    /// ```
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Continues the panic: with the original payload if there is one panic, else with `self` as the
    /// payload.
    ///
    /// The panic hook is not called again.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::panic::{AssertUnwindSafe, catch_unwind};
    ///
    /// let panics = threadkit::try_scope(|s| {
    ///     s.spawn(|| std::panic::panic_any(7_u32));
    /// })
    /// .unwrap_err();
    /// let payload = catch_unwind(AssertUnwindSafe(|| panics.resume())).unwrap_err();
    /// assert_eq!(*payload.downcast::<u32>().unwrap(), 7, "the original payload");
    /// ```
    pub fn resume(mut self) -> ! {
        if self.len() == 1
            && let Some(only) = self.0.pop()
        {
            only.resume()
        }
        resume_unwind(Box::new(self))
    }
}

impl IntoIterator for Panics {
    type Item = JoinError;
    type IntoIter = vec::IntoIter<JoinError>;

    fn into_iter(mut self) -> Self::IntoIter {
        mem::take(&mut self.0).into_iter()
    }
}

/// A payload may panic when it is dropped, and two panics at a time would end the process. So each is
/// dropped by itself, and the panic hook reports its panic.
impl Drop for Panics {
    fn drop(&mut self) {
        self.0.drain(..).for_each(unwind::drop_quietly);
    }
}

impl<'a> IntoIterator for &'a Panics {
    type Item = &'a JoinError;
    type IntoIter = slice::Iter<'a, JoinError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, panic) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{panic}")?;
        }
        Ok(())
    }
}

debug_as_display!(Panics);

impl Error for Panics {}

fn message_of(payload: &(dyn Any + Send)) -> String {
    match (text_of(payload), payload.downcast_ref::<Panics>()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(panics)) => panics.to_string(),
        (None, None) => "a payload that is no string".to_owned(),
    }
}
