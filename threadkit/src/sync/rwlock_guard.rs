//! The guards of [`RwLock`](super::RwLock).

use core::ops::{Deref, DerefMut};
use core::time::Duration;

use super::every_guard::every_guard;
use super::traced_rw::TracedRwLock;
use crate::backend::lock_api;

macro_rules! guard {
    ($(#[$doc:meta])* $guard:ident, $inner:ident; $uses:literal, $make:literal) => {
        $(#[$doc])*
        #[must_use = "the lock is released again at once; bind the guard with `let guard = ..`; `let _ = ..` drops it at once too"]
        #[clippy::has_significant_drop]
        pub struct $guard<'a, T: ?Sized> {
            inner: lock_api::$inner<'a, TracedRwLock, T>,
        }

        impl<'a, T: ?Sized> $guard<'a, T> {
            #[inline]
            pub(super) fn new(inner: lock_api::$inner<'a, TracedRwLock, T>) -> Self {
                Self { inner }
            }

            /// Releases the lock, as dropping the guard does.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", $uses, ";")]
            ///
            /// let lock = RwLock::new(1);
            #[doc = concat!("let guard = ", $make, ";")]
            /// assert!(lock.try_write().is_none());
            /// guard.release();
            /// assert!(lock.try_write().is_some());
            /// ```
            #[inline]
            #[doc(alias = "unlock")]
            pub fn release(self) {}
        }

        impl<T: ?Sized> Deref for $guard<'_, T> {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                &self.inner
            }
        }
    };
}

macro_rules! writes {
    ($guard:ident) => {
        impl<T: ?Sized> DerefMut for $guard<'_, T> {
            #[inline]
            fn deref_mut(&mut self) -> &mut T {
                &mut self.inner
            }
        }
    };
}

macro_rules! maps {
    (
        $guard:ident => $mapped:ident, $inner:ident, $($mutable:ident)?;
        $uses:literal, $make:literal, $part:literal
    ) => {
        impl<'a, T: ?Sized> $guard<'a, T> {
            /// Narrows the guard to a part of the value; the lock stays held.
            ///
            /// An associated function, so that it cannot hide a method of the value.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::{RwLock, ", $uses, "};")]
            ///
            /// let lock = RwLock::new(((1, 2), "three"));
            #[doc = concat!("let part = ", stringify!($guard), "::map(")]
            #[doc = concat!("    ", $make, ",")]
            #[doc = concat!("    |value| &", $(stringify!($mutable), " ",)? "value.0,")]
            /// );
            #[doc = concat!("assert_eq!(*part, ", $part, ");")]
            /// ```
            #[inline]
            pub fn map<U: ?Sized>(
                guard: Self,
                f: impl FnOnce(&$($mutable)? T) -> &$($mutable)? U,
            ) -> $mapped<'a, U> {
                $mapped::new(lock_api::$inner::map(guard.inner, f))
            }

            /// Narrows the guard to a part of the value, if there is that part.
            ///
            /// # Errors
            ///
            /// The guard itself, if `f` returns `None`.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::{RwLock, ", $uses, "};")]
            ///
            /// let lock = RwLock::new(((1, 2), "three"));
            #[doc = concat!("let part = ", stringify!($guard), "::try_map(")]
            #[doc = concat!("    ", $make, ",")]
            #[doc = concat!("    |value| Some(&", $(stringify!($mutable), " ",)? "value.0),")]
            /// ).unwrap();
            #[doc = concat!("assert_eq!(*part, ", $part, ");")]
            /// drop(part);
            #[doc = concat!("let whole = ", stringify!($guard), "::try_map(")]
            #[doc = concat!("    ", $make, ",")]
            #[doc = concat!("    |_| None::<&", $(stringify!($mutable), " ",)? "u8>,")]
            /// ).unwrap_err();
            #[doc = concat!("assert_eq!(whole.0, ", $part, ", \"still held, as it was\");")]
            /// ```
            #[inline]
            pub fn try_map<U: ?Sized>(
                guard: Self,
                f: impl FnOnce(&$($mutable)? T) -> Option<&$($mutable)? U>,
            ) -> Result<$mapped<'a, U>, Self> {
                match lock_api::$inner::try_map(guard.inner, f) {
                    Ok(inner) => Ok($mapped::new(inner)),
                    Err(inner) => Err(Self { inner }),
                }
            }
        }
    };
}

guard! {
    /// Holds an [`RwLock`](crate::RwLock) for reading; made by [`read`](crate::RwLock::read).
    ///
    /// It stays on the thread that acquired it, and so is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{RwLock, RwLockReadGuard};
    ///
    /// let pair = RwLock::new((1, "one"));
    /// let word = RwLockReadGuard::map(pair.read(), |pair| &pair.1);
    /// assert_eq!(*word, "one");
    /// ```
    RwLockReadGuard, RwLockReadGuard; "RwLock", "lock.read()"
}

guard! {
    /// Holds an [`RwLock`](crate::RwLock) for writing; made by [`write`](crate::RwLock::write).
    ///
    /// It stays on the thread that acquired it, and so is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{RwLock, RwLockWriteGuard};
    ///
    /// let pair = RwLock::new((1, "one".to_owned()));
    /// RwLockWriteGuard::map(pair.write(), |pair| &mut pair.1).push('!');
    /// assert_eq!(pair.read().1, "one!");
    /// ```
    RwLockWriteGuard, RwLockWriteGuard; "RwLock", "lock.write()"
}

guard! {
    /// Holds an [`RwLock`](crate::RwLock) for reading, with the right to write; made by
    /// [`upgradable`](crate::RwLock::upgradable).
    ///
    /// It stays on the thread that acquired it, and so is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{RwLock, RwLockUpgradableGuard};
    ///
    /// let lock = RwLock::new(1);
    /// let (reader, guard) = (lock.read(), lock.upgradable());
    /// let limit = Duration::from_millis(5);
    /// let guard = RwLockUpgradableGuard::upgrade_timeout(guard, limit).expect_err("one reads");
    /// reader.release();
    /// let mut guard = RwLockUpgradableGuard::try_upgrade(guard).expect("nobody reads any more");
    /// *guard = 2;
    /// drop(guard);
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    RwLockUpgradableGuard, RwLockUpgradableReadGuard; "RwLock", "lock.upgradable()"
}

guard! {
    /// Holds an [`RwLock`](crate::RwLock) for reading and gives a part of its value; made by
    /// [`RwLockReadGuard::map`].
    ///
    /// It stays on the thread that acquired it, and so is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{MappedRwLockReadGuard, RwLock, RwLockReadGuard};
    ///
    /// fn name(entry: &RwLock<(String, u32)>) -> MappedRwLockReadGuard<'_, str> {
    ///     RwLockReadGuard::map(entry.read(), |(name, _)| &**name)
    /// }
    ///
    /// let entry = RwLock::new(("Ada".to_owned(), 9));
    /// assert_eq!(&*name(&entry), "Ada");
    /// ```
    MappedRwLockReadGuard, MappedRwLockReadGuard;
    "{RwLock, RwLockReadGuard}", "RwLockReadGuard::map(lock.read(), |all| all)"
}

guard! {
    /// Holds an [`RwLock`](crate::RwLock) for writing and gives a part of its value; made by
    /// [`RwLockWriteGuard::map`].
    ///
    /// It stays on the thread that acquired it, and so is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{MappedRwLockWriteGuard, RwLock, RwLockWriteGuard};
    ///
    /// fn points(entry: &RwLock<(String, u32)>) -> MappedRwLockWriteGuard<'_, u32> {
    ///     RwLockWriteGuard::map(entry.write(), |(_, points)| points)
    /// }
    ///
    /// let entry = RwLock::new(("Ada".to_owned(), 9));
    /// *points(&entry) += 1;
    /// assert_eq!(entry.read().1, 10);
    /// ```
    MappedRwLockWriteGuard, MappedRwLockWriteGuard;
    "{RwLock, RwLockWriteGuard}", "RwLockWriteGuard::map(lock.write(), |all| all)"
}

writes!(RwLockWriteGuard);
writes!(MappedRwLockWriteGuard);

maps!(
    RwLockReadGuard => MappedRwLockReadGuard, RwLockReadGuard,;
    "RwLockReadGuard", "lock.read()", "(1, 2)"
);
maps!(
    MappedRwLockReadGuard => MappedRwLockReadGuard, MappedRwLockReadGuard,;
    "MappedRwLockReadGuard, RwLockReadGuard",
    "RwLockReadGuard::map(lock.read(), |value| &value.0)", "1"
);
maps!(
    RwLockWriteGuard => MappedRwLockWriteGuard, RwLockWriteGuard, mut;
    "RwLockWriteGuard", "lock.write()", "(1, 2)"
);
maps!(
    MappedRwLockWriteGuard => MappedRwLockWriteGuard, MappedRwLockWriteGuard, mut;
    "MappedRwLockWriteGuard, RwLockWriteGuard",
    "RwLockWriteGuard::map(lock.write(), |value| &mut value.0)", "1"
);

every_guard!(
    RwLockReadGuard<'_, T>,
    RwLockWriteGuard<'_, T>,
    RwLockUpgradableGuard<'_, T>,
    MappedRwLockReadGuard<'_, T>,
    MappedRwLockWriteGuard<'_, T>
);

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Goes on reading, and lets others read; nobody writes in between.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{RwLock, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new(1);
    /// let mut guard = lock.write();
    /// *guard = 2;
    /// let guard = RwLockWriteGuard::downgrade(guard);
    /// assert_eq!(*lock.read(), *guard);
    /// ```
    #[inline]
    #[track_caller]
    pub fn downgrade(guard: Self) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard::new(lock_api::RwLockWriteGuard::downgrade(guard.inner))
    }

    /// Goes on reading, and lets others read, with the right to write again; nobody writes in
    /// between.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{RwLock, RwLockUpgradableGuard, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new(1);
    /// let guard = RwLockWriteGuard::downgrade_to_upgradable(lock.write());
    /// let reader = lock.try_read().expect("others read now");
    /// assert_eq!(*guard + *reader, 2);
    /// drop(reader);
    /// *RwLockUpgradableGuard::upgrade(guard) = 2;
    /// assert_eq!(*lock.read(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn downgrade_to_upgradable(guard: Self) -> RwLockUpgradableGuard<'a, T> {
        let inner = lock_api::RwLockWriteGuard::downgrade_to_upgradable(guard.inner);
        RwLockUpgradableGuard::new(inner)
    }
}

impl<'a, T: ?Sized> RwLockUpgradableGuard<'a, T> {
    /// Waits until nobody else reads, and goes on to write; nobody writes in between.
    ///
    /// A reader that waits for this thread makes it wait for ever.
    ///
    /// # Panics
    ///
    /// In debug builds, if this thread reads through another guard as well; in a release build
    /// without the feature `inspect` such a call never returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{RwLock, RwLockUpgradableGuard};
    ///
    /// let names = RwLock::new(vec!["Ada"]);
    /// let guard = names.upgradable(); // others may read
    /// if !guard.contains(&"Grace") {
    ///     RwLockUpgradableGuard::upgrade(guard).push("Grace"); // nobody wrote in between
    /// }
    /// assert_eq!(names.read().len(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn upgrade(guard: Self) -> RwLockWriteGuard<'a, T> {
        guard.refuse_upgrade();
        RwLockWriteGuard::new(lock_api::RwLockUpgradableReadGuard::upgrade(guard.inner))
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
    /// use threadkit::{RwLock, RwLockUpgradableGuard};
    ///
    /// let lock = RwLock::new(1);
    /// let (reader, guard) = (lock.try_read().unwrap(), lock.upgradable());
    /// let guard = RwLockUpgradableGuard::try_upgrade(guard).expect_err("one reads");
    /// drop(reader);
    /// *RwLockUpgradableGuard::try_upgrade(guard).expect("nobody else does") = 2;
    /// assert_eq!(*lock.read(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_upgrade(guard: Self) -> Result<RwLockWriteGuard<'a, T>, Self> {
        match lock_api::RwLockUpgradableReadGuard::try_upgrade(guard.inner) {
            Ok(inner) => Ok(RwLockWriteGuard::new(inner)),
            Err(inner) => Err(Self { inner }),
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
    /// With `Duration::MAX` as [`upgrade`](Self::upgrade): there is no end to wait for then.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{RwLock, RwLockUpgradableGuard};
    ///
    /// let lock = RwLock::new(1);
    /// let (reader, guard) = (lock.read(), lock.upgradable());
    /// let limit = Duration::from_millis(5);
    /// let guard = RwLockUpgradableGuard::upgrade_timeout(guard, limit).expect_err("one reads");
    /// drop(reader);
    /// *RwLockUpgradableGuard::upgrade_timeout(guard, limit).expect("nobody else does") = 2;
    /// assert_eq!(*lock.read(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn upgrade_timeout(
        guard: Self,
        timeout: Duration,
    ) -> Result<RwLockWriteGuard<'a, T>, Self> {
        if timeout == Duration::MAX {
            guard.refuse_upgrade();
        }
        match lock_api::RwLockUpgradableReadGuard::try_upgrade_for(guard.inner, timeout) {
            Ok(inner) => Ok(RwLockWriteGuard::new(inner)),
            Err(inner) => Err(Self { inner }),
        }
    }

    /// Gives up the right to write, and goes on reading.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{RwLock, RwLockUpgradableGuard};
    ///
    /// let lock = RwLock::new(1);
    /// let guard = RwLockUpgradableGuard::downgrade(lock.upgradable());
    /// assert!(lock.try_upgradable().is_some(), "another may have the right now");
    /// assert_eq!(*guard, 1);
    /// ```
    #[inline]
    #[track_caller]
    pub fn downgrade(guard: Self) -> RwLockReadGuard<'a, T> {
        let inner = lock_api::RwLockUpgradableReadGuard::downgrade(guard.inner);
        RwLockReadGuard::new(inner)
    }

    /// Refuses to wait for another guard of this very thread; before the state of this one is given
    /// away, so that a panic releases it.
    #[inline]
    #[track_caller]
    fn refuse_upgrade(&self) {
        let lock = lock_api::RwLockUpgradableReadGuard::rwlock(&self.inner);
        // SAFETY: nothing is done to the raw lock; its tag is asked.
        unsafe { lock.raw() }.tag().refuse_upgrade();
    }
}
