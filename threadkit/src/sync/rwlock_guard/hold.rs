//! What the guards have in common: how each is made of an acquisition, and changes its side.

use core::time::Duration;

use super::super::guard::{Guard, Pointer};
use super::super::traced_rw::{Above, OfSide, OnSide, TracedRwLock, Upgradable, Write};

/// Makes a guard from an acquisition that was just made of the lock of `pointer`.
#[inline(always)]
pub(super) fn hold<P, S>(pointer: P, acquired: OfSide<S>) -> Guard<P, S>
where
    P: Pointer<Raw = TracedRwLock>,
    S: OnSide,
{
    // SAFETY: the callers are in this folder. The methods of `RwLock` pass on an acquisition that they have just made of
    // their lock, with a pointer to it. Those below pass on one that they got in exchange for another one of the same
    // lock, with the pointer of that one.
    unsafe { Guard::new(pointer, acquired) }
}

impl<P: Pointer<Raw = TracedRwLock>> Guard<P, Upgradable> {
    #[inline]
    #[track_caller]
    pub(super) fn upgrade(self) -> Guard<P, Write> {
        // While the guard still owns its acquisition, so that a panic releases it.
        self.raw().tag().refuse_upgrade();
        let (pointer, acquired) = self.into_parts();
        // SAFETY: the acquisition was that of the guard, and is of this lock and thread.
        let acquired = unsafe { pointer.raw().upgrade(acquired) };
        hold(pointer, acquired)
    }

    #[inline]
    #[track_caller]
    pub(super) fn try_upgrade(self, timeout: Option<Duration>) -> Result<Guard<P, Write>, Self> {
        if timeout == Some(Duration::MAX) {
            return Ok(self.upgrade());
        }
        let (pointer, acquired) = self.into_parts();
        // SAFETY: as above.
        match unsafe { pointer.raw().try_upgrade(acquired, timeout) } {
            Ok(acquired) => Ok(hold(pointer, acquired)),
            Err(acquired) => Err(hold(pointer, acquired)),
        }
    }
}

impl<P, S> Guard<P, S>
where
    P: Pointer<Raw = TracedRwLock>,
    S: OnSide,
{
    #[inline]
    #[track_caller]
    pub(super) fn downgrade<To: OnSide>(self) -> Guard<P, To>
    where
        S: Above<To>,
    {
        let (pointer, acquired) = self.into_parts();
        // SAFETY: as above.
        let acquired = unsafe { pointer.raw().downgrade(acquired) };
        hold(pointer, acquired)
    }
}
