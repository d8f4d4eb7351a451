//! Below the owned guards: one acquisition of a lock that is in an `Arc`.

use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr;
use std::sync::Arc;

/// A way of holding a lock around a `T`.
///
/// # Safety
///
/// While a lock is held in this way nobody writes its value, and `value` points to it.
pub(super) unsafe trait Side<T: ?Sized> {
    type Lock: ?Sized;

    /// What the raw lock wants back; it also keeps the guard on its thread.
    type State;

    fn value(lock: &Self::Lock) -> *mut T;

    /// Ends an acquisition.
    ///
    /// # Safety
    ///
    /// The state is that of an acquisition in this way, by this thread, which goes on.
    unsafe fn release(lock: &Self::Lock, state: Self::State);
}

/// A way of holding a lock that lets its holder write.
///
/// # Safety
///
/// While a lock is held in this way nobody else reaches its value.
pub(super) unsafe trait Writes<T: ?Sized>: Side<T> {}

/// Holds a lock and keeps it alive, until it is dropped.
pub(super) struct Owned<T: ?Sized, S: Side<T>> {
    lock: Arc<S::Lock>,
    state: ManuallyDrop<S::State>,
    /// As if the value were in here: so the guard can be shared only if the value can.
    value: PhantomData<T>,
}

impl<T: ?Sized, S: Side<T>> Owned<T, S> {
    /// # Safety
    ///
    /// The state is that of an acquisition of this lock in this way, and nobody else ends it.
    #[inline]
    pub(super) unsafe fn new(lock: Arc<S::Lock>, state: S::State) -> Self {
        Self {
            lock,
            state: ManuallyDrop::new(state),
            value: PhantomData,
        }
    }

    pub(super) fn lock(&self) -> &S::Lock {
        &self.lock
    }

    /// Leaves the acquisition to the caller, who goes over to another way of holding the lock.
    #[inline]
    pub(super) fn into_parts(self) -> (Arc<S::Lock>, S::State) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: both are moved out of something that is neither dropped nor used any more.
        unsafe { (ptr::read(&this.lock), ManuallyDrop::take(&mut this.state)) }
    }

    /// The lock and the place of the state, for who ends the acquisition and puts the state of the
    /// next one in its place before anybody else looks.
    pub(super) fn parts(&mut self) -> (&S::Lock, &mut ManuallyDrop<S::State>) {
        (&self.lock, &mut self.state)
    }
}

impl<T: ?Sized, S: Side<T>> Deref for Owned<T, S> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held while this lives, so nobody writes the value.
        unsafe { &*S::value(&self.lock) }
    }
}

impl<T: ?Sized, S: Writes<T>> DerefMut for Owned<T, S> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held while this lives, so nobody else reaches the value, and `&mut
        // self` says that no other reference comes through this.
        unsafe { &mut *S::value(&self.lock) }
    }
}

impl<T: ?Sized, S: Side<T>> Drop for Owned<T, S> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the state is taken here only, and not used afterwards; it is that of the acquisition
        // that this stands for, and references that came through this have ended.
        unsafe { S::release(&self.lock, ManuallyDrop::take(&mut self.state)) };
    }
}
