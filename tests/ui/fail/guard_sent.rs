//! A guard stays on its thread, of whichever lock, and in whichever wrapper.

use std::sync::Arc;
use std::sync::mpsc;

use threadkit::{
    Lock, LockGuard, OwnedLockGuard, RLock, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

static LOCK: Lock<u32> = Lock::new(0);
static RLOCK: RLock<u32> = RLock::new(0);
static RWLOCK: RwLock<u32> = RwLock::new(0);

struct Session {
    guard: OwnedLockGuard<u32>,
}

fn sent_into_a_thread() {
    let guard = LOCK.acquire();
    threadkit::spawn(move || drop(guard)).join().unwrap();
}

fn sent_into_a_thread_of_std() {
    let guard = RLOCK.acquire();
    std::thread::spawn(move || println!("{guard}"));
}

fn borrowed_by_a_scope_and_moved() {
    let guard = RWLOCK.read();
    threadkit::scope(|s| {
        s.spawn(move || guard.release());
    });
}

fn inside_a_struct(lock: &Arc<Lock<u32>>) {
    let session = Session {
        guard: lock.acquire_owned(),
    };
    threadkit::spawn(move || session.guard.release());
}

fn in_a_message() {
    let (sender, receiver) = mpsc::channel();
    threadkit::spawn(move || receiver.recv());
    sender.send(RWLOCK.write()).unwrap();
}

async fn pause() {}

fn in_a_future() -> impl Future + Send {
    async {
        let guard = RWLOCK.upgradable();
        pause().await;
        guard.release();
    }
}

fn must_be_sent<T: Send>(_: T) {}

fn parts_and_owned_ones(rlock: &Arc<RLock<u32>>, rwlock: &Arc<RwLock<u32>>) {
    must_be_sent(LockGuard::map(LOCK.acquire(), |value| value));
    must_be_sent(RwLockReadGuard::map(RWLOCK.read(), |value| value));
    must_be_sent(RwLockWriteGuard::map(RWLOCK.write(), |value| value));
    must_be_sent(rlock.acquire_owned());
    let _: Box<dyn Send> = Box::new(rwlock.upgradable_owned());
}

fn main() {}
