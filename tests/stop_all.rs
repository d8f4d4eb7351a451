//! One request stops everything that listens. It stops the whole process of the test for good, so this is the only test
//! of its binary.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use support::until_waiting;
use threadkit::{
    Barrier, BrokenBarrier, Condition, Event, JoinHandle, Latch, Lock, Once, Queue, Semaphore,
    StopToken, Thread, ThreadPool, WaitError, monitor, spawn, stop_all, stop_token,
};

const ROUNDS: usize = 8;

/// Objects for which threads wait without success.
#[derive(Default)]
struct Vain {
    event: Event,
    changed: Condition,
    state: Lock<bool>,
    once: Once<u8>,
    never: threadkit::StopSource,
}

/// A monitor whose condition never holds.
struct Door {
    open: bool,
}

#[monitor(SharedDoor)]
impl Door {
    pub(crate) fn new() -> Self {
        Self { open: false }
    }

    #[when(self.open, until)]
    pub(crate) fn pass(&self) {}
}

/// Starts one thread for each way to wait.
fn start(vain: &Arc<Vain>, threads: &mut Vec<JoinHandle<bool>>) {
    let mut wait = |name: &str, body: fn(&Vain, &StopToken) -> bool| {
        let vain = Arc::clone(vain);
        let thread = Thread::new(move || body(&vain, &stop_token())).name(name);
        threads.push(thread.start());
    };
    wait("event", |vain, stop| {
        vain.event.wait_until(stop) == Err(WaitError::Stopped)
    });
    wait("event, with a deadline", |vain, stop| {
        let both = (Duration::from_secs(3600), stop);
        vain.event.wait_until(both) == Err(WaitError::Stopped)
    });
    wait("condition", |vain, stop| {
        let mut state = vain.state.acquire();
        while !*state {
            match vain.changed.wait_until(&mut state, stop) {
                Ok(()) => {}
                Err(error) => return error == WaitError::Stopped,
            }
        }
        false
    });
    wait("condition, with a predicate", |vain, stop| {
        let mut state = vain.state.acquire();
        let waited = vain
            .changed
            .wait_while_until(&mut state, stop, |there| !*there);
        waited == Err(WaitError::Stopped)
    });
    wait("semaphore", |_, stop| {
        let none = Semaphore::new(0);
        none.acquire_until(stop).is_err()
    });
    wait("barrier", |_, stop| {
        let crowd = Barrier::new(2);
        matches!(crowd.wait_until(stop), Err(BrokenBarrier { .. }))
    });
    wait("latch", |_, stop| {
        Latch::new(1).wait_until(stop) == Err(WaitError::Stopped)
    });
    wait("once", |vain, stop| vain.once.wait_until(stop).is_err());
    wait("queue, empty", |_, stop| {
        let queue = Queue::<u8>::bounded(1);
        queue.get_until(stop).is_err()
    });
    wait("queue, full", |_, stop| {
        let queue = Queue::bounded(1);
        queue.put(1).unwrap();
        queue.put_until(2, stop).is_err()
    });
    wait("another token", |vain, stop| {
        vain.never.token().wait_until(stop) == Err(WaitError::Stopped)
    });
    wait("its own token", |_, stop| {
        stop.wait();
        true
    });
    wait("another task", |_, stop| {
        let pool = ThreadPool::new(1);
        let other = pool.submit(|| stop_token().wait());
        let waited = other.wait_until(stop);
        // The worker is stopped as well, and its task with it.
        other.stop();
        other.join().unwrap();
        matches!(waited, Ok(()) | Err(WaitError::Stopped))
    });
    wait("monitor", |_, stop| {
        let closed = SharedDoor::new();
        closed.pass_until(stop) == Err(WaitError::Stopped)
    });
    wait("another thread", |_, stop| {
        let other = spawn(|| stop_token().wait());
        let waited = other.wait_until(stop);
        // It is stopped as well, so either of the two may come first.
        other.join().unwrap();
        matches!(waited, Ok(()) | Err(WaitError::Stopped))
    });
}

#[test]
fn a_hundred_blocked_threads_end_at_one_request() {
    let vain = Arc::new(Vain::default());
    let mut threads = Vec::new();
    for _ in 0..ROUNDS {
        start(&vain, &mut threads);
    }
    assert!(threads.len() >= 100, "{}", threads.len());
    for thread in &threads {
        until_waiting(thread.thread());
    }
    let count = threadkit::active_count();
    let before = Instant::now();
    stop_all();
    let outcomes: Vec<_> = threads
        .into_iter()
        .map(|thread| (thread.name(), thread.join()))
        .collect();
    let took = before.elapsed();
    println!("{count} threads, all blocked, ended {took:?} after one request");
    for (name, outcome) in outcomes {
        assert!(outcome.unwrap(), "`{name}` did not end by the stop");
    }
    // It takes milliseconds; the limit for a busy machine is a hundred times as long.
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(stop_token().is_stopped());
    assert!(spawn(|| stop_token().is_stopped()).join().unwrap());
}
