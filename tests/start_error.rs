//! Threads that cannot be started: the error, the panic, and the body that comes back.

#[path = "support/process.rs"]
mod process;
mod support;

use std::error::Error;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use process::scenario;
use support::{Drops, bounded, panic_of};
use threadkit::{StartError, Thread, spawn};

#[test]
fn any_stack_size_gives_a_thread_or_the_body_back() {
    let page = 4096;
    let sizes = [
        0,
        1,
        page - 1,
        page + 1,
        16 * 1024 + 1,
        1 << 30,
        1 << 46,
        (1 << 47) - 1,
        1 << 62,
        isize::MAX as usize - 2 * page,
        isize::MAX as usize - page + 1,
        isize::MAX as usize,
        isize::MAX as usize + 1,
        usize::MAX - page,
        usize::MAX - 1,
        usize::MAX,
    ];
    for bytes in sizes {
        bounded(move || {
            let drops = Drops::new();
            let value = drops.value();
            let body = move || {
                drop(value);
                bytes
            };
            let tried = catch_unwind(AssertUnwindSafe(|| {
                Thread::new(body).stack_size(bytes).try_start()
            }));
            match tried.unwrap_or_else(|_| panic!("a panic escapes for {bytes} bytes")) {
                Ok(thread) => assert_eq!(thread.join().unwrap(), bytes),
                Err(refused) => {
                    assert!(bytes > 1 << 20, "{bytes} bytes are not too much: {refused}");
                    let text = refused.to_string();
                    assert!(
                        text.contains(&format!("a stack of {bytes} bytes")),
                        "{text}"
                    );
                    assert!(text.contains("ask for a smaller stack"), "{text}");
                    // The system is asked only for sizes that it can round up without an overflow.
                    let unasked = text.contains("no address space is that large");
                    assert_eq!(unasked, bytes > isize::MAX as usize, "{text}");
                    assert_eq!(format!("{refused:?}"), text);
                    assert!(refused.source().is_some());
                    assert_eq!(drops.count(), 0);
                    assert_eq!(refused.into_body()(), bytes);
                }
            }
            assert_eq!(drops.count(), 1);
        });
    }
    // Sizes that are refused for certain: by the system, or before that because rounding up would overflow.
    let largest = isize::MAX as usize;
    for (bytes, by_us) in [
        (1 << 62, false),
        (largest, false),
        (largest + 1, true),
        (usize::MAX - page, true),
        (usize::MAX, true),
    ] {
        let refused = Thread::new(|| ()).stack_size(bytes).try_start();
        let text = refused.expect_err("no machine has that much").to_string();
        assert_eq!(
            text.contains("no address space is that large"),
            by_us,
            "{bytes}: {text}"
        );
    }
}

#[test]
fn a_refused_start_panics_in_words_at_the_place_of_the_caller() {
    bounded(|| {
        let thread = spawn(|| drop(Thread::new(|| ()).stack_size(usize::MAX).start()));
        let line = line!() - 1;
        let error = thread.join().unwrap_err();
        assert!(
            error.message().contains("ask for a smaller stack"),
            "{error}"
        );
        let place = error.place().expect("our hook notes it");
        assert!(
            place.file().ends_with("start_error.rs") && place.line() == line,
            "{place}"
        );
    });
}

#[test]
fn a_start_error_becomes_an_io_error() {
    fn start() -> io::Result<()> {
        Thread::new(|| ()).name("\0").try_start()?;
        Ok(())
    }
    let error = start().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("NUL byte"));
    let refused: StartError<_> = Thread::new(|| ())
        .stack_size(usize::MAX)
        .try_start()
        .unwrap_err();
    assert_eq!(io::Error::from(refused).kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn a_refused_body_that_is_not_taken_is_dropped_once() {
    let drops = Drops::new();
    let value = drops.value();
    drop(Thread::new(move || drop(value)).name("\0").try_start());
    assert_eq!(drops.count(), 1);
    let value = drops.value();
    drop(
        Thread::new(move || drop(value))
            .stack_size(usize::MAX)
            .try_start(),
    );
    assert_eq!(drops.count(), 2);
    let value = drops.value();
    panic_of(move || {
        drop(
            Thread::new(move || drop(value))
                .stack_size(usize::MAX)
                .start(),
        )
    });
    assert_eq!(drops.count(), 3);
}

#[test]
fn a_refused_start_leaves_no_thread_on_the_list() {
    bounded(|| {
        for _ in 0..100 {
            drop(
                Thread::new(|| ())
                    .name("refused")
                    .stack_size(usize::MAX)
                    .try_start(),
            );
        }
        assert!(
            threadkit::threads()
                .iter()
                .all(|thread| &*thread.name() != "refused")
        );
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_stack_larger_than_the_system_allows_is_refused() {
    // A program under a sanitizer needs more address space than is left there.
    if std::env::var_os("TSAN_OPTIONS").is_some() {
        return;
    }
    let ended = scenario("no-address-space");
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    assert!(
        ended
            .out
            .contains("cannot start thread `one-more` with a stack of"),
        "{}",
        ended.out
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_thread_more_than_the_system_allows_is_refused() {
    let ended = scenario("no-more-threads");
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    assert!(
        ended.out.contains("cannot start thread `one-more`")
            || ended.out.contains("cannot become another user"),
        "{}",
        ended.out
    );
}

/// A timer is refused if its thread cannot be started, also if another caller has tried to start it.
#[test]
#[cfg(target_os = "linux")]
fn no_timer_is_stranded_when_the_start_of_their_thread_fails() {
    let ended = scenario("no-thread-for-timers");
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(
        ended
            .out
            .starts_with("refused 10000 of 10000\nrefused 10000 of 10000\n")
            || ended.out.contains("cannot become another user"),
        "{ended:?}"
    );
}
