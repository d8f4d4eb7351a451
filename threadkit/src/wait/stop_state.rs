//! What a stop source, its tokens and those who listen share.

use core::mem;
use std::panic::RefUnwindSafe;
use std::sync::{Arc, Weak};

use super::callback::Callback;
use super::gate::Gate;
use super::queue::{Ticket, WaitQueue};
use super::waiter::{Outcome, Waiter};
use crate::backend::Mutex;
use crate::table::Table;

/// Whether a stop was requested, and who is to hear of it.
///
/// Those in front of the gate `requested` wait *for* the stop, and get what they wait for. The
/// audience waits for something else, and is told of the stop.
///
/// # Invariant
///
/// `requested` opens before the audience is taken away, and whoever joins it looks at `requested`
/// under its lock first: so everybody either sees the stop or is told of it, and nobody joins
/// afterwards. Of two states only one is locked at a time, and nothing else is meanwhile.
#[derive(Debug)]
pub(super) struct StopState {
    requested: Gate,
    audience: Mutex<Audience>,
    parent: Option<Link>,
}

#[derive(Debug)]
struct Audience {
    /// Who waits for something else with this token, and is stopped in that.
    waiters: WaitQueue,
    /// Who is stopped when this is. Each takes itself off when it goes.
    children: Table<Key, Weak<StopState>>,
    /// What is run, in this order.
    callbacks: Table<Key, Arc<Callback>>,
    next_key: Key,
}

/// A place among the children or the callbacks of one state.
pub(super) type Key = u64;

/// A child's hold on its parent, which stays as long: a stop from further up comes through it.
#[derive(Debug)]
struct Link {
    parent: Arc<StopState>,
    key: Key,
}

/// Callbacks run when all is settled, and their panics end there.
impl RefUnwindSafe for StopState {}

impl Audience {
    const fn nobody() -> Self {
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
            audience: Mutex::new(Audience::nobody()),
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

    /// Requests the stop of this state and all below it; says whether it was the first request.
    ///
    /// All waiters are woken before the first callback runs, so none of them waits for one.
    pub(super) fn stop(self: &Arc<Self>) -> bool {
        if !self.requested.open() {
            return false;
        }
        // A list of work and no recursion, since children may be nested to any depth.
        let mut stopped = vec![Arc::clone(self)];
        let mut callbacks = Vec::new();
        while let Some(state) = stopped.pop() {
            let audience = mem::replace(&mut *state.audience.lock(), Audience::nobody());
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
    /// Lets the parent go, and its parent if this was the last hold on it, and so on: one after the
    /// other, since states may be nested to any depth.
    fn drop(&mut self) {
        let mut link = self.parent.take();
        while let Some(Link { parent, key }) = link {
            parent.audience.lock().children.remove(key);
            link = Arc::into_inner(parent).and_then(|mut parent| parent.parent.take());
        }
    }
}
