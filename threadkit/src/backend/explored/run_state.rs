//! The state of a run: its tasks, which of them can run, and the choice of the next one.

use core::mem;
use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use super::Wake;
use super::chooser::{Candidate, Chooser, Stretch};
use super::schedule::Schedule;
use super::signal::Signal;
use super::step::Happening;

/// The value of `turn` when no task has it.
pub(super) const CONTROLLER: usize = usize::MAX;

/// After this number of yields, during which no task fell asleep or was woken, time moves on to the next deadline:
/// a task that spins may wait for one that sleeps.
const IDLE_YIELDS: usize = 100;

/// Why a run failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// The body reported a failure.
    Failed,
    /// No task can run, and not all tasks have ended.
    Deadlock,
    /// The run has taken more steps than allowed.
    Endless,
    /// A task has not come to its next step: it waits for something that the exploration does not see.
    Stuck,
}

/// How much of what happens in a run is remembered for the report of a failure.
const REMEMBERED: usize = 10_000;

/// A run that is over.
pub(crate) struct Run {
    pub(crate) result: Result<(), FailureKind>,
    pub(crate) schedule: Schedule,
    /// Which task ran when.
    pub(crate) stretches: Vec<Stretch>,
    /// What happened, without the beginning if it is very much.
    pub(crate) happenings: VecDeque<Happening>,
    /// The names of the tasks.
    pub(crate) names: Vec<String>,
}

/// Whether a task can run.
pub(super) enum Status {
    Ready,
    Sleeping {
        key: Option<usize>,
        deadline: Option<Instant>,
        since: u64,
    },
    Ended,
}

/// A task of a run.
pub(super) struct Task {
    name: String,
    pub(super) status: Status,
    /// The tasks to which it has yielded and which have not run since.
    ///
    /// Each of them was ready then and has not been chosen since, so it is still ready. A task that yields has just
    /// been chosen, so it is in no list. Hence the tasks that wait for each other in this way form no cycle, and
    /// there is always a ready task with an empty list.
    yielded_to: Vec<usize>,
    pub(super) wake: Wake,
    pub(super) turn: Arc<Signal>,
    pub(super) os: Option<thread::JoinHandle<()>>,
}

/// The state of a run. The choice of the next task depends on nothing else.
pub(super) struct RunState {
    pub(super) tasks: Vec<Task>,
    /// The task that runs. Every other thread waits until `turn` is its number.
    pub(super) turn: usize,
    pub(super) now: Instant,
    sleeps: u64,
    /// The yields since a task last fell asleep or was woken.
    yields: usize,
    pub(super) steps: usize,
    /// The last number that was counted.
    number: u64,
    max_steps: usize,
    chooser: Box<dyn Chooser>,
    schedule: Schedule,
    stretches: Vec<Stretch>,
    happenings: VecDeque<Happening>,
    /// Once this is set no task goes on, not even one that was stuck and comes back.
    pub(super) failure: Option<FailureKind>,
}

impl RunState {
    pub(super) fn new(chooser: Box<dyn Chooser>, max_steps: usize) -> Self {
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
            schedule: Schedule::default(),
            stretches: Vec::new(),
            happenings: VecDeque::new(),
            failure: None,
        }
    }

    /// Begins the next run; `false` if there is no schedule left.
    pub(super) fn next_run(&mut self) -> bool {
        if !self.chooser.next_run() {
            return false;
        }
        self.tasks.clear();
        self.steps = 0;
        self.number = 0;
        self.yields = 0;
        true
    }

    /// The run, which is over.
    pub(super) fn take_run(&mut self) -> Run {
        Run {
            result: self.failure.map_or(Ok(()), Err),
            schedule: mem::take(&mut self.schedule),
            stretches: mem::take(&mut self.stretches),
            happenings: mem::take(&mut self.happenings),
            names: self.tasks.iter().map(|task| task.name.clone()).collect(),
        }
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// Notes what happens.
    pub(super) fn note(&mut self, happening: Happening) {
        if self.happenings.len() == REMEMBERED {
            self.happenings.pop_front();
        }
        self.happenings.push_back(happening);
    }

    /// Adds a task that is ready; returns its number.
    pub(super) fn add_task(&mut self, name: &str) -> usize {
        self.tasks.push(Task {
            name: name.to_owned(),
            status: Status::Ready,
            yielded_to: Vec::new(),
            wake: Wake::Woken,
            turn: Arc::new(Signal::new()),
            os: None,
        });
        self.tasks.len() - 1
    }

    fn have_all_ended(&self) -> bool {
        let has_ended = |task: &Task| matches!(task.status, Status::Ended);
        self.tasks.iter().all(has_ended)
    }

    /// The task that runs next; `None` if none can, or the run has failed.
    pub(super) fn choose(&mut self, current: Option<usize>) -> Option<usize> {
        if self.failure.is_some() {
            return None;
        }
        self.steps += 1;
        if self.steps > self.max_steps {
            self.failure = Some(FailureKind::Endless);
            return None;
        }
        let ready = |task: &usize| {
            let task = &self.tasks[*task];
            matches!(task.status, Status::Ready) && task.yielded_to.is_empty()
        };
        let current = current.filter(ready);
        let others = (0..self.tasks.len()).filter(|task| Some(*task) != current);
        let mut candidates: Vec<Candidate> = current
            .into_iter()
            .chain(others.clone().filter(ready))
            .map(|task| Candidate {
                task,
                by_timeout: false,
                current: Some(task) == current,
            })
            .collect();
        if candidates.is_empty() || self.yields > IDLE_YIELDS {
            // All tasks sleep or spin: time moves on to the first deadline.
            self.yields = 0;
            let deadline_of = |task: usize| match self.tasks[task].status {
                Status::Sleeping {
                    deadline: Some(deadline),
                    since,
                    ..
                } => Some((deadline, since)),
                _ => None,
            };
            let first = (0..self.tasks.len())
                .filter_map(|task| deadline_of(task).map(|key| (key, task)))
                .min();
            match first {
                Some((_, first)) => {
                    self.time_out(first);
                    return Some(first);
                }
                None if candidates.is_empty() => return None,
                None => {}
            }
        }
        let timed = |task: &usize| {
            matches!(
                self.tasks[*task].status,
                Status::Sleeping {
                    deadline: Some(_),
                    ..
                }
            )
        };
        candidates.extend(others.filter(timed).map(|task| Candidate {
            task,
            by_timeout: true,
            current: false,
        }));
        let index = match candidates.len() {
            1 => {
                self.chooser.step_of(candidates[0].task);
                0
            }
            _ => {
                let index = self.chooser.choose(&candidates);
                self.schedule.0.push(index as u32);
                index
            }
        };
        let Candidate {
            task, by_timeout, ..
        } = candidates[index];
        if by_timeout {
            self.time_out(task);
        }
        match self.stretches.last_mut() {
            Some(last) if last.task == task && !by_timeout => last.steps += 1,
            _ => self.stretches.push(Stretch {
                task,
                by_timeout,
                steps: 1,
            }),
        }
        for other in &mut self.tasks {
            other.yielded_to.retain(|to| *to != task);
        }
        Some(task)
    }

    /// Lets the deadline of a sleeping task pass.
    fn time_out(&mut self, task: usize) {
        self.note(Happening::TimedOut(task));
        if let Status::Sleeping {
            deadline: Some(deadline),
            ..
        } = self.tasks[task].status
        {
            self.now = self.now.max(deadline);
        }
        self.tasks[task].status = Status::Ready;
        self.tasks[task].wake = Wake::TimedOut;
    }

    /// Ends a task; returns the one that runs next.
    pub(super) fn end_task(&mut self, task: usize) -> Option<usize> {
        self.tasks[task].status = Status::Ended;
        self.note(Happening::Ends(task));
        let next = self.choose(None);
        if next.is_none() && self.failure.is_none() && !self.have_all_ended() {
            self.failure = Some(FailureKind::Deadlock);
        }
        next
    }

    /// Lets `me` yield to all tasks that are ready now.
    pub(super) fn note_yield(&mut self, me: usize) {
        self.yields += 1;
        self.tasks[me].yielded_to = (0..self.tasks.len())
            .filter(|task| *task != me && matches!(self.tasks[*task].status, Status::Ready))
            .collect();
    }

    /// A number below `bound`, picked by the chooser.
    pub(super) fn pick(&mut self, bound: usize) -> usize {
        let picked = self.chooser.pick(bound);
        self.schedule.0.push(picked as u32);
        picked
    }

    /// Lets `me` fall asleep.
    pub(super) fn note_sleep(&mut self, me: usize, key: Option<usize>, deadline: Option<Instant>) {
        self.sleeps += 1;
        self.yields = 0;
        self.tasks[me].status = Status::Sleeping {
            key,
            deadline,
            since: self.sleeps,
        };
    }

    /// Wakes the task that has slept longest under `key`, and returns its number.
    pub(super) fn wake(&mut self, key: usize, wake: Wake) -> Option<usize> {
        let since_of = |task: &Task| match task.status {
            Status::Sleeping {
                key: Some(under),
                since,
                ..
            } if under == key => Some(since),
            _ => None,
        };
        let (_, first) = (0..self.tasks.len())
            .filter_map(|task| since_of(&self.tasks[task]).map(|since| (since, task)))
            .min()?;
        self.tasks[first].status = Status::Ready;
        self.tasks[first].wake = wake;
        self.yields = 0;
        Some(first)
    }

    /// How many tasks sleep under `key`.
    pub(super) fn asleep_under(&self, key: usize) -> usize {
        let is_there = |task: &&Task| matches!(task.status, Status::Sleeping { key: Some(under), .. } if under == key);
        self.tasks.iter().filter(is_there).count()
    }
}
