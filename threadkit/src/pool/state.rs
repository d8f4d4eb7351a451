//! Who works, who is idle, and what is left to do: all that is behind the lock of a pool.

use std::sync::Arc;

use super::backlog::Backlog;
use crate::table::Table;
use crate::threads::JoinHandle;
use crate::wait::{Outcome, Registration, StopSource, WaitQueue, Waiter};

/// Whether tasks are taken in.
pub(super) enum Phase {
    Open,
    /// No more are; those that are in will be run.
    ShutDown,
    /// No more are, and none will be run, for that reason.
    Broken(Arc<str>),
}

/// The state of a pool.
///
/// # Invariant
///
/// Every worker that is `alive` is one of: idle (its waiter is in `idle`), `seeking` (on its way to look at the backlog: just started or just woken), running a task, or
/// lending its place, which is to say waiting inside a task for another one (`lent`). While fewer than
/// `size` workers are busy, there are at least as many seeking as tasks in the backlog, as far as there
/// are workers to wake or to start: so no task waits while somebody could run it. `alive` counts from before
/// the start of a thread to its last look at the state.
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) backlog: Backlog,
    /// Last come, first woken: the one whose caches are warm, while the others come to be dismissed.
    pub(super) idle: Vec<Arc<Waiter>>,
    pub(super) seeking: usize,
    pub(super) alive: usize,
    pub(super) lent: usize,
    /// How many workers were ever started, which numbers them.
    pub(super) started: u64,
    /// Of all workers that nobody has joined yet.
    pub(super) handles: Vec<JoinHandle<()>>,
    /// Who waits to submit until there is room.
    pub(super) submitters: WaitQueue,
    /// Where the running tasks that know their token are stopped, by their address, and what stops them
    /// with their thread.
    pub(super) sources: Table<usize, (StopSource, Registration)>,
    /// Running tasks are to stop, those that begin now too.
    pub(super) stopping: bool,
    /// The process is about to end: who has nothing to do leaves.
    pub(super) dismissed: bool,
}

/// What is to be done about a state when its lock is free again.
#[must_use]
pub(super) enum Help {
    NotNeeded,
    /// A worker that was idle: wake it.
    Wake(Arc<Waiter>),
    /// The worker of that number: start it.
    Start(u64),
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            phase: Phase::Open,
            backlog: Backlog::default(),
            idle: Vec::new(),
            seeking: 0,
            alive: 0,
            lent: 0,
            started: 0,
            handles: Vec::new(),
            submitters: WaitQueue::new(),
            sources: Table::new(),
            stopping: false,
            dismissed: false,
        }
    }

    /// A worker looks here for the last time; says whether no other will ever do.
    #[must_use]
    pub(super) fn leave(&mut self) -> bool {
        self.alive -= 1;
        self.alive == 0 && !self.is_open()
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// Has somebody come for the task that has just arrived, or that nobody has come for.
    pub(super) fn recruit(&mut self, size: usize) -> Help {
        if self.backlog.len() <= self.seeking {
            return Help::NotNeeded;
        }
        let busy = self.alive - self.idle.len() - self.lent;
        if busy >= size {
            return Help::NotNeeded;
        }
        if let Some(called) = self.call_idle() {
            return called.map_or(Help::NotNeeded, Help::Wake);
        }
        self.alive += 1;
        self.seeking += 1;
        self.started += 1;
        Help::Start(self.started)
    }

    /// Whether there are more workers than there should be.
    pub(super) fn has_surplus(&self, size: usize) -> bool {
        self.alive > size.saturating_add(self.lent)
    }

    /// Has an idle worker come, if there is one: wakes one, unless it is on its way because its
    /// keep-alive is over. It finds out by itself what it was called for.
    pub(super) fn call_idle(&mut self) -> Option<Option<Arc<Waiter>>> {
        let waiter = self.idle.pop()?;
        self.seeking += 1;
        Some(waiter.decide(Outcome::Granted).then_some(waiter))
    }

    /// Somebody who was counted on for a task will not do it: has an idle worker come instead, to be
    /// woken.
    pub(super) fn call_substitute(&mut self) -> Option<Arc<Waiter>> {
        if self.backlog.len() <= self.seeking {
            return None;
        }
        self.call_idle().flatten()
    }

    /// All idle workers, to be woken.
    pub(super) fn call_all_idle(&mut self) -> Vec<Arc<Waiter>> {
        core::iter::from_fn(|| self.call_idle()).flatten().collect()
    }

    /// All idle workers and all who wait to submit, to be woken.
    pub(super) fn call_all(&mut self) -> Vec<Arc<Waiter>> {
        let mut called = self.call_all_idle();
        called.extend(core::iter::from_fn(|| self.submitters.grant_first()));
        called
    }

    /// Who waits to submit and has room now, to be woken.
    pub(super) fn call_submitter(&mut self, bound: usize) -> Option<Arc<Waiter>> {
        if self.backlog.len() < bound {
            self.submitters.grant_first()
        } else {
            None
        }
    }
}
