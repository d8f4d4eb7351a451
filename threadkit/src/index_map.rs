//! A hash map with little code to compile.
//!
//! `HashMap` is dozens of functions, which are compiled for each type of key and value, in every program that uses
//! threadkit. Here all that does not depend on the types is in [`Index`], which is compiled once.

use core::hash::{Hash, Hasher};
use core::mem;

/// A hash map, in the order of insertion. A removal puts the last entry into the place of the removed one.
///
/// The hashes are fast and not random, so the keys must not be chosen by others.
#[derive(Debug)]
pub(crate) struct IndexMap<K, V> {
    /// No key twice.
    entries: Vec<(K, V)>,
    /// The hash of each entry is at the same place there.
    index: Index,
}

pub(crate) type IndexSet<K> = IndexMap<K, ()>;

#[cfg_attr(
    not(any(debug_assertions, feature = "inspect", test)),
    expect(dead_code, reason = "some of it is for the records of locks and waits")
)]
impl<K, V> IndexMap<K, V> {
    pub(crate) const fn new() -> Self {
        Self {
            entries: Vec::new(),
            index: Index::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn entries(&self) -> &[(K, V)] {
        &self.entries
    }

    pub(crate) fn into_entries(self) -> Vec<(K, V)> {
        self.entries
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.entries.iter().map(|(key, _)| key)
    }
}

impl<K: Hash + Eq, V> IndexMap<K, V> {
    fn slot(&self, key: &K) -> Option<usize> {
        (self.index).find(hash(key), &|place| self.entries[place].0 == *key)
    }

    fn place(&self, key: &K) -> Option<usize> {
        Some(self.index.slots[self.slot(key)?])
    }

    pub(crate) fn contains_key(&self, key: &K) -> bool {
        self.slot(key).is_some()
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        Some(&self.entries[self.place(key)?].1)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let place = self.place(key)?;
        Some(&mut self.entries[place].1)
    }

    pub(crate) fn get_or_insert_with(&mut self, key: K, value: impl FnOnce() -> V) -> &mut V {
        let place = self.place(&key).unwrap_or_else(|| {
            // It may panic, and nothing is half inserted then.
            let value = value();
            self.index.push(hash(&key));
            self.entries.push((key, value));
            self.entries.len() - 1
        });
        &mut self.entries[place].1
    }

    pub(crate) fn get_or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        self.get_or_insert_with(key, V::default)
    }

    /// Inserts a value, and returns the one that the key had before.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Some(there) = self.get_mut(&key) {
            return Some(mem::replace(there, value));
        }
        self.index.push(hash(&key));
        self.entries.push((key, value));
        None
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let slot = self.slot(key)?;
        let place = self.index.swap_remove(slot);
        Some(self.entries.swap_remove(place).1)
    }
}

impl<K: Hash + Eq> IndexSet<K> {
    /// Returns whether it is new.
    pub(crate) fn add(&mut self, key: K) -> bool {
        self.insert(key, ()).is_none()
    }
}

impl<K, V> Default for IndexMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

/// Of two entries with one key, the later value counts.
impl<K: Hash + Eq, V> FromIterator<(K, V)> for IndexMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

impl<K: Hash + Eq> FromIterator<K> for IndexSet<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let mut set = Self::new();
        for key in keys {
            set.add(key);
        }
        set
    }
}

/// The places of entries by their hashes, with open addressing.
#[derive(Debug)]
struct Index {
    /// Each is the place of an entry, or `VACANT`. From the slot that the hash of an entry names up to the slot of the
    /// entry, all are taken, in the order of a ring. Their number is zero or a power of two. At most half of them are
    /// taken, so each search ends.
    slots: Vec<usize>,
    hashes: Vec<u64>,
}

const VACANT: usize = usize::MAX;

impl Index {
    const fn new() -> Self {
        Self {
            slots: Vec::new(),
            hashes: Vec::new(),
        }
    }

    fn home(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    fn after(&self, slot: usize) -> usize {
        (slot + 1) & (self.slots.len() - 1)
    }

    /// The slot of the entry with that hash that is the one in question.
    fn find(&self, hash: u64, is_it: &dyn Fn(usize) -> bool) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        let mut slot = self.home(hash);
        loop {
            match self.slots[slot] {
                VACANT => return None,
                place if self.hashes[place] == hash && is_it(place) => return Some(slot),
                _ => slot = self.after(slot),
            }
        }
    }

    /// Adds an entry at the end.
    fn push(&mut self, hash: u64) {
        self.hashes.push(hash);
        if self.hashes.len() * 2 <= self.slots.len() {
            return self.occupy(self.hashes.len() - 1);
        }
        self.slots = vec![VACANT; (self.slots.len() * 2).max(8)];
        for place in 0..self.hashes.len() {
            self.occupy(place);
        }
    }

    fn occupy(&mut self, place: usize) {
        let mut slot = self.home(self.hashes[place]);
        while self.slots[slot] != VACANT {
            slot = self.after(slot);
        }
        self.slots[slot] = place;
    }

    /// Removes the entry of that slot, and puts the last entry into its place, which is returned.
    fn swap_remove(&mut self, slot: usize) -> usize {
        let place = self.slots[slot];
        // An entry behind the gap is moved into it, unless its search begins only after the gap.
        let (mut gap, mut slot) = (slot, self.after(slot));
        while self.slots[slot] != VACANT {
            let distance = |from: usize| slot.wrapping_sub(from) & (self.slots.len() - 1);
            if distance(self.home(self.hashes[self.slots[slot]])) >= distance(gap) {
                self.slots[gap] = self.slots[slot];
                gap = slot;
            }
            slot = self.after(slot);
        }
        self.slots[gap] = VACANT;
        let last = self.hashes.len() - 1;
        if let Some(moved) = self.find(self.hashes[last], &|other| other == last) {
            self.slots[moved] = place;
        }
        self.hashes.swap_remove(place);
        place
    }
}

fn hash(key: &impl Hash) -> u64 {
    let mut mixed = Mixed(0);
    key.hash(&mut mixed);
    mixed.finish()
}

/// A multiplication for each part of a key.
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        // A map looks at the lowest bits, and the highest ones depend on all of a part.
        self.0.rotate_left(32)
    }

    fn write_u64(&mut self, part: u64) {
        self.0 = (self.0.rotate_left(29) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u8(&mut self, part: u8) {
        self.write_u64(part.into());
    }

    fn write_u32(&mut self, part: u32) {
        self.write_u64(part.into());
    }

    fn write_usize(&mut self, part: usize) {
        self.write_u64(part as u64);
    }

    fn write_isize(&mut self, part: isize) {
        self.write_u64(part as u64);
    }

    fn write(&mut self, bytes: &[u8]) {
        for eight in bytes.chunks(8) {
            let mut part = [0; 8];
            part[..eight.len()].copy_from_slice(eight);
            self.write_u64(u64::from_le_bytes(part));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A key of which many have the same hash.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Alike(u64);

    impl Hash for Alike {
        fn hash<H: Hasher>(&self, state: &mut H) {
            (self.0 % 7).hash(state);
        }
    }

    fn check<K: Hash + Ord + Copy + core::fmt::Debug>(keys: u64, key: impl Fn(u64) -> K) {
        let (mut map, mut expected) = (IndexMap::new(), BTreeMap::new());
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        for step in 0..10_000 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let key = key((random >> 8) % keys);
            match random % 8 {
                0..3 => assert_eq!(map.insert(key, step), expected.insert(key, step)),
                3 => {
                    let value = *map.get_or_insert_with(key, || step);
                    assert_eq!(value, *expected.entry(key).or_insert(step));
                }
                4..7 => assert_eq!(map.remove(&key), expected.remove(&key)),
                _ => assert_eq!(map.get(&key), expected.get(&key)),
            }
            assert_eq!(map.len(), expected.len());
            assert_eq!(map.is_empty(), expected.is_empty());
            if step % 64 == 0 {
                for (key, value) in &expected {
                    assert_eq!(map.get(key), Some(value));
                }
                for (key, value) in map.entries() {
                    assert_eq!(expected.get(key), Some(value));
                }
                let taken = map.index.slots.iter().filter(|slot| **slot != VACANT);
                assert_eq!(taken.count(), map.len());
            }
        }
    }

    #[test]
    fn any_order_of_insertions_and_removals_agrees_with_another_map() {
        for keys in [1, 3, 9, 40, 1000] {
            check(keys, |key| key);
            check(keys, Alike);
        }
    }

    #[test]
    fn entries_come_in_the_order_of_insertion() {
        let set: IndexSet<_> = [5, 3, 8, 3].into_iter().collect();
        assert!(set.keys().eq(&[5, 3, 8]));
        let map: IndexMap<_, _> = [("a", 1), ("b", 2), ("a", 3)].into_iter().collect();
        assert_eq!(map.into_entries(), [("a", 3), ("b", 2)]);
    }

    #[test]
    fn counted_keys_and_addresses_seldom_meet() {
        for step in [1, 8, 64, 4096, 1 << 20, 1 << 32] {
            let set: IndexSet<_> = (0..1000_u64).map(|key| key * step).collect();
            let index = &set.index;
            let distance = |slot: usize| {
                let home = index.home(index.hashes[index.slots[slot]]);
                slot.wrapping_sub(home) & (index.slots.len() - 1)
            };
            let taken = (0..index.slots.len()).filter(|slot| index.slots[*slot] != VACANT);
            let all: usize = taken.map(distance).sum();
            assert!(all < 4 * set.len(), "{all} for {step}");
        }
    }
}
