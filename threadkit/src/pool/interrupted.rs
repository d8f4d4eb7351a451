//! The effects of a wait inside a task on the worker that waits.

/// A worker that is interrupted by a wait.
pub(super) trait Interrupted: Send + Sync {
    /// The wait begins: the place of the worker is lent, unless the wait has ended already.
    fn wait(&self);

    /// The wait ends: from now on the worker counts as running. It is woken after this call. Further calls have no
    /// effect.
    fn go_on(&self);
}
