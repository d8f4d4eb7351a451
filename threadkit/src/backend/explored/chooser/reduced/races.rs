//! The order of the steps of a run, and which steps could have come in another order.

use super::tree::{Next, Tree, Visit};
use crate::backend::explored::Access;

/// A step of a run.
pub(super) struct Step<'a> {
    pub(super) visit: Visit,
    pub(super) next: Next,
    pub(super) uses: &'a [Access],
}

pub(super) fn conflict(some: &[Access], others: &[Access]) -> bool {
    let conflicts = |one: &Access| others.iter().any(|other| one.conflicts(*other));
    some.iter().any(conflicts)
}

/// Looks for races in a run, and for another branch where each of them begins.
///
/// The search needs those of two steps between which none happens that orders them. But if other steps order two that
/// conflict, as a release of a lock orders two acquisitions, there may be a schedule in which the second comes before
/// all of these. The search would come to it by many small changes of the order, so it is led there at once.
pub(super) fn find_races(steps: &[Step<'_>], tree: &mut Tree) {
    // Which steps happen before each step.
    let mut before: Vec<Steps> = Vec::with_capacity(steps.len());
    // The last step of each task.
    let mut last: Vec<Option<usize>> = Vec::new();
    for at in 0..steps.len() {
        let (task, _) = steps[at].next;
        if last.len() <= task {
            last.resize(task + 1, None);
        }
        let mut mine = Steps::new(at);
        if let Some(earlier) = last[task] {
            mine.add(&before[earlier]);
            mine.insert(earlier);
        }
        last[task] = Some(at);
        // Before the steps that are found here.
        let own = mine.clone();
        for earlier in (0..at).rev() {
            if own.contains(earlier) || !conflict(steps[earlier].uses, steps[at].uses) {
                continue;
            }
            let node = steps[earlier].visit.node;
            if mine.contains(earlier) {
                if tree.is_left_out(node, steps[at].next) {
                    let initials = initials(steps, &before, &own, earlier, at);
                    go_another_way(tree, node, &initials);
                }
                continue;
            }
            mine.add(&before[earlier]);
            mine.insert(earlier);
            let initials = initials(steps, &before, &mine, earlier, at);
            go_another_way(tree, node, &initials);
        }
        before.push(mine);
    }
}

/// The tasks with which a schedule can begin at the step `from`, in which the step `to` comes before it: the steps
/// between the two that need not come after `from`, and then `to`.
fn initials(
    steps: &[Step<'_>],
    before: &[Steps],
    before_to: &Steps,
    from: usize,
    to: usize,
) -> Vec<Next> {
    let mut moved: Vec<usize> = (from + 1..to)
        .filter(|step| !before[*step].contains(from))
        .collect();
    moved.push(to);
    let begins = |step: &&usize| {
        let earlier = if **step == to {
            before_to
        } else {
            &before[**step]
        };
        moved
            .iter()
            .take_while(|other| other < step)
            .all(|other| !earlier.contains(*other))
    };
    moved
        .iter()
        .filter(begins)
        .map(|step| steps[*step].next)
        .collect()
}

/// Makes sure that one of these is chosen at that point, in this branch or another.
fn go_another_way(tree: &mut Tree, node: usize, initials: &[Next]) {
    let Some(point) = tree.point(node) else {
        return;
    };
    let index_of = |next: &Next| point.index_of(*next);
    let is_there = |next: &Next| index_of(next).is_some_and(|index| point.wanted[index]);
    if initials
        .iter()
        .any(|next| is_there(next) || point.sleeps(*next))
    {
        return;
    }
    let wanted: Vec<usize> = match initials.iter().find_map(index_of) {
        Some(index) => vec![index],
        // It could not run there. What makes it run is one of the others.
        None => (0..point.candidates.len())
            .filter(|index| !point.wanted[*index] && !point.sleeps(point.candidates[*index]))
            .collect(),
    };
    wanted.into_iter().for_each(|index| tree.want(node, index));
}

/// A set of steps, by number.
#[derive(Clone)]
struct Steps(Vec<u64>);

impl Steps {
    /// Has room for that number of steps.
    fn new(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    fn insert(&mut self, step: usize) {
        self.0[step / 64] |= 1 << (step % 64);
    }

    fn contains(&self, step: usize) -> bool {
        let word = self.0.get(step / 64);
        word.is_some_and(|word| word & 1 << (step % 64) != 0)
    }

    /// Adds the steps of a set that is not larger.
    fn add(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }
}
