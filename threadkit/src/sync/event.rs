//! [`Event`].

use core::fmt;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::panic::RefUnwindSafe;
use std::sync::Arc;

use crate::backend::{Mutex, Site};
use crate::inspect;
use crate::wait::{IntoUntil, Outcome, Ticket, Until, WaitError, WaitQueue, Waiter};

/// The event is set.
const SET: u32 = 1;
/// Somebody is in the queue.
const AWAITED: u32 = 2;

/// Something that has happened or not, and that threads wait for.
///
/// [`set`](Self::set) wakes all who wait and lets all pass who come later, until
/// [`clear`](Self::clear). Everybody who was waiting when it was set is woken, even if it is cleared
/// at once.
///
/// For something that happens once and is never taken back, [`Latch`](crate::Latch) and
/// [`Once`](crate::Once) are as good; for a request to stop there is
/// [`StopToken`](crate::StopToken), which ends other waits too.
///
/// | | |
/// | --- | --- |
/// | fair? | All are woken at once. |
/// | a panic | of whoever sets or waits concerns nobody else. |
/// | cost | One load to ask or to pass when set; one atomic operation to set with nobody waiting. |
/// | memory | What was done before `set` is seen by who was woken by it or found it set. |
///
/// # Differences from Python's `Event`
///
/// None in what it does; a wait can also end at a stop.
///
/// # Differences from `std`
///
/// `std` has none: one would build it from a mutex and a condition variable.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::Event;
///
/// static READY: Event = Event::new();
///
/// let worker = threadkit::spawn(|| {
///     READY.wait();
///     "off we go"
/// });
/// assert!(!worker.wait_timeout(Duration::from_millis(5)));
/// READY.set();
/// assert_eq!(worker.join().unwrap(), "off we go");
/// ```
#[doc(alias = "ManualResetEvent")]
#[doc(alias = "flag")]
pub struct Event {
    /// [`SET`] and [`AWAITED`].
    ///
    /// | `AWAITED` | the queue | who sets |
    /// | --- | --- | --- |
    /// | clear | is empty | anybody, by one compare-and-swap |
    /// | set | has waiters | who holds the lock of the queue, and empties it before letting go |
    ///
    /// `AWAITED` is changed under that lock only; a waiter sets it in the step in which it sees
    /// that `SET` is clear, so whoever sets the event later finds the bit. `SET` is cleared by
    /// anybody at any time: the waiters that the event has woken are out of the queue by then.
    state: AtomicU32,
    queue: Mutex<WaitQueue>,
    site: Site,
}

impl Event {
    /// Makes an event that is not set.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Event;
    ///
    /// static SHUT: Event = Event::new();
    /// assert!(!SHUT.is_set());
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn new() -> Self {
        Self {
            state: AtomicU32::new(0),
            queue: Mutex::new(WaitQueue::new()),
            site: Site::new("an event"),
        }
    }

    /// Whether the event is set.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Event;
    ///
    /// let event = Event::new();
    /// event.set();
    /// assert!(event.is_set());
    /// ```
    #[inline]
    #[must_use]
    #[doc(alias = "isSet")]
    pub fn is_set(&self) -> bool {
        self.site.yield_point();
        // Acquire: who sees it set sees what was done before.
        self.state.load(Ordering::Acquire) & SET != 0
    }

    /// Sets the event, and wakes all who wait for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Event;
    ///
    /// let event = Event::new();
    /// std::thread::scope(|s| {
    ///     s.spawn(|| event.wait());
    ///     s.spawn(|| event.wait());
    ///     event.set(); // both go on
    /// });
    /// assert!(event.is_set(), "until it is cleared");
    /// ```
    #[inline]
    pub fn set(&self) {
        self.site.yield_point();
        let set = |state: u32| (state & AWAITED == 0).then_some(state | SET);
        // Release: see `is_set`. It swaps if the event is set already, too: who finds it set sees
        // what was done before each of the calls.
        let done = self
            .state
            .try_update(Ordering::Release, Ordering::Relaxed, set);
        if done.is_err() {
            self.set_and_wake();
        }
    }

    #[cold]
    fn set_and_wake(&self) {
        let mut queue = self.queue.lock();
        self.state.swap(SET, Ordering::Release);
        let waiters = queue.take();
        drop(queue);
        waiters.grant_all();
    }

    /// Takes the event back: who comes now waits until it is set again.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Event;
    ///
    /// let event = Event::new();
    /// event.set();
    /// event.clear();
    /// assert!(!event.is_set());
    /// ```
    #[inline]
    #[doc(alias = "reset")]
    pub fn clear(&self) {
        self.site.yield_point();
        // AcqRel: what is done after clearing comes after what was done before the event was set,
        // and whoever sets it again passes on both.
        self.state.fetch_and(!SET, Ordering::AcqRel);
    }

    /// Waits until the event is set; not at all if it is.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Event, Lock};
    ///
    /// static TEXT: Lock<&str> = Lock::new("");
    /// static WRITTEN: Event = Event::new();
    ///
    /// let reader = threadkit::spawn(|| {
    ///     WRITTEN.wait();
    ///     *TEXT.acquire()
    /// });
    /// *TEXT.acquire() = "dear Ada";
    /// WRITTEN.set();
    /// assert_eq!(reader.join().unwrap(), "dear Ada");
    /// ```
    #[inline]
    #[track_caller]
    pub fn wait(&self) {
        if !self.is_set() {
            let _waiting = inspect::waiting("Event::wait");
            // Without a limit it cannot end in any other way.
            let _ = self.sleep(&Until::FOREVER);
        }
    }

    /// Waits until the event is set, for a limited time; says whether it was set.
    ///
    /// A zero timeout only looks; `Duration::MAX` means for ever.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::Event;
    ///
    /// let event = Event::new();
    /// assert!(!event.wait_timeout(Duration::from_millis(5)));
    /// ```
    #[inline]
    #[must_use = "`false` means that the time was up"]
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.is_set() || {
            let _waiting = inspect::waiting("Event::wait_timeout");
            self.sleep(&Until::after(timeout)).is_ok()
        }
    }

    /// Waits until the event is set, or a deadline or a stop token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if that came first. An event that is set is never an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Event, StopSource, WaitError};
    ///
    /// let (event, source) = (Event::new(), StopSource::new());
    /// source.stop();
    /// assert_eq!(event.wait_until(&source.token()), Err(WaitError::Stopped));
    /// event.set();
    /// assert_eq!(event.wait_until(&source.token()), Ok(()));
    /// ```
    #[track_caller]
    pub fn wait_until<'u>(&self, until: impl IntoUntil<'u>) -> Result<(), WaitError> {
        if self.is_set() {
            return Ok(());
        }
        let _waiting = inspect::waiting("Event::wait_until");
        self.sleep(&until.into_until())
    }

    #[cold]
    fn sleep(&self, until: &Until<'_>) -> Result<(), WaitError> {
        let waiter = Waiter::new();
        let Some(ticket) = self.enlist(&waiter) else {
            return Ok(());
        };
        let outcome = waiter.wait(until);
        if outcome != Outcome::Granted && !self.withdraw(ticket, &waiter) {
            // Taken out to be woken: the event was set in the last moment.
            return Ok(());
        }
        outcome.result()
    }

    /// Puts a waiter where [`set`](Self::set) finds it; `None` if the event is set.
    pub(crate) fn enlist(&self, waiter: &Arc<Waiter>) -> Option<Ticket> {
        self.site.used();
        let mut queue = self.queue.lock();
        let awaited = |state: u32| (state & SET == 0).then_some(state | AWAITED);
        self.state
            .try_update(Ordering::Relaxed, Ordering::Acquire, awaited)
            .ok()?;
        Some(queue.push(waiter))
    }

    /// Takes a waiter out again; `false` if the event was set meanwhile and has taken it out.
    pub(crate) fn withdraw(&self, ticket: Ticket, waiter: &Arc<Waiter>) -> bool {
        let mut queue = self.queue.lock();
        let was_there = queue.remove(ticket, waiter);
        if queue.is_empty() {
            self.state.fetch_and(!AWAITED, Ordering::Relaxed);
        }
        was_there
    }
}

impl Default for Event {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

/// A panic between two calls leaves the event in one of its two states.
impl RefUnwindSafe for Event {}

/// Says how many wait, if that can be told without waiting.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = self.state.load(Ordering::Relaxed) & SET != 0;
        let mut fields = f.debug_struct("Event");
        fields.field("set", &set);
        if let Some(queue) = self.queue.try_lock() {
            fields.field("waiting", &queue.len());
        }
        fields.finish_non_exhaustive()
    }
}
