//! A run of slots, each for one item on its way through a queue.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use std::sync::Arc;

use crate::backend::{learn_to_prefetch, prefetch_for_write};

/// Slots that are filled once from the first to the last, and emptied once in the same order. A clone is the same
/// segment.
///
/// It does not know which of its slots are filled. Its owner knows, and takes out every item before it drops the
/// segment: an item that is left is leaked.
pub(super) struct Segment<T> {
    // The slots follow the counts of the `Arc`, and their number is beside the pointer: one step to a slot.
    slots: Arc<[Slot<T>]>,
}

pub(super) struct Slot<T>(UnsafeCell<MaybeUninit<T>>);

// SAFETY: a slot that is shared gives access to its item only by `fill` and `empty`, whose callers see to it that
// no two calls for one slot run at the same time and that each call sees what the one before it did. By that, items
// move from one thread to another, and so they have to be `Send`. No reference to an item is ever given out.
unsafe impl<T: Send> Sync for Slot<T> {}

impl<T> Clone for Segment<T> {
    fn clone(&self) -> Self {
        Self {
            slots: Arc::clone(&self.slots),
        }
    }
}

impl<T> Segment<T> {
    /// How many slots there are in a cache line of most processors.
    const IN_A_LINE: usize = match size_of::<T>() {
        0 => usize::MAX,
        1..64 => 64 / size_of::<T>(),
        _ => 1,
    };

    /// How many slots behind the one that is filled the next line is asked for: four lines or so.
    const AHEAD: usize = match size_of::<T>() {
        0 => 1,
        1..256 => 256 / size_of::<T>(),
        _ => 1,
    };

    /// A segment of that many slots, all of them empty.
    pub(super) fn new(len: usize) -> Self {
        learn_to_prefetch();
        Self {
            slots: (0..len)
                .map(|_| Slot(UnsafeCell::new(MaybeUninit::uninit())))
                .collect(),
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The slot with that number, if there is one.
    #[inline]
    pub(super) fn slot(&self, at: usize) -> Option<&Slot<T>> {
        self.slots.get(at)
    }

    /// Asks for the cache line of the slot with that number.
    #[inline]
    pub(super) fn prefetch(&self, at: usize) {
        if let Some(slot) = self.slots.get(at) {
            prefetch_for_write(slot);
        }
    }

    /// Asks for the cache line of a slot that is filled soon after the one with that number. A segment that is used
    /// again is in the cache of the core that emptied it.
    #[inline]
    pub(super) fn prefetch_behind(&self, at: usize) {
        // Once for each line.
        if at.is_multiple_of(Self::IN_A_LINE) {
            self.prefetch(at.wrapping_add(Self::AHEAD));
        }
    }
}

impl<T> Slot<T> {
    /// Puts an item in.
    ///
    /// # Safety
    ///
    /// The slot is empty, and every call that emptied it happens before this one. No other call for this slot runs at
    /// the same time.
    #[inline]
    pub(super) unsafe fn fill(&self, item: T) {
        let slot = self.0.get();
        // SAFETY: the pointer comes from a cell that is borrowed, and no other access to the cell runs at the same
        // time, as the caller says. The write drops nothing, because the slot is empty.
        unsafe { (*slot).write(item) };
    }

    /// Takes the item out.
    ///
    /// # Safety
    ///
    /// The slot is filled, and the call that filled it happens before this one. No other call for this slot runs at the
    /// same time.
    #[inline]
    pub(super) unsafe fn empty(&self) -> T {
        let slot = self.0.get();
        // SAFETY: as above for the pointer. The slot is filled, so the item is initialised; it is not read a second
        // time, because the slot counts as empty from now on.
        unsafe { (*slot).assume_init_read() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_gives_back_what_was_put_in_however_often() {
        let segment = Segment::new(3);
        assert_eq!(segment.len(), 3);
        for round in 0..3 {
            let text = |at| format!("{round} {at}");
            assert!(segment.slot(3).is_none());
            for at in 0..3 {
                // SAFETY: on one thread, and the slot is empty: it is new, or was emptied below.
                unsafe { segment.slot(at).unwrap().fill(text(at)) };
            }
            for at in 0..3 {
                // SAFETY: on one thread, and the slot was filled just now.
                assert_eq!(unsafe { segment.slot(at).unwrap().empty() }, text(at));
            }
        }
    }
}
