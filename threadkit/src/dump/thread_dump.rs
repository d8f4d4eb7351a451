//! [`ThreadDump`].

use core::time::Duration;

use crate::panics::Place;
use crate::threads::State;

/// One thread of a [`Dump`](super::Dump): what it does, what it holds, and what it waits for.
///
/// # Examples
///
/// ```
/// use threadkit::{State, Thread};
///
/// let worker = Thread::new(|| threadkit::stop_token().wait()).name("worker").start();
/// let dump = threadkit::dump();
/// let seen = dump.thread(worker.ident()).expect("it is alive");
/// assert_eq!(seen.name(), "worker");
/// assert!(!seen.is_daemon() && !seen.is_orphan() && !seen.is_stuck());
/// assert!(matches!(seen.state(), State::New | State::Running | State::Waiting { .. }));
/// worker.stop();
/// worker.join().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct ThreadDump {
    pub(super) name: String,
    pub(super) ident: u64,
    pub(super) native_id: Option<u64>,
    pub(super) daemon: bool,
    pub(super) orphan: bool,
    pub(super) stuck: bool,
    pub(super) state: State,
    pub(super) runs_for: Option<Duration>,
    pub(super) wait: Option<WaitDump>,
    pub(super) holds: Vec<HeldLock>,
    pub(super) tasks: Vec<ThreadDump>,
}

impl ThreadDump {
    /// The name of the thread; empty if none is known.
    ///
    /// # Examples
    ///
    /// See [`ThreadDump`].
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of the thread, as [`ThreadRef::ident`](crate::ThreadRef::ident).
    ///
    /// # Examples
    ///
    /// ```
    /// let me = threadkit::current().ident();
    /// assert_eq!(threadkit::dump().thread(me).unwrap().ident(), me);
    /// ```
    #[must_use]
    pub fn ident(&self) -> u64 {
        self.ident
    }

    /// The number by which the operating system knows the thread.
    ///
    /// # Examples
    ///
    /// ```
    /// let me = threadkit::current();
    /// assert_eq!(threadkit::dump().thread(me.ident()).unwrap().native_id(), me.native_id());
    /// ```
    #[must_use]
    pub fn native_id(&self) -> Option<u64> {
        self.native_id
    }

    /// Whether the process may end while this thread runs.
    ///
    /// # Examples
    ///
    /// See [`ThreadDump`].
    #[must_use]
    pub fn is_daemon(&self) -> bool {
        self.daemon
    }

    /// Whether no thread can join it any more, though the end of `main` waits for it: its handle was dropped while it
    /// ran, it is no daemon, and it belongs to no scope, pool or supervisor.
    ///
    /// It is known where waits are tracked.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = threadkit::spawn(|| threadkit::stop_token().wait());
    /// let thread = worker.thread().clone();
    /// drop(worker);
    /// let dump = threadkit::dump();
    /// assert_eq!(dump.thread(thread.ident()).unwrap().is_orphan(), cfg!(debug_assertions));
    /// thread.stop();
    /// ```
    #[must_use]
    pub fn is_orphan(&self) -> bool {
        self.orphan
    }

    /// Whether it is in a [deadlock](super::Dump::deadlocks), or waits behind one.
    ///
    /// # Examples
    ///
    /// See [`ThreadDump`].
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.stuck
    }

    /// What the thread does, as [`ThreadRef::state`](crate::ThreadRef::state).
    ///
    /// # Examples
    ///
    /// See [`ThreadDump`].
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// For how long it has run: since it began, or since its last wait in threadkit ended.
    ///
    /// `None` if it waits, in a build that does not track waits, and for a thread that threadkit did not start until its
    /// first wait has ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::StopToken;
    ///
    /// fn spin(stop: &StopToken) {
    ///     while !stop.is_stopped() {
    ///         std::hint::spin_loop();
    ///     }
    /// }
    ///
    /// let busy = threadkit::spawn(|| spin(&threadkit::stop_token()));
    /// let dump = threadkit::dump();
    /// let seen = dump.thread(busy.ident()).unwrap();
    /// // Perhaps it has not begun.
    /// if let Some(time) = seen.runs_for() {
    ///     assert!(time.as_secs() < 60);
    /// }
    /// busy.stop();
    /// busy.join().unwrap();
    /// ```
    #[must_use]
    pub fn runs_for(&self) -> Option<Duration> {
        self.runs_for
    }

    /// What it waits for.
    ///
    /// # Examples
    ///
    /// See [`WaitDump`].
    #[must_use]
    pub fn wait(&self) -> Option<&WaitDump> {
        self.wait.as_ref()
    }

    /// The locks that it holds, in the order in which it acquired them.
    ///
    /// # Examples
    ///
    /// See [`HeldLock`].
    #[must_use]
    pub fn holds(&self) -> &[HeldLock] {
        &self.holds
    }

    /// The tasks that interrupt it: each interrupts the one before it, on the same thread.
    ///
    /// A thread of a pool that waits for a task may run it, as does a thread that submits to a pool with
    /// [`WhenFull::RunInCaller`](crate::WhenFull::RunInCaller).
    ///
    /// # Examples
    ///
    /// ```
    /// let dump = threadkit::dump();
    /// assert!(dump.thread(threadkit::current().ident()).unwrap().tasks().is_empty());
    /// ```
    #[must_use]
    pub fn tasks(&self) -> &[ThreadDump] {
        &self.tasks
    }
}

/// What a thread waits for, where, and since when.
///
/// # Examples
///
/// ```
/// use threadkit::{Lock, Thread};
///
/// static ACCOUNTS: Lock<u32> = Lock::named("accounts", 0);
///
/// let held = ACCOUNTS.acquire();
/// let clerk = Thread::new(|| *ACCOUNTS.acquire() += 1).name("clerk").start();
/// let dump = threadkit::dump();
/// let seen = dump.thread(clerk.ident()).unwrap();
/// // Perhaps it is not as far as that.
/// if let Some(wait) = seen.wait() {
///     assert_eq!(wait.operation(), "acquire");
///     assert!(wait.awaited().unwrap().contains("`accounts`"));
///     assert_eq!(wait.place().file(), file!());
///     assert!(wait.lasts().as_secs() < 60);
///     assert_eq!(wait.holders()[0].ident(), threadkit::current().ident());
/// }
/// drop(held);
/// clerk.join().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct WaitDump {
    pub(super) operation: String,
    pub(super) is_idle: bool,
    /// Whether the others only wait to write the lock, and do not hold it.
    pub(super) is_behind: bool,
    pub(super) awaited: Option<String>,
    pub(super) place: Place,
    pub(super) lasts: Duration,
    pub(super) holders: Vec<Holder>,
}

impl WaitDump {
    /// The operation as the program calls it: `acquire`, `JoinHandle::join`.
    ///
    /// # Examples
    ///
    /// See [`WaitDump`].
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// What is waited for, if that is a lock: its name, and where it was made.
    ///
    /// # Examples
    ///
    /// See [`WaitDump`].
    #[must_use]
    pub fn awaited(&self) -> Option<&str> {
        self.awaited.as_deref()
    }

    /// Where the program called the operation.
    ///
    /// # Examples
    ///
    /// See [`WaitDump`].
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// How long it had lasted when the dump was made.
    ///
    /// # Examples
    ///
    /// See [`WaitDump`].
    #[must_use]
    pub fn lasts(&self) -> Duration {
        self.lasts
    }

    /// The threads that must do something before the wait ends: those that hold the lock, those that are joined, and so
    /// on. Empty if any thread can end it. For a reader, these can be the writers that wait before it.
    ///
    /// # Examples
    ///
    /// See [`WaitDump`].
    #[must_use]
    pub fn holders(&self) -> &[Holder] {
        &self.holders
    }
}

/// A thread for which another one waits.
///
/// # Examples
///
/// ```
/// use threadkit::Thread;
///
/// let slow = Thread::new(|| threadkit::stop_token().wait()).name("slow").start();
/// let thread = slow.thread().clone();
/// let joins = threadkit::spawn(move || slow.join().unwrap());
/// let dump = threadkit::dump();
/// for holder in dump.thread(joins.ident()).unwrap().wait().map_or(&[][..], |wait| wait.holders()) {
///     assert_eq!((holder.name(), holder.ident()), ("slow", thread.ident()));
///     assert!(holder.since().is_none() && !holder.has_ended());
/// }
/// thread.stop();
/// joins.join().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Holder {
    pub(super) name: String,
    pub(super) ident: u64,
    pub(super) since: Option<Place>,
    pub(super) ended: bool,
}

impl Holder {
    /// The name of the thread.
    ///
    /// # Examples
    ///
    /// See [`Holder`].
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of the thread.
    ///
    /// # Examples
    ///
    /// See [`Holder`].
    #[must_use]
    pub fn ident(&self) -> u64 {
        self.ident
    }

    /// Where the thread acquired the lock, if the wait is for a lock.
    ///
    /// # Examples
    ///
    /// See [`Holder`].
    #[must_use]
    pub fn since(&self) -> Option<&Place> {
        self.since.as_ref()
    }

    /// Whether it has ended with the lock held, because a guard was leaked. The lock is never released then.
    ///
    /// # Examples
    ///
    /// See [`Holder`].
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }
}

/// A lock that a thread holds.
///
/// # Examples
///
/// ```
/// use threadkit::RwLock;
///
/// let rates = RwLock::named("rates", [1.0, 2.0]);
/// let read = rates.read();
/// let dump = threadkit::dump();
/// let me = dump.thread(threadkit::current().ident()).unwrap();
/// // In release builds without the feature `inspect`, locks are not tracked.
/// for held in me.holds() {
///     assert_eq!((held.name(), held.side()), (Some("rates"), Some("read")));
///     assert_eq!((held.made().file(), held.since().file()), (file!(), file!()));
/// }
/// assert_eq!(me.holds().len(), usize::from(dump.is_tracked()));
/// # drop(read);
/// ```
#[derive(Clone, Debug)]
pub struct HeldLock {
    pub(super) name: Option<&'static str>,
    pub(super) side: Option<&'static str>,
    pub(super) made: Place,
    pub(super) since: Place,
}

impl HeldLock {
    /// The name of the lock, if it has one.
    ///
    /// # Examples
    ///
    /// See [`HeldLock`].
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name
    }

    /// How an [`RwLock`](crate::RwLock) is held: `read`, `upgradable` or `write`. `None` for other locks.
    ///
    /// # Examples
    ///
    /// See [`HeldLock`].
    #[must_use]
    pub fn side(&self) -> Option<&str> {
        self.side
    }

    /// Where the lock was made.
    ///
    /// # Examples
    ///
    /// See [`HeldLock`].
    #[must_use]
    pub fn made(&self) -> &Place {
        &self.made
    }

    /// Where the thread acquired it.
    ///
    /// # Examples
    ///
    /// See [`HeldLock`].
    #[must_use]
    pub fn since(&self) -> &Place {
        &self.since
    }
}
