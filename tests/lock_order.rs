//! Locks that are acquired in different orders, and correct programs that cause no report.

#![cfg(any(debug_assertions, feature = "explore"))]

#[path = "support/process.rs"]
mod process;
mod support;

use std::collections::VecDeque;
use std::process::Command;
use std::sync::Arc;
use std::thread;

use parking_lot::{Condvar, Mutex};

use support::{LONG, bounded, panic_of};
use threadkit::explore::Explorer;
use threadkit::inspect::{self, OrderViolation};
use threadkit::prelude::*;
use threadkit::{
    Condition, Event, RwLock, RwLockUpgradableGuard, Thread, ThreadPool, Timer, lock_all, wait_all,
};

/// The reports about the threads of that case.
fn found(case: &str) -> Vec<OrderViolation> {
    of_case(case, inspect::order_violations())
}

fn of_case(case: &str, violations: Vec<OrderViolation>) -> Vec<OrderViolation> {
    let prefix = format!("{case}/");
    let is_mine = |violation: &OrderViolation| {
        let mut steps = violation.steps().iter();
        steps.any(|step| step.thread().starts_with(&prefix))
    };
    violations.into_iter().filter(is_mine).collect()
}

/// Fails unless there is one report in that case, about a ring of that many locks.
#[track_caller]
fn expect(case: &str, locks: usize) -> OrderViolation {
    let found = found(case);
    assert_eq!(found.len(), 1, "`{case}`: {found:#?}");
    assert_eq!(found[0].steps().len(), locks, "`{case}`: {}", found[0]);
    assert_eq!(found[0].prevented_by(), None);
    found[0].clone()
}

/// The number of the body that runs next.
#[derive(Default)]
struct Turn(Mutex<usize>, Condvar);

impl Turn {
    /// Runs `body` when it is the turn of `number`, and passes the turn on.
    fn take(&self, number: usize, body: impl FnOnce()) {
        let mut now = self.0.lock();
        let waited = (self.1).wait_while_for(&mut now, |now| *now != number, LONG);
        assert!(!waited.timed_out(), "nobody passes the turn on");
        body();
        *now += 1;
        self.1.notify_all();
    }
}

type Body = Box<dyn FnOnce() + Send>;

/// Runs each body on a thread of its own, one after the other. All threads are started before the first body runs, so
/// that no start and no join orders them.
fn in_turn(case: &str, bodies: Vec<Body>) {
    let turn = Arc::new(Turn::default());
    let start = |(number, body): (usize, Body)| {
        let turn = Arc::clone(&turn);
        let thread = Thread::new(move || turn.take(number, body));
        thread.name(format!("{case}/{number}")).start()
    };
    let threads: Vec<_> = bodies.into_iter().enumerate().map(start).collect();
    threadkit::join_all(threads).unwrap();
}

fn leak(name: String) -> &'static str {
    Box::leak(name.into_boxed_str())
}

/// A way of acquiring a lock: `then` runs while it is held.
type Acquire = Arc<dyn Fn(&mut dyn FnMut()) + Send + Sync>;

/// Makes a lock of that name, with a way to hold it and a way to want it.
type Kind = (&'static str, fn(&'static str) -> (Acquire, Acquire));

macro_rules! kind {
    ($kind:literal, $make:expr, |$held:ident, $then:ident| $hold:expr, $want:expr) => {
        ($kind, |name| {
            let lock = Arc::new($make(name));
            let other = Arc::clone(&lock);
            (
                Arc::new(move |$then: &mut dyn FnMut()| {
                    let $held = &*lock;
                    $hold
                }),
                Arc::new(move |$then: &mut dyn FnMut()| {
                    let $held = &*other;
                    $want
                }),
            )
        })
    };
    ($kind:literal, $make:expr, $hold:ident, $want:ident) => {
        kind!(
            $kind,
            $make,
            |lock, then| {
                let _held = lock.$hold();
                then();
            },
            {
                let _held = lock.$want();
                then();
            }
        )
    };
    ($kind:literal, $make:expr, $acquire:ident) => {
        kind!($kind, $make, $acquire, $acquire)
    };
}

struct Vault(Lock<u32>);

#[monitor(SharedVault)]
impl Vault {
    pub(crate) fn new() -> Self {
        Self(Lock::new(0))
    }

    pub(crate) fn open(&mut self, then: &mut dyn FnMut()) {
        *self.0.get_mut() += 1;
        then();
    }
}

/// A type whose methods run under its lock.
struct Desk(Lock<()>);

impl Desk {
    #[synchronized(self.0)]
    fn sit(&self, then: &mut dyn FnMut()) {
        then();
    }
}

/// A type whose methods run under one side of its lock.
struct Board(RwLock<()>);

impl Board {
    #[synchronized(write(self.0))]
    fn write(&self, then: &mut dyn FnMut()) {
        then();
    }
}

const KINDS: [Kind; 14] = [
    kind!("lock", |name| Lock::named(name, ()), acquire),
    kind!("unnamed", |_| Lock::new(()), acquire),
    kind!("default", |_| Lock::<()>::default(), acquire),
    kind!("rlock", |name| RLock::named(name, ()), acquire),
    kind!("write", |name| RwLock::named(name, ()), write),
    kind!("upgradable", |name| RwLock::named(name, ()), upgradable),
    kind!("read-write", |name| RwLock::named(name, ()), read, write),
    kind!("write-read", |name| RwLock::named(name, ()), write, read),
    kind!(
        "write-upgradable",
        |name| RwLock::named(name, ()),
        write,
        upgradable
    ),
    kind!(
        "upgradable-write",
        |name| RwLock::named(name, ()),
        upgradable,
        write
    ),
    kind!(
        "monitor",
        |_| SharedVault::new(),
        |vault, then| vault.open(then),
        vault.open(then)
    ),
    kind!(
        "synchronized",
        |_| Desk(Lock::new(())),
        |desk, then| desk.sit(then),
        desk.sit(then)
    ),
    kind!(
        "synchronized-write",
        |_| Board(RwLock::new(())),
        |board, then| board.write(then),
        board.write(then)
    ),
    kind!(
        "reentrant",
        |name| RLock::named(name, ()),
        |lock, then| {
            let _outer = lock.acquire();
            let _inner = lock.acquire();
            then();
        },
        {
            let _outer = lock.acquire();
            let _inner = lock.acquire();
            then();
        }
    ),
];

/// A type whose methods run under locks of other libraries.
#[derive(Default)]
struct Office {
    std: std::sync::Mutex<u32>,
    shared: Arc<std::sync::Mutex<()>>,
    table: std::sync::RwLock<[u32; 2]>,
    fair: parking_lot::FairMutex<()>,
    lot: Mutex<u32>,
    reentrant: parking_lot::ReentrantMutex<()>,
    board: parking_lot::RwLock<()>,
}

impl Office {
    #[synchronized(self.std)]
    fn std(&self, then: &mut dyn FnMut()) {
        then();
    }

    #[synchronized(count = self.std)]
    fn std_named(&self, then: &mut dyn FnMut()) {
        *count += 1;
        then();
    }

    #[synchronized(self.shared)]
    fn shared(&self, then: &mut dyn FnMut()) {
        then();
    }

    #[synchronized(read(row = self.table))]
    fn read(&self, then: &mut dyn FnMut()) {
        assert_eq!(row[0], 0);
        then();
    }

    #[synchronized(write(self.table))]
    fn write(&self, then: &mut dyn FnMut()) {
        then();
    }

    #[synchronized(self.fair)]
    fn fair(&self, then: &mut dyn FnMut()) {
        then();
    }

    #[synchronized(count = self.lot)]
    fn lot(&self, then: &mut dyn FnMut()) {
        count_up(&mut count);
        then();
    }

    #[synchronized(self.reentrant)]
    fn reentrant(&self, then: &mut dyn FnMut()) {
        self.once_more(then);
    }

    #[synchronized(self.reentrant)]
    fn once_more(&self, then: &mut dyn FnMut()) {
        then();
    }

    #[synchronized(write(self.board))]
    fn board(&self, then: &mut dyn FnMut()) {
        then();
    }

    #[synchronized(self.lot, self.std)]
    fn several(&self, then: &mut dyn FnMut()) {
        then();
    }

    #[synchronized(self.lot, timeout = LONG, else = panic!("nobody holds it"))]
    fn timed(&self, then: &mut dyn FnMut()) {
        then();
    }

    /// The guard is released before the end of the body.
    #[synchronized(count = self.lot)]
    fn released(&self, then: &mut dyn FnMut()) {
        drop(count);
        then();
    }
}

fn count_up(count: &mut u32) {
    *count += 1;
}

type Method = fn(&Office, &mut dyn FnMut());

/// How the lock is held by the first thread, and wanted by the second one.
const FOREIGN: [(&str, Method, Method); 11] = [
    ("std", Office::std, Office::std),
    ("std-named", Office::std_named, Office::std_named),
    ("std-shared", Office::shared, Office::shared),
    ("std-read-write", Office::read, Office::write),
    ("std-write-read", Office::write, Office::read),
    ("fair", Office::fair, Office::fair),
    ("lot", Office::lot, Office::lot),
    ("reentrant", Office::reentrant, Office::reentrant),
    ("board", Office::board, Office::board),
    ("several", Office::several, Office::std),
    ("timed", Office::timed, Office::lot),
];

fn foreign(case: &str, hold: Method, want: Method) {
    let (office, own) = (Arc::new(Office::default()), named(case, "own"));
    let (office2, own2) = (Arc::clone(&office), Arc::clone(&own));
    in_turn(
        case,
        vec![
            boxed(move || hold(&office, &mut || drop(own.acquire()))),
            boxed(move || {
                let _own = own2.acquire();
                want(&office2, &mut || ());
            }),
        ],
    );
}

#[test]
fn locks_of_other_libraries_that_attributes_acquire_are_in_the_order() {
    bounded(|| {
        for (case, hold, want) in FOREIGN {
            let case = format!("foreign-{case}");
            foreign(&case, hold, want);
            let report = expect(&case, 2).to_string();
            let is_std = ["std", "shared", "several"]
                .iter()
                .any(|word| case.contains(word));
            let library = if is_std {
                " of std`"
            } else {
                " of parking_lot`"
            };
            assert!(report.contains(library), "{report}");
            assert!(report.contains(&format!("{}:", file!())), "{report}");
        }
    });
}

#[test]
fn two_libraries_are_compared_with_each_other() {
    bounded(|| {
        let case = "two-libraries";
        let office = Arc::new(Office::default());
        let office2 = Arc::clone(&office);
        in_turn(
            case,
            vec![
                boxed(move || office.std(&mut || office.lot(&mut || ()))),
                boxed(move || office2.lot(&mut || office2.std(&mut || ()))),
            ],
        );
        let report = expect(case, 2).to_string();
        assert!(
            report.contains("holds `Mutex<u32> of std` since"),
            "{report}"
        );
        assert!(
            report.contains("acquires `Mutex<u32> of parking_lot` at"),
            "{report}"
        );
    });
}

#[test]
fn a_guard_of_another_library_that_may_be_released_early_is_no_hold() {
    bounded(|| {
        for (case, hold, want) in [
            (
                "released",
                Office::released as Method,
                Office::lot as Method,
            ),
            // Readers do not exclude each other.
            ("readers", Office::read, Office::read),
        ] {
            let case = format!("foreign-{case}");
            foreign(&case, hold, want);
            assert!(found(&case).is_empty(), "{:?}", found(&case));
        }
        // The locks of both offices are of one type.
        let offices = Arc::new([(); 2].map(|()| Office::default()));
        let body = |first: usize, second: usize| {
            let offices = Arc::clone(&offices);
            boxed(move || offices[first].std(&mut || offices[second].std(&mut || ())))
        };
        in_turn("foreign-one-type", vec![body(0, 1), body(1, 0)]);
        assert!(found("foreign-one-type").is_empty());
    });
}

/// The shapes of Linux's self-test of lockdep, except for a lock that a thread acquires twice: pairs of locks, each
/// pair acquired by a thread of its own, and the length of the ring.
const SHAPES: [(&str, &[&str], usize); 7] = [
    ("ABBA", &["AB", "BA"], 2),
    ("ABBCCA", &["AB", "BC", "CA"], 3),
    ("ABCABC", &["AB", "CA", "BC"], 3),
    ("ABBCCDDA", &["AB", "BC", "CD", "DA"], 4),
    ("ABCDBDDA", &["AB", "CD", "BD", "DA"], 3),
    ("ABCDBCDA", &["AB", "CD", "BC", "DA"], 4),
    ("five", &["AB", "BC", "CD", "DE", "EA"], 5),
];

/// What the threads of a shape do.
fn pairs(case: &str, pairs: &[&str], kind: impl Fn(usize) -> Kind) -> Vec<Body> {
    let locks: Vec<_> = ('A'..='E')
        .enumerate()
        .map(|(at, letter)| kind(at).1(leak(format!("{case} {letter}"))))
        .collect();
    let lock = |letter: u8| &locks[usize::from(letter - b'A')];
    let body = |pair: &&str| {
        let pair = pair.as_bytes();
        let held = Arc::clone(&lock(pair[0]).0);
        let wanted = Arc::clone(&lock(pair[1]).1);
        Box::new(move || held(&mut || wanted(&mut || ()))) as Body
    };
    pairs.iter().map(body).collect()
}

/// Kinds whose locks are all of one class here, so that one process reports them once.
const OF_ONE_PLACE: [&str; 4] = ["unnamed", "monitor", "synchronized", "synchronized-write"];

/// Runs a shape with those kinds, and fails unless its ring is found.
fn run_shape(shape: usize, kind: usize, is_mixed: bool) {
    let (name, steps, locks) = SHAPES[shape];
    let case = format!(
        "{name} {}{}",
        KINDS[kind].0,
        if is_mixed { " and others" } else { "" }
    );
    let step = if is_mixed { 5 } else { 0 };
    in_turn(
        &case,
        pairs(&case, steps, |lock| {
            KINDS[(kind + lock * step) % KINDS.len()]
        }),
    );
    expect(&case, locks);
}

#[test]
fn every_shape_of_a_ring_is_found_for_every_kind_of_lock() {
    bounded(|| {
        for shape in 0..SHAPES.len() {
            for (at, kind) in KINDS.iter().enumerate() {
                if !OF_ONE_PLACE.contains(&kind.0) {
                    run_shape(shape, at, false);
                }
            }
        }
    });
}

/// This variable names the one shape that a process is to run.
const ALONE: &str = "THREADKIT_TEST_SHAPE";

#[test]
fn a_shape_alone() {
    let Ok(numbers) = std::env::var(ALONE) else {
        return;
    };
    let numbers: Vec<usize> = numbers.split(' ').map(|n| n.parse().unwrap()).collect();
    run_shape(numbers[0], numbers[1], numbers[2] == 1);
}

#[test]
fn shapes_of_locks_of_one_place_and_of_several_kinds_are_found() {
    let run = |shape: usize, kind: usize, is_mixed: bool| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let ended = command
            .args(["--exact", "a_shape_alone", "--nocapture"])
            .env(ALONE, format!("{shape} {kind} {}", usize::from(is_mixed)))
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&ended.stderr);
        assert!(
            ended.status.success(),
            "{} {}: {err}",
            SHAPES[shape].0,
            KINDS[kind].0
        );
        assert!(err.contains("possible deadlock"), "{err}");
    };
    for shape in 0..SHAPES.len() {
        for (at, kind) in KINDS.iter().enumerate() {
            if OF_ONE_PLACE.contains(&kind.0) {
                run(shape, at, false);
            }
            if at % SHAPES.len() == shape {
                run(shape, at, true);
            }
        }
    }
}

#[test]
fn a_lock_that_a_thread_acquires_twice_is_refused() {
    let lock = Lock::named("AA", ());
    let _held = lock.acquire();
    let message = panic_of(|| drop(lock.acquire()));
    assert!(message.contains("`AA`"), "{message}");
}

/// Two ways to acquire two locks, whose orders conflict.
type Planted = (&'static str, fn(&'static str) -> Vec<Body>, usize);

fn boxed(body: impl FnOnce() + Send + 'static) -> Body {
    Box::new(body)
}

/// Both locks, in that order.
fn both(first: &Lock<()>, second: &Lock<()>) {
    let _first = first.acquire();
    let _second = second.acquire();
}

/// A lock of a class that no other case has.
fn named(case: &str, name: &str) -> Arc<Lock<()>> {
    Arc::new(Lock::named(leak(format!("{case} {name}")), ()))
}

fn two_locks(case: &str) -> (Arc<Lock<()>>, Arc<Lock<()>>) {
    (named(case, "a"), named(case, "b"))
}

const PLANTED: [Planted; 9] = [
    (
        "held-by-try",
        |case| {
            let (a, b) = two_locks(case);
            let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
            vec![
                boxed(move || {
                    let _a = a.try_acquire().expect("it is free");
                    drop(b.acquire());
                }),
                boxed(move || both(&b2, &a2)),
            ]
        },
        2,
    ),
    (
        "condition",
        |case| {
            let (a, b) = two_locks(case);
            let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
            let changed = Arc::new(Condition::new());
            vec![
                boxed(move || both(&b2, &a2)),
                boxed(move || {
                    // `b` is acquired again, at the end of the wait, under `a`.
                    let mut b = b.acquire();
                    let _a = a.acquire();
                    assert!(!changed.wait_timeout(&mut b, support::MOMENT));
                }),
            ]
        },
        2,
    ),
    (
        "upgrade",
        |_| {
            let (a, table) = (Arc::new(Lock::new(())), Arc::new(RwLock::new(())));
            let (a2, table2) = (Arc::clone(&a), Arc::clone(&table));
            vec![
                boxed(move || {
                    let read = table.upgradable();
                    let _a = a.acquire();
                    drop(RwLockUpgradableGuard::upgrade(read));
                }),
                boxed(move || {
                    let _read = table2.read();
                    drop(a2.acquire());
                }),
            ]
        },
        2,
    ),
    (
        "gate-on-one-side",
        |case| {
            let (a, b) = two_locks(case);
            let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
            let gate = Lock::new(());
            vec![
                boxed(move || {
                    let _gate = gate.acquire();
                    both(&a, &b);
                }),
                boxed(move || both(&b2, &a2)),
            ]
        },
        2,
    ),
    (
        "readers-of-a-gate",
        |case| {
            let (a, b) = two_locks(case);
            let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
            let gate = Arc::new(RwLock::new(()));
            let gate2 = Arc::clone(&gate);
            vec![
                boxed(move || {
                    let _gate = gate.read();
                    both(&a, &b);
                }),
                boxed(move || {
                    let _gate = gate2.read();
                    both(&b2, &a2);
                }),
            ]
        },
        2,
    ),
    (
        "different-objects",
        |case| {
            let body = |is_inverted| {
                boxed(move || {
                    let (a, b) = two_locks(case);
                    match is_inverted {
                        false => both(&a, &b),
                        true => both(&b, &a),
                    }
                })
            };
            vec![body(false), body(true)]
        },
        2,
    ),
    (
        "three-under-each-other",
        |case| {
            let locks = Arc::new(["a", "b", "c"].map(|name| named(case, name)));
            let body = |order: [usize; 3]| {
                let locks = Arc::clone(&locks);
                boxed(move || {
                    let _held = order.map(|at| locks[at].acquire());
                })
            };
            vec![body([0, 1, 2]), body([2, 0, 1])]
        },
        2,
    ),
    (
        "outer-of-lock-all",
        |case| {
            let (a, b) = two_locks(case);
            let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
            let other = Lock::new(());
            vec![
                boxed(move || {
                    let _a = a.acquire();
                    drop(lock_all((&*b, &other)));
                }),
                boxed(move || both(&b2, &a2)),
            ]
        },
        2,
    ),
    (
        "accounts",
        |_| {
            let accounts = Arc::new([100, 100].map(Lock::new));
            let transfer = |from: usize, to: usize| {
                let accounts = Arc::clone(&accounts);
                boxed(move || {
                    let mut from = accounts[from].acquire();
                    let mut to = accounts[to].acquire();
                    *from -= 10;
                    *to += 10;
                })
            };
            vec![transfer(0, 1), transfer(1, 0)]
        },
        2,
    ),
];

#[test]
fn planted_inversions_are_found() {
    bounded(|| {
        for (case, make, locks) in PLANTED {
            in_turn(case, make(case));
            expect(case, locks);
        }
    });
    // Few cases prove little. With the shapes of every kind of lock, there is one report for each.
    let shapes = SHAPES.len() * KINDS.len();
    assert!(shapes + PLANTED.len() >= 60 && CORRECT.len() >= 10);
    println!(
        "{} planted inversions, all reported; {} correct programs, no false alarm",
        shapes + PLANTED.len() + FOREIGN.len(),
        CORRECT.len()
    );
}

#[test]
fn tasks_that_one_worker_has_run_are_not_ordered() {
    bounded(|| {
        let case = "tasks";
        let pool = ThreadPool::builder(2).name("tasks/pool").build();
        let (a, b) = two_locks(case);
        let turn = Arc::new(Turn::default());
        let (turn2, a2, b2) = (Arc::clone(&turn), Arc::clone(&a), Arc::clone(&b));
        let one = pool.submit(move || turn.take(0, || both(&a, &b)));
        let other = pool.submit(move || turn2.take(1, || both(&b2, &a2)));
        wait_all([one, other]);
        let violation = of_case(case, inspect::order_violations());
        assert_eq!(violation.len(), 1, "{violation:?}");
    });
}

/// A correct program; the threads that it starts have names that begin with its own.
type Correct = (&'static str, fn(&'static str));

fn thread(case: &str, role: &str, body: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    Thread::new(body).name(format!("{case}/{role}")).start()
}

const CORRECT: [Correct; 32] = [
    ("hand-over-hand", |case| {
        let list = Arc::new((0..300).map(Lock::new).collect::<Vec<_>>());
        let body = || {
            let list = Arc::clone(&list);
            boxed(move || {
                let mut held = list[0].acquire();
                for next in &list[1..] {
                    held = next.acquire();
                }
                drop(held);
            })
        };
        in_turn(case, vec![body(), body(), body()]);
    }),
    ("tree", |case| {
        // Node `n` has the children `2n + 1` and `2n + 2`.
        let tree = Arc::new((0..63).map(Lock::new).collect::<Vec<_>>());
        let body = |path: u32| {
            let tree = Arc::clone(&tree);
            boxed(move || {
                let mut node = 0;
                let mut held = tree[node].acquire();
                for step in 0..5 {
                    node = 2 * node + 1 + (path >> step & 1) as usize;
                    held = tree[node].acquire();
                }
                drop(held);
            })
        };
        in_turn(case, (0..8).map(body).collect());
    }),
    ("nodes-that-come-and-go", |case| {
        // The memory of nodes is used again, in any order.
        let list = Arc::new(Lock::new(VecDeque::<Arc<Lock<u32>>>::new()));
        let body = |from: u32| {
            let list = Arc::clone(&list);
            boxed(move || {
                for n in from..from + 200 {
                    let nodes: Vec<_> = {
                        let mut list = list.acquire();
                        list.push_back(Arc::new(Lock::new(n)));
                        if list.len() > 4 {
                            list.pop_front();
                        }
                        list.iter().cloned().collect()
                    };
                    let mut before = None;
                    for node in &nodes {
                        before = Some(node.acquire());
                    }
                    drop(before);
                }
            })
        };
        in_turn(case, vec![body(0), body(1000), body(2000)]);
    }),
    ("ordered-array", |case| {
        let array = Arc::new([0; 6].map(Lock::new));
        let body = |one: usize, other: usize| {
            let array = Arc::clone(&array);
            boxed(move || {
                let (low, high) = (one.min(other), one.max(other));
                let _low = array[low].acquire();
                let _high = array[high].acquire();
            })
        };
        in_turn(
            case,
            vec![body(0, 5), body(5, 1), body(3, 2), body(2, 0), body(4, 3)],
        );
    }),
    ("gate", |case| {
        let (a, b) = two_locks(case);
        let gate = Arc::new(Lock::new(()));
        let body = |is_inverted| {
            let (a, b, gate) = (Arc::clone(&a), Arc::clone(&b), Arc::clone(&gate));
            boxed(move || {
                let _gate = gate.acquire();
                match is_inverted {
                    false => both(&a, &b),
                    true => both(&b, &a),
                }
            })
        };
        in_turn(case, vec![body(false), body(true), body(false)]);
        assert_prevented(case, "hold");
    }),
    ("gate-that-is-read-and-written", |case| {
        let (a, b) = two_locks(case);
        let gate = Arc::new(RwLock::new(()));
        let (a2, b2, gate2) = (Arc::clone(&a), Arc::clone(&b), Arc::clone(&gate));
        let reads = boxed(move || {
            let _gate = gate.read();
            both(&a, &b);
        });
        let writes = boxed(move || {
            let _gate = gate2.write();
            both(&b2, &a2);
        });
        in_turn(case, vec![reads, writes]);
        assert_prevented(case, "hold");
    }),
    ("gate-that-is-a-monitor", |case| {
        let (a, b) = two_locks(case);
        let vault = SharedVault::new();
        let body = |is_inverted| {
            let (a, b, vault) = (Arc::clone(&a), Arc::clone(&b), vault.clone());
            boxed(move || {
                vault.open(&mut || match is_inverted {
                    false => both(&a, &b),
                    true => both(&b, &a),
                });
            })
        };
        in_turn(case, vec![body(false), body(true)]);
    }),
    ("gates-of-objects", |case| {
        let body = |is_inverted| {
            boxed(move || {
                let gate = Lock::named("gate of an object", ());
                let (a, b) = two_locks(case);
                let _gate = gate.acquire();
                match is_inverted {
                    false => both(&a, &b),
                    true => both(&b, &a),
                }
            })
        };
        in_turn(case, vec![body(false), body(true)]);
    }),
    ("gate-by-try", |case| {
        let (a, b) = two_locks(case);
        let gate = Arc::new(Lock::new(()));
        let body = |is_inverted| {
            let (a, b, gate) = (Arc::clone(&a), Arc::clone(&b), Arc::clone(&gate));
            boxed(move || {
                let _gate = gate.try_acquire().expect("it is free");
                match is_inverted {
                    false => both(&a, &b),
                    true => both(&b, &a),
                }
            })
        };
        in_turn(case, vec![body(false), body(true)]);
    }),
    ("gate-of-a-ring-of-three", |case| {
        let locks = Arc::new(["a", "b", "c"].map(|name| named(case, name)));
        let gate = Arc::new(Lock::new(()));
        let body = |first: usize| {
            let (locks, gate) = (Arc::clone(&locks), Arc::clone(&gate));
            boxed(move || {
                let _gate = gate.acquire();
                both(&locks[first], &locks[(first + 1) % 3]);
            })
        };
        in_turn(case, (0..3).map(body).collect());
    }),
    ("lock-all", |case| {
        let locks = Arc::new(["a", "b", "c"].map(|name| named(case, name)));
        let body = |order: [usize; 3]| {
            let locks = Arc::clone(&locks);
            boxed(move || {
                let [one, two, three] = order.map(|at| &locks[at]);
                drop(lock_all((&**one, &**two, &**three)));
            })
        };
        in_turn(
            case,
            vec![body([0, 1, 2]), body([2, 1, 0]), body([1, 2, 0])],
        );
    }),
    ("lock-all-of-a-slice", |case| {
        let locks = Arc::new([0; 4].map(Lock::new));
        let body = |is_reversed| {
            let locks = Arc::clone(&locks);
            boxed(move || {
                let mut all: Vec<_> = locks.iter().collect();
                if is_reversed {
                    all.reverse();
                }
                drop(lock_all(&all[..]));
            })
        };
        in_turn(case, vec![body(false), body(true)]);
    }),
    ("synchronized-with-several", |case| {
        static A: Lock<u32> = Lock::new(0);
        static B: Lock<u32> = Lock::new(0);

        #[synchronized(A, B)]
        fn one() {}

        #[synchronized(B, A)]
        fn other() {}

        in_turn(case, vec![boxed(one), boxed(other)]);
    }),
    ("read-read", |case| {
        let (a, b) = (Arc::new(RwLock::new(())), Arc::new(RwLock::new(())));
        let body = |first: &Arc<RwLock<()>>, second: &Arc<RwLock<()>>| {
            let (first, second) = (Arc::clone(first), Arc::clone(second));
            boxed(move || {
                let _first = first.read();
                let _second = second.read();
            })
        };
        in_turn(case, vec![body(&a, &b), body(&b, &a)]);
    }),
    ("read-upgradable", |case| {
        let (a, b) = (Arc::new(RwLock::new(())), Arc::new(RwLock::new(())));
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let one = boxed(move || {
            let _a = a.read();
            let _b = b.upgradable();
        });
        let other = boxed(move || {
            let _b = b2.read();
            let _a = a2.upgradable();
        });
        in_turn(case, vec![one, other]);
    }),
    ("try", |case| {
        let (a, b) = two_locks(case);
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let tries = boxed(move || {
            let _b = b2.acquire();
            drop(a2.try_acquire().expect("it is free"));
        });
        in_turn(case, vec![boxed(move || both(&a, &b)), tries]);
    }),
    ("limited", |case| {
        let (a, b) = two_locks(case);
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let gives_up = boxed(move || {
            let _b = b2.acquire();
            drop(a2.acquire_timeout(LONG).expect("it is free"));
        });
        in_turn(case, vec![boxed(move || both(&a, &b)), gives_up]);
    }),
    ("start", |case| {
        let (a, b) = two_locks(case);
        let body = move || {
            both(&a, &b);
            thread(case, "later", move || both(&b, &a)).join().unwrap();
        };
        thread(case, "first", body).join().unwrap();
        assert_prevented(case, "before");
    }),
    ("join", |case| {
        let (a, b) = two_locks(case);
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let first = thread(case, "first", move || both(&a2, &b2));
        let body = move || {
            first.join().unwrap();
            both(&b, &a);
        };
        thread(case, "later", body).join().unwrap();
    }),
    ("start-of-a-start", |case| {
        let (a, b) = two_locks(case);
        let body = move || {
            both(&a, &b);
            let between = move || thread(case, "later", move || both(&b, &a)).join().unwrap();
            thread(case, "between", between).join().unwrap();
        };
        thread(case, "first", body).join().unwrap();
    }),
    ("wait-with-a-limit", |case| {
        let (a, b) = two_locks(case);
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let first = thread(case, "first", move || both(&a2, &b2));
        assert!(first.wait_timeout(LONG));
        thread(case, "later", move || both(&b, &a)).join().unwrap();
    }),
    ("is-finished", |case| {
        let (a, b) = two_locks(case);
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let first = thread(case, "first", move || both(&a2, &b2));
        support::eventually("it ends", || first.is_finished());
        thread(case, "later", move || both(&b, &a)).join().unwrap();
    }),
    ("scopes", |case| {
        let (a, b) = two_locks(case);
        for (first, second) in [(&a, &b), (&b, &a), (&a, &b)] {
            threadkit::scope(|scope| {
                for role in ["one", "other"] {
                    let thread = Thread::new(|| both(first, second));
                    scope.start(thread.name(format!("{case}/{role}")));
                }
            });
        }
    }),
    ("tasks-one-after-the-other", |case| {
        let pool = ThreadPool::builder(3).name(format!("{case}/pool")).build();
        let (a, b) = two_locks(case);
        for is_inverted in [false, true, false, true] {
            let (a, b) = (Arc::clone(&a), Arc::clone(&b));
            let task = pool.submit(move || match is_inverted {
                false => both(&a, &b),
                true => both(&b, &a),
            });
            task.join().unwrap();
        }
    }),
    ("rounds-of-tasks", |case| {
        let pool = ThreadPool::builder(3).name(format!("{case}/pool")).build();
        let (a, b) = two_locks(case);
        for (first, second) in [(&a, &b), (&b, &a)] {
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    let (first, second) = (Arc::clone(first), Arc::clone(second));
                    pool.submit(move || both(&first, &second))
                })
                .collect();
            wait_all(tasks);
            pool.scope(|scope| {
                for _ in 0..3 {
                    scope.submit(|| both(first, second));
                }
            });
        }
    }),
    ("one-worker", |case| {
        let pool = ThreadPool::builder(1).name(format!("{case}/pool")).build();
        let (a, b) = two_locks(case);
        let tasks = [false, true, false].map(|is_inverted| {
            let (a, b) = (Arc::clone(&a), Arc::clone(&b));
            pool.submit(move || match is_inverted {
                false => both(&a, &b),
                true => both(&b, &a),
            })
        });
        wait_all(tasks);
    }),
    ("timer", |case| {
        let (a, b) = two_locks(case);
        let body = move || {
            both(&a, &b);
            let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
            let timer = Timer::after(support::MOMENT, move || both(&b2, &a2));
            timer.wait();
            both(&a, &b);
        };
        thread(case, "maker", body).join().unwrap();
    }),
    ("one-thread", |case| {
        let (a, b) = two_locks(case);
        let body = move || {
            both(&a, &b);
            both(&b, &a);
        };
        thread(case, "alone", body).join().unwrap();
        assert_prevented(case, "before");
    }),
    ("reentrant", |case| {
        let (a, b) = (Arc::new(RLock::new(())), Arc::new(RLock::new(())));
        let body = || {
            let (a, b) = (Arc::clone(&a), Arc::clone(&b));
            boxed(move || {
                let _a = a.acquire();
                let _b = b.acquire();
                let _a = a.acquire();
                let _b = b.acquire();
            })
        };
        in_turn(case, vec![body(), body()]);
    }),
    ("released-in-any-order", |case| {
        let (a, b) = two_locks(case);
        let body = |last_first| {
            let (a, b) = (Arc::clone(&a), Arc::clone(&b));
            boxed(move || {
                let (held_a, held_b) = (a.acquire(), b.acquire());
                match last_first {
                    true => drop((held_b, held_a)),
                    false => drop((held_a, held_b)),
                }
                // Nothing is held here.
                drop(b.acquire());
                drop(a.acquire());
            })
        };
        in_turn(case, vec![body(true), body(false)]);
    }),
    ("locks-of-one-helper", |case| {
        // threadkit cannot see what these locks are: they are made at one place, in the library itself.
        let [a, b] = [(); 2].map(|()| Arc::new(Lock::<()>::default()));
        let c = Arc::new(Lock::new(()));
        let (a2, c2) = (Arc::clone(&a), Arc::clone(&c));
        in_turn(
            case,
            vec![boxed(move || both(&a2, &c2)), boxed(move || both(&c, &b))],
        );
        drop(a);
    }),
    ("foreign-threads", |case| {
        let (a, b) = two_locks(case);
        let threads = [0, 1].map(|number| {
            let (a, b) = (Arc::clone(&a), Arc::clone(&b));
            let thread = thread::Builder::new().name(format!("{case}/{number}"));
            thread.spawn(move || both(&a, &b)).unwrap()
        });
        for thread in threads {
            thread.join().unwrap();
        }
    }),
];

/// Fails unless an inversion that cannot happen was found in that case, and says why.
#[track_caller]
fn assert_prevented(case: &str, why: &str) {
    let prevented = of_case(case, inspect::prevented_order_violations());
    assert_eq!(prevented.len(), 1, "`{case}`: {prevented:#?}");
    let by = prevented[0].prevented_by().unwrap_or_default();
    assert!(by.contains(why), "`{case}`: {}", prevented[0]);
    assert!(prevented[0].to_string().starts_with("no deadlock: "));
}

#[test]
fn nothing_is_said_of_correct_programs() {
    bounded(|| {
        for (case, run) in CORRECT {
            run(case);
            let found = found(case);
            assert!(found.is_empty(), "`{case}`: {}", found[0]);
        }
    });
}

#[test]
fn the_parts_of_a_violation_are_those_of_its_report() {
    bounded(|| {
        let (a, b) = two_locks("parts");
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        in_turn(
            "parts",
            vec![boxed(move || both(&a, &b)), boxed(move || both(&b2, &a2))],
        );
        let violation = expect("parts", 2);
        let report = violation.to_string();
        let mut lines = report.lines();
        let first = "possible deadlock (it did not happen in this run): 2 locks are acquired in both orders";
        assert_eq!(lines.next(), Some(first));
        for step in violation.steps() {
            let line = format!(
                "  `{}` holds {} since {}, and acquires {} at {}",
                step.thread(),
                step.held(),
                step.held_since(),
                step.acquired(),
                step.acquired_at()
            );
            assert_eq!(lines.next(), Some(&*line));
        }
        let [one, other] = violation.steps() else {
            panic!("{violation}");
        };
        assert_eq!(
            (one.held(), other.held()),
            (other.acquired(), one.acquired())
        );
        assert!(
            other.thread() == "parts/0" && one.thread() == "parts/1",
            "{violation}"
        );
        assert!(
            one.held().starts_with("`parts b` (tests/lock_order.rs:"),
            "{violation}"
        );
        assert!(one.held_since().line() < one.acquired_at().line());
    });
}

/// The text with `PLACE` for each place.
fn without_places(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive([' ', '\n', '(', ')']) {
        let bare = word.trim_matches([' ', '\n', '(', ')', ',']);
        let is_place = bare.contains(".rs:") && bare.ends_with(|c: char| c.is_ascii_digit());
        out += &if is_place {
            word.replace(bare, "PLACE")
        } else {
            word.to_owned()
        };
    }
    out
}

/// The reports in the docs of the module.
fn documented() -> String {
    let docs = include_str!("../threadkit/src/inspect/mod.rs");
    let lines = docs.lines().filter_map(|line| line.strip_prefix("//!"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    without_places(&lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_report_is_printed_as_the_docs_show_it() {
    let ended = process::run(env!("CARGO_BIN_EXE_asleep"), "orders", LONG);
    assert_eq!((ended.code(), &*ended.out), (Some(0), "1\n"), "{ended:?}");
    let report = without_places(ended.err.trim_end());
    assert_eq!(report.lines().count(), 3, "{report}");
    assert!(documented().contains(&report), "{report}");
}

#[test]
fn nothing_is_printed_where_reports_are_off() {
    let ended = process::run(env!("CARGO_BIN_EXE_asleep"), "orders-off", LONG);
    let seen = (ended.code(), &*ended.out, &*ended.err);
    assert_eq!(seen, (Some(0), "1\n", ""));
}

#[test]
fn a_lock_that_is_read_twice_is_reported_as_the_docs_show_it() {
    let ended = process::run(env!("CARGO_BIN_EXE_process_ends"), "reads-again", LONG);
    let report = without_places(ended.err.trim_end());
    assert_eq!(report.lines().count(), 3, "{report}");
    assert!(documented().contains(&report), "{report}");
}

#[test]
fn an_assertion_fails_with_the_reports() {
    bounded(|| {
        let (a, b) = two_locks("asserted");
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let bodies = vec![boxed(move || both(&a, &b)), boxed(move || both(&b2, &a2))];
        in_turn("asserted", bodies);
        let message = panic_of(inspect::assert_lock_order);
        assert!(
            message.contains(&expect("asserted", 2).to_string()),
            "{message}"
        );
    });
}

/// Acquires two locks in both orders; an event keeps the threads apart if it is waited for.
fn inverted(is_safe: bool) {
    let (a, b) = two_locks("explored");
    let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
    let go = Arc::new(Event::new());
    let set = Arc::clone(&go);
    let one = threadkit::spawn(move || {
        both(&a, &b);
        set.set();
    });
    // Only time orders the two threads, and no start or join.
    let other = threadkit::spawn(move || {
        if is_safe {
            go.wait();
        }
        both(&b2, &a2);
    });
    one.join().unwrap();
    other.join().unwrap();
}

#[test]
fn an_explored_body_fails_if_it_acquires_locks_in_different_orders() {
    for _ in 0..2 {
        let safe = || inverted(true);
        let failure = Explorer::new().runs(20).try_check(safe).unwrap_err();
        let what = failure.what();
        assert!(what.starts_with("possible deadlock"), "{what}");
        assert!(
            what.contains("`explored a`") && what.contains("`explored b`"),
            "{what}"
        );
    }
    // Outside of the exploration nothing is reported.
    assert!(found("explored").is_empty());
}

#[threadkit::explore(runs = 20, any_lock_order)]
fn accepted_by_the_attribute() {
    inverted(true);
}

#[test]
fn an_explored_body_may_be_allowed_to_acquire_locks_in_different_orders() {
    accepted_by_the_attribute();
    let any_order = || Explorer::new().any_lock_order();
    assert_eq!(any_order().runs(20).check(|| inverted(true)).runs(), 20);
    // A deadlock that happens is reported as well.
    if cfg!(feature = "explore") {
        let failure = any_order().try_check(|| inverted(false)).unwrap_err();
        let what = failure.what();
        assert!(what.starts_with("deadlock: no thread can go on"), "{what}");
    }
}

#[test]
fn an_explored_body_with_one_order_is_right() {
    let report = Explorer::new().runs(20).check(|| {
        let (a, b) = two_locks("explored-well");
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let one = threadkit::spawn(move || both(&a2, &b2));
        both(&a, &b);
        one.join().unwrap();
        both(&b, &a);
    });
    assert_eq!(report.runs(), 20);
}

#[test]
fn locks_of_one_place_are_told_apart_in_reports() {
    bounded(|| {
        let forks = Arc::new([0; 5].map(Lock::new));
        let eat = |seat: usize| {
            let forks = Arc::clone(&forks);
            boxed(move || {
                let _left = forks[seat].acquire();
                let _right = forks[(seat + 1) % 5].acquire();
            })
        };
        in_turn("forks", (0..5).map(eat).collect());
        let violation = expect("forks", 5);
        for (at, step) in violation.steps().iter().enumerate() {
            assert!(
                step.held()
                    .starts_with(&format!("lock {} of those made at", at + 1)),
                "{violation}"
            );
            let next = (at + 1) % 5;
            assert!(
                step.acquired()
                    .starts_with(&format!("lock {} of", next + 1)),
                "{violation}"
            );
        }
    });
}
