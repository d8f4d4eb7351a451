//! What a handle knows of its thread, whatever that returns.

use core::fmt;
use std::sync::Arc;

use super::join_error::JoinError;
use super::scope_threads::ScopeThreads;
use super::thread_ref::ThreadRef;
use crate::backend::OsThread;
use crate::identity;
use crate::inspect;
use crate::wait::{Until, WaitError};

/// A thread that was started, without its outcome.
///
/// What a handle does stands here as far as it does not depend on the type of the outcome, to be
/// compiled once and not for each type.
pub(super) struct Started {
    thread: ThreadRef,
    /// `None` once joined.
    os: Option<OsThread>,
    /// The scope that the thread is in, which keeps its panic.
    scope_threads: Option<Arc<ScopeThreads>>,
}

impl Started {
    pub(super) fn new(
        thread: ThreadRef,
        os: OsThread,
        scope_threads: Option<Arc<ScopeThreads>>,
    ) -> Self {
        Self {
            thread,
            os: Some(os),
            scope_threads,
        }
    }

    pub(super) fn thread(&self) -> &ThreadRef {
        &self.thread
    }

    pub(super) fn has_ended(&self) -> bool {
        self.thread.lifecycle().ended.is_open()
    }

    /// Waits until the thread is gone altogether, as far as that can be known.
    #[track_caller]
    pub(super) fn join(&mut self) {
        if identity::runs_here(self.thread.id()) {
            self.refuse_self("join");
        }
        let _waiting = inspect::waiting("JoinHandle::join");
        if let Some(os) = self.os.take() {
            // Without a limit it cannot end in any other way.
            let _ = self.thread.lifecycle().ended.wait(&Until::FOREVER);
            os.join();
        }
    }

    /// Waits for the end, unless that is to come from the thread that asks.
    #[track_caller]
    pub(super) fn wait(&self, what: &'static str, until: &Until<'_>) -> Result<(), WaitError> {
        let _waiting = inspect::waiting(what);
        if identity::runs_here(self.thread.id()) && !self.has_ended() {
            self.refuse_self("wait for");
        }
        self.thread.lifecycle().ended.wait(until)
    }

    #[cold]
    #[track_caller]
    fn refuse_self(&self, verb: &str) -> ! {
        panic!(
            "thread `{}` tries to {verb} itself, which would never end; pass its handle to another \
             thread",
            self.thread.name()
        );
    }

    /// Why the thread has ended and left nothing: its scope has been told of its panic.
    #[cold]
    #[track_caller]
    pub(super) fn without_outcome(&self) -> JoinError {
        match &self.scope_threads {
            Some(scope_threads) => scope_threads
                .take_panic(self.thread.id())
                .unwrap_or_else(|| JoinError::passed_on(self.thread.name())),
            None => panic!(
                "thread `{}` was ended from outside, without a result",
                self.thread.name()
            ),
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
