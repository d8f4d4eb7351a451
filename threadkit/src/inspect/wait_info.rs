//! What a thread is waiting for.

use core::fmt;
use core::panic::Location;

use super::operation::Operation;
use crate::backend::TaskId;
use crate::backend::explored::Subject;
use crate::identity;

/// What a thread is waiting for, and from where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WaitInfo {
    pub(crate) operation: Operation,
    /// The name of the lock that it is about, if there is one with a name.
    pub(crate) lock: Option<&'static str>,
    /// The task that held the lock when the wait began.
    pub(crate) holder: Option<TaskId>,
    pub(crate) place: &'static Location<'static>,
    /// The lock that it is about: its address while the wait lasts, and where it was made.
    #[cfg_attr(
        not(any(debug_assertions, feature = "inspect")),
        expect(dead_code, reason = "the form that compiles to nothing makes none")
    )]
    pub(crate) instance: Option<(usize, &'static Location<'static>)>,
    /// What else it is about, as an exploration shows it.
    #[cfg_attr(
        not(any(debug_assertions, feature = "inspect")),
        expect(dead_code, reason = "the form that compiles to nothing makes none")
    )]
    pub(crate) about: Option<Subject>,
}

impl WaitInfo {
    /// The operation, with the name of the lock that it is about.
    pub(crate) fn what(&self) -> String {
        match self.lock {
            Some(lock) => format!("{} `{lock}`", self.operation),
            None => self.operation.to_string(),
        }
    }
}

impl fmt::Display for WaitInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, place) = (self.what(), self.place);
        write!(f, "in {what}, {}:{}", place.file(), place.line())?;
        match self.holder.map(identity::find) {
            Some(Some(holder)) => write!(f, ", held by `{}`", holder.name()),
            _ => Ok(()),
        }
    }
}
