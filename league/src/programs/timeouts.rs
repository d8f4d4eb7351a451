//! Faults that need a wait to end by its timeout.

use std::sync::Arc;
use std::time::Duration;

use super::join_all;
use super::kit::{
    AtomicBool, AtomicUsize, Condvar, Mutex, Ordering::SeqCst, channel, sleep, spawn, spawn_owning,
};
use crate::program::Collection::Time;
use crate::program::Fault::{Assertion, Deadlock};
use crate::program::Need::{Sleep, Timeout};
use crate::program::Program;

const A_WHILE: Duration = Duration::from_millis(100);

pub(super) const PROGRAMS: &[Program] = &[
    Program::new(Time, "grace_time", Assertion, 2, grace_time).needs(&[Timeout]),
    Program::new(Time, "late_reply", Assertion, 2, late_reply).needs(&[Timeout]),
    Program::new(Time, "lease_expires", Assertion, 3, lease_expires).needs(&[Sleep]),
    Program::new(
        Time,
        "lock_timeout_ignored",
        Assertion,
        3,
        lock_timeout_ignored,
    )
    .needs(&[Timeout]),
    Program::new(Time, "retry_runs_twice", Assertion, 2, retry_runs_twice).needs(&[Timeout]),
    Program::new(Time, "stampede", Assertion, 3, stampede).needs(&[Timeout]),
    Program::new(Time, "timeout_is_success", Assertion, 2, timeout_is_success).needs(&[Timeout]),
    Program::new(Time, "two_heartbeats", Assertion, 2, two_heartbeats).needs(&[Timeout]),
    Program::new(
        Time,
        "waiter_counted_twice",
        Deadlock,
        4,
        waiter_counted_twice,
    )
    .needs(&[Timeout]),
    Program::new(Time, "watchdog", Assertion, 2, watchdog).needs(&[Timeout]),
];

/// A shutdown that has waited long enough frees what a worker still uses.
fn grace_time() {
    struct Server {
        busy: Mutex<bool>,
        idle: Condvar,
        freed: AtomicBool,
    }
    let server = Arc::new(Server {
        busy: Mutex::named("busy", true),
        idle: Condvar::new(),
        freed: AtomicBool::new(false),
    });
    let worker = spawn(&server, |server| {
        assert!(!server.freed.load(SeqCst), "used after it was freed");
        *server.busy.lock() = false;
        server.idle.notify_one();
    });
    let busy = server.busy.lock();
    if *busy {
        drop(server.idle.wait_timeout(busy, A_WHILE));
    } else {
        drop(busy);
    }
    server.freed.store(true, SeqCst);
    worker.join();
}

/// The reply to a request that was given up is taken for the reply to the next.
fn late_reply() {
    let (ask, asked) = channel();
    let (answer, answered) = channel();
    let server = spawn_owning(move || {
        for _ in 0..2 {
            if let Some(n) = asked.recv() {
                answer.send(n);
            }
        }
    });
    for n in 0..2 {
        ask.send(n);
        if let Some(reply) = answered.recv_timeout(A_WHILE) {
            assert_eq!(reply, n, "the reply to another request");
        }
    }
    server.join();
}

/// A lease runs out while its holder works.
fn lease_expires() {
    struct Lease {
        holder: AtomicUsize,
        writers: AtomicUsize,
    }
    let lease = Arc::new(Lease {
        holder: AtomicUsize::new(1),
        writers: AtomicUsize::new(0),
    });
    let first = spawn(&lease, |lease| {
        if lease.holder.load(SeqCst) == 1 {
            assert_eq!(lease.writers.fetch_add(1, SeqCst), 0, "two writers");
            lease.writers.fetch_sub(1, SeqCst);
        }
    });
    let second = spawn(&lease, |lease| {
        sleep(A_WHILE);
        lease.holder.store(2, SeqCst);
        assert_eq!(lease.writers.fetch_add(1, SeqCst), 0, "two writers");
        lease.writers.fetch_sub(1, SeqCst);
    });
    first.join();
    second.join();
}

/// A thread that does not get the lock in time goes on without it.
fn lock_timeout_ignored() {
    struct Log {
        lock: Mutex<()>,
        lines: AtomicUsize,
    }
    let log = Arc::new(Log {
        lock: Mutex::named("log", ()),
        lines: AtomicUsize::new(0),
    });
    let writers = [(); 2].map(|()| {
        spawn(&log, |log| {
            let _guard = log.lock.lock_timeout(A_WHILE);
            let lines = log.lines.load(SeqCst);
            log.lines.store(lines + 1, SeqCst);
        })
    });
    join_all(writers);
    assert_eq!(log.lines.load(SeqCst), 2, "a line is lost");
}

/// A waiter whose time is up is still counted as waiting when it waits again, so an item is handed to nobody.
fn waiter_counted_twice() {
    #[derive(Default)]
    struct Counts {
        items: usize,
        waiters: usize,
        handed: usize,
    }
    struct Slot {
        counts: Mutex<Counts>,
        handed: Condvar,
    }
    let slot = Arc::new(Slot {
        counts: Mutex::named("counts", Counts::default()),
        handed: Condvar::new(),
    });
    let impatient = spawn(&slot, |slot| {
        let mut counts = slot.counts.lock();
        if counts.items > 0 {
            counts.items -= 1;
            return;
        }
        counts.waiters += 1;
        let (mut counts, notified) = slot.handed.wait_timeout(counts, A_WHILE);
        if !notified {
            counts.waiters += 1;
            counts = slot.handed.wait(counts);
        }
        counts.handed -= 1;
    });
    let patient = spawn(&slot, |slot| {
        let mut counts = slot.counts.lock();
        if counts.items > 0 {
            counts.items -= 1;
            return;
        }
        counts.waiters += 1;
        counts = slot.handed.wait(counts);
        counts.handed -= 1;
    });
    let fills = spawn(&slot, |slot| {
        for _ in 0..2 {
            let mut counts = slot.counts.lock();
            if counts.waiters > 0 {
                counts.waiters -= 1;
                counts.handed += 1;
                slot.handed.notify_one();
            } else {
                counts.items += 1;
            }
        }
    });
    impatient.join();
    patient.join();
    fills.join();
}

/// A request that took too long is sent again, and is carried out twice.
fn retry_runs_twice() {
    let (ask, asked) = channel();
    let (answer, answered) = channel();
    let server = spawn_owning(move || {
        let mut orders = 0;
        while let Some(()) = asked.recv() {
            orders += 1;
            answer.send(());
        }
        orders
    });
    ask.send(());
    if answered.recv_timeout(A_WHILE).is_none() {
        ask.send(());
    }
    drop(ask);
    assert_eq!(server.join(), 1, "ordered twice");
}

/// Two threads that have waited in vain for the value compute it both.
fn stampede() {
    struct Cache {
        value: Mutex<Option<usize>>,
        computed: Condvar,
        computing: AtomicUsize,
    }
    let cache = Arc::new(Cache {
        value: Mutex::named("value", None),
        computed: Condvar::new(),
        computing: AtomicUsize::new(0),
    });
    let users = [(); 2].map(|()| {
        spawn(&cache, |cache| {
            if cache.computing.fetch_add(1, SeqCst) == 0 {
                *cache.value.lock() = Some(1);
                cache.computed.notify_all();
                return;
            }
            let value = cache.value.lock();
            if value.is_none() {
                let (value, _) = cache.computed.wait_timeout(value, A_WHILE);
                assert!(value.is_some(), "computed again");
            }
        })
    });
    join_all(users);
}

/// A timeout is taken for the notification.
fn timeout_is_success() {
    struct Signal {
        ready: Mutex<bool>,
        changed: Condvar,
    }
    let signal = Arc::new(Signal {
        ready: Mutex::named("ready", false),
        changed: Condvar::new(),
    });
    let sets = spawn(&signal, |signal| {
        *signal.ready.lock() = true;
        signal.changed.notify_one();
    });
    let mut ready = signal.ready.lock();
    if !*ready {
        (ready, _) = signal.changed.wait_timeout(ready, A_WHILE);
    }
    assert!(*ready, "not ready");
    drop(ready);
    sets.join();
}

/// A peer is given up only if it misses two beats in turn; the count of misses is not set back between.
fn two_heartbeats() {
    let (beat, beats) = channel();
    let peer = spawn_owning(move || {
        for _ in 0..3 {
            beat.send(());
        }
    });
    let (mut missed, mut last_missed) = (0, false);
    for _ in 0..3 {
        let in_time = beats.recv_timeout(A_WHILE).is_some();
        if !in_time {
            missed += 1;
        }
        assert!(
            missed < 2 || last_missed || in_time,
            "given up for misses apart"
        );
        last_missed = !in_time;
    }
    peer.join();
}

/// The work looks whether it was cancelled before it is done, and the watchdog cancels it in between.
fn watchdog() {
    struct Work {
        done: Mutex<bool>,
        ended: Condvar,
        cancelled: AtomicBool,
    }
    let work = Arc::new(Work {
        done: Mutex::named("done", false),
        ended: Condvar::new(),
        cancelled: AtomicBool::new(false),
    });
    let watches = spawn(&work, |work| {
        let done = work.done.lock();
        let notified = *done || work.ended.wait_timeout(done, A_WHILE).1;
        if !notified {
            work.cancelled.store(true, SeqCst);
        }
    });
    let succeeded = !work.cancelled.load(SeqCst);
    *work.done.lock() = true;
    work.ended.notify_one();
    watches.join();
    let cancelled = work.cancelled.load(SeqCst);
    assert!(!(succeeded && cancelled), "succeeded and cancelled");
}
