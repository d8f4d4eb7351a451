//! Below `Semaphore`: the count of free permits, and the queue of waiters.

use core::sync::atomic::{AtomicUsize, Ordering};

use crate::backend::{Mutex, ShownValue, Site, leaves};
use crate::inspect::{Call, Operation};
use crate::wait::{Outcome, Until, WaitError, WaitQueue, Waiter, WakeList};

/// The queue is not empty.
const QUEUED: usize = 1;
/// One permit, counted above that bit.
const ONE: usize = 2;

/// A count of free permits, and a queue of threads that need more of them.
///
/// # Invariant
///
/// `state` is [`ONE`] times the number of free permits, plus [`QUEUED`].
///
/// | `QUEUED` | the queue | which thread can take permits | which thread can add permits |
/// | --- | --- | --- | --- |
/// | clear | is empty | any, by one compare-and-swap | any, by one addition |
/// | set | has waiters; the first asks for more permits than are free, unless a thread is about to serve it | the holder of the lock of the queue | any, which then serves the queue under its lock |
///
/// `QUEUED` itself is changed under that lock only. A waiter sets it in the step in which it finds too few
/// permits. So a release either comes before, and the waiter sees its permits, or it comes after, finds
/// the bit set and serves the queue. The note of a waiter is the number of permits that it asks for.
///
/// # Why no thread starves
///
/// While there is a queue, no permits are taken past it, not even by a smaller request or by one that need
/// not sleep. Released permits accumulate until the first waiter can be served, and only then is the next
/// one considered. So the first waiter is served after a finite number of releases, which all holders of
/// permits make in the end, and every waiter becomes the first.
#[derive(Debug)]
pub(super) struct Permits {
    state: AtomicUsize,
    queue: Mutex<WaitQueue>,
    site: Site,
}

impl Permits {
    /// The maximum count.
    pub(super) const MAX: usize = usize::MAX / ONE;

    /// The number is at most [`MAX`](Self::MAX), as every number of permits here.
    #[track_caller]
    pub(super) const fn new(free: usize) -> Self {
        Self {
            state: AtomicUsize::new(free * ONE),
            queue: Mutex::new(WaitQueue::new()),
            site: Site::new("a semaphore"),
        }
    }

    /// How many permits [`try_acquire`](Self::try_acquire) could take: none while there is a queue, because free
    /// permits are then kept for the first waiter.
    pub(super) fn available(&self) -> usize {
        self.site.is_observed();
        match self.state.load(Ordering::Relaxed) {
            state if state & QUEUED == 0 => state / ONE,
            _ => 0,
        }
    }

    /// The length of the queue, if it can be found out without waiting.
    pub(super) fn waiting(&self) -> Option<usize> {
        self.queue.try_lock().map(|queue| queue.len())
    }

    /// The length of the queue.
    pub(super) fn n_waiting(&self) -> usize {
        self.site.step("Semaphore::n_waiting");
        let _inside = self.site.inside();
        self.queue.lock().len()
    }

    /// Takes `n` permits if they are free and the queue is empty.
    #[inline]
    #[track_caller]
    pub(super) fn try_acquire(&self, n: usize, verb: &'static str) -> bool {
        self.site.step(verb);
        let is_acquired = self.take_if_free(n);
        leaves(|| match is_acquired {
            true => Some(self.shown()),
            false => Some(ShownValue::Flag(false)),
        });
        is_acquired
    }

    #[inline]
    fn take_if_free(&self, n: usize) -> bool {
        let taken = |state: usize| match state & QUEUED {
            0 => state.checked_sub(n * ONE),
            _ => None,
        };
        // Acquire: a thread that gets a permit sees what was done before the permit was released.
        self.state
            .try_update(Ordering::Acquire, Ordering::Relaxed, taken)
            .is_ok()
    }

    /// Waits for `n` permits, and takes them.
    #[inline]
    #[track_caller]
    pub(super) fn acquire(
        &self,
        n: usize,
        until: &Until<'_>,
        operation: Operation,
    ) -> Result<(), WaitError> {
        if self.try_acquire(n, operation.name()) {
            return Ok(());
        }
        self.wait_for(n, until, operation.here().on(&self.site))
    }

    #[cold]
    fn wait_for(&self, n: usize, until: &Until<'_>, call: Call) -> Result<(), WaitError> {
        let _waiting = call.waiting();
        let _inside = self.site.inside();
        let acquired = self.acquire_in_turn(n, until);
        call.did(|| match acquired {
            Ok(()) => Some(self.shown()),
            Err(ended) => Some(ended.shown()),
        });
        acquired
    }

    fn shown(&self) -> ShownValue {
        // Relaxed: the threads of an exploration take turns.
        ShownValue::Free(self.state.load(Ordering::Relaxed) / ONE)
    }

    #[cold]
    fn acquire_in_turn(&self, n: usize, until: &Until<'_>) -> Result<(), WaitError> {
        if n == 0 {
            return Ok(());
        }
        let waiter = Waiter::with_note(n);
        waiter.note_word();
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
            // It may have been the first, and have asked for more than the next one.
            self.serve(&mut queue, &mut served);
            drop(queue);
        }
        outcome.result()
    }

    /// Releases `n` permits; waiters get them first.
    #[inline]
    #[track_caller]
    pub(super) fn release(&self, n: usize, verb: &'static str) {
        self.site.step(verb);
        // Release: see `try_acquire`. The sum is at most the number of permits in circulation.
        let before = self.state.fetch_add(n * ONE, Ordering::Release);
        leaves(|| Some(self.shown()));
        if before & QUEUED != 0 {
            self.serve_queue();
        }
    }

    #[cold]
    fn serve_queue(&self) {
        let _inside = self.site.inside();
        let mut served = WakeList::new();
        let mut queue = self.queue.lock();
        self.serve(&mut queue, &mut served);
        drop(queue);
    }

    /// Notes that the current thread uses what belongs to the permits, without a step of its own.
    pub(super) fn is_observed(&self) {
        self.site.is_observed();
    }

    /// Grants free permits in the order of the queue, as far as they go.
    fn serve(&self, queue: &mut WaitQueue, served: &mut WakeList) {
        while let Some(first) = queue.first() {
            let asked = first.note() * ONE;
            // Acquire: a waiter that is granted sees what was done before its permits were added.
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
        // Relaxed: this and the subtraction above continue the release sequence of the state.
        self.state.fetch_and(!QUEUED, Ordering::Relaxed);
    }
}
