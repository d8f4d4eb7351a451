//! What a stop source shares with its tokens, and with all that a stop must reach.

use core::mem;
use std::panic::RefUnwindSafe;
use std::sync::{Arc, Weak};

use super::callback::Callback;
use super::gate::Gate;
use super::queue::{Ticket, WaitQueue};
use super::waiter::{Outcome, Waiter};
use crate::backend::Mutex;
use crate::inspect::Call;
use crate::table::Table;

/// Whether a stop was requested, and what it must reach.
///
/// A thread that waits *for* the stop waits at the gate `requested`. The audience is the rest: waits that the
/// stop ends, sources that it stops as well, and callbacks that it runs.
///
/// # Invariant
///
/// `requested` opens before the audience is taken. Whatever joins the audience first checks `requested` under
/// its lock. So it sees the stop or is reached by it, and nothing joins afterwards. Only one state is locked
/// at a time, and no other lock is held with it.
#[derive(Debug)]
pub(super) struct StopState {
    requested: Gate,
    audience: Mutex<Audience>,
    parent: Option<Link>,
}

#[derive(Debug)]
struct Audience {
    /// Waits for something else with this token, which the stop ends.
    waiters: WaitQueue,
    /// Sources that are stopped with this one. Each removes itself when it is dropped.
    children: Table<Key, Weak<StopState>>,
    /// Functions that the stop runs, in this order.
    callbacks: Table<Key, Arc<Callback>>,
    next_key: Key,
}

/// A place among the children or the callbacks of one state.
pub(super) type Key = u64;

/// A child's reference to its parent. It keeps the parent alive, so that stops of all ancestors reach the
/// child.
#[derive(Debug)]
struct Link {
    parent: Arc<StopState>,
    key: Key,
}

/// Callbacks run when the state has its final value, and their panics are caught.
impl RefUnwindSafe for StopState {}

impl Audience {
    const fn empty() -> Self {
        Self {
            waiters: WaitQueue::new(),
            children: Table::new(),
            callbacks: Table::new(),
            next_key: 0,
        }
    }

    fn new_key(&mut self) -> Key {
        self.next_key += 1;
        self.next_key
    }
}

impl StopState {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self::with_parent(None))
    }

    const fn with_parent(parent: Option<Link>) -> Self {
        Self {
            requested: Gate::new(),
            audience: Mutex::new(Audience::empty()),
            parent,
        }
    }

    /// A state that is stopped with this one.
    pub(super) fn child(self: &Arc<Self>) -> Arc<Self> {
        let mut audience = self.audience.lock();
        if self.requested.is_open() {
            drop(audience);
            let child = Self::new();
            child.requested.open();
            return child;
        }
        let key = audience.new_key();
        let child = Arc::new(Self::with_parent(Some(Link {
            parent: Arc::clone(self),
            key,
        })));
        audience.children.insert(key, Arc::downgrade(&child));
        child
    }

    pub(super) fn requested(&self) -> &Gate {
        &self.requested
    }

    /// Requests the stop of this state and all below it; returns whether it was the first request.
    ///
    /// All waiters are woken before the first callback runs, so no waiter waits for a callback.
    pub(super) fn stop(self: &Arc<Self>, call: Call) -> bool {
        if !self.requested.open_and_note(|| call.did(|| None)) {
            return false;
        }
        // A list instead of recursion, because children may be nested to any depth.
        let mut stopped = vec![Arc::clone(self)];
        let mut callbacks = Vec::new();
        while let Some(state) = stopped.pop() {
            let audience = mem::replace(&mut *state.audience.lock(), Audience::empty());
            let Audience {
                mut waiters,
                children,
                callbacks: of_this,
                ..
            } = audience;
            while let Some(waiter) = waiters.pop() {
                if waiter.decide(Outcome::Stopped) {
                    waiter.wake();
                }
            }
            let alive = children.into_values().filter_map(|child| child.upgrade());
            stopped.extend(alive.filter(|child| child.requested.open()));
            callbacks.extend(of_this.into_values());
        }
        for callback in callbacks {
            callback.run();
        }
        true
    }

    /// Puts a waiter where a stop finds it; `None` if the stop has been requested.
    pub(super) fn add_waiter(&self, waiter: &Arc<Waiter>) -> Option<Ticket> {
        let mut audience = self.audience.lock();
        (!self.requested.is_open()).then(|| audience.waiters.push(waiter))
    }

    pub(super) fn remove_waiter(&self, ticket: Ticket, waiter: &Arc<Waiter>) {
        self.audience.lock().waiters.remove(ticket, waiter);
    }

    /// Puts a callback where a stop finds it; `None` if the stop has been requested.
    pub(super) fn add_callback(&self, callback: &Arc<Callback>) -> Option<Key> {
        let mut audience = self.audience.lock();
        if self.requested.is_open() {
            return None;
        }
        let key = audience.new_key();
        audience.callbacks.insert(key, Arc::clone(callback));
        Some(key)
    }

    pub(super) fn remove_callback(&self, key: Key) {
        let removed = self.audience.lock().callbacks.remove(key);
        drop(removed);
    }
}

impl Drop for StopState {
    /// Drops the parent, and its parent if this was the last reference to it, and so on. A loop instead of
    /// recursion, because states may be nested to any depth.
    fn drop(&mut self) {
        let mut link = self.parent.take();
        while let Some(Link { parent, key }) = link {
            parent.audience.lock().children.remove(key);
            link = Arc::into_inner(parent).and_then(|mut parent| parent.parent.take());
        }
    }
}
