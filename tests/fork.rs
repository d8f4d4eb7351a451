//! Child processes that are made by `fork` while other threads acquire locks.

#![cfg(unix)]

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use support::LONG;
use threadkit::{Lock, RLock, RwLock};

/// How many children are made.
const CHILDREN: usize = 200;

static SHARED: RwLock<u32> = RwLock::named("shared", 1);

/// A thread of the parent holds it while children are made.
static HELD: Lock<u32> = Lock::named("held", 1);

/// A child process, which is killed if it does not end.
struct Child(libc::pid_t);

impl Child {
    /// Makes a child that calls `f` and ends.
    fn running(f: impl FnOnce()) -> Self {
        // SAFETY: the child allocates, which the system's allocator allows after a `fork`, calls nothing else that
        // depends on other threads but what is tested, and ends without destructors.
        match unsafe { libc::fork() } {
            0 => {
                f();
                // SAFETY: it can be called at any time.
                unsafe { libc::_exit(0) }
            }
            child => {
                assert!(child > 0, "the system makes a child");
                Self(child)
            }
        }
    }

    /// Whether it has ended well; kills it if it does not end.
    fn ends(self) -> bool {
        let begun = Instant::now();
        loop {
            let mut status = 0;
            // SAFETY: `status` is there for the call.
            let ended = unsafe { libc::waitpid(self.0, &raw mut status, libc::WNOHANG) };
            if ended == self.0 {
                return status == 0;
            }
            if begun.elapsed() > LONG {
                // SAFETY: it is a child of this process that was not waited for.
                unsafe { libc::kill(self.0, libc::SIGKILL) };
                // SAFETY: as above.
                unsafe { libc::waitpid(self.0, &raw mut status, 0) };
                return false;
            }
            thread::yield_now();
        }
    }
}

/// Acquires locks that were never acquired before, one inside the other, on a thread that acquires its first lock.
fn acquires_locks() {
    let (outer, middle) = (Lock::new(1), RLock::new(2));
    let inner = RwLock::new(3);
    let outer = outer.acquire();
    let middle = middle.acquire();
    let sum = *outer + *middle + *inner.read() + *SHARED.read();
    assert_eq!(sum, 7);
}

/// The same, and finds a lock held that the parent holds.
fn acquires_locks_and_tries_another() {
    acquires_locks();
    assert!(HELD.try_acquire().is_none());
}

#[test]
fn a_child_acquires_locks_and_ends() {
    let stop = AtomicBool::new(false);
    let _held = HELD.acquire();
    let hung = thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    // What is known of a new thread is noted anew.
                    thread::scope(|scope| {
                        scope.spawn(|| (0..20).for_each(|_| acquires_locks()));
                    });
                }
            });
        }
        let hung = (0..CHILDREN).filter(|_| {
            let maker = scope.spawn(|| Child::running(acquires_locks_and_tries_another).ends());
            !maker.join().unwrap()
        });
        // One child takes the whole time.
        let hung = hung.take(1).count();
        stop.store(true, Ordering::Relaxed);
        hung
    });
    assert_eq!(hung, 0, "a child has not ended");
}
