//! The league, small: some programs under all explorers.

use std::fs;
use std::process::{Command, Output};

fn league(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_threadkit-league"))
        .args(arguments)
        .output()
        .expect("the league is built")
}

fn page(arguments: &[&str]) -> String {
    let output = league(arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The cells of the first row that begins with this.
fn row<'a>(page: &'a str, begin: &str) -> Vec<&'a str> {
    let row = page.lines().find(|line| line.starts_with(begin));
    let row = row.unwrap_or_else(|| panic!("no row begins with {begin}:\n{page}"));
    row.trim_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn every_explorer_has_its_column() {
    let page = page(&[
        "--only",
        "reorder_3,deadlock01,watchdog,message_passing,counter",
        "--seeds",
        "2",
        "--schedules",
        "500",
    ]);
    let columns = row(&page, "| program | fault");
    assert_eq!(columns.len(), 2 + 12, "{columns:?}");
    for name in ["| reorder_3", "| deadlock01"] {
        for cell in &row(&page, name)[2..] {
            assert!(
                !cell.contains('–') && !cell.contains("n. e."),
                "{name}: {cell}"
            );
        }
    }
    let watchdog = row(&page, "| watchdog");
    assert!(
        watchdog[2..8].iter().all(|cell| !cell.contains("n. e.")),
        "{watchdog:?}"
    );
    assert!(
        watchdog[8..].iter().all(|cell| *cell == "n. e."),
        "{watchdog:?}"
    );
    let message = row(&page, "| message_passing");
    assert!(
        message[8..12].iter().all(|cell| *cell == "n. e."),
        "{message:?}"
    );
    assert!(
        message[2..8]
            .iter()
            .all(|cell| !cell.contains('–') && !cell.contains("n. e.")),
        "{message:?}"
    );
    assert_ne!(message[13], "–", "loom has weak memory");
    let counter = row(&page, "| counter");
    assert!(
        counter.iter().all(|cell| !cell.contains("alarm")),
        "{counter:?}"
    );
    assert!(counter[12].starts_with("proved"), "{counter:?}");
    let default = row(&page, "| threadkit default");
    assert_eq!(
        default[1], "5 of 5",
        "timeouts and weak memory can be expressed"
    );
}

/// A program that an explorer refuses for what one thread does is marked, and compares nothing.
#[test]
fn a_refusal_is_marked() {
    let page = page(&[
        "--only",
        "cockroach_6181,recursive_read,deadlock01",
        "--with",
        "threadkit uniform,shuttle urw,loom all",
        "--seeds",
        "2",
        "--schedules",
        "2000",
    ]);
    let found = row(&page, "| cockroach_6181");
    assert!(!found[2].contains('‡'), "{found:?}");
    assert_eq!(found[3..], ["2‡ · 1", "1‡"]);
    let correct = row(&page, "| recursive_read");
    assert_eq!(correct[1..], ["passes", "refused‡", "refused‡"]);
    let uniform = row(&page, "| threadkit uniform");
    assert!(uniform[6].ends_with(" of 1"), "{uniform:?}");
    let loom = row(&page, "| loom all");
    assert_eq!(loom[9], "0", "a refusal is no false alarm");
    assert!(page.contains("over the 1 programs"), "{page}");
}

/// What shuttle cannot express is not in a comparison with it.
#[test]
fn what_one_alone_has_found_is_counted_apart() {
    let page = page(&[
        "--only",
        "deadlock01,watchdog,timeout_is_success",
        "--with",
        "threadkit uniform,shuttle urw",
        "--seeds",
        "2",
        "--schedules",
        "2000",
    ]);
    let uniform = row(&page, "| threadkit uniform");
    assert!(uniform[6].ends_with(" of 1 + 2"), "{uniform:?}");
}

#[test]
fn a_cell_that_takes_too_long_is_cut_off() {
    let page = page(&[
        "--only",
        "counter",
        "--with",
        "threadkit default,shuttle random",
        "--schedules",
        "1000000000",
        "--seconds-per-cell",
        "0.1",
    ]);
    assert_eq!(row(&page, "| counter")[1..], ["passes†", "passes†"]);
}

#[test]
fn what_was_measured_is_not_measured_again() {
    let folder = tempdir();
    let file = folder.join("results");
    let arguments = [
        "--only",
        "lost_update",
        "--with",
        "threadkit,loom",
        "--seeds",
        "2",
        "--results",
        file.to_str().expect("the folder has a plain name"),
    ];
    let first = page(&arguments);
    let kept = fs::read_to_string(&file).expect("it was written");
    assert_eq!(kept.lines().filter(|line| *line == "done").count(), 8);
    assert_eq!(
        page(&arguments),
        first,
        "the figures are those of the first time"
    );
    assert_eq!(fs::read_to_string(&file).expect("it is still there"), kept);
    fs::remove_dir_all(folder).expect("nothing else is in it");
}

#[test]
fn reports_do_not_name_the_program() {
    let folder = tempdir();
    page(&[
        "--only",
        "hugo_3251,watchdog",
        "--reports",
        folder.to_str().expect("the folder has a plain name"),
    ]);
    for name in ["01.txt", "02.txt"] {
        let report = fs::read_to_string(folder.join(name)).expect("it was written");
        assert!(
            report.contains("failed:") && report.contains("what each thread did"),
            "{report}"
        );
        assert!(
            !report.contains("hugo_3251") && !report.contains("(watchdog)"),
            "{report}"
        );
    }
    fs::remove_dir_all(folder).expect("nothing else is in it");
}

#[test]
fn a_mistake_says_what_to_write() {
    let said = |arguments: &[&str]| {
        let output = league(arguments);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(
        said(&["--only", "nothing"]).contains("no program is called `nothing`; there are account,")
    );
    assert!(said(&["--with", "tsan"]).contains("there are threadkit default,"));
    assert!(said(&["--seeds", "0"]).contains("needs a positive number, not `0`"));
    assert!(said(&["--seed", "1"]).contains("--seeds N"));
}

/// A folder for this test alone.
fn tempdir() -> std::path::PathBuf {
    let thread = std::thread::current();
    let name = thread.name().expect("a test has a name").to_owned();
    let folder = std::env::temp_dir().join(format!("league-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).expect("the temporary folder can be written to");
    folder
}
