//! The settings of an exploration, and its start.

use core::fmt;
use core::time::Duration;

use super::body::{Body, Verdict};
use super::driver;
use super::failure::Failure;
use super::report::Report;
use super::settings::{Settings, Strategy};
use crate::backend::explored;

/// Explores a body, with settings that [`check`](super::check) does not have.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::explore::Explorer;
///
/// let report = Explorer::new()
///     .runs(50)
///     .time_limit(Duration::from_secs(20))
///     .check(|| {
///         let answer = threadkit::spawn(|| 42);
///         assert_eq!(answer.join().unwrap(), 42);
///     });
/// assert!(report.runs() <= 50);
/// ```
#[must_use = "an `Explorer` does nothing until `check` is called"]
pub struct Explorer {
    pub(super) settings: Settings,
}

impl Explorer {
    /// The default: 500 runs with the feature `explore`, in turn [uniform](Self::uniform), by [priorities](Self::pct) and
    /// [selective](Self::selective), after two uniform ones from which all learn; 50 runs without the feature.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::explore::Explorer;
    ///
    /// let report = Explorer::new().check(|| assert!(threadkit::spawn(|| true).join().unwrap()));
    /// assert_eq!(report.runs(), if cfg!(feature = "explore") { 500 } else { 50 });
    /// ```
    pub fn new() -> Self {
        Self {
            settings: Settings {
                runs: driver::DEFAULT_RUNS,
                strategy: Strategy::Mixed,
                seed: 0x7468_7265_6164,
                time_limit: Duration::from_secs(60),
                max_steps: 100_000,
                reset: None,
                any_lock_order: false,
                weak_memory: false,
                shrinks: false,
                coroutines: driver::coroutines_by_default(),
            },
        }
    }

    /// Sets the greatest number of runs.
    ///
    /// # Panics
    ///
    /// If `runs` is zero: such a test would always pass.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::explore::Explorer;
    ///
    /// let report = Explorer::new().runs(7).check(|| assert!(threadkit::spawn(|| true).join().unwrap()));
    /// assert_eq!(report.runs(), 7);
    /// ```
    #[track_caller]
    pub fn runs(mut self, runs: u64) -> Self {
        assert!(runs > 0, "an exploration needs at least one run");
        self.settings.runs = runs;
        self
    }

    /// Sets the seed of the random numbers. The same seed tries the same schedules.
    ///
    /// Ignored without the feature `explore`, because free threads follow no schedule.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::atomic::{AtomicU32, Ordering::Relaxed};
    /// use threadkit::{explore::Explorer, scope};
    ///
    /// fn body() {
    ///     let hits = AtomicU32::new(0);
    ///     let hit = || hits.store(hits.load(Relaxed) + 1, Relaxed);
    ///     scope(|s| {
    ///         s.spawn(hit);
    ///         s.spawn(hit);
    ///     });
    ///     assert_eq!(hits.into_inner(), 2);
    /// }
    ///
    /// let found = |seed| Some(Explorer::new().seed(seed).try_check(body).err()?.schedule()?.to_owned());
    /// assert_eq!(found(7), found(7));
    /// ```
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// Starts no further run after that time. The first run always starts. The default is one minute.
    ///
    /// Without the feature `explore`, a single run that takes longer counts as hanging.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{Event, explore::Explorer};
    ///
    /// let failure = Explorer::new()
    ///     .time_limit(Duration::from_millis(100))
    ///     .try_check(|| Event::new().wait()) // no thread sets it
    ///     .unwrap_err();
    /// assert!(failure.what().contains("Event::wait"));
    /// ```
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.settings.time_limit = limit;
        self
    }

    /// Sets the number of steps after which a run counts as endless. The default is 100,000.
    ///
    /// Ignored without the feature `explore`, where steps are not counted.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Lock, explore::Explorer};
    ///
    /// let failure = Explorer::new().max_steps(50).try_check(|| {
    ///     let total = Lock::new(0);
    ///     (0..100).for_each(|n| *total.acquire() += n);
    /// });
    /// assert_eq!(failure.is_err(), cfg!(feature = "explore"), "a step for each operation");
    /// ```
    pub fn max_steps(mut self, steps: usize) -> Self {
        self.settings.max_steps = steps;
        self
    }

    /// Runs a closure before each run, which puts statics back to the values that every run must start with.
    ///
    /// Objects that the closure uses count as reset and are not reported as [kept](Report::kept). A value that is
    /// made once, a [`Once`](crate::Once) or a [`Lazy`](crate::Lazy), cannot be reset: use it in the closure, so
    /// that every run finds it made.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::atomic::{AtomicU32, Ordering};
    /// use threadkit::explore::Explorer;
    ///
    /// static HITS: AtomicU32 = AtomicU32::new(0);
    ///
    /// let report = Explorer::new()
    ///     .runs(50)
    ///     .reset(|| HITS.store(0, Ordering::Relaxed))
    ///     .check(|| assert_eq!(HITS.fetch_add(1, Ordering::Relaxed), 0));
    /// assert!(report.kept().is_empty());
    /// ```
    pub fn reset(mut self, reset: impl Fn() + Send + 'static) -> Self {
        self.settings.reset = Some(Box::new(reset));
        self
    }

    /// Looks for a simpler schedule that fails as well, and shows what each thread did in it.
    ///
    /// [`check`](Self::check) and the attribute do so always. It takes up to three seconds, and the threads of the runs
    /// that fail meanwhile stay asleep for ever, so [`try_check`](Self::try_check) does it only if it is asked to.
    ///
    /// Ignored without the feature `explore`, because free threads follow no schedule.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::atomic::{AtomicU32, Ordering::Relaxed};
    /// use threadkit::{explore::Explorer, scope};
    ///
    /// let failure = Explorer::new().shrink().try_check(|| {
    ///     let hits = AtomicU32::new(0);
    ///     let hit = || hits.store(hits.load(Relaxed) + 1, Relaxed);
    ///     scope(|s| {
    ///         s.spawn(hit);
    ///         s.spawn(hit);
    ///     });
    ///     assert_eq!(hits.into_inner(), 2);
    /// });
    /// if let Err(failure) = failure
    ///     && cfg!(feature = "explore")
    /// {
    ///     assert!(failure.to_string().contains("what each thread did"));
    /// }
    /// ```
    pub fn shrink(mut self) -> Self {
        self.settings.shrinks = true;
        self
    }

    /// Accepts runs that acquire locks in different orders, as long as none of them deadlocks.
    ///
    /// Otherwise such a run [fails](crate::inspect#the-order-of-locks), because it could deadlock if threads met in
    /// other places. This is for a body that keeps them apart by other means than a common lock, a start or a join.
    /// A run that does deadlock fails in any case. With the feature `explore`, its verdict names the threads that wait
    /// for each other, and where.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Event, Lock, explore::Explorer, scope};
    ///
    /// Explorer::new().any_lock_order().check(|| {
    ///     let (a, b, moved) = (Lock::named("a", 1), Lock::named("b", 0), Event::new());
    ///     scope(|s| {
    ///         s.spawn(|| {
    ///             let mut from = a.acquire();
    ///             *b.acquire() += *from;
    ///             *from = 0;
    ///             drop(from);
    ///             moved.set();
    ///         });
    ///         s.spawn(|| {
    ///             moved.wait(); // so these two never meet
    ///             let mut from = b.acquire();
    ///             *a.acquire() += *from;
    ///             *from = 0;
    ///         });
    ///     });
    ///     assert_eq!((a.into_inner(), b.into_inner()), (1, 0));
    /// });
    /// ```
    pub fn any_lock_order(mut self) -> Self {
        self.settings.any_lock_order = true;
        self
    }

    /// Lets loads of [`atomic`](crate::atomic) types return older values, as their [`Ordering`](crate::atomic::Ordering)s
    /// allow.
    ///
    /// Otherwise every load returns the newest value. A schedule then also says which loads return an older one; the
    /// report shows such a load as `load [1] = 0 (1 is newer), Relaxed`. [The guide](super::guide#memory-orders-that-are-too-weak)
    /// says when to use it, and what it cannot find.
    ///
    /// Ignored without the feature `explore`, where the machine decides.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
    /// use threadkit::{explore::Explorer, spawn};
    ///
    /// fn body() {
    ///     let shared = Arc::new((AtomicU32::new(0), AtomicBool::new(false)));
    ///     let sender = spawn({
    ///         let shared = Arc::clone(&shared);
    ///         move || {
    ///             shared.0.store(7, Relaxed);
    ///             shared.1.store(true, Relaxed); // wrong: this must be `Release`
    ///         }
    ///     });
    ///     if shared.1.load(Relaxed) { // and this `Acquire`
    ///         assert_eq!(shared.0.load(Relaxed), 7);
    ///     }
    ///     sender.join().unwrap();
    /// }
    ///
    /// if cfg!(feature = "explore") {
    ///     Explorer::new().check(body); // in no order of the steps the flag comes before the number
    ///     assert!(Explorer::new().weak_memory().try_check(body).is_err());
    /// }
    /// ```
    pub fn weak_memory(mut self) -> Self {
        self.settings.weak_memory = true;
        self
    }

    /// Runs the threads of the body as coroutines on one thread of the system, the one that calls [`check`](Self::check).
    /// This makes explorations several times [faster](crate::explore::cost#what-a-run-costs).
    ///
    /// The schedules are the same, so one that was found with coroutines can be replayed without them, and the other way
    /// round. But a failure that needs what is [different](#what-is-different-for-the-body), such as a shared thread-local, is
    /// repeated by coroutines only. Names, identities, stop tokens, held locks and the values of a
    /// [`ThreadLocal`](crate::ThreadLocal) are those of each thread, as always.
    ///
    /// To explore all bodies of a test run in this way, set the environment variable `THREADKIT_EXPLORE` to `coroutines`. It
    /// makes the promise below for all of them. With `threads`, as without the variable, only bodies that ask for it here are
    /// explored so.
    ///
    /// # Safety
    ///
    /// Code that is sound only because one thread cannot be in it twice at a time must not be used by several threads of
    /// the body while one of them can be suspended in it, that is, where it waits, locks, or makes another step. Such code
    /// is:
    ///
    /// - the initializer of a `std::thread_local!` without `const`, so none may make a step;
    /// - a thread-local that keeps a pointer to the stack for the time of a call, as scoped thread-locals do;
    /// - the panic hook, so none may wait.
    ///
    /// When a run fails, its threads stay where they are for ever, but the thread of the system goes on, and may end. So
    /// the body must not use code either that is sound only because a thread does not end, and its thread-locals are not
    /// destroyed, while it is in that code, if it can be suspended there. Such code is:
    ///
    /// - a thread of `std`, or of another library, to which a function lends a thread-local until it returns;
    /// - a function that has to put a thread-local in order before it returns, such as `Vec::dedup_by` on the vector of a
    ///   thread-local, whose closure then must not make a step.
    ///
    /// # What is different for the body
    ///
    /// To all but threadkit, the threads of the body are one thread:
    ///
    /// - They share each `std::thread_local!`, and the current span of `tracing`, with each other and with the caller. So if
    ///   one of them borrows a `RefCell` there across a step, another one may panic. A value stays for the next run, and
    ///   after the exploration. Its destructor runs when the thread of the caller ends, also after a failure. It must not
    ///   wait then for what a thread of the failed run still holds, nor borrow what such a thread has borrowed: the test
    ///   would hang, or the process end, and the failure would be seen with `--nocapture` only.
    /// - `std::thread::current` is the caller in all of them, and so is their number for the system. A reentrant lock of
    ///   another library lets all of them in.
    /// - A thread that makes no step for ten seconds ends the process: it is the thread of the test that does not go on. If
    ///   it waits for a lock of std, or of another library, and all threads of the process wait for locks, that takes a
    ///   second, on Linux. The report of the failure is written to standard error first. Time in which a thread of the
    ///   process waits until it can write does not count.
    /// - A thread that unwinds is not preempted, because [`std::thread::panicking`] would be `true` in the others as well.
    ///   If it has to wait while it unwinds, for instance for a lock in a destructor, then it is `true` in them: a lock of
    ///   std that one of them releases is poisoned, for instance, and so may be a monitor with `poison` if two threads
    ///   unwind and wait at a time. [`exhaustive`](Self::exhaustive) does not try what would be such a preemption, and a
    ///   schedule that has one is replayed with it.
    /// - If a run fails while a thread unwinds and waits, `std::thread::panicking` stays `true` for the thread of the caller.
    ///   This thread can still panic, and catch panics. It cannot set a panic hook, and a lock of std or a monitor with
    ///   `poison` that it holds when it panics is not poisoned. A pool that it drops discards its queued tasks. Where it
    ///   misuses a lock, for instance acquires it twice, it waits for ever instead of panicking.
    /// - A stack that overflows ends the process, without a message. A stack is as large as that of a thread of std, or as
    ///   [`Thread::stack_size`](crate::Thread::stack_size) says.
    ///
    /// An exploration runs on a new thread if it cannot run on that of the caller: if an exploration that has failed has
    /// left threads there, if the caller unwinds, or if `tracing` has a subscriber, with the feature `tracing`. The runs that
    /// shrink a failure do so, too. There, the body does not see the thread-locals of the caller, so a failure that needs
    /// their values is not shrunk. A thread that waits unseen fails the exploration there and does not end the process.
    ///
    /// There are coroutines on Unix, on x86-64 and AArch64. Elsewhere, this is ignored, and the threads are those of the
    /// system. So it is without the feature `explore`, because free threads follow no schedule.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::atomic::{AtomicU32, Ordering::Relaxed};
    /// use threadkit::{explore::Explorer, scope};
    ///
    /// fn body() {
    ///     let hits = AtomicU32::new(0);
    ///     let hit = || hits.store(hits.load(Relaxed) + 1, Relaxed);
    ///     scope(|s| {
    ///         s.spawn(hit);
    ///         s.spawn(hit);
    ///     });
    ///     assert_eq!(hits.into_inner(), 2);
    /// }
    ///
    /// if cfg!(feature = "explore") {
    ///     // SAFETY: the body uses no thread-local, and the panic hook does not wait.
    ///     let explorer = unsafe { Explorer::new().coroutines() };
    ///     let fast = explorer.try_check(body).unwrap_err();
    ///     let slow = Explorer::new().try_check(body).unwrap_err();
    ///     assert_eq!(fast.schedule(), slow.schedule());
    /// }
    /// ```
    pub unsafe fn coroutines(mut self) -> Self {
        self.settings.coroutines = true;
        self
    }

    /// Runs `body` under one schedule after another.
    ///
    /// # Panics
    ///
    /// If a run fails. The message says what went wrong and how to repeat it.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Event;
    /// use threadkit::explore::Explorer;
    ///
    /// Explorer::new().runs(50).seed(7).check(|| {
    ///     let ready = std::sync::Arc::new(Event::new());
    ///     let setter = std::sync::Arc::clone(&ready);
    ///     threadkit::spawn(move || setter.set()).join().unwrap();
    ///     assert!(ready.is_set());
    /// });
    /// ```
    #[track_caller]
    pub fn check<V: Verdict>(self, body: impl Fn() -> V + Send + Sync + 'static) -> Report {
        match self.shrink().try_check(body) {
            Ok(report) => report,
            Err(failure) => panic!("{failure}"),
        }
    }

    /// Like [`check`](Self::check), but returns the failure.
    ///
    /// # Errors
    ///
    /// The first [`Failure`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::explore::Explorer;
    ///
    /// let failure = Explorer::new()
    ///     .try_check(|| {
    ///         drop(threadkit::spawn(|| threadkit::stop_token().wait()));
    ///     })
    ///     .unwrap_err();
    /// assert!(failure.what().contains("left threads behind"));
    /// ```
    pub fn try_check<V: Verdict>(
        self,
        body: impl Fn() -> V + Send + Sync + 'static,
    ) -> Result<Report, Failure> {
        driver::explore(self.settings, Body::new(body))
    }

    /// Runs `body` once, under the schedule that a failed exploration printed.
    ///
    /// For a body that needs its [`reset`](Self::reset) or [`max_steps`](Self::max_steps); otherwise [`replay`](super::replay) is
    /// shorter. If the schedule belongs to another body, or the body has changed since, the run follows the
    /// schedule as far as it can. A note on standard error says so if it cannot be followed to its end.
    ///
    /// # Panics
    ///
    /// As [`replay`](super::replay).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::panic;
    /// use threadkit::atomic::{AtomicU32, Ordering::Relaxed};
    /// use threadkit::{explore::Explorer, spawn};
    ///
    /// static HITS: AtomicU32 = AtomicU32::new(0);
    ///
    /// fn body() {
    ///     let adder = spawn(|| HITS.store(HITS.load(Relaxed) + 1, Relaxed));
    ///     HITS.store(HITS.load(Relaxed) + 1, Relaxed);
    ///     adder.join().unwrap();
    ///     assert_eq!(HITS.load(Relaxed), 2);
    /// }
    ///
    /// let explorer = || Explorer::new().reset(|| HITS.store(0, Relaxed));
    /// if let Err(failure) = explorer().try_check(body)
    ///     && let Some(schedule) = failure.schedule()
    /// {
    ///     let again = panic::catch_unwind(|| explorer().replay(schedule, body));
    ///     assert!(again.is_err(), "the same run fails again");
    /// }
    /// ```
    #[track_caller]
    pub fn replay<V: Verdict>(self, schedule: &str, body: impl Fn() -> V + Send + Sync + 'static) {
        // Parsed even without the feature: an error in the text is reported first.
        let Some(schedule) = explored::parse(schedule) else {
            panic!(
                "`{schedule}` is not a schedule: pass the text between the quotes that the failed \
                 exploration printed"
            );
        };
        if let Err(failure) = driver::replay(schedule, self.shrink().settings, Body::new(body)) {
            panic!("{failure}");
        }
    }
}

impl Default for Explorer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Explorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explorer")
            .field("runs", &self.settings.runs)
            .field("strategy", &self.settings.strategy)
            .field("seed", &self.settings.seed)
            .field("time_limit", &self.settings.time_limit)
            .field("max_steps", &self.settings.max_steps)
            .field("any_lock_order", &self.settings.any_lock_order)
            .field("weak_memory", &self.settings.weak_memory)
            .field("coroutines", &self.settings.coroutines)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "explore"))]
mod tests {
    use super::*;

    #[test]
    fn runs_of_one_thread_are_noted_unless_all_schedules_were_tried() {
        let noted = |explorer: Explorer, body: fn()| explorer.check(body).notes.of_one_thread;
        let theirs = || std::thread::spawn(|| ()).join().unwrap();
        let ours = || crate::spawn(|| ()).join().unwrap();
        assert_eq!(noted(Explorer::new().runs(5), || ()), Some(5));
        assert_eq!(noted(Explorer::new().runs(5), theirs), Some(5));
        assert_eq!(noted(Explorer::new().runs(5), ours), None);
        assert_eq!(noted(Explorer::new().runs(1), || ()), None);
        assert_eq!(noted(Explorer::new().runs(5).exhaustive(), || ()), None);
    }
}
