//! Activities with pools: the shared ones, and pools of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use threadkit::{
    OnDrop, TaskError, ThreadPool, as_completed, spawn, stop_token, wait_all_until, wait_any,
};

use super::millis;
use crate::endurance::shared::Shared;
use crate::options::Options;
use crate::tape::Random;

/// A task that counts its end, whether it runs or not.
struct Counted(Arc<AtomicU64>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}

fn counted(shared: &Shared) -> Counted {
    shared.taken_in.fetch_add(1, Relaxed);
    Counted(Arc::clone(&shared.ended))
}

fn any_pool<'a>(shared: &'a Shared, random: &mut Random) -> &'a Arc<ThreadPool> {
    &shared.pools[random.below(shared.pools.len())]
}

pub(super) fn tasks(shared: &Shared, _: &Options, random: &mut Random) {
    let pool = any_pool(shared, random);
    let tasks: Vec<_> = (0..1 + random.below(6) as u64)
        .map(|number| {
            let counted = counted(shared);
            let panics = random.below(10) == 0;
            let task = pool.submit(move || {
                let _counted = counted;
                if panics {
                    std::panic::resume_unwind(Box::new("planned"));
                }
                number
            });
            (number, panics, task)
        })
        .collect();
    let check = |number: u64, panics: bool, outcome: Result<u64, TaskError>| match outcome {
        Ok(value) if value == number && !panics => {}
        Err(_) if panics => {}
        outcome => shared.fail(format!("task {number} gave {outcome:?}")),
    };
    match random.below(3) {
        0 => {
            let all = tasks.iter().map(|(_, _, task)| task);
            if as_completed(all).count() != tasks.len() {
                shared.fail("as_completed lost a task");
            }
        }
        1 => drop(wait_any(tasks.iter().map(|(_, _, task)| task))),
        _ => {
            let limit = millis(random, 3);
            let _ = wait_all_until(tasks.iter().map(|(_, _, task)| task), limit);
        }
    }
    for (number, panics, task) in tasks {
        check(number, panics, task.join());
    }
}

/// The leaves of a tree of tasks, each of which waits for its children.
fn leaves(pool: &Arc<ThreadPool>, depth: usize) -> u64 {
    if depth == 0 {
        return 1;
    }
    let children: Vec<_> = (0..2)
        .map(|_| {
            let next = Arc::clone(pool);
            pool.submit(move || leaves(&next, depth - 1))
        })
        .collect();
    children
        .into_iter()
        .map(|child| child.join().unwrap_or(0))
        .sum()
}

pub(super) fn nested_tasks(shared: &Shared, _: &Options, random: &mut Random) {
    let depth = 1 + random.below(4);
    if leaves(any_pool(shared, random), depth) != 1 << depth {
        shared.fail("a tree of tasks lost leaves");
    }
}

pub(super) fn cancelled_tasks(shared: &Shared, _: &Options, random: &mut Random) {
    let pool = any_pool(shared, random);
    for _ in 0..1 + random.below(4) {
        let counted = counted(shared);
        let limit = millis(random, 3);
        let submitted = pool.try_submit(move || {
            let _counted = counted;
            stop_token().wait_timeout(limit)
        });
        let Ok(task) = submitted else { continue };
        match random.below(3) {
            0 => drop(task),
            1 if task.cancel() => match task.join() {
                Err(error) if error.is_cancelled() => {}
                outcome => shared.fail(format!("a cancelled task gave {outcome:?}")),
            },
            _ => {
                task.stop();
                match task.join() {
                    Ok(_) => {}
                    Err(error) => shared.fail(format!("a stopped task failed: {error}")),
                }
            }
        }
    }
}

pub(super) fn map(shared: &Shared, _: &Options, random: &mut Random) {
    let pool = any_pool(shared, random);
    let count = random.below(200) as u64;
    let take = random.below(count as usize + 1);
    let got: Vec<_> = pool.map(0..count, |item| item * 2).take(take).collect();
    let must: Vec<_> = (0..take as u64).map(|item| item * 2).collect();
    if got != must {
        shared.fail(format!("a map gave {got:?}"));
    }
}

pub(super) fn pool_scope(shared: &Shared, _: &Options, random: &mut Random) {
    let pool = any_pool(shared, random);
    let (sum, count) = (AtomicU64::new(0), 1 + random.below(5) as u64);
    pool.scope(|s| {
        for number in 0..count {
            let sum = &sum;
            drop(s.submit(move || sum.fetch_add(number, Relaxed)));
        }
    });
    if sum.into_inner() != (0..count).sum() {
        shared.fail("a scope was left before its tasks had ended");
    }
}

pub(super) fn own_pool(shared: &Shared, _: &Options, random: &mut Random) {
    let pool = ThreadPool::builder(1 + random.below(3));
    let pool = match random.below(3) {
        0 => pool.keep_alive(millis(random, 2)),
        1 => pool.on_drop(OnDrop::Stop),
        _ => pool,
    };
    let pool = pool.build();
    for _ in 0..random.below(6) {
        let counted = counted(shared);
        let nap = millis(random, 2);
        drop(pool.submit(move || {
            let _counted = counted;
            stop_token().wait_timeout(nap)
        }));
    }
    match random.below(3) {
        0 => pool.shutdown(),
        1 => while !pool.shutdown_timeout(millis(random, 2)) {},
        _ => {}
    }
}

pub(super) fn shut_now(shared: &Shared, _: &Options, random: &mut Random) {
    let pool = ThreadPool::new(1 + random.below(2));
    let tasks: Vec<_> = (0..random.below(6))
        .map(|_| {
            let counted = counted(shared);
            pool.submit(move || {
                let _counted = counted;
                stop_token().wait_timeout(Duration::from_millis(1))
            })
        })
        .collect();
    let unrun = pool.shutdown_now();
    let (total, taken_out) = (tasks.len(), unrun.len());
    let run = random.below(2) == 0;
    let elsewhere = spawn(move || {
        for one in unrun {
            if run {
                one.run();
            }
        }
    });
    let cancelled = tasks
        .into_iter()
        .filter_map(|task| task.join().err())
        .count();
    if cancelled != if run { 0 } else { taken_out } {
        shared.fail(format!(
            "{cancelled} of {total} were cancelled, {taken_out} taken out"
        ));
    }
    if elsewhere.join().is_err() {
        shared.fail("running tasks that were taken out failed");
    }
}
