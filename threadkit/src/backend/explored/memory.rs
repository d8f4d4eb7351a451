//! Which values a load of an atomic may return, by the memory orders of C11 as Rust has them.
//!
//! # The model
//!
//! The stores of each atomic have times: 0, 1, 2, in the order in which they run. That is their modification order. A
//! [`View`] says for each atomic the time of the oldest store that may still be read. A load returns a store that is not
//! older than the view of its task says, and from then on no older one.
//!
//! - A store with release carries the view of its task, and a load with acquire joins it.
//! - A relaxed store carries the view that its task had at its last fence with release. What relaxed loads could have
//!   joined is kept until the next fence with acquire.
//! - A read-modify-write reads the newest store. It also carries what that store carried: a release sequence.
//! - `ordered` is the view that sequentially consistent operations share, in the order in which they run. Such an access
//!   reads and raises it for its own atomic, and a fence for all of them.
//! - All else that synchronises is known by the objects that a step uses ([`Access`]): a step that uses an object joins
//!   what earlier steps with it have published, and publishes its view unless it only looks. So a lock, a queue or a join
//!   orders at least as much as it promises, and loads after it return no value that is too old.
//!
//! - When a deadline passes, its task sees all that was stored before.
//!
//! That is the machine with views of Kang, Hur, Lahav, Vafeiadis and Dreyer (2017), without promises, and with the
//! sequentially consistent accesses of C++20.
//!
//! It leaves out what needs a store to take effect before an earlier operation of its task (load buffering), or behind a
//! store that ran later (2+2W), and loads that are older than the last [`STORES`].

use core::sync::atomic::Ordering;
use std::collections::{BTreeMap, VecDeque};

use super::access::{Access, Use};

/// How many stores of an atomic are remembered: a load returns one of these.
const STORES: usize = 8;

/// How many loads of one atomic by one task may return an older value in a row. The next one returns the newest value, so
/// a loop that waits for a store ends.
const OLDER_IN_A_ROW: u32 = 3;

/// The place of a store in the modification order of its atomic.
type Time = u32;

/// The oldest store of each atomic that may still be read. Those that are not listed may be read from the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct View(Vec<Time>);

impl View {
    fn of(&self, atomic: usize) -> Time {
        self.0.get(atomic).copied().unwrap_or(0)
    }

    fn raise(&mut self, atomic: usize, to: Time) {
        if to == 0 {
            return;
        }
        if self.0.len() <= atomic {
            self.0.resize(atomic + 1, 0);
        }
        self.0[atomic] = self.0[atomic].max(to);
    }

    fn join(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = (*mine).max(*theirs);
        }
    }
}

/// A store of an atomic.
struct Store {
    value: u64,
    /// What a load of it with acquire joins.
    carries: View,
}

/// The last stores of an atomic, the newest at the end.
struct Atomic {
    stores: VecDeque<Store>,
    /// The time of the first of them.
    first: Time,
}

impl Atomic {
    fn newest(&self) -> Time {
        self.first + self.stores.len() as Time - 1
    }

    fn at(&self, time: Time) -> &Store {
        &self.stores[(time - self.first) as usize]
    }
}

/// What a task knows.
#[derive(Default)]
struct TaskView {
    now: View,
    /// What a fence with acquire joins.
    pending: View,
    /// The view at the last fence with release.
    released: View,
    /// The objects for which the step that runs has published the view.
    published: Vec<usize>,
    /// How many loads of an atomic have returned an older value in a row.
    older: BTreeMap<usize, u32>,
}

/// The atomics of a run, and what its tasks know of them.
#[derive(Default)]
pub(super) struct Memory {
    atomics: Vec<Atomic>,
    tasks: Vec<TaskView>,
    /// What the steps with each object have published.
    objects: BTreeMap<usize, View>,
    /// What steps have published that may have used any object.
    unknown: View,
    /// What all steps have published.
    all: View,
    ordered: View,
}

fn acquires(order: Ordering) -> bool {
    matches!(
        order,
        Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst
    )
}

fn releases(order: Ordering) -> bool {
    matches!(
        order,
        Ordering::Release | Ordering::AcqRel | Ordering::SeqCst
    )
}

impl Memory {
    fn task(&mut self, task: usize) -> &mut TaskView {
        if self.tasks.len() <= task {
            self.tasks.resize_with(task + 1, TaskView::default);
        }
        &mut self.tasks[task]
    }

    /// A task runs a step that begins with this.
    pub(super) fn begins(&mut self, task: usize, access: Access) {
        self.task(task).published.clear();
        self.uses(task, access);
    }

    /// The step of the task uses this object: it synchronises with the earlier steps that have used it.
    pub(super) fn uses(&mut self, task: usize, access: Access) {
        // To count up a number orders nothing.
        if access.by == Use::Nothing || access.object == Access::NUMBERS {
            return;
        }
        self.task(task);
        let me = &mut self.tasks[task];
        if access.object == Access::ANY.object {
            me.now.join(&self.all);
        } else {
            me.now.join(&self.unknown);
            if let Some(published) = self.objects.get(&access.object) {
                me.now.join(published);
            }
        }
        if access.by != Use::Look && !me.published.contains(&access.object) {
            me.published.push(access.object);
        }
        // A step may use its objects in any order, so it publishes for all of them what it has joined from each.
        for object in &me.published {
            match *object {
                0 => self.unknown.join(&me.now),
                object => self.objects.entry(object).or_default().join(&me.now),
            }
            self.all.join(&me.now);
        }
    }

    /// Some time has passed for the task: all that was stored before has become visible.
    pub(super) fn time_passes(&mut self, task: usize) {
        let mut all = self.task(task).now.clone();
        self.tasks.iter().for_each(|other| all.join(&other.now));
        self.tasks[task].now = all;
    }

    /// The number of an atomic that has that value. It is the known one, unless something has changed the value that the
    /// model has not seen: then it counts as a new atomic.
    pub(super) fn atomic(&mut self, known: Option<usize>, value: u64) -> usize {
        let is_same = |known: &usize| {
            let stores = self.atomics.get(*known).map(|atomic| &atomic.stores);
            let newest = stores.and_then(|stores| stores.back());
            newest.is_some_and(|store| store.value == value)
        };
        known.filter(is_same).unwrap_or_else(|| {
            let store = Store {
                value,
                carries: View::default(),
            };
            self.atomics.push(Atomic {
                stores: VecDeque::from([store]),
                first: 0,
            });
            self.atomics.len() - 1
        })
    }

    /// The older stores that a load may return instead of the newest one, from new to old, without those of the value
    /// `except`.
    pub(super) fn older(
        &mut self,
        task: usize,
        atomic: usize,
        order: Ordering,
        except: Option<u64>,
    ) -> Vec<Time> {
        let me = self.task(task);
        if me.older.get(&atomic) >= Some(&OLDER_IN_A_ROW) {
            return Vec::new();
        }
        let mut oldest = me.now.of(atomic);
        if order == Ordering::SeqCst {
            oldest = oldest.max(self.ordered.of(atomic));
        }
        let stores = &self.atomics[atomic];
        (oldest.max(stores.first)..stores.newest())
            .rev()
            .filter(|time| Some(stores.at(*time).value) != except)
            .collect()
    }

    /// A load returns the store at that time, or the newest one.
    pub(super) fn load(
        &mut self,
        task: usize,
        atomic: usize,
        time: Option<Time>,
        order: Ordering,
    ) -> u64 {
        let time = match time {
            Some(time) => {
                *self.task(task).older.entry(atomic).or_default() += 1;
                time
            }
            None => {
                self.task(task).older.remove(&atomic);
                self.atomics[atomic].newest()
            }
        };
        let me = &mut self.tasks[task];
        let store = self.atomics[atomic].at(time);
        me.now.raise(atomic, time);
        me.pending.join(&store.carries);
        if acquires(order) {
            me.now.join(&store.carries);
        }
        if order == Ordering::SeqCst {
            self.ordered.raise(atomic, time);
        }
        store.value
    }

    pub(super) fn store(&mut self, task: usize, atomic: usize, value: u64, order: Ordering) {
        self.write(task, atomic, value, order, View::default());
    }

    /// A read-modify-write.
    pub(super) fn update(&mut self, task: usize, atomic: usize, value: u64, order: Ordering) {
        self.load(task, atomic, None, order);
        let newest = self.atomics[atomic].newest();
        let carries = self.atomics[atomic].at(newest).carries.clone();
        self.write(task, atomic, value, order, carries);
    }

    fn write(
        &mut self,
        task: usize,
        atomic: usize,
        value: u64,
        order: Ordering,
        mut carries: View,
    ) {
        let me = self.task(task);
        carries.join(if releases(order) {
            &me.now
        } else {
            &me.released
        });
        let Atomic { stores, first } = &mut self.atomics[atomic];
        if stores.len() == STORES {
            stores.pop_front();
            *first += 1;
        }
        stores.push_back(Store { value, carries });
        let time = self.atomics[atomic].newest();
        let me = &mut self.tasks[task];
        me.now.raise(atomic, time);
        me.older.remove(&atomic);
        if order == Ordering::SeqCst {
            self.ordered.raise(atomic, time);
        }
    }

    pub(super) fn fence(&mut self, task: usize, order: Ordering) {
        self.task(task);
        let me = &mut self.tasks[task];
        if acquires(order) {
            me.now.join(&me.pending);
        }
        if order == Ordering::SeqCst {
            me.now.join(&self.ordered);
            self.ordered.join(&me.now);
        }
        if releases(order) {
            me.released = me.now.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use Ordering::{Acquire, Relaxed, Release, SeqCst};

    use super::*;

    /// How many older values a relaxed load may return.
    fn older(memory: &mut Memory, task: usize, atomic: usize) -> usize {
        memory.older(task, atomic, Relaxed, None).len()
    }

    #[test]
    fn a_load_with_acquire_joins_what_a_store_with_release_carries() {
        for (order, stale) in [(Release, 0), (Relaxed, 1)] {
            let mut memory = Memory::default();
            let (data, flag) = (memory.atomic(None, 0), memory.atomic(None, 0));
            memory.store(0, data, 1, Relaxed);
            memory.store(0, flag, 1, order);
            assert_eq!(older(&mut memory, 1, data), 1);
            memory.load(1, flag, None, Acquire);
            assert_eq!(older(&mut memory, 1, data), stale);
        }
    }

    #[test]
    fn steps_with_one_object_order_and_steps_with_others_do_not() {
        let take = Access::take_at;
        let ordered_by = |publishes: Access, joins: Access| {
            let mut memory = Memory::default();
            let data = memory.atomic(None, 0);
            memory.store(0, data, 1, Relaxed);
            memory.begins(0, publishes);
            memory.begins(1, joins);
            older(&mut memory, 1, data) == 0
        };
        assert!(ordered_by(take(16), take(16)));
        assert!(ordered_by(take(16), Access::look_at(16)));
        assert!(!ordered_by(Access::look_at(16), take(16)), "it only looks");
        assert!(!ordered_by(take(16), take(32)));
        assert!(ordered_by(take(16), Access::ANY) && ordered_by(Access::ANY, take(16)));
        assert!(ordered_by(take(16), Access::LOOK) && !ordered_by(Access::LOOK, take(16)));
        assert!(!ordered_by(Access::NOTHING, Access::ANY));
        let counts = Access::change_at(Access::NUMBERS);
        assert!(!ordered_by(counts, counts), "to count orders nothing");
    }

    /// A step may use its objects in any order.
    #[test]
    fn a_step_passes_on_what_it_joins_later() {
        let mut memory = Memory::default();
        let data = memory.atomic(None, 0);
        memory.store(0, data, 1, Relaxed);
        memory.begins(0, Access::take_at(16));
        memory.begins(1, Access::take_at(32));
        memory.uses(1, Access::take_at(16));
        memory.begins(2, Access::take_at(32));
        assert_eq!(older(&mut memory, 2, data), 0);
    }

    #[test]
    fn the_last_stores_are_remembered_and_the_newest_value_comes_up() {
        let mut memory = Memory::default();
        let atomic = memory.atomic(None, 0);
        (1..=20).for_each(|n| memory.store(0, atomic, n, Relaxed));
        let times = memory.older(1, atomic, Relaxed, None);
        assert_eq!(times.len(), STORES - 1);
        let oldest = times[STORES - 2];
        for _ in 0..OLDER_IN_A_ROW {
            assert_eq!(memory.load(1, atomic, Some(oldest), Relaxed), 13);
        }
        assert_eq!(older(&mut memory, 1, atomic), 0);
        assert_eq!(memory.load(1, atomic, None, Relaxed), 20);
    }

    #[test]
    fn a_value_that_has_changed_unseen_is_the_only_one() {
        let mut memory = Memory::default();
        let atomic = memory.atomic(None, 0);
        memory.store(0, atomic, 1, SeqCst);
        assert_eq!(memory.atomic(Some(atomic), 1), atomic);
        let other = memory.atomic(Some(atomic), 5);
        assert_ne!(other, atomic);
        assert_eq!(older(&mut memory, 1, other), 0);
    }
}
