//! A worker that waits inside a task, as its wait and what ends it see it.

/// A worker that is interrupted by a wait.
pub(super) trait Interrupted: Send + Sync {
    /// The wait begins: the place of the worker is lent, unless it has ended already.
    fn wait(&self);

    /// The wait ends: from now on the worker counts as running. Called before it is woken, and perhaps again.
    fn go_on(&self);
}
