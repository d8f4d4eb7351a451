//! `Event` from the outside.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::{Dice, SCALE, bounded, eventually};
use threadkit::{Event, Lock, StopSource, WaitError};

const SHORT: Duration = Duration::from_millis(5);

#[test]
fn it_is_set_until_it_is_cleared() {
    let event = Event::default();
    assert!(!event.is_set());
    event.set();
    event.set();
    assert!(event.is_set());
    event.wait();
    assert!(event.wait_timeout(Duration::ZERO));
    event.clear();
    event.clear();
    assert!(!event.is_set());
    assert!(!event.wait_timeout(Duration::ZERO));
    assert_eq!(format!("{event:?}"), "Event { set: false, waiting: 0, .. }");
}

#[test]
fn set_wakes_all_that_wait_though_it_is_cleared_at_once() {
    bounded(|| {
        let event = Arc::new(Event::new());
        for _ in 0..50 {
            let threads: Vec<_> = (0..5)
                .map(|n| {
                    let event = Arc::clone(&event);
                    thread::spawn(move || match n {
                        0 => event.wait(),
                        1 => assert!(event.wait_timeout(Duration::MAX)),
                        _ => assert!(event.wait_until(Duration::from_secs(60)).is_ok()),
                    })
                })
                .collect();
            eventually("five wait", || event.n_waiting() == 5);
            event.set();
            event.clear();
            threads.into_iter().for_each(|t| t.join().unwrap());
            assert!(!event.is_set());
        }
    });
}

#[test]
fn a_time_that_is_up_and_a_stop_leave_no_trace() {
    bounded(|| {
        let event = Arc::new(Event::new());
        let before = Instant::now();
        assert!(!event.wait_timeout(SHORT));
        assert!(before.elapsed() >= SHORT);
        assert_eq!(event.wait_until(SHORT), Err(WaitError::TimedOut));

        let source = StopSource::new();
        let stopped = {
            let (event, stop) = (Arc::clone(&event), source.token());
            thread::spawn(move || event.wait_until(&stop))
        };
        eventually("one waits", || event.n_waiting() == 1);
        source.stop();
        assert_eq!(stopped.join().unwrap(), Err(WaitError::Stopped));
        assert_eq!(event.n_waiting(), 0);
        event.set();
        assert_eq!(event.wait_until(&source.token()), Ok(()));
    });
}

#[test]
fn what_was_done_before_is_seen_after() {
    bounded(|| {
        for _ in 0..2_000 {
            let shared = Arc::new((Event::new(), AtomicU64::new(0)));
            let setter = {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    shared.1.store(1, Ordering::Relaxed);
                    shared.0.set();
                })
            };
            shared.0.wait();
            assert_eq!(shared.1.load(Ordering::Relaxed), 1);
            setter.join().unwrap();
        }
    });
}

/// Two threads pass a ball over two events, with deadlines and stops that come in between: a
/// wake-up that is lost stops the game.
#[test]
fn no_wake_up_is_lost() {
    const ROUNDS: u64 = 42_000 * SCALE;
    bounded(|| {
        let events = Arc::new([Event::new(), Event::new()]);
        let balls = Arc::new(AtomicU64::new(0));
        let source = Arc::new(Lock::new(StopSource::new()));
        let over = Arc::new(AtomicBool::new(false));
        let players: Vec<_> = (0..2)
            .map(|n| {
                let (events, balls) = (Arc::clone(&events), Arc::clone(&balls));
                let source = Arc::clone(&source);
                thread::spawn(move || {
                    let (mine, other) = (&events[n], &events[1 - n]);
                    let mut dice = Dice::new(n as u64);
                    for round in 0..ROUNDS {
                        loop {
                            let happened = match dice.below(4) {
                                0 => {
                                    let stop = source.acquire().token();
                                    mine.wait_until(&stop).is_ok()
                                }
                                1 => mine.wait_timeout(Duration::from_nanos(dice.below(20_000))),
                                _ => {
                                    mine.wait();
                                    true
                                }
                            };
                            if happened {
                                break;
                            }
                        }
                        mine.clear();
                        let ball = balls.fetch_add(1, Ordering::Relaxed);
                        assert_eq!(ball, 2 * round + n as u64, "they take turns");
                        other.set();
                    }
                })
            })
            .collect();
        let stopper = {
            let (source, over) = (Arc::clone(&source), Arc::clone(&over));
            thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    source.acquire().stop();
                    *source.acquire() = StopSource::new();
                    thread::yield_now();
                }
            })
        };
        events[0].set();
        players.into_iter().for_each(|t| t.join().unwrap());
        over.store(true, Ordering::Relaxed);
        stopper.join().unwrap();
        assert_eq!(balls.load(Ordering::Relaxed), 2 * ROUNDS);
    });
}

/// However many deadlines pass, a `set` wakes all waiters in the queue.
#[test]
fn set_and_clear_wake_all_among_deadlines() {
    bounded(|| {
        let event = Arc::new(Event::new());
        let over = Arc::new(AtomicBool::new(false));
        let restless: Vec<_> = (0..2)
            .map(|n| {
                let (event, over) = (Arc::clone(&event), Arc::clone(&over));
                thread::spawn(move || {
                    let mut dice = Dice::new(n);
                    while !over.load(Ordering::Relaxed) {
                        let _ = event.wait_timeout(Duration::from_nanos(dice.below(200_000)));
                    }
                })
            })
            .collect();
        let woken = Arc::new(AtomicU64::new(0));
        let patient = {
            let (event, over, woken) = (Arc::clone(&event), Arc::clone(&over), Arc::clone(&woken));
            thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    event.wait();
                    woken.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        for _ in 0..300 {
            let before = woken.load(Ordering::Relaxed);
            // The waiter without a limit is one of the three, and stays until it is woken.
            eventually("three wait", || event.n_waiting() == 3);
            event.set();
            event.clear();
            eventually("one is woken", || woken.load(Ordering::Relaxed) > before);
        }
        over.store(true, Ordering::Relaxed);
        event.set();
        patient.join().unwrap();
        restless.into_iter().for_each(|t| t.join().unwrap());
    });
}

#[test]
fn it_is_set_and_waited_for_in_destructors_and_nested_tasks() {
    bounded(|| {
        let event = Arc::new(Event::new());
        let waiters = [
            thread::spawn({
                let event = Arc::clone(&event);
                move || support::in_destructor(move || event.wait())
            }),
            thread::spawn({
                let event = Arc::clone(&event);
                move || support::nested(move || event.wait())
            }),
        ];
        let other = Arc::clone(&event);
        support::in_destructor(move || other.set());
        for waiter in waiters {
            waiter.join().unwrap();
        }
        assert!(event.is_set());
    });
}
