//! The steps of a run that use atomics, where loads may return older values.

use core::sync::atomic::Ordering;

use super::state::RunState;
use crate::backend::explored::Access;
use crate::backend::explored::chooser::{Load, OlderLoad};

impl RunState {
    /// The step of `me` loads an atomic, of which `known` is the number if it has one, and `newest` the newest value.
    /// Returns its number, and an older value if the load returns one.
    ///
    /// With `unless`, it is the load of an exchange, which fails with an older value other than that, or is not made.
    pub(crate) fn load(
        &mut self,
        me: usize,
        known: Option<usize>,
        newest: u64,
        order: Ordering,
        unless: Option<u64>,
    ) -> (usize, Option<u64>) {
        let memory = self.memory.get_or_insert_default();
        let atomic = memory.atomic(known, newest);
        let older = match self.sees_newest_only {
            true => Vec::new(),
            false => memory.older(me, atomic, order, unless),
        };
        let newer = self.pick_older(me, 1 + older.len());
        let time = newer.checked_sub(1).map(|at| older[at]);
        if time.is_none() && unless.is_some() {
            return (atomic, None);
        }
        let value = self.load_at(me, atomic, time, order);
        (atomic, time.map(|_| value))
    }

    /// The step of `me` loads the newest value of an atomic. Returns its number.
    pub(crate) fn load_newest(
        &mut self,
        me: usize,
        known: Option<usize>,
        newest: u64,
        order: Ordering,
    ) -> usize {
        let memory = self.memory.get_or_insert_default();
        let atomic = memory.atomic(known, newest);
        self.load_at(me, atomic, None, order);
        atomic
    }

    fn load_at(&mut self, me: usize, atomic: usize, time: Option<u32>, order: Ordering) -> u64 {
        self.note_order(me, order);
        let memory = self.memory.get_or_insert_default();
        memory.load(me, atomic, time, order)
    }

    /// Which of that number of values a load of `me` returns: zero for the newest one.
    fn pick_older(&mut self, me: usize, values: usize) -> usize {
        let task = &mut self.tasks[me];
        let load = Load {
            task: me,
            number: task.loads,
        };
        task.loads += 1;
        if values == 1 {
            return 0;
        }
        let newer = self.chooser.older(load, values);
        self.record.chooses(newer);
        if newer > 0 {
            self.record.loads(OlderLoad { load, newer });
        }
        newer
    }

    /// Notes that the step of `me`, which began with the use of an atomic, is sequentially consistent.
    fn note_order(&mut self, me: usize, order: Ordering) {
        if order == Ordering::SeqCst {
            // Two such loads of one atomic do not commute: the second returns no older value than the first.
            let object = self.tasks[me].next.object;
            self.note_use(Access::change_at(object));
            self.note_use(Access::look_at(Access::ORDER));
        }
    }

    /// The step of `me` changes an atomic from one value to another, by a store or, if that is the case, by a
    /// read-modify-write. Returns the number of the atomic.
    pub(crate) fn change(
        &mut self,
        me: usize,
        known: Option<usize>,
        [before, after]: [u64; 2],
        order: Ordering,
        is_update: bool,
    ) -> usize {
        self.note_order(me, order);
        let memory = self.memory.get_or_insert_default();
        let atomic = memory.atomic(known, before);
        match is_update {
            true => memory.update(me, atomic, after, order),
            false => memory.store(me, atomic, after, order),
        }
        atomic
    }

    /// The step of `me` is a fence.
    pub(crate) fn fence(&mut self, me: usize, order: Ordering) {
        if let Some(memory) = &mut self.memory {
            memory.fence(me, order);
        }
    }
}
