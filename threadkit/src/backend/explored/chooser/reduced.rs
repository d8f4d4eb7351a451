//! All schedules, up to the order of steps that have nothing to do with each other.

use super::candidate::{Candidate, Chooser};
use crate::backend::explored::{Access, Use};

/// A search through all schedules, of which those that differ only in the order of independent steps count as one.
///
/// Two steps are independent if no object is used by both, or both only look at it: [`Access`]. To exchange two
/// independent steps that follow each other changes nothing, so one schedule of each class is enough.
///
/// The search is dynamic partial-order reduction with source sets and sleep sets (Abdulla, Aronis, Jonsson and Sagonas,
/// 2014). It is depth first. After a run it looks for races: two dependent steps of different tasks of which the second
/// could have come first. For each race the search must go another way at the step before the first of them
/// (`backtrack`). A task that was chosen there before sleeps in the other branches, until a step runs that depends on
/// its step (`asleep`): without one, the branch would only lead to a schedule of the same class.
///
/// What a step uses is known when it is over, so a branch is known to be superfluous only after it was entered. If all
/// candidates sleep, the run goes on without choices, because real threads cannot be taken back, and is not searched.
#[derive(Default)]
pub(crate) struct Reduced {
    /// The steps of this run up to `depth`, and those still to be repeated.
    path: Vec<Node>,
    depth: usize,
    /// Whether the rest of this run leads to nothing new.
    is_superfluous: bool,
    /// The objects that this run has used, in the order of their first uses: their numbers hold for all runs that begin in
    /// the same way.
    objects: Vec<usize>,
    /// Whether a run that began in the same way has used objects with other numbers, as if one was made where another one
    /// had been. Then no number is relied upon.
    has_other_numbers: bool,
    has_begun: bool,
    has_diverged: bool,
}

/// A task that runs next, and whether by its deadline.
type Next = (usize, bool);

/// A point of the run at which a task is chosen, or the program draws a number.
enum Node {
    Step(Step),
    /// The number that was drawn, and how many there are. Each of them is tried.
    Pick {
        choice: usize,
        bound: usize,
    },
}

/// A step, with the choice that has led to it.
struct Step {
    candidates: Vec<Next>,
    /// The index of the candidate that was chosen.
    chosen: usize,
    /// The candidates that must be chosen here, in one branch each.
    backtrack: Vec<bool>,
    /// The candidates that need not be chosen here, with what their next steps use: those that were chosen here before,
    /// and those that were chosen at an earlier step, since when nothing has run that depends on them.
    asleep: Vec<(Next, Vec<KnownUse>)>,
    /// What the step uses, in this run.
    uses: Vec<Access>,
    /// The same, in all runs with this choice.
    known: Vec<KnownUse>,
    /// The numbers of the objects that it uses, as the first run with this choice has them.
    numbers: Vec<usize>,
}

/// What a step uses, in words that hold for every run.
///
/// An object has another address in each run. So what a step of another run has used is remembered relative to what the
/// step begins with, which is known before it runs, or by the number of an object that was used before the step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KnownUse {
    /// The object with which it begins, in this way.
    Same(Use),
    /// What is the same in all runs.
    Stable(Access),
    /// The object with that number.
    Numbered(usize, Use),
}

impl KnownUse {
    /// Of a step that begins with `first`. These objects were used before the step.
    fn of(access: Access, first: Access, objects: &[usize]) -> Self {
        if access.is_stable() {
            Self::Stable(access)
        } else if access.object == first.object {
            Self::Same(access.by)
        } else {
            let number = objects.iter().position(|object| *object == access.object);
            match number {
                Some(number) => Self::Numbered(number, access.by),
                None => Self::Stable(Access::ANY),
            }
        }
    }

    /// In a run in which the step begins with `first`, and the objects have these numbers.
    fn access(self, first: Access, objects: &[usize]) -> Access {
        match self {
            Self::Numbered(number, by) => match objects.get(number) {
                Some(object) => Access {
                    object: *object,
                    by,
                },
                None => Access::ANY,
            },
            Self::Same(by) => Access {
                object: first.object,
                by,
            },
            Self::Stable(access) => access,
        }
    }
}

impl Step {
    fn next(&self) -> Next {
        self.candidates[self.chosen]
    }

    fn sleeps(&self, next: Next) -> bool {
        self.asleep.iter().any(|(asleep, _)| *asleep == next)
    }
}

fn conflict(some: &[Access], others: &[Access]) -> bool {
    let conflicts = |one: &Access| others.iter().any(|other| one.conflicts(*other));
    some.iter().any(conflicts)
}

impl Chooser for Reduced {
    fn next_run(&mut self) -> bool {
        self.depth = 0;
        self.is_superfluous = false;
        self.objects.clear();
        if !core::mem::replace(&mut self.has_begun, true) {
            return true;
        }
        while let Some(node) = self.path.last_mut() {
            match node {
                Node::Pick { choice, bound } if *choice + 1 < *bound => {
                    *choice += 1;
                    return true;
                }
                Node::Step(step) => {
                    let done = (step.next(), core::mem::take(&mut step.known));
                    step.numbers.clear();
                    step.asleep.push(done);
                    let other = (0..step.candidates.len()).find(|index| {
                        step.backtrack[*index] && !step.sleeps(step.candidates[*index])
                    });
                    if let Some(other) = other {
                        step.chosen = other;
                        return true;
                    }
                }
                Node::Pick { .. } => {}
            }
            self.path.pop();
        }
        false
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        self.step(candidates)
    }

    fn only(&mut self, candidate: Candidate) {
        self.step(&[candidate]);
    }

    fn wants_uses(&self) -> bool {
        true
    }

    fn used(&mut self, uses: &[Access]) {
        let before = self.objects.len();
        let numbers: Vec<_> = uses
            .iter()
            .filter(|access| !access.is_stable())
            .map(|access| self.number_of(access.object))
            .collect();
        let made = &mut self.path[..self.depth];
        let step = made.iter_mut().rev().find_map(|node| match node {
            Node::Step(step) => Some(step),
            Node::Pick { .. } => None,
        });
        // The first step of a run comes before the first choice. There is no other task yet.
        if let Some(step) = step
            && !self.is_superfluous
        {
            step.uses.clear();
            step.uses.extend_from_slice(uses);
            if step.known.is_empty() {
                step.numbers = numbers;
            } else if step.numbers != numbers {
                self.has_other_numbers = true;
            }
            let Some(first) = uses.first() else { return };
            for access in uses {
                let known = KnownUse::of(*access, *first, &self.objects[..before]);
                if !step.known.contains(&known) {
                    step.known.push(known);
                }
            }
        }
    }

    fn ends(&mut self, uses: &[Access]) {
        self.used(uses);
        self.find_races();
    }

    fn has_diverged(&self) -> bool {
        self.has_diverged
    }

    fn pick(&mut self, bound: usize) -> usize {
        if self.is_superfluous {
            return 0;
        }
        if self.depth == self.path.len() {
            self.path.push(Node::Pick { choice: 0, bound });
        }
        self.depth += 1;
        match &self.path[self.depth - 1] {
            Node::Pick { choice, .. } => (*choice).min(bound - 1),
            Node::Step(_) => {
                self.has_diverged = true;
                0
            }
        }
    }
}

impl Reduced {
    /// The number of the object at that address.
    fn number_of(&mut self, object: usize) -> usize {
        let known = self.objects.iter().position(|known| *known == object);
        known.unwrap_or_else(|| {
            self.objects.push(object);
            self.objects.len() - 1
        })
    }

    /// The index of the candidate that runs next.
    fn step(&mut self, candidates: &[Candidate]) -> usize {
        if self.is_superfluous {
            return 0;
        }
        let next = |candidate: &Candidate| (candidate.task, candidate.by_timeout);
        if self.depth == self.path.len() {
            let asleep = self.still_asleep(candidates);
            let candidates: Vec<Next> = candidates.iter().map(next).collect();
            let is_awake = |candidate: &Next| asleep.iter().all(|(asleep, _)| asleep != candidate);
            let Some(chosen) = candidates.iter().position(is_awake) else {
                self.is_superfluous = true;
                return 0;
            };
            let mut backtrack = vec![false; candidates.len()];
            backtrack[chosen] = true;
            self.path.push(Node::Step(Step {
                candidates,
                chosen,
                backtrack,
                asleep,
                uses: Vec::new(),
                known: Vec::new(),
                numbers: Vec::new(),
            }));
        }
        self.depth += 1;
        match &self.path[self.depth - 1] {
            Node::Step(step)
                if candidates
                    .iter()
                    .map(next)
                    .eq(step.candidates.iter().copied()) =>
            {
                step.chosen
            }
            _ => {
                self.has_diverged = true;
                0
            }
        }
    }

    /// What sleeps after the last step: what slept before, or was chosen there before, and does not depend on it. Of
    /// these, what cannot run now is woken.
    fn still_asleep(&self, candidates: &[Candidate]) -> Vec<(Next, Vec<KnownUse>)> {
        let last = self.path.iter().rev().find_map(|node| match node {
            Node::Step(step) => Some(step),
            Node::Pick { .. } => None,
        });
        let Some(last) = last else {
            return Vec::new();
        };
        let is_independent = |(next, known): &&(Next, Vec<KnownUse>)| {
            let now = candidates
                .iter()
                .find(|candidate| (candidate.task, candidate.by_timeout) == *next);
            now.is_some_and(|now| {
                let objects = match self.has_other_numbers {
                    true => &[],
                    false => &self.objects[..],
                };
                let uses: Vec<_> = known
                    .iter()
                    .map(|known| known.access(now.next, objects))
                    .collect();
                now.task != last.next().0 && !conflict(&uses, &last.uses)
            })
        };
        last.asleep.iter().filter(is_independent).cloned().collect()
    }

    /// Looks for races in the run that has ended, and for another branch where each of them begins.
    fn find_races(&mut self) {
        let made = &mut self.path[..self.depth];
        let mut steps: Vec<&mut Step> = made
            .iter_mut()
            .filter_map(|node| match node {
                Node::Step(step) => Some(step),
                Node::Pick { .. } => None,
            })
            .collect();
        // Which steps happen before each step.
        let mut before: Vec<Steps> = Vec::with_capacity(steps.len());
        // The last step of each task.
        let mut last: Vec<Option<usize>> = Vec::new();
        for at in 0..steps.len() {
            let (task, _) = steps[at].next();
            if last.len() <= task {
                last.resize(task + 1, None);
            }
            let mut mine = Steps::new(at);
            if let Some(earlier) = last[task] {
                mine.add(&before[earlier]);
                mine.insert(earlier);
            }
            last[task] = Some(at);
            for earlier in (0..at).rev() {
                if mine.contains(earlier) || !conflict(&steps[earlier].uses, &steps[at].uses) {
                    continue;
                }
                mine.add(&before[earlier]);
                mine.insert(earlier);
                let initials = initials(&steps, &before, &mine, earlier, at);
                go_another_way(steps[earlier], &initials);
            }
            before.push(mine);
        }
    }
}

/// The tasks with which a schedule can begin at the step `from`, in which the step `to` comes before it: the steps
/// between the two that need not come after `from`, and then `to`.
fn initials(
    steps: &[&mut Step],
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
        .map(|step| steps[*step].next())
        .collect()
}

/// Makes sure that one of these is chosen at that step, in this branch or another.
fn go_another_way(step: &mut Step, initials: &[Next]) {
    let index_of = |next: &Next| {
        step.candidates
            .iter()
            .position(|candidate| candidate == next)
    };
    let is_there = |next: &Next| index_of(next).is_some_and(|index| step.backtrack[index]);
    if initials
        .iter()
        .any(|next| is_there(next) || step.sleeps(*next))
    {
        return;
    }
    match initials.iter().find_map(index_of) {
        Some(index) => step.backtrack[index] = true,
        // It could not run there. What makes it run is one of the others.
        None => step.backtrack.fill(true),
    }
}

/// A set of steps, by number.
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::backend::random::Random;

    /// The steps of each task, with what they use; and the orders that were tried.
    fn orders(program: &[Vec<Access>], chooser: &mut dyn Chooser) -> Vec<Vec<usize>> {
        let mut orders = Vec::new();
        while chooser.next_run() {
            let mut done = vec![0; program.len()];
            let mut order = Vec::new();
            let mut uses = Vec::new();
            loop {
                let current = order.last().copied();
                let ready = |task: &usize| done[*task] < program[*task].len();
                let others = (0..program.len()).filter(|task| Some(*task) != current);
                let candidates: Vec<_> = current
                    .into_iter()
                    .chain(others)
                    .filter(ready)
                    .map(|task| Candidate {
                        task,
                        by_timeout: false,
                        current: Some(task) == current,
                        next: program[task][done[task]],
                    })
                    .collect();
                if candidates.is_empty() {
                    break;
                }
                chooser.used(&uses);
                let index = match candidates.len() {
                    1 => {
                        chooser.only(candidates[0]);
                        0
                    }
                    _ => chooser.choose(&candidates),
                };
                let task = candidates[index].task;
                uses = vec![program[task][done[task]]];
                done[task] += 1;
                order.push(task);
            }
            chooser.ends(&uses);
            orders.push(order);
        }
        orders
    }

    /// What is the same in all orders of one class: the order of each two steps that conflict.
    fn class(program: &[Vec<Access>], order: &[usize]) -> BTreeSet<[(usize, usize); 2]> {
        let mut done = vec![0; program.len()];
        let steps: Vec<_> = order
            .iter()
            .map(|task| {
                done[*task] += 1;
                (*task, done[*task] - 1)
            })
            .collect();
        let mut class = BTreeSet::new();
        for (at, later) in steps.iter().enumerate() {
            for earlier in &steps[..at] {
                let [a, b] = [earlier, later].map(|(task, step)| program[*task][*step]);
                if a.conflicts(b) {
                    class.insert([*earlier, *later]);
                }
            }
        }
        class
    }

    #[test]
    fn every_class_of_random_programs_is_tried() {
        let mut random = Random::new(1);
        let (mut all, mut tried) = (0, 0);
        for _ in 0..300 {
            let program: Vec<Vec<_>> = (0..2 + random.below(2))
                .map(|_| {
                    let step = |random: &mut Random| match (random.below(8), 1 + random.below(2)) {
                        (0, _) => Access::ANY,
                        (1, _) => Access::LOOK,
                        (2..5, object) => Access::look_at(object),
                        (_, object) => Access::change_at(object),
                    };
                    (0..1 + random.below(3))
                        .map(|_| step(&mut random))
                        .collect()
                })
                .collect();
            let every = orders(
                &program,
                &mut super::super::exhaustive::Exhaustive::up_to(usize::MAX),
            );
            let reduced = orders(&program, &mut Reduced::default());
            let classes = |orders: &[Vec<usize>]| -> BTreeSet<_> {
                orders.iter().map(|order| class(&program, order)).collect()
            };
            assert_eq!(classes(&every), classes(&reduced), "{program:?}");
            all += every.len();
            tried += reduced.len();
        }
        assert!(tried * 5 < all, "{tried} of {all}");
    }

    #[test]
    fn steps_that_use_nothing_together_have_one_order() {
        let program: Vec<Vec<_>> = (1..5).map(|n| vec![Access::change_at(n); 3]).collect();
        assert_eq!(orders(&program, &mut Reduced::default()).len(), 1);
    }

    #[test]
    fn looks_have_no_order() {
        let mut program = vec![vec![Access::look_at(1); 2]; 3];
        assert_eq!(orders(&program, &mut Reduced::default()).len(), 1);
        program.push(vec![Access::change_at(1)]);
        // The change comes after none, one or two of the looks of each task: 27 classes.
        let orders = orders(&program, &mut Reduced::default());
        let classes: BTreeSet<_> = orders.iter().map(|order| class(&program, order)).collect();
        assert_eq!(classes.len(), 27);
    }

    #[test]
    fn numbers_that_the_program_draws_are_all_tried() {
        let mut chooser = Reduced::default();
        let mut drawn = Vec::new();
        while chooser.next_run() {
            drawn.push((chooser.pick(3), chooser.pick(2)));
            chooser.ends(&[]);
        }
        assert_eq!(drawn, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]);
    }
}
