//! Threads that count a latch down, and others that wait for it.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use threadkit::{Latch, scope};

pub fn latch(counters: usize, waiters: usize) {
    let (latch, done) = (Latch::new(counters), AtomicUsize::new(0));
    scope(|s| {
        for _ in 0..waiters {
            drop(s.spawn(|| {
                latch.wait();
                assert_eq!(done.load(Relaxed), counters, "the latch opened too early");
            }));
        }
        for _ in 0..counters {
            drop(s.spawn(|| {
                done.fetch_add(1, Relaxed);
                latch.count_down();
            }));
        }
    });
    assert!(latch.is_open());
}
