//! [`Event`].

use core::fmt;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::panic::RefUnwindSafe;
use std::sync::Arc;

use crate::backend::{Mutex, ShownValue, Site, leaves};
use crate::inspect::{ByAnyone, Operation};
use crate::wait::{IntoUntil, Outcome, Ticket, Until, WaitError, WaitQueue, Waiter, wait_in};

/// The event is set.
const SET: u32 = 1;
/// The queue is not empty.
const AWAITED: u32 = 2;

/// A flag that threads can wait for.
///
/// [`set`](Self::set) wakes all waiters and lets later threads pass, until [`clear`](Self::clear). Every thread
/// that waits when the event is set is woken, even if it is cleared at once.
///
/// For a change that happens once and is never undone, [`Latch`](crate::Latch) and [`Once`](crate::Once) work
/// as well. For a request to stop there is [`StopToken`](crate::StopToken), which ends other waits too.
///
/// | | |
/// | --- | --- |
/// | fair? | All waiters are woken at once. |
/// | a panic | in a thread that sets or waits does not affect other threads. |
/// | cost | One load to ask or to pass when set; one atomic operation to set it while no thread waits. |
/// | memory | A thread that was woken by `set`, or found the event set, sees what was done before. |
///
/// # Differences from Python's `Event`
///
/// They work the same; here a wait can also end at a stop.
///
/// # Differences from `std`
///
/// `std` has none; it can be built from a mutex and a condition variable.
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
    /// | `AWAITED` | the queue | which thread can set the event |
    /// | --- | --- | --- |
    /// | clear | is empty | any thread, by one compare-and-swap |
    /// | set | has waiters | the holder of the lock of the queue, which empties the queue before it releases |
    ///
    /// `AWAITED` is changed under that lock only. A waiter sets it in the step in which it sees that `SET`
    /// is clear, so a thread that sets the event later finds the bit. Any thread can clear `SET` at any
    /// time: the waiters that the event has woken have left the queue by then.
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
    #[track_caller]
    pub fn is_set(&self) -> bool {
        self.look("Event::is_set")
    }

    #[inline]
    #[track_caller]
    fn look(&self, verb: &'static str) -> bool {
        self.site.look(verb);
        // Acquire: a thread that sees the event set sees what was done before.
        let is_set = self.state.load(Ordering::Acquire) & SET != 0;
        leaves(|| Some(ShownValue::Flag(is_set)));
        is_set
    }

    /// Sets the event, and wakes all waiters.
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
    ///     event.set(); // both threads continue
    /// });
    /// assert!(event.is_set(), "until it is cleared");
    /// ```
    #[inline]
    #[track_caller]
    pub fn set(&self) {
        self.site.step("Event::set");
        let set = |state: u32| (state & AWAITED == 0).then_some(state | SET);
        // Release: see `is_set`. It also swaps if the event is set already: a thread that finds it set
        // sees what was done before each of the calls.
        let done = self
            .state
            .try_update(Ordering::Release, Ordering::Relaxed, set);
        if done.is_err() {
            self.set_and_wake();
        }
    }

    #[cold]
    fn set_and_wake(&self) {
        let _inside = self.site.inside();
        let mut queue = self.queue.lock();
        self.state.swap(SET, Ordering::Release);
        let waiters = queue.take();
        drop(queue);
        waiters.grant_all();
    }

    /// Clears the event: later waits last until it is set again.
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
    #[track_caller]
    pub fn clear(&self) {
        self.site.step("Event::clear");
        // AcqRel: what is done after clearing comes after what was done before the event was set, and
        // the next `set` publishes both.
        self.state.fetch_and(!SET, Ordering::AcqRel);
    }

    /// Waits until the event is set; not at all if it is. For a limit, write `wait_timeout(d)`.
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
        // Without a limit the wait cannot end in any other way.
        let _ = self.wait_as(Operation::EVENT_WAIT, Until::FOREVER);
    }

    #[inline]
    #[track_caller]
    fn wait_as<'u>(
        &self,
        operation: Operation,
        until: impl IntoUntil<'u>,
    ) -> Result<(), WaitError> {
        match self.look(operation.name()) {
            true => Ok(()),
            false => {
                let awaited = ByAnyone(|| Some("a `set()`".to_owned()));
                wait_in(operation.here().on(&self.site), &awaited, || {
                    self.sleep(&until.into_until())
                })
            }
        }
    }

    /// Waits until the event is set, for a limited time; returns whether it was set.
    ///
    /// A zero timeout only checks; `Duration::MAX` means no limit.
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
        self.wait_as(Operation::EVENT_WAIT_TIMEOUT, timeout).is_ok()
    }

    /// Waits until the event is set, or a deadline or a stop token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the limit came first. A wait for an event that is set never fails.
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
        self.wait_as(Operation::EVENT_WAIT_UNTIL, until)
    }

    /// How many threads wait at this moment.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Event;
    ///
    /// static READY: Event = Event::new();
    ///
    /// let waiter = threadkit::spawn(|| READY.wait());
    /// while READY.n_waiting() == 0 {
    ///     std::thread::yield_now();
    /// }
    /// READY.set();
    /// assert_eq!(READY.n_waiting(), 0);
    /// waiter.join().unwrap();
    /// ```
    #[must_use]
    #[doc(alias = "waiter_count")]
    pub fn n_waiting(&self) -> usize {
        self.site.step("Event::n_waiting");
        let _inside = self.site.inside();
        self.queue.lock().len()
    }

    #[cold]
    fn sleep(&self, until: &Until<'_>) -> Result<(), WaitError> {
        let _inside = self.site.inside();
        let waiter = Waiter::new();
        let Some(ticket) = self.enlist(&waiter) else {
            return Ok(());
        };
        let outcome = waiter.wait(until);
        if outcome != Outcome::Granted && !self.withdraw(ticket, &waiter) {
            // The waiter was taken out to be woken: the event was set at the same moment.
            return Ok(());
        }
        outcome.result()
    }

    /// Puts a waiter into the queue; `None` if the event is set.
    pub(crate) fn enlist(&self, waiter: &Arc<Waiter>) -> Option<Ticket> {
        self.site.used();
        let mut queue = self.queue.lock();
        let awaited = |state: u32| (state & SET == 0).then_some(state | AWAITED);
        self.state
            .try_update(Ordering::Relaxed, Ordering::Acquire, awaited)
            .ok()?;
        Some(queue.push(waiter))
    }

    /// Takes a waiter out of the queue; `false` if `set` has taken it out already.
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

/// The event is in one of its two states at all times, so a panic cannot corrupt it.
impl RefUnwindSafe for Event {}

/// Shows how many threads wait, if that can be found out without waiting.
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
