//! The ends of several tasks, in the order in which they happen.

use std::collections::VecDeque;
use std::sync::Arc;

use super::interrupted::Interrupted;
use crate::backend::Mutex;
use crate::wait::{Outcome, Waiter};

/// Where the ends of several tasks arrive; each task is known by a number.
#[derive(Default)]
pub(super) struct Arrivals(Mutex<Inner>);

/// # Invariant
///
/// `waiter` is that of the thread that waits for the next arrival. An arrival takes it out.
#[derive(Default)]
struct Inner {
    ended: VecDeque<usize>,
    waiter: Option<Next>,
}

/// A thread that waits for the next arrival, as a worker if it is one.
type Next = (Arc<Waiter>, Option<Arc<dyn Interrupted>>);

impl Arrivals {
    /// The task of that number has ended.
    pub(super) fn note(&self, number: usize) {
        let waiter = {
            let mut inner = self.0.lock();
            inner.ended.push_back(number);
            inner.waiter.take()
        };
        let Some((waiter, worker)) = waiter else {
            return;
        };
        if let Some(worker) = worker {
            worker.go_on();
        }
        if waiter.decide(Outcome::Granted) {
            waiter.wake();
        }
    }

    /// Whether there is an arrival that was not taken.
    pub(super) fn is_any(&self) -> bool {
        !self.0.lock().ended.is_empty()
    }

    /// The next task that has ended, if there is one.
    pub(super) fn take(&self) -> Option<usize> {
        self.0.lock().ended.pop_front()
    }

    /// The next task that has ended, or a waiter that is woken when one ends.
    pub(super) fn next(&self, worker: Option<&Arc<dyn Interrupted>>) -> Result<usize, Arc<Waiter>> {
        let mut inner = self.0.lock();
        inner.ended.pop_front().ok_or_else(|| {
            let waiter = Waiter::new();
            inner.waiter = Some((Arc::clone(&waiter), worker.cloned()));
            waiter
        })
    }

    /// The next task that has ended, for a thread whose wait is over.
    pub(super) fn last_look(&self) -> Option<usize> {
        let (_waiter, next) = {
            let mut inner = self.0.lock();
            (inner.waiter.take(), inner.ended.pop_front())
        };
        next
    }
}
