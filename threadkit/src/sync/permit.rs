//! The permits of a [`Semaphore`], and how they are acquired.

use core::fmt;
use core::mem;
use core::ptr;
use core::time::Duration;
use std::sync::Arc;

use super::semaphore::Semaphore;
use crate::inspect::Operation;
use crate::wait::{IntoUntil, TimedOut, Until, WaitError};

// No type warns of `if semaphore.acquire_timeout(d).is_err()`, which gives the permit back at once. `?`, `match` and `let
// .. else` need a `Result` or an `Option`, whose `is_err` and `is_none` anyone may call, and at run time such a test is a
// short hold. A trait of ours with an `is_err` by value would come before that of std, and could be deprecated. But it
// would also consume a result that is bound by `let`, which ends that permit early, and the compiler would choose it for
// every `Result` whose types are not known yet.

/// One or more permits of a [`Semaphore`], given back when this is dropped.
///
/// Made by [`Semaphore::acquire`] and its other forms. It may be sent to another thread.
///
/// # Examples
///
/// ```
/// use threadkit::Semaphore;
///
/// let semaphore = Semaphore::new(5);
/// let mut four = semaphore.acquire_many(4);
/// let one = four.split(1).unwrap();
/// assert_eq!((four.count(), one.count()), (3, 1));
///
/// one.release();
/// assert_eq!(semaphore.available(), 2);
/// four.forget(); // these three are not released
/// assert_eq!(semaphore.available(), 2);
/// ```
#[must_use = "the permit is given back at once; bind it with `let permit = ..`; `let _ = ..` drops it at once too"]
#[clippy::has_significant_drop]
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
    count: usize,
}

/// One or more permits of a [`Semaphore`] that is in an [`Arc`], which they keep alive.
///
/// Made by [`Semaphore::acquire_owned`] and its other forms. It may be sent to another thread.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use threadkit::{OwnedPermit, Semaphore};
///
/// fn seat() -> OwnedPermit {
///     Arc::new(Semaphore::new(1)).acquire_owned() // lives on in the permit
/// }
/// assert_eq!(seat().count(), 1);
/// ```
#[must_use = "the permit is given back at once; bind it with `let permit = ..`; `let _ = ..` drops it at once too"]
#[clippy::has_significant_drop]
pub struct OwnedPermit {
    semaphore: Arc<Semaphore>,
    count: usize,
}

macro_rules! permit {
    (
        [$($life:lifetime)?] $permit:ty, $name:literal, $semaphore:ident => $again:expr;
        $made:literal, $owned:literal
    ) => {
        impl$(<$life>)? $permit {
            /// Releases the permits, as dropping this does.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let semaphore = ", $made, ";")]
            #[doc = concat!("let permits = semaphore.acquire_many", $owned, "(2);")]
            /// assert_eq!(semaphore.available(), 1);
            /// permits.release();
            /// assert_eq!(semaphore.available(), 3);
            /// ```
            #[inline]
            pub fn release(self) {}

            /// The number of permits that this holds.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let semaphore = ", $made, ";")]
            #[doc = concat!("let permits = semaphore.acquire_many", $owned, "(2);")]
            /// assert_eq!((permits.count(), semaphore.available()), (2, 1));
            /// ```
            #[inline]
            #[must_use]
            pub fn count(&self) -> usize {
                self.count
            }

            /// Takes the permits out of circulation, and does not release them.
            ///
            /// [`Semaphore::release`] can replace them.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let semaphore = ", $made, ";")]
            #[doc = concat!("semaphore.acquire", $owned, "().forget();")]
            /// assert_eq!(semaphore.available(), 2);
            /// semaphore.release(1).unwrap();
            /// assert_eq!(semaphore.available(), 3);
            /// ```
            pub fn forget(mut self) {
                self.semaphore.write_off(mem::take(&mut self.count));
            }

            /// Takes over the permits of another guard of the same semaphore.
            ///
            /// # Panics
            ///
            /// If the other guard is of another semaphore, to which its permits go back then.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let semaphore = ", $made, ";")]
            #[doc = concat!("let mut permits = semaphore.acquire", $owned, "();")]
            #[doc = concat!("permits.merge(semaphore.acquire_many", $owned, "(2));")]
            /// assert_eq!((permits.count(), semaphore.available()), (3, 0));
            /// drop(permits);
            /// assert_eq!(semaphore.available(), 3);
            /// ```
            #[track_caller]
            pub fn merge(&mut self, mut other: Self) {
                assert!(
                    ptr::eq::<Semaphore>(&*self.semaphore, &*other.semaphore),
                    "permits of two semaphores cannot be merged: each goes back to its own"
                );
                // The sum is at most the number of permits in circulation.
                self.count += mem::take(&mut other.count);
            }

            /// Splits off `n` of these permits, if there are that many.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let semaphore = ", $made, ";")]
            #[doc = concat!("let mut permits = semaphore.acquire_many", $owned, "(3);")]
            /// let two = permits.split(2).expect("there are three");
            /// assert_eq!((permits.count(), two.count()), (1, 2));
            /// assert!(permits.split(2).is_none());
            /// ```
            #[must_use = "the permits that were split off are given back at once; bind them; `let _ = ..` drops them at once too"]
            pub fn split(&mut self, n: usize) -> Option<Self> {
                self.count = self.count.checked_sub(n)?;
                let $semaphore = &self.semaphore;
                Some(Self { semaphore: $again, count: n })
            }
        }

        impl$(<$life>)? Drop for $permit {
            #[inline]
            fn drop(&mut self) {
                self.semaphore.give_back(self.count);
            }
        }

        impl$(<$life>)? fmt::Debug for $permit {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct($name)
                    .field("count", &self.count)
                    .finish_non_exhaustive()
            }
        }
    };
}

permit!(
    ['a] Permit<'a>, "Permit", semaphore => semaphore;
    "threadkit::Semaphore::new(3)", ""
);
permit!(
    [] OwnedPermit, "OwnedPermit", semaphore => Arc::clone(semaphore);
    "std::sync::Arc::new(threadkit::Semaphore::new(3))", "_owned"
);

/// The ways of acquiring one kind of permits: one or several, each with its forms of waiting.
macro_rules! acquires {
    (
        $permit:ident<$($life:lifetime)?> from $this:ty, $semaphore:ident => $pointer:expr;
        $(#[$doc:meta])* $acquire:ident
        $(#[$try_doc:meta])* $try_acquire:ident
        $(#[$timeout_doc:meta])* $acquire_timeout:ident
        $(#[$until_doc:meta])* $acquire_until:ident
        $(#[$many_doc:meta])* $acquire_many:ident
        $(#[$try_many_doc:meta])* $try_acquire_many:ident
        $(#[$many_until_doc:meta])* $acquire_many_until:ident
    ) => {
        impl Semaphore {
            $(#[$doc])*
            #[inline]
            #[track_caller]
            pub fn $acquire(self: &$this) -> $permit<$($life)?> {
                self.$acquire_many(1)
            }

            $(#[$try_doc])*
            #[inline]
            #[must_use = "the permit is given back at once; bind it; `let _ = ..` drops it at once too"]
            #[track_caller]
            pub fn $try_acquire(self: &$this) -> Option<$permit<$($life)?>> {
                self.$try_acquire_many(1)
            }

            $(#[$timeout_doc])*
            #[track_caller]
            pub fn $acquire_timeout(
                self: &$this,
                timeout: Duration,
            ) -> Result<$permit<$($life)?>, TimedOut> {
                let until = Until::after(timeout);
                let taken = self.take(1, &until, Operation::SEMAPHORE_ACQUIRE_TIMEOUT);
                let $semaphore = self;
                taken.map_err(|_| TimedOut).map(|()| $permit { semaphore: $pointer, count: 1 })
            }

            $(#[$until_doc])*
            #[track_caller]
            pub fn $acquire_until<'u>(
                self: &$this,
                until: impl IntoUntil<'u>,
            ) -> Result<$permit<$($life)?>, WaitError> {
                self.$acquire_many_until(1, until)
            }

            $(#[$many_doc])*
            #[inline]
            #[track_caller]
            pub fn $acquire_many(self: &$this, n: usize) -> $permit<$($life)?> {
                // Without a limit the wait cannot end in any other way.
                let _ = self.take(n, &Until::FOREVER, Operation::SEMAPHORE_ACQUIRE);
                let $semaphore = self;
                $permit { semaphore: $pointer, count: n }
            }

            $(#[$try_many_doc])*
            #[inline]
            #[must_use = "the permits are given back at once; bind them; `let _ = ..` drops them at once too"]
            #[track_caller]
            pub fn $try_acquire_many(self: &$this, n: usize) -> Option<$permit<$($life)?>> {
                let $semaphore = self;
                self.try_take(n).then(|| $permit { semaphore: $pointer, count: n })
            }

            $(#[$many_until_doc])*
            #[track_caller]
            pub fn $acquire_many_until<'u>(
                self: &$this,
                n: usize,
                until: impl IntoUntil<'u>,
            ) -> Result<$permit<$($life)?>, WaitError> {
                self.take(n, &until.into_until(), Operation::SEMAPHORE_ACQUIRE_UNTIL)?;
                let $semaphore = self;
                Ok($permit { semaphore: $pointer, count: n })
            }
        }
    };
}

acquires! {
    Permit<'_> from Self, semaphore => semaphore;

    /// Waits for a permit and takes it.
    ///
    /// # Panics
    ///
    /// If there can never be a permit, because the semaphore was made by [`bounded(0)`](Self::bounded). All
    /// forms that wait panic then.
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
    #[doc(alias = "wait")]
    #[doc(alias = "P")]
    #[doc(alias = "down")]
    acquire

    /// Takes a permit if one is free and no thread waits for it.
    ///
    /// The result is the permit: bind it by `let Some(permit) = semaphore.try_acquire() else { return };`. A test by
    /// `is_none()` or `is_some()` [gives it back at once](Self::acquire_timeout).
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
    try_acquire

    /// Waits for a permit for a limited time.
    ///
    /// A zero timeout means one attempt; `Duration::MAX` means no limit.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if there was no permit in time. No permit was taken then, and the thread has left the
    /// queue.
    ///
    /// # A permit that is lost at once
    ///
    /// Unlike in Python, the result *is* the permit. `if semaphore.acquire_timeout(d).is_err() { return }` gives a
    /// permit back before the next line. Bind it: `let Ok(permit) = semaphore.acquire_timeout(d) else { return };`. No
    /// [`release`](Semaphore::release) follows: the end of the permit does it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{Semaphore, TimedOut};
    ///
    /// let seats = Semaphore::new(1);
    /// assert!(seats.acquire_timeout(Duration::ZERO).is_ok());
    /// assert_eq!(seats.available(), 1, "it was given back at once");
    /// let Ok(permit) = seats.acquire_timeout(Duration::ZERO) else {
    ///     unreachable!("a seat is free")
    /// };
    /// assert_eq!(seats.available(), 0, "it is held while `permit` lives");
    /// # drop(permit);
    ///
    /// let empty = Semaphore::new(0);
    /// assert_eq!(empty.acquire_timeout(Duration::from_millis(5)).err(), Some(TimedOut));
    /// ```
    acquire_timeout

    /// Waits for a permit until a deadline or a stop token ends the wait.
    ///
    /// Bind the permit, as [after a wait for a limited time](Self::acquire_timeout).
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the limit came first. No permit was taken then, and the thread has left the queue.
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
    acquire_until

    /// Waits for `n` permits and takes them, all at once.
    ///
    /// Later requests wait behind this one, even for fewer permits, so the `n` permits accumulate. A request for
    /// zero permits does not wait.
    ///
    /// # Panics
    ///
    /// If there can never be that many: `n` is more than the maximum of a [`bounded`](Self::bounded) semaphore,
    /// or than [`MAX_PERMITS`](Self::MAX_PERMITS).
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
    acquire_many

    /// Takes `n` permits if they are free and no thread waits.
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
    try_acquire_many

    /// Waits for `n` permits until a deadline or a stop token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the limit came first. No permit was taken then.
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
    acquire_many_until
}

acquires! {
    OwnedPermit<> from Arc<Self>, semaphore => Arc::clone(semaphore);

    /// Like [`acquire`](Self::acquire), with a permit that keeps the semaphore alive.
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
    acquire_owned

    /// Like [`try_acquire`](Self::try_acquire), with a permit that keeps the semaphore alive.
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
    try_acquire_owned

    /// Like [`acquire_timeout`](Self::acquire_timeout), with a permit that keeps the semaphore alive.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if there was no permit in time.
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
    acquire_timeout_owned

    /// Like [`acquire_until`](Self::acquire_until), with a permit that keeps the semaphore alive.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the limit came first.
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
    acquire_until_owned

    /// Like [`acquire_many`](Self::acquire_many), with a permit that keeps the semaphore alive.
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
    acquire_many_owned

    /// Like [`try_acquire_many`](Self::try_acquire_many), with a permit that keeps the semaphore alive.
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
    try_acquire_many_owned

    /// Like [`acquire_many_until`](Self::acquire_many_until), with a permit that keeps the semaphore
    /// alive.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the limit came first.
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
    acquire_many_until_owned
}
