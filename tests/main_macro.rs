//! `#[threadkit::main]` from the outside. The examples, which run as processes, show that a process waits for its
//! threads.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use threadkit::{JoinError, thread};

static DONE: AtomicBool = AtomicBool::new(false);

#[thread]
fn work() {
    DONE.store(true, Ordering::Release);
}

#[threadkit::main]
fn waits() {
    // It is not joined.
    work();
}

#[test]
fn threads_are_done_when_it_returns() {
    waits();
    assert!(DONE.load(Ordering::Acquire));
}

#[threadkit::main]
fn question_mark() -> Result<(), JoinError> {
    work().join()?;
    Ok(())
}

#[threadkit::main]
fn exit_code() -> ExitCode {
    if DONE.load(Ordering::Relaxed) {
        return ExitCode::from(3);
    }
    ExitCode::from(3)
}

#[threadkit::main]
fn never() -> ! {
    panic!("as expected")
}

#[test]
fn results_stay_what_they_are() {
    question_mark().unwrap();
    assert_eq!(
        format!("{:?}", exit_code()),
        format!("{:?}", ExitCode::from(3))
    );
    assert!(std::thread::spawn(|| never()).join().is_err());
}
