//! [`Timer`].

use core::fmt;
use core::time::Duration;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::job::{Again, Body, Cancelled, Job, Once, Repeat, Timed};
use super::scheduler::Whose;
use crate::backend;
use crate::inspect::{self, Operation};
use crate::threads;
use crate::wait::{IntoUntil, Until, WaitError};

/// A function that runs later, once or repeatedly, and can be cancelled.
///
/// All timers of a process share one thread, which sleeps until the first is due. A pending timer costs
/// its memory and nothing else. The function should be short, because it delays the other timers; put
/// longer work into a [`Queue`](crate::Queue) or a [`ThreadPool`](crate::ThreadPool).
///
/// Dropping a `Timer` cancels nothing; clones are the same timer.
///
/// | | |
/// | --- | --- |
/// | when | Never early. It may be late by the time that the system takes to wake a thread, and by the run time of timers that were due before. |
/// | order | By when they are due; at the same moment, in the order in which they were made. |
/// | a panic | The [except hook](crate::set_excepthook) is called, as for a thread that is not joined. Other timers go on, and so does the timer itself if it repeats. |
/// | cancelled | It does not run (again), and what it has captured is dropped at once. The except hook gets a panic in that drop. |
/// | memory | A cancelled timer keeps its entry of the schedule until its time, or until such entries are half of all. |
/// | a stop | [`stop_all`](crate::stop_all), or a stop of the timers' thread, stops threads and not timers: those that are pending and those made afterwards run at their times. What they run finds its [`stop_token`](crate::stop_token) stopped. |
/// | at the end of `main` | Timers run until the threads that must finish have finished. Then [`#[threadkit::main]`](macro@crate::main) cancels all that are pending, so that every [`wait`](Self::wait) ends and no timer delays the end of the process: see [`ExitGuard`](crate::ExitGuard). |
///
/// # Differences from Python's `Timer`
///
/// In Python each timer is a thread of its own, its function delays no other timer, and the process waits
/// for it. Here [`after`](Self::after) makes and starts it in one step; `cancel` returns whether it was in
/// time; timers can repeat. The function takes no arguments: it captures them. A timer is not a thread, so
/// it has no name; `is_alive()` is [`is_finished`](Self::is_finished), and `join()` is
/// [`wait`](Self::wait).
///
/// # Differences from `std`
///
/// `std` has no timers: there a program starts a thread that sleeps.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::{Queue, Timer};
///
/// let queue = Queue::unbounded();
/// let late = queue.clone();
/// Timer::after(Duration::from_millis(5), move || late.put("it is time").unwrap());
/// assert_eq!(queue.get(), Ok("it is time"));
///
/// let never = Timer::after(Duration::from_secs(3600), || unreachable!());
/// assert!(never.cancel(), "an hour is enough to change one's mind");
/// ```
#[derive(Clone)]
#[doc(alias = "setTimeout")]
#[doc(alias = "setInterval")]
#[doc(alias = "ScheduledExecutorService")]
#[doc(alias = "sched")]
pub struct Timer {
    job: Arc<dyn Job>,
}

impl Timer {
    /// Runs a function once, after a delay.
    ///
    /// A delay that is too long for the clock, such as `Duration::MAX`, means never. Such a timer is cancelled like
    /// any other, also at the end of `main`; its function is dropped with the last handle.
    ///
    /// # Panics
    ///
    /// If the timers' thread does not run yet and the system refuses to start it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::Timer;
    ///
    /// let timer = Timer::after(Duration::from_millis(5), || println!("five milliseconds later"));
    /// timer.wait();
    /// assert!(!timer.cancel(), "it has run");
    /// ```
    #[track_caller]
    #[doc(alias = "schedule")]
    #[doc(alias = "start")]
    pub fn after(delay: Duration, what: impl FnOnce() + Send + 'static) -> Self {
        Self::scheduled(delay, Once(what))
    }

    /// Runs a function at a fixed rate: after one period, after two, and so on.
    ///
    /// The times are counted from now, so they do not drift, however long a run takes. A time at which the
    /// last run has not ended is skipped.
    ///
    /// # Panics
    ///
    /// If the period is zero; and as [`after`](Self::after).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{Queue, Timer};
    ///
    /// let ticks = Queue::unbounded();
    /// let mut n = 0;
    /// let clock = Timer::every(Duration::from_millis(2), {
    ///     let ticks = ticks.clone();
    ///     move || {
    ///         n += 1;
    ///         ticks.put(n).unwrap();
    ///     }
    /// });
    /// assert!(ticks.iter().take(3).eq([1, 2, 3]));
    /// assert!(clock.cancel());
    /// ```
    #[track_caller]
    #[doc(alias = "scheduleAtFixedRate")]
    #[doc(alias = "interval")]
    pub fn every(period: Duration, what: impl FnMut() + Send + 'static) -> Self {
        assert!(
            !period.is_zero(),
            "a timer without time between its runs would let no other run"
        );
        Self::scheduled(period, Again(what, Repeat::Rate(period)))
    }

    /// Runs a function repeatedly, with a pause before each run.
    ///
    /// The pause begins when a run has ended, so there is a pause however long a run takes, and the runs
    /// are further apart than with [`every`](Self::every).
    ///
    /// # Panics
    ///
    /// If the pause is zero; and as [`after`](Self::after).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{Latch, Timer};
    ///
    /// static RUNS: Latch = Latch::new(3);
    /// let poll = Timer::with_pause(Duration::from_millis(2), || RUNS.count_down());
    /// RUNS.wait();
    /// assert!(poll.cancel(), "it had more to do");
    /// ```
    #[track_caller]
    #[doc(alias = "scheduleWithFixedDelay")]
    pub fn with_pause(pause: Duration, what: impl FnMut() + Send + 'static) -> Self {
        assert!(
            !pause.is_zero(),
            "a timer without time between its runs would let no other run"
        );
        Self::scheduled(pause, Again(what, Repeat::Pause(pause)))
    }

    #[track_caller]
    fn scheduled(delay: Duration, body: impl Body) -> Self {
        Self::of(delay, Timed::new(body))
    }

    // Not in `scheduled`, which is compiled for every type of function.
    #[track_caller]
    fn of(delay: Duration, job: Arc<dyn Job>) -> Self {
        let scheduler = Whose::current();
        match backend::deadline_after(delay) {
            Some(due) => scheduler.schedule(due, &job),
            None => scheduler.keep_endless(&job),
        }
        Self { job }
    }

    /// Cancels it; returns whether that was in time.
    ///
    /// `true` means that this call has prevented a run: the timer had not begun, or one that repeats
    /// will not run again. `false` means that no run was left to prevent: it has run, is running
    /// for the only time, or was cancelled before.
    ///
    /// It does not wait for a run that has begun; [`wait`](Self::wait) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::Timer;
    ///
    /// let timer = Timer::after(Duration::from_secs(60), || unreachable!());
    /// assert!(timer.cancel());
    /// assert!(!timer.cancel(), "once is enough");
    /// ```
    pub fn cancel(&self) -> bool {
        let cancelled = self.job.cancel();
        if cancelled == Cancelled::Pending {
            // An exploration that cancels a timer of the process notes it elsewhere. The entry then stays until its
            // time, or until others are cleared out.
            Whose::current().note_cancelled();
        }
        cancelled != Cancelled::Nothing
    }

    /// Whether it has run for the last time, or was cancelled and is not running.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::Timer;
    ///
    /// let timer = Timer::every(Duration::from_secs(60), || ());
    /// assert!(!timer.is_finished());
    /// timer.cancel();
    /// assert!(timer.is_finished());
    /// ```
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let is_over = self.job.over().is_open();
        if is_over {
            self.job.precedence().join();
        }
        is_over
    }

    /// Waits until it has run for the last time, or was cancelled and is not running.
    ///
    /// # Panics
    ///
    /// If a timer's function waits without a limit for this or another timer that has not finished: no
    /// timer runs before that function returns. The same applies to a task that the function runs inline.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    /// use threadkit::Timer;
    ///
    /// let data = Arc::new(0);
    /// let timer = Timer::every(Duration::from_millis(1), {
    ///     let data = Arc::clone(&data);
    ///     move || assert_eq!(*data, 0)
    /// });
    /// timer.cancel();
    /// timer.wait();
    /// assert_eq!(Arc::strong_count(&data), 1, "the function is dropped");
    /// ```
    #[track_caller]
    #[doc(alias = "join")]
    pub fn wait(&self) {
        let _waiting = inspect::waiting(Operation::TIMER_WAIT);
        // Without a limit it cannot end in any other way.
        let _ = self.wait_for_end(&Until::FOREVER);
    }

    /// Like [`wait`](Self::wait) for a limited time; returns whether the timer is finished.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::Timer;
    ///
    /// let timer = Timer::after(Duration::from_secs(60), || ());
    /// assert!(!timer.wait_timeout(Duration::from_millis(5)));
    /// timer.cancel();
    /// assert!(timer.wait_timeout(Duration::from_millis(5)));
    /// ```
    #[must_use = "`false` means that the time was up"]
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        let _waiting = inspect::waiting(Operation::TIMER_WAIT_TIMEOUT);
        self.wait_for_end(&Until::after(timeout)).is_ok()
    }

    /// Like [`wait`](Self::wait), until a deadline or a stop.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if that came first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{StopSource, Timer, WaitError};
    ///
    /// let timer = Timer::after(Duration::from_secs(60), || ());
    /// let source = StopSource::new();
    /// source.stop();
    /// assert_eq!(timer.wait_until(&source.token()), Err(WaitError::Stopped));
    /// # timer.cancel();
    /// ```
    #[track_caller]
    pub fn wait_until<'u>(&self, until: impl IntoUntil<'u>) -> Result<(), WaitError> {
        let _waiting = inspect::waiting(Operation::TIMER_WAIT_UNTIL);
        self.wait_for_end(&until.into_until())
    }

    /// Waits until it is finished; refuses a wait without a limit on the thread that runs the timers.
    #[track_caller]
    fn wait_for_end(&self, until: &Until<'_>) -> Result<(), WaitError> {
        let over = self.job.over();
        if until.is_forever() && !over.is_open() && Whose::current().runs_here() {
            refuse_inside();
        }
        let waits = !over.is_open() && !until.is_over();
        let _blocked = waits.then(threads::blocked);
        over.wait(until)?;
        self.job.precedence().join();
        Ok(())
    }
}

#[cold]
#[track_caller]
fn refuse_inside() -> ! {
    panic!(
        "a timer waits for itself, or for another that cannot run meanwhile, which would never end; \
         give the wait a limit, or let another thread wait"
    );
}

// The function runs on another thread; the timer itself is only asked and cancelled.
impl UnwindSafe for Timer {}
impl RefUnwindSafe for Timer {}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer")
            .field("finished", &self.job.is_over())
            .finish_non_exhaustive()
    }
}
