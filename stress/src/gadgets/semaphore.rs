//! More threads than permits.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use threadkit::{Semaphore, scope};

pub fn semaphore(permits: usize, more: usize) {
    let (semaphore, holders) = (Semaphore::new(permits), AtomicUsize::new(0));
    scope(|s| {
        for thread in 0..permits + more {
            let (semaphore, holders) = (&semaphore, &holders);
            drop(s.spawn(move || {
                let wanted = 1 + thread % permits;
                let permit = semaphore.acquire_many(wanted);
                let before = holders.fetch_add(wanted, Relaxed);
                assert!(before + wanted <= permits, "more held than there are");
                threadkit::sleep(std::time::Duration::ZERO);
                holders.fetch_sub(wanted, Relaxed);
                drop(permit);
            }));
        }
    });
    assert_eq!(semaphore.available(), permits);
}
