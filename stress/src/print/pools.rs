//! The pools that a piece of a program names.

use std::collections::BTreeSet;

use crate::program::{Block, Child, Local, PoolId, Stmt, Target, Tasks, Wait};

/// The pools that a block names.
pub(super) fn pools_of(block: &Block) -> BTreeSet<PoolId> {
    block.iter().flat_map(pools_of_stmt).collect()
}

pub(super) fn pools_of_locals(locals: &[Local]) -> BTreeSet<PoolId> {
    let mut all = BTreeSet::new();
    for one in locals {
        match one {
            Local::Hold { inner, .. } => all.extend(pools_of_locals(inner)),
            Local::Detach { pool, body } => {
                all.insert(*pool);
                all.extend(pools_of(body));
            }
            Local::Tick | Local::Sleep(_) | Local::Nap(_) => {}
        }
    }
    all
}

fn pools_of_waits(waits: &[Wait]) -> BTreeSet<PoolId> {
    let locals = waits.iter().filter_map(|wait| match wait {
        Wait::Local(one) => Some(one.clone()),
        _ => None,
    });
    pools_of_locals(&locals.collect::<Vec<_>>())
}

fn pools_of_stmt(stmt: &Stmt) -> BTreeSet<PoolId> {
    let blocks = |blocks: &[Block]| blocks.iter().flat_map(pools_of).collect::<BTreeSet<_>>();
    let children = |children: &[Child]| {
        children
            .iter()
            .flat_map(|child| pools_of(&child.body))
            .collect::<BTreeSet<_>>()
    };
    match stmt {
        Stmt::Local(one) => pools_of_locals(core::slice::from_ref(one)),
        Stmt::Tasks(Tasks { group, gate, .. }) => {
            let mut all = children(&group.children);
            all.insert(group.pool);
            all.extend(pools_of_waits(&group.waits));
            all.extend(gate.iter().flat_map(|waits| pools_of_waits(waits)));
            all
        }
        Stmt::Scope(group) => {
            let mut all = children(&group.children);
            all.insert(group.pool);
            all.extend(pools_of_waits(&group.waits));
            all
        }
        Stmt::Map { pool, body, .. } => {
            let mut all = pools_of(body);
            all.insert(*pool);
            all
        }
        Stmt::Threads { bodies, .. } | Stmt::ScopeShut { bodies, .. } => blocks(bodies),
        Stmt::LocalPool { body, .. } | Stmt::Unwind(body) | Stmt::AtThreadEnd(body) => {
            pools_of(body)
        }
        Stmt::Shut(shut) => {
            let mut all = children(&shut.children);
            all.extend(pools_of_locals(&shut.before));
            all.extend(pools_of_waits(&shut.waits));
            all
        }
        Stmt::Stops { target, before, .. } => {
            let mut all = pools_of_locals(before);
            if let Target::Task(pool) = target {
                all.insert(*pool);
            }
            all
        }
        Stmt::Timer { body, .. } => pools_of_locals(body),
        Stmt::Supervise { pool, .. } | Stmt::SuperviseStopped { pool, .. } => {
            pool.iter().copied().collect()
        }
        Stmt::MapShut { .. } | Stmt::Gadget { .. } | Stmt::Chain { .. } | Stmt::StopAll => {
            BTreeSet::new()
        }
    }
}
