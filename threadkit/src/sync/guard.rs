//! What all guards are made of: a pointer that leads to a lock, and a way of holding it.

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
/// `value` points to the value that `raw` protects, the same one as long as the lock lives, and others
/// reach it only by holding `raw`.
pub(super) unsafe trait Locked {
    type Raw;
    type Value: ?Sized;

    fn raw(&self) -> &Self::Raw;

    fn value(&self) -> *mut Self::Value;
}

/// How a guard reaches its lock, and what it gives: the value, or a part of it.
///
/// # Safety
///
/// Wherever the pointer is moved, `raw` gives the same lock, and `value` points to what that lock protects,
/// or to a part of it, or to something else that is as good: valid for reads as long as this pointer
/// lives and the lock is held in a way that it was made for.
pub(super) unsafe trait Pointer {
    type Raw;
    type Value: ?Sized;

    fn raw(&self) -> &Self::Raw;

    fn value(&self) -> *mut Self::Value;
}

/// A pointer by which the value may be written, too, in a way of holding that [`Writes`].
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
        // SAFETY: it leads to the same lock wherever it is moved, which lives as long as it does; and by
        // the contract of that, to its value.
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

        // SAFETY: a lock gives its value for writing.
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

/// A borrowed raw lock, and where a part of its value is: `*const T`, or `*mut T` if it may be written.
///
/// A raw pointer and not a reference, which would have to be valid to the end of a function that is given
/// the guard and releases the lock; and of two kinds, because a part that can be written must be
/// invariant in its type.
pub(super) struct Part<'a, R, V> {
    raw: &'a R,
    value: V,
    borrowed: PhantomData<&'a V>,
}

impl<'a, R, V> Part<'a, R, V> {
    /// # Safety
    ///
    /// The value is protected by the lock, or is as good as that: see [`Pointer`], and if `V` is a `*mut`
    /// pointer, [`PointerMut`].
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
        // SAFETY: both were given by the maker of the part, who has promised this, and never change.
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

        // SAFETY: what is reached through a shared part is the raw lock, and the value as `&T`.
        unsafe impl<R: Sync, T: ?Sized + Sync> Sync for Part<'_, R, $value> {}
    };
}

part!(*const T, <*const T>::cast_mut);
part!(*mut T, identity);

// SAFETY: so says the maker of a part that can be written.
unsafe impl<R, T: ?Sized> PointerMut for Part<'_, R, *mut T> {}

/// A way of holding a lock.
///
/// # Safety
///
/// While a lock is held in this way, nobody writes its value except through what the holder has given out,
/// and no other thread writes it at all.
pub(super) unsafe trait Hold {
    type Raw;

    /// One acquisition, as the raw lock wants it back.
    type Acquired;

    /// Ends an acquisition.
    ///
    /// # Safety
    ///
    /// It was made in this way, of this lock, on this thread, and is not ended by anybody else.
    unsafe fn release(raw: &Self::Raw, acquired: Self::Acquired);
}

/// A way of holding a lock that lets its holder write.
///
/// # Safety
///
/// While a lock is held in this way nobody else reaches its value.
pub(super) unsafe trait Writes: Hold {}

/// One acquisition of a lock, and with it the value or a part of it; released when this is dropped.
pub(super) struct Guard<P: Pointer<Raw = H::Raw>, H: Hold> {
    pointer: P,
    acquired: ManuallyDrop<H::Acquired>,
    /// Neither `Send`, as a lock is released by the thread that acquired it, nor by itself `Sync`.
    on_its_thread: PhantomData<*mut ()>,
}

// SAFETY: what other threads reach through a shared guard is the pointer, which allows it, and the value as
// `&P::Value`, which it allows. The acquisition is not reached.
unsafe impl<P, H> Sync for Guard<P, H>
where
    P: Pointer<Raw = H::Raw, Value: Sync> + Sync,
    H: Hold,
{
}

impl<P: Pointer<Raw = H::Raw>, H: Hold> Guard<P, H> {
    /// # Safety
    ///
    /// `acquired` is an acquisition of the lock of `pointer`, in this way, by this thread, and nobody else
    /// ends it. If the pointer leads to a part, the part was made under this acquisition.
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

    /// Leaves the acquisition to the caller, who holds the lock in another way from now on.
    #[inline(always)]
    pub(super) fn into_parts(self) -> (P, H::Acquired) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: both are moved out of something that is neither dropped nor used any more.
        unsafe {
            (
                ptr::read(&this.pointer),
                ManuallyDrop::take(&mut this.acquired),
            )
        }
    }

    /// The raw lock, and where its acquisition is: for a caller that ends this one and puts the next one
    /// there before the guard is used or dropped.
    pub(super) fn parts(&mut self) -> (&H::Raw, &mut ManuallyDrop<H::Acquired>) {
        (self.pointer.raw(), &mut self.acquired)
    }

    /// # Safety
    ///
    /// The part was found in the value or, by a function that knows no lifetime but that of its argument, in
    /// something that lives for ever. If `V` is a `*mut` pointer, it was found through a `&mut` reference.
    #[inline(always)]
    unsafe fn narrowed<'a, V>(self, part: V) -> Guard<Part<'a, H::Raw, V>, H>
    where
        P: Borrows<'a>,
        Part<'a, H::Raw, V>: Pointer<Raw = H::Raw>,
    {
        let raw = self.pointer.raw_borrowed();
        let (_, acquired) = self.into_parts();
        // SAFETY: the acquisition goes over into the new guard; while it lasts, the part is as valid as the
        // value was, or for ever.
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
        // SAFETY: `f` has found it.
        unsafe { self.narrowed(part) }
    }

    /// As [`map`](Self::map), if `f` finds something; otherwise the guard is given back.
    #[inline(always)]
    pub(super) fn try_map<'a, U: ?Sized>(
        self,
        f: impl FnOnce(&P::Value) -> Option<&U>,
    ) -> Result<Guard<Part<'a, H::Raw, *const U>, H>, Self>
    where
        P: Borrows<'a>,
    {
        match f(&self).map(ptr::from_ref) {
            // SAFETY: `f` has found it.
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
        // SAFETY: `f` has found it, through a `&mut` reference.
        unsafe { self.narrowed(part) }
    }

    /// As [`map_mut`](Self::map_mut), if `f` finds something; otherwise the guard is given back.
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
        // SAFETY: the lock is held while this lives, so what the pointer leads to is valid for reads; and
        // nobody writes it while the reference lives, as `DerefMut` takes `&mut self`.
        unsafe { &*self.pointer.value() }
    }
}

impl<P: PointerMut<Raw = H::Raw>, H: Writes> DerefMut for Guard<P, H> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut P::Value {
        // SAFETY: the lock is held for writing while this lives, so nobody else reaches the value, and
        // `&mut self` says that no other reference comes through this. The pointer leads to something
        // that is valid for writes.
        unsafe { &mut *self.pointer.value() }
    }
}

impl<P: Pointer<Raw = H::Raw>, H: Hold> Drop for Guard<P, H> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the acquisition is taken here only, and not used afterwards. It is that of this guard, which
        // does not leave its thread, and references that came through the guard have ended.
        unsafe { H::release(self.pointer.raw(), ManuallyDrop::take(&mut self.acquired)) };
    }
}

/// Makes a public guard out of a [`Guard`], with what all of them have in common: they give the value, print
/// as it, and stay on their thread.
macro_rules! guard {
    (
        $(#[$doc:meta])*
        $name:ident<$($life:lifetime)?> over $pointer:ty, $hold:ty;
        $(#[$release:meta])*
        release
    ) => {
        $(#[$doc])*
        #[must_use = "the lock is released again at once; bind the guard with `let guard = ..`; `let _ = ..` drops it at once too"]
        #[clippy::has_significant_drop]
        pub struct $name<$($life,)? T: ?Sized> {
            pub(super) held: $crate::sync::guard::Guard<$pointer, $hold>,
        }

        impl<$($life,)? T: ?Sized> $name<$($life,)? T> {
            #[inline(always)]
            fn new(held: $crate::sync::guard::Guard<$pointer, $hold>) -> Self {
                Self { held }
            }

            $(#[$release])*
            #[inline]
            #[doc(alias = "unlock")]
            pub fn release(self) {}
        }

        impl<$($life,)? T: ?Sized> core::ops::Deref for $name<$($life,)? T> {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                &self.held
            }
        }

        impl<$($life,)? T: ?Sized + core::fmt::Debug> core::fmt::Debug for $name<$($life,)? T> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<$($life,)? T: ?Sized + core::fmt::Display> core::fmt::Display for $name<$($life,)? T> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                (**self).fmt(f)
            }
        }

        #[doc(hidden)]
        // Without this the guard is not `Send` either, for what is inside it; but then the compiler
        // speaks of a `*mut ()` in there. With it, the refusal is that of the bound, which has words.
        //
        // SAFETY: it never applies. The one impl of `LeavesItsThread` covers a guard only where
        // `AnotherThread: Takes<guard>` holds. This crate implements `Takes` for nothing, and no other
        // crate can: the trait is in a private module and nothing re-exports it, so it has no name there.
        unsafe impl<$($life,)? T: ?Sized> Send for $name<$($life,)? T>
        where
            Self: $crate::sync::stays::LeavesItsThread
        {
        }
    };
}

/// The same for those that let their holder write.
macro_rules! guard_mut {
    ($($name:ty),*) => {$(
        impl<T: ?Sized> core::ops::DerefMut for $name {
            #[inline]
            fn deref_mut(&mut self) -> &mut T {
                &mut self.held
            }
        }
    )*};
}

pub(super) use {guard, guard_mut};
