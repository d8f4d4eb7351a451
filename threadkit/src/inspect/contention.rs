//! [`Contention`] and [`ContentionRow`].

use core::fmt;
use core::panic::Location;
use core::time::Duration;

use super::json;
use crate::trace;

/// Where threads wait for locks, and because of which places.
///
/// [`contention`](super::contention) makes it. Its `Display` is the table that the
/// [module](super#where-the-time-goes) shows, worst first.
///
/// # Examples
///
/// ```
/// use threadkit::{Lock, inspect};
///
/// static TOTAL: Lock<u64> = Lock::named("total", 0);
///
/// inspect::record_contention(true);
/// threadkit::scope(|s| {
///     for n in 0..4 {
///         s.spawn(move || *TOTAL.acquire() += n);
///     }
/// });
/// inspect::record_contention(false);
/// let contention = inspect::contention();
/// if cfg!(any(debug_assertions, feature = "inspect")) {
///     let row = contention.rows().iter().find(|row| row.lock().starts_with("`total`")).unwrap();
///     assert_eq!(row.acquisitions(), 4);
/// }
/// println!("{contention}");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Contention {
    pub(super) rows: Vec<ContentionRow>,
}

/// What happened to the acquisitions of one place of the program.
///
/// # Examples
///
/// ```
/// use threadkit::inspect;
///
/// for row in inspect::contention().rows() {
///     println!("{} has kept others waiting for {:?}", row.place(), row.blame());
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ContentionRow {
    pub(super) place: &'static Location<'static>,
    pub(super) lock: String,
    pub(super) counts: Counts,
}

/// What is counted for a place; times in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) acquisitions: u64,
    pub(super) contended: u64,
    pub(super) waited: u64,
    pub(super) longest_wait: u64,
    pub(super) held: u64,
    pub(super) longest_hold: u64,
    pub(super) blame: u64,
}

#[cfg_attr(
    not(any(debug_assertions, feature = "inspect")),
    expect(dead_code, reason = "the form that compiles to nothing counts nothing")
)]
impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.acquisitions += other.acquisitions;
        self.contended += other.contended;
        self.waited += other.waited;
        self.longest_wait = self.longest_wait.max(other.longest_wait);
        self.held += other.held;
        self.longest_hold = self.longest_hold.max(other.longest_hold);
        self.blame += other.blame;
    }
}

impl Contention {
    /// The rows, one for each place. First is the place that has kept other threads waiting for the longest time.
    ///
    /// # Examples
    ///
    /// See [`ContentionRow`].
    #[must_use]
    pub fn rows(&self) -> &[ContentionRow] {
        &self.rows
    }

    /// The table as JSON: an object with the version of this form, `1`, and an array of rows.
    ///
    /// Each row has `file`, `line` and `column` of the place, the `lock`, the numbers `acquisitions` and `contended`,
    /// and the times `waited_us`, `longest_wait_us`, `held_us`, `longest_hold_us` and `blame_us`, in microseconds.
    /// Members may be added to a version.
    ///
    /// # Examples
    ///
    /// ```
    /// let json = threadkit::inspect::contention().to_json();
    /// assert!(json.starts_with(r#"{"version":1,"rows":["#));
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        json::object(|table| {
            table.number("version", 1_u32);
            table.array("rows", |rows| {
                for row in &self.rows {
                    rows.object(|it| row.write_to(it));
                }
            });
        })
    }

    /// Makes an event of `tracing` of each row, at level `INFO`; without the feature `tracing` it does nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// threadkit::inspect::contention().trace();
    /// ```
    pub fn trace(&self) {
        for row in &self.rows {
            let counts = &row.counts;
            trace::contention(
                &row.place,
                &row.lock,
                [counts.acquisitions, counts.contended],
                [
                    row.blame(),
                    row.waited(),
                    row.longest_wait(),
                    row.held(),
                    row.longest_hold(),
                ],
            );
        }
    }
}

macro_rules! durations {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        ///
        /// # Examples
        ///
        /// See [`ContentionRow`].
        #[must_use]
        pub fn $name(&self) -> Duration {
            Duration::from_nanos(self.counts.$name)
        }
    )*};
}

impl ContentionRow {
    /// The place, where locks are acquired.
    ///
    /// # Examples
    ///
    /// See [`ContentionRow`].
    #[must_use]
    pub fn place(&self) -> &'static Location<'static> {
        self.place
    }

    /// The lock that was acquired there first: its name, and where it was made.
    ///
    /// # Examples
    ///
    /// See [`Contention`].
    #[must_use]
    pub fn lock(&self) -> &str {
        &self.lock
    }

    /// How many acquisitions there were, of those that have ended.
    ///
    /// # Examples
    ///
    /// See [`Contention`].
    #[must_use]
    pub fn acquisitions(&self) -> u64 {
        self.counts.acquisitions
    }

    /// How many times a thread had to wait.
    ///
    /// # Examples
    ///
    /// See [`ContentionRow`].
    #[must_use]
    pub fn contended(&self) -> u64 {
        self.counts.contended
    }

    durations! {
        /// How long threads have waited, together.
        waited
        /// The longest wait.
        longest_wait
        /// How long the locks were held, together.
        held
        /// The longest time for which a lock was held.
        longest_hold
        /// How long other threads have waited while a thread held a lock that it had acquired here.
        ///
        /// Each nanosecond of each wait is charged to one place. A thread that waits behind a writer, which waits for
        /// readers in turn, charges the readers. Of several readers, the one that came first is charged.
        blame
    }

    fn write_to(&self, it: &mut json::Object<'_>) {
        let counts = &self.counts;
        it.string("file", self.place.file());
        it.number("line", self.place.line());
        it.number("column", self.place.column());
        it.string("lock", &self.lock);
        it.number("acquisitions", counts.acquisitions);
        it.number("contended", counts.contended);
        it.micros("waited_us", counts.waited);
        it.micros("longest_wait_us", counts.longest_wait);
        it.micros("held_us", counts.held);
        it.micros("longest_hold_us", counts.longest_hold);
        it.micros("blame_us", counts.blame);
    }
}

const HEAD: [&str; 9] = [
    "blame", "waited", "longest", "waits", "of", "held", "longest", "place", "lock",
];

/// A table with a line for each place.
impl fmt::Display for Contention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |row: &ContentionRow| {
            [
                shortly(row.blame()),
                shortly(row.waited()),
                shortly(row.longest_wait()),
                row.contended().to_string(),
                row.acquisitions().to_string(),
                shortly(row.held()),
                shortly(row.longest_hold()),
                row.place.to_string(),
                row.lock.clone(),
            ]
        };
        let mut lines = vec![HEAD.map(str::to_owned)];
        lines.extend(self.rows.iter().map(row));
        let width = |column: usize| {
            let cells = lines.iter().map(|line| line[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..HEAD.len()).map(width).collect();
        for (at, line) in lines.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            let [numbers @ .., place, lock] = line;
            for (cell, width) in numbers.iter().zip(&widths) {
                write!(f, "{cell:>width$}  ")?;
            }
            write!(f, "{place:width$}  {lock}", width = widths[HEAD.len() - 2])?;
        }
        Ok(())
    }
}

/// A time with three digits.
fn shortly(time: Duration) -> String {
    let nanos = time.as_nanos() as f64;
    let (value, unit) = match nanos {
        0.0 => return "0".to_owned(),
        ..1e3 => (nanos, "ns"),
        ..1e6 => (nanos / 1e3, "us"),
        ..1e9 => (nanos / 1e6, "ms"),
        _ => (nanos / 1e9, "s"),
    };
    match value {
        ..9.995 => format!("{value:.2} {unit}"),
        ..99.95 => format!("{value:.1} {unit}"),
        _ => format!("{value:.0} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        for (nanos, text) in [
            (0, "0"),
            (7, "7.00 ns"),
            (99, "99.0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 us"),
            (12_340, "12.3 us"),
            (1_234_567, "1.23 ms"),
            (98_765_432_100, "98.8 s"),
            (1_234_000_000_000, "1234 s"),
        ] {
            assert_eq!(shortly(Duration::from_nanos(nanos)), text);
        }
    }

    #[test]
    fn columns_stand_below_each_other() {
        let row = |waited: u64, lock: &str| ContentionRow {
            place: Location::caller(),
            lock: lock.to_owned(),
            counts: Counts {
                acquisitions: waited,
                waited,
                ..Counts::default()
            },
        };
        let table = Contention {
            rows: vec![row(5, "`a`"), row(5_000_000, "`bc`")],
        };
        let text = table.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1].find("`a`"), lines[2].find("`bc`"));
        assert_eq!(lines[0].find("lock"), lines[1].find("`a`"));
    }
}
