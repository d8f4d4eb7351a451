//! `core`'s atomic types, visible to an [exploration](mod@crate::explore).
//!
//! Each is the type of the same name in [`core::sync::atomic`], with a point before every operation at
//! which an exploration may let another thread run. So it finds the races of code that communicates
//! by atomics alone; with `core`'s types it would see no place to switch. Without an exploration
//! there is nothing in the way: in a release build they compile to the same instructions.
//!
//! Their size is that of `core`'s, except with the feature `explore`: there each knows where it was
//! made and which run has used it last, and so a static that keeps its value from one run to the next
//! [is told](crate::explore::Report::kept).
//!
//! A loop that waits until an atomic changes calls [`threadkit::yield_now`](crate::yield_now) in each
//! round: an exploration then lets the other threads go on. Without it, an exploration may keep choosing
//! the thread in the loop, and report that the run has no end.
//!
//! An exploration runs one thread at a time, each operation after the one before it. It finds wrong
//! orders of operations, and not an [`Ordering`] that is too weak.
//!
//! # Examples
//!
//! ```
//! use std::sync::Arc;
//! use threadkit::atomic::{AtomicU64, Ordering};
//! use threadkit::explore;
//!
//! explore::check(|| {
//!     let total = Arc::new(AtomicU64::new(0));
//!     let adders = [1, 2].map(|n| {
//!         let total = Arc::clone(&total);
//!         threadkit::spawn(move || total.fetch_add(n, Ordering::Relaxed))
//!     });
//!     for adder in adders {
//!         adder.join().unwrap();
//!     }
//!     assert_eq!(total.load(Ordering::Relaxed), 3);
//! });
//! ```

use core::fmt;
use core::sync::atomic;

pub use core::sync::atomic::Ordering;

use crate::backend::{Site, yield_point};

/// `core`'s [`fence`](core::sync::atomic::fence), with a point to switch before it.
///
/// # Examples
///
/// ```
/// use threadkit::atomic::{AtomicBool, AtomicU32, Ordering, fence};
///
/// static DATA: AtomicU32 = AtomicU32::new(0);
/// static READY: AtomicBool = AtomicBool::new(false);
///
/// let sender = threadkit::spawn(|| {
///     DATA.store(7, Ordering::Relaxed);
///     fence(Ordering::Release);
///     READY.store(true, Ordering::Relaxed);
/// });
/// while !READY.load(Ordering::Relaxed) {
///     threadkit::yield_now();
/// }
/// fence(Ordering::Acquire); // who has seen the flag sees the data from here on
/// assert_eq!(DATA.load(Ordering::Relaxed), 7);
/// sender.join().unwrap();
/// ```
#[inline]
#[track_caller]
pub fn fence(order: Ordering) {
    yield_point();
    atomic::fence(order);
}

/// The docs of an example: what is done to an atomic that is called so and made like that.
macro_rules! example {
    ($atomic:ident $before:expr, $($line:expr),*) => {
        concat!(
            "# Examples\n\n```\nuse threadkit::atomic::{", stringify!($atomic), ", Ordering};\n\n",
            $before, $("\n", $line,)* "\n```",
        )
    };
}

/// Operations that take an ordering and some operands; with an example: the value before, the
/// operand, the value after.
macro_rules! operations {
    ($atomic:ident $value:ty: $(
        $(#[$doc:meta])*
        $operation:ident($($operand:ident = $by:expr)?): $before:expr => $after:expr;
    )*) => {$(
        $(#[$doc])*
        ///
        #[doc = example!(
            $atomic concat!("let atomic = ", stringify!($atomic), "::new(", $before, ");"),
            concat!(
                "let before = atomic.", stringify!($operation), "(",
                $($by, ", ",)? "Ordering::Relaxed);"
            ),
            concat!("assert_eq!((before, atomic.into_inner()), (", $before, ", ", $after, "));")
        )]
        #[inline]
        #[track_caller]
        pub fn $operation(&self, $($operand: $value,)? order: Ordering) -> $value {
            self.site.yield_point();
            self.value.$operation($($operand,)? order)
        }
    )*};
}

/// An atomic type and what all of them can do. `$two` gives the examples of its methods two values, `a`
/// and `b`; `$example` is its own.
macro_rules! atomic {
    ($atomic:ident $(<$generic:ident>)?, $value:ty, $two:expr, $example:expr) => {
        #[doc = concat!("`core`'s [`", stringify!($atomic), "`](core::sync::atomic::", stringify!($atomic), "), visible to an exploration.")]
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("use threadkit::atomic::{", stringify!($atomic), ", Ordering};")]
        ///
        #[doc = $example]
        /// ```
        pub struct $atomic $(<$generic>)? {
            value: atomic::$atomic $(<$generic>)?,
            site: Site,
        }

        impl $(<$generic>)? $atomic $(<$generic>)? {
            /// Makes one with that value.
            ///
            #[doc = example!(
                $atomic $two,
                concat!("let atomic = ", stringify!($atomic), "::new(a);"),
                "assert_eq!(atomic.load(Ordering::Acquire), a);",
                "assert_ne!(atomic.load(Ordering::Acquire), b);"
            )]
            #[inline]
            #[must_use]
            #[track_caller]
            pub const fn new(value: $value) -> Self {
                Self {
                    value: atomic::$atomic::new(value),
                    site: Site::new(concat!("an `", stringify!($atomic), "`")),
                }
            }

            /// The value.
            ///
            #[doc = example!(
                $atomic $two,
                concat!("let atomic = ", stringify!($atomic), "::new(a);"),
                "assert_eq!(atomic.load(Ordering::Acquire), a);",
                "assert_ne!(atomic.load(Ordering::Acquire), b);"
            )]
            #[inline]
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                self.site.yield_point();
                self.value.load(order)
            }

            /// Puts another value there.
            ///
            #[doc = example!(
                $atomic $two,
                concat!("let atomic = ", stringify!($atomic), "::new(a);"),
                "atomic.store(b, Ordering::Release);",
                "assert_eq!(atomic.load(Ordering::Acquire), b);"
            )]
            #[inline]
            #[track_caller]
            pub fn store(&self, value: $value, order: Ordering) {
                self.site.yield_point();
                self.value.store(value, order);
            }

            /// Puts another value there, and returns the one before.
            ///
            #[doc = example!(
                $atomic $two,
                concat!("let atomic = ", stringify!($atomic), "::new(a);"),
                "assert_eq!(atomic.swap(b, Ordering::AcqRel), a);",
                "assert_eq!(atomic.into_inner(), b);"
            )]
            #[inline]
            #[track_caller]
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                self.site.yield_point();
                self.value.swap(value, order)
            }

            /// Puts `new` there if `current` is, and returns the value before.
            ///
            /// # Errors
            ///
            /// The value that is there, if it is another one.
            ///
            #[doc = example!(
                $atomic $two,
                concat!("let atomic = ", stringify!($atomic), "::new(a);"),
                "let exchange = || atomic.compare_exchange(a, b, Ordering::AcqRel, Ordering::Acquire);",
                "assert_eq!(exchange(), Ok(a));",
                "assert_eq!(exchange(), Err(b));"
            )]
            #[inline]
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.site.yield_point();
                self.value.compare_exchange(current, new, success, failure)
            }

            /// As [`compare_exchange`](Self::compare_exchange), and may fail for no reason.
            ///
            /// # Errors
            ///
            /// The value that is there.
            ///
            #[doc = example!(
                $atomic $two,
                concat!("let atomic = ", stringify!($atomic), "::new(a);"),
                "let exchange = || atomic.compare_exchange_weak(a, b, Ordering::AcqRel, Ordering::Acquire);",
                "while exchange().is_err() {}",
                "assert_eq!(exchange(), Err(b));"
            )]
            #[inline]
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.site.yield_point();
                self.value.compare_exchange_weak(current, new, success, failure)
            }

            /// Puts there what `f` makes of the value, if it makes something; returns the value before.
            ///
            /// # Errors
            ///
            /// The value that is there, if `f` makes nothing of it.
            ///
            #[doc = example!(
                $atomic $two,
                concat!("let atomic = ", stringify!($atomic), "::new(a);"),
                "let other = |now| (now == a).then_some(b);",
                "assert_eq!(atomic.try_update(Ordering::AcqRel, Ordering::Acquire, other), Ok(a));",
                "assert_eq!(atomic.try_update(Ordering::AcqRel, Ordering::Acquire, other), Err(b));"
            )]
            #[inline]
            #[track_caller]
            #[doc(alias = "fetch_update")]
            pub fn try_update(
                &self,
                set: Ordering,
                fetch: Ordering,
                f: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                self.site.yield_point();
                self.value.try_update(set, fetch, f)
            }

            /// Puts there what `f` makes of the value, and returns the value before.
            ///
            #[doc = example!(
                $atomic $two,
                concat!("let atomic = ", stringify!($atomic), "::new(a);"),
                "let other = |now| if now == a { b } else { a };",
                "assert_eq!(atomic.update(Ordering::AcqRel, Ordering::Acquire, other), a);",
                "assert_eq!(atomic.into_inner(), b);"
            )]
            #[inline]
            #[track_caller]
            pub fn update(
                &self,
                set: Ordering,
                fetch: Ordering,
                f: impl FnMut($value) -> $value,
            ) -> $value {
                self.site.yield_point();
                self.value.update(set, fetch, f)
            }

            /// The value, to be changed: `&mut` says that nobody else is there.
            ///
            #[doc = example!(
                $atomic $two,
                concat!("let atomic = ", stringify!($atomic), "::new(a);"),
                "let mut atomic = atomic;",
                "*atomic.get_mut() = b;",
                "assert_eq!(atomic.into_inner(), b);"
            )]
            #[inline]
            pub fn get_mut(&mut self) -> &mut $value {
                self.value.get_mut()
            }

            /// The value, at the end.
            ///
            #[doc = example!(
                $atomic $two,
                concat!("let atomic = ", stringify!($atomic), "::new(a);"),
                "assert_eq!(atomic.swap(b, Ordering::Relaxed), a);",
                "assert_eq!(atomic.into_inner(), b);"
            )]
            #[inline]
            pub const fn into_inner(self) -> $value {
                self.value.into_inner()
            }
        }

        impl $(<$generic>)? Default for $atomic $(<$generic>)? {
            #[track_caller]
            fn default() -> Self {
                Self {
                    value: Default::default(),
                    site: Site::new(concat!("an `", stringify!($atomic), "`")),
                }
            }
        }

        impl $(<$generic>)? From<$value> for $atomic $(<$generic>)? {
            #[track_caller]
            fn from(value: $value) -> Self {
                Self::new(value)
            }
        }

        impl $(<$generic>)? fmt::Debug for $atomic $(<$generic>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.value.fmt(f)
            }
        }
    };
}

macro_rules! number {
    ($($atomic:ident $value:ident),* $(,)?) => {$(
        atomic!($atomic, $value, "let (a, b) = (1, 2);", concat!(
            "let n = ", stringify!($atomic), "::new(1);\n",
            "assert_eq!(n.fetch_add(2, Ordering::Relaxed), 1);\n",
            "assert_eq!(n.load(Ordering::Relaxed), 3);"
        ));

        impl $atomic {
            operations! {
                $atomic $value:
                /// Adds, around the end of the type; returns the value before.
                fetch_add(value = "2"): "5" => "7";
                /// Subtracts, around the end of the type; returns the value before.
                fetch_sub(value = "2"): "5" => "3";
                /// Keeps the bits that are in both; returns the value before.
                fetch_and(value = "0b1010"): "0b1100" => "0b1000";
                /// Keeps the bits that are not in both; returns the value before.
                fetch_nand(value = "0b1010"): "0b1100" => "!0b1000";
                /// Sets the bits that are in either; returns the value before.
                fetch_or(value = "0b1010"): "0b1100" => "0b1110";
                /// Turns the bits of the operand over; returns the value before.
                fetch_xor(value = "0b1010"): "0b1100" => "0b0110";
                /// Puts the greater of the two there; returns the value before.
                fetch_max(value = "7"): "5" => "7";
                /// Puts the smaller of the two there; returns the value before.
                fetch_min(value = "7"): "5" => "5";
            }
        }
    )*};
}

number!(
    AtomicU8 u8, AtomicU16 u16, AtomicU32 u32, AtomicU64 u64, AtomicUsize usize,
    AtomicI8 i8, AtomicI16 i16, AtomicI32 i32, AtomicI64 i64, AtomicIsize isize,
);

atomic!(
    AtomicBool,
    bool,
    "let (a, b) = (false, true);",
    "let flag = AtomicBool::new(false);\nassert!(!flag.swap(true, Ordering::AcqRel));\nassert!(flag.load(Ordering::Acquire));"
);

impl AtomicBool {
    operations! {
        AtomicBool bool:
        /// Whether both are; returns the value before.
        fetch_and(value = "false"): "true" => "false";
        /// Whether not both are; returns the value before.
        fetch_nand(value = "true"): "true" => "false";
        /// Whether either is; returns the value before.
        fetch_or(value = "true"): "false" => "true";
        /// Whether one of them is; returns the value before.
        fetch_xor(value = "true"): "true" => "false";
        /// Turns it over; returns the value before.
        fetch_not(): "true" => "false";
    }
}

atomic!(
    AtomicPtr<T>,
    *mut T,
    "let (mut one, mut two) = (1, 2);\nlet (a, b) = (&raw mut one, &raw mut two);",
    "let mut n = 1;\nlet pointer = AtomicPtr::new(&mut n);\nassert!(!pointer.load(Ordering::Acquire).is_null());"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_as_large_as_those_of_core_unless_explored() {
        let sites = size_of::<Site>() > 0;
        assert_eq!(size_of::<AtomicU8>() > size_of::<atomic::AtomicU8>(), sites);
        assert_eq!(
            size_of::<AtomicU64>() > size_of::<atomic::AtomicU64>(),
            sites
        );
        assert_eq!(
            size_of::<AtomicPtr<u8>>() > size_of::<atomic::AtomicPtr<u8>>(),
            sites
        );
        let feature = cfg!(feature = "explore");
        assert_eq!(sites, feature, "only the feature makes them larger");
    }
}
