//! What runs when a stop is requested.

use core::fmt;
use core::mem;
use std::sync::Arc;

use super::gate::Gate;
use crate::backend::{self, Mutex, TaskId};
use crate::inspect::{Call, EndOf};
use crate::{identity, unwind};

/// A function that a stop runs, unless its registration is dropped first.
///
/// # Invariant
///
/// The phase goes from waiting to running to over, or from waiting to over. Each step is one swap under
/// the lock. The thread that takes the function out runs it or drops it, with no lock held. `ended` opens
/// when the function has run.
pub(super) struct Callback {
    phase: Mutex<Phase>,
    ended: Gate,
}

enum Phase {
    Waiting(Box<dyn FnOnce() + Send>),
    Running(TaskId),
    Over,
}

impl Callback {
    pub(super) fn new(f: impl FnOnce() + Send + 'static) -> Arc<Self> {
        Arc::new(Self {
            phase: Mutex::new(Phase::Waiting(Box::new(f))),
            ended: Gate::new(),
        })
    }

    /// Runs the function, if no thread has. A panic in it ends here; the panic hook has reported it.
    pub(super) fn run(&self) {
        let Some(f) = self.begin() else {
            return;
        };
        let outcome = unwind::catch(f);
        self.end();
        if let Err(payload) = outcome {
            unwind::drop_quietly(payload);
        }
    }

    /// Runs the function for a caller that registers it after the stop; a panic goes to that caller.
    pub(super) fn run_here(&self) {
        if let Some(f) = self.begin() {
            f();
        }
    }

    fn begin(&self) -> Option<Box<dyn FnOnce() + Send>> {
        let mut phase = self.phase.lock();
        match mem::replace(&mut *phase, Phase::Running(backend::task_id())) {
            Phase::Waiting(f) => Some(f),
            other => {
                *phase = other;
                None
            }
        }
    }

    fn end(&self) {
        *self.phase.lock() = Phase::Over;
        self.ended.open();
    }

    /// Makes sure that the function does not run, and will not.
    pub(super) fn revoke(&self, call: Call) {
        let mut phase = self.phase.lock();
        match mem::replace(&mut *phase, Phase::Over) {
            Phase::Waiting(unrun) => {
                drop(phase);
                drop(unrun);
            }
            Phase::Over => {}
            Phase::Running(task) => {
                *phase = Phase::Running(task);
                drop(phase);
                // Inside the function itself, and in a task that interrupts it on this thread, a wait for its
                // end would never end.
                if !identity::runs_here(task) {
                    let end = EndOf(task);
                    let _waiting = call.waiting_for(&end);
                    self.ended.sleep_by(None);
                }
            }
        }
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}
