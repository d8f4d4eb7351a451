//! The locks of a program, as far as its tasks must know who has them.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;

/// Locks, by their addresses.
#[derive(Default)]
pub(crate) struct Locks {
    /// Those that tasks hold, in order. In a vector, whose memory is kept while there are none.
    held: Mutex<Vec<usize>>,
    /// The readers-writer locks for which a writer waits that only readers keep out.
    writers: Mutex<BTreeSet<usize>>,
    /// The readers-writer locks that are free and reserved, each for a task that has been woken to take it.
    handed_over: Mutex<BTreeMap<usize, usize>>,
}

impl Locks {
    pub(crate) fn acquired(&self, lock: usize) {
        let mut held = self.held.lock();
        if let Err(at) = held.binary_search(&lock) {
            held.insert(at, lock);
        }
    }

    pub(crate) fn released(&self, lock: usize) {
        let mut held = self.held.lock();
        if let Ok(at) = held.binary_search(&lock) {
            held.remove(at);
        }
    }

    pub(crate) fn holds(&self, lock: usize) -> bool {
        self.held.lock().binary_search(&lock).is_ok()
    }

    pub(crate) fn hand_to(&self, task: usize, lock: usize) {
        self.handed_over.lock().insert(lock, task);
    }

    pub(crate) fn is_handed_to_other(&self, lock: usize, me: usize) -> bool {
        self.handed_over
            .lock()
            .get(&lock)
            .is_some_and(|task| *task != me)
    }

    pub(crate) fn end_hand_over(&self, lock: usize) {
        self.handed_over.lock().remove(&lock);
    }

    pub(crate) fn writer_waits(&self, lock: usize) -> bool {
        self.writers.lock().contains(&lock)
    }

    pub(crate) fn announce_writer(&self, lock: usize) {
        self.writers.lock().insert(lock);
    }

    pub(crate) fn withdraw_writer(&self, lock: usize) {
        self.writers.lock().remove(&lock);
    }
}
