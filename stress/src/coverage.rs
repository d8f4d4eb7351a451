//! Which operations have met which states.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use parking_lot::Mutex;

/// The state that an operation meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum At {
    TaskPending,
    TaskClaimed,
    TaskDone,
    TaskCancelled,
    PoolOpen,
    PoolShut,
    ThreadRunning,
    ThreadUnwinding,
    ThreadInDestructors,
}

pub(crate) const ALL: [(At, &str); 9] = [
    (At::TaskPending, "task pending"),
    (At::TaskClaimed, "claimed"),
    (At::TaskDone, "done"),
    (At::TaskCancelled, "cancelled"),
    (At::PoolOpen, "pool open"),
    (At::PoolShut, "shut"),
    (At::ThreadRunning, "thread running"),
    (At::ThreadUnwinding, "unwinding"),
    (At::ThreadInDestructors, "in its thread-local destructors"),
];

type Table = BTreeMap<(&'static str, At), u64>;

// Not std's, of which a sanitizer sees only half.
static TABLE: Mutex<Table> = Mutex::new(BTreeMap::new());
static EXPLORED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static IN_DESTRUCTORS: Cell<bool> = const { Cell::new(false) };
}

/// The programs that come now run under exploration.
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

fn add(what: &'static str, at: At) {
    *TABLE.lock().entry((what, at)).or_default() += 1;
}

/// That operation has met that state, on a thread in the state that it is in.
pub(crate) fn note(what: &'static str, at: At) {
    add(what, at);
    here(what);
}

/// That operation was called, on a thread in the state that it is in.
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

/// What was counted so far, a line for each cell.
pub(crate) fn lines() -> Vec<String> {
    let table = TABLE.lock();
    (table.iter())
        .map(|((what, at), count)| format!("{what}|{}|{count}", *at as usize))
        .collect()
}
