//! What an exploration has noticed, whether a run has failed or not.

use core::fmt;

/// What an exploration has noticed, whether a run has failed or not.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    /// The objects that more than one run has used.
    pub(super) kept: Vec<String>,
    /// The objects that threads outside of the schedule have used.
    pub(super) foreign_uses: Vec<String>,
    /// Whether a run that was repeated has done something else.
    pub(super) is_unrepeatable: bool,
    /// How many runs there were, if they were all the same because no other thread ran in the body.
    pub(super) of_one_thread: Option<u64>,
}

/// A line for each note.
impl fmt::Display for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.kept.is_empty() {
            writeln!(
                f,
                "note: used in more than one run, and keeps its value from one to the next: {}; make it in the \
                 body, or put it back with `Explorer::reset`",
                self.kept.join(", ")
            )?;
        }
        if !self.foreign_uses.is_empty() {
            writeln!(
                f,
                "note: used by a thread that threadkit did not start in the body, which no schedule can place: {}; \
                 start it with `threadkit::spawn`",
                self.foreign_uses.join(", ")
            )?;
        }
        if self.is_unrepeatable {
            writeln!(
                f,
                "note: the body did not do the same when a run was repeated under the same schedule, so a schedule \
                 may not repeat a failure: it uses a clock, random numbers, the order of a `HashMap`, or what other \
                 threads do"
            )?;
        }
        if let Some(runs) = self.of_one_thread {
            writeln!(
                f,
                "note: no other thread ran in the body, so all {runs} runs were the same: start its threads with \
                 threadkit, because no schedule can place those of `std`"
            )?;
        }
        Ok(())
    }
}
