//! What a thread has besides its identity: a way to be stopped, a stage of life, and an end.

use core::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Weak};

use super::brood::{self, Brood};
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
    stop: StopSource,
    /// Opens when the body has returned or panicked and its outcome can be had. For an adopted
    /// thread, whose end nobody sees, it stays closed.
    pub(super) ended: Gate,
    /// Written by the thread itself, in ascending order. The last write comes before `ended` opens
    /// and is read after that was seen open; what is read earlier is only a piece of news.
    stage: AtomicU8,
    /// The scopes that this thread has open, whose threads stop when it is stopped. Locked for one
    /// step of the vector.
    ///
    /// A scope is entered here before its thread looks for a stop, and a stop is requested before
    /// the scopes are looked at; so it reaches a scope that is opened at that moment.
    broods: QuietMutex<Vec<Weak<Brood>>>,
}

impl Life {
    /// Of a thread that will be started.
    pub(super) fn new() -> Self {
        Self::at(NEW, StopSource::new())
    }

    /// Of a thread that was met when it ran already.
    pub(super) fn met() -> Self {
        Self::stopped_by(StopSource::new())
    }

    /// Of one that runs, and hears of its stop there.
    pub(super) fn stopped_by(stop: StopSource) -> Self {
        Self::at(RUNNING, stop)
    }

    fn at(stage: u8, stop: StopSource) -> Self {
        Self {
            stop,
            ended: Gate::new(),
            stage: AtomicU8::new(stage),
            broods: QuietMutex::new(Vec::new()),
        }
    }

    /// Requests a stop of this thread, and of those in its scopes; says whether it was the first.
    pub(super) fn stop(&self) -> bool {
        let first = self.stop_alone();
        if first {
            brood::stop_all(self.broods());
        }
        first
    }

    /// Requests a stop of this thread, and leaves its scopes to the caller.
    pub(super) fn stop_alone(&self) -> bool {
        self.stop.stop()
    }

    /// The scopes that this thread has open.
    pub(super) fn broods(&self) -> Vec<Arc<Brood>> {
        let broods = self.broods.lock();
        broods.iter().filter_map(Weak::upgrade).collect()
    }

    /// The thread opens a scope.
    pub(super) fn open_scope(&self, brood: &Arc<Brood>) {
        self.broods.lock().push(Arc::downgrade(brood));
        if self.stop.is_stopped() {
            brood::stop_all(vec![Arc::clone(brood)]);
        }
    }

    /// The thread closes the scope that it opened last.
    pub(super) fn close_scope(&self) {
        self.broods.lock().pop();
    }

    pub(super) fn stop_token(&self) -> StopToken {
        self.stop.token()
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
