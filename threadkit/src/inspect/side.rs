//! The words of reports for the ways of holding a readers-writer lock.

use super::operation::Operation;
use crate::backend::Side;

impl Side {
    /// The verb for a thread that acquires this side, in reports.
    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Read => "reads",
            Self::Upgradable => "reads upgradably",
            Self::Write => "writes",
        }
    }

    /// The activity of a thread that acquires this side of `lock`, for reports.
    pub(super) fn acquires(self, lock: &str) -> String {
        match self {
            Self::Upgradable => format!("reads {lock} upgradably"),
            Self::Read | Self::Write => format!("{} {lock}", self.verb()),
        }
    }

    /// The operation that acquires this side.
    #[cfg_attr(
        not(any(debug_assertions, feature = "inspect")),
        expect(dead_code, reason = "the form that compiles to nothing notes nothing")
    )]
    pub(super) fn operation(self) -> Operation {
        match self {
            Self::Read => Operation::READ,
            Self::Upgradable => Operation::UPGRADABLE,
            Self::Write => Operation::WRITE,
        }
    }
}
