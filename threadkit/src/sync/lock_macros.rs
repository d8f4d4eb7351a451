//! The common parts of the public locks and their guards, written once for all of them.

/// Makes a public guard out of a [`Guard`](super::guard::Guard). All of them give access to the value, print as the value, and stay
/// on their thread.
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
            pub(super) fn new(held: $crate::sync::guard::Guard<$pointer, $hold>) -> Self {
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
        // Without this impl the guard is not `Send` either, but the compiler would then complain of a
        // `*mut ()` inside it. With the impl it reports the bound, which has a message of its own.
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

/// Lets the holder of a guard write the value.
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

/// How a guard is narrowed to a part of the value, which `$mutable` makes a part to be written.
macro_rules! maps {
    (
        $lock:ident, $guard:ident => $mapped:ident, $map:ident, $try_map:ident $(, $mutable:ident)?;
        $uses:literal, $make:literal, $part:literal
    ) => {
        impl<'a, T: ?Sized> $guard<'a, T> {
            /// Narrows the guard to a part of the value; the lock stays held.
            ///
            /// An associated function, so that it cannot hide a method of the value.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::{", stringify!($lock), ", ", $uses, "};")]
            ///
            #[doc = concat!("let lock = ", stringify!($lock), "::new(((1, 2), \"three\"));")]
            #[doc = concat!("let part = ", stringify!($guard), "::map(")]
            #[doc = concat!("    ", $make, ",")]
            #[doc = concat!("    |value| &", $(stringify!($mutable), " ",)? "value.0,")]
            /// );
            #[doc = concat!("assert_eq!(*part, ", $part, ");")]
            /// ```
            #[inline]
            pub fn map<U: ?Sized>(
                guard: Self,
                f: impl FnOnce(&$($mutable)? T) -> &$($mutable)? U,
            ) -> $mapped<'a, U> {
                $mapped::new(guard.held.$map(f))
            }

            /// Narrows the guard to a part of the value, if there is that part.
            ///
            /// # Errors
            ///
            /// The guard itself, if `f` returns `None`.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::{", stringify!($lock), ", ", $uses, "};")]
            ///
            #[doc = concat!("let lock = ", stringify!($lock), "::new(((1, 2), \"three\"));")]
            #[doc = concat!("let part = ", stringify!($guard), "::try_map(")]
            #[doc = concat!("    ", $make, ",")]
            #[doc = concat!("    |value| Some(&", $(stringify!($mutable), " ",)? "value.0),")]
            /// ).unwrap();
            #[doc = concat!("assert_eq!(*part, ", $part, ");")]
            /// drop(part);
            #[doc = concat!("let whole = ", stringify!($guard), "::try_map(")]
            #[doc = concat!("    ", $make, ",")]
            #[doc = concat!("    |_| None::<&", $(stringify!($mutable), " ",)? "u8>,")]
            /// ).unwrap_err();
            #[doc = concat!("assert_eq!(whole.0, ", $part, ", \"still held, as it was\");")]
            /// ```
            #[inline]
            pub fn try_map<U: ?Sized>(
                guard: Self,
                f: impl FnOnce(&$($mutable)? T) -> Option<&$($mutable)? U>,
            ) -> Result<$mapped<'a, U>, Self> {
                let mapped = guard.held.$try_map(f).map_err(Self::new)?;
                Ok($mapped::new(mapped))
            }
        }
    };
}

/// What every lock around a value has, beside the ways to acquire it: a `raw` lock, and the `value` in an
/// `UnsafeCell`.
macro_rules! around_value {
    (
        $lock:ident: $raw:ident, $tag:ident;
        $(#[$new_doc:meta])* new
        $(#[$named_doc:meta])* named
        $(#[$into_inner_doc:meta])* into_inner
        $(#[$debug_doc:meta])* Debug by $print:ident, $attempt:ident
    ) => {
        // SAFETY: the value is in the lock. It is reached by guards of the raw lock, and through `&mut` or by
        // value, which exclude guards.
        unsafe impl<T: ?Sized> $crate::sync::guard::Locked for $lock<T> {
            type Raw = $raw;
            type Value = T;

            #[inline(always)]
            fn raw(&self) -> &$raw {
                &self.raw
            }

            #[inline(always)]
            fn value(&self) -> *mut T {
                self.value.get()
            }
        }

        impl<T> $lock<T> {
            const fn tagged(tag: $tag, value: T) -> Self {
                Self {
                    raw: $raw::new(tag),
                    value: UnsafeCell::new(value),
                }
            }

            $(#[$new_doc])*
            #[must_use]
            #[inline]
            #[track_caller]
            pub const fn new(value: T) -> Self {
                Self::tagged($tag::new(), value)
            }

            $(#[$named_doc])*
            #[must_use]
            #[inline]
            #[track_caller]
            pub const fn named(name: &'static str, value: T) -> Self {
                Self::tagged($tag::named(name), value)
            }

            $(#[$into_inner_doc])*
            #[inline]
            pub fn into_inner(self) -> T {
                self.value.into_inner()
            }
        }

        impl<T: ?Sized> $lock<T> {
            /// The value, without locking: `&mut` proves that no other reference to the lock exists.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let mut lock = threadkit::", stringify!($lock), "::new(1);")]
            /// *lock.get_mut() += 1;
            /// assert_eq!(lock.into_inner(), 2);
            /// ```
            #[inline]
            pub const fn get_mut(&mut self) -> &mut T {
                self.value.get_mut()
            }

            /// Whether `a` and `b` are the same lock.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use threadkit::", stringify!($lock), ";")]
            ///
            #[doc = concat!("let (a, b) = (", stringify!($lock), "::new(1), ", stringify!($lock), "::new(1));")]
            #[doc = concat!("assert!(", stringify!($lock), "::same(&a, &a));")]
            #[doc = concat!("assert!(!", stringify!($lock), "::same(&a, &b));")]
            /// ```
            #[must_use]
            pub fn same(a: &Self, b: &Self) -> bool {
                core::ptr::addr_eq(a, b)
            }

            /// The name of this lock in reports, if it has one.
            pub(crate) fn label(&self) -> Option<String> {
                self.raw.tag().label()
            }
        }

        $(#[$debug_doc])*
        impl<T: ?Sized + core::fmt::Debug> core::fmt::Debug for $lock<T> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let mut fields = f.debug_struct(stringify!($lock));
                $crate::sync::printing::$print(&mut fields, self, || self.$attempt());
                self.raw.tag().debug_fields(&mut fields);
                fields.finish_non_exhaustive()
            }
        }

        impl<T: Default> Default for $lock<T> {
            #[track_caller]
            fn default() -> Self {
                // The place of a `Default`, which is often derived, says little of what the lock is for.
                Self::tagged($tag::unclassed(), T::default())
            }
        }

        impl<T> From<T> for $lock<T> {
            #[track_caller]
            fn from(value: T) -> Self {
                Self::new(value)
            }
        }
    };
}

/// The three forms of acquiring a lock in one way, with one kind of guard.
macro_rules! acquires {
    (
        $lock_type:ident, $guard:ident<$($life:lifetime)?> from $this:ty, $lock:ident => $pointer:expr;
        $(#[$doc:meta])* $acquire:ident
        $(#[$try_doc:meta])* $try_acquire:ident
        $(#[$timeout_doc:meta])* $acquire_timeout:ident
    ) => {
        impl<T: ?Sized> $lock_type<T> {
            $(#[$doc])*
            #[inline]
            #[track_caller]
            pub fn $acquire(self: &$this) -> $guard<$($life,)? T> {
                let (acquired, $lock) = (self.raw().lock(), self);
                $guard::new(hold($pointer, acquired))
            }

            $(#[$try_doc])*
            #[inline]
            #[track_caller]
            #[must_use = "the lock is released again at once; bind the guard; `let _ = ..` drops it at once too"]
            pub fn $try_acquire(self: &$this) -> Option<$guard<$($life,)? T>> {
                let (acquired, $lock) = (self.raw().try_lock()?, self);
                Some($guard::new(hold($pointer, acquired)))
            }

            $(#[$timeout_doc])*
            #[inline]
            #[track_caller]
            pub fn $acquire_timeout(
                self: &$this,
                timeout: core::time::Duration,
            ) -> Result<$guard<$($life,)? T>, TimedOut> {
                let (acquired, $lock) = (self.raw().try_lock_for(timeout).ok_or(TimedOut)?, self);
                Ok($guard::new(hold($pointer, acquired)))
            }
        }
    };
}

pub(super) use {acquires, around_value, guard, guard_mut, maps};
