//! What the end of the process cuts off, because nothing in `main` waits for it: threads, tasks and timers.

use core::panic::Location;
use core::sync::atomic::{AtomicBool, Ordering};
use std::env;
use std::sync::OnceLock;

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

/// What a pool, or all timers together, have not done yet.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pending {
    /// Tasks that have not begun.
    pub(crate) tasks: usize,
    /// Timers that have never run.
    pub(crate) timers: usize,
}

/// Asks all pools and timers, once there is one.
static PENDING: OnceLock<fn() -> Pending> = OnceLock::new();

/// Notes how to ask all pools and timers.
pub(super) fn note_pending(pending: fn() -> Pending) {
    if inspect::report_delay().is_some() && PENDING.set(pending).is_ok() {
        backend::at_exit(report);
    }
}

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

/// Reports the timers that the end of `main` has cancelled.
pub(super) fn report_cancelled(timers: usize) {
    if timers > 0 && inspect::report_delay().is_some() && !is_a_test_harness() {
        let (timers, them) = unrun(timers);
        inspect::tell(&format!(
            "the end of `main` cancels {timers}: wait for {them}, or cancel {them} before"
        ));
    }
}

/// At the end of the process, reports what has not ended.
fn report() {
    if GUARDED.load(Ordering::Relaxed) || is_a_test_harness() {
        return;
    }
    report_threads();
    let Pending { tasks, timers } = PENDING.get().map(|pending| pending()).unwrap_or_default();
    let tasks = inspect::running_tasks() + tasks;
    if tasks > 0 {
        let s = if tasks == 1 { "" } else { "s" };
        inspect::tell(&format!(
            "the process ends with {tasks} task{s} of a pool unfinished: write `#[threadkit::main]` above \
             `fn main`, which then waits, or drop the pool in `main`"
        ));
    }
    if timers > 0 {
        let (timers, them) = unrun(timers);
        inspect::tell(&format!(
            "the process ends with {timers}: wait for {them}, or cancel {them}"
        ));
    }
}

/// So many timers, and how to refer to them.
fn unrun(timers: usize) -> (String, &'static str) {
    match timers {
        1 => ("1 timer that has not run".to_owned(), "it"),
        n => (format!("{n} timers that have not run"), "them"),
    }
}

fn report_threads() {
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
