//! [`Dump`].

use super::group_dump::GroupDump;
use super::thread_dump::ThreadDump;
use crate::inspect::Deadlock;

/// What all threads did at one moment; made by [`dump`](fn@super::dump).
///
/// Its `Display` is for people, [`to_json`](Self::to_json) for programs, and its methods are for the program itself.
///
/// # Examples
///
/// ```
/// use threadkit::Thread;
///
/// let worker = Thread::new(|| threadkit::stop_token().wait()).name("worker").start();
/// let dump = threadkit::dump();
/// assert!(dump.to_string().contains("`worker`"));
/// assert!(dump.to_json().contains(r#""name":"worker""#));
/// worker.stop();
/// worker.join().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Dump {
    pub(super) process: u32,
    pub(super) is_tracked: bool,
    pub(super) is_complete: bool,
    pub(super) deadlocks: Vec<Deadlock>,
    /// In the order of their numbers.
    pub(super) threads: Vec<ThreadDump>,
    pub(super) groups: Vec<GroupDump>,
    /// The threads of the process that threadkit does not know, by their numbers and names for the system.
    pub(super) others: Vec<(u64, String)>,
}

impl Dump {
    /// The deadlocks, as [`inspect`](mod@crate::inspect) reports them.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{Lock, Thread};
    ///
    /// # threadkit::inspect::on_deadlock(threadkit::inspect::Policy::Off);
    /// // A guard that was leaked: the lock is never released.
    /// let lock = Arc::new(Lock::named("till", 0));
    /// let leaks = Arc::clone(&lock);
    /// threadkit::spawn(move || std::mem::forget(leaks.acquire())).join().unwrap();
    /// let hangs = Thread::new(move || *lock.acquire() += 1).name("clerk").daemon(true).start();
    ///
    /// // Where waits are tracked, and the system says which threads have ended.
    /// if cfg!(all(debug_assertions, target_os = "linux")) {
    ///     while threadkit::dump().deadlocks().is_empty() {
    ///         threadkit::yield_now();
    ///     }
    ///     let dump = threadkit::dump();
    ///     assert_eq!(dump.deadlocks()[0].threads(), ["clerk"]);
    ///     assert!(dump.thread(hangs.ident()).unwrap().is_stuck());
    /// }
    /// ```
    #[must_use]
    pub fn deadlocks(&self) -> &[Deadlock] {
        &self.deadlocks
    }

    /// The threads that [no thread can join](ThreadDump::is_orphan) any more.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(threadkit::dump().orphans().count(), 0);
    /// ```
    pub fn orphans(&self) -> impl Iterator<Item = &ThreadDump> {
        self.threads.iter().filter(|thread| thread.is_orphan())
    }

    /// All live threads that threadkit knows, in the order of their numbers.
    ///
    /// # Examples
    ///
    /// See [`dump`](fn@super::dump).
    #[must_use]
    pub fn threads(&self) -> &[ThreadDump] {
        &self.threads
    }

    /// The thread with that [number](crate::ThreadRef::ident).
    ///
    /// # Examples
    ///
    /// See [`ThreadDump`].
    #[must_use]
    pub fn thread(&self, ident: u64) -> Option<&ThreadDump> {
        self.threads.iter().find(|thread| thread.ident() == ident)
    }

    /// The scopes, pools and supervisors, in the order in which they were made.
    ///
    /// # Examples
    ///
    /// See [`GroupDump`].
    #[must_use]
    pub fn groups(&self) -> &[GroupDump] {
        &self.groups
    }

    /// The threads of the process that threadkit does not know, by their numbers and names for the operating system.
    /// Empty where waits are not tracked, and on systems that do not list threads.
    ///
    /// # Examples
    ///
    /// ```
    /// let stop = std::sync::Barrier::new(2);
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| stop.wait());
    ///     let others = threadkit::dump().others().len();
    ///     assert_eq!(others > 0, cfg!(all(debug_assertions, target_os = "linux")));
    ///     stop.wait();
    /// });
    /// ```
    #[must_use]
    pub fn others(&self) -> &[(u64, String)] {
        &self.others
    }

    /// Whether locks and waits are known: in debug builds, and with the feature `inspect`. Otherwise the dump has the
    /// threads and their names, and nothing else.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(threadkit::dump().is_tracked(), cfg!(debug_assertions));
    /// ```
    #[must_use]
    pub fn is_tracked(&self) -> bool {
        self.is_tracked
    }

    /// Whether all of it could be read. It is not complete if the system has stopped a thread in the middle of a note,
    /// or in a child process made by `fork`.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(threadkit::dump().is_complete());
    /// ```
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }
}
