//! The identity of the current thread.

use core::cell::OnceCell;
use std::sync::{Arc, OnceLock};

use super::registry::{self, Identity};
use super::{nested, rename};
use crate::backend;
use crate::local::local;

local! {
    static OCCUPANT: OnceCell<Occupant> = const { OnceCell::new() };
}

/// The identity of the thread whose thread-local this is.
///
/// An adopted thread leaves the list when its thread-locals are destroyed; a thread that threadkit started
/// has left before.
struct Occupant(Arc<Identity>);

impl Drop for Occupant {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// The identity of this thread, or of the nested task that runs on it, if there is one.
///
/// `None` for a thread that is not adopted yet, and while the thread-locals of this thread are being
/// destroyed.
pub(crate) fn current() -> Option<Arc<Identity>> {
    if let Some(identity) = nested::innermost() {
        return Some(identity);
    }
    OCCUPANT
        .try_with(|cell| cell.get().map(|occupant| Arc::clone(&occupant.0)))
        .ok()
        .flatten()
}

/// Gives this thread, which threadkit did not start, an identity, and lists it among the live ones.
///
/// While thread-locals are being destroyed, the identity cannot be kept and would stay on the list; it is
/// then used by this one caller.
#[cold]
pub(crate) fn adopt() -> Arc<Identity> {
    let identity = if backend::task_id() == backend::MAIN_TASK {
        main()
    } else {
        Identity::for_adoption()
    };
    identity.note_native_id();
    let keep = Arc::clone(&identity);
    let _ = OCCUPANT.try_with(|cell| {
        registry::register(&keep);
        // It was empty a moment ago, and only this thread can reach its cell.
        let _ = cell.set(Occupant(keep));
    });
    identity
}

/// Whether this thread has an identity, or cannot get one any more.
#[cfg_attr(
    not(any(debug_assertions, feature = "inspect")),
    expect(dead_code, reason = "asked where waits are noted")
)]
pub(crate) fn is_known() -> bool {
    let is_occupied = OCCUPANT.try_with(|cell| cell.get().is_some());
    is_occupied.unwrap_or(true) || nested::is_nested()
}

/// Notes that the current task runs from that moment on, by the clock of the caller.
#[cfg_attr(
    not(any(debug_assertions, feature = "inspect")),
    expect(dead_code, reason = "called where waits are noted")
)]
pub(crate) fn note_running(since: u64) {
    match nested::innermost() {
        Some(identity) => identity.note_running(since),
        // While thread-locals are being destroyed, the thread is not on the list any more.
        None => drop(OCCUPANT.try_with(|cell| {
            if let Some(occupant) = cell.get() {
                occupant.0.note_running(since);
            }
        })),
    }
}

/// The identity of the main thread, which is listed from now on.
pub(crate) fn main() -> Arc<Identity> {
    static MAIN: OnceLock<Arc<Identity>> = OnceLock::new();
    let identity = MAIN.get_or_init(|| {
        let identity = Identity::for_main();
        registry::register(&identity);
        identity
    });
    Arc::clone(identity)
}

/// Makes this new thread the one with that identity.
pub(crate) fn enter(identity: &Arc<Identity>) {
    backend::adopt_task_id(identity.id());
    identity.test_run().make_current();
    rename::begin(identity);
    OCCUPANT.with(|cell| {
        let _ = cell.set(Occupant(Arc::clone(identity)));
    });
}
