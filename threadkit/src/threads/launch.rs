//! From the call of `start` to the last step of the thread.

use std::io;
use std::sync::Arc;

use super::excepthook;
use super::handle::JoinHandle;
use super::join_error::JoinError;
use super::lifecycle::{self, Lifecycle, Stage};
use super::result_slot::{BodyResult, ResultSlot};
use super::run::Run;
use super::scope_threads::ScopeThreads;
use super::setup::Setup;
use super::start_error::{Refusal, StartError};
use super::started::Started;
use super::thread_ref::ThreadRef;
use crate::backend::{self, OsThread, QuietMutex};
use crate::identity::{self, Entered, Identity, Name};
use crate::inspect;
use crate::panics::{self, Caught};
use crate::trace::Carried;

/// Starts a thread of the operating system: its name, the size of its stack, what it does.
pub(super) type Spawn<'s, 'a> =
    &'s mut dyn FnMut(String, Option<usize>, Main<'a>) -> io::Result<OsThread>;

/// Starts a thread that is in no scope.
pub(super) fn spawn_free(
    name: String,
    stack_size: Option<usize>,
    main: Main<'static>,
) -> io::Result<OsThread> {
    backend::spawn(name, stack_size, move || main.run())
}

/// Starts a thread, as a member of a scope if there is one; returns the body if that fails.
///
/// This is compiled for every type of body, and [`run_thread`] for every type of result; what depends on neither is in
/// [`spawn_thread`] and [`NewThread`].
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
    let slot = Arc::new(ResultSlot::new(body.__threadkit_error_text()));
    let body = Arc::new(Body {
        body: QuietMutex::new(Some(Box::new(body))),
        slot: Arc::clone(&slot),
    });
    let sent = Arc::<Body<R>>::clone(&body);
    match spawn_thread(sent, setup, scope, spawn) {
        Ok(started) => Ok(JoinHandle { slot, started }),
        Err(refusal) => match body.body.lock().take() {
            Some(body) => Err(StartError {
                body: *body,
                refusal,
            }),
            None => unreachable!("a thread that was refused has taken its body"),
        },
    }
}

/// A body that is being passed to its thread, with the place for its result. The starter shares it, and takes the body
/// back if the start fails.
struct Body<R: Run> {
    /// Boxed, because it may be large and the thread moves it.
    body: QuietMutex<Option<Box<R>>>,
    slot: Arc<ResultSlot<R::Output>>,
}

/// A [`Body`] of which only the result is known.
trait RunOnce<T> {
    fn run(&self) -> T;
}

impl<R: Run> RunOnce<R::Output> for Body<R> {
    fn run(&self) -> R::Output {
        let body = self.body.lock().take();
        match body {
            Some(body) => body.run(),
            None => unreachable!("only its thread takes the body of a thread that was started"),
        }
    }
}

/// A [`Body`] of which nothing is known.
trait RunThread: Send + Sync {
    fn run_thread(&self, thread: &NewThread, span: Carried);
}

impl<R: Run + Send> RunThread for Body<R>
where
    R::Output: Send,
{
    fn run_thread(&self, thread: &NewThread, span: Carried) {
        run_thread(thread, span, &self.slot, self);
    }
}

/// All that a thread does.
pub(super) struct Main<'a> {
    thread: NewThread,
    span: Carried,
    body: Arc<dyn RunThread + 'a>,
}

impl<'a> Main<'a> {
    fn run(self) {
        self.body.run_thread(&self.thread, self.span);
    }

    pub(super) fn boxed(self) -> Box<dyn FnOnce() + Send + 'a> {
        Box::new(move || self.run())
    }
}

/// Lists a thread under its name, and starts it.
fn spawn_thread<'a>(
    body: Arc<dyn RunThread + 'a>,
    setup: Setup,
    scope: Option<&Arc<ScopeThreads>>,
    spawn: Spawn<'_, 'a>,
) -> Result<Started, Refusal> {
    let (name, os_name) = match setup.name {
        Some(name) if name.contains('\0') => return Err(Refusal::NulInName(name.into())),
        Some(name) => (Name::Given(name.as_str().into()), name),
        None => {
            let name = Name::default(setup.target);
            let text = name.text();
            (name, text)
        }
    };
    panics::note_places();
    let lifecycle = Lifecycle::new(Stage::New, scope.map(|scope| scope.stop.child()));
    let identity = Identity::for_start(name, setup.daemon, lifecycle);
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
    let main = Main {
        thread: thread.clone(),
        span: Carried::here(),
        body,
    };
    inspect::thread_starts(thread.thread.identity().id());
    match spawn(os_name, setup.stack_size, main) {
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
            let name = thread.thread.identity().name();
            Err(Refusal::System(name, error, setup.stack_size))
        }
    }
}

/// What a thread does from its first step to its last.
fn run_thread<T>(thread: &NewThread, span: Carried, slot: &ResultSlot<T>, body: &dyn RunOnce<T>) {
    let _here = thread.enter();
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
    fn enter(&self) -> Entered {
        let here = identity::enter(self.thread.identity());
        inspect::thread_begins();
        let lifecycle = self.thread.lifecycle();
        lifecycle.precedence.adopt();
        lifecycle.reach(Stage::Running);
        here
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
