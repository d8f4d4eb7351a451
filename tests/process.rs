//! Ends of processes: who is waited for, and what the exit code is.

#[path = "support/process.rs"]
mod process;
mod support;

use std::time::Duration;

use process::{scenario, scenario_for, scenario_unheard};

/// Whether this build keeps track of who holds what.
const TRACKED: bool = cfg!(any(debug_assertions, feature = "explore"));

#[test]
fn main_returns_and_the_threads_are_waited_for() {
    let ended = scenario("returns");
    assert_eq!(
        (ended.code(), &*ended.out, &*ended.err),
        (Some(0), "main\nworker\n", "")
    );
}

#[test]
fn main_returns_an_error_after_the_threads() {
    let ended = scenario("fails");
    assert_eq!((ended.code(), &*ended.out), (Some(1), "main\nworker\n"));
    assert_eq!(ended.err, "Error: \"bad luck\"\n");
}

#[test]
fn main_panics_and_the_threads_are_waited_for() {
    let ended = scenario("panics");
    assert_eq!((ended.code(), &*ended.out), (Some(101), "worker\n"));
    assert!(ended.err.contains("main gives up"), "{}", ended.err);
}

#[test]
fn exit_waits_for_nobody() {
    let ended = scenario("exits");
    assert_eq!(
        (ended.code(), &*ended.out, &*ended.err),
        (Some(7), "main\n", "")
    );
    assert_eq!(scenario("exits-from-a-thread").code(), Some(8));
}

#[test]
fn threads_that_threads_start_are_waited_for() {
    let ended = scenario("threads-of-threads");
    assert_eq!(ended.code(), Some(0));
    for line in ["main\n", "child\n", "grandchild\n"] {
        assert!(ended.out.contains(line), "{ended:?}");
    }
}

#[test]
fn nobody_waits_for_a_thread_that_was_not_started() {
    let ended = scenario("refused-starts");
    assert_eq!(
        (ended.code(), &*ended.out, &*ended.err),
        (Some(0), "main\n", "")
    );
}

#[test]
fn what_became_of_the_handle_does_not_matter() {
    let ended = scenario("forgotten-and-panicked");
    assert_eq!((ended.code(), &*ended.out), (Some(0), "main\nforgotten\n"));
    assert!(ended.err.contains("nobody asks"), "{}", ended.err);
}

#[test]
fn daemons_are_stopped_after_the_others_are_done() {
    let ended = scenario("daemon-listens");
    assert_eq!(
        (ended.code(), &*ended.out),
        (Some(0), "main\nworker\ndaemon stopped\n")
    );
}

#[test]
fn daemons_change_nothing_about_how_main_ends() {
    let ended = scenario("fails-beside-daemons");
    assert_eq!((ended.code(), &*ended.out), (Some(1), "daemon stopped\n"));
    assert_eq!(ended.err, "Error: \"bad luck\"\n");
    let ended = scenario("panics-beside-daemons");
    assert_eq!((ended.code(), &*ended.out), (Some(101), "daemon stopped\n"));
    assert!(ended.err.contains("main gives up"), "{}", ended.err);
    // Nobody is stopped, as nobody is waited for.
    let ended = scenario("exits-beside-daemons");
    assert_eq!((ended.code(), &*ended.out, &*ended.err), (Some(9), "", ""));
}

#[test]
fn daemons_that_do_not_listen_do_not_keep_the_process() {
    let ended = scenario("daemons-are-deaf");
    assert_eq!((ended.code(), &*ended.out), (Some(0), "main\nworker\n"));
    assert!(ended.took < Duration::from_secs(10), "{ended:?}");
}

#[test]
fn work_that_a_daemon_leaves_is_waited_for() {
    let ended = scenario("daemon-leaves-work");
    assert_eq!((ended.code(), &*ended.out), (Some(0), "main\nlast work\n"));
}

#[test]
fn a_guard_may_stand_in_any_thread() {
    let ended = scenario("guards-in-threads");
    assert_eq!((ended.code(), &*ended.out), (Some(0), "main\ninner\n"));
}

#[test]
fn destructors_that_panic_do_not_keep_the_process() {
    let ended = scenario("bomb");
    assert_eq!(
        (ended.code(), &*ended.out),
        (Some(0), "main\nworker\n"),
        "{}",
        ended.err
    );
    assert!(ended.err.contains("a payload that panics"), "{}", ended.err);
}

/// The one slow test: it takes the five seconds after which an exit says for whom it waits.
#[test]
fn a_long_wait_is_explained_once_and_does_not_need_a_reader() {
    let unheard = std::thread::spawn(|| scenario_unheard("dawdles"));
    let ended = scenario("dawdles");
    assert_eq!((ended.code(), &*ended.out), (Some(0), "main\ndone\n"));
    if TRACKED {
        assert_eq!(
            ended.err.matches("main has returned").count(),
            1,
            "{}",
            ended.err
        );
        assert!(ended.err.contains("`dawdler` (in sleep, "), "{}", ended.err);
        assert!(ended.err.contains("scenario.rs:"), "{}", ended.err);
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
    // It hangs, as such a program does; a second panic would have ended it.
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
    assert_eq!(
        (ended.code(), &*ended.out),
        (Some(0), "main\n"),
        "{}",
        ended.err
    );
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
    assert_eq!(
        (ended.code(), &*ended.out),
        (Some(0), "main\n"),
        "{}",
        ended.err
    );
}

#[test]
fn a_schedule_that_is_not_followed_is_told_once() {
    let ended = scenario("replays");
    assert_eq!((ended.code(), &*ended.out), (Some(0), "body\nbody\nmain\n"));
    let note = "note: without the feature `explore` the schedule is not followed\n";
    let expected = if cfg!(feature = "explore") { "" } else { note };
    assert_eq!(ended.err, expected);
}

#[test]
fn a_recursive_read_is_told_once_though_nothing_happens() {
    let ended = scenario("reads-again");
    assert_eq!((ended.code(), &*ended.out), (Some(0), "2\n2\nmain\n"));
    if TRACKED {
        assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
        for part in ["possible deadlock", "`rates`", "`main`", "reads already"] {
            assert!(ended.err.contains(part), "{}", ended.err);
        }
        let places = ended.err.matches("scenario.rs:").count();
        assert_eq!(places, 3, "made, first, second: {}", ended.err);
    } else {
        assert_eq!(ended.err, "");
    }
}

#[test]
fn a_recursive_read_that_meets_a_writer_is_told() {
    let ended = scenario("reads-again-behind-a-writer");
    assert_eq!(
        (ended.code(), &*ended.out),
        (Some(0), "gave up: true\nmain\n")
    );
    if TRACKED {
        assert!(
            ended.err.contains("deadlock, unless a writer gives up"),
            "{}",
            ended.err
        );
    }
}

#[test]
#[cfg(target_os = "linux")]
fn ten_thousand_idle_threads_are_listed_and_take_what_they_take_in_std() {
    let [ours, theirs] = ["crowd", "crowd-of-std"].map(|crowd| {
        let ended = scenario(crowd);
        assert_eq!(ended.code(), Some(0), "{}", ended.err);
        let mut lines = ended.out.lines();
        let bytes: usize = lines.next().unwrap().parse().unwrap();
        (bytes, lines.next().unwrap().to_owned())
    });
    println!("{} bytes a thread, {} with std", ours.0, theirs.0);
    assert_eq!(ours.1, "10002 10002", "all of them, the first, and main");
    assert_eq!(theirs.1, "1 1", "threads that were never met");
    // Most of it are pages of the stack; without optimisation more of them are touched on the way.
    let more = if cfg!(debug_assertions) { 12_288 } else { 1024 };
    assert!(
        ours.0 < theirs.0 + more,
        "{} bytes a thread, {} with std",
        ours.0,
        theirs.0
    );
}
