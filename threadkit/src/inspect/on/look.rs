//! Finds the threads that are stuck.

use core::time::Duration;

use super::{entries, hidden, system};
use crate::backend::TaskId;
use crate::identity;
use crate::index_map::{IndexMap, IndexSet};
use crate::inspect::Enders;
use crate::inspect::ended_by::Ender;

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
    pub(super) sleepers: IndexMap<TaskId, Sleeper>,
    /// The tasks that wait to write a readers-writer lock, asleep or not, by its address.
    writers: IndexMap<usize, Vec<TaskId>>,
}

impl Look {
    /// A look at all waits; an empty one if the table cannot be read.
    pub(super) fn new() -> Self {
        Self::within(entries::PATIENCE).unwrap_or_default()
    }

    /// The same, if each lock of the tables can be acquired within that time.
    pub(super) fn within(patience: Duration) -> Option<Self> {
        let mut look = Self::default();
        let mut awake = IndexMap::new();
        entries::each(patience, |task, wait| {
            if let Some(lock) = wait.writes {
                look.writers.get_or_default(lock).push(task);
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
        })?;
        // An interrupted task does not continue before the nested one has ended.
        for (host, nested) in identity::interrupted(patience)? {
            if let Some(thread) = awake.remove(&host) {
                let sleeper = Sleeper {
                    // No sleep has a number with this bit, and each nested task has its own number.
                    number: nested.id().get() | 1 << 63,
                    thread,
                    enders: Enders::tasks([nested.id()]),
                };
                look.sleepers.insert(host, sleeper);
            }
        }
        Some(look)
    }

    /// The sleeps of this look in which the tasks are in the other look as well.
    pub(super) fn retain_those_in(&mut self, other: &Self) {
        for (task, sleeper) in core::mem::take(&mut self.sleepers).into_entries() {
            let there = other.sleepers.get(&task);
            if there.is_some_and(|there| there.number == sleeper.number) {
                self.sleepers.insert(task, sleeper);
            }
        }
    }

    /// Whether the `suspects`, which [`stuck`](Self::stuck) has returned, are really stuck. `after` is a look after
    /// that.
    ///
    /// A holder of a lock that does not sleep may release it and end after this look has found it as the holder, and
    /// before `stuck` asked for its thread. If a later look finds it as the holder as well, it had ended without a
    /// release.
    pub(super) fn confirms(
        &mut self,
        suspects: &IndexSet<TaskId>,
        after: &Self,
        reported: &IndexSet<TaskId>,
    ) -> bool {
        self.retain_those_in(after);
        let mut gone = IndexMap::new();
        let is_held_still = |task: &TaskId| {
            let enders = |look: &Self| match look.enders(*task) {
                Enders::All(all) => all.clone(),
                _ => Vec::new(),
            };
            let later = enders(after);
            enders(self).iter().all(|ender| {
                let is_awake =
                    self.sleepers.contains_key(&ender.task) || !is_gone(ender, &mut gone);
                is_awake || later.iter().any(|other| other.task == ender.task)
            })
        };
        if !suspects.keys().all(is_held_still) {
            return false;
        }
        let stuck = self.stuck(reported);
        stuck.len() == suspects.len() && stuck.keys().all(|task| suspects.contains_key(task))
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
    pub(super) fn stuck(&self, reported: &IndexSet<TaskId>) -> IndexSet<TaskId> {
        let all = self.closed(reported, true);
        match all.is_empty() || self.is_everyone(&all, reported) {
            true => all,
            false => self.closed(reported, false),
        }
    }

    /// Whether the process has no threads except these and those of this room.
    fn is_everyone(&self, stuck: &IndexSet<TaskId>, reported: &IndexSet<TaskId>) -> bool {
        let tasks = stuck.keys().chain(reported.keys());
        let threads = tasks.filter_map(|task| Some(self.sleepers.get(task)?.thread));
        let threads: IndexSet<TaskId> = threads.collect();
        hidden::count_others() == Some(threads.len())
    }

    /// The largest set in which no task can continue before another task of the set does.
    ///
    /// All tasks are in it at first. A task that may continue is taken out, and then each task that waited only for
    /// tasks that were taken out.
    fn closed(&self, reported: &IndexSet<TaskId>, all_sleep: bool) -> IndexSet<TaskId> {
        let tasks = self.sleepers.keys().copied();
        let tasks = tasks.filter(|task| !reported.contains_key(task));
        let mut stuck: IndexSet<TaskId> = tasks.collect();
        let mut gone = IndexMap::new();
        let mut free = Vec::new();
        // How many tasks keep a task from continuing, and which tasks each task keeps.
        let mut holders: IndexMap<TaskId, usize> = IndexMap::new();
        let mut held: IndexMap<TaskId, Vec<TaskId>> = IndexMap::new();
        for task in stuck.keys() {
            let count = match self.enders(*task) {
                Enders::Over => 0,
                Enders::Anyone => usize::from(all_sleep),
                Enders::All(all) => {
                    let holds = all.iter().filter(|ender| {
                        if stuck.contains_key(&ender.task) {
                            held.get_or_default(ender.task).push(*task);
                            return true;
                        }
                        !self.sleepers.contains_key(&ender.task) && is_gone(ender, &mut gone)
                    });
                    holds.count()
                }
                Enders::Writers(lock) => {
                    let writers = self.writers.get(lock).map_or(&[][..], Vec::as_slice);
                    for writer in writers {
                        held.get_or_default(*writer).push(*task);
                    }
                    // One writer that may continue is enough.
                    let all_stuck = writers.iter().all(|writer| stuck.contains_key(writer));
                    usize::from(!writers.is_empty() && all_stuck)
                }
            };
            match count {
                0 => free.push(*task),
                _ => _ = holders.insert(*task, count),
            }
        }
        while let Some(task) = free.pop() {
            if stuck.remove(&task).is_none() {
                continue;
            }
            for waiter in held.get(&task).into_iter().flatten() {
                if let Some(count) = holders.get_mut(waiter) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        free.push(*waiter);
                    }
                }
            }
        }
        stuck
    }

    pub(super) fn enders(&self, task: TaskId) -> &Enders {
        (self.sleepers.get(&task)).map_or(&Enders::Over, |sleeper| &sleeper.enders)
    }

    /// The tasks for which that task waits.
    pub(super) fn enders_of(&self, task: TaskId) -> Vec<TaskId> {
        match self.enders(task) {
            Enders::All(all) => all.iter().map(|ender| ender.task).collect(),
            Enders::Writers(lock) => self.writers.get(lock).cloned().unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}

/// Whether the thread of that task has ended.
fn is_gone(ender: &Ender, gone: &mut IndexMap<u64, bool>) -> bool {
    let is_gone = |native| *gone.get_or_insert_with(native, || system::is_gone(native));
    ender.native.is_some_and(is_gone)
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;
    use std::thread;
    use std::time::Instant;

    use super::*;
    use crate::sync::Event;

    fn task(number: u64) -> TaskId {
        TaskId::new(number).unwrap()
    }

    /// A look at sleepers with these numbers, each with the numbers of those that it waits for.
    pub(in super::super) fn look(waits: impl IntoIterator<Item = (u64, Vec<u64>)>) -> Look {
        let mut look = Look::default();
        for (number, enders) in waits {
            let sleeper = Sleeper {
                number,
                thread: task(number),
                enders: match enders.is_empty() {
                    true => Enders::Over,
                    false => Enders::tasks(enders.into_iter().map(task)),
                },
            };
            look.sleepers.insert(task(number), sleeper);
        }
        look
    }

    fn stuck(look: &Look) -> Vec<u64> {
        let stuck = look.closed(&IndexSet::new(), false);
        let mut stuck: Vec<_> = stuck.keys().copied().map(TaskId::get).collect();
        stuck.sort_unstable();
        stuck
    }

    #[test]
    fn a_task_is_stuck_if_one_of_those_that_must_act_is() {
        // A ring of two, one behind it, one that waits for it and for one that is awake, and two that go on.
        let waits = [
            (1, vec![2]),
            (2, vec![1]),
            (3, vec![1]),
            (4, vec![9, 3]),
            (5, vec![6]),
            (6, vec![]),
            (7, vec![9]),
        ];
        assert_eq!(stuck(&look(waits)), [1, 2, 3, 4]);
    }

    #[test]
    fn a_reader_is_stuck_if_all_writers_before_it_are() {
        let mut look = look([(1, vec![2]), (2, vec![1]), (4, vec![9])]);
        let mut reader = |writers: &[u64]| {
            look.writers
                .insert(0, writers.iter().copied().map(task).collect());
            look.sleepers.insert(
                task(3),
                Sleeper {
                    number: 3,
                    thread: task(3),
                    enders: Enders::Writers(0),
                },
            );
            stuck(&look)
        };
        assert_eq!(reader(&[1, 2]), [1, 2, 3]);
        assert_eq!(reader(&[1, 4]), [1, 2]);
        assert_eq!(reader(&[]), [1, 2]);
    }

    #[test]
    fn a_holder_that_has_ended_counts_if_a_later_look_finds_it_too() {
        // No thread has this number.
        let ended = Ender {
            native: Some(u64::MAX),
            ..Ender::task(task(9))
        };
        let held = |enders| {
            let mut look = look([(1, vec![])]);
            look.sleepers.get_mut(&task(1)).unwrap().enders = enders;
            look
        };
        let none = IndexSet::new();
        for (after, is_stuck) in [
            (Enders::All(vec![ended]), true),
            (Enders::Over, false),
            (Enders::All(vec![Ender::task(task(8))]), false),
        ] {
            let mut look = held(Enders::All(vec![ended]));
            let suspects = look.stuck(&none);
            assert_eq!(suspects.len(), usize::from(cfg!(target_os = "linux")));
            if cfg!(target_os = "linux") {
                assert_eq!(look.confirms(&suspects, &held(after), &none), is_stuck);
            }
        }
    }

    #[test]
    fn a_long_chain_is_looked_at_in_one_go() {
        const MANY: u64 = 200_000;
        // Each waits for the next one, and the last one goes on; then the last one waits for the first.
        let chain = |end: Vec<u64>| {
            let waits = (1..MANY).map(|number| (number, vec![number + 1]));
            look(waits.chain([(MANY, end)]))
        };
        assert_eq!(stuck(&chain(vec![])).len(), 0);
        assert_eq!(stuck(&chain(vec![1])).len(), MANY as usize);
    }

    #[test]
    fn a_look_at_ten_thousand_sleepers_is_short() {
        const MANY: usize = 10_000;
        let event = Arc::new(Event::new());
        let sleepers: Vec<_> = (0..MANY)
            .map_while(|_| {
                let event = Arc::clone(&event);
                let builder = thread::Builder::new().stack_size(64 * 1024);
                builder.spawn(move || event.wait()).ok()
            })
            .collect();
        let count = || Look::new().sleepers.len();
        while count() < sleepers.len() {
            thread::yield_now();
        }
        let begun = Instant::now();
        let look = Look::new();
        let looked = begun.elapsed();
        let stuck = look.stuck(&IndexSet::new());
        println!(
            "{} sleepers: {looked:?} for the look, {:?} with the verdict",
            look.sleepers.len(),
            begun.elapsed()
        );
        assert!(stuck.is_empty(), "the test itself is awake");
        event.set();
        sleepers
            .into_iter()
            .for_each(|sleeper| sleeper.join().unwrap());
    }
}
