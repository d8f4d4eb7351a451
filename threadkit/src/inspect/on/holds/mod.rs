//! What each thread holds.
//!
//! `held` is one acquisition, and `record` is what one thread holds, in `slot`s that other threads can read. The
//! records of all threads are here. `alone` keeps a global allocator that acquires locks out of all this.

mod alone;
mod held;
mod record;
mod slot;

use core::cell::Cell;
use core::sync::atomic::Ordering;
use core::time::Duration;

pub(super) use self::alone::alone;
pub(super) use self::held::{Form, Held};
use self::record::MOST;
pub(super) use self::record::Record;
use super::entries::native_id;
use super::forked;
use crate::backend::{self, QuietSpinMutex, TaskId};
use crate::identity::NestedIdentity;
use crate::local::local;
use crate::table::Table;

/// The records of all threads that have acquired a lock, by their undermost task, and those that no thread has.
struct Records {
    of_threads: Table<TaskId, &'static Record>,
    free: Vec<&'static Record>,
    /// How many are neither, because their threads have leaked guards.
    kept: usize,
}

static RECORDS: QuietSpinMutex<Records> = QuietSpinMutex::new(Records {
    of_threads: Table::new(),
    free: Vec::new(),
    kept: 0,
});

local! {
    // No destructor: locks may be acquired while other thread-locals are being destroyed.
    static MINE: Cell<Option<&'static Record>> = const { Cell::new(None) };

    /// Ends the record with the thread-locals of the thread. Locks that are acquired after that are not noted.
    static END: End = const { End };
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
                // Beyond this number, the locks count as held by the next thread that gets the record.
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

/// Calls `f` for every thread that has acquired a lock, with its undermost task, its number for the system (or zero),
/// and the acquisitions that it holds, oldest first. Returns `None` if a list cannot be read within that time.
pub(super) fn each(patience: Duration, mut f: impl FnMut(TaskId, u64, &[Held])) -> Option<()> {
    alone(|| {
        let records: Vec<_> = {
            let records = forked::lock_within(&RECORDS, patience)?;
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

/// How many times a record is read whose thread acquires locks all the time.
const ROUNDS: usize = 100;

#[cfg(test)]
mod tests {
    use super::record::SLOTS;
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
    fn threads_that_end_with_leaked_guards_do_not_fill_the_memory() {
        /// More records than the other tests need at the same time.
        const OTHERS: usize = 512;
        let record_of_thread = || {
            core::mem::forget(Lock::new(()).acquire());
            core::ptr::from_ref(mine().unwrap()).addr()
        };
        let records: std::collections::HashSet<_> = (0..2 * MOST + OTHERS)
            .map(|_| std::thread::spawn(record_of_thread).join().unwrap())
            .collect();
        assert!(records.len() >= MOST, "{} are kept", records.len());
        assert!(records.len() <= MOST + OTHERS, "{} are kept", records.len());
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
