//! The threads of one scope.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::join_error::JoinError;
use super::thread_ref::ThreadRef;
use crate::backend::{QuietMutex, TaskId, Turn};
use crate::wait::Until;

/// What the threads of a scope, its owner and their handles share.
///
/// It owns nothing that borrows: the results of the threads go from each thread to its handle.
#[derive(Debug)]
pub(super) struct Brood(QuietMutex<Members>);

/// # Invariant
///
/// `alive` has every thread of the scope from before it starts until it has ended, as its `ended` gate
/// says. Threads are added by the owner and by threads that are in it; so once the owner has left its
/// closure and finds it empty, it stays so.
///
/// A stop sets `stopped` and reads `alive` in one step, and a thread is added and `stopped` read in one
/// step; so none is missed.
#[derive(Debug, Default)]
struct Members {
    alive: BTreeMap<TaskId, (ThreadRef, Turn)>,
    stopped: bool,
    /// The panics that nobody has joined, in the order in which they happened.
    panics: Vec<(TaskId, JoinError)>,
}

impl Brood {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(QuietMutex::new(Members::default())))
    }

    /// A thread is about to start.
    pub(super) fn admit(&self, thread: &ThreadRef) {
        let stopped = {
            let mut members = self.0.lock();
            let id = thread.identity().id();
            members.alive.insert(id, (thread.clone(), Turn::NONE));
            members.stopped
        };
        if stopped {
            thread.life().stop_alone();
        }
    }

    /// It has started.
    pub(super) fn started(&self, id: TaskId, turn: Turn) {
        if let Some((_, of)) = self.0.lock().alive.get_mut(&id) {
            *of = turn;
        }
    }

    /// It has ended, or was not started after all.
    pub(super) fn dismiss(&self, id: TaskId) {
        let gone = self.0.lock().alive.remove(&id);
        drop(gone);
    }

    /// It has panicked: that stops all others.
    pub(super) fn panicked(self: &Arc<Self>, id: TaskId, panic: JoinError) {
        self.0.lock().panics.push((id, panic));
        stop_all(vec![Arc::clone(self)]);
    }

    /// The panic of that thread, for whoever joins it.
    pub(super) fn take_panic(&self, id: TaskId) -> Option<JoinError> {
        let panics = &mut self.0.lock().panics;
        let at = panics.iter().position(|(of, _)| *of == id)?;
        Some(panics.remove(at).1)
    }

    /// All panics that nobody has joined.
    pub(super) fn take_panics(&self) -> Vec<JoinError> {
        let panics = core::mem::take(&mut self.0.lock().panics);
        panics.into_iter().map(|(_, panic)| panic).collect()
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.0.lock().stopped
    }

    /// As the owner, waits until all threads have ended.
    pub(super) fn wait(&self) {
        loop {
            let first = self
                .0
                .lock()
                .alive
                .first_key_value()
                .map(|(id, (thread, turn))| (*id, thread.clone(), *turn));
            let Some((id, thread, turn)) = first else {
                return;
            };
            // Without a limit it cannot end in any other way.
            let _ = thread.life().ended.wait(&Until::FOREVER);
            turn.wait_for_end();
            self.dismiss(id);
        }
    }

    /// Notes that a stop was requested; returns who is to be told.
    fn stop(&self) -> Vec<ThreadRef> {
        let mut members = self.0.lock();
        members.stopped = true;
        members
            .alive
            .values()
            .map(|(thread, _)| thread.clone())
            .collect()
    }
}

/// Stops all threads of these scopes, and of the scopes in which those are.
///
/// A list of what is left to do and no recursion: scopes may be nested as deep as somebody likes.
pub(super) fn stop_all(mut broods: Vec<Arc<Brood>>) {
    while let Some(brood) = broods.pop() {
        for thread in brood.stop() {
            if thread.life().stop_alone() {
                broods.extend(thread.life().broods());
            }
        }
    }
}
