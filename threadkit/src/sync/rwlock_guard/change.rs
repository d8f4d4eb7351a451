//! Upgrades and downgrades.

use core::time::Duration;

use super::read::{OwnedRwLockReadGuard, RwLockReadGuard};
use super::upgradable::{OwnedRwLockUpgradableGuard, RwLockUpgradableGuard};
use super::write::{OwnedRwLockWriteGuard, RwLockWriteGuard};

macro_rules! changes {
    (
        $read:ident, $upgradable:ident, $write:ident <$($life:lifetime)?>;
        $lock:literal $owned:literal
    ) => {
        impl<$($life,)? T: ?Sized> $write<$($life,)? T> {
            /// Becomes a reader, and lets others read. No other thread writes in between.
            ///
            /// A method, as everything is that makes another guard of this one for the whole value; a method of the
            /// value with this name is called as `T::downgrade(&guard)`.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $lock]
            #[doc = concat!("let mut guard = lock.write", $owned, "();")]
            /// *guard = 2;
            /// let guard = guard.downgrade();
            /// assert_eq!(*lock.read(), *guard);
            /// assert!(lock.try_write().is_none());
            /// ```
            #[inline]
            #[track_caller]
            pub fn downgrade(self) -> $read<$($life,)? T> {
                $read::new(self.held.downgrade())
            }

            /// Becomes an upgradable reader, and lets others read. No other thread writes in between.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $lock]
            #[doc = concat!("let guard = lock.write", $owned, "().downgrade_to_upgradable();")]
            /// let reader = lock.try_read().expect("others read now");
            /// assert_eq!(*guard + *reader, 2);
            /// drop(reader);
            /// *guard.upgrade() = 2;
            /// assert_eq!(*lock.read(), 2);
            /// ```
            #[inline]
            #[track_caller]
            pub fn downgrade_to_upgradable(self) -> $upgradable<$($life,)? T> {
                $upgradable::new(self.held.downgrade())
            }
        }

        impl<$($life,)? T: ?Sized> $upgradable<$($life,)? T> {
            /// Waits until no other thread reads, and becomes the writer. No other thread writes in between.
            ///
            /// If a reader waits for this thread, this never returns.
            ///
            /// # Panics
            ///
            /// In debug builds, if this thread reads through another guard as well; in a release build
            /// without the feature `inspect` such a call never returns.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $lock]
            #[doc = concat!("let guard = lock.upgradable", $owned, "(); // others may read")]
            /// if *guard < 5 {
            ///     *guard.upgrade() += 1; // no other thread wrote in between
            /// }
            /// assert_eq!(*lock.read(), 2);
            /// ```
            #[inline]
            #[track_caller]
            pub fn upgrade(self) -> $write<$($life,)? T> {
                $write::new(self.held.upgrade())
            }

            /// Becomes the writer if no other thread reads.
            ///
            /// # Errors
            ///
            /// The guard itself, if another thread reads.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $lock]
            #[doc = concat!("let (reader, guard) = (lock.read(), lock.upgradable", $owned, "());")]
            /// let guard = guard.try_upgrade().expect_err("one reads");
            /// drop(reader);
            /// *guard.try_upgrade().expect("no other thread reads") = 2;
            /// assert_eq!(*lock.read(), 2);
            /// ```
            #[inline]
            #[track_caller]
            pub fn try_upgrade(self) -> Result<$write<$($life,)? T>, Self> {
                let upgraded = self.held.try_upgrade(None).map_err(Self::new)?;
                Ok($write::new(upgraded))
            }

            /// Waits for a limited time until no other thread reads, and becomes the writer.
            ///
            /// # Errors
            ///
            /// The guard itself, if another thread still reads at the end of that time.
            ///
            /// # Panics
            ///
            /// With `Duration::MAX`, as [`upgrade`](Self::upgrade).
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Duration;
            #[doc = $lock]
            #[doc = concat!("let (reader, guard) = (lock.read(), lock.upgradable", $owned, "());")]
            /// let limit = Duration::from_millis(5);
            /// let guard = guard.upgrade_timeout(limit).expect_err("one reads");
            /// drop(reader);
            /// *guard.upgrade_timeout(limit).expect("no other thread reads") = 2;
            /// assert_eq!(*lock.read(), 2);
            /// ```
            #[inline]
            #[track_caller]
            pub fn upgrade_timeout(
                self,
                timeout: Duration,
            ) -> Result<$write<$($life,)? T>, Self> {
                let upgraded = self.held.try_upgrade(Some(timeout)).map_err(Self::new)?;
                Ok($write::new(upgraded))
            }

            /// Becomes a reader without the right to write.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $lock]
            #[doc = concat!("let guard = lock.upgradable", $owned, "().downgrade();")]
            /// assert!(lock.try_upgradable().is_some(), "another may have the right now");
            /// assert_eq!(*guard, 1);
            /// ```
            #[inline]
            #[track_caller]
            pub fn downgrade(self) -> $read<$($life,)? T> {
                $read::new(self.held.downgrade())
            }
        }
    };
}

changes!(
    RwLockReadGuard, RwLockUpgradableGuard, RwLockWriteGuard<'a>;
    "use threadkit::RwLock;\n\nlet lock = RwLock::new(1);" ""
);
changes!(
    OwnedRwLockReadGuard, OwnedRwLockUpgradableGuard, OwnedRwLockWriteGuard<>;
    "use std::sync::Arc;\nuse threadkit::RwLock;\n\nlet lock = Arc::new(RwLock::new(1));" "_owned"
);
