//! A map with little code to compile.

use core::cmp::Ordering;

/// A map, in the order of its keys.
///
/// It is a sorted vector: cheap where keys mostly come in ascending order, as counted ids do, or where there are
/// few. A removal leaves the key behind. When half of the entries are such keys, all of them are removed, so on
/// average a removal moves one entry at most.
///
/// A `BTreeMap` is for any order of keys, and needs much more code. It is compiled for each type of value, in
/// every program that uses threadkit.
#[derive(Debug)]
pub(crate) struct Table<K, V> {
    /// Sorted by key, no key twice.
    entries: Vec<(K, Option<V>)>,
    /// How many entries have a value: at least half of them.
    held: usize,
    /// The first entry that has a value, if there is one.
    first: usize,
}

/// The memory of this number of entries is kept when the table is emptied.
const KEPT: usize = 16;

impl<K, V> Table<K, V> {
    pub(crate) const fn new() -> Self {
        Self {
            entries: Vec::new(),
            held: 0,
            first: 0,
        }
    }

    /// In ascending order of the keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let entries = self.entries.iter();
        entries.filter_map(|(key, value)| Some((key, value.as_ref()?)))
    }

    pub(crate) fn into_values(self) -> impl Iterator<Item = V> {
        self.entries.into_iter().filter_map(|(_, value)| value)
    }
}

impl<K: Ord + Copy, V> Table<K, V> {
    /// Where a key is, or where it would be inserted.
    fn find(&self, key: K) -> Result<usize, usize> {
        match self.entries.last() {
            Some((last, _)) if *last > key => {
                // `binary_search_by_key` is three functions for each type of entry.
                let mut within = 0..self.entries.len();
                while !within.is_empty() {
                    let middle = within.start + within.len() / 2;
                    match self.entries[middle].0.cmp(&key) {
                        Ordering::Equal => return Ok(middle),
                        Ordering::Less => within.start = middle + 1,
                        Ordering::Greater => within.end = middle,
                    }
                }
                Err(within.start)
            }
            Some((last, _)) if *last == key => Ok(self.entries.len() - 1),
            _ => Err(self.entries.len()),
        }
    }

    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let at = self.find(key).ok()?;
        self.entries[at].1.as_mut()
    }

    /// The value with the smallest key.
    pub(crate) fn first(&self) -> Option<&V> {
        self.entries.get(self.first)?.1.as_ref()
    }

    /// Inserts a value, and returns the one that the key had before.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (at, before) = match self.find(key) {
            Ok(at) => (at, self.entries[at].1.replace(value)),
            Err(at) => {
                self.entries.insert(at, (key, Some(value)));
                (at, None)
            }
        };
        self.first = self.first.min(at);
        self.held += usize::from(before.is_none());
        before
    }

    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
        let at = self.find(key).ok()?;
        let value = self.entries[at].1.take()?;
        self.held -= 1;
        while let Some((_, None)) = self.entries.get(self.first) {
            self.first += 1;
        }
        if self.held * 2 < self.entries.len() {
            // `retain` is three functions for each type of entry.
            let mut kept = 0;
            for at in 0..self.entries.len() {
                if self.entries[at].1.is_some() {
                    self.entries.swap(kept, at);
                    kept += 1;
                }
            }
            self.entries.truncate(kept);
            self.entries.shrink_to(KEPT.max(self.held * 2));
            self.first = 0;
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn random(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    fn check<V: Clone + PartialEq + std::fmt::Debug>(
        table: &Table<u64, V>,
        map: &BTreeMap<u64, V>,
    ) {
        assert!(table.iter().eq(map));
        assert_eq!(table.first(), map.values().next());
        assert_eq!(table.held, map.len());
        assert!(table.entries.len() <= 2 * map.len());
        assert!(table.entries.is_sorted_by(|(a, _), (b, _)| a < b));
    }

    #[test]
    fn any_order_of_insertions_and_removals_agrees_with_a_map() {
        for keys in [1, 3, 40, 1000] {
            let (mut table, mut map) = (Table::new(), BTreeMap::new());
            let mut state = 0x9e37_79b9;
            for step in 0..10_000 {
                let key = random(&mut state) % keys;
                match random(&mut state) % 4 {
                    0 | 1 => assert_eq!(table.insert(key, step), map.insert(key, step)),
                    2 => assert_eq!(table.remove(key), map.remove(&key)),
                    _ => assert_eq!(table.get_mut(key), map.get_mut(&key)),
                }
                if step % 64 == 0 {
                    check(&table, &map);
                }
            }
            check(&table, &map);
            assert!(table.into_values().eq(map.into_values()));
        }
    }

    #[test]
    fn an_emptied_table_keeps_the_memory_of_a_few_entries() {
        for order in [|i| i, |i| 9_999 - i] {
            let mut table = Table::new();
            for key in 0..10_000 {
                table.insert(key, key);
            }
            for key in (0..10_000).map(order) {
                assert_eq!(table.remove(key), Some(key));
            }
            assert!(table.entries.is_empty());
            assert!(table.entries.capacity() <= KEPT);
        }
    }
}
