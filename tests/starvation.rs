//! No thread starves: the worst wait for a `Lock` that sixteen threads hold most of the time.

mod support;

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use support::{bounded, eventually};
use threadkit::{Lock, join_all, spawn};

const THREADS: usize = 16;
const HOLD: Duration = Duration::from_micros(100);
const RUN: Duration = Duration::from_millis(1500);

/// The worst case of one thread.
#[derive(Clone, Copy, Default)]
struct Worst {
    wait: Duration,
    /// How often others had the lock during one wait.
    overtaken: u64,
    acquired: u64,
}

fn contend(lock: &Lock<u64>, turns: &AtomicU64, stop: &AtomicBool) -> Worst {
    let mut worst = Worst::default();
    while !stop.load(Ordering::Relaxed) {
        let (asked, turn) = (Instant::now(), turns.load(Ordering::Relaxed));
        let mut guard = lock.acquire();
        let (wait, overtaken) = (
            asked.elapsed(),
            turns.fetch_add(1, Ordering::Relaxed) - turn,
        );
        *guard += 1;
        let held = Instant::now();
        while held.elapsed() < HOLD {
            hint::spin_loop();
        }
        drop(guard);
        worst.wait = worst.wait.max(wait);
        worst.overtaken = worst.overtaken.max(overtaken);
        worst.acquired += 1;
    }
    worst
}

#[test]
fn sixteen_threads_all_get_their_turn() {
    bounded(|| {
        let lock = Arc::new(Lock::new(0));
        let (turns, stop) = (
            Arc::new(AtomicU64::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let (lock, turns, stop) = (lock.clone(), turns.clone(), stop.clone());
                spawn(move || contend(&lock, &turns, &stop))
            })
            .collect();
        threadkit::sleep(RUN);
        stop.store(true, Ordering::Relaxed);
        let all = join_all(threads).unwrap();

        let wait = all.iter().map(|worst| worst.wait).max().unwrap_or_default();
        let overtaken = all
            .iter()
            .map(|worst| worst.overtaken)
            .max()
            .unwrap_or_default();
        let least = all
            .iter()
            .map(|worst| worst.acquired)
            .min()
            .unwrap_or_default();
        let total: u64 = all.iter().map(|worst| worst.acquired).sum();
        println!(
            "worst wait {wait:?}, overtaken at most {overtaken} times; {total} turns in all, at least \
             {least} for each"
        );
        assert_eq!(*lock.acquire(), total);
        assert!(least > 0, "one thread never had a turn");
        // On a busy machine a wait may be long, but then the other threads do not get far either: a thread that the
        // system does not run is overtaken some hundred times. A starving thread waits for most of the run, and is
        // overtaken thousands of times.
        assert!(
            wait < Duration::from_millis(100) || overtaken < 2_000,
            "waited {wait:?}, overtaken {overtaken} times"
        );
        assert!(!lock.is_locked());
    });
}

#[test]
fn handing_over_ends_with_the_contention() {
    // Waiters with and without a limit starve, and get the lock or give up. Afterwards the lock is like
    // new, and no thread is left in the queue.
    bounded(|| {
        let lock = Arc::new(Lock::new(0_u32));
        for _ in 0..10 {
            let held = lock.acquire();
            let waiters: Vec<_> = (0..8_u64)
                .map(|n| {
                    let lock = Arc::clone(&lock);
                    spawn(move || match n % 2 {
                        0 => {
                            *lock.acquire() += 1;
                            true
                        }
                        _ => lock
                            .acquire_timeout(Duration::from_micros(n * 400))
                            .map(|mut value| *value += 1)
                            .is_ok(),
                    })
                })
                .collect();
            // Long enough for all of them to starve.
            threadkit::sleep(Duration::from_millis(5));
            drop(held);
            let got = join_all(waiters)
                .unwrap()
                .into_iter()
                .filter(|got| *got)
                .count();
            assert!(got >= 4, "those without a limit have had it");
        }
        assert!(!lock.is_locked());
        let before = *lock.acquire();
        for _ in 0..1000 {
            *lock.acquire() += 1;
        }
        assert_eq!(*lock.acquire(), before + 1000);
    });
}

#[test]
fn a_patient_thread_gets_past_one_that_never_rests() {
    bounded(|| {
        let lock = Arc::new(Lock::new(0_u64));
        let stop = Arc::new(AtomicBool::new(false));
        let (other, stop2) = (Arc::clone(&lock), Arc::clone(&stop));
        // It releases the lock for a few instructions only, so it barges in each time.
        let greedy = spawn(move || {
            while !stop2.load(Ordering::Relaxed) {
                let mut guard = other.acquire();
                let held = Instant::now();
                while held.elapsed() < HOLD {
                    hint::spin_loop();
                }
                *guard += 1;
            }
        });
        eventually("it is at it", || {
            lock.try_acquire().is_none_or(|turns| *turns > 0)
        });
        for _ in 0..50 {
            let asked = Instant::now();
            drop(lock.acquire());
            assert!(
                asked.elapsed() < Duration::from_secs(2),
                "waited {:?}",
                asked.elapsed()
            );
        }
        stop.store(true, Ordering::Relaxed);
        greedy.join().unwrap();
    });
}
