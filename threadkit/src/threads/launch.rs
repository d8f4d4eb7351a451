//! From the call of `start` to the last step of the thread.

use std::io;
use std::sync::Arc;

use super::brood::Brood;
use super::builder::Thread;
use super::exit;
use super::handle::{JoinHandle, Outcome, Packet};
use super::join_error::JoinError;
use super::life::Life;
use super::panics;
use super::run::Run;
use super::start_error::{Refusal, StartError};
use super::thread_ref::ThreadRef;
use crate::backend::{self, OsThread, QuietMutex};
use crate::identity::{self, Identity};
use crate::trace::Carried;
use crate::wait::StopSource;

/// A thread that is registered, and that the system has yet to be asked for.
pub(super) struct Launch<R: Run> {
    name: Arc<str>,
    stack_size: Option<usize>,
    identity: Arc<Identity>,
    packet: Arc<Packet<R::Output>>,
    /// The body stays within reach until the new thread takes it, so that a failed start can give it
    /// back.
    slot: Arc<QuietMutex<Option<Box<R>>>>,
    /// The scope that it is in, if it is in one.
    brood: Option<Arc<Brood>>,
}

impl<R: Run> Launch<R> {
    pub(super) fn prepare(thread: Thread<R>) -> Result<Self, StartError<R>> {
        Self::stopped_by(thread, None)
    }

    fn stopped_by(thread: Thread<R>, stop: Option<StopSource>) -> Result<Self, StartError<R>> {
        let (body, setup) = thread.into_parts();
        let name: Arc<str> = match setup.name {
            Some(name) => name.into(),
            None => identity::default_name(setup.target),
        };
        if name.contains('\0') {
            return Err(StartError::new(body, name, Refusal::NulInName));
        }
        panics::note_places();
        let life = Life::new(stop);
        let identity = Identity::for_start(Arc::clone(&name), setup.daemon, life);
        identity::register(&identity);
        if exit::is_all_stopped() {
            ThreadRef::new(Arc::clone(&identity)).stop();
        }
        Ok(Self {
            brood: None,
            name,
            stack_size: setup.stack_size,
            identity,
            packet: Arc::new(Packet::new(body.__threadkit_judge())),
            slot: Arc::new(QuietMutex::new(Some(Box::new(body)))),
        })
    }

    /// As [`prepare`](Self::prepare), for a thread in a scope.
    pub(super) fn prepare_in(
        mut thread: Thread<R>,
        brood: &Arc<Brood>,
        daemon: bool,
    ) -> Result<Self, StartError<R>> {
        if daemon {
            thread = thread.daemon(true);
        }
        let launch = Self::stopped_by(thread, Some(brood.source().child()))?;
        brood.admit(&ThreadRef::new(Arc::clone(&launch.identity)));
        Ok(Self {
            brood: Some(Arc::clone(brood)),
            ..launch
        })
    }

    pub(super) fn os_name(&self) -> &str {
        &self.name
    }

    pub(super) fn stack_size(&self) -> Option<usize> {
        self.stack_size
    }

    /// What the new thread does from its first step to its last.
    pub(super) fn main(&self) -> impl FnOnce() + use<R> {
        let identity = Arc::clone(&self.identity);
        let packet = Arc::clone(&self.packet);
        let slot = Arc::clone(&self.slot);
        let brood = self.brood.clone();
        let span = Carried::here();
        move || thread_main(identity, packet, slot, brood, span)
    }

    /// The system has started the thread.
    pub(super) fn begun(self, os: OsThread) -> JoinHandle<R::Output> {
        if let Some(brood) = &self.brood {
            brood.started(self.identity.id(), os.turn());
        }
        JoinHandle::new(self.packet, ThreadRef::new(self.identity), os, self.brood)
    }

    /// The system has refused to.
    pub(super) fn refused(self, error: io::Error) -> StartError<R> {
        identity::unregister(self.identity.id());
        if let Some(brood) = &self.brood {
            brood.dismiss(self.identity.id());
        }
        let Some(body) = self.slot.lock().take() else {
            unreachable!("a thread that was refused has taken its body");
        };
        let refusal = Refusal::System {
            error,
            stack_size: self.stack_size,
        };
        StartError::new(*body, self.name, refusal)
    }
}

fn thread_main<R: Run>(
    identity: Arc<Identity>,
    packet: Arc<Packet<R::Output>>,
    slot: Arc<QuietMutex<Option<Box<R>>>>,
    brood: Option<Arc<Brood>>,
    span: Carried,
) {
    identity::enter(&identity);
    let thread = ThreadRef::new(identity);
    thread.life().begin();
    let entered = span.enter();
    let body = slot.lock().take();
    drop(slot);
    let outcome = match body {
        Some(body) => panics::catch(|| body.run()),
        None => unreachable!("nobody else takes the body of a thread that was started"),
    };
    thread.life().body_ended(outcome.is_err());
    if let Err(caught) = &outcome {
        caught.trace(&thread.name());
    }
    match (outcome, &brood) {
        // A scope is told of a panic whatever becomes of the handle, which may have been leaked.
        (Err(caught), Some(brood)) => {
            let panic = JoinError::new(thread.name(), caught);
            brood.panicked(thread.identity().id(), panic);
        }
        (outcome, _) => deliver(&thread, &packet, outcome),
    }
    drop(entered);
    identity::unregister(thread.identity().id());
    thread.life().ended.open();
    // Under an exploration the owner must find it, to wait until it needs no turn any more.
    if let Some(brood) = brood.filter(|_| !backend::is_explored()) {
        brood.dismiss(thread.identity().id());
    }
}

/// Leaves an outcome for whoever joins.
///
/// What nobody can ask for any more ends here, while the thread still counts as running: a failure is
/// reported; a value is dropped, and should that panic, it is as lost as a panic of the body.
fn deliver<T>(thread: &ThreadRef, packet: &Packet<T>, outcome: Outcome<T>) {
    if let Some(orphan) = packet.deliver(outcome)
        && let Some(value) = packet.report(thread, orphan)
        && let Err(caught) = panics::catch(|| drop(value))
    {
        packet.report(thread, Err(caught));
    }
}
