//! A store with a lock at each end.

use core::mem;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::collections::VecDeque;

use super::segment::Segment;
use super::store::{Nothing, Refused, Store};
use crate::backend::{self, Access, CachePadded, SpinMutex, also_uses, inside};

/// First in, first out; puts and gets do not touch the same lock.
///
/// The items are in a chain of segments. Puts fill the last one and gets empty the first one, which may be the same. A
/// get reads `put` only when it has taken all items that it knows of, and a put reads `taken` only when the queue seems
/// full. So a thread at one end seldom needs what a thread at the other end has just written.
///
/// # Invariant
///
/// `put` is written under the lock of the back only, `taken` under that of the front only. The slots of the chain are
/// numbered from the first that was ever filled. Those from `taken` to `put` are filled, and no others. So a slot is
/// filled under the lock of the back before `put` counts it, and emptied under the lock of the front after `put` was
/// read and before `taken` counts it. A segment whose slots were all emptied goes back to the threads that put by the
/// lock of the links.
///
/// `rest_at` is written under the lock of its end. It decides only when a thread looks again.
///
/// Locks are taken in the order front, back, links. With the locks of both ends, `put` and `taken` are exact. With one
/// lock or none, the other count may be out of date. "Empty" is exact if the lock of the back was acquired before the
/// look, and "full" if that of the front was: every operation at that end either came before, and is seen, or it comes
/// after, and sees what this thread did before.
pub(super) struct TwoEnded<T> {
    back: CachePadded<Back<T>>,
    front: CachePadded<Front<T>>,
    links: SpinMutex<Links<T>>,
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
    items: SpinMutex<Leaving<T>>,
    taken: AtomicUsize,
    done: AtomicUsize,
}

struct Entering<T> {
    /// The segment that is being filled.
    last: Option<Segment<T>>,
    /// The slot of it that is filled next.
    at: usize,
    /// `taken` when it was last read, so that not every put has to read it.
    taken: usize,
    /// `put` from when on a put may rest.
    rest_at: usize,
}

struct Leaving<T> {
    /// The segment that is being emptied.
    first: Option<Segment<T>>,
    /// The slot of it that is emptied next.
    at: usize,
    /// `put` when it was last read, so that not every get has to read it.
    put: usize,
    /// `taken` from when on a get may rest.
    rest_at: usize,
}

struct Links<T> {
    /// The segments behind the first, in order.
    next: VecDeque<Segment<T>>,
    /// One whose slots are all empty.
    spare: Option<Segment<T>>,
}

/// If a thread finds fewer items, or places for items, it rests until there are more: see [`TwoEnded::rests`].
const FEW: usize = 64;

/// After so many more items is never.
const NEVER: usize = usize::MAX / 2;

impl<T> TwoEnded<T> {
    /// The most slots of a segment: enough for the change to the next one to cost little.
    const LARGEST: usize = {
        let fit = 16 * 1024
            / if size_of::<T>() == 0 {
                1
            } else {
                size_of::<T>()
            };
        match fit {
            0 => 1,
            1..1024 => 1 << fit.ilog2(),
            _ => 1024,
        }
    };

    /// The fewest that a queue comes to which is never long, when many items have gone through it. They take a page or
    /// less, unless a few items do not fit in one.
    const STEADY: usize = if Self::LARGEST / 4 < Self::SMALLEST {
        Self::SMALLEST
    } else {
        Self::LARGEST / 4
    };

    /// The fewest, for a queue that is new.
    const SMALLEST: usize = if Self::LARGEST < 32 {
        Self::LARGEST
    } else {
        32
    };

    pub(super) const fn new(capacity: Option<usize>) -> Self {
        Self {
            back: CachePadded::new(Back {
                items: SpinMutex::new(Entering {
                    last: None,
                    at: 0,
                    taken: 0,
                    rest_at: NEVER,
                }),
                put: AtomicUsize::new(0),
                shut: AtomicBool::new(false),
                capacity: match capacity {
                    Some(capacity) => capacity,
                    None => usize::MAX,
                },
            }),
            front: CachePadded::new(Front {
                items: SpinMutex::new(Leaving {
                    first: None,
                    at: 0,
                    put: 0,
                    rest_at: NEVER,
                }),
                taken: AtomicUsize::new(0),
                done: AtomicUsize::new(0),
            }),
            links: SpinMutex::new(Links {
                next: VecDeque::new(),
                spare: None,
            }),
        }
    }

    /// Adds one to the counter. The caller holds the lock that it belongs to, so this need not be one
    /// atomic step. Release: a thread that reads the count without the lock sees what was done before.
    #[inline]
    fn count(counter: &AtomicUsize) {
        let before = counter.load(Ordering::Relaxed);
        counter.store(before.wrapping_add(1), Ordering::Release);
        also_uses(Access::change(counter));
    }

    #[inline]
    fn put_in<const CAN_REST: bool>(
        &self,
        back: &mut Entering<T>,
        item: T,
    ) -> Result<(), Refused<T>> {
        also_uses(Access::look(&self.back.shut));
        if self.back.shut.load(Ordering::Relaxed) {
            // The item outlives the guard: the caller drops it, if it does.
            return Err(Refused::ShutDown(item));
        }
        let put = self.back.put.load(Ordering::Relaxed);
        let is_full = |taken| put.wrapping_sub(taken) >= self.back.capacity;
        if is_full(back.taken) {
            let taken = self.taken();
            if is_full(taken) {
                back.taken = taken;
                back.rest_at = put.wrapping_add(FEW);
                return Err(Refused::Full(item));
            }
            let room = self.back.capacity - put.wrapping_sub(taken);
            if self.rests::<CAN_REST>(&mut back.rest_at, put, room) {
                return Err(Refused::Crowded(item));
            }
            back.taken = taken;
        }
        let (segment, at) = match &back.last {
            Some(last) if back.at < last.len() => (last, back.at),
            _ => (self.next_to_fill(back, put), 0),
        };
        // SAFETY: the slot is behind all that were filled, and the lock of the back, which is held, keeps other puts
        // away. No get reaches it before it is counted. If the segment was used before, its slots were emptied by
        // threads that have released the lock of the links since, under which this thread has got it.
        unsafe { segment.fill(at, item) };
        back.at = at + 1;
        Self::count(&self.back.put);
        Ok(())
    }

    /// Whether a thread rests before it uses the items, or the places for items, that it has found. `at` is the count
    /// of its end.
    ///
    /// Each time that a thread reads the count of the other end, both threads have to wait for a cache line. If each
    /// read shows only a few items more, that is most of their time. So a thread that has waited once since, and then
    /// found many items, lets more of them come together. A rest that was of no use is the last one until the next
    /// wait. Then there is at most one rest for `FEW` items, and none for threads that never wait.
    ///
    /// It is only for a thread that looks again, because it refuses what is there.
    #[inline]
    fn rests<const CAN_REST: bool>(&self, rest_at: &mut usize, at: usize, found: usize) -> bool {
        let few = || FEW.min(self.back.capacity / 8);
        if CAN_REST {
            let rests = at.wrapping_sub(*rest_at) < NEVER && found < few();
            if rests {
                *rest_at = at.wrapping_add(NEVER);
            }
            return rests;
        }
        if found >= few() / 4 {
            // The rest or the wait before this has been of use.
            *rest_at = at.wrapping_add(FEW);
        }
        false
    }

    /// Adds a segment to the chain. `put` is the number of items that were put.
    #[cold]
    #[inline(never)]
    fn next_to_fill<'b>(&self, back: &'b mut Entering<T>, put: usize) -> &'b Segment<T> {
        back.taken = self.taken();
        let len = put.wrapping_sub(back.taken);
        // Twice as long as what is in the queue, or less.
        let last = back.last.as_ref().map_or(0, Segment::len);
        let wanted = len
            .next_power_of_two()
            .max((2 * last).min(Self::STEADY))
            .clamp(Self::SMALLEST, Self::LARGEST);
        let inside = inside(&self.links);
        let spare = self.links.lock().spare.take();
        let segment = match spare.filter(|spare| (wanted..=2 * wanted).contains(&spare.len())) {
            Some(spare) => spare,
            None => Segment::new(wanted),
        };
        self.links.lock().next.push_back(segment.clone());
        drop(inside);
        back.last.insert(segment)
    }

    /// Takes the first item out of the store; the caller counts it. `front` is the locked front.
    #[inline]
    fn take_out<const CAN_REST: bool>(&self, front: &mut Leaving<T>) -> Result<T, Nothing> {
        let taken = self.front.taken.load(Ordering::Relaxed);
        if front.put == taken {
            // Read before the count, which then has all items that were put before the shutdown.
            let is_shut = self.is_shut();
            backend::yield_point();
            let put = self.put();
            if put == taken {
                front.rest_at = taken.wrapping_add(FEW);
                return Err(if is_shut {
                    Nothing::ShutDown
                } else {
                    Nothing::Empty
                });
            }
            if self.rests::<CAN_REST>(&mut front.rest_at, taken, put.wrapping_sub(taken)) {
                return Err(Nothing::Few);
            }
            front.put = put;
        }
        let (segment, at) = match &front.first {
            Some(first) if front.at < first.len() => (first, front.at),
            _ => (self.next_to_empty(front), 0),
        };
        // SAFETY: the slot is the first one that was not emptied, and `put` has counted it, which was read with
        // acquire. The lock of the front, which is held, keeps other gets away.
        let item = unsafe { segment.empty(at) };
        front.at = at + 1;
        Ok(item)
    }

    /// Goes on to the next segment of the chain, in which there is an item.
    #[cold]
    #[inline(never)]
    fn next_to_empty<'f>(&self, front: &'f mut Leaving<T>) -> &'f Segment<T> {
        let inside = inside(&self.links);
        let mut links = self.links.lock();
        let next = links.next.pop_front();
        let surplus = match mem::replace(&mut front.first, next) {
            Some(used_up) => links.spare.replace(used_up),
            None => None,
        };
        // Its memory is freed when the lock is released.
        drop(links);
        drop(inside);
        drop(surplus);
        match &front.first {
            Some(first) => first,
            None => unreachable!("a segment is in the chain before an item in it is counted"),
        }
    }

    fn take_links(&self) -> VecDeque<Segment<T>> {
        let _inside = inside(&self.links);
        mem::take(&mut self.links.lock().next)
    }

    /// Puts an item in. If there is no room, the oldest item comes out, in the same step; `note` runs before it
    /// counts as taken.
    pub(super) fn push_over(&self, item: T, note: impl FnOnce()) -> Result<Option<T>, Refused<T>> {
        let _front = inside(&self.front);
        let mut front = self.front.items.lock();
        let _back = inside(&self.back);
        let mut back = self.back.items.lock();
        let item = match self.put_in::<false>(&mut back, item) {
            Ok(()) => return Ok(None),
            Err(Refused::Full(item)) => item,
            Err(shut) => return Err(shut),
        };
        // There is one, because a full queue has room for one at least.
        let oldest = self.take_out::<false>(&mut front).ok();
        note();
        Self::count(&self.front.taken);
        match self.put_in::<false>(&mut back, item) {
            Ok(()) => Ok(oldest),
            Err(_) => unreachable!("there is room for one, and both ends are locked"),
        }
    }
}

impl<T> Store for TwoEnded<T> {
    type Item = T;

    #[inline]
    fn push(&self, item: T) -> Result<(), Refused<T>> {
        let _back = inside(&self.back);
        self.put_in::<false>(&mut self.back.items.lock(), item)
    }

    #[inline]
    fn push_or_rest(&self, item: T) -> Result<(), Refused<T>> {
        let _back = inside(&self.back);
        self.put_in::<true>(&mut self.back.items.lock(), item)
    }

    fn push_surely(&self, item: T) -> Result<(), Refused<T>> {
        let _front = inside(&self.front);
        let _held = self.front.items.lock();
        let _back = inside(&self.back);
        self.put_in::<false>(&mut self.back.items.lock(), item)
    }

    #[inline]
    fn pop(&self) -> Result<T, Nothing> {
        let _front = inside(&self.front);
        let mut front = self.front.items.lock();
        let item = self.take_out::<false>(&mut front)?;
        Self::count(&self.front.taken);
        Ok(item)
    }

    #[inline]
    fn pop_or_rest(&self) -> Result<T, Nothing> {
        let _front = inside(&self.front);
        let mut front = self.front.items.lock();
        let item = self.take_out::<true>(&mut front)?;
        Self::count(&self.front.taken);
        Ok(item)
    }

    #[inline]
    fn pop_surely(&self) -> Result<T, Nothing> {
        let _front = inside(&self.front);
        let mut front = self.front.items.lock();
        let item = match self.take_out::<false>(&mut front) {
            Ok(item) => item,
            Err(_) => {
                let back = inside(&self.back);
                drop(self.back.items.lock());
                drop(back);
                self.take_out::<false>(&mut front)?
            }
        };
        Self::count(&self.front.taken);
        Ok(item)
    }

    fn pop_many(&self, max: usize, into: &mut Vec<T>) -> Result<usize, Nothing> {
        // Memory is reserved before the lock is taken, for the items that are there now.
        into.reserve(self.len().min(max));
        let _front = inside(&self.front);
        let mut front = self.front.items.lock();
        let back = inside(&self.back);
        drop(self.back.items.lock());
        drop(back);
        for count in 0..max {
            match self.take_out::<false>(&mut front) {
                Ok(item) => into.push(item),
                Err(nothing) if count == 0 => return Err(nothing),
                Err(_) => return Ok(count),
            }
            Self::count(&self.front.taken);
        }
        Ok(max)
    }

    fn pop_all(&self, note: impl FnOnce(usize)) -> Vec<T> {
        let left = {
            let _front = inside(&self.front);
            let mut front = self.front.items.lock();
            let _back = inside(&self.back);
            let mut back = self.back.items.lock();
            let put = self.back.put.load(Ordering::Relaxed);
            let count = put.wrapping_sub(self.front.taken.load(Ordering::Relaxed));
            note(count);
            // Release: as in `count`.
            self.front.taken.store(put, Ordering::Release);
            also_uses(Access::change(&self.front.taken));
            front.put = put;
            back.last = None;
            Left {
                segment: front.first.take(),
                at: front.at,
                next: self.take_links(),
                count,
            }
        };
        let mut all = Vec::with_capacity(left.count);
        all.extend(left);
        all
    }

    fn between_pops<V>(&self, f: impl FnOnce() -> V) -> V {
        let _front = inside(&self.front);
        let _held = self.front.items.lock();
        f()
    }

    fn shut(&self) -> bool {
        let _inside = inside(&self.back);
        let _back = self.back.items.lock();
        also_uses(Access::change(&self.back.shut));
        // Release: a thread that sees it sees all items that were put before.
        !self.back.shut.swap(true, Ordering::Release)
    }

    #[inline]
    fn is_shut(&self) -> bool {
        also_uses(Access::look(&self.back.shut));
        self.back.shut.load(Ordering::Acquire)
    }

    #[inline]
    fn put_counter(&self) -> &AtomicUsize {
        &self.back.put
    }

    #[inline]
    fn taken_counter(&self) -> &AtomicUsize {
        &self.front.taken
    }

    #[inline]
    fn done(&self) -> &AtomicUsize {
        &self.front.done
    }

    fn capacity(&self) -> Option<usize> {
        (self.back.capacity != usize::MAX).then_some(self.back.capacity)
    }
}

/// Drops the items that are left.
impl<T> Drop for TwoEnded<T> {
    fn drop(&mut self) {
        let (put, taken) = (*self.back.put.get_mut(), *self.front.taken.get_mut());
        let front = self.front.items.get_mut();
        drop(Left {
            segment: front.first.take(),
            at: front.at,
            next: mem::take(&mut self.links.get_mut().next),
            count: put.wrapping_sub(taken),
        });
    }
}

/// The items of a chain that belongs to one thread alone; they are dropped with it.
///
/// # Invariant
///
/// Only this has the segments. The `count` slots from `at` of `segment` on, and on through `next`, are filled.
struct Left<T> {
    segment: Option<Segment<T>>,
    at: usize,
    next: VecDeque<Segment<T>>,
    count: usize,
}

impl<T> Iterator for Left<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.count = self.count.checked_sub(1)?;
        let segment = loop {
            match &self.segment {
                Some(segment) if self.at < segment.len() => break segment,
                _ => (self.segment, self.at) = (Some(self.next.pop_front()?), 0),
            }
        };
        // SAFETY: the slot is filled, and it was filled before this came to have the chain: under the lock of the back,
        // or by a thread that no longer has the queue. No other thread has the segment.
        let item = unsafe { segment.empty(self.at) };
        self.at += 1;
        Some(item)
    }
}

impl<T> Drop for Left<T> {
    fn drop(&mut self) {
        /// Drops the others too if the drop of an item panics.
        struct Rest<'a, T>(&'a mut Left<T>);

        impl<T> Drop for Rest<'_, T> {
            fn drop(&mut self) {
                self.0.for_each(drop);
            }
        }

        let rest = Rest(self);
        rest.0.for_each(drop);
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
    fn segments_have_a_power_of_two_of_any_item() {
        assert_eq!(TwoEnded::<()>::LARGEST, 1024);
        assert_eq!(TwoEnded::<u64>::LARGEST, 1024);
        assert_eq!(TwoEnded::<[u64; 3]>::LARGEST, 512);
        assert_eq!(TwoEnded::<[u64; 1000]>::LARGEST, 2);
        assert_eq!(TwoEnded::<[u64; 10_000]>::LARGEST, 1);
        assert_eq!(TwoEnded::<[u64; 1000]>::SMALLEST, 2);
        assert_eq!(TwoEnded::<u64>::SMALLEST, 32);
    }

    #[test]
    fn a_get_rests_once_if_few_items_follow_many_after_a_wait() {
        let store = TwoEnded::new(None);
        let put = |count| (0..count).for_each(|n| store.push(n).unwrap());
        let get = |count| (0..count).all(|_| store.pop_or_rest().is_ok());
        put(1);
        assert!(get(1));
        assert_eq!(store.pop_or_rest(), Err(Nothing::Empty));
        put(FEW - 1);
        assert!(get(FEW - 1));
        put(1);
        assert!(get(1), "too soon after the wait");
        for _ in 0..3 {
            put(1);
            assert_eq!(store.pop_or_rest(), Err(Nothing::Few));
            put(FEW - 1);
            assert!(store.pop().is_ok());
            assert!(get(FEW - 1));
        }
        put(1);
        assert_eq!(store.pop_or_rest(), Err(Nothing::Few));
        for _ in 0..2 * FEW {
            assert!(get(1), "the rest was of no use, so there is no other one");
            put(1);
        }
    }

    #[test]
    fn a_get_never_rests_if_it_has_never_waited() {
        let store = TwoEnded::new(None);
        for n in 0..10 * FEW {
            store.push(n).unwrap();
            assert_eq!(store.pop_or_rest(), Ok(n));
        }
    }

    #[test]
    fn a_put_rests_once_if_there_is_little_room_after_a_wait() {
        let capacity = 8 * FEW;
        let store = TwoEnded::new(Some(capacity));
        let put = |count| (0..count).all(|n| store.push_or_rest(n).is_ok());
        let get = |count| (0..count).for_each(|_| _ = store.pop().unwrap());
        assert!(put(capacity));
        get(1);
        assert!(put(1), "it has not waited");
        assert!(matches!(store.push_or_rest(0), Err(Refused::Full(0))));
        get(FEW);
        assert!(put(FEW));
        get(1);
        assert!(matches!(store.push_or_rest(0), Err(Refused::Crowded(0))));
        assert!(put(1), "once");
        assert_eq!(store.len(), capacity);
    }

    #[test]
    fn a_small_queue_never_rests() {
        let store = TwoEnded::new(Some(7));
        for n in 0..10 * FEW {
            assert_eq!(store.pop_or_rest(), Err(Nothing::Empty));
            store.push_or_rest(n).unwrap();
            assert_eq!(store.pop_or_rest(), Ok(n));
            (0..7).for_each(|n| store.push_or_rest(n).unwrap());
            assert!(matches!(store.push_or_rest(n), Err(Refused::Full(_))));
            assert_eq!(store.pop_all(|_| {}).len(), 7);
        }
    }

    /// An item that counts its drops, and panics in some of them.
    struct Dropped<'a>(&'a AtomicUsize, bool);

    impl Drop for Dropped<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
            assert!(!self.1, "a drop that panics");
        }
    }

    #[test]
    fn the_items_that_are_left_are_dropped_once_with_the_queue() {
        for (put, taken) in [(0, 0), (5, 0), (5, 5), (32, 32), (33, 32), (3000, 17)] {
            let count = AtomicUsize::new(0);
            let store = TwoEnded::new(None);
            (0..put).for_each(|_| assert!(store.push(Dropped(&count, false)).is_ok()));
            (0..taken).for_each(|_| assert!(store.pop().is_ok()));
            assert_eq!(count.load(Ordering::Relaxed), taken);
            drop(store);
            assert_eq!(count.load(Ordering::Relaxed), put);
        }
    }

    #[test]
    fn the_items_behind_one_whose_drop_panics_are_dropped() {
        let count = AtomicUsize::new(0);
        let store = TwoEnded::new(None);
        (0..100).for_each(|n| assert!(store.push(Dropped(&count, n == 40)).is_ok()));
        let drop = std::panic::AssertUnwindSafe(|| drop(store));
        assert!(std::panic::catch_unwind(drop).is_err());
        assert_eq!(count.load(Ordering::Relaxed), 100);
    }

    #[test]
    fn segments_grow_and_shrink_with_the_queue() {
        let store = TwoEnded::new(None);
        let segment = || {
            store
                .back
                .items
                .lock()
                .last
                .as_ref()
                .map_or(0, |last| last.len())
        };
        for n in 0..5_000 {
            store.push(n).unwrap();
        }
        assert_eq!(segment(), 1024);
        let mut all = (0..5_000).all(|n| store.pop() == Ok(n));
        for n in 0..5_000 {
            store.push(n).unwrap();
            all &= store.pop() == Ok(n);
        }
        assert!(all);
        assert_eq!(segment(), 256);
        let links = store.links.lock();
        assert!(links.next.is_empty(), "the others are freed");
        assert!(links.spare.as_ref().is_none_or(|spare| spare.len() <= 512));
    }

    /// Runs through whole segments, parts of one, and memory that is used again.
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
                2 => (0..size).for_each(|n| {
                    let popped = match n % 2 {
                        0 => store.pop(),
                        _ => store.pop_surely(),
                    };
                    assert_eq!(popped.ok(), plain.pop_front());
                }),
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
