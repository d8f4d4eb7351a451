//! The waiters of a condition.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::Arc;

use crate::backend::{self, Announced, Instant, Mutex, ShownValue, Site, Starving, leaves};
use crate::wait::{Outcome, Ticket, Until, WaitError, WaitQueue, Waiter, WakeList};

/// The waiters of a condition, in the order in which they came.
#[derive(Debug)]
pub(super) struct Waiters {
    /// Whether `queue` has waiters; changed under its lock only.
    ///
    /// A notifier reads it without that lock. A waiter sets it while it holds the user's lock. A notifier
    /// that changes the value under the user's lock later has synchronised with the waiter, and reads
    /// `true`. If it changed the value earlier, the waiter has seen the change and does not wait.
    occupied: AtomicBool,
    /// Waiters that are woken in vain again and again. While there are any, all sleep at once: those that look
    /// before they sleep are awake when an item comes, and take it before a woken one runs.
    starving: Starving,
    queue: Mutex<WaitQueue>,
    site: Site,
}

impl Waiters {
    #[track_caller]
    pub(super) const fn new() -> Self {
        Self {
            occupied: AtomicBool::new(false),
            starving: Starving::new(),
            queue: Mutex::new(WaitQueue::new()),
            site: Site::new("a condition"),
        }
    }

    /// Wakes up to `n` waiters; returns how many it woke.
    #[track_caller]
    pub(super) fn notify(&self, n: usize, verb: &'static str) -> usize {
        if !self.is_occupied(verb) {
            return 0;
        }
        let _inside = self.site.inside();
        let mut woken = WakeList::new();
        self.change(|queue| {
            while woken.len() < n
                && let Some(waiter) = queue.grant_first()
            {
                woken.push(waiter);
            }
        });
        woken.wake()
    }

    /// Wakes all waiters; returns how many it woke.
    #[track_caller]
    pub(super) fn notify_all(&self) -> usize {
        if !self.is_occupied("Condition::notify_all") {
            return 0;
        }
        let _inside = self.site.inside();
        self.change(WaitQueue::take).grant_all()
    }

    /// How many threads wait, if that can be found out without waiting.
    pub(super) fn count(&self) -> Option<usize> {
        self.queue.try_lock().map(|queue| queue.len())
    }

    /// How many threads wait.
    pub(super) fn len(&self) -> usize {
        self.site.step("Condition::n_waiting");
        let _inside = self.site.inside();
        self.queue.lock().len()
    }

    #[track_caller]
    fn is_occupied(&self, verb: &'static str) -> bool {
        self.site.step(verb);
        // Relaxed: see the field.
        let is_occupied = self.occupied.load(Ordering::Relaxed);
        leaves(|| (!is_occupied).then_some(ShownValue::WakesNobody));
        is_occupied
    }

    pub(super) fn site(&self) -> &Site {
        &self.site
    }

    /// Changes the queue, and notes under its lock whether it is occupied.
    fn change<R>(&self, change: impl FnOnce(&mut WaitQueue) -> R) -> R {
        let mut queue = self.queue.lock();
        let result = change(&mut queue);
        self.occupied.store(!queue.is_empty(), Ordering::Relaxed);
        result
    }
}

/// How long a thread that starves is counted before it gives up for a while.
const COUNTED: Duration = Duration::from_millis(4);

/// How long a thread has been woken in vain, for one that waits until it finds something.
///
/// Such a thread may starve, or it waits for something that has not come yet. So it is counted for a few milliseconds,
/// and then less and less often. A single wait cannot be counted for long: notifications wake the thread that has
/// waited longest.
pub(super) struct Patience {
    waits: u32,
    /// Set when it was woken in vain for the first time.
    starves_at: Option<Instant>,
    pause: Duration,
}

impl Patience {
    pub(super) const fn new() -> Self {
        Self {
            waits: 0,
            starves_at: None,
            pause: Duration::from_millis(8),
        }
    }

    /// Call it before each wait, and keep the result until the wait is over.
    pub(super) fn before_wait<'a>(&mut self, waiters: &'a Waiters) -> Option<Announced<'a>> {
        self.waits = self.waits.saturating_add(1);
        if self.waits == 2 {
            self.starves_at = backend::starves_at();
        }
        let starves_at = self.starves_at?;
        let now = backend::now();
        if now.checked_duration_since(starves_at)? < COUNTED {
            return Some(waiters.starving.announce());
        }
        self.starves_at = now.checked_add(self.pause);
        self.pause = self.pause.saturating_mul(2);
        None
    }
}

/// A wait that is about to begin.
///
/// `Condition` passes it to a guard. Other crates cannot make one, so they cannot make a guard release its
/// lock in this way.
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

    /// Puts the caller, which holds the user's lock, into the queue.
    ///
    /// Call it after everything that may refuse the wait: from here on notifications are spent on it.
    pub(super) fn enqueue(self) -> Queued<'a> {
        self.waiters.site.used();
        let _inside = self.waiters.site.inside();
        let waiter = Waiter::new();
        waiter.note_word();
        let ticket = Some(self.waiters.change(|queue| queue.push(&waiter)));
        Queued {
            sleep: self,
            waiter,
            ticket,
        }
    }
}

/// A waiter in the queue, which it leaves when this is dropped.
pub(super) struct Queued<'a> {
    sleep: Sleep<'a>,
    waiter: Arc<Waiter>,
    /// Its place in the queue, until the notifier has taken it out.
    ticket: Option<Ticket>,
}

impl Queued<'_> {
    /// Sleeps until the wait is decided. Call it with the user's lock released.
    pub(super) fn sleep(mut self) -> Result<(), WaitError> {
        // It looks whether it was notified before its first step.
        self.sleep.waiters.site.is_observed();
        let _inside = self.sleep.waiters.site.inside();
        let Sleep { waiters, until } = &self.sleep;
        let outcome = match waiters.starving.is_zero() {
            true => self.waiter.wait(until),
            false => self.waiter.sleep(until),
        };
        if outcome == Outcome::Granted {
            self.ticket = None;
        }
        outcome.result()
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            let waiters = self.sleep.waiters;
            let _inside = waiters.site.inside();
            waiters.change(|queue| queue.remove(ticket, &self.waiter));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_is_woken_in_vain_for_long_counts_as_starving_during_its_waits() {
        let waiters = Waiters::new();
        let mut patience = Patience::new();
        assert!(patience.before_wait(&waiters).is_none(), "its first wait");
        assert!(
            patience.starves_at.is_none(),
            "it may wait for a first notification for ever"
        );
        assert!(
            patience.before_wait(&waiters).is_none(),
            "woken in vain just now"
        );

        patience.starves_at = Some(backend::now());
        for _ in 0..2 {
            let starving = patience.before_wait(&waiters);
            assert!(starving.is_some() && !waiters.starving.is_zero());
            drop(starving);
            assert!(waiters.starving.is_zero());
        }

        // It may wait for something else than the others.
        for pause in [8, 16, 32].map(Duration::from_millis) {
            let now = backend::now();
            patience.starves_at = Some(now.checked_sub(COUNTED).unwrap());
            assert!(patience.before_wait(&waiters).is_none());
            assert!(patience.starves_at.unwrap() >= now + pause);
            assert!(patience.before_wait(&waiters).is_none());
        }
    }
}
