//! What could end a wait.

use core::panic::Location;

use crate::backend::TaskId;

/// What a thread waits for, as long as it waits.
///
/// Another thread asks it, under a lock that the waiting thread needs in order to go on. So an implementation is quick,
/// never blocks, takes locks by `try_lock` only, and calls no code of the user. A thread of an exploration asks for the
/// [description](Self::describe) too, which must not be a step: that could switch to a thread that needs the lock.
pub(crate) trait EndedBy: Sync {
    /// What could end the wait at this moment.
    fn enders(&self) -> Enders;

    /// Where the thread that makes this one wait has acquired what is waited for, if it was acquired.
    fn culprit(&self) -> Option<&'static Location<'static>> {
        None
    }

    /// What is waited for, as a part of a sentence.
    fn describe(&self) -> Option<String> {
        None
    }

    /// What else may keep the wait from ending, as a line of the report of a deadlock.
    fn obstacle(&self) -> Option<String> {
        None
    }
}

/// What any thread may do; the function says what that is, as [`describe`](EndedBy::describe) does.
pub(crate) struct ByAnyone<F>(pub(crate) F);

impl<F: Fn() -> Option<String> + Sync> EndedBy for ByAnyone<F> {
    fn enders(&self) -> Enders {
        Enders::Anyone
    }

    fn describe(&self) -> Option<String> {
        (self.0)()
    }
}

/// What could end a wait.
#[derive(Debug)]
#[cfg_attr(
    not(any(debug_assertions, feature = "inspect")),
    expect(dead_code, reason = "the form that compiles to nothing looks at none")
)]
pub(crate) enum Enders {
    /// The wait may end on its own: it is decided already, or the enders cannot be found out now.
    Over,
    /// Any thread of the process.
    Anyone,
    /// The wait lasts until each of these has done something, so one stuck thread among them is enough.
    All(Vec<Ender>),
    /// The threads that wait to write the lock with that address.
    Writers(usize),
}

/// A task that must do something before a wait ends.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(any(debug_assertions, feature = "inspect")),
    expect(dead_code, reason = "the form that compiles to nothing looks at none")
)]
pub(crate) struct Ender {
    pub(crate) task: TaskId,
    /// The number of its thread for the system, if that is known.
    pub(crate) native: Option<u64>,
    /// Where it acquired what is waited for.
    pub(crate) since: Option<&'static Location<'static>>,
}

impl Ender {
    pub(crate) fn task(task: TaskId) -> Self {
        Self {
            task,
            native: None,
            since: None,
        }
    }
}

impl Enders {
    /// The ends of these tasks. Without any, any thread may end the wait.
    pub(crate) fn tasks(tasks: impl IntoIterator<Item = TaskId>) -> Self {
        let mut all = Vec::new();
        for task in tasks {
            all.push(Ender::task(task));
        }
        match all.is_empty() {
            true => Self::Anyone,
            false => Self::All(all),
        }
    }
}

/// A wait for the end of a task or a thread.
pub(crate) struct EndOf(pub(crate) TaskId);

impl EndedBy for EndOf {
    fn enders(&self) -> Enders {
        Enders::tasks([self.0])
    }
}
