//! [`Timer`].

use core::fmt;
use core::time::Duration;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::job::{Again, Body, Cancelled, Job, Once, Repeat, Timed};
use super::scheduler::SchedulerHandle;
use crate::backend;
use crate::inspect;
use crate::wait::{IntoUntil, Until, WaitError};

/// Something to be done later, or again and again, that can be called off.
///
/// All timers of a process share one thread, which sleeps until the first is due: a hundred thousand
/// that are pending cost the memory they take and nothing else. So what a timer does should be short,
/// because it delays the others; put longer work into a [`Queue`](crate::Queue), or start a thread.
///
/// Dropping a `Timer` cancels nothing; clones are the same timer.
///
/// | | |
/// | --- | --- |
/// | when | Never early. Late by what the system takes to wake a thread (on Linux about 60 to 150 µs with a free core), and by what timers that were due before take. |
/// | order | By when they are due; at the same moment, in the order in which they were made. |
/// | a panic | goes to the [except hook](crate::set_excepthook), as that of a thread which nobody joins. Other timers go on, and so does the timer itself if it repeats. |
/// | cancelled | It does not run (again), and what it has captured is dropped at once. |
/// | memory | About 215 bytes for each that is pending, beside what it has captured; a cancelled one gives it back at its time, or when such are the half of all. |
/// | at the end of `main` | what is pending is not waited for: [`#[threadkit::main]`](macro@crate::main) stops the timers' thread, as all daemons. |
///
/// # Differences from Python's `Timer`
///
/// There a timer is a thread: a thousand are a thousand threads, what they do delays nobody, and the
/// process waits for them. Here [`after`](Self::after) makes and starts it in one step; `cancel` says
/// whether it came in time; there are repeating ones. What it does takes no arguments: it captures
/// them. It is no thread, so it has no name and no `is_alive()` but [`is_finished`](Self::is_finished),
/// and `join()` is [`wait`](Self::wait).
///
/// # Differences from `std`
///
/// `std` has none: one would start a thread that sleeps.
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
    which: SchedulerHandle,
}

impl Timer {
    /// Does something once, after that time; `Duration::MAX` means never.
    ///
    /// # Panics
    ///
    /// If this is the first timer and the system refuses to start a thread.
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
        Self::scheduled(delay, Once(what), Repeat::Never)
    }

    /// Does something at a fixed rate: after one period, after two, and so on.
    ///
    /// The times are counted from now, so that they do not drift, however long a run takes. A time at
    /// which the last run has not ended is left out, not made up for.
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
        Self::scheduled(period, Again(what), Repeat::Rate(period))
    }

    /// Does something again and again, with that pause before each run.
    ///
    /// The pause begins when a run has ended, so the runs come slower than they would
    /// [`every`](Self::every) so often, and there is always a pause.
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
        Self::scheduled(pause, Again(what), Repeat::Pause(pause))
    }

    #[track_caller]
    fn scheduled(delay: Duration, body: impl Body, repeat: Repeat) -> Self {
        let timer = Self {
            job: Timed::new(body, repeat),
            which: SchedulerHandle::here(),
        };
        // One that no clock will see can only be cancelled.
        if let Some(due) = backend::deadline_after(delay) {
            timer.which.schedule(due, Arc::clone(&timer.job));
        }
        timer
    }

    /// Calls it off; says whether that was in time.
    ///
    /// `true` means that something will not happen which otherwise would have: the timer had not
    /// begun, or one that repeats will not run again. `false` that there was nothing more to come: it
    /// has run, is just running for the only time, or was cancelled before.
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
            self.which.note_cancelled();
        }
        cancelled != Cancelled::Nothing
    }

    /// Whether it has run for the last time, or was cancelled and does not run any more.
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
        self.job.over().is_open()
    }

    /// Waits until it has run for the last time, or was cancelled and does not run any more.
    ///
    /// # Panics
    ///
    /// If a timer, this or another, waits for it without a limit before it has ended: what a timer
    /// does keeps all others from running, and so what it waits for.
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
    /// assert_eq!(Arc::strong_count(&data), 1, "nobody uses it any more");
    /// ```
    #[track_caller]
    #[doc(alias = "join")]
    pub fn wait(&self) {
        let _waiting = inspect::waiting("Timer::wait");
        // Without a limit it cannot end in any other way.
        let _ = self.wait_for_end(&Until::FOREVER);
    }

    /// Like [`wait`](Self::wait) for a limited time; says whether the timer is finished.
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
        let _waiting = inspect::waiting("Timer::wait_timeout");
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
        let _waiting = inspect::waiting("Timer::wait_until");
        self.wait_for_end(&until.into_until())
    }

    /// Waits for the end, unless that is to come from the thread that asks.
    #[track_caller]
    fn wait_for_end(&self, until: &Until<'_>) -> Result<(), WaitError> {
        let over = self.job.over();
        if until.is_forever() && !over.is_open() && self.which.is_kept_here() {
            refuse_inside();
        }
        over.wait(until)
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

// What it does runs elsewhere; the timer itself is only ever asked and cancelled.
impl UnwindSafe for Timer {}
impl RefUnwindSafe for Timer {}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer")
            .field("finished", &self.job.is_over())
            .finish_non_exhaustive()
    }
}
