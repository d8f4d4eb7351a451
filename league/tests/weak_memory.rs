//! Litmus tests of weak memory: threadkit beside loom. Both see the same outcomes where no operation is sequentially
//! consistent. loom treats those as weaker than they are, and threadkit does not.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use std::sync::{Arc, Mutex};

use threadkit::explore::Explorer;

/// An operation on the atomic with that number.
#[derive(Clone, Copy, Debug)]
enum Op {
    Load(usize, Ordering),
    Store(usize, usize, Ordering),
    Add(usize, usize, Ordering),
    Fence(Ordering),
}

use Op::{Add, Fence, Load, Store};

type Program = &'static [&'static [Op]];

/// What the operations of each thread have read.
type Outcome = Vec<Vec<usize>>;

const X: usize = 0;
const Y: usize = 1;

/// Runs the operations of a thread on the atomics of one of the explorers.
macro_rules! run {
    ($ops:expr, $atomics:expr, $fence:path) => {
        $ops.iter()
            .filter_map(|op| match *op {
                Load(at, order) => Some($atomics[at].load(order)),
                Add(at, value, order) => Some($atomics[at].fetch_add(value, order)),
                Store(at, value, order) => {
                    $atomics[at].store(value, order);
                    None
                }
                Fence(order) => {
                    $fence(order);
                    None
                }
            })
            .collect::<Vec<usize>>()
    };
}

fn by_threadkit(program: Program) -> BTreeSet<Outcome> {
    use threadkit::atomic::{AtomicUsize, fence};
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let notes = Arc::clone(&seen);
    let explorer = Explorer::new().exhaustive().weak_memory().runs(1_000_000);
    let report = explorer.check(move || {
        let atomics = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let threads: Vec<_> = program
            .iter()
            .map(|ops| {
                let atomics = Arc::clone(&atomics);
                threadkit::spawn(move || run!(ops, atomics, fence))
            })
            .collect();
        let outcome = threads.into_iter().map(|thread| thread.join().unwrap());
        notes.lock().unwrap().insert(outcome.collect());
    });
    assert!(report.is_complete(), "{program:?}");
    std::mem::take(&mut *seen.lock().unwrap())
}

fn by_loom(program: Program) -> BTreeSet<Outcome> {
    use loom::sync::atomic::{AtomicUsize, fence};
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let notes = Arc::clone(&seen);
    loom::model(move || {
        let atomics = loom::sync::Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let threads: Vec<_> = program
            .iter()
            .map(|ops| {
                let atomics = loom::sync::Arc::clone(&atomics);
                loom::thread::spawn(move || run!(ops, atomics, fence))
            })
            .collect();
        let outcome = threads.into_iter().map(|thread| thread.join().unwrap());
        notes.lock().unwrap().insert(outcome.collect());
    });
    std::mem::take(&mut *seen.lock().unwrap())
}

#[test]
fn the_outcomes_are_those_of_loom() {
    let programs: &[Program] = &[
        &[
            &[Store(X, 1, Relaxed), Store(Y, 1, Relaxed)],
            &[Load(Y, Relaxed), Load(X, Relaxed)],
        ],
        &[
            &[Store(X, 1, Relaxed), Store(Y, 1, Release)],
            &[Load(Y, Acquire), Load(X, Relaxed)],
        ],
        &[
            &[Store(X, 1, Relaxed), Fence(Release), Store(Y, 1, Relaxed)],
            &[Load(Y, Relaxed), Fence(Acquire), Load(X, Relaxed)],
        ],
        &[
            &[Store(X, 1, Relaxed), Fence(Release), Store(Y, 1, Relaxed)],
            &[Load(Y, Relaxed), Load(X, Relaxed)],
        ],
        &[
            &[Store(X, 1, Release), Load(Y, Acquire)],
            &[Store(Y, 1, Release), Load(X, Acquire)],
        ],
        &[
            &[Store(X, 1, Relaxed), Fence(SeqCst), Load(Y, Relaxed)],
            &[Store(Y, 1, Relaxed), Fence(SeqCst), Load(X, Relaxed)],
        ],
        &[
            &[Store(X, 1, Relaxed), Store(X, 2, Relaxed)],
            &[Load(X, Relaxed), Load(X, Relaxed)],
        ],
        &[
            &[Store(X, 1, Relaxed), Store(Y, 1, Release)],
            &[Add(Y, 1, Relaxed)],
            &[Load(Y, Acquire), Load(X, Relaxed)],
        ],
        &[
            &[Store(X, 1, Relaxed)],
            &[Load(X, Relaxed), Store(Y, 1, Release)],
            &[Load(Y, Acquire), Load(X, Relaxed)],
        ],
        &[
            &[Add(X, 1, Relaxed), Add(X, 1, AcqRel)],
            &[Add(X, 1, Relaxed)],
        ],
        &[
            &[Load(X, Relaxed), Store(Y, 1, Relaxed)],
            &[Load(Y, Relaxed), Store(X, 1, Relaxed)],
        ],
    ];
    for program in programs {
        assert_eq!(by_threadkit(program), by_loom(program), "{program:?}");
    }
}

#[test]
fn sequentially_consistent_operations_are_weaker_in_loom() {
    let program: Program = &[
        &[Store(X, 1, SeqCst), Load(Y, SeqCst)],
        &[Store(Y, 1, SeqCst), Load(X, SeqCst)],
    ];
    let (threadkit, loom) = (by_threadkit(program), by_loom(program));
    let both_zero = vec![vec![0], vec![0]];
    assert!(!threadkit.contains(&both_zero) && loom.contains(&both_zero));
    assert!(threadkit.is_subset(&loom));
}
