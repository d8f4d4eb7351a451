//! Finds the threads that are stuck.

use std::collections::{HashMap, HashSet};

use super::{entries, system};
use crate::backend::TaskId;
use crate::identity;
use crate::inspect::Enders;

/// A task that sleeps without a limit.
#[derive(Debug)]
pub(super) struct Sleeper {
    /// The number of the sleep. No two sleeps have the same.
    pub(super) number: u64,
    /// The outermost task of the thread; the others on the thread are nested in it.
    pub(super) thread: TaskId,
    pub(super) enders: Enders,
}

/// All waits at one moment.
#[derive(Debug, Default)]
pub(super) struct Look {
    pub(super) sleepers: HashMap<TaskId, Sleeper>,
    /// The tasks that wait to write a readers-writer lock, asleep or not, by its address.
    writers: HashMap<usize, Vec<TaskId>>,
}

impl Look {
    pub(super) fn new() -> Self {
        let mut look = Self::default();
        let mut awake = HashMap::new();
        entries::each(|task, wait| {
            if let Some(lock) = wait.writes {
                look.writers.entry(lock).or_default().push(task);
            }
            let thread = wait.thread;
            match wait.sleep() {
                Some((number, enders)) => {
                    let sleeper = Sleeper {
                        number,
                        thread,
                        enders,
                    };
                    look.sleepers.insert(task, sleeper);
                }
                None => _ = awake.insert(task, thread),
            }
        });
        // An interrupted task does not continue before the nested one has ended.
        for (host, nested) in identity::interrupted() {
            if let Some(thread) = awake.remove(&host) {
                let sleeper = Sleeper {
                    // No sleep has a number with this bit, and each nested task has its own number.
                    number: nested.get() | 1 << 63,
                    thread,
                    enders: Enders::tasks([nested]),
                };
                look.sleepers.insert(host, sleeper);
            }
        }
        look
    }

    /// The sleeps of this look in which the tasks are in the other look as well.
    pub(super) fn retain_those_in(&mut self, other: &Self) {
        self.sleepers.retain(|task, sleeper| {
            let there = other.sleepers.get(task);
            there.is_some_and(|there| there.number == sleeper.number)
        });
    }

    /// The tasks of this look that can never continue, provided that the tasks in `reported` cannot. The result does
    /// not include `reported`.
    ///
    /// # Argument
    ///
    /// All sleepers were in the same sleeps before this look and still are after it, because the caller compares it
    /// with a look before and a look after. So they have done nothing in between, and everything that this look has
    /// read of them was true all the time: the holders of locks, the threads that run tasks, and that no sleep was
    /// decided. The result is closed: each of its sleeps needs an action of a task in the result, or of a task that
    /// does not exist any more, or of any thread. In the last case the process had no other threads while all of these
    /// slept. Therefore none of them can be the first to continue.
    pub(super) fn stuck(&self, reported: &HashSet<TaskId>) -> HashSet<TaskId> {
        let all = self.closed(reported, true);
        match all.is_empty() || self.is_everyone(&all, reported) {
            true => all,
            false => self.closed(reported, false),
        }
    }

    /// Whether the process has no threads except these and the current one.
    fn is_everyone(&self, stuck: &HashSet<TaskId>, reported: &HashSet<TaskId>) -> bool {
        let tasks = stuck.iter().chain(reported);
        let threads = tasks.filter_map(|task| Some(self.sleepers.get(task)?.thread));
        let threads: HashSet<_> = threads.collect();
        system::thread_count().is_some_and(|count| count == threads.len() + 1)
    }

    /// The largest set in which no task can continue before another task of the set does.
    fn closed(&self, reported: &HashSet<TaskId>, all_sleep: bool) -> HashSet<TaskId> {
        let tasks = self.sleepers.keys().copied();
        let mut stuck: HashSet<_> = tasks.filter(|task| !reported.contains(task)).collect();
        loop {
            let before = stuck.len();
            let mut gone = HashMap::new();
            let free: Vec<_> = stuck
                .iter()
                .filter(|task| {
                    !self.is_held(&self.sleepers[task].enders, &stuck, all_sleep, &mut gone)
                })
                .copied()
                .collect();
            for task in free {
                stuck.remove(&task);
            }
            if stuck.len() == before {
                return stuck;
            }
        }
    }

    fn is_held(
        &self,
        enders: &Enders,
        stuck: &HashSet<TaskId>,
        all_sleep: bool,
        gone: &mut HashMap<u64, bool>,
    ) -> bool {
        match enders {
            Enders::Over => false,
            Enders::Anyone => all_sleep,
            Enders::All(all) => all.iter().any(|ender| {
                let mut is_gone = |native| {
                    *gone
                        .entry(native)
                        .or_insert_with(|| system::is_gone(native))
                };
                stuck.contains(&ender.task)
                    || !self.sleepers.contains_key(&ender.task)
                        && ender.native.is_some_and(&mut is_gone)
            }),
            Enders::Writers(lock) => {
                let writers = self.writers.get(lock);
                writers.is_some_and(|writers| writers.iter().all(|task| stuck.contains(task)))
            }
        }
    }

    /// The tasks for which that task waits.
    pub(super) fn enders_of(&self, task: TaskId) -> Vec<TaskId> {
        match self.sleepers.get(&task).map(|sleeper| &sleeper.enders) {
            Some(Enders::All(all)) => all.iter().map(|ender| ender.task).collect(),
            Some(Enders::Writers(lock)) => self.writers.get(lock).cloned().unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}
