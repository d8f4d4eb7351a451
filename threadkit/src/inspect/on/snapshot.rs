//! What is known of all threads at one moment.

use super::entries::PATIENCE;
use super::look::Look;
use super::{clock, deadlock_report, entries, group, holds, system};
use crate::backend::{TaskId, explored};
use crate::identity;
use crate::index_map::{IndexMap, IndexSet};
use crate::inspect::snapshot::{EnderSeen, HoldsSeen, LockSeen, WaitSeen};
use crate::inspect::{Enders, Snapshot};

/// What is known of the waits and locks of all threads. It takes a limited time, whatever the threads do.
pub(crate) fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot {
        is_tracked: true,
        now: clock::read(),
        ..Snapshot::default()
    };
    // If it returns early, the rest is missing.
    snapshot.is_complete = fill(&mut snapshot).is_some();
    snapshot
}

fn fill(snapshot: &mut Snapshot) -> Option<()> {
    snapshot.of_system = system::threads();
    snapshot.interrupted = identity::interrupted(PATIENCE)?;
    snapshot.waits = waits()?;
    snapshot.holds = held()?;
    snapshot.groups = group::all(PATIENCE)?;
    // Three looks prove what is stuck, also without a pause between them: see `Look::stuck`.
    let before = Look::within(PATIENCE)?;
    let mut look = Look::within(PATIENCE)?;
    look.retain_those_in(&before);
    let none = IndexSet::new();
    let suspects = look.stuck(&none);
    // If the last look does not confirm it, some thread continues after all.
    if !suspects.is_empty() && look.confirms(&suspects, &Look::within(PATIENCE)?, &none) {
        snapshot.deadlocks = deadlock_report::deadlocks(&look, &suspects);
        snapshot.stuck = suspects;
    }
    Some(())
}

fn waits() -> Option<Vec<WaitSeen>> {
    let mut waits = Vec::new();
    let mut writers: IndexMap<usize, Vec<TaskId>> = IndexMap::new();
    // The waits for the writers of a lock, which are known at the end.
    let mut behind = Vec::new();
    entries::each(PATIENCE, |task, wait| {
        if let Some(lock) = wait.writes {
            writers.get_or_default(lock).push(task);
        }
        let mut enders = Vec::new();
        // To ask may be a step of an exploration, which must not switch here, under a lock that it does not see.
        let asked = match explored::here() {
            Some(_) => Enders::Anyone,
            None => wait.enders(),
        };
        match asked {
            Enders::All(all) => enders.extend(all.into_iter().map(|ender| EnderSeen {
                task: ender.task,
                since: ender.since,
                native: ender.native,
                has_ended: false,
            })),
            Enders::Writers(lock) => behind.push((waits.len(), lock)),
            Enders::Over | Enders::Anyone => {}
        }
        waits.push(WaitSeen {
            task,
            thread: wait.thread,
            native: wait.native,
            operation: wait.info.operation,
            lock: wait.info.lock,
            awaited: wait.describe(),
            place: wait.info.place,
            lasts: wait.began.elapsed(),
            is_behind: behind.last().is_some_and(|(at, _)| *at == waits.len()),
            enders,
        });
    })?;
    for (at, lock) in behind {
        let writers = writers.get(&lock).into_iter().flatten();
        waits[at].enders.extend(writers.map(|task| EnderSeen {
            task: *task,
            since: None,
            native: None,
            has_ended: false,
        }));
    }
    // Asked afterwards: no wait begins or ends while its entry is looked at.
    let mut gone = IndexMap::new();
    for ender in waits.iter_mut().flat_map(|wait| &mut wait.enders) {
        ender.has_ended = ender
            .native
            .is_some_and(|native| *gone.get_or_insert_with(native, || system::is_gone(native)));
    }
    Some(waits)
}

fn held() -> Option<Vec<HoldsSeen>> {
    let mut all = Vec::new();
    holds::each(PATIENCE, |thread, native, held| {
        let mut locks = Vec::new();
        for held in held {
            locks.push(LockSeen {
                name: held.class.name,
                created: held.made(),
                side: held.side,
                place: held.place,
            });
        }
        all.push(HoldsSeen {
            thread,
            native,
            locks,
        });
    })?;
    Some(all)
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::backend;

    #[test]
    fn a_lock_that_is_never_released_does_not_block_a_snapshot() {
        let task = backend::new_task_id();
        let during = entries::try_with_waits(task, |_| {
            thread::scope(|scope| {
                let begun = Instant::now();
                let other = scope.spawn(snapshot);
                (begun, other.join().unwrap())
            })
        });
        let (begun, snapshot) = during.expect("nothing has forked");
        assert!(!snapshot.is_complete && snapshot.is_tracked);
        assert!(begun.elapsed() < PATIENCE + Duration::from_secs(30));
        // Nothing holds any of the locks for long now.
        assert!(super::snapshot().is_complete);
    }
}
