//! A store behind a lock.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::store::{Nothing, Refused, Store};
use crate::backend::lock_api::{Mutex, MutexGuard, RawMutex};
use crate::backend::{Access, RawSpin, also_uses, inside};
use crate::unwind::{Payload, drop_quietly};

/// Items in some order.
///
/// A panic in one of these can only come from the user's comparison, and loses no item that is in it.
pub(super) trait Order: Default {
    type Item;

    /// The place at which an item goes in.
    fn place_of(&self, item: &Self::Item) -> usize;

    /// Puts an item in where [`place_of`](Self::place_of) has said.
    fn insert(&mut self, item: Self::Item, at: usize);

    fn remove(&mut self) -> Option<Self::Item>;

    /// Moves the first `max` items, or as many as there are; returns how many. A panic behind the
    /// first ends the batch, and its payload is in `caught`.
    fn remove_many(
        &mut self,
        max: usize,
        into: &mut Vec<Self::Item>,
        _caught: &mut Option<Payload>,
    ) -> usize {
        let before = into.len();
        into.extend(core::iter::from_fn(|| self.remove()).take(max));
        into.len() - before
    }

    /// All of them, the next to come out first.
    fn into_vec(self) -> Vec<Self::Item>;
}

/// Last in, first out.
impl<T> Order for Vec<T> {
    type Item = T;

    fn place_of(&self, _item: &T) -> usize {
        self.len()
    }

    fn insert(&mut self, item: T, _at: usize) {
        self.push(item);
    }

    fn remove(&mut self) -> Option<T> {
        self.pop()
    }

    fn into_vec(mut self) -> Vec<T> {
        self.reverse();
        self
    }
}

/// A store behind a lock, in any order.
///
/// The lock is a spin lock, unless the order runs code of the user: then its waiters have to sleep.
///
/// # Invariant
///
/// `put`, `taken` and `shut` are written under the lock of `items` only. Under that lock they are exact, and
/// `put - taken` is the number of items. Without it they may be out of date.
pub(super) struct Locked<C, R = RawSpin> {
    items: Mutex<R, C>,
    put: AtomicUsize,
    taken: AtomicUsize,
    done: AtomicUsize,
    shut: AtomicBool,
    /// `usize::MAX` for no limit.
    capacity: usize,
}

/// Holds the lock of a store.
type Held<'a, C, R> = MutexGuard<'a, R, C>;

impl<C: Order, R: RawMutex> Locked<C, R> {
    pub(super) const fn new(items: C, capacity: Option<usize>) -> Self {
        Self {
            items: Mutex::new(items),
            put: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            shut: AtomicBool::new(false),
            capacity: match capacity {
                Some(capacity) => capacity,
                None => usize::MAX,
            },
        }
    }

    #[inline]
    fn lock(&self) -> Held<'_, C, R> {
        self.items.lock()
    }

    /// Adds `more` to the counter. The caller holds the lock, so this need not be one atomic step. Release:
    /// a thread that reads the count without the lock sees what was done before.
    fn count(counter: &AtomicUsize, more: usize, _held: &Held<'_, C, R>) {
        let before = counter.load(Ordering::Relaxed);
        counter.store(before.wrapping_add(more), Ordering::Release);
        also_uses(Access::change(counter));
    }

    /// Why there is no item. The caller has just seen that there is none.
    fn nothing(&self, _held: &Held<'_, C, R>) -> Nothing {
        match self.shut.load(Ordering::Relaxed) {
            true => Nothing::ShutDown,
            false => Nothing::Empty,
        }
    }
}

impl<C: Order, R: RawMutex> Store for Locked<C, R> {
    type Item = C::Item;

    // An order that runs code of the user compares before it changes anything, and before anything is counted. So a
    // panic in a comparison leaves everything as it was, and the guard releases the lock.

    fn push(&self, item: C::Item) -> Result<(), Refused<C::Item>> {
        let _inside = inside(&self.items);
        let mut items = self.lock();
        if self.shut.load(Ordering::Relaxed) {
            // The item outlives the guard: the caller drops it, if it does.
            return Err(Refused::ShutDown(item));
        }
        let taken = self.taken.load(Ordering::Relaxed);
        if self.put.load(Ordering::Relaxed).wrapping_sub(taken) >= self.capacity {
            return Err(Refused::Full(item));
        }
        // If the comparison panics, the item is dropped after the guard: its drop may use the queue.
        let at = items.place_of(&item);
        items.insert(item, at);
        Self::count(&self.put, 1, &items);
        Ok(())
    }

    fn pop(&self) -> Result<C::Item, Nothing> {
        let _inside = inside(&self.items);
        let mut items = self.lock();
        match items.remove() {
            Some(item) => {
                Self::count(&self.taken, 1, &items);
                Ok(item)
            }
            None => Err(self.nothing(&items)),
        }
    }

    fn pop_many(&self, max: usize, into: &mut Vec<C::Item>) -> Result<usize, Nothing> {
        // Memory for the items that are there now is reserved before the lock is acquired.
        into.reserve(self.len().min(max));
        let mut caught = None;
        let _inside = inside(&self.items);
        let mut items = self.lock();
        let removed = match items.remove_many(max, into, &mut caught) {
            0 if max > 0 => Err(self.nothing(&items)),
            count => {
                Self::count(&self.taken, count, &items);
                Ok(count)
            }
        };
        drop(items);
        drop_quietly(caught);
        removed
    }

    fn pop_all(&self, note: impl FnOnce(usize)) -> Vec<C::Item> {
        let _inside = inside(&self.items);
        let mut items = self.lock();
        let all = core::mem::take(&mut *items);
        let put = self.put.load(Ordering::Relaxed);
        note(put.wrapping_sub(self.taken.load(Ordering::Relaxed)));
        self.taken.store(put, Ordering::Release);
        also_uses(Access::change(&self.taken));
        drop(items);
        all.into_vec()
    }

    fn between_pops<V>(&self, f: impl FnOnce() -> V) -> V {
        let _inside = inside(&self.items);
        let _held = self.lock();
        f()
    }

    fn shut(&self) -> bool {
        let _inside = inside(&self.items);
        let _held = self.lock();
        also_uses(Access::change(&self.shut));
        // Release: as in `count`.
        !self.shut.swap(true, Ordering::Release)
    }

    fn is_shut(&self) -> bool {
        also_uses(Access::look(&self.shut));
        self.shut.load(Ordering::Acquire)
    }

    fn put_counter(&self) -> &AtomicUsize {
        &self.put
    }

    fn taken_counter(&self) -> &AtomicUsize {
        &self.taken
    }

    fn done(&self) -> &AtomicUsize {
        &self.done
    }

    fn capacity(&self) -> Option<usize> {
        (self.capacity != usize::MAX).then_some(self.capacity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_goes_in_and_out() {
        let store = Locked::<_, RawSpin>::new(Vec::new(), Some(2));
        store.push(1).unwrap();
        store.push(2).unwrap();
        assert!(matches!(store.push(3), Err(Refused::Full(3))));
        assert_eq!(store.pop(), Ok(2));
        assert_eq!((store.put(), store.taken(), store.len()), (2, 1, 1));
        assert!(store.shut());
        assert!(!store.shut());
        assert!(matches!(store.push(3), Err(Refused::ShutDown(3))));
        let mut rest = Vec::new();
        assert_eq!(store.pop_many(9, &mut rest), Ok(1));
        assert_eq!(store.pop_many(9, &mut rest), Err(Nothing::ShutDown));
        assert_eq!((rest, store.pop()), (vec![1], Err(Nothing::ShutDown)));
    }
}
