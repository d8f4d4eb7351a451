//! Locks of other libraries, which attributes acquire.
//!
//! There is no tag in them, so the address of a lock identifies it, and its type is its class.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::panic::Location;

use super::class::{Class, MIXED, UNUSED};
use super::events;
use super::forked;
use super::holds::{Form, Held, Record, alone};
use crate::backend::{QuietSpinMutex, Side};
use crate::index_map::IndexMap;
use crate::inspect::Foreign;
use crate::local::local;

/// Where all of them are made, as far as this form knows.
static MADE: &Location<'static> = Location::caller();

/// The bit of the numbers of these locks. Numbers of other locks are counted up and never get there.
const FOREIGN: u64 = 1 << 62;

/// The classes, by the name of the type. They are never removed: there are as many as types of locks in the program.
static CLASSES: QuietSpinMutex<IndexMap<&'static str, &'static Class>> =
    QuietSpinMutex::new(IndexMap::new());

impl Class {
    /// Whether it is a class of locks of another library.
    pub(super) fn is_foreign(&self) -> bool {
        core::ptr::eq(self.created, MADE)
    }

    /// `None` if the list of these classes cannot be read any more.
    fn foreign(kind: &'static str) -> Option<&'static Self> {
        let mut classes = forked::lock(&CLASSES)?;
        if let Some(class) = classes.get(&kind) {
            return Some(class);
        }
        let class = Self {
            name: Some(short(kind).leak()),
            created: MADE,
        };
        let class = class.shared()?;
        classes.insert(kind, class);
        Some(class)
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

/// The most locks of an attribute.
const MOST: usize = 8;

/// The locks that an attribute is about to acquire, or has acquired; `None` if they are all of this library.
#[derive(Clone, Copy)]
pub(crate) struct Wanted(Option<[Option<Held>; MOST]>);

local! {
    /// The locks that the current thread has acquired by an attribute, for the note that the attribute takes next.
    static ACQUIRED: Cell<Wanted> = const { Cell::new(Wanted(None)) };
}

impl Wanted {
    /// The place is that of the caller. If there is no such lock, then nothing is noted.
    #[track_caller]
    pub(crate) fn here(lock: impl FnOnce() -> Option<Foreign>) -> Self {
        let place = Location::caller();
        let first = lock().and_then(|lock| held(place, lock));
        Self(first.map(|first| {
            let mut all = [None; MOST];
            all[0] = Some(first);
            all
        }))
    }

    /// As [`here`](Self::here), of several locks.
    #[track_caller]
    pub(crate) fn all_here(locks: impl FnOnce() -> [Option<Foreign>; MOST]) -> Self {
        let place = Location::caller();
        let all = locks().map(|lock| lock.and_then(|lock| held(place, lock)));
        Self(all.iter().any(Option::is_some).then_some(all))
    }

    /// They are acquired by a form that waits without a limit.
    pub(crate) fn waits(mut self) -> Self {
        for held in self.0.iter_mut().flatten().flatten() {
            held.form = Form::Waits;
            events::acquiring(held);
        }
        self
    }

    /// They were acquired. Nothing else runs on this thread before [`note_foreign`].
    pub(crate) fn acquired(self) {
        ACQUIRED.set(self);
    }
}

fn held(place: &'static Location<'static>, lock: Foreign) -> Option<Held> {
    Some(Held {
        // The address of a tag is even.
        lock: lock.address | 1,
        number: MIXED | FOREIGN | lock.address as u64 & !UNUSED,
        class: alone(|| Class::foreign(lock.kind))??,
        side: lock.side,
        form: Form::Tries,
        place,
        since: events::now(),
    })
}

/// Notes that the locks that the attribute has just acquired are held, until the result is dropped.
pub(crate) fn note_foreign() -> Notes {
    let acquired = ACQUIRED.replace(Wanted(None)).0;
    let note = |held: Held| {
        let Held { lock, side, .. } = held;
        let record = events::acquired(&held)?;
        Some(Noted { record, lock, side })
    };
    let notes = acquired.map(|all| all.map(|held| held.and_then(note)));
    Notes(notes, PhantomData)
}

/// Locks that are held until this is dropped, on this thread.
#[derive(Debug)]
pub struct Notes(Option<[Option<Noted>; MOST]>, PhantomData<*mut ()>);

struct Noted {
    record: &'static Record,
    lock: usize,
    side: Option<Side>,
}

impl fmt::Debug for Noted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Noted").finish_non_exhaustive()
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        for Noted { record, lock, side } in self.0.iter().flatten().flatten() {
            // The guard is dropped next.
            events::releases(Some(record), *lock, *side, || {});
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
