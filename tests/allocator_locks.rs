//! A global allocator that acquires several locks at a time, while threads hold so many locks that the notes about them
//! need more memory.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use support::bounded;
use threadkit::{Lock, inspect};

static OUTER: Lock<()> = Lock::named("outer", ());
static MIDDLE: Lock<()> = Lock::named("middle", ());
static INNER: Lock<()> = Lock::named("inner", ());

static CALLS: AtomicUsize = AtomicUsize::new(0);

struct Locking;

impl Locking {
    fn lock() {
        // A note about a lock may allocate, and so calls this while it holds the locks of the notes.
        let Some(_outer) = OUTER.try_acquire() else {
            return;
        };
        let _middle = MIDDLE.acquire();
        let _inner = INNER.try_acquire();
        CALLS.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: the system's allocator does all of it, and the locks never wait for a thread that waits for the allocator.
unsafe impl GlobalAlloc for Locking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::lock();
        // SAFETY: passed on from the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        Self::lock();
        // SAFETY: passed on from the caller.
        unsafe { System.dealloc(ptr, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Locking = Locking;

/// What this thread holds, as a dump shows it.
fn held() -> Vec<String> {
    let dump = threadkit::dump::dump();
    let me = dump.thread(threadkit::current().ident());
    let holds = me.map_or(&[][..], |me| me.holds());
    holds
        .iter()
        .map(|lock| lock.name().unwrap_or("?").to_owned())
        .collect()
}

/// One test, because the allocator is that of the whole binary.
#[test]
fn what_a_thread_holds_is_known_whatever_the_allocator_acquires() {
    if !cfg!(debug_assertions) {
        return;
    }
    bounded(|| {
        let locks: Vec<_> = (0..40).map(|_| Lock::named("mine", ())).collect();
        for count in [15, 16, 17, 18, 40] {
            let guards: Vec<_> = locks[..count].iter().map(|lock| lock.acquire()).collect();
            assert_eq!(held(), vec!["mine"; count]);
            drop(guards);
            assert_eq!(held(), [""; 0], "after {count}");
        }
        assert!(CALLS.load(Ordering::Relaxed) > 0);
        let told = inspect::order_violations();
        assert!(told.is_empty(), "{told:?}");
    });
}
