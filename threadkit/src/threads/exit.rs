//! The end of `main`: nobody who must finish is cut off.

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::io::{self, Write};
use std::sync::Weak;

use super::current::{current, threads};
use super::thread_ref::ThreadRef;
use crate::backend::QuietMutex;
use crate::inspect;
use crate::wait::Until;

/// How long daemons have, all together, to end after they were stopped.
const GRACE: Duration = Duration::from_millis(200);

/// Waits for the threads when dropped; what [`#[threadkit::main]`](macro@crate::main) puts around
/// `main`.
///
/// Dropping it waits for every thread that threadkit started and that is no daemon, including those
/// started meanwhile; then stops the daemons, gives them a moment to end, and waits for work that they
/// left to others. It does so as well when `main` panics. `std::process::exit` and an abort skip it.
///
/// A thread has ended when its body has. One that nobody joins may then be cut off in the midst of
/// destroying its thread-locals, as those of `std` are: what must not be lost, drop in the body, or
/// [`join`](crate::JoinHandle::join) the thread, which waits for the destructors too.
///
/// In debug builds, one that waits for more than five seconds says on standard error for whom.
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
pub struct ExitGuard(());

/// Whether [`stop_all`] was called.
static ALL_STOPPED: AtomicBool = AtomicBool::new(false);

/// Requests every thread to stop: those that are alive, and those that will be started or met.
///
/// For when the process as a whole is to end, as on a signal: `main`'s own token is stopped too, so a
/// `main` that waits with it returns, and whoever waits for the others finds them ending. There is no
/// way back. A thread started from now on has a token that is stopped already.
///
/// What listens to no token goes on; so does a wait without one.
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
    // The order matters: whoever starts or meets a thread registers it and then looks. Either it sees that all
    // are stopped, or the list below has it; the lock of the list orders the two.
    ALL_STOPPED.store(true, Ordering::SeqCst);
    for thread in threads() {
        thread.stop();
    }
}

/// Whether a thread that starts now is to be stopped from the beginning.
pub(super) fn is_all_stopped() -> bool {
    ALL_STOPPED.load(Ordering::SeqCst)
}

/// Makes the guard that waits for all threads when it is dropped.
///
/// [`#[threadkit::main]`](macro@crate::main) does this for you; call it if you build `main` yourself.
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
pub fn exit_guard() -> ExitGuard {
    // Known from now on as the thread that was there first.
    let _ = current();
    ExitGuard(())
}

/// What keeps threads that have nothing to do, and does not want the end of the process to wait for them.
pub(crate) trait Dismiss: Send + Sync {
    /// Lets those go that have nothing to do, now and from now on.
    fn dismiss(&self);
}

/// Who is to be told when `main` has returned. Locked to add one or to copy the list.
static AT_END: QuietMutex<Vec<Weak<dyn Dismiss>>> = QuietMutex::new(Vec::new());

/// Has it told when `main` has returned, if it is still there.
pub(crate) fn at_end(keeper: Weak<dyn Dismiss>) {
    let mut keepers = AT_END.lock();
    keepers.retain(|keeper| keeper.strong_count() > 0);
    keepers.push(keeper);
}

fn dismiss_idle() {
    let keepers: Vec<_> = AT_END.lock().iter().filter_map(Weak::upgrade).collect();
    for keeper in keepers {
        keeper.dismiss();
    }
}

impl Drop for ExitGuard {
    fn drop(&mut self) {
        let _waiting = inspect::waiting("the end of main");
        wait_for_workers();
        dismiss_daemons();
        // A daemon may have left work to others when it was stopped, or before.
        wait_for_workers();
    }
}

/// Waits until no thread is left that must finish.
fn wait_for_workers() {
    dismiss_idle();
    let mut told = false;
    while let Some(worker) = threads().into_iter().find(must_finish) {
        let patience = inspect::patience_over().filter(|_| !told);
        let until = patience.map_or(Until::FOREVER, Until::after);
        if worker.life().ended.wait(&until).is_err() {
            tell_who_is_awaited();
            told = true;
        }
    }
}

fn must_finish(thread: &ThreadRef) -> bool {
    thread.identity().is_started_here() && !thread.is_daemon() && !thread.is_current()
}

/// Stops the daemons, and waits for them as long as their grace lasts.
fn dismiss_daemons() {
    let daemons: Vec<_> = threads()
        .into_iter()
        .filter(|thread| thread.identity().is_started_here() && thread.is_daemon())
        .filter(|thread| !thread.is_current())
        .collect();
    for daemon in &daemons {
        daemon.stop();
    }
    let grace = Until::after(GRACE);
    for daemon in &daemons {
        // One that has not ended by now ends with the process.
        let _ = daemon.life().ended.wait(&grace);
    }
}

fn tell_who_is_awaited() {
    let awaited: Vec<_> = threads()
        .into_iter()
        .filter(must_finish)
        .map(|thread| match inspect::doing_of(thread.identity().id()) {
            Some(doing) => format!("`{}` ({doing})", thread.name()),
            None => format!("`{}`", thread.name()),
        })
        .collect();
    if !awaited.is_empty() {
        // A standard error that nobody reads is no reason to panic.
        let _ = writeln!(
            io::stderr(),
            "main has returned; still waiting for {}: stop it, or start it as a daemon",
            awaited.join(", ")
        );
    }
}

impl fmt::Debug for ExitGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExitGuard")
    }
}
