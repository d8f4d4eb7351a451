//! A task on a thread that is in the midst of another.

use std::sync::Arc;

use super::life::Life;
use crate::identity::{Identity, NestedIdentity};
use crate::wait::StopSource;

/// The current thread is somebody else until this is dropped: it has another name, another stop token
/// and another id, so that a lock of the task below is not taken for one of its own.
pub(crate) struct NestedTask {
    identity: Arc<Identity>,
    _visit: NestedIdentity,
}

impl NestedTask {
    pub(crate) fn new(name: Arc<str>, stop: StopSource) -> Self {
        let identity = Identity::for_start(name, true, Life::stopped_by(stop));
        Self {
            _visit: NestedIdentity::new(Arc::clone(&identity)),
            identity,
        }
    }
}

impl Drop for NestedTask {
    fn drop(&mut self) {
        if let Some(life) = self.identity.companion::<Life>() {
            life.body_ended(false);
            life.ended.open();
        }
    }
}
