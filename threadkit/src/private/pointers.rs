//! Pointers to locks are locks: `#[synchronized(self.shared)]` works with an `Arc<Lock<T>>`.

use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use super::kinds::{AnyTimedLock, any_timed_lock};
use super::sides::{
    OneSide, Read, Sided, SidedTimed, Sides, SidesTimed, Write, sided_timed, sides,
};

use crate::sync::{Lazy, Lockable, lockable};

macro_rules! pointers {
    ($([$($generics:tt)*] $pointer:ty;)*) => {
        any_timed_lock!($(
            [L: AnyTimedLock $($generics)*] $pointer,
            |lock, timeout| (**lock).__acquire_timeout(timeout);
        )*);
        lockable!($(
            [L: Sided<S> $($generics)*, S] Sided<S> => $pointer, L::Guard<'a>;
            |lock| (**lock).__acquire(), (**lock).__try_acquire(), label (**lock).__label(),
                whereabouts (**lock).__whereabouts(), foreign (**lock).__foreign();
        )*);
        sided_timed!($(
            [L: SidedTimed<S> $($generics)*, S] S, $pointer,
            |lock, timeout| (**lock).__acquire_timeout(timeout);
        )*);
        sides!(
            Sides, ReadSide, WriteSide;
            $([L: Sides $($generics)*] $pointer;)*
        );
        sides!(
            SidesTimed, TimedReadSide, TimedWriteSide;
            $([L: SidesTimed $($generics)*] $pointer;)*
        );
    };
}

/// Implements [`Lockable`] itself, which is implemented for `&L` next to the trait.
macro_rules! lockable_pointers {
    ($([$($generics:tt)*] $pointer:ty;)*) => {
        lockable!($(
            [L: Lockable $($generics)*] Lockable => $pointer, L::Guard<'a>, as __Ref;
            |lock| (**lock).__acquire(), (**lock).__try_acquire(), label (**lock).__label(),
                whereabouts (**lock).__whereabouts(), foreign (**lock).__foreign();
        )*);
    };
}

macro_rules! owning_pointers {
    ($macro:ident; $($more:tt)*) => {
        $macro! {
            $($more)*
            [] &mut L;
            [] Box<L>;
            [] Rc<L>;
            [] Arc<L>;
            [, F: FnOnce() -> L] LazyLock<L, F>;
            [, F: FnOnce() -> L] Lazy<L, F>;
        }
    };
}

owning_pointers!(lockable_pointers;);
owning_pointers!(pointers; [] &L;);
