//! Loads that return older values: exactly those that the memory orders allow, up to the limits that the guide states.

#[path = "weak_memory/axioms.rs"]
mod axioms;
#[path = "weak_memory/litmus.rs"]
mod litmus;

mod support;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use litmus::{Op, Program, add, exchange, fence, load, outcomes, store, swap};
use threadkit::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use threadkit::atomic::{AtomicBool, AtomicI8, AtomicI64, AtomicPtr, AtomicU32};
use threadkit::explore::{Explorer, replay};
use threadkit::{
    Barrier, Condition, Event, Latch, Lock, Once, Queue, RLock, RwLock, Semaphore, ThreadPool,
    join_all, scope, spawn, stop_token,
};

const X: usize = 0;
const Y: usize = 1;

/// What the loads of each thread have returned.
type Outcome = Vec<Vec<u32>>;

/// Whether a run of the program has that outcome.
#[track_caller]
fn can(program: &Program, outcome: &[&[u32]]) -> bool {
    let outcome: Outcome = outcome.iter().map(|loads| loads.to_vec()).collect();
    let seen = outcomes(program);
    let allowed = axioms::outcomes(program);
    assert!(seen.is_subset(&allowed), "{seen:?} of {allowed:?}");
    seen.contains(&outcome)
}

fn message_passing(stores: Ordering, loads: Ordering) -> Program {
    vec![
        vec![store(X, 1, Relaxed), store(Y, 1, stores)],
        vec![load(Y, loads), load(X, Relaxed)],
    ]
}

#[test]
fn message_passing_needs_release_and_acquire() {
    const STALE: &[&[u32]] = &[&[], &[1, 0]];
    assert!(can(&message_passing(Relaxed, Relaxed), STALE));
    assert!(can(&message_passing(Release, Relaxed), STALE));
    assert!(can(&message_passing(Relaxed, Acquire), STALE));
    assert!(!can(&message_passing(Release, Acquire), STALE));
    assert!(!can(&message_passing(SeqCst, SeqCst), STALE));
}

#[test]
fn message_passing_by_fences() {
    const STALE: &[&[u32]] = &[&[], &[1, 0]];
    let with = |sender: &[Ordering], receiver: &[Ordering]| {
        let mut sends = vec![store(X, 1, Relaxed)];
        sends.extend(sender.iter().map(|order| fence(*order)));
        sends.push(store(Y, 1, Relaxed));
        let mut receives = vec![load(Y, Relaxed)];
        receives.extend(receiver.iter().map(|order| fence(*order)));
        receives.push(load(X, Relaxed));
        vec![sends, receives]
    };
    assert!(!can(&with(&[Release], &[Acquire]), STALE));
    assert!(!can(&with(&[AcqRel], &[AcqRel]), STALE));
    assert!(!can(&with(&[SeqCst], &[SeqCst]), STALE));
    assert!(can(&with(&[Release], &[]), STALE));
    assert!(can(&with(&[], &[Acquire]), STALE));
    assert!(can(&with(&[Acquire], &[Release]), STALE));
}

fn store_buffering(order: Ordering, between: &[Ordering]) -> Program {
    let side = |mine, other| {
        let (stores, loads) = match order {
            AcqRel => (Release, Acquire),
            order => (order, order),
        };
        let mut ops = vec![store(mine, 1, stores)];
        ops.extend(between.iter().map(|order| fence(*order)));
        ops.push(load(other, loads));
        ops
    };
    vec![side(X, Y), side(Y, X)]
}

#[test]
fn store_buffering_needs_sequential_consistency() {
    const BOTH_ZERO: &[&[u32]] = &[&[0], &[0]];
    assert!(can(&store_buffering(Relaxed, &[]), BOTH_ZERO));
    assert!(can(&store_buffering(AcqRel, &[]), BOTH_ZERO));
    assert!(can(&store_buffering(Relaxed, &[AcqRel]), BOTH_ZERO));
    assert!(!can(&store_buffering(SeqCst, &[]), BOTH_ZERO));
    assert!(!can(&store_buffering(Relaxed, &[SeqCst]), BOTH_ZERO));
}

/// A sequentially consistent store is no fence for the relaxed loads after it.
#[test]
fn a_sequentially_consistent_access_is_no_fence() {
    let side = |mine, other, own| {
        vec![
            store(mine, 1, Relaxed),
            store(own, 1, SeqCst),
            load(other, Relaxed),
        ]
    };
    assert!(can(&vec![side(X, Y, 2), side(Y, X, 3)], &[&[0], &[0]]));
}

#[test]
fn independent_reads_of_independent_writes() {
    let with = |stores, loads| {
        vec![
            vec![store(X, 1, stores)],
            vec![store(Y, 1, stores)],
            vec![load(X, loads), load(Y, loads)],
            vec![load(Y, loads), load(X, loads)],
        ]
    };
    const IN_TWO_ORDERS: &[&[u32]] = &[&[], &[], &[1, 0], &[1, 0]];
    assert!(can(&with(Release, Acquire), IN_TWO_ORDERS));
    assert!(!can(&with(SeqCst, SeqCst), IN_TWO_ORDERS));
    assert!(
        !can(&with(Relaxed, SeqCst), IN_TWO_ORDERS),
        "the loads have one order"
    );
}

/// All orders here are relaxed: each atomic by itself has one order that all threads agree on.
#[test]
fn each_atomic_is_coherent() {
    let stores = vec![store(X, 1, Relaxed), store(X, 2, Relaxed)];
    let reads = vec![load(X, Relaxed), load(X, Relaxed)];
    let seen = outcomes(&vec![stores.clone(), reads.clone()]);
    let rising: BTreeSet<Outcome> = [[0, 0], [0, 1], [0, 2], [1, 1], [1, 2], [2, 2]]
        .map(|loads| vec![vec![], loads.to_vec()])
        .into();
    assert_eq!(seen, rising, "no load goes back");

    // Two threads that read agree on the order of two stores.
    let two = vec![
        vec![store(X, 1, Relaxed)],
        vec![store(X, 2, Relaxed), load(X, Relaxed)],
        reads.clone(),
    ];
    assert!(can(&two, &[&[], &[1], &[2, 1]]));
    assert!(can(&two, &[&[], &[2], &[1, 2]]));
    assert!(!can(&two, &[&[], &[1], &[1, 2]]));

    // A thread reads its own store or a later one, and what it has read comes before what it stores.
    let own = vec![
        vec![store(X, 1, Relaxed), load(X, Relaxed)],
        vec![store(X, 2, Relaxed)],
    ];
    assert!(!can(&own, &[&[0], &[]]));
    let before = vec![
        vec![load(X, Relaxed), store(X, 2, Relaxed)],
        vec![store(X, 1, Relaxed)],
        reads,
    ];
    assert!(!can(&before, &[&[1], &[], &[2, 1]]));
}

/// What another thread has read, and passes on, is the oldest value from then on.
#[test]
fn coherence_goes_along_with_messages() {
    let program = vec![
        vec![store(X, 1, Relaxed)],
        vec![load(X, Relaxed), store(Y, 1, Release)],
        vec![load(Y, Acquire), load(X, Relaxed)],
    ];
    assert!(can(&program, &[&[], &[0], &[1, 0]]));
    assert!(!can(&program, &[&[], &[1], &[1, 0]]));
}

#[test]
fn release_sequences_go_through_updates() {
    let with = |update: Op| {
        vec![
            vec![store(X, 1, Relaxed), store(Y, 1, Release)],
            vec![update],
            vec![load(Y, Acquire), load(X, Relaxed)],
        ]
    };
    assert!(!can(&with(add(Y, 1, Relaxed)), &[&[], &[1], &[2, 0]]));
    // A store is none, also not of the same thread: C++20 has taken that out.
    assert!(can(&with(store(Y, 2, Relaxed)), &[&[], &[], &[2, 0]]));
    let same_thread = vec![
        vec![
            store(X, 1, Relaxed),
            store(Y, 1, Release),
            store(Y, 2, Relaxed),
        ],
        vec![load(Y, Acquire), load(X, Relaxed)],
    ];
    assert!(can(&same_thread, &[&[], &[2, 0]]));
    assert!(!can(&same_thread, &[&[], &[1, 0]]));
}

#[test]
fn updates_read_the_newest_value() {
    let adds = |n: usize| vec![vec![add(X, 1, Relaxed); 2]; n];
    for outcome in outcomes(&adds(2)) {
        let mut all: Vec<_> = outcome.concat();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3], "no increment is lost");
    }
    let swaps = vec![vec![swap(X, 1, Relaxed)], vec![swap(X, 2, Relaxed)]];
    let seen: BTreeSet<Outcome> = [vec![vec![0], vec![1]], vec![vec![2], vec![0]]].into();
    assert_eq!(outcomes(&swaps), seen);
}

#[test]
fn an_exchange_may_fail_with_an_older_value() {
    // It reads 1, which is not the newest value, after it has passed the store of 2 by.
    let program = vec![
        vec![
            store(X, 1, Relaxed),
            store(X, 2, Relaxed),
            store(Y, 1, Relaxed),
        ],
        vec![load(Y, Relaxed), exchange(X, 0, 9, Relaxed)],
    ];
    assert!(can(&program, &[&[], &[1, 1]]));
    // It cannot fail with the value that it expects, nor succeed with an older one.
    assert!(!can(&program, &[&[], &[1, 0]]));
}

/// These outcomes are allowed, and not seen: the guide lists them as limits.
#[test]
fn limits() {
    let load_buffering = vec![
        vec![load(X, Relaxed), store(Y, 1, Relaxed)],
        vec![load(Y, Relaxed), store(X, 1, Relaxed)],
    ];
    assert!(
        !can(&load_buffering, &[&[1], &[1]]),
        "no store runs before an earlier load"
    );
    // Both first stores come last.
    let two_plus_two = vec![
        vec![store(X, 1, Relaxed), store(Y, 2, Relaxed), load(Y, Relaxed)],
        vec![store(Y, 1, Relaxed), store(X, 2, Relaxed), load(X, Relaxed)],
    ];
    let outcome: Outcome = vec![vec![1], vec![1]];
    assert!(axioms::outcomes(&two_plus_two).contains(&outcome));
    assert!(!outcomes(&two_plus_two).contains(&outcome));
    // The last eight stores are remembered.
    let nine = vec![
        (1..=9)
            .map(|n| store(X, n, Relaxed))
            .chain([store(Y, 1, Relaxed)])
            .collect(),
        vec![load(Y, Relaxed), load(X, Relaxed)],
    ];
    let seen = outcomes(&nine);
    assert!(seen.contains(&vec![vec![], vec![1, 2]]));
    assert!(!seen.contains(&vec![vec![], vec![1, 1]]));
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

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// An operation on that atomic, mostly a load or a store as the skeleton has it. It stores a value that no other one
    /// stores.
    fn op(&mut self, part: Part, value: u32) -> Op {
        const ALL: [Ordering; 5] = [Relaxed, Acquire, Release, AcqRel, SeqCst];
        match (part, self.below(6)) {
            (W(at), 0) => swap(at, value, self.of(&ALL)),
            (W(at), _) => store(at, value, self.of(&[Relaxed, Release, SeqCst])),
            (R(at), 0) => exchange(at, 0, value, self.of(&ALL)),
            (R(at), _) => load(at, self.of(&[Relaxed, Acquire, SeqCst])),
            (U(at), _) => swap(at, value, self.of(&ALL)),
        }
    }

    /// A skeleton with memory orders, and fences here and there.
    fn program(&mut self) -> Program {
        let skeleton = self.of(SKELETONS);
        let mut value = 0;
        let mut thread = |parts: &&[Part]| {
            let mut ops = Vec::new();
            for part in *parts {
                if !ops.is_empty() && self.below(4) == 0 {
                    ops.push(fence(self.of(&[Acquire, Release, AcqRel, SeqCst])));
                }
                value += 1;
                ops.push(self.op(*part, value));
            }
            ops
        };
        skeleton.iter().map(&mut thread).collect()
    }
}

/// A write, a read or an update of an atomic.
#[derive(Clone, Copy)]
enum Part {
    W(usize),
    R(usize),
    U(usize),
}

use Part::{R, U, W};

const Z: usize = 2;

/// Programs whose outcomes depend on memory orders, by their names in the literature.
const SKELETONS: &[&[&[Part]]] = &[
    // MP, twice as often as others
    &[&[W(X), W(Y)], &[R(Y), R(X)]],
    &[&[W(X), W(Y)], &[R(Y), R(X)]],
    // SB
    &[&[W(X), R(Y)], &[W(Y), R(X)]],
    &[&[W(X), R(Y)], &[W(Y), R(X)]],
    // LB
    &[&[R(X), W(Y)], &[R(Y), W(X)]],
    // 2+2W, R and S, with loads that see the end
    &[&[W(X), W(Y), R(Y)], &[W(Y), W(X), R(X)]],
    &[&[W(X), W(Y), R(Y)], &[W(Y), R(X)]],
    &[&[W(X), W(Y), R(X)], &[R(Y), W(X)]],
    // WRC, RWC, ISA2
    &[&[W(X)], &[R(X), W(Y)], &[R(Y), R(X)]],
    &[&[W(X)], &[R(X), R(Y)], &[W(Y), R(X)]],
    &[&[W(X), W(Y)], &[R(Y), W(Z)], &[R(Z), R(X)]],
    // W+RWC
    &[&[W(X), W(Z)], &[R(Z), R(Y)], &[W(Y), R(X)]],
    // A release sequence
    &[&[W(X), W(Y)], &[U(Y)], &[R(Y), R(X)]],
    // CoRR and CoWR
    &[&[W(X), W(X)], &[R(X), R(X), R(X)]],
    &[&[W(X), R(X)], &[W(X), R(X)]],
];

/// How many random programs are compared with the axioms.
const PROGRAMS: usize = 60;

/// Every outcome that is seen is allowed, and every allowed one is seen that needs no store to run before an earlier
/// operation of its thread, nor to come behind a later one in the order of its atomic. So the reduction of
/// schedules leaves none out.
#[test]
fn random_programs_have_the_outcomes_that_are_allowed() {
    let mut lots = Lots(1);
    let (mut all, mut strong, mut missed) = (0, 0, 0);
    for _ in 0..PROGRAMS {
        let program = lots.program();
        let seen = outcomes(&program);
        let expected = axioms::outcomes_in_order(&program);
        assert_eq!(seen, expected, "{program:?}");
        let allowed = axioms::outcomes(&program);
        assert!(seen.is_subset(&allowed), "{program:?}");
        all += seen.len();
        missed += allowed.len() - seen.len();
        strong += axioms::strong_outcomes(&program).len();
    }
    println!("{all} outcomes, {strong} without older values; {missed} allowed ones not seen");
    assert!(strong < all);
}

/// Random strategies reach what is allowed, and nothing else.
#[test]
fn random_strategies_find_the_same_outcomes() {
    let programs = [
        message_passing(Relaxed, Relaxed),
        store_buffering(Relaxed, &[]),
        store_buffering(SeqCst, &[]),
    ];
    for program in programs {
        let all = outcomes(&program);
        for explorer in [
            Explorer::new().random(),
            Explorer::new().uniform(),
            Explorer::new().pct(3),
            Explorer::new(),
        ] {
            let seen = litmus::seen(explorer.runs(1000).weak_memory(), &program).1;
            assert_eq!(seen, all, "{program:?}");
        }
    }
}

/// The explorers that look for a fault.
fn explorers() -> [Explorer; 4] {
    [
        Explorer::new().weak_memory(),
        Explorer::new().weak_memory().random(),
        Explorer::new().weak_memory().uniform(),
        Explorer::new().weak_memory().pct(3),
    ]
}

/// In no run does a load return a value that is too old.
#[track_caller]
fn never_stale(body: fn()) {
    for explorer in explorers() {
        explorer.runs(150).check(body);
    }
    Explorer::new()
        .weak_memory()
        .exhaustive()
        .runs(300)
        .check(body);
}

/// A value that one thread sets, and another one checks once it has been told.
#[derive(Default)]
struct Data(AtomicU32);

impl Data {
    fn set(&self) {
        self.0.store(1, Relaxed);
        self.0.store(2, Relaxed);
    }

    #[track_caller]
    fn check(&self) {
        assert_eq!(self.0.load(Relaxed), 2, "an older value");
    }
}

/// Runs the first function on a thread of its own, with the value not set, and then the second.
#[track_caller]
fn two<S: Default + Send + Sync + 'static>(sets: fn(&S, &Data), checks: fn(&S, &Data)) {
    let shared = Arc::new((S::default(), Data::default()));
    let other = Arc::clone(&shared);
    let setter = spawn(move || sets(&other.0, &other.1));
    checks(&shared.0, &shared.1);
    setter.join().unwrap();
}

/// Without anything in between, the value is too old at times: otherwise the tests below would show nothing.
#[test]
fn what_nothing_orders_is_stale() {
    fn body() {
        two::<AtomicBool>(
            |told, data| {
                data.set();
                told.store(true, Relaxed);
            },
            |told, data| {
                if told.load(Relaxed) {
                    data.check();
                }
            },
        );
    }
    for explorer in explorers() {
        let failure = explorer.runs(1000).try_check(body).unwrap_err();
        assert!(failure.what().contains("an older value"), "{failure}");
    }
}

/// A loop over exchanges ends, also where they fail with older values for a while.
#[test]
fn loops_of_exchanges_are_no_livelock() {
    fn spin_lock() {
        let shared = Arc::new((AtomicBool::new(false), AtomicU32::new(0)));
        let other = Arc::clone(&shared);
        let adds_two = |(is_locked, count): &(AtomicBool, AtomicU32)| {
            for _ in 0..2 {
                while is_locked
                    .compare_exchange(false, true, Acquire, Relaxed)
                    .is_err()
                {}
                count.store(count.load(Relaxed) + 1, Relaxed);
                is_locked.store(false, Release);
            }
        };
        let thread = spawn(move || adds_two(&other));
        adds_two(&shared);
        thread.join().unwrap();
        assert_eq!(shared.1.load(Relaxed), 4);
    }
    fn turns() {
        let turn = Arc::new(AtomicU32::new(0));
        let threads = [0, 1, 2].map(|mine| {
            let turn = Arc::clone(&turn);
            spawn(move || {
                let takes = |turn| (turn == mine).then_some(mine + 1);
                while turn.try_update(AcqRel, Relaxed, takes).is_err() {}
            })
        });
        join_all(threads).unwrap();
        assert_eq!(turn.load(Relaxed), 3);
    }
    fn counts() {
        let count = Arc::new(AtomicU32::new(0));
        let other = Arc::clone(&count);
        let adds = |count: &AtomicU32| {
            for _ in 0..12 {
                let mut before = count.load(Relaxed);
                while let Err(now) =
                    count.compare_exchange_weak(before, before + 1, Relaxed, Relaxed)
                {
                    before = now;
                }
                count
                    .try_update(Relaxed, Relaxed, |now| Some(now + 1))
                    .unwrap();
            }
        };
        let thread = spawn(move || adds(&other));
        adds(&count);
        thread.join().unwrap();
        assert_eq!(count.load(Relaxed), 48);
    }
    for body in [spin_lock, turns, counts] {
        for explorer in explorers() {
            explorer.runs(500).max_steps(2_000).check(body);
        }
    }
}

#[test]
fn a_start_and_a_join_order() {
    never_stale(|| {
        let data = Arc::new(Data::default());
        data.set();
        let other = Arc::clone(&data);
        spawn(move || other.check()).join().unwrap();
        let data = Arc::new(Data::default());
        let other = Arc::clone(&data);
        spawn(move || other.set()).join().unwrap();
        data.check();
    });
}

#[test]
fn a_scope_orders() {
    never_stale(|| {
        let (before, after) = (Data::default(), Data::default());
        before.set();
        scope(|s| {
            s.spawn(|| before.check());
            s.spawn(|| after.set());
        });
        after.check();
    });
}

#[test]
fn the_end_of_a_thread_that_is_seen_orders() {
    never_stale(|| {
        let data = Arc::new(Data::default());
        let other = Arc::clone(&data);
        let setter = spawn(move || other.set());
        if setter.is_finished() {
            data.check();
        }
        setter.join().unwrap();
    });
}

#[test]
fn locks_order() {
    never_stale(|| {
        two::<Lock<bool>>(
            |lock, data| {
                data.set();
                *lock.acquire() = true;
            },
            |lock, data| {
                if *lock.acquire() {
                    data.check();
                }
            },
        );
        two::<Lock<bool>>(
            |lock, data| {
                let mut told = lock.acquire();
                data.set();
                *told = true;
            },
            |lock, data| {
                if lock.try_acquire().is_some_and(|told| *told) {
                    data.check();
                }
            },
        );
    });
}

#[test]
fn reentrant_locks_order() {
    never_stale(|| {
        two::<RLock<Cell<bool>>>(
            |lock, data| {
                let told = lock.acquire();
                data.set();
                lock.acquire().set(true);
                drop(told);
            },
            |lock, data| {
                if lock.acquire().get() {
                    data.check();
                }
            },
        );
    });
}

#[test]
fn readers_writer_locks_order() {
    never_stale(|| {
        two::<RwLock<bool>>(
            |lock, data| {
                let mut told = lock.write();
                data.set();
                *told = true;
            },
            |lock, data| {
                if *lock.read() {
                    data.check();
                }
            },
        );
    });
}

#[test]
fn conditions_order() {
    never_stale(|| {
        two::<(Lock<bool>, Condition)>(
            |(lock, changed), data| {
                data.set();
                *lock.acquire() = true;
                changed.notify_one();
            },
            |(lock, changed), data| {
                let mut told = lock.acquire();
                changed.wait_while(&mut told, |told| !*told);
                data.check();
            },
        );
    });
}

#[test]
fn events_order() {
    never_stale(|| {
        two::<Event>(
            |event, data| {
                data.set();
                event.set();
            },
            |event, data| {
                if event.is_set() {
                    data.check();
                }
                event.wait();
                data.check();
            },
        );
    });
}

#[test]
fn semaphores_order() {
    struct None0(Semaphore);
    impl Default for None0 {
        fn default() -> Self {
            Self(Semaphore::new(0))
        }
    }
    never_stale(|| {
        two::<None0>(
            |permits, data| {
                data.set();
                permits.0.release(1).unwrap();
            },
            |permits, data| {
                permits.0.acquire().forget();
                data.check();
            },
        );
    });
}

#[test]
fn latches_and_barriers_order() {
    struct Both(Latch, Barrier);
    impl Default for Both {
        fn default() -> Self {
            Self(Latch::new(1), Barrier::new(2))
        }
    }
    never_stale(|| {
        two::<Both>(
            |both, data| {
                data.set();
                both.0.count_down();
            },
            |both, data| {
                both.0.wait();
                data.check();
            },
        );
    });
    never_stale(|| {
        two::<Both>(
            |both, data| {
                data.set();
                both.1.wait().unwrap();
            },
            |both, data| {
                both.1.wait().unwrap();
                data.check();
            },
        );
    });
}

#[test]
fn queues_order() {
    struct Room<const N: usize>(Queue<u32>);
    impl<const N: usize> Default for Room<N> {
        fn default() -> Self {
            Self(if N == 0 {
                Queue::unbounded()
            } else {
                Queue::bounded(N)
            })
        }
    }
    fn passes<const N: usize>() {
        two::<Room<N>>(
            |queue, data| {
                queue.0.put(1).unwrap();
                data.set();
                queue.0.put(2).unwrap();
            },
            |queue, data| {
                let mut item = queue.0.try_get().unwrap_or(0);
                while item != 2 {
                    item = queue.0.get().unwrap();
                }
                data.check();
            },
        );
    }
    never_stale(passes::<0>);
    never_stale(passes::<1>);
}

#[test]
fn values_that_are_made_once_order() {
    never_stale(|| {
        two::<Once<u32>>(
            |once, data| {
                once.get_or_init(|| {
                    data.set();
                    1
                });
            },
            |once, data| {
                if once.get().is_some() {
                    data.check();
                }
            },
        );
    });
}

#[test]
fn tasks_of_a_pool_order() {
    never_stale(|| {
        let pool = ThreadPool::new(1);
        let (before, after) = (Arc::new(Data::default()), Arc::new(Data::default()));
        before.set();
        let both = (Arc::clone(&before), Arc::clone(&after));
        let task = pool.submit(move || {
            both.0.check();
            both.1.set();
        });
        if task.is_finished() {
            after.check();
        }
        task.join().unwrap();
        after.check();
    });
}

#[test]
fn stops_order() {
    never_stale(|| {
        let data = Arc::new(Data::default());
        let other = Arc::clone(&data);
        let waiter = spawn(move || {
            stop_token().wait();
            other.check();
        });
        data.set();
        waiter.stop();
        waiter.join().unwrap();
    });
}

/// A thread that has waited for some time sees what was stored before.
#[test]
fn time_that_passes_orders() {
    never_stale(|| {
        let data = Arc::new(Data::default());
        // Of std, so that it orders nothing by itself.
        let is_set = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let other = (Arc::clone(&data), Arc::clone(&is_set));
        let setter = spawn(move || {
            other.0.set();
            other.1.store(true, Relaxed);
        });
        threadkit::sleep(Duration::from_millis(1));
        if is_set.load(Relaxed) {
            data.check();
        }
        setter.join().unwrap();
    });
}

/// What a body owns alone it may change without a step.
#[test]
fn what_is_owned_has_one_value() {
    never_stale(|| {
        let mut data = Arc::new(AtomicU32::new(0));
        let other = Arc::clone(&data);
        spawn(move || (1..4).for_each(|n| other.store(n, Relaxed)))
            .join()
            .unwrap();
        *Arc::get_mut(&mut data).unwrap().get_mut() = 3;
        let other = Arc::clone(&data);
        let sees = spawn(move || other.load(Relaxed));
        assert_eq!(sees.join().unwrap(), 3);
        // A new atomic at the same address is another one.
        for n in 0..3 {
            let atomic = AtomicU32::new(n);
            scope(|s| {
                s.spawn(|| assert_eq!(atomic.load(Relaxed), n));
                s.spawn(|| assert_eq!(atomic.load(Relaxed), n));
            });
            atomic.store(7, Relaxed);
        }
    });
}

/// A loop that waits for a relaxed store ends, with a yield and without one.
#[test]
fn a_spin_ends() {
    fn body(yields: bool) {
        let flag = Arc::new(AtomicBool::new(false));
        let setter = spawn({
            let flag = Arc::clone(&flag);
            move || flag.store(true, Relaxed)
        });
        while !flag.load(Relaxed) {
            if yields {
                threadkit::yield_now();
            }
        }
        setter.join().unwrap();
    }
    never_stale(|| body(true));
    never_stale(|| body(false));
    let report = Explorer::new()
        .weak_memory()
        .exhaustive()
        .runs(100_000)
        .check(|| body(true));
    assert!(report.is_complete());
    // Exchanges that fail with old values end as well.
    never_stale(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let setter = spawn({
            let flag = Arc::clone(&flag);
            move || flag.store(true, Relaxed)
        });
        while flag
            .compare_exchange(true, false, Relaxed, Relaxed)
            .is_err()
        {}
        setter.join().unwrap();
    });
}

/// An update that gives up may have read an older value. One that does not has read the newest.
#[test]
fn updates_with_functions() {
    fn body(gives_up: bool) -> u32 {
        let atomic = Arc::new(AtomicU32::new(0));
        let told = Arc::new(AtomicBool::new(false));
        let setter = spawn({
            let (atomic, told) = (Arc::clone(&atomic), Arc::clone(&told));
            move || {
                atomic.fetch_add(1, Relaxed);
                told.store(true, Relaxed);
            }
        });
        while !told.load(Relaxed) {}
        let read = atomic.try_update(Relaxed, Relaxed, |n| (!gives_up || n > 0).then_some(n + 1));
        setter.join().unwrap();
        assert_eq!(
            atomic.load(Relaxed),
            1 + u32::from(read.is_ok()),
            "both have added"
        );
        read.unwrap_or(7)
    }
    let seen = |gives_up| {
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let notes = Arc::clone(&seen);
        let explorer = Explorer::new().weak_memory().runs(400);
        explorer.check(move || {
            notes.lock().unwrap().insert(body(gives_up));
        });
        std::mem::take(&mut *seen.lock().unwrap())
    };
    assert_eq!(seen(false), [1].into());
    assert_eq!(seen(true), [1, 7].into());
}

/// A failure says which loads were old, and only those that matter; its schedule repeats it, with the option and without.
#[test]
fn failures_are_shrunk_and_repeatable() {
    fn body() {
        let data = Arc::new([const { AtomicU32::new(0) }; 2]);
        let told = Arc::new(AtomicBool::new(false));
        let sender = spawn({
            let (data, told) = (Arc::clone(&data), Arc::clone(&told));
            move || {
                data[0].store(5, Relaxed);
                data[1].store(6, Relaxed);
                told.store(true, Relaxed);
            }
        });
        if told.load(Acquire) {
            let sum: u32 = data.iter().map(|part| part.load(Relaxed)).sum();
            assert_eq!(sum, 11, "a part is missing");
        }
        sender.join().unwrap();
    }
    for seed in 0..10 {
        let explorer = Explorer::new().weak_memory().shrink().seed(seed);
        let failure = explorer.try_check(body).unwrap_err();
        let text = failure.to_string();
        assert_eq!(text.matches("is newer)").count(), 1, "{text}");
        let is_shown = ["= 0 (5 is newer), Relaxed, ", "= 0 (6 is newer), Relaxed, "]
            .iter()
            .any(|row| text.contains(row));
        assert!(is_shown, "{text}");
        assert!(text.contains("= true, Acquire, "), "{text}");
        let schedule = failure.schedule().unwrap();
        assert!(schedule.starts_with("tk1w."), "{schedule}");
        for _ in 0..20 {
            let again = support::panic_of(|| replay(schedule, body));
            let same = |text: &str| {
                text.split("repeat it with")
                    .next()
                    .unwrap()
                    .replace("run 1 ", "")
            };
            let first = text.replacen(&format!("run {} ", failure.run()), "", 1);
            assert_eq!(same(&again), same(&first));
        }
    }
}

/// A fault that has nothing to do with old values is shown without any.
#[test]
fn other_faults_show_no_older_values() {
    fn body() {
        let hits = Arc::new(AtomicU32::new(0));
        let adders = [(); 2].map(|()| {
            let hits = Arc::clone(&hits);
            spawn(move || hits.store(hits.load(SeqCst) + 1, SeqCst))
        });
        join_all(adders).unwrap();
        assert_eq!(hits.load(SeqCst), 2, "a hit is lost");
    }
    for seed in 0..5 {
        let explorer = Explorer::new().weak_memory().shrink().seed(seed);
        let text = explorer.try_check(body).unwrap_err().to_string();
        assert!(!text.contains("is newer"), "{text}");
    }
}

/// Pointers and all sizes of numbers come back as they were stored.
#[test]
fn older_values_of_every_type() {
    static PLACES: [u32; 2] = [3, 4];
    fn body() {
        let shared = Arc::new((
            AtomicPtr::new((&raw const PLACES[0]).cast_mut()),
            AtomicI64::new(-3),
            AtomicI8::new(-1),
            AtomicBool::new(false),
        ));
        let setter = spawn({
            let shared = Arc::clone(&shared);
            move || {
                shared.0.store((&raw const PLACES[1]).cast_mut(), Relaxed);
                shared.1.store(i64::MIN, Relaxed);
                shared.2.store(i8::MIN, Relaxed);
                shared.3.store(true, Relaxed);
            }
        });
        let told = shared.3.load(Relaxed);
        let pointer = shared.0.load(Relaxed).cast_const();
        let numbers = (shared.1.load(Relaxed), shared.2.load(Relaxed));
        setter.join().unwrap();
        assert!([-3, i64::MIN].contains(&numbers.0) && [-1, i8::MIN].contains(&numbers.1));
        let [old, new] = [0, 1].map(|n| &raw const PLACES[n]);
        assert!(pointer == old || pointer == new);
        assert!(!told || pointer == new, "an old pointer");
    }
    let failure = Explorer::new()
        .weak_memory()
        .shrink()
        .runs(5000)
        .try_check(body)
        .unwrap_err();
    assert!(failure.what().contains("an old pointer"), "{failure}");
    assert!(
        failure.to_string().contains("(an older value)"),
        "{failure}"
    );
}

/// A thread outside of the exploration may have seen and done anything: from then on loads return the newest values.
#[test]
fn threads_outside_turn_it_off() {
    let report = Explorer::new().weak_memory().check(|| {
        let data = Arc::new(Data::default());
        data.0.store(0, Relaxed);
        let other = Arc::clone(&data);
        std::thread::spawn(move || other.set()).join().unwrap();
        let other = Arc::clone(&data);
        spawn(move || other.check()).join().unwrap();
        data.check();
    });
    assert!(!report.foreign_uses().is_empty());
}

#[test]
#[threadkit::explore(exhaustive, weak_memory, runs = 10_000)]
fn the_attribute_passes_what_is_ordered() {
    two::<AtomicBool>(
        |told, data| {
            data.set();
            told.store(true, Release);
        },
        |told, data| {
            if told.load(Acquire) {
                data.check();
            }
        },
    );
}

#[test]
#[should_panic = "an older value"]
#[threadkit::explore(weak_memory)]
fn the_attribute_finds_what_is_not() {
    two::<AtomicBool>(
        |told, data| {
            data.set();
            told.store(true, Release);
        },
        |told, data| {
            if told.load(Relaxed) {
                data.check();
            }
        },
    );
}
