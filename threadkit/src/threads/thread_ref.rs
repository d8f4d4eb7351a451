//! [`ThreadRef`].

use core::fmt;
use core::hash::{Hash, Hasher};
use core::time::Duration;
use std::sync::{Arc, LazyLock};

use super::blocked::blocked;
use super::lifecycle::{Lifecycle, Stage};
use super::start_error::Refusal;
use super::state::State;
use super::thread_name::ThreadName;
use crate::backend::TaskId;
use crate::identity::{self, Identity};
use crate::inspect::{self, EndOf, Operation};
use crate::panics::Place;
use crate::wait::{IntoUntil, StopToken, Until, WaitError};

/// A reference to a thread: its name and numbers, its state, and a way to stop it.
///
/// [`current`](crate::current()), [`threads`](crate::threads()) and
/// [`JoinHandle::thread`](crate::JoinHandle::thread) return it. It may outlive its thread. Two of them are
/// equal if they refer to the same thread.
///
/// # Examples
///
/// ```
/// use threadkit::Thread;
///
/// let worker = Thread::new(threadkit::current).name("worker").start();
/// let ident = worker.ident();
/// let seen = worker.join().unwrap(); // what the thread saw as itself
///
/// assert_eq!(seen.name(), "worker");
/// assert_eq!(seen.ident(), ident);
/// assert!(!seen.is_alive());
/// ```
///
/// It can be the key of a map:
///
/// ```
/// use std::collections::HashMap;
/// use threadkit::current;
///
/// let mut jobs = HashMap::new();
/// jobs.insert(current(), "reading");
/// assert_eq!(jobs[&current()], "reading");
/// ```
#[derive(Clone)]
pub struct ThreadRef {
    identity: Arc<Identity>,
}

impl ThreadRef {
    /// For an identity whose companion is a [`Lifecycle`].
    pub(crate) fn new(identity: Arc<Identity>) -> Self {
        Self { identity }
    }

    pub(crate) fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    pub(super) fn id(&self) -> TaskId {
        self.identity.id()
    }

    pub(super) fn lifecycle(&self) -> &Lifecycle {
        static NONE: LazyLock<Lifecycle> = LazyLock::new(Lifecycle::adopted);
        // This room hangs a `Lifecycle` on every identity, at the latest here.
        let companion = self.identity.companion(Lifecycle::adopted);
        companion.unwrap_or_else(|| &NONE)
    }

    /// The name of the thread, as it is now.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(threadkit::main_thread().name(), "main");
    /// ```
    #[must_use]
    #[doc(alias = "getName")]
    pub fn name(&self) -> ThreadName {
        ThreadName::new(self.identity.name())
    }

    /// Renames the thread, also in the operating system where that is possible.
    ///
    /// # Panics
    ///
    /// If the name has a NUL byte.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::spawn(|| threadkit::current().set_name("busy"));
    /// let thread = worker.thread().clone();
    /// worker.join().unwrap();
    /// assert_eq!(thread.name(), "busy");
    /// ```
    #[track_caller]
    #[doc(alias = "setName")]
    pub fn set_name(&self, name: impl Into<Arc<str>>) {
        let name = name.into();
        if name.contains('\0') {
            panic!("{}", Refusal::NulInName(name));
        }
        identity::rename(&self.identity, name);
    }

    /// The number of the thread, which no other thread of this process has or will have.
    ///
    /// # Examples
    ///
    /// ```
    /// let main = threadkit::main_thread().ident();
    /// let worker = threadkit::spawn(|| threadkit::current().ident());
    /// assert_ne!(worker.join().unwrap(), main);
    /// ```
    #[must_use]
    #[doc(alias = "get_ident")]
    #[doc(alias = "getId")]
    pub fn ident(&self) -> u64 {
        self.identity.id().get()
    }

    /// The number by which the operating system knows the thread: what `top -H` and debuggers show.
    ///
    /// `None` until the thread runs, and on systems where it cannot be found out.
    ///
    /// # Examples
    ///
    /// ```
    /// let me = threadkit::current();
    /// assert_eq!(me.native_id(), threadkit::current().native_id());
    /// ```
    #[must_use]
    #[doc(alias = "get_native_id")]
    pub fn native_id(&self) -> Option<u64> {
        self.identity.native_id()
    }

    /// Whether the thread has been started and has not ended.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::spawn(|| threadkit::stop_token().wait());
    /// let thread = worker.thread().clone();
    /// assert!(thread.is_alive());
    /// worker.stop();
    /// worker.join().unwrap();
    /// assert!(!thread.is_alive());
    /// ```
    #[must_use]
    pub fn is_alive(&self) -> bool {
        match self.identity.is_started_here() {
            true => !self.lifecycle().has_ended(),
            false => identity::find(self.id()).is_some(),
        }
    }

    /// What the thread is doing at this moment: starting, running, waiting and for what, or ended
    /// and how.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::State;
    ///
    /// let worker = threadkit::spawn(|| assert!(1 > 2));
    /// worker.wait();
    /// assert_eq!(worker.thread().state(), State::Panicked);
    /// assert_eq!(threadkit::current().state(), State::Running);
    /// # let _ = worker.join();
    /// ```
    #[must_use]
    #[doc(alias = "getState")]
    pub fn state(&self) -> State {
        let alive = self.is_alive();
        match self.lifecycle().stage() {
            // How an adopted thread ended is not known.
            Stage::Finished | Stage::New | Stage::Running if !alive => State::Finished,
            Stage::Panicked if !alive => State::Panicked,
            Stage::New => State::New,
            // The body may have ended while its result is not there yet.
            _ => match inspect::wait_of(self.identity.id()) {
                None => State::Running,
                Some(wait) => State::Waiting {
                    what: wait.what(),
                    place: Place::new(wait.place),
                },
            },
        }
    }

    /// Whether the process may end while this thread runs.
    ///
    /// That is true for threads started as daemons, and for those that threadkit did not start. It is false for
    /// the main thread, with which the process ends.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::spawn(|| ());
    /// assert!(!worker.thread().is_daemon());
    /// worker.join().unwrap();
    /// assert!(!threadkit::main_thread().is_daemon());
    /// ```
    #[must_use]
    #[doc(alias = "isDaemon")]
    pub fn is_daemon(&self) -> bool {
        self.identity.is_daemon()
    }

    /// Whether it has reached its first step.
    pub(crate) fn has_begun(&self) -> bool {
        self.lifecycle().stage() != Stage::New
    }

    /// Whether its handle was dropped, so that no thread can join it. Known where waits are.
    pub(crate) fn is_detached(&self) -> bool {
        self.lifecycle().detached.is_set()
    }

    /// Its name, and what it waits for if that is known.
    pub(crate) fn describe(&self) -> String {
        inspect::describe(&self.identity)
    }

    /// Waits for the end of the thread; not at all if it has ended.
    ///
    /// Its result goes to its [`JoinHandle`](crate::JoinHandle). A panic that no code joins goes to the except hook.
    ///
    /// # Panics
    ///
    /// If a thread waits for itself, or for one that threadkit did not start: the end of the main thread is that of the
    /// process, and that of an adopted thread is not seen.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::spawn(|| threadkit::stop_token().wait());
    /// let thread = worker.thread().clone();
    /// drop(worker); // nothing can join it any more
    /// thread.stop();
    /// thread.wait();
    /// assert!(!thread.is_alive());
    /// ```
    #[track_caller]
    #[doc(alias = "join")]
    pub fn wait(&self) {
        // Without a limit it cannot end in any other way.
        let _ = self.wait_by(Operation::THREAD_REF_WAIT, &Until::FOREVER);
    }

    /// Waits for the end of the thread, for at most that long; returns whether it has ended.
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let worker = threadkit::spawn(|| threadkit::stop_token().wait());
    /// assert!(!worker.thread().wait_timeout(Duration::from_millis(5)));
    /// worker.stop();
    /// assert!(worker.thread().wait_timeout(Duration::from_secs(30)));
    /// ```
    #[must_use = "the thread may still be running"]
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_by(Operation::THREAD_REF_WAIT_TIMEOUT, &Until::after(timeout))
            .is_ok()
    }

    /// Waits for the end of the thread, until a deadline or a stop of the *waiter*.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the limit came first.
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let worker = threadkit::spawn(|| ());
    /// assert_eq!(worker.thread().wait_until(Duration::from_secs(30)), Ok(()));
    /// ```
    #[track_caller]
    pub fn wait_until<'u>(&self, until: impl IntoUntil<'u>) -> Result<(), WaitError> {
        self.wait_by(Operation::THREAD_REF_WAIT_UNTIL, &until.into_until())
    }

    /// Waits for the end of the body; refuses to wait for the current thread.
    #[track_caller]
    pub(super) fn wait_by(&self, operation: Operation, until: &Until<'_>) -> Result<(), WaitError> {
        let end = EndOf(self.id());
        let call = operation.here().on_thread(self.id());
        let _waiting = call.waiting_for(&end);
        let has_ended = self.lifecycle().ended.is_open();
        if !has_ended {
            if identity::runs_here(self.id()) {
                self.refuse_self("wait for");
            }
            if !self.identity.is_started_here() {
                panic!(
                    "the end of thread `{}` cannot be waited for, because threadkit did not start it",
                    self.name()
                );
            }
        }
        let _blocked = (!has_ended && !until.is_over()).then(blocked);
        let ended = self.lifecycle().wait_for_end(until);
        call.did(|| ended.err().map(WaitError::shown));
        ended
    }

    #[cold]
    #[track_caller]
    pub(super) fn refuse_self(&self, verb: &str) -> ! {
        panic!(
            "thread `{}` tries to {verb} itself, which would never end; pass its handle to another \
             thread",
            self.name()
        );
    }

    /// Requests the thread to stop; returns whether this was the first request.
    ///
    /// A thread that does not check its token will not notice the request.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::spawn(|| threadkit::stop_token().wait());
    /// assert!(worker.thread().stop());
    /// worker.join().unwrap();
    /// ```
    #[doc(alias = "interrupt")]
    #[track_caller]
    pub fn stop(&self) -> bool {
        self.lifecycle().stop()
    }

    /// The stop token of this thread.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::spawn(|| {
    ///     threadkit::current().stop_token().wait(); // as `threadkit::stop_token().wait()`
    /// });
    /// let token = worker.thread().stop_token();
    /// assert!(!token.is_stopped());
    /// worker.stop();
    /// worker.join().unwrap();
    /// assert!(token.is_stopped());
    /// ```
    #[must_use]
    pub fn stop_token(&self) -> StopToken {
        self.lifecycle().stop_token()
    }
}

impl PartialEq for ThreadRef {
    fn eq(&self, other: &Self) -> bool {
        // Not the identities: while its thread-locals are destroyed, a thread may get another identity with the
        // same number.
        self.ident() == other.ident()
    }
}

impl Eq for ThreadRef {}

impl Hash for ThreadRef {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ident().hash(state);
    }
}

impl fmt::Debug for ThreadRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadRef")
            .field("name", &self.name())
            .field("ident", &self.ident())
            .field("native_id", &self.native_id())
            .field("state", &self.state())
            .field("daemon", &self.is_daemon())
            .finish()
    }
}
