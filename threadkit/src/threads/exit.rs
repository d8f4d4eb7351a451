//! The end of `main`, and a stop of all threads.

use core::fmt;
use core::time::Duration;
use std::sync::{Arc, Weak};

use super::abandoned;
use super::blocked::blocked;
use super::current::{current, threads};
use super::lifecycle;
use super::thread_ref::ThreadRef;
use crate::backend::{QuietMutex, TaskId};
use crate::identity::{self, NestedIdentity};
use crate::inspect::{self, Call, EndOf, Operation};
use crate::wait::Until;

/// How long all daemons together have to end after they were stopped.
const GRACE: Duration = Duration::from_millis(200);

/// Waits for the threads when dropped; [`#[threadkit::main]`](macro@crate::main) puts one around
/// `main`.
///
/// Dropping it does this, also when `main` panics:
///
/// 1. It waits for every thread that threadkit started and that is not a daemon, including those that start
///    during the wait. [Timers](crate::Timer) run at their times until then. Idle workers of
///    [pools](crate::ThreadPool) end.
/// 2. It cancels all timers that are pending, so that every wait for one ends.
/// 3. It stops the daemons and gives them a moment to end.
/// 4. It waits again, for threads that daemons have started or pools that they have given work.
///
/// It waits for all of these threads, so drop it in `main` and not in a thread that one of them joins: the
/// two would wait for each other for ever.
///
/// `std::process::exit` and an abort skip all of it. Threads that drop a guard at the same time do not
/// wait for each other: each waits for those that begin later. A guard may also be dropped in the middle of a
/// program: timers, pools and threads that are made afterwards work as usual.
///
/// A thread has ended when its body has. The process may end while a thread that is not joined still
/// destroys its thread-locals, as with `std`. Drop in the body what must not be lost, or
/// [`join`](crate::JoinHandle::join) the thread, which waits for the destructors too.
///
/// In debug builds, a guard that waits for more than five seconds names the threads on standard error.
///
/// # Examples
///
/// ```
/// fn main() -> Result<(), std::num::ParseIntError> {
///     let _guard: threadkit::ExitGuard = threadkit::exit_guard();
///     threadkit::spawn(|| println!("printed before the process ends"));
///     "5".parse::<u32>()?; // also if this fails
///     Ok(())
/// }
/// ```
#[must_use = "dropping the guard is what waits: bind it with `let _guard = ..`; `let _ = ..` drops it at once too"]
pub struct ExitGuard(Call);

/// Requests every thread to stop: those that are alive, and those that will be started or adopted.
///
/// Use it to end the process as a whole, for instance on a signal. The token of the main thread is stopped
/// too, so a `main` that waits with it returns. It cannot be undone: a thread that is started from now on has
/// a token that is stopped already.
///
/// It stops only threads. A thread that does not check its token goes on, and so does a wait without one.
/// [Timers](crate::Timer) still run at their times, those made before and those made afterwards, until [`main`
/// ends](ExitGuard); what a timer runs finds its own [`stop_token`](crate::stop_token) stopped.
///
/// # Examples
///
/// ```
/// let workers: Vec<_> = (0..3)
///     .map(|_| threadkit::spawn(|| threadkit::stop_token().wait()))
///     .collect();
///
/// threadkit::stop_all();
/// threadkit::join_all(workers).unwrap();
/// assert!(threadkit::stop_token().is_stopped());
/// assert!(threadkit::spawn(|| threadkit::stop_token().is_stopped()).join().unwrap());
/// ```
pub fn stop_all() {
    // The order matters. A thread is registered before its starter looks at the flag, and an adopted thread before its
    // lifecycle is made, which looks at the flag. Either that look finds the flag set, or the list below has the
    // thread; the lock of the list orders the two.
    lifecycle::note_all_stopped();
    for thread in threads() {
        thread.stop();
    }
}

/// Makes the guard that waits for all threads when it is dropped.
///
/// [`#[threadkit::main]`](macro@crate::main) calls this; call it in a `main` without the attribute.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// static DONE: AtomicBool = AtomicBool::new(false);
///
/// {
///     let _guard = threadkit::exit_guard();
///     threadkit::spawn(|| DONE.store(true, Ordering::Relaxed)); // not joined
/// }
/// assert!(DONE.load(Ordering::Relaxed), "the guard has waited for it");
/// ```
#[track_caller]
pub fn exit_guard() -> ExitGuard {
    // The current thread is adopted, so that it is listed under its own name.
    let _ = current();
    abandoned::note_guard();
    ExitGuard(Operation::END_OF_MAIN.here())
}

/// An object that would delay the end of the process, for a reason that ends with `main`.
pub(crate) trait Dismiss: Send + Sync {
    /// `main` has returned: idle threads end, now and from now on.
    fn dismiss(&self) {}

    /// The threads that must finish have finished: cancels what is to be done later.
    fn cancel_pending(&self) {}
}

/// The objects that are notified of the end, and whether it has begun.
///
/// # Invariant
///
/// An object is dismissed if it is registered when an end begins or until that end is over. Both
/// happen under the lock: an end is listed and copies the listeners in one step, and a registration
/// adds to the listeners and looks for an end in one step. So one of the two sees the other.
struct Ends {
    /// The threads that drop an exit guard.
    under_way: Vec<TaskId>,
    listeners: Vec<Weak<dyn Dismiss>>,
}

static ENDS: QuietMutex<Ends> = QuietMutex::new(Ends {
    under_way: Vec::new(),
    listeners: Vec::new(),
});

/// Registers an object for the end of `main`; during the end it is dismissed at once.
pub(crate) fn at_end(listener: Weak<dyn Dismiss>) {
    let mut ends = ENDS.lock();
    let listeners = &mut ends.listeners;
    listeners.retain(|listener| listener.strong_count() > 0);
    listeners.push(Weak::clone(&listener));
    let is_ending = !ends.under_way.is_empty();
    drop(ends);
    if let Some(listener) = listener.upgrade().filter(|_| is_ending) {
        listener.dismiss();
    }
}

/// An end is under way until this is dropped.
struct End {
    here: TaskId,
    /// The threads that dropped a guard before and may wait for the current one.
    waiting_for_it: Vec<TaskId>,
}

impl End {
    fn begin() -> Self {
        // A guard that a nested task drops keeps its host from ending as well.
        let here = NestedIdentity::undermost();
        let host = identity::find(here);
        let is_awaited = host.is_some_and(|host| host.is_started_here() && !host.is_daemon());
        let mut ends = ENDS.lock();
        let waiting_for_it = match is_awaited {
            true => ends.under_way.clone(),
            false => Vec::new(),
        };
        ends.under_way.push(here);
        let listeners = ends.alive();
        drop(ends);
        for listener in listeners {
            listener.dismiss();
        }
        Self {
            here,
            waiting_for_it,
        }
    }

    /// The threads that this end waits for.
    ///
    /// Of several threads that drop a guard at the same time, each waits for those that begin later, so
    /// no two wait for each other. A thread that no guard waits for, such as the main one, waits for all.
    fn awaited(&self) -> Vec<ThreadRef> {
        others(&|other| !other.is_daemon() && !self.waiting_for_it.contains(&other.id()))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let under_way = &mut ENDS.lock().under_way;
        if let Some(at) = under_way.iter().position(|id| *id == self.here) {
            under_way.swap_remove(at);
        }
    }
}

/// The threads of that kind that threadkit has started, without those that run the current code.
fn others(kind: &dyn Fn(&ThreadRef) -> bool) -> Vec<ThreadRef> {
    let mut others = threads();
    others.retain(|one| {
        one.identity().is_started_here() && !identity::runs_here(one.id()) && kind(one)
    });
    others
}

impl Ends {
    fn alive(&self) -> Vec<Arc<dyn Dismiss>> {
        self.listeners.iter().filter_map(Weak::upgrade).collect()
    }
}

impl Drop for ExitGuard {
    fn drop(&mut self) {
        let _waiting = self.0.waiting();
        let _blocked = blocked();
        let end = End::begin();
        wait_for_workers(&end, self.0);
        let listeners = ENDS.lock().alive();
        for listener in listeners {
            listener.cancel_pending();
        }
        stop_daemons();
        // A daemon may have given work to other threads when it was stopped, or before.
        wait_for_workers(&end, self.0);
    }
}

/// Waits until all threads that must finish have finished.
fn wait_for_workers(end: &End, call: Call) {
    let mut reported = false;
    while let Some(worker) = end.awaited().first() {
        let thread = EndOf(worker.id());
        let _waiting = call.waiting_for(&thread);
        let limit = inspect::report_delay().filter(|_| !reported);
        let until = limit.map_or(Until::FOREVER, Until::after);
        if worker.lifecycle().wait_for_end(&until).is_err() {
            report_awaited(end);
            reported = true;
        }
    }
}

/// Stops the daemons, and waits for them as long as their grace lasts.
fn stop_daemons() {
    let daemons = others(&ThreadRef::is_daemon);
    for daemon in &daemons {
        daemon.stop();
    }
    let grace = Until::after(GRACE);
    for daemon in &daemons {
        // A daemon that has not ended by now ends with the process.
        let _ = daemon.lifecycle().wait_for_end(&grace);
    }
}

fn report_awaited(end: &End) {
    let awaited: Vec<_> = end.awaited().iter().map(ThreadRef::describe).collect();
    if !awaited.is_empty() {
        inspect::tell(&format!(
            "main has returned; still waiting for {}: stop it, or start it as a daemon",
            inspect::joined(&awaited, ", ")
        ));
    }
}

impl fmt::Debug for ExitGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExitGuard")
    }
}
