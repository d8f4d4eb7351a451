//! The state of a run.

use core::mem;
use core::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::Instant;

use super::record::Record;
use super::run::{FailureKind, Run, RunTask};
use super::task::{Status, Task};
use crate::backend::explored::chooser::{Candidate, Chooser};
use crate::backend::explored::memory::Memory;
use crate::backend::explored::signal::Signal;
use crate::backend::explored::spins::Spins;
use crate::backend::explored::step::{Act, Happening, StepValue};
use crate::backend::explored::{Access, Wake};

/// The value of `turn` when no task has it.
pub(crate) const CONTROLLER: usize = usize::MAX;

/// The state of a run. The choice of the next task depends on nothing else.
pub(crate) struct RunState {
    pub(crate) tasks: Vec<Task>,
    /// The task that runs. Every other thread waits until `turn` is its number.
    pub(crate) turn: usize,
    pub(crate) now: Instant,
    pub(super) sleeps: u64,
    /// The yields since a task last fell asleep or was woken.
    pub(super) yields: usize,
    pub(crate) steps: usize,
    /// The last number that was counted.
    pub(super) number: u64,
    pub(super) max_steps: usize,
    pub(super) chooser: Box<dyn Chooser>,
    pub(super) record: Record,
    /// Which values loads may return, if it may be others than the newest ones.
    pub(super) memory: Option<Memory>,
    /// Whether loads return the newest values all the same: threads outside of the run have used its objects, so what they
    /// have seen and done is not known.
    pub(crate) sees_newest_only: bool,
    /// The candidates of the step before, for their memory.
    pub(super) candidates: Vec<Candidate>,
    /// What the step that runs uses, if the strategy wants to know.
    pub(super) uses: Vec<Access>,
    pub(super) wants_uses: bool,
    /// The tasks of a run that nobody needs any more, for their memory.
    ended: Vec<RunTask>,
    /// Once this is set no task goes on, not even one that was stuck and comes back.
    pub(crate) failure: Option<FailureKind>,
}

/// Has no schedule.
struct NoSchedule;

impl Chooser for NoSchedule {
    fn next_run(&mut self) -> bool {
        false
    }

    fn choose(&mut self, _candidates: &[Candidate]) -> usize {
        0
    }

    fn pick(&mut self, _bound: usize) -> usize {
        0
    }
}

impl RunState {
    /// With `weak_memory`, loads may return older values.
    pub(crate) fn new(chooser: Box<dyn Chooser>, max_steps: usize, weak_memory: bool) -> Self {
        Self {
            tasks: Vec::new(),
            turn: CONTROLLER,
            now: Instant::now(),
            sleeps: 0,
            yields: 0,
            steps: 0,
            number: 0,
            max_steps,
            chooser,
            record: Record::new(weak_memory),
            memory: None,
            sees_newest_only: false,
            candidates: Vec::new(),
            uses: Vec::new(),
            wants_uses: false,
            ended: Vec::new(),
            failure: None,
        }
    }

    /// Begins the next run; `false` if there is no schedule left.
    pub(crate) fn next_run(&mut self) -> bool {
        if !self.chooser.next_run() {
            return false;
        }
        self.tasks.clear();
        self.steps = 0;
        self.number = 0;
        self.yields = 0;
        self.record.begin_run();
        self.uses.clear();
        self.memory = self.record.has_weak_memory().then(Memory::default);
        self.wants_uses = self.chooser.wants_uses();
        true
    }

    /// Whether the strategy has not noticed that the body does something else under the same schedule.
    pub(crate) fn is_repeatable(&self) -> bool {
        !self.chooser.has_diverged()
    }

    /// The run, which is over.
    pub(crate) fn take_run(&mut self) -> Run {
        if self.failure.is_none() {
            self.chooser.ends(&self.uses);
        }
        let result = self.failure.map_or(Ok(()), Err);
        let is_over = result.is_ok();
        let mut ended = mem::take(&mut self.ended);
        ended.extend((self.tasks.iter_mut()).map(|task| RunTask::of(task, is_over)));
        self.record.take(result, ended)
    }

    /// Frees the memory. No run is made any more, and no task goes on.
    pub(crate) fn free(&mut self) {
        self.tasks = Vec::new();
        self.chooser = Box::new(NoSchedule);
        self.record.free();
        self.memory = None;
        self.candidates = Vec::new();
        self.uses = Vec::new();
        self.ended = Vec::new();
    }

    /// Uses the memory of a run that nobody needs any more for the next one.
    pub(crate) fn recycle(&mut self, mut run: Run) {
        self.ended = mem::take(&mut run.tasks);
        self.ended.clear();
        self.record.recycle(run);
    }

    /// Notes what happens.
    pub(crate) fn note(&mut self, happening: Happening) {
        if let Happening::Step(task, step) = &happening {
            let task = &mut self.tasks[*task];
            match step.act {
                Act::Waits(_) => task.waits = Some((self.steps, *step)),
                Act::GoesOn => {
                    task.waits = None;
                    task.awaits = None;
                }
                _ => {}
            }
            if step.place.is_some() {
                task.last = Some((self.steps, *step));
            }
        }
        self.record.note(happening);
    }

    /// Notes the value after the step that the task has noted last.
    pub(crate) fn leaves(&mut self, task: usize, value: StepValue) {
        if let Some(step) = self.record.latest_step(task) {
            step.value = Some(value);
        }
    }

    /// Notes what that step orders.
    pub(crate) fn orders(&mut self, task: usize, order: Ordering) {
        if let Some(step) = self.record.latest_step(task) {
            step.order = Some(order);
        }
    }

    /// Notes what ends the wait in which that task is.
    pub(crate) fn awaits(&mut self, task: usize, key: usize) {
        self.tasks[task].awaits = Some(key);
    }

    /// Notes that the task ends the waits of others for what `key` stands for.
    pub(crate) fn wakes(&mut self, task: usize, key: usize) {
        for other in 0..self.tasks.len() {
            if other != task && self.tasks[other].awaits == Some(key) {
                self.tasks[other].awaits = None;
                self.note(Happening::Wakes(task, other));
            }
        }
    }

    /// Adds a task that is ready, and whose first step begins with `next`; returns its number.
    pub(in crate::backend::explored) fn add_task(
        &mut self,
        name: &str,
        next: Access,
        turn: Option<Arc<Signal>>,
    ) -> usize {
        self.tasks.push(Task {
            name: name.to_owned(),
            id: None,
            status: Status::Ready,
            yielded_to: Vec::new(),
            wake: Wake::Woken,
            next,
            synchronizes: next,
            loads: 0,
            inside: 0,
            spins: Spins::default(),
            last: None,
            waits: None,
            awaits: None,
            turn,
            native: None,
            os: None,
        });
        self.tasks.len() - 1
    }

    /// Whether all tasks but this one have ended.
    pub(crate) fn is_last(&self, me: usize) -> bool {
        let mut others = self.tasks.iter().enumerate();
        others.all(|(task, known)| task == me || matches!(known.status, Status::Ended))
    }

    pub(super) fn have_all_ended(&self) -> bool {
        let has_ended = |task: &Task| matches!(task.status, Status::Ended);
        self.tasks.iter().all(has_ended)
    }

    pub(crate) fn explores_starvation(&self) -> bool {
        !self.wants_uses
    }

    /// A number below `bound`, which is not zero, picked by the chooser.
    pub(crate) fn pick(&mut self, bound: usize) -> usize {
        if bound == 1 {
            return 0;
        }
        let picked = self.chooser.pick(bound);
        self.record.chooses(picked);
        picked
    }
}
