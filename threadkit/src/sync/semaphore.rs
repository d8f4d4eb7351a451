//! [`Semaphore`]; its permits, and how they are acquired, are in `permit`.

use core::error::Error;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::panic::RefUnwindSafe;

use crate::backend::{Mutex, ShownValue, Site, leaves};
use crate::debug_as_display::debug_as_display;
use crate::inspect::{ByAnyone, Call, Operation};
use crate::wait::{Outcome, Until, WaitError, WaitQueue, Waiter, WakeList};

/// The queue is not empty.
const QUEUED: usize = 1;
/// One permit, counted above that bit.
const ONE: usize = 2;

/// A number of permits, each of which has at most one holder at a time.
///
/// [`acquire`](Self::acquire) waits for a permit and returns it; dropping it gives it back. Unlike
/// the guard of a lock, a permit can be sent to another thread, and it protects no value: it limits
/// how many threads do something at once.
///
/// | | |
/// | --- | --- |
/// | fair? | Yes: first come, first served. A request for a few permits does not overtake an earlier one for many. |
/// | reentrant? | No: a thread that acquires twice holds two permits, and waits if there is only one. |
/// | a panic while held | gives the permit back. |
/// | the permit | can be sent and shared; [`OwnedPermit`](crate::OwnedPermit) keeps the semaphore alive. |
/// | cost | one atomic operation to acquire, one to release, while no thread waits. |
///
/// # Adding and removing permits
///
/// [`release`](Self::release) adds permits, and [`Permit::forget`](crate::Permit::forget) takes one out of
/// circulation. So a semaphore can count what threads produce and consume. In Python's style one thread
/// acquires and another one releases: that is `acquire().forget()` in the one, and `release(1)` in the
/// other. A [`bounded`](Self::bounded) semaphore never has more permits in circulation, free and held
/// together, than it began with: a release without a `forget` before is an error.
///
/// # Differences from Python's `Semaphore`
///
/// Dropping a permit releases it, waiters are served in order, several permits can be acquired at once, and
/// `BoundedSemaphore` is [`bounded`](Self::bounded).
///
/// # Differences from `std`
///
/// `std` has none. tokio's is for asynchronous code; Java's can also be unfair.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use threadkit::Semaphore;
///
/// static CONNECTIONS: Semaphore = Semaphore::bounded(2);
/// static OPEN: AtomicU32 = AtomicU32::new(0);
///
/// let clients = (0..8).map(|_| threadkit::spawn(|| {
///     let _permit = CONNECTIONS.acquire();
///     assert!(OPEN.fetch_add(1, Ordering::Relaxed) < 2);
///     OPEN.fetch_sub(1, Ordering::Relaxed);
/// }));
/// threadkit::join_all(clients.collect::<Vec<_>>()).unwrap();
/// assert_eq!(CONNECTIONS.available(), 2);
/// ```
#[doc(alias = "BoundedSemaphore")]
#[doc(alias = "counting_semaphore")]
// Invariant:
//
// `state` is `ONE` times the number of free permits, plus `QUEUED`.
//
// | `QUEUED` | the queue | which thread can take permits | which thread can add permits |
// | --- | --- | --- | --- |
// | clear | is empty | any, by one compare-and-swap | any, by one addition |
// | set | has waiters; the first asks for more permits than are free, unless a thread is about to serve it | the holder of the lock of the queue | any, which then serves the queue under its lock |
//
// `QUEUED` itself is changed under that lock only. A waiter sets it in the step in which it finds too few
// permits. So a release either comes before, and the waiter sees its permits, or it comes after, finds
// the bit set and serves the queue. The note of a waiter is the number of permits that it asks for.
//
// Why no thread starves:
//
// While there is a queue, no permits are taken past it, not even by a smaller request or by one that need
// not sleep. Released permits accumulate until the first waiter can be served, and only then is the next
// one considered. So the first waiter is served after a finite number of releases, which all holders of
// permits make in the end, and every waiter becomes the first.
pub struct Semaphore {
    state: AtomicUsize,
    queue: Mutex<WaitQueue>,
    /// How many permits are in circulation, free or held. It is raised before permits are added, and lowered
    /// before a held one is forgotten, so it is never less than the number of permits. It is never more
    /// than `limit`, so the count of free permits cannot overflow. It orders nothing, hence relaxed.
    issued: AtomicUsize,
    limit: usize,
    site: Site,
}

impl Semaphore {
    /// The maximum number of permits in circulation.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Semaphore;
    ///
    /// let full = Semaphore::new(Semaphore::MAX_PERMITS);
    /// assert!(full.release(1).is_err());
    /// assert_eq!(full.available(), Semaphore::MAX_PERMITS);
    /// ```
    pub const MAX_PERMITS: usize = usize::MAX / ONE;

    /// Makes a semaphore with that many free permits, to which more can be added.
    ///
    /// # Panics
    ///
    /// If it is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Semaphore;
    ///
    /// static PARCELS: Semaphore = Semaphore::new(0);
    ///
    /// let receiver = threadkit::spawn(|| PARCELS.acquire().forget());
    /// PARCELS.release(1).unwrap();
    /// receiver.join().unwrap();
    /// assert_eq!(PARCELS.available(), 0);
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn new(permits: usize) -> Self {
        assert!(
            permits <= Self::MAX_PERMITS,
            "a semaphore cannot count that many permits"
        );
        Self {
            state: AtomicUsize::new(permits * ONE),
            queue: Mutex::new(WaitQueue::new()),
            issued: AtomicUsize::new(permits),
            limit: Self::MAX_PERMITS,
            site: Site::new("a semaphore"),
        }
    }

    /// Makes a semaphore with that many free permits, which is also the maximum.
    ///
    /// # Panics
    ///
    /// If it is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Semaphore;
    ///
    /// let semaphore = Semaphore::bounded(1);
    /// assert!(semaphore.release(1).is_err(), "none is missing");
    /// semaphore.acquire().forget();
    /// assert!(semaphore.release(1).is_ok());
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn bounded(permits: usize) -> Self {
        let mut semaphore = Self::new(permits);
        semaphore.limit = permits;
        semaphore
    }

    /// Adds `n` permits. Held permits are released by themselves when they are dropped; do not call this for
    /// them.
    ///
    /// # Errors
    ///
    /// [`ReleaseError`] if there would be more permits, free and held together, than a
    /// [`bounded`](Self::bounded) semaphore began with, or than [`MAX_PERMITS`](Self::MAX_PERMITS).
    /// No permit is added then.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Semaphore;
    ///
    /// let semaphore = Semaphore::bounded(3);
    /// semaphore.acquire_many(2).forget();
    /// assert_eq!(
    ///     semaphore.release(3).unwrap_err().to_string(),
    ///     "3 permits released, where 2 are missing"
    /// );
    /// assert_eq!(semaphore.available(), 1, "a refused release changes nothing");
    /// semaphore.release(2).unwrap();
    /// assert_eq!(semaphore.available(), 3);
    /// ```
    #[doc(alias = "post")]
    #[doc(alias = "signal")]
    #[doc(alias = "V")]
    #[doc(alias = "up")]
    #[doc(alias = "add_permits")]
    #[track_caller]
    pub fn release(&self, n: usize) -> Result<(), ReleaseError> {
        self.site.is_observed();
        let raised = |issued: usize| issued.checked_add(n).filter(|sum| *sum <= self.limit);
        let issued = &self.issued;
        match issued.try_update(Ordering::Relaxed, Ordering::Relaxed, raised) {
            Ok(_) => {
                self.add(n, "Semaphore::release");
                Ok(())
            }
            Err(issued) => Err(ReleaseError {
                released: n,
                missing: self.limit - issued,
            }),
        }
    }

    /// How many permits [`try_acquire_many`](Self::try_acquire_many) could take at this moment; the answer may
    /// be out of date at once.
    ///
    /// While a thread waits, the answer is zero: permits that are not enough for the first waiter are kept
    /// for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Semaphore;
    ///
    /// let semaphore = Semaphore::new(3);
    /// let permit = semaphore.acquire();
    /// assert_eq!(semaphore.available(), 2);
    /// drop(permit);
    /// assert_eq!(semaphore.available(), 3);
    /// ```
    #[inline]
    #[must_use]
    #[doc(alias = "value")]
    #[doc(alias = "available_permits")]
    pub fn available(&self) -> usize {
        self.site.is_observed();
        match self.state.load(Ordering::Relaxed) {
            state if state & QUEUED == 0 => state / ONE,
            _ => 0,
        }
    }

    /// The most permits that there can be, free and held together, if the semaphore was made by
    /// [`bounded`](Self::bounded).
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Semaphore;
    ///
    /// let seats = Semaphore::bounded(4);
    /// seats.acquire().forget();
    /// assert_eq!((seats.bound(), seats.available()), (Some(4), 3));
    /// assert_eq!(Semaphore::new(4).bound(), None);
    /// ```
    #[must_use]
    pub fn bound(&self) -> Option<usize> {
        (self.limit < Self::MAX_PERMITS).then_some(self.limit)
    }

    /// How many threads wait for permits at this moment.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Semaphore;
    ///
    /// static PARCELS: Semaphore = Semaphore::new(0);
    ///
    /// let receiver = threadkit::spawn(|| PARCELS.acquire_many(2).forget());
    /// while PARCELS.n_waiting() == 0 {
    ///     std::thread::yield_now();
    /// }
    /// PARCELS.release(2).unwrap();
    /// receiver.join().unwrap();
    /// assert_eq!(PARCELS.n_waiting(), 0);
    /// ```
    #[must_use]
    #[doc(alias = "waiter_count")]
    #[doc(alias = "getQueueLength")]
    pub fn n_waiting(&self) -> usize {
        self.site.step("Semaphore::n_waiting");
        let _inside = self.site.inside();
        self.queue.lock().len()
    }

    /// Takes `n` permits if they are free and no thread waits. Zero permits can always be taken.
    #[inline]
    #[track_caller]
    pub(super) fn try_take(&self, n: usize) -> bool {
        n <= self.limit && self.take_if_free(n, "Semaphore::try_acquire")
    }

    /// Waits for `n` permits and takes them. Panics for a number that there can never be.
    #[inline]
    #[track_caller]
    pub(super) fn take(
        &self,
        n: usize,
        until: &Until<'_>,
        operation: Operation,
    ) -> Result<(), WaitError> {
        assert!(
            n <= self.limit,
            "acquiring {n} permits of a semaphore that never has more than {}",
            self.limit
        );
        match self.take_if_free(n, operation.name()) {
            true => Ok(()),
            false => self.wait_for(n, until, operation.here().on(&self.site)),
        }
    }

    #[inline]
    #[track_caller]
    fn take_if_free(&self, n: usize, verb: &'static str) -> bool {
        if n == 0 {
            return true;
        }
        self.site.step(verb);
        let taken = |state: usize| match state & QUEUED {
            0 => state.checked_sub(n * ONE),
            _ => None,
        };
        // Acquire: a thread that gets a permit sees what was done before the permit was released.
        let before = (self.state).try_update(Ordering::Acquire, Ordering::Relaxed, taken);
        leaves(|| match before {
            Ok(_) => Some(self.shown()),
            Err(_) => Some(ShownValue::Flag(false)),
        });
        before.is_ok()
    }

    #[cold]
    fn wait_for(&self, n: usize, until: &Until<'_>, call: Call) -> Result<(), WaitError> {
        let awaited = ByAnyone(|| Some(self.awaited(n)));
        let _waiting = call.waiting_for(&awaited);
        let _inside = self.site.inside();
        let taken = self.take_in_turn(n, until);
        call.did(|| match taken {
            Ok(()) => Some(self.shown()),
            Err(ended) => Some(ended.shown()),
        });
        taken
    }

    /// What a thread waits for that waits for `n` permits, in reports.
    fn awaited(&self, n: usize) -> String {
        // Relaxed: the number may be old at once.
        let free = self.state.load(Ordering::Relaxed) / ONE;
        let are = if free == 1 { "is" } else { "are" };
        match n {
            1 => format!("a permit ({free} {are} free)"),
            _ => format!("{n} permits ({free} {are} free)"),
        }
    }

    fn shown(&self) -> ShownValue {
        // Relaxed: the threads of an exploration take turns.
        ShownValue::Free(self.state.load(Ordering::Relaxed) / ONE)
    }

    fn take_in_turn(&self, n: usize, until: &Until<'_>) -> Result<(), WaitError> {
        let waiter = Waiter::with_note(n);
        waiter.note_word();
        let ticket = {
            let mut queue = self.queue.lock();
            let taken_or_marked = |state: usize| match state & QUEUED {
                0 => state.checked_sub(n * ONE).unwrap_or(state | QUEUED),
                _ => state,
            };
            // Acquire: see `take_if_free`.
            let before = (self.state).update(Ordering::Acquire, Ordering::Relaxed, taken_or_marked);
            if before & QUEUED == 0 && before >= n * ONE {
                return Ok(());
            }
            queue.push(&waiter)
        };
        let outcome = waiter.wait(until);
        if outcome != Outcome::Granted {
            // It may have been the first, and have asked for more than the next one.
            self.serve_after(|queue| _ = queue.remove(ticket, &waiter));
        }
        outcome.result()
    }

    /// Releases the permits of a guard.
    #[inline]
    pub(super) fn give_back(&self, n: usize) {
        if n > 0 {
            self.add(n, "drop of a permit");
        }
    }

    /// Adds `n` permits; waiters get them first.
    #[inline]
    #[track_caller]
    fn add(&self, n: usize, verb: &'static str) {
        self.site.step(verb);
        // Release: see `take_if_free`. The sum is at most the number of permits in circulation.
        let before = self.state.fetch_add(n * ONE, Ordering::Release);
        leaves(|| Some(self.shown()));
        if before & QUEUED != 0 {
            let _inside = self.site.inside();
            self.serve_after(|_| ());
        }
    }

    /// After a change of the queue, grants free permits in its order, as far as they go.
    #[cold]
    fn serve_after(&self, change: impl FnOnce(&mut WaitQueue)) {
        // Dropped after the lock of the queue is released, which wakes the waiters.
        let mut served = WakeList::new();
        let mut queue = self.queue.lock();
        change(&mut queue);
        while let Some(first) = queue.first() {
            let asked = first.note() * ONE;
            // Acquire: a waiter that is granted sees what was done before its permits were added.
            if self.state.load(Ordering::Acquire) < asked + QUEUED {
                return;
            }
            if let Some(first) = queue.pop()
                && first.decide(Outcome::Granted)
            {
                self.state.fetch_sub(asked, Ordering::Relaxed);
                served.push(first);
            }
        }
        // Relaxed: this and the subtraction above continue the release sequence of the state.
        self.state.fetch_and(!QUEUED, Ordering::Relaxed);
    }

    /// Takes the permits of a guard out of circulation.
    pub(super) fn write_off(&self, n: usize) {
        self.site.is_observed();
        self.issued.fetch_sub(n, Ordering::Relaxed);
    }
}

/// One free permit and no bound, as Python's.
impl Default for Semaphore {
    #[track_caller]
    fn default() -> Self {
        Self::new(1)
    }
}

/// Permits come back while a thread unwinds, so the count is always right.
impl RefUnwindSafe for Semaphore {}

/// Shows how many threads wait, if that can be found out without waiting.
impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Semaphore");
        fields.field("available", &self.available());
        if let Some(bound) = self.bound() {
            fields.field("bound", &bound);
        }
        if let Some(queue) = self.queue.try_lock() {
            fields.field("waiting", &queue.len());
        }
        fields.finish_non_exhaustive()
    }
}

/// More permits were released than are missing; see [`Semaphore::release`].
///
/// # Examples
///
/// ```
/// use threadkit::Semaphore;
///
/// let seats = Semaphore::bounded(2);
/// let error = seats.release(1).unwrap_err();
/// assert_eq!(error.to_string(), "1 permit released, where none is missing");
/// assert_eq!(format!("{error:?}"), error.to_string(), "what `unwrap` prints");
/// assert_eq!(seats.available(), 2, "nothing has changed");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ReleaseError {
    released: usize,
    missing: usize,
}

impl fmt::Display for ReleaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { released, missing } = self;
        let permits = if *released == 1 { "permit" } else { "permits" };
        write!(f, "{released} {permits} released, where ")?;
        match missing {
            0 => f.write_str("none is missing"),
            1 => f.write_str("1 is missing"),
            _ => write!(f, "{missing} are missing"),
        }
    }
}

debug_as_display!(ReleaseError);

impl Error for ReleaseError {}
