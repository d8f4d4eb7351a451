//! How often a pool that is warm allocates for a task.

#[path = "support/allocated.rs"]
mod allocated;
mod support;

use std::sync::atomic::{AtomicUsize, Ordering};

use allocated::allocations;
use support::{bounded, eventually};
use threadkit::{Task, ThreadPool};

/// Few enough for the pool to keep the memory of all of them.
const TASKS: usize = 256;

static RAN: AtomicUsize = AtomicUsize::new(0);

/// Submits tasks that only count, passes the handles to `keep`, and waits until all have run. Returns how often the
/// process allocated meanwhile.
fn allocations_of(pool: &ThreadPool, mut keep: impl FnMut(Task<()>)) -> usize {
    let before = allocations();
    let end = RAN.load(Ordering::Relaxed) + TASKS;
    for _ in 0..TASKS {
        keep(pool.submit(|| _ = RAN.fetch_add(1, Ordering::Relaxed)));
    }
    eventually("all tasks have run", || RAN.load(Ordering::Relaxed) == end);
    allocations() - before
}

/// One test, because whatever else runs in the process allocates too.
#[test]
fn a_task_is_one_allocation_and_none_once_memory_is_used_again() {
    const ROUNDS: usize = 20;
    // What a whole round may allocate besides, for instance for a wait of the worker.
    const BESIDE_TASKS: usize = 4;
    bounded(|| {
        let pool = ThreadPool::new(1);
        // The least disturbed round counts: in others the worker may wait more often, or give memory back late.
        let mut tasks = Vec::with_capacity(TASKS);
        let kept = (0..ROUNDS).map(|_| {
            let made = allocations_of(&pool, |task| tasks.push(task));
            tasks.drain(..).for_each(|task| task.join().unwrap());
            made
        });
        let kept = kept.min().expect("a round");
        assert!(kept <= TASKS + BESIDE_TASKS, "{kept} for {TASKS} tasks");

        let dropped = (0..ROUNDS).map(|_| allocations_of(&pool, drop));
        let dropped = dropped.min().expect("a round");
        assert!(dropped <= BESIDE_TASKS, "{dropped} for {TASKS} tasks");
        println!("{TASKS} tasks with handles: {kept} allocations; without: {dropped}");
    });
}
