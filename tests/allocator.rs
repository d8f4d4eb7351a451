//! Locks inside the global allocator: to try for one, and to get it, allocates nothing.

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

/// How often both were tried for, and how often each was held by another thread.
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

/// One test, as the allocator is that of the whole binary.
#[test]
fn an_allocator_can_try_for_locks() {
    try_for_locks(0);
    // And while all of it is recorded, by recordings that begin and end.
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
                    // What the library allocates itself comes here as well.
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
        // A thread that allocates at this very moment is counted here and not yet there.
        eventually("every try was a hit or a miss", || {
            let plain = PLAIN.try_acquire().map(|count| *count);
            let reentrant = REENTRANT.try_acquire().map(|count| count.get());
            let hits = [plain, reentrant];
            (hits.iter().zip(&MISSED))
                .all(|(hits, missed)| *hits == Some(tried() - missed.load(Ordering::Relaxed)))
        });
    });
}
