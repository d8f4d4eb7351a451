//! The common part of the three queues.
//!
//! `put` and `get` move items and wait for room or for an item; `finish` counts what is done, and ends the queue.
//! `awaited` says in reports what a thread waits for.

mod awaited;
mod finish;
mod get;
mod put;

use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::panic::RefUnwindSafe;

use super::line::Line;
use super::queue_waiters::QueueWaiters;
use super::store::Store;
use crate::backend::{Backoff, CachePadded, ShownValue, Site};
use crate::inspect::Call;
use crate::wait::WaitError;

/// What a thread does before it sleeps in a line. `rests` says that there is little of what it waits for, not nothing.
fn backoff(rests: bool, line: &Line) -> Backoff {
    let backoff = match rests {
        true => Backoff::resting(),
        false => Backoff::pausing(),
    };
    match line.seems_awaited() {
        true => backoff,
        false => backoff.with_patience(),
    }
}

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
    /// How many producers there are: see [`Producer`](super::Producer).
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

    /// The line in which threads wait for an item.
    pub(super) fn getters(&self) -> &Line {
        &self.lines.getters
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
