//! What a thread has besides its identity: a way to be stopped, a stage of life, and an end.

use core::sync::atomic::{AtomicU8, Ordering};

use crate::backend::QuietMutex;
use crate::wait::{Gate, StopSource, StopToken};

/// The thread has been registered and has not come to its first step.
const NEW: u8 = 0;
/// It has entered its identity.
const RUNNING: u8 = 1;
/// Its body has returned.
const FINISHED: u8 = 2;
/// Its body has panicked.
const PANICKED: u8 = 3;

/// How far a thread has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    New,
    Running,
    Finished,
    Panicked,
}

/// The stop token of a thread and its end, as its identity carries them.
#[derive(Debug)]
pub(super) struct Life {
    /// Made when somebody first asks for it, and then for good: most threads end without. Locked to
    /// look or to make it.
    stop: QuietMutex<Option<StopSource>>,
    /// Opens when the body has returned or panicked and its outcome can be had. For an adopted
    /// thread, whose end nobody sees, it stays closed.
    pub(super) ended: Gate,
    /// Written by the thread itself, in ascending order. The last write comes before `ended` opens
    /// and is read after that was seen open; what is read earlier is only a piece of news.
    stage: AtomicU8,
}

impl Life {
    /// Of a thread that will be started.
    pub(super) fn new(stop: Option<StopSource>) -> Self {
        Self::at(NEW, stop)
    }

    /// Of a thread that was met when it ran already.
    pub(super) fn met() -> Self {
        Self::at(RUNNING, None)
    }

    /// Of one that runs, and hears of its stop there.
    pub(super) fn stopped_by(stop: StopSource) -> Self {
        Self::at(RUNNING, Some(stop))
    }

    fn at(stage: u8, stop: Option<StopSource>) -> Self {
        Self {
            stop: QuietMutex::new(stop),
            ended: Gate::new(),
            stage: AtomicU8::new(stage),
        }
    }

    fn source(&self) -> StopSource {
        self.stop.lock().get_or_insert_default().clone()
    }

    /// Requests a stop of this thread; says whether it was the first.
    pub(super) fn stop(&self) -> bool {
        self.source().stop()
    }

    pub(super) fn stop_token(&self) -> StopToken {
        self.source().token()
    }

    pub(super) fn stage(&self) -> Stage {
        // Relaxed: after the end it is ordered by the gate, before it is nothing but news.
        match self.stage.load(Ordering::Relaxed) {
            NEW => Stage::New,
            RUNNING => Stage::Running,
            FINISHED => Stage::Finished,
            _ => Stage::Panicked,
        }
    }

    /// The thread takes its first step.
    pub(super) fn begin(&self) {
        self.stage.store(RUNNING, Ordering::Relaxed);
    }

    /// The body is through; what comes of it is yet to be delivered.
    pub(super) fn body_ended(&self, panicked: bool) {
        let stage = if panicked { PANICKED } else { FINISHED };
        self.stage.store(stage, Ordering::Relaxed);
    }
}
