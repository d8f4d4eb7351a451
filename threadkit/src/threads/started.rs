//! The part of a handle that does not depend on the type of the result.

use core::fmt;
use std::sync::Arc;

use super::blocked::blocked;
use super::join_error::JoinError;
use super::scope_threads::ScopeThreads;
use super::thread_ref::ThreadRef;
use crate::backend::OsThread;
use crate::identity;
use crate::inspect::{EndOf, Operation};
use crate::wait::Until;

/// A thread that was started, without its result.
///
/// It has all of a handle that does not depend on the type of the result, so that this is compiled once.
pub(super) struct Started {
    pub(super) thread: ThreadRef,
    /// `None` once joined.
    pub(super) os: Option<OsThread>,
    /// The scope that the thread is in, which keeps its panic.
    pub(super) scope_threads: Option<Arc<ScopeThreads>>,
}

impl Started {
    /// Waits until the thread is gone; a thread of a scope may still be destroying its thread-locals.
    #[track_caller]
    pub(super) fn join(&mut self) {
        let id = self.thread.id();
        if identity::runs_here(id) {
            self.thread.refuse_self("join");
        }
        let end = EndOf(id);
        let call = Operation::JOIN_HANDLE_JOIN.here().on_thread(id);
        let _waiting = call.waiting_for(&end);
        if let Some(os) = self.os.take() {
            let _blocked = blocked();
            let lifecycle = self.thread.lifecycle();
            if os.join_waits() {
                // The system wakes this thread when the other one is gone. To wait for its gate as well would
                // cost a second wake-up.
                lifecycle.join(|| os.join());
            } else {
                // Without a limit it cannot end in any other way.
                let _ = lifecycle.wait_for_end(&Until::FOREVER);
                os.join();
            }
        }
        call.did(|| None);
    }

    /// The error of a thread that has left no result, because its panic went to its scope.
    #[cold]
    #[track_caller]
    pub(super) fn without_outcome(&self) -> JoinError {
        let name = self.thread.name();
        match &self.scope_threads {
            Some(scope_threads) => scope_threads
                .take_panic(self.thread.id())
                .unwrap_or_else(|| JoinError::passed_on(name.into())),
            None => panic!("thread `{name}` was ended from outside, without a result"),
        }
    }
}

impl fmt::Debug for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("name", &self.thread.name())
            .field("ident", &self.thread.ident())
            .field("state", &self.thread.state())
            .finish_non_exhaustive()
    }
}
