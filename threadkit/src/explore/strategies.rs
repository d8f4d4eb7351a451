//! How an explorer chooses schedules.

use super::explorer::Explorer;
use super::settings::Strategy;

/// How schedules are chosen.
impl Explorer {
    /// Chooses every step at random. A deadline passes as often as a thread runs in a quarter of the runs, and seldom in
    /// the others.
    ///
    /// Ignored without the feature `explore`, because free threads follow no schedule.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::atomic::{AtomicU32, Ordering::Relaxed};
    /// use threadkit::{explore::Explorer, spawn};
    ///
    /// fn body() {
    ///     let hits = Arc::new(AtomicU32::new(0));
    ///     let other = Arc::clone(&hits);
    ///     let adder = spawn(move || other.store(other.load(Relaxed) + 1, Relaxed));
    ///     hits.store(hits.load(Relaxed) + 1, Relaxed);
    ///     adder.join().unwrap();
    ///     assert_eq!(hits.load(Relaxed), 2, "one of two hits is lost");
    /// }
    ///
    /// let failure = Explorer::new().random().try_check(body);
    /// assert!(failure.is_err() || cfg!(not(feature = "explore")), "without it, that takes luck");
    /// ```
    pub fn random(mut self) -> Self {
        self.settings.strategy = Strategy::Random;
        self
    }

    /// Chooses threads at random, those with more steps left more often (URW), so that every order of all steps is about
    /// equally likely.
    ///
    /// How many steps the threads make is learnt from the runs before. It finds bugs that need many threads in one order,
    /// which [`random`](Self::random) hardly ever finds. In three of four runs, no other thread comes before the start of a
    /// thread, or between an acquisition of a lock and a release that follows at once: other threads can hardly tell.
    ///
    /// Ignored without the feature `explore`, because free threads follow no schedule.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::atomic::{AtomicU32, Ordering::Relaxed};
    /// use threadkit::{explore::Explorer, spawn};
    ///
    /// fn body() {
    ///     let last = Arc::new(AtomicU32::new(0));
    ///     let setters: Vec<_> = (1..=6)
    ///         .map(|n| (n, Arc::clone(&last)))
    ///         .map(|(n, last)| spawn(move || last.store(n, Relaxed)))
    ///         .collect();
    ///     setters.into_iter().for_each(|setter| setter.join().unwrap());
    ///     assert_ne!(last.load(Relaxed), 1, "the first thread came last");
    /// }
    ///
    /// let failure = Explorer::new().uniform().try_check(body);
    /// assert!(failure.is_err() || cfg!(not(feature = "explore")), "without it, that takes luck");
    /// ```
    pub fn uniform(mut self) -> Self {
        self.settings.strategy = Strategy::Uniform;
        self
    }

    /// Chooses as [`uniform`](Self::uniform) does, but so that only the orders of some steps are equally likely (SURW).
    ///
    /// The steps are those that use an object that several threads use. For each run, one such object is chosen, or
    /// several, or all. So a body with many steps has as few orders as one with the steps that matter. Which objects
    /// there are, and how many steps use them, is learnt from the run before.
    ///
    /// Ignored without the feature `explore`, because free threads follow no schedule.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::atomic::{AtomicU32, Ordering::Relaxed};
    /// use threadkit::{explore::Explorer, spawn};
    ///
    /// fn body() {
    ///     let (hits, log) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    ///     let (other_hits, other_log) = (Arc::clone(&hits), Arc::clone(&log));
    ///     let adder = spawn(move || {
    ///         other_hits.store(other_hits.load(Relaxed) + 1, Relaxed);
    ///         (0..20).for_each(|_| _ = other_log.fetch_add(1, Relaxed));
    ///     });
    ///     (0..20).for_each(|_| _ = log.fetch_add(1, Relaxed));
    ///     hits.store(hits.load(Relaxed) + 1, Relaxed);
    ///     adder.join().unwrap();
    ///     assert_eq!(hits.load(Relaxed), 2, "one of two hits is lost");
    /// }
    ///
    /// let failure = Explorer::new().selective().try_check(body);
    /// assert!(failure.is_err() || cfg!(not(feature = "explore")), "without it, that takes luck");
    /// ```
    pub fn selective(mut self) -> Self {
        self.settings.strategy = Strategy::Selective;
        self
    }

    /// Gives the threads random priorities, and changes them at `depth - 1` points of the run (PCT).
    ///
    /// The points are steps that use an object that several threads use, as the runs before had them.
    ///
    /// It finds a bug that needs `depth` steps in one particular order with a probability that does not depend on
    /// the number of all orders. A depth of two or three is enough for most bugs.
    ///
    /// Ignored without the feature `explore`, because free threads follow no schedule.
    ///
    /// # Panics
    ///
    /// If `depth` is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::atomic::{AtomicU32, Ordering::Relaxed};
    /// use threadkit::{explore::Explorer, scope};
    ///
    /// // Loading and storing are two steps: wrong if the other hit comes in between.
    /// let failure = Explorer::new().pct(2).try_check(|| {
    ///     let hits = AtomicU32::new(0);
    ///     let hit = || hits.store(hits.load(Relaxed) + 1, Relaxed);
    ///     scope(|s| {
    ///         s.spawn(hit);
    ///         s.spawn(hit);
    ///     });
    ///     assert_eq!(hits.into_inner(), 2);
    /// });
    /// assert!(failure.is_err() || cfg!(not(feature = "explore")), "without it, that takes luck");
    /// ```
    #[track_caller]
    pub fn pct(mut self, depth: usize) -> Self {
        assert!(depth > 0, "a bug has a depth of at least one step");
        self.settings.strategy = Strategy::Priorities { depth };
        self
    }

    /// Tries every schedule, for small bodies. The exploration ends when all were tried.
    ///
    /// Schedules that differ only in the order of steps that have nothing to do with each other count as one, and one of
    /// them is tried: such as steps that use different locks and atomics, or that only look. [A
    /// table](crate::explore::cost) says how many schedules that leaves for some bodies. What threads share without
    /// threadkit, such as an `Arc` whose drop does something, does not count as used.
    ///
    /// Schedules that differ from the first one near its beginning come soon, so many faults are found early even if the
    /// body is too large for all schedules.
    ///
    /// Allow more [`runs`](Self::runs) than by default. [`Report::is_complete`](super::Report::is_complete) returns
    /// whether they were enough.
    ///
    /// Ignored without the feature `explore`, because free threads follow no schedule.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::atomic::{AtomicU32, Ordering::Relaxed};
    /// use threadkit::{explore::Explorer, spawn};
    ///
    /// let report = Explorer::new().exhaustive().runs(10_000).check(|| {
    ///     let hits = Arc::new(AtomicU32::new(0));
    ///     let other = Arc::clone(&hits);
    ///     let adder = spawn(move || other.fetch_add(1, Relaxed));
    ///     hits.fetch_add(1, Relaxed);
    ///     adder.join().unwrap();
    ///     assert_eq!(hits.load(Relaxed), 2, "whichever is first");
    /// });
    /// assert_eq!(report.is_complete(), cfg!(feature = "explore"), "every order was tried");
    /// ```
    pub fn exhaustive(mut self) -> Self {
        self.settings.strategy = Strategy::Exhaustive { preemptions: None };
        self
    }

    /// Tries every schedule with at most that number of preemptions, those with fewer of them first.
    ///
    /// A preemption is a switch away from a thread that could go on. Most faults need only one or two, and few schedules
    /// have so few, so a body that is too large for [`exhaustive`](Self::exhaustive) can be tried up to a bound.
    /// [`Report::is_complete`](super::Report::is_complete) says whether all of these schedules were tried. Here, every
    /// schedule counts; with [`usize::MAX`], all schedules are tried, also those that differ only in the order of
    /// independent steps.
    ///
    /// Ignored without the feature `explore`, because free threads follow no schedule.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::atomic::{AtomicU32, Ordering::Relaxed};
    /// use threadkit::{explore::Explorer, spawn};
    ///
    /// fn body() {
    ///     let hits = Arc::new(AtomicU32::new(0));
    ///     let other = Arc::clone(&hits);
    ///     let adder = spawn(move || other.store(other.load(Relaxed) + 1, Relaxed));
    ///     hits.store(hits.load(Relaxed) + 1, Relaxed);
    ///     adder.join().unwrap();
    ///     assert_eq!(hits.load(Relaxed), 2, "one of two hits is lost");
    /// }
    ///
    /// if cfg!(feature = "explore") {
    ///     let report = Explorer::new().preemptions(0).check(body);
    ///     assert!(report.is_complete(), "no thread comes between loading and storing");
    ///     assert!(Explorer::new().preemptions(1).try_check(body).is_err());
    /// }
    /// ```
    pub fn preemptions(mut self, bound: usize) -> Self {
        self.settings.strategy = Strategy::Exhaustive {
            preemptions: Some(bound),
        };
        self
    }
}
