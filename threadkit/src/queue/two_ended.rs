//! A store with a lock at each end.

use core::mem;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::collections::VecDeque;

use super::segment::{Segment, Slot};
use super::store::{Nothing, Refused, Store};
use crate::backend::{
    self, Access, CachePadded, SpinMutex, also_uses, inside, lock_unless_contended,
};

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
/// `begin` of an end is the number of the first slot of its segment, if it has one. `full_at` is written under the lock of
/// the back. It is `taken` plus the capacity, of some earlier `taken`, so `put` does not exceed it, and a put that finds
/// `put` below it has room. A shutdown sets it to `put`, which no put changes after that. So a put that finds less than
/// `full_at` need not look whether the queue is shut down.
///
/// `Rests` are written under the lock of their end. They decide only when a thread looks again.
///
/// Locks are taken in the order front, back, links. With the locks of both ends, `put` and `taken` are exact. With one
/// lock or none, the other count may be out of date. "Empty" is exact if the lock of the back was acquired before the
/// look, and "full" if that of the front was: every operation at that end either came before, and is seen, or it comes
/// after, and sees what this thread did before.
pub(super) struct TwoEnded<T> {
    back: CachePadded<Back<T>>,
    /// Where items come out.
    front: CachePadded<SpinMutex<Leaving<T>>>,
    // They are not with the front: a thread that has done its item, or that looks for room, would take away the cache
    // line in which another thread holds the lock.
    taken: AtomicUsize,
    done: AtomicUsize,
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

struct Entering<T> {
    /// The segment that is being filled.
    last: Option<Segment<T>>,
    /// The number of its first slot.
    begin: usize,
    /// `put` when the queue is full as far as is known, or was shut down: then a put looks at more.
    full_at: usize,
    rests: Rests,
}

struct Leaving<T> {
    /// The segment that is being emptied.
    first: Option<Segment<T>>,
    /// The number of its first slot.
    begin: usize,
    /// `put` when it was last read, so that not every get has to read it.
    put: usize,
    rests: Rests,
}

struct Links<T> {
    /// The segments behind the first, in order.
    next: VecDeque<Segment<T>>,
    /// One whose slots are all empty.
    spare: Option<Segment<T>>,
}

/// When a thread rests before it uses the items, or the places for items, that it has found.
///
/// Each time that a thread reads the count of the other end, both threads have to wait for a cache line. If each read
/// shows only a few items more, that is most of their time. So a thread that has waited lets more of them come together.
///
/// There is at most one rest for `FEW` items, and for `SELDOM` items after one that was of no use: two threads that
/// answer each other find one item however long they rest.
struct Rests {
    /// Whether a thread has waited since the last rest, or that rest was of use.
    waited: bool,
    /// The count of its end from when on a thread may rest.
    next: usize,
}

/// If a thread finds fewer items, or places for items, it rests until there are more.
const FEW: usize = 64;

/// How many items go by after a rest that was of no use.
const SELDOM: usize = 16 * FEW;

/// Less than this behind the other is after it, for counts that wrap.
const BEHIND: usize = usize::MAX / 2;

impl Rests {
    const fn new() -> Self {
        Self {
            waited: false,
            next: FEW,
        }
    }

    /// A thread has found nothing.
    #[inline]
    fn wait(&mut self) {
        self.waited = true;
    }

    /// Whether a thread rests that has found so many. `at` is the count of its end, and `few` is what it would wait for.
    #[inline]
    fn rest(&mut self, at: usize, found: usize, few: usize) -> bool {
        let rests = self.waited && found < few && at.wrapping_sub(self.next) < BEHIND;
        if rests {
            self.waited = false;
            self.next = at.wrapping_add(SELDOM);
        }
        rests
    }

    /// A thread has found so many after a wait or a rest.
    #[inline]
    fn found(&mut self, at: usize, found: usize, few: usize) {
        if found >= few / 4 {
            self.waited = true;
            self.next = at.wrapping_add(FEW);
        }
    }
}

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
                    begin: 0,
                    full_at: match capacity {
                        Some(capacity) => capacity,
                        None => usize::MAX,
                    },
                    rests: Rests::new(),
                }),
                put: AtomicUsize::new(0),
                shut: AtomicBool::new(false),
                capacity: match capacity {
                    Some(capacity) => capacity,
                    None => usize::MAX,
                },
            }),
            front: CachePadded::new(SpinMutex::new(Leaving {
                first: None,
                begin: 0,
                put: 0,
                rests: Rests::new(),
            })),
            taken: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            links: SpinMutex::new(Links {
                next: VecDeque::new(),
                spare: None,
            }),
        }
    }

    /// Sets a counter to one more than `before`. The caller holds the lock that it belongs to, and has read it under the
    /// lock. Release: a thread that reads the count without the lock sees what was done before.
    #[inline]
    fn count(counter: &AtomicUsize, before: usize) {
        counter.store(before.wrapping_add(1), Ordering::Release);
        also_uses(Access::change(counter));
    }

    /// Puts an item in. `back` is the locked back.
    #[inline]
    fn put_in<const AT_ONCE: bool>(
        &self,
        back: &mut Entering<T>,
        item: T,
    ) -> Result<(), Refused<T>> {
        let put = self.back.put.load(Ordering::Relaxed);
        if put == back.full_at {
            also_uses(Access::look(&self.back.shut));
            if self.back.shut.load(Ordering::Relaxed) {
                // The item outlives the guard: the caller drops it, if it does.
                return Err(Refused::ShutDown(item));
            }
            // The slot may come from another core while the count of the other end does. A thread that waits for room
            // does not ask again and again for what others are reading.
            if AT_ONCE && let Some(last) = &back.last {
                last.prefetch(put.wrapping_sub(back.begin));
            }
            let full_at = self.taken().wrapping_add(self.back.capacity);
            if put == full_at {
                back.rests.wait();
                return Err(Refused::Full(item));
            }
            if self.rests::<AT_ONCE>(&mut back.rests, put, full_at.wrapping_sub(put)) {
                return Err(Refused::Crowded(item));
            }
            back.full_at = full_at;
        }
        let at = put.wrapping_sub(back.begin);
        let slot = back.last.as_ref().and_then(|last| {
            last.prefetch_behind(at);
            last.slot(at)
        });
        let slot = match slot {
            Some(slot) => slot,
            None if AT_ONCE => return Err(Refused::Untried(item)),
            None => self.next_to_fill(back, put),
        };
        // SAFETY: the slot is behind all that were filled, and the lock of the back, which is held, keeps other puts
        // away. No get reaches it before it is counted. If the segment was used before, its slots were emptied by
        // threads that have released the lock of the links since, under which this thread has got it.
        unsafe { slot.fill(item) };
        Self::count(&self.back.put, put);
        Ok(())
    }

    /// Whether a thread rests that has found so many items, or places for items. `at` is the count of its end.
    ///
    /// It is only for a thread that looks again, because it refuses what is there.
    #[inline]
    fn rests<const AT_ONCE: bool>(&self, rests: &mut Rests, at: usize, found: usize) -> bool {
        let few = FEW.min(self.back.capacity / 8);
        if AT_ONCE {
            return rests.rest(at, found, few);
        }
        rests.found(at, found, few);
        false
    }

    /// Adds a segment to the chain, and returns its first slot. `put` is the number of items that were put.
    #[cold]
    #[inline(never)]
    fn next_to_fill<'b>(&self, back: &'b mut Entering<T>, put: usize) -> &'b Slot<T> {
        let len = put.wrapping_sub(self.taken());
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
        back.begin = put;
        match back.last.insert(segment).slot(0) {
            Some(slot) => slot,
            None => unreachable!("a segment has one slot at least"),
        }
    }

    /// Takes the first item out of the store; the caller counts it. `front` is the locked front, and `taken` its count.
    #[inline]
    fn take_out<const AT_ONCE: bool>(
        &self,
        front: &mut Leaving<T>,
        taken: usize,
    ) -> Result<T, Nothing> {
        if front.put == taken {
            let mut put = self.put();
            if put == taken {
                // Read before the count, which then has all items that were put before the shutdown.
                let is_shut = self.is_shut();
                backend::yield_point();
                put = self.put();
                if put == taken {
                    front.rests.wait();
                    return Err(if is_shut {
                        Nothing::ShutDown
                    } else {
                        Nothing::Empty
                    });
                }
            }
            if self.rests::<AT_ONCE>(&mut front.rests, taken, put.wrapping_sub(taken)) {
                return Err(Nothing::Few);
            }
            front.put = put;
        }
        let at = taken.wrapping_sub(front.begin);
        let slot = match front.first.as_ref().and_then(|first| first.slot(at)) {
            Some(slot) => slot,
            None if AT_ONCE => return Err(Nothing::Untried),
            None => self.next_to_empty(front, taken),
        };
        // SAFETY: the slot is the first one that was not emptied, and `put` has counted it, which was read with
        // acquire. The lock of the front, which is held, keeps other gets away.
        Ok(unsafe { slot.empty() })
    }

    /// Goes on to the next segment of the chain, in which there is an item, and returns its first slot. `taken` is the
    /// number of items that were taken.
    #[cold]
    #[inline(never)]
    fn next_to_empty<'f>(&self, front: &'f mut Leaving<T>, taken: usize) -> &'f Slot<T> {
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
        front.begin = taken;
        match front.first.as_ref().and_then(|first| first.slot(0)) {
            Some(slot) => slot,
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
        let mut front = self.front.lock();
        let _back = inside(&self.back);
        let mut back = self.back.items.lock();
        let item = match self.put_in::<false>(&mut back, item) {
            Ok(()) => return Ok(None),
            Err(Refused::Full(item)) => item,
            Err(shut) => return Err(shut),
        };
        // There is one, because a full queue has room for one at least.
        let taken = self.taken.load(Ordering::Relaxed);
        let oldest = self.take_out::<false>(&mut front, taken).ok();
        note();
        Self::count(&self.taken, taken);
        match self.put_in::<false>(&mut back, item) {
            Ok(()) => Ok(oldest),
            Err(_) => unreachable!("there is room for one, and both ends are locked"),
        }
    }

    /// Takes the first item out and counts it. `front` is the locked front.
    #[inline]
    fn take_one<const AT_ONCE: bool>(&self, front: &mut Leaving<T>) -> Result<T, Nothing> {
        let taken = self.taken.load(Ordering::Relaxed);
        let item = self.take_out::<AT_ONCE>(front, taken)?;
        Self::count(&self.taken, taken);
        Ok(item)
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
    fn push_at_once(&self, item: T) -> Result<(), Refused<T>> {
        let _back = inside(&self.back);
        match lock_unless_contended(&self.back.items) {
            Some(mut back) => self.put_in::<true>(&mut back, item),
            None => Err(Refused::Untried(item)),
        }
    }

    fn push_surely(&self, item: T) -> Result<(), Refused<T>> {
        let _front = inside(&self.front);
        let _held = self.front.lock();
        let _back = inside(&self.back);
        self.put_in::<false>(&mut self.back.items.lock(), item)
    }

    fn pop(&self) -> Result<T, Nothing> {
        let _front = inside(&self.front);
        self.take_one::<false>(&mut self.front.lock())
    }

    #[inline]
    fn pop_at_once(&self) -> Result<T, Nothing> {
        let _front = inside(&self.front);
        match lock_unless_contended(&self.front) {
            Some(mut front) => self.take_one::<true>(&mut front),
            None => Err(Nothing::Untried),
        }
    }

    fn pop_surely(&self) -> Result<T, Nothing> {
        let _front = inside(&self.front);
        let mut front = self.front.lock();
        self.take_one::<false>(&mut front).or_else(|_| {
            let back = inside(&self.back);
            drop(self.back.items.lock());
            drop(back);
            self.take_one::<false>(&mut front)
        })
    }

    fn pop_many(&self, max: usize, into: &mut Vec<T>) -> Result<usize, Nothing> {
        // Memory is reserved before the lock is taken, for the items that are there now.
        into.reserve(self.len().min(max));
        let _front = inside(&self.front);
        let mut front = self.front.lock();
        let back = inside(&self.back);
        drop(self.back.items.lock());
        drop(back);
        for count in 0..max {
            match self.take_one::<false>(&mut front) {
                Ok(item) => into.push(item),
                Err(nothing) if count == 0 => return Err(nothing),
                Err(_) => return Ok(count),
            }
        }
        Ok(max)
    }

    fn pop_all(&self, note: impl FnOnce(usize)) -> Vec<T> {
        let left = {
            let _front = inside(&self.front);
            let mut front = self.front.lock();
            let _back = inside(&self.back);
            let mut back = self.back.items.lock();
            let put = self.back.put.load(Ordering::Relaxed);
            let taken = self.taken.load(Ordering::Relaxed);
            let count = put.wrapping_sub(taken);
            note(count);
            // Release: as in `count`.
            self.taken.store(put, Ordering::Release);
            also_uses(Access::change(&self.taken));
            front.put = put;
            back.last = None;
            Left {
                segment: front.first.take(),
                at: taken.wrapping_sub(front.begin),
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
        let _held = self.front.lock();
        f()
    }

    fn shut(&self) -> bool {
        let _inside = inside(&self.back);
        let mut back = self.back.items.lock();
        back.full_at = self.back.put.load(Ordering::Relaxed);
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
        &self.taken
    }

    #[inline]
    fn done(&self) -> &AtomicUsize {
        &self.done
    }

    fn capacity(&self) -> Option<usize> {
        (self.back.capacity != usize::MAX).then_some(self.back.capacity)
    }
}

/// Drops the items that are left.
impl<T> Drop for TwoEnded<T> {
    fn drop(&mut self) {
        let (put, taken) = (*self.back.put.get_mut(), *self.taken.get_mut());
        let front = self.front.get_mut();
        drop(Left {
            segment: front.first.take(),
            at: taken.wrapping_sub(front.begin),
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
        let slot = loop {
            match self
                .segment
                .as_ref()
                .and_then(|segment| segment.slot(self.at))
            {
                Some(slot) => break slot,
                None => (self.segment, self.at) = (Some(self.next.pop_front()?), 0),
            }
        };
        // SAFETY: the slot is filled, and it was filled before this came to have the chain: under the lock of the back,
        // or by a thread that no longer has the queue. No other thread has the segment.
        let item = unsafe { slot.empty() };
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

    /// As a thread that rests, but not for what takes more than a few steps.
    fn put<T>(store: &TwoEnded<T>, item: T) -> Result<(), Refused<T>> {
        match store.push_at_once(item) {
            Err(Refused::Untried(item)) => store.push(item),
            done => done,
        }
    }

    fn get<T>(store: &TwoEnded<T>) -> Result<T, Nothing> {
        match store.pop_at_once() {
            Err(Nothing::Untried) => store.pop(),
            done => done,
        }
    }

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
    fn a_put_after_the_shutdown_is_refused_although_there_is_room() {
        for capacity in [None, Some(100)] {
            let store = TwoEnded::new(capacity);
            assert!(put(&store, 1).is_ok() && put(&store, 2).is_ok());
            assert!(store.shut());
            for _ in 0..2 {
                assert!(matches!(put(&store, 3), Err(Refused::ShutDown(3))));
                let forced = store.push_over(3, || unreachable!());
                assert!(matches!(forced, Err(Refused::ShutDown(3))));
            }
            assert!(get(&store) == Ok(1) && get(&store) == Ok(2));
            assert!(matches!(put(&store, 3), Err(Refused::ShutDown(3))));
            assert_eq!(get(&store), Err(Nothing::ShutDown));
        }
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
    fn a_get_rests_as_long_as_that_is_of_use() {
        let store = TwoEnded::new(None);
        let put_some = |count| (0..count).for_each(|n| store.push(n).unwrap());
        let get_some = |count| (0..count).all(|_| get(&store).is_ok());
        assert_eq!(get(&store), Err(Nothing::Empty));
        put_some(1);
        assert!(get_some(1), "too soon after the start");
        put_some(FEW);
        assert!(get_some(FEW));
        for _ in 0..3 {
            put_some(1);
            assert_eq!(get(&store), Err(Nothing::Few));
            put_some(FEW - 1);
            assert!(store.pop().is_ok());
            assert!(get_some(FEW - 1));
        }
        put_some(1);
        assert_eq!(get(&store), Err(Nothing::Few));
        for _ in 0..2 * SELDOM {
            assert!(
                get_some(1),
                "the rest was of no use, and no thread has waited since"
            );
            put_some(1);
        }
    }

    #[test]
    fn threads_that_answer_each_other_seldom_rest() {
        let store = TwoEnded::new(None);
        let mut rests = 0;
        for n in 0..10 * SELDOM {
            assert_eq!(get(&store), Err(Nothing::Empty));
            store.push(n).unwrap();
            if get(&store) == Err(Nothing::Few) {
                rests += 1;
                assert!(store.pop().is_ok());
            }
        }
        assert_eq!(rests, 10);
    }

    #[test]
    fn a_stream_of_short_waits_is_found_out() {
        let store = TwoEnded::new(None);
        let put_some = |count| (0..count).for_each(|n| store.push(n).unwrap());
        let mut taken = 0;
        // Each wait ends with two items more, so that the waits are closer together than the rests.
        while taken < FEW {
            put_some(2);
            assert!(get(&store).is_ok() && get(&store).is_ok());
            taken += 2;
            assert_eq!(get(&store), Err(Nothing::Empty));
        }
        put_some(2);
        assert_eq!(get(&store), Err(Nothing::Few));
    }

    #[test]
    fn a_get_never_rests_if_it_has_never_waited() {
        let store = TwoEnded::new(None);
        for n in 0..10 * FEW {
            store.push(n).unwrap();
            assert_eq!(get(&store), Ok(n));
        }
    }

    #[test]
    fn a_put_rests_if_there_is_little_room_after_a_wait() {
        let capacity = 8 * FEW;
        let store = TwoEnded::new(Some(capacity));
        let put_some = |count| (0..count).all(|n| put(&store, n).is_ok());
        let get_some = |count| (0..count).for_each(|_| _ = store.pop().unwrap());
        assert!(put_some(capacity));
        get_some(1);
        assert!(put_some(1), "it has not waited");
        assert!(matches!(put(&store, 0), Err(Refused::Full(0))));
        get_some(FEW);
        assert!(put_some(FEW));
        get_some(1);
        assert!(matches!(put(&store, 0), Err(Refused::Crowded(0))));
        assert!(put_some(1), "once");
        assert_eq!(store.len(), capacity);
    }

    #[test]
    fn a_small_queue_never_rests() {
        let store = TwoEnded::new(Some(7));
        for n in 0..10 * FEW {
            assert_eq!(get(&store), Err(Nothing::Empty));
            put(&store, n).unwrap();
            assert_eq!(get(&store), Ok(n));
            (0..7).for_each(|n| put(&store, n).unwrap());
            assert!(matches!(put(&store, n), Err(Refused::Full(_))));
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
