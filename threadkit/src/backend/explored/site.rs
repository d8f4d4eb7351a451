//! What outlives the run that it was made in.

use core::cell::Cell;
use core::fmt;
use core::panic::Location;
use core::sync::atomic::{AtomicU64, Ordering};

use super::execution::note_foreign_use;
use super::form::here;
use crate::backend::jitter;

thread_local! {
    static RESETTING: Cell<bool> = const { Cell::new(false) };
}

/// Puts back what `reset` puts back: what it uses counts as new for the next run.
pub(crate) fn putting_back(reset: impl FnOnce()) {
    struct Over;
    impl Drop for Over {
        fn drop(&mut self) {
            RESETTING.set(false);
        }
    }
    RESETTING.set(true);
    let _over = Over;
    reset();
}

/// The last run that has used a thing; zero if none has.
///
/// A thing that two runs have used is a static, or was brought into the body from outside: it keeps its
/// value from run to run, which is noted for the end of the exploration.
pub(crate) struct LastRun(AtomicU64);

impl LastRun {
    pub(crate) const fn none() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The current thread uses the thing that `describe` tells of.
    #[inline]
    pub(crate) fn note(&self, describe: impl FnOnce() -> String) {
        // Relaxed: the threads of a run take turns, which orders them and the runs.
        match here() {
            Some(current) => {
                let run = current.run().get();
                let before = self.0.load(Ordering::Relaxed);
                if before != run {
                    self.0.store(run, Ordering::Relaxed);
                    if before != 0 {
                        current.note_kept(describe());
                    }
                }
            }
            None if RESETTING.get() => self.0.store(0, Ordering::Relaxed),
            None => match self.0.load(Ordering::Relaxed) {
                0 => {}
                run => note_foreign_use(run, describe),
            },
        }
    }
}

/// Where a thing was made, for what has no other reason to know it.
pub(crate) struct Site {
    kind: &'static str,
    made: &'static Location<'static>,
    last_run: LastRun,
}

impl Site {
    /// `kind` says what it is, with its article.
    #[track_caller]
    pub(crate) const fn new(kind: &'static str) -> Self {
        Self {
            kind,
            made: Location::caller(),
            last_run: LastRun::none(),
        }
    }

    /// The current thread uses the thing.
    #[inline]
    pub(crate) fn used(&self) {
        self.last_run
            .note(|| format!("{} made at {}", self.kind, self.made));
    }

    /// The current thread is about to use the thing: another may go first.
    #[inline]
    pub(crate) fn yield_point(&self) {
        match here() {
            Some(task) => task.yield_point(),
            None => jitter::yield_point(),
        }
        self.used();
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.made)
    }
}
