use std::collections::BTreeSet;

use super::*;
use crate::backend::random::Random;

/// A step of a program: what it begins with, and what it uses as well if it draws the number of that.
#[derive(Clone, Debug)]
struct Made {
    begins: Access,
    draws: Vec<Access>,
}

type Program = Vec<Vec<Made>>;

/// A step that was made: its task, its number, and what it has used.
type Done = (usize, usize, Vec<Access>);

/// Steps that draw nothing.
fn plain(tasks: &[Vec<Access>]) -> Program {
    let made = |begins: &Access| Made {
        begins: *begins,
        draws: Vec::new(),
    };
    (tasks.iter())
        .map(|steps| steps.iter().map(made).collect())
        .collect()
}

/// The runs that are tried, one after another.
fn runs_of<'a>(
    program: &'a Program,
    chooser: &'a mut dyn Chooser,
) -> impl Iterator<Item = Vec<Done>> + 'a {
    core::iter::from_fn(|| {
        if !chooser.next_run() {
            return None;
        }
        let mut at = vec![0; program.len()];
        let mut run: Vec<Done> = Vec::new();
        loop {
            let current = run.last().map(|(task, ..)| *task);
            let ready = |task: &usize| at[*task] < program[*task].len();
            let others = (0..program.len()).filter(|task| Some(*task) != current);
            let candidates: Vec<_> = current
                .into_iter()
                .chain(others)
                .filter(ready)
                .map(|task| Candidate {
                    task,
                    by_timeout: false,
                    current: Some(task) == current,
                    next: program[task][at[task]].begins,
                })
                .collect();
            let uses = run.last().map_or(&[][..], |(.., uses)| uses);
            if candidates.is_empty() {
                chooser.ends(uses);
                break;
            }
            chooser.used(uses);
            let index = match candidates.len() {
                1 => {
                    chooser.only(candidates[0]);
                    0
                }
                _ => chooser.choose(&candidates),
            };
            let task = candidates[index].task;
            let Made { begins, draws } = &program[task][at[task]];
            let mut uses = vec![*begins];
            if !draws.is_empty() {
                uses.push(draws[chooser.pick(draws.len())]);
            }
            run.push((task, at[task], uses));
            at[task] += 1;
        }
        Some(run)
    })
}

/// All of them.
fn runs(program: &Program, chooser: &mut dyn Chooser) -> Vec<Vec<Done>> {
    runs_of(program, chooser).collect()
}

/// What is the same in all runs of one class: what each step has used, and the order of each two steps that conflict.
type Class = (BTreeSet<String>, BTreeSet<[(usize, usize); 2]>);

fn class(run: &[Done]) -> Class {
    let mut order = BTreeSet::new();
    for (at, (task, step, uses)) in run.iter().enumerate() {
        for (other, earlier, used) in &run[..at] {
            if conflict(uses, used) {
                order.insert([(*other, *earlier), (*task, *step)]);
            }
        }
    }
    (run.iter().map(|done| format!("{done:?}")).collect(), order)
}

fn classes(runs: &[Vec<Done>]) -> BTreeSet<Class> {
    runs.iter().map(|run| class(run)).collect()
}

fn access(random: &mut Random) -> Access {
    match (random.below(8), 1 + random.below(2)) {
        (0, _) => Access::ANY,
        (1, _) => Access::LOOK,
        (2..5, object) => Access::look_at(object),
        (_, object) => Access::change_at(object),
    }
}

/// In each order in which the branches may be tried, and with few and many nodes that are kept.
fn searches() -> [Reduced; 3] {
    [1 << 16, 8, 0].map(Reduced::keeping)
}

fn random_programs(count: usize, step: fn(&mut Random) -> Made) -> [usize; 2] {
    let mut random = Random::new(1);
    let (mut all, mut tried) = (0, 0);
    for _ in 0..count {
        let program: Program = (0..2 + random.below(2))
            .map(|_| {
                (0..1 + random.below(3))
                    .map(|_| step(&mut random))
                    .collect()
            })
            .collect();
        let mut every = super::super::exhaustive::Exhaustive::up_to(usize::MAX);
        let every = runs(&program, &mut every);
        let expected = classes(&every);
        for mut search in searches() {
            let reduced = runs(&program, &mut search);
            assert_eq!(classes(&reduced), expected, "{program:?}");
            tried += reduced.len();
        }
        all += every.len();
    }
    [tried / searches().len(), all]
}

#[test]
fn every_class_of_random_programs_is_tried() {
    let [tried, all] = random_programs(300, |random| Made {
        begins: access(random),
        draws: Vec::new(),
    });
    assert!(tried * 5 < all, "{tried} of {all}");
}

/// What sleeps must be known to use what it would use with any number.
#[test]
fn every_class_of_programs_that_draw_is_tried() {
    let [tried, all] = random_programs(40, |random| Made {
        begins: access(random),
        draws: match random.below(3) {
            0 => (0..2).map(|_| access(random)).collect(),
            _ => Vec::new(),
        },
    });
    assert!(tried * 3 < all, "{tried} of {all}");
}

#[test]
fn steps_that_use_nothing_together_have_one_order() {
    let program: Vec<Vec<_>> = (1..5).map(|n| vec![Access::change_at(n); 3]).collect();
    assert_eq!(runs(&plain(&program), &mut Reduced::default()).len(), 1);
}

#[test]
fn looks_have_no_order() {
    let mut program = vec![vec![Access::look_at(1); 2]; 3];
    assert_eq!(runs(&plain(&program), &mut Reduced::default()).len(), 1);
    program.push(vec![Access::change_at(1)]);
    // The change comes after none, one or two of the looks of each task: 27 classes.
    let runs = runs(&plain(&program), &mut Reduced::default());
    assert_eq!(classes(&runs).len(), 27);
}

#[test]
fn numbers_that_the_program_draws_are_all_tried() {
    for mut search in searches() {
        let mut drawn = Vec::new();
        while search.next_run() {
            drawn.push((search.pick(3), search.pick(2)));
            search.ends(&[]);
        }
        drawn.sort_unstable();
        assert_eq!(drawn, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]);
    }
}

/// A search depth first comes to it last, after all orders of the later steps.
#[test]
fn a_step_that_must_come_first_comes_soon() {
    // The last task changes what the first one has looked at in its first step.
    let mut program = vec![vec![Access::change_at(1); 4]; 5];
    program[0].insert(0, Access::look_at(2));
    program.push(vec![Access::change_at(2)]);
    let program = plain(&program);
    let last = program.len() - 1;
    let mut search = Reduced::default();
    let found = runs_of(&program, &mut search).position(|run| run[0].0 == last);
    assert!(found.is_some_and(|run| run < 20), "{found:?}");
}

#[test]
fn nodes_behind_which_nothing_is_left_are_forgotten() {
    let program = plain(&vec![vec![Access::change_at(1); 3]; 3]);
    let mut search = Reduced::keeping(64);
    let mut tried = 0;
    while let Some(_run) = { runs_of(&program, &mut search).next() } {
        tried += 1;
        let kept = search.tree.kept();
        assert!(kept < 64 + 10, "{kept} after {tried} runs");
    }
    assert_eq!(tried, 1680, "orders of three times three steps");
    assert_eq!(search.tree.kept(), 0);
}
