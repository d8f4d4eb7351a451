//! The order of priorities.

use super::locked::Order;
use crate::backend::outside;
use crate::unwind::{Payload, catch, run_quietly};
use core::cmp::Ordering;

/// Smallest first; equal items in the order in which they came.
///
/// Not a `BinaryHeap`, because the comparison is the user's and may panic. This one compares first and moves
/// afterwards, so a panic leaves every item where it was. `BinaryHeap` moves as it compares, and loses the
/// item that it was about to return.
///
/// # Invariant
///
/// No entry is before its parent, which is at `(index - 1) / 2`. If comparisons contradict each other, the
/// order is unspecified, and no item is lost.
#[derive(Debug)]
pub(super) struct Heap<T> {
    entries: Vec<Entry<T>>,
    /// The number of the next item.
    arrivals: u64,
}

#[derive(Debug)]
struct Entry<T> {
    item: T,
    arrival: u64,
}

/// Runs code of the user, which is no part of the queue.
fn compare<T: Ord>(a: &T, b: &T) -> Ordering {
    let _outside = outside();
    a.cmp(b)
}

impl<T: Ord> Entry<T> {
    fn is_before(&self, other: &Self) -> bool {
        match compare(&self.item, &other.item) {
            Ordering::Less => true,
            Ordering::Equal => self.arrival < other.arrival,
            Ordering::Greater => false,
        }
    }
}

impl<T> Heap<T> {
    pub(super) const fn new() -> Self {
        Self {
            entries: Vec::new(),
            arrivals: 0,
        }
    }
}

impl<T: Ord> Order for Heap<T> {
    type Item = T;

    fn place_of(&self, item: &T) -> usize {
        // Up from the end. It goes behind its equals, because it was put last.
        let mut to = self.entries.len();
        while to > 0 && compare(item, &self.entries[(to - 1) / 2].item).is_lt() {
            to = (to - 1) / 2;
        }
        to
    }

    fn insert(&mut self, item: T, to: usize) {
        let mut at = self.entries.len();
        self.entries.push(Entry {
            item,
            arrival: self.arrivals,
        });
        self.arrivals += 1;
        while at > to {
            let parent = (at - 1) / 2;
            self.entries.swap(at, parent);
            at = parent;
        }
    }

    fn remove(&mut self) -> Option<T> {
        let last = self.entries.len().checked_sub(1)?;
        // The last entry replaces the first, and sinks from there. First its path is determined: one bit for
        // each level says whether it goes to the right. Each level doubles the number of entries, so the
        // bits suffice.
        let mut path = 0_u64;
        let mut depth = 0;
        let mut at = 0;
        while 2 * at + 1 < last {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let goes_right = right < last && self.entries[right].is_before(&self.entries[left]);
            let child = if goes_right { right } else { left };
            if !self.entries[child].is_before(&self.entries[last]) {
                break;
            }
            path |= u64::from(goes_right) << depth;
            depth += 1;
            at = child;
        }
        let first = self.entries.swap_remove(0);
        let mut at = 0;
        for level in 0..depth {
            let child = 2 * at + 1 + usize::from(path >> level & 1 == 1);
            self.entries.swap(at, child);
            at = child;
        }
        Some(first.item)
    }

    fn remove_many(
        &mut self,
        max: usize,
        into: &mut Vec<T>,
        caught: &mut Option<Payload>,
    ) -> usize {
        for count in 0..max {
            // A panic must not drop what was removed before it. The batch ends there, and the next call
            // meets the panic with its first item.
            let next = match count {
                0 => Ok(self.remove()),
                _ => catch(|| self.remove()),
            };
            match next {
                Ok(Some(item)) => into.push(item),
                Ok(None) => return count,
                Err(payload) => {
                    *caught = Some(payload);
                    return count;
                }
            }
        }
        max
    }

    fn into_vec(mut self) -> Vec<T> {
        let by_turn =
            |a: &Entry<T>, b: &Entry<T>| compare(&a.item, &b.item).then(a.arrival.cmp(&b.arrival));
        // After a panic the items come in another order. To return all of them matters more than the order.
        run_quietly(|| self.entries.sort_unstable_by(by_turn));
        self.entries.into_iter().map(|entry| entry.item).collect()
    }
}

impl<T> Default for Heap<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    /// Compares by `rank` alone, and panics when `fuse` has reached zero.
    #[derive(Debug, Clone)]
    struct Touchy {
        rank: u32,
        name: u32,
        fuse: Rc<Cell<u32>>,
    }

    impl Ord for Touchy {
        fn cmp(&self, other: &Self) -> Ordering {
            assert_ne!(self.fuse.replace(self.fuse.get().saturating_sub(1)), 1);
            self.rank.cmp(&other.rank)
        }
    }

    impl PartialOrd for Touchy {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl PartialEq for Touchy {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other).is_eq()
        }
    }

    impl Eq for Touchy {}

    fn insert<T: Ord>(heap: &mut Heap<T>, item: T) {
        let at = heap.place_of(&item);
        heap.insert(item, at);
    }

    fn drain<T: Ord>(heap: &mut Heap<T>) -> Vec<T> {
        core::iter::from_fn(|| heap.remove()).collect()
    }

    #[test]
    fn comes_out_as_a_stable_sort_does() {
        let mut random = 0x9e37_79b9_u64;
        for count in 0..200 {
            let mut heap = Heap::new();
            let fuse = Rc::new(Cell::new(0));
            let mut plain = Vec::new();
            for name in 0..count {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let item = Touchy {
                    rank: (random >> 40) as u32 % 20,
                    name,
                    fuse: Rc::clone(&fuse),
                };
                plain.push(item.clone());
                insert(&mut heap, item);
            }
            plain.sort();
            let names = |items: &[Touchy]| items.iter().map(|item| item.name).collect::<Vec<_>>();
            assert_eq!(names(&drain(&mut heap)), names(&plain));
        }
    }

    #[test]
    fn a_panic_in_a_comparison_loses_nothing_and_spoils_no_order() {
        for burn in 1..12 {
            let fuse = Rc::new(Cell::new(0));
            let item = |name: u32| Touchy {
                rank: name * 7 % 32,
                name,
                fuse: Rc::clone(&fuse),
            };
            let mut heap = Heap::new();
            (0..32).for_each(|name| insert(&mut heap, item(name)));
            fuse.set(burn);
            let removed = catch(|| heap.remove());
            fuse.set(burn);
            let late = item(99);
            let inserted = catch(|| insert(&mut heap, late));
            fuse.set(0);
            let expected = 32 - u32::from(removed.is_ok()) + u32::from(inserted.is_ok());
            let ranks: Vec<_> = drain(&mut heap).iter().map(|item| item.rank).collect();
            assert_eq!(ranks.len() as u32, expected);
            assert!(ranks.is_sorted());
        }
    }
}
