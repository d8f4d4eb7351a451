//! `core`'s atomic types, visible to an [exploration](mod@crate::explore).
//!
//! Each type wraps the type of the same name in [`core::sync::atomic`]. Before every operation an exploration
//! can switch to another thread, so it finds races of code that communicates only by atomics. With
//! `core`'s types it could not switch there. In a release build without exploration they compile to the
//! same instructions as `core`'s.
//!
//! They have the size of `core`'s types, except with the feature `explore`. Then each stores where it was made
//! and which run has used it last, so that an exploration can
//! [report](crate::explore::Report::kept) a static that keeps its value from one run to the next.
//!
//! A loop that waits until an atomic changes should call [`threadkit::yield_now`](crate::yield_now) in each
//! round. An exploration runs the other threads then. It also does so after some rounds without it.
//!
//! An exploration runs one thread at a time, and the operations one after another. It finds wrong orders of
//! operations, and with [`weak_memory`](crate::explore::Explorer::weak_memory) also an [`Ordering`] that is too weak.
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

use crate::backend::{
    Access, Shown, Site, before_fence, has_changed_nothing_if, is_explored, leaves,
};

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
/// fence(Ordering::Acquire); // a thread that has seen the flag sees the data from here on
/// assert_eq!(DATA.load(Ordering::Relaxed), 7);
/// sender.join().unwrap();
/// ```
#[inline]
#[track_caller]
pub fn fence(order: Ordering) {
    before_fence(order);
    atomic::fence(order);
}

/// The docs of an example: those lines, with `atomic` of that type and that value.
macro_rules! example {
    ($atomic:ident $before:expr, $value:expr, $($line:expr),*) => {
        concat!(
            "# Examples\n\n```\nuse threadkit::atomic::{", stringify!($atomic), ", Ordering};\n\n",
            $before, "let atomic = ", stringify!($atomic), "::new(", $value, ");",
            $("\n", $line,)* "\n```",
        )
    };
}

/// Operations that take an ordering and some operands; with an example: the value before, the
/// operand, the value after. `$names` is what the example needs before.
macro_rules! operations {
    ($atomic:ident $value:ty, $names:expr; $(
        $(#[$doc:meta])*
        $operation:ident($($operand:ident = $by:expr)?): $before:expr => $after:expr;
    )*) => {$(
        $(#[$doc])*
        ///
        #[doc = example!(
            $atomic $names, $before,
            concat!(
                "let before = atomic.", stringify!($operation), "(",
                $($by, ", ",)? "Ordering::Relaxed);"
            ),
            concat!("assert_eq!((before, atomic.into_inner()), (", $before, ", ", $after, "));")
        )]
        #[inline]
        #[track_caller]
        pub fn $operation(&self, $($operand: $value,)? order: Ordering) -> $value {
            self.step(stringify!($operation));
            let before = self.value.$operation($($operand,)? order);
            self.updated_from(before, order);
            before
        }
    )*};
}

/// Operations that store `new` if the value is `current`; with the line of the example that does so.
macro_rules! exchanges {
    ($atomic:ident $value:ty, $two:expr; $($(#[$doc:meta])* $operation:ident: $exchange:expr;)*) => {$(
        $(#[$doc])*
        ///
        #[doc = example!(
            $atomic $two, "a",
            concat!(
                "let exchange = || atomic.", stringify!($operation),
                "(a, b, Ordering::AcqRel, Ordering::Acquire);"
            ),
            $exchange,
            "assert_eq!(exchange(), Err(b));"
        )]
        #[inline]
        #[track_caller]
        pub fn $operation(
            &self,
            current: $value,
            new: $value,
            success: Ordering,
            failure: Ordering,
        ) -> Result<$value, $value> {
            self.step(stringify!($operation));
            if let Some(older) = self.older(Some(current), failure) {
                has_changed_nothing_if(|| true);
                return Err(older);
            }
            let before = self.value.$operation(current, new, success, failure);
            self.exchanged_from(before, success, failure);
            before
        }
    )*};
}

/// An atomic type and the methods that all of them have. `$two` gives the examples of its methods two values,
/// `a` and `b`; `$example` is the example of the type.
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
            /// Makes an atomic with that value.
            ///
            #[doc = example!(
                $atomic $two, "a",
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

            /// Loads the value.
            ///
            #[doc = example!(
                $atomic $two, "a",
                "assert_eq!(atomic.load(Ordering::Acquire), a);",
                "assert_ne!(atomic.load(Ordering::Acquire), b);"
            )]
            #[inline]
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                self.site.step_on("load", Access::look(self));
                self.site.loads(self.value.load(order), order)
            }

            /// Stores a value.
            ///
            #[doc = example!(
                $atomic $two, "a",
                "atomic.store(b, Ordering::Release);",
                "assert_eq!(atomic.load(Ordering::Acquire), b);"
            )]
            #[inline]
            #[track_caller]
            pub fn store(&self, value: $value, order: Ordering) {
                self.step("store");
                // Relaxed: the threads of an exploration take turns.
                let before = is_explored().then(|| self.value.load(Ordering::Relaxed));
                self.value.store(value, order);
                if let Some(before) = before {
                    self.changed_from(before);
                    self.site.stores([before, value], order);
                }
            }

            operations! {
                $atomic $value, $two;
                /// Stores a value, and returns the one before.
                swap(value = "b"): "a" => "b";
            }

            exchanges! {
                $atomic $value, $two;
                /// Stores `new` if the value is `current`, and returns the value before.
                ///
                /// # Errors
                ///
                /// The value, if it is not `current`.
                compare_exchange: "assert_eq!(exchange(), Ok(a));";
                /// As [`compare_exchange`](Self::compare_exchange), but may fail spuriously.
                ///
                /// # Errors
                ///
                /// The value.
                compare_exchange_weak: "while exchange().is_err() {}";
            }

            /// Stores what `f` returns for the value, if it is `Some`; returns the value before.
            ///
            /// # Errors
            ///
            /// The value, if `f` returns `None` for it.
            ///
            #[doc = example!(
                $atomic $two, "a",
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
                mut f: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                self.step("try_update");
                if let Some(older) = self.older(None, fetch)
                    && f(older).is_none()
                {
                    has_changed_nothing_if(|| true);
                    return Err(older);
                }
                let before = self.value.try_update(set, fetch, f);
                self.exchanged_from(before, set, fetch);
                before
            }

            /// Stores what `f` returns for the value, and returns the value before.
            ///
            #[doc = example!(
                $atomic $two, "a",
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
                self.step("update");
                let before = self.value.update(set, fetch, f);
                self.updated_from(before, set);
                before
            }

            /// A step of an exploration that may change the value.
            #[inline]
            #[track_caller]
            fn step(&self, verb: &'static str) {
                self.site.step_on(verb, Access::change(self));
            }

            /// The older value with which an exploration lets an operation fail, if it does. It differs from
            /// `wanted`, or else from the newest value.
            #[inline]
            fn older(&self, wanted: Option<$value>, order: Ordering) -> Option<$value> {
                let newest = is_explored().then(|| self.value.load(Ordering::Relaxed))?;
                self.site.fails_with(newest, wanted.unwrap_or(newest), order)
            }

            /// Tells an exploration what a read-modify-write has done, which has read `before`.
            #[inline]
            fn updated_from(&self, before: $value, order: Ordering) {
                self.changed_from(before);
                if is_explored() {
                    let after = self.value.load(Ordering::Relaxed);
                    self.site.updates([before, after], order);
                }
            }

            /// The same of one that fails if it finds another value than it wants.
            #[inline]
            fn exchanged_from(
                &self,
                before: Result<$value, $value>,
                success: Ordering,
                failure: Ordering,
            ) {
                if !is_explored() {
                    return;
                }
                // Relaxed: the threads of an exploration take turns.
                let after = self.value.load(Ordering::Relaxed);
                match before {
                    Ok(before) => {
                        has_changed_nothing_if(|| after == before);
                        self.site.exchanges([before, after], success);
                    }
                    Err(before) => {
                        has_changed_nothing_if(|| true);
                        self.site.fails(before, failure);
                    }
                }
            }

            /// Tells an exploration whether that step has changed the value, which was `before`.
            #[inline]
            fn changed_from(&self, before: $value) {
                // Relaxed: the threads of an exploration take turns.
                has_changed_nothing_if(|| self.value.load(Ordering::Relaxed) == before);
                leaves(|| self.value.load(Ordering::Relaxed).shown());
            }

            /// The value, mutably: `&mut` proves that no other reference to the atomic exists.
            ///
            #[doc = example!(
                $atomic $two, "a",
                "let mut atomic = atomic;",
                "*atomic.get_mut() = b;",
                "assert_eq!(atomic.into_inner(), b);"
            )]
            #[inline]
            pub fn get_mut(&mut self) -> &mut $value {
                self.site.owned();
                self.value.get_mut()
            }

            /// Consumes the atomic and returns the value.
            ///
            #[doc = example!(
                $atomic $two, "a",
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
        atomic!($atomic, $value, "let (a, b) = (1, 2);\n", concat!(
            "let n = ", stringify!($atomic), "::new(1);\n",
            "assert_eq!(n.fetch_add(2, Ordering::Relaxed), 1);\n",
            "assert_eq!(n.load(Ordering::Relaxed), 3);"
        ));

        impl $atomic {
            operations! {
                $atomic $value, "";
                /// Adds with wrapping; returns the value before.
                fetch_add(value = "2"): "5" => "7";
                /// Subtracts with wrapping; returns the value before.
                fetch_sub(value = "2"): "5" => "3";
                /// Bitwise and; returns the value before.
                fetch_and(value = "0b1010"): "0b1100" => "0b1000";
                /// Bitwise nand; returns the value before.
                fetch_nand(value = "0b1010"): "0b1100" => "!0b1000";
                /// Bitwise or; returns the value before.
                fetch_or(value = "0b1010"): "0b1100" => "0b1110";
                /// Bitwise xor; returns the value before.
                fetch_xor(value = "0b1010"): "0b1100" => "0b0110";
                /// Stores the maximum of the two; returns the value before.
                fetch_max(value = "7"): "5" => "7";
                /// Stores the minimum of the two; returns the value before.
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
    "let (a, b) = (false, true);\n",
    "let flag = AtomicBool::new(false);\nassert!(!flag.swap(true, Ordering::AcqRel));\nassert!(flag.load(Ordering::Acquire));"
);

impl AtomicBool {
    operations! {
        AtomicBool bool, "";
        /// Logical and; returns the value before.
        fetch_and(value = "false"): "true" => "false";
        /// Logical nand; returns the value before.
        fetch_nand(value = "true"): "true" => "false";
        /// Logical or; returns the value before.
        fetch_or(value = "true"): "false" => "true";
        /// Logical xor; returns the value before.
        fetch_xor(value = "true"): "true" => "false";
        /// Logical not; returns the value before.
        fetch_not(): "true" => "false";
    }
}

atomic!(
    AtomicPtr<T>,
    *mut T,
    "let (mut one, mut two) = (1, 2);\nlet (a, b) = (&raw mut one, &raw mut two);\n",
    "let mut n = 1;\nlet pointer = AtomicPtr::new(&mut n);\nassert!(!pointer.load(Ordering::Acquire).is_null());"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_as_large_as_those_of_core_unless_explored() {
        let sizes = [
            [size_of::<AtomicU8>(), size_of::<atomic::AtomicU8>()],
            [size_of::<AtomicU64>(), size_of::<atomic::AtomicU64>()],
            [
                size_of::<AtomicPtr<u8>>(),
                size_of::<atomic::AtomicPtr<u8>>(),
            ],
        ];
        for [ours, of_core] in sizes {
            assert_eq!(ours > of_core, cfg!(feature = "explore"));
        }
    }
}
