//! The report of an exploration that found no failure.

use super::notes::Notes;

/// The report of an exploration that found no failure.
///
/// # Examples
///
/// ```
/// use threadkit::explore::{Explorer, Report};
///
/// let report: Report = Explorer::new().runs(20).check(|| {
///     assert_eq!(threadkit::spawn(|| 42).join().unwrap(), 42);
/// });
/// assert_eq!(report.runs(), 20);
/// assert!(report.kept().is_empty(), "the body makes all that it uses");
/// ```
#[derive(Clone, Debug)]
pub struct Report {
    runs: u64,
    complete: bool,
    pub(super) notes: Notes,
}

impl Report {
    /// A report of runs without a failure. Prints the notes.
    pub(super) fn new(runs: u64, complete: bool, notes: Notes) -> Self {
        eprint!("{notes}");
        Self {
            runs,
            complete,
            notes,
        }
    }

    /// The number of runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::explore::Explorer;
    ///
    /// let report = Explorer::new().runs(20).check(|| assert!(threadkit::spawn(|| true).join().unwrap()));
    /// assert_eq!(report.runs(), 20);
    /// ```
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// Whether every schedule was tried, which only [`Explorer::exhaustive`](super::Explorer::exhaustive) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::explore::Explorer;
    ///
    /// fn alone() {
    ///     assert_eq!(*threadkit::Lock::new(1).acquire(), 1);
    /// }
    ///
    /// let by_chance = Explorer::new().random().runs(20).check(alone);
    /// assert_eq!((by_chance.runs(), by_chance.is_complete()), (20, false));
    /// let all = Explorer::new().exhaustive().runs(20).check(alone);
    /// if cfg!(feature = "explore") {
    ///     assert_eq!((all.runs(), all.is_complete()), (1, true), "one thread has one order");
    /// }
    /// ```
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The objects that more than one run has used, by their names or the places where they were made.
    ///
    /// Such an object is a static, or was made outside the body: a lock, another primitive, a queue, a
    /// [`Lazy`](crate::Lazy) that an earlier run has made, a type of [`atomic`](crate::atomic). It keeps its value
    /// from one run to the next, so the runs are not independent. Objects that [`Explorer::reset`](super::Explorer::reset) puts back are
    /// not listed. Empty without the feature `explore`.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Lock, explore::Explorer};
    ///
    /// static LOG: Lock<Vec<u32>> = Lock::named("log", Vec::new());
    ///
    /// let report = Explorer::new().runs(5).check(|| LOG.acquire().push(1));
    /// if cfg!(feature = "explore") {
    ///     assert!(report.kept()[0].contains("log"), "it grows from run to run");
    /// }
    /// ```
    #[must_use]
    pub fn kept(&self) -> &[String] {
        &self.notes.kept
    }

    /// The objects that threads outside the exploration have used while a run used them, by their names or the places
    /// where they were made.
    ///
    /// Such a thread was started by `std` or another library. No schedule can place it, so the exploration may have
    /// missed what it does. Empty without the feature `explore`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{Event, explore::Explorer};
    ///
    /// let report = Explorer::new().runs(5).check(|| {
    ///     let event = Arc::new(Event::new());
    ///     let other = Arc::clone(&event);
    ///     assert!(!event.is_set());
    ///     std::thread::spawn(move || other.set()).join().unwrap();
    /// });
    /// if cfg!(feature = "explore") {
    ///     assert!(report.foreign_uses()[0].starts_with("an event"));
    /// }
    /// ```
    #[must_use]
    pub fn foreign_uses(&self) -> &[String] {
        &self.notes.foreign_uses
    }

    /// Whether the body did the same when a run was repeated under the same schedule.
    ///
    /// The sixteenth run of an exploration repeats the run before. A body that does something else then uses a clock, random
    /// numbers, the order of a `HashMap`, or what threads outside the exploration do. Its failures may not be
    /// [repeatable](super::replay). A body with objects that [keep](Self::kept) their values counts as repeatable. Always
    /// `true` without the feature `explore`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    /// use threadkit::{Lock, explore::Explorer};
    ///
    /// static TIMES: AtomicU32 = AtomicU32::new(0); // not an atomic of threadkit, so it is not seen
    ///
    /// let report = Explorer::new().runs(20).check(|| {
    ///     let lock = Lock::new(());
    ///     (0..TIMES.fetch_add(1, Relaxed)).for_each(|_| drop(lock.acquire()));
    ///     threadkit::spawn(|| ()).join().unwrap();
    /// });
    /// assert_eq!(report.is_repeatable(), cfg!(not(feature = "explore")));
    /// ```
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        !self.notes.is_unrepeatable
    }
}
