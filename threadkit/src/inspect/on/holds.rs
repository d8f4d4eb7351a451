//! What each thread holds.

use core::cell::{Cell, OnceCell};
use core::panic::Location;
use core::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering, fence};
use core::time::Duration;
use std::sync::Arc;

use super::class::{Class, MIXED};
use super::entries::native_id;
use super::forked;
use super::static_ref::StaticRef;
use crate::backend::{self, QuietMutex, QuietMutexGuard, Side, TaskId};
use crate::identity::NestedIdentity;
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

    fn how(&self) -> u8 {
        how(self.side) | if self.form == Form::Tries { TRIES } else { 0 }
    }
}

/// What a [`Slot`] keeps of sides and forms.
const SIDES: [Option<Side>; 4] = [
    None,
    Some(Side::Read),
    Some(Side::Upgradable),
    Some(Side::Write),
];
const SIDE_BITS: u8 = 3;
const TRIES: u8 = 4;

#[inline(always)]
fn how(side: Option<Side>) -> u8 {
    match side {
        None => 0,
        Some(Side::Read) => 1,
        Some(Side::Upgradable) => 2,
        Some(Side::Write) => 3,
    }
}

/// Room for a [`Held`], to be read by other threads.
struct Slot {
    lock: AtomicUsize,
    number: AtomicU64,
    class: StaticRef<Class>,
    place: StaticRef<Location<'static>>,
    since: AtomicU64,
    how: AtomicU8,
}

impl Slot {
    const fn new() -> Self {
        Self {
            lock: AtomicUsize::new(0),
            number: AtomicU64::new(0),
            class: StaticRef::none(),
            place: StaticRef::none(),
            since: AtomicU64::new(0),
            how: AtomicU8::new(0),
        }
    }

    // Relaxed, here and below: the version of the record orders it.
    #[inline(always)]
    fn set(&self, held: &Held) {
        self.lock.store(held.lock, Ordering::Relaxed);
        self.number.store(held.number, Ordering::Relaxed);
        self.class.set(held.class);
        self.place.set(held.place);
        self.since.store(held.since, Ordering::Relaxed);
        self.how.store(held.how(), Ordering::Relaxed);
    }

    /// `None` if nothing was ever there.
    fn get(&self) -> Option<Held> {
        let how = self.how.load(Ordering::Relaxed);
        Some(Held {
            lock: self.lock.load(Ordering::Relaxed),
            number: self.number.load(Ordering::Relaxed),
            class: self.class.get()?,
            side: SIDES[usize::from(how & SIDE_BITS)],
            form: if how & TRIES == 0 {
                Form::Waits
            } else {
                Form::Tries
            },
            place: self.place.get()?,
            since: self.since.load(Ordering::Relaxed),
        })
    }

    #[inline(always)]
    fn is_of(&self, lock: usize, side: Option<Side>) -> bool {
        self.lock.load(Ordering::Relaxed) == lock
            && self.how.load(Ordering::Relaxed) & SIDE_BITS == how(side)
    }
}

/// So many acquisitions of a thread take no memory beyond its record.
const SLOTS: usize = 16;

/// A thread that leaks guards for ever must not fill the memory. Beyond this number the oldest entries go.
const MOST: usize = 1024;

/// What one thread holds, in the order of the acquisitions: first what is in `older`, then so many `slots` as `used`.
///
/// Guards stay on their thread, so this is what the thread holds, except for guards that were leaked: their entries stay,
/// up to [`MOST`] older ones.
///
/// # Invariant
///
/// Only the thread itself changes it. `version` is odd while it changes the slots and `used`. So another thread that
/// reads an even version, then these, and then the same version again has seen them as they were at one moment.
struct Record {
    thread: TaskId,
    native: u64,
    version: AtomicU64,
    used: AtomicUsize,
    slots: [Slot; SLOTS],
    older: QuietMutex<Vec<Held>>,
}

impl Record {
    fn new() -> Self {
        Self {
            thread: NestedIdentity::undermost(),
            native: native_id(),
            version: AtomicU64::new(0),
            used: AtomicUsize::new(0),
            slots: [const { Slot::new() }; SLOTS],
            older: QuietMutex::new(Vec::new()),
        }
    }

    /// As the thread itself, changes the slots and how many are used.
    #[inline(always)]
    fn change(&self, change: impl FnOnce()) {
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version + 1, Ordering::Relaxed);
        // Release, with the acquire fence in `read`: a thread that has read a change reads this version or a later one.
        fence(Ordering::Release);
        change();
        // Release: a thread that reads this version sees the change.
        self.version.store(version + 2, Ordering::Release);
    }

    #[inline(always)]
    fn push(&self, held: &Held) {
        let mut used = self.used.load(Ordering::Relaxed);
        if used == SLOTS {
            if self.spill().is_none() {
                return;
            }
            used = self.used.load(Ordering::Relaxed);
        }
        self.change(|| {
            self.slots[used].set(held);
            self.used.store(used + 1, Ordering::Relaxed);
        });
        COUNT.set(COUNT.get() + 1);
    }

    /// Makes room for one more. `None` if that cannot be done here, so that the new one is not noted: the thread is in an
    /// allocator that is called for this, or another process has locked what is older.
    #[cold]
    fn spill(&self) -> Option<()> {
        alone(|| {
            let mut older = forked::lock(&self.older)?;
            if older.len() >= MOST {
                older.remove(0);
                COUNT.set(COUNT.get() - 1);
            }
            // The allocator may acquire locks and release them, so the slots do not change before.
            older.reserve(1);
            older.extend(self.slots[0].get());
            let used = self.used.load(Ordering::Relaxed);
            self.change(|| self.close_gap(0, used));
            Some(())
        })?
    }

    /// Takes out one of the used slots. To be called in a change.
    #[inline(always)]
    fn close_gap(&self, at: usize, used: usize) {
        for next in at + 1..used {
            if let Some(held) = self.slots[next].get() {
                self.slots[next - 1].set(&held);
            }
        }
        self.used.store(used - 1, Ordering::Relaxed);
    }

    /// The last used slot with an acquisition of that side of that lock.
    #[inline(always)]
    fn find(&self, lock: usize, side: Option<Side>) -> Option<usize> {
        let used = self.used.load(Ordering::Relaxed);
        self.slots[..used]
            .iter()
            .rposition(|slot| slot.is_of(lock, side))
    }

    #[inline(always)]
    fn remove(&self, lock: usize, side: Option<Side>, wanted: bool) -> Option<Held> {
        let Some(at) = self.find(lock, side) else {
            return self.remove_older(lock, side);
        };
        let held = if wanted { self.slots[at].get() } else { None };
        let used = self.used.load(Ordering::Relaxed);
        self.change(|| self.close_gap(at, used));
        COUNT.set(COUNT.get() - 1);
        held
    }

    #[cold]
    fn remove_older(&self, lock: usize, side: Option<Side>) -> Option<Held> {
        alone(|| {
            let mut older = forked::lock(&self.older)?;
            let at = older
                .iter()
                .rposition(|held| held.lock == lock && held.side == side)?;
            COUNT.set(COUNT.get() - 1);
            Some(older.remove(at))
        })?
    }

    /// As another thread: what it holds, oldest first, as it was at one moment. `None` if it changes all the time, or
    /// another thread reads it for that long.
    fn read(&self, patience: Duration) -> Option<Vec<Held>> {
        self.read_after(self.older.try_lock_for(patience)?)
    }

    fn read_after(&self, older: QuietMutexGuard<'_, Vec<Held>>) -> Option<Vec<Held>> {
        // Far more than it takes to meet a moment in which the thread is elsewhere.
        const ATTEMPTS: usize = 10_000;
        let mut all = older.clone();
        drop(older);
        let older = all.len();
        for _ in 0..ATTEMPTS {
            all.truncate(older);
            // Acquire: what was written before that version is seen.
            let version = self.version.load(Ordering::Acquire);
            let used = self.used.load(Ordering::Relaxed).min(SLOTS);
            all.extend(self.slots[..used].iter().filter_map(Slot::get));
            // Acquire: with the release fence in `change`.
            fence(Ordering::Acquire);
            if version.is_multiple_of(2) && self.version.load(Ordering::Relaxed) == version {
                return Some(all);
            }
            core::hint::spin_loop();
        }
        None
    }
}

/// The records of all threads that have acquired a lock, by their undermost task.
static RECORDS: QuietMutex<Table<TaskId, Arc<Record>>> = QuietMutex::new(Table::new());

thread_local! {
    static MINE: Mine = const { Mine(OnceCell::new()) };

    /// Whether this thread is in one of the functions here that allocate: a global allocator may try for locks itself,
    /// which comes back here, and those locks are not noted.
    static IS_NOTING: Cell<bool> = const { Cell::new(false) };

    /// How many entries the record of this thread has.
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// The record of this thread, once there is one. It leaves the list with the thread-locals of the thread; locks that are
/// acquired after that are not noted.
struct Mine(OnceCell<Arc<Record>>);

impl Drop for Mine {
    fn drop(&mut self) {
        if let Some(record) = self.0.take() {
            COUNT.set(0);
            alone(|| {
                let removed = forked::lock(&RECORDS).map(|mut all| all.remove(record.thread));
                drop((removed, record));
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

/// Calls `f` with the record of this thread, if it has one.
#[inline(always)]
fn with_mine<R>(f: impl FnOnce(&Record) -> R) -> Option<R> {
    MINE.try_with(|mine| mine.0.get().map(|record| f(record)))
        .ok()
        .flatten()
}

/// Notes an acquisition of the current thread.
#[inline]
pub(super) fn push(held: &Held) {
    if with_mine(|record| record.push(held)).is_none() {
        push_first(held);
    }
}

#[cold]
fn push_first(held: &Held) {
    let begin = |mine: &Mine| {
        let made = alone(|| {
            let record = Arc::new(Record::new());
            if let Some(mut all) = forked::lock(&RECORDS) {
                all.insert(record.thread, Arc::clone(&record));
            }
            record
        });
        if let Some(record) = made {
            record.push(held);
            // It was empty a moment ago, and only this thread can reach it.
            let _ = mine.0.set(record);
        }
    };
    let _ = MINE.try_with(begin);
}

/// Takes out the last acquisition of that side of that lock by the current thread, and returns it if it is `wanted`.
#[inline]
pub(super) fn remove(lock: usize, side: Option<Side>, wanted: bool) -> Option<Held> {
    with_mine(|record| record.remove(lock, side, wanted))?
}

/// Changes the place of the last acquisition of that lock, which has no sides, by the current thread.
pub(super) fn move_to(lock: usize, place: &'static Location<'static>) {
    with_mine(|record| match record.find(lock, None) {
        Some(at) => record.change(|| record.slots[at].place.set(place)),
        None => {
            alone(|| {
                let Some(mut older) = forked::lock(&record.older) else {
                    return;
                };
                if let Some(held) = older.iter_mut().rfind(|held| held.lock == lock) {
                    held.place = place;
                }
            });
        }
    });
}

/// Whether the current thread holds anything.
#[inline(always)]
pub(super) fn is_any() -> bool {
    COUNT.get() > 0
}

/// Calls `f` for what the current thread holds, oldest first, except for older entries than the record has slots for.
#[inline]
pub(super) fn each_of_current(mut f: impl FnMut(&Held)) {
    with_mine(|record| {
        let used = record.used.load(Ordering::Relaxed);
        for held in record.slots[..used].iter().filter_map(Slot::get) {
            f(&held);
        }
    });
}

/// What the current thread holds, oldest first.
pub(super) fn of_current() -> Vec<Held> {
    with_mine(|record| record.read_after(forked::lock(&record.older)?))
        .flatten()
        .unwrap_or_default()
}

/// Calls `f` for every thread that has acquired a lock, with its undermost task, its number for the system (or zero) and
/// what it holds, oldest first. Returns `None` if a list cannot be read within that time.
pub(super) fn each(patience: Duration, mut f: impl FnMut(TaskId, u64, &[Held])) -> Option<()> {
    alone(|| {
        let records: Vec<_> = {
            let records = RECORDS.try_lock_for(patience)?;
            records
                .iter()
                .map(|(_, record)| Arc::clone(record))
                .collect()
        };
        for record in records {
            let held = (0..ROUNDS).find_map(|_| {
                record.read(patience).or_else(|| {
                    backend::yield_now();
                    None
                })
            })?;
            f(record.thread, record.native, &held);
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
        of_current().iter().map(|held| held.class.name).collect()
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
        assert_eq!(COUNT.get(), MOST + SLOTS);
        drop(kept);
        assert_eq!(held_here().len(), MOST + SLOTS);
    }

    #[test]
    fn locks_are_released_in_any_order() {
        let locks: Vec<_> = (0..SLOTS + 10).map(Lock::new).collect();
        for step in [1, 7, 11] {
            let mut guards: Vec<_> = locks.iter().map(|lock| Some(lock.acquire())).collect();
            for at in 0..guards.len() {
                let held = of_current();
                assert_eq!(held.len(), guards.len() - at);
                assert!(held.is_sorted_by_key(|held| held.lock));
                let count = guards.len();
                guards[at * step % count] = None;
            }
            assert!(!is_any() && of_current().is_empty());
        }
    }

    #[test]
    fn another_thread_reads_what_was_there_at_one_moment() {
        // The two are acquired together, and released in the same order.
        let (one, two) = (Lock::named("one", ()), Lock::named("two", ()));
        let stop = core::sync::atomic::AtomicBool::new(false);
        let (is_known, known) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                // Threads of other tests may hold locks with these names.
                is_known.send(NestedIdentity::undermost()).unwrap();
                while !stop.load(Ordering::Relaxed) {
                    let first = one.acquire();
                    let second = two.acquire();
                    backend::yield_now();
                    drop(first);
                    backend::yield_now();
                    drop(second);
                }
            });
            let other = known.recv().unwrap();
            let mut seen = [false; 2];
            let mut unlike = Vec::new();
            let begin = std::time::Instant::now();
            while unlike.is_empty()
                && seen.contains(&false)
                && begin.elapsed() < Duration::from_secs(20)
            {
                let all = each(Duration::from_secs(30), |task, _, held| {
                    if task == other {
                        let names: Vec<_> =
                            held.iter().filter_map(|held| held.class.name).collect();
                        match names[..] {
                            ["one", "two"] => seen[0] = true,
                            ["two"] => seen[1] = true,
                            ["one"] | [] => {}
                            // The other thread would go on for ever after a panic.
                            _ => unlike = names,
                        }
                        let places = held.iter().map(|held| held.place.file());
                        unlike.extend(places.filter(|file| *file != file!()));
                    }
                });
                let _ = all;
            }
            stop.store(true, Ordering::Relaxed);
            assert!(unlike.is_empty(), "{unlike:?} were never held together");
            assert_eq!(seen, [true; 2]);
        });
    }
}
