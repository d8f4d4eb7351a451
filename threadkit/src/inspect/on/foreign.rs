//! Locks of other libraries, which attributes acquire.
//!
//! There is no tag in them, so they are told apart by their addresses, and their class is their type.

use core::marker::PhantomData;
use core::panic::Location;
use std::collections::HashMap;

use super::class::{Class, MIXED};
use super::holds::{Form, Held, Record, alone};
use super::seam;
use crate::backend::{QuietMutex, Side};
use crate::inspect::Foreign;

/// Where all of them are made, as far as this form knows.
static MADE: &Location<'static> = Location::caller();

/// The bit of the numbers of these locks. Numbers of other locks are counted up and never get there.
const FOREIGN: u64 = 1 << 62;

/// The classes, by the name of the type. They are never removed: there are as many as types of locks in the program.
static CLASSES: QuietMutex<Option<HashMap<&'static str, &'static Class>>> = QuietMutex::new(None);

impl Class {
    /// Whether it is a class of locks of another library.
    pub(super) fn is_foreign(&self) -> bool {
        core::ptr::eq(self.created, MADE)
    }

    fn foreign(kind: &'static str) -> &'static Self {
        let mut classes = CLASSES.lock();
        classes
            .get_or_insert_default()
            .entry(kind)
            .or_insert_with(|| {
                let class = Self {
                    name: Some(short(kind).leak()),
                    created: MADE,
                };
                class.shared()
            })
    }
}

/// What to call a lock of that type: `Mutex<u32> of std`.
fn short(kind: &str) -> String {
    let library = match () {
        () if kind.starts_with("std::") => "std",
        () if kind.contains("parking_lot::") => "parking_lot",
        () => "lock_api",
    };
    // Without the paths in front of names.
    let is_in_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut name = String::new();
    for part in kind.split_inclusive(|c| !is_in_name(c)) {
        name.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    // What is in the types of `parking_lot`.
    for raw in [
        "RawMutex, ",
        "RawFairMutex, ",
        "RawRwLock, ",
        "RawThreadId, ",
    ] {
        name = name.replace(raw, "");
    }
    format!("{name} of {library}")
}

/// A lock that an attribute is about to acquire.
#[derive(Clone, Copy)]
pub(crate) struct Wanted(Option<Held>);

impl Wanted {
    /// The place is that of the caller. If there is no such lock, then nothing is noted.
    #[track_caller]
    pub(crate) fn here(lock: impl FnOnce() -> Option<Foreign>) -> Self {
        Self::at(Location::caller(), lock())
    }

    /// As [`here`](Self::here), of several locks.
    #[track_caller]
    pub(crate) fn all_here<const N: usize>(
        locks: impl FnOnce() -> [Option<Foreign>; N],
    ) -> [Self; N] {
        let place = Location::caller();
        locks().map(|lock| Self::at(place, lock))
    }

    fn at(place: &'static Location<'static>, lock: Option<Foreign>) -> Self {
        let held = lock.and_then(|lock| {
            Some(Held {
                // The address of a tag is even.
                lock: lock.address | 1,
                number: MIXED | FOREIGN | lock.address as u64,
                class: alone(|| Class::foreign(lock.kind))?,
                side: lock.side,
                form: Form::Tries,
                place,
                since: seam::now(),
            })
        });
        Self(held)
    }

    /// It is acquired by a form that waits without a limit.
    pub(crate) fn waits(self) -> Self {
        let Some(held) = self.0 else { return self };
        let held = Held {
            form: Form::Waits,
            ..held
        };
        seam::acquiring(&held);
        Self(Some(held))
    }

    /// It was acquired.
    pub(crate) fn acquired(self) -> Note {
        let noted = self.0.and_then(|held| {
            let Held { lock, side, .. } = held;
            let record = seam::acquired(&held)?;
            Some(Noted { record, lock, side })
        });
        Note(noted, PhantomData)
    }
}

/// A lock that is held until this is dropped, on this thread.
#[derive(Debug)]
pub struct Note(Option<Noted>, PhantomData<*mut ()>);

struct Noted {
    record: &'static Record,
    lock: usize,
    side: Option<Side>,
}

impl core::fmt::Debug for Noted {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Noted").finish_non_exhaustive()
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        if let Some(Noted { record, lock, side }) = self.0 {
            // The guard is dropped next.
            seam::releases(Some(record), lock, side, || {});
        }
    }
}

#[cfg(test)]
mod tests {
    use core::any::type_name;

    use super::short;

    #[test]
    fn types_of_locks_are_shortened() {
        type Lot<T> = crate::backend::lock_api::Mutex<parking_lot::RawMutex, T>;
        assert_eq!(
            short(type_name::<std::sync::Mutex<Vec<Option<u32>>>>()),
            "Mutex<Vec<Option<u32>>> of std"
        );
        assert_eq!(
            short(type_name::<std::sync::RwLock<[(u8, String)]>>()),
            "RwLock<[(u8, String)]> of std"
        );
        assert_eq!(short(type_name::<Lot<()>>()), "Mutex<()> of parking_lot");
    }
}
