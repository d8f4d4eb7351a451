//! Strands: what runs by itself, and what comes before it.

use core::cell::{Cell, RefCell};
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use super::past::{Moment, Past, StrandId};
use crate::backend::QuietMutex;

/// What runs one step after the other: a thread, or a task of a pool.
#[derive(Debug)]
struct Strand {
    id: StrandId,
    /// Counts the moments in which something was passed on.
    epoch: u64,
    past: Past,
    /// Whether something was recorded in this epoch.
    has_recorded: bool,
    /// Whose locks these are: zero, or an exploration.
    domain: u64,
}

/// A 64-bit counter does not overflow in the lifetime of a process.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A number that no strand and no domain has.
pub(super) fn new_number() -> u64 {
    // Relaxed: only the uniqueness of the number matters.
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Strand {
    fn begin(past: Past, domain: u64) -> Self {
        Self {
            id: new_number(),
            epoch: 0,
            past,
            has_recorded: false,
            domain,
        }
    }

    /// Ends the epoch, if something was recorded in it. What was recorded so far is in the past then.
    fn pass_on(&mut self) -> Past {
        if self.has_recorded {
            self.past.add(self.moment());
            self.has_recorded = false;
            self.epoch += 1;
        }
        self.past.clone()
    }

    fn moment(&self) -> Moment {
        Moment {
            strand: self.id,
            epoch: self.epoch,
        }
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Strand>> = const { RefCell::new(None) };

    /// Differs between all moments of all strands; zero where it is not known.
    ///
    /// It has no destructor, and is read by every acquisition of a second lock.
    static SEED: Cell<u64> = const { Cell::new(0) };
}

/// Calls `f` with the strand of this thread; `None` while its thread-locals are being destroyed.
fn with_current<R>(f: impl FnOnce(&mut Strand) -> R) -> Option<R> {
    let with = |current: &RefCell<Option<Strand>>| {
        let mut current = current.try_borrow_mut().ok()?;
        let strand = current.get_or_insert_with(|| Strand::begin(Past::NONE, 0));
        let result = f(strand);
        SEED.set(seed_of(strand.moment()));
        Some(result)
    };
    CURRENT.try_with(with).ok().flatten()
}

fn seed_of(moment: Moment) -> u64 {
    // Numbers are counted up, so it is never zero.
    moment.strand.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ moment.epoch.rotate_left(32)
}

/// A number that differs between all moments of all strands; `None` while thread-locals are being destroyed.
pub(super) fn seed() -> Option<u64> {
    match SEED.get() {
        0 => with_current(|strand| seed_of(strand.moment())),
        seed => Some(seed),
    }
}

/// What an acquisition of the current strand is recorded with: its domain, its moment, and what is past.
pub(super) fn recording() -> Option<(u64, Moment, Past)> {
    with_current(|strand| {
        strand.has_recorded = true;
        (strand.domain, strand.moment(), strand.past.clone())
    })
}

/// Forgets those strands of the past of the current one of which `keep` says no.
pub(super) fn shorten_past(keep: impl Fn(StrandId) -> bool) {
    with_current(|strand| strand.past.retain(keep));
}

/// The domain of the current strand.
pub(super) fn domain() -> Option<u64> {
    with_current(|strand| strand.domain)
}

/// What comes before something that begins and ends: a thread, or a task of a pool.
///
/// Until it has ended, this is what comes before its begin, and then what comes before its end. Whatever has seen the
/// end reads it after that.
#[derive(Debug)]
pub(crate) struct Precedence(QuietMutex<Option<Arc<Passed>>>);

/// What is passed on from one strand to another; a strand without past and domain passes on nothing.
#[derive(Debug)]
struct Passed {
    past: Past,
    domain: u64,
}

fn pass_on() -> Option<Arc<Passed>> {
    with_current(|strand| {
        let (past, domain) = (strand.pass_on(), strand.domain);
        (past.len() > 0 || domain != 0).then(|| Arc::new(Passed { past, domain }))
    })?
}

impl Precedence {
    /// Of something that begins because of the current strand.
    pub(crate) fn here() -> Self {
        Self(QuietMutex::new(pass_on()))
    }

    fn strand(&self) -> Strand {
        match self.0.lock().as_deref() {
            Some(passed) => Strand::begin(passed.past.clone(), passed.domain),
            None => Strand::begin(Past::NONE, 0),
        }
    }

    /// From now on, the current thread is what begins.
    pub(crate) fn adopt(&self) {
        drop(exchange(Some(self.strand())));
    }

    /// Until the result is dropped, the current thread runs what begins.
    pub(crate) fn enter(&self) -> Entered {
        let mut strand = self.strand();
        if RUNS_IN_ORDER.get() {
            with_current(|current| strand.past.merge(&current.pass_on()));
        }
        Entered::begin(strand)
    }

    /// It is about to end, in the current strand.
    pub(crate) fn end(&self) {
        let passed = pass_on();
        let before = core::mem::replace(&mut *self.0.lock(), passed);
        drop(before);
    }

    /// What comes before the other one comes before this as well.
    pub(crate) fn add(&self, other: &Self) {
        let Some(other) = other.0.lock().clone() else {
            return;
        };
        let mut mine = self.0.lock();
        let mut past = mine
            .as_deref()
            .map_or(Past::NONE, |passed| passed.past.clone());
        past.merge(&other.past);
        let domain = other.domain;
        *mine = Some(Arc::new(Passed { past, domain }));
    }

    /// It comes before what the current strand does next, which has seen the end or continues the begin.
    pub(crate) fn join(&self) {
        let passed = self.0.lock().clone();
        if let Some(passed) = passed {
            with_current(|strand| strand.past.merge(&passed.past));
        }
    }
}

thread_local! {
    static RUNS_IN_ORDER: Cell<bool> = const { Cell::new(false) };
}

/// No other thread runs any of the tasks that the current thread enters from now on.
pub(crate) fn runs_tasks_in_order() {
    RUNS_IN_ORDER.set(true);
}

/// Enters a strand of that domain, which has nothing to do with what is outside of it.
pub(super) fn enter_domain(domain: u64) -> Entered {
    Entered::begin(Strand::begin(Past::NONE, domain))
}

/// The current thread runs a strand, which interrupts another one.
#[must_use = "the strand ends when it is dropped"]
#[derive(Debug)]
pub(crate) struct Entered {
    interrupted: Option<Strand>,
}

impl Entered {
    fn begin(strand: Strand) -> Self {
        Self {
            interrupted: exchange(Some(strand)),
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let ended = exchange(self.interrupted.take());
        // The thread goes on after it.
        if let Some(mut ended) = ended {
            let past = ended.pass_on();
            with_current(|strand| {
                if strand.domain == ended.domain {
                    strand.past.merge(&past);
                }
            });
        }
    }
}

fn exchange(strand: Option<Strand>) -> Option<Strand> {
    let exchange = |current: &RefCell<Option<Strand>>| {
        let mut current = current.try_borrow_mut().ok()?;
        SEED.set(strand.as_ref().map_or(0, |strand| seed_of(strand.moment())));
        core::mem::replace(&mut *current, strand)
    };
    CURRENT.try_with(exchange).ok().flatten()
}
