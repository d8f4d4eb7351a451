//! The threads of one scope.

use std::sync::Arc;

use super::blocked::blocked;
use super::current::stop_token;
use super::join_error::JoinError;
use super::thread_ref::ThreadRef;
use crate::backend::{QuietMutex, TaskId, Turn};
use crate::inspect::{Call, EndedBy, Enders, Group, GroupKind, Precedence};
use crate::table::Table;
use crate::wait::{StopSource, Until};

/// The state that the threads of a scope, its owner and their handles share.
///
/// Nothing in it borrows: the results go from each thread to its handle.
#[derive(Debug)]
pub(super) struct ScopeThreads {
    members: QuietMutex<Members>,
    /// What comes before the ends of those that are not members any more.
    precedence: Precedence,
    /// Stopped with the owner of the scope; the threads of the scope are stopped with it.
    pub(super) stop: StopSource,
    group: Group,
}

/// # Invariant
///
/// `alive` has every thread of the scope from before its start until its `ended` gate is open. Threads are
/// added by the owner and by threads that are in it. So once the owner has left its closure and finds it
/// empty, it stays empty.
#[derive(Debug)]
struct Members {
    alive: Table<TaskId, (ThreadRef, Turn)>,
    /// The panics that were not joined, in the order in which they happened.
    panics: Vec<(TaskId, JoinError)>,
}

impl ScopeThreads {
    /// A scope that the current thread opens, or the task that runs on it.
    pub(super) fn new(opened: Call) -> Arc<Self> {
        Arc::new(Self {
            members: QuietMutex::new(Members {
                alive: Table::new(),
                panics: Vec::new(),
            }),
            precedence: Precedence::here(),
            stop: StopSource::linked(&stop_token()),
            group: Group::new(GroupKind::Scope, None, opened),
        })
    }

    /// A thread is about to start.
    pub(super) fn admit(&self, thread: &ThreadRef) {
        let id = thread.id();
        let member = (thread.clone(), Turn::NONE);
        self.members.lock().alive.insert(id, member);
        self.group.admit(id);
    }

    /// It has started.
    pub(super) fn started(&self, id: TaskId, turn: Turn) {
        if let Some((_, of)) = self.members.lock().alive.get_mut(id) {
            *of = turn;
        }
    }

    /// It has ended, or was not started.
    pub(super) fn dismiss(&self, thread: &ThreadRef) {
        self.precedence.add(&thread.lifecycle().precedence);
        let gone = self.members.lock().alive.remove(thread.id());
        drop(gone);
        self.group.dismiss(thread.id());
    }

    /// It has panicked, which stops all others.
    pub(super) fn panicked(&self, id: TaskId, panic: JoinError) {
        self.members.lock().panics.push((id, panic));
        self.stop.stop();
    }

    /// Takes the panic of that thread, for its join.
    pub(super) fn take_panic(&self, id: TaskId) -> Option<JoinError> {
        let panics = &mut self.members.lock().panics;
        let at = panics.iter().position(|(of, _)| *of == id)?;
        Some(panics.remove(at).1)
    }

    /// Takes all panics that were not joined.
    pub(super) fn take_panics(&self) -> Vec<JoinError> {
        let panics = core::mem::take(&mut self.members.lock().panics);
        let mut all = Vec::with_capacity(panics.len());
        for (_, panic) in panics {
            all.push(panic);
        }
        all
    }

    /// As the owner, waits until all threads have ended.
    pub(super) fn wait(&self) {
        let _blocked = blocked();
        loop {
            // In the order in which they were admitted: a thread that starts another is waited for before
            // it, and has noted the turn of the other by then.
            let Some((thread, turn)) = self.members.lock().alive.first().cloned() else {
                self.precedence.join();
                return;
            };
            // Without a limit it cannot end in any other way.
            let _ = thread.lifecycle().wait_for_end(&Until::FOREVER);
            turn.wait_for_end();
            self.dismiss(&thread);
        }
    }
}

/// The scope ends when all of its threads have ended.
impl EndedBy for ScopeThreads {
    fn enders(&self) -> Enders {
        match self.members.try_lock() {
            Some(members) => Enders::tasks(members.alive.iter().map(|(id, _)| *id)),
            None => Enders::Over,
        }
    }
}
