//! Reports about runs that do not end, and about bodies that an exploration cannot see whole.

#[path = "support/process.rs"]
mod process;
mod support;

use std::sync::atomic::AtomicU64 as Unseen;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use process::run;
use support::{LONG, bounded};
use threadkit::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use threadkit::atomic::{AtomicBool, AtomicU32};
use threadkit::explore::{Explorer, Report};
use threadkit::{Event, Lock, Queue, RLock, Thread, join_all, sleep, spawn};

/// Every strategy that draws lots.
fn strategies() -> [Explorer; 4] {
    [
        Explorer::new(),
        Explorer::new().random(),
        Explorer::new().uniform(),
        Explorer::new().pct(3),
    ]
}

/// The body holds under every strategy, although a thread spins in it.
#[track_caller]
fn no_alarm(body: impl Fn() + Send + Sync + Copy + 'static) {
    for explorer in strategies() {
        bounded(move || explorer.runs(300).check(body));
    }
}

/// The failure of a body that fails under every strategy.
fn failures(body: impl Fn() + Send + Sync + Copy + 'static) -> Vec<String> {
    let text = |explorer: Explorer| {
        let failure = bounded(move || explorer.max_steps(5_000).try_check(body));
        failure.expect_err("it must be found out").what().to_owned()
    };
    strategies().map(text).into()
}

/// Sets a flag after some steps that change something.
fn work_and_set(flag: &AtomicBool) {
    let work = AtomicU32::new(0);
    (0..50).for_each(|_| _ = work.fetch_add(1, Relaxed));
    flag.store(true, Release);
}

#[test]
fn a_loop_that_looks_at_a_flag_is_no_alarm() {
    no_alarm(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let other = Arc::clone(&flag);
        let setter = spawn(move || work_and_set(&other));
        while !flag.load(Acquire) {}
        setter.join().unwrap();
    });
}

#[test]
fn a_lock_made_of_an_atomic_is_no_alarm() {
    no_alarm(|| {
        let lock = Arc::new((AtomicBool::new(false), AtomicU32::new(0)));
        let threads = [(); 3].map(|()| {
            let lock = Arc::clone(&lock);
            spawn(move || {
                while lock
                    .0
                    .compare_exchange(false, true, AcqRel, Acquire)
                    .is_err()
                {}
                lock.1.store(lock.1.load(Relaxed) + 1, Relaxed);
                lock.0.store(false, Release);
            })
        });
        join_all(threads).unwrap();
        assert_eq!(lock.1.load(Relaxed), 3);
    });
    no_alarm(|| {
        let taken = Arc::new(AtomicBool::new(false));
        let other = Arc::clone(&taken);
        let thread = spawn(move || {
            while other.swap(true, AcqRel) {}
            other.store(false, Release);
        });
        while taken.swap(true, AcqRel) {}
        taken.store(false, Release);
        thread.join().unwrap();
    });
}

#[test]
fn threads_that_wait_for_each_other_in_turn_are_no_alarm() {
    no_alarm(|| {
        let turn = Arc::new(AtomicU32::new(0));
        let other = Arc::clone(&turn);
        let play = |turn: &AtomicU32, mine: u32| {
            for round in 0..40 {
                while turn.load(Acquire) != 2 * round + mine {}
                turn.store(2 * round + mine + 1, Release);
            }
        };
        let thread = spawn(move || play(&other, 1));
        play(&turn, 0);
        thread.join().unwrap();
        assert_eq!(turn.load(Relaxed), 80);
    });
}

#[test]
fn loops_that_try_without_waiting_are_no_alarm() {
    no_alarm(|| {
        let lock = Arc::new(Lock::new(0));
        let other = Arc::clone(&lock);
        let thread = spawn(move || *other.acquire() += 1);
        while *lock.acquire() == 0 {}
        while lock.try_acquire().is_none() {}
        thread.join().unwrap();
    });
    no_alarm(|| {
        let queue = Queue::unbounded();
        let other = queue.clone();
        let thread = spawn(move || other.put(1).unwrap());
        while queue.try_get().is_err() {}
        while !thread.is_finished() {}
        thread.join().unwrap();
    });
    no_alarm(|| {
        let event = Arc::new(Event::new());
        let other = Arc::clone(&event);
        let thread = spawn(move || {
            sleep(Duration::from_secs(60));
            other.set()
        });
        while !event.is_set() {}
        thread.join().unwrap();
    });
}

#[test]
fn a_flag_that_no_thread_sets_is_a_livelock() {
    let body = || {
        let flags = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
        let other = Arc::clone(&flags);
        let waits = Thread::new(move || {
            while !other.0.load(Acquire) {}
            other.1.store(true, Release);
        });
        let thread = waits.name("waits").start();
        // Each thread waits for the other one to act first.
        while !flags.1.load(Acquire) {}
        flags.0.store(true, Release);
        thread.join().unwrap();
    };
    // The report shows the steps before the repetition, and not only the repeated ones.
    let failure = Explorer::new().max_steps(50_000).shrink().try_check(body);
    let text = failure.expect_err("it must be found out").to_string();
    assert!(text.contains("   1 starts 1"), "{text}");
    assert!(text.contains(" rows .."), "{text}");
    for text in failures(body) {
        assert!(
            text.starts_with("livelock: no end after 5000 steps"),
            "{text}"
        );
        let place = "load an `AtomicBool` made at tests/explore_verdicts.rs:";
        assert!(
            text.contains(&format!("`waits` repeats: {place}")),
            "{text}"
        );
        assert_eq!(text.matches(place).count(), 2, "{text}");
    }
}

#[test]
fn a_livelock_of_locks_says_where() {
    let body = || {
        let lock = Lock::named("asked", false);
        while !*lock.acquire() {}
    };
    for text in failures(body) {
        assert!(text.starts_with("livelock"), "{text}");
        assert!(
            text.contains("acquires `asked` (tests/explore_verdicts.rs:"),
            "{text}"
        );
    }
}

#[test]
fn a_run_that_is_only_long_is_no_livelock() {
    let failure = Explorer::new().max_steps(3_000).try_check(|| {
        let locks: Vec<_> = (0..100).map(|_| Lock::new(0)).collect();
        let counts: Vec<_> = (0..100).map(|_| AtomicU32::new(0)).collect();
        for _ in 0..100 {
            for (lock, count) in locks.iter().zip(&counts) {
                *lock.acquire() += 1;
                count.fetch_add(1, Relaxed);
            }
            (0..30).for_each(|_| drop(Lock::new(0).acquire()));
        }
    });
    let failure = failure.expect_err("it is too long");
    assert!(
        failure.what().contains("no end after 3000 steps"),
        "{failure}"
    );
    assert!(
        failure.what().contains("set `Explorer::max_steps`"),
        "{failure}"
    );
}

#[test]
fn a_lock_that_a_thread_does_not_get_for_half_of_a_run_is_starvation() {
    let body = || {
        let lock = Arc::new(RLock::named("wanted", ()));
        let other = Arc::clone(&lock);
        let held = lock.acquire();
        let wants = Thread::new(move || drop(other.acquire())).name("wants");
        let thread = wants.start();
        sleep(Duration::from_millis(1));
        loop {
            if thread.wait_timeout(Duration::from_millis(1)) {
                break;
            }
            drop(lock.acquire());
        }
        drop(held);
    };
    for text in failures(body) {
        let place = "`wants` waits in acquire for `wanted` (tests/explore_verdicts.rs:";
        assert!(
            text.starts_with("starvation: no end after 5000 steps; `wants`"),
            "{text}"
        );
        assert!(text.contains(place), "{text}");
        assert!(text.contains("while other threads acquire it"), "{text}");
    }
}

#[test]
fn the_first_panic_comes_before_what_it_leads_to() {
    /// Its drop waits for an event that nothing sets.
    struct Waits(Event);
    impl Drop for Waits {
        fn drop(&mut self) {
            self.0.wait();
        }
    }
    let failure = Explorer::new().try_check(|| {
        let thread = Thread::new(|| {
            let _waits = Waits(Event::new());
            panic!("the cause");
        });
        thread.name("fails").start().join().unwrap();
    });
    let failure = failure.expect_err("its drop never ends");
    assert!(
        failure
            .what()
            .starts_with("first, `fails` panicked: the cause, tests/explore_verdicts.rs:"),
        "{failure}"
    );
    assert!(failure.what().contains("after that: deadlock"), "{failure}");
    // Also if the body itself panics for another reason.
    let failure = Explorer::new().try_check(|| {
        let done = Arc::new(AtomicBool::new(false));
        let thread = Thread::new(|| panic!("the cause")).name("fails").start();
        thread.wait();
        assert!(done.load(Relaxed), "nothing is done");
    });
    let failure = failure.expect_err("the assertion fails");
    let text = failure.what();
    assert!(
        text.starts_with("first, `fails` panicked: the cause"),
        "{text}"
    );
    assert!(text.contains("nothing is done"), "{text}");
}

/// Two threads, one of which stops with a lock of `std`.
fn stop_with_a_lock_of_std() {
    let mutex = Arc::new(Mutex::new(()));
    let other = Arc::clone(&mutex);
    let event = Event::new();
    let thread = Thread::new(move || {
        let seen = AtomicU32::new(0);
        seen.load(Relaxed);
        drop(other.lock());
    });
    let held = mutex.lock().unwrap();
    let thread = thread.name("blocked").start();
    // The thread stops here, with the lock.
    let _ = event.wait_timeout(Duration::MAX);
    drop(held);
    thread.join().unwrap();
}

/// Run by the test below, in a process of its own.
#[test]
#[ignore = "it ends the process if the environment asks for coroutines"]
fn stuck() {
    let start = Instant::now();
    let failure = Explorer::new()
        .try_check(stop_with_a_lock_of_std)
        .expect_err("it is stuck");
    eprintln!("after {:?}: {failure}", start.elapsed());
}

#[test]
fn a_lock_of_std_that_a_stopped_thread_holds_is_found_soon() {
    let exe = std::env::current_exe().unwrap();
    let ended = run(
        exe.to_str().unwrap(),
        "--exact stuck --ignored --nocapture",
        LONG,
    );
    let text = ended.err;
    assert!(text.contains("where threadkit does not see it"), "{text}");
    assert!(
        text.contains(": `blocked`, somewhere after it load"),
        "{text}"
    );
    let ends_process =
        std::env::var_os("THREADKIT_EXPLORE").is_some_and(|kind| kind == "coroutines");
    let is_told = std::fs::read_to_string("/proc/self/syscall").is_ok();
    if cfg!(target_os = "linux") && is_told && !ends_process {
        // It takes about one second. If the exploration did not look at the thread, it would take ten.
        assert!(ended.took < Duration::from_secs(8), "{:?}", ended.took);
    }
}

#[test]
fn threads_that_no_schedule_places_are_noted_on_success_too() {
    let report = Explorer::new().runs(20).check(|| {
        let event = Arc::new(Event::new());
        assert!(!event.is_set());
        let other = Arc::clone(&event);
        std::thread::spawn(move || other.set()).join().unwrap();
    });
    let [used] = report.foreign_uses() else {
        panic!("one object: {:?}", report.foreign_uses());
    };
    assert!(
        used.starts_with("an event made at tests/explore_verdicts.rs:"),
        "{used}"
    );
    let report = Explorer::new()
        .runs(20)
        .check(|| spawn(|| ()).join().unwrap());
    assert!(report.foreign_uses().is_empty());
}

/// A body that makes one more step in each run.
fn more_and_more(times: &Unseen) {
    let lock = Lock::new(0);
    let more = times.fetch_add(1, Relaxed) + 1;
    let thread = spawn(|| ());
    (0..more).for_each(|_| *lock.acquire() += 1);
    thread.join().unwrap();
}

#[test]
fn a_body_that_does_not_do_the_same_is_told() {
    for strategy in [Explorer::random, Explorer::uniform] {
        let times = Unseen::new(0);
        let report: Report = strategy(Explorer::new())
            .runs(20)
            .check(move || more_and_more(&times));
        assert!(!report.is_repeatable());
        let report = strategy(Explorer::new()).runs(20).check(|| {
            let lock = Arc::new(Lock::new(0));
            let other = Arc::clone(&lock);
            let thread = spawn(move || *other.acquire() += 1);
            *lock.acquire() += 1;
            thread.join().unwrap();
        });
        assert!(report.is_repeatable());
    }
    // Where all schedules are tried, each run repeats the beginning of another.
    let times = Unseen::new(0);
    let report = Explorer::new().exhaustive().runs(20).check(move || {
        let threads = 1 + times.fetch_add(1, Relaxed) % 2;
        join_all((0..threads).map(|_| spawn(|| ()))).unwrap();
    });
    assert!(!report.is_repeatable());
    let times = Unseen::new(0);
    let failure = Explorer::new().shrink().try_check(move || {
        let round = times.fetch_add(1, Relaxed);
        assert_ne!(round, 4, "the fifth time");
    });
    let text = failure.expect_err("the fifth run fails").to_string();
    assert!(
        text.contains("did not do the same when a run was repeated"),
        "{text}"
    );
}

#[test]
fn every_schedule_of_a_spin_can_be_tried() {
    let report = Explorer::new().exhaustive().runs(100_000).check(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let other = Arc::clone(&flag);
        let setter = spawn(move || other.store(true, Release));
        while !flag.load(Acquire) {}
        setter.join().unwrap();
    });
    assert!(report.is_complete(), "{} runs were not all", report.runs());
}

/// Two threads acquire two locks in different orders, and wait for the second one in the lines of `WAITS`. They can
/// deadlock, unless an event keeps them apart.
fn meet(are_kept_apart: bool) {
    let locks = Arc::new((
        Lock::named("cellar", ()),
        Lock::named("kitchen", ()),
        Event::new(),
    ));
    let (cook, waiter) = (Arc::clone(&locks), locks);
    let cook = move || {
        let cellar = cook.0.acquire();
        drop(cook.1.acquire());
        drop(cellar);
        cook.2.set();
    };
    let waiter = move || {
        if are_kept_apart {
            waiter.2.wait();
        }
        let kitchen = waiter.1.acquire();
        drop(waiter.0.acquire());
        drop(kitchen);
    };
    let start = |name, body| Thread::new(body).name(name).start();
    let cook: Box<dyn FnOnce() + Send> = Box::new(cook);
    join_all([start("cook", cook), start("waiter", Box::new(waiter))]).unwrap();
}

const WAITS: [u32; 2] = [line!() - 17, line!() - 8];

fn never_meet() {
    meet(true);
}

#[test]
fn a_deadlock_is_found_where_any_lock_order_is_accepted() {
    for explorer in strategies()
        .into_iter()
        .chain([Explorer::new().exhaustive()])
    {
        let failure = bounded(move || explorer.any_lock_order().try_check(|| meet(false)));
        let failure = failure.expect_err("the threads meet in some schedule");
        let what = failure.what();
        assert!(what.starts_with("deadlock: no thread can go on"), "{what}");
        let [cook, waiter] = WAITS;
        for stuck in [
            format!(
                "`cook` (in acquire `kitchen`, {}:{cook}, held by `waiter`)",
                file!()
            ),
            format!(
                "`waiter` (in acquire `cellar`, {}:{waiter}, held by `cook`)",
                file!()
            ),
        ] {
            assert!(what.contains(&stuck), "{stuck} is not in: {what}");
        }
        let schedule = failure.schedule().expect("it was explored").to_owned();
        let again = bounded(move || replay_of(&schedule));
        assert!(
            again.starts_with("run 1 failed: deadlock: no thread can go on"),
            "{again}"
        );
    }
}

/// What the replay of a schedule of the threads that meet says.
fn replay_of(schedule: &str) -> String {
    let failure = std::panic::catch_unwind(|| threadkit::explore::replay(schedule, || meet(false)));
    let failure = failure.expect_err("it fails as before");
    let text = failure.downcast_ref::<String>();
    text.expect("the failure is told").clone()
}

#[test]
fn an_order_of_locks_alone_is_a_failure_unless_any_order_is_accepted() {
    for explorer in strategies() {
        let failure = bounded(move || explorer.runs(50).try_check(never_meet));
        let failure = failure.expect_err("the orders differ");
        let what = failure.what();
        assert!(
            what.starts_with("possible deadlock (it did not happen"),
            "{what}"
        );
    }
    for explorer in strategies() {
        let report = bounded(move || explorer.runs(50).any_lock_order().check(never_meet));
        assert_eq!(report.runs(), 50);
    }
}
