//! What leads to a lock is as good as the lock: `#[synchronized(self.shared)]` with an `Arc<Lock<T>>`.

use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use super::kinds::{timed_whole, whole};
use super::sides::{sides, timed_sides};
use super::{AnyLock, AnyTimedLock, Sides, SidesTimed};
use crate::sync::{Lazy, Lockable};

macro_rules! pointers {
    ($($pointer:ty $(where $f:ident)?),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<L: Lockable $(, $f: FnOnce() -> L)?> Lockable for $pointer {
            type Guard<'a>
                = L::Guard<'a>
            where
                Self: 'a;

            #[inline]
            #[track_caller]
            fn __acquire(&self) -> Self::Guard<'_> {
                (**self).__acquire()
            }

            #[inline]
            #[track_caller]
            fn __try_acquire(&self) -> Option<Self::Guard<'_>> {
                (**self).__try_acquire()
            }

            fn __label(&self) -> Option<String> {
                (**self).__label()
            }

            fn __whereabouts(&self) -> (*const (), usize) {
                (**self).__whereabouts()
            }
        }
    )*};
}

pointers!(&mut L, Box<L>, Rc<L>, Arc<L>, LazyLock<L, F> where F, Lazy<L, F> where F);

macro_rules! all_pointers {
    ($($pointer:ty $(where $f:ident)?),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<L: AnyLock $(, $f: FnOnce() -> L)?> AnyLock for $pointer {
            whole!();
        }

        #[diagnostic::do_not_recommend]
        impl<L: AnyTimedLock $(, $f: FnOnce() -> L)?> AnyTimedLock for $pointer {
            timed_whole!();

            #[inline]
            #[track_caller]
            fn __acquire_timeout(&self, timeout: Duration) -> Option<Self::Guard<'_>> {
                (**self).__acquire_timeout(timeout)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<L: Sides $(, $f: FnOnce() -> L)?> Sides for $pointer {
            sides!();

            type ReadGuard<'a>
                = L::ReadGuard<'a>
            where
                Self: 'a;
            type WriteGuard<'a>
                = L::WriteGuard<'a>
            where
                Self: 'a;

            #[inline]
            #[track_caller]
            fn __read(&self) -> Self::ReadGuard<'_> {
                (**self).__read()
            }

            #[inline]
            #[track_caller]
            fn __try_read(&self) -> Option<Self::ReadGuard<'_>> {
                (**self).__try_read()
            }

            #[inline]
            #[track_caller]
            fn __write(&self) -> Self::WriteGuard<'_> {
                (**self).__write()
            }

            #[inline]
            #[track_caller]
            fn __try_write(&self) -> Option<Self::WriteGuard<'_>> {
                (**self).__try_write()
            }

            fn __label(&self) -> Option<String> {
                (**self).__label()
            }

            fn __whereabouts(&self) -> (*const (), usize) {
                (**self).__whereabouts()
            }
        }

        #[diagnostic::do_not_recommend]
        impl<L: SidesTimed $(, $f: FnOnce() -> L)?> SidesTimed for $pointer {
            timed_sides!();

            #[inline]
            #[track_caller]
            fn __read_timeout(&self, timeout: Duration) -> Option<Self::ReadGuard<'_>> {
                (**self).__read_timeout(timeout)
            }

            #[inline]
            #[track_caller]
            fn __write_timeout(&self, timeout: Duration) -> Option<Self::WriteGuard<'_>> {
                (**self).__write_timeout(timeout)
            }
        }
    )*};
}

all_pointers!(&L, &mut L, Box<L>, Rc<L>, Arc<L>, LazyLock<L, F> where F, Lazy<L, F> where F);
