//! Which thread this is.

use core::any::Any;
use core::cell::{OnceCell, RefCell};
use core::mem::ManuallyDrop;
use std::sync::{Arc, OnceLock};

use super::{Identity, registry};
use crate::backend::{self, TaskId};
use crate::nested::Nested;

thread_local! {
    static OCCUPANT: OnceCell<Occupant> = const { OnceCell::new() };
}

/// The identity of the thread whose thread-local this is.
///
/// An adopted thread tells nobody when it ends, so the destruction of its thread-locals does; one that
/// threadkit started has left long before.
struct Occupant(Arc<Identity>);

impl Drop for Occupant {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// The nested tasks of this thread, each with the id of the task that it interrupts.
type NestedIdentities = RefCell<Nested<(TaskId, Arc<Identity>)>>;

thread_local! {
    /// Never dropped: tasks may run while other thread-locals are being destroyed.
    static NESTED: ManuallyDrop<NestedIdentities> = const { ManuallyDrop::new(RefCell::new(Nested::new())) };
}

/// A task that runs on this thread in the midst of another, under an identity of its own, until this
/// is dropped. Nested identities end in the opposite order of their beginning.
pub(crate) struct NestedIdentity(());

impl NestedIdentity {
    pub(crate) fn new(identity: Arc<Identity>) -> Self {
        let host = backend::task_id();
        backend::adopt_task_id(identity.id());
        registry::register_nested(&identity);
        NESTED.with(|nested| nested.borrow_mut().begin((host, identity)));
        Self(())
    }

    /// The task in whose midst all others on this thread run: the same one as long as the thread lives.
    pub(crate) fn undermost() -> TaskId {
        let host = NESTED.with(|nested| nested.borrow().outermost().map(|(host, _)| *host));
        host.unwrap_or_else(backend::task_id)
    }
}

impl Drop for NestedIdentity {
    fn drop(&mut self) {
        if let Some((host, identity)) = NESTED.with(|nested| nested.borrow_mut().end()) {
            backend::adopt_task_id(host);
            registry::unregister_nested(identity.id());
        }
    }
}

/// Whether the current task interrupts that one on this thread, so that it cannot go on before the current
/// one ends.
fn interrupts(task: TaskId) -> bool {
    NESTED.with(|nested| nested.borrow().iter().any(|(host, _)| *host == task))
}

/// Whether that task is the current one, or is interrupted by it. A wait for its end would never end.
///
/// Every check against waiting for oneself asks this and none compares ids by itself: a nested task has an
/// id of its own, and still keeps its hosts from going on.
pub(crate) fn runs_here(task: TaskId) -> bool {
    task == backend::task_id() || interrupts(task)
}

fn nested() -> Option<Arc<Identity>> {
    NESTED.with(|nested| {
        let nested = nested.borrow();
        nested.innermost().map(|(_, identity)| Arc::clone(identity))
    })
}

/// Whether a nested task runs on this thread.
pub(super) fn is_nested() -> bool {
    NESTED.with(|nested| !nested.borrow().is_empty())
}

/// The identity of this thread, or of the nested task that runs on it, if there is one.
///
/// `None` for a thread that somebody else started and that never asked, and while the thread-locals
/// of this thread are being destroyed.
pub(crate) fn current() -> Option<Arc<Identity>> {
    if let Some(identity) = nested() {
        return Some(identity);
    }
    OCCUPANT
        .try_with(|cell| cell.get().map(|occupant| Arc::clone(&occupant.0)))
        .ok()
        .flatten()
}

/// Gives this thread, which somebody else started, an identity, and lists it among the live ones.
///
/// While thread-locals are being destroyed there is no place to keep it, and nobody would take it
/// off the list: the identity is then good for this one question.
pub(crate) fn adopt(companion: impl Any + Send + Sync) -> Arc<Identity> {
    let identity = if backend::task_id() == backend::MAIN_TASK {
        let identity = main(|| companion);
        identity.note_native_id();
        identity
    } else {
        Identity::for_adoption(companion)
    };
    let keep = Arc::clone(&identity);
    let _ = OCCUPANT.try_with(|cell| {
        registry::register(&keep);
        // It was empty a moment ago, and nobody else can reach the cell of this thread.
        let _ = cell.set(Occupant(keep));
    });
    identity
}

/// The identity of the main thread, which is listed from now on, whether or not it has asked itself.
pub(crate) fn main<C: Any + Send + Sync>(companion: impl FnOnce() -> C) -> Arc<Identity> {
    static MAIN: OnceLock<Arc<Identity>> = OnceLock::new();
    let identity = MAIN.get_or_init(|| {
        let identity = Identity::for_main(companion());
        registry::register(&identity);
        identity
    });
    Arc::clone(identity)
}

/// Makes this new thread the one with that identity.
pub(crate) fn enter(identity: &Arc<Identity>) {
    backend::adopt_task_id(identity.id());
    identity.test_run().make_current();
    identity.begin();
    OCCUPANT.with(|cell| {
        let _ = cell.set(Occupant(Arc::clone(identity)));
    });
}
