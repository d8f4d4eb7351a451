//! A `main` without `#[threadkit::main]`, which threads may outlive. `exit.rs` runs one scenario in each process.

use std::sync::LazyLock;
use std::time::Duration;

use threadkit::{Event, Thread, ThreadPool, exit_guard, spawn, stop_token};

static POOL: LazyLock<ThreadPool> = LazyLock::new(|| ThreadPool::new(1));
static RUNS: Event = Event::new();

/// Runs until the process ends.
fn outlive_main() {
    RUNS.set();
    stop_token().wait();
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("worker") => drop(Thread::new(outlive_main).name("worker").start()),
        Some("two") => {
            drop(Thread::new(outlive_main).name("one").start());
            drop(Thread::new(outlive_main).name("other").start());
        }
        Some("exit") => {
            drop(Thread::new(outlive_main).name("worker").start());
            RUNS.wait();
            std::process::exit(3);
        }
        Some("daemon") => drop(Thread::new(outlive_main).daemon(true).start()),
        Some("joined") => {
            spawn(RUNS_AND_ENDS).join().unwrap();
            return;
        }
        Some("sleeper") => {
            for _ in 0..2 {
                oversleep();
            }
            return;
        }
        Some("guard") => {
            let _guard = exit_guard();
            spawn(|| RUNS.wait());
            RUNS.set();
            return;
        }
        Some("pool") => POOL.submit(|| RUNS.set()).join().unwrap(),
        // As a test harness does, which runs the test on another thread.
        Some("elsewhere") => std::thread::spawn(|| drop(spawn(outlive_main)))
            .join()
            .unwrap(),
        other => unreachable!("{other:?}"),
    }
    RUNS.wait();
}

const RUNS_AND_ENDS: fn() = || RUNS.set();

/// Stops a thread that sleeps for a second, of which a third has passed.
fn oversleep() {
    let body = || {
        RUNS.set();
        threadkit::sleep(Duration::from_secs(1));
    };
    let sleeper = Thread::new(body).name("sleeper").start();
    RUNS.wait();
    threadkit::sleep(Duration::from_millis(333));
    sleeper.stop();
    sleeper.join().unwrap();
    RUNS.clear();
}
