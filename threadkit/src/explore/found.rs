//! A run that has failed.

use std::sync::Arc;

use super::body::Body;
use super::settings::Settings;
use super::verdict::verdict;
use crate::backend::explored::{self, Chooser, Execution, FailureKind, Run};

/// A run that has failed.
pub(super) struct Found {
    pub(super) what: String,
    pub(super) run: Run,
}

impl Found {
    /// The failure of a run, if it has failed. Its threads are taken off the list of threads.
    pub(super) fn of(run: Run, max_steps: usize, body: &Body) -> Option<Self> {
        let what = Self::what(&run, max_steps, body)?;
        Some(Self { what, run })
    }

    /// What is wrong with a run, if it has failed. Its threads are taken off the list of threads.
    pub(super) fn what(run: &Run, max_steps: usize, body: &Body) -> Option<String> {
        let what = match run.result {
            // A thread may have panicked after the body returned.
            Ok(()) => body.lost_panic()?,
            Err(failure) => verdict(failure, run, body, max_steps),
        };
        body.abandon();
        Some(what)
    }

    /// Runs the body once more; returns its failure, if it fails.
    ///
    /// Coroutines of a run that has failed may be left on the current thread, so others have a thread of their own.
    pub(super) fn repeat(
        chooser: impl Chooser + 'static,
        settings: &Settings,
        body: &Arc<Body>,
    ) -> Option<Self> {
        if let Some(reset) = &settings.reset {
            explored::putting_back(reset);
        }
        let execution = Execution::repeating(
            Box::new(chooser),
            settings.max_steps,
            settings.weak_memory,
            settings.kind(),
        );
        // Leaked: if the run fails, its threads sleep in it for ever.
        let execution: &'static Execution = Box::leak(Box::new(execution));
        let run_body = Arc::clone(body);
        let make = move || execution.run(Arc::new(move || run_body.run()));
        match execution.make_runs_apart(make) {
            Ok(run) => {
                let found = Self::of(run?, settings.max_steps, body);
                execution.free();
                found
            }
            Err(stuck) => Self::of(*stuck, settings.max_steps, body),
        }
    }

    /// Whether both have failed in the same way: with the same words, up to numbers.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let words = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
        let is_by_body = self.run.result == Ok(()) || self.run.result == Err(FailureKind::Failed);
        self.run.result == other.run.result
            && (!is_by_body || words(&self.what) == words(&other.what))
    }
}
