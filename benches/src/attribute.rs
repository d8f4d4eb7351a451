//! The same function twice: with the attribute, and with what its user would have written.
//!
//! Each is compiled by itself and never inlined, so that the two can be compared instruction by
//! instruction. The compiler may find them equal and keep only one, which is the best result.

use threadkit::{Lock, synchronized};

static TOTAL: Lock<u64> = Lock::new(0);

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_count_and_release() {
        let before = *TOTAL.acquire();
        by_attribute();
        by_hand();
        // Other tests call them as well.
        assert!(*TOTAL.acquire() >= before + 2);
    }
}
