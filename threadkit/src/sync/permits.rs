//! Below `Semaphore`: how many permits there are, and who waits for some.

use core::sync::atomic::{AtomicUsize, Ordering};

use crate::backend::{Mutex, Site};
use crate::wait::{Outcome, Until, WaitError, WaitQueue, Waiter, WakeList};

/// Somebody is in the queue.
const QUEUED: usize = 1;
/// One permit, counted above that bit.
const ONE: usize = 2;

/// A count of free permits, and a queue of those for whom they did not suffice.
///
/// # Invariant
///
/// `state` is [`ONE`] times the number of free permits, plus [`QUEUED`].
///
/// | `QUEUED` | the queue | who takes permits | who adds permits |
/// | --- | --- | --- | --- |
/// | clear | is empty | anybody, by one compare-and-swap | anybody, by one addition |
/// | set | has waiters; the first asks for more than there is, unless somebody is about to serve it | who holds the lock of the queue | anybody, who then serves the queue under its lock |
///
/// `QUEUED` itself is changed under that lock only. A waiter sets it in the step in which it finds
/// too few permits, so a release either comes before, and the waiter sees its permits, or comes
/// after, finds the bit set and serves the queue. A waiter's note is how many it asks for.
///
/// # Why nobody starves
///
/// While somebody is queued nobody takes permits past the queue, whether it asks for less or never
/// has to sleep: every freed permit stays until the first can be served, and only then is the next
/// one looked at. So the first is served after as many releases as it lacks permits, which every
/// holder of a permit brings about by ending, and everybody becomes first.
#[derive(Debug)]
pub(super) struct Permits {
    state: AtomicUsize,
    queue: Mutex<WaitQueue>,
    site: Site,
}

impl Permits {
    /// The most that can be counted.
    pub(super) const MAX: usize = usize::MAX / ONE;

    /// At most [`MAX`](Self::MAX), as wherever a number of permits is given here.
    #[track_caller]
    pub(super) const fn new(free: usize) -> Self {
        Self {
            state: AtomicUsize::new(free * ONE),
            queue: Mutex::new(WaitQueue::new()),
            site: Site::new("a semaphore"),
        }
    }

    /// How many permits [`try_acquire`](Self::try_acquire) would take: none while somebody is queued, as
    /// those that are free are kept for the first in the queue.
    pub(super) fn available(&self) -> usize {
        self.site.used();
        match self.state.load(Ordering::Relaxed) {
            state if state & QUEUED == 0 => state / ONE,
            _ => 0,
        }
    }

    /// How many are queued, if that can be told without waiting.
    pub(super) fn waiting(&self) -> Option<usize> {
        self.queue.try_lock().map(|queue| queue.len())
    }

    /// Takes `n` permits if they are free and nobody is queued.
    #[inline]
    pub(super) fn try_acquire(&self, n: usize) -> bool {
        self.site.yield_point();
        let taken = |state: usize| match state & QUEUED {
            0 => state.checked_sub(n * ONE),
            _ => None,
        };
        // Acquire: who has a permit sees what was done before it was released.
        self.state
            .try_update(Ordering::Acquire, Ordering::Relaxed, taken)
            .is_ok()
    }

    /// Waits for `n` permits, and takes them.
    #[inline]
    pub(super) fn acquire(&self, n: usize, until: &Until<'_>) -> Result<(), WaitError> {
        if self.try_acquire(n) {
            return Ok(());
        }
        self.acquire_in_turn(n, until)
    }

    #[cold]
    fn acquire_in_turn(&self, n: usize, until: &Until<'_>) -> Result<(), WaitError> {
        if n == 0 {
            return Ok(());
        }
        let waiter = Waiter::with_note(n);
        let ticket = {
            let mut queue = self.queue.lock();
            let taken_or_marked = |state: usize| match state & QUEUED {
                0 => state.checked_sub(n * ONE).unwrap_or(state | QUEUED),
                _ => state,
            };
            let before = self
                .state
                .update(Ordering::Acquire, Ordering::Relaxed, taken_or_marked);
            if before & QUEUED == 0 && before >= n * ONE {
                return Ok(());
            }
            queue.push(&waiter)
        };
        let outcome = waiter.wait(until);
        if outcome != Outcome::Granted {
            let mut served = WakeList::new();
            let mut queue = self.queue.lock();
            queue.remove(ticket, &waiter);
            // It may have been first, and have asked for more than those behind it.
            self.serve(&mut queue, &mut served);
            drop(queue);
        }
        outcome.result()
    }

    /// Gives `n` permits back, to those first who wait for some.
    #[inline]
    pub(super) fn release(&self, n: usize) {
        self.site.yield_point();
        // Release: see `try_acquire`. The sum is no more than there are permits in circulation.
        let before = self.state.fetch_add(n * ONE, Ordering::Release);
        if before & QUEUED != 0 {
            self.serve_queue();
        }
    }

    #[cold]
    fn serve_queue(&self) {
        let mut served = WakeList::new();
        let mut queue = self.queue.lock();
        self.serve(&mut queue, &mut served);
        drop(queue);
    }

    /// Gives out what is free, in the order of the queue, as far as it goes.
    fn serve(&self, queue: &mut WaitQueue, served: &mut WakeList) {
        while let Some(first) = queue.first() {
            let asked = first.note() * ONE;
            // Acquire: who is granted sees what was done before the permits it gets were added.
            if self.state.load(Ordering::Acquire) < asked + QUEUED {
                return;
            }
            if let Some(first) = queue.pop()
                && first.decide(Outcome::Granted)
            {
                self.state.fetch_sub(asked, Ordering::Relaxed);
                served.push(first);
            }
        }
        // Relaxed: this and the subtraction above continue the release sequence they are part of.
        self.state.fetch_and(!QUEUED, Ordering::Relaxed);
    }
}
