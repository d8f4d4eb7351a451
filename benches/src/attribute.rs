//! Each function twice, for each form of the attribute: with the attribute, and with the same code by
//! hand.
//!
//! Each is compiled by itself and never inlined, so that the two can be compared instruction by
//! instruction. The compiler may find them equal and keep only one, which is the best result.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use threadkit::{Lock, RLock, synchronized};

static TOTAL: Lock<u64> = Lock::new(0);
static ORDER: Lock = Lock::new(());
static OWN: RLock = RLock::new(());
static OF_STD: Mutex<u64> = Mutex::new(0);
static OF_PARKING_LOT: parking_lot::Mutex<u64> = parking_lot::Mutex::new(0);

/// The counter beside a lock that protects no data.
static BESIDE: AtomicU64 = AtomicU64::new(0);

/// Acquire, increment, release, by the attribute.
#[inline(never)]
#[synchronized(total = TOTAL)]
pub(crate) fn by_attribute() {
    *total += 1;
}

/// Acquire, increment, release, by hand.
#[inline(never)]
pub(crate) fn by_hand() {
    let mut total = TOTAL.acquire();
    *total += 1;
}

/// The attribute with a lock whose guard has no name.
#[inline(never)]
#[synchronized(ORDER)]
pub(crate) fn unnamed_by_attribute() {
    increment();
}

/// A guard that is only held, by hand.
#[inline(never)]
pub(crate) fn unnamed_by_hand() {
    let _guard = ORDER.acquire();
    increment();
}

/// The attribute alone: a reentrant lock of the function's own.
#[inline(never)]
#[synchronized]
pub(crate) fn bare_by_attribute() {
    increment();
}

/// A reentrant lock for one function, by hand.
#[inline(never)]
pub(crate) fn bare_by_hand() {
    let _guard = OWN.acquire();
    increment();
}

/// The attribute with a lock of std.
#[inline(never)]
#[synchronized(total = OF_STD)]
pub(crate) fn std_by_attribute() {
    *total += 1;
}

/// A lock of std, by hand.
#[inline(never)]
pub(crate) fn std_by_hand() {
    let mut total = OF_STD.lock().unwrap_or_else(PoisonError::into_inner);
    *total += 1;
}

/// The attribute with a lock of parking_lot.
#[inline(never)]
#[synchronized(total = OF_PARKING_LOT)]
pub(crate) fn parking_lot_by_attribute() {
    *total += 1;
}

/// A lock of parking_lot, by hand.
#[inline(never)]
pub(crate) fn parking_lot_by_hand() {
    let mut total = OF_PARKING_LOT.lock();
    *total += 1;
}

fn increment() {
    BESIDE.store(BESIDE.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn both_count_and_release() {
        let before = *TOTAL.acquire();
        by_attribute();
        by_hand();
        // Other tests call these functions as well.
        assert!(*TOTAL.acquire() >= before + 2);
    }

    #[test]
    fn those_without_data_count_and_release() {
        for operation in [
            unnamed_by_attribute,
            unnamed_by_hand,
            bare_by_attribute,
            bare_by_hand,
            std_by_attribute,
            std_by_hand,
            parking_lot_by_attribute,
            parking_lot_by_hand,
        ] {
            // If the first function did not release the lock, the second would block.
            for _ in 0..2 {
                let thread = threadkit::spawn(operation);
                assert!(thread.wait_timeout(Duration::from_secs(30)));
            }
        }
        assert!(BESIDE.load(Ordering::Relaxed) > 0);
    }
}
