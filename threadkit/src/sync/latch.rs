//! [`Latch`].

use core::error::Error;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::panic::RefUnwindSafe;

use crate::backend::{Shown, Site, leaves};
use crate::inspect::{ByAnyone, Operation};
use crate::wait::{Gate, IntoUntil, Until, WaitError, wait_in};

/// A count that goes down to zero, for which threads wait.
///
/// When the count is zero the latch is open, and stays open. Until then more work can be
/// [added](Self::add).
///
/// | | |
/// | --- | --- |
/// | fair? | All waiters are woken at once. |
/// | a panic | of a thread that should count down leaves the others waiting: count down in a `Drop`, or give the wait a limit. |
/// | cost | One load to pass an open latch, one atomic operation to count down. |
/// | memory | A thread that passes sees what other threads did before they counted down. |
///
/// # Differences from Python and Java
///
/// Python has none; there one joins the threads. It is Java's `CountDownLatch`, except that the count can be
/// raised before it is zero, and that counting below zero panics.
///
/// # Differences from `std`
///
/// `std` has none.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use threadkit::Latch;
///
/// let loaded = Arc::new(Latch::new(3));
/// for _ in 0..3 {
///     let loaded = Arc::clone(&loaded);
///     threadkit::spawn(move || loaded.count_down());
/// }
/// loaded.wait();
/// assert!(loaded.is_open());
/// ```
#[doc(alias = "CountDownLatch")]
#[doc(alias = "CountdownEvent")]
#[doc(alias = "WaitGroup")]
pub struct Latch {
    /// Goes up and down by compare-and-swap while it is not zero, and stays at zero for ever. The thread that
    /// brings it to zero opens the gate. If the latch began at zero, no thread looks at the gate.
    count: AtomicUsize,
    gate: Gate,
    site: Site,
}

impl Latch {
    /// Makes a latch that opens after that many counts. With zero it is open at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Latch;
    ///
    /// static STARTED: Latch = Latch::new(2);
    /// assert_eq!(STARTED.count(), 2);
    /// assert!(Latch::new(0).is_open());
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn new(count: usize) -> Self {
        Self {
            count: AtomicUsize::new(count),
            gate: Gate::new(),
            site: Site::new("a latch"),
        }
    }

    /// Decrements the count by one.
    ///
    /// # Panics
    ///
    /// If the latch is open already.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Latch;
    ///
    /// let latch = Latch::new(1);
    /// latch.count_down();
    /// assert!(latch.is_open());
    /// ```
    #[inline]
    #[track_caller]
    #[doc(alias = "done")]
    #[doc(alias = "countDown")]
    #[doc(alias = "arrive")]
    pub fn count_down(&self) {
        self.count_down_by(1);
    }

    /// Decrements the count by `n`.
    ///
    /// # Panics
    ///
    /// If the count is less than `n`; it has not changed then.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Latch;
    ///
    /// let latch = Latch::new(3);
    /// latch.count_down_by(2);
    /// assert_eq!(latch.count(), 1);
    /// ```
    #[track_caller]
    pub fn count_down_by(&self, n: usize) {
        // AcqRel: the thread that reaches zero publishes what all threads did that counted before.
        let counted = self.change("Latch::count_down", Ordering::AcqRel, |count| {
            count.checked_sub(n)
        });
        match counted {
            Ok(count) if count == n && n > 0 => {
                self.gate.open();
            }
            Ok(_) => {}
            Err(0) => panic!("counting {n} down where the latch is open already: none is left"),
            Err(count) => panic!("counting {n} down where {count} are left"),
        }
    }

    /// Increments the count by `n`, if the latch is not open.
    ///
    /// Call it from work that is itself counted, so that the latch cannot open before the call.
    ///
    /// # Errors
    ///
    /// [`LatchOpen`] if the latch is open; it has not changed then.
    ///
    /// # Panics
    ///
    /// If the sum is more than `usize::MAX`; the count has not changed then.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Latch, LatchOpen};
    ///
    /// let latch = Latch::new(1);
    /// latch.add(1).unwrap();
    /// latch.count_down_by(2);
    /// assert_eq!(latch.add(1), Err(LatchOpen));
    /// ```
    #[track_caller]
    pub fn add(&self, n: usize) -> Result<(), LatchOpen> {
        let sum = |count: usize| count.checked_add(n).filter(|_| count > 0);
        // Relaxed: it continues the release sequence of the threads that counted down.
        match self.change("Latch::add", Ordering::Relaxed, sum) {
            Ok(_) => Ok(()),
            Err(0) => Err(LatchOpen),
            Err(count) => panic!("adding {n} to a latch that counts {count}"),
        }
    }

    /// The step of that name. Returns the count before, as an error if `change` returns `None` for it.
    #[track_caller]
    fn change(
        &self,
        verb: &'static str,
        order: Ordering,
        change: impl Fn(usize) -> Option<usize>,
    ) -> Result<usize, usize> {
        self.site.step(verb);
        let before = self.count.try_update(order, Ordering::Relaxed, change);
        // Relaxed: the threads of an exploration take turns.
        leaves(|| self.count.load(Ordering::Relaxed).shown());
        before
    }

    /// The count at this moment.
    ///
    /// # Examples
    ///
    /// ```
    /// let latch = threadkit::Latch::new(2);
    /// latch.count_down();
    /// assert_eq!(latch.count(), 1);
    /// ```
    #[inline]
    #[must_use]
    #[doc(alias = "getCount")]
    #[track_caller]
    pub fn count(&self) -> usize {
        self.look("Latch::count")
    }

    /// Whether the count is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// let latch = threadkit::Latch::new(1);
    /// assert!(!latch.is_open());
    /// latch.count_down();
    /// assert!(latch.is_open());
    /// ```
    #[inline]
    #[must_use]
    #[doc(alias = "try_wait")]
    #[track_caller]
    pub fn is_open(&self) -> bool {
        self.look("Latch::is_open") == 0
    }

    /// How many threads wait at this moment.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Latch;
    ///
    /// static LOADED: Latch = Latch::new(1);
    ///
    /// let waiter = threadkit::spawn(|| LOADED.wait());
    /// while LOADED.n_waiting() == 0 {
    ///     std::thread::yield_now();
    /// }
    /// LOADED.count_down();
    /// waiter.join().unwrap();
    /// ```
    #[must_use]
    #[doc(alias = "waiter_count")]
    pub fn n_waiting(&self) -> usize {
        self.site.used();
        self.gate.n_waiting()
    }

    /// Waits until the latch is open; not at all if it is.
    ///
    /// # Examples
    ///
    /// ```
    /// let ready = threadkit::Latch::new(2);
    /// std::thread::scope(|s| {
    ///     for _ in 0..2 {
    ///         s.spawn(|| ready.count_down());
    ///     }
    ///     ready.wait();
    ///     assert_eq!(ready.count(), 0);
    /// });
    /// ```
    #[inline]
    #[track_caller]
    #[doc(alias = "await")]
    pub fn wait(&self) {
        // Without a limit the wait cannot end in any other way.
        let _ = self.wait_as(Operation::LATCH_WAIT, Until::FOREVER);
    }

    #[inline]
    #[track_caller]
    fn wait_as<'u>(
        &self,
        operation: Operation,
        until: impl IntoUntil<'u>,
    ) -> Result<(), WaitError> {
        match self.look(operation.name()) {
            0 => Ok(()),
            _ => {
                // Relaxed: the number may be old at once.
                let count = || self.count.load(Ordering::Relaxed);
                let awaited = ByAnyone(|| Some(format!("{} more `count_down()`", count())));
                wait_in(operation.here().on(&self.site), &awaited, || {
                    self.gate.wait(&until.into_until())
                })
            }
        }
    }

    #[inline]
    #[track_caller]
    fn look(&self, verb: &'static str) -> usize {
        self.site.look(verb);
        // Acquire: a thread that sees zero sees what was done before the count reached it.
        let count = self.count.load(Ordering::Acquire);
        leaves(|| count.shown());
        count
    }

    /// Waits until the latch is open, for a limited time; returns whether it is open.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::Latch;
    ///
    /// assert!(!Latch::new(1).wait_timeout(Duration::from_millis(5)));
    /// ```
    #[must_use = "`false` means that the time was up"]
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_as(Operation::LATCH_WAIT_TIMEOUT, timeout).is_ok()
    }

    /// Waits until the latch is open, or a deadline or a stop token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the limit came first. A wait for an open latch never fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Latch, StopSource, WaitError};
    ///
    /// let (latch, source) = (Latch::new(1), StopSource::new());
    /// source.stop();
    /// assert_eq!(latch.wait_until(&source.token()), Err(WaitError::Stopped));
    /// latch.count_down();
    /// assert_eq!(latch.wait_until(&source.token()), Ok(()));
    /// ```
    #[track_caller]
    pub fn wait_until<'u>(&self, until: impl IntoUntil<'u>) -> Result<(), WaitError> {
        self.wait_as(Operation::LATCH_WAIT_UNTIL, until)
    }
}

/// An open latch.
impl Default for Latch {
    #[track_caller]
    fn default() -> Self {
        Self::new(0)
    }
}

/// Every count is valid, so a panic cannot corrupt it.
impl RefUnwindSafe for Latch {}

impl fmt::Debug for Latch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latch")
            .field("count", &self.count.load(Ordering::Relaxed))
            .finish_non_exhaustive()
    }
}

/// The latch is open already; returned by [`Latch::add`].
///
/// # Examples
///
/// ```
/// use threadkit::{Latch, LatchOpen};
///
/// let latch = Latch::new(1);
/// assert_eq!(latch.add(1), Ok(()));
/// latch.count_down_by(2);
/// assert_eq!(latch.add(1), Err(LatchOpen), "the waiters have continued");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatchOpen;

impl fmt::Display for LatchOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the latch is open already")
    }
}

impl Error for LatchOpen {}
