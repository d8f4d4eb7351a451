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

/// The process that has first used a lock of this room; zero before.
static PROCESS: AtomicU32 = AtomicU32::new(0);

#[cold]
fn contended<T>(mutex: &QuietSpinMutex<T>) -> Option<QuietSpinMutexGuard<'_, T>> {
    /// Far longer than a thread of this process needs to release it, if it runs.
    const PATIENCE: Duration = Duration::from_millis(5);
    if PROCESS.load(Ordering::Relaxed) == process::id() {
        return Some(mutex.lock());
    }
    // A child does not wait for ever. Nor does it release a lock in a table of sleepers, which may be locked, too: that is
    // why these locks have none.
    lock_within(mutex, PATIENCE)
}
