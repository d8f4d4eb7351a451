//! Trying all schedules: what the reduction leaves out has no other outcome.

mod support;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use threadkit::atomic::AtomicU32;
use threadkit::atomic::Ordering::Relaxed;
use threadkit::explore::{Explorer, Report};
use threadkit::{
    Barrier, Condition, Event, Latch, Lock, Once, Queue, RwLock, Select, Semaphore, join_all, spawn,
};

/// An operation of a generated program, on the object with that number.
#[derive(Clone, Copy, Debug)]
enum Op {
    Load(usize),
    Store(usize),
    Add(usize),
    /// From zero to the number of the thread.
    Exchange(usize),
    /// Notes the value under a lock, and changes it.
    Locked(usize),
    /// The same with an operation on an atomic while the lock is held.
    Holds(usize, usize),
    /// The same as `Locked`, if the lock is free.
    Try(usize),
    /// Notes the value under the readers' side of a lock, and looks at an atomic meanwhile.
    Reads(usize, usize),
    /// Notes whether there was room in a queue for the number of the thread.
    Put(usize),
    /// Notes the item that comes out of a queue, if there is one.
    Get(usize),
    /// Changes an atomic while it has a permit.
    Permitted(usize, usize),
    Set(usize),
    Clear(usize),
    /// Notes whether an event is set.
    IsSet(usize),
}

/// What a thread has noted.
type Log = Vec<u32>;

/// The logs of all threads, and the values at the end.
type Outcome = (Vec<Log>, Vec<u32>);

const OBJECTS: usize = 2;

/// The objects of a program. A lock of both kinds for each number.
#[derive(Default)]
struct Objects {
    atomics: [AtomicU32; OBJECTS],
    locks: [Lock<u32>; OBJECTS],
    rw: [RwLock<u32>; OBJECTS],
    queues: [One; OBJECTS],
    permits: [Semaphore; OBJECTS],
    events: [Event; OBJECTS],
}

/// A queue of one place.
struct One(Queue<u32>);

impl Default for One {
    fn default() -> Self {
        Self(Queue::bounded(1))
    }
}

impl Objects {
    fn run(&self, me: u32, op: Op, log: &mut Log) {
        let change = |value: &mut u32, log: &mut Log| {
            log.push(*value);
            *value = *value * 4 + me;
        };
        match op {
            Op::Load(n) => log.push(self.atomics[n].load(Relaxed)),
            Op::Store(n) => self.atomics[n].store(me, Relaxed),
            Op::Add(n) => log.push(self.atomics[n].fetch_add(me, Relaxed)),
            Op::Exchange(n) => {
                let before = self.atomics[n].compare_exchange(0, me, Relaxed, Relaxed);
                log.push(before.unwrap_or_else(|before| before));
            }
            Op::Locked(n) => change(&mut self.locks[n].acquire(), log),
            Op::Holds(n, atomic) => {
                let mut value = self.locks[n].acquire();
                log.push(self.atomics[atomic].fetch_add(me, Relaxed));
                change(&mut value, log);
            }
            Op::Try(n) => match self.locks[n].try_acquire() {
                Some(mut value) => change(&mut value, log),
                None => log.push(1000),
            },
            Op::Reads(n, atomic) => {
                if me == 1 {
                    change(&mut self.rw[n].write(), log);
                } else {
                    let value = self.rw[n].read();
                    log.push(self.atomics[atomic].load(Relaxed));
                    log.push(*value);
                }
            }
            Op::Put(n) => log.push(self.queues[n].0.try_put(me).is_ok().into()),
            Op::Get(n) => log.push(self.queues[n].0.try_get().unwrap_or(0)),
            Op::Permitted(n, atomic) => {
                let _permit = self.permits[n].acquire();
                log.push(self.atomics[atomic].fetch_add(me, Relaxed));
            }
            Op::Set(n) => self.events[n].set(),
            Op::Clear(n) => self.events[n].clear(),
            Op::IsSet(n) => log.push(self.events[n].is_set().into()),
        }
    }
}

/// The smallest parts of the operations, for a machine that runs them one after another.
#[derive(Clone, Copy)]
enum Part {
    Load(usize),
    Store(usize),
    Add(usize),
    Exchange(usize),
    Acquire(usize),
    /// Or else skips the next two.
    Try(usize),
    Change(usize),
    Release(usize),
    Read(usize),
    ReadValue(usize),
    EndRead(usize),
    Write(usize),
    WriteValue(usize),
    EndWrite(usize),
    Put(usize),
    Get(usize),
    Take(usize),
    GiveBack(usize),
    Set(usize),
    Clear(usize),
    IsSet(usize),
}

fn parts(me: u32, op: Op) -> Vec<Part> {
    use Part::*;
    match op {
        Op::Load(n) => vec![Load(n)],
        Op::Store(n) => vec![Store(n)],
        Op::Add(n) => vec![Add(n)],
        Op::Exchange(n) => vec![Exchange(n)],
        Op::Locked(n) => vec![Acquire(n), Change(n), Release(n)],
        Op::Holds(n, atomic) => vec![Acquire(n), Add(atomic), Change(n), Release(n)],
        Op::Try(n) => vec![Try(n), Change(n), Release(n)],
        Op::Reads(n, _) if me == 1 => vec![Write(n), WriteValue(n), EndWrite(n)],
        Op::Reads(n, atomic) => vec![Read(n), Load(atomic), ReadValue(n), EndRead(n)],
        Op::Put(n) => vec![Put(n)],
        Op::Get(n) => vec![Get(n)],
        Op::Permitted(n, atomic) => vec![Take(n), Add(atomic), GiveBack(n)],
        Op::Set(n) => vec![Set(n)],
        Op::Clear(n) => vec![Clear(n)],
        Op::IsSet(n) => vec![IsSet(n)],
    }
}

/// The state of that machine.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Machine {
    at: Vec<usize>,
    logs: Vec<Log>,
    atomics: [u32; OBJECTS],
    locks: [u32; OBJECTS],
    held: [bool; OBJECTS],
    rw: [u32; OBJECTS],
    readers: [u32; OBJECTS],
    written: [bool; OBJECTS],
    /// Zero if it is empty.
    queues: [u32; OBJECTS],
    taken: [bool; OBJECTS],
    set: [bool; OBJECTS],
}

impl Machine {
    /// Runs the next part of that thread; `None` if it has to wait.
    fn step(&self, thread: usize, part: Part) -> Option<Self> {
        let me = thread as u32 + 1;
        let mut next = self.clone();
        let log = &mut next.logs[thread];
        next.at[thread] += 1;
        match part {
            Part::Load(n) => log.push(self.atomics[n]),
            Part::Store(n) => next.atomics[n] = me,
            Part::Add(n) => {
                log.push(self.atomics[n]);
                next.atomics[n] += me;
            }
            Part::Exchange(n) => {
                log.push(self.atomics[n]);
                if self.atomics[n] == 0 {
                    next.atomics[n] = me;
                }
            }
            Part::Acquire(n) | Part::Try(n) if !self.held[n] => next.held[n] = true,
            Part::Acquire(_) => return None,
            Part::Try(_) => {
                log.push(1000);
                next.at[thread] += 2;
            }
            Part::Change(n) => {
                log.push(self.locks[n]);
                next.locks[n] = self.locks[n] * 4 + me;
            }
            Part::Release(n) => next.held[n] = false,
            Part::Read(n) if !self.written[n] => next.readers[n] += 1,
            Part::Write(n) if !self.written[n] && self.readers[n] == 0 => next.written[n] = true,
            Part::Read(_) | Part::Write(_) => return None,
            Part::ReadValue(n) => log.push(self.rw[n]),
            Part::EndRead(n) => next.readers[n] -= 1,
            Part::WriteValue(n) => {
                log.push(self.rw[n]);
                next.rw[n] = self.rw[n] * 4 + me;
            }
            Part::EndWrite(n) => next.written[n] = false,
            Part::Put(n) => {
                log.push((self.queues[n] == 0).into());
                if self.queues[n] == 0 {
                    next.queues[n] = me;
                }
            }
            Part::Get(n) => {
                log.push(self.queues[n]);
                next.queues[n] = 0;
            }
            Part::Take(n) if !self.taken[n] => next.taken[n] = true,
            Part::Take(_) => return None,
            Part::GiveBack(n) => next.taken[n] = false,
            Part::Set(n) => next.set[n] = true,
            Part::Clear(n) => next.set[n] = false,
            Part::IsSet(n) => log.push(self.set[n].into()),
        }
        Some(next)
    }
}

/// All outcomes of the program, from a machine that tries every order of the parts.
fn all_outcomes(program: &[Vec<Op>]) -> BTreeSet<Outcome> {
    let parts: Vec<Vec<Part>> = (1..)
        .zip(program)
        .map(|(me, ops)| ops.iter().flat_map(|op| parts(me, *op)).collect())
        .collect();
    let mut open = vec![Machine {
        at: vec![0; parts.len()],
        logs: vec![Log::new(); parts.len()],
        atomics: [0; OBJECTS],
        locks: [0; OBJECTS],
        held: [false; OBJECTS],
        rw: [0; OBJECTS],
        readers: [0; OBJECTS],
        written: [false; OBJECTS],
        queues: [0; OBJECTS],
        taken: [false; OBJECTS],
        set: [false; OBJECTS],
    }];
    let mut seen = BTreeSet::new();
    let mut outcomes = BTreeSet::new();
    while let Some(machine) = open.pop() {
        if !seen.insert(machine.clone()) {
            continue;
        }
        let nexts: Vec<_> = (0..parts.len())
            .filter_map(|thread| machine.step(thread, *parts[thread].get(machine.at[thread])?))
            .collect();
        if nexts.is_empty() {
            let ends = [&machine.atomics[..], &machine.locks, &machine.rw].concat();
            outcomes.insert((machine.logs, ends));
        }
        open.extend(nexts);
    }
    outcomes
}

/// The outcomes that the exploration has seen.
fn outcomes(explorer: Explorer, program: &[Vec<Op>]) -> (Report, BTreeSet<Outcome>) {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let notes = Arc::clone(&seen);
    let program = program.to_vec();
    let report = explorer
        .time_limit(Duration::from_secs(200))
        .check(move || {
            let objects = Arc::new(Objects::default());
            let threads: Vec<_> = (1..)
                .zip(&program)
                .map(|(me, ops)| {
                    let (objects, ops) = (Arc::clone(&objects), ops.clone());
                    spawn(move || {
                        let mut log = Log::new();
                        ops.iter().for_each(|op| objects.run(me, *op, &mut log));
                        log
                    })
                })
                .collect();
            let logs = join_all(threads).unwrap();
            let mut ends: Vec<_> = objects
                .atomics
                .iter()
                .map(|atomic| atomic.load(Relaxed))
                .collect();
            ends.extend(objects.locks.iter().map(|lock| *lock.acquire()));
            ends.extend(objects.rw.iter().map(|lock| *lock.read()));
            notes.lock().unwrap().insert((logs, ends));
        });
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (report, seen)
}

/// Small numbers that look random (splitmix64).
struct Lots(u64);

impl Lots {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    fn op(&mut self) -> Op {
        let (a, b) = (self.below(OBJECTS), self.below(OBJECTS));
        match self.below(8) {
            0 => Op::Load(a),
            1 => Op::Store(a),
            2 => Op::Add(a),
            3 => Op::Exchange(a),
            4 => Op::Locked(a),
            5 => Op::Holds(a, b),
            6 => Op::Try(a),
            _ => Op::Reads(a, b),
        }
    }

    /// An operation of a queue, a semaphore or an event, or of an atomic beside them.
    fn op_of_primitives(&mut self) -> Op {
        let (a, b) = (self.below(OBJECTS), self.below(OBJECTS));
        match self.below(8) {
            0 | 1 => Op::Put(a),
            2 | 3 => Op::Get(a),
            4 => Op::Permitted(a, b),
            5 => Op::IsSet(a),
            6 => match self.below(2) {
                0 => Op::Set(a),
                _ => Op::Clear(a),
            },
            _ => Op::Add(a),
        }
    }
}

#[test]
fn all_outcomes_of_random_programs_are_found() {
    all_outcomes_are_found(60, Lots::op);
}

#[test]
fn all_outcomes_of_random_programs_with_primitives_are_found() {
    all_outcomes_are_found(60, Lots::op_of_primitives);
}

fn all_outcomes_are_found(programs: usize, op: fn(&mut Lots) -> Op) {
    let mut lots = Lots(7);
    let mut runs = 0;
    for _ in 0..programs {
        let program: Vec<Vec<_>> = match lots.below(3) {
            0 => (0..3).map(|_| vec![op(&mut lots)]).collect(),
            _ => (0..2)
                .map(|_| (0..1 + lots.below(2)).map(|_| op(&mut lots)).collect())
                .collect(),
        };
        let expected = all_outcomes(&program);
        let (report, found) = outcomes(Explorer::new().exhaustive().runs(50_000), &program);
        assert!(report.is_complete(), "{program:?}: {report:?}");
        assert!(report.is_repeatable(), "{program:?}: {report:?}");
        assert_eq!(found, expected, "{program:?}");
        runs += report.runs();
    }
    println!("{runs} runs");
}

/// With all schedules of two preemptions at most, and with one of each class of all schedules.
#[test]
fn the_reduction_has_the_outcomes_of_a_search_without_it() {
    let (mut all, mut tried) = (0, 0);
    for program in [
        vec![vec![Op::Add(0)], vec![Op::Add(1)]],
        vec![vec![Op::Load(0)], vec![Op::Store(0)]],
        vec![vec![Op::Exchange(0)], vec![Op::Exchange(0)]],
        vec![vec![Op::Locked(0)], vec![Op::Locked(0)]],
    ] {
        // No outcome of these needs more preemptions.
        let every = Explorer::new().preemptions(2).runs(20_000);
        let (every, with_all) = outcomes(every, &program);
        assert!(every.is_complete(), "{program:?}: {every:?}");
        let (reduced, with_few) = outcomes(Explorer::new().exhaustive(), &program);
        assert!(reduced.is_complete(), "{program:?}: {reduced:?}");
        assert_eq!(with_all, with_few, "{program:?}");
        all += every.runs();
        tried += reduced.runs();
    }
    assert!(tried * 10 < all, "{tried} of {all}");
}

/// The results of the body that the exploration has seen.
fn results(explorer: Explorer, body: fn() -> Vec<u32>) -> (Report, BTreeSet<Vec<u32>>) {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let notes = Arc::clone(&seen);
    let report = explorer
        .runs(40_000)
        .time_limit(Duration::from_secs(100))
        .check(move || {
            let result = body();
            notes.lock().unwrap().insert(result);
        });
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (report, seen)
}

/// Bodies in which threads wait in primitives: no result of a schedule of two preemptions at most is left out.
#[test]
fn no_result_of_a_wait_is_left_out() {
    type Body = fn() -> Vec<u32>;
    let bodies: [(&str, Body); 8] = [
        ("a queue", through_a_queue),
        ("a permit", by_a_permit),
        ("a condition", by_a_condition),
        ("an event with a limit", by_an_event),
        ("a latch", by_a_latch),
        ("a value that is made once", made_once),
        ("a barrier", at_a_barrier),
        ("a queue or an event", of_a_queue_and_an_event),
    ];
    for (name, body) in bodies {
        let (every, expected) = results(Explorer::new().preemptions(2), body);
        let (reduced, found) = results(Explorer::new().exhaustive(), body);
        println!("{name}: {} and {}", every.runs(), reduced.runs());
        assert!(reduced.is_repeatable(), "{name}: {reduced:?}");
        assert!(reduced.is_complete(), "{name}: {reduced:?}");
        assert!(
            found.is_superset(&expected),
            "{name}: {expected:?}, {found:?}"
        );
        assert!(found.len() > 1, "{name}: {found:?}");
    }
}

fn through_a_queue() -> Vec<u32> {
    let queue = Queue::bounded(1);
    let own = queue.clone();
    let putter = spawn(move || own.put(1).unwrap());
    let is_early = queue.len() == 1;
    let got = queue.get().unwrap();
    putter.join().unwrap();
    vec![is_early.into(), got]
}

/// Each thread gets the number of those that were there before.
fn by_a_permit() -> Vec<u32> {
    let shared = Arc::new((Semaphore::new(1), AtomicU32::new(0)));
    let threads = [(); 2].map(|()| {
        let shared = Arc::clone(&shared);
        spawn(move || {
            let _permit = shared.0.acquire();
            shared.1.fetch_add(1, Relaxed)
        })
    });
    join_all(threads).unwrap()
}

fn by_a_condition() -> Vec<u32> {
    let shared = Arc::new((Lock::new(1), Condition::new()));
    let own = Arc::clone(&shared);
    let changer = spawn(move || {
        *own.0.acquire() *= 3;
        own.1.notify_one();
        *own.0.acquire() += 2;
    });
    let mut value = shared.0.acquire();
    shared.1.wait_while(&mut value, |value| *value == 1);
    let seen = *value;
    drop(value);
    changer.join().unwrap();
    vec![seen]
}

fn by_an_event() -> Vec<u32> {
    let shared = Arc::new((Event::new(), AtomicU32::new(0)));
    let own = Arc::clone(&shared);
    let setter = spawn(move || {
        own.1.store(1, Relaxed);
        own.0.set();
    });
    let is_set = shared.0.wait_timeout(Duration::from_secs(1));
    let seen = shared.1.load(Relaxed);
    setter.join().unwrap();
    assert!(seen == 1 || !is_set);
    vec![is_set.into(), seen]
}

fn by_a_latch() -> Vec<u32> {
    let shared = Arc::new((Latch::new(2), AtomicU32::new(0)));
    let threads = [1, 2].map(|n| {
        let shared = Arc::clone(&shared);
        spawn(move || {
            let before = shared.1.swap(n, Relaxed);
            shared.0.count_down();
            before
        })
    });
    shared.0.wait();
    let mut seen = vec![shared.1.load(Relaxed)];
    seen.extend(join_all(threads).unwrap());
    seen
}

fn made_once() -> Vec<u32> {
    let once = Arc::new(Once::new());
    let threads = [1, 2].map(|n| {
        let once = Arc::clone(&once);
        spawn(move || *once.get_or_init(|| n))
    });
    let early = once.get().copied().unwrap_or(0);
    let mut seen = join_all(threads).unwrap();
    seen.push(early);
    seen
}

fn at_a_barrier() -> Vec<u32> {
    let barrier = Arc::new(Barrier::new(2));
    let own = Arc::clone(&barrier);
    let other = spawn(move || own.wait().unwrap().is_leader());
    let is_leader = barrier.wait().unwrap().is_leader();
    assert_ne!(is_leader, other.join().unwrap());
    vec![is_leader.into()]
}

fn of_a_queue_and_an_event() -> Vec<u32> {
    let (queue, event) = (Queue::unbounded(), Arc::new(Event::new()));
    queue.put(1).unwrap();
    let own = Arc::clone(&event);
    let setter = spawn(move || own.set());
    let mut select = Select::new().get(&queue, |n| n).event(&event, || 2);
    let seen = vec![select.wait().unwrap()];
    setter.join().unwrap();
    seen
}

/// From how many schedules on there are "more".
const MANY: u64 = 2_000;

fn count(explorer: Explorer, body: fn()) -> String {
    let report = explorer
        .runs(MANY)
        .time_limit(Duration::from_secs(100))
        .check(body);
    match report.is_complete() {
        true => report.runs().to_string(),
        false => format!("> {}", report.runs()),
    }
}

fn two_counters() {
    let counters = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let threads = [0, 1].map(|n| {
        let counters = Arc::clone(&counters);
        spawn(move || (0..3).for_each(|_| _ = counters[n].fetch_add(1, Relaxed)))
    });
    join_all(threads).unwrap();
}

fn one_counter() {
    let counter = Arc::new(AtomicU32::new(0));
    let threads = [(); 2].map(|()| {
        let counter = Arc::clone(&counter);
        spawn(move || counter.fetch_add(1, Relaxed))
    });
    join_all(threads).unwrap();
    assert_eq!(counter.load(Relaxed), 2);
}

fn one_lock() {
    let total = Arc::new(Lock::new(0));
    let threads = [(); 3].map(|()| {
        let total = Arc::clone(&total);
        spawn(move || *total.acquire() += 1)
    });
    join_all(threads).unwrap();
    assert_eq!(*total.acquire(), 3);
}

fn two_locks_in_order() {
    let locks = Arc::new((Lock::new(0), Lock::new(0)));
    let threads = [(); 2].map(|()| {
        let locks = Arc::clone(&locks);
        spawn(move || {
            let mut first = locks.0.acquire();
            *locks.1.acquire() += 1;
            *first += 1;
        })
    });
    join_all(threads).unwrap();
}

fn readers_and_a_writer() {
    let lock = Arc::new(RwLock::new(0));
    let own = Arc::clone(&lock);
    let writer = spawn(move || *own.write() += 1);
    let readers = [(); 2].map(|()| {
        let lock = Arc::clone(&lock);
        spawn(move || *lock.read())
    });
    join_all(readers).unwrap();
    writer.join().unwrap();
}

fn a_flag_and_data() {
    let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
    let own = Arc::clone(&shared);
    let sender = spawn(move || {
        own.0.store(7, Relaxed);
        own.1.store(1, Relaxed);
    });
    if shared.1.load(Relaxed) == 1 {
        assert_eq!(shared.0.load(Relaxed), 7);
    }
    sender.join().unwrap();
}

fn an_event() {
    let event = Arc::new(Event::new());
    let own = Arc::clone(&event);
    let setter = spawn(move || own.set());
    event.wait();
    setter.join().unwrap();
}

fn a_condition() {
    let shared = Arc::new((Lock::new(false), Condition::new()));
    let own = Arc::clone(&shared);
    let setter = spawn(move || {
        *own.0.acquire() = true;
        own.1.notify_one();
    });
    let mut is_set = shared.0.acquire();
    shared.1.wait_while(&mut is_set, |is_set| !*is_set);
    drop(is_set);
    setter.join().unwrap();
}

fn a_queue() {
    let queue = Queue::bounded(1);
    let own = queue.clone();
    let putter = spawn(move || (1..=2).for_each(|n| own.put(n).unwrap()));
    assert_eq!((queue.get().unwrap(), queue.get().unwrap()), (1, 2));
    putter.join().unwrap();
}

fn two_permits() {
    let permits = Arc::new(Semaphore::new(1));
    let threads = [(); 2].map(|()| {
        let permits = Arc::clone(&permits);
        spawn(move || drop(permits.acquire()))
    });
    join_all(threads).unwrap();
}

/// The table of the page about cost, which lists these.
#[test]
fn ten_bodies_have_as_many_schedules_as_the_page_says() {
    const PAGE: &str = include_str!("../threadkit/src/explore/cost.md");
    let bodies: [(&str, fn()); 10] = [
        (
            "two threads, each three times at a counter of its own",
            two_counters,
        ),
        ("two threads at one counter", one_counter),
        ("a flag and data, as atomics", a_flag_and_data),
        ("three threads at one `Lock`", one_lock),
        (
            "two threads that take two `Lock`s in one order",
            two_locks_in_order,
        ),
        (
            "a writer and two readers of an `RwLock`",
            readers_and_a_writer,
        ),
        ("an `Event` that is set and waited for", an_event),
        ("a `Condition` that is notified and waited for", a_condition),
        ("two items through a `Queue` of one place", a_queue),
        ("two threads at a `Semaphore` of one permit", two_permits),
    ];
    let mut missing = Vec::new();
    for (name, body) in bodies {
        let row = format!(
            "| {name} | {} | {} | {} |",
            count(Explorer::new().exhaustive(), body),
            count(Explorer::new().preemptions(2), body),
            count(Explorer::new().preemptions(usize::MAX), body),
        );
        // On a line of its own, whatever the test runner has printed so far.
        println!("\n{row}");
        if !PAGE.contains(&row) {
            missing.push(row);
        }
    }
    assert!(
        missing.is_empty(),
        "not in cost.md:\n{}",
        missing.join("\n")
    );
}
