//! The layer that the programs are written against, on shuttle.

use std::sync::{Arc, PoisonError, TryLockError};
use std::time::Duration;

pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
pub(crate) use shuttle::sync::{MutexGuard as Guard, RwLockReadGuard, RwLockWriteGuard};

use shuttle::sync::mpsc;
use shuttle::thread;

/// Programs that need time are not run on shuttle, in which no wait ends by a timeout.
const NO_TIME: &str = "shuttle has no time";

pub(crate) struct Handle<T>(thread::JoinHandle<T>);

pub(crate) fn spawn<S, T>(shared: &Arc<S>, body: fn(&S) -> T) -> Handle<T>
where
    S: Send + Sync + 'static,
    T: Send + 'static,
{
    let shared = Arc::clone(shared);
    spawn_owning(move || body(&shared))
}

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

/// A switch to any thread, because shuttle has no time.
pub(crate) fn sleep(time: Duration) {
    thread::sleep(time);
}

pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(shuttle::sync::Mutex::new(value))
    }

    pub(crate) fn named(_: &'static str, value: T) -> Self {
        Self::new(value)
    }

    pub(crate) fn lock(&self) -> Guard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

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

pub(crate) struct RwLock<T>(shuttle::sync::RwLock<T>);

impl<T> RwLock<T> {
    pub(crate) fn named(_: &'static str, value: T) -> Self {
        Self(shuttle::sync::RwLock::new(value))
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Condvar(shuttle::sync::Condvar);

impl Condvar {
    pub(crate) fn new() -> Self {
        Self(shuttle::sync::Condvar::new())
    }

    pub(crate) fn wait<'a, T>(&self, guard: Guard<'a, T>) -> Guard<'a, T> {
        self.0.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn wait_timeout<'a, T>(&self, _: Guard<'a, T>, _: Duration) -> (Guard<'a, T>, bool) {
        unreachable!("{NO_TIME}")
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}

pub(crate) enum Sender<T> {
    Unbounded(mpsc::Sender<T>),
    Bounded(mpsc::SyncSender<T>),
}

pub(crate) struct Receiver<T>(mpsc::Receiver<T>);

pub(crate) fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel();
    (Sender::Unbounded(sender), Receiver(receiver))
}

pub(crate) fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::sync_channel(capacity);
    (Sender::Bounded(sender), Receiver(receiver))
}

impl<T> Sender<T> {
    pub(crate) fn send(&self, item: T) {
        let sent = match self {
            Self::Unbounded(sender) => sender.send(item),
            Self::Bounded(sender) => sender.send(item),
        };
        assert!(sent.is_ok(), "the channel is open");
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Unbounded(sender) => Self::Unbounded(sender.clone()),
            Self::Bounded(sender) => Self::Bounded(sender.clone()),
        }
    }
}

impl<T> Receiver<T> {
    /// The next item; `None` if all senders are gone.
    pub(crate) fn recv(&self) -> Option<T> {
        self.0.recv().ok()
    }

    pub(crate) fn try_recv(&self) -> Option<T> {
        self.0.try_recv().ok()
    }

    pub(crate) fn recv_timeout(&self, _: Duration) -> Option<T> {
        unreachable!("{NO_TIME}")
    }
}
