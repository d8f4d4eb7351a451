//! Who waits for a condition.

use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use crate::backend::{Mutex, Site};
use crate::wait::{Outcome, Ticket, Until, WaitError, WaitQueue, Waiter, WakeList};

/// The waiters of a condition, in the order in which they came.
#[derive(Debug)]
pub(super) struct Waiters {
    /// Whether `queue` has waiters; changed under its lock only.
    ///
    /// Read without it by a notifier. A waiter sets it while it holds the user's lock; a notifier
    /// that changed the value under that lock later has synchronised with the waiter by it, so reads
    /// `true`. One that changed it earlier was seen by the waiter, which would not wait.
    occupied: AtomicBool,
    queue: Mutex<WaitQueue>,
    site: Site,
}

impl Waiters {
    #[track_caller]
    pub(super) const fn new() -> Self {
        Self {
            occupied: AtomicBool::new(false),
            queue: Mutex::new(WaitQueue::new()),
            site: Site::new("a condition"),
        }
    }

    /// Wakes up to `n` waiters; returns how many it woke.
    pub(super) fn notify(&self, n: usize) -> usize {
        if !self.is_occupied() {
            return 0;
        }
        let mut woken = WakeList::new();
        let mut queue = self.queue.lock();
        while woken.len() < n
            && let Some(waiter) = queue.grant_first()
        {
            woken.push(waiter);
        }
        self.note_occupancy(&queue);
        drop(queue);
        woken.wake()
    }

    /// Wakes all waiters; returns how many it woke.
    pub(super) fn notify_all(&self) -> usize {
        if !self.is_occupied() {
            return 0;
        }
        let mut queue = self.queue.lock();
        let waiters = queue.take();
        self.note_occupancy(&queue);
        drop(queue);
        waiters.grant_all()
    }

    /// How many wait, if that can be told without waiting.
    pub(super) fn count(&self) -> Option<usize> {
        self.queue.try_lock().map(|queue| queue.len())
    }

    fn is_occupied(&self) -> bool {
        self.site.yield_point();
        // Relaxed: see the field.
        self.occupied.load(Ordering::Relaxed)
    }

    /// To be called with the queue that was just changed, under its lock.
    fn note_occupancy(&self, queue: &WaitQueue) {
        self.occupied.store(!queue.is_empty(), Ordering::Relaxed);
    }
}

/// A wait that is about to begin.
///
/// Guards are given one to sleep with. Nobody outside can make one, so nobody else can have a guard
/// release its lock in this way.
#[derive(Debug)]
#[expect(unnameable_types, reason = "passed by `Condition` to its guards alone")]
pub struct Sleep<'a> {
    waiters: &'a Waiters,
    until: Until<'a>,
}

impl<'a> Sleep<'a> {
    pub(super) fn new(waiters: &'a Waiters, until: Until<'a>) -> Self {
        Self { waiters, until }
    }

    /// Puts the caller, who holds the user's lock, where notifiers find it.
    ///
    /// After everything that may refuse the wait: a notification that comes then is spent on it.
    pub(super) fn enlist(self) -> Enlisted<'a> {
        let Self { waiters, until } = self;
        waiters.site.used();
        let waiter = Waiter::new();
        let mut queue = waiters.queue.lock();
        let ticket = queue.push(&waiter);
        waiters.note_occupancy(&queue);
        drop(queue);
        Enlisted {
            waiters,
            until,
            waiter,
            ticket,
            queued: true,
        }
    }
}

/// A waiter in the queue, which it leaves when this is dropped.
pub(super) struct Enlisted<'a> {
    waiters: &'a Waiters,
    until: Until<'a>,
    waiter: Arc<Waiter>,
    ticket: Ticket,
    queued: bool,
}

impl Enlisted<'_> {
    /// Sleeps until the wait is decided; to be called with the user's lock released.
    pub(super) fn sleep(mut self) -> Result<(), WaitError> {
        let outcome = self.waiter.wait(&self.until);
        if outcome == Outcome::Granted {
            // By the notifier, who has taken it out.
            self.queued = false;
        }
        outcome.result()
    }
}

impl Drop for Enlisted<'_> {
    fn drop(&mut self) {
        if self.queued {
            let mut queue = self.waiters.queue.lock();
            queue.remove(self.ticket, &self.waiter);
            self.waiters.note_occupancy(&queue);
        }
    }
}
