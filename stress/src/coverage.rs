//! Which operations ran in which states.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use parking_lot::Mutex;

/// The state in which an operation finds its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum At {
    TaskPending,
    TaskClaimed,
    TaskDone,
    TaskCancelled,
    PoolOpen,
    PoolShut,
    PoolDropped,
    AfterMain,
    ThreadRunning,
    ThreadUnwinding,
    ThreadInDestructors,
}

/// The kind of object of an operation: in which states it can be, beside those of the thread that
/// does the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Task,
    Pool,
    Other,
}

/// The operations that wait, start, stop or end something.
pub(crate) const OPERATIONS: [(&str, Of); 58] = [
    ("Task::join", Of::Task),
    ("Task::wait", Of::Task),
    ("Task::wait_timeout", Of::Task),
    ("Task::wait_until", Of::Task),
    ("Task::await", Of::Task),
    ("Task::cancel", Of::Task),
    ("Task::stop", Of::Task),
    ("Task::on_done", Of::Task),
    ("wait_any", Of::Task),
    ("wait_any_until", Of::Task),
    ("wait_all", Of::Task),
    ("wait_all_until", Of::Task),
    ("as_completed", Of::Task),
    ("as_completed_until", Of::Task),
    ("Unrun::run", Of::Task),
    ("drop of an Unrun", Of::Task),
    ("end of a PoolScope", Of::Task),
    ("ThreadPool::submit", Of::Pool),
    ("ThreadPool::try_submit", Of::Pool),
    ("ThreadPool::submit_timeout", Of::Pool),
    ("ThreadPool::submit_until", Of::Pool),
    ("PoolScope::submit", Of::Pool),
    ("ThreadPool::map", Of::Pool),
    ("Map::next", Of::Pool),
    ("ThreadPool::shutdown", Of::Pool),
    ("ThreadPool::shutdown_timeout", Of::Pool),
    ("ThreadPool::shutdown_now", Of::Pool),
    ("drop of a ThreadPool", Of::Pool),
    ("Supervisor as a task", Of::Pool),
    ("spawn", Of::Other),
    ("scope", Of::Other),
    ("JoinHandle::join", Of::Other),
    ("JoinHandle::wait_timeout", Of::Other),
    ("JoinHandle::wait_until", Of::Other),
    ("JoinHandle::stop", Of::Other),
    ("Scope::stop", Of::Other),
    ("StopSource::stop", Of::Other),
    ("StopToken::wait", Of::Other),
    ("StopToken::wait_timeout", Of::Other),
    ("StopToken::on_stop", Of::Other),
    ("stop_all", Of::Other),
    ("Supervisor::start", Of::Other),
    ("Timer::after", Of::Other),
    ("Timer::every", Of::Other),
    ("Timer::with_pause", Of::Other),
    ("Timer::cancel", Of::Other),
    ("Timer::wait", Of::Other),
    ("Timer::wait_timeout", Of::Other),
    ("Timer::wait_until", Of::Other),
    ("sleep", Of::Other),
    ("Lock", Of::Other),
    ("RLock", Of::Other),
    ("RwLock::read", Of::Other),
    ("RwLock::write", Of::Other),
    ("Semaphore", Of::Other),
    ("exit_guard", Of::Other),
    ("ThreadLocal", Of::Other),
    ("set_excepthook", Of::Other),
];

/// Whether the operation can find its object in that state.
pub(crate) fn applies(what: &str, of: Of, at: At) -> bool {
    match (what, at) {
        // Only a pool that is shut down at once gives tasks back.
        ("Unrun::run" | "drop of an Unrun", At::PoolOpen) => return false,
        // A scope borrows its pool.
        ("end of a PoolScope", At::PoolDropped) => return false,
        _ => {}
    }
    match at {
        At::TaskPending | At::TaskClaimed | At::TaskDone | At::TaskCancelled => of == Of::Task,
        At::PoolOpen | At::PoolShut => of != Of::Other,
        // A pool that is dropped can be used through its tasks only.
        At::PoolDropped => of == Of::Task,
        _ => true,
    }
}

pub(crate) const ALL: [(At, &str); 11] = [
    (At::TaskPending, "task pending"),
    (At::TaskClaimed, "claimed"),
    (At::TaskDone, "done"),
    (At::TaskCancelled, "cancelled"),
    (At::PoolOpen, "pool open"),
    (At::PoolShut, "shut"),
    (At::PoolDropped, "dropped"),
    (At::AfterMain, "after `main`"),
    (At::ThreadRunning, "thread running"),
    (At::ThreadUnwinding, "unwinding"),
    (At::ThreadInDestructors, "in its thread-local destructors"),
];

type Table = BTreeMap<(&'static str, At), u64>;

// Not one of std, which a sanitizer sees only in part.
static TABLE: Mutex<Table> = Mutex::new(BTreeMap::new());
static EXPLORED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static IN_DESTRUCTORS: Cell<bool> = const { Cell::new(false) };
}

/// The programs from here on run under exploration.
pub(crate) fn set_explored(explored: bool) {
    EXPLORED.store(explored, Relaxed);
}

pub(crate) fn is_explored() -> bool {
    EXPLORED.load(Relaxed)
}

/// The current thread is destroying its thread-locals.
pub(crate) fn in_destructors() {
    let _ = IN_DESTRUCTORS.try_with(|here| here.set(true));
}

/// Counts that operation in that state.
pub(crate) fn add(what: &'static str, at: At) {
    *TABLE.lock().entry((what, at)).or_default() += 1;
}

/// Counts that operation in that state, and in the state of the current thread.
pub(crate) fn note(what: &'static str, at: At) {
    add(what, at);
    here(what);
}

/// Counts that operation in the state of the current thread.
pub(crate) fn here(what: &'static str) {
    let destructors = IN_DESTRUCTORS.try_with(Cell::get).unwrap_or(true);
    add(
        what,
        match (destructors, std::thread::panicking()) {
            (true, _) => At::ThreadInDestructors,
            (_, true) => At::ThreadUnwinding,
            _ => At::ThreadRunning,
        },
    );
}

/// The counts so far, a line for each cell.
pub(crate) fn lines() -> Vec<String> {
    let table = TABLE.lock();
    (table.iter())
        .map(|((what, at), count)| format!("{what}|{}|{count}", *at as usize))
        .collect()
}
