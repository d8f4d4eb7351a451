//! Runs every example and looks at what it prints.

mod expect;
#[cfg(all(unix, feature = "signals"))]
mod hang;
mod run;

use std::fs;
use std::path::Path;

use expect::{exactly, in_any_order};
use run::{run, run_to_end};

/// One test for each example, and the list of those that have one.
macro_rules! examples {
    ($($(#[$needs:meta])? $name:ident: $expected:expr;)*) => {
        // The first two also print to standard error; the last one is in a file of its own.
        const COVERED: &[&str] = &[$(stringify!($name),)* "rehearsal", "transfers", "hang"];

        $(
            $(#[$needs])?
            #[test]
            fn $name() {
                $expected.check(&run(stringify!($name), &[], ""));
            }
        )*
    };
}

examples! {
    quickstart: exactly(
        "worker-1 added 1000 times\nworker-2 added 1000 times\n\
         worker-3 added 1000 times\nworker-4 added 1000 times\n\
         heartbeat stopped after 0 beats\ntotal: 10000\n",
    );
    my_thread_class: exactly("Hello from a thread!\n");
    several_instances: exactly("Hello from a thread!\nHello from a thread!\n");
    target_function: exactly("This is a target function executed by a thread.\n");
    print_numbers: exactly("0\n1\n2\n3\n4\nThread execution completed\n");
    join_then_continue: exactly(
        "Finished executing target function.\n\
         Main thread continues after joining the thread.\n",
    );
    current_thread_name: exactly("Hello from thread Thread-1 (my_func)\n");
    task_per_thread: in_any_order(
        "Task processed: 1\nTask processed: 2\nTask processed: 3\nTask processed: 4\n\
         Task processed: 5\nTask processed: 6\nTask processed: 7\nTask processed: 8\n\
         Task processed: 9\nTask processed: 10\n",
    );
    shared_variable: exactly("2\n");
    thread_pool: in_any_order(
        "Task processed: 1\nTask processed: 2\nTask processed: 3\nTask processed: 4\n\
         Task processed: 5\nTask processed: 6\nTask processed: 7\nTask processed: 8\n\
         Task processed: 9\nTask processed: 10\n",
    );
    word_count: exactly(" 25000 a\n 25000 is\n 25000 the\n 20000 that\n 15000 and\n");
    increment: exactly("Counter value: 20000\n");
    increment_decrement: exactly("Shared variable: 0\n");
    locked_counter: exactly("Counter value: 500000\n");
    rlock: exactly("checking: 2000, savings: 8000\nthe total was always the same: true\n");
    philosophers: exactly(
        "Anscombe has eaten 1000 times\nArendt has eaten 1000 times\n\
         Beauvoir has eaten 1000 times\nFoot has eaten 1000 times\n\
         Hypatia has eaten 1000 times\nuses of the forks: [2000, 2000, 2000, 2000, 2000]\n",
    );
    deadlock: exactly(
        "deadlock: 2 threads wait for each other\n  \
         `saver` in acquire at examples/deadlock.rs:22:14, for `savings` (examples/deadlock.rs:14:29), \
         held by `spender` since examples/deadlock.rs:28:31\n  \
         `spender` in acquire at examples/deadlock.rs:30:15, for `checking` (examples/deadlock.rs:15:30), \
         held by `saver` since examples/deadlock.rs:20:33\n\
         behind them:\n  \
         `main` in JoinHandle::join at examples/deadlock.rs:47:5, for `saver`\n\
         the cause: `checking` (examples/deadlock.rs:15:30) and `savings` (examples/deadlock.rs:14:29) \
         are acquired in both orders\n",
    );
    semaphore: exactly("6 have swum\nmore than two at once: false\n");
    condition: exactly("taken: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n");
    monitor: exactly("taken: [1, 2, 3, 4, 5, 6, 7, 8]\nleft on the account: 10\nmeetings: 0\n");
    event: in_any_order("Go!\nAda runs\nGrace runs\nRadia runs\n");
    barrier: exactly(
        "all have come to hut 1\nall have come to hut 2\nall have come to hut 3\n",
    );
    pipeline: exactly(
        "There are 2262 primes below 20000.\nNo queue ever held more than 10: true.\n",
    );
    crawler: exactly(
        "/: 3 links\n/about: 1 link\n/docs: 3 links\n/docs/locks: 2 links\n/docs/queues: 2 links\n\
         /news: 3 links\n/news/1: 1 link\n/news/2: not found\nfetched 8 pages, each once: true\n",
    );
    bank: exactly(
        "Ada has 600\nGrace has 0\nthe landlord has 400\nthe company has 600\n\
         the yacht: not enough money\nin all banks: 1600\n",
    );
    scheduled_job: exactly(
        "three runs of two steps: [1, 2, 1, 2, 1, 2]\nruns before the stop: 1\nstopped in the middle of a run\n",
    );
    cache: exactly("lookups: 4000\nvalues made: 100\nwrong: 0\nremoved: 50\n");
    async_server: exactly(
        "17984 primes below 200000\n4 primes below 10\n25 primes below 100\n\
         `ten` is not a number: invalid digit found in string\nclients: 4\n",
    );
    periodic: exactly(
        "tick 1\ntick 2\ntick 3\nclock stopped in time: true\nattempt 1\nattempt 2\nattempt 3\n\
         the tea is ready\ntea called off in time: false\nalarm called off in time: true\n",
    );
    tcp_server: exactly(
        "tester-1: 100 of 100 answers are right\n\
         tester-2: 100 of 100 answers are right\n\
         tester-3: 100 of 100 answers are right\n\
         add two and two: not a number: invalid digit found in string\n\
         the report begins\nthe report is complete\ngood-bye to the silent: true\n\
         requests answered: 302\nnew clients are let in: false\n",
    );
    timeline: exactly(
        "32 thumbnails are in the album\n\
         open threadkit-timeline.html in a browser; it is in the folder for temporary files\n",
    );
    concurrency: in_any_order(
        "a poem has arrived\na song has arrived\na large film has arrived\n\
         together: 300 ms\none after the other: 600 ms\n",
    )
    .with_any_numbers();
    cpu_bound: exactly("1 thread: 96 ms\n2 threads: 53 ms\nspeed-up: 1.8\n").with_any_numbers();
    #[cfg(feature = "explore")]
    find_a_race: exactly("found: the body returned an error: \"the account holds -60\"\n");
    responsive: exactly(
        "\r[########################################] 100 %\n\
         There are 9592 primes below 100000.\n",
    );
}

#[test]
fn responsive_stops_at_a_key_press() {
    let for_hours = "1000000000000";
    let printed = run("responsive", &[for_hours], "q\n");
    assert!(
        printed.ends_with("\nStopped by a key press.\n"),
        "{printed}"
    );
}

#[test]
fn a_key_press_need_not_be_a_line() {
    let printed = run("responsive", &["1000000000000"], " ");
    assert!(
        printed.ends_with("\nStopped by a key press.\n"),
        "{printed}"
    );
}

#[test]
fn servers_say_in_words_what_a_port_is() {
    for server in ["tcp_server", "async_server"] {
        for port in ["abc", "70700", "-1"] {
            let ended = run_to_end(server, &[port], "");
            assert!(!ended.success);
            let expected = format!("{port} is not a port: give a number up to 65535, such as 7070");
            assert!(ended.stderr.contains(&expected), "{}", ended.stderr);
        }
    }
}

/// Runs an example that reports an order of locks to standard error, with these words.
#[track_caller]
fn run_with_report(name: &str, words: &str) -> String {
    let ended = run_to_end(name, &[], "");
    assert!(ended.success, "{}", ended.stderr);
    let reports = ended.stderr.matches("possible deadlock").count();
    assert_eq!(reports, 1, "{}", ended.stderr);
    assert!(ended.stderr.contains(words), "{}", ended.stderr);
    ended.stdout
}

#[test]
fn rehearsal() {
    let printed = run_with_report("rehearsal", "5 locks are acquired in a ring");
    exactly(
        "Anscombe has eaten\nArendt has eaten\nBeauvoir has eaten\nFoot has eaten\nHypatia has eaten\n\
         Hypatia may hold `fork 5` (examples/rehearsal.rs:20:5)\n  \
         and wait for `fork 1` (examples/rehearsal.rs:16:5)\n\
         Anscombe may hold `fork 1` (examples/rehearsal.rs:16:5)\n  \
         and wait for `fork 2` (examples/rehearsal.rs:17:5)\n\
         Arendt may hold `fork 2` (examples/rehearsal.rs:17:5)\n  \
         and wait for `fork 3` (examples/rehearsal.rs:18:5)\n\
         Beauvoir may hold `fork 3` (examples/rehearsal.rs:18:5)\n  \
         and wait for `fork 4` (examples/rehearsal.rs:19:5)\n\
         Foot may hold `fork 4` (examples/rehearsal.rs:19:5)\n  \
         and wait for `fork 5` (examples/rehearsal.rs:20:5)\n",
    )
    .check(&printed);
}

#[test]
fn transfers() {
    let printed = run_with_report("transfers", "2 locks are acquired in both orders");
    exactly("reports of `lock_all`: 0\nsavings 50, checking 150\nreports of two `acquire`: 1\n")
        .check(&printed);
}

/// The names in the `[[example]]` entries of the manifest.
fn in_the_manifest() -> Vec<String> {
    include_str!("../../Cargo.toml")
        .split("[[example]]")
        .skip(1)
        .map(|entry| {
            let (_, rest) = entry
                .split_once("name = \"")
                .expect("every example has a name");
            let (name, _) = rest
                .split_once('"')
                .expect("a name ends in a quotation mark");
            name.to_owned()
        })
        .collect()
}

/// The names of the programs beside the manifest.
fn in_the_folder() -> Vec<String> {
    fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .expect("the folder of the examples can be read")
        .map(|entry| entry.expect("each entry can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            path.file_stem()
                .expect("a file has a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

fn sorted<T: Ord>(names: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort();
    names
}

#[test]
fn every_example_is_covered() {
    let covered = sorted(COVERED.iter().map(|name| (*name).to_owned()));
    assert_eq!(
        sorted(in_the_manifest()),
        covered,
        "manifest (left) and this test (right)"
    );
    assert_eq!(
        sorted(in_the_folder()),
        covered,
        "folder (left) and this test (right)"
    );
}

#[test]
fn the_list_of_examples_is_complete() {
    let list = include_str!("../../README.md");
    for name in COVERED {
        assert!(
            list.contains(&format!("| `{name}` |")),
            "`{name}` is missing in the README"
        );
    }
}

fn front_page_contains(block: &str) {
    let front_page = include_str!("../../../README.md");
    assert!(
        front_page.contains(block),
        "the README should contain:\n{block}"
    );
}

#[test]
fn the_front_page_shows_the_quickstart_and_what_it_prints() {
    let (_what_it_shows, program) = include_str!("../../quickstart.rs")
        .split_once("\n\n")
        .expect("a program comes after what it shows");
    front_page_contains(&format!("```rust\n{program}```\n"));
    let printed = run("quickstart", &[], "");
    front_page_contains(&format!("```text\n{printed}```\n"));
}

#[test]
fn the_front_page_shows_the_report_of_a_deadlock() {
    let printed = run("deadlock", &[], "");
    front_page_contains(&format!("```text\n{printed}```\n"));
}
