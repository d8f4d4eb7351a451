//! Looking for the simplest schedule that fails.

use core::time::Duration;
use std::sync::Arc;

use super::body::Body;
use super::found::Found;
use super::settings::Settings;
use crate::backend::explored::{Planned, Stretch};
use crate::backend::now;

/// How long to look.
const TIME: Duration = Duration::from_secs(3);

/// How many failing runs to make at most. Their threads sleep for ever.
const FAILURES: usize = 60;

/// A run that fails like `found`, with as few switches between threads as can be found.
///
/// The stretches of a part of the run are put together, so that each thread runs once in it; first in large parts, then
/// in smaller ones. A run that still fails in the same way, with fewer stretches than before, takes the place of the
/// first.
pub(super) fn shrunk(mut found: Found, settings: &Settings, body: &Arc<Body>) -> Found {
    let end = now().checked_add(TIME);
    let is_over = || end.is_some_and(|end| now() >= end);
    let mut failures = 0;
    let mut size = found.run.stretches.len();
    // A part of two stretches has nothing to put together.
    while size > 2 {
        let before = found.run.stretches.len();
        let mut from = 0;
        while from < found.run.stretches.len() {
            for order in [together, together_from_the_end] {
                let stretches = &found.run.stretches;
                let to = stretches.len().min(from + size);
                let Some(part) = stretches.get(from..to) else {
                    break;
                };
                let shorter = [&stretches[..from], &order(part), &stretches[to..]].concat();
                if shorter.len() >= stretches.len() {
                    continue;
                }
                if is_over() || failures == FAILURES {
                    return found;
                }
                let Some(other) = Found::repeat(Planned::new(shorter), settings, body) else {
                    continue;
                };
                failures += 1;
                if other.is_like(&found) && other.run.stretches.len() < found.run.stretches.len() {
                    found = other;
                }
            }
            from += size.div_ceil(2);
        }
        let after = found.run.stretches.len();
        size = match size {
            3 if after == before => 0,
            3 => 3,
            _ => (size / 2).max(3),
        };
        size = size.min(after);
    }
    found
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
    fn a_deadline_passes_where_it_did() {
        let mut part = stretches(&[(0, 1), (1, 2), (0, 3)]);
        part[2].by_timeout = true;
        assert_eq!(together(&part), part);
        assert_eq!(together_from_the_end(&part), part);
    }
}
