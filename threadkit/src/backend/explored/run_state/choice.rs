//! The choice of the task that runs next.

use core::mem;

use super::run::FailureKind;
use super::state::RunState;
use super::task::{Status, Task};
use crate::backend::explored::chooser::Candidate;
use crate::backend::explored::step::Happening;
use crate::backend::explored::{Access, Wake};

/// After this number of yields, during which no task fell asleep or was woken, time moves on to the next deadline:
/// a task that spins may wait for one that sleeps.
const IDLE_YIELDS: usize = 100;

/// Whether the task sleeps until a deadline.
fn is_timed(task: &Task) -> bool {
    matches!(
        task.status,
        Status::Sleeping {
            deadline: Some(_),
            ..
        }
    )
}

impl RunState {
    /// The task that runs next; `None` if none can, or the run has failed. If `is_kept`, a strategy cannot choose another
    /// one than the current, as long as that can go on.
    pub(crate) fn choose(&mut self, current: Option<usize>, is_kept: bool) -> Option<usize> {
        if self.failure.is_some() {
            return None;
        }
        self.steps += 1;
        if self.steps > self.max_steps {
            self.failure = Some(FailureKind::Endless);
            return None;
        }
        let ready =
            |task: &Task| matches!(task.status, Status::Ready) && task.yielded_to.is_empty();
        let current = current.filter(|task| ready(&self.tasks[*task]));
        let mut candidates = mem::take(&mut self.candidates);
        candidates.clear();
        if let Some(task) = current {
            candidates.push(Candidate {
                task,
                by_timeout: false,
                current: true,
                next: self.tasks[task].next,
            });
        }
        let mut has_timed = false;
        for (task, known) in self.tasks.iter().enumerate() {
            if Some(task) == current {
                continue;
            }
            if ready(known) {
                candidates.push(Candidate {
                    task,
                    by_timeout: false,
                    current: false,
                    next: known.next,
                });
            }
            has_timed |= is_timed(known);
        }
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
                    let candidate = Candidate {
                        task: first,
                        by_timeout: true,
                        current: false,
                        next: Access::ANY,
                    };
                    self.begin_step();
                    self.chooser.only(candidate);
                    self.time_out(first);
                    self.note_use(Access::ANY);
                    self.synchronize_first(first);
                    return Some(first);
                }
                None if candidates.is_empty() => return None,
                None => {}
            }
        }
        if has_timed {
            let timed = self.tasks.iter().enumerate();
            let timed = timed.filter(|(_, known)| is_timed(known));
            candidates.extend(timed.map(|(task, _)| Candidate {
                task,
                by_timeout: true,
                current: false,
                // Whether a deadline may pass depends on the other tasks.
                next: Access::ANY,
            }));
        }
        self.begin_step();
        let index = match candidates.len() {
            1 => {
                self.chooser.step_of(candidates[0].task);
                self.chooser.only(candidates[0]);
                0
            }
            _ => {
                let index = match is_kept && candidates[0].current {
                    true => self.chooser.keep(&candidates),
                    false => self.chooser.choose(&candidates),
                };
                self.record.chooses(index);
                index
            }
        };
        let Candidate {
            task, by_timeout, ..
        } = candidates[index];
        self.record.goes_on(task, candidates.len());
        self.candidates = candidates;
        if by_timeout {
            self.time_out(task);
        }
        self.note_use(self.tasks[task].next);
        let Task { next, inside, .. } = self.tasks[task];
        if inside != 0 && next != Access::take_at(inside) {
            self.note_use(Access::take_at(inside));
        }
        self.synchronize_first(task);
        self.record.runs(task, by_timeout);
        for other in &mut self.tasks {
            if !other.yielded_to.is_empty() {
                other.yielded_to.retain(|to| *to != task);
            }
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
        // Whether a deadline may pass depends on the other tasks.
        self.tasks[task].next = Access::ANY;
        self.tasks[task].synchronizes = Access::ANY;
        if let Some(memory) = &mut self.memory {
            memory.time_passes(task);
        }
        self.tasks[task].status = Status::Ready;
        self.tasks[task].wake = Wake::TimedOut;
    }

    /// Ends a task; returns the one that runs next.
    pub(crate) fn end_task(&mut self, task: usize) -> Option<usize> {
        self.tasks[task].status = Status::Ended;
        self.note(Happening::Ends(task));
        let next = self.choose(None, false);
        if next.is_none() && self.failure.is_none() && !self.have_all_ended() {
            self.failure = Some(FailureKind::Deadlock);
        }
        next
    }
}
