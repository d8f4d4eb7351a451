//! Dumps: what is in them, and that they are made while a program hangs, while it ends and under load.

#[path = "support/json.rs"]
mod json;
#[path = "support/process.rs"]
mod process;
mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

use json::Json;
use support::{LONG, MOMENT, TRACKED, bounded, eventually};
use threadkit::dump::{GroupKind, ThreadDump};
use threadkit::{Event, Lock, RwLock, State, Supervisor, Thread, ThreadPool, synchronized};

fn program(name: &str) -> process::Ended {
    let ended = process::run(env!("CARGO_BIN_EXE_dumps"), name, LONG);
    assert!(
        ended.status.is_some() || name == "deadlock",
        "`{name}`: {ended:?}"
    );
    ended
}

/// The thread with that name, in a dump in which `is_ready` accepts it.
#[track_caller]
fn see(name: &str, is_ready: impl Fn(&ThreadDump) -> bool) -> (threadkit::Dump, ThreadDump) {
    let mut seen = None;
    eventually(&format!("`{name}` is seen"), || {
        let dump = threadkit::dump();
        let mut threads = dump.threads().iter();
        let found = threads.find(|thread| thread.name() == name && is_ready(thread));
        seen = found.cloned().map(|thread| (dump, thread));
        seen.is_some()
    });
    seen.unwrap()
}

#[test]
fn a_name_is_no_command_for_a_terminal() {
    bounded(|| {
        let name = "dump/\u{1b}[2J\u{9b}31m\r\u{7f}\n`main`";
        let pool = ThreadPool::builder(1).name(name).build();
        let stop = Arc::new(Event::new());
        let stopped = Arc::clone(&stop);
        let waits = Thread::new(move || stopped.wait()).name(name);
        let waits = waits.start();
        let (dump, seen) = see(name, |_| true);
        assert_eq!(seen.name(), name);
        let shown = r"`dump/\u{1b}[2J\u{9b}31m\r\u{7f}\n`main``";
        let text = dump.to_string();
        assert!(text.contains(shown), "{text}");
        for text in [text, dump.to_json()] {
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
        }
        stop.set();
        waits.join().unwrap();
        drop(pool);
    });
}

#[test]
fn a_name_in_a_report_is_no_command_for_a_terminal() {
    if !TRACKED {
        return;
    }
    let lock = Lock::new(());
    let waits = move || {
        let _held = lock.acquire();
        let _again = lock.acquire();
    };
    let waits = Thread::new(waits).name("dump/\u{1b}[2J").start();
    let report = waits.join().unwrap_err().to_string();
    assert!(
        report.contains(r"thread `dump/\u{1b}[2J` acquires the lock"),
        "{report:?}"
    );
}

#[test]
fn a_thread_is_shown_with_its_wait_and_with_who_holds_what_it_waits_for() {
    if !TRACKED {
        return;
    }
    bounded(|| {
        // From now on the thread is known by its whole name.
        let me = threadkit::current();
        let lock = Arc::new(Lock::named("ledger", ()));
        let (made, held_at) = (line!() - 1, line!() + 1);
        let held = lock.acquire();
        let other = Arc::clone(&lock);
        let waits_at = line!() + 1;
        let clerk = Thread::new(move || drop(other.acquire())).name("dump/clerk");
        let clerk = clerk.start();
        let (dump, seen) = see("dump/clerk", |thread| thread.wait().is_some());
        assert_eq!(seen.ident(), clerk.ident());
        assert_eq!(seen.native_id(), clerk.native_id());
        let wait = seen.wait().unwrap();
        assert_eq!(wait.operation(), "acquire");
        let awaited = wait.awaited().unwrap();
        assert!(awaited.contains("`ledger`") && awaited.contains(&format!("dump.rs:{made}:")));
        assert_eq!(
            (wait.place().file(), wait.place().line()),
            (file!(), waits_at)
        );
        let holder = &wait.holders()[0];
        assert_eq!((holder.ident(), holder.name()), (me.ident(), &*me.name()));
        assert_eq!(holder.since().unwrap().line(), held_at);
        assert!(matches!(seen.state(), State::Waiting { what, .. } if what == "acquire `ledger`"));

        let mine = dump.thread(me.ident()).unwrap();
        let locks: Vec<_> = mine
            .holds()
            .iter()
            .map(|held| (held.name(), held.since().line()))
            .collect();
        assert_eq!(locks, [(Some("ledger"), held_at)]);
        assert_eq!(mine.state(), &State::Running);
        let text = dump.to_string();
        let line = text
            .lines()
            .find(|line| line.contains("`dump/clerk`"))
            .unwrap();
        assert!(line.contains(" in acquire at tests/dump.rs:"), "{line}");
        assert!(line.contains(", for `ledger` (tests/dump.rs:"), "{line}");
        assert!(line.contains(", held by `a_thread_is_shown"), "{line}");
        assert!(text.contains("  holds `ledger` (tests/dump.rs:"), "{text}");
        drop(held);
        clerk.join().unwrap();
    });
}

/// A type whose methods run under a lock of std.
struct Ledger(std::sync::Mutex<Vec<u32>>);

impl Ledger {
    #[synchronized(entries = self.0)]
    fn add(&self, entry: u32) -> threadkit::Dump {
        entries.push(entry);
        threadkit::dump()
    }

    /// The body decides whether it is still held.
    #[synchronized(entries = self.0)]
    fn add_and_release(&self, entry: u32) -> threadkit::Dump {
        entries.push(entry);
        drop(entries);
        threadkit::dump()
    }
}

#[test]
fn a_lock_of_another_library_that_an_attribute_holds_is_shown() {
    if !TRACKED {
        return;
    }
    let ledger = Ledger(std::sync::Mutex::default());
    let me = threadkit::current().ident();
    let holds = |dump: &threadkit::Dump| {
        let holds = dump.thread(me).unwrap().holds().to_vec();
        holds
            .into_iter()
            .map(|held| (held.name().map(str::to_owned), held.since().line()))
            .collect::<Vec<_>>()
    };
    let name = || Some("Mutex<Vec<u32>> of std".to_owned());
    let seen = holds(&ledger.add(1));
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0].0, name());
    assert!(seen[0].1 < line!(), "{seen:?}");
    assert_eq!(holds(&ledger.add_and_release(2)), []);
    assert_eq!(holds(&threadkit::dump()), []);
    assert_eq!(*ledger.0.lock().unwrap(), [1, 2]);
}

#[test]
fn waits_with_a_limit_and_for_writers_have_holders_as_well() {
    if !TRACKED {
        return;
    }
    bounded(|| {
        let lock = Arc::new(RwLock::named("rates", ()));
        let read = lock.read();
        let wants = |name: &str, want: fn(&RwLock<()>)| {
            let lock = Arc::clone(&lock);
            Thread::new(move || want(&lock))
                .name(name.to_owned())
                .start()
        };
        let writer = wants("dump/writer", |lock| drop(lock.write_timeout(LONG)));
        let (_, seen) = see("dump/writer", |thread| thread.wait().is_some());
        assert_eq!(seen.wait().unwrap().operation(), "write");
        // Until it keeps readers out.
        while lock.try_read().is_some() {
            thread::yield_now();
        }
        let reader = wants("dump/reader", |lock| drop(lock.read()));
        let (dump, seen) = see("dump/reader", |thread| {
            thread.wait().is_some_and(|wait| !wait.holders().is_empty())
        });
        assert_eq!(seen.wait().unwrap().holders()[0].name(), "dump/writer");
        let text = dump.to_string();
        assert!(text.contains(", behind `dump/writer` in write"), "{text}");
        assert!(
            text.contains("`rates` (") && text.contains(" in read since "),
            "{text}"
        );
        drop(read);
        writer.join().unwrap();
        reader.join().unwrap();
    });
}

#[test]
fn threads_stand_below_their_scopes_and_pools_and_supervisors() {
    if !TRACKED {
        return;
    }
    bounded(|| {
        let stop = Arc::new(Event::new());
        let waits = |stop: &Arc<Event>| {
            let stop = Arc::clone(stop);
            move || stop.wait()
        };
        let pool = ThreadPool::builder(1).name("dump-pool").build();
        let pool_made = line!() - 1;
        let tasks = [(); 3].map(|()| pool.submit(waits(&stop)));
        let in_scope = waits(&stop);
        let owner = Thread::new(move || {
            threadkit::scope(|scope| _ = scope.start(Thread::new(in_scope).name("dump/inner")));
        });
        let owner = owner.name("dump/owner").start();
        let supervised = waits(&stop);
        let supervisor = Supervisor::new(move |_| supervised.clone());
        let supervisor = Thread::new(supervisor).name("dump/supervised").start();

        let waits = |thread: &ThreadDump| thread.wait().is_some();
        let (_, inner) = see("dump/inner", waits);
        let (_, worker) = see("dump-pool-1", waits);
        let (dump, seen) = see("dump/supervised", waits);
        let of = |kind, thread: &ThreadDump| {
            let mut groups = dump.groups().iter();
            let group = groups
                .find(|group| group.kind() == kind && group.threads().contains(&thread.ident()));
            group.unwrap_or_else(|| panic!("no {kind} of `{}`: {dump}", thread.name()))
        };
        let scope = of(GroupKind::Scope, &inner);
        assert_eq!(scope.maker(), owner.ident());
        let group = of(GroupKind::Pool, &worker);
        assert_eq!((group.name(), group.pending()), (Some("dump-pool"), 2));
        assert_eq!(
            (group.made().file(), group.made().line()),
            (file!(), pool_made)
        );
        assert_eq!(
            of(GroupKind::Supervisor, &seen).threads(),
            [supervisor.ident()]
        );

        let text = dump.to_string();
        let after = |line: &str| {
            text.split_once(line)
                .unwrap_or_else(|| panic!("no `{line}` in {text}"))
                .1
        };
        let scope = after("\n`dump/owner` (");
        let mut lines = scope.lines().skip(1);
        assert!(
            lines
                .next()
                .unwrap()
                .starts_with("  scope, made at tests/dump.rs:"),
            "{text}"
        );
        assert!(
            lines.next().unwrap().starts_with("    `dump/inner` ("),
            "{text}"
        );
        let pooled = after("\npool `dump-pool`, made at tests/dump.rs:");
        assert!(
            pooled.contains(", 2 tasks pending\n  `dump-pool-1` ("),
            "{text}"
        );
        assert!(
            after("`dump/supervised` (").contains(", under the supervisor made at tests/dump.rs:"),
            "{text}"
        );
        stop.set();
        tasks.into_iter().for_each(|task| task.join().unwrap());
        owner.join().unwrap();
        supervisor.join().unwrap().unwrap();
        drop(pool);
        let left = threadkit::dump();
        let is_of_this =
            |place: &threadkit::Place| place.file() == file!() && place.line() == pool_made;
        assert!(
            left.groups().iter().all(|group| !is_of_this(group.made())),
            "{left}"
        );
    });
}

#[test]
fn a_thread_without_a_handle_is_an_orphan_and_a_daemon_is_not() {
    if !TRACKED {
        return;
    }
    bounded(|| {
        let stop = Arc::new(Event::new());
        let start = |name: &str, daemon: bool| {
            let stop = Arc::clone(&stop);
            Thread::new(move || stop.wait())
                .name(name.to_owned())
                .daemon(daemon)
                .start()
        };
        let kept = start("dump/kept", false);
        drop(start("dump/lost", false));
        drop(start("dump/daemon", true));
        let stays = Arc::clone(&stop);
        let scoped = Thread::new(move || {
            threadkit::scope(|scope| {
                drop(scope.start(Thread::new(|| stays.wait()).name("dump/scoped")))
            });
        });
        let scoped = scoped.start();
        let waits = |thread: &ThreadDump| thread.wait().is_some();
        for name in ["dump/kept", "dump/daemon", "dump/scoped"] {
            assert!(!see(name, waits).1.is_orphan(), "{name}");
        }
        let (dump, lost) = see("dump/lost", waits);
        assert!(lost.is_orphan() && dump.orphans().any(|thread| thread.ident() == lost.ident()));
        let text = dump.to_string();
        let line = text
            .lines()
            .find(|line| line.starts_with("running with no handle left"))
            .unwrap();
        assert!(
            line.contains("`dump/lost`") && !line.contains("`dump/kept`"),
            "{line}"
        );
        stop.set();
        kept.join().unwrap();
        scoped.join().unwrap();
    });
}

#[test]
fn the_json_form_has_all_of_it() {
    bounded(|| {
        let lock = Arc::new(Lock::named("a \"name\"\n", ()));
        let held = lock.acquire();
        let other = Arc::clone(&lock);
        let clerk = Thread::new(move || drop(other.acquire()))
            .name("dump/json")
            .start();
        let (dump, _) = see("dump/json", |thread| !TRACKED || thread.wait().is_some());
        let json = Json::read(&dump.to_json());
        assert_eq!(json.get("version"), &Json::Number(1.0));
        assert_eq!(json.get("process").number(), f64::from(std::process::id()));
        assert_eq!(json.get("tracked"), &Json::Bool(TRACKED));
        assert_eq!(json.get("complete"), &Json::Bool(true));
        let threads = json.get("threads").items();
        assert_eq!(threads.len(), dump.threads().len());
        let mut threads = threads.iter();
        let seen = threads
            .find(|thread| thread.get("name").text() == "dump/json")
            .unwrap();
        assert_eq!(seen.get("ident").number() as u64, clerk.ident());
        assert_eq!(seen.get("daemon"), &Json::Bool(false));
        if TRACKED {
            let wait = seen.get("wait");
            assert_eq!(wait.get("operation").text(), "acquire");
            assert!(wait.get("for").text().starts_with("`a \"name\"\n` ("));
            assert_eq!(wait.get("place").get("file").text(), file!());
            assert!(wait.get("nanoseconds").number() > 0.0);
            let holder = &wait.get("holders").items()[0];
            assert_eq!(
                holder.get("ident").number() as u64,
                threadkit::current().ident()
            );
            assert_eq!(holder.get("since").get("file").text(), file!());
        } else {
            assert_eq!(seen.get("wait"), &Json::Null);
        }
        for key in ["deadlocks", "orphans", "groups", "others"] {
            json.get(key).items();
        }
        drop(held);
        clerk.join().unwrap();
    });
}

#[test]
fn a_thread_that_runs_has_done_so_since_its_last_wait() {
    bounded(|| {
        let (begin, end) = (Arc::new(Event::new()), Arc::new(AtomicBool::new(false)));
        let (begun, ended) = (Arc::clone(&begin), Arc::clone(&end));
        let busy = Thread::new(move || {
            begun.wait();
            while !ended.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
        let before_all = Instant::now();
        let busy = busy.name("dump/busy").start();
        let runs_for = |is_ready: &dyn Fn(&ThreadDump) -> bool| {
            let (dump, seen) = see("dump/busy", is_ready);
            let json = Json::read(&dump.to_json());
            let mut threads = json.get("threads").items().iter();
            let thread = threads.find(|thread| thread.get("name").text() == "dump/busy");
            match (seen.runs_for(), thread.unwrap().get("runs_for")) {
                (Some(time), Json::Number(nanos)) => assert_eq!(time.as_nanos() as f64, *nanos),
                (time, json) => assert_eq!((time, json), (None, &Json::Null)),
            }
            (seen.runs_for(), dump.to_string())
        };
        if TRACKED {
            let (time, text) = runs_for(&|thread| thread.wait().is_some());
            assert_eq!(time, None, "{text}");
        }
        std::thread::sleep(MOMENT);
        let before_the_wait_ends = Instant::now();
        begin.set();
        let runs = |thread: &ThreadDump| *thread.state() == State::Running;
        let (time, text) = runs_for(&runs);
        let says = |what: &str| {
            let mut lines = text.lines();
            assert!(
                lines.any(|line| line.starts_with("`dump/busy` (") && line.contains(what)),
                "{text}"
            );
        };
        assert_eq!(time.is_some(), TRACKED, "{text}");
        assert!(time <= Some(before_the_wait_ends.elapsed()), "{time:?}");
        says(match TRACKED {
            true => ") has been running for ",
            false => ") is running",
        });
        // It grows, and no faster than the time.
        let (later, _) = runs_for(&|thread| runs(thread) && (!TRACKED || thread.runs_for() > time));
        assert!(later <= Some(before_all.elapsed()), "{later:?}");
        end.store(true, Ordering::Relaxed);
        busy.join().unwrap();
    });
}

#[test]
fn the_form_that_keeps_no_track_says_so() {
    let ended = program("plain");
    let text = ended.out.lines().next().unwrap();
    let hint =
        "; what they hold and wait for is known in debug builds, and with the feature `inspect`";
    assert_eq!(text.ends_with(hint), !TRACKED, "{text}");
    assert!(ended.out.contains("\n`main` (1, system "), "{ended:?}");
    assert_eq!(
        ended.out.contains("holds `till` (tests/programs/dumps.rs:"),
        TRACKED,
        "{ended:?}"
    );
    assert!(
        ended.out.contains(&format!("\"tracked\":{TRACKED},")),
        "{ended:?}"
    );
}

#[test]
fn a_deadlocked_program_is_dumped() {
    let run = || {
        // It never ends by itself.
        let program = env!("CARGO_BIN_EXE_dumps");
        process::run(program, "deadlock", support::MOMENT * 150)
    };
    let parts = [
        "process ",
        "\n`main` (1",
        ": 2 threads, 2 of them stuck\ndeadlock: 2 threads wait for each other\n",
        "  holds `left` (",
        "  holds `right` (",
    ];
    let parts = if TRACKED { &parts[..] } else { &parts[..2] };
    let is_shown = |dump: &str| parts.iter().all(|part| dump.contains(part));
    // On a busy machine the dump may come before the threads hang.
    let runs: Vec<_> = (0..3).map(|_| run()).collect();
    assert!(runs.iter().any(|ended| is_shown(&ended.err)), "{runs:?}");
}

#[test]
fn a_program_is_dumped_while_it_ends() {
    if TRACKED {
        let ended = program("exit");
        assert_eq!(ended.code(), Some(0), "{ended:?}");
        assert!(ended.err.contains("at the end: process "), "{ended:?}");
        assert!(ended.err.contains("in a destructor: process "), "{ended:?}");
        assert!(
            ended
                .err
                .contains("in the end of main at tests/programs/dumps.rs:"),
            "{ended:?}"
        );
    }
    let ended = program("exit-while-dumping");
    assert_eq!((ended.code(), &*ended.err), (Some(7), ""));
}

#[test]
fn ten_thousand_busy_threads_are_dumped() {
    let ended = process::run(env!("CARGO_BIN_EXE_dumps"), "crowd", 4 * LONG);
    assert_eq!((ended.code(), &*ended.err), (Some(0), ""), "{ended:?}");
    println!("{}", ended.out);
}

#[test]
fn a_task_that_interrupts_a_thread_stands_below_it() {
    if !TRACKED {
        return;
    }
    let ended = program("nested");
    let mut lines = ended
        .out
        .lines()
        .skip_while(|line| !line.starts_with("`main` ("));
    assert!(lines.next().is_some(), "{ended:?}");
    let task = lines.next().unwrap_or_default();
    assert!(task.starts_with("  interrupted by task `"), "{ended:?}");
}

#[test]
fn a_dump_comes_later_again_or_never() {
    let dumps = |name: &str| {
        let ended = program(name);
        assert_eq!(ended.code(), Some(0), "`{name}`: {ended:?}");
        ended.err.matches("process ").count()
    };
    // On a busy machine the moment may be over before the next line of the program runs.
    let once_of_many = |name, expected: fn(usize) -> bool| {
        assert!((0..50).any(|_| expected(dumps(name))), "`{name}`");
    };
    once_of_many("cancelled", |dumps| dumps == 0);
    once_of_many("never", |dumps| dumps == 0);
    once_of_many("detached", |dumps| dumps == 1);
    once_of_many("repeated", |dumps| dumps >= 2);
}

#[test]
fn many_threads_dump_at_once() {
    bounded(|| {
        let begin = Arc::new(Barrier::new(8));
        let dumpers: Vec<_> = (0..8)
            .map(|_| {
                let begin = Arc::clone(&begin);
                threadkit::spawn(move || {
                    begin.wait();
                    (0..20).for_each(|_| {
                        let dump = threadkit::dump();
                        assert!(
                            dump.is_complete()
                                && dump.thread(threadkit::current().ident()).is_some()
                        );
                    });
                })
            })
            .collect();
        threadkit::join_all(dumpers).unwrap();
    });
}

#[test]
fn a_body_under_exploration_can_be_dumped() {
    threadkit::explore::check(|| {
        let lock = Arc::new(Lock::new(0));
        let other = Arc::clone(&lock);
        let thread = threadkit::spawn(move || *other.acquire() += 1);
        let dump = threadkit::dump();
        assert!(dump.is_complete());
        assert!(dump.thread(threadkit::current().ident()).is_some());
        thread.join().unwrap();
    });
}
