//! The identity of the current thread.

use core::cell::RefCell;
use core::mem::{self, ManuallyDrop};
use std::sync::{Arc, OnceLock};

use super::registry::{self, Identity};
use super::{nested, rename};
use crate::backend;
use crate::local::local;

/// What a thread knows of its identity.
enum Own {
    /// It has none, unless it is adopted.
    Unknown,
    /// It is the thread with this identity, and refers to it.
    Here(Arc<Identity>),
    /// It has left the list. It refers to nothing any more, because nothing of ours runs when its last thread-local is
    /// destroyed.
    Ended,
}

local! {
    /// Never dropped: a destructor would cost every thread a registration. A thread that threadkit has started ends it
    /// after its body, and an adopted one by `ADOPTED`.
    static OWN: ManuallyDrop<RefCell<Own>> = const { ManuallyDrop::new(RefCell::new(Own::Unknown)) };

    /// Used by adopted threads only.
    static ADOPTED: Adopted = const { Adopted };
}

/// Takes an adopted thread off the list when its thread-locals are destroyed.
struct Adopted;

impl Drop for Adopted {
    fn drop(&mut self) {
        if let Own::Here(identity) = end() {
            identity.leave();
        }
    }
}

/// Ends what this thread knows of its identity, and returns it.
fn end() -> Own {
    OWN.with(|own| mem::replace(&mut *own.borrow_mut(), Own::Ended))
}

/// The identity of this thread, or of the nested task that runs on it, if there is one.
///
/// `None` for a thread that is not adopted yet. A thread whose thread-locals are being destroyed has the same identity
/// as before as long as another one refers to it, as a handle does that waits for the thread; after that `None`.
pub(crate) fn current() -> Option<Arc<Identity>> {
    if let Some(identity) = nested::innermost() {
        return Some(identity);
    }
    OWN.with(|own| match &*own.borrow() {
        Own::Unknown => None,
        Own::Here(identity) => Some(Arc::clone(identity)),
        Own::Ended => registry::known(backend::task_id()),
    })
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
    let is_unknown = OWN.with(|own| matches!(*own.borrow(), Own::Unknown));
    if is_unknown && ADOPTED.try_with(|_| ()).is_ok() {
        registry::register(&identity);
        let kept = Own::Here(Arc::clone(&identity));
        OWN.with(|own| mem::replace(&mut *own.borrow_mut(), kept));
    }
    identity
}

/// Whether this thread has an identity, or cannot get one any more.
#[cfg_attr(
    not(any(debug_assertions, feature = "inspect")),
    expect(dead_code, reason = "asked where waits are noted")
)]
pub(crate) fn is_known() -> bool {
    let is_unknown = OWN.with(|own| matches!(*own.borrow(), Own::Unknown));
    !is_unknown || nested::is_nested()
}

/// Notes that the current task runs from that moment on, by the clock of the caller.
#[cfg_attr(
    not(any(debug_assertions, feature = "inspect")),
    expect(dead_code, reason = "called where waits are noted")
)]
pub(crate) fn note_running(since: u64) {
    match nested::innermost() {
        Some(identity) => identity.note_running(since),
        None => OWN.with(|own| {
            // A thread that has ended is not on the list any more.
            if let Own::Here(identity) = &*own.borrow() {
                identity.note_running(since);
            }
        }),
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

/// Until this is dropped, this thread is the one with that identity, which leaves the list before.
pub(crate) struct Entered(());

impl Drop for Entered {
    fn drop(&mut self) {
        drop(end());
    }
}

/// Makes this new thread the one with that identity.
#[must_use = "it is that thread until this is dropped"]
pub(crate) fn enter(identity: &Arc<Identity>) -> Entered {
    backend::adopt_task_id(identity.id());
    identity.test_run().make_current();
    rename::begin(identity);
    OWN.with(|own| *own.borrow_mut() = Own::Here(Arc::clone(identity)));
    Entered(())
}
