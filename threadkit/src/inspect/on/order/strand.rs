//! Strands: what runs one step after the other.

use core::cell::{Cell, RefCell};
use core::sync::atomic::{AtomicU64, Ordering};

use super::past::{Moment, Past, StrandId};
use crate::index_map::IndexSet;
use crate::local::local;

/// What runs one step after the other: a thread, or a task of a pool.
#[derive(Debug)]
pub(super) struct Strand {
    id: StrandId,
    /// Counts the moments in which a past was passed on.
    epoch: u64,
    past: Past,
    /// The number of strands in the past at which it is searched for strands that are forgotten.
    enough: usize,
    /// Whether something was recorded in this epoch.
    has_recorded: bool,
    /// The domain of the locks: zero, or an exploration.
    domain: u64,
}

/// A past of fewer strands is not searched.
const ENOUGH: usize = 256;

/// A 64-bit counter does not overflow in the lifetime of a process.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A number that no strand and no domain has.
pub(super) fn new_number() -> u64 {
    // Relaxed: only the uniqueness of the number matters.
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Strand {
    pub(super) fn begin(past: Past, domain: u64) -> Self {
        Self {
            id: new_number(),
            epoch: 0,
            past,
            enough: ENOUGH,
            has_recorded: false,
            domain,
        }
    }

    /// Ends the epoch, if something was recorded in it. What was recorded so far is in the past then.
    pub(super) fn pass_on(&mut self) -> Past {
        if self.has_recorded {
            self.past.add(self.moment());
            self.has_recorded = false;
            self.epoch += 1;
        }
        self.past.clone()
    }

    /// Adds all of that to the past of the strand. `known` gives the strands of its domain with recorded acquisitions.
    pub(super) fn absorb(
        &mut self,
        past: &Past,
        known: impl FnOnce(u64) -> Option<IndexSet<StrandId>>,
    ) {
        self.past.merge(past);
        if self.past.len() > self.enough {
            if let Some(known) = known(self.domain) {
                self.past.retain(|strand| known.contains_key(&strand));
            }
            self.enough = ENOUGH.max(2 * self.past.len());
        }
    }

    pub(super) fn domain(&self) -> u64 {
        self.domain
    }

    fn moment(&self) -> Moment {
        Moment {
            strand: self.id,
            epoch: self.epoch,
        }
    }
}

local! {
    static CURRENT: RefCell<Option<Strand>> = const { RefCell::new(None) };

    /// A number that differs between all moments of all strands; zero if there is none.
    ///
    /// It has no destructor, and is read by every acquisition of a second lock.
    static SEED: Cell<u64> = const { Cell::new(0) };
}

/// Calls `f` with the strand of this thread; `None` while its thread-locals are being destroyed.
pub(super) fn with_current<R>(f: impl FnOnce(&mut Strand) -> R) -> Option<R> {
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

/// The domain of the current strand.
pub(super) fn domain() -> Option<u64> {
    with_current(|strand| strand.domain)
}

/// The current thread runs that strand from now on; returns the one that it ran before.
pub(super) fn exchange(strand: Option<Strand>) -> Option<Strand> {
    let exchange = |current: &RefCell<Option<Strand>>| {
        let mut current = current.try_borrow_mut().ok()?;
        SEED.set(strand.as_ref().map_or(0, |strand| seed_of(strand.moment())));
        core::mem::replace(&mut *current, strand)
    };
    CURRENT.try_with(exchange).ok().flatten()
}
