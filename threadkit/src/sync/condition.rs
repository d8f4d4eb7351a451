//! [`Condition`].

use core::fmt;
use core::time::Duration;
use std::panic::RefUnwindSafe;

use super::condition_guard::{ConditionGuard, SeenAs};
use super::found::Found;
use super::waiters::{Patience, Sleep, Waiters};
use crate::inspect::{ByAnyone, Operation};
use crate::wait::{IntoUntil, Until, WaitError};

/// A place to wait until another thread has changed what a lock protects.
///
/// A wait releases the lock, sleeps until it is notified, and acquires the lock again before it returns.
/// Another thread may acquire the lock first and change the value, so use the forms with a predicate:
/// [`wait_while`](Self::wait_while) sleeps as long as a predicate is true, and
/// [`wait_for`](Self::wait_for) until a predicate is true or returns a value. The value must be changed
/// under the lock; the notification may come before or after the lock is released.
///
/// | wait for | however long | with a limit |
/// | --- | --- | --- |
/// | one notification | [`wait`](Self::wait) | [`wait_timeout`](Self::wait_timeout), [`wait_until`](Self::wait_until) |
/// | a predicate to become false | [`wait_while`](Self::wait_while) | [`wait_while_until`](Self::wait_while_until) |
/// | a predicate to become true, or to give a value | [`wait_for`](Self::wait_for) | [`wait_for_until`](Self::wait_for_until) |
///
/// A limit applies to the sleep only: the lock is acquired again afterwards, however long that takes.
/// When the limit is reached, the predicate is evaluated once more.
///
/// | | |
/// | --- | --- |
/// | fair? | A notification wakes the thread that has waited longest; the threads that are awake then compete for the lock. While one that waits for a predicate is woken in vain for more than about four milliseconds, threads that wait sleep at once for a while, and so take nothing from under it before it runs. |
/// | with which locks? | With the guards of [`Lock`](crate::Lock) and [`RLock`](crate::RLock), except mapped ones: see [`ConditionGuard`]. |
/// | reentrant? | A wait with an `RLock` leaves all levels of the thread, and restores them; see [below](#waiting-with-an-rlock). |
/// | a panic in a predicate | propagates, with the guard still held; other waiters are not affected. |
/// | spurious wake-ups | None: a wait ends by a notification or at its limit. |
///
/// # Waiting with an `RLock`
///
/// A thread may have several guards of an `RLock`, and `&T`s from them, and a wait through any one
/// releases the lock. Other threads then see the value while those `&T`s live, so `T` must be `Sync`.
/// For any other `T`, for instance a `Cell` or `RefCell`, wait with
/// [`guard.outermost()`](crate::RLockGuard::outermost), which panics unless the guard is the thread's
/// only one of that lock.
///
/// ```compile_fail,E0277
/// use std::cell::Cell;
/// use threadkit::{Condition, RLock};
///
/// let lock = RLock::new(Cell::new(0));
/// let outer = lock.acquire();
/// let value = &*outer;               // lives across the wait
/// Condition::new().wait(&mut lock.acquire());
/// value.set(1);                      // while another thread might use it
/// ```
///
/// # Differences from Python's `Condition`
///
/// It has no lock of its own: you pass a guard to each wait, so one lock can have any number of
/// conditions. `wait_for` returns what the predicate found. As in Python, more threads may be notified
/// than wait.
///
/// # Differences from `std::sync::Condvar`
///
/// The guard is borrowed and not moved, waits end at a stop as well as at a deadline, there are no
/// spurious wake-ups, and threads may wait on one condition with the guards of different locks: each
/// gets its own lock back.
///
/// # Examples
///
/// ```
/// use std::collections::VecDeque;
/// use threadkit::{Condition, Lock};
///
/// static JOBS: Lock<VecDeque<u32>> = Lock::new(VecDeque::new());
/// static FILLED: Condition = Condition::new();
///
/// let worker = threadkit::spawn(|| {
///     let mut jobs = JOBS.acquire();
///     (0..3).map(|_| FILLED.wait_for(&mut jobs, |jobs| jobs.pop_front())).sum::<u32>()
/// });
/// for job in 1..=3 {
///     JOBS.acquire().push_back(job);
///     FILLED.notify_one();
/// }
/// assert_eq!(worker.join().unwrap(), 6);
/// ```
#[doc(alias = "Condvar")]
#[doc(alias = "condition_variable")]
pub struct Condition {
    waiters: Waiters,
}

impl Condition {
    /// Makes a condition without waiters.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Condition;
    ///
    /// static CHANGED: Condition = Condition::new();
    /// assert!(!CHANGED.notify_one(), "no thread waits");
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn new() -> Self {
        Self {
            waiters: Waiters::new(),
        }
    }

    /// Releases the lock, waits for a notification, and acquires the lock again.
    ///
    /// The value may have changed again by then; [`wait_while`](Self::wait_while) checks it.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Condition, Lock};
    ///
    /// let (turn, changed) = (Lock::new(0), Condition::new());
    /// std::thread::scope(|s| {
    ///     let mut guard = turn.acquire();
    ///     s.spawn(|| {
    ///         *turn.acquire() = 1;
    ///         changed.notify_one();
    ///     });
    ///     changed.wait(&mut guard);
    ///     assert_eq!(*guard, 1);
    /// });
    /// ```
    #[track_caller]
    #[doc(alias = "await")]
    pub fn wait<G: ConditionGuard>(&self, guard: &mut G) {
        // Without a limit it cannot end in any other way.
        let _ = self.wait_as(Operation::CONDITION_WAIT, guard, Until::FOREVER);
    }

    #[track_caller]
    fn wait_as<G: ConditionGuard>(
        &self,
        operation: Operation,
        guard: &mut G,
        until: Until<'_>,
    ) -> Result<(), WaitError> {
        let call = operation.here().on(self.waiters.site());
        let awaited = ByAnyone(|| Some("a notification".to_owned()));
        let _waiting = call.waiting_for(&awaited);
        // Not in a closure, whose caller would be this file.
        let waited = guard.__sleep(Sleep::new(&self.waiters, until));
        waited.inspect_err(|ended| call.did(|| Some(ended.shown())))
    }

    /// As [`wait`](Self::wait), for a limited time; returns whether there was a notification.
    ///
    /// A zero timeout releases the lock for others, and acquires it again; `Duration::MAX` means no limit.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{Condition, Lock};
    ///
    /// let lock = Lock::new(0);
    /// let mut guard = lock.acquire();
    /// assert!(!Condition::new().wait_timeout(&mut guard, Duration::from_millis(5)));
    /// ```
    #[must_use = "`false` means that the time was up"]
    #[track_caller]
    pub fn wait_timeout<G: ConditionGuard>(&self, guard: &mut G, timeout: Duration) -> bool {
        let until = Until::after(timeout);
        self.wait_as(Operation::CONDITION_WAIT_TIMEOUT, guard, until)
            .is_ok()
    }

    /// As [`wait`](Self::wait), until a deadline or a stop token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the limit came before a notification. The lock is held again in any case.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Condition, Lock, StopSource, WaitError};
    ///
    /// let lock = Lock::new(0);
    /// let source = StopSource::new();
    /// source.stop();
    /// let ended = Condition::new().wait_until(&mut lock.acquire(), &source.token());
    /// assert_eq!(ended, Err(WaitError::Stopped));
    /// ```
    #[track_caller]
    pub fn wait_until<'u, G: ConditionGuard>(
        &self,
        guard: &mut G,
        until: impl IntoUntil<'u>,
    ) -> Result<(), WaitError> {
        self.wait_as(Operation::CONDITION_WAIT_UNTIL, guard, until.into_until())
    }

    /// Waits as long as `condition` is true; not at all if it is false.
    ///
    /// It is evaluated under the lock: before the first sleep and after every notification.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Condition, Lock};
    ///
    /// let (left, changed) = (Lock::new(3), Condition::new());
    /// std::thread::scope(|s| {
    ///     for _ in 0..3 {
    ///         s.spawn(|| {
    ///             *left.acquire() -= 1;
    ///             changed.notify_all();
    ///         });
    ///     }
    ///     let mut guard = left.acquire();
    ///     changed.wait_while(&mut guard, |left| *left > 0);
    ///     assert_eq!(*guard, 0);
    /// });
    /// ```
    #[track_caller]
    pub fn wait_while<G, F>(&self, guard: &mut G, mut condition: F)
    where
        G: ConditionGuard,
        F: FnMut(<G as SeenAs<'_>>::Value) -> bool,
    {
        self.wait_for(guard, |value| !condition(value));
    }

    /// Waits as long as `condition` is true, until a deadline or a stop token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the condition is still true then: it is evaluated once more.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{Condition, Lock, WaitError};
    ///
    /// let (ready, changed) = (Lock::new(false), Condition::new());
    /// let mut guard = ready.acquire();
    /// let waited = changed.wait_while_until(&mut guard, Duration::from_millis(5), |ready| !*ready);
    /// assert_eq!(waited, Err(WaitError::TimedOut));
    /// ```
    #[track_caller]
    pub fn wait_while_until<'u, G, F>(
        &self,
        guard: &mut G,
        until: impl IntoUntil<'u>,
        mut condition: F,
    ) -> Result<(), WaitError>
    where
        G: ConditionGuard,
        F: FnMut(<G as SeenAs<'_>>::Value) -> bool,
    {
        self.wait_for_until(guard, until, |value| !condition(value))
    }

    /// Waits until `find` finds something, and returns it.
    ///
    /// `find` returns a `bool`, or an `Option` whose value is what this returns. (Every `Some` ends the
    /// wait, whatever is inside: with `|v| Some(*v > 0)` no thread ever waits.)
    ///
    /// It is called under the lock: before the first sleep and after every notification.
    ///
    /// parking_lot's `wait_for(&mut guard, duration)` has no predicate. It is [`wait_timeout`](Self::wait_timeout) here;
    /// with a predicate and a time limit, [`wait_for_until`](Self::wait_for_until).
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Condition, Lock};
    ///
    /// let (letters, arrived) = (Lock::new(Vec::new()), Condition::new());
    /// std::thread::scope(|s| {
    ///     s.spawn(|| {
    ///         letters.acquire().push("dear Ada");
    ///         arrived.notify_one();
    ///     });
    ///     let mut guard = letters.acquire();
    ///     arrived.wait_for(&mut guard, |letters| !letters.is_empty());
    ///     let letter = arrived.wait_for(&mut guard, |letters| letters.pop());
    ///     assert_eq!(letter, "dear Ada");
    /// });
    /// ```
    #[track_caller]
    #[doc(alias = "wait_predicate")]
    pub fn wait_for<G, F, A>(&self, guard: &mut G, mut find: F) -> A::Value
    where
        G: ConditionGuard,
        F: FnMut(<G as SeenAs<'_>>::Value) -> A,
        A: Found,
    {
        let mut patience = Patience::new();
        loop {
            if let Some(found) = find(guard.__value()).__found() {
                return found;
            }
            let _starving = patience.before_wait(&self.waiters);
            self.wait(guard);
        }
    }

    /// Waits until `find` finds something, or a deadline or a stop token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if it finds nothing then: it is called once more.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{Condition, Lock};
    ///
    /// let (letters, arrived) = (Lock::new(vec!["dear Ada"]), Condition::new());
    /// let mut guard = letters.acquire();
    /// let mut next = || arrived.wait_for_until(&mut guard, Duration::from_millis(5), |v| v.pop());
    /// assert_eq!(next(), Ok("dear Ada"));
    /// assert!(next().is_err());
    /// ```
    #[track_caller]
    pub fn wait_for_until<'u, G, F, A>(
        &self,
        guard: &mut G,
        until: impl IntoUntil<'u>,
        mut find: F,
    ) -> Result<A::Value, WaitError>
    where
        G: ConditionGuard,
        F: FnMut(<G as SeenAs<'_>>::Value) -> A,
        A: Found,
    {
        // Made once: a duration is for all sleeps together.
        let until = until.into_until();
        let mut patience = Patience::new();
        loop {
            if let Some(found) = find(guard.__value()).__found() {
                return Ok(found);
            }
            let starving = patience.before_wait(&self.waiters);
            let waited = self.wait_until(guard, until);
            drop(starving);
            if let Err(ended) = waited {
                return find(guard.__value()).__found().ok_or(ended);
            }
        }
    }

    /// Wakes the thread that has waited longest; returns whether there was one.
    ///
    /// Use it after a change that lets any one of the waiters continue. If the waiters wait for
    /// different things, use [`notify_all`](Self::notify_all), or a condition for each kind.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Condition, Lock};
    ///
    /// let (ready, changed) = (Lock::new(false), Condition::new());
    /// assert!(!changed.notify_one(), "no thread waits");
    /// std::thread::scope(|s| {
    ///     s.spawn(|| {
    ///         *ready.acquire() = true;
    ///         changed.notify_one();
    ///     });
    ///     changed.wait_while(&mut ready.acquire(), |ready| !*ready);
    /// });
    /// ```
    #[doc(alias = "signal")]
    #[doc(alias = "notify")]
    #[track_caller]
    pub fn notify_one(&self) -> bool {
        self.waiters.notify(1, "Condition::notify_one") == 1
    }

    /// Wakes up to `n` waiters, in the order in which they came; returns how many it woke.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Condition;
    ///
    /// assert_eq!(Condition::new().notify(10), 0, "more than there are is fine");
    /// ```
    #[track_caller]
    pub fn notify(&self, n: usize) -> usize {
        self.waiters.notify(n, "Condition::notify")
    }

    /// Wakes all waiters; returns how many it woke.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Condition, Lock};
    ///
    /// let (open, changed) = (Lock::new(false), Condition::new());
    /// std::thread::scope(|s| {
    ///     for _ in 0..3 {
    ///         s.spawn(|| changed.wait_while(&mut open.acquire(), |open| !*open));
    ///     }
    ///     *open.acquire() = true;
    ///     assert!(changed.notify_all() <= 3, "those that have come so far");
    /// });
    /// ```
    #[doc(alias = "broadcast")]
    #[doc(alias = "signalAll")]
    #[track_caller]
    pub fn notify_all(&self) -> usize {
        self.waiters.notify_all()
    }

    /// How many threads wait at this moment.
    ///
    /// A thread counts from the moment at which it releases the lock. So under the lock the number grows no
    /// more: a test that sees the waiter there knows that the next notification reaches it.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Condition, Lock};
    ///
    /// static CHANGED: Condition = Condition::new();
    ///
    /// let waiter = threadkit::spawn(|| CHANGED.wait(&mut Lock::new(()).acquire()));
    /// while CHANGED.n_waiting() == 0 {
    ///     std::thread::yield_now();
    /// }
    /// assert!(CHANGED.notify_one(), "it waits");
    /// waiter.join().unwrap();
    /// ```
    #[must_use]
    #[doc(alias = "waiter_count")]
    #[doc(alias = "getWaitQueueLength")]
    pub fn n_waiting(&self) -> usize {
        self.waiters.len()
    }
}

impl Default for Condition {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

/// No panic can leave its state half changed.
impl RefUnwindSafe for Condition {}

/// Shows how many threads wait, if that can be found out without waiting.
impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Condition");
        if let Some(waiting) = self.waiters.count() {
            fields.field("waiting", &waiting);
        }
        fields.finish_non_exhaustive()
    }
}
