//! The first panic in a scope that no joiner took.

use core::mem;

use crate::backend::Mutex;
use crate::panics::Caught;

/// The first panic of a scope's tasks that no joiner took.
#[derive(Default)]
pub(super) struct Lost(Mutex<Fate>);

#[derive(Default)]
enum Fate {
    #[default]
    Open,
    Panicked(Caught),
    /// The scope has ended, and takes no more.
    Closed,
}

impl Lost {
    /// Keeps a panic for the end of the scope; returns it if there is one already, or the scope has
    /// ended.
    pub(super) fn keep(&self, caught: Caught) -> Option<Caught> {
        let mut fate = self.0.lock();
        match *fate {
            Fate::Open => {
                *fate = Fate::Panicked(caught);
                None
            }
            _ => Some(caught),
        }
    }

    /// Ends the scope; returns what was kept.
    pub(super) fn close(&self) -> Option<Caught> {
        match mem::replace(&mut *self.0.lock(), Fate::Closed) {
            Fate::Panicked(caught) => Some(caught),
            _ => None,
        }
    }
}
