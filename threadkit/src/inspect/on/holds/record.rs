//! What one thread holds.

use core::panic::{Location, RefUnwindSafe};
use core::sync::atomic::{AtomicU64, Ordering, fence};
use core::time::Duration;

use super::super::class::Class;
use super::super::forked;
use super::super::static_ref::StaticRef;
use super::alone::alone;
use super::held::Held;
use super::slot::Slot;
use crate::backend::{QuietSpinMutex, QuietSpinMutexGuard, Side, TaskId};
use crate::inspect::Method;

/// How many acquisitions of a thread need no memory beyond its record.
pub(super) const SLOTS: usize = 16;

/// A thread that leaks guards for ever must not fill the memory. Beyond this number the oldest entries go.
pub(super) const MOST: usize = 1024;

/// What one thread holds, in the order of the acquisitions: first what is in `older`, then the `slots` that are used.
///
/// Guards stay on their thread, so this is what the thread holds, except for guards that were leaked: their entries
/// stay, up to [`MOST`] older ones.
///
/// A record lives for ever: when its thread has ended, the next thread gets it. Locks that a thread has not released at
/// its end go on to refer to its record, so no other thread gets that one, up to [`MOST`] of them. So there are as many
/// records as there were threads at the same time, and `MOST` more.
///
/// # Invariant
///
/// Only the thread that has the record changes it, and [`Records`](super::Records) while no thread has it. `state` has,
/// from its lowest bits, how many slots are [`USED`], whether there are [`OLDER`] entries, whether there is a
/// [`METHOD`], whether used slots are [`CHANGING`], and the [`VERSION`], which every change raises. So another thread
/// that reads a state without `CHANGING`, then the rest, and then the same state again has seen the slots as they were
/// at one moment.
pub(crate) struct Record {
    pub(super) thread: AtomicU64,
    native: AtomicU64,
    state: AtomicU64,
    slots: [Slot; SLOTS],
    older: QuietSpinMutex<Vec<Held>>,
    /// The method for which the thread acquires locks at this moment. Only the thread itself reads it.
    method: StaticRef<&'static str>,
}

const USED: u64 = (1 << 5) - 1;
const OLDER: u64 = 1 << 5;
const METHOD: u64 = 1 << 6;
const CHANGING: u64 = 1 << 7;
const VERSION: u64 = 1 << 8;

/// What another thread has read of a record.
pub(super) struct Seen {
    pub(super) thread: Option<TaskId>,
    pub(super) native: u64,
    pub(super) held: Vec<Held>,
}

impl Record {
    pub(super) const fn new() -> Self {
        Self {
            thread: AtomicU64::new(0),
            native: AtomicU64::new(0),
            state: AtomicU64::new(0),
            slots: [const { Slot::new() }; SLOTS],
            older: QuietSpinMutex::new(Vec::new()),
            method: StaticRef::none(),
        }
    }

    #[inline(always)]
    pub(crate) fn method(&self) -> Option<Method> {
        self.method.get()
    }

    /// Replaces the method; returns the one before.
    pub(crate) fn replace_method(&self, method: Option<Method>) -> Option<Method> {
        let before = self.method.get();
        self.method.put(method);
        let bit = match method {
            Some(_) => METHOD,
            None => 0,
        };
        // Relaxed: nothing that another thread reads changes with it.
        self.state
            .store(self.state() & !METHOD | bit, Ordering::Relaxed);
        before
    }

    // Relaxed: only the thread itself changes it.
    #[inline(always)]
    pub(crate) fn state(&self) -> u64 {
        self.state.load(Ordering::Relaxed)
    }

    /// Whether the thread, with this state, holds anything.
    #[inline(always)]
    pub(crate) fn is_any(&self, state: u64) -> bool {
        state & (USED | OLDER) != 0
    }

    /// The number of the thread for the system, or zero.
    pub(crate) fn native(&self) -> u64 {
        self.native.load(Ordering::Relaxed)
    }

    /// Calls `f` for what the current thread, whose record this is, holds. The oldest come first, without those for
    /// which there are no slots.
    #[inline(always)]
    pub(crate) fn each(&self, mut f: impl FnMut(&Held)) {
        let used = (self.state() & USED) as usize;
        let mut at = 0;
        while at < used {
            if let Some(held) = self.slots[at].get() {
                f(&held);
            }
            at += 1;
        }
    }

    /// What the thread holds, oldest first.
    pub(crate) fn all(&self) -> Vec<Held> {
        let seen = forked::lock(&self.older).and_then(|older| self.read_after(older));
        seen.map(|seen| seen.held).unwrap_or_default()
    }

    /// Between this and [`changed`](Self::changed), the thread itself may change used slots, by release stores: with
    /// the acquire fence in [`read`](Self::read), a thread that has read a change reads this state or a later one.
    #[inline(always)]
    fn changes(&self, state: u64) {
        self.state.store(state | CHANGING, Ordering::Relaxed);
    }

    #[inline(always)]
    fn changed(&self, state: u64) {
        // Release: a thread that reads this state sees the change.
        self.state.store(state + VERSION, Ordering::Release);
    }

    /// Notes an acquisition of the current thread, whose record this is: by a form that waits, of a lock without sides,
    /// and without a time. Does nothing and returns `false` if the thread holds others, or has a method.
    #[inline(always)]
    pub(crate) fn push_alone(
        &self,
        lock: usize,
        number: u64,
        class: &StaticRef<Class>,
        place: &'static Location<'static>,
    ) -> bool {
        let state = self.state();
        if state & (USED | OLDER | METHOD) != 0 {
            return false;
        }
        // As `push` does. Release: see `changes`.
        let slot = &self.slots[0];
        slot.lock.store(lock, Ordering::Release);
        slot.number.store(number, Ordering::Release);
        slot.class.copy(class);
        slot.place.set(place);
        self.changed(state + 1);
        true
    }

    /// Notes an acquisition of the current thread, whose record this is, in this state.
    pub(crate) fn push(&self, mut state: u64, held: &Held) {
        if state & USED == SLOTS as u64 {
            if self.spill().is_none() {
                return;
            }
            state = self.state();
        }
        // No reader looks at this slot in this state, and the state has changed since the slot was used.
        self.slots[(state & USED) as usize].set(held);
        self.changed(state + 1);
    }

    /// Makes room for one more. `None` if that cannot be done here, so that the new one is not noted: an allocator
    /// calls this on the thread, or another process has locked the older entries.
    #[cold]
    fn spill(&self) -> Option<()> {
        alone(|| {
            let mut older = forked::lock(&self.older)?;
            if older.len() >= MOST {
                older.remove(0);
            }
            // The allocator may acquire locks and release them, so the slots do not change before.
            older.reserve(1);
            older.extend(self.slots[0].get());
            self.close_gap(0);
            self.changed(self.state() | OLDER);
            Some(())
        })?
    }

    /// Takes out one of the used slots.
    fn close_gap(&self, at: usize) {
        let state = self.state();
        self.changes(state);
        for next in at + 1..(state & USED) as usize {
            if let Some(held) = self.slots[next].get() {
                self.slots[next - 1].set(&held);
            }
        }
        self.changed(state - 1);
    }

    /// The last used slot with an acquisition of that side of that lock.
    fn find(&self, lock: usize, side: Option<Side>) -> Option<usize> {
        let used = (self.state() & USED) as usize;
        (0..used).rfind(|at| self.slots[*at].is_of(lock, side))
    }

    /// Takes out the last acquisition of that side of that lock by the current thread, whose record this is.
    #[inline(always)]
    pub(crate) fn remove(&self, lock: usize, side: Option<Side>) {
        let state = self.state();
        let used = (state & USED) as usize;
        if used > 0 && self.slots[used - 1].is_of(lock, side) {
            // Nothing else changes with it.
            self.state.store(state - 1 + VERSION, Ordering::Relaxed);
        } else {
            self.take(lock, side);
        }
    }

    /// As [`remove`](Self::remove), and returns it.
    #[cold]
    pub(crate) fn take(&self, lock: usize, side: Option<Side>) -> Option<Held> {
        match self.find(lock, side) {
            Some(at) => {
                let held = self.slots[at].get();
                self.close_gap(at);
                held
            }
            None => self.take_older(lock, side),
        }
    }

    fn take_older(&self, lock: usize, side: Option<Side>) -> Option<Held> {
        alone(|| {
            let mut older = forked::lock(&self.older)?;
            let at = older
                .iter()
                .rposition(|held| held.lock == lock && held.side == side)?;
            let held = older.remove(at);
            if older.is_empty() {
                self.changed(self.state() & !OLDER);
            }
            Some(held)
        })?
    }

    /// Changes the place of the last acquisition of that lock, which has no sides, by the current thread, whose record
    /// this is.
    pub(crate) fn move_to(&self, lock: usize, place: &'static Location<'static>) {
        match self.find(lock, None) {
            Some(at) => {
                let state = self.state();
                self.changes(state);
                self.slots[at].place.set(place);
                self.changed(state);
            }
            None => {
                alone(|| {
                    let Some(mut older) = forked::lock(&self.older) else {
                        return;
                    };
                    if let Some(held) = older.iter_mut().rfind(|held| held.lock == lock) {
                        held.place = place;
                    }
                });
            }
        }
    }

    /// As another thread, or as the thread itself: what it holds, oldest first, as it was at one moment. `None` if it
    /// changes all the time, or another thread reads it for that long.
    pub(super) fn read(&self, patience: Duration) -> Option<Seen> {
        self.read_after(forked::lock_within(&self.older, patience)?)
    }

    /// The same. While `older` is locked, no entry goes there or comes from there.
    fn read_after(&self, older: QuietSpinMutexGuard<'_, Vec<Held>>) -> Option<Seen> {
        // Far more than needed to find a moment in which the thread changes nothing.
        const ATTEMPTS: usize = 10_000;
        let mut held = older.clone();
        for _ in 0..ATTEMPTS {
            held.truncate(older.len());
            // Acquire: what was written before that state is seen.
            let state = self.state.load(Ordering::Acquire);
            let used = ((state & USED) as usize).min(SLOTS);
            held.extend(self.slots[..used].iter().filter_map(Slot::get));
            let thread = TaskId::new(self.thread.load(Ordering::Relaxed));
            let native = self.native.load(Ordering::Relaxed);
            // Acquire: with the release stores of a change.
            fence(Ordering::Acquire);
            if state & CHANGING == 0 && self.state.load(Ordering::Relaxed) == state {
                return Some(Seen {
                    thread,
                    native,
                    held,
                });
            }
            core::hint::spin_loop();
        }
        None
    }

    /// Gives the record to a thread, or takes it from one. `None` if another process has locked the older entries.
    pub(super) fn belongs_to(&self, thread: u64, native: u64) -> Option<()> {
        let mut older = forked::lock(&self.older)?;
        *older = Vec::new();
        self.replace_method(None);
        let state = self.state();
        self.changes(state);
        self.thread.store(thread, Ordering::Release);
        self.native.store(native, Ordering::Release);
        self.changed(state & !(USED | OLDER));
        Some(())
    }
}

// No code of the program runs while a record is changed, so no panic leaves a change half made.
impl RefUnwindSafe for Record {}
