//! Threads that take turns by a condition.

use std::time::Duration;
use threadkit::{Condition, Lock, scope};

pub fn turns(players: usize, rounds: usize) {
    let (turn, changed) = (Lock::new(0), Condition::new());
    scope(|s| {
        for player in 0..players {
            let (turn, changed) = (&turn, &changed);
            drop(s.spawn(move || {
                for _ in 0..rounds {
                    let mut guard = turn.acquire();
                    changed.wait_while(&mut guard, |turn| *turn % players != player);
                    *guard += 1;
                    changed.notify_all();
                }
            }));
        }
    });
    assert_eq!(turn.into_inner(), players * rounds);
}

pub fn turns_until(players: usize, rounds: usize) {
    let (turn, changed) = (Lock::new(0), Condition::new());
    scope(|s| {
        for player in 0..players {
            let (turn, changed) = (&turn, &changed);
            drop(s.spawn(move || {
                let limit = Duration::from_millis(1);
                for _ in 0..rounds {
                    let mut guard = turn.acquire();
                    let others = |turn: &mut usize| *turn % players != player;
                    while changed.wait_while_until(&mut guard, limit, others).is_err() {}
                    *guard += 1;
                    changed.notify_all();
                }
            }));
        }
    });
    assert_eq!(turn.into_inner(), players * rounds);
}
