//! [`Once`].

use core::cell::UnsafeCell;
use core::convert::Infallible;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::backend::{self, Mutex, Site, TaskId};
use crate::identity;
use crate::inspect;
use crate::wait::{Gate, IntoUntil, TimedOut, Until, WaitError, WaitQueue, Waiter};

/// A place for a value that is made once, by whoever comes first.
///
/// [`get_or_init`](Self::get_or_init) makes it; whoever comes while it is being made waits for it,
/// and all share it ever after. `Once<()>`, which is what `Once` alone means, runs something once. A
/// `static` that makes itself at its first use is a [`Lazy`](crate::Lazy).
///
/// | | |
/// | --- | --- |
/// | fair? | After a failure, who has waited longest makes the next attempt. |
/// | reentrant? | No: a maker that needs the value it makes panics instead of waiting for itself. |
/// | a panic in a maker | passes through; the next one tries. There is no poisoning. |
/// | cost | One load once the value is there. |
/// | memory | Who gets the value sees what was done to make it. |
///
/// # Differences from `std::sync::OnceLock` and `Once`
///
/// It is both in one; threads can wait for a value that another one will
/// [`set`](Self::set), with a limit; making it can fail; a maker that needs its own value is told.
///
/// # Differences from Python
///
/// A function with `functools.cache` may run twice when two threads come at once. This does not.
///
/// # Examples
///
/// ```
/// use threadkit::Once;
///
/// static NAMES: Once<Vec<String>> = Once::new();
///
/// fn names() -> &'static [String] {
///     NAMES.get_or_init(|| vec!["Ada".to_owned()])
/// }
/// assert_eq!(names(), ["Ada"]);
/// ```
#[doc(alias = "OnceLock")]
#[doc(alias = "OnceCell")]
#[doc(alias = "call_once")]
pub struct Once<T = ()> {
    /// Whether the value is there. Goes from `false` to `true` once as long as the `Once` is shared,
    /// by the maker, after it has written the value.
    done: AtomicBool,
    /// Written by the maker alone, while `done` is `false`; read by anybody once it is `true`.
    value: UnsafeCell<Option<T>>,
    making: Mutex<Making>,
    /// Opens with `done`, for those who wait and do not make.
    there: Gate,
    site: Site,
}

/// Who makes the value, and who would.
///
/// `maker` is somebody from before the attempt until after it. Whoever ends an attempt without a
/// value hands the task to the first in the queue, so there is nobody in the queue without a maker.
#[derive(Debug)]
struct Making {
    maker: Option<Maker>,
    queue: WaitQueue,
}

#[derive(Clone, Copy, Debug)]
enum Maker {
    Task(TaskId),
    /// The next one, who was woken to become the maker and has not begun.
    Woken,
}

impl Making {
    /// Whether the maker is the current task, or a task within which it runs on this thread: a wait for
    /// the value would never end.
    fn is_made_here(&self) -> bool {
        matches!(self.maker, Some(Maker::Task(maker)) if identity::runs_here(maker))
    }
}

#[cold]
#[track_caller]
fn refuse_circle() -> ! {
    panic!("making this value needs the value itself")
}

// SAFETY: a shared `Once` gives `&T` to any thread, which `T: Sync` allows, and takes a `T` from one
// thread to be dropped or taken out by another, which `T: Send` allows. The cell is written before
// `done` is set with release, by the one maker, and read after `done` was read with acquire.
unsafe impl<T: Send + Sync> Sync for Once<T> {}

impl<T: UnwindSafe> UnwindSafe for Once<T> {}
impl<T: UnwindSafe + RefUnwindSafe> RefUnwindSafe for Once<T> {}

impl<T> Once<T> {
    /// Makes an empty place.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Once;
    ///
    /// static NAME: Once<String> = Once::new();
    /// assert!(NAME.get().is_none());
    /// assert_eq!(NAME.get_or_init(|| "Ada".to_owned()), "Ada");
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn new() -> Self {
        Self::at(Site::new("a `Once`"))
    }

    pub(super) const fn at(site: Site) -> Self {
        Self {
            done: AtomicBool::new(false),
            value: UnsafeCell::new(None),
            making: Mutex::new(Making {
                maker: None,
                queue: WaitQueue::new(),
            }),
            there: Gate::new(),
            site,
        }
    }

    /// The value, if it is there. Never waits.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Once;
    ///
    /// let once = Once::new();
    /// assert_eq!(once.get(), None);
    /// once.set(1).unwrap();
    /// assert_eq!(once.get(), Some(&1));
    /// ```
    #[inline]
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        self.site.yield_point();
        // Acquire: who sees it done sees the value.
        if !self.done.load(Ordering::Acquire) {
            return None;
        }
        // SAFETY: the value was written before `done` was set, which was read above, and nobody
        // writes it any more while the `Once` is shared.
        unsafe { (*self.value.get()).as_ref() }
    }

    /// Whether the value is there.
    ///
    /// # Examples
    ///
    /// ```
    /// let once = threadkit::Once::new();
    /// assert!(!once.is_done());
    /// once.set(1).unwrap();
    /// assert!(once.is_done());
    /// ```
    #[inline]
    #[must_use]
    #[doc(alias = "is_completed")]
    pub fn is_done(&self) -> bool {
        self.get().is_some()
    }

    /// The value; if it is not there, `make` makes it, or another thread that came first.
    ///
    /// # Panics
    ///
    /// If `make` panics, or needs this very value: itself, or in a task that runs within it on the same
    /// thread. So do [`get_or_try_init`](Self::get_or_try_init) and waits without limit.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::Once;
    ///
    /// let once = Arc::new(Once::new());
    /// let threads = (0..4).map(|n| {
    ///     let once = Arc::clone(&once);
    ///     threadkit::spawn(move || *once.get_or_init(|| n))
    /// });
    /// let seen = threadkit::join_all(threads.collect::<Vec<_>>()).unwrap();
    /// assert!(seen.iter().all(|n| n == once.get().unwrap()), "one of them made it");
    /// ```
    #[inline]
    #[track_caller]
    #[doc(alias = "call_once")]
    pub fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        match self.get_or_try_init(|| Ok::<T, Infallible>(make())) {
            Ok(value) => value,
        }
    }

    /// The value; if it is not there, `make` tries to make it, or another thread that came first.
    ///
    /// # Errors
    ///
    /// That of `make`. The place stays empty then, and the next one tries.
    ///
    /// # Panics
    ///
    /// If `make` panics, or needs this very value.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Once;
    ///
    /// let port = Once::new();
    /// assert!(port.get_or_try_init(|| "none".parse::<u16>()).is_err());
    /// assert_eq!(port.get_or_try_init(|| "80".parse::<u16>()), Ok(&80));
    /// ```
    #[inline]
    #[track_caller]
    pub fn get_or_try_init<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        match self.get() {
            Some(value) => Ok(value),
            None => self.make(make),
        }
    }

    #[cold]
    #[track_caller]
    fn make<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        let Some(attempt) = self.become_maker() else {
            return Ok(self.made());
        };
        let value = make()?;
        Ok(attempt.deliver(value))
    }

    /// Waits for the value, or for being the one who makes it.
    #[track_caller]
    fn become_maker(&self) -> Option<Attempt<'_, T>> {
        let mut making = self.making.lock();
        if self.done.load(Ordering::Acquire) {
            return None;
        }
        if making.maker.is_some() {
            if making.is_made_here() {
                // A panic runs the user's hook, which may use this place.
                drop(making);
                refuse_circle();
            }
            let waiter = Waiter::new();
            making.queue.push(&waiter);
            drop(making);
            let _waiting = inspect::waiting("Once::get_or_init");
            // Without a limit it ends only by being granted, with nothing to take back.
            waiter.wait(&Until::FOREVER);
            making = self.making.lock();
            if self.done.load(Ordering::Acquire) {
                return None;
            }
        }
        making.maker = Some(Maker::Task(backend::task_id()));
        Some(Attempt { once: self })
    }

    /// Waits until the value is there; refuses a wait without limit that would never end.
    #[track_caller]
    fn wait_for(&self, until: &Until<'_>) -> Result<&T, WaitError> {
        if until.is_forever() && !self.is_done() && self.making.lock().is_made_here() {
            refuse_circle();
        }
        match self.there.wait(until) {
            Ok(()) => Ok(self.made()),
            // It may have been made in the last moment.
            Err(ended) => self.get().ok_or(ended),
        }
    }

    /// The value, which is there.
    fn made(&self) -> &T {
        self.get().expect("it was made, and nobody takes it away")
    }

    /// Puts the value there, if nobody has and nobody is making it.
    ///
    /// # Errors
    ///
    /// The value itself, if there is one already; also if one is being made, which this does not
    /// wait for.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Once;
    ///
    /// let once = Once::new();
    /// assert_eq!(once.set(1), Ok(()));
    /// assert_eq!(once.set(2), Err(2));
    /// ```
    pub fn set(&self, value: T) -> Result<(), T> {
        self.site.used();
        let mut making = self.making.lock();
        if making.maker.is_some() || self.done.load(Ordering::Acquire) {
            return Err(value);
        }
        making.maker = Some(Maker::Task(backend::task_id()));
        drop(making);
        Attempt { once: self }.deliver(value);
        Ok(())
    }

    /// Waits until another thread has made the value.
    ///
    /// # Panics
    ///
    /// If this thread is making the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Once;
    ///
    /// static ANSWER: Once<u32> = Once::new();
    ///
    /// let asker = threadkit::spawn(|| *ANSWER.wait());
    /// ANSWER.set(42).unwrap();
    /// assert_eq!(asker.join().unwrap(), 42);
    /// ```
    #[track_caller]
    pub fn wait(&self) -> &T {
        let _waiting = inspect::waiting("Once::wait");
        // Without a limit it cannot end in any other way.
        let _ = self.wait_for(&Until::FOREVER);
        self.made()
    }

    /// Waits until another thread has made the value, for a limited time.
    ///
    /// A zero timeout only looks; `Duration::MAX` means for ever.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if the time was up first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{Once, TimedOut};
    ///
    /// let once = Once::<u32>::new();
    /// assert_eq!(once.wait_timeout(Duration::from_millis(5)), Err(TimedOut));
    /// once.set(7).unwrap();
    /// assert_eq!(once.wait_timeout(Duration::from_millis(5)), Ok(&7));
    /// ```
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> Result<&T, TimedOut> {
        let _waiting = inspect::waiting("Once::wait_timeout");
        self.wait_for(&Until::after(timeout)).map_err(|_| TimedOut)
    }

    /// Waits until another thread has made the value, or a deadline or a stop token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if that came first.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Once, StopSource, WaitError};
    ///
    /// let (once, source) = (Once::<u32>::new(), StopSource::new());
    /// source.stop();
    /// assert_eq!(once.wait_until(&source.token()), Err(WaitError::Stopped));
    /// ```
    #[track_caller]
    pub fn wait_until<'u>(&self, until: impl IntoUntil<'u>) -> Result<&T, WaitError> {
        let _waiting = inspect::waiting("Once::wait_until");
        self.wait_for(&until.into_until())
    }

    /// The value, to be changed: `&mut` says that nobody else is there.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut once = threadkit::Once::from(1);
    /// *once.get_mut().unwrap() += 1;
    /// assert_eq!(once.get(), Some(&2));
    /// ```
    #[inline]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut().as_mut()
    }

    /// Takes the value out, and leaves the place as new.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Once;
    ///
    /// let mut once = Once::from(1);
    /// assert_eq!(once.take(), Some(1));
    /// assert_eq!(*once.get_or_init(|| 2), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn take(&mut self) -> Option<T> {
        // Not by `take`, whose place would be the new one's in the notes of an exploration.
        let mut before = Self::new();
        core::mem::swap(self, &mut before);
        before.into_inner()
    }

    /// Gives up the place and returns the value.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(threadkit::Once::from(1).into_inner(), Some(1));
    /// assert_eq!(threadkit::Once::<u32>::new().into_inner(), None);
    /// ```
    #[inline]
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }
}

/// The right to write the value, which one thread has at a time. Dropped without a value, it goes to
/// the next one.
struct Attempt<'a, T> {
    once: &'a Once<T>,
}

impl<'a, T> Attempt<'a, T> {
    fn deliver(self, value: T) -> &'a T {
        let once = self.once;
        // SAFETY: there is one attempt at a time, as there is one maker, and it delivers once, since
        // nobody becomes maker after `done`, which is set below. Until then nobody reads the cell.
        // What is overwritten is `None`.
        unsafe { *once.value.get() = Some(value) };
        backend::yield_point();
        // Release: see `get`.
        once.done.store(true, Ordering::Release);
        core::mem::forget(self);
        let mut making = once.making.lock();
        making.maker = None;
        let waiters = making.queue.take();
        drop(making);
        waiters.grant_all();
        once.there.open();
        once.made()
    }
}

impl<T> Drop for Attempt<'_, T> {
    fn drop(&mut self) {
        let mut making = self.once.making.lock();
        let next = making.queue.grant_first();
        making.maker = next.as_ref().map(|_| Maker::Woken);
        drop(making);
        if let Some(next) = next {
            next.wake();
        }
    }
}

impl<T> Default for Once<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

/// A place with its value already there.
impl<T> From<T> for Once<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        let once = Self::new();
        // Nobody else knows the place yet, so it is empty.
        let _ = once.set(value);
        once
    }
}

/// Never waits: a value that is not there shows as such.
impl<T: fmt::Debug> fmt::Debug for Once<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_tuple("Once");
        match self.get() {
            Some(value) => fields.field(value),
            None => fields.field(&format_args!("<not made>")),
        };
        fields.finish()
    }
}
