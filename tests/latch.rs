//! `Latch` from the outside.

mod support;

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::{Dice, SCALE, bounded, eventually, panic_of};
use threadkit::{Latch, LatchOpen, StopSource, WaitError};

const SHORT: Duration = Duration::from_millis(5);

#[test]
fn it_opens_at_zero_and_stays_open() {
    let latch = Latch::new(3);
    latch.count_down();
    latch.count_down_by(0);
    assert!(!latch.is_open());
    let before = Instant::now();
    assert!(!latch.wait_timeout(SHORT));
    assert!(before.elapsed() >= SHORT);
    latch.count_down_by(2);
    latch.wait();
    assert!(latch.wait_timeout(Duration::ZERO));
    assert_eq!(latch.add(1), Err(LatchOpen));
    assert!(latch.is_open());
}

#[test]
fn none_to_count_is_open() {
    let latch = Latch::default();
    latch.wait();
    latch.count_down_by(0);
    assert_eq!(latch.wait_until(Duration::ZERO), Ok(()));
}

#[test]
fn counting_too_far_changes_nothing() {
    let latch = Latch::new(2);
    let too_far = panic::catch_unwind(AssertUnwindSafe(|| latch.count_down_by(3)));
    let message = too_far.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(*message, "counting 3 down where 2 are left");
    assert_eq!(latch.count(), 2);
    let too_often = panic::catch_unwind(|| Latch::new(0).count_down());
    let message = too_often.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(
        *message,
        "counting 1 down where the latch is open already: none is left"
    );
    assert!(panic::catch_unwind(AssertUnwindSafe(|| latch.add(usize::MAX))).is_err());
    assert_eq!(latch.count(), 2);
}

/// Waits without a token sleep in another place than waits with one.
#[test]
fn waiters_of_every_form_are_counted() {
    bounded(|| {
        let latch = Arc::new(Latch::new(1));
        let source = StopSource::new();
        let waiters: Vec<_> = (0..4)
            .map(|n| {
                let (latch, stop) = (Arc::clone(&latch), source.token());
                thread::spawn(move || match n {
                    0 => latch.wait(),
                    1 => assert!(latch.wait_timeout(Duration::MAX)),
                    2 => assert_eq!(latch.wait_until(Duration::from_secs(60)), Ok(())),
                    _ => assert_eq!(latch.wait_until(&stop), Err(WaitError::Stopped)),
                })
            })
            .collect();
        eventually("four wait", || latch.n_waiting() == 4);
        source.stop();
        eventually("three are left", || latch.n_waiting() == 3);
        latch.count_down();
        waiters.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(latch.n_waiting(), 0);
    });
}

#[test]
fn a_stop_ends_the_wait_only() {
    bounded(|| {
        let latch = Arc::new(Latch::new(1));
        let source = StopSource::new();
        let stopped = {
            let (latch, stop) = (Arc::clone(&latch), source.token());
            thread::spawn(move || latch.wait_until(&stop))
        };
        source.stop();
        assert_eq!(stopped.join().unwrap(), Err(WaitError::Stopped));
        latch.count_down();
        assert_eq!(latch.wait_until(&source.token()), Ok(()));
    });
}

/// Deadlines and stops race the last count. A thread that waits without a limit gets through, and sees
/// what all threads did before counting.
#[test]
fn no_wake_up_is_lost() {
    bounded(|| {
        let mut dice = Dice::new(5);
        for _ in 0..1_500 {
            let shared = Arc::new((Latch::new(1), AtomicU64::new(0)));
            let source = StopSource::new();
            let waiters: Vec<_> = (0..3)
                .map(|n| {
                    let (shared, stop) = (Arc::clone(&shared), source.token());
                    let limit = Duration::from_nanos(dice.below(100_000));
                    thread::spawn(move || {
                        let (latch, done) = &*shared;
                        let through = match n {
                            0 => {
                                latch.wait();
                                true
                            }
                            1 => latch.wait_timeout(limit),
                            _ => latch.wait_until(&stop).is_ok(),
                        };
                        assert!(!through || done.load(Ordering::Relaxed) == 3);
                    })
                })
                .collect();
            let counters: Vec<_> = (0..3)
                .map(|n| {
                    shared.0.add(1).unwrap();
                    let (shared, source) = (Arc::clone(&shared), source.clone());
                    thread::spawn(move || {
                        shared.1.fetch_add(1, Ordering::Relaxed);
                        shared.0.count_down();
                        if n == 0 {
                            source.stop();
                        }
                    })
                })
                .collect();
            shared.0.count_down();
            counters
                .into_iter()
                .chain(waiters)
                .for_each(|t| t.join().unwrap());
        }
    });
}

/// Every count is counted once, up or down.
#[test]
fn counts_are_exact() {
    const EACH: usize = 250_000 * SCALE as usize;
    bounded(|| {
        let latch = Arc::new(Latch::new(1));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let latch = Arc::clone(&latch);
                thread::spawn(move || {
                    for n in 0..EACH {
                        latch.add(1 + n % 3).unwrap();
                        latch.count_down_by(1 + n % 3);
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(latch.count(), 1);
        latch.count_down();
        assert!(latch.is_open());
    });
}

#[test]
fn it_is_counted_down_from_wherever_a_thread_is() {
    struct CountsDown<'a>(&'a Latch);
    impl Drop for CountsDown<'_> {
        fn drop(&mut self) {
            self.0.count_down();
        }
    }
    bounded(|| {
        let latch = Arc::new(Latch::new(3));
        let waiters = [(); 2].map(|()| {
            let latch = Arc::clone(&latch);
            thread::spawn(move || support::in_destructor(move || latch.wait()))
        });
        panic_of(|| {
            let _counts = CountsDown(&latch);
            panic!("on the way out");
        });
        let other = Arc::clone(&latch);
        support::in_destructor(move || other.count_down());
        assert!(!latch.is_open());
        let other = Arc::clone(&latch);
        support::nested(move || other.count_down());
        latch.wait();
        for waiter in waiters {
            waiter.join().unwrap();
        }
        let message = panic_of(|| latch.count_down());
        assert!(message.contains("open already"), "{message}");
        assert_eq!(latch.add(1), Err(LatchOpen));
    });
}

#[test]
fn the_largest_count_is_counted_down() {
    let latch = Latch::new(usize::MAX);
    assert!(panic_of(|| latch.add(1).unwrap()).contains("adding 1"));
    latch.count_down_by(usize::MAX - 1);
    assert_eq!(latch.count(), 1);
    latch.count_down();
    assert!(latch.is_open());
}
