//! Why a guard is not `Send`, in words.

/// Bounds `Send` of every guard, and holds for none: a guard is released by the thread that acquired it.
///
/// It has words only in two steps. If the guard itself were what lacks an implementation, the compiler
/// would find that a reference to one is `Send`, and advise to borrow the closure that moves it.
pub trait LeavesItsThread {}

impl<G: ?Sized> LeavesItsThread for G where AnotherThread: Takes<G> {}

/// A thread that did not acquire the guard.
#[derive(Debug)]
pub struct AnotherThread;

/// Nothing implements this: see [`LeavesItsThread`].
#[diagnostic::on_unimplemented(
    message = "`{G}` stays on the thread that acquired it",
    label = "this would take a guard to another thread",
    note = "let the other thread acquire the lock itself: share the lock as a `static` or in an `Arc`, or borrow it in a `threadkit::scope`",
    note = "in an `async` block, let go of the guard before `.await`",
    note = "what one thread takes and another gives back is an `OwnedPermit` of a `Semaphore`"
)]
pub trait Takes<G: ?Sized> {}
