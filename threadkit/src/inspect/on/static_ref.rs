//! A shared cell for a reference that lives for ever.

use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

/// A reference to something that lives for ever, once there is one. Any thread may set it.
///
/// # Invariant
///
/// The pointer is null, or comes from a `&'static T`.
pub(super) struct StaticRef<T: 'static>(AtomicPtr<T>);

impl<T: Sync> StaticRef<T> {
    pub(super) const fn none() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    #[inline(always)]
    pub(super) fn set(&self, value: &'static T) {
        // Release: a thread that reads the pointer sees what is behind it.
        let value: *const T = value;
        self.0.store(value.cast_mut(), Ordering::Release);
    }

    /// Sets it to what is in the other one.
    #[inline(always)]
    pub(super) fn copy(&self, other: &Self) {
        // Acquire and release: a thread that reads the pointer here sees what is behind it, as there.
        let value = other.0.load(Ordering::Acquire);
        self.0.store(value, Ordering::Release);
    }

    #[inline(always)]
    pub(super) fn put(&self, value: Option<&'static T>) {
        match value {
            Some(value) => self.set(value),
            None => self.0.store(ptr::null_mut(), Ordering::Release),
        }
    }

    #[inline(always)]
    pub(super) fn get(&self) -> Option<&'static T> {
        // SAFETY: by the invariant it is null or points to a `T` that lives for ever and is only shared, also with
        // other threads, as `T` is `Sync`. The acquire load reads the release store of `set`.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }
}
