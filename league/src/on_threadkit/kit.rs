//! The layer that the programs are written against, on threadkit.
//!
//! Its functions are tracked, so that a report names the line of the program.

use std::sync::Arc;
use std::time::Duration;

pub(crate) use threadkit::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
pub(crate) use threadkit::{LockGuard as Guard, RwLockReadGuard, RwLockWriteGuard};

use threadkit::{Condition, Lock, Producer, Queue};

pub(crate) struct Handle<T>(threadkit::JoinHandle<T>);

#[track_caller]
pub(crate) fn spawn<S, T>(shared: &Arc<S>, body: fn(&S) -> T) -> Handle<T>
where
    S: Send + Sync + 'static,
    T: Send + 'static,
{
    let shared = Arc::clone(shared);
    spawn_owning(move || body(&shared))
}

#[track_caller]
pub(crate) fn spawn_owning<T: Send + 'static>(
    body: impl FnOnce() -> T + Send + 'static,
) -> Handle<T> {
    Handle(threadkit::spawn(body))
}

impl<T> Handle<T> {
    #[track_caller]
    pub(crate) fn join(self) -> T {
        self.0.join().unwrap()
    }
}

#[track_caller]
pub(crate) fn yield_now() {
    threadkit::yield_now();
}

#[track_caller]
pub(crate) fn sleep(time: Duration) {
    threadkit::sleep(time);
}

pub(crate) struct Mutex<T>(Lock<T>);

impl<T> Mutex<T> {
    #[track_caller]
    pub(crate) fn new(value: T) -> Self {
        Self(Lock::new(value))
    }

    #[track_caller]
    pub(crate) fn named(name: &'static str, value: T) -> Self {
        Self(Lock::named(name, value))
    }

    #[track_caller]
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        self.0.acquire()
    }

    #[track_caller]
    pub(crate) fn try_lock(&self) -> Option<Guard<'_, T>> {
        self.0.try_acquire()
    }

    #[track_caller]
    pub(crate) fn lock_timeout(&self, time: Duration) -> Option<Guard<'_, T>> {
        self.0.acquire_timeout(time).ok()
    }
}

pub(crate) struct RwLock<T>(threadkit::RwLock<T>);

impl<T> RwLock<T> {
    #[track_caller]
    pub(crate) fn named(name: &'static str, value: T) -> Self {
        Self(threadkit::RwLock::named(name, value))
    }

    #[track_caller]
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read()
    }

    #[track_caller]
    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write()
    }
}

pub(crate) struct Condvar(Condition);

impl Condvar {
    #[track_caller]
    pub(crate) fn new() -> Self {
        Self(Condition::new())
    }

    #[track_caller]
    pub(crate) fn wait<'a, T>(&self, mut guard: Guard<'a, T>) -> Guard<'a, T> {
        self.0.wait(&mut guard);
        guard
    }

    /// Waits for a notification for that time; returns whether there was one.
    #[track_caller]
    pub(crate) fn wait_timeout<'a, T>(
        &self,
        mut guard: Guard<'a, T>,
        time: Duration,
    ) -> (Guard<'a, T>, bool) {
        let notified = self.0.wait_timeout(&mut guard, time);
        (guard, notified)
    }

    #[track_caller]
    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    #[track_caller]
    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}

pub(crate) struct Sender<T>(Producer<Queue<T>>);
pub(crate) struct Receiver<T>(Queue<T>);

#[track_caller]
pub(crate) fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let queue = Queue::unbounded();
    (Sender(queue.producer()), Receiver(queue))
}

#[track_caller]
pub(crate) fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let queue = Queue::bounded(capacity);
    (Sender(queue.producer()), Receiver(queue))
}

impl<T> Sender<T> {
    #[track_caller]
    pub(crate) fn send(&self, item: T) {
        assert!(self.0.put(item).is_ok(), "the channel is open");
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Receiver<T> {
    /// The next item; `None` if all senders are gone.
    #[track_caller]
    pub(crate) fn recv(&self) -> Option<T> {
        self.0.get().ok()
    }

    #[track_caller]
    pub(crate) fn try_recv(&self) -> Option<T> {
        self.0.try_get().ok()
    }

    #[track_caller]
    pub(crate) fn recv_timeout(&self, time: Duration) -> Option<T> {
        self.0.get_timeout(time).ok()
    }
}
