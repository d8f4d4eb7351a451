//! Parking: a thread sleeps on a word while the word has a certain value.

use core::sync::atomic::{AtomicU32, Ordering};

use parking_lot_core::{DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, FilterOp, ParkResult};

use super::clock::Instant;
use super::explored::{self, Wake};

/// Sleeps until [`unpark`] or [`unpark_all`] is called on `word` or the deadline passes, if `word` holds
/// `value`.
///
/// Returns `false` if the deadline passed. It may also return early without a reason, so callers look at the word
/// again. No wake-up is lost if the waker changes the word *before* it calls `unpark`. The value is compared under
/// the internal lock that `unpark` takes, so the waker comes either before the comparison, which then fails, or
/// after the sleeper has joined the queue.
pub(crate) fn park(word: &AtomicU32, value: u32, deadline: Option<Instant>) -> bool {
    if let Some(current) = explored::here() {
        let asleep = || word.load(Ordering::Relaxed) == value;
        return current.park(key_of(word), asleep, deadline) != Wake::TimedOut;
    }
    // SAFETY: the key is the address of a word that belongs to us and outlives the call;
    // `validate` is one load, and `before_sleep` and `timed_out` do nothing, so none of the three
    // panics or calls back into the parking lot.
    let result = unsafe {
        parking_lot_core::park(
            key_of(word),
            || word.load(Ordering::Relaxed) == value,
            || {},
            |_, _| {},
            DEFAULT_PARK_TOKEN,
            deadline,
        )
    };
    !matches!(result, ParkResult::TimedOut)
}

/// Wakes the thread that sleeps on `word`, if there is one.
pub(crate) fn unpark(word: &AtomicU32) {
    if let Some(current) = explored::here() {
        return current.unpark(key_of(word));
    }
    // SAFETY: the key is the address of a word that belongs to us and is alive, so that no foreign
    // lock can have threads parked under it; the callback does not panic or call back.
    unsafe {
        parking_lot_core::unpark_one(key_of(word), |_| DEFAULT_UNPARK_TOKEN);
    }
}

/// Wakes all threads that sleep on `word`.
pub(crate) fn unpark_all(word: &AtomicU32) {
    if let Some(current) = explored::here() {
        return current.unpark_all(key_of(word));
    }
    // SAFETY: the key is the address of a word that belongs to us and is alive, so that no foreign
    // lock can have threads parked under it.
    unsafe {
        parking_lot_core::unpark_all(key_of(word), DEFAULT_UNPARK_TOKEN);
    }
}

/// How many threads sleep on `word`.
pub(crate) fn parked(word: &AtomicU32) -> usize {
    if let Some(current) = explored::here() {
        return current.parked(key_of(word));
    }
    let mut count = 0;
    // SAFETY: the key is the address of a word that belongs to us and is alive, so that no foreign lock can have
    // threads parked under it; neither the filter, which leaves all of them asleep, nor the callback panics or
    // calls back.
    unsafe {
        parking_lot_core::unpark_filter(
            key_of(word),
            |_| {
                count += 1;
                FilterOp::Skip
            },
            |_| DEFAULT_UNPARK_TOKEN,
        );
    }
    count
}

fn key_of(word: &AtomicU32) -> usize {
    core::ptr::from_ref(word).addr()
}
