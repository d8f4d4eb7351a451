//! What each thread holds.

use core::cell::Cell;
use core::panic::{Location, RefUnwindSafe};
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering, fence};
use core::time::Duration;

use super::class::{Class, MIXED, UNUSED};
use super::entries::native_id;
use super::forked;
use super::static_ref::StaticRef;
use crate::backend::{self, QuietMutex, QuietMutexGuard, Side, TaskId};
use crate::identity::NestedIdentity;
use crate::inspect::Method;
use crate::table::Table;

/// How a thread came to hold a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// By a form that waits without a limit.
    Waits,
    /// By a form that does not wait, or not longer than its limit.
    Tries,
}

/// One acquisition of a lock, from then until its release.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    /// The address of its tag, which does not move while it is held.
    pub(super) lock: usize,
    /// By [`new_number`](super::class::new_number).
    pub(super) number: u64,
    pub(super) class: &'static Class,
    /// `None` if the lock has no sides.
    pub(super) side: Option<Side>,
    pub(super) form: Form,
    pub(super) place: &'static Location<'static>,
    /// When it was acquired, by [`clock::now`](super::clock::now); zero if nothing needed to know.
    pub(super) since: u64,
}

impl Held {
    pub(super) fn is_mixed(&self) -> bool {
        self.number & MIXED != 0
    }

    /// Where the lock was made, or this acquisition of a lock of another library.
    pub(super) fn made(&self) -> &'static Location<'static> {
        match self.class.is_foreign() {
            true => self.place,
            false => self.class.created,
        }
    }
}

/// What a [`Slot`] keeps of sides, of forms, and of whether a time was taken, in bits that no number has.
const SIDES: [Option<Side>; 4] = [
    None,
    Some(Side::Read),
    Some(Side::Upgradable),
    Some(Side::Write),
];
const SIDE: u64 = 3 << SIDE_SHIFT;
const SIDE_SHIFT: u32 = UNUSED.trailing_zeros();
const TRIES: u64 = SIDE + (1 << SIDE_SHIFT);
const TIMED: u64 = TRIES << 1;
const _: () = assert!(SIDE | TRIES | TIMED == UNUSED);

#[inline(always)]
fn bits_of(side: Option<Side>) -> u64 {
    let bits = match side {
        None => 0,
        Some(Side::Read) => 1,
        Some(Side::Upgradable) => 2,
        Some(Side::Write) => 3,
    };
    bits << SIDE_SHIFT
}

// The path of an acquisition and a release is written for debug builds, in which every small function, closure and
// iterator is a call, and every access to an atomic or a thread-local is several.

/// Room for a [`Held`], to be read by other threads.
struct Slot {
    lock: AtomicUsize,
    /// And in the bits that are [`UNUSED`], how it was acquired.
    number: AtomicU64,
    class: StaticRef<Class>,
    place: StaticRef<Location<'static>>,
    /// Of an earlier acquisition if the number does not say that this one is [`TIMED`].
    since: AtomicU64,
}

impl Slot {
    const fn new() -> Self {
        Self {
            lock: AtomicUsize::new(0),
            number: AtomicU64::new(0),
            class: StaticRef::none(),
            place: StaticRef::none(),
            since: AtomicU64::new(0),
        }
    }

    // Release: see `Record::changes`.
    fn set(&self, held: &Held) {
        let mut how = bits_of(held.side);
        if matches!(held.form, Form::Tries) {
            how |= TRIES;
        }
        if held.since > 0 {
            how |= TIMED;
            self.since.store(held.since, Ordering::Release);
        }
        self.lock.store(held.lock, Ordering::Release);
        self.number.store(held.number | how, Ordering::Release);
        self.class.set(held.class);
        self.place.set(held.place);
    }

    /// `None` if nothing was ever there.
    // Relaxed, here and below: the state of the record orders it.
    fn get(&self) -> Option<Held> {
        let number = self.number.load(Ordering::Relaxed);
        Some(Held {
            lock: self.lock.load(Ordering::Relaxed),
            number: number & !UNUSED,
            class: self.class.get()?,
            side: SIDES[((number & SIDE) >> SIDE_SHIFT) as usize],
            form: match number & TRIES {
                0 => Form::Waits,
                _ => Form::Tries,
            },
            place: self.place.get()?,
            since: match number & TIMED {
                0 => 0,
                _ => self.since.load(Ordering::Relaxed),
            },
        })
    }

    #[inline(always)]
    fn is_of(&self, lock: usize, side: Option<Side>) -> bool {
        self.lock.load(Ordering::Relaxed) == lock
            // A lock has sides, or has none.
            && (side.is_none() || self.number.load(Ordering::Relaxed) & SIDE == bits_of(side))
    }
}

/// So many acquisitions of a thread take no memory beyond its record.
const SLOTS: usize = 16;

/// A thread that leaks guards for ever must not fill the memory. Beyond this number the oldest entries go.
const MOST: usize = 1024;

/// What one thread holds, in the order of the acquisitions: first what is in `older`, then the `slots` that are used.
///
/// Guards stay on their thread, so this is what the thread holds, except for guards that were leaked: their entries stay,
/// up to [`MOST`] older ones.
///
/// A record lives for ever: when its thread has ended, the next thread gets it. So there are as many as there were
/// threads at the same time. Locks that a thread has not released at its end go on to refer to its record, so no other
/// thread gets that one.
///
/// # Invariant
///
/// Only the thread that has the record changes it, and [`Records`] while no thread has it. `state` has, from its lowest
/// bits, how many slots are [`USED`], whether there are [`OLDER`] entries, whether there is a [`METHOD`], whether used slots
/// are [`CHANGING`], and the [`VERSION`], which every change raises. So another thread that reads a state without `CHANGING`, then the rest, and
/// then the same state again has seen the slots as they were at one moment.
pub(super) struct Record {
    thread: AtomicU64,
    native: AtomicU64,
    state: AtomicU64,
    slots: [Slot; SLOTS],
    older: QuietMutex<Vec<Held>>,
    /// For which the thread acquires locks at this moment. Only the thread itself reads it.
    method: StaticRef<&'static str>,
}

const USED: u64 = (1 << 5) - 1;
const OLDER: u64 = 1 << 5;
const METHOD: u64 = 1 << 6;
const CHANGING: u64 = 1 << 7;
const VERSION: u64 = 1 << 8;

/// What another thread has read of a record.
struct Seen {
    thread: Option<TaskId>,
    native: u64,
    held: Vec<Held>,
}

impl Record {
    const fn new() -> Self {
        Self {
            thread: AtomicU64::new(0),
            native: AtomicU64::new(0),
            state: AtomicU64::new(0),
            slots: [const { Slot::new() }; SLOTS],
            older: QuietMutex::new(Vec::new()),
            method: StaticRef::none(),
        }
    }

    #[inline(always)]
    pub(super) fn method(&self) -> Option<Method> {
        self.method.get()
    }

    /// Returns the one before.
    pub(super) fn replace_method(&self, method: Option<Method>) -> Option<Method> {
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
    pub(super) fn state(&self) -> u64 {
        self.state.load(Ordering::Relaxed)
    }

    /// Whether the thread, with this state, holds anything.
    #[inline(always)]
    pub(super) fn is_any(&self, state: u64) -> bool {
        state & (USED | OLDER) != 0
    }

    /// The number of the thread for the system, or zero.
    pub(super) fn native(&self) -> u64 {
        self.native.load(Ordering::Relaxed)
    }

    /// Calls `f` for what the current thread, whose record this is, holds. The oldest come first, without those for
    /// which there are no slots.
    #[inline(always)]
    pub(super) fn each(&self, mut f: impl FnMut(&Held)) {
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
    pub(super) fn all(&self) -> Vec<Held> {
        let seen = forked::lock(&self.older).and_then(|older| self.read_after(older));
        seen.map(|seen| seen.held).unwrap_or_default()
    }

    /// Between this and [`changed`](Self::changed), the thread itself may change used slots, by release stores: with the
    /// acquire fence in [`read`](Self::read), a thread that has read a change reads this state or a later one.
    #[inline(always)]
    fn changes(&self, state: u64) {
        self.state.store(state | CHANGING, Ordering::Relaxed);
    }

    #[inline(always)]
    fn changed(&self, state: u64) {
        // Release: a thread that reads this state sees the change.
        self.state.store(state + VERSION, Ordering::Release);
    }

    /// Notes an acquisition of the current thread, whose record this is: by a form that waits, of a lock without sides, and
    /// without a time. Does nothing and returns `false` if the thread holds others, or has a method.
    #[inline(always)]
    pub(super) fn push_alone(
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
    pub(super) fn push(&self, mut state: u64, held: &Held) {
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

    /// Makes room for one more. `None` if that cannot be done here, so that the new one is not noted: the thread is in an
    /// allocator that is called for this, or another process has locked what is older.
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
    pub(super) fn remove(&self, lock: usize, side: Option<Side>) {
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
    pub(super) fn take(&self, lock: usize, side: Option<Side>) -> Option<Held> {
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
    pub(super) fn move_to(&self, lock: usize, place: &'static Location<'static>) {
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
    fn read(&self, patience: Duration) -> Option<Seen> {
        self.read_after(self.older.try_lock_for(patience)?)
    }

    /// The same. While `older` is locked, no entry goes there or comes from there.
    fn read_after(&self, older: QuietMutexGuard<'_, Vec<Held>>) -> Option<Seen> {
        // Far more than it takes to meet a moment in which the thread is elsewhere.
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

    /// Gives it to a thread, or takes it from one. `None` if another process has locked what is older.
    fn belongs_to(&self, thread: u64, native: u64) -> Option<()> {
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

/// The records of all threads that have acquired a lock, by their undermost task, and those that no thread has.
struct Records {
    of_threads: Table<TaskId, &'static Record>,
    free: Vec<&'static Record>,
    /// How many are neither, because their threads have leaked guards.
    kept: usize,
}

static RECORDS: QuietMutex<Records> = QuietMutex::new(Records {
    of_threads: Table::new(),
    free: Vec::new(),
    kept: 0,
});

thread_local! {
    // No destructor: locks may be acquired while other thread-locals are being destroyed.
    static MINE: Cell<Option<&'static Record>> = const { Cell::new(None) };

    /// Ends the record with the thread-locals of the thread. Locks that are acquired after that are not noted.
    static END: End = const { End };

    /// Whether this thread is in one of the functions here that allocate: a global allocator may try for locks itself,
    /// which comes back here, and those locks are not noted.
    static IS_NOTING: Cell<bool> = const { Cell::new(false) };
}

struct End;

impl Drop for End {
    fn drop(&mut self) {
        if let Some(record) = MINE.take() {
            alone(|| {
                let Some(mut records) = forked::lock(&RECORDS) else {
                    return;
                };
                let thread = TaskId::new(record.thread.load(Ordering::Relaxed));
                let record = thread.and_then(|thread| records.of_threads.remove(thread));
                let Some(record) = record else { return };
                // The most, beyond which those locks are taken to be held by the next thread with the record.
                let is_kept = record.is_any(record.state()) && records.kept < MOST;
                if is_kept {
                    records.kept += 1;
                } else if record.belongs_to(0, 0).is_some() {
                    records.free.push(record);
                }
            });
        }
    }
}

/// Runs `f`, unless this thread does so already.
pub(super) fn alone<R>(f: impl FnOnce() -> R) -> Option<R> {
    if IS_NOTING.replace(true) {
        return None;
    }
    let result = f();
    IS_NOTING.set(false);
    Some(result)
}

/// The record of the current thread. It is made when it is asked for, except by a call from inside of this module or at
/// the end of the thread.
#[inline(always)]
pub(super) fn mine() -> Option<&'static Record> {
    match MINE.try_with(Cell::get) {
        Ok(Some(mine)) => Some(mine),
        _ => begin(),
    }
}

/// The record of the current thread, if there is one.
#[inline(always)]
pub(super) fn known() -> Option<&'static Record> {
    // With fewer calls than `get` in a debug build.
    match MINE.try_with(Cell::get) {
        Ok(Some(mine)) => Some(mine),
        _ => None,
    }
}

#[cold]
fn begin() -> Option<&'static Record> {
    END.try_with(|_| ()).ok()?;
    alone(|| {
        let (thread, native) = (NestedIdentity::undermost(), native_id());
        let mut records = forked::lock(&RECORDS);
        let free = records.as_mut().and_then(|records| records.free.pop());
        let record = free.unwrap_or_else(|| Box::leak(Box::new(Record::new())));
        record.belongs_to(thread.get(), native)?;
        if let Some(mut records) = records {
            records.of_threads.insert(thread, record);
        }
        MINE.set(Some(record));
        Some(record)
    })?
}

/// Calls `f` for every thread that has acquired a lock, with its undermost task, its number for the system (or zero) and
/// what it holds, oldest first. Returns `None` if a list cannot be read within that time.
pub(super) fn each(patience: Duration, mut f: impl FnMut(TaskId, u64, &[Held])) -> Option<()> {
    alone(|| {
        let records: Vec<_> = {
            let records = RECORDS.try_lock_for(patience)?;
            records
                .of_threads
                .iter()
                .map(|(_, record)| *record)
                .collect()
        };
        for record in records {
            let seen = (0..ROUNDS).find_map(|_| {
                record.read(patience).or_else(|| {
                    backend::yield_now();
                    None
                })
            })?;
            // A thread may have ended meanwhile.
            if let Some(thread) = seen.thread {
                f(thread, seen.native, &seen.held);
            }
        }
        Some(())
    })?
}

/// How many times a record is tried for whose thread acquires locks all the time.
const ROUNDS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::{Lock, RwLock};

    fn held_here() -> Vec<Option<&'static str>> {
        let held = mine().unwrap().all();
        held.iter().map(|held| held.class.name).collect()
    }

    #[test]
    fn a_thread_holds_what_it_has_acquired_and_not_released() {
        let (one, two) = (Lock::named("one", ()), RwLock::named("two", ()));
        let first = one.acquire();
        let second = two.read();
        let third = two.try_read();
        assert!(third.is_some());
        assert_eq!(held_here(), [Some("one"), Some("two"), Some("two")]);
        drop(first);
        drop(second);
        assert_eq!(held_here(), [Some("two")]);
        drop(third);
        assert!(held_here().is_empty());
    }

    #[test]
    fn other_threads_see_it_until_the_thread_ends() {
        let me = NestedIdentity::undermost();
        let count_of = |thread| {
            let mut count = None;
            let all = each(Duration::from_secs(30), |task, _, held| {
                if task == thread {
                    count = Some(held.len());
                }
            });
            all.expect("nothing holds it for long");
            count
        };
        let lock = Lock::new(());
        let guard = lock.acquire();
        let (sees, ended) = std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                drop(Lock::new(()).acquire());
                (count_of(me), NestedIdentity::undermost())
            });
            other.join().unwrap()
        });
        assert_eq!((sees, count_of(ended)), (Some(1), None));
        drop(guard);
        assert_eq!(count_of(me), Some(0));
    }

    #[test]
    fn leaked_guards_do_not_fill_the_memory() {
        let lock = Lock::named("kept", ());
        let kept = lock.acquire();
        for _ in 0..MOST + 100 {
            core::mem::forget(Lock::new(()).acquire());
        }
        assert_eq!(held_here().len(), MOST + SLOTS);
        drop(kept);
        assert_eq!(held_here().len(), MOST + SLOTS);
    }

    #[test]
    fn locks_are_released_in_any_order() {
        let locks: Vec<_> = (0..SLOTS + 10).map(Lock::new).collect();
        for step in [1, 7, 11] {
            let mut guards: Vec<_> = locks.iter().map(|lock| Some(lock.acquire())).collect();
            for at in 0..guards.len() {
                let held = mine().unwrap().all();
                assert_eq!(held.len(), guards.len() - at);
                assert!(held.is_sorted_by_key(|held| held.lock));
                let count = guards.len();
                guards[at * step % count] = None;
            }
            let mine = mine().unwrap();
            assert!(!mine.is_any(mine.state()) && mine.all().is_empty());
        }
    }

    #[test]
    fn another_thread_reads_what_was_there_at_one_moment() {
        // The two are acquired together, and released in the same order.
        let (one, two) = (Lock::named("one", ()), Lock::named("two", ()));
        let stop = core::sync::atomic::AtomicBool::new(false);
        let (tells, told) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _ = tells.send(NestedIdentity::undermost());
                while !stop.load(Ordering::Relaxed) {
                    let first = one.acquire();
                    let second = two.acquire();
                    backend::yield_now();
                    drop(first);
                    backend::yield_now();
                    drop(second);
                }
            });
            let other = told.recv_timeout(Duration::from_secs(20));
            let other = other.expect("it begins");
            let mut seen = [false; 2];
            let mut never_together = Vec::new();
            let begin = std::time::Instant::now();
            while seen.contains(&false) && begin.elapsed() < Duration::from_secs(20) {
                let all = each(Duration::from_secs(30), |task, _, held| {
                    if task == other {
                        let names: Vec<_> =
                            held.iter().filter_map(|held| held.class.name).collect();
                        match names[..] {
                            ["one", "two"] => seen[0] = true,
                            ["two"] => seen[1] = true,
                            ["one"] | [] => {}
                            _ => never_together.push(names),
                        }
                    }
                });
                let _ = all;
            }
            stop.store(true, Ordering::Relaxed);
            assert_eq!((seen, never_together), ([true; 2], Vec::new()));
        });
    }
}
