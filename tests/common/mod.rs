//! What the tests share: no wait without an end, and random numbers that repeat.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::fmt::Debug;
use std::panic;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any of these tests takes, and short enough to wait for.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// How much longer the stress tests are in a release build, which is what they are run in to be sure:
/// there each does more than a million operations.
pub(crate) const SCALE: u64 = if cfg!(debug_assertions) { 1 } else { 12 };

/// Runs `body` on a thread of its own, and fails if it has not ended when the limit is reached: so a
/// lost wake-up is a failure, and not a test that hangs.
#[track_caller]
pub(crate) fn bounded<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        let result = body();
        // Nobody listens any more if the limit was reached.
        let _ = done.send(());
        result
    });
    if ended.recv_timeout(LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
        panic!("still waiting after {LIMIT:?}: a wake-up was lost");
    }
    match thread.join() {
        Ok(result) => result,
        Err(payload) => panic::resume_unwind(payload),
    }
}

/// Waits until `condition` holds, for something that tells nobody when it begins to.
#[track_caller]
pub(crate) fn eventually(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !condition() {
        assert!(Instant::now() < deadline, "it never came to be");
        thread::yield_now();
    }
}

/// How many threads wait in a primitive, as its `Debug` says; nobody if it cannot tell just now.
pub(crate) fn waiting(primitive: &dyn Debug) -> usize {
    let text = format!("{primitive:?}");
    let number = text
        .split_once("waiting: ")
        .and_then(|(_, rest)| rest.split([',', ' ']).next());
    number.map_or(0, |number| number.parse().expect("a number"))
}

/// Numbers that look random and are the same in every run.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}
