//! Ends of processes: which threads are waited for, and what the exit code is.

#[path = "support/process.rs"]
mod process;
mod support;

use std::time::Duration;

use process::{Ended, scenario, scenario_for, scenario_unheard};
use threadkit::{join_all, spawn};

/// Whether this build tracks the holders of locks.
const TRACKED: bool = cfg!(any(debug_assertions, feature = "explore"));

/// How long daemons have to end after they were stopped.
const GRACE: Duration = Duration::from_millis(200);

/// Fails unless the process has ended without an error and has printed `out`.
#[track_caller]
fn ended_well(ended: &Ended, out: &str) {
    assert_eq!((ended.code(), &*ended.out), (Some(0), out), "{}", ended.err);
}

/// A way for `main` to end with a thread beside it: what waits for what, and what is left.
struct Case {
    scenario: &'static str,
    code: i32,
    out: &'static [&'static str],
    err: &'static [&'static str],
    /// Whether a thread takes all of the grace.
    grace: bool,
}

const fn case(scenario: &'static str, code: i32, out: &'static [&'static str]) -> Case {
    Case {
        scenario,
        code,
        out,
        err: &[],
        grace: false,
    }
}

impl Case {
    const fn err(self, err: &'static [&'static str]) -> Self {
        Self { err, ..self }
    }

    const fn after_grace(self) -> Self {
        Self {
            grace: true,
            ..self
        }
    }
}

const FAILED: &[&str] = &["Error: \"bad luck\""];
const PANICKED: &[&str] = &["main gives up"];

const CASES: &[Case] = &[
    case("returns", 0, &["main"]),
    case("fails", 1, &["main"]).err(FAILED),
    case("panics", 101, &["main"]).err(PANICKED),
    case("exits", 7, &["main"]),
    // Threads are waited for, unless the process ends by `exit`.
    case("returns later", 0, &["main", "worker"]),
    case("fails later", 1, &["main", "worker"]).err(FAILED),
    case("panics later", 101, &["main", "worker"]).err(PANICKED),
    case("exits deaf-worker", 7, &["main"]),
    case("exits-from-a-thread", 8, &[]),
    case("guards-in-threads", 0, &["main", "inner"]),
    // Daemons are stopped after the others are done, unless no thread is waited for.
    case("returns daemon", 0, &["main", "daemon stopped"]),
    case("fails daemon", 1, &["main", "daemon stopped"]).err(FAILED),
    case("panics daemon", 101, &["main", "daemon stopped"]).err(PANICKED),
    case("exits daemon", 7, &["main"]),
    case(
        "returns daemon later",
        0,
        &["main", "worker", "daemon stopped"],
    ),
    case("daemon-leaves-work", 0, &["main", "last work"]),
    // Threads that ignore the stop do not keep the process, and change nothing else.
    case("returns deaf-daemon", 0, &["main"]).after_grace(),
    case("fails deaf-daemon", 1, &["main"])
        .err(FAILED)
        .after_grace(),
    case("panics deaf-daemon", 101, &["main"])
        .err(PANICKED)
        .after_grace(),
    case("exits deaf-daemon", 7, &["main"]),
    case("returns daemon deaf-daemon", 0, &["main", "daemon stopped"]).after_grace(),
    case("fails daemon deaf-daemon", 1, &["main", "daemon stopped"])
        .err(FAILED)
        .after_grace(),
    case(
        "panics daemon deaf-daemon",
        101,
        &["main", "daemon stopped"],
    )
    .err(PANICKED)
    .after_grace(),
    case("exits daemon deaf-daemon", 7, &["main"]),
    case("daemons-are-deaf", 0, &["main", "worker"]).after_grace(),
];

#[test]
fn every_way_to_end_keeps_its_code_and_waits_for_the_right_threads() {
    // They run at the same time, because most of them wait.
    let checks = CASES
        .iter()
        .map(|case| spawn(|| case.check()))
        .collect::<Vec<_>>();
    join_all(checks).unwrap();
}

impl Case {
    fn check(&self) {
        let ended = scenario(self.scenario);
        let Self { scenario, .. } = self;
        assert_eq!(ended.code(), Some(self.code), "{scenario}: {ended:?}");
        assert!(
            ended.out.lines().eq(self.out.iter().copied()),
            "{scenario}: {ended:?}"
        );
        assert_eq!(ended.complaints(), self.err, "{scenario}: {ended:?}");
        assert!(
            ended.took < Duration::from_secs(20),
            "{scenario}: {ended:?}"
        );
        assert!(ended.took >= GRACE || !self.grace, "{scenario}: {ended:?}");
    }
}

#[test]
fn threads_that_threads_start_are_waited_for() {
    let ended = scenario("threads-of-threads");
    assert_eq!((ended.code(), &*ended.err), (Some(0), ""));
    // The last two go on at the same time.
    let mut lines: Vec<_> = ended.out.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["child", "grandchild", "main"]);
}

#[test]
fn a_thread_that_was_not_started_is_not_waited_for() {
    let ended = scenario("refused-starts");
    assert_eq!(
        (ended.code(), &*ended.out, &*ended.err),
        (Some(0), "main\n", "")
    );
}

#[test]
fn what_became_of_the_handle_does_not_matter() {
    let ended = scenario("forgotten-and-panicked");
    ended_well(&ended, "main\nforgotten\n");
    assert!(ended.err.contains("nobody asks"), "{}", ended.err);
}

#[test]
fn destructors_that_panic_do_not_keep_the_process() {
    let ended = scenario("bomb");
    ended_well(&ended, "main\nworker\n");
    assert!(ended.err.contains("a payload that panics"), "{}", ended.err);
}

/// The one slow test: it takes the five seconds after which an exit says for whom it waits.
#[test]
fn a_long_wait_is_explained_once_and_does_not_need_a_reader() {
    let unheard = std::thread::spawn(|| scenario_unheard("dawdles"));
    let ended = scenario("dawdles");
    ended_well(&ended, "main\ndone\n");
    if TRACKED {
        assert_eq!(
            ended.err.matches("main has returned").count(),
            1,
            "{}",
            ended.err
        );
        assert!(ended.err.contains("`dawdler` (in sleep, "), "{}", ended.err);
        assert!(ended.err.contains("process_ends.rs:"), "{}", ended.err);
        assert!(ended.err.contains("start it as a daemon"), "{}", ended.err);
    } else {
        assert_eq!(ended.err, "");
    }
    let unheard = unheard.join().unwrap();
    assert_eq!((unheard.code(), &*unheard.out), (Some(0), "main\ndone\n"));
}

#[test]
fn a_self_deadlock_while_unwinding_is_told_and_does_not_abort() {
    if !TRACKED {
        return;
    }
    // It hangs, as such a program does. A second panic would have ended it.
    let ended = scenario_for("self-deadlock-while-unwinding", Duration::from_secs(2));
    assert!(ended.status.is_none(), "{ended:?}");
    assert!(
        ended.err.contains("thread `main` acquires lock `twice`"),
        "{}",
        ended.err
    );
    assert!(
        ended.err.contains("which it already holds since"),
        "{}",
        ended.err
    );
}

#[test]
fn a_hook_that_replaces_ours_costs_the_place_only() {
    let ended = scenario("hook-set-later");
    ended_well(&ended, "main\n");
}

#[test]
#[cfg(unix)]
fn a_hook_that_panics_ends_the_process_and_does_not_hang_it() {
    use std::os::unix::process::ExitStatusExt;
    let ended = scenario("hook-panics");
    let signal = ended.status.and_then(|status| status.signal());
    assert_eq!((signal, &*ended.out), (Some(6), ""), "{}", ended.err);
}

#[test]
fn a_hook_may_start_threads() {
    let ended = scenario("hook-starts-a-thread");
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    assert_eq!(ended.out, "from the hook\nfrom the hook\nmain\n");
}

#[test]
fn everything_that_waits_works_while_thread_locals_are_destroyed() {
    let ended = scenario("late");
    ended_well(&ended, "main\n");
}

#[test]
fn a_recursive_read_is_told_once_though_nothing_happens() {
    let ended = scenario("reads-again");
    ended_well(&ended, "2\n2\nmain\n");
    if TRACKED {
        let lines: Vec<_> = ended.err.lines().collect();
        assert_eq!(lines.len(), 3, "{}", ended.err);
        let first =
            "possible deadlock (it did not happen in this run): a thread reads a lock twice";
        assert_eq!(lines[0], first);
        assert!(
            lines[1].starts_with("  `main` reads `rates` ("),
            "{}",
            ended.err
        );
        let places = ended.err.matches("process_ends.rs:").count();
        assert_eq!(places, 3, "made, first, second: {}", ended.err);
    } else {
        assert_eq!(ended.err, "");
    }
}

#[test]
fn a_recursive_read_that_meets_a_writer_is_told() {
    let ended = scenario("reads-again-behind-a-writer");
    ended_well(&ended, "gave up: true\nmain\n");
    if TRACKED {
        // The writer gives up, so no deadlock comes of it.
        let reports = ended.err.lines().filter(|line| !line.starts_with(' '));
        assert_eq!(reports.count(), 1, "{}", ended.err);
        assert!(ended.err.contains("possible deadlock"), "{}", ended.err);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn ten_thousand_idle_threads_are_listed_and_take_what_they_take_in_std() {
    let [ours, theirs] = ["crowd", "crowd-of-std"].map(|crowd| {
        let ended = scenario(crowd);
        assert_eq!(ended.code(), Some(0), "{}", ended.err);
        assert_eq!(ended.err, "");
        // The threads have checked the list themselves.
        let (bytes, rest) = ended.out.split_once('\n').unwrap();
        assert_eq!(rest, "main\n");
        bytes.parse::<usize>().unwrap()
    });
    println!("{ours} bytes a thread, {theirs} with std");
    // Most of it are pages of the stack; without optimisation more of them are touched on the way.
    let more = if cfg!(debug_assertions) { 12_288 } else { 1024 };
    assert!(
        ours < theirs + more,
        "{ours} bytes a thread, {theirs} with std"
    );
}
