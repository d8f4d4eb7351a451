//! Running an example.

use std::env;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use threadkit::{JoinHandle, Thread};

/// Far more than any example takes; one that hangs is ended then.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// How an example has ended, and what it has printed.
pub(crate) struct Ended {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs an example to its end, with `typed` as its standard input; returns what it printed.
///
/// It must end in time and with success, and print nothing to standard error: debug builds of
/// threadkit report there what could go wrong another time.
#[track_caller]
pub(crate) fn run(name: &str, arguments: &[&str], typed: &str) -> String {
    let ended = run_to_end(name, arguments, typed);
    assert!(
        ended.success,
        "`{name}` failed; it printed:\n{}{}",
        ended.stdout, ended.stderr
    );
    assert_eq!(ended.stderr, "", "`{name}` printed this to standard error");
    ended.stdout
}

/// Runs an example to its end, which must come in time.
#[track_caller]
pub(crate) fn run_to_end(name: &str, arguments: &[&str], typed: &str) -> Ended {
    let mut child = Command::new(binary(name))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot run example `{name}`: {error}"));

    // Dropped after it was written, which is the end of the input. An example that has ended
    // without reading it has not asked for it.
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(typed.as_bytes());
    }
    let stdout = read_all("stdout", child.stdout.take().expect("it is piped"));
    let stderr = read_all("stderr", child.stderr.take().expect("it is piped"));

    // Its output ends when it does.
    let in_time = stdout.wait_timeout(LIMIT) && stderr.wait_timeout(LIMIT);
    if !in_time {
        child.kill().expect("a child can be ended");
    }
    let status = child.wait().expect("a child can be waited for");
    let stdout = stdout.join().unwrap();
    let stderr = stderr.join().unwrap();

    assert!(
        in_time,
        "`{name}` did not end within {LIMIT:?}; it printed:\n{stdout}{stderr}"
    );
    Ended {
        success: status.success(),
        stdout,
        stderr,
    }
}

/// Reads on a thread of its own, so that neither pipe fills up while the other is read.
fn read_all(name: &str, mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    let read = move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).expect("examples print text");
        text
    };
    Thread::new(read).name(name).start()
}

/// Where cargo puts the example: beside the folder of this test.
pub(crate) fn binary(name: &str) -> PathBuf {
    let this_test = env::current_exe().expect("a test knows where it is");
    let profile = this_test
        .ancestors()
        .nth(2)
        .expect("it is in `target/<profile>/deps`");
    let binary = profile
        .join("examples")
        .join(name)
        .with_extension(env::consts::EXE_EXTENSION);
    assert!(
        binary.exists(),
        "example `{name}` is not built: run `cargo build --examples`, or all tests of this package"
    );
    binary
}
