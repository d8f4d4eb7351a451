//! The common part of the three queues: waiting, finishing, ending.

use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::panic::RefUnwindSafe;

use super::error::{GetError, PutError, TaskDoneError};
use super::line::Line;
use super::queue_waiters::QueueWaiters;
use super::store::{Nothing, Refused, Store};
use super::two_ended::TwoEnded;
use crate::backend::{self, CachePadded, ShownValue, Site, also_uses};
use crate::inspect::{Call, EndedBy, Enders};
use crate::wait::{Until, WaitError, look_before_sleep};

/// A store, and the threads that wait for changes of it.
///
/// # Invariant
///
/// The `done` of the store counts the items that are done, and goes up only. `withdrawn` of them were returned by
/// [`shutdown_now`](Self::shutdown_now) or [`force_put`](Self::force_put). The others were taken and then counted by
/// [`task_done`](Self::task_done), which keeps `done` at or below `taken`. So all items are done if and only if `done`
/// equals `put`.
///
/// `all_done` is `put` at the last such moment that a thread waited for, and goes up only. A thread that
/// joins notes `put` when it comes. If `all_done` reaches that number, there was a moment in which all items
/// that the thread waits for were done.
pub(super) struct Inner<S> {
    site: Site,
    store: S,
    lines: CachePadded<Lines>,
    withdrawn: AtomicUsize,
    all_done: AtomicUsize,
    /// How many producers there are: see [`Producer`](super::producer::Producer).
    producers: AtomicUsize,
}

// Every item is either in the store or out of it, and a store stays valid if a comparison panics.
impl<S> RefUnwindSafe for Inner<S> {}

/// The waiters: read by every operation, written only when a thread waits.
struct Lines {
    /// For an item.
    getters: Line,
    /// For room.
    putters: Line,
    /// For all items to be done.
    joiners: Line,
}

/// What a thread waits for that waits for an item: a put, or the end of the producers, whose number this is.
struct AnItem<'a>(&'a AtomicUsize);

impl EndedBy for AnItem<'_> {
    fn enders(&self) -> Enders {
        Enders::Anyone
    }

    fn describe(&self) -> Option<String> {
        Some(match self.0.load(Ordering::Relaxed) {
            0 => "an item or a `shutdown()`".to_owned(),
            1 => "an item or the end of 1 producer".to_owned(),
            producers => format!("an item or the end of {producers} producers"),
        })
    }
}

/// What a thread waits for that waits until all items are done.
struct TheEnd<'a> {
    /// How many items were put when the wait began.
    put: usize,
    taken: &'a AtomicUsize,
    done: &'a AtomicUsize,
}

impl EndedBy for TheEnd<'_> {
    fn enders(&self) -> Enders {
        Enders::Anyone
    }

    fn describe(&self) -> Option<String> {
        // Relaxed: the numbers may be old at once.
        let done = self.done.load(Ordering::Relaxed);
        let taken = self.taken.load(Ordering::Relaxed);
        let left = self.put.saturating_sub(done);
        let there = self.put.saturating_sub(taken).min(left);
        let items = match left {
            1 => "1 item that is not done",
            _ => &format!("{left} items that are not done"),
        };
        Some(match (there, left - there) {
            (_, 0) => format!("{items}, and that no thread has taken"),
            (0, _) => format!("{items}, although taken: is there a `task_done()` for each?"),
            (_, taken) => format!("{items}: {there} in the queue, {taken} taken"),
        })
    }
}

impl<S: Store> Inner<S> {
    #[track_caller]
    pub(super) const fn new(store: S) -> Self {
        Self {
            site: Site::new("a queue"),
            store,
            lines: CachePadded::new(Lines {
                getters: Line::new(),
                putters: Line::new(),
                joiners: Line::new(),
            }),
            withdrawn: AtomicUsize::new(0),
            all_done: AtomicUsize::new(0),
            producers: AtomicUsize::new(0),
        }
    }

    #[inline]
    pub(super) fn store(&self) -> &S {
        self.site.used();
        &self.store
    }

    pub(super) fn n_waiting(&self) -> QueueWaiters {
        self.site.used();
        QueueWaiters {
            getters: self.lines.getters.n_waiting(),
            putters: self.lines.putters.n_waiting(),
            joiners: self.lines.joiners.n_waiting(),
        }
    }

    /// The line in which threads wait for an item.
    pub(super) fn len(&self, call: Call) -> usize {
        let len = self.store().len();
        self.did(call);
        len
    }

    pub(super) fn is_shut(&self, call: Call) -> bool {
        let is_shut = self.store().is_shut();
        call.on(&self.site).did(|| Some(ShownValue::Flag(is_shut)));
        is_shut
    }

    pub(super) fn getters(&self) -> &Line {
        &self.lines.getters
    }

    #[inline]
    pub(super) fn try_put(&self, call: Call, item: S::Item) -> Result<(), PutError<S::Item>> {
        let put = self.told(call, self.store().push(item));
        if let Err(PutError::Full(_)) = put {
            self.did_nothing(call, "full");
        }
        put
    }

    /// Notifies a thread that waits for an item, if one was put.
    #[inline]
    fn told(
        &self,
        call: Call,
        pushed: Result<(), Refused<S::Item>>,
    ) -> Result<(), PutError<S::Item>> {
        match pushed {
            Ok(()) => {
                self.did(call);
                self.lines.getters.notify_one();
                Ok(())
            }
            Err(Refused::Full(item)) => Err(PutError::Full(item)),
            Err(Refused::ShutDown(item)) => {
                self.did_nothing(call, "shut down");
                Err(PutError::ShutDown(item))
            }
        }
    }

    /// Notes that the call has changed what is in the queue.
    #[inline]
    fn did(&self, call: Call) {
        call.on(&self.site).did(|| {
            // Not by `len`, which would count as a use. Relaxed: the threads of an exploration take turns.
            let [put, taken] = [self.store.put_counter(), self.store.taken_counter()]
                .map(|counter| counter.load(Ordering::Relaxed));
            Some(ShownValue::Items(
                put.wrapping_sub(taken),
                self.store.capacity(),
            ))
        });
    }

    /// Notes that the call has changed nothing, and why.
    #[inline]
    fn did_nothing(&self, call: Call, why: &'static str) {
        call.on(&self.site).did(|| Some(ShownValue::Word(why)));
    }

    /// Notes how a wait has ended without what it was for.
    fn gave_up(&self, call: Call, ended: WaitError) {
        call.on(&self.site).did(|| Some(ended.shown()));
    }

    #[inline]
    pub(super) fn put<'u>(
        &self,
        call: Call,
        item: S::Item,
        until: impl FnOnce() -> Until<'u>,
    ) -> Result<(), PutError<S::Item>> {
        match self.told(call, self.store().push(item)) {
            Err(PutError::Full(item)) => self.wait_to_put(call, item, &until()),
            done => done,
        }
    }

    #[cold]
    fn wait_to_put(
        &self,
        call: Call,
        item: S::Item,
        until: &Until<'_>,
    ) -> Result<(), PutError<S::Item>> {
        let mut waits = Some(item);
        let mut look = |surely: bool| {
            let item = waits.take()?;
            let pushed = match surely {
                true => self.store().push_surely(item),
                false => self.store().push(item),
            };
            match self.told(call, pushed) {
                Err(PutError::Full(item)) => {
                    waits = Some(item);
                    None
                }
                done => Some(done),
            }
        };
        if let Some(done) = look_before_sleep(until, || look(false)) {
            return done;
        }
        let _waiting = call.on(&self.site).waiting();
        let waited = self.lines.putters.wait_for(until, || look(true));
        if let Err(ended) = &waited {
            self.gave_up(call, *ended);
        }
        match (waited, waits) {
            (Ok(done), _) => done,
            (Err(WaitError::TimedOut), Some(item)) => Err(PutError::TimedOut(item)),
            (Err(WaitError::Stopped), Some(item)) => Err(PutError::Stopped(item)),
            (Err(_), None) => unreachable!("only a look that has ended keeps the item"),
        }
    }

    #[inline]
    pub(super) fn try_get(&self, call: Call) -> Result<S::Item, GetError> {
        let got = self.get_if_there(call);
        if let Err(GetError::Empty) = got {
            self.did_nothing(call, "empty");
        }
        got
    }

    /// Notifies a thread that waits for room, if an item was taken.
    #[inline]
    pub(super) fn get_if_there(&self, call: Call) -> Result<S::Item, GetError> {
        self.got(call, self.store().pop_surely())
    }

    #[inline]
    fn got(&self, call: Call, popped: Result<S::Item, Nothing>) -> Result<S::Item, GetError> {
        match popped {
            Ok(item) => {
                self.did(call);
                self.lines.putters.notify_one();
                Ok(item)
            }
            Err(Nothing::Empty) => Err(GetError::Empty),
            Err(Nothing::ShutDown) => {
                self.did_nothing(call, "shut down");
                Err(GetError::ShutDown)
            }
        }
    }

    #[inline]
    pub(super) fn get<'u>(
        &self,
        call: Call,
        until: impl FnOnce() -> Until<'u>,
    ) -> Result<S::Item, GetError> {
        match self.got(call, self.store().pop()) {
            Err(GetError::Empty) => self.wait_to_get(call, &until(), |surely| match surely {
                true => self.get_if_there(call),
                false => self.got(call, self.store().pop()),
            }),
            done => done,
        }
    }

    /// Takes up to `max` items, and waits for the first of them.
    pub(super) fn get_up_to<'u>(
        &self,
        call: Call,
        max: usize,
        until: impl FnOnce() -> Until<'u>,
    ) -> Result<Vec<S::Item>, GetError> {
        let get = |_surely| {
            let mut items = Vec::new();
            self.try_get_up_to(call, max, &mut items).map(|()| items)
        };
        match get(false) {
            Err(GetError::Empty) => self.wait_to_get(call, &until(), get),
            done => done,
        }
    }

    /// Takes up to `max` items, if there is one at least.
    pub(super) fn try_get_up_to(
        &self,
        call: Call,
        max: usize,
        into: &mut Vec<S::Item>,
    ) -> Result<(), GetError> {
        match self.store().pop_many(max, into) {
            Ok(count) => {
                self.did(call);
                if self.lines.putters.is_awaited() {
                    self.lines.putters.notify(count);
                }
                Ok(())
            }
            Err(Nothing::Empty) => Err(GetError::Empty),
            Err(Nothing::ShutDown) => {
                self.did_nothing(call, "shut down");
                Err(GetError::ShutDown)
            }
        }
    }

    /// Takes out all that is in the queue.
    pub(super) fn drain(&self, call: Call) -> Vec<S::Item> {
        let all = self.store().pop_all(|_| {});
        self.did(call);
        if !all.is_empty() && self.lines.putters.is_awaited() {
            self.lines.putters.notify(all.len());
        }
        all
    }

    /// The argument of `get` says whether it has to be sure that there is no item.
    #[cold]
    fn wait_to_get<R>(
        &self,
        call: Call,
        until: &Until<'_>,
        get: impl Fn(bool) -> Result<R, GetError>,
    ) -> Result<R, GetError> {
        let look = |surely| match get(surely) {
            Err(GetError::Empty) => None,
            done => Some(done),
        };
        if let Some(done) = look_before_sleep(until, || look(false)) {
            return done;
        }
        let awaited = AnItem(&self.producers);
        let _waiting = call.on(&self.site).waiting_for(&awaited);
        let waited = self.lines.getters.wait_for(until, || look(true));
        waited.inspect_err(|ended| self.gave_up(call, *ended))?
    }

    /// The next item of an iteration. A stop or a deadline ends it even if there are items.
    pub(super) fn next(&self, call: Call, until: &Until<'_>) -> Option<S::Item> {
        let stopped = until.token().is_some_and(|token| token.is_stopped());
        let late = || until.deadline().is_some_and(|end| backend::now() >= end);
        if stopped || late() {
            return None;
        }
        self.get(call, || *until).ok()
    }

    #[inline]
    pub(super) fn task_done(&self, call: Call) -> Result<(), TaskDoneError> {
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

    pub(super) fn unfinished(&self) -> usize {
        self.site.is_observed();
        let done = self.store().done().load(Ordering::Acquire);
        self.store().put().saturating_sub(done)
    }

    pub(super) fn join<'u>(
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
    pub(super) fn shutdown(&self, call: Call) -> bool {
        let was_open = self.store().shut();
        call.on(&self.site).did(|| None);
        if was_open {
            self.lines.putters.notify_all();
            self.lines.getters.notify_all();
        }
        was_open
    }

    pub(super) fn shutdown_now(&self, call: Call) -> Vec<S::Item> {
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

    pub(super) fn add_producer(&self) {
        let _inside = self.site.inside();
        backend::yield_point();
        // Relaxed: the caller has a handle of the queue, and no other thread relies on what it did before.
        self.producers.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes a producer out; returns whether it was the last.
    pub(super) fn remove_producer(&self) -> bool {
        let _inside = self.site.inside();
        backend::yield_point();
        // Release and acquire: all that the producers did happens before what the last one does.
        self.producers.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Describes the queue, without waiting for a lock.
    pub(super) fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct(name);
        fields.field("len", &self.store.len());
        if let Some(capacity) = self.store.capacity() {
            fields.field("capacity", &capacity);
        }
        fields.field("unfinished", &self.unfinished());
        if self.store.is_shut() {
            fields.field("shut_down", &true);
        }
        for (name, line) in [
            ("getters", &self.lines.getters),
            ("putters", &self.lines.putters),
            ("joiners", &self.lines.joiners),
        ] {
            if let Some(waiting @ 1..) = line.len() {
                fields.field(name, &waiting);
            }
        }
        fields.finish_non_exhaustive()
    }
}

impl<T> Inner<TwoEnded<T>> {
    /// Puts an item, in the place of the oldest one if there is no room, and returns that one.
    pub(super) fn force_put(&self, call: Call, item: T) -> Result<Option<T>, PutError<T>> {
        // As in `shutdown_now`. An item is done and another one is not, so no joiner has to be woken.
        let pushed = self.store().push_over(item, || {
            also_uses(self.site.access());
            self.withdrawn.fetch_add(1, Ordering::Relaxed);
            self.store().done().fetch_add(1, Ordering::SeqCst);
            backend::yield_point();
        });
        match pushed {
            Ok(oldest) => self.told(call, Ok(())).map(|()| oldest),
            Err(refused) => self.told(call, Err(refused)).map(|()| None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

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
