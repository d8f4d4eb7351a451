//! Linked stop sources and callbacks on stop from the outside.

mod support;

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use support::{Dice, bounded, eventually};
use threadkit::{Event, Lock, Registration, StopSource, ThreadPool, WaitError};

const SHORT: Duration = Duration::from_millis(5);

/// A place for a registration that its own callback can reach.
type Slot = Arc<Mutex<Option<Registration>>>;

#[test]
fn a_stop_goes_down_and_not_up() {
    let root = StopSource::new();
    let (left, right) = (root.child(), StopSource::linked(&root.token()));
    let leaf = left.token().child();
    assert!(left.stop());
    assert!(leaf.is_stopped());
    assert!(!root.is_stopped() && !right.is_stopped());
    assert!(root.stop());
    assert!(right.is_stopped());
    assert!(!left.stop() && !leaf.stop() && !right.stop());
}

#[test]
fn a_source_that_is_linked_too_late_is_stopped() {
    let root = StopSource::new();
    root.stop();
    let child = root.child();
    assert!(child.is_stopped());
    assert!(!child.stop());
    assert!(child.child().token().check().is_err());
}

#[test]
fn a_stop_passes_through_sources_that_were_dropped() {
    let root = StopSource::new();
    let token = root.child().child().child().token();
    root.stop();
    assert!(token.is_stopped());
}

#[test]
fn a_stop_of_the_parent_ends_waits_with_the_child() {
    bounded(|| {
        let root = StopSource::new();
        let stop = root.child().token();
        let waiter = thread::spawn(move || Event::new().wait_until(&stop));
        let stop = root.child().child().token();
        let sleeper = thread::spawn(move || stop.wait_timeout(Duration::from_secs(60)));
        root.stop();
        assert_eq!(waiter.join().unwrap(), Err(WaitError::Stopped));
        assert!(sleeper.join().unwrap());
    });
}

#[test]
fn a_long_chain_needs_no_deep_stack() {
    const LINKS: usize = 50_000;
    bounded(|| {
        for stop in [false, true] {
            let root = StopSource::new();
            let mut last = root.child();
            for _ in 0..LINKS {
                last = last.child();
            }
            if stop {
                root.stop();
            }
            assert_eq!(last.is_stopped(), stop);
            drop(root);
            drop(last);
        }
    });
}

#[test]
fn children_that_are_gone_leave_nothing_behind() {
    let root = StopSource::new();
    for _ in 0..100_000 {
        drop(root.child());
    }
    // The difference can be seen only by the time: with a list that grows, this would take very long.
    let before = Instant::now();
    root.stop();
    assert!(before.elapsed() < SHORT * 20);
}

/// Notes the order in which callbacks run.
fn note(order: &Arc<Lock<Vec<u32>>>, n: u32) -> impl FnOnce() + Send + 'static {
    let order = Arc::clone(order);
    move || order.acquire().push(n)
}

#[test]
fn callbacks_run_in_order_once_and_at_once_if_late() {
    let source = StopSource::new();
    let order = Arc::default();
    let token = source.token();
    let kept = [1, 2, 3].map(|n| token.on_stop(note(&order, n)));
    drop(token.on_stop(note(&order, 4)));
    token.on_stop(note(&order, 5)).detach();
    source.stop();
    assert_eq!(*order.acquire(), [1, 2, 3, 5]);
    source.stop();
    drop(kept);
    let late = token.on_stop(note(&order, 6));
    assert_eq!(*order.acquire(), [1, 2, 3, 5, 6]);
    drop(late);
    assert_eq!(order.acquire().len(), 5);
}

#[test]
fn a_panic_in_a_callback_does_not_stop_the_others() {
    let source = StopSource::new();
    let order = Arc::default();
    let token = source.token();
    let kept = [
        token.on_stop(note(&order, 1)),
        token.on_stop(|| panic!("on purpose")),
        token.on_stop(|| panic::panic_any(PanicsInDrop)),
        token.on_stop(note(&order, 2)),
    ];
    assert!(source.stop());
    assert_eq!(*order.acquire(), [1, 2]);
    drop(kept);
    let late = panic::catch_unwind(AssertUnwindSafe(|| token.on_stop(|| panic!("late"))));
    assert!(late.is_err(), "the thread that registers it gets the panic");
}

struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("on purpose, in drop");
    }
}

#[test]
fn a_callback_may_do_what_it_likes() {
    bounded(|| {
        let source = StopSource::new();
        let own: Slot = Slot::default();
        let others = Arc::new(AtomicU64::new(0));
        let registration = {
            let (own, source, others) = (Arc::clone(&own), source.clone(), Arc::clone(&others));
            source.clone().token().on_stop(move || {
                // Its own registration: inside of the callback this does not wait.
                drop(own.lock().unwrap().take());
                assert!(!source.stop());
                assert!(source.child().is_stopped());
                let more = Arc::clone(&others);
                source
                    .token()
                    .on_stop(move || {
                        more.fetch_add(1, Ordering::Relaxed);
                    })
                    .detach();
                others.fetch_add(1, Ordering::Relaxed);
            })
        };
        *own.lock().unwrap() = Some(registration);
        source.stop();
        assert_eq!(others.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn dropping_the_registration_waits_for_a_callback_that_runs() {
    bounded(|| {
        let source = StopSource::new();
        let (begun, go_on) = (Arc::new(Event::new()), Arc::new(Event::new()));
        let ended = Arc::new(AtomicBool::new(false));
        let registration = {
            let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
            let ended = Arc::clone(&ended);
            source.token().on_stop(move || {
                begun.set();
                go_on.wait();
                ended.store(true, Ordering::Relaxed);
            })
        };
        let stopper = {
            let source = source.clone();
            thread::spawn(move || source.stop())
        };
        begun.wait();
        let dropper = thread::spawn(move || {
            drop(registration);
            ended.load(Ordering::Relaxed)
        });
        assert!(source.is_stopped());
        go_on.set();
        assert!(dropper.join().unwrap(), "it has waited for the end");
        assert!(stopper.join().unwrap());
    });
}

/// The thread that runs a callback does not come back to it before a task that it runs inline has
/// ended, so that task does not wait for the callback.
#[test]
fn a_task_run_inside_a_callback_may_drop_its_registration() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let source = StopSource::new();
        let own: Slot = Slot::default();
        let registration = {
            let (own, pool) = (Arc::clone(&own), Arc::clone(&pool));
            source.token().on_stop(move || {
                let task = pool.submit(move || own.lock().unwrap().take().is_some());
                assert!(task.join().unwrap(), "it has dropped the registration");
            })
        };
        *own.lock().unwrap() = Some(registration);
        let stopper = source.clone();
        assert!(pool.submit(move || stopper.stop()).join().unwrap());
        assert!(own.lock().unwrap().is_none());
    });
}

#[test]
fn callbacks_go_with_their_source() {
    let owned = Arc::new(());
    let source = StopSource::new();
    let there = Arc::clone(&owned);
    source.token().on_stop(move || drop(there)).detach();
    let there = Arc::clone(&owned);
    let registration = source.token().on_stop(move || drop(there));
    assert_eq!(Arc::strong_count(&owned), 3);
    drop(registration);
    assert_eq!(Arc::strong_count(&owned), 2);
    drop(source);
    assert_eq!(Arc::strong_count(&owned), 1, "no source can stop any more");
}

/// A registration that was dropped has not run, or has run to its end; and each runs once.
#[test]
fn registrations_race_the_stop() {
    const ROUNDS: usize = 1_500;
    bounded(|| {
        let mut dice = Dice::new(11);
        let mut ran = 0;
        for _ in 0..ROUNDS {
            let source = StopSource::new();
            let token = source.child().token();
            let pause = dice.below(3);
            let registrars: Vec<_> = (0..2)
                .map(|_| {
                    let token = token.clone();
                    thread::spawn(move || {
                        let state = Arc::new(AtomicUsize::new(0));
                        let there = Arc::clone(&state);
                        let registration = token.on_stop(move || {
                            assert_eq!(there.fetch_add(1, Ordering::Relaxed), 0, "it runs once");
                            thread::yield_now();
                            there.fetch_add(1, Ordering::Relaxed);
                        });
                        (0..pause).for_each(|_| thread::yield_now());
                        drop(registration);
                        let now = state.load(Ordering::Relaxed);
                        assert_ne!(now, 1, "it runs after its registration is gone");
                        thread::yield_now();
                        assert_eq!(state.load(Ordering::Relaxed), now);
                        now / 2
                    })
                })
                .collect();
            source.stop();
            ran += registrars
                .into_iter()
                .map(|t| t.join().unwrap())
                .sum::<usize>();
        }
        assert!(ran > 0);
    });
}

/// Children are linked and dropped while the stop goes down. Each child that is still held is stopped.
#[test]
fn links_race_the_stop() {
    bounded(|| {
        for _ in 0..1_500 {
            let root = StopSource::new();
            let linkers: Vec<_> = (0..2)
                .map(|_| {
                    let token = root.token();
                    thread::spawn(move || {
                        for _ in 0..5 {
                            drop(token.child().child());
                        }
                        let leaf = token.child().child();
                        leaf.token().wait();
                        assert!(leaf.is_stopped());
                    })
                })
                .collect();
            root.stop();
            linkers.into_iter().for_each(|t| t.join().unwrap());
        }
    });
}

/// A stop wakes the thread: the thread does not poll for it.
#[test]
fn a_stop_comes_within_the_time_of_a_wake_up() {
    bounded(|| {
        let best = (0..20)
            .map(|_| {
                let source = StopSource::new();
                let (stop, waits) = (source.token(), Arc::new(Event::new()));
                let there = Arc::clone(&waits);
                let waiter = thread::spawn(move || {
                    assert_eq!(there.wait_until(&stop), Err(WaitError::Stopped));
                    Instant::now()
                });
                eventually("it waits", || waits.n_waiting() == 1);
                let before = Instant::now();
                source.stop();
                waiter.join().unwrap().duration_since(before)
            })
            .min();
        assert!(best.unwrap() < Duration::from_millis(5), "{best:?}");
    });
}
