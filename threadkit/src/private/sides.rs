//! Locks with a side for readers and a side for one writer.

use core::mem::size_of_val;
use core::ptr;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError};
use std::time::Duration;

use super::kinds::{timed_whole, whole};
use super::{AnyLock, AnyTimedLock, SidesTimed};
use crate::backend::lock_api;
use crate::sync::Lockable;

/// A lock for many readers or one writer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no sides to read and write",
    label = "expected an `RwLock` of threadkit, std or parking_lot",
    note = "a lock with one side is named alone: `#[synchronized(LOCK)]`, or `#[synchronized(name = LOCK)]`"
)]
pub trait Sides {
    /// Its readers' side, as a lock.
    type ReadSide<'l>
    where
        Self: 'l;

    /// Its writer's side, as a lock.
    type WriteSide<'l>
    where
        Self: 'l;

    /// Both sides.
    fn __sides(&self) -> (Self::ReadSide<'_>, Self::WriteSide<'_>);

    /// What holds it for reading.
    type ReadGuard<'a>
    where
        Self: 'a;

    /// What holds it for writing.
    type WriteGuard<'a>
    where
        Self: 'a;

    /// Acquires it for reading.
    fn __read(&self) -> Self::ReadGuard<'_>;

    /// Acquires it for reading, if that can be had at once.
    fn __try_read(&self) -> Option<Self::ReadGuard<'_>>;

    /// Acquires it for writing.
    fn __write(&self) -> Self::WriteGuard<'_>;

    /// Acquires it for writing, if that can be had at once.
    fn __try_write(&self) -> Option<Self::WriteGuard<'_>>;

    /// What to call the lock in messages, where there is more to say than that it is one.
    fn __label(&self) -> Option<String> {
        None
    }

    /// Tells the lock from any other.
    fn __whereabouts(&self) -> (*const (), usize) {
        (ptr::from_ref(self).cast(), size_of_val(self))
    }
}

/// The readers' side of a lock, as a lock.
#[derive(Debug)]
pub struct Read<'l, L: ?Sized>(&'l L);

/// The writer's side of a lock, as a lock.
#[derive(Debug)]
pub struct Write<'l, L: ?Sized>(&'l L);

/// What `read(LOCK)` names.
#[inline]
pub fn reading<L: Sides + ?Sized>(lock: &L) -> L::ReadSide<'_> {
    lock.__sides().0
}

/// What `write(LOCK)` names.
#[inline]
pub fn writing<L: Sides + ?Sized>(lock: &L) -> L::WriteSide<'_> {
    lock.__sides().1
}

/// What `read(LOCK)` names, beside a `timeout`.
#[inline]
pub fn reading_timed<L: SidesTimed + ?Sized>(lock: &L) -> L::TimedReadSide<'_> {
    lock.__timed_sides().0
}

/// What `write(LOCK)` names, beside a `timeout`.
#[inline]
pub fn writing_timed<L: SidesTimed + ?Sized>(lock: &L) -> L::TimedWriteSide<'_> {
    lock.__timed_sides().1
}

/// The members of [`Sides`] that are the same for all.
macro_rules! sides {
    () => {
        type ReadSide<'l>
            = $crate::__private::Read<'l, Self>
        where
            Self: 'l;
        type WriteSide<'l>
            = $crate::__private::Write<'l, Self>
        where
            Self: 'l;

        #[inline]
        fn __sides(&self) -> (Self::ReadSide<'_>, Self::WriteSide<'_>) {
            $crate::__private::sides::both(self)
        }
    };
}

/// The members of [`SidesTimed`] that are the same for all.
macro_rules! timed_sides {
    () => {
        type TimedReadSide<'l>
            = $crate::__private::Read<'l, Self>
        where
            Self: 'l;
        type TimedWriteSide<'l>
            = $crate::__private::Write<'l, Self>
        where
            Self: 'l;

        #[inline]
        fn __timed_sides(&self) -> (Self::TimedReadSide<'_>, Self::TimedWriteSide<'_>) {
            $crate::__private::sides::both(self)
        }
    };
}

pub(super) use {sides, timed_sides};

/// Both sides of a lock.
#[inline]
pub(super) fn both<L: ?Sized>(lock: &L) -> (Read<'_, L>, Write<'_, L>) {
    (Read(lock), Write(lock))
}

macro_rules! side {
    (
        $side:ident: $guard:ident, $acquire:ident, $try_acquire:ident, $acquire_timeout:ident
    ) => {
        #[diagnostic::do_not_recommend]
        impl<'l, L: Sides + ?Sized> Lockable for $side<'l, L> {
            // The guard borrows the lock, not this side of it.
            type Guard<'a>
                = L::$guard<'l>
            where
                Self: 'a;

            #[inline]
            #[track_caller]
            fn __acquire(&self) -> L::$guard<'l> {
                self.0.$acquire()
            }

            #[inline]
            #[track_caller]
            fn __try_acquire(&self) -> Option<L::$guard<'l>> {
                self.0.$try_acquire()
            }

            fn __label(&self) -> Option<String> {
                self.0.__label()
            }

            fn __whereabouts(&self) -> (*const (), usize) {
                self.0.__whereabouts()
            }
        }

        #[diagnostic::do_not_recommend]
        impl<L: Sides + ?Sized> AnyLock for $side<'_, L> {
            whole!();
        }

        #[diagnostic::do_not_recommend]
        impl<L: SidesTimed + ?Sized> AnyTimedLock for $side<'_, L> {
            timed_whole!();

            #[inline]
            #[track_caller]
            fn __acquire_timeout(&self, timeout: Duration) -> Option<Self::Guard<'_>> {
                self.0.$acquire_timeout(timeout)
            }
        }
    };
}

side!(Read: ReadGuard, __read, __try_read, __read_timeout);
side!(Write: WriteGuard, __write, __try_write, __write_timeout);

/// The guard, also of a lock that a panicking holder has left poisoned.
fn tried<G>(result: Result<G, TryLockError<G>>) -> Option<G> {
    match result {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> Sides for RwLock<T> {
    sides!();

    type ReadGuard<'a>
        = RwLockReadGuard<'a, T>
    where
        Self: 'a;
    type WriteGuard<'a>
        = RwLockWriteGuard<'a, T>
    where
        Self: 'a;

    #[inline]
    fn __read(&self) -> Self::ReadGuard<'_> {
        self.read().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn __try_read(&self) -> Option<Self::ReadGuard<'_>> {
        tried(self.try_read())
    }

    #[inline]
    fn __write(&self) -> Self::WriteGuard<'_> {
        self.write().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn __try_write(&self) -> Option<Self::WriteGuard<'_>> {
        tried(self.try_write())
    }
}

#[diagnostic::do_not_recommend]
impl<R: lock_api::RawRwLock, T: ?Sized> Sides for lock_api::RwLock<R, T> {
    sides!();

    type ReadGuard<'a>
        = lock_api::RwLockReadGuard<'a, R, T>
    where
        Self: 'a;
    type WriteGuard<'a>
        = lock_api::RwLockWriteGuard<'a, R, T>
    where
        Self: 'a;

    #[inline]
    #[track_caller]
    fn __read(&self) -> Self::ReadGuard<'_> {
        self.read()
    }

    #[inline]
    #[track_caller]
    fn __try_read(&self) -> Option<Self::ReadGuard<'_>> {
        self.try_read()
    }

    #[inline]
    #[track_caller]
    fn __write(&self) -> Self::WriteGuard<'_> {
        self.write()
    }

    #[inline]
    #[track_caller]
    fn __try_write(&self) -> Option<Self::WriteGuard<'_>> {
        self.try_write()
    }
}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> Sides for crate::RwLock<T> {
    sides!();

    type ReadGuard<'a>
        = crate::RwLockReadGuard<'a, T>
    where
        Self: 'a;
    type WriteGuard<'a>
        = crate::RwLockWriteGuard<'a, T>
    where
        Self: 'a;

    #[inline]
    #[track_caller]
    fn __read(&self) -> Self::ReadGuard<'_> {
        self.read()
    }

    #[inline]
    #[track_caller]
    fn __try_read(&self) -> Option<Self::ReadGuard<'_>> {
        self.try_read()
    }

    #[inline]
    #[track_caller]
    fn __write(&self) -> Self::WriteGuard<'_> {
        self.write()
    }

    #[inline]
    #[track_caller]
    fn __try_write(&self) -> Option<Self::WriteGuard<'_>> {
        self.try_write()
    }

    fn __label(&self) -> Option<String> {
        self.label()
    }
}
