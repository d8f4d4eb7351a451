//! Small programs of loads, stores and fences, and the outcomes that an exploration of them has seen.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use threadkit::atomic::{self, AtomicU32};
use threadkit::explore::{Explorer, Report};
use threadkit::{join_all, spawn};

/// An operation on the atomic with that number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Load(usize, Ordering),
    Store(usize, u32, Ordering),
    Swap(usize, u32, Ordering),
    Add(usize, u32, Ordering),
    /// From one value to another.
    Exchange(usize, [u32; 2], Ordering),
    Fence(Ordering),
}

/// The operations of each thread.
pub(crate) type Program = Vec<Vec<Op>>;

/// What the operations of each thread have read.
pub(crate) type Outcome = Vec<Vec<u32>>;

pub(crate) const ATOMICS: usize = 4;

pub(crate) fn load(at: usize, order: Ordering) -> Op {
    Op::Load(at, order)
}

pub(crate) fn store(at: usize, value: u32, order: Ordering) -> Op {
    Op::Store(at, value, order)
}

pub(crate) fn swap(at: usize, value: u32, order: Ordering) -> Op {
    Op::Swap(at, value, order)
}

pub(crate) fn add(at: usize, value: u32, order: Ordering) -> Op {
    Op::Add(at, value, order)
}

pub(crate) fn exchange(at: usize, from: u32, to: u32, order: Ordering) -> Op {
    Op::Exchange(at, [from, to], order)
}

pub(crate) fn fence(order: Ordering) -> Op {
    Op::Fence(order)
}

/// The order of an exchange that fails.
pub(crate) fn of_failure(order: Ordering) -> Ordering {
    match order {
        AcqRel => Acquire,
        Release => Relaxed,
        order => order,
    }
}

impl Op {
    fn run(self, atomics: &[AtomicU32; ATOMICS]) -> Option<u32> {
        Some(match self {
            Self::Load(at, order) => atomics[at].load(order),
            Self::Swap(at, value, order) => atomics[at].swap(value, order),
            Self::Add(at, value, order) => atomics[at].fetch_add(value, order),
            Self::Exchange(at, [from, to], order) => atomics[at]
                .compare_exchange(from, to, order, of_failure(order))
                .unwrap_or_else(|before| before),
            Self::Store(at, value, order) => {
                atomics[at].store(value, order);
                return None;
            }
            Self::Fence(order) => {
                atomic::fence(order);
                return None;
            }
        })
    }
}

/// The outcomes that the explorer sees, with its report.
#[track_caller]
pub(crate) fn seen(explorer: Explorer, program: &Program) -> (Report, BTreeSet<Outcome>) {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let notes = Arc::clone(&seen);
    let program = program.clone();
    let report = explorer
        .time_limit(Duration::from_secs(600))
        .check(move || {
            let atomics = Arc::new([const { AtomicU32::new(0) }; ATOMICS]);
            let threads: Vec<_> = (program.iter().cloned())
                .map(|ops| {
                    let atomics = Arc::clone(&atomics);
                    spawn(move || ops.iter().filter_map(|op| op.run(&atomics)).collect())
                })
                .collect();
            let outcome: Outcome = join_all(threads).unwrap();
            notes.lock().unwrap().insert(outcome);
        });
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (report, seen)
}

/// All outcomes of the program, with older values.
#[track_caller]
pub(crate) fn outcomes(program: &Program) -> BTreeSet<Outcome> {
    let explorer = Explorer::new().exhaustive().weak_memory();
    let (report, seen) = seen(explorer.runs(1_000_000), program);
    assert!(report.is_complete(), "{program:?}");
    seen
}
