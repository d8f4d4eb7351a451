//! Locks inside the global allocator: trying for a lock, and acquiring one that is free, allocates nothing.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use support::{SCALE, bounded, eventually};
use threadkit::{Lock, RLock, timeline};

static PLAIN: Lock<u64> = Lock::named("plain", 0);
static REENTRANT: RLock<Cell<u64>> = RLock::named("reentrant", Cell::new(0));

/// How often the allocator tried for both locks, and how often another thread held each.
static TRIED: AtomicU64 = AtomicU64::new(0);
static MISSED: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

struct Locking;

impl Locking {
    fn count() {
        TRIED.fetch_add(1, Ordering::Relaxed);
        match PLAIN.try_acquire() {
            Some(mut count) => *count += 1,
            None => drop(MISSED[0].fetch_add(1, Ordering::Relaxed)),
        }
        match REENTRANT.try_acquire() {
            Some(outer) => REENTRANT.with(|inner| inner.set(outer.get() + 1)),
            None => drop(MISSED[1].fetch_add(1, Ordering::Relaxed)),
        }
    }
}

// SAFETY: the system's allocator does all of it; to count allocates nothing, as is tested here.
unsafe impl GlobalAlloc for Locking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count();
        // SAFETY: passed on from the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        Self::count();
        // SAFETY: passed on from the caller.
        unsafe { System.dealloc(ptr, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Locking = Locking;

/// One test, because the allocator is that of the whole binary.
#[test]
fn an_allocator_can_try_for_locks() {
    try_for_locks(0);
    // The same while recordings that begin and end record all of it.
    let recorder = timeline::record_latest(10_000);
    try_for_locks(100);
    drop(bounded(|| recorder.stop()));
}

fn try_for_locks(recordings: usize) {
    const THREADS: u64 = 4;
    const EACH: u64 = 20_000 * SCALE;
    bounded(move || {
        let line = Arc::new(Barrier::new(THREADS as usize));
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let line = Arc::clone(&line);
                thread::spawn(move || {
                    line.wait();
                    (0..EACH).for_each(|n| drop(black_box(Box::new(n))));
                    // Memory that the library itself allocates also comes here.
                    threadkit::spawn(|| threadkit::current().name()).join()
                })
            })
            .collect();
        (0..recordings).for_each(|_| drop(timeline::record_latest(100).stop()));
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
        let tried = || TRIED.load(Ordering::Relaxed);
        assert!(tried() >= 2 * THREADS * EACH);
        // A thread that allocates at this very moment may be in the first count and not in the second.
        eventually("every try was a hit or a miss", || {
            let plain = PLAIN.try_acquire().map(|count| *count);
            let reentrant = REENTRANT.try_acquire().map(|count| count.get());
            let hits = [plain, reentrant];
            (hits.iter().zip(&MISSED))
                .all(|(hits, missed)| *hits == Some(tried() - missed.load(Ordering::Relaxed)))
        });
    });
}
