//! What each thread holds.

use core::cell::Cell;
use core::fmt;
use core::panic::Location;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Arc;

use super::entries::native_id;
use super::ours::is_ours;
use crate::backend::{QuietMutex, Side, TaskId};
use crate::identity::NestedIdentity;
use crate::table::Table;

/// The locks that are made at one place, with one name or without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Class {
    pub(super) name: Option<&'static str>,
    pub(super) created: &'static Location<'static>,
}

impl Class {
    /// Whether its locks have nothing in common, because the place is not in the program: it is in this library or in
    /// std.
    fn is_mixed(&self) -> bool {
        self.name.is_none() && (is_ours(self.created) || self.created.file().starts_with("/rustc/"))
    }
}

/// As a part of a sentence.
impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => write!(f, "`{name}` ({})", self.created),
            None => write!(f, "the lock made at {}", self.created),
        }
    }
}

/// The bit of the number of a lock whose class is mixed.
pub(super) const MIXED: u64 = 1 << 63;

/// The number of a lock of that class. No other lock has it, not even one that is made later in the same place of the
/// memory.
pub(super) fn new_number(class: &Class) -> u64 {
    /// A counter of 63 bits does not overflow in the lifetime of a process.
    static NEXT: AtomicU64 = AtomicU64::new(1);
    // Relaxed: only the uniqueness of the number matters.
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    match class.is_mixed() {
        true => number | MIXED,
        false => number,
    }
}

/// How a thread came to hold a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// By a form that waits without a limit.
    Waits,
    /// By a form that does not wait, or not longer than its limit.
    Tries,
}

/// One acquisition of a lock, from then until its release.
#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "the order of locks and contention will read them")]
pub(super) struct Held {
    /// The address of its tag, which does not move while it is held.
    pub(super) lock: usize,
    /// By [`new_number`].
    pub(super) number: u64,
    pub(super) class: Class,
    /// `None` if the lock has no sides.
    pub(super) side: Option<Side>,
    pub(super) form: Form,
    pub(super) place: &'static Location<'static>,
    /// When it was acquired, by [`seam::now`](super::seam::now); zero if nothing needed to know.
    pub(super) since: u64,
}

impl Held {
    pub(super) fn is_mixed(&self) -> bool {
        self.number & MIXED != 0
    }
}

/// What one thread holds, in the order of the acquisitions.
///
/// Only the thread itself changes it. Guards stay on their thread, so this is what the thread holds, except for guards
/// that were leaked: their entries stay, up to [`MOST`] entries in all.
struct Record {
    thread: TaskId,
    native: u64,
    held: QuietMutex<Vec<Held>>,
}

/// A thread that leaks guards for ever must not fill the memory. Beyond this number the oldest entries go.
const MOST: usize = 1024;

/// The records of all threads that have acquired a lock, by their undermost task.
static RECORDS: QuietMutex<Table<TaskId, Arc<Record>>> = QuietMutex::new(Table::new());

thread_local! {
    static MINE: Mine = const { Mine(Cell::new(None)) };

    /// Whether this thread is in one of the functions here.
    ///
    /// They allocate, and a global allocator may try for locks itself, which comes back here: those locks are not noted.
    static IS_NOTING: Cell<bool> = const { Cell::new(false) };

    /// How many entries the record of this thread has.
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// The record of this thread, once there is one. It leaves the list with the thread-locals of the thread; locks that are
/// acquired after that are not noted.
struct Mine(Cell<Option<Arc<Record>>>);

impl Drop for Mine {
    fn drop(&mut self) {
        if let Some(record) = self.0.take() {
            alone(|| {
                let removed = RECORDS.lock().remove(record.thread);
                drop((removed, record));
            });
        }
    }
}

/// Runs `f`, unless this thread does so already.
pub(super) fn alone<R>(f: impl FnOnce() -> R) -> Option<R> {
    if IS_NOTING.replace(true) {
        return None;
    }
    let result = f();
    IS_NOTING.set(false);
    Some(result)
}

/// Calls `f` with what this thread holds, unless its thread-locals are gone.
fn with_mine<R>(f: impl FnOnce(&mut Vec<Held>) -> R) -> Option<R> {
    let with = |mine: &Mine| {
        alone(|| {
            let record = mine.0.take().unwrap_or_else(|| {
                let record = Arc::new(Record {
                    thread: NestedIdentity::undermost(),
                    native: native_id(),
                    held: QuietMutex::new(Vec::new()),
                });
                RECORDS.lock().insert(record.thread, Arc::clone(&record));
                record
            });
            let mut held = record.held.lock();
            let result = f(&mut held);
            COUNT.set(held.len());
            drop(held);
            mine.0.set(Some(record));
            result
        })
    };
    MINE.try_with(with).ok().flatten()
}

/// Notes an acquisition of the current thread.
pub(super) fn push(held: Held) {
    with_mine(|all| {
        if all.len() >= MOST {
            all.remove(0);
        }
        all.push(held);
    });
}

/// Takes out the last acquisition of that side of that lock by the current thread.
pub(super) fn remove(lock: usize, side: Option<Side>) -> Option<Held> {
    with_mine(|all| {
        let at = all
            .iter()
            .rposition(|held| held.lock == lock && held.side == side)?;
        Some(all.remove(at))
    })?
}

/// Changes the place of the last acquisition of that lock by the current thread.
pub(super) fn move_to(lock: usize, place: &'static Location<'static>) {
    with_mine(|all| {
        if let Some(held) = all.iter_mut().rfind(|held| held.lock == lock) {
            held.place = place;
        }
    });
}

/// Whether the current thread holds anything.
pub(super) fn is_any() -> bool {
    COUNT.get() > 0
}

/// Calls `f` with what the current thread holds, oldest first.
///
/// Locks that `f` acquires are not noted.
pub(super) fn of_current<R>(f: impl FnOnce(&[Held]) -> R) -> Option<R> {
    with_mine(|all| f(all))
}

/// Calls `f` for every thread that has acquired a lock, with its undermost task, its number for the system (or zero) and
/// what it holds, oldest first. Returns `None` if a list cannot be locked within that time.
///
/// Threads that change their lists meanwhile wait for `f`, so it is quick, and acquires no lock that they may hold.
pub(super) fn each(patience: Duration, mut f: impl FnMut(TaskId, u64, &[Held])) -> Option<()> {
    alone(|| {
        let records: Vec<_> = {
            let records = RECORDS.try_lock_for(patience)?;
            records
                .iter()
                .map(|(_, record)| Arc::clone(record))
                .collect()
        };
        for record in records {
            let held = record.held.try_lock_for(patience)?;
            f(record.thread, record.native, &held);
        }
        Some(())
    })?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::{Lock, RwLock};

    fn held_here() -> Vec<Option<&'static str>> {
        let all = of_current(|all| all.iter().map(|held| held.class.name).collect());
        all.unwrap_or_default()
    }

    #[test]
    fn a_thread_holds_what_it_has_acquired_and_not_released() {
        let (one, two) = (Lock::named("one", ()), RwLock::named("two", ()));
        let first = one.acquire();
        let second = two.read();
        let third = two.try_read();
        assert!(third.is_some());
        assert_eq!(held_here(), [Some("one"), Some("two"), Some("two")]);
        drop(first);
        drop(second);
        assert_eq!(held_here(), [Some("two")]);
        drop(third);
        assert!(held_here().is_empty());
    }

    #[test]
    fn other_threads_see_it_until_the_thread_ends() {
        let me = NestedIdentity::undermost();
        let count_of = |thread| {
            let mut count = None;
            let all = each(Duration::from_secs(30), |task, _, held| {
                if task == thread {
                    count = Some(held.len());
                }
            });
            all.expect("nothing holds it for long");
            count
        };
        let lock = Lock::new(());
        let guard = lock.acquire();
        let (sees, ended) = std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                drop(Lock::new(()).acquire());
                (count_of(me), NestedIdentity::undermost())
            });
            other.join().unwrap()
        });
        assert_eq!((sees, count_of(ended)), (Some(1), None));
        drop(guard);
        assert_eq!(count_of(me), Some(0));
    }

    #[test]
    fn leaked_guards_do_not_fill_the_memory() {
        for _ in 0..MOST + 10 {
            core::mem::forget(Lock::new(()).acquire());
        }
        assert_eq!(held_here().len(), MOST);
    }
}
