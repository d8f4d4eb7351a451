//! Notes of what threads do.

use super::form::here;
use super::step::Step;

/// Notes what the current thread does, if it runs under an exploration.
pub(crate) fn note(step: impl FnOnce() -> Step) {
    if let Some(task) = here() {
        task.note(step());
    }
}
