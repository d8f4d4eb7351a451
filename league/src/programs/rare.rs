//! Faults of our own that few schedules show.

use std::sync::Arc;

use super::join_all;
use super::kit::{AtomicUsize, Condvar, Mutex, Ordering::SeqCst, spawn, spawn_owning, yield_now};
use crate::program::Collection::Rare;
use crate::program::Fault::{Assertion, Deadlock};
use crate::program::Program;

pub(super) const PROGRAMS: &[Program] = &[
    Program::new(Rare, "crowd_of_locks", Deadlock, 9, crowd_of_locks),
    Program::new(Rare, "crowd_of_waiters", Deadlock, 9, crowd_of_waiters),
    Program::new(Rare, "late_update", Assertion, 3, late_update),
    Program::new(Rare, "retries_run_out", Assertion, 2, retries_run_out),
    Program::new(Rare, "reverse_order", Assertion, 7, reverse_order),
    Program::new(Rare, "three_windows", Assertion, 2, three_windows),
    Program::new(Rare, "turn_by_turn", Assertion, 2, turn_by_turn),
    Program::new(
        Rare,
        "work_before_and_after",
        Assertion,
        5,
        work_before_and_after,
    ),
];

/// Eight threads acquire two locks each; only two of them share both, in different orders.
fn crowd_of_locks() {
    let locks: Arc<Vec<_>> = Arc::new((0..9).map(|_| Mutex::new(0)).collect());
    join_all((0..8).map(|n| {
        let locks = Arc::clone(&locks);
        spawn_owning(move || {
            let (first, second) = if n == 7 { (1, 0) } else { (n, n + 1) };
            let mut outer = locks[first].lock();
            *locks[second].lock() += 1;
            *outer += 1;
        })
    }));
}

/// Four pairs of threads wait for their turns. The second pair notifies one waiter, which may be one of the last pair.
fn crowd_of_waiters() {
    struct Turns {
        turn: Mutex<usize>,
        changed: Condvar,
    }
    let turns = Arc::new(Turns {
        turn: Mutex::named("turn", 0),
        changed: Condvar::new(),
    });
    join_all((0..8).map(|me| {
        let turns = Arc::clone(&turns);
        spawn_owning(move || {
            let mut turn = turns.turn.lock();
            // Two threads share a turn.
            while *turn < me / 2 {
                turn = turns.changed.wait(turn);
            }
            *turn = (*turn).max(me / 2 + 1);
            if me / 2 == 1 {
                turns.changed.notify_one();
            } else {
                turns.changed.notify_all();
            }
        })
    }));
}

/// An update is lost in the last of many steps of two threads.
fn late_update() {
    struct Steps {
        mine: [AtomicUsize; 2],
        shared: AtomicUsize,
    }
    let steps = Arc::new(Steps {
        mine: [AtomicUsize::new(0), AtomicUsize::new(0)],
        shared: AtomicUsize::new(0),
    });
    join_all([0, 1].map(|me| {
        let steps = Arc::clone(&steps);
        spawn_owning(move || {
            for _ in 0..100 {
                steps.mine[me].fetch_add(1, SeqCst);
            }
            let shared = steps.shared.load(SeqCst);
            steps.shared.store(shared + 1, SeqCst);
        })
    }));
    assert_eq!(steps.shared.load(SeqCst), 2, "an update is lost");
}

/// A reader gives up after four changes, each in the middle of a try.
fn retries_run_out() {
    let version = Arc::new(AtomicUsize::new(0));
    let writes = spawn(&version, |version| {
        for _ in 0..6 {
            version.fetch_add(1, SeqCst);
        }
    });
    let unchanged = (0..4).any(|_| {
        let before = version.load(SeqCst);
        version.load(SeqCst) == before
    });
    assert!(unchanged, "four tries were disturbed");
    writes.join();
}

/// Six threads must run in the reverse of the order in which they were started.
fn reverse_order() {
    let last = Arc::new(AtomicUsize::new(6));
    join_all((0..6).map(|me| {
        let last = Arc::clone(&last);
        spawn_owning(move || {
            if last.load(SeqCst) == me + 1 {
                last.store(me, SeqCst);
            }
        })
    }));
    assert!(last.load(SeqCst) > 0, "all in reverse order");
}

/// Three checks, each of which must be overtaken between its look and its act.
fn three_windows() {
    struct Checks {
        limit: AtomicUsize,
        overrun: AtomicUsize,
    }
    let checks = Arc::new(Checks {
        limit: AtomicUsize::new(0),
        overrun: AtomicUsize::new(0),
    });
    let raises = spawn(&checks, |checks| {
        for limit in 1..=3 {
            checks.limit.store(limit, SeqCst);
        }
    });
    for limit in 0..3 {
        let seen = checks.limit.load(SeqCst);
        if seen == limit && checks.limit.load(SeqCst) == limit + 1 {
            checks.overrun.fetch_add(1, SeqCst);
        }
    }
    raises.join();
    assert!(checks.overrun.load(SeqCst) < 3, "overtaken three times");
}

/// Two threads must take turns in eight steps in a row.
fn turn_by_turn() {
    fn turns(order: &AtomicUsize, parity: usize) {
        for _ in 0..4 {
            let step = order.load(SeqCst);
            if step % 2 == parity {
                order.store(step + 1, SeqCst);
            }
        }
    }
    let order = Arc::new(AtomicUsize::new(0));
    let other = spawn(&order, |order| turns(order, 1));
    turns(&order, 0);
    other.join();
    assert!(order.load(SeqCst) < 8, "eight turns in a row");
}

/// Four threads do much that does not matter; two of them race in the middle of it.
fn work_before_and_after() {
    struct Work {
        log: Mutex<usize>,
        slot: AtomicUsize,
    }
    let work = Arc::new(Work {
        log: Mutex::named("log", 0),
        slot: AtomicUsize::new(0),
    });
    let threads: Vec<_> = (0..4)
        .map(|me| {
            let work = Arc::clone(&work);
            spawn_owning(move || {
                for step in 0..10 {
                    *work.log.lock() += 1;
                    if me < 2 && step == 5 {
                        let slot = work.slot.load(SeqCst);
                        assert!(slot == 0, "the slot is free again");
                        work.slot.store(me + 1, SeqCst);
                        work.slot.store(0, SeqCst);
                    }
                    yield_now();
                }
            })
        })
        .collect();
    join_all(threads);
}
