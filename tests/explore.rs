//! Explorations find planted faults, replay them, and accept correct bodies.

mod support;

use std::cell::Cell;
use std::collections::{BTreeSet, VecDeque};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use support::bounded;
use support::explored::{holds, is_found};
use threadkit::atomic::{AtomicBool, AtomicPtr, AtomicU64 as Counter};
use threadkit::explore::{Explorer, Failure, replay};
use threadkit::{
    Barrier, Condition, Event, Latch, Lazy, Lock, Once, Queue, RLock, RwLock, Select, Semaphore,
    StopSource, Thread, WaitError, join_all, lock_all, scope, spawn, stop_token, threads,
};

/// Two threads that read, let go, and write back what they read.
fn lost_update() {
    let total = Arc::new(Lock::new(0));
    let adders = [1, 2].map(|n| {
        let total = Arc::clone(&total);
        spawn(move || {
            let seen = *total.acquire();
            *total.acquire() = seen + n;
        })
    });
    for adder in adders {
        adder.join().unwrap();
    }
    assert_eq!(*total.acquire(), 3);
}

/// Two threads that take two locks in opposite orders.
fn opposite_orders() {
    let locks = Arc::new((Lock::named("left", ()), Lock::named("right", ())));
    let other = Arc::clone(&locks);
    let thread = spawn(move || {
        let _right = other.1.acquire();
        let _left = other.0.acquire();
    });
    {
        let _left = locks.0.acquire();
        let _right = locks.1.acquire();
    }
    thread.join().unwrap();
}

fn find(explorer: Explorer, body: fn()) -> Failure {
    explorer
        .runs(10_000)
        .try_check(body)
        .expect_err("the planted bug is found")
}

#[test]
fn a_lost_update_is_found_by_every_strategy() {
    let seven = || Explorer::new().seed(7);
    for explorer in [
        seven(),
        seven().random(),
        seven().uniform(),
        seven().pct(2),
        seven().exhaustive(),
    ] {
        let failure = find(explorer, lost_update);
        assert!(failure.what().contains("left: "), "{failure}");
        assert!(failure.schedule().is_some());
    }
}

#[test]
fn updates_by_guard_are_not_lost_and_by_two_guards_are() {
    holds(1_000, || {
        let total = Lock::new(0);
        scope(|s| {
            for n in [1, 2] {
                let total = &total;
                s.spawn(move || *total.acquire() += n);
            }
        });
        assert_eq!(total.into_inner(), 3);
    });
    is_found(
        "a program with a `Lock`",
        "reading and writing are under one guard",
        "left: ",
        lost_update,
    );
}

/// Two threads that count up.
fn count_up(up: fn(&Counter)) {
    let counter = Arc::new(Counter::new(0));
    let counters = [(); 2].map(|()| {
        let counter = Arc::clone(&counter);
        spawn(move || up(&counter))
    });
    join_all(counters).unwrap();
    assert_eq!(counter.load(Ordering::Relaxed), 2);
}

#[test]
fn an_atomic_counter_holds_and_a_racy_one_is_found() {
    holds(2_000, || {
        count_up(|counter| _ = counter.fetch_add(1, Ordering::Relaxed))
    });
    is_found(
        "a program with an `AtomicU64`",
        "loading and storing are one step",
        "left: 1",
        || {
            count_up(|counter| {
                let seen = counter.load(Ordering::Relaxed);
                counter.store(seen + 1, Ordering::Relaxed);
            });
        },
    );
}

#[test]
fn a_deadlock_is_found_and_told() {
    let failure = find(Explorer::new(), opposite_orders);
    assert!(failure.what().contains("deadlock"), "{failure}");
    assert!(failure.what().contains("acquire `left`"), "{failure}");
    assert!(failure.what().contains("acquire `right`"), "{failure}");
    assert!(failure.what().contains("held by"), "{failure}");
}

#[test]
fn a_failing_schedule_fails_again_when_replayed() {
    let failure = find(Explorer::new(), lost_update);
    let schedule = failure.schedule().unwrap().to_owned();
    for _ in 0..3 {
        let schedule = schedule.clone();
        let again = std::panic::catch_unwind(move || replay(&schedule, lost_update));
        assert!(
            again.is_err(),
            "the schedule {} fails each time",
            failure.schedule().unwrap()
        );
    }
}

#[test]
fn what_is_right_passes_under_every_schedule() {
    let report = Explorer::new().exhaustive().runs(200_000).check(|| {
        let total = Arc::new(Lock::new(0));
        let other = Arc::clone(&total);
        let adder = spawn(move || *other.acquire() += 1);
        adder.wait();
        assert_eq!(*total.acquire(), 1);
    });
    assert!(report.is_complete(), "{} runs were not all", report.runs());
    assert!(report.runs() > 1, "{} runs cannot be all", report.runs());
}

#[test]
fn lock_all_never_deadlocks_and_its_twin_does() {
    Explorer::new().runs(2_000).check(|| {
        let locks = Arc::new((Lock::new(0), Lock::new(0)));
        let other = Arc::clone(&locks);
        let thread = spawn(move || {
            let (mut b, mut a) = lock_all((&other.1, &other.0));
            *a += 1;
            *b += 1;
        });
        {
            let (mut a, mut b) = lock_all((&locks.0, &locks.1));
            *a += 1;
            *b += 1;
        }
        thread.join().unwrap();
        assert_eq!((*locks.0.acquire(), *locks.1.acquire()), (2, 2));
    });
    is_found(
        "a program with two locks",
        "all take them in the same order",
        "deadlock",
        opposite_orders,
    );
}

#[test]
fn an_rlock_excludes_and_re_enters() {
    Explorer::new().runs(2_000).check(|| {
        let lock = Arc::new(RLock::new(Cell::new(0)));
        let threads = [1, 2].map(|n| {
            let lock = Arc::clone(&lock);
            spawn(move || {
                let outer = lock.acquire();
                let seen = outer.get();
                let inner = lock.acquire();
                inner.set(seen + n);
            })
        });
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(lock.acquire().get(), 3);
        assert!(!lock.is_locked());
    });
}

#[test]
fn a_timed_acquire_may_and_may_not_time_out() {
    let seen = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
    let counts = Arc::clone(&seen);
    Explorer::new().runs(1_000).check(move || {
        let lock = Arc::new(Lock::new(()));
        let other = Arc::clone(&lock);
        let thread = spawn(move || other.acquire_timeout(Duration::from_secs(3600)).is_ok());
        {
            let _held = lock.acquire();
            threadkit::sleep(Duration::from_secs(1800));
        }
        let count = if thread.join().unwrap() {
            &counts.0
        } else {
            &counts.1
        };
        count.fetch_add(1, Ordering::Relaxed);
    });
    assert!(seen.0.load(Ordering::Relaxed) > 0, "it never got the lock");
    assert!(seen.1.load(Ordering::Relaxed) > 0, "it never timed out");
}

#[test]
fn a_stop_a_deadline_and_an_end_race_and_no_thread_is_left() {
    Explorer::new().runs(5_000).check(|| {
        let source = StopSource::new();
        let token = source.token();
        let worker = spawn(|| stop_token().wait());
        let stopper = spawn(move || source.stop());
        let waited = worker.wait_until((Duration::from_secs(1), &token));
        assert!(matches!(
            waited,
            Err(WaitError::TimedOut | WaitError::Stopped)
        ));
        worker.stop();
        worker.wait();
        worker.join().unwrap();
        assert!(stopper.join().unwrap());
    });
}

#[test]
fn threads_left_behind_fail_and_are_named() {
    let failure = find(Explorer::new(), || {
        drop(
            threadkit::Thread::new(|| stop_token().wait())
                .name("stray")
                .start(),
        );
    });
    assert!(
        failure.what().contains("left threads behind: `stray`"),
        "{failure}"
    );
}

#[test]
fn a_panic_that_is_not_joined_fails() {
    let failure = find(Explorer::new(), || {
        let thread = spawn(|| panic!("unheard"));
        thread.wait();
    });
    assert!(failure.what().contains("unheard"), "{failure}");
}

#[test]
fn threads_of_a_failed_run_are_listed_no_longer() {
    let failure = find(Explorer::new(), || {
        let sleeper = Thread::new(|| stop_token().wait()).name("given up");
        sleeper.start().join().unwrap();
    });
    assert!(failure.what().contains("deadlock"), "{failure}");
    assert!(failure.what().contains("`given up`"), "{failure}");
    assert!(threads().iter().all(|thread| &*thread.name() != "given up"));
}

#[test]
fn an_endless_loop_is_told() {
    let failure = Explorer::new()
        .max_steps(1_000)
        .try_check(wait_busily)
        .unwrap_err();
    assert!(
        failure.what().contains("no end after 1000 steps"),
        "{failure}"
    );
    let failure = Explorer::new()
        .max_steps(1_000)
        .exhaustive()
        .try_check(wait_busily)
        .unwrap_err();
    assert!(
        failure.what().contains("no end after 1000 steps"),
        "{failure}"
    );
}

/// Spins for ever.
fn wait_busily() {
    let lock = Lock::new(true);
    while *lock.acquire() {}
}

/// As it is on free threads.
#[test]
fn a_store_with_an_order_of_loads_panics() {
    Explorer::new().runs(2).check(|| {
        for order in [Ordering::Acquire, Ordering::AcqRel] {
            let counter = Counter::new(1);
            let stores = AssertUnwindSafe(|| counter.store(2, order));
            let stored = panic::catch_unwind(stores);
            assert!(stored.is_err(), "{order:?}");
            assert_eq!(counter.load(Ordering::Relaxed), 1);
        }
    });
}

/// A dump asks what could end each wait, while other threads can neither begin nor end one.
#[test]
fn a_dump_lets_no_other_thread_run() {
    bounded(|| {
        Explorer::new().runs(150).check(|| {
            let lock = Arc::new(RwLock::new(0));
            let reads = lock.read();
            let [to_write, to_read] = [(); 2].map(|()| Arc::clone(&lock));
            let waiters = [
                spawn(move || *to_write.write() += 1),
                // Behind the writer, so a dump tries whether the lock can be read.
                spawn(move || assert!(*to_read.read() < 2)),
                spawn(|| assert!(threadkit::dump().to_string().contains("thread"))),
            ];
            threadkit::yield_now();
            drop(reads);
            join_all(waiters).unwrap();
        });
    });
}

/// What the waits are for is asked in the same way. A dump and a wait share a lock if the numbers of their threads do, so
/// there are many waits.
#[test]
fn a_dump_of_waits_at_a_barrier_lets_no_other_thread_run() {
    bounded(|| {
        Explorer::new().random().runs(10).check(|| {
            let start = Arc::new(Barrier::new(40));
            let waiters: Vec<_> = (1..40)
                .map(|_| {
                    let start = Arc::clone(&start);
                    spawn(move || start.wait().unwrap())
                })
                .collect();
            assert!(threadkit::dump().to_string().contains("Thread"));
            start.wait().unwrap();
            join_all(waiters).unwrap();
        });
    });
}

#[test]
fn a_time_limit_ends_what_has_no_end_of_schedules() {
    let many = || {
        count_up(|counter| {
            for n in [0, 0, 0, 0, 0, 0, 1] {
                counter.fetch_add(n, Ordering::Relaxed);
            }
        });
    };
    let report = Explorer::new()
        .preemptions(usize::MAX)
        .runs(u64::MAX)
        .time_limit(Duration::from_millis(200))
        .check(many);
    assert!(!report.is_complete());
    // The first run always takes place.
    let report = Explorer::new().time_limit(Duration::ZERO).check(|| ());
    assert_eq!(report.runs(), 1);
}

#[test]
fn other_tests_run_on_real_threads() {
    let lock = Arc::new(Lock::new(0));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let lock = Arc::clone(&lock);
            spawn(move || (0..1000).for_each(|_| *lock.acquire() += 1))
        })
        .collect();
    threadkit::join_all(threads).unwrap();
    assert_eq!(*lock.acquire(), 4000);
}

static SHARED: Lock<u32> = Lock::named("shared", 0);

#[test]
fn a_static_used_in_two_runs_is_told_unless_it_is_put_back() {
    let body = || *SHARED.acquire() += 1;
    let report = Explorer::new().runs(3).check(body);
    assert_eq!(report.kept().len(), 1, "{:?}", report.kept());
    assert!(
        report.kept()[0].starts_with("`shared` (tests/explore.rs:"),
        "{:?}",
        report.kept()
    );

    let report = Explorer::new()
        .runs(3)
        .reset(|| *SHARED.acquire() = 0)
        .check(move || {
            body();
            assert_eq!(*SHARED.acquire(), 1);
        });
    assert!(report.kept().is_empty());

    let failure = Explorer::new().try_check(|| {
        *SHARED.acquire() += 1;
        assert!(*SHARED.acquire() < 4);
    });
    let failure = failure.unwrap_err().to_string();
    assert!(
        failure.contains("keeps its value from one to the next: `shared`"),
        "{failure}"
    );
}

/// Explores `body`, which uses one object that it does not make, and returns the report about that object.
#[track_caller]
fn kept_by(body: impl Fn() + Send + Sync + 'static) -> String {
    let report = Explorer::new().runs(2).check(body);
    match report.kept() {
        [kept] => kept.clone(),
        other => panic!("it used one: {other:?}"),
    }
}

#[test]
fn statics_of_every_kind_are_told() {
    static RW: RwLock<u32> = RwLock::new(0);
    static EVENT: Event = Event::new();
    static CONDITION: Condition = Condition::new();
    static SEMAPHORE: Semaphore = Semaphore::new(1);
    static BARRIER: Barrier = Barrier::new(1);
    static LATCH: Latch = Latch::new(2);
    static ONCE: Once<u32> = Once::new();
    static LAZY: Lazy<u32> = Lazy::new(|| 5);
    static COUNTER: Counter = Counter::new(0);
    let queue = Queue::unbounded();
    let said = [
        ("a lock", kept_by(|| _ = RW.try_read())),
        ("an event", kept_by(|| EVENT.clear())),
        ("a condition", kept_by(|| _ = CONDITION.notify_one())),
        ("a semaphore", kept_by(|| drop(SEMAPHORE.acquire()))),
        ("a barrier", kept_by(|| _ = BARRIER.wait().unwrap())),
        ("a latch", kept_by(|| _ = LATCH.count())),
        ("a `Once`", kept_by(|| _ = ONCE.get_or_init(|| 1))),
        ("a `Lazy`", kept_by(|| assert_eq!(*LAZY, 5))),
        (
            "an `AtomicU64`",
            kept_by(|| _ = COUNTER.load(Ordering::Relaxed)),
        ),
        ("a queue", kept_by(move || queue.put(1).unwrap())),
    ];
    for (kind, said) in said {
        let place = format!("{kind} made at tests/explore.rs:");
        assert!(said.starts_with(&place), "{said} is not {kind}");
    }
}

#[test]
fn what_a_body_makes_is_not_told() {
    let report = Explorer::new().runs(200).check(|| {
        let made = Arc::new((Event::new(), Counter::new(0), Lazy::new(|| 1)));
        let other = Arc::clone(&made);
        let setter = spawn(move || {
            other.1.fetch_add(*other.2, Ordering::Relaxed);
            other.0.set();
        });
        made.0.wait();
        setter.join().unwrap();
    });
    assert!(report.kept().is_empty(), "{:?}", report.kept());
}

#[test]
fn a_reset_that_forgets_one_is_told_and_one_that_makes_it_is_not() {
    static HITS: Counter = Counter::new(0);
    static TABLE: Lazy<Vec<u32>> = Lazy::new(|| vec![1, 2]);
    let body = || {
        let before = HITS.fetch_add(1, Ordering::Relaxed);
        assert_eq!((before, TABLE.len()), (0, 2));
    };
    let report = Explorer::new()
        .runs(3)
        .reset(|| HITS.store(0, Ordering::Relaxed))
        .check(body);
    assert_eq!(report.kept().len(), 1, "{:?}", report.kept());
    assert!(report.kept()[0].starts_with("a `Lazy` made at"));
    let report = Explorer::new()
        .runs(3)
        .reset(|| {
            HITS.store(0, Ordering::Relaxed);
            Lazy::force(&TABLE);
        })
        .check(body);
    assert!(report.kept().is_empty(), "{:?}", report.kept());
}

static VISITS: Counter = Counter::new(0);

fn forget_visits() {
    VISITS.store(0, Ordering::Relaxed);
}

#[test]
#[threadkit::explore(runs = 20, reset = forget_visits)]
fn the_attribute_puts_statics_back() {
    assert_eq!(VISITS.fetch_add(1, Ordering::Relaxed), 0);
}

/// The buffer of the guide: one condition for waits for room and for waits for items.
struct Buffer {
    items: Lock<VecDeque<u32>>,
    changed: Condition,
    capacity: usize,
}

impl Buffer {
    fn put(&self, item: u32) {
        let mut items = self.items.acquire();
        self.changed
            .wait_while(&mut items, |items| items.len() == self.capacity);
        items.push_back(item);
        self.changed.notify_one();
    }

    fn get(&self) -> u32 {
        let mut items = self.items.acquire();
        let item = self.changed.wait_for(&mut items, |items| items.pop_front());
        self.changed.notify_one();
        item
    }
}

fn what_goes_in_comes_out() {
    let buffer = Arc::new(Buffer {
        items: Lock::named("items", VecDeque::new()),
        changed: Condition::new(),
        capacity: 1,
    });
    let getters = [1, 2].map(|_| {
        let buffer = Arc::clone(&buffer);
        spawn(move || buffer.get())
    });
    buffer.put(1);
    buffer.put(2);
    let mut out = threadkit::join_all(getters).unwrap();
    out.sort_unstable();
    assert_eq!(out, [1, 2]);
}

#[test]
fn the_buffer_of_the_guide_hangs() {
    is_found(
        "the buffer of the [guide](crate::explore::guide)",
        "room and items have a condition each",
        "deadlock",
        what_goes_in_comes_out,
    );
    for explorer in [
        Explorer::new(),
        Explorer::new().random(),
        Explorer::new().pct(3),
    ] {
        let failure = find(explorer, what_goes_in_comes_out);
        assert!(failure.what().contains("deadlock"), "{failure}");
        assert!(failure.what().contains("Condition::wait"), "{failure}");
    }
}

/// A report without its places, because the lines here differ from those in the guide.
fn without_places(text: &str) -> String {
    let is_place = |word: &str| word.contains(".rs:");
    let words = |line: &str| {
        let words = line.split(' ').map(|word| match is_place(word) {
            true if word.starts_with('`') => "`PLACE",
            true => "PLACE",
            false => word,
        });
        words.collect::<Vec<_>>().join(" ")
    };
    text.lines().map(words).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_guide_shows_the_failure_as_it_prints() {
    let guide = include_str!("../threadkit/src/explore/guide.md");
    let (_, shown) = guide
        .split_once("`cargo test` prints this:\n\n```text\n")
        .unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    let failure = Explorer::new().shrink().try_check(what_goes_in_comes_out);
    let failure = failure.expect_err("the buffer hangs").to_string();
    // With that feature the body has a test of its own.
    let failure = failure.replace("the_guide_shows_the_failure_as_it_prints", "the_buffer");
    assert_eq!(
        without_places(shown.trim_end()),
        without_places(&failure),
        "it prints:\n{failure}"
    );
}

/// The processors on which the current thread may run, as the system writes them.
#[cfg(target_os = "linux")]
fn processors() -> String {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    list.unwrap().trim().to_owned()
}

#[test]
#[cfg(target_os = "linux")]
fn an_exploration_stays_on_one_processor_and_its_caller_does_not() {
    let before = processors();
    Explorer::new().runs(3).check(|| {
        let mine = processors();
        assert!(mine.parse::<u32>().is_ok(), "one number: {mine}");
        assert_eq!(spawn(processors).join().unwrap(), mine);
    });
    assert_eq!(processors(), before);
}

/// Fails only if the thread that is started first comes last of all.
fn the_first_comes_last() {
    let last = Arc::new(Counter::new(0));
    let setters: Vec<_> = (1..=10)
        .map(|n| (n, Arc::clone(&last)))
        .map(|(n, last)| spawn(move || last.store(n, Ordering::Relaxed)))
        .collect();
    join_all(setters).unwrap();
    assert_ne!(last.load(Ordering::Relaxed), 1, "the first came last");
}

#[test]
fn one_order_of_many_threads_is_found_by_default() {
    let failure = Explorer::new().try_check(the_first_comes_last);
    let failure = failure.expect_err("the default strategies find it");
    assert!(failure.what().contains("the first came last"), "{failure}");
}

#[test]
fn a_failure_is_shrunk_and_shown_in_columns() {
    let text = Explorer::new().seed(7).shrink().try_check(opposite_orders);
    let text = text.expect_err("the planted bug is found").to_string();
    // The first switches are enough: each thread acquires one of the locks, and waits for the other.
    let rows: Vec<_> = text
        .lines()
        .filter(|line| line.contains("acquires"))
        .collect();
    assert_eq!(rows.len(), 2, "{text}");
    assert_eq!(text.matches("waits in acquire").count(), 2, "{text}");
    assert!(text.contains("what each thread did (0 is"), "{text}");
    assert!(text.contains("at the end 0 holds `left`"), "{text}");
    assert!(text.contains("at the end 1 holds `right`"), "{text}");
}

#[test]
fn the_columns_show_what_an_atomic_has_after_each_step() {
    let text = Explorer::new().shrink().try_check(|| {
        let mut one = 1;
        let (flag, count, pointer) = (
            AtomicBool::new(false),
            Counter::new(7),
            AtomicPtr::new(&mut one),
        );
        flag.store(true, Ordering::Relaxed);
        let _ = count.compare_exchange(1, 2, Ordering::Relaxed, Ordering::Relaxed);
        count.fetch_add(1, Ordering::Relaxed);
        assert!(pointer.load(Ordering::Relaxed).is_null(), "planted");
    });
    let text = text.expect_err("it fails in each run").to_string();
    for shown in [
        "store [1] = true, ",
        "compare_exchange [2], fails with 7, ",
        "fetch_add [2] = 8 (was 7), ",
        // An address would differ from run to run.
        "load [3], ",
    ] {
        assert!(text.contains(shown), "{shown} is not in {text}");
    }
}

#[test]
fn the_place_where_a_select_begins_is_a_part_of_the_schedule() {
    let seen = Arc::new(std::sync::Mutex::new(BTreeSet::new()));
    let notes = Arc::clone(&seen);
    Explorer::new().runs(50).check(move || {
        let queues = [Queue::unbounded(), Queue::unbounded()];
        for (number, queue) in queues.iter().enumerate() {
            queue.put(number).unwrap();
        }
        let [a, b] = &queues;
        let mut select = Select::new().get(a, |item| item).get(b, |item| item);
        let first = select.wait().expect("both queues have an item");
        notes.lock().unwrap().insert(first);
    });
    assert_eq!(*seen.lock().unwrap(), BTreeSet::from([0, 1]));
}

/// Fails in one of two ways. The simpler one needs fewer switches.
fn fails_in_two_ways() {
    let count = Arc::new(Counter::new(0));
    let counted = Arc::clone(&count);
    let counts = spawn(move || (0..4).for_each(|_| _ = counted.fetch_add(1, Ordering::Relaxed)));
    match count.load(Ordering::Relaxed) {
        0 => panic!("nothing is counted"),
        4 => counts.join().unwrap(),
        _ => panic!("a part is counted"),
    }
}

#[test]
fn a_failure_is_shrunk_to_a_failure_of_its_kind() {
    let mut kinds = BTreeSet::new();
    for seed in 0..20 {
        let found = |explorer: Explorer| {
            let failure = explorer.seed(seed).random().try_check(fails_in_two_ways);
            let failure = failure.expect_err("most schedules fail");
            let message = failure.what().rsplit(": ").next().map(str::to_owned);
            message.expect("a message")
        };
        let as_found = found(Explorer::new());
        assert_eq!(found(Explorer::new().shrink()), as_found, "seed {seed}");
        kinds.insert(as_found);
    }
    assert_eq!(kinds.len(), 2, "{kinds:?}");
}

#[test]
fn a_shrunk_schedule_fails_again_and_again() {
    let failure = Explorer::new().shrink().try_check(the_first_comes_last);
    let failure = failure.expect_err("the planted bug is found");
    let schedule = failure.schedule().unwrap();
    for _ in 0..20 {
        let again =
            std::panic::catch_unwind(|| threadkit::explore::replay(schedule, the_first_comes_last));
        let text = again
            .expect_err("it fails again")
            .downcast::<String>()
            .unwrap();
        assert!(text.contains("the first came last"), "{text}");
        assert!(text.contains("panics"), "{text}");
    }
}

#[test]
fn default_names_count_anew_in_each_run() {
    Explorer::new().runs(20).check(|| {
        let name = spawn(|| threadkit::current().name()).join().unwrap();
        assert!(name.starts_with("Thread-1 ("), "{name}");
    });
}

#[test]
#[threadkit::explore(runs = 200)]
fn the_attribute_explores_a_test() {
    let total = Arc::new(Lock::new(0));
    let other = Arc::clone(&total);
    let adder = spawn(move || *other.acquire() += 1);
    *total.acquire() += 1;
    adder.join().unwrap();
    assert_eq!(*total.acquire(), 2);
}

#[threadkit::explore(uniform)]
#[test]
#[should_panic(expected = "the first came last")]
fn the_attribute_finds_one_order_of_many() {
    the_first_comes_last();
}

#[threadkit::explore(seed = 3, pct = 2)]
#[test]
#[should_panic(expected = "repeat it with")]
fn the_attribute_finds_a_lost_update() {
    lost_update();
}

#[threadkit::explore(runs = 3)]
#[test]
#[should_panic(expected = "the body returned an error: \"no luck\"")]
fn the_attribute_minds_an_error() -> Result<(), &'static str> {
    spawn(|| Err("no luck")).join().unwrap()
}
