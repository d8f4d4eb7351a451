//! What a queue asks of the place where its items are.

use core::sync::atomic::AtomicUsize;

/// A place for items that many threads use at once.
///
/// Its operations never wait. It counts, and the counts never go down: `put` is how many items ever
/// went in, `taken` how many came out, and `taken <= put` at every moment.
pub(super) trait Store {
    type Item;

    /// Puts an item in, unless there is no room or the store is shut.
    fn push(&self, item: Self::Item) -> Result<(), Refused<Self::Item>>;

    /// As [`push`](Self::push), for who is about to sleep: if there is no room, whoever makes some comes
    /// after this and sees what the caller did before. Of `push` that need not be so.
    fn push_surely(&self, item: Self::Item) -> Result<(), Refused<Self::Item>> {
        self.push(item)
    }

    /// Takes an item out. A store that is shut still gives what it has.
    fn pop(&self) -> Result<Self::Item, Nothing>;

    /// Takes out up to `max` items, one at least if there is one; returns how many.
    fn pop_many(&self, max: usize, into: &mut Vec<Self::Item>) -> Result<usize, Nothing>;

    /// Takes out all that is in it, in its order. How many they are is given to `note` before they count
    /// as taken, and while nobody else takes anything out.
    fn pop_all(&self, note: impl FnOnce(usize)) -> Vec<Self::Item>;

    /// Runs `f` while nobody takes anything out, nor has taken out what does not count yet.
    fn between_pops<V>(&self, f: impl FnOnce() -> V) -> V;

    /// Refuses all items from now on; says whether it was open. No push that begins after this has
    /// returned, or that has not succeeded before, ever does.
    fn shut(&self) -> bool;

    fn is_shut(&self) -> bool;

    /// How many items ever went in.
    fn put(&self) -> usize;

    /// How many items ever came out.
    fn taken(&self) -> usize;

    /// Where the owner of the store counts the items that are done with: beside what who takes an item
    /// writes anyway.
    fn done(&self) -> &AtomicUsize;

    /// How many items fit in; `None` for as many as the memory holds.
    fn capacity(&self) -> Option<usize>;

    /// How many items are in it, without waiting.
    fn len(&self) -> usize {
        // In this order, so that the difference is never below zero; it may be too large by what
        // was put in and taken out meanwhile.
        let taken = self.taken();
        let len = self.put().saturating_sub(taken);
        self.capacity().map_or(len, |capacity| len.min(capacity))
    }
}

/// An item that could not be put in, and why.
#[derive(Debug)]
pub(super) enum Refused<T> {
    Full(T),
    ShutDown(T),
}

/// Why there is no item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nothing {
    /// Not now.
    Empty,
    /// Nor ever again.
    ShutDown,
}
