//! The classes of locks.

use core::fmt;
use core::panic::Location;
use core::sync::atomic::{AtomicU64, Ordering};

use super::forked;
use crate::backend::QuietSpinMutex;
use crate::index_map::IndexMap;
use crate::inspect::ours::is_ours;

/// The locks that are made at one place, with one name or without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Class {
    pub(super) name: Option<&'static str>,
    pub(super) created: &'static Location<'static>,
}

/// Classes are never removed: there are as many as places in the program that make locks.
static CLASSES: QuietSpinMutex<IndexMap<Class, &'static Class>> =
    QuietSpinMutex::new(IndexMap::new());

impl Class {
    /// Whether its locks have nothing in common, because the place is not in the program: it is in this library or in
    /// std.
    fn is_mixed(&self) -> bool {
        self.name.is_none() && (is_ours(self.created) || self.created.file().starts_with("/rustc/"))
    }

    /// The one reference to the class. It takes memory when the class is new. `None` if the list of all classes cannot
    /// be read any more.
    pub(super) fn shared(self) -> Option<&'static Self> {
        let mut classes = forked::lock(&CLASSES)?;
        Some(*classes.get_or_insert_with(self, || Box::leak(Box::new(self))))
    }
}

/// As a part of a sentence.
impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) if self.is_foreign() => write!(f, "`{name}`"),
            Some(name) => write!(f, "`{name}` ({})", self.created),
            None => write!(f, "the lock made at {}", self.created),
        }
    }
}

/// The bit of the number of a lock whose class is mixed.
pub(super) const MIXED: u64 = 1 << 63;

/// Bits that no number has.
pub(super) const UNUSED: u64 = 0b1111 << 58;

/// The number of a lock of that class. No other lock has it, not even one that is made later in the same place of the
/// memory.
pub(super) fn new_number(class: &Class) -> u64 {
    /// A counter of 58 bits does not overflow in the lifetime of a process.
    static NEXT: AtomicU64 = AtomicU64::new(1);
    // Relaxed: only the uniqueness of the number matters.
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    match class.is_mixed() {
        true => number | MIXED,
        false => number,
    }
}
