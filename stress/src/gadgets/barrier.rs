//! Threads that meet at a barrier, round after round; each round has one leader.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use threadkit::{Barrier, scope};

pub fn barrier(parties: usize, rounds: usize) {
    let (barrier, leaders, passed) = (
        Barrier::new(parties),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    scope(|s| {
        for _ in 0..parties {
            drop(s.spawn(|| {
                for round in 1..=rounds {
                    passed.fetch_add(1, Relaxed);
                    if barrier.wait().unwrap().is_leader() {
                        leaders.fetch_add(1, Relaxed);
                    }
                    assert!(
                        passed.load(Relaxed) >= round * parties,
                        "a thread passed too early"
                    );
                }
            }));
        }
    });
    assert_eq!(leaders.into_inner(), rounds);
}

/// A wait that gives up breaks the barrier for all; no thread stays in it.
pub fn barrier_timeout(parties: usize, ms: u64) {
    let barrier = Barrier::new(parties + 1);
    let turns = AtomicUsize::new(0);
    scope(|s| {
        for _ in 0..parties {
            drop(s.spawn(|| turns.fetch_add(usize::from(barrier.wait().is_ok()), Relaxed)));
        }
        let limit = Duration::from_millis(ms);
        turns.fetch_add(usize::from(barrier.wait_timeout(limit).is_ok()), Relaxed);
    });
    let turns = turns.into_inner();
    assert!(
        turns == 0 || turns == parties + 1,
        "{turns} of {} passed",
        parties + 1
    );
}
