//! The threads of this room, which nothing else sees.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::io;

use super::system;
use crate::backend;

/// How many have begun, and how many are about to end.
///
/// # Invariant
///
/// A thread counts itself here from its first step to its last. So it is one of the threads of the process for as long
/// as it is counted. SeqCst: see [`count_others`].
static BEGUN: AtomicUsize = AtomicUsize::new(0);
static ENDED: AtomicUsize = AtomicUsize::new(0);

/// Starts a thread of this room that runs `body`. It is in no list and takes no part in explorations, nothing waits for
/// it, and it ends with the process.
///
/// It must not wake other threads: threads that only it could wake count as stuck.
pub(crate) fn spawn_hidden(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let counted = move || {
        struct Counted;
        impl Drop for Counted {
            fn drop(&mut self) {
                ENDED.fetch_add(1, Ordering::SeqCst);
            }
        }
        BEGUN.fetch_add(1, Ordering::SeqCst);
        let _counted = Counted;
        body();
    };
    backend::spawn_outside(name, Box::new(counted))
}

/// How many threads the process has beside those of this room, on systems that report it.
///
/// It may be too high: a thread that begins or ends is not told apart from others. It is not too low: a thread that is
/// subtracted was counted as begun before the threads of the process were counted, and none of them ended before that
/// was done.
pub(super) fn count_others() -> Option<usize> {
    let ended = ENDED.load(Ordering::SeqCst);
    let begun = BEGUN.load(Ordering::SeqCst);
    let all = system::thread_count()?;
    let is_stable = ENDED.load(Ordering::SeqCst) == ended;
    is_stable.then(|| all.saturating_sub(begun.saturating_sub(ended)))
}
