//! A trait for signals from one thread to another, so that one measurement works for all.

use std::sync::{Condvar, Mutex};

/// A signal from one thread to another, which waits for it and consumes it.
pub(crate) trait Signal: Send + Sync {
    /// What the row is called.
    const NAME: &'static str;

    /// A signal that is not set.
    fn new() -> Self;

    /// Sets it.
    fn give(&self);

    /// Waits until it is set, and consumes it.
    fn take(&self);
}

impl Signal for threadkit::Event {
    const NAME: &'static str = "threadkit Event";

    fn new() -> Self {
        Self::new()
    }

    fn give(&self) {
        self.set();
    }

    fn take(&self) {
        self.wait();
        self.clear();
    }
}

impl Signal for threadkit::Semaphore {
    const NAME: &'static str = "threadkit Semaphore";

    fn new() -> Self {
        Self::new(0)
    }

    fn give(&self) {
        self.release(1).unwrap();
    }

    fn take(&self) {
        self.acquire().forget();
    }
}

/// A flag under a lock, with a condition variable.
pub(crate) struct Flag<L, C> {
    given: L,
    changed: C,
}

impl Signal for Flag<threadkit::Lock<bool>, threadkit::Condition> {
    const NAME: &'static str = "threadkit Lock + Condition";

    fn new() -> Self {
        Self {
            given: threadkit::Lock::new(false),
            changed: threadkit::Condition::new(),
        }
    }

    fn give(&self) {
        *self.given.acquire() = true;
        self.changed.notify_one();
    }

    fn take(&self) {
        let mut given = self.given.acquire();
        self.changed.wait_while(&mut given, |given| !*given);
        *given = false;
    }
}

impl Signal for Flag<Mutex<bool>, Condvar> {
    const NAME: &'static str = "std Mutex + Condvar";

    fn new() -> Self {
        Self {
            given: Mutex::new(false),
            changed: Condvar::new(),
        }
    }

    fn give(&self) {
        *self.given.lock().unwrap() = true;
        self.changed.notify_one();
    }

    fn take(&self) {
        let given = self.given.lock().unwrap();
        *self.changed.wait_while(given, |given| !*given).unwrap() = false;
    }
}

impl Signal for Flag<parking_lot::Mutex<bool>, parking_lot::Condvar> {
    const NAME: &'static str = "parking_lot Mutex + Condvar";

    fn new() -> Self {
        Self {
            given: parking_lot::Mutex::new(false),
            changed: parking_lot::Condvar::new(),
        }
    }

    fn give(&self) {
        *self.given.lock() = true;
        self.changed.notify_one();
    }

    fn take(&self) {
        let mut given = self.given.lock();
        self.changed.wait_while(&mut given, |given| !*given);
        *given = false;
    }
}

/// An event that stays set, built from std.
impl Flag<Mutex<bool>, Condvar> {
    pub(crate) fn set(&self) {
        *self.given.lock().unwrap() = true;
        self.changed.notify_all();
    }

    pub(crate) fn wait(&self) {
        let given = self.given.lock().unwrap();
        drop(self.changed.wait_while(given, |given| !*given).unwrap());
    }
}

/// The same from parking_lot.
impl Flag<parking_lot::Mutex<bool>, parking_lot::Condvar> {
    pub(crate) fn set(&self) {
        *self.given.lock() = true;
        self.changed.notify_all();
    }

    pub(crate) fn wait(&self) {
        let mut given = self.given.lock();
        self.changed.wait_while(&mut given, |given| !*given);
    }
}

/// A number of permits under a lock: a semaphore built from std.
pub(crate) struct Permits {
    free: Mutex<usize>,
    released: Condvar,
}

impl Permits {
    pub(crate) fn new(free: usize) -> Self {
        Self {
            free: Mutex::new(free),
            released: Condvar::new(),
        }
    }

    pub(crate) fn acquire(&self) {
        let free = self.free.lock().unwrap();
        *self.released.wait_while(free, |free| *free == 0).unwrap() -= 1;
    }

    pub(crate) fn release(&self) {
        *self.free.lock().unwrap() += 1;
        self.released.notify_one();
    }
}
