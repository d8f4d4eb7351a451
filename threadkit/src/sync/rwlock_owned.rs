//! The guards of an [`RwLock`] that is in an [`Arc`].

use core::ops::{Deref, DerefMut};
use core::time::Duration;
use std::sync::Arc;

use super::every_guard::every_guard;
use super::owned::{Owned, Side, Writes};
use super::rwlock::RwLock;
use super::traced_rw::Guard as State;
use crate::backend::lock_api::{
    RawRwLock, RawRwLockDowngrade, RawRwLockTimed, RawRwLockUpgrade, RawRwLockUpgradeDowngrade,
    RawRwLockUpgradeTimed,
};
use crate::wait::TimedOut;

macro_rules! side {
    ($(#[$doc:meta])* $side:ident, $unlock:ident) => {
        $(#[$doc])*
        struct $side;

        // SAFETY: a readers-writer lock that is held, in whatever way, is written by its writer only,
        // and lets in no writer who is not the holder.
        unsafe impl<T: ?Sized> Side<T> for $side {
            type Lock = RwLock<T>;
            type State = State;

            #[inline]
            fn value(lock: &RwLock<T>) -> *mut T {
                lock.value_ptr()
            }

            #[inline]
            unsafe fn release(lock: &RwLock<T>, state: State) {
                // SAFETY: passed on from the caller.
                unsafe { lock.raw().$unlock(state) };
            }
        }
    };
}

side!(Read, unlock_shared);
side!(Upgradable, unlock_upgradable);
side!(Write, unlock_exclusive);

// SAFETY: while one writes, nobody else reads or writes.
unsafe impl<T: ?Sized> Writes<T> for Write {}

macro_rules! owned_guard {
    (
        $(#[$doc:meta])* $guard:ident, $side:ident;
        $(#[$lock_doc:meta])* $acquire:ident, $lock:ident;
        $(#[$try_doc:meta])* $try_acquire:ident, $try_lock:ident;
        $(#[$timeout_doc:meta])* $acquire_timeout:ident, $try_lock_for:ident;
    ) => {
        $(#[$doc])*
        #[must_use = "the lock is released again at once; bind the guard with `let guard = ..`; `let _ = ..` drops it at once too"]
        #[clippy::has_significant_drop]
        pub struct $guard<T: ?Sized> {
            held: Owned<T, $side>,
        }

        impl<T: ?Sized> RwLock<T> {
            $(#[$lock_doc])*
            #[inline]
            #[track_caller]
            pub fn $acquire(self: &Arc<Self>) -> $guard<T> {
                $guard::new(Arc::clone(self), self.raw().$lock())
            }

            $(#[$try_doc])*
            ///
            /// # Examples
            ///
            /// ```
            /// use std::sync::Arc;
            /// use threadkit::RwLock;
            ///
            /// let lock = Arc::new(RwLock::new(1));
            #[doc = concat!("let guard = lock.", stringify!($try_acquire), "().expect(\"nobody holds it\");")]
            /// assert!(lock.try_write().is_none());
            /// drop(guard);
            /// let writer = lock.write();
            #[doc = concat!("assert!(lock.", stringify!($try_acquire), "().is_none());")]
            /// # drop(writer);
            /// ```
            #[inline]
            #[track_caller]
            #[must_use = "the lock is released again at once; bind the guard; `let _ = ..` drops it at once too"]
            pub fn $try_acquire(self: &Arc<Self>) -> Option<$guard<T>> {
                let state = self.raw().$try_lock()?;
                Some($guard::new(Arc::clone(self), state))
            }

            $(#[$timeout_doc])*
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
            /// use threadkit::{RwLock, TimedOut};
            ///
            /// let lock = Arc::new(RwLock::new(1));
            /// let writer = lock.write();
            #[doc = concat!("let late = lock.", stringify!($acquire_timeout), "(Duration::from_millis(5));")]
            /// assert_eq!(late.err(), Some(TimedOut));
            /// drop(writer);
            #[doc = concat!("let guard = lock.", stringify!($acquire_timeout), "(Duration::from_secs(5)).unwrap();")]
            /// assert_eq!(*guard, 1);
            /// ```
            #[inline]
            #[track_caller]
            pub fn $acquire_timeout(
                self: &Arc<Self>,
                timeout: Duration,
            ) -> Result<$guard<T>, TimedOut> {
                let state = self.raw().$try_lock_for(timeout).ok_or(TimedOut)?;
                Ok($guard::new(Arc::clone(self), state))
            }
        }

        impl<T: ?Sized> $guard<T> {
            /// A guard for a lock that is held in this way, by that state.
            #[inline]
            fn new(lock: Arc<RwLock<T>>, state: State) -> Self {
                // SAFETY: the callers are in this file, and have just acquired the lock or gone over
                // to this way of holding it.
                let held = unsafe { Owned::new(lock, state) };
                Self { held }
            }

            /// Releases the lock, as dropping the guard does.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::sync::Arc;
            /// use threadkit::RwLock;
            ///
            /// let lock = Arc::new(RwLock::new(1));
            #[doc = concat!("let guard = lock.", stringify!($acquire), "();")]
            /// assert!(lock.try_write().is_none());
            /// guard.release();
            /// assert!(lock.try_write().is_some());
            /// ```
            #[inline]
            #[doc(alias = "unlock")]
            pub fn release(self) {}
        }

        impl<T: ?Sized> Deref for $guard<T> {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                &self.held
            }
        }
    };
}

owned_guard! {
    /// Holds an [`RwLock`] that is in an [`Arc`] for reading, and keeps it alive; made by
    /// [`RwLock::read_owned`].
    ///
    /// It stays on the thread that acquired it, and so is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::RwLock;
    ///
    /// let lock = Arc::new(RwLock::new(5));
    /// let guard = lock.read_owned();
    /// drop(lock);
    /// assert_eq!(*guard, 5, "the guard keeps it alive");
    /// ```
    OwnedRwLockReadGuard, Read;

    /// Like [`read`](Self::read), with a guard that keeps the lock alive.
    ///
    /// # Panics
    ///
    /// As [`read`](Self::read).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{OwnedRwLockReadGuard, RwLock};
    ///
    /// fn snapshot(of: &Arc<RwLock<Vec<u32>>>) -> impl Iterator<Item = u32> + use<> {
    ///     let numbers: OwnedRwLockReadGuard<_> = of.read_owned();
    ///     (0..numbers.len()).map(move |n| numbers[n]) // reads on until this is dropped
    /// }
    ///
    /// let numbers = Arc::new(RwLock::new(vec![1, 2]));
    /// let seen = snapshot(&numbers);
    /// assert!(numbers.try_write().is_none());
    /// assert_eq!(seen.sum::<u32>(), 3);
    /// assert!(numbers.try_write().is_some());
    /// ```
    #[doc(alias = "read_arc")]
    read_owned, lock_shared;

    /// Like [`try_read`](Self::try_read), with a guard that keeps the lock alive.
    try_read_owned, try_lock_shared;

    /// Like [`read_timeout`](Self::read_timeout), with a guard that keeps the lock alive.
    read_timeout_owned, try_lock_shared_for;
}

owned_guard! {
    /// Holds an [`RwLock`] that is in an [`Arc`] for writing, and keeps it alive; made by
    /// [`RwLock::write_owned`].
    ///
    /// It stays on the thread that acquired it, and so is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{OwnedRwLockWriteGuard, RwLock};
    ///
    /// /// What is edited by one at a time, for as long as the session lives.
    /// struct Session {
    ///     text: OwnedRwLockWriteGuard<String>,
    /// }
    ///
    /// let text = Arc::new(RwLock::new(String::new()));
    /// let mut session = Session { text: text.write_owned() };
    /// session.text.push_str("draft");
    /// assert!(text.try_read().is_none());
    /// drop(session);
    /// assert_eq!(*text.read(), "draft");
    /// ```
    OwnedRwLockWriteGuard, Write;

    /// Like [`write`](Self::write), with a guard that keeps the lock alive.
    ///
    /// # Panics
    ///
    /// As [`write`](Self::write).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{OwnedRwLockWriteGuard, RwLock};
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let mut guard = lock.write_owned();
    /// *guard = 2;
    /// let guard = OwnedRwLockWriteGuard::downgrade(guard);
    /// assert_eq!(*lock.read() + *guard, 4);
    /// ```
    #[doc(alias = "write_arc")]
    write_owned, lock_exclusive;

    /// Like [`try_write`](Self::try_write), with a guard that keeps the lock alive.
    try_write_owned, try_lock_exclusive;

    /// Like [`write_timeout`](Self::write_timeout), with a guard that keeps the lock alive.
    write_timeout_owned, try_lock_exclusive_for;
}

owned_guard! {
    /// Holds an [`RwLock`] that is in an [`Arc`] for reading, with the right to write, and keeps it
    /// alive; made by [`RwLock::upgradable_owned`].
    ///
    /// It stays on the thread that acquired it, and so is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{OwnedRwLockUpgradableGuard, RwLock};
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let guard = lock.upgradable_owned();
    /// assert_eq!(*guard + *lock.read(), 2, "others read meanwhile");
    /// let mut guard = OwnedRwLockUpgradableGuard::upgrade(guard);
    /// *guard = 2;
    /// drop(guard);
    /// assert_eq!(*lock.read(), 2);
    /// ```
    OwnedRwLockUpgradableGuard, Upgradable;

    /// Like [`upgradable`](Self::upgradable), with a guard that keeps the lock alive.
    ///
    /// # Panics
    ///
    /// As [`upgradable`](Self::upgradable).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{OwnedRwLockUpgradableGuard, RwLock};
    ///
    /// let names = Arc::new(RwLock::new(vec!["Ada"]));
    /// let guard = names.upgradable_owned(); // others may read
    /// if !guard.contains(&"Grace") {
    ///     OwnedRwLockUpgradableGuard::upgrade(guard).push("Grace"); // nobody wrote in between
    /// }
    /// assert_eq!(names.read().len(), 2);
    /// ```
    #[doc(alias = "upgradable_read_arc")]
    upgradable_owned, lock_upgradable;

    /// Like [`try_upgradable`](Self::try_upgradable), with a guard that keeps the lock alive.
    try_upgradable_owned, try_lock_upgradable;

    /// Like [`upgradable_timeout`](Self::upgradable_timeout), with a guard that keeps the lock alive.
    upgradable_timeout_owned, try_lock_upgradable_for;
}

every_guard!(
    OwnedRwLockReadGuard<T>,
    OwnedRwLockWriteGuard<T>,
    OwnedRwLockUpgradableGuard<T>
);

impl<T: ?Sized> DerefMut for OwnedRwLockWriteGuard<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.held
    }
}

impl<T: ?Sized> OwnedRwLockWriteGuard<T> {
    /// Goes on reading, and lets others read; nobody writes in between.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{OwnedRwLockWriteGuard, RwLock};
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let guard = OwnedRwLockWriteGuard::downgrade(lock.write_owned());
    /// assert!(lock.try_read().is_some() && lock.try_write().is_none());
    /// drop(guard);
    /// ```
    #[inline]
    #[track_caller]
    pub fn downgrade(guard: Self) -> OwnedRwLockReadGuard<T> {
        let (lock, state) = guard.held.into_parts();
        // SAFETY: the state is that of the guard, which wrote.
        let state = unsafe { lock.raw().downgrade(state) };
        OwnedRwLockReadGuard::new(lock, state)
    }

    /// Goes on reading, and lets others read, with the right to write again; nobody writes in
    /// between.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{OwnedRwLockUpgradableGuard, OwnedRwLockWriteGuard, RwLock};
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let guard = OwnedRwLockWriteGuard::downgrade_to_upgradable(lock.write_owned());
    /// assert!(lock.try_read().is_some());
    /// *OwnedRwLockUpgradableGuard::upgrade(guard) = 2;
    /// assert_eq!(*lock.read(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn downgrade_to_upgradable(guard: Self) -> OwnedRwLockUpgradableGuard<T> {
        let (lock, state) = guard.held.into_parts();
        // SAFETY: as above.
        let state = unsafe { lock.raw().downgrade_to_upgradable(state) };
        OwnedRwLockUpgradableGuard::new(lock, state)
    }
}

impl<T: ?Sized> OwnedRwLockUpgradableGuard<T> {
    /// Waits until nobody else reads, and goes on to write; nobody writes in between.
    ///
    /// # Panics
    ///
    /// As [`RwLockUpgradableGuard::upgrade`](crate::RwLockUpgradableGuard::upgrade).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{OwnedRwLockUpgradableGuard, RwLock};
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let mut guard = OwnedRwLockUpgradableGuard::upgrade(lock.upgradable_owned());
    /// *guard += 1;
    /// drop(guard);
    /// assert_eq!(*lock.read(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn upgrade(guard: Self) -> OwnedRwLockWriteGuard<T> {
        guard.held.lock().raw().tag().refuse_upgrade();
        let (lock, state) = guard.held.into_parts();
        // SAFETY: the state is that of the guard, which was upgradable.
        let state = unsafe { lock.raw().upgrade(state) };
        OwnedRwLockWriteGuard::new(lock, state)
    }

    /// Goes on to write if nobody else reads.
    ///
    /// # Errors
    ///
    /// The guard itself, if somebody does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{OwnedRwLockUpgradableGuard, RwLock};
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let (reader, guard) = (lock.read_owned(), lock.upgradable_owned());
    /// let guard = OwnedRwLockUpgradableGuard::try_upgrade(guard).expect_err("one reads");
    /// drop(reader);
    /// *OwnedRwLockUpgradableGuard::try_upgrade(guard).expect("nobody else does") = 2;
    /// assert_eq!(*lock.read(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_upgrade(guard: Self) -> Result<OwnedRwLockWriteGuard<T>, Self> {
        let (lock, state) = guard.held.into_parts();
        // SAFETY: as above.
        match unsafe { lock.raw().try_upgrade(state) } {
            Ok(state) => Ok(OwnedRwLockWriteGuard::new(lock, state)),
            Err(state) => Err(Self::new(lock, state)),
        }
    }

    /// Waits for a limited time until nobody else reads, and goes on to write.
    ///
    /// # Errors
    ///
    /// The guard itself, if the time was up first.
    ///
    /// # Panics
    ///
    /// With `Duration::MAX` as [`upgrade`](Self::upgrade).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    /// use threadkit::{OwnedRwLockUpgradableGuard, RwLock};
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let (reader, guard) = (lock.read_owned(), lock.upgradable_owned());
    /// let limit = Duration::from_millis(5);
    /// let guard = OwnedRwLockUpgradableGuard::upgrade_timeout(guard, limit).expect_err("one reads");
    /// drop(reader);
    /// *OwnedRwLockUpgradableGuard::upgrade_timeout(guard, limit).expect("nobody else does") = 2;
    /// assert_eq!(*lock.read(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn upgrade_timeout(
        guard: Self,
        timeout: Duration,
    ) -> Result<OwnedRwLockWriteGuard<T>, Self> {
        if timeout == Duration::MAX {
            guard.held.lock().raw().tag().refuse_upgrade();
        }
        let (lock, state) = guard.held.into_parts();
        // SAFETY: as above.
        match unsafe { lock.raw().try_upgrade_for(state, timeout) } {
            Ok(state) => Ok(OwnedRwLockWriteGuard::new(lock, state)),
            Err(state) => Err(Self::new(lock, state)),
        }
    }

    /// Gives up the right to write, and goes on reading.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{OwnedRwLockUpgradableGuard, RwLock};
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let guard = OwnedRwLockUpgradableGuard::downgrade(lock.upgradable_owned());
    /// assert!(lock.try_upgradable().is_some(), "another may have the right now");
    /// assert_eq!(*guard, 1);
    /// ```
    #[inline]
    #[track_caller]
    pub fn downgrade(guard: Self) -> OwnedRwLockReadGuard<T> {
        let (lock, state) = guard.held.into_parts();
        // SAFETY: as above.
        let state = unsafe { lock.raw().downgrade_upgradable(state) };
        OwnedRwLockReadGuard::new(lock, state)
    }
}
