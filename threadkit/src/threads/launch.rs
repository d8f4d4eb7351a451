//! From the call of `start` to the last step of the thread.

use std::io;
use std::sync::Arc;

use super::builder::{Setup, Thread};
use super::excepthook;
use super::exit;
use super::handle::{JoinHandle, Outcome, Packet};
use super::join_error::JoinError;
use super::life::Life;
use super::panics::{self, Caught};
use super::run::{Judge, Run};
use super::scope_threads::ScopeThreads;
use super::start_error::{Reason, Refusal, StartError};
use super::started::Started;
use super::thread_ref::ThreadRef;
use crate::backend::{self, OsThread, QuietMutex};
use crate::identity::{self, Identity};
use crate::trace::{Carried, Entered};

/// Starts a thread of the operating system: its name, the size of its stack, what it does.
pub(super) type Spawn<'s, 'a> =
    &'s mut dyn FnMut(&str, Option<usize>, Box<dyn FnOnce() + Send + 'a>) -> io::Result<OsThread>;

/// Starts a thread, in the scope of that scope_threads if there is one.
///
/// Every type of body that a program starts has its own copy of this compiled, every type of outcome one
/// of `start` and `thread_main`; what depends on neither is in `Start` and `Course`.
pub(super) fn launch<'a, R>(
    thread: Thread<R>,
    scope_threads: Option<&Arc<ScopeThreads>>,
    spawn: Spawn<'_, 'a>,
) -> Result<JoinHandle<R::Output>, StartError<R>>
where
    R: Run + Send + 'a,
    R::Output: Send + 'a,
{
    let (body, setup) = thread.into_parts();
    let judge = body.__threadkit_judge();
    let slot = Arc::new(Slot(QuietMutex::new(Some(Box::new(body)))));
    match start(
        Arc::<Slot<R>>::clone(&slot),
        judge,
        setup,
        scope_threads,
        spawn,
    ) {
        Ok(handle) => Ok(handle),
        Err(refusal) => match slot.0.lock().take() {
            Some(body) => Err(StartError::new(*body, refusal)),
            None => unreachable!("a thread that was refused has taken its body"),
        },
    }
}

/// A body on its way to its thread, within reach until that takes it: a failed start gives it back.
struct Slot<R>(QuietMutex<Option<Box<R>>>);

/// A slot, of which no more is known than what its body returns.
trait Holds<'a, T>: Send + Sync {
    fn take(&self) -> Option<Box<dyn Run<Output = T> + 'a>>;
}

impl<'a, R: Run + Send + 'a> Holds<'a, R::Output> for Slot<R> {
    fn take(&self) -> Option<Box<dyn Run<Output = R::Output> + 'a>> {
        match self.0.lock().take() {
            Some(body) => Some(body),
            None => None,
        }
    }
}

fn start<'a, T: Send + 'a>(
    slot: Arc<dyn Holds<'a, T> + 'a>,
    judge: Judge<T>,
    setup: Setup,
    scope_threads: Option<&Arc<ScopeThreads>>,
    spawn: Spawn<'_, 'a>,
) -> Result<JoinHandle<T>, Refusal> {
    let start = Start::register(setup, scope_threads)?;
    let packet = Arc::new(Packet::new(judge));
    let main = {
        let way = start.way();
        let packet = Arc::clone(&packet);
        Box::new(move || thread_main(way, &packet, slot))
    };
    match spawn(&start.name, start.stack_size, main) {
        Ok(os) => Ok(JoinHandle::new(packet, start.begun(os))),
        Err(error) => Err(start.refused(error)),
    }
}

/// What a thread does from its first step to its last.
fn thread_main<'a, T>(way: Way, packet: &Packet<T>, slot: Arc<dyn Holds<'a, T> + 'a>) {
    let course = way.enter();
    let Some(body) = slot.take() else {
        unreachable!("nobody else takes the body of a thread that was started");
    };
    drop(slot);
    let outcome = panics::catch(|| body.run());
    course.body_ended(outcome.as_ref().err());
    let outcome = match outcome {
        Ok(value) => Some(Ok(value)),
        Err(caught) => course
            .tell_scope(caught)
            .map(|caught| Err(Box::new(caught))),
    };
    if let Some(outcome) = outcome {
        deliver(&course.thread, packet, outcome);
    }
    course.end();
}

/// What a launch knows whatever its body is.
struct Start {
    name: Arc<str>,
    stack_size: Option<usize>,
    identity: Arc<Identity>,
    /// The scope that it is in, if it is in one.
    scope_threads: Option<Arc<ScopeThreads>>,
}

impl Start {
    fn register(setup: Setup, scope_threads: Option<&Arc<ScopeThreads>>) -> Result<Self, Refusal> {
        let name: Arc<str> = match setup.name {
            Some(name) => name.into(),
            None => identity::default_name(setup.target),
        };
        if name.contains('\0') {
            return Err(Refusal::new(name, Reason::NulInName));
        }
        panics::note_places();
        let life = Life::new(scope_threads.map(|scope_threads| scope_threads.source().child()));
        let identity = Identity::for_start(Arc::clone(&name), setup.daemon, life);
        identity::register(&identity);
        let thread = ThreadRef::new(Arc::clone(&identity));
        if exit::is_all_stopped() {
            thread.stop();
        }
        if let Some(scope_threads) = scope_threads {
            scope_threads.admit(&thread);
        }
        Ok(Self {
            name,
            stack_size: setup.stack_size,
            identity,
            scope_threads: scope_threads.cloned(),
        })
    }

    fn way(&self) -> Way {
        Way {
            identity: Arc::clone(&self.identity),
            scope_threads: self.scope_threads.clone(),
            span: Carried::here(),
        }
    }

    fn begun(self, os: OsThread) -> Started {
        if let Some(scope_threads) = &self.scope_threads {
            scope_threads.started(self.identity.id(), os.turn());
        }
        Started::new(ThreadRef::new(self.identity), os, self.scope_threads)
    }

    fn refused(self, error: io::Error) -> Refusal {
        // As at the end of a thread: whoever listed this one meanwhile may wait for it.
        let thread = ThreadRef::new(Arc::clone(&self.identity));
        self.identity.leave();
        thread.life().ended.open();
        if let Some(scope_threads) = &self.scope_threads {
            scope_threads.dismiss(self.identity.id());
        }
        let reason = Reason::System {
            error,
            stack_size: self.stack_size,
        };
        Refusal::new(self.name, reason)
    }
}

/// What a new thread is given on its way, whatever its body is.
struct Way {
    identity: Arc<Identity>,
    scope_threads: Option<Arc<ScopeThreads>>,
    span: Carried,
}

impl Way {
    /// The first steps of the thread.
    fn enter(self) -> Course {
        identity::enter(&self.identity);
        let thread = ThreadRef::new(self.identity);
        thread.life().begin();
        Course {
            thread,
            scope_threads: self.scope_threads,
            entered: self.span.enter(),
        }
    }
}

/// A thread between its first steps and its last, seen from inside.
struct Course {
    thread: ThreadRef,
    scope_threads: Option<Arc<ScopeThreads>>,
    entered: Entered,
}

impl Course {
    fn body_ended(&self, panic: Option<&Caught>) {
        self.thread.life().body_ended(panic.is_some());
        if let Some(caught) = panic {
            caught.trace(&self.thread.name());
        }
    }

    /// A scope is told of a panic whatever becomes of the handle, which may have been leaked. Where
    /// there is none, the panic is given back.
    fn tell_scope(&self, caught: Caught) -> Option<Caught> {
        let Some(scope_threads) = &self.scope_threads else {
            return Some(caught);
        };
        let panic = JoinError::new(self.thread.name(), caught);
        scope_threads.panicked(self.thread.identity().id(), panic);
        None
    }

    /// The last steps of the thread.
    fn end(self) {
        let Self {
            thread,
            scope_threads,
            entered,
        } = self;
        drop(entered);
        thread.identity().leave();
        thread.life().ended.open();
        // Under an exploration the owner must find it, to wait until it needs no turn any more.
        if let Some(scope_threads) = scope_threads.filter(|_| !backend::is_explored()) {
            scope_threads.dismiss(thread.identity().id());
        }
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
        excepthook::report_end(thread, Err(caught));
    }
}
