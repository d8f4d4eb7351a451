//! The parts of all guards: a pointer that leads to a lock, and a way of holding the lock.

use core::convert::identity;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr;
use std::sync::Arc;

/// A raw lock around a value.
///
/// # Safety
///
/// `value` points to the value that `raw` protects, the same one as long as the lock lives. Other code
/// reaches it only while it holds `raw`.
pub(super) unsafe trait Locked {
    type Raw;
    type Value: ?Sized;

    fn raw(&self) -> &Self::Raw;

    fn value(&self) -> *mut Self::Value;
}

/// How a guard reaches its lock, and what it gives access to: the value, or a part of it.
///
/// # Safety
///
/// Wherever the pointer is moved, `raw` gives the same lock. `value` points to the value that this lock
/// protects, to a part of it, or to something that is valid for ever; so it is valid for reads as long as
/// the pointer lives and the lock is held.
pub(super) unsafe trait Pointer {
    type Raw;
    type Value: ?Sized;

    fn raw(&self) -> &Self::Raw;

    fn value(&self) -> *mut Self::Value;
}

/// A pointer through which the value can also be written, if the lock is held in a way that [`Writes`].
///
/// # Safety
///
/// `value` is valid for writes as well.
pub(super) unsafe trait PointerMut: Pointer {}

/// A pointer that borrows its lock.
pub(super) trait Borrows<'a>: Pointer {
    fn raw_borrowed(&self) -> &'a Self::Raw;
}

macro_rules! whole {
    ($pointer:ty) => {
        // SAFETY: wherever it is moved it leads to the same lock, which lives as long as the pointer does,
        // and by the contract of `Locked` to the value of that lock.
        unsafe impl<L: Locked + ?Sized> Pointer for $pointer {
            type Raw = L::Raw;
            type Value = L::Value;

            #[inline(always)]
            fn raw(&self) -> &L::Raw {
                (**self).raw()
            }

            #[inline(always)]
            fn value(&self) -> *mut L::Value {
                (**self).value()
            }
        }

        // SAFETY: a lock gives its value mutably.
        unsafe impl<L: Locked + ?Sized> PointerMut for $pointer {}
    };
}

whole!(&L);
whole!(Arc<L>);

impl<'a, L: Locked + ?Sized> Borrows<'a> for &'a L {
    #[inline(always)]
    fn raw_borrowed(&self) -> &'a L::Raw {
        (*self).raw()
    }
}

/// A borrowed raw lock, and a pointer to a part of its value: `*const T`, or `*mut T` if it may be written.
///
/// It is a raw pointer and not a reference: a reference would have to stay valid to the end of a function
/// that takes the guard and releases the lock. There are two kinds of it, because a part that can be
/// written must be invariant in its type.
pub(super) struct Part<'a, R, V> {
    raw: &'a R,
    value: V,
    borrowed: PhantomData<&'a V>,
}

impl<'a, R, V> Part<'a, R, V> {
    /// # Safety
    ///
    /// The value keeps the contract of [`Pointer`], and if `V` is a `*mut` pointer, of [`PointerMut`].
    #[inline(always)]
    pub(super) unsafe fn new(raw: &'a R, value: V) -> Self {
        Self {
            raw,
            value,
            borrowed: PhantomData,
        }
    }
}

macro_rules! part {
    ($value:ty, $to_mut:expr) => {
        // SAFETY: both were given to `Part::new`, whose contract says this, and never change.
        unsafe impl<R, T: ?Sized> Pointer for Part<'_, R, $value> {
            type Raw = R;
            type Value = T;

            #[inline(always)]
            fn raw(&self) -> &R {
                self.raw
            }

            #[inline(always)]
            fn value(&self) -> *mut T {
                $to_mut(self.value)
            }
        }

        impl<'a, R, T: ?Sized> Borrows<'a> for Part<'a, R, $value> {
            #[inline(always)]
            fn raw_borrowed(&self) -> &'a R {
                self.raw
            }
        }

        // SAFETY: through a shared part other threads reach the raw lock, and the value as `&T`.
        unsafe impl<R: Sync, T: ?Sized + Sync> Sync for Part<'_, R, $value> {}
    };
}

part!(*const T, <*const T>::cast_mut);
part!(*mut T, identity);

// SAFETY: the contract of `Part::new` says so for `*mut` pointers.
unsafe impl<R, T: ?Sized> PointerMut for Part<'_, R, *mut T> {}

/// A way of holding a lock.
///
/// # Safety
///
/// While a lock is held in this way, no other thread writes its value, and this thread writes it only through
/// the guard.
pub(super) unsafe trait Hold {
    type Raw;

    /// One acquisition, which the raw lock takes back on release.
    type Acquired;

    /// Ends an acquisition.
    ///
    /// # Safety
    ///
    /// It was made in this way, of this lock, on this thread, and nothing else ends it.
    unsafe fn release(raw: &Self::Raw, acquired: Self::Acquired);
}

/// A way of holding a lock that lets its holder write.
///
/// # Safety
///
/// While a lock is held in this way, nothing but its guard reaches the value.
pub(super) unsafe trait Writes: Hold {}

/// One acquisition of a lock, and with it the value or a part of it; released when this is dropped.
pub(super) struct Guard<P: Pointer<Raw = H::Raw>, H: Hold> {
    pointer: P,
    acquired: ManuallyDrop<H::Acquired>,
    /// Not `Send`, because a lock is released by the thread that acquired it. `Sync` is argued below.
    on_its_thread: PhantomData<*mut ()>,
}

// SAFETY: through a shared guard other threads reach the pointer, which is `Sync`, and the value as
// `&P::Value`, which is `Sync`. They do not reach the acquisition.
unsafe impl<P, H> Sync for Guard<P, H>
where
    P: Pointer<Raw = H::Raw, Value: Sync> + Sync,
    H: Hold,
{
}

impl<P: Pointer<Raw = H::Raw>, H: Hold> Guard<P, H> {
    /// # Safety
    ///
    /// `acquired` is an acquisition of the lock of `pointer`, in this way, by this thread, and nothing else
    /// ends it. If the pointer leads to a part, the part was found under this acquisition.
    #[inline(always)]
    pub(super) unsafe fn new(pointer: P, acquired: H::Acquired) -> Self {
        Self {
            pointer,
            acquired: ManuallyDrop::new(acquired),
            on_its_thread: PhantomData,
        }
    }

    #[inline(always)]
    pub(super) fn raw(&self) -> &H::Raw {
        self.pointer.raw()
    }

    /// Leaves the acquisition to the caller, who trades it for another way of holding the lock.
    #[inline(always)]
    pub(super) fn into_parts(self) -> (P, H::Acquired) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: both are moved out of a guard that is neither dropped nor used afterwards.
        unsafe {
            (
                ptr::read(&this.pointer),
                ManuallyDrop::take(&mut this.acquired),
            )
        }
    }

    /// The raw lock, and where the acquisition is stored. The caller ends this acquisition and stores the next
    /// one there before the guard is used or dropped.
    pub(super) fn parts(&mut self) -> (&H::Raw, &mut ManuallyDrop<H::Acquired>) {
        (self.pointer.raw(), &mut self.acquired)
    }

    /// # Safety
    ///
    /// The part was returned by a function that takes a reference to the value with any lifetime. So it is in
    /// the value, or in something that lives for ever. If `V` is a `*mut` pointer, the references are `&mut`.
    #[inline(always)]
    unsafe fn narrowed<'a, V>(self, part: V) -> Guard<Part<'a, H::Raw, V>, H>
    where
        P: Borrows<'a>,
        Part<'a, H::Raw, V>: Pointer<Raw = H::Raw>,
    {
        let raw = self.pointer.raw_borrowed();
        let (_, acquired) = self.into_parts();
        // SAFETY: the acquisition moves into the new guard. While it lasts the part is as valid as the value
        // was, or it is valid for ever.
        unsafe { Guard::new(Part::new(raw, part), acquired) }
    }

    /// Narrows the guard to what `f` finds, to be read.
    #[inline(always)]
    pub(super) fn map<'a, U: ?Sized>(
        self,
        f: impl FnOnce(&P::Value) -> &U,
    ) -> Guard<Part<'a, H::Raw, *const U>, H>
    where
        P: Borrows<'a>,
    {
        let part = ptr::from_ref(f(&self));
        // SAFETY: `f` has returned it.
        unsafe { self.narrowed(part) }
    }

    /// As [`map`](Self::map), if `f` finds something; otherwise returns the guard.
    #[inline(always)]
    pub(super) fn try_map<'a, U: ?Sized>(
        self,
        f: impl FnOnce(&P::Value) -> Option<&U>,
    ) -> Result<Guard<Part<'a, H::Raw, *const U>, H>, Self>
    where
        P: Borrows<'a>,
    {
        match f(&self).map(ptr::from_ref) {
            // SAFETY: `f` has returned it.
            Some(part) => Ok(unsafe { self.narrowed(part) }),
            None => Err(self),
        }
    }
}

impl<P: PointerMut<Raw = H::Raw>, H: Writes> Guard<P, H> {
    /// Narrows the guard to what `f` finds, to be written.
    #[inline(always)]
    pub(super) fn map_mut<'a, U: ?Sized>(
        mut self,
        f: impl FnOnce(&mut P::Value) -> &mut U,
    ) -> Guard<Part<'a, H::Raw, *mut U>, H>
    where
        P: Borrows<'a>,
    {
        let part = ptr::from_mut(f(&mut self));
        // SAFETY: `f` has returned it, as a `&mut` reference.
        unsafe { self.narrowed(part) }
    }

    /// As [`map_mut`](Self::map_mut), if `f` finds something; otherwise returns the guard.
    #[inline(always)]
    pub(super) fn try_map_mut<'a, U: ?Sized>(
        mut self,
        f: impl FnOnce(&mut P::Value) -> Option<&mut U>,
    ) -> Result<Guard<Part<'a, H::Raw, *mut U>, H>, Self>
    where
        P: Borrows<'a>,
    {
        match f(&mut self).map(ptr::from_mut) {
            // SAFETY: as for `map_mut`.
            Some(part) => Ok(unsafe { self.narrowed(part) }),
            None => Err(self),
        }
    }
}

impl<P: Pointer<Raw = H::Raw>, H: Hold> Deref for Guard<P, H> {
    type Target = P::Value;

    #[inline(always)]
    fn deref(&self) -> &P::Value {
        // SAFETY: the lock is held while the guard lives, so the pointer leads to something that is valid for
        // reads. Nothing writes it while the reference lives: that takes `&mut self`.
        unsafe { &*self.pointer.value() }
    }
}

impl<P: PointerMut<Raw = H::Raw>, H: Writes> DerefMut for Guard<P, H> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut P::Value {
        // SAFETY: the lock is held for writing while the guard lives, so nothing else reaches the value, and
        // `&mut self` excludes other references through the guard. The pointer is valid for writes.
        unsafe { &mut *self.pointer.value() }
    }
}

impl<P: Pointer<Raw = H::Raw>, H: Hold> Drop for Guard<P, H> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the acquisition is taken out here only, and not used afterwards. It is that of this guard,
        // which does not leave its thread, and references that came through the guard have ended.
        unsafe { H::release(self.pointer.raw(), ManuallyDrop::take(&mut self.acquired)) };
    }
}
