//! A store with a lock at each end.

use core::mem;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::collections::VecDeque;

use super::store::{Nothing, Refused, Store};
use crate::backend::{CachePadded, SpinMutex};

/// First in, first out; puts and gets seldom touch the same lock.
///
/// Items go in at the back, one by one. A get fetches a batch of them to the front when the front is empty.
/// So the two ends share a lock only once for each batch.
///
/// # Invariant
///
/// A thread that takes both locks takes that of the front first. All items at the front are older than those
/// at the back, and at each end they are in order. `put` is written under the lock of the back only, `taken`
/// under that of the front only. Under both locks they are exact, and `put - taken` is the number of items.
/// With one lock or none, the other count may be out of date. So "empty" is answered under both locks. "Full"
/// is answered under the lock of the back, and is exact only if the front is locked too.
pub(super) struct TwoEnded<T> {
    back: CachePadded<Back<T>>,
    front: CachePadded<Front<T>>,
}

/// Where items go in.
struct Back<T> {
    items: SpinMutex<Entering<T>>,
    put: AtomicUsize,
    shut: AtomicBool,
    /// `usize::MAX` for no limit.
    capacity: usize,
}

/// Where items come out.
struct Front<T> {
    items: SpinMutex<VecDeque<T>>,
    taken: AtomicUsize,
    done: AtomicUsize,
}

/// Items on their way to the front.
struct Entering<T> {
    /// Items behind the last full batch.
    latest: VecDeque<T>,
    /// Full batches, the oldest first.
    full: VecDeque<VecDeque<T>>,
    /// Empty: memory for the next batch.
    spare: VecDeque<T>,
    /// `taken` when it was last read, so that not every put has to read it.
    taken: usize,
}

impl<T> TwoEnded<T> {
    /// The items of a full batch: enough to be worth a fetch, and few enough to be copied quickly when its
    /// memory grows. It is a power of two, because the memory of a batch doubles.
    const BATCH: usize = {
        let fit = 16 * 1024
            / if size_of::<T>() == 0 {
                1
            } else {
                size_of::<T>()
            };
        match fit {
            0..16 => 16,
            16..1024 => 1 << fit.ilog2(),
            _ => 1024,
        }
    };

    pub(super) const fn new(capacity: Option<usize>) -> Self {
        Self {
            back: CachePadded::new(Back {
                items: SpinMutex::new(Entering {
                    latest: VecDeque::new(),
                    full: VecDeque::new(),
                    spare: VecDeque::new(),
                    taken: 0,
                }),
                put: AtomicUsize::new(0),
                shut: AtomicBool::new(false),
                capacity: match capacity {
                    Some(capacity) => capacity,
                    None => usize::MAX,
                },
            }),
            front: CachePadded::new(Front {
                items: SpinMutex::new(VecDeque::new()),
                taken: AtomicUsize::new(0),
                done: AtomicUsize::new(0),
            }),
        }
    }

    /// Adds `more` to the counter. The caller holds the lock that it belongs to, so this need not be one
    /// atomic step. Release: a thread that reads the count without the lock sees what was done before.
    #[inline]
    fn count(counter: &AtomicUsize, more: usize) {
        let before = counter.load(Ordering::Relaxed);
        counter.store(before.wrapping_add(more), Ordering::Release);
    }

    #[inline]
    fn put_in(&self, back: &mut Entering<T>, item: T) -> Result<(), Refused<T>> {
        if self.back.shut.load(Ordering::Relaxed) {
            // The item outlives the guard: the caller drops it, if it does.
            return Err(Refused::ShutDown(item));
        }
        let put = self.back.put.load(Ordering::Relaxed);
        let is_full = |taken| put.wrapping_sub(taken) >= self.back.capacity;
        if is_full(back.taken) {
            back.taken = self.taken();
            if is_full(back.taken) {
                return Err(Refused::Full(item));
            }
        }
        back.latest.push_back(item);
        if back.latest.len() >= Self::BATCH {
            let next = mem::take(&mut back.spare);
            back.full.push_back(mem::replace(&mut back.latest, next));
        }
        Self::count(&self.back.put, 1);
        Ok(())
    }

    /// Takes the first item out of the store. `front` is the locked front.
    #[inline]
    fn take_out(&self, front: &mut VecDeque<T>) -> Result<T, Nothing> {
        match front.pop_front() {
            Some(item) => Ok(item),
            None => {
                self.fetch(front)?;
                front.pop_front().ok_or(Nothing::Empty)
            }
        }
    }

    /// Fetches a batch to the front, which has no items left.
    fn fetch(&self, front: &mut VecDeque<T>) -> Result<(), Nothing> {
        let mut back = self.back.items.lock();
        let surplus = self.fetch_from(&mut back, front)?;
        // Its memory is freed when the lock is released.
        drop(back);
        drop(surplus);
        Ok(())
    }

    /// The same with the locked back. Returns memory that is not needed any more.
    #[inline]
    fn fetch_from(
        &self,
        back: &mut Entering<T>,
        front: &mut VecDeque<T>,
    ) -> Result<VecDeque<T>, Nothing> {
        match back.full.pop_front() {
            Some(batch) => {
                let used_up = mem::replace(front, batch);
                Ok(mem::replace(&mut back.spare, used_up))
            }
            None if back.latest.is_empty() => Err(match self.back.shut.load(Ordering::Relaxed) {
                true => Nothing::ShutDown,
                false => Nothing::Empty,
            }),
            None => {
                mem::swap(front, &mut back.latest);
                Ok(VecDeque::new())
            }
        }
    }

    /// Puts an item in. If there is no room, the oldest item comes out, in the same step; `note` runs before it
    /// counts as taken.
    pub(super) fn push_over(&self, item: T, note: impl FnOnce()) -> Result<Option<T>, Refused<T>> {
        // Outlives the guards, as memory that is to be freed.
        let mut _surplus = VecDeque::new();
        let mut front = self.front.items.lock();
        let mut back = self.back.items.lock();
        let item = match self.put_in(&mut back, item) {
            Ok(()) => return Ok(None),
            Err(Refused::Full(item)) => item,
            Err(shut) => return Err(shut),
        };
        if front.is_empty()
            && let Ok(surplus) = self.fetch_from(&mut back, &mut front)
        {
            _surplus = surplus;
        }
        // There is one, because a full queue has room for one at least.
        let oldest = front.pop_front();
        note();
        Self::count(&self.front.taken, 1);
        match self.put_in(&mut back, item) {
            Ok(()) => Ok(oldest),
            Err(_) => unreachable!("there is room for one, and both ends are locked"),
        }
    }
}

impl<T> Store for TwoEnded<T> {
    type Item = T;

    #[inline]
    fn push(&self, item: T) -> Result<(), Refused<T>> {
        self.put_in(&mut self.back.items.lock(), item)
    }

    fn push_surely(&self, item: T) -> Result<(), Refused<T>> {
        let _front = self.front.items.lock();
        self.put_in(&mut self.back.items.lock(), item)
    }

    #[inline]
    fn pop(&self) -> Result<T, Nothing> {
        let mut front = self.front.items.lock();
        let item = self.take_out(&mut front)?;
        Self::count(&self.front.taken, 1);
        Ok(item)
    }

    fn pop_many(&self, max: usize, into: &mut Vec<T>) -> Result<usize, Nothing> {
        // Memory is reserved before the lock is taken, for the items that are there now.
        into.reserve(self.len().min(max));
        let mut front = self.front.items.lock();
        let mut count = 0;
        while count < max {
            if front.is_empty() {
                match self.fetch(&mut front) {
                    Err(nothing) if count == 0 => return Err(nothing),
                    Err(_) => break,
                    Ok(()) => {}
                }
            }
            let some = front.len().min(max - count);
            into.extend(front.drain(..some));
            count += some;
        }
        Self::count(&self.front.taken, count);
        Ok(count)
    }

    fn pop_all(&self, note: impl FnOnce(usize)) -> Vec<T> {
        let (first, full, latest) = {
            let mut front = self.front.items.lock();
            let mut back = self.back.items.lock();
            let put = self.back.put.load(Ordering::Relaxed);
            note(put.wrapping_sub(self.front.taken.load(Ordering::Relaxed)));
            // Release: as in `count`.
            self.front.taken.store(put, Ordering::Release);
            (
                mem::take(&mut *front),
                mem::take(&mut back.full),
                mem::take(&mut back.latest),
            )
        };
        let mut all = Vec::from(first);
        all.extend(full.into_iter().flatten());
        all.extend(latest);
        all
    }

    fn between_pops<V>(&self, f: impl FnOnce() -> V) -> V {
        let _front = self.front.items.lock();
        f()
    }

    fn shut(&self) -> bool {
        let _back = self.back.items.lock();
        // Release: as in `count`.
        !self.back.shut.swap(true, Ordering::Release)
    }

    fn is_shut(&self) -> bool {
        self.back.shut.load(Ordering::Acquire)
    }

    #[inline]
    fn put(&self) -> usize {
        self.back.put.load(Ordering::Acquire)
    }

    #[inline]
    fn taken(&self) -> usize {
        self.front.taken.load(Ordering::Acquire)
    }

    #[inline]
    fn done(&self) -> &AtomicUsize {
        &self.front.done
    }

    fn capacity(&self) -> Option<usize> {
        (self.back.capacity != usize::MAX).then_some(self.back.capacity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_goes_in_and_out() {
        let store = TwoEnded::new(Some(2));
        store.push(1).unwrap();
        store.push(2).unwrap();
        assert!(matches!(store.push(3), Err(Refused::Full(3))));
        assert!(matches!(store.push_surely(3), Err(Refused::Full(3))));
        assert_eq!(store.pop(), Ok(1));
        assert_eq!((store.put(), store.taken(), store.len()), (2, 1, 1));
        store.push_surely(4).unwrap();
        assert!(store.shut());
        assert!(!store.shut());
        assert!(matches!(store.push(3), Err(Refused::ShutDown(3))));
        let mut rest = Vec::new();
        assert_eq!(store.pop_many(9, &mut rest), Ok(2));
        assert_eq!(store.pop_many(9, &mut rest), Err(Nothing::ShutDown));
        assert_eq!((rest, store.pop()), (vec![2, 4], Err(Nothing::ShutDown)));
    }

    #[test]
    fn the_oldest_item_makes_room_wherever_it_is() {
        for capacity in [1, 2, 1023, 1024, 1025, 3000] {
            let store = TwoEnded::new(Some(capacity));
            for n in 0..capacity {
                assert_eq!(store.push_over(n, || unreachable!()).unwrap(), None);
            }
            let mut noted = 0;
            for n in 0..2 * capacity {
                let oldest = store.push_over(capacity + n, || noted += 1).unwrap();
                assert_eq!((oldest, noted, store.len()), (Some(n), n + 1, capacity));
            }
            let left = store.pop_all(|left| assert_eq!(left, capacity));
            assert!(left.into_iter().eq(2 * capacity..3 * capacity));
        }
    }

    #[test]
    fn a_batch_is_a_power_of_two_of_any_item() {
        assert_eq!(TwoEnded::<()>::BATCH, 1024);
        assert_eq!(TwoEnded::<u64>::BATCH, 1024);
        assert_eq!(TwoEnded::<[u64; 3]>::BATCH, 512);
        assert_eq!(TwoEnded::<[u64; 1000]>::BATCH, 16);
    }

    /// Runs through full batches, parts of one, and memory that is used again.
    #[test]
    fn any_order_of_steps_agrees_with_a_plain_list() {
        let store = TwoEnded::new(None);
        let mut plain = VecDeque::new();
        let mut random = 0x9e37_79b9_u64;
        for step in 0..2_000 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let size = (random >> 8) as usize % 1500;
            match random % 5 {
                0 | 1 => (0..size).for_each(|n| {
                    store.push((step, n)).unwrap();
                    plain.push_back((step, n));
                }),
                2 => (0..size).for_each(|_| assert_eq!(store.pop().ok(), plain.pop_front())),
                3 => {
                    let mut some = Vec::new();
                    let count = store.pop_many(size, &mut some).unwrap_or(0);
                    assert_eq!(count, size.min(plain.len()));
                    assert!(some.into_iter().eq(plain.drain(..count)));
                }
                _ if size.is_multiple_of(16) => {
                    assert!(store.pop_all(|_| {}).into_iter().eq(plain.drain(..)));
                }
                _ => {}
            }
            assert_eq!(store.len(), plain.len());
        }
    }
}
