//! The common parts of the tests: bounded waits, counters, and random numbers that repeat.

#![allow(dead_code, reason = "each test file uses a part of this")]

#[cfg(feature = "explore")]
pub(crate) mod explored;

use std::cell::OnceCell;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use threadkit::{State, Task, ThreadPool, ThreadRef, WhenFull, stop_token};

/// Far longer than anything here takes on a busy machine, and short enough to wait for a failure.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A pause in which a waiter mostly comes to its wait. Nothing may depend on it: it makes the interesting order likely,
/// and the tests hold in every order.
pub(crate) const MOMENT: Duration = Duration::from_millis(20);

/// Whether this build tracks the holders of locks, and which threads wait.
pub(crate) const TRACKED: bool = cfg!(any(debug_assertions, feature = "explore"));

/// How much longer the stress tests are in a release build. There each performs more than a million operations.
pub(crate) const SCALE: u64 = if cfg!(debug_assertions) { 1 } else { 12 };

/// Runs `f` on a thread of `std`, and fails the test if it has not ended after [`LONG`].
///
/// The test fails by name instead of hanging; a hanging thread is left behind.
#[track_caller]
pub(crate) fn bounded<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    let name = thread::current().name().unwrap_or("a test").to_owned();
    let (done, ended) = mpsc::channel();
    let runner = thread::Builder::new()
        .name(name.clone())
        .spawn(move || {
            let result = f();
            // The receiver waits for this, unless the time was up.
            let _ = done.send(result);
        })
        .expect("there is room for one more thread");
    match ended.recv_timeout(LONG) {
        Ok(result) => {
            runner.join().expect("it has sent its result");
            result
        }
        Err(RecvTimeoutError::Disconnected) => match runner.join() {
            Err(payload) => resume_unwind(payload),
            Ok(()) => unreachable!("it ends without a result only by a panic"),
        },
        Err(RecvTimeoutError::Timeout) => panic!("`{name}` has not ended after {LONG:?}"),
    }
}

/// Waits until `condition` holds, yielding in between; fails after [`LONG`].
#[track_caller]
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + LONG;
    while !condition() {
        assert!(Instant::now() < end, "not after {LONG:?}: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Waits until that thread waits. In a build that does not track waits, gives it a [`MOMENT`] for that.
#[track_caller]
pub(crate) fn until_waiting(thread: &ThreadRef) {
    if TRACKED {
        eventually("it waits", || {
            matches!(thread.state(), State::Waiting { .. })
        });
    } else {
        thread::sleep(MOMENT);
    }
}

/// Runs `f` and returns the message of its panic.
#[track_caller]
pub(crate) fn panic_of(f: impl FnOnce()) -> String {
    let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f))
        .expect_err("it should have panicked");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload
            .downcast::<&'static str>()
            .map_or_else(|_| "no text".to_owned(), |text| (*text).to_owned()),
    }
}

/// A task that runs until it is stopped, and does run when this returns.
#[track_caller]
pub(crate) fn occupy(pool: &ThreadPool) -> Task<()> {
    let (entered, begun) = mpsc::channel();
    let task = pool.submit(move || {
        // The receiver waits for this, unless the time was up.
        let _ = entered.send(());
        stop_token().wait();
    });
    begun.recv_timeout(LONG).expect("a thread is free");
    task
}

/// Runs `f` as a task that is nested on this thread, within the current one: a pool that is full runs
/// what is submitted in the thread that submits it.
#[track_caller]
pub(crate) fn nested<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    let here = thread::current().id();
    let pool = ThreadPool::builder(1)
        .backlog(1, WhenFull::RunInCaller)
        .build();
    let busy = occupy(&pool);
    let _backlog = pool.submit(|| ());
    let task = pool.submit(move || (thread::current().id(), f()));
    busy.stop();
    let (there, result) = task.join().expect("it does not panic");
    assert_eq!(here, there, "it has run on this thread");
    result
}

/// Runs `f` when this thread ends, while its thread-locals are destroyed. Once on each thread.
pub(crate) fn at_thread_end(f: impl FnOnce() + 'static) {
    struct AtEnd(Option<Box<dyn FnOnce()>>);
    impl Drop for AtEnd {
        fn drop(&mut self) {
            self.0.take().expect("it is dropped once")();
        }
    }
    thread_local!(static AT_END: OnceCell<AtEnd> = const { OnceCell::new() });
    AT_END.with(|cell| assert!(cell.set(AtEnd(Some(Box::new(f)))).is_ok()));
}

/// Runs `f` in the destructor of a thread-local of a thread of `std`, when that ends, and returns its result.
#[track_caller]
pub(crate) fn in_destructor<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, result) = mpsc::channel();
    let thread = thread::spawn(move || {
        at_thread_end(move || send.send(f()).expect("the receiver waits"));
    });
    let result = result.recv_timeout(LONG).expect("the destructor ends");
    thread.join().expect("it has sent its result");
    result
}

/// Counts how often values made by it are dropped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drops(Arc<AtomicUsize>);

impl Drops {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn value(&self) -> Dropped {
        Dropped(self.clone())
    }
}

/// Counts its own end.
#[derive(Debug)]
pub(crate) struct Dropped(Drops);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Panics when dropped, unless that would end the process.
#[derive(Debug)]
pub(crate) struct Bomb(pub(crate) Dropped);

impl Drop for Bomb {
    fn drop(&mut self) {
        if !thread::panicking() {
            panic!("a destructor that panics");
        }
    }
}

/// Panics when dropped, in every case: two of them at a time end the process.
#[derive(Debug)]
pub(crate) struct Landmine(pub(crate) Dropped);

impl Drop for Landmine {
    fn drop(&mut self) {
        panic!("a destructor that panics whenever it runs");
    }
}

/// A room for one thread: only a lock that works keeps two threads from meeting here.
#[derive(Debug, Default)]
pub(crate) struct Inside(AtomicUsize);

impl Inside {
    pub(crate) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    #[track_caller]
    pub(crate) fn enter(&self) {
        assert_eq!(
            self.0.fetch_add(1, Ordering::Relaxed),
            0,
            "another thread is in"
        );
    }

    pub(crate) fn leave(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// Goes in and out again, and fails if another thread is there.
    #[track_caller]
    pub(crate) fn visit(&self) {
        self.enter();
        thread::yield_now();
        self.leave();
    }
}

/// Numbers that look random, and are the same in every run.
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
