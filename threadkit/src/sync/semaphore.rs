//! [`Semaphore`]; its permits, and how they are acquired, are in `permit`.

use core::error::Error;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::panic::RefUnwindSafe;

use super::permits::Permits;
use crate::debug_as_display::debug_as_display;
use crate::inspect::Operation;
use crate::wait::{Until, WaitError};

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
pub struct Semaphore {
    permits: Permits,
    /// How many permits are in circulation, free or held. It is raised before permits are added, and lowered
    /// before a held one is forgotten, so it is never less than the number of permits. It is never more
    /// than `limit`, so the count of free permits cannot overflow. It orders nothing, hence relaxed.
    issued: AtomicUsize,
    limit: usize,
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
    pub const MAX_PERMITS: usize = Permits::MAX;

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
        Self::with_limit(permits, Self::MAX_PERMITS)
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
        Self::with_limit(permits, permits)
    }

    #[track_caller]
    const fn with_limit(permits: usize, limit: usize) -> Self {
        assert!(
            permits <= Self::MAX_PERMITS,
            "a semaphore cannot count that many permits"
        );
        Self {
            permits: Permits::new(permits),
            issued: AtomicUsize::new(permits),
            limit,
        }
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
        self.permits.is_observed();
        let raised = |issued: usize| issued.checked_add(n).filter(|sum| *sum <= self.limit);
        match self
            .issued
            .try_update(Ordering::Relaxed, Ordering::Relaxed, raised)
        {
            Ok(_) => {
                self.permits.release(n, "Semaphore::release");
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
        self.permits.available()
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
        self.permits.n_waiting()
    }

    /// Takes `n` permits if they are free and no thread waits. Zero permits can always be taken.
    #[inline]
    #[track_caller]
    pub(super) fn try_take(&self, n: usize) -> bool {
        n <= self.limit && (n == 0 || self.permits.try_acquire(n, "Semaphore::try_acquire"))
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
        self.permits.acquire(n, until, operation)
    }

    /// Releases the permits of a guard.
    #[inline]
    pub(super) fn give_back(&self, n: usize) {
        if n > 0 {
            self.permits.release(n, "drop of a permit");
        }
    }

    /// Takes the permits of a guard out of circulation.
    pub(super) fn write_off(&self, n: usize) {
        self.permits.is_observed();
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
        if let Some(waiting) = self.permits.waiting() {
            fields.field("waiting", &waiting);
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
