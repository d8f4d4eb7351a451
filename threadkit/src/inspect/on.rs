//! The form that keeps track.

use core::fmt;
use core::panic::Location;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Arc;

use crate::backend;
use crate::identity::{self, Doing, Identity};

/// What is known of one lock.
///
/// # Invariant
///
/// `holder` is the id of the task that holds the lock, or zero. It is written only by the task that
/// holds the lock, so a task that reads its own id there holds it for certain; whatever else is read
/// may be old. `place` is where the holder acquired it: null, or a `Location` that lives for ever.
pub(crate) struct LockTag {
    name: Option<&'static str>,
    created: &'static Location<'static>,
    holder: AtomicU64,
    place: AtomicPtr<Location<'static>>,
}

impl LockTag {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self::with(None)
    }

    #[track_caller]
    pub(crate) const fn named(name: &'static str) -> Self {
        Self::with(Some(name))
    }

    #[track_caller]
    const fn with(name: Option<&'static str>) -> Self {
        Self {
            name,
            created: Location::caller(),
            holder: AtomicU64::new(0),
            place: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// The current task is about to block on the lock.
    ///
    /// # Panics
    ///
    /// When it holds the lock already, and so would wait for itself. A thread that unwinds is only
    /// told on standard error, because a second panic would end the process.
    #[track_caller]
    pub(crate) fn asked_for(&self) {
        if self.holder.load(Ordering::Relaxed) == backend::task_id().get() {
            self.report_self_deadlock();
        }
    }

    #[cold]
    #[track_caller]
    fn report_self_deadlock(&self) {
        let thread = match identity::current() {
            Some(identity) => identity.name(),
            None => "?".into(),
        };
        let since = match self.place() {
            Some(place) => format!(" since {place}"),
            None => String::new(),
        };
        let report = format!(
            "thread `{thread}` acquires a lock, {}, which it already holds{since}; a `Lock` is not \
             reentrant: use `RLock`, or release first. A guard made in the head of a `match` or \
             `if let` lives to its end",
            self.describe(),
        );
        if backend::is_unwinding() {
            eprintln!("{report} (at {})", Location::caller());
        } else {
            panic!("{report}");
        }
    }

    /// The current task has got the lock.
    #[track_caller]
    pub(crate) fn acquired(&self) {
        self.holder
            .store(backend::task_id().get(), Ordering::Relaxed);
        // Release: whoever reads the pointer sees the location behind it.
        self.place.store(
            ptr::from_ref(Location::caller()).cast_mut(),
            Ordering::Release,
        );
    }

    /// The current task is about to let the lock go.
    pub(crate) fn released(&self) {
        self.holder.store(0, Ordering::Relaxed);
    }

    /// What to call the lock in messages: its name and where it was made.
    pub(crate) fn label(&self) -> Option<String> {
        Some(self.describe())
    }

    fn describe(&self) -> String {
        match self.name {
            Some(name) => format!("`{name}` ({})", self.created),
            None => format!("made at {}", self.created),
        }
    }

    fn place(&self) -> Option<&'static Location<'static>> {
        // SAFETY: the pointer is null or was made from a `&'static Location` by `acquired`, whose
        // release store this acquire load reads.
        unsafe { self.place.load(Ordering::Acquire).as_ref() }
    }

    /// Adds the name, and who holds the lock.
    pub(crate) fn debug_fields(&self, fields: &mut fmt::DebugStruct<'_, '_>) {
        if let Some(name) = self.name {
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

/// Ends the note that [`waiting`] made.
pub(crate) struct Waiting {
    identity: Option<Arc<Identity>>,
    before: Option<Doing>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(identity) = &self.identity {
            identity.note_doing(self.before.take());
        }
    }
}

/// Says that the current thread starts to wait; what it returns ends that when dropped.
///
/// A thread that nobody knows is left unknown: looking at a program must not change it.
#[track_caller]
pub(crate) fn waiting(what: &'static str) -> Waiting {
    let identity = identity::current();
    let doing = Doing {
        what,
        place: Location::caller(),
    };
    let before = identity
        .as_ref()
        .and_then(|identity| identity.note_doing(Some(doing)));
    Waiting { identity, before }
}

/// How long an exit waits before it says for whom.
pub(crate) const fn patience_over() -> Option<Duration> {
    Some(Duration::from_secs(5))
}
