//! The report of a deadlock.

use core::fmt::Write;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::look::Look;
use super::{entries, system};
use crate::backend::{MAIN_TASK, TaskId};
use crate::identity;
use crate::inspect::ended_by::Ender;
use crate::inspect::{Deadlock, Enders, WaitInfo};

/// The deadlocks in which these tasks are: one for all that wait for each other, directly or not.
pub(super) fn narrate(look: &Look, stuck: &HashSet<TaskId>) -> Vec<Deadlock> {
    let mut left: BTreeSet<_> = stuck.iter().copied().collect();
    let mut deadlocks = Vec::new();
    while let Some(first) = left.first().copied() {
        let group = connected(look, stuck, first);
        left.retain(|task| !group.contains(task));
        deadlocks.extend(report(look, &group));
    }
    deadlocks
}

fn is_for_anyone(look: &Look, task: TaskId) -> bool {
    matches!(look.sleepers[&task].enders, Enders::Anyone)
}

/// The tasks that are connected with `first` by waits. Those that any thread could let go on are connected.
fn connected(look: &Look, stuck: &HashSet<TaskId>, first: TaskId) -> BTreeSet<TaskId> {
    let mut neighbours: HashMap<TaskId, Vec<TaskId>> = HashMap::new();
    let mut connect = |one, other| {
        neighbours.entry(one).or_default().push(other);
        neighbours.entry(other).or_default().push(one);
    };
    let mut asleep = None;
    for task in stuck.iter().copied() {
        for ender in look.enders_of(task) {
            connect(task, ender);
        }
        if is_for_anyone(look, task) {
            connect(task, *asleep.get_or_insert(task));
        }
    }
    let mut group = BTreeSet::new();
    let mut next = vec![first];
    while let Some(task) = next.pop() {
        if stuck.contains(&task) && group.insert(task) {
            next.extend(neighbours.get(&task).into_iter().flatten());
        }
    }
    group
}

/// The shortest cycle of waits in a group; empty if there is none.
fn cycle(look: &Look, group: &BTreeSet<TaskId>) -> Vec<TaskId> {
    let from = |start: TaskId| {
        let mut came_from = HashMap::new();
        let mut reached = vec![start];
        let mut at = 0;
        while let Some(task) = reached.get(at).copied() {
            at += 1;
            for ender in look.enders_of(task) {
                if ender == start {
                    let back = |task: &TaskId| came_from.get(task).copied();
                    let mut path: Vec<_> = core::iter::successors(Some(task), back).collect();
                    path.reverse();
                    return Some(path);
                }
                if group.contains(&ender) && !came_from.contains_key(&ender) {
                    came_from.insert(ender, task);
                    reached.push(ender);
                }
            }
        }
        None
    };
    let cycles = group.iter().filter_map(|task| from(*task));
    cycles.min_by_key(Vec::len).unwrap_or_default()
}

fn report(look: &Look, group: &BTreeSet<TaskId>) -> Option<Deadlock> {
    let info = |task: &TaskId| entries::with(*task, |wait| wait.info);
    let is_idle = |task: &&TaskId| {
        let wait: Option<WaitInfo> = info(task);
        wait.is_some_and(|wait| wait.operation.is_idle())
    };
    let (idle, busy): (Vec<TaskId>, Vec<TaskId>) = group.iter().partition(|task| is_idle(task));
    if busy.is_empty() {
        return None;
    }
    let circle = cycle(look, group);
    let behind: Vec<_> = busy.iter().filter(|task| !circle.contains(task)).collect();
    let mut text = String::from("deadlock: ");
    text += &match circle.len() {
        0 if busy.iter().any(|task| is_for_anyone(look, *task)) => {
            "all threads sleep, and none is left to wake them".to_owned()
        }
        0 => "a lock is held by a thread that has ended".to_owned(),
        1 => "a thread waits for itself".to_owned(),
        count => format!("{count} threads wait for each other"),
    };
    for task in &circle {
        tell_wait(&mut text, look, *task);
    }
    if !circle.is_empty() && !behind.is_empty() {
        text += "\nbehind them:";
    }
    for task in &behind {
        tell_wait(&mut text, look, **task);
    }
    let names = |tasks: &[TaskId]| tasks.iter().map(|task| name_of(*task)).collect::<Vec<_>>();
    if !idle.is_empty() {
        let _ = write!(text, "\nwith nothing to do: {}", names(&idle).join(", "));
    }
    let order = circle.iter().chain(behind);
    let threads = order.map(|task| plain_name_of(*task)).collect();
    Some(Deadlock::new(threads, text))
}

/// Adds the line of one thread.
fn tell_wait(text: &mut String, look: &Look, task: TaskId) {
    let wait = entries::with(task, |wait| (wait.info, wait.describe()));
    let Some((info, awaited)) = wait else { return };
    let _ = write!(
        text,
        "\n  {} in {} at {}",
        name_of(task),
        info.operation,
        info.place
    );
    match &look.sleepers[&task].enders {
        Enders::All(all) => {
            let enders: Vec<_> = all.iter().map(name_of_ender).collect();
            let _ = match awaited {
                Some(awaited) => write!(text, ", for {awaited}, held by {}", enders.join(" and ")),
                None => write!(text, ", for {}", enders.join(", ")),
            };
        }
        Enders::Writers(_) => {
            let names: Vec<_> = (look.enders_of(task).into_iter()).map(name_of).collect();
            let awaited = awaited.unwrap_or_default();
            let _ = write!(
                text,
                ", for {awaited}, behind {} in write",
                names.join(", ")
            );
        }
        Enders::Anyone | Enders::Over => {}
    }
}

fn name_of_ender(ender: &Ender) -> String {
    let name = match ender.native {
        Some(native) if system::is_gone(native) => {
            format!("{}, which has ended", name_of(ender.task))
        }
        _ => name_of(ender.task),
    };
    match ender.since {
        Some(since) => format!("{name} since {since}"),
        None => name,
    }
}

/// What to call a thread or a task in reports.
fn name_of(task: TaskId) -> String {
    match known_name_of(task) {
        Some(name) => format!("`{name}`"),
        None => format!("number {task}"),
    }
}

fn plain_name_of(task: TaskId) -> String {
    known_name_of(task).unwrap_or_else(|| task.to_string())
}

fn known_name_of(task: TaskId) -> Option<String> {
    if let Some(identity) = identity::find(task) {
        return Some(identity.name().to_string());
    }
    if task == MAIN_TASK {
        return Some("main".to_owned());
    }
    // A thread that `std` or others have started.
    entries::with(task, |wait| wait.native).and_then(system::name_of)
}
