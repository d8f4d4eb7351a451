//! What a step uses, in words that hold for every run.

use crate::backend::explored::{Access, Use};

/// What a step uses, in words that hold for every run.
///
/// An object has another address in each run. So what a step of another run has used is remembered relative to what the
/// step begins with, which is known before it runs, or by the number of an object that was used before the step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum KnownUse {
    /// The object with which it begins, in this way.
    Same(Use),
    /// What is the same in all runs.
    Stable(Access),
    /// The object with that number.
    Numbered(usize, Use),
}

impl KnownUse {
    /// Of a step that begins with `first`. These objects were used before the step.
    pub(super) fn of(access: Access, first: Access, objects: &[usize]) -> Self {
        if access.is_stable() {
            Self::Stable(access)
        } else if access.object == first.object {
            Self::Same(access.by)
        } else {
            let number = objects.iter().position(|object| *object == access.object);
            match number {
                Some(number) => Self::Numbered(number, access.by),
                None => Self::Stable(Access::ANY),
            }
        }
    }

    /// In a run in which the step begins with `first`, and the objects have these numbers.
    pub(super) fn access(self, first: Access, objects: &[usize]) -> Access {
        match self {
            Self::Numbered(number, by) => match objects.get(number) {
                Some(object) => Access {
                    object: *object,
                    by,
                },
                None => Access::ANY,
            },
            Self::Same(by) => Access {
                object: first.object,
                by,
            },
            Self::Stable(access) => access,
        }
    }
}
