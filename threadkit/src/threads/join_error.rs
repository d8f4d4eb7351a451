//! What `join` returns for a thread that panicked.

use core::any::Any;
use core::error::Error;
use core::fmt;
use core::panic::Location;
use std::backtrace::Backtrace;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::panics::{self, Caught, Origin, text_of};
use super::scope_panics::Panics;
use crate::backend::Mutex;

/// The thread panicked instead of returning a value.
///
/// Holds the payload of the panic, its message, and the place where it happened. `Display` and
/// `Debug`, which is what `unwrap` prints, both say it in one line.
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
    thread: Arc<str>,
    message: String,
    origin: Origin,
    /// Behind a lock so that the error can be shared, which a payload need not be.
    payload: Mutex<Box<dyn Any + Send>>,
}

impl JoinError {
    pub(crate) fn new(thread: Arc<str>, caught: Caught) -> Self {
        let Caught { payload, origin } = caught;
        Self {
            thread,
            message: message_of(&*payload),
            origin,
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

    /// An error for a panic that somebody else was given.
    pub(super) fn passed_on(thread: Arc<str>) -> Self {
        let payload = Box::new("its panic went to the owner of its scope");
        let origin = Origin::default();
        Self::new(thread, Caught { payload, origin })
    }

    /// Panics on, with the original payload.
    ///
    /// The panic hook is not called, as it was when the panic happened, and the place stays known: an
    /// error of *this* thread will have it too.
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
            origin: self.origin,
        })
    }

    /// The message of the panic; for a payload that is no string, words that say so.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = threadkit::spawn(|| panic!("out of cheese")).join().unwrap_err();
    /// assert_eq!(error.message(), "out of cheese");
    /// ```
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where the panic happened, where that is known.
    ///
    /// It is not known if the program has installed a panic hook that does not call the one before,
    /// or if the panic was passed on by `resume_unwind`.
    ///
    /// threadkit learns the place by a panic hook, which it puts in front of the installed one when it
    /// starts the first thread. `std` has no call that does this in one step: a hook that
    /// another thread sets at that very moment is lost. So set yours before the first thread is started.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = threadkit::spawn(|| panic!("out of cheese")).join().unwrap_err();
    /// assert_eq!(error.place().unwrap().file(), file!());
    /// ```
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.origin.place.as_ref()
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
        self.origin.backtrace.as_deref()
    }

    /// The name of the thread when it was joined.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::Thread::new(|| panic!("out of cheese")).name("mouse").start();
    /// assert_eq!(worker.join().unwrap_err().thread_name(), "mouse");
    /// ```
    #[must_use]
    pub fn thread_name(&self) -> &str {
        &self.thread
    }
}

// The payload is only ever taken out whole.
impl UnwindSafe for JoinError {}
impl RefUnwindSafe for JoinError {}

pub(super) fn message_of(payload: &(dyn Any + Send)) -> String {
    match (text_of(payload), payload.downcast_ref::<Panics>()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(panics)) => panics.to_string(),
        (None, None) => "a payload that is no string".to_owned(),
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread `{}` panicked", self.thread)?;
        if let Some(place) = &self.origin.place {
            write!(f, " at {place}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for JoinError {}

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("panicked")?;
        if let Some(place) = &self.origin.place {
            write!(f, " at {place}")?;
        }
        write!(f, ": {}", message_of(&*self.payload))
    }
}

/// A place in the source, such as where a panic happened.
///
/// Prints as `src/main.rs:9:13`.
///
/// # Examples
///
/// ```
/// # fn main() {
/// let error = threadkit::spawn(|| panic!("oh no")).join().unwrap_err();
/// let place: &threadkit::Place = error.place().unwrap();
/// assert_eq!(place.file(), file!());
/// assert_eq!(
///     place.to_string(),
///     format!("{}:{}:{}", place.file(), place.line(), place.column())
/// );
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    file: Box<str>,
    line: u32,
    column: u32,
}

impl Place {
    pub(super) fn new(location: &Location<'_>) -> Self {
        Self {
            file: location.file().into(),
            line: location.line(),
            column: location.column(),
        }
    }

    /// The source file, as the compiler was given it.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = threadkit::spawn(|| panic!("oh no")).join().unwrap_err();
    /// assert_eq!(error.place().unwrap().file(), file!());
    /// ```
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, counted from one.
    ///
    /// # Examples
    ///
    /// ```
    /// let (thread, line) = (threadkit::spawn(|| panic!("oh no")), line!());
    /// let error = thread.join().unwrap_err();
    /// assert_eq!(error.place().unwrap().line(), line);
    /// ```
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column, counted from one.
    ///
    /// # Examples
    ///
    /// ```
    /// let thread = threadkit::spawn(|| {
    ///     panic!("oh no")
    /// });
    /// let error = thread.join().unwrap_err();
    /// assert_eq!(error.place().unwrap().column(), 5);
    /// ```
    #[must_use]
    pub fn column(&self) -> u32 {
        self.column
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
