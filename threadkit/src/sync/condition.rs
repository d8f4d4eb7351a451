//! [`Condition`].

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::panic::RefUnwindSafe;
use std::sync::Arc;

use super::condition_guard::{ConditionGuard, OutermostGuard, SeenAs};
use super::found::Found;
use crate::backend::{Mutex, Site};
use crate::inspect;
use crate::wait::{IntoUntil, Outcome, Ticket, Until, WaitError, WaitQueue, Waiter, WakeList};

/// A place to wait until another thread has changed what a lock guards.
///
/// A wait releases the lock, sleeps until it is notified, and acquires the lock again before it
/// returns. Because a condition may hold when it is notified and no longer when the lock is had, use
/// the forms with a predicate: [`wait_while`](Self::wait_while) sleeps as long as something holds,
/// [`wait_for`](Self::wait_for) until there is something to take. The value must be changed under
/// the lock; the notification may come before or after the lock is released.
///
/// | wait for | however long | with a limit |
/// | --- | --- | --- |
/// | one notification | [`wait`](Self::wait) | [`wait_timeout`](Self::wait_timeout), [`wait_until`](Self::wait_until) |
/// | an end of `true` | [`wait_while`](Self::wait_while) | [`wait_while_until`](Self::wait_while_until) |
/// | a value | [`wait_for`](Self::wait_for) | [`wait_for_until`](Self::wait_for_until) |
///
/// A limit is one for the sleep: the lock is acquired again however long that takes. When the limit
/// is reached, the predicate is looked at once more.
///
/// | | |
/// | --- | --- |
/// | fair? | Notifications go to those who have waited longest; then they compete for the lock. |
/// | with which locks? | With the guards of [`Lock`](crate::Lock) and [`RLock`](crate::RLock), mapped ones excepted: [`ConditionGuard`]. |
/// | reentrant? | A wait with an `RLock` leaves all levels of the thread, and restores them; see [below](#waiting-with-an-rlock). |
/// | a panic in a predicate | passes through, with the guard held; nobody else is concerned. |
/// | spurious wake-ups | None: a wait ends by a notification or at its limit. |
///
/// # Waiting with an `RLock`
///
/// A thread may have several guards of an `RLock`, and `&T`s from them, and a wait through any one
/// lets the lock go. Other threads then see the value while those `&T`s live, so `T` must be `Sync`.
/// For any other `T`, a `Cell` above all, there are the `wait_outermost` forms, which panic unless
/// their guard is the thread's only one of that lock.
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
/// It has no lock of its own: it waits with the guard that you have, so any number of conditions go
/// with one lock. `wait_for` returns what the predicate found; a notification of more threads than
/// wait is fine, as there.
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
    /// Whether `queue` has waiters; changed under its lock only.
    ///
    /// Read without it by a notifier. A waiter sets it while it holds the user's lock; a notifier
    /// that changed the value under that lock later has synchronised with the waiter by it, so reads
    /// `true`. One that changed it earlier was seen by the waiter, which would not wait.
    occupied: AtomicBool,
    queue: Mutex<WaitQueue>,
    site: Site,
}

impl Condition {
    /// Makes a condition that nobody waits for.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Condition;
    ///
    /// static CHANGED: Condition = Condition::new();
    /// assert!(!CHANGED.notify_one(), "nobody waits");
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn new() -> Self {
        Self {
            occupied: AtomicBool::new(false),
            queue: Mutex::new(WaitQueue::new()),
            site: Site::new("a condition"),
        }
    }

    /// Releases the lock, waits for a notification, and acquires the lock again.
    ///
    /// What was notified may be over by then; [`wait_while`](Self::wait_while) looks.
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
        let _waiting = inspect::waiting("Condition::wait");
        // Without a limit it cannot end in any other way.
        let _ = guard.__sleep(self.enlist(&Until::FOREVER));
    }

    /// As [`wait`](Self::wait), for a limited time; says whether there was a notification.
    ///
    /// A zero timeout lets others have the lock, and returns; `Duration::MAX` means for ever.
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
        let _waiting = inspect::waiting("Condition::wait_timeout");
        guard.__sleep(self.enlist(&Until::after(timeout))).is_ok()
    }

    /// As [`wait`](Self::wait), until a deadline or a stop token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if there was no notification before that. The lock is held again all the same.
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
        let _waiting = inspect::waiting("Condition::wait_until");
        guard.__sleep(self.enlist(&until.into_until()))
    }

    /// Waits as long as `condition` holds; not at all if it does not.
    ///
    /// It is looked at under the lock: before the first sleep and after every notification.
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
        while condition(guard.__value()) {
            self.wait(guard);
        }
    }

    /// Waits as long as `condition` holds, until a deadline or a stop token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the condition still holds then: it is looked at once more.
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
    /// It answers with a `bool`, or with an `Option` whose value is what this returns. (A `Some` is
    /// something, whatever is inside: with `|v| Some(*v > 0)` nobody ever waits.)
    ///
    /// It is called under the lock: before the first sleep and after every notification.
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
        loop {
            if let Some(found) = find(guard.__value()).__found() {
                return found;
            }
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
        loop {
            if let Some(found) = find(guard.__value()).__found() {
                return Ok(found);
            }
            if let Err(ended) = self.wait_until(guard, until) {
                return find(guard.__value()).__found().ok_or(ended);
            }
        }
    }

    /// [`wait`](Self::wait) with an `RLock` whose value is not `Sync`.
    ///
    /// # Panics
    ///
    /// If the thread has more guards of that lock. So do all `wait_outermost` forms, each time before
    /// they let the lock go.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    /// use threadkit::{Condition, RLock};
    ///
    /// let (turn, changed) = (RLock::new(Cell::new(0)), Condition::new());
    /// std::thread::scope(|s| {
    ///     let mut guard = turn.acquire();
    ///     s.spawn(|| {
    ///         turn.acquire().set(1);
    ///         changed.notify_one();
    ///     });
    ///     changed.wait_outermost(&mut guard);
    ///     assert_eq!(guard.get(), 1);
    /// });
    /// ```
    #[track_caller]
    pub fn wait_outermost<G: OutermostGuard>(&self, guard: &mut G) {
        let _waiting = inspect::waiting("Condition::wait_outermost");
        let _ = guard.__sleep_outermost(self.enlist(&Until::FOREVER));
    }

    /// [`wait_timeout`](Self::wait_timeout) with an `RLock` whose value is not `Sync`.
    ///
    /// # Panics
    ///
    /// If the thread has more guards of that lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    /// use std::time::Duration;
    /// use threadkit::{Condition, RLock};
    ///
    /// let (turn, changed) = (RLock::new(Cell::new(0)), Condition::new());
    /// let mut guard = turn.acquire();
    /// assert!(!changed.wait_outermost_timeout(&mut guard, Duration::from_millis(5)));
    /// assert_eq!(guard.get(), 0, "the lock is held again");
    /// ```
    #[must_use = "`false` means that the time was up"]
    #[track_caller]
    pub fn wait_outermost_timeout<G: OutermostGuard>(
        &self,
        guard: &mut G,
        timeout: Duration,
    ) -> bool {
        let _waiting = inspect::waiting("Condition::wait_outermost_timeout");
        guard
            .__sleep_outermost(self.enlist(&Until::after(timeout)))
            .is_ok()
    }

    /// [`wait_until`](Self::wait_until) with an `RLock` whose value is not `Sync`.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if there was no notification before that. The lock is held again all the same.
    ///
    /// # Panics
    ///
    /// If the thread has more guards of that lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    /// use threadkit::{Condition, RLock, StopSource, WaitError};
    ///
    /// let (turn, changed) = (RLock::new(Cell::new(0)), Condition::new());
    /// let source = StopSource::new();
    /// source.stop();
    /// let mut guard = turn.acquire();
    /// let ended = changed.wait_outermost_until(&mut guard, &source.token());
    /// assert_eq!(ended, Err(WaitError::Stopped));
    /// ```
    #[track_caller]
    pub fn wait_outermost_until<'u, G: OutermostGuard>(
        &self,
        guard: &mut G,
        until: impl IntoUntil<'u>,
    ) -> Result<(), WaitError> {
        let _waiting = inspect::waiting("Condition::wait_outermost_until");
        guard.__sleep_outermost(self.enlist(&until.into_until()))
    }

    /// [`wait_while`](Self::wait_while) with an `RLock` whose value is not `Sync`.
    ///
    /// # Panics
    ///
    /// If the thread has more guards of that lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use threadkit::{Condition, RLock};
    ///
    /// let (names, changed) = (RLock::new(RefCell::new(Vec::new())), Condition::new());
    /// std::thread::scope(|s| {
    ///     s.spawn(|| {
    ///         names.acquire().borrow_mut().push("Ada");
    ///         changed.notify_one();
    ///     });
    ///     let mut guard = names.acquire();
    ///     changed.wait_outermost_while(&mut guard, |names| names.borrow().is_empty());
    ///     assert_eq!(guard.borrow().len(), 1);
    /// });
    /// ```
    #[track_caller]
    pub fn wait_outermost_while<G: OutermostGuard>(
        &self,
        guard: &mut G,
        mut condition: impl FnMut(&G::Value) -> bool,
    ) {
        self.wait_outermost_for(guard, |value| !condition(value));
    }

    /// [`wait_while_until`](Self::wait_while_until) with an `RLock` whose value is not `Sync`.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the condition still holds when the wait ends.
    ///
    /// # Panics
    ///
    /// If the thread has more guards of that lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    /// use std::time::Duration;
    /// use threadkit::{Condition, RLock, WaitError};
    ///
    /// let (turn, changed) = (RLock::new(Cell::new(0)), Condition::new());
    /// let mut guard = turn.acquire();
    /// let limit = Duration::from_millis(5);
    /// let waited = changed.wait_outermost_while_until(&mut guard, limit, |turn| turn.get() == 0);
    /// assert_eq!(waited, Err(WaitError::TimedOut));
    /// ```
    #[track_caller]
    pub fn wait_outermost_while_until<'u, G: OutermostGuard>(
        &self,
        guard: &mut G,
        until: impl IntoUntil<'u>,
        mut condition: impl FnMut(&G::Value) -> bool,
    ) -> Result<(), WaitError> {
        self.wait_outermost_for_until(guard, until, |value| !condition(value))
    }

    /// [`wait_for`](Self::wait_for) with an `RLock` whose value is not `Sync`.
    ///
    /// # Panics
    ///
    /// If the thread has more guards of that lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    /// use threadkit::{Condition, RLock};
    ///
    /// let (letter, arrived) = (RLock::new(Cell::new(None)), Condition::new());
    /// std::thread::scope(|s| {
    ///     s.spawn(|| {
    ///         letter.acquire().set(Some("dear Ada"));
    ///         arrived.notify_one();
    ///     });
    ///     let read = arrived.wait_outermost_for(&mut letter.acquire(), |letter| letter.take());
    ///     assert_eq!(read, "dear Ada");
    /// });
    /// ```
    #[track_caller]
    pub fn wait_outermost_for<G: OutermostGuard, A: Found>(
        &self,
        guard: &mut G,
        mut find: impl FnMut(&G::Value) -> A,
    ) -> A::Value {
        guard.__refuse_nested();
        loop {
            if let Some(found) = find(guard.__outermost_value()).__found() {
                return found;
            }
            self.wait_outermost(guard);
        }
    }

    /// [`wait_for_until`](Self::wait_for_until) with an `RLock` whose value is not `Sync`.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if nothing is found when the wait ends.
    ///
    /// # Panics
    ///
    /// If the thread has more guards of that lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    /// use std::time::Duration;
    /// use threadkit::{Condition, RLock};
    ///
    /// let (letter, arrived) = (RLock::new(Cell::new(None::<u32>)), Condition::new());
    /// let mut guard = letter.acquire();
    /// let limit = Duration::from_millis(5);
    /// assert!(arrived.wait_outermost_for_until(&mut guard, limit, |letter| letter.take()).is_err());
    /// ```
    #[track_caller]
    pub fn wait_outermost_for_until<'u, G: OutermostGuard, A: Found>(
        &self,
        guard: &mut G,
        until: impl IntoUntil<'u>,
        mut find: impl FnMut(&G::Value) -> A,
    ) -> Result<A::Value, WaitError> {
        guard.__refuse_nested();
        let until = until.into_until();
        loop {
            if let Some(found) = find(guard.__outermost_value()).__found() {
                return Ok(found);
            }
            if let Err(ended) = self.wait_outermost_until(guard, until) {
                return find(guard.__outermost_value()).__found().ok_or(ended);
            }
        }
    }

    /// Wakes the one that has waited longest; says whether there was one.
    ///
    /// For a change after which one waiter can go on, whichever it is. If those who wait are not
    /// alike, use [`notify_all`](Self::notify_all), or a condition for each kind.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Condition, Lock};
    ///
    /// let (ready, changed) = (Lock::new(false), Condition::new());
    /// assert!(!changed.notify_one(), "nobody waits");
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
    pub fn notify_one(&self) -> bool {
        self.notify(1) == 1
    }

    /// Wakes up to `n` of those who wait, in the order they came; returns how many it woke.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Condition;
    ///
    /// assert_eq!(Condition::new().notify(10), 0, "more than there are is fine");
    /// ```
    pub fn notify(&self, n: usize) -> usize {
        if !self.is_occupied() {
            return 0;
        }
        let mut woken = WakeList::new();
        let mut queue = self.queue.lock();
        while woken.len() < n
            && let Some(waiter) = queue.grant_first()
        {
            woken.push(waiter);
        }
        self.note_occupancy(&queue);
        drop(queue);
        woken.wake()
    }

    /// Wakes all who wait; returns how many it woke.
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
    ///     assert!(changed.notify_all() <= 3, "those who have come meanwhile");
    /// });
    /// ```
    #[doc(alias = "broadcast")]
    #[doc(alias = "signalAll")]
    pub fn notify_all(&self) -> usize {
        if !self.is_occupied() {
            return 0;
        }
        let mut queue = self.queue.lock();
        let waiters = queue.take();
        self.note_occupancy(&queue);
        drop(queue);
        waiters.grant_all()
    }

    fn is_occupied(&self) -> bool {
        self.site.yield_point();
        // Relaxed: see the field.
        self.occupied.load(Ordering::Relaxed)
    }

    /// To be called with the queue that was just changed, under its lock.
    fn note_occupancy(&self, queue: &WaitQueue) {
        self.occupied.store(!queue.is_empty(), Ordering::Relaxed);
    }

    /// Puts the caller, who holds its lock, where notifiers find it.
    fn enlist<'a>(&'a self, until: &'a Until<'_>) -> Sleep<'a> {
        self.site.used();
        let waiter = Waiter::new();
        let mut queue = self.queue.lock();
        let ticket = queue.push(&waiter);
        self.note_occupancy(&queue);
        drop(queue);
        Sleep {
            condition: self,
            until: *until,
            waiter,
            ticket,
            queued: true,
        }
    }
}

impl Default for Condition {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

/// It has no state that a panic could leave half changed.
impl RefUnwindSafe for Condition {}

/// Says how many wait, if that can be told without waiting.
impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Condition");
        if let Some(queue) = self.queue.try_lock() {
            fields.field("waiting", &queue.len());
        }
        fields.finish_non_exhaustive()
    }
}

/// A waiter in the queue of a condition, which it leaves when this is dropped.
///
/// Guards are given one to sleep with. Nobody outside can make one, so nobody else can have a guard
/// release its lock in this way.
#[derive(Debug)]
#[expect(unnameable_types, reason = "passed by `Condition` to its guards alone")]
pub struct Sleep<'a> {
    condition: &'a Condition,
    until: Until<'a>,
    waiter: Arc<Waiter>,
    ticket: Ticket,
    queued: bool,
}

impl Sleep<'_> {
    /// Sleeps until the wait is decided; to be called with the user's lock released.
    pub(super) fn run(mut self) -> Result<(), WaitError> {
        let outcome = self.waiter.wait(&self.until);
        if outcome == Outcome::Granted {
            // By the notifier, who has taken it out.
            self.queued = false;
        }
        outcome.result()
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if self.queued {
            let mut queue = self.condition.queue.lock();
            queue.remove(self.ticket, &self.waiter);
            self.condition.note_occupancy(&queue);
        }
    }
}
