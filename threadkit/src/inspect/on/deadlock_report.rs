//! The report of a deadlock.

use core::fmt::Write;

use super::look::Look;
use super::{entries, order, system};
use crate::backend::{MAIN_TASK, TaskId};
use crate::identity;
use crate::index_map::{IndexMap, IndexSet};
use crate::inspect::ended_by::Ender;
use crate::inspect::{Deadlock, Enders, WaitInfo, joined};
use crate::sort;

/// The deadlocks of these tasks: one for all tasks that wait for each other, directly or not.
pub(super) fn deadlocks(look: &Look, stuck: &IndexSet<TaskId>) -> Vec<Deadlock> {
    let neighbours = neighbours(look, stuck);
    let mut reported = IndexSet::new();
    let mut deadlocks = Vec::new();
    for first in sorted(stuck).keys() {
        if reported.contains_key(first) {
            continue;
        }
        let group = connected(&neighbours, stuck, *first);
        for task in group.keys() {
            reported.add(*task);
        }
        deadlocks.extend(report(look, &group));
    }
    deadlocks
}

/// The same tasks, by their numbers: a thread that was started earlier comes first.
fn sorted(tasks: &IndexSet<TaskId>) -> IndexSet<TaskId> {
    let mut tasks: Vec<_> = tasks.keys().copied().collect();
    sort::by_numbers(&mut tasks, |task| (task.get(), 0));
    tasks.iter().copied().collect()
}

fn is_for_anyone(look: &Look, task: TaskId) -> bool {
    matches!(look.enders(task), Enders::Anyone)
}

/// The tasks with which each task is connected by a wait. The tasks whose waits any thread could end are connected with
/// each other.
fn neighbours(look: &Look, stuck: &IndexSet<TaskId>) -> IndexMap<TaskId, Vec<TaskId>> {
    let mut neighbours: IndexMap<TaskId, Vec<TaskId>> = IndexMap::new();
    let mut connect = |one, other| {
        neighbours.get_or_default(one).push(other);
        neighbours.get_or_default(other).push(one);
    };
    let mut asleep = None;
    for task in stuck.keys().copied() {
        for ender in look.enders_of(task) {
            connect(task, ender);
        }
        if is_for_anyone(look, task) {
            connect(task, *asleep.get_or_insert(task));
        }
    }
    neighbours
}

/// The tasks that are connected with `first` by waits, by their numbers.
fn connected(
    neighbours: &IndexMap<TaskId, Vec<TaskId>>,
    stuck: &IndexSet<TaskId>,
    first: TaskId,
) -> IndexSet<TaskId> {
    let mut group = IndexSet::new();
    let mut next = vec![first];
    while let Some(task) = next.pop() {
        if stuck.contains_key(&task) && group.add(task) {
            next.extend(neighbours.get(&task).into_iter().flatten());
        }
    }
    sorted(&group)
}

/// Waits within a group that a search for the shortest cycle follows, at most.
const STEPS: usize = 100_000;

/// A cycle of waits in a group; empty if there is none. It is the shortest one, unless the group is very large.
fn cycle(look: &Look, group: &IndexSet<TaskId>) -> Vec<TaskId> {
    let mut shortest = any_cycle(look, group);
    let mut steps = 0;
    for start in group.keys().copied() {
        if shortest.len() < 2 || steps > STEPS {
            break;
        }
        let mut came_from = IndexMap::new();
        let mut reached = vec![start];
        let mut at = 0;
        while let Some(task) = reached.get(at).copied() {
            at += 1;
            for ender in look.enders_of(task) {
                steps += 1;
                if ender == start {
                    let back = |task: &TaskId| came_from.get(task).copied();
                    let mut path: Vec<_> = core::iter::successors(Some(task), back).collect();
                    path.reverse();
                    if path.len() < shortest.len() {
                        shortest = path;
                    }
                    reached.clear();
                    break;
                }
                if group.contains_key(&ender) && !came_from.contains_key(&ender) {
                    came_from.insert(ender, task);
                    reached.push(ender);
                }
            }
        }
    }
    // The thread that was started first comes first.
    let first = (0..shortest.len()).min_by_key(|at| shortest[*at]);
    let (before, from_first) = shortest.split_at(first.unwrap_or(0));
    [from_first, before].concat()
}

/// Some cycle of waits in a group; empty if there is none.
fn any_cycle(look: &Look, group: &IndexSet<TaskId>) -> Vec<TaskId> {
    let enders_of = |task| {
        let mut enders = look.enders_of(task);
        enders.retain(|ender| group.contains_key(ender));
        // The first is taken off first.
        enders.reverse();
        enders
    };
    let mut seen = IndexSet::new();
    for start in group.keys().copied() {
        if !seen.add(start) {
            continue;
        }
        let mut path = vec![(start, enders_of(start))];
        let mut on_path = IndexSet::from_iter([start]);
        while let Some((task, enders)) = path.last_mut() {
            let Some(ender) = enders.pop() else {
                on_path.remove(task);
                path.pop();
                continue;
            };
            if on_path.contains_key(&ender) {
                let tasks = path.iter().map(|(task, _)| *task);
                return tasks.skip_while(|task| *task != ender).collect();
            }
            if seen.add(ender) {
                on_path.add(ender);
                path.push((ender, enders_of(ender)));
            }
        }
    }
    Vec::new()
}

fn report(look: &Look, group: &IndexSet<TaskId>) -> Option<Deadlock> {
    let info = |task: &TaskId| entries::with(*task, |wait| wait.info);
    let (mut idle, mut busy) = (Vec::new(), Vec::new());
    for task in group.keys() {
        let wait: Option<WaitInfo> = info(task);
        match wait.is_some_and(|wait| wait.operation.is_idle()) {
            true => idle.push(*task),
            false => busy.push(*task),
        }
    }
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
        let _ = write!(
            text,
            "\nwith nothing to do: {}",
            joined(&names(&idle), ", ")
        );
    }
    let mut obstacles = Vec::new();
    for task in &busy {
        obstacles.extend(entries::with(*task, |wait| wait.obstacle()).flatten());
    }
    sort::by(&mut obstacles, |one, other| one < other);
    obstacles.dedup();
    for obstacle in obstacles {
        let _ = write!(text, "\n{obstacle}");
    }
    for cause in order::of_deadlock(|task| group.contains_key(&task)) {
        let _ = write!(text, "\n{}", cause.as_cause());
    }
    let mut threads = Vec::new();
    for task in circle.iter().chain(behind) {
        threads.push(plain_name_of(*task));
    }
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
    match look.enders(task) {
        Enders::All(all) => {
            let enders: Vec<_> = all.iter().map(name_of_ender).collect();
            let _ = match awaited {
                Some(awaited) => write!(
                    text,
                    ", for {awaited}, held by {}",
                    joined(&enders, " and ")
                ),
                None => write!(text, ", for {}", joined(&enders, ", ")),
            };
        }
        Enders::Writers(_) => {
            let names: Vec<_> = (look.enders_of(task).into_iter()).map(name_of).collect();
            let awaited = awaited.unwrap_or_default();
            let _ = write!(
                text,
                ", for {awaited}, behind {} in write",
                joined(&names, ", ")
            );
        }
        Enders::Anyone => {
            if let Some(awaited) = awaited {
                let _ = write!(text, ", for {awaited}");
            }
        }
        Enders::Over => {}
    }
}

fn name_of_ender(ender: &Ender) -> String {
    let name = match ender.native {
        Some(native) if system::is_gone(native) => {
            format!("{} (which has ended)", name_of(ender.task))
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

#[cfg(test)]
mod tests {
    use super::super::look::tests::look;
    use super::*;

    fn cycle_of(waits: impl IntoIterator<Item = (u64, Vec<u64>)>) -> Vec<u64> {
        let look = look(waits);
        let group = sorted(&look.sleepers.keys().copied().collect());
        cycle(&look, &group).into_iter().map(TaskId::get).collect()
    }

    #[test]
    fn the_shortest_cycle_is_found_and_begins_with_the_oldest_thread() {
        let none = [(1, vec![2]), (2, vec![3, 4]), (3, vec![4]), (4, vec![])];
        assert_eq!(cycle_of(none), []);
        let one = [(1, vec![4]), (4, vec![2]), (2, vec![3]), (3, vec![4])];
        assert_eq!(cycle_of(one), [2, 3, 4]);
        let two = [(1, vec![2]), (2, vec![3]), (3, vec![1, 5]), (5, vec![3])];
        assert_eq!(cycle_of(two), [3, 5]);
        assert_eq!(cycle_of([(7, vec![7]), (8, vec![7])]), [7]);
    }

    #[test]
    fn a_very_large_group_has_a_cycle_as_well() {
        const MANY: u64 = 20_000;
        let chain = (1..MANY).map(|number| (number, vec![number + 1]));
        assert_eq!(cycle_of(chain.clone()).len(), 0);
        let ring = chain.chain([(MANY, vec![1])]);
        assert_eq!(cycle_of(ring).len(), MANY as usize);
    }
}
