//! What it costs to keep track of locks: an acquisition, one under another lock, and threads that compete.
//!
//! The baseline is a lock of which nothing is tracked. The difference to it is what each library adds.

use std::time::Duration;

use super::Topic;
use crate::harness::{Bench, Contest, Table, Unit, Work, contend, repeat};
use crate::locks::CounterLock;

pub(super) const TOPIC: Topic = Topic {
    name: "inspect",
    about: "locks that are kept track of, with the feature `inspect`",
    run,
};

type Plain = parking_lot::Mutex<u64>;
type Ours = threadkit::Lock<u64>;

fn run(bench: &mut Bench) {
    peers::begin();
    single(bench);
    nested(bench);
    contended(bench);
    recorded(bench);
}

/// Adds a row for each peer by `$row`, a function that is generic over the lock.
macro_rules! rows {
    ($table:expr, $row:ident, $($argument:expr),*) => {{
        let table = $row::<Ours>($table, $($argument),*);
        #[cfg(feature = "inspect")]
        let table = $row::<peers::Deloxide>(table, $($argument),*);
        #[cfg(feature = "inspect")]
        let table = $row::<peers::Traced>(table, $($argument),*);
        #[cfg(feature = "inspect-parking_lot")]
        let table = $row::<peers::Detecting>(table, $($argument),*);
        table
    }};
}

fn single(bench: &mut Bench) {
    fn row<L: CounterLock + 'static>(table: Table<'static>, bench: &Bench) -> Table<'static> {
        let lock = Box::leak(Box::new(L::new()));
        table.peer(L::NAME, repeat(bench.pace, lock, |lock| lock.enter(|| ())))
    }
    let plain = Box::leak(Box::new(<Plain as CounterLock>::new()));
    let base = repeat(bench.pace, plain, |lock| lock.enter(|| ()));
    let rounds = bench.pace.pick(15, 3);
    let table = Table::new(
        "acquire and release",
        Unit::Nanoseconds,
        rounds,
        Plain::NAME,
        base,
    );
    bench.run(rows!(table, row, bench));
}

fn nested(bench: &mut Bench) {
    fn row<L: CounterLock + 'static>(table: Table<'static>, bench: &Bench) -> Table<'static> {
        let locks = Box::leak(Box::new((L::new(), L::new())));
        let both = |(outer, inner): &(L, L)| outer.enter(|| inner.enter(|| ()));
        table.peer(L::NAME, repeat(bench.pace, locks, both))
    }
    let plain = Box::leak(Box::new((
        <Plain as CounterLock>::new(),
        <Plain as CounterLock>::new(),
    )));
    let base = repeat(bench.pace, plain, |(outer, inner)| {
        outer.enter(|| inner.enter(|| ()))
    });
    let rounds = bench.pace.pick(15, 3);
    let table = Table::new(
        "one lock under another",
        Unit::Nanoseconds,
        rounds,
        Plain::NAME,
        base,
    );
    bench.run(rows!(table, row, bench));
}

fn contended(bench: &mut Bench) {
    fn row<L: CounterLock + 'static>(table: Table<'static>, contest: Contest) -> Table<'static> {
        table.peer(L::NAME, contend::<L>(contest))
    }
    let [hold] = Work::lasting([Duration::from_micros(1)]);
    let contest = Contest {
        threads: 4,
        hold,
        counting: Duration::from_millis(bench.pace.pick(200, 10)),
        watching: Duration::from_millis(bench.pace.pick(200, 10)),
    };
    let rounds = bench.pace.pick(7, 2);
    let base = contend::<Plain>(contest);
    let table = Table::new(
        "4 threads, 1 µs holds",
        Unit::PerSecond,
        rounds,
        Plain::NAME,
        base,
    );
    bench.run(rows!(table, row, contest));
}

/// threadkit's own, while contention is recorded.
fn recorded(bench: &mut Bench) {
    let title = "acquire and release, while contention is recorded";
    if !bench.wants(title) {
        return;
    }
    let (plain, ours) = (<Plain as CounterLock>::new(), <Ours as CounterLock>::new());
    let base = repeat(bench.pace, &plain, |lock| lock.enter(|| ()));
    let rounds = bench.pace.pick(15, 3);
    let table = Table::new(title, Unit::Nanoseconds, rounds, Plain::NAME, base);
    threadkit::inspect::record_contention(true);
    bench.run(table.peer(
        Ours::NAME,
        repeat(bench.pace, &ours, |lock| lock.enter(|| ())),
    ));
    threadkit::inspect::record_contention(false);
}

/// The locks of other libraries that keep track.
mod peers {
    #[cfg(feature = "inspect")]
    pub(super) use on::{Deloxide, Traced};

    #[cfg(feature = "inspect")]
    pub(super) fn begin() {
        let deloxide = deloxide::Deloxide::new();
        #[cfg(feature = "inspect-deloxide_order")]
        let deloxide = deloxide.with_lock_order_checking();
        let started = deloxide
            .callback(|info| panic!("a deadlock in a bench: {info:?}"))
            .start();
        started.expect("deloxide starts");
    }

    #[cfg(not(feature = "inspect"))]
    pub(super) fn begin() {}

    #[cfg(feature = "inspect-parking_lot")]
    pub(super) use detecting::Detecting;

    #[cfg(feature = "inspect")]
    mod on {
        use crate::locks::counter_locks;

        pub(in super::super) type Deloxide = deloxide::Mutex<u64>;
        pub(in super::super) type Traced = tracing_mutex::parkinglot::tracing::Mutex<u64>;

        counter_locks! {
            Deloxide, match cfg!(feature = "inspect-deloxide_order") {
                true => "deloxide, lock order",
                false => "deloxide",
            }, 0, |lock| lock.lock(), |mut counter| *counter += 1;
            Traced, "tracing-mutex", 0, |lock| lock.lock(), |mut counter| *counter += 1;
        }
    }

    #[cfg(feature = "inspect-parking_lot")]
    mod detecting {
        use crate::locks::counter_locks;

        pub(in super::super) type Detecting = detecting::Mutex<u64>;

        counter_locks! {
            Detecting, "parking_lot, deadlock_detection", 0, |lock| lock.lock(), |mut counter| *counter += 1;
        }
    }
}
