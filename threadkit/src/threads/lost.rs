//! Panics that nobody will ask for.

use super::panics::Caught;
use super::thread_ref::ThreadRef;
use crate::backend::QuietMutex;
use crate::identity::Family;

/// The panics of threads whose handle was dropped, by test body.
///
/// Only threads of a test body leave one here, and the end of the test takes it away.
static LOST: QuietMutex<Vec<(Family, String)>> = QuietMutex::new(Vec::new());

/// Notes a panic that no join will return.
pub(super) fn note(thread: &ThreadRef, caught: Caught) {
    let family = thread.identity().family();
    if family != Family::NONE {
        let text = format!("thread `{}` {caught}", thread.name());
        LOST.lock().push((family, text));
    }
    caught.discard();
}

/// Takes away the panics that threads of that family have left.
pub(crate) fn take_lost(family: Family) -> Vec<String> {
    let lost = LOST
        .lock()
        .extract_if(.., |(of, _)| *of == family)
        .collect::<Vec<_>>();
    lost.into_iter().map(|(_, text)| text).collect()
}
