//! The message that says why a guard is not `Send`.

/// The bound of every guard's `Send`, which holds for no guard: the thread that acquired a guard releases it.
///
/// The message is on [`Takes`], and not on this trait. If the guard itself lacked the implementation, the
/// compiler would find that a reference to a guard is `Send`, and suggest to borrow the closure that moves
/// it.
pub trait LeavesItsThread {}

impl<G: ?Sized> LeavesItsThread for G where AnotherThread: Takes<G> {}

/// Stands for a thread that did not acquire the guard.
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
