//! The interface of the containers that hold the items of a queue.

use core::sync::atomic::{AtomicUsize, Ordering};

use crate::backend::{Access, also_uses};

/// A container for items that many threads use at once.
///
/// Its operations wait only for its own locks. Its counts never decrease: `put` is the number of items that
/// were put in, `taken` is the number that were taken out, and `taken <= put` at every moment.
pub(super) trait Store {
    type Item;

    /// Puts an item in, unless there is no room or the store is shut.
    fn push(&self, item: Self::Item) -> Result<(), Refused<Self::Item>>;

    /// As [`push`](Self::push), with few steps, for a thread that can wait for a moment: it may also fail with
    /// [`Refused::Crowded`] or [`Refused::Untried`].
    fn push_at_once(&self, item: Self::Item) -> Result<(), Refused<Self::Item>> {
        self.push(item)
    }

    /// As [`push`](Self::push), for a thread that is about to sleep. If there is no room, a thread that makes
    /// room does so after this call, and sees what the caller did before. `push` does not guarantee that.
    fn push_surely(&self, item: Self::Item) -> Result<(), Refused<Self::Item>> {
        self.push(item)
    }

    /// Takes an item out. A store that is shut still returns the items that it has. It may overlook an item that
    /// another thread is putting, so this is for a thread that looks again.
    fn pop(&self) -> Result<Self::Item, Nothing>;

    /// As [`pop`](Self::pop), with few steps, for a thread that can wait for a moment: it may also fail with
    /// [`Nothing::Few`] or [`Nothing::Untried`].
    fn pop_at_once(&self) -> Result<Self::Item, Nothing> {
        self.pop()
    }

    /// As [`pop`](Self::pop). If there is no item, a thread that puts one does so after this call, and sees what the
    /// caller did before. `pop` does not guarantee that.
    fn pop_surely(&self) -> Result<Self::Item, Nothing> {
        self.pop()
    }

    /// Takes out up to `max` items, one at least if there is one; returns how many. As sure as
    /// [`pop_surely`](Self::pop_surely).
    fn pop_many(&self, max: usize, into: &mut Vec<Self::Item>) -> Result<usize, Nothing>;

    /// Takes out all items, in their order. `note` gets their number before they count as taken, and while
    /// no other thread takes any out.
    fn pop_all(&self, note: impl FnOnce(usize)) -> Vec<Self::Item>;

    /// Runs `f` while no thread takes items out and every item that was taken out is counted.
    fn between_pops<V>(&self, f: impl FnOnce() -> V) -> V;

    /// Refuses all items from now on; returns whether it was open. After this, no push succeeds that had not
    /// succeeded before.
    fn shut(&self) -> bool;

    fn is_shut(&self) -> bool;

    /// Where the store counts the items that ever went in.
    fn put_counter(&self) -> &AtomicUsize;

    /// Where the store counts the items that ever came out.
    fn taken_counter(&self) -> &AtomicUsize;

    /// How many items ever went in.
    #[inline]
    fn put(&self) -> usize {
        also_uses(Access::look(self.put_counter()));
        self.put_counter().load(Ordering::Acquire)
    }

    /// How many items ever came out.
    #[inline]
    fn taken(&self) -> usize {
        also_uses(Access::look(self.taken_counter()));
        self.taken_counter().load(Ordering::Acquire)
    }

    /// Where the owner of the store counts the items that are done.
    fn done(&self) -> &AtomicUsize;

    /// How many items fit in; `None` for as many as the memory holds.
    fn capacity(&self) -> Option<usize>;

    /// How many items are in it. Does not wait.
    fn len(&self) -> usize {
        // In this order, so that the difference is never below zero. It may be too large by the items that were
        // put in and taken out between the two reads.
        let taken = self.taken();
        let len = self.put().saturating_sub(taken);
        self.capacity().map_or(len, |capacity| len.min(capacity))
    }
}

/// An item that could not be put in, and why.
#[derive(Debug)]
pub(super) enum Refused<T> {
    Full(T),
    /// There is room, but so little that it is worth a rest: see [`Store::push_at_once`].
    Crowded(T),
    /// It takes more than a few steps, as [`Store::push`] does them.
    Untried(T),
    ShutDown(T),
}

/// Why there is no item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nothing {
    /// There is none at this moment.
    Empty,
    /// There are so few that it is worth a rest: see [`Store::pop_at_once`].
    Few,
    /// It takes more than a few steps, as [`Store::pop`] does them.
    Untried,
    /// There will be none any more.
    ShutDown,
}
