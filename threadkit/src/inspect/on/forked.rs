//! Locks of this room in a child process that was made by `fork`.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::time::Instant;
use std::{process, thread};

use crate::backend::{QuietSpinMutex, QuietSpinMutexGuard};

/// Acquires a lock that every thread holds for a moment only. `None` if this is a child made by `fork`, and the lock
/// stays held: then its holder is a thread of the parent, which will never release it here.
///
/// The note is lost then. Between threads of the child it may be lost too, if one of them holds the lock for that long.
pub(super) fn lock<T>(mutex: &QuietSpinMutex<T>) -> Option<QuietSpinMutexGuard<'_, T>> {
    // Noted before any lock of this room is acquired, so the child finds the number of its parent. Relaxed: the child
    // has it in its memory.
    if PROCESS.load(Ordering::Relaxed) == 0 {
        PROCESS.store(process::id(), Ordering::Relaxed);
    }
    match mutex.try_lock() {
        Some(guard) => Some(guard),
        None => contended(mutex),
    }
}

/// The same, but for a lock that stays held for as long as `patience`, in any process.
pub(super) fn lock_within<T>(
    mutex: &QuietSpinMutex<T>,
    patience: Duration,
) -> Option<QuietSpinMutexGuard<'_, T>> {
    /// A holder of a lower priority needs the processor.
    const NAP: Duration = Duration::from_micros(50);
    let begun = Instant::now();
    loop {
        match mutex.try_lock() {
            // Not as a step of an exploration.
            None if begun.elapsed() < patience => thread::sleep(NAP),
            tried => return tried,
        }
    }
}

/// The same, for a lock that the thread has acquired before, with that [`Era`]. `None` only in a child that was made since.
///
/// Without a `fork` in between, the lock can be acquired, and no time is too long for it.
pub(super) fn lock_again<T>(
    mutex: &QuietSpinMutex<T>,
    before: Era,
) -> Option<QuietSpinMutexGuard<'_, T>> {
    match mutex.try_lock() {
        Some(guard) => Some(guard),
        None if Era::of_process() == before => Some(mutex.lock()),
        None => lock_within(mutex, PATIENCE),
    }
}

/// The number of a process, as far as it has noticed that it is one.
///
/// A note that has the era of the process was made in this process. A child notices that it is one when
/// [`of_process`](Self::of_process) is called for the first time. So a note with another era was made before that, and
/// perhaps in the parent.
///
/// A grandchild may have the number of an ancestor that has ended, and in another namespace a child may have that of its
/// parent: such a process is taken for that other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Era(u32);

impl Era {
    /// For a note that is made now: the era of the process, or an older one.
    pub(super) fn of_note() -> Self {
        // Relaxed: a note with another one counts as made in the parent.
        match NOTICED.load(Ordering::Relaxed) {
            0 => Self::of_process(),
            process => Self(process),
        }
    }

    /// The era of this process.
    pub(super) fn of_process() -> Self {
        let me = process::id();
        // All threads of a process store the same, so an era never ends before the process.
        NOTICED.store(me, Ordering::Relaxed);
        Self(me)
    }
}

/// The process that has last asked for its era; zero before.
static NOTICED: AtomicU32 = AtomicU32::new(0);

/// The process that has first used a lock of this room; zero before.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// Far longer than a thread of this process needs to release a lock, if it runs.
const PATIENCE: Duration = Duration::from_millis(5);

#[cold]
fn contended<T>(mutex: &QuietSpinMutex<T>) -> Option<QuietSpinMutexGuard<'_, T>> {
    if PROCESS.load(Ordering::Relaxed) == process::id() {
        return Some(mutex.lock());
    }
    // A child does not wait for ever. Nor does it release a lock in a table of sleepers, which may be locked, too: that is
    // why these locks have none.
    lock_within(mutex, PATIENCE)
}

#[cfg(all(test, feature = "explore"))]
mod tests {
    use super::*;
    use crate::explore::Explorer;

    /// Another thread of the exploration could wait for the same lock, which the exploration does not see.
    #[test]
    fn a_wait_with_a_limit_is_no_step() {
        Explorer::new().runs(2).max_steps(20).check(|| {
            let held = QuietSpinMutex::new(());
            let guard = held.lock();
            assert!(lock_within(&held, Duration::from_millis(20)).is_none());
            drop(guard);
            assert!(lock_within(&held, Duration::ZERO).is_some());
        });
    }
}
