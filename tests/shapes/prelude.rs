//! The items that all cases of `shapes.rs` can use.
#![forbid(unsafe_code)]
#![deny(warnings, clippy::all, clippy::pedantic, clippy::nursery)]
#![deny(
    deprecated_in_future,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    future_incompatible,
    keyword_idents,
    let_underscore,
    let_underscore_drop,
    macro_use_extern_crate,
    meta_variable_misuse,
    missing_debug_implementations,
    missing_docs,
    non_ascii_idents,
    nonstandard_style,
    redundant_lifetimes,
    rust_2018_idioms,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unused,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]
// These lints are about the form of the cases, and not about their expansion.
#![allow(
    dead_code,
    clippy::boxed_local,
    clippy::missing_const_for_fn,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::needless_arbitrary_self_type,
    clippy::needless_pass_by_ref_mut,
    clippy::needless_pass_by_value,
    clippy::return_self_not_must_use,
    clippy::trivially_copy_pass_by_ref,
    clippy::type_complexity,
    clippy::unnecessary_box_returns,
    clippy::unnecessary_literal_bound,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    clippy::wildcard_imports
)]

pub use std::fmt::{Debug, Display};
pub use std::pin::Pin;
pub use std::sync::Arc;
pub use std::time::Duration;
pub use threadkit::RwLock;
pub use threadkit::prelude::*;

/// Another way to threadkit.
pub mod facade {
    pub use ::threadkit as threads;
}

/// A lock.
pub static LOCK: Lock<u64> = Lock::new(0);
/// Another lock.
pub static OTHER: RLock<u64> = RLock::new(0);
/// A table.
pub static TABLE: RwLock<u64> = RwLock::new(0);
/// A limit.
pub const LIMIT: Duration = Duration::from_secs(1);

/// Uses a value.
pub const fn touch<T: ?Sized>(_: &T) {}

/// Leaves in a function's stead.
#[macro_export]
macro_rules! bail {
    () => {
        return Err(String::new())
    };
}

/// A struct to take apart.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// To the right.
    pub x: u8,
    /// Up.
    pub y: u8,
}

/// A struct with locks.
#[derive(Debug)]
pub struct Subject {
    /// A lock.
    pub lock: Lock<u64>,
    /// A table.
    pub table: RwLock<u64>,
}

/// The same, but generic.
#[derive(Debug)]
pub struct Generic<'g, G, const M: usize>
where
    G: Clone,
{
    /// A lock.
    pub lock: Lock<u64>,
    /// A table.
    pub table: RwLock<u64>,
    /// Something that is borrowed.
    pub items: [&'g G; M],
}

/// A generic one that owns what it has.
#[derive(Debug)]
pub struct Owning<G, const M: usize>
where
    G: Clone,
{
    /// A lock.
    pub lock: Lock<u64>,
    /// A table.
    pub table: RwLock<u64>,
    /// Items.
    pub items: [G; M],
}

/// A value for handles.
#[derive(Debug, Default)]
pub struct Guarded {
    /// How many.
    pub count: usize,
    /// No more.
    pub closed: bool,
}

impl Guarded {
    /// No more than these.
    pub const LIMIT: usize = 3;

    const fn is_open(&self) -> bool {
        !self.closed
    }

    const fn may(this: &Self) -> bool {
        this.count < Self::LIMIT
    }
}

/// The same, but generic.
#[derive(Debug)]
pub struct GuardedOf<'g, G, const M: usize>
where
    G: Clone,
{
    /// How many.
    pub count: usize,
    /// No more.
    pub closed: bool,
    /// Something that is borrowed.
    pub items: [&'g G; M],
}

impl<G: Clone, const M: usize> GuardedOf<'_, G, M> {
    /// No more than these.
    pub const LIMIT: usize = 3;

    const fn is_open(&self) -> bool {
        !self.closed
    }

    const fn may(this: &Self) -> bool {
        this.count < Self::LIMIT
    }
}
