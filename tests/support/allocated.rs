//! An allocator that counts. It is the allocator of the whole test binary, so such a binary has one test alone.

#![allow(dead_code, reason = "each test file uses a part of this")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};

/// Counts the bytes that are in use, the most that were in use since the count was reset, and the allocations.
struct Counting;

static IN_USE: AtomicIsize = AtomicIsize::new(0);
static MOST: AtomicIsize = AtomicIsize::new(0);
static MADE: AtomicUsize = AtomicUsize::new(0);

/// How many bytes are in use.
pub(crate) fn in_use() -> isize {
    IN_USE.load(Ordering::Relaxed)
}

/// How often the process has allocated, or moved what it had to a larger place.
pub(crate) fn allocations() -> usize {
    MADE.load(Ordering::Relaxed)
}

/// Returns the result of `f`, and the most bytes that were in use while it ran.
pub(crate) fn most_during<T>(f: impl FnOnce() -> T) -> (T, isize) {
    MOST.store(in_use(), Ordering::Relaxed);
    let result = f();
    (result, MOST.load(Ordering::Relaxed))
}

// SAFETY: the system's allocator does all of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let size = layout.size() as isize;
        let now = IN_USE.fetch_add(size, Ordering::Relaxed) + size;
        MOST.fetch_max(now, Ordering::Relaxed);
        MADE.fetch_add(1, Ordering::Relaxed);
        // SAFETY: passed on from the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: passed on from the caller.
        unsafe { System.dealloc(ptr, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
