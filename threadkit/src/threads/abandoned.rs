//! Threads that the end of the process cuts off, because nothing in `main` waits for them.

use core::panic::Location;
use core::sync::atomic::{AtomicBool, Ordering};
use std::env;

use super::thread_ref::ThreadRef;
use crate::backend::{self, MAIN_TASK, QuietMutex};
use crate::inspect;

/// Whether there has been an exit guard: then the threads are waited for.
static GUARDED: AtomicBool = AtomicBool::new(false);

/// The threads that the main thread has started, and where; without daemons, and mostly without those that have ended.
///
/// Nothing is listed in builds that report nothing, and nothing while a guard is known to wait.
static STARTED: QuietMutex<Vec<(ThreadRef, &'static Location<'static>)>> =
    QuietMutex::new(Vec::new());

/// Notes that an exit guard waits for the threads.
pub(super) fn note_guard() {
    GUARDED.store(true, Ordering::Relaxed);
}

/// Notes a thread that the caller has started.
///
/// Only those of the main thread are noted: a test harness runs the tests on other threads, and may end while
/// something of theirs still runs. Threads that threadkit starts for its own purposes are no concern of the user's.
#[track_caller]
pub(super) fn note_start(thread: &ThreadRef) {
    let place = Location::caller();
    if inspect::report_delay().is_none()
        || thread.is_daemon()
        || backend::task_id() != MAIN_TASK
        || GUARDED.load(Ordering::Relaxed)
        || inspect::is_ours(place)
    {
        return;
    }
    let mut started = STARTED.lock();
    if started.capacity() == 0 {
        backend::at_exit(report);
    }
    if started.len() == started.capacity() {
        started.retain(|(thread, _)| thread.is_alive());
    }
    started.push((thread.clone(), place));
}

/// At the end of the process, reports which of the threads still run.
fn report() {
    if GUARDED.load(Ordering::Relaxed) || is_a_test_harness() {
        return;
    }
    // Another thread may hold it, and does not matter any more.
    let Some(started) = STARTED.try_lock() else {
        return;
    };
    for (thread, place) in started.iter().filter(|(thread, _)| thread.is_alive()) {
        inspect::tell(&format!(
            "the process ends while thread `{}` runs, which was started at {place}: write `#[threadkit::main]` \
             above `fn main`, which then waits for it, or join it, or start it as a daemon",
            thread.name(),
        ));
    }
}

/// Whether this is a harness that may run tests on its main thread: cargo builds them into this folder.
fn is_a_test_harness() -> bool {
    let program = env::current_exe().unwrap_or_default();
    let folder = program.parent().and_then(|folder| folder.file_name());
    folder.is_some_and(|folder| folder == "deps")
}
