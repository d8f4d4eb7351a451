//! From the call of `start` to the last step of the thread.

use std::io;
use std::sync::Arc;

use super::excepthook;
use super::handle::JoinHandle;
use super::join_error::JoinError;
use super::lifecycle::{self, Lifecycle, Stage};
use super::result_slot::{BodyResult, ResultSlot};
use super::run::{ErrorText, Run};
use super::scope_threads::ScopeThreads;
use super::setup::Setup;
use super::start_error::{Refusal, StartError};
use super::started::Started;
use super::thread_ref::ThreadRef;
use crate::backend::{self, OsThread, QuietMutex};
use crate::identity::{self, Identity};
use crate::inspect;
use crate::panics::{self, Caught};
use crate::trace::Carried;

/// Starts a thread of the operating system: its name, the size of its stack, what it does.
pub(super) type Spawn<'s, 'a> =
    &'s mut dyn FnMut(&str, Option<usize>, Box<dyn FnOnce() + Send + 'a>) -> io::Result<OsThread>;

/// Starts a thread, as a member of a scope if there is one; returns the body if that fails.
///
/// This is compiled for every type of body, and [`start`] and [`run_thread`] for every type of
/// result; what depends on neither is in [`spawn_thread`] and [`NewThread`].
pub(super) fn launch<'a, R>(
    body: R,
    setup: Setup,
    scope: Option<&Arc<ScopeThreads>>,
    spawn: Spawn<'_, 'a>,
) -> Result<JoinHandle<R::Output>, StartError<R>>
where
    R: Run + Send + 'a,
    R::Output: Send + 'a,
{
    let error_text = body.__threadkit_error_text();
    let body = Arc::new(Body(QuietMutex::new(Some(Box::new(body)))));
    let sent = Arc::<Body<R>>::clone(&body);
    start(sent, error_text, setup, scope, spawn).map_err(|refusal| match body.0.lock().take() {
        Some(body) => StartError {
            body: *body,
            refusal,
        },
        None => unreachable!("a thread that was refused has taken its body"),
    })
}

/// A body that is being passed to its thread. The caller shares it, and takes it back if the start
/// fails.
struct Body<R>(QuietMutex<Option<Box<R>>>);

/// A [`Body`] of which only the result is known.
trait RunOnce<T>: Send + Sync {
    fn run(self: Arc<Self>) -> T;
}

impl<R: Run + Send> RunOnce<R::Output> for Body<R> {
    fn run(self: Arc<Self>) -> R::Output {
        let body = self.0.lock().take();
        drop(self);
        match body {
            Some(body) => body.run(),
            None => unreachable!("only its thread takes the body of a thread that was started"),
        }
    }
}

fn start<'a, T: Send + 'a>(
    body: Arc<dyn RunOnce<T> + 'a>,
    error_text: ErrorText<T>,
    setup: Setup,
    scope: Option<&Arc<ScopeThreads>>,
    spawn: Spawn<'_, 'a>,
) -> Result<JoinHandle<T>, Refusal> {
    let slot = Arc::new(ResultSlot::new(error_text));
    let main = &mut |thread, span| {
        let (slot, body) = (Arc::clone(&slot), Arc::clone(&body));
        Box::new(move || run_thread(thread, span, &slot, body)) as Box<_>
    };
    let started = spawn_thread(setup, scope, spawn, main)?;
    Ok(JoinHandle { slot, started })
}

/// Lists a thread under its name, and starts it to do what `main` makes.
fn spawn_thread<'a>(
    setup: Setup,
    scope: Option<&Arc<ScopeThreads>>,
    spawn: Spawn<'_, 'a>,
    main: &mut dyn FnMut(NewThread, Carried) -> Box<dyn FnOnce() + Send + 'a>,
) -> Result<Started, Refusal> {
    let is_default = setup.name.is_none();
    let name: Arc<str> = match setup.name {
        Some(name) if name.contains('\0') => return Err(Refusal::NulInName(name.into())),
        Some(name) => name.into(),
        None => identity::default_name(setup.target),
    };
    panics::note_places();
    let lifecycle = Lifecycle::new(Stage::New, scope.map(|scope| scope.stop.child()));
    let identity = Identity::for_start(Arc::clone(&name), is_default, setup.daemon, lifecycle);
    identity::register(&identity);
    let thread = NewThread {
        thread: ThreadRef::new(identity),
        scope: scope.cloned(),
    };
    if lifecycle::is_all_stopped() {
        thread.thread.stop();
    }
    if let Some(scope) = scope {
        scope.admit(&thread.thread);
    }
    let main = main(thread.clone(), Carried::here());
    inspect::thread_starts(thread.thread.identity().id());
    match spawn(&name, setup.stack_size, main) {
        Ok(os) => {
            if let Some(scope) = scope {
                scope.started(thread.thread.id(), os.turn());
            }
            Ok(Started {
                thread: thread.thread,
                os: Some(os),
                scope_threads: thread.scope,
            })
        }
        Err(error) => {
            thread.end();
            thread.leave_scope();
            Err(Refusal::System(name, error, setup.stack_size))
        }
    }
}

/// What a thread does from its first step to its last.
fn run_thread<T>(
    thread: NewThread,
    span: Carried,
    slot: &ResultSlot<T>,
    body: Arc<dyn RunOnce<T> + '_>,
) {
    thread.enter();
    let entered = span.enter();
    let result = match panics::catch(|| body.run()) {
        Ok(value) => {
            thread.thread.lifecycle().reach(Stage::Finished);
            Some(Ok(value))
        }
        Err(caught) => thread.panicked(caught).map(Err),
    };
    if let Some(result) = result {
        deliver(&thread.thread, slot, result);
    }
    drop(entered);
    inspect::thread_ends();
    thread.end();
    // Under an exploration the owner must find it, to wait for the end of its turns.
    if !backend::is_explored() {
        thread.leave_scope();
    }
}

/// Leaves the result for the handle.
///
/// If the handle was dropped, the result is disposed of here, while the thread still counts as
/// running: a failure is reported, or a value is dropped. A panic of that drop is reported like one
/// of the body.
fn deliver<T>(thread: &ThreadRef, slot: &ResultSlot<T>, result: BodyResult<T>) {
    if let Some(unwanted) = slot.fill(result)
        && let Some(value) = slot.report(thread, unwanted)
        && let Err(caught) = panics::catch(|| drop(value))
    {
        excepthook::report_end(thread, Err(caught));
    }
}

/// A thread that is being started, without the type of its body; its starter has one clone and the
/// thread another.
#[derive(Clone)]
struct NewThread {
    thread: ThreadRef,
    scope: Option<Arc<ScopeThreads>>,
}

impl NewThread {
    /// The first steps of the thread.
    fn enter(&self) {
        identity::enter(self.thread.identity());
        inspect::thread_begins();
        let lifecycle = self.thread.lifecycle();
        lifecycle.precedence.adopt();
        lifecycle.reach(Stage::Running);
    }

    /// Gives the panic to the scope, also if the handle was leaked; returns it if there is no scope.
    fn panicked(&self, caught: Caught) -> Option<Box<Caught>> {
        self.thread.lifecycle().reach(Stage::Panicked);
        let name = self.thread.name();
        caught.trace(&name);
        let Some(scope) = &self.scope else {
            return Some(Box::new(caught));
        };
        scope.panicked(self.thread.id(), JoinError::new(name.into(), caught));
        None
    }

    /// The thread has ended, or was not started: ends all waits for it.
    fn end(&self) {
        self.thread.identity().leave();
        let lifecycle = self.thread.lifecycle();
        lifecycle.precedence.end();
        lifecycle.ended.open();
    }

    fn leave_scope(&self) {
        if let Some(scope) = &self.scope {
            scope.dismiss(&self.thread);
        }
    }
}
