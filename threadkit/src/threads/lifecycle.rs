//! The data of a thread besides its identity: its stop source, its stage, and its end.

use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::backend::{Access, QuietMutex, also_uses};
use crate::inspect::{Flag, Precedence};
use crate::wait::{Gate, StopSource, StopToken, Until, WaitError};

/// Whether all threads are stopped, including those that will be started or adopted.
static ALL_STOPPED: AtomicBool = AtomicBool::new(false);

/// Notes that all threads are stopped from now on.
pub(super) fn note_all_stopped() {
    ALL_STOPPED.store(true, Ordering::SeqCst);
}

/// Whether a thread that starts now is to be stopped from the beginning.
pub(super) fn is_all_stopped() -> bool {
    ALL_STOPPED.load(Ordering::SeqCst)
}

/// How far a thread has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It is registered and has not reached its first step.
    New,
    /// It runs under its identity.
    Running,
    /// Its body has returned.
    Finished,
    /// Its body has panicked.
    Panicked,
}

/// The stages, each at the index that stands for it in an atomic.
const STAGES: [Stage; 4] = [Stage::New, Stage::Running, Stage::Finished, Stage::Panicked];

/// The stop token of a thread and its end, as its identity carries them.
#[derive(Debug)]
pub(super) struct Lifecycle {
    /// Made when it is first needed, because most threads never need it. Locked to read or to make it.
    stop: QuietMutex<Option<StopSource>>,
    /// Opens when the body has ended and its result is there. It stays closed for an adopted thread,
    /// whose end is not seen.
    pub(super) ended: Gate,
    /// What comes before its begin, and then before its end.
    pub(super) precedence: Precedence,
    /// Written by the thread itself, in ascending order. The last write comes before `ended` opens, so
    /// a thread that has seen it open reads the last stage; a stage that is read earlier may be old.
    stage: AtomicU8,
    /// Whether its handle was dropped before the end.
    pub(super) detached: Flag,
}

impl Lifecycle {
    /// Of a thread that is on the list, and was not started here.
    pub(super) fn adopted() -> Self {
        let lifecycle = Self::new(Stage::Running, None);
        // Either a stop of all threads has found this thread on the list, and stops it when this is made, or it is
        // seen here.
        if is_all_stopped() {
            lifecycle.stop();
        }
        lifecycle
    }

    pub(super) fn new(stage: Stage, stop: Option<StopSource>) -> Self {
        Self {
            stop: QuietMutex::new(stop),
            ended: Gate::new(),
            precedence: Precedence::here(),
            stage: AtomicU8::new(stage as u8),
            detached: Flag::new(),
        }
    }

    /// Whether it has ended.
    pub(super) fn has_ended(&self) -> bool {
        let has_ended = self.ended.is_open();
        if has_ended {
            self.precedence.join();
        }
        has_ended
    }

    /// Waits for its end.
    pub(super) fn wait_for_end(&self, until: &Until<'_>) -> Result<(), WaitError> {
        self.ended.wait(until)?;
        self.precedence.join();
        Ok(())
    }

    /// Waits for its end by `join`, which waits until the thread of the system is gone.
    pub(super) fn join(&self, join: impl FnOnce()) {
        self.ended.wait_elsewhere(join);
        self.precedence.join();
    }

    fn source(&self) -> StopSource {
        self.stop.lock().get_or_insert_default().clone()
    }

    /// Requests a stop of this thread; returns whether it was the first request.
    #[track_caller]
    pub(super) fn stop(&self) -> bool {
        self.source().stop()
    }

    pub(super) fn stop_token(&self) -> StopToken {
        self.source().token()
    }

    pub(super) fn stage(&self) -> Stage {
        also_uses(Access::ANY);
        // Relaxed: the gate orders it after the end, and before the end it may be old.
        STAGES[usize::from(self.stage.load(Ordering::Relaxed))]
    }

    /// As the thread, notes that it has reached a stage.
    pub(super) fn reach(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }
}
