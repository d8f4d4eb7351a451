//! The layer that the programs are written against, on loom.

use std::sync::{Arc, PoisonError, TryLockError};
use std::time::Duration;

pub(crate) use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
pub(crate) use loom::sync::{MutexGuard as Guard, RwLockReadGuard, RwLockWriteGuard};

use loom::sync::mpsc;
use loom::thread;

/// Programs that need time are not run on loom, in which no wait ends by a timeout.
const NO_TIME: &str = "loom has no time";

pub(crate) struct Handle<T>(thread::JoinHandle<T>);

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
    Handle(thread::spawn(body))
}

impl<T> Handle<T> {
    pub(crate) fn join(self) -> T {
        self.0.join().unwrap()
    }
}

pub(crate) fn yield_now() {
    thread::yield_now();
}

pub(crate) fn sleep(_: Duration) {
    unreachable!("{NO_TIME}")
}

pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    #[track_caller]
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    #[track_caller]
    pub(crate) fn named(_: &'static str, value: T) -> Self {
        Self::new(value)
    }

    #[track_caller]
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    pub(crate) fn try_lock(&self) -> Option<Guard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    pub(crate) fn lock_timeout(&self, _: Duration) -> Option<Guard<'_, T>> {
        unreachable!("{NO_TIME}")
    }
}

pub(crate) struct RwLock<T>(loom::sync::RwLock<T>);

impl<T> RwLock<T> {
    #[track_caller]
    pub(crate) fn named(_: &'static str, value: T) -> Self {
        Self(loom::sync::RwLock::new(value))
    }

    #[track_caller]
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Condvar(loom::sync::Condvar);

impl Condvar {
    pub(crate) fn new() -> Self {
        Self(loom::sync::Condvar::new())
    }

    #[track_caller]
    pub(crate) fn wait<'a, T>(&self, guard: Guard<'a, T>) -> Guard<'a, T> {
        self.0.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn wait_timeout<'a, T>(&self, _: Guard<'a, T>, _: Duration) -> (Guard<'a, T>, bool) {
        unreachable!("{NO_TIME}")
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

pub(crate) struct Sender<T>(mpsc::Sender<T>);
pub(crate) struct Receiver<T>(mpsc::Receiver<T>);

#[track_caller]
pub(crate) fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel();
    (Sender(sender), Receiver(receiver))
}

pub(crate) fn bounded<T>(_: usize) -> (Sender<T>, Receiver<T>) {
    unreachable!("loom has no bounded channel")
}

impl<T> Sender<T> {
    #[track_caller]
    pub(crate) fn send(&self, item: T) {
        assert!(self.0.send(item).is_ok(), "the channel is open");
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Receiver<T> {
    /// The next item. Programs that look for the end of a channel are not run on loom, in which it cannot be seen.
    #[track_caller]
    pub(crate) fn recv(&self) -> Option<T> {
        self.0.recv().ok()
    }

    #[track_caller]
    pub(crate) fn try_recv(&self) -> Option<T> {
        self.0.try_recv().ok()
    }

    pub(crate) fn recv_timeout(&self, _: Duration) -> Option<T> {
        unreachable!("{NO_TIME}")
    }
}
