//! Names of threads: given, default, changed, and as the operating system shows them.

mod support;

use std::sync::mpsc;
use std::sync::{Arc, Barrier};

use support::{SCALE, bounded, eventually, panic_of};
use threadkit::{Thread, ThreadName, ThreadPool, ThreadRef, current, spawn, stop_token};

/// What the system calls the thread.
#[cfg(target_os = "linux")]
fn comm(thread: &ThreadRef) -> String {
    let native = thread.native_id().expect("it runs");
    let text = std::fs::read_to_string(format!("/proc/self/task/{native}/comm")).unwrap();
    text.strip_suffix('\n').unwrap().to_owned()
}

/// Runs `look` while a thread of that name runs.
fn with_named(name: &str, look: impl FnOnce(&ThreadRef)) {
    let ready = Arc::new(Barrier::new(2));
    let other = Arc::clone(&ready);
    let thread = Thread::new(move || {
        other.wait();
        stop_token().wait();
    })
    .name(name)
    .start();
    ready.wait();
    look(thread.thread());
    thread.stop();
    thread.join().unwrap();
}

const HUNDRED: &str = concat!(
    "0123456789012345678901234567890123456789012345678901234567890123456789",
    "012345678901234567890123456789"
);

#[test]
fn a_name_is_kept_as_it_is() {
    bounded(|| {
        for name in [
            "w",
            "",
            HUNDRED,
            "größer als 15 Bytes",
            "日本語のスレッド",
            "a\nb\tc",
            "🦀",
        ] {
            let thread = Thread::new(|| current().name()).name(name).start();
            assert_eq!(&*thread.name(), name);
            assert_eq!(&*thread.thread().name(), name);
            assert_eq!(&*thread.join().unwrap(), name);
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn the_system_shows_a_name_that_fits_and_stays_distinguishable() {
    bounded(|| {
        for (name, shown) in [
            ("w", "w"),
            ("", ""),
            ("exactly-15-byte", "exactly-15-byte"),
            ("worker-10000001", "worker-10000001"),
            ("download-worker-10000001", "downlo~10000001"),
            ("download-worker-10000002", "downlo~10000002"),
            (HUNDRED, "012345~23456789"),
        ] {
            with_named(name, |thread| assert_eq!(comm(thread), shown, "for {name}"));
        }
        for name in ["ääääääääääää", "日本語のスレッド", "🦀🦀🦀🦀🦀🦀"]
        {
            with_named(name, |thread| {
                let shown = comm(thread);
                assert!(shown.len() <= 15 && !shown.contains('\u{fffd}'), "{shown}");
                assert!(shown.contains('~'), "{shown}");
            });
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_new_name_reaches_the_system_from_within_and_from_outside() {
    bounded(|| {
        with_named("before", |thread| {
            for name in ["from outside", "a", "", "again", "outside-and-very-long-77"] {
                thread.set_name(name);
                assert_eq!(&*thread.name(), name);
                let shown = if name.len() > 15 {
                    "outsid~-long-77"
                } else {
                    name
                };
                assert_eq!(comm(thread), shown);
            }
        });
        let thread = spawn(|| {
            for name in ["from within", "", "within-and-very-long-78"] {
                current().set_name(name);
                let shown = if name.len() > 15 {
                    "within~-long-78"
                } else {
                    name
                };
                assert_eq!(comm(&current()), shown);
            }
        });
        let seen = thread.thread().clone();
        thread.join().unwrap();
        assert_eq!(&*seen.name(), "within-and-very-long-78");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn the_system_gets_the_last_of_many_names_last() {
    bounded(|| {
        with_named("renamed", |thread| {
            for _ in 0..500 * SCALE {
                std::thread::scope(|s| {
                    for names in [["a", "b", "c"], ["d", "e", "f"]] {
                        s.spawn(move || names.map(|name| thread.set_name(name)));
                    }
                });
                assert_eq!(comm(thread), *thread.name());
            }
        });
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_task_inside_another_leaves_the_thread_its_name() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::builder(1).name("host").build());
        let inner = Arc::clone(&pool);
        let task = pool.submit(move || {
            let guest = inner.submit(|| {
                current().set_name("guest");
                current().name()
            });
            (guest.join().unwrap(), comm(&current()), current().name())
        });
        let (guest, system, host) = task.join().unwrap();
        assert_eq!((&*guest, &*host, &*system), ("guest", "host-1", "host-1"));
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_thread_that_is_renamed_before_it_runs_takes_the_name_along() {
    bounded(|| {
        for round in 0..300 {
            let ready = Arc::new(Barrier::new(2));
            let other = Arc::clone(&ready);
            let thread = Thread::new(move || {
                other.wait();
                comm(&current())
            })
            .name("old")
            .start();
            let name = format!("new-{round}");
            thread.thread().set_name(name.as_str());
            ready.wait();
            assert_eq!(thread.join().unwrap(), name);
        }
    });
}

#[test]
fn a_name_with_a_nul_byte_is_refused_and_nothing_is_lost() {
    let error = Thread::new(|| 5).name("a\0b").try_start().unwrap_err();
    assert_eq!(
        error.to_string(),
        "a thread cannot be named `a\\0b`: take out the NUL byte"
    );
    assert_eq!(error.into_body()(), 5);
    let message = panic_of(|| drop(Thread::new(|| ()).name("\0").start()));
    assert!(message.contains("take out the NUL byte"), "{message}");

    bounded(|| {
        let worker = Thread::new(|| stop_token().wait()).name("kept").start();
        let thread = worker.thread().clone();
        assert!(panic_of(|| thread.set_name("x\0")).contains("NUL"));
        assert_eq!(&*worker.name(), "kept");
        worker.stop();
        worker.join().unwrap();
    });
}

#[test]
fn renaming_a_dead_thread_renames_no_other() {
    bounded(|| {
        let thread = Thread::new(|| ()).name("alive").start();
        let seen = thread.thread().clone();
        thread.join().unwrap();
        seen.set_name("dead");
        assert_eq!(&*seen.name(), "dead");
    });
}

fn download() -> ThreadName {
    current().name()
}

#[test]
fn default_names_have_a_number_and_the_target() {
    bounded(|| {
        let names = [spawn(download), spawn(download)].map(|thread| thread.join().unwrap());
        let numbers = names.map(|name| {
            let number = name
                .strip_prefix("Thread-")
                .and_then(|rest| rest.strip_suffix(" (download)"));
            number
                .unwrap_or_else(|| panic!("{name}"))
                .parse::<u64>()
                .unwrap()
        });
        assert!(numbers[0] < numbers[1]);

        let closure = spawn(|| current().name()).join().unwrap();
        assert!(
            closure.ends_with("(default_names_have_a_number_and_the_target)"),
            "{closure}"
        );
        let boxed: Box<dyn threadkit::Run<Output = ThreadName> + Send> = Box::new(download);
        let boxed = spawn(boxed).join().unwrap();
        assert!(boxed.ends_with("(download)"), "{boxed}");
    });
}

#[test]
fn a_foreign_thread_is_called_by_its_own_name() {
    bounded(|| {
        let thread = std::thread::Builder::new().name("guest".to_owned());
        assert_eq!(
            &*thread.spawn(|| current().name()).unwrap().join().unwrap(),
            "guest"
        );
        let nameless = std::thread::spawn(|| current().name()).join().unwrap();
        assert!(nameless.starts_with("Foreign-"), "{nameless}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_foreign_thread_can_be_renamed() {
    bounded(|| {
        let (tell, told) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            tell.send(current()).unwrap();
            stop_token().wait();
            current().name()
        });
        let seen = told.recv().unwrap();
        seen.set_name("resident");
        assert_eq!(comm(&seen), "resident");
        seen.stop();
        assert_eq!(&*thread.join().unwrap(), "resident");
        eventually("it is gone", || !seen.is_alive());
    });
}

#[test]
fn names_change_while_others_read_them() {
    bounded(|| {
        let worker = spawn(|| stop_token().wait());
        let renamers: Vec<_> = ["one", "two-with-a-much-longer-name"]
            .map(|name| {
                let thread = worker.thread().clone();
                spawn(move || (0..200).for_each(|_| thread.set_name(name)))
            })
            .into();
        while renamers.iter().any(|renamer| !renamer.is_finished()) {
            let name = worker.name();
            assert!(name.starts_with("Thread-") || &*name == "one" || name.starts_with("two-with"));
            assert!(!format!("{:?}", threadkit::threads()).is_empty());
        }
        threadkit::join_all(renamers).unwrap();
        worker.stop();
        worker.join().unwrap();
    });
}

/// A name compares with every kind of text, prints as one, and is looked up by one.
#[test]
fn a_name_is_a_text() {
    let worker = Thread::new(|| ()).name("worker-1").start();
    let name: ThreadName = worker.name();
    assert_eq!(name, "worker-1");
    assert_eq!("worker-1", name);
    assert_eq!(name, *"worker-1");
    let (owned, shared): (String, Arc<str>) = ("worker-1".into(), "worker-1".into());
    assert_eq!(name, owned);
    assert_eq!(name, shared);
    assert_eq!(owned, name);
    assert_eq!(shared, name);
    assert_ne!(name, "worker");
    assert_eq!(
        (format!("{name:>9}"), format!("{name:?}")),
        (" worker-1".into(), "\"worker-1\"".into())
    );
    let known = std::collections::HashMap::from([(name.clone(), 1)]);
    assert_eq!(known.get("worker-1"), Some(&1));
    worker.thread().set_name("renamed");
    assert_eq!(name.len(), 8);
    assert_eq!(worker.name(), "renamed");
    let shared: Arc<str> = name.into();
    assert_eq!(String::from(worker.name()), "renamed");
    worker.thread().set_name(worker.name());
    worker.thread().set_name(shared);
    assert_eq!(worker.name(), "worker-1");
    worker.join().unwrap();
}
