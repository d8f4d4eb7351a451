//! What an exploration finds besides failures: objects that outlive a run, or that other threads use as well.

use core::num::NonZeroU64;
use std::collections::BTreeSet;

use parking_lot::Mutex;

/// What the runs of an execution have found so far, in words.
#[derive(Default)]
pub(crate) struct Findings {
    /// The objects that more than one run has used.
    kept: Mutex<BTreeSet<String>>,
    /// The objects that foreign threads have used while a run used them.
    foreign_uses: Mutex<BTreeSet<String>>,
}

impl Findings {
    pub(crate) fn note_kept(&self, what: String) {
        self.kept.lock().insert(what);
    }

    /// The objects that have kept their value from one run to the next.
    pub(crate) fn kept(&self) -> Vec<String> {
        self.kept.lock().iter().cloned().collect()
    }

    /// The objects that foreign threads have used.
    pub(crate) fn foreign_uses(&self) -> Vec<String> {
        self.foreign_uses.lock().iter().cloned().collect()
    }

    /// Whether foreign threads have used an object.
    pub(super) fn has_foreign_uses(&self) -> bool {
        !self.foreign_uses.lock().is_empty()
    }
}

/// The runs in progress, by number.
static IN_PROGRESS: Mutex<Vec<(NonZeroU64, &'static Findings)>> = Mutex::new(Vec::new());

/// Notes that a foreign thread, which is no task of that run, uses an object that the run has used. Only while
/// the run is in progress: no schedule can place such a thread.
pub(crate) fn note_foreign_use(run: u64, what: impl FnOnce() -> String) {
    let run = NonZeroU64::new(run);
    let findings = run.and_then(|run| {
        let all = IN_PROGRESS.lock();
        all.iter().find(|(of, _)| *of == run).map(|(_, it)| *it)
    });
    if let Some(findings) = findings {
        findings.foreign_uses.lock().insert(what());
    }
}

/// Lists a run as in progress, until this is dropped.
pub(super) struct InProgress(NonZeroU64);

impl InProgress {
    pub(super) fn new(run: NonZeroU64, findings: &'static Findings) -> Self {
        IN_PROGRESS.lock().push((run, findings));
        Self(run)
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        IN_PROGRESS.lock().retain(|(run, _)| *run != self.0);
    }
}
