//! [`Once`].

use core::cell::UnsafeCell;
use core::convert::Infallible;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::backend::{self, Mutex, ShownValue, Site, TaskId, leaves};
use crate::identity;
use crate::inspect::{Call, EndedBy, Enders, Operation};
use crate::wait::{Gate, IntoUntil, TimedOut, Until, WaitError, WaitQueue, Waiter};

/// A cell for a value that is made once, by the first thread that needs it.
///
/// [`get_or_init`](Self::get_or_init) makes the value. Threads that come while it is being made wait for it,
/// and all threads share it afterwards. `Once` alone means `Once<()>`, which runs something once. A
/// `static` that makes itself at its first use is a [`Lazy`](crate::Lazy).
///
/// | | |
/// | --- | --- |
/// | fair? | After a failure, the thread that has waited longest makes the next attempt. |
/// | reentrant? | No: a maker that needs its own value panics instead of waiting for itself. |
/// | a panic in a maker | propagates, and the next thread tries. There is no poisoning. |
/// | cost | One load once the value is there. |
/// | memory | A thread that gets the value sees what was done to make it. |
///
/// # Differences from `std::sync::OnceLock` and `Once`
///
/// It combines both. Threads can wait, also with a limit, for a value that another thread will
/// [`set`](Self::set). Making the value can fail. A maker that needs its own value panics.
///
/// # Differences from Python
///
/// A function with `functools.cache` may run twice if two threads call it at once. A `Once` runs its maker once.
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
    /// Whether the value is there. While the `Once` is shared, it goes from `false` to `true` once: the maker
    /// sets it after it has written the value.
    done: AtomicBool,
    /// Only the maker writes it, while `done` is `false`. All threads read it once `done` is `true`.
    value: UnsafeCell<Option<T>>,
    making: Mutex<Making>,
    /// Opens after `done` is set, for threads that wait and do not make the value.
    there: Gate,
    site: Site,
}

/// Which task makes the value, and which tasks wait to make it.
///
/// `maker` is set from before an attempt until after it. An attempt that ends without a value hands over to
/// the first in the queue, so the queue is empty when there is no maker.
#[derive(Debug)]
struct Making {
    maker: Option<Maker>,
    queue: WaitQueue,
}

#[derive(Clone, Copy, Debug)]
enum Maker {
    Task(TaskId),
    /// A waiter that was woken to become the maker and has not begun.
    Woken,
}

impl Making {
    /// Whether the maker is the current task, or a task below it on this thread: then a wait for the value would
    /// never end.
    fn is_made_here(&self) -> bool {
        matches!(self.maker, Some(Maker::Task(maker)) if identity::runs_here(maker))
    }
}

/// While there is a maker, nothing else can make the value.
impl EndedBy for Mutex<Making> {
    fn enders(&self) -> Enders {
        match self.try_lock().as_deref() {
            Some(Making {
                maker: Some(Maker::Task(maker)),
                ..
            }) => Enders::tasks([*maker]),
            Some(Making { maker: None, .. }) => Enders::Anyone,
            _ => Enders::Over,
        }
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
    /// Makes an empty cell.
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
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        self.look("Once::get")
    }

    #[inline]
    #[track_caller]
    fn look(&self, verb: &'static str) -> Option<&T> {
        self.site.look(verb);
        // Acquire: a thread that sees `done` sees the value.
        let is_done = self.done.load(Ordering::Acquire);
        leaves(|| (!is_done).then_some(ShownValue::Word("none")));
        if !is_done {
            return None;
        }
        // SAFETY: the value was written before `done` was set, which was read above, and it is not written
        // again while the `Once` is shared.
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
    #[track_caller]
    pub fn is_done(&self) -> bool {
        self.look("Once::is_done").is_some()
    }

    /// The value. If it is not there, `make` makes it, unless another thread makes it first.
    ///
    /// # Panics
    ///
    /// If `make` panics. Also if it needs this very value, directly or in a task that is nested on the same
    /// thread; [`get_or_try_init`](Self::get_or_try_init) and waits without limit panic then too.
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

    /// The value. If it is not there, `make` tries to make it, unless another thread makes it first.
    ///
    /// # Errors
    ///
    /// The error of `make`. The cell stays empty then, and the next thread tries.
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
        match self.look("Once::get_or_init") {
            Some(value) => Ok(value),
            None => self.make(make),
        }
    }

    #[cold]
    #[track_caller]
    fn make<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        let call = Operation::ONCE_GET_OR_INIT.here().on(&self.site);
        let Some(initializer) = self.become_maker(call) else {
            return Ok(self.made());
        };
        call.of(Operation::named("begins to make the value of"))
            .did(|| None);
        let value = make()?;
        Ok(initializer.deliver(value, call))
    }

    /// Waits until the value is there, or until this task becomes the maker.
    #[track_caller]
    fn become_maker(&self, call: Call) -> Option<Initializer<'_, T>> {
        let _inside = self.site.inside();
        let mut making = self.making.lock();
        if self.done.load(Ordering::Acquire) {
            return None;
        }
        if making.maker.is_some() {
            if making.is_made_here() {
                // A panic runs the user's hook, which may use this cell, so the lock is released first.
                drop(making);
                refuse_circle();
            }
            let waiter = Waiter::new();
            making.queue.push(&waiter);
            drop(making);
            let _waiting = call.waiting_for(&self.making);
            // Without a limit the wait ends only by a grant.
            waiter.wait(&Until::FOREVER);
            making = self.making.lock();
            if self.done.load(Ordering::Acquire) {
                return None;
            }
        }
        making.maker = Some(Maker::Task(backend::task_id()));
        Some(Initializer { once: self })
    }

    /// Waits until the value is there. Refuses a wait without limit that would never end.
    #[track_caller]
    fn wait_as(&self, operation: Operation, until: &Until<'_>) -> Result<&T, WaitError> {
        let call = operation.here().on(&self.site);
        let _waiting = call.waiting_for(&self.making);
        if until.is_forever() && !self.is_done() && self.making.lock().is_made_here() {
            refuse_circle();
        }
        let seen = match self.there.wait(until) {
            Ok(()) => Ok(self.made()),
            // It may have been made at the same moment.
            Err(ended) => self.get().ok_or(ended),
        };
        seen.inspect_err(|ended| call.did(|| Some(ended.shown())))
    }

    /// The value, which is there.
    fn made(&self) -> &T {
        self.get().expect("it was made, and stays")
    }

    /// Sets the value, if there is none and none is being made.
    ///
    /// # Errors
    ///
    /// The value itself, if there is one already, or if one is being made. This never waits.
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
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let call = Operation::named("Once::set").here().on(&self.site);
        self.site.used();
        let _inside = self.site.inside();
        let mut making = self.making.lock();
        if making.maker.is_some() || self.done.load(Ordering::Acquire) {
            call.did(|| Some(ShownValue::Word("refused")));
            return Err(value);
        }
        making.maker = Some(Maker::Task(backend::task_id()));
        drop(making);
        Initializer { once: self }.deliver(value, call);
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
        // Without a limit the wait cannot end in any other way.
        let _ = self.wait_as(Operation::ONCE_WAIT, &Until::FOREVER);
        self.made()
    }

    /// Waits until another thread has made the value, for a limited time.
    ///
    /// A zero timeout only checks; `Duration::MAX` means no limit.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if the value was not made in time.
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
        let waited = self.wait_as(Operation::ONCE_WAIT_TIMEOUT, &Until::after(timeout));
        waited.map_err(|_| TimedOut)
    }

    /// Waits until another thread has made the value, or a deadline or a stop token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the limit came first.
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
        self.wait_as(Operation::ONCE_WAIT_UNTIL, &until.into_until())
    }

    /// The value, mutably: `&mut` proves that no other reference to the cell exists.
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

    /// Takes the value out, and leaves the cell empty.
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
        // Not by `mem::take`: an exploration would report that as the place where the new cell was made.
        let mut before = Self::new();
        core::mem::swap(self, &mut before);
        before.into_inner()
    }

    /// Consumes the cell and returns the value.
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

/// The right to write the value, which one task has at a time. If it is dropped without a value, it goes to the
/// next waiter.
struct Initializer<'a, T> {
    once: &'a Once<T>,
}

impl<'a, T> Initializer<'a, T> {
    fn deliver(self, value: T, call: Call) -> &'a T {
        let once = self.once;
        let _inside = once.site.inside();
        // SAFETY: there is one attempt at a time, because there is one maker. It delivers once, because no
        // task becomes maker after `done`, which is set below. Until then no thread reads the cell. The
        // value that is overwritten is `None`.
        unsafe { *once.value.get() = Some(value) };
        backend::yield_point();
        // Release: see `get`.
        once.done.store(true, Ordering::Release);
        call.did(|| None);
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

impl<T> Drop for Initializer<'_, T> {
    fn drop(&mut self) {
        let _inside = self.once.site.inside();
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

/// A cell that has its value already.
impl<T> From<T> for Once<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        let once = Self::new();
        // No other thread knows the cell yet, so it is empty.
        let _ = once.set(value);
        once
    }
}

impl<T: fmt::Debug> Once<T> {
    /// Prints the value in parentheses behind `name`, or that there is none yet. Never waits.
    pub(super) fn fmt_as(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_tuple(name);
        match self.get() {
            Some(value) => fields.field(value),
            None => fields.field(&format_args!("<not made>")),
        };
        fields.finish()
    }
}

/// Never waits. Shows that there is no value yet.
impl<T: fmt::Debug> fmt::Debug for Once<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_as("Once", f)
    }
}
