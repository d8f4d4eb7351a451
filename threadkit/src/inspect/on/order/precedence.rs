//! What happened before the begin and the end of threads, tasks and timers.

use core::cell::Cell;
use std::sync::Arc;

use super::known;
use super::past::Past;
use super::strand::{Strand, exchange, with_current};
use crate::backend::QuietMutex;
use crate::local::local;

/// What happened before the begin and the end of an activity: of a thread, or of a task of a pool.
///
/// Until the activity has ended, this is the past of its begin, and then the past of its end. Every thread that has
/// seen the end reads it after that.
#[derive(Debug)]
pub(crate) struct Precedence(QuietMutex<Option<Arc<Passed>>>);

/// The past that one strand passes on to another. A strand without a past and a domain passes on nothing.
#[derive(Debug)]
struct Passed {
    past: Past,
    domain: u64,
}

fn pass_on() -> Option<Arc<Passed>> {
    with_current(|strand| {
        let (past, domain) = (strand.pass_on(), strand.domain());
        (past.len() > 0 || domain != 0).then(|| Arc::new(Passed { past, domain }))
    })?
}

impl Precedence {
    /// The past of an activity that the current strand begins.
    pub(crate) fn here() -> Self {
        Self(QuietMutex::new(pass_on()))
    }

    fn strand(&self) -> Strand {
        match self.0.lock().as_deref() {
            Some(passed) => Strand::begin(passed.past.clone(), passed.domain),
            None => Strand::begin(Past::NONE, 0),
        }
    }

    /// From now on, the current thread runs the activity.
    pub(crate) fn adopt(&self) {
        drop(exchange(Some(self.strand())));
    }

    /// Until the result is dropped, the current thread runs the activity.
    pub(crate) fn enter(&self) -> Entered {
        let mut strand = self.strand();
        if RUNS_IN_ORDER.get() {
            with_current(|current| strand.absorb(&current.pass_on(), known::strands));
        }
        Entered::begin(strand)
    }

    /// The activity is about to end, in the current strand.
    pub(crate) fn end(&self) {
        let passed = pass_on();
        let before = core::mem::replace(&mut *self.0.lock(), passed);
        drop(before);
    }

    /// Adds the past of the other activity to that of this one.
    pub(crate) fn add(&self, other: &Self) {
        let Some(other) = other.0.lock().clone() else {
            return;
        };
        let mut mine = self.0.lock();
        let mut past = mine
            .as_deref()
            .map_or(Past::NONE, |passed| passed.past.clone());
        past.merge(&other.past);
        let domain = other.domain;
        *mine = Some(Arc::new(Passed { past, domain }));
    }

    /// Adds it to the past of the current strand, which has seen the end or continues the begin.
    pub(crate) fn join(&self) {
        let passed = self.0.lock().clone();
        if let Some(passed) = passed {
            with_current(|strand| strand.absorb(&passed.past, known::strands));
        }
    }
}

local! {
    static RUNS_IN_ORDER: Cell<bool> = const { Cell::new(false) };
}

/// No other thread runs any of the tasks that the current thread enters from now on.
pub(crate) fn runs_tasks_in_order() {
    RUNS_IN_ORDER.set(true);
}

/// Enters a strand of that domain, which has nothing to do with what is outside of it.
pub(super) fn enter_domain(domain: u64) -> Entered {
    Entered::begin(Strand::begin(Past::NONE, domain))
}

/// The current thread runs a strand, which interrupts another one.
#[must_use = "the strand ends when it is dropped"]
#[derive(Debug)]
pub(crate) struct Entered {
    interrupted: Option<Strand>,
}

impl Entered {
    fn begin(strand: Strand) -> Self {
        Self {
            interrupted: exchange(Some(strand)),
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let ended = exchange(self.interrupted.take());
        // The interrupted strand continues.
        if let Some(mut ended) = ended {
            let past = ended.pass_on();
            with_current(|strand| {
                if strand.domain() == ended.domain() {
                    strand.absorb(&past, known::strands);
                }
            });
        }
    }
}
