//! Random trees of tasks that wait for each other in every way, in the smallest pools. Each tree ends with the known
//! result.

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::{Dice, SCALE, bounded};
use threadkit::{Task, ThreadPool, as_completed, spawn, wait_all, wait_any};

/// How a task gets its value.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Submitted,
    Followed,
    PromisedToATask,
    PromisedToAThread,
    Delayed,
    DelayedAndFollowed,
    Shared,
    Scoped,
    Mapped,
}

/// The last two need a thread beside the one that waits for them, because only another task can set the promise.
const KINDS: [Kind; 9] = [
    Kind::Submitted,
    Kind::Followed,
    Kind::Delayed,
    Kind::DelayedAndFollowed,
    Kind::Shared,
    Kind::Scoped,
    Kind::Mapped,
    Kind::PromisedToATask,
    Kind::PromisedToAThread,
];

/// A task, those that it starts, and how it waits for them.
#[derive(Debug)]
struct Node {
    kids: Vec<(Kind, Arc<Node>)>,
    wait: u64,
}

impl Node {
    fn random(dice: &mut Dice, depth: u64, kinds: &[Kind], waits: u64) -> Arc<Self> {
        let kids = if depth == 0 { 0 } else { dice.below(4) };
        let kids = (0..kids).map(|_| {
            let kind = kinds[dice.below(kinds.len() as u64) as usize];
            (kind, Self::random(dice, depth - 1, kinds, waits))
        });
        let kids = kids.collect();
        Arc::new(Self {
            kids,
            wait: dice.below(waits),
        })
    }

    /// How many nodes there are in this tree.
    fn size(&self) -> u64 {
        1 + self.kids.iter().map(|(_, kid)| kid.size()).sum::<u64>()
    }
}

/// Counts the nodes of a tree by tasks, at least one for each node.
fn count(pool: &Arc<ThreadPool>, node: &Node) -> u64 {
    let tasks: Vec<Task<u64>> = node
        .kids
        .iter()
        .map(|(kind, kid)| start(pool, *kind, kid))
        .collect();
    let sum: u64 = match node.wait {
        0 => tasks.into_iter().map(|task| task.join().unwrap()).sum(),
        1 => {
            wait_all(&tasks);
            tasks.into_iter().map(|task| task.join().unwrap()).sum()
        }
        2 => as_completed(tasks).map(|task| task.join().unwrap()).sum(),
        _ => {
            if !tasks.is_empty() {
                assert!(tasks[wait_any(&tasks)].is_finished());
            }
            tasks
                .into_iter()
                .rev()
                .map(|task| task.join().unwrap())
                .sum()
        }
    };
    1 + sum
}

fn start(pool: &Arc<ThreadPool>, kind: Kind, node: &Arc<Node>) -> Task<u64> {
    let body = {
        let (pool, node) = (Arc::clone(pool), Arc::clone(node));
        move || count(&pool, &node)
    };
    let soon = Duration::from_micros(50);
    match kind {
        Kind::Submitted => pool.submit(body),
        Kind::Followed => pool.submit(|| ()).then(move |()| body()).then(|n| n),
        Kind::PromisedToATask => {
            let (promise, task) = pool.promise();
            pool.submit(move || promise.set(body()).unwrap());
            task
        }
        Kind::PromisedToAThread => {
            let (promise, task) = pool.promise();
            let inner = pool.submit(body);
            drop(spawn(move || promise.set(inner.join().unwrap()).unwrap()));
            task.then(|n| n)
        }
        Kind::Delayed => pool.submit_after(soon, body),
        Kind::DelayedAndFollowed => pool.submit_after(soon, || 0).then(move |n| n + body()),
        Kind::Shared => {
            let task = pool.submit(body).shared();
            let others = [(); 2].map(|()| {
                let task = task.clone();
                pool.submit(move || *task.join().unwrap())
            });
            pool.submit(move || {
                let [one, other] = others.map(|task| task.join().unwrap());
                assert_eq!(one, other);
                *task.join().unwrap()
            })
        }
        Kind::Scoped => {
            let (pool, own) = (Arc::clone(pool), Arc::clone(pool));
            own.submit(move || pool.scope(|scope| scope.submit(&body).join().unwrap()))
        }
        Kind::Mapped => {
            let (pool, own) = (Arc::clone(pool), Arc::clone(pool));
            own.submit(move || pool.scope(|scope| scope.map([()], |()| body()).sum()))
        }
    }
}

#[test]
fn every_tree_of_tasks_ends_with_the_known_result() {
    for seed in 0..1_000 * SCALE {
        bounded(move || {
            let mut dice = Dice::new(seed);
            let size = 1 + dice.below(2) as usize;
            let builder = ThreadPool::builder(size);
            // At the bound, every wait is without a limit and for one task at a time, so that the task is run where it
            // is needed. The others look again only after a second.
            let (builder, kinds, waits) = match dice.below(2) {
                0 => (builder.max_threads(size), &KINDS[..7], 2),
                _ => (builder, &KINDS[..], 4),
            };
            let pool = Arc::new(builder.build());
            let tree = Node::random(&mut dice, 4, kinds, waits);
            let own = Arc::clone(&pool);
            let root = Arc::clone(&tree);
            let counted = pool.submit(move || count(&own, &root)).join().unwrap();
            assert_eq!(counted, tree.size(), "seed {seed}");
            pool.wait_idle();
            assert_eq!(pool.pending(), 0);
        });
    }
}
