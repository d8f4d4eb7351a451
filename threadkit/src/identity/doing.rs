//! What a thread is waiting for.

use core::fmt;
use core::panic::Location;

/// What a thread is waiting for, and from where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doing {
    /// The operation, as its user writes it: `join`, `StopToken::wait`.
    pub(crate) what: &'static str,
    pub(crate) place: &'static Location<'static>,
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "in {}, {}:{}",
            self.what,
            self.place.file(),
            self.place.line()
        )
    }
}
