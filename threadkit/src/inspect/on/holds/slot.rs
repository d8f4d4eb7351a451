//! Room for one acquisition, which other threads read.

use core::panic::Location;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::super::class::{Class, UNUSED};
use super::super::static_ref::StaticRef;
use super::held::{Form, Held};
use crate::backend::Side;

/// The side, the form, and whether a time was taken: a [`Slot`] has them in bits that no number uses.
const SIDES: [Option<Side>; 4] = [
    None,
    Some(Side::Read),
    Some(Side::Upgradable),
    Some(Side::Write),
];
const SIDE: u64 = 3 << SIDE_SHIFT;
const SIDE_SHIFT: u32 = UNUSED.trailing_zeros();
const TRIES: u64 = SIDE + (1 << SIDE_SHIFT);
const TIMED: u64 = TRIES << 1;
const _: () = assert!(SIDE | TRIES | TIMED == UNUSED);

#[inline(always)]
fn bits_of(side: Option<Side>) -> u64 {
    let bits = match side {
        None => 0,
        Some(Side::Read) => 1,
        Some(Side::Upgradable) => 2,
        Some(Side::Write) => 3,
    };
    bits << SIDE_SHIFT
}

// The path of an acquisition and a release is written for debug builds, in which every small function, closure and
// iterator is a call, and every access to an atomic or a thread-local is several.

/// Room for a [`Held`], to be read by other threads.
pub(super) struct Slot {
    pub(super) lock: AtomicUsize,
    /// And in the bits that are [`UNUSED`], how it was acquired.
    pub(super) number: AtomicU64,
    pub(super) class: StaticRef<Class>,
    pub(super) place: StaticRef<Location<'static>>,
    /// Of an earlier acquisition if the number does not say that this one is [`TIMED`].
    since: AtomicU64,
}

impl Slot {
    pub(super) const fn new() -> Self {
        Self {
            lock: AtomicUsize::new(0),
            number: AtomicU64::new(0),
            class: StaticRef::none(),
            place: StaticRef::none(),
            since: AtomicU64::new(0),
        }
    }

    // Release: see `Record::changes`.
    pub(super) fn set(&self, held: &Held) {
        let mut how = bits_of(held.side);
        if matches!(held.form, Form::Tries) {
            how |= TRIES;
        }
        if held.since > 0 {
            how |= TIMED;
            self.since.store(held.since, Ordering::Release);
        }
        self.lock.store(held.lock, Ordering::Release);
        self.number.store(held.number | how, Ordering::Release);
        self.class.set(held.class);
        self.place.set(held.place);
    }

    /// `None` if nothing was ever there.
    // Relaxed, here and below: the state of the record orders it.
    pub(super) fn get(&self) -> Option<Held> {
        let number = self.number.load(Ordering::Relaxed);
        Some(Held {
            lock: self.lock.load(Ordering::Relaxed),
            number: number & !UNUSED,
            class: self.class.get()?,
            side: SIDES[((number & SIDE) >> SIDE_SHIFT) as usize],
            form: match number & TRIES {
                0 => Form::Waits,
                _ => Form::Tries,
            },
            place: self.place.get()?,
            since: match number & TIMED {
                0 => 0,
                _ => self.since.load(Ordering::Relaxed),
            },
        })
    }

    #[inline(always)]
    pub(super) fn is_of(&self, lock: usize, side: Option<Side>) -> bool {
        self.lock.load(Ordering::Relaxed) == lock
            // A lock has sides, or has none.
            && (side.is_none() || self.number.load(Ordering::Relaxed) & SIDE == bits_of(side))
    }
}
