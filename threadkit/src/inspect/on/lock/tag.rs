//! What is known of a lock, and how it is shown.

use core::fmt;
use core::panic::Location;
use core::ptr;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::super::class::MIXED;
use super::super::contention::Contended;
use super::super::holds::Record;
use super::super::method::{self, MethodAt};
use super::super::static_ref::StaticRef;
use super::origin::Origin;
use crate::identity;
use crate::inspect::ended_by::Ender;
use crate::inspect::{EndedBy, Enders, Method};

/// What is known of one lock.
///
/// # Invariant
///
/// `holder` is the id of the task that holds the lock, or zero. Only the task that holds the lock writes it.
/// So a task that reads its own id there holds the lock; any other value may be out of date. `place` is where
/// the holder acquired it, if there ever was one. If `method` has the same place, it is the method for which that was
/// done. `record` is that of its thread, if it has one. Both are from the last
/// acquisition. A task that reads the holder by an acquire load reads the record that this holder has written, or a
/// later one.
///
/// A holder writes `holder` after it has acquired the lock, and zero before it releases it. So a holder that sleeps
/// holds the lock. While the lock is handed over, and just after it was acquired, `holder` is zero.
pub(crate) struct LockTag {
    pub(super) origin: Origin,
    pub(super) holder: AtomicU64,
    pub(super) record: StaticRef<Record>,
    pub(super) place: StaticRef<Location<'static>>,
    pub(super) method: MethodAt,
    /// How many threads wait for it, while contention is recorded.
    pub(super) waiters: AtomicU32,
}

impl LockTag {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self::over(Origin::new(None))
    }

    #[track_caller]
    pub(crate) const fn named(name: &'static str) -> Self {
        Self::over(Origin::new(Some(name)))
    }

    /// The tag of a lock whose place does not show what it is for. The lock is of no class with others.
    #[track_caller]
    pub(crate) const fn unclassed() -> Self {
        let mut origin = Origin::new(None);
        origin.number = AtomicU64::new(MIXED);
        Self::over(origin)
    }

    const fn over(origin: Origin) -> Self {
        Self {
            origin,
            holder: AtomicU64::new(0),
            record: StaticRef::none(),
            place: StaticRef::none(),
            method: MethodAt::none(),
            waiters: AtomicU32::new(0),
        }
    }

    /// The address of this lock, which no other live lock has.
    #[inline(always)]
    pub(in crate::inspect::form) fn key(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    pub(super) fn contended(&self) -> Contended<'_> {
        Contended {
            lock: self.key(),
            class: self.origin.class,
            waiters: &self.waiters,
        }
    }

    /// Whether there is a holder.
    pub(in crate::inspect::form) fn is_held(&self) -> bool {
        self.holder.load(Ordering::Relaxed) != 0
    }

    /// The task that holds the lock, unless it is free or about to change hands.
    pub(in crate::inspect::form) fn ender(&self) -> Option<Ender> {
        let task = self.holder.load(Ordering::Relaxed).try_into().ok()?;
        Some(Ender {
            task,
            native: (self.record.get().map(Record::native)).filter(|native| *native != 0),
            since: self.place(),
        })
    }

    /// Where the holder acquired the lock, as a part of a sentence; empty in the other form.
    pub(crate) fn since(&self) -> String {
        let method = method::in_words(self.method());
        match self.place() {
            Some(place) => format!("{method} since {place}"),
            None => method,
        }
    }

    /// The method for which the holder acquired it, or the last one if there is none.
    pub(super) fn method(&self) -> Option<Method> {
        self.method.at(self.place()?)
    }

    /// Where the holder acquired it, or the last one if there is none.
    pub(in crate::inspect::form) fn place(&self) -> Option<&'static Location<'static>> {
        self.place.get()
    }

    /// Where the lock was made.
    pub(in crate::inspect::form) fn created(&self) -> &'static Location<'static> {
        self.origin.class.created
    }

    /// What to call the lock in messages: its name and where it was made.
    pub(super) fn describe(&self) -> String {
        self.origin.describe()
    }

    /// The same, where nothing else says that it is a lock.
    pub(in crate::inspect::form) fn describe_in_sentence(&self) -> String {
        match self.origin.class.name {
            Some(_) => self.describe(),
            None => format!("the lock {}", self.describe()),
        }
    }

    /// The same, with the word `lock` in any case.
    pub(in crate::inspect::form) fn describe_as_lock(&self) -> String {
        match self.origin.class.name {
            Some(_) => format!("lock {}", self.describe()),
            None => self.describe_in_sentence(),
        }
    }

    /// The same as `describe`; `None` in the other form.
    pub(crate) fn label(&self) -> Option<String> {
        Some(self.describe())
    }

    /// Adds the name, and the holder.
    pub(crate) fn debug_fields(&self, fields: &mut fmt::DebugStruct<'_, '_>) {
        if let Some(name) = self.origin.class.name {
            fields.field("name", &name);
        }
        let Ok(holder) = self.holder.load(Ordering::Relaxed).try_into() else {
            return;
        };
        match identity::find(holder) {
            Some(thread) => fields.field("held_by", &thread.name()),
            None => fields.field("held_by", &holder),
        };
        if let Some(place) = self.place() {
            fields.field("since", &format_args!("{place}"));
        }
    }
}

impl EndedBy for LockTag {
    fn enders(&self) -> Enders {
        match self.ender() {
            Some(holder) => Enders::All(vec![holder]),
            None => Enders::Over,
        }
    }

    fn culprit(&self) -> Option<&'static Location<'static>> {
        self.place()
    }

    fn describe(&self) -> Option<String> {
        Some(self.describe_in_sentence())
    }
}
