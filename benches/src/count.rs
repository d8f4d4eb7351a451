//! Operations done an exact number of times and nothing else, for counting their instructions.
//!
//! A tool that counts a whole process counts its start as well, so each case is run twice with
//! different numbers of operations. The difference of the counts, divided by the difference of the
//! numbers, is exact.
//!
//! Every case is a function of its own that is never inlined and is called through a pointer. All
//! of them pay the same for that, as the case `empty` does, so the code of two cases can be
//! compared without the effect of the loop around them.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex};
use std::thread;
use std::time::Duration;

use parking_lot::{FairMutex, Mutex, ReentrantMutex};
use threadkit::{Lazy, Lock, Queue, RLock, RwLock, Timer};

use crate::attribute;

/// One operation: mostly acquire, increment, release.
struct Case {
    name: &'static str,
    operation: fn(),
    /// Runs the loop, for a case that needs something held around it.
    around: fn(&mut dyn FnMut()),
}

impl Case {
    const fn new(name: &'static str, operation: fn()) -> Self {
        Self {
            name,
            operation,
            around: |body| body(),
        }
    }
}

const CASES: &[Case] = &[
    Case::new("empty", empty),
    Case::new("std", std),
    Case::new("parking_lot", parking_lot),
    Case::new("fair", fair),
    Case::new("lock", lock),
    Case::new("lock-owned", lock_owned),
    Case::new("rwlock-read", rwlock_read),
    Case::new("rwlock-write", rwlock_write),
    Case::new("rwlock-upgrade", rwlock_upgrade),
    Case::new("remutex", remutex),
    Case {
        around: |body| held(&REMUTEX.lock(), body),
        ..Case::new("remutex-nested", remutex)
    },
    Case::new("rlock", rlock),
    Case {
        around: |body| held(&RLOCK.acquire(), body),
        ..Case::new("rlock-nested", rlock)
    },
    Case::new("by-hand", attribute::by_hand),
    Case::new("synchronized", attribute::by_attribute),
    Case::new("unnamed-by-hand", attribute::unnamed_by_hand),
    Case::new("unnamed", attribute::unnamed_by_attribute),
    Case::new("bare-by-hand", attribute::bare_by_hand),
    Case::new("bare", attribute::bare_by_attribute),
    Case::new("queue", queue),
    Case::new("timer", timer),
    Case::new("timer-cancelled", timer_cancelled),
    Case::new("spawn-std", spawn_std),
    Case::new("spawn-std-named", spawn_std_named),
    Case::new("spawn", spawn),
    Case::new("std-by-hand", attribute::std_by_hand),
    Case::new("std-synchronized", attribute::std_by_attribute),
    Case::new("pl-by-hand", attribute::parking_lot_by_hand),
    Case::new("pl-synchronized", attribute::parking_lot_by_attribute),
];

/// The names of all cases.
pub(crate) fn names() -> Vec<&'static str> {
    CASES.iter().map(|case| case.name).collect()
}

/// Does the operation that number of times; the case must be one of [`names`].
pub(crate) fn run(name: &str, times: u64) {
    let case = CASES
        .iter()
        .find(|case| case.name == name)
        .expect("a known case");
    // Hidden from the optimizer, so that every case is called indirectly.
    let operation = black_box(case.operation);
    (case.around)(&mut || {
        for _ in 0..times {
            operation();
        }
    });
}

/// Runs `body` while the caller's guard lives.
fn held<G>(_guard: &G, body: &mut dyn FnMut()) {
    body();
}

const HOUR: Duration = Duration::from_secs(3600);

static PLAIN: AtomicU64 = AtomicU64::new(0);
static STD: StdMutex<u64> = StdMutex::new(0);
static PARKING_LOT: Mutex<u64> = Mutex::new(0);
static FAIR: FairMutex<u64> = FairMutex::new(0);
static LOCK: Lock<u64> = Lock::new(0);
static OWNED: Lazy<Arc<Lock<u64>>> = Lazy::new(Arc::default);
static RWLOCK: RwLock<AtomicU64> = RwLock::new(AtomicU64::new(0));
static RLOCK: RLock<Cell<u64>> = RLock::new(Cell::new(0));
static QUEUE: Lazy<Queue<u64>> = Lazy::new(Queue::unbounded);
static REMUTEX: ReentrantMutex<Cell<u64>> = ReentrantMutex::new(Cell::new(0));

/// The call and the increment that every case has, without a lock.
#[inline(never)]
fn empty() {
    PLAIN.store(PLAIN.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

#[inline(never)]
fn std() {
    *STD.lock().unwrap() += 1;
}

#[inline(never)]
fn parking_lot() {
    *PARKING_LOT.lock() += 1;
}

#[inline(never)]
fn fair() {
    *FAIR.lock() += 1;
}

#[inline(never)]
fn lock() {
    *LOCK.acquire() += 1;
}

#[inline(never)]
fn lock_owned() {
    *OWNED.acquire_owned() += 1;
}

#[inline(never)]
fn rwlock_read() {
    let counter = RWLOCK.read();
    counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

#[inline(never)]
fn rwlock_write() {
    *RWLOCK.write().get_mut() += 1;
}

#[inline(never)]
fn rwlock_upgrade() {
    let mut counter = RWLOCK.upgradable().upgrade();
    *counter.get_mut() += 1;
    drop(counter.downgrade());
}

#[inline(never)]
fn rlock() {
    let counter = RLOCK.acquire();
    counter.set(counter.get() + 1);
}

#[inline(never)]
fn queue() {
    QUEUE.put(1).unwrap();
    _ = QUEUE.get().unwrap();
}

/// Schedules one, which stays pending.
#[inline(never)]
fn timer() {
    Timer::after(HOUR, || ());
}

#[inline(never)]
fn timer_cancelled() {
    assert!(Timer::after(HOUR, || ()).cancel());
}

#[inline(never)]
fn spawn_std() {
    thread::spawn(|| ()).join().unwrap();
}

/// The name is as long as those that threadkit gives.
#[inline(never)]
fn spawn_std_named() {
    let thread = thread::Builder::new().name("Thread-1 (spawn)".into());
    thread.spawn(|| ()).unwrap().join().unwrap();
}

#[inline(never)]
fn spawn() {
    threadkit::spawn(|| ()).join().unwrap();
}

#[inline(never)]
fn remutex() {
    let counter = REMUTEX.lock();
    counter.set(counter.get() + 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_runs_and_leaves_its_lock_free() {
        for name in names() {
            run(name, 3);
        }
        assert!(STD.try_lock().is_ok());
        assert!(!PARKING_LOT.is_locked());
        assert!(!FAIR.is_locked());
        assert!(!REMUTEX.is_locked());
        assert!(!LOCK.is_locked());
        assert!(!RLOCK.is_locked());
        assert!(!OWNED.is_locked());
        assert!(!RWLOCK.is_locked());
    }

    #[test]
    fn a_case_runs_so_many_times() {
        let before = *FAIR.lock();
        run("parking_lot", 0);
        let start = *PARKING_LOT.lock();
        run("parking_lot", 7);
        assert!(*PARKING_LOT.lock() >= start + 7);
        assert!(*FAIR.lock() >= before);
    }
}
