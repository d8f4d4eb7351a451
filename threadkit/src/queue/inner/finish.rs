//! Which items are done, and the end of a queue.

use core::sync::atomic::Ordering;

use super::super::error::TaskDoneError;
use super::super::store::Store;
use super::Inner;
use super::awaited::TheEnd;
use crate::backend::{self, also_uses};
use crate::inspect::Call;
use crate::wait::{Until, WaitError};

impl<S: Store> Inner<S> {
    #[inline]
    pub(in crate::queue) fn task_done(&self, call: Call) -> Result<(), TaskDoneError> {
        let _inside = self.site.inside();
        backend::yield_point();
        let one_more = |done: usize| (done < self.store().taken()).then_some(done + 1);
        // SeqCst: see `Line`. It also releases what was done with the item to the thread that sees that
        // all are done.
        let count = || {
            also_uses(self.site.access());
            let done = self.store().done();
            done.try_update(Ordering::SeqCst, Ordering::SeqCst, one_more)
        };
        // The second look is exact: see `shutdown_now`.
        match count().or_else(|_| self.store().between_pops(count)) {
            Ok(_) => {
                call.on(&self.site).did(|| None);
                self.tell_joiners();
                Ok(())
            }
            Err(_) => Err(TaskDoneError {
                taken: self
                    .store()
                    .taken()
                    .saturating_sub(self.withdrawn.load(Ordering::Relaxed)),
            }),
        }
    }

    #[inline]
    fn tell_joiners(&self) {
        if self.lines.joiners.is_awaited()
            && let Some(put) = self.put_if_all_done()
        {
            // Written before the waiters look, because more items may have been put by then. SeqCst: see
            // `Line`.
            self.all_done.fetch_max(put, Ordering::SeqCst);
            self.lines.joiners.notify_all();
        }
    }

    /// How many items were put, if all of them are done.
    ///
    /// `done` is read first. It never exceeds `put`, so if the two numbers are equal, they were so when `put`
    /// was read.
    fn put_if_all_done(&self) -> Option<usize> {
        let _inside = self.site.inside();
        backend::yield_point();
        let done = self.store().done().load(Ordering::SeqCst);
        backend::yield_point();
        let put = self.store().put();
        (put == done).then_some(put)
    }

    pub(in crate::queue) fn unfinished(&self) -> usize {
        self.site.is_observed();
        let done = self.store().done().load(Ordering::Acquire);
        self.store().put().saturating_sub(done)
    }

    pub(in crate::queue) fn join<'u>(
        &self,
        call: Call,
        until: impl FnOnce() -> Until<'u>,
    ) -> Result<(), WaitError> {
        let put = self.store().put();
        let is_over =
            || self.put_if_all_done().is_some() || self.all_done.load(Ordering::SeqCst) >= put;
        let call = call.on(&self.site);
        if is_over() {
            call.did(|| None);
            return Ok(());
        }
        let awaited = TheEnd {
            put,
            taken: self.store.taken_counter(),
            done: self.store.done(),
        };
        let _waiting = call.waiting_for(&awaited);
        let joiners = &self.lines.joiners;
        let waited = joiners.wait_for(&until(), || is_over().then_some(()));
        waited.inspect_err(|ended| call.did(|| Some(ended.shown())))
    }

    /// Refuses all further items; returns whether the queue was open.
    pub(in crate::queue) fn shutdown(&self, call: Call) -> bool {
        let was_open = self.store().shut();
        call.on(&self.site).did(|| None);
        if was_open {
            self.lines.putters.notify_all();
            self.lines.getters.notify_all();
        }
        was_open
    }

    pub(in crate::queue) fn shutdown_now(&self, call: Call) -> Vec<S::Item> {
        self.shutdown(call);
        // Counted as done before they count as taken: otherwise another thread's `task_done` could be counted
        // for them in between. Until they count as taken, `done` may exceed `taken`, so `task_done` looks
        // again under the lock before it returns an error.
        let left = self.store().pop_all(|left| {
            also_uses(self.site.access());
            self.withdrawn.fetch_add(left, Ordering::Relaxed);
            self.store().done().fetch_add(left, Ordering::SeqCst);
            backend::yield_point();
        });
        if !left.is_empty() {
            self.tell_joiners();
        }
        left
    }

    pub(in crate::queue) fn add_producer(&self) {
        let _inside = self.site.inside();
        backend::yield_point();
        // Relaxed: the caller has a handle of the queue, and no other thread relies on what it did before.
        self.producers.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes a producer out; returns whether it was the last.
    pub(in crate::queue) fn remove_producer(&self) -> bool {
        let _inside = self.site.inside();
        backend::yield_point();
        // Release and acquire: all that the producers did happens before what the last one does.
        self.producers.fetch_sub(1, Ordering::AcqRel) == 1
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::super::super::two_ended::TwoEnded;
    use super::*;
    use crate::inspect::Operation;

    fn call() -> Call {
        Operation::named("test").here()
    }

    fn queue(items: u32) -> Arc<Inner<TwoEnded<u32>>> {
        let queue = Arc::new(Inner::new(TwoEnded::new(None)));
        (0..items).for_each(|n| queue.try_put(call(), n).unwrap());
        queue
    }

    #[test]
    fn a_moment_in_which_all_is_done_ends_a_join_that_is_late_to_look() {
        let queue = queue(1);
        let joiner = thread::spawn({
            let queue = Arc::clone(&queue);
            move || queue.join(call(), || Until::FOREVER)
        });
        while queue.lines.joiners.len() != Some(1) {
            thread::yield_now();
        }
        queue.try_get(call()).unwrap();
        queue.task_done(call()).unwrap();
        queue.try_put(call(), 2).unwrap();
        assert_eq!(joiner.join().unwrap(), Ok(()));
    }

    #[test]
    fn a_moment_before_an_item_was_put_does_not_end_a_join_for_it() {
        let queue = queue(1);
        queue.try_get(call()).unwrap();
        queue.all_done.store(1, Ordering::SeqCst);
        queue.task_done(call()).unwrap();
        queue.try_put(call(), 2).unwrap();
        assert_eq!(
            queue.join(call(), || Until::after(core::time::Duration::ZERO)),
            Err(WaitError::TimedOut)
        );
    }
}
