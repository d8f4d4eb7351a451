//! [`Semaphore`].

use core::error::Error;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::panic::RefUnwindSafe;
use std::sync::Arc;

use super::permit::{OwnedPermit, Permit};
use super::permits::Permits;
use crate::inspect;
use crate::wait::{IntoUntil, TimedOut, Until, WaitError};

/// A number of permits, of which each can be with one holder at a time.
///
/// [`acquire`](Self::acquire) waits for a permit and returns it; dropping it gives it back. Unlike
/// the guard of a lock a permit may travel to another thread, and it protects no value: it limits
/// how many do something at once.
///
/// | | |
/// | --- | --- |
/// | fair? | Yes: first come, first served. Who asks for many is not passed by those who ask for few. |
/// | reentrant? | No: a thread that acquires twice has two permits, and waits if there is one only. |
/// | a panic while held | gives the permit back. |
/// | the permit | can be sent and shared; [`OwnedPermit`] keeps the semaphore alive. |
/// | cost | one atomic operation to acquire, one to release, while nobody waits. |
///
/// # Permits made and taken away
///
/// [`release`](Self::release) adds permits, and [`Permit::forget`] takes one out of circulation. So a
/// semaphore can count what threads make and use up, and Python's style, where one thread acquires
/// and another one releases, is `acquire().forget()` there and `release(1)` here. A
/// [`bounded`](Self::bounded) semaphore refuses to have more permits in circulation, free and held
/// together, than it began with: a release that was not preceded by a `forget` is an error.
///
/// # Differences from Python's `Semaphore`
///
/// Permits give themselves back, waiters are served in turn, several permits can be acquired at
/// once, and `BoundedSemaphore` is [`bounded`](Self::bounded).
///
/// # Differences from `std`
///
/// `std` has none. tokio's is for asynchronous code; Java's can also be had unfair.
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
    /// How many permits are in circulation: free, held, or on the way between. Raised before
    /// permits are added, lowered before a held one is forgotten, so it is never less than there
    /// are; and never more than `limit`, so the count of the free ones cannot overflow. It orders
    /// nothing, hence relaxed.
    issued: AtomicUsize,
    limit: usize,
}

impl Semaphore {
    /// The most permits that a semaphore can have in circulation.
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

    /// Makes a semaphore with that many free permits, to which any number can be added.
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

    /// Makes a semaphore with that many free permits, which never has more.
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

    /// Waits for a permit and takes it.
    ///
    /// # Panics
    ///
    /// If there can never be one: the semaphore was made by [`bounded(0)`](Self::bounded). So do all
    /// forms that wait.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Semaphore;
    ///
    /// let semaphore = Semaphore::new(1);
    /// let permit = semaphore.acquire();
    /// assert_eq!(semaphore.available(), 0);
    /// permit.release();
    /// assert_eq!(semaphore.available(), 1);
    /// ```
    #[inline]
    #[track_caller]
    #[doc(alias = "wait")]
    #[doc(alias = "P")]
    #[doc(alias = "down")]
    pub fn acquire(&self) -> Permit<'_> {
        self.acquire_many(1)
    }

    /// Takes a permit if one is free and nobody waits for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Semaphore;
    ///
    /// let semaphore = Semaphore::new(1);
    /// let permit = semaphore.try_acquire();
    /// assert!(permit.is_some());
    /// assert!(semaphore.try_acquire().is_none());
    /// ```
    #[inline]
    #[must_use = "the permit is given back at once; bind it; `let _ = ..` drops it at once too"]
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        self.try_acquire_many(1)
    }

    /// Waits for a permit for a limited time.
    ///
    /// A zero timeout is one try; `Duration::MAX` means for ever.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if the time was up first; nothing was taken then, and no place in the queue is
    /// left behind.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{Semaphore, TimedOut};
    ///
    /// let empty = Semaphore::new(0);
    /// assert_eq!(empty.acquire_timeout(Duration::from_millis(5)).err(), Some(TimedOut));
    /// ```
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<Permit<'_>, TimedOut> {
        let _waiting = inspect::waiting("Semaphore::acquire_timeout");
        match self.wait_for(1, &Until::after(timeout)) {
            Ok(()) => Ok(Permit::new(self, 1)),
            Err(_) => Err(TimedOut),
        }
    }

    /// Waits for a permit until a deadline or a stop token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if that came first; nothing was taken then, and no place in the queue is left
    /// behind.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Semaphore, StopSource, WaitError};
    ///
    /// static EMPTY: Semaphore = Semaphore::new(0);
    ///
    /// let source = StopSource::new();
    /// let stop = source.token();
    /// let worker = threadkit::spawn(move || EMPTY.acquire_until(&stop).err());
    /// source.stop();
    /// assert_eq!(worker.join().unwrap(), Some(WaitError::Stopped));
    /// ```
    #[track_caller]
    pub fn acquire_until<'u>(&self, until: impl IntoUntil<'u>) -> Result<Permit<'_>, WaitError> {
        self.acquire_many_until(1, until)
    }

    /// Waits for `n` permits and takes them, all at once.
    ///
    /// Those who come later wait behind, even for fewer, so that the `n` come together in the end.
    /// For none it does not wait.
    ///
    /// # Panics
    ///
    /// If there can never be that many: `n` is more than the permits that a
    /// [`bounded`](Self::bounded) semaphore has, or than [`MAX_PERMITS`](Self::MAX_PERMITS).
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Semaphore;
    ///
    /// let megabytes = Semaphore::bounded(100);
    /// let large = megabytes.acquire_many(80);
    /// assert!(megabytes.try_acquire_many(30).is_none());
    /// drop(large);
    /// assert_eq!(megabytes.available(), 100);
    /// ```
    #[inline]
    #[track_caller]
    pub fn acquire_many(&self, n: usize) -> Permit<'_> {
        if !self.permits.try_acquire(self.possible(n)) {
            let _waiting = inspect::waiting("Semaphore::acquire");
            // Without a limit it cannot end in any other way.
            let _ = self.permits.acquire(n, &Until::FOREVER);
        }
        Permit::new(self, n)
    }

    /// Takes `n` permits if they are free and nobody waits.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Semaphore;
    ///
    /// let semaphore = Semaphore::new(3);
    /// let two = semaphore.try_acquire_many(2).expect("they are free");
    /// assert!(semaphore.try_acquire_many(2).is_none());
    /// assert_eq!((two.count(), semaphore.available()), (2, 1));
    /// ```
    #[inline]
    #[must_use = "the permits are given back at once; bind them; `let _ = ..` drops them at once too"]
    pub fn try_acquire_many(&self, n: usize) -> Option<Permit<'_>> {
        (n <= self.limit && (n == 0 || self.permits.try_acquire(n))).then(|| Permit::new(self, n))
    }

    /// Waits for `n` permits until a deadline or a stop token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if that came first; nothing was taken then.
    ///
    /// # Panics
    ///
    /// As [`acquire_many`](Self::acquire_many).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{Semaphore, WaitError};
    ///
    /// let semaphore = Semaphore::new(2);
    /// let ended = semaphore.acquire_many_until(3, Duration::from_millis(5)).err();
    /// assert_eq!(ended, Some(WaitError::TimedOut));
    /// assert_eq!(semaphore.available(), 2);
    /// ```
    #[track_caller]
    pub fn acquire_many_until<'u>(
        &self,
        n: usize,
        until: impl IntoUntil<'u>,
    ) -> Result<Permit<'_>, WaitError> {
        let _waiting = inspect::waiting("Semaphore::acquire_until");
        self.wait_for(n, &until.into_until())?;
        Ok(Permit::new(self, n))
    }

    /// [`acquire`](Self::acquire), with a permit that keeps the semaphore alive.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::Semaphore;
    ///
    /// let semaphore = Arc::new(Semaphore::new(1));
    /// let permit = semaphore.acquire_owned();
    /// let worker = threadkit::spawn(move || permit.count()); // given back when the thread ends
    /// assert_eq!(worker.join().unwrap(), 1);
    /// assert_eq!(semaphore.available(), 1);
    /// ```
    #[inline]
    #[track_caller]
    pub fn acquire_owned(self: &Arc<Self>) -> OwnedPermit {
        self.acquire().into_owned(self)
    }

    /// [`try_acquire`](Self::try_acquire), with a permit that keeps the semaphore alive.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::Semaphore;
    ///
    /// let semaphore = Arc::new(Semaphore::new(1));
    /// let permit = semaphore.try_acquire_owned().expect("it is free");
    /// assert!(semaphore.try_acquire_owned().is_none());
    /// threadkit::spawn(move || permit.release()).join().unwrap();
    /// assert!(semaphore.try_acquire_owned().is_some());
    /// ```
    #[inline]
    #[must_use = "the permit is given back at once; bind it; `let _ = ..` drops it at once too"]
    pub fn try_acquire_owned(self: &Arc<Self>) -> Option<OwnedPermit> {
        self.try_acquire().map(|permit| permit.into_owned(self))
    }

    /// [`acquire_timeout`](Self::acquire_timeout), with a permit that keeps the semaphore alive.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if the time was up first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    /// use threadkit::{Semaphore, TimedOut};
    ///
    /// let semaphore = Arc::new(Semaphore::new(1));
    /// let permit = semaphore.acquire_timeout_owned(Duration::from_millis(5)).unwrap();
    /// let late = semaphore.acquire_timeout_owned(Duration::from_millis(5));
    /// assert_eq!(late.err(), Some(TimedOut));
    /// drop(permit);
    /// ```
    #[track_caller]
    pub fn acquire_timeout_owned(
        self: &Arc<Self>,
        timeout: Duration,
    ) -> Result<OwnedPermit, TimedOut> {
        self.acquire_timeout(timeout)
            .map(|permit| permit.into_owned(self))
    }

    /// [`acquire_until`](Self::acquire_until), with a permit that keeps the semaphore alive.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if a deadline or a stop came first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{Semaphore, StopSource, WaitError};
    ///
    /// let semaphore = Arc::new(Semaphore::new(0));
    /// let source = StopSource::new();
    /// let waiter = threadkit::spawn({
    ///     let (semaphore, stop) = (Arc::clone(&semaphore), source.token());
    ///     move || semaphore.acquire_until_owned(&stop).err()
    /// });
    /// source.stop();
    /// assert_eq!(waiter.join().unwrap(), Some(WaitError::Stopped));
    /// ```
    #[track_caller]
    pub fn acquire_until_owned<'u>(
        self: &Arc<Self>,
        until: impl IntoUntil<'u>,
    ) -> Result<OwnedPermit, WaitError> {
        self.acquire_until(until)
            .map(|permit| permit.into_owned(self))
    }

    /// [`acquire_many`](Self::acquire_many), with a permit that keeps the semaphore alive.
    ///
    /// # Panics
    ///
    /// As [`acquire_many`](Self::acquire_many).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::Semaphore;
    ///
    /// let semaphore = Arc::new(Semaphore::new(4));
    /// let three = semaphore.acquire_many_owned(3);
    /// assert_eq!(semaphore.available(), 1);
    /// threadkit::spawn(move || drop(three)).join().unwrap();
    /// assert_eq!(semaphore.available(), 4);
    /// ```
    #[inline]
    #[track_caller]
    pub fn acquire_many_owned(self: &Arc<Self>, n: usize) -> OwnedPermit {
        self.acquire_many(n).into_owned(self)
    }

    /// [`try_acquire_many`](Self::try_acquire_many), with a permit that keeps the semaphore alive.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::Semaphore;
    ///
    /// let semaphore = Arc::new(Semaphore::new(3));
    /// let two = semaphore.try_acquire_many_owned(2).expect("they are free");
    /// assert!(semaphore.try_acquire_many_owned(2).is_none());
    /// assert_eq!(two.count(), 2);
    /// ```
    #[inline]
    #[must_use = "the permits are given back at once; bind them; `let _ = ..` drops them at once too"]
    pub fn try_acquire_many_owned(self: &Arc<Self>, n: usize) -> Option<OwnedPermit> {
        self.try_acquire_many(n)
            .map(|permit| permit.into_owned(self))
    }

    /// [`acquire_many_until`](Self::acquire_many_until), with a permit that keeps the semaphore
    /// alive.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if a deadline or a stop came first.
    ///
    /// # Panics
    ///
    /// As [`acquire_many`](Self::acquire_many).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    /// use threadkit::{Semaphore, WaitError};
    ///
    /// let semaphore = Arc::new(Semaphore::new(2));
    /// let ended = semaphore.acquire_many_until_owned(3, Duration::from_millis(5)).err();
    /// assert_eq!(ended, Some(WaitError::TimedOut));
    /// assert_eq!(semaphore.available(), 2, "it has taken none");
    /// ```
    #[track_caller]
    pub fn acquire_many_until_owned<'u>(
        self: &Arc<Self>,
        n: usize,
        until: impl IntoUntil<'u>,
    ) -> Result<OwnedPermit, WaitError> {
        self.acquire_many_until(n, until)
            .map(|permit| permit.into_owned(self))
    }

    /// Adds `n` permits, beyond those that are held and will come back by themselves.
    ///
    /// # Errors
    ///
    /// [`ReleaseError`] if there would be more permits, free and held together, than a
    /// [`bounded`](Self::bounded) semaphore began with, or than [`MAX_PERMITS`](Self::MAX_PERMITS).
    /// Nothing has changed then.
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
    pub fn release(&self, n: usize) -> Result<(), ReleaseError> {
        let raised = |issued: usize| issued.checked_add(n).filter(|sum| *sum <= self.limit);
        match self
            .issued
            .try_update(Ordering::Relaxed, Ordering::Relaxed, raised)
        {
            Ok(_) => {
                self.permits.release(n);
                Ok(())
            }
            Err(issued) => Err(ReleaseError {
                released: n,
                missing: self.limit - issued,
            }),
        }
    }

    /// How many permits [`try_acquire_many`](Self::try_acquire_many) would take at this moment; by the
    /// time you look at the answer it may have changed.
    ///
    /// While somebody waits, the answer is zero: permits that do not suffice for the first in the queue
    /// are kept for it.
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

    #[track_caller]
    fn wait_for(&self, n: usize, until: &Until<'_>) -> Result<(), WaitError> {
        self.permits.acquire(self.possible(n), until)
    }

    /// Refuses a number of permits that would be waited for in vain.
    #[inline]
    #[track_caller]
    fn possible(&self, n: usize) -> usize {
        assert!(
            n <= self.limit,
            "acquiring {n} permits of a semaphore that never has more than {}",
            self.limit
        );
        n
    }

    /// Gives back what a permit stands for.
    #[inline]
    pub(super) fn give_back(&self, n: usize) {
        if n > 0 {
            self.permits.release(n);
        }
    }

    /// Takes what a permit stands for out of circulation.
    pub(super) fn write_off(&self, n: usize) {
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

/// Permits come back while a thread unwinds; the count is right at any time.
impl RefUnwindSafe for Semaphore {}

/// Says how many wait, if that can be told without waiting.
impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Semaphore");
        fields.field("available", &self.available());
        if self.limit < Self::MAX_PERMITS {
            fields.field("bound", &self.limit);
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
/// assert_eq!(error.to_string(), "1 permits released, where 0 are missing");
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
        write!(
            f,
            "{released} permits released, where {missing} are missing"
        )
    }
}

/// As `Display`: it is what `unwrap` prints.
impl fmt::Debug for ReleaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for ReleaseError {}
