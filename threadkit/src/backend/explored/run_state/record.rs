//! What is remembered of a run, for its report, for a replay and to compare it with others.

use core::mem;
use core::panic::Location;
use core::ptr;
use std::collections::VecDeque;

use super::run::{FailureKind, Run, RunTask};
use crate::backend::explored::chooser::{OlderLoad, Stretch};
use crate::backend::explored::schedule::Schedule;
use crate::backend::explored::step::{Happening, Step};

/// How much of what happens in a run is remembered for the report of a failure.
const REMEMBERED: usize = 10_000;

/// How much of that is from the beginning of the run; the rest is from its end.
const FIRST: usize = 500;

/// A hash of what happens in a run, in order (FNV).
struct Trace(u64);

impl Default for Trace {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Trace {
    fn add(&mut self, what: usize) {
        self.0 = (self.0 ^ what as u64).wrapping_mul(0x0100_0000_01b3);
    }
}

/// What is remembered of the run in progress.
pub(super) struct Record {
    schedule: Schedule,
    stretches: Vec<Stretch>,
    older: Vec<OlderLoad>,
    happenings: VecDeque<Happening>,
    forgotten: usize,
    panic: Option<(usize, String)>,
    trace: Trace,
}

impl Record {
    /// With `weak_memory`, loads may return older values.
    pub(super) fn new(weak_memory: bool) -> Self {
        Self {
            schedule: Schedule {
                // With room for what happens in a small body, here and below.
                choices: Vec::with_capacity(64),
                weak_memory,
            },
            stretches: Vec::with_capacity(32),
            older: Vec::new(),
            happenings: VecDeque::with_capacity(64),
            forgotten: 0,
            panic: None,
            trace: Trace::default(),
        }
    }

    /// The run before is over, and [`take`](Self::take) has taken what was remembered of it.
    pub(super) fn begin_run(&mut self) {
        self.panic = None;
        self.trace = Trace::default();
    }

    /// Ends the run, of which this was remembered.
    pub(super) fn take(&mut self, result: Result<(), FailureKind>, tasks: Vec<RunTask>) -> Run {
        Run {
            result,
            schedule: Schedule {
                choices: mem::take(&mut self.schedule.choices),
                ..self.schedule
            },
            stretches: mem::take(&mut self.stretches),
            older: mem::take(&mut self.older),
            happenings: mem::take(&mut self.happenings),
            forgotten: mem::take(&mut self.forgotten),
            forgotten_at: FIRST,
            tasks,
            panic: self.panic.take(),
            trace: self.trace.0,
        }
    }

    /// Frees the memory. No run is made any more.
    pub(super) fn free(&mut self) {
        self.schedule.choices = Vec::new();
        self.stretches = Vec::new();
        self.older = Vec::new();
        self.happenings = VecDeque::new();
    }

    /// Uses the memory of a run that nobody needs any more for the next one.
    pub(super) fn recycle(&mut self, run: Run) {
        let Run {
            mut schedule,
            mut stretches,
            mut happenings,
            ..
        } = run;
        schedule.choices.clear();
        stretches.clear();
        happenings.clear();
        self.schedule.choices = schedule.choices;
        self.stretches = stretches;
        self.happenings = happenings;
    }

    /// Whether loads may return older values.
    pub(super) fn has_weak_memory(&self) -> bool {
        self.schedule.weak_memory
    }

    /// A choice was made.
    pub(super) fn chooses(&mut self, choice: usize) {
        self.schedule.choices.push(choice as u32);
    }

    /// One of that many candidates is the next task.
    pub(super) fn goes_on(&mut self, task: usize, candidates: usize) {
        self.trace.add(candidates);
        self.trace.add(task);
    }

    /// The task makes a step.
    pub(super) fn runs(&mut self, task: usize, by_timeout: bool) {
        match self.stretches.last_mut() {
            Some(last) if last.task == task && !by_timeout => last.steps += 1,
            _ => self.stretches.push(Stretch {
                task,
                by_timeout,
                steps: 1,
            }),
        }
    }

    /// A load returns an older value.
    pub(super) fn loads(&mut self, older: OlderLoad) {
        self.older.push(older);
    }

    /// This happens.
    pub(super) fn note(&mut self, happening: Happening) {
        if let Happening::Step(_, step) = &happening {
            self.trace_step(step);
        }
        if self.happenings.len() == REMEMBERED {
            self.happenings.remove(FIRST);
            self.forgotten += 1;
        }
        self.happenings.push_back(happening);
    }

    fn trace_step(&mut self, step: &Step) {
        // Places do not move, so their addresses stand for them.
        let address =
            |place: Option<&Location<'_>>| place.map_or(0, |place| ptr::from_ref(place).addr());
        self.trace.add(address(step.place));
        self.trace
            .add(address(step.object().map(|object| object.made)));
    }

    /// The step that the task has noted last, unless something else has happened to it since.
    pub(super) fn latest_step(&mut self, task: usize) -> Option<&mut Step> {
        let is_mine = |happening: &&mut Happening| happening.task() == task;
        match self.happenings.iter_mut().rev().find(is_mine)? {
            Happening::Step(_, step) => Some(step),
            _ => None,
        }
    }

    /// The task panics. The first panic of a run is remembered.
    pub(super) fn panics(&mut self, task: usize, what: impl FnOnce() -> String) {
        self.panic.get_or_insert_with(|| (task, what()));
    }
}
