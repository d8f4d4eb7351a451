//! What runs when a stop is requested.

use core::fmt;
use core::mem;
use std::sync::{Arc, Weak};

use super::gate::Gate;
use super::stop_state::{Key, StopState};
use super::until::Until;
use crate::backend::{self, Mutex, TaskId};
use crate::{identity, inspect, unwind};

/// A function to be run by a stop, unless its registration goes before.
///
/// # Invariant
///
/// The phase goes from waiting to running to over, or from waiting to over; each step is one swap
/// under the lock. Whoever takes the function out of it runs it or drops it, with no lock held.
/// `ended` opens when the phase is over after running.
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

    /// Runs the function, if nobody has. A panic in it ends here; the panic hook has reported it.
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

    /// Runs the function for one who asks for it while the stop is there already; a panic is theirs.
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

    /// Sees to it that the function does not run any more.
    #[track_caller]
    fn revoke(&self) {
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
                // Inside of the function itself, or of a task that interrupts it on this thread, to wait for
                // its end would last for ever.
                if !identity::runs_here(task) {
                    let _waiting = inspect::waiting("the end of a stop callback");
                    let _ = self.ended.wait(&Until::FOREVER);
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

/// A callback that is to run at a stop; dropping this takes it back.
///
/// Made by [`StopToken::on_stop`](crate::StopToken::on_stop). When the drop returns, the callback does
/// not run, and will not: it waits for one that is running in another thread. Inside of the callback
/// itself it does not wait, nor in a task that the callback waits for and that its thread runs
/// meanwhile. [`detach`](Self::detach) leaves the callback in place.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use threadkit::{Lock, StopSource};
///
/// let (source, called) = (StopSource::new(), Arc::new(Lock::new(Vec::new())));
/// let [first, _second] = ["first", "second"].map(|name| {
///     let called = Arc::clone(&called);
///     source.token().on_stop(move || called.acquire().push(name))
/// });
/// drop(first);
/// source.stop();
/// assert_eq!(*called.acquire(), ["second"]);
/// ```
#[must_use = "the callback is taken back at once; bind it, or call `detach`; `let _ = ..` drops it at once too"]
pub struct Registration {
    /// `None` if there is nothing to take back.
    place: Option<Place>,
}

struct Place {
    callback: Arc<Callback>,
    /// Not kept alive by its callbacks.
    state: Weak<StopState>,
    key: Key,
}

impl Registration {
    pub(super) fn at(callback: Arc<Callback>, state: &Arc<StopState>, key: Key) -> Self {
        Self {
            place: Some(Place {
                callback,
                state: Arc::downgrade(state),
                key,
            }),
        }
    }

    /// Of a callback that has run.
    pub(super) fn over() -> Self {
        Self { place: None }
    }

    /// Leaves the callback in place for as long as there is a source.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{Event, StopSource};
    ///
    /// let source = StopSource::new();
    /// let told = Arc::new(Event::new());
    /// let tell = Arc::clone(&told);
    /// source.token().on_stop(move || tell.set()).detach();
    /// source.stop();
    /// assert!(told.is_set());
    /// ```
    pub fn detach(mut self) {
        self.place = None;
    }
}

impl Drop for Registration {
    #[track_caller]
    fn drop(&mut self) {
        let Some(Place {
            callback,
            state,
            key,
        }) = self.place.take()
        else {
            return;
        };
        // Off the list first: the stop that comes now does not find it, or has it already.
        if let Some(state) = state.upgrade() {
            state.remove_callback(key);
        }
        callback.revoke();
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").finish_non_exhaustive()
    }
}
