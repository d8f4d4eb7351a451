//! The recordings that go on, and the logs that each thread has for them.

use core::cell::{Cell, RefCell};
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use super::super::clock::now;
use super::log::{Log, Session, Written};
use crate::backend::{QuietMutex, explored};
use crate::local::local;

/// Zero while nothing is recorded, else a number that changes whenever a recording begins or ends.
///
/// Written under the lock of [`SESSIONS`]. A thread that finds a number which it has not seen before takes that lock.
static ACTIVE: AtomicU64 = AtomicU64::new(0);

/// The recordings that have begun and not ended.
static SESSIONS: QuietMutex<Vec<Arc<Session>>> = QuietMutex::new(Vec::new());

/// Events of threads whose thread-locals were gone.
pub(super) static UNSEEN: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Not those of a coroutine: nothing is recorded in an exploration.
    static MINE: Mine = const { Mine(RefCell::new(Logs { seen: 0, logs: Vec::new() })) };
}

local! {
    /// Whether this thread runs in [`alone`]. No destructor: a thread may outlive its logs.
    static IS_BUSY: Cell<bool> = const { Cell::new(false) };
}

/// The logs of this thread. They are closed when its thread-locals are destroyed.
struct Mine(RefCell<Logs>);

struct Logs {
    /// The value of [`ACTIVE`] for which `logs` is right.
    seen: u64,
    logs: Vec<Arc<Log>>,
}

/// Changes the list of recordings, so that all threads notice it. To be called [`alone`].
pub(super) fn change(change: impl FnOnce(&mut Vec<Arc<Session>>)) {
    static CHANGES: AtomicU64 = AtomicU64::new(0);
    let mut sessions = SESSIONS.lock();
    change(&mut sessions);
    let changes = CHANGES.fetch_add(1, Ordering::Relaxed) + 1;
    let active = if sessions.is_empty() { 0 } else { changes };
    ACTIVE.store(active, Ordering::Relaxed);
}

impl Logs {
    /// Makes the logs those of the recordings that go on.
    #[cold]
    fn catch_up(&mut self, active: u64) {
        let sessions = SESSIONS.lock().clone();
        self.logs
            .retain(|log| sessions.iter().any(|one| Arc::ptr_eq(one, &log.session)));
        for session in &sessions {
            if !self
                .logs
                .iter()
                .any(|log| Arc::ptr_eq(&log.session, session))
            {
                self.logs.push(Session::admit(session));
            }
        }
        self.seen = active;
    }
}

impl Drop for Mine {
    fn drop(&mut self) {
        alone(|| self.0.get_mut().logs.drain(..).for_each(|log| log.close()));
    }
}

/// Runs `f`, of which nothing is recorded on this thread, unless the thread does so already.
///
/// It holds locks that a record may need, and it allocates. A memory allocator that uses locks meanwhile must not come
/// back here.
pub(super) fn alone<R>(f: impl FnOnce() -> R) -> Option<R> {
    if IS_BUSY.replace(true) {
        return None;
    }
    let result = f();
    IS_BUSY.set(false);
    Some(result)
}

/// Calls `f` for every log of this thread, with its content and the time, while anything is recorded.
#[inline]
pub(super) fn record(mut f: impl FnMut(&Log, &mut Written, u64)) {
    // Relaxed: the lock of the list of recordings orders what is read there.
    let active = ACTIVE.load(Ordering::Relaxed);
    if active != 0 {
        record_for(active, &mut f);
    }
}

/// Compiled once, not for each kind of event.
fn record_for(active: u64, f: &mut dyn FnMut(&Log, &mut Written, u64)) {
    // The threads of an exploration run by its own clock.
    if explored::here().is_some() {
        return;
    }
    let now = now();
    let with = |mine: &Mine| {
        let mut mine = mine.0.borrow_mut();
        if mine.seen != active {
            mine.catch_up(active);
        }
        for log in &mine.logs {
            let mut written = log.written.lock();
            if !written.is_closed {
                f(log, &mut written, log.session.time(now));
            }
        }
    };
    if alone(|| MINE.try_with(with)).is_some_and(|done| done.is_err()) {
        // Relaxed: it is only counted.
        UNSEEN.fetch_add(1, Ordering::Relaxed);
    }
}
