//! [`dump`].

use core::time::Duration;
use std::process;
use std::sync::Arc;

use super::group_dump::GroupDump;
use super::report::Dump;
use super::thread_dump::{HeldLock, Holder, ThreadDump, WaitDump};
use crate::backend::{Side, TaskId};
use crate::identity::{self, Identity};
use crate::index_map::{IndexMap, IndexSet};
use crate::inspect::{self, EnderSeen, GroupSeen, LockSeen, Snapshot, WaitSeen};
use crate::panics::Place;
use crate::sort;
use crate::threads::{self, State, ThreadRef};

/// How long to wait for a lock of the registry. Its holder releases it after a moment, unless the system has stopped
/// that thread.
const PATIENCE: Duration = Duration::from_millis(100);

/// What all threads do at this moment: what each holds, what it waits for and where, and which thread holds that.
///
/// It takes a limited time, whatever the threads do, and changes nothing. The [module](super) shows how it prints.
///
/// # Differences from Python's `faulthandler.dump_traceback`
///
/// It has no stacks, because Rust cannot walk those of other threads. It has the places where the threads wait and
/// where they acquired what they hold, and the deadlocks that follow from them.
///
/// # Examples
///
/// ```
/// let dump = threadkit::dump();
/// assert!(dump.deadlocks().is_empty());
/// assert!(dump.threads().iter().any(|thread| thread.name() == "main"));
/// println!("{dump}");
/// ```
#[must_use = "a dump does nothing by itself; print it"]
#[doc(alias = "dump_traceback")]
#[doc(alias = "jstack")]
#[doc(alias = "stack_trace")]
pub fn dump() -> Dump {
    // Listed, also if it has never used threadkit.
    let _main = threads::main_thread();
    let Snapshot {
        is_tracked,
        now,
        is_complete,
        waits,
        holds,
        groups,
        stuck,
        deadlocks,
        interrupted,
        of_system,
    } = inspect::snapshot();
    let alive = identity::alive_within(PATIENCE);
    let is_complete = is_complete && alive.is_some();
    let alive = alive.unwrap_or_default();

    let mut capture = Capture {
        now,
        ..Capture::default()
    };
    for identity in &alive {
        capture.name(identity);
    }
    for (task, nested) in interrupted {
        capture.name(&nested);
        capture.nested.insert(task, nested);
    }
    for group in &groups {
        for member in &group.members {
            capture.grouped.add(*member);
        }
    }
    let mut strangers = IndexMap::new();
    for wait in waits {
        strangers.insert(wait.thread, wait.native);
        capture.waits.insert(wait.task, wait);
    }
    for holds in holds {
        strangers.insert(holds.thread, holds.native);
        capture.holds.insert(holds.thread, holds.locks);
    }
    capture.stuck = stuck;

    // All have their names before the first is captured, which may wait for any of them.
    let mut of_system = of_system.unwrap_or_default();
    for known in capture.names.keys() {
        strangers.remove(known);
    }
    for (task, native) in strangers.entries() {
        let known = of_system.iter().find(|(number, _)| number == native);
        let name = known.map_or_else(String::new, |(_, name)| name.clone());
        capture.names.insert(*task, name);
    }
    let mut threads = Vec::new();
    for identity in &alive {
        threads.push(capture.thread(identity));
    }
    for (task, native) in strangers.entries() {
        threads.extend(capture.stranger(*task, *native));
    }
    sort::by_numbers(&mut threads, |thread| (thread.ident(), 0));
    let mut known = IndexSet::new();
    for thread in &threads {
        if let Some(native) = thread.native_id() {
            known.add(native);
        }
    }
    of_system
        .retain(|(native, name)| !known.contains_key(native) && !name.starts_with("threadkit-"));
    Dump {
        process: process::id(),
        is_tracked,
        is_complete,
        deadlocks,
        threads,
        groups: groups.into_iter().map(group).collect(),
        others: of_system,
    }
}

/// What is known of the threads, by their numbers. Each part is taken out for its thread.
#[derive(Default)]
struct Capture {
    now: u64,
    names: IndexMap<TaskId, String>,
    waits: IndexMap<TaskId, WaitSeen>,
    holds: IndexMap<TaskId, Vec<LockSeen>>,
    /// The task that interrupts each.
    nested: IndexMap<TaskId, Arc<Identity>>,
    stuck: IndexSet<TaskId>,
    grouped: IndexSet<TaskId>,
}

impl Capture {
    /// A thread, with the tasks that interrupt it.
    fn thread(&mut self, identity: &Arc<Identity>) -> ThreadDump {
        let mut thread = self.task(identity);
        let mut host = identity.id();
        while let Some(nested) = self.nested.remove(&host) {
            thread.tasks.push(self.task(&nested));
            host = nested.id();
        }
        thread
    }

    fn name(&mut self, identity: &Identity) {
        let name = identity.name_within(PATIENCE);
        let name = name.map_or_else(String::new, |name| name.to_string());
        self.names.insert(identity.id(), name);
    }

    fn task(&mut self, identity: &Arc<Identity>) -> ThreadDump {
        let id = identity.id();
        let thread = ThreadRef::new(Arc::clone(identity));
        let mut seen = self.seen(id, thread.has_begun());
        seen.native_id = identity.native_id();
        seen.runs_for = match seen.state {
            State::Running => identity.runs_since().map(|since| self.elapsed(since)),
            _ => None,
        };
        seen.daemon = thread.is_daemon();
        seen.orphan = thread.is_detached() && !seen.daemon && !self.grouped.contains_key(&id);
        seen
    }

    fn elapsed(&self, since: u64) -> Duration {
        // A thread that runs goes on while the others are asked.
        Duration::from_nanos(self.now.saturating_sub(since))
    }

    /// A thread that is known by its locks and waits alone, if there are any.
    fn stranger(&mut self, task: TaskId, native: u64) -> Option<ThreadDump> {
        let mut seen = self.seen(task, true);
        seen.native_id = Some(native).filter(|native| *native != 0);
        (seen.wait.is_some() || !seen.holds.is_empty()).then_some(seen)
    }

    fn seen(&mut self, task: TaskId, has_begun: bool) -> ThreadDump {
        let wait = self.waits.remove(&task);
        let state = match &wait {
            Some(wait) => State::Waiting {
                what: match wait.lock {
                    Some(lock) => format!("{} `{lock}`", wait.operation),
                    None => wait.operation.to_string(),
                },
                place: Place::new(wait.place),
            },
            None if has_begun => State::Running,
            None => State::New,
        };
        let locks = self.holds.remove(&task).unwrap_or_default();
        ThreadDump {
            name: self.name_of(task),
            ident: task.get(),
            native_id: None,
            daemon: true,
            orphan: false,
            stuck: self.stuck.contains_key(&task),
            state,
            runs_for: None,
            wait: wait.map(|wait| self.wait(wait)),
            holds: locks.into_iter().map(lock).collect(),
            tasks: Vec::new(),
        }
    }

    fn wait(&self, wait: WaitSeen) -> WaitDump {
        WaitDump {
            operation: wait.operation.to_string(),
            is_idle: wait.operation.is_idle(),
            is_behind: wait.is_behind,
            awaited: wait.awaited,
            place: Place::new(wait.place),
            lasts: wait.lasts,
            holders: wait
                .enders
                .into_iter()
                .map(|ender| self.holder(ender))
                .collect(),
        }
    }

    fn holder(&self, ender: EnderSeen) -> Holder {
        Holder {
            name: self.name_of(ender.task),
            ident: ender.task.get(),
            since: ender.since.map(|place| Place::new(place)),
            ended: ender.has_ended,
        }
    }

    fn name_of(&self, task: TaskId) -> String {
        self.names.get(&task).cloned().unwrap_or_default()
    }
}

fn lock(lock: LockSeen) -> HeldLock {
    HeldLock {
        name: lock.name,
        side: lock.side.map(|side| match side {
            Side::Read => "read",
            Side::Upgradable => "upgradable",
            Side::Write => "write",
        }),
        made: Place::new(lock.created),
        since: Place::new(lock.place),
    }
}

fn group(group: GroupSeen) -> GroupDump {
    GroupDump {
        kind: group.kind.into(),
        name: group.name.map(|name| name.to_string()),
        made: Place::new(group.place),
        maker: group.maker.get(),
        threads: group.members.iter().map(|task| task.get()).collect(),
        pending: group.pending,
    }
}
