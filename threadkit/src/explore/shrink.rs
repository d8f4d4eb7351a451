//! Looking for the simplest schedule that fails.

use core::time::Duration;
use std::sync::Arc;

use super::body::Body;
use super::found::Found;
use super::settings::Settings;
use crate::backend::explored::{Happening, OlderLoad, Planned, Run, Stretch};
use crate::backend::{Instant, now};

/// How long to look.
const TIME: Duration = Duration::from_secs(3);

/// How many threads the failing runs may leave, which sleep for ever.
const LEFT: usize = 240;

/// A run that fails like `found`, with as few loads of older values, and then as few switches between threads, as can be
/// found.
pub(super) fn shrunk(found: Found, settings: &Settings, body: &Arc<Body>) -> Found {
    let mut search = Search {
        found,
        settings,
        body,
        end: now().checked_add(TIME),
        left: 0,
    };
    search.newer_loads();
    search.fewer_stretches();
    search.fewer_switches();
    // In the simpler run, more of them may not be needed.
    search.newer_loads();
    search.found
}

/// The simplest run so far.
struct Search<'a> {
    found: Found,
    settings: &'a Settings,
    body: &'a Arc<Body>,
    end: Option<Instant>,
    /// How many threads the failing runs have left so far.
    left: usize,
}

impl Search<'_> {
    fn is_over(&self) -> bool {
        self.end.is_some_and(|end| now() >= end) || self.left >= LEFT
    }

    /// Makes a run. It takes the place of the simplest one if it fails in the same way, and `is_simpler` than that.
    fn attempt(
        &mut self,
        stretches: Vec<Stretch>,
        older: Vec<OlderLoad>,
        is_simpler: impl FnOnce(&Run, &Run) -> bool,
    ) -> bool {
        let planned = Planned::new(stretches, older);
        let Some(other) = Found::repeat(planned, self.settings, self.body) else {
            return false;
        };
        self.left += left(&other.run);
        let is_better = other.is_like(&self.found) && is_simpler(&other.run, &self.found.run);
        if is_better {
            self.found = other;
        }
        is_better
    }

    /// Lets loads return the newest value; first many of those that do not, then fewer.
    fn newer_loads(&mut self) {
        let mut size = self.found.run.older.len();
        while size > 0 {
            let mut from = 0;
            while from < self.found.run.older.len() && !self.is_over() {
                let mut older = self.found.run.older.clone();
                let to = older.len().min(from + size);
                older.drain(from..to);
                let stretches = self.found.run.stretches.clone();
                let is_simpler = |run: &Run, before: &Run| run.older.len() < before.older.len();
                if !self.attempt(stretches, older, is_simpler) {
                    from += size;
                }
            }
            size /= 2;
        }
    }

    /// Puts the stretches of a part of the run together, so that each thread runs once in it; first in large parts, then
    /// in smaller ones.
    fn fewer_stretches(&mut self) {
        let mut size = self.found.run.stretches.len();
        // A part of two stretches has nothing to put together.
        while size > 2 {
            let mut from = 0;
            while from < self.found.run.stretches.len() {
                for order in [together, together_from_the_end] {
                    let stretches = &self.found.run.stretches;
                    let to = stretches.len().min(from + size);
                    let Some(part) = stretches.get(from..to) else {
                        break;
                    };
                    let shorter = [&stretches[..from], &order(part), &stretches[to..]].concat();
                    if self.is_over() {
                        return;
                    }
                    self.attempt_shorter(shorter);
                }
                from += size.div_ceil(2);
            }
            size = (size / 2).min(self.found.run.stretches.len());
        }
    }

    /// Puts single stretches to the one before of the same task, or to the one after, until that does not help with any.
    fn fewer_switches(&mut self) {
        loop {
            let before = self.found.run.stretches.len();
            let mut at = 0;
            while at < self.found.run.stretches.len() {
                let shorter = [earlier, later].map(|put| put(&self.found.run.stretches, at));
                let mut is_shorter = false;
                for stretches in shorter.into_iter().flatten() {
                    if self.is_over() {
                        return;
                    }
                    is_shorter = is_shorter || self.attempt_shorter(stretches);
                }
                at += usize::from(!is_shorter);
            }
            if self.found.run.stretches.len() == before {
                return;
            }
        }
    }

    /// Makes a run with these stretches, which takes the place of the simplest one if it has fewer of them.
    fn attempt_shorter(&mut self, stretches: Vec<Stretch>) -> bool {
        if stretches.len() >= self.found.run.stretches.len() {
            return false;
        }
        let older = self.found.run.older.clone();
        self.attempt(stretches, older, |run, before| {
            run.stretches.len() < before.stretches.len() && run.older.len() <= before.older.len()
        })
    }
}

/// How many threads a run has left, which sleep for ever.
fn left(run: &Run) -> usize {
    let mut has_ended = vec![false; run.tasks.len()];
    for happening in &run.happenings {
        if let Happening::Ends(task) = happening {
            has_ended[*task] = true;
        }
    }
    has_ended.iter().filter(|has_ended| !**has_ended).count()
}

/// The same steps, those of one stretch right after the ones before of its task.
fn earlier(stretches: &[Stretch], at: usize) -> Option<Vec<Stretch>> {
    let stretch = stretches[at];
    let before = stretches[..at]
        .iter()
        .rposition(|before| before.task == stretch.task)
        // The deadline must pass where it did.
        .filter(|_| !stretch.by_timeout)?;
    let mut result = stretches.to_vec();
    result[before].steps += stretch.steps;
    result.remove(at);
    Some(joined(result))
}

/// The same steps, those of one stretch right before the next ones of its task.
fn later(stretches: &[Stretch], at: usize) -> Option<Vec<Stretch>> {
    let stretch = stretches[at];
    let next = stretches[at + 1..]
        .iter()
        .position(|next| next.task == stretch.task)
        .map(|next| at + 1 + next)
        .filter(|next| !stretches[*next].by_timeout)?;
    let mut result = stretches.to_vec();
    result[next].steps += stretch.steps;
    result[next].by_timeout = stretch.by_timeout;
    result.remove(at);
    Some(joined(result))
}

/// Stretches of one task that follow each other are one.
fn joined(stretches: Vec<Stretch>) -> Vec<Stretch> {
    let mut result: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        match result.last_mut() {
            Some(last) if last.task == stretch.task && !stretch.by_timeout => {
                last.steps += stretch.steps;
            }
            _ => result.push(stretch),
        }
    }
    result
}

/// The same steps, each task's together, in the order of their beginnings.
fn together(stretches: &[Stretch]) -> Vec<Stretch> {
    let mut result: Vec<Stretch> = Vec::new();
    for stretch in stretches {
        let earlier = result
            .iter_mut()
            .rfind(|earlier| earlier.task == stretch.task);
        match earlier {
            // The deadline must pass again where it did.
            Some(earlier) if !stretch.by_timeout => earlier.steps += stretch.steps,
            _ => result.push(*stretch),
        }
    }
    result
}

/// The same steps, each task's together, in the order of their ends.
fn together_from_the_end(stretches: &[Stretch]) -> Vec<Stretch> {
    let mut result: Vec<Stretch> = Vec::new();
    for stretch in stretches.iter().rev() {
        let later = result.iter_mut().rfind(|later| later.task == stretch.task);
        match later {
            Some(later) if !later.by_timeout => {
                later.steps += stretch.steps;
                later.by_timeout = stretch.by_timeout;
            }
            _ => result.push(*stretch),
        }
    }
    result.reverse();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches(of: &[(usize, usize)]) -> Vec<Stretch> {
        let stretch = |(task, steps)| Stretch {
            task,
            by_timeout: false,
            steps,
        };
        of.iter().copied().map(stretch).collect()
    }

    #[test]
    fn each_task_runs_once() {
        let part = stretches(&[(0, 1), (1, 2), (0, 3), (2, 4), (1, 5)]);
        assert_eq!(together(&part), stretches(&[(0, 4), (1, 7), (2, 4)]));
        assert_eq!(
            together_from_the_end(&part),
            stretches(&[(0, 4), (2, 4), (1, 7)])
        );
    }

    #[test]
    fn one_stretch_moves() {
        let all = stretches(&[(0, 1), (1, 2), (0, 3), (2, 4), (1, 5), (2, 6)]);
        let moved = earlier(&all, 4).unwrap();
        assert_eq!(moved, stretches(&[(0, 1), (1, 7), (0, 3), (2, 10)]));
        let moved = later(&all, 1).unwrap();
        assert_eq!(moved, stretches(&[(0, 4), (2, 4), (1, 7), (2, 6)]));
        assert_eq!(earlier(&all, 0), None);
        assert_eq!(later(&all, 5), None);
    }

    #[test]
    fn a_deadline_passes_where_it_did() {
        let mut part = stretches(&[(0, 1), (1, 2), (0, 3)]);
        part[2].by_timeout = true;
        assert_eq!(together(&part), part);
        assert_eq!(together_from_the_end(&part), part);
    }
}
