//! What the statements of a block may do, so that no wait can be part of a cycle.

use super::Generator;
use crate::program::{Full, PoolId, PoolSpec};

/// What the statements of a block may do.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) depth: usize,
    pub(super) pools: Vec<PoolSpec>,
    /// The pools whose tasks may be waited for.
    pub(super) usable: Vec<PoolId>,
    /// Inside the body of a task, directly or in a thread that it started.
    pub(super) in_task: bool,
    /// The pools that run a task around this block, and whose submitters block.
    pub(super) blocking: Vec<PoolId>,
    /// The usable pools are open, whatever happens.
    pub(super) sure: bool,
    /// The thread is not the one of the whole program.
    pub(super) on_thread: bool,
}

impl Generator<'_> {
    pub(super) fn usable(&mut self, context: &Context) -> PoolId {
        // The newest pool first, because the pool that the body runs in is mostly among the newest.
        let mut all = context.usable.clone();
        all.reverse();
        self.pick(&all)
    }

    pub(super) fn usable_perhaps(&mut self, context: &Context) -> Option<PoolId> {
        let take = self.draw(2) == 1;
        (take && !context.usable.is_empty()).then(|| self.usable(context))
    }

    /// The body of a task of that pool, which its submitter waits for.
    pub(super) fn inside(&mut self, context: &Context, pool: PoolId) -> Context {
        let mut inner = context.clone();
        inner.depth += 1;
        inner.in_task = true;
        inner.on_thread = true;
        let blocking = core::mem::take(&mut inner.blocking);
        inner
            .usable
            .retain(|usable| *usable == pool || !blocking.contains(usable));
        inner.blocking = blocking;
        if matches!(context.pools[pool].backlog, Some((_, Full::Block))) {
            inner.usable = vec![pool];
            inner.blocking.push(pool);
        }
        inner
    }

    /// The body of a task of that pool that only its pool waits for.
    pub(super) fn detached_in(&mut self, context: &Context, pool: PoolId) -> Context {
        let mut inner = self.inside(context, pool);
        inner.sure = false;
        inner.usable = match pool < self.program_pools && inner.usable.len() > 1 {
            true => (0..self.program_pools).collect(),
            false => vec![pool],
        };
        inner
    }

    /// A body that uses no pool from outside.
    pub(super) fn alone_in(&mut self, context: &Context) -> Context {
        let mut inner = context.clone();
        inner.depth += 1;
        inner.usable.clear();
        inner.in_task = true;
        inner.sure = false;
        inner
    }
}
