//! The queue of waiters of a primitive: first come, first served, with removal from the middle.

use core::mem::{self, ManuallyDrop};
use std::sync::Arc;

use super::waiter::{Outcome, Waiter};

/// The end of a chain.
const NONE: usize = usize::MAX;

#[derive(Debug)]
struct Slot {
    /// `None` while the slot is free.
    waiter: Option<Arc<Waiter>>,
    /// Towards the tail; in a free slot, the next free one.
    next: usize,
    /// Towards the head.
    previous: usize,
}

/// The place of a waiter in its queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket(usize);

/// Waiters whose waits are decided. They are woken when the lock under which they were decided is free.
///
/// The drop wakes them: declare this before the guard of that lock.
#[derive(Debug, Default)]
pub(crate) struct WakeList {
    /// Usually the only one, kept without an allocation.
    first: Option<Arc<Waiter>>,
    /// Empty, and without memory of its own, if there is no first. Dropped by [`wake_all`](Self::wake_all).
    rest: ManuallyDrop<Vec<Arc<Waiter>>>,
}

impl WakeList {
    pub(crate) const fn new() -> Self {
        Self {
            first: None,
            rest: ManuallyDrop::new(Vec::new()),
        }
    }

    pub(crate) fn push(&mut self, waiter: Arc<Waiter>) {
        match self.first {
            None => self.first = Some(waiter),
            Some(_) => self.rest.push(waiter),
        }
    }

    pub(crate) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    /// Wakes them now; returns how many there were.
    pub(crate) fn wake(self) -> usize {
        self.len()
    }

    #[cold]
    fn wake_all(&mut self) {
        for waiter in self
            .first
            .take()
            .into_iter()
            .chain(mem::take(&mut *self.rest))
        {
            waiter.wake();
        }
    }
}

impl Drop for WakeList {
    // Mostly empty, on paths that are taken for every item or task.
    #[inline]
    fn drop(&mut self) {
        if self.first.is_some() {
            self.wake_all();
        }
    }
}

/// A doubly linked list in a vector: the cost of pushing, popping and removing does not depend on its length.
///
/// # Invariant
///
/// Every slot is in exactly one of two chains: the list from `head` to `tail` (slots with a waiter,
/// `len` of them) or the free chain from `free` (slots without). It is shared behind the lock of the
/// primitive that owns it.
#[derive(Debug)]
pub(crate) struct WaitQueue {
    slots: Vec<Slot>,
    head: usize,
    tail: usize,
    free: usize,
    len: usize,
}

impl WaitQueue {
    pub(crate) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            head: NONE,
            tail: NONE,
            free: NONE,
            len: 0,
        }
    }

    /// Puts a waiter at the end.
    pub(crate) fn push(&mut self, waiter: &Arc<Waiter>) -> Ticket {
        let slot = Slot {
            waiter: Some(Arc::clone(waiter)),
            next: NONE,
            previous: self.tail,
        };
        let index = if self.free == NONE {
            self.slots.push(slot);
            self.slots.len() - 1
        } else {
            let index = self.free;
            self.free = self.slots[index].next;
            self.slots[index] = slot;
            index
        };
        match self.tail {
            NONE => self.head = index,
            tail => self.slots[tail].next = index,
        }
        self.tail = index;
        self.len += 1;
        Ticket(index)
    }

    /// Takes a waiter out from wherever it is; returns whether it was still there.
    ///
    /// Another waiter may have the slot by now, so this compares the waiter as well.
    pub(crate) fn remove(&mut self, ticket: Ticket, waiter: &Arc<Waiter>) -> bool {
        let there = self
            .slots
            .get(ticket.0)
            .and_then(|slot| slot.waiter.as_ref());
        let found = there.is_some_and(|there| Arc::ptr_eq(there, waiter));
        if found {
            self.unlink(ticket.0);
        }
        found
    }

    /// Empties the queue and returns what was in it.
    pub(crate) fn take(&mut self) -> Self {
        core::mem::replace(self, Self::new())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The waiter that has waited longest.
    pub(crate) fn first(&self) -> Option<&Arc<Waiter>> {
        self.slots.get(self.head)?.waiter.as_ref()
    }

    /// Grants all waits that are not decided, and wakes the waiters. Not for a queue behind a lock: take it out
    /// first.
    pub(crate) fn grant_all(mut self) -> usize {
        let mut granted = 0;
        while let Some(waiter) = self.grant_first() {
            waiter.wake();
            granted += 1;
        }
        granted
    }

    /// Takes out the first waiter whose wait this grant decides. The caller wakes it, best after it has
    /// released the lock.
    pub(crate) fn grant_first(&mut self) -> Option<Arc<Waiter>> {
        while let Some(waiter) = self.pop() {
            if waiter.decide(Outcome::Granted) {
                return Some(waiter);
            }
        }
        None
    }

    /// Takes out the waiter that has waited longest.
    pub(crate) fn pop(&mut self) -> Option<Arc<Waiter>> {
        match self.head {
            NONE => None,
            head => self.unlink(head),
        }
    }

    fn unlink(&mut self, index: usize) -> Option<Arc<Waiter>> {
        let Slot { next, previous, .. } = self.slots[index];
        match previous {
            NONE => self.head = next,
            previous => self.slots[previous].next = next,
        }
        match next {
            NONE => self.tail = previous,
            next => self.slots[next].previous = previous,
        }
        self.len -= 1;
        let waiter = self.slots[index].waiter.take();
        if self.len == 0 {
            // All slots are free: start again, with the memory of a few.
            self.slots.clear();
            self.slots.shrink_to(16);
            self.free = NONE;
        } else {
            self.slots[index].next = self.free;
            self.free = index;
        }
        waiter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiters(count: usize) -> Vec<Arc<Waiter>> {
        (0..count).map(|_| Waiter::new()).collect()
    }

    fn drain(queue: &mut WaitQueue) -> Vec<Arc<Waiter>> {
        core::iter::from_fn(|| queue.pop()).collect()
    }

    fn same(left: &[Arc<Waiter>], right: &[&Arc<Waiter>]) -> bool {
        left.len() == right.len() && left.iter().zip(right).all(|(a, b)| Arc::ptr_eq(a, b))
    }

    #[test]
    fn first_come_first_served() {
        let all = waiters(3);
        let mut queue = WaitQueue::new();
        for waiter in &all {
            queue.push(waiter);
        }
        assert!(same(&drain(&mut queue), &[&all[0], &all[1], &all[2]]));
        assert_eq!(queue.len, 0);
    }

    #[test]
    fn removal_closes_the_gap() {
        for gone in 0..3 {
            let all = waiters(3);
            let mut queue = WaitQueue::new();
            let tickets: Vec<_> = all.iter().map(|waiter| queue.push(waiter)).collect();
            assert!(queue.remove(tickets[gone], &all[gone]));
            assert!(!queue.remove(tickets[gone], &all[gone]));
            let rest: Vec<_> = (0..3).filter(|i| *i != gone).map(|i| &all[i]).collect();
            assert!(same(&drain(&mut queue), &rest));
        }
    }

    #[test]
    fn a_late_removal_leaves_the_next_waiter_in_that_slot() {
        let all = waiters(3);
        let mut queue = WaitQueue::new();
        let first = queue.push(&all[0]);
        queue.push(&all[1]);
        queue.pop();
        queue.push(&all[2]);
        queue.remove(first, &all[0]);
        assert!(same(&drain(&mut queue), &[&all[1], &all[2]]));
    }

    #[test]
    fn a_grant_passes_over_waits_that_are_decided() {
        let all = waiters(2);
        let mut queue = WaitQueue::new();
        for waiter in &all {
            queue.push(waiter);
        }
        assert!(all[0].decide(Outcome::Expired));
        let granted = queue.grant_first().expect("the second still waits");
        assert!(Arc::ptr_eq(&granted, &all[1]));
        assert!(queue.grant_first().is_none());
    }

    #[test]
    fn any_order_of_pushes_and_removals_agrees_with_a_plain_list() {
        let mut queue = WaitQueue::new();
        let mut plain: Vec<(Arc<Waiter>, Ticket)> = Vec::new();
        let mut random = 0x9e37_79b9_u64;
        for _ in 0..10_000 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            match random % 4 {
                0 | 1 => {
                    let waiter = Waiter::new();
                    let ticket = queue.push(&waiter);
                    plain.push((waiter, ticket));
                }
                2 if !plain.is_empty() => {
                    let at = (random >> 8) as usize % plain.len();
                    let (waiter, ticket) = plain.remove(at);
                    queue.remove(ticket, &waiter);
                }
                _ => {
                    let first = (!plain.is_empty()).then(|| plain.remove(0).0);
                    let popped = queue.pop();
                    assert_eq!(popped.is_some(), first.is_some());
                    if let (Some(a), Some(b)) = (popped, first) {
                        assert!(Arc::ptr_eq(&a, &b));
                    }
                }
            }
            assert_eq!(queue.len, plain.len());
        }
    }
}
