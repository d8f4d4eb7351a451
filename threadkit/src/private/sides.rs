//! Locks with a side for readers and a side for one writer.

use core::marker::PhantomData;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use crate::backend::{Side, lock_api};
use crate::inspect::Foreign;
use crate::sync::{Lockable, Whereabouts, lockable, unpoisoned, whereabouts};

/// A lock for many readers or one writer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no sides to read and write",
    label = "expected an `RwLock` of threadkit, std or parking_lot 0.13",
    note = "a lock with one side is named alone: `#[synchronized(LOCK)]`, or `#[synchronized(name = LOCK)]`"
)]
pub trait Sides {
    /// Its readers' side, as a lock; see [`Lockable`].
    type ReadSide<'l>: From<&'l Self>
    where
        Self: 'l;

    /// Its writer's side, as a lock.
    type WriteSide<'l>: From<&'l Self>
    where
        Self: 'l;
}

/// A lock with sides, with waits that can time out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an `RwLock` that can give up waiting",
    label = "with `timeout`, expected an `RwLock` of threadkit or parking_lot 0.13",
    note = "std's locks can only be waited for without limit: leave `timeout` out"
)]
pub trait SidesTimed: Sides {
    /// As [`Sides::ReadSide`].
    type TimedReadSide<'l>: From<&'l Self>
    where
        Self: 'l;

    /// As [`Sides::WriteSide`].
    type TimedWriteSide<'l>: From<&'l Self>
    where
        Self: 'l;
}

/// The side that `read(LOCK)` names.
#[inline]
pub fn reading<L: Sides + ?Sized>(lock: &L) -> L::ReadSide<'_> {
    lock.into()
}

/// The side that `write(LOCK)` names.
#[inline]
pub fn writing<L: Sides + ?Sized>(lock: &L) -> L::WriteSide<'_> {
    lock.into()
}

/// The side that `read(LOCK)` names, with a `timeout`.
#[inline]
pub fn reading_timed<L: SidesTimed + ?Sized>(lock: &L) -> L::TimedReadSide<'_> {
    lock.into()
}

/// The side that `write(LOCK)` names, with a `timeout`.
#[inline]
pub fn writing_timed<L: SidesTimed + ?Sized>(lock: &L) -> L::TimedWriteSide<'_> {
    lock.into()
}

/// The readers' side.
#[derive(Debug)]
pub struct Read;

/// The writer's side.
#[derive(Debug)]
pub struct Write;

/// As [`Lockable`], for the side `S`.
pub trait Sided<S> {
    /// The guard of that side.
    type Guard<'a>
    where
        Self: 'a;

    /// Acquires the side.
    fn __acquire(&self) -> Self::Guard<'_>;

    /// Acquires the side if that needs no waiting.
    fn __try_acquire(&self) -> Option<Self::Guard<'_>>;

    /// As of [`Lockable`].
    fn __label(&self) -> Option<String> {
        None
    }

    /// As of [`Lockable`].
    fn __whereabouts(&self) -> Whereabouts {
        whereabouts(self)
    }

    /// As of [`Lockable`].
    fn __foreign(&self) -> Option<Foreign> {
        None
    }
}

/// The same for a lock with waits that can time out.
pub trait SidedTimed<S>: Sided<S> {
    /// Acquires the side, or gives up after `timeout`.
    fn __acquire_timeout(&self, timeout: Duration) -> Option<Self::Guard<'_>>;
}

/// One side of a lock, as a lock.
#[derive(Debug)]
pub struct OneSide<'l, L: ?Sized, S>(&'l L, PhantomData<S>);

impl<'l, L: ?Sized, S> OneSide<'l, L, S> {
    pub(super) fn lock(&self) -> &'l L {
        self.0
    }
}

impl<'l, L: ?Sized, S> From<&'l L> for OneSide<'l, L, S> {
    #[inline]
    fn from(lock: &'l L) -> Self {
        Self(lock, PhantomData)
    }
}

lockable! {
    // The guard borrows the lock, not this side of it.
    ['o, L: Sided<S> + ?Sized, S] Lockable => OneSide<'o, L, S>, L::Guard<'o>, as __Ref;
    |side| side.0.__acquire(), side.0.__try_acquire(), label side.0.__label(),
        whereabouts side.0.__whereabouts(), foreign side.0.__foreign();

    [T: ?Sized] Sided<Read> => RwLock<T>, RwLockReadGuard<'a, T>;
    |lock| lock.read().unwrap_or_else(PoisonError::into_inner), unpoisoned(lock.try_read()),
        foreign Some(Foreign::new(lock, Some(Side::Read)));

    [T: ?Sized] Sided<Write> => RwLock<T>, RwLockWriteGuard<'a, T>;
    |lock| lock.write().unwrap_or_else(PoisonError::into_inner), unpoisoned(lock.try_write()),
        foreign Some(Foreign::new(lock, Some(Side::Write)));

    [R: lock_api::RawRwLock, T: ?Sized] Sided<Read>
        => lock_api::RwLock<R, T>, lock_api::RwLockReadGuard<'a, R, T>;
    |lock| lock.read(), lock.try_read(),
        foreign Some(Foreign::new(lock, Some(Side::Read)));

    [R: lock_api::RawRwLock, T: ?Sized] Sided<Write>
        => lock_api::RwLock<R, T>, lock_api::RwLockWriteGuard<'a, R, T>;
    |lock| lock.write(), lock.try_write(),
        foreign Some(Foreign::new(lock, Some(Side::Write)));

    [T: ?Sized] Sided<Read> => crate::RwLock<T>, crate::RwLockReadGuard<'a, T>;
    |lock| lock.read(), lock.try_read(), label lock.label();

    [T: ?Sized] Sided<Write> => crate::RwLock<T>, crate::RwLockWriteGuard<'a, T>;
    |lock| lock.write(), lock.try_write(), label lock.label();
}

macro_rules! sides {
    ($trait:ident, $read:ident, $write:ident; $([$($generics:tt)*] $lock:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> $trait for $lock {
            type $read<'l>
                = OneSide<'l, Self, Read>
            where
                Self: 'l;
            type $write<'l>
                = OneSide<'l, Self, Write>
            where
                Self: 'l;
        }
    )*};
}

macro_rules! sided_timed {
    ($([$($generics:tt)*] $side:ty, $type:ty, |$lock:ident, $timeout:ident| $acquire:expr;)*) => {$(
        impl<$($generics)*> SidedTimed<$side> for $type {
            #[inline]
            #[track_caller]
            fn __acquire_timeout(&self, $timeout: Duration) -> Option<Self::Guard<'_>> {
                let $lock = self;
                $acquire
            }
        }
    )*};
}

pub(super) use {sided_timed, sides};

sides! {
    Sides, ReadSide, WriteSide;
    [T: ?Sized] RwLock<T>;
    [T: ?Sized] crate::RwLock<T>;
    [R: lock_api::RawRwLock, T: ?Sized] lock_api::RwLock<R, T>;
}

sides! {
    SidesTimed, TimedReadSide, TimedWriteSide;
    [T: ?Sized] crate::RwLock<T>;
    [R: lock_api::RawRwLockTimed<Duration = Duration>, T: ?Sized] lock_api::RwLock<R, T>;
}

sided_timed! {
    [T: ?Sized] Read, crate::RwLock<T>, |lock, timeout| lock.read_timeout(timeout).ok();
    [T: ?Sized] Write, crate::RwLock<T>, |lock, timeout| lock.write_timeout(timeout).ok();
    [R: lock_api::RawRwLockTimed<Duration = Duration>, T: ?Sized] Read, lock_api::RwLock<R, T>,
        |lock, timeout| lock.try_read_for(timeout);
    [R: lock_api::RawRwLockTimed<Duration = Duration>, T: ?Sized] Write, lock_api::RwLock<R, T>,
        |lock, timeout| lock.try_write_for(timeout);
}
