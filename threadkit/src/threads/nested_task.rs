//! A task on a thread that has interrupted another one for it.

use std::sync::Arc;

use super::lifecycle::{Lifecycle, Stage};
use super::thread_ref::ThreadRef;
use crate::identity::{Identity, Name, NestedIdentity};
use crate::wait::StopSource;

/// Gives the current thread another identity until this is dropped: another name, another stop token and
/// another id, so that a lock which the interrupted task holds does not count as held by the nested one.
pub(crate) struct NestedTask {
    thread: ThreadRef,
    _visit: NestedIdentity,
}

impl NestedTask {
    pub(crate) fn new(name: Arc<str>, stop: StopSource) -> Self {
        let identity = Identity::for_start(
            Name::Given(name),
            true,
            Lifecycle::new(Stage::Running, Some(stop)),
        );
        Self {
            _visit: NestedIdentity::new(Arc::clone(&identity)),
            thread: ThreadRef::new(identity),
        }
    }
}

impl Drop for NestedTask {
    fn drop(&mut self) {
        let lifecycle = self.thread.lifecycle();
        lifecycle.reach(Stage::Finished);
        lifecycle.ended.open();
    }
}
