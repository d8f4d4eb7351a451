//! Where threads wait for locks, and which places are to blame.
//!
//! Everything is counted after a lock was released, except for waits, which end while it is held.

use core::panic::Location;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::class::Class;
use super::clock::{now, want_times};
use super::forked;
use super::holds::{Held, alone};
use crate::backend::{QuietMutex, QuietSpinMutex};
use crate::index_map::IndexMap;
use crate::inspect::contention::Counts;
use crate::inspect::{Contention, ContentionRow, EndedBy};
use crate::sort;
use crate::table::Table;

type CodeLocation = &'static Location<'static>;

/// What is known of one place.
struct Row {
    place: CodeLocation,
    class: Class,
    counts: Counts,
}

/// The threads that wait for one lock.
///
/// # Invariant
///
/// Every nanosecond of every wait is charged once: when a wait begins or ends, and when the holder changes, the time
/// since the last charge is charged, once for each thread that waits.
#[derive(Default)]
struct Waiters {
    count: u64,
    /// When time was last charged.
    charged: u64,
}

const SHARDS: usize = 16;

/// By the address of the place: the places of the program, of which there is a limited number.
static ROWS: [QuietSpinMutex<Table<usize, Row>>; SHARDS] =
    [const { QuietSpinMutex::new(Table::new()) }; SHARDS];

/// By the address of the lock, while threads wait for it.
static WAITERS: [QuietSpinMutex<Table<usize, Waiters>>; SHARDS] =
    [const { QuietSpinMutex::new(Table::new()) }; SHARDS];

static IS_ON: AtomicBool = AtomicBool::new(false);

/// Serializes the calls that turn it on and off.
static SWITCH: QuietMutex<()> = QuietMutex::new(());

fn is_on() -> bool {
    // Relaxed: an event more or less at the edge of a recording makes no difference.
    IS_ON.load(Ordering::Relaxed)
}

fn shard_of<T>(shards: &[T; SHARDS], address: usize) -> &T {
    &shards[(address >> 4).wrapping_mul(0x9e37_79b9) >> 8 & (SHARDS - 1)]
}

/// Changes what is known of a place, where locks of that class are acquired.
fn count(place: CodeLocation, class: &Class, change: impl FnOnce(&mut Counts)) {
    let key = core::ptr::from_ref(place).addr();
    let Some(mut rows) = forked::lock(shard_of(&ROWS, key)) else {
        return;
    };
    if rows.get_mut(key).is_none() {
        let row = Row {
            place,
            class: *class,
            counts: Counts::default(),
        };
        rows.insert(key, row);
    }
    if let Some(row) = rows.get_mut(key) {
        change(&mut row.counts);
    }
}

impl Waiters {
    /// Charges the time since the last charge, and gives the time until which all is charged now.
    ///
    /// The clock is read by the thread that has the lock of `self`: a time read before could be earlier than a charge
    /// that another thread has made since, and then a wait that ends would have been charged beyond its end.
    fn charge(&mut self, culprit: Option<CodeLocation>, class: &Class) -> u64 {
        // The clock shows zero if the recording ended meanwhile.
        let now = now().max(self.charged);
        let time = (now - self.charged) * self.count;
        self.charged = now;
        if let Some(culprit) = culprit
            && time > 0
        {
            count(culprit, class, |counts| counts.blame += time);
        }
        now
    }
}

/// An address that no other live lock has, and how many threads wait for the lock while contention is recorded.
#[derive(Clone, Copy)]
pub(super) struct Contended<'a> {
    pub(super) lock: usize,
    pub(super) class: Class,
    pub(super) waiters: &'a AtomicU32,
}

impl Contended<'_> {
    /// Whether threads wait for the lock.
    pub(super) fn is_awaited(self) -> bool {
        // Relaxed: a wait that begins at this moment is charged a moment later.
        self.waiters.load(Ordering::Relaxed) > 0
    }

    /// The holder changes: that place is to blame for the waits so far.
    pub(super) fn charge(self, culprit: Option<CodeLocation>) {
        alone(|| {
            let mut all = forked::lock(shard_of(&WAITERS, self.lock));
            if let Some(waiters) = all.as_deref_mut().and_then(|all| all.get_mut(self.lock)) {
                waiters.charge(culprit, &self.class);
            }
        });
    }
}

/// A wait for a lock, until this is dropped.
pub(super) struct LockWait<'a> {
    contended: Contended<'a>,
    place: CodeLocation,
    awaited: &'a dyn EndedBy,
    /// `None` if nothing was recorded.
    began: Option<u64>,
}

impl<'a> LockWait<'a> {
    /// The current thread starts to wait at that place.
    pub(super) fn begin(
        contended: Contended<'a>,
        place: CodeLocation,
        awaited: &'a dyn EndedBy,
    ) -> Self {
        let mut wait = Self {
            contended,
            place,
            awaited,
            began: None,
        };
        if is_on() {
            wait.began = wait.change(1);
        }
        if wait.began.is_some() {
            contended.waiters.fetch_add(1, Ordering::Relaxed);
        }
        wait
    }

    /// Counts the thread in or out, and gives the time of that.
    fn change(&self, more: i64) -> Option<u64> {
        let Contended { lock, class, .. } = self.contended;
        let culprit = self.awaited.culprit();
        alone(|| {
            let mut all = forked::lock(shard_of(&WAITERS, lock))?;
            // Without a time, as the recording ended meanwhile, nothing can be charged.
            if all.get_mut(lock).is_none() && now() > 0 {
                all.insert(lock, Waiters::default());
            }
            let waiters = all.get_mut(lock)?;
            let now = waiters.charge(culprit, &class);
            waiters.count = waiters.count.saturating_add_signed(more);
            if waiters.count == 0 {
                all.remove(lock);
            }
            Some(now)
        })
        .flatten()
    }
}

impl Drop for LockWait<'_> {
    fn drop(&mut self) {
        let Some(began) = self.began else {
            return;
        };
        let ended = self.change(-1).unwrap_or(began);
        self.contended.waiters.fetch_sub(1, Ordering::Relaxed);
        let time = ended.saturating_sub(began);
        alone(|| {
            count(self.place, &self.contended.class, |counts| {
                counts.contended += 1;
                counts.waited += time;
                counts.longest_wait = counts.longest_wait.max(time);
            });
        });
    }
}

/// The current thread has released a lock.
pub(super) fn released(held: &Held) {
    // A lock that was acquired before the recording is not counted.
    if held.since == 0 || !is_on() {
        return;
    }
    let time = now().saturating_sub(held.since);
    alone(|| {
        count(held.place, held.class, |counts| {
            counts.acquisitions += 1;
            counts.held += time;
            counts.longest_hold = counts.longest_hold.max(time);
        });
    });
}

/// Begins to record contention, or ends it.
///
/// It is off at first, because the length of each hold takes two looks at the clock. While it is on, the clock is read
/// before a lock is acquired and after it is released, so the lock is not held longer for that. What was recorded
/// before is kept. In release builds of threadkit without the feature `inspect` it does nothing.
///
/// # Examples
///
/// See [`Contention`].
pub fn record_contention(on: bool) {
    let _one_at_a_time = SWITCH.lock();
    if IS_ON.swap(on, Ordering::Relaxed) != on {
        want_times(on);
    }
}

/// What was recorded of contention so far.
///
/// Nothing is recorded before [`record_contention`], and nothing in release builds of threadkit without the feature
/// `inspect`. A wait counts when it ends, and so does a hold.
///
/// # Examples
///
/// See [`Contention`].
#[must_use]
pub fn contention() -> Contention {
    // The compiler may have made several copies of one place.
    let mut places: IndexMap<CodeLocation, (Class, Counts)> = IndexMap::new();
    for shard in &ROWS {
        let mut rows = Vec::new();
        for (_, row) in shard.lock().iter() {
            rows.push((row.place, row.class, row.counts));
        }
        for (place, class, counts) in rows {
            let all = places.get_or_insert_with(place, || (class, Counts::default()));
            all.1.add(&counts);
        }
    }
    let row = |(place, (class, counts)): &(CodeLocation, (Class, Counts))| ContentionRow {
        place,
        lock: class.to_string(),
        counts: *counts,
    };
    let mut rows: Vec<_> = places.entries().iter().map(row).collect();
    sort::by(&mut rows, is_before);
    Contention { rows }
}

/// The worst first. Rows with the same counts are in the order of their places, of which no two are the same.
fn is_before(one: &ContentionRow, other: &ContentionRow) -> bool {
    let worst = |counts: Counts| (counts.blame, counts.waited, counts.held);
    (worst(other.counts), one.place) < (worst(one.counts), other.place)
}

/// Forgets what was recorded of contention so far.
///
/// # Examples
///
/// ```
/// use threadkit::inspect;
///
/// inspect::reset_contention();
/// assert!(inspect::contention().rows().is_empty());
/// ```
pub fn reset_contention() {
    for shard in &ROWS {
        let rows = core::mem::replace(&mut *shard.lock(), Table::new());
        drop(rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn row(blame: u64, waited: u64, held: u64) -> ContentionRow {
        ContentionRow {
            place: Location::caller(),
            lock: String::new(),
            counts: Counts {
                blame,
                waited,
                held,
                ..Counts::default()
            },
        }
    }

    #[test]
    fn rows_are_in_the_order_of_their_counts_and_then_of_their_places() {
        let row_of_line_above = row(0, 0, 0);
        let by_column = [row(0, 0, 0), row(0, 0, 0)];
        let [first, second] = by_column.map(|row| row.place);
        let place_above = row_of_line_above.place;
        assert!(place_above < first && first < second);
        let same = |place| ContentionRow {
            place,
            ..row(0, 0, 0)
        };
        let mut rows = vec![
            same(second),
            row(0, 0, 9),
            same(place_above),
            row(0, 5, 0),
            same(first),
            row(1, 0, 0),
        ];
        sort::by(&mut rows, is_before);
        let counts = rows.iter().map(|row| row.counts);
        let counts: Vec<_> = counts.map(|it| (it.blame, it.waited, it.held)).collect();
        assert_eq!(counts[..3], [(1, 0, 0), (0, 5, 0), (0, 0, 9)]);
        let places: Vec<_> = rows[3..].iter().map(|row| row.place).collect();
        assert_eq!(places, [place_above, first, second]);
    }
}
