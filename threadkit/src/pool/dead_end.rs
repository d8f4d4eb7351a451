//! Pools whose tasks all wait for each other, although none of them can begin.

use std::sync::Arc;

use super::loan::Lent;
use super::shared::Shared;
use super::worker_context;
use crate::backend::QuietMutex;
use crate::sort;

/// Pools, by their addresses, in which every task waits, and waits for tasks of these pools. Each comes with the number
/// of loans that were ever given back to it. So two equal values at two times mean that no wait has ended in between.
#[derive(PartialEq, Eq)]
pub(super) struct DeadEnd(Vec<(usize, u64)>);

/// Held while one of several hopeless waits gives up.
static GIVING_UP: QuietMutex<()> = QuietMutex::new(());

impl DeadEnd {
    /// The dead end of a wait that only tasks of those pools can end, if it is in one.
    ///
    /// No worker of them runs a task, or waits for a thread or until a deadline, and no other thread runs one of their
    /// tasks; the same is true of all pools that their tasks wait for. Stops are not considered, and may end such a
    /// wait.
    ///
    /// The current thread may be about to wait, with that loan.
    pub(super) fn of(pools: &[Arc<Shared>], lent: Option<&Lent>) -> Option<Self> {
        let mut known: Vec<(usize, u64)> = Vec::new();
        let mut next = pools.to_vec();
        while let Some(pool) = next.pop() {
            let key = Arc::as_ptr(&pool).addr();
            if known.iter().any(|(known, _)| *known == key) {
                continue;
            }
            // A wait is noted there before its loan begins, and is removed after the loan has ended. So one that was
            // not found there has been counted as returned below, or begins later.
            {
                let waits = pool.waits.lock();
                if waits.limited > 0 || waits.guests > waits.waiting_guests {
                    return None;
                }
                next.extend(waits.abroad.iter().cloned());
            }
            let state = pool.state.lock();
            if !state.all_wait(lent.map_or(0, |lent| lent.about_to_wait(&pool))) {
                return None;
            }
            known.push((key, state.returned));
        }
        sort::few(&mut known);
        (!known.is_empty()).then_some(Self(known))
    }

    /// Calls `give_up`, which ends a loan, if the wait for those pools is still in this dead end; returns whether it
    /// is. Of several waits that are in it together, one gives up: the others find that a loan has ended.
    pub(super) fn leave(&self, pools: &[Arc<Shared>], give_up: impl FnOnce()) -> bool {
        let _one_by_one = GIVING_UP.lock();
        let is_here = Self::of(pools, None).is_some_and(|now| now == *self);
        if is_here {
            give_up();
        }
        is_here
    }
}

/// A wait of the current thread for tasks of several pools, until this is dropped.
pub(super) struct Noted {
    /// The pools of the tasks that this keeps from going on, but for the one of which the thread is a worker.
    visited: Vec<Arc<Shared>>,
    own: Option<Arc<Shared>>,
    /// The awaited pools.
    to: Vec<Arc<Shared>>,
    is_limited: bool,
}

impl Noted {
    /// `is_limited` says that a deadline, a promise or a timer may end the wait.
    pub(super) fn new(to: Vec<Arc<Shared>>, is_limited: bool) -> Self {
        let noted = Self {
            visited: worker_context::visited(),
            own: worker_context::current().map(|context| Arc::clone(&context.pool)),
            to,
            is_limited,
        };
        for (pool, is_guest) in noted.places() {
            if !noted.matters_to(pool, is_guest) {
                continue;
            }
            let mut waits = pool.waits.lock();
            waits.limited += usize::from(is_limited);
            waits.waiting_guests += usize::from(is_guest);
            let abroad = noted.to.iter().filter(|to| !Arc::ptr_eq(to, pool));
            waits.abroad.extend(abroad.cloned());
        }
        noted
    }

    fn places(&self) -> impl Iterator<Item = (&Arc<Shared>, bool)> {
        let own = self.own.iter().map(|pool| (pool, false));
        own.chain(self.visited.iter().map(|pool| (pool, true)))
    }

    /// A worker that waits for its own pool alone, without a deadline, only counts as lent.
    fn matters_to(&self, pool: &Arc<Shared>, is_guest: bool) -> bool {
        is_guest || self.is_limited || self.to.iter().any(|to| !Arc::ptr_eq(to, pool))
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        for (pool, is_guest) in self.places() {
            if !self.matters_to(pool, is_guest) {
                continue;
            }
            let mut waits = pool.waits.lock();
            waits.limited -= usize::from(self.is_limited);
            waits.waiting_guests -= usize::from(is_guest);
            for to in self.to.iter().filter(|to| !Arc::ptr_eq(to, pool)) {
                let is_it = |other: &Arc<Shared>| Arc::ptr_eq(other, to);
                if let Some(at) = waits.abroad.iter().position(is_it) {
                    // `self.to` has it too, so the last reference is not dropped here, under the lock.
                    waits.abroad.swap_remove(at);
                }
            }
        }
    }
}
