//! The end of `main` and a stop of all, beside pools, timers, scopes, supervisors and destructors.

#[path = "support/process.rs"]
mod process;
mod support;

use std::time::Duration;

use process::run;
use threadkit::{join_all, spawn};

/// Runs a scenario of `exits.rs`, which must print these lines, end well and not take long.
fn check(scenario: &str, expected: &[&str]) {
    let ended = run(env!("CARGO_BIN_EXE_exits"), scenario, support::LONG);
    assert_eq!(ended.code(), Some(0), "{scenario}: {ended:?}");
    assert!(
        ended.out.lines().eq(expected.iter().copied()),
        "{scenario}: {ended:?}"
    );
    assert!(
        ended.took < Duration::from_secs(20),
        "{scenario}: {ended:?}"
    );
}

/// They run at the same time, because most of them wait.
fn check_all(cases: &'static [(&str, &[&str])]) {
    let checks = cases
        .iter()
        .map(|(scenario, expected)| spawn(|| check(scenario, expected)));
    join_all(checks).unwrap();
}

#[test]
fn a_pool_made_after_main_works_and_does_not_keep_the_process() {
    check_all(&[
        ("late-pool", &["main", "task gave 42"]),
        ("late-pool-scope", &["main", "scope gave 4"]),
        ("late-pool-map", &["main", "map gave 9"]),
        ("late-pool-dropped", &["main", "task", "dropped"]),
        ("late-pool-of-a-daemon", &["main", "task"]),
        ("late-pool-of-a-hook", &["main", "hook"]),
    ]);
}

#[test]
fn everything_works_after_a_guard_in_the_middle() {
    check_all(&[
        ("guard-in-the-middle", &["timer", "main"]),
        ("guard-beside-a-foreign-thread", &["main"]),
        ("guards-at-once", &["main"]),
        ("guards-in-two-threads", &["main", "guard", "guard"]),
    ]);
}

#[test]
fn timers_run_while_all_threads_are_stopped() {
    check_all(&[
        ("timer-while-all-stop", &["main", "timer", "worker"]),
        ("timers-after-stop-all", &["main"]),
        ("timer-thread-stopped", &["main"]),
    ]);
}

#[test]
fn timers_run_until_the_threads_that_must_finish_have_finished() {
    check_all(&[("timer-of-a-late-thread", &["main", "timer"])]);
}

#[test]
fn the_end_of_main_cancels_the_timers_that_are_pending() {
    check_all(&[
        ("timer-outlives-main", &["main", "wait ended"]),
        ("timer-never-due", &["main", "wait ended"]),
        ("timer-never-due-after-a-guard", &["main", "wait ended"]),
        ("timer-repeats", &["main", "wait ended"]),
        ("timer-runs-while-main-ends", &["main", "wait ended"]),
        ("timer-holds-a-bomb", &["main", "daemon stopped"]),
        (
            "timer-makes-another-when-dropped",
            &["main", "daemon stopped"],
        ),
        ("timer-drops-a-guard", &["daemon stopped", "timer", "main"]),
    ]);
}

#[test]
fn the_end_of_main_cancels_the_tasks_whose_time_has_not_come() {
    check_all(&[
        (
            "delayed-task-outlives-main",
            &["main", "the task was cancelled before it ran"],
        ),
        ("delayed-task-has-the-last-handle", &["main", "cancelled"]),
    ]);
}

#[test]
fn a_task_that_follows_what_never_ends_does_not_keep_the_process() {
    check_all(&[("follower-outlives-main", &["task", "main"])]);
}

#[test]
fn a_panic_of_main_cancels_them_too() {
    let scenario = "guard-while-main-unwinds";
    let ended = run(env!("CARGO_BIN_EXE_exits"), scenario, support::LONG);
    assert_eq!(ended.code(), Some(101), "{ended:?}");
    assert_eq!(ended.out, "main\ndaemon stopped\n", "{ended:?}");
}

#[test]
fn a_stop_of_all_ends_what_runs_and_what_is_started_later() {
    check_all(&[("stop-all-twice", &["main"])]);
}

#[test]
fn threads_are_used_in_destructors_and_while_unwinding() {
    check_all(&[
        (
            "in-destructors",
            &["ours", "theirs", "unknown", "worker", "main"],
        ),
        (
            "while-unwinding",
            &["thread", "scope", "theirs", "task", "main", "main"],
        ),
    ]);
}

/// Runs a program that uses every operation in that state. The program must print every operation that the coverage
/// page lists for the state.
fn do_everything(state: &str) {
    let scenario = state.replace('`', "").replace(' ', "-");
    let ended = run(
        env!("CARGO_BIN_EXE_every_operation"),
        &scenario,
        support::LONG,
    );
    assert_eq!(ended.code(), Some(0), "{state}: {ended:?}");
    let covered = include_str!("../stress/by_hand.md").lines();
    let covered = covered.filter(|row| row.contains("| everything_works_in_every_state |"));
    let covered = covered.filter(|row| row.contains(&format!(" | {state} | ")));
    let mut rows = 0;
    for row in covered {
        let operation = row.split('|').nth(1).unwrap_or_default().trim();
        let works = ended.out.lines().any(|line| line == operation);
        assert!(works, "{operation}, {state}: {ended:?}");
        rows += 1;
    }
    assert!(rows > 0, "{state}");
}

#[test]
fn everything_works_in_every_state() {
    let states = [
        "after `main`",
        "thread running",
        "unwinding",
        "in its thread-local destructors",
    ];
    join_all(states.map(|state| spawn(move || do_everything(state)))).unwrap();
}

/// What a program prints on standard error if its `main` waits for no thread.
fn said_at_the_end(scenario: &str, code: i32) -> String {
    let ended = run(env!("CARGO_BIN_EXE_unguarded"), scenario, support::LONG);
    assert_eq!(ended.code(), Some(code), "{scenario}: {ended:?}");
    ended.err
}

/// Only builds that report print it, on systems that have a hook for the end of the process.
#[test]
fn a_thread_that_ends_with_main_is_named() {
    let is_told = cfg!(all(unix, any(debug_assertions, feature = "explore")));
    for (scenario, code, names) in [
        ("worker", 0, &["worker"][..]),
        ("two", 0, &["one", "other"]),
        ("exit", 3, &["worker"]),
    ] {
        let said = said_at_the_end(scenario, code);
        let lines: Vec<_> = said.lines().collect();
        assert_eq!(
            lines.len(),
            if is_told { names.len() } else { 0 },
            "{scenario}: {said}"
        );
        for (line, name) in lines.iter().zip(names) {
            assert!(
                line.starts_with(&format!(
                    "the process ends while thread `{name}` runs, which was started at \
                     tests/programs/unguarded.rs:"
                )) && line.ends_with(
                    ": write `#[threadkit::main]` above `fn main`, which then waits for it, or join \
                     it, or start it as a daemon"
                ),
                "{scenario}: {line}"
            );
        }
    }
}

#[test]
fn an_end_of_main_that_cuts_nothing_off_is_quiet() {
    for scenario in ["daemon", "joined", "guard", "pool", "elsewhere"] {
        assert_eq!(said_at_the_end(scenario, 0), "", "{scenario}");
    }
}

/// Each place is reported once.
#[test]
fn a_stop_that_waits_for_a_sleep_is_told_of() {
    let said = said_at_the_end("sleeper", 0);
    if cfg!(any(debug_assertions, feature = "explore")) {
        assert!(
            said.starts_with(
                "the stop of thread `sleeper` had to wait for a `threadkit::sleep` of 1s at \
                 tests/programs/unguarded.rs:"
            ) && said.ends_with(
                ": write `threadkit::stop_token().wait_timeout(..)`, which a stop ends\n"
            ) && said.lines().count() == 1,
            "{said}"
        );
    } else {
        assert_eq!(said, "");
    }
}
