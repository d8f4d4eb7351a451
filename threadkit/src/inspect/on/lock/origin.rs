//! The class of a lock, its number in the order of locks, and whether it outlives a run.

use core::panic::Location;
use core::sync::atomic::{AtomicU64, Ordering};

use super::super::class::{Class, MIXED, new_number};
use super::super::holds::alone;
use super::super::static_ref::StaticRef;
use crate::backend::explored::LastRun;

/// The class of a lock, and whether the lock outlives the runs of an exploration.
pub(super) struct Origin {
    pub(super) class: Class,
    /// By [`new_number`]. Until the lock is first acquired, it is zero or [`MIXED`].
    pub(super) number: AtomicU64,
    /// The class. It is set before the number.
    pub(super) shared: StaticRef<Class>,
    pub(super) last_run: LastRun,
}

impl Origin {
    #[track_caller]
    pub(super) const fn new(name: Option<&'static str>) -> Self {
        Self {
            class: Class {
                name,
                created: Location::caller(),
            },
            number: AtomicU64::new(0),
            shared: StaticRef::none(),
            last_run: LastRun::none(),
        }
    }

    /// The class and the number; `None` in an allocator that is called for them, and where they cannot be noted.
    #[inline(always)]
    pub(super) fn identity(&self) -> Option<(&'static Class, u64)> {
        // Acquire: the class was set before.
        let number = self.number.load(Ordering::Acquire);
        match is_number(number) {
            true => Some((self.shared.get()?, number)),
            false => self.first_identity(),
        }
    }

    #[cold]
    fn first_identity(&self) -> Option<(&'static Class, u64)> {
        let class = alone(|| self.class.shared())??;
        self.shared.set(class);
        let none = self.number.load(Ordering::Relaxed);
        if !is_number(none) {
            let new = new_number(class) | none;
            // Another thread may be faster. Release: a thread that reads the number sees the class.
            let _ = (self.number).compare_exchange(none, new, Ordering::Release, Ordering::Relaxed);
        }
        Some((class, self.number.load(Ordering::Relaxed)))
    }

    pub(super) fn describe(&self) -> String {
        let Class { name, created } = self.class;
        match name {
            Some(name) => format!("`{name}` ({created})"),
            None => format!("made at {created}"),
        }
    }
}

/// Whether a lock has that number, and so a class as well.
#[inline(always)]
pub(super) fn is_number(number: u64) -> bool {
    number & !MIXED != 0
}
