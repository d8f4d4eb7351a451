//! Forking at each node of a tree, and joining both halves.

use std::num::NonZeroUsize;
use std::time::Duration;

use chili::{Config, Scope};
use threadkit::{PoolScope, ThreadPool};

use super::Topic;
use super::pool::{THREADS, rayon};
use crate::harness::{Bench, Sample, Stopwatch, Table, Unit, Work};

pub(super) const TOPIC: Topic = Topic {
    name: "fork-join",
    about: "the sum over a binary tree, with a fork at each node",
    run,
};

fn run(bench: &mut Bench) {
    for (levels, each, title) in [
        (14, Duration::ZERO, "16,383 trivial nodes"),
        (11, Duration::from_micros(10), "2,047 nodes of 10 µs"),
    ] {
        if bench.wants(title) {
            compare(bench, title, levels, each);
        }
    }
}

/// What is done at each node: a value of the tree below it.
struct Tree {
    value: u64,
    halves: Option<Box<[Self; 2]>>,
}

impl Tree {
    fn new(levels: u32) -> Self {
        let halves = (levels > 1).then(|| Box::new([Self::new(levels - 1), Self::new(levels - 1)]));
        let value = levels.into();
        Self { value, halves }
    }
}

fn by_rayon(tree: &Tree, work: Work) -> u64 {
    work.run();
    let below = tree.halves.as_ref().map_or(0, |halves| {
        let [left, right] = &**halves;
        let (left, right) = rayon::join(|| by_rayon(left, work), || by_rayon(right, work));
        left + right
    });
    tree.value + below
}

fn by_chili(tree: &Tree, work: Work, scope: &mut Scope<'_>) -> u64 {
    work.run();
    let below = tree.halves.as_ref().map_or(0, |halves| {
        let [left, right] = &**halves;
        let (left, right) = scope.join(
            |scope| by_chili(left, work, scope),
            |scope| by_chili(right, work, scope),
        );
        left + right
    });
    tree.value + below
}

fn by_ours<'scope>(tree: &'scope Tree, work: Work, scope: &'scope PoolScope<'scope, '_>) -> u64 {
    work.run();
    let below = tree.halves.as_ref().map_or(0, |halves| {
        let [left, right] = &**halves;
        let right = scope.submit(move || by_ours(right, work, scope));
        by_ours(left, work, scope) + right.join().unwrap()
    });
    tree.value + below
}

/// The same by one thread, without any fork.
fn alone(tree: &Tree, work: Work) -> u64 {
    work.run();
    let halves = tree.halves.iter().flat_map(|halves| halves.iter());
    tree.value + halves.map(|half| alone(half, work)).sum::<u64>()
}

fn compare(bench: &mut Bench, title: &str, levels: u32, each: Duration) {
    let tree = &Tree::new(levels);
    let [work] = Work::lasting([each]);
    let expected = alone(tree, work);
    let (ours, rayon) = (ThreadPool::new(THREADS), rayon());
    // Its calling thread counts as one of them.
    let chili = chili::ThreadPool::with_config(Config {
        thread_count: NonZeroUsize::new(THREADS),
        ..Config::default()
    });
    let measure = |compute: &dyn Fn() -> u64| -> Sample {
        let watch = Stopwatch::start();
        let sum = compute();
        let sample = watch.sample((1 << levels) - 1);
        assert_eq!(sum, expected);
        sample
    };
    let rounds = bench.pace.pick(15, 3);
    let table = Table::new(title, Unit::Nanoseconds, rounds, "rayon", || {
        measure(&|| rayon.install(|| by_rayon(tree, work)))
    });
    let table = table
        .peer("chili", || {
            measure(&|| by_chili(tree, work, &mut chili.scope()))
        })
        .peer("threadkit", || {
            measure(&|| {
                // The root is a task as well, so that only the threads of the pool work.
                ours.scope(|scope| {
                    let root = scope.submit(move || by_ours(tree, work, scope));
                    root.join().unwrap()
                })
            })
        })
        .peer("one thread, no fork", || measure(&|| alone(tree, work)));
    bench.run(table);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_find_the_same_sum() {
        let tree = &Tree::new(6);
        let [work] = Work::lasting([Duration::ZERO]);
        let expected = (1..=6_u64).map(|level| level << (6 - level)).sum::<u64>();
        assert_eq!(alone(tree, work), expected);
        assert_eq!(rayon().install(|| by_rayon(tree, work)), expected);
        let pool = chili::ThreadPool::new();
        assert_eq!(by_chili(tree, work, &mut pool.scope()), expected);
        let pool = ThreadPool::new(THREADS);
        assert_eq!(pool.scope(|scope| by_ours(tree, work, scope)), expected);
    }
}
