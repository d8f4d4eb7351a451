//! Where the ends of several tasks arrive, in their order.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::backend::Mutex;
use crate::wait::{Outcome, Waiter};

/// Where the ends of several tasks arrive; each task is known by a number.
#[derive(Default)]
pub(super) struct Arrivals(Mutex<Inner>);

/// # Invariant
///
/// `waiter` is that of the one who waits for the next arrival; whoever arrives takes it out.
#[derive(Default)]
struct Inner {
    ended: VecDeque<usize>,
    waiter: Option<Arc<Waiter>>,
}

impl Arrivals {
    /// The task of that number has ended.
    pub(super) fn note(&self, number: usize) {
        let waiter = {
            let mut inner = self.0.lock();
            inner.ended.push_back(number);
            inner.waiter.take()
        };
        if let Some(waiter) = waiter
            && waiter.decide(Outcome::Granted)
        {
            waiter.wake();
        }
    }

    /// The next that has ended, or a waiter that is woken when one does.
    pub(super) fn next(&self) -> Result<usize, Arc<Waiter>> {
        let mut inner = self.0.lock();
        inner.ended.pop_front().ok_or_else(|| {
            let waiter = Waiter::new();
            inner.waiter = Some(Arc::clone(&waiter));
            waiter
        })
    }

    /// The next that has ended after all, for who waits no longer.
    pub(super) fn last_look(&self) -> Option<usize> {
        let mut inner = self.0.lock();
        inner.waiter = None;
        inner.ended.pop_front()
    }
}
