//! A cache that many threads read at once, and that makes each missing value once.
//!
//! A lookup reads, together with all others. If the value is missing, the lookup becomes an upgradable reader: it still
//! reads beside the others, but no other upgradable reader or writer is there, so its second look stays true until it
//! has upgraded and written. Without that look two threads could make the same value. A `Lock` would do for a cheap
//! value and few threads.
//!
//! Prints how many lookups there were, how many values were made, and how many were wrong.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use threadkit::atomic::{AtomicU64, Ordering};
use threadkit::{RwLock, scope};

struct Cache<K, V> {
    values: RwLock<HashMap<K, Arc<V>>>,
}

impl<K: Hash + Eq + Clone, V> Cache<K, V> {
    fn new() -> Self {
        let values = RwLock::named("cache", HashMap::new());
        Self { values }
    }

    fn get(&self, key: &K, make: impl FnOnce(&K) -> V) -> Arc<V> {
        if let Some(value) = self.values.read().get(key) {
            return Arc::clone(value);
        }
        let values = self.values.upgradable();
        // Another thread may have made it since.
        if let Some(value) = values.get(key) {
            return Arc::clone(value);
        }
        let value = Arc::new(make(key)); // readers go on meanwhile
        let mut values = values.upgrade(); // waits until they have left
        values.insert(key.clone(), Arc::clone(&value));
        value
    }

    /// Removes what `keep` refuses.
    fn retain(&self, mut keep: impl FnMut(&K) -> bool) -> usize {
        let mut values = self.values.write();
        let before = values.len();
        values.retain(|key, _| keep(key));
        before - values.len()
    }
}

fn main() {
    let squares = Cache::new();
    let (lookups, made, wrong) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                for n in (0..1000_u64).map(|n| n % 100) {
                    let square = squares.get(&n, |n| {
                        made.fetch_add(1, Ordering::Relaxed);
                        n * n
                    });
                    lookups.fetch_add(1, Ordering::Relaxed);
                    wrong.fetch_add(u64::from(*square != n * n), Ordering::Relaxed);
                }
            });
        }
    });
    println!("lookups: {}", lookups.into_inner());
    println!("values made: {}", made.into_inner());
    println!("wrong: {}", wrong.into_inner());
    println!("removed: {}", squares.retain(|n| n % 2 == 0));
}
