//! The rows of the report of an exploration: what each operation shows.

use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use threadkit::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering::SeqCst};
use threadkit::explore::Explorer;
use threadkit::{
    Barrier, Condition, Event, Latch, Lock, Once, PriorityQueue, Queue, RLock, RwLock, Semaphore,
    StopSource, ThreadPool, join_all, spawn,
};

const A_WHILE: Duration = Duration::from_secs(1);

/// The rows of the report of a body that always fails, without their numbers and places.
fn rows(body: fn()) -> Vec<String> {
    // Without a preemption, so that a thread runs until it waits.
    let failure = Explorer::new().shrink().preemptions(0).try_check(body);
    let report = failure.expect_err("the body fails").to_string();
    let is_row = |line: &&str| {
        let number = line.get(..4).map(str::trim);
        number.is_some_and(|number| number.parse::<usize>().is_ok())
    };
    let lines = report.lines().filter(is_row);
    lines
        .map(|line| {
            let row = line[4..].trim();
            let place = row.find(", tests/");
            row[..place.unwrap_or(row.len())].to_owned()
        })
        .collect()
}

/// Starts a thread, so that the report begins, and joins it.
fn begin() {
    spawn(|| ()).join().unwrap();
}

/// The rows of one thread, after [`begin`] and before its panic.
fn of_one_thread(body: fn()) -> Vec<String> {
    let mut rows = rows(body);
    let begun = rows.iter().position(|row| row == "JoinHandle::join 1");
    rows.drain(..=begun.expect("the first thread was joined"));
    let end = rows.iter().position(|row| row == "panics");
    rows.truncate(end.expect("the body panics"));
    rows
}

#[test]
fn queues() {
    let rows = of_one_thread(|| {
        begin();
        let queue = Queue::bounded(2);
        queue.put(1).unwrap();
        queue.try_put(2).unwrap();
        queue.try_put(3).unwrap_err();
        assert_eq!(queue.len(), 2);
        queue.get().unwrap();
        queue.task_done().unwrap();
        queue.try_get().unwrap();
        queue.try_get().unwrap_err();
        queue.get_timeout(A_WHILE).unwrap_err();
        queue.shutdown();
        queue.put(4).unwrap_err();
        let other = PriorityQueue::unbounded();
        other.put(1).unwrap();
        assert_eq!(other.drain().len(), 1);
        panic!("the end");
    });
    assert_eq!(
        rows,
        [
            "Queue::put [1] (1 of 2)",
            "Queue::try_put [1] (2 of 2)",
            "Queue::try_put [1] = full",
            "Queue::len [1] (2 of 2)",
            "Queue::get [1] (1 of 2)",
            "Queue::task_done [1]",
            "Queue::try_get [1] (0 of 2)",
            "Queue::try_get [1] = empty",
            "waits in Queue::get_timeout for [1]",
            "Queue::get_timeout [1] = timed out",
            "Queue::shutdown [1]",
            "Queue::put [1] = shut down",
            "PriorityQueue::put [2] (1 in it)",
            "PriorityQueue::drain [2] (0 in it)",
        ]
    );
}

#[test]
fn other_primitives() {
    let rows = of_one_thread(|| {
        begin();
        let semaphore = Semaphore::new(2);
        let permit = semaphore.acquire();
        assert!(semaphore.try_acquire_many(2).is_none());
        drop(permit);
        let event = Event::new();
        assert!(!event.wait_timeout(A_WHILE));
        event.set();
        event.wait();
        event.clear();
        let latch = Latch::new(2);
        latch.count_down();
        assert!(!latch.is_open());
        Condition::new().notify_all();
        let once = Once::new();
        once.get_or_init(|| 1);
        once.set(2).unwrap_err();
        let barrier = Barrier::new(2);
        assert!(barrier.try_wait().unwrap().is_none());
        barrier.abort();
        let source = StopSource::new();
        source.stop();
        assert!(source.token().is_stopped());
        panic!("the end");
    });
    assert_eq!(
        rows,
        [
            "Semaphore::acquire [1] (1 free)",
            "Semaphore::try_acquire [1] = false",
            "drop of a permit [1] (2 free)",
            "waits in Event::wait_timeout for [2]",
            "Event::wait_timeout [2] = timed out",
            "Event::set [2]",
            "Event::wait [2] = true",
            "Event::clear [2]",
            "Latch::count_down [3] = 1",
            "Latch::is_open [3] = 1",
            "Condition::notify_all [4], wakes nobody",
            "Once::get_or_init [5] = none",
            "begins to make the value of [5]",
            "Once::get_or_init [5]",
            "Once::set [5] = refused",
            "Barrier::try_wait [6] = too early",
            "Barrier::abort [6]",
            "stop",
            "is_stopped = true",
        ]
    );
}

#[test]
fn exchanges() {
    let rows = of_one_thread(|| {
        begin();
        let number = AtomicU32::new(1);
        number.compare_exchange(1, 2, SeqCst, SeqCst).unwrap();
        number.compare_exchange(1, 3, SeqCst, SeqCst).unwrap_err();
        let greater = |n| (n > 5).then_some(0);
        number.try_update(SeqCst, SeqCst, greater).unwrap_err();
        number.try_update(SeqCst, SeqCst, |n| Some(n + 1)).unwrap();
        let address = AtomicPtr::new(ptr::null_mut::<u32>());
        let [none, other] = [ptr::null_mut(), ptr::dangling_mut()];
        address
            .compare_exchange(none, other, SeqCst, SeqCst)
            .unwrap();
        address
            .compare_exchange(none, other, SeqCst, SeqCst)
            .unwrap_err();
        panic!("the end");
    });
    assert_eq!(
        rows,
        [
            "compare_exchange [1] = 2 (was 1)",
            "compare_exchange [1], fails with 2",
            "try_update [1], fails with 2",
            "try_update [1] = 3 (was 2)",
            "compare_exchange [2], succeeds",
            "compare_exchange [2], fails",
        ]
    );
}

/// A wait for a thread has the number of the thread, as its start has.
#[test]
fn threads() {
    let rows = rows(|| {
        let token = StopSource::new();
        let stops = token.token();
        let first = spawn(move || stops.wait());
        let second = spawn(|| ());
        second.join().unwrap();
        assert!(!first.wait_timeout(A_WHILE));
        token.stop();
        first.join().unwrap();
        panic!("the end");
    });
    let of_main: Vec<_> = rows
        .iter()
        .filter(|row| row.contains("JoinHandle") || row.contains("starts"))
        .collect();
    assert_eq!(
        of_main,
        [
            "starts 1",
            "starts 2",
            "waits in JoinHandle::join for 2",
            "JoinHandle::join 2",
            "waits in JoinHandle::wait_timeout for 1",
            "JoinHandle::wait_timeout 1 = timed out",
            "waits in JoinHandle::join for 1",
            "JoinHandle::join 1",
        ],
        "{rows:#?}"
    );
}

#[test]
fn tasks_of_pools() {
    let rows = rows(|| {
        begin();
        let pool = ThreadPool::builder(1).max_threads(1).build();
        let event = Arc::new(Event::new());
        let other = Arc::clone(&event);
        let first = pool.submit(move || other.wait());
        threadkit::yield_now();
        assert!(!first.wait_timeout(A_WHILE));
        event.set();
        let second = first.then(|()| panic!("on purpose"));
        second.join().unwrap_err();
        pool.shutdown();
        pool.try_submit(|| ()).unwrap_err();
        panic!("the end");
    });
    let of_objects: Vec<_> = rows
        .iter()
        .filter(|row| row.contains('[') || row.contains("ThreadPool"))
        .collect();
    assert_eq!(
        of_objects,
        [
            "ThreadPool::submit [1]",
            "begins [1]",
            "waits in Event::wait for [2]",
            "waits in Task::wait_timeout for [1]",
            "Task::wait_timeout [1] = timed out",
            "Event::set [2], wakes 2",
            "ends [1]",
            "Task::then [3], wakes 2",
            "begins [3]",
            "ends [3]",
            "Task::join [3] = panicked",
            "ThreadPool::shutdown, wakes 2",
            "waits in ThreadPool::shutdown",
            "ThreadPool::try_submit [4] = shut down",
            "waits in drop of a ThreadPool",
        ],
        "{rows:#?}"
    );
}

/// A row shows the threads whose waits the operation has ended.
#[test]
fn a_task_has_one_number_wherever_it_is_shown() {
    let rows = rows(|| {
        begin();
        let pool = ThreadPool::new(1);
        let tasks = [1, 2, 3].map(|n| pool.submit(move || n));
        let total: i32 = tasks.map(|task| task.join().unwrap()).iter().sum();
        assert_ne!(total, 6, "the body fails");
    });
    for number in 1..=3 {
        for what in ["ThreadPool::submit", "begins", "ends", "Task::join"] {
            let row = format!("{what} [{number}]");
            let found = rows.iter().any(|found| found.contains(&row));
            assert!(found, "`{row}` is not in {rows:#?}");
        }
    }
}

#[test]
fn who_is_woken() {
    let rows = rows(|| {
        struct Shared {
            event: Event,
            permits: Semaphore,
            queue: Queue<u32>,
            count: Lock<u32>,
            changed: Condition,
        }
        let shared = Arc::new(Shared {
            event: Event::new(),
            permits: Semaphore::new(0),
            queue: Queue::unbounded(),
            count: Lock::named("count", 0),
            changed: Condition::new(),
        });
        let other = Arc::clone(&shared);
        let waiter = spawn(move || {
            other.event.wait();
            other.permits.acquire().forget();
            other.queue.get().unwrap();
            let mut count = other.count.acquire();
            other.changed.wait_while(&mut count, |count| *count == 0);
        });
        // Two steps apart, so that the waiter waits at each.
        let settle = || {
            (0..3).for_each(|_| threadkit::yield_now());
        };
        settle();
        shared.event.set();
        settle();
        shared.permits.release(1).unwrap();
        settle();
        shared.queue.put(1).unwrap();
        settle();
        *shared.count.acquire() += 1;
        shared.changed.notify_one();
        waiter.join().unwrap();
        panic!("the end");
    });
    let wakers: Vec<_> = rows
        .iter()
        .filter(|row| row.contains(", wakes 1"))
        .collect();
    assert_eq!(
        wakers,
        [
            "Event::set [1], wakes 1",
            "Semaphore::release [2] (1 free), wakes 1",
            "Queue::put [3] (1 in it), wakes 1",
            "Condition::notify_one [4], wakes 1",
        ],
        "{rows:#?}"
    );
}

/// Objects that are made at one place are told apart.
#[test]
fn objects_of_one_place() {
    let rows = of_one_thread(|| {
        begin();
        let forks = [(); 2].map(|()| Lock::named("fork", ()));
        let events = [(); 2].map(|()| Event::new());
        drop(forks.iter().map(|fork| fork.acquire()).collect::<Vec<_>>());
        events.iter().for_each(|event| event.set());
        panic!("the end");
    });
    assert_eq!(
        rows,
        [
            "acquires `fork` 1",
            "acquires `fork` 2",
            "releases `fork` 1",
            "releases `fork` 2",
            "Event::set [1]",
            "Event::set [2]",
        ]
    );
}

/// The report of a body that fails, with the simplest schedule.
fn report(body: fn()) -> String {
    let failure = Explorer::new().shrink().try_check(body);
    failure.expect_err("some schedule fails").to_string()
}

/// The lines of a report that contain this.
fn count(report: &str, part: &str) -> usize {
    report.lines().filter(|line| line.contains(part)).count()
}

/// What an explorer of many threads reports: two stores, of which a thread sees one only.
fn half_set() {
    let pair = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
    let setters = [(); 18].map(|()| {
        let pair = Arc::clone(&pair);
        spawn(move || {
            pair.0.store(1, SeqCst);
            pair.1.store(1, SeqCst);
        })
    });
    let other = Arc::clone(&pair);
    let looks = spawn(move || {
        let seen = (other.0.load(SeqCst), other.1.load(SeqCst));
        assert_eq!(seen.0, seen.1, "half set");
    });
    join_all(setters).unwrap();
    looks.join().unwrap();
}

#[test]
fn many_threads_that_do_the_same_are_one_line() {
    let report = report(half_set);
    assert_eq!(count(&report, "load [1]") + count(&report, "load [2]"), 2);
    // The first panic, and that of the thread that joins.
    assert_eq!(count(&report, ": panics"), 2, "{report}");
    assert!(report.contains("19: panics"), "{report}");
    assert!(
        report.contains("1 to 19 are `Thread-1 (half_set)` to `Thread-19 (half_set)`"),
        "{report}"
    );
    assert!(report.contains(", with other threads .."), "{report}");
    let by_others = |line: &&str| line.contains(".. the last 3 rows ") && line.contains(", by ");
    assert!(report.lines().any(|line| by_others(&line)), "{report}");
    assert!(report.lines().count() < 50, "{report}");
}

#[test]
fn what_a_thread_repeats_with_other_values_is_one_line() {
    let report = report(|| {
        let [work, total] = [(); 2].map(|()| Arc::new(AtomicU32::new(0)));
        let adder = {
            let [work, total] = [&work, &total].map(Arc::clone);
            spawn(move || {
                (0..60).for_each(|_| _ = work.fetch_add(1, SeqCst));
                total.store(total.load(SeqCst) + 1, SeqCst);
            })
        };
        total.store(total.load(SeqCst) + 1, SeqCst);
        adder.join().unwrap();
        assert_eq!(total.load(SeqCst), 2);
    });
    // The first and the last one are shown.
    let additions: Vec<_> = (report.lines())
        .filter_map(|line| line.split_once("fetch_add ")?.1.split(',').next())
        .collect();
    assert_eq!(additions.len(), 2, "{report}");
    assert!(additions[0].ends_with(" = 1 (was 0)"), "{report}");
    assert!(additions[1].ends_with(" = 60 (was 59)"), "{report}");
    assert!(
        report.contains(" 58 times more, with other values .."),
        "{report}"
    );
}

#[test]
fn the_last_wait_of_a_thread_is_shown_however_much_comes_after_it() {
    let report = report(|| {
        let event = Arc::new(Event::new());
        let other = Arc::clone(&event);
        let waiter = spawn(move || other.wait());
        while event.n_waiting() == 0 {
            threadkit::yield_now();
        }
        let many: Vec<_> = (0..100).map(|_| AtomicU32::new(0)).collect();
        many.iter().for_each(|one| one.store(1, SeqCst));
        waiter.join().unwrap();
    });
    assert_eq!(count(&report, "waits in Event::wait for"), 1, "{report}");
    assert_eq!(
        count(&report, "waits in JoinHandle::join for 1"),
        1,
        "{report}"
    );
    assert!(report.contains(" rows .."), "{report}");
}

#[test]
fn rows_before_a_panic_are_shown_rather_than_those_after_it() {
    let report = report(|| {
        let flag = Arc::new(AtomicBool::new(true));
        let many: Vec<_> = (0..100).map(|_| AtomicU32::new(0)).collect();
        let other = Arc::clone(&flag);
        let checks = spawn(move || assert!(!other.load(SeqCst), "planted"));
        while !checks.is_finished() {
            threadkit::yield_now();
        }
        many.iter().for_each(|one| one.store(1, SeqCst));
        checks.join().unwrap();
    });
    assert_eq!(count(&report, "load [1] = true"), 1, "{report}");
    assert!(count(&report, "panics") >= 1, "{report}");
    assert!(count(&report, "store ") < 10, "{report}");
}

/// An object that a function of the standard library has made is known by its first use.
#[test]
fn objects_without_a_name_have_their_places_below() {
    let report = report(|| {
        begin();
        let numbers: Vec<_> = (0..3).map(AtomicU32::new).collect();
        numbers.iter().for_each(|number| number.store(1, SeqCst));
        let locks = [(); 2].map(|()| Lock::new(0));
        locks.iter().for_each(|lock| *lock.acquire() += 1);
        let queue = Queue::unbounded();
        queue.put(1).unwrap();
        panic!("the end");
    });
    let legend: Vec<_> = (report.lines())
        .filter(|line| line.starts_with('['))
        .map(|line| line.split(" tests/").next().unwrap())
        .collect();
    assert_eq!(
        legend,
        [
            "[1] to [3] are each an `AtomicU32` first used at",
            "[4] and [5] are each a lock made at",
            "[6] is a queue made at",
        ],
        "{report}"
    );
}

#[test]
fn the_end_says_on_which_side_a_lock_is_held() {
    let report = report(|| {
        let shelf = Arc::new(RwLock::named("shelf", 0));
        let plans = Lock::named("plans", 0);
        let read = Arc::clone(&shelf);
        let reader = spawn(move || {
            let _read = read.read();
            Event::new().wait();
        });
        let _plans = plans.acquire();
        reader.join().unwrap();
    });
    assert!(report.contains("at the end 0 holds `plans`\n"), "{report}");
    assert!(report.contains("at the end 1 reads `shelf`\n"), "{report}");
}

#[test]
fn a_lock_that_a_thread_tries_in_vain_has_a_row() {
    let report = report(|| {
        let locks = Arc::new((
            Lock::named("lock", 0),
            RwLock::named("both", 0),
            RLock::named("again", 0),
        ));
        let guards = (locks.0.acquire(), locks.1.read(), locks.2.acquire());
        let other = Arc::clone(&locks);
        let tries = spawn(move || {
            assert!(other.0.try_acquire().is_none());
            assert!(other.1.try_read().is_some());
            assert!(other.1.try_write().is_none());
            assert!(other.2.try_acquire().is_none());
        });
        tries.join().unwrap();
        drop(guards);
        panic!("the end");
    });
    for name in ["lock", "both", "again"] {
        let row = format!("tries `{name}` = held, tests/explore_rows.rs:");
        assert_eq!(count(&report, &row), 1, "{report}");
    }
}

#[test]
fn a_thread_that_gives_up_waiting_for_a_lock_says_so() {
    let report = report(|| {
        let lock = Arc::new(Lock::named("log", 0));
        let guard = lock.acquire();
        let other = Arc::clone(&lock);
        let writer = spawn(move || other.acquire_timeout(A_WHILE).is_ok());
        assert!(writer.join().unwrap(), "too late");
        drop(guard);
    });
    assert_eq!(count(&report, "waits in acquire for `log`"), 1, "{report}");
    assert_eq!(count(&report, "its time is over"), 1, "{report}");
}

/// What a thread repeats is one line, and what came before it is shown.
#[test]
fn a_livelock_shows_what_led_to_it() {
    let failure = Explorer::new().shrink().max_steps(5_000).try_check(|| {
        let ready = Arc::new(AtomicBool::new(false));
        let other = Arc::clone(&ready);
        let late = spawn(move || other.store(false, SeqCst));
        ready.store(true, SeqCst);
        late.join().unwrap();
        while !ready.load(SeqCst) {}
    });
    let report = failure.expect_err("the flag may be reset").to_string();
    assert!(report.contains("livelock"), "{report}");
    for row in ["store [1] = true", "store [1] = false", "load [1] = false"] {
        assert!(report.contains(row), "{report}");
    }
    assert!(report.contains(" times more .."), "{report}");
    assert!(report.lines().count() < 25, "{report}");
}
