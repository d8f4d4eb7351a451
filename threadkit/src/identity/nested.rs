//! Tasks that interrupt others on the same thread.

use core::cell::RefCell;
use core::mem::ManuallyDrop;
use std::sync::Arc;

use super::registry::{Identity, register_nested, unregister_nested};
use crate::backend::{self, TaskId};
use crate::local::local;
use crate::nested::Nested;

/// The nested tasks of this thread, each with the id of the task that it interrupts.
type NestedIdentities = RefCell<Nested<(TaskId, Arc<Identity>)>>;

local! {
    /// Never dropped: tasks may run while other thread-locals are being destroyed.
    static NESTED: ManuallyDrop<NestedIdentities> = const { ManuallyDrop::new(RefCell::new(Nested::new())) };
}

/// Until this is dropped, a task with an identity of its own interrupts the current one on this thread.
/// Nested identities end in the opposite order of their beginning.
pub(crate) struct NestedIdentity(());

impl NestedIdentity {
    pub(crate) fn new(identity: Arc<Identity>) -> Self {
        let host = backend::task_id();
        backend::adopt_task_id(identity.id());
        register_nested(host, &identity);
        NESTED.with(|nested| nested.borrow_mut().begin((host, identity)));
        Self(())
    }

    /// The task that all others on this thread interrupt: the same one for as long as the thread lives.
    pub(crate) fn undermost() -> TaskId {
        let host = NESTED.with(|nested| nested.borrow().outermost().map(|(host, _)| *host));
        host.unwrap_or_else(backend::task_id)
    }
}

impl Drop for NestedIdentity {
    fn drop(&mut self) {
        if let Some((host, identity)) = NESTED.with(|nested| nested.borrow_mut().end()) {
            backend::adopt_task_id(host);
            unregister_nested(identity.id());
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

/// The innermost nested task of this thread.
pub(super) fn innermost() -> Option<Arc<Identity>> {
    NESTED.with(|nested| {
        let nested = nested.borrow();
        nested.innermost().map(|(_, identity)| Arc::clone(identity))
    })
}

/// Whether a nested task runs on this thread.
pub(super) fn is_nested() -> bool {
    NESTED.with(|nested| !nested.borrow().is_empty())
}
