//! Pools that are shut down while they have tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use threadkit::{JoinHandle, Unrun, spawn};

use super::collect::{collect, name_of_collect};
use super::local::{Owed, local};
use super::submitted::{Probe, Submitted};
use super::tasks::{body_of, in_place};
use super::waits::waits;
use super::{Env, block, make_pool, millis};
use crate::coverage::{self, At};
use crate::program::{Block, Fate, How, PoolSpec, Shut, Wait};

/// The threads that run tasks elsewhere.
pub(super) type Elsewhere = Option<JoinHandle<()>>;

pub(super) fn dispose(unrun: Vec<Unrun>, fate: Fate, kept: &mut Vec<Unrun>) -> Elsewhere {
    let run = |unrun: Vec<Unrun>| {
        for one in unrun {
            coverage::note("Unrun::run", At::TaskPending);
            one.run();
        }
    };
    match fate {
        Fate::Dropped => {
            coverage::note("drop of an Unrun", At::TaskPending);
            drop(unrun);
        }
        Fate::Run => run(unrun),
        Fate::RunBackwards => run(unrun.into_iter().rev().collect()),
        Fate::RunElsewhere => return Some(spawn(move || run(unrun))),
        Fate::Kept => *kept = unrun,
    }
    None
}

pub(super) fn finish(env: &Env, elsewhere: Elsewhere) {
    if let Some(handle) = elsewhere
        && let Err(error) = handle.join()
    {
        env.world
            .fail(format!("a thread that ran tasks failed: {error}"));
    }
}

pub(super) fn run_shut(env: &Env, shut: &Shut) -> u64 {
    let Shut {
        spec,
        children,
        before,
        how,
        waits: limited_waits,
        collect: how_collected,
    } = shut;
    let pool = Arc::new(make_pool(spec));
    let may_be_cancelled = match how {
        How::Now(_) => true,
        How::Drop => spec.drop_stops || std::thread::panicking(),
        How::Wait | How::Timeout(_) => false,
    };
    let cancels = limited_waits
        .iter()
        .any(|wait| matches!(wait, Wait::Cancel(_)));
    let may_be_cancelled = may_be_cancelled || cancels;
    let inner = match how {
        How::Drop => env.clone(),
        _ => env.with(Arc::clone(&pool), may_be_cancelled),
    };
    let mut all: Vec<Submitted> = Vec::new();
    for child in children {
        let probe = Arc::new(Probe::default());
        let owed = Owed::new(env, !may_be_cancelled);
        let body = body_of(&inner, child, None, &all, &probe, owed);
        let (task, given) = match pool.try_submit(body) {
            Ok(task) => (Some(Arc::new(task)), 0),
            Err(refused) => (None, in_place(refused.into_body())),
        };
        all.push(Submitted {
            probe,
            task,
            panics: child.panics,
            in_place: given,
        });
    }
    let mut value: u64 = all.iter().map(|one| one.in_place).sum();
    value += before.iter().map(|one| local(&inner, one)).sum::<u64>();
    let mut kept = Vec::new();
    let mut elsewhere = None;
    let pool = match how {
        How::Wait => {
            pool.shutdown();
            coverage::note("ThreadPool::shutdown", At::PoolOpen);
            Some(pool)
        }
        How::Timeout(ms) => {
            while !pool.shutdown_timeout(millis(1 + ms)) {}
            coverage::note("ThreadPool::shutdown_timeout", At::PoolOpen);
            Some(pool)
        }
        How::Now(fate) => {
            coverage::note("ThreadPool::shutdown_now", At::PoolOpen);
            elsewhere = dispose(pool.shutdown_now(), *fate, &mut kept);
            Some(pool)
        }
        How::Drop => {
            match Arc::try_unwrap(pool) {
                Ok(pool) => drop(pool),
                Err(_) => env.world.fail("the pool has another owner"),
            }
            coverage::note("drop of a ThreadPool", At::PoolOpen);
            None
        }
    };
    let pool_at = match how {
        How::Drop => At::PoolDropped,
        _ => At::PoolShut,
    };
    value += waits(&inner, limited_waits, &all, pool_at);
    drop(kept);
    coverage::add(name_of_collect(*how_collected), pool_at);
    value += collect(&inner, *how_collected, all, may_be_cancelled);
    if let Some(pool) = &pool {
        match pool.try_submit(|| ()) {
            Err(refused) if refused.is_shut_down() => {}
            _ => env.world.fail("a pool that was shut down took a task in"),
        }
        coverage::note("ThreadPool::try_submit", At::PoolShut);
        if !std::thread::panicking() {
            pool.shutdown();
            coverage::note("ThreadPool::shutdown", At::PoolShut);
        }
    }
    finish(env, elsewhere);
    value
}

pub(super) fn scope_shut(env: &Env, spec: &PoolSpec, bodies: &[Block], fate: Fate) -> u64 {
    let pool = make_pool(spec);
    let sum = AtomicU64::new(0);
    let mut kept = Vec::new();
    let mut elsewhere = None;
    pool.scope(|s| {
        for body in bodies {
            let sum = &sum;
            drop(s.submit(move || sum.fetch_add(block(env, body), Relaxed)));
        }
        elsewhere = dispose(pool.shutdown_now(), fate, &mut kept);
        coverage::note("end of a PoolScope", At::PoolShut);
    });
    drop(kept);
    finish(env, elsewhere);
    sum.into_inner()
}
