//! The table of waits.

use core::cell::Cell;
use core::mem;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use core::time::Duration;
use std::time::Instant;

use super::forked::{self, Era};
use crate::backend::{self, QuietSpinMutex, TaskId};
use crate::inspect::{EndedBy, Enders, WaitInfo};
use crate::table::Table;

/// One wait of a task.
///
/// # Invariant
///
/// An entry is in the table as long as its `Waiting` lives, unless it could not be noted at all, or the `Waiting` of a
/// wait inside this one keeps it.
/// `asleep` is set only while the thread is inside of `Asleep` or of a `Kind::Asleep`. So the targets of the two
/// pointers are alive while the entry, or `asleep`, is in the table. Both change only under the lock of the shard, so
/// a thread that holds that lock may read the targets.
///
/// In a child made by `fork` an entry may stay in the table for ever, if it was made before and its shard cannot be
/// locked any more when the wait ends. Such an entry has an `era` before that of the process. So the targets are read only
/// if the two are the same: [`each`] and [`with`] pass over all other entries.
pub(super) struct Entry {
    pub(super) era: Era,
    pub(super) info: WaitInfo,
    /// The outermost task of the thread; the others on the thread are nested in it.
    pub(super) thread: TaskId,
    pub(super) native: u64,
    /// The address of the readers-writer lock for which the thread waits as a writer.
    pub(super) writes: Option<usize>,
    pub(super) awaited: Option<Pointer<dyn EndedBy>>,
    pub(super) asleep: Option<Sleep>,
    pub(super) began: Instant,
}

/// A sleep without a time limit.
pub(super) struct Sleep {
    /// No two sleeps have the same.
    number: u64,
    /// The word that decides the sleep, and the bits of which one is set when it is decided.
    word: Option<(Pointer<AtomicU32>, u32)>,
    has_token: bool,
}

/// See the invariant of [`Entry`].
pub(super) struct Pointer<T: ?Sized>(*const T);

// SAFETY: the target is `Sync` (`EndedBy` requires that), and a pointer alone does nothing.
unsafe impl<T: ?Sized + Sync> Send for Pointer<T> {}

impl Entry {
    /// The number of the task's sleep, and the tasks that could end it; `None` if the task is awake.
    ///
    /// The entry must be in its table and of the era of the process, and the caller must hold the lock of its shard.
    pub(super) fn sleep(&self) -> Option<(u64, Enders)> {
        let sleep = self.asleep.as_ref()?;
        if let Some((word, decided)) = &sleep.word {
            // SAFETY: by the invariant of `Entry`, as the caller holds the lock, and has looked at the era.
            let word = unsafe { &*word.0 };
            // Relaxed: the lock of the shard orders it after the begin of the sleep, and a grant may be seen late.
            if word.load(Ordering::Relaxed) & decided != 0 {
                return None;
            }
        }
        let enders = match self.awaited() {
            Some(awaited) if !sleep.has_token => awaited.enders(),
            _ => Enders::Anyone,
        };
        Some((sleep.number, enders))
    }

    /// What the task waits for, as a part of a sentence. The caller must hold the lock, as for [`sleep`](Self::sleep).
    pub(super) fn describe(&self) -> Option<String> {
        self.awaited()?.describe()
    }

    /// What else may keep the wait from ending. The caller must hold the lock, as for [`sleep`](Self::sleep).
    pub(super) fn obstacle(&self) -> Option<String> {
        self.awaited()?.obstacle()
    }

    /// What could end the wait, asleep or not. To be called as [`sleep`](Self::sleep).
    pub(super) fn enders(&self) -> Enders {
        self.awaited().map_or(Enders::Anyone, EndedBy::enders)
    }

    fn awaited(&self) -> Option<&dyn EndedBy> {
        // SAFETY: by the invariant of `Entry`, as the callers of the callers hold the lock, and have looked at the era.
        self.awaited.as_ref().map(|awaited| unsafe { &*awaited.0 })
    }
}

impl Sleep {
    pub(super) fn new(word: Option<(&AtomicU32, u32)>, has_token: bool) -> Self {
        /// A 64-bit counter does not overflow in the lifetime of a process.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            // Relaxed: only the uniqueness of the number matters.
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            word: word.map(|(word, decided)| (Pointer(core::ptr::from_ref(word)), decided)),
            has_token,
        }
    }
}

pub(super) fn forget_lifetime<'a>(awaited: &'a (dyn EndedBy + 'a)) -> Pointer<dyn EndedBy> {
    // SAFETY: the two types differ in a lifetime only. The invariant of `Entry` says when the result is used.
    Pointer(unsafe { mem::transmute::<*const (dyn EndedBy + 'a), *const dyn EndedBy>(awaited) })
}

/// The waits of all tasks that wait. A shard is locked for one operation on its table, or while all of its entries are
/// read.
static WAITS: [QuietSpinMutex<Table<TaskId, Entry>>; SHARDS] =
    [const { QuietSpinMutex::new(Table::new()) }; SHARDS];

const SHARDS: usize = 16;

/// How long a look at all threads waits for a lock of this room. Its holder releases it after a moment, unless the
/// system has stopped that thread, or it is not in this process any more, after a `fork`.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// Calls `f` with the shard that has the entry of that task. `None` if it cannot be locked any more.
pub(super) fn try_with_waits<R>(
    task: TaskId,
    f: impl FnOnce(&mut Table<TaskId, Entry>) -> R,
) -> Option<R> {
    forked::lock(shard(task)).map(|mut waits| f(&mut waits))
}

/// The same, for a task whose entry was made in that era. `None` only in a child that was made by `fork` since.
pub(super) fn with_waits_since<R>(
    era: Era,
    task: TaskId,
    f: impl FnOnce(&mut Table<TaskId, Entry>) -> R,
) -> Option<R> {
    forked::lock_again(shard(task), era).map(|mut waits| f(&mut waits))
}

fn shard(task: TaskId) -> &'static QuietSpinMutex<Table<TaskId, Entry>> {
    &WAITS[task.get() as usize % SHARDS]
}

/// Calls `f` for every wait, if each shard can be locked within that time; otherwise returns `None`.
pub(super) fn each(patience: Duration, mut f: impl FnMut(TaskId, &Entry)) -> Option<()> {
    let era = Era::of_process();
    for shard in &WAITS {
        let waits = forked::lock_within(shard, patience)?;
        let waits = waits.iter().filter(|(_, entry)| entry.era == era);
        waits.for_each(|(task, entry)| f(*task, entry));
    }
    Some(())
}

/// Calls `f` for the wait of that task, if it waits.
pub(super) fn with<R>(task: TaskId, f: impl FnOnce(&Entry) -> R) -> Option<R> {
    let era = Era::of_process();
    try_with_waits(task, |waits| {
        let entry = waits.get_mut(task).filter(|entry| entry.era == era);
        entry.map(|entry| f(entry))
    })?
}

/// What that task waits for, if it waits.
pub(super) fn info_of(task: TaskId) -> Option<WaitInfo> {
    try_with_waits(task, |waits| waits.get_mut(task).map(|entry| entry.info))?
}

/// The number of the current thread for the system; zero if there is none.
pub(super) fn native_id() -> u64 {
    thread_local! {
        // No destructor: locks may be taken while other thread-locals are being destroyed.
        static ID: Cell<Option<u64>> = const { Cell::new(None) };
    }
    ID.get().unwrap_or_else(|| {
        let id = backend::native_id().unwrap_or(0);
        ID.set(Some(id));
        id
    })
}
