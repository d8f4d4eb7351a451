//! The processes that programs run in: a program that hangs or crashes takes its process down.
//!
//! The parent writes a line for each program and reads one for its result:
//!
//! ```text
//! run explore RUNS SEED TAPE      ->  pass | fail TEXT
//! run free RUNS LIMIT_MS TAPE     ->  pass | fail TEXT
//! coverage                        ->  cell OPERATION|STATE|COUNT, ...; end
//! ```

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use threadkit::explore::Explorer;

use crate::coverage;
use crate::generate::generate;
use crate::options::Options;
use crate::program::Program;
use crate::run::run;
use crate::tape::Tape;

/// How a program is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Under that number of schedules, chosen from that seed.
    Explore { runs: u64, seed: u64 },
    /// That number of times on free threads, each with that time limit.
    Free { runs: u64, limit: Duration },
}

impl Mode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Explore { .. } => "explore",
            Self::Free { .. } => "free",
        }
    }
}

/// How many steps a run may take, with a large margin.
const STEPS: usize = 200_000;

/// Answers the requests on standard input until it ends.
pub(crate) fn serve(options: &Options) -> ExitCode {
    let mut out = std::io::stdout();
    for line in std::io::stdin().lines() {
        let Ok(line) = line else { break };
        let words: Vec<_> = line.split(' ').collect();
        let answer = match words.as_slice() {
            ["run", mode, runs, number, tape] => {
                let (Some(mut tape), Ok(runs), Ok(number)) =
                    (Tape::from_hex(tape), runs.parse(), number.parse())
                else {
                    return ExitCode::from(2);
                };
                let program = Arc::new(generate(&mut tape, &options.without));
                let (outcome, hangs) = match *mode {
                    "explore" => (explore(&program, runs, number), false),
                    _ => free(&program, runs, Duration::from_millis(number)),
                };
                let answer = match outcome {
                    Ok(()) => "pass".to_owned(),
                    Err(text) => {
                        format!("fail {}", text.replace('\\', "\\\\").replace('\n', "\\n"))
                    }
                };
                if hangs {
                    let _ = writeln!(out, "{answer}");
                    let _ = out.flush();
                    std::process::exit(3);
                }
                answer
            }
            ["coverage"] => {
                let cells: Vec<_> = coverage::lines()
                    .iter()
                    .map(|line| format!("cell {line}"))
                    .collect();
                let mut all = cells.join("\n");
                if !all.is_empty() {
                    all.push('\n');
                }
                all + "end"
            }
            _ => return ExitCode::from(2),
        };
        if writeln!(out, "{answer}")
            .and_then(|()| out.flush())
            .is_err()
        {
            break;
        }
    }
    // The process ends even if threads wait for ever.
    std::process::exit(0);
}

fn explore(program: &Arc<Program>, runs: u64, seed: u64) -> Result<(), String> {
    coverage::set_explored(true);
    let program = Arc::clone(program);
    let explorer = Explorer::new()
        .runs(runs)
        .seed(seed)
        .max_steps(STEPS)
        .time_limit(Duration::from_secs(20));
    let outcome = explorer.try_check(move || run(&program));
    outcome
        .map(drop)
        .map_err(|failure| failure.what().to_owned())
}

/// Reports what went wrong, and whether a thread hangs.
fn free(program: &Arc<Program>, runs: u64, limit: Duration) -> (Result<(), String>, bool) {
    coverage::set_explored(false);
    for _ in 0..runs {
        let (done, ended) = channel();
        let program = Arc::clone(program);
        let started = thread::Builder::new()
            .name("program".to_owned())
            .spawn(move || {
                let outcome = catch_unwind(AssertUnwindSafe(|| run(&program)));
                let text = outcome.map_err(|payload| {
                    let text = payload.downcast_ref::<String>().cloned();
                    let text = text
                        .or_else(|| payload.downcast_ref::<&str>().map(|&text| text.to_owned()));
                    text.unwrap_or_else(|| "a panic without words".to_owned())
                });
                let _ = done.send(text);
            });
        let thread = match started {
            Ok(thread) => thread,
            Err(error) => {
                return (
                    Err(format!("no thread to run the program in: {error}")),
                    true,
                );
            }
        };
        match ended.recv_timeout(limit) {
            Ok(Ok(())) => {}
            Ok(Err(text)) => return (Err(text), false),
            Err(_) => return (Err(format!("hangs after {limit:?}: {}", who_waits())), true),
        }
        let _ = thread.join();
    }
    (Ok(()), false)
}

/// The threads that are alive, and what each of them waits for.
pub(crate) fn who_waits() -> String {
    let all = threadkit::threads();
    let all: Vec<_> = (all.iter())
        .map(|t| format!("`{}` {}", t.name(), t.state()))
        .collect();
    all.join(", ")
}

/// Counts the files for what children write to standard error.
static LOGS: AtomicU64 = AtomicU64::new(0);

/// How many programs a child runs before it is replaced.
const ENOUGH: usize = 300;

/// A child, started when it is needed.
pub(crate) struct Session {
    without: String,
    log: PathBuf,
    running: Option<Running>,
    cells: Vec<String>,
}

struct Running {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
    programs: usize,
}

impl Session {
    pub(crate) fn new(without: &str) -> Self {
        let number = LOGS.fetch_add(1, Relaxed);
        let name = format!("threadkit-stress-{}-{number}.log", std::process::id());
        Self {
            without: without.to_owned(),
            log: std::env::temp_dir().join(name),
            running: None,
            cells: Vec::new(),
        }
    }

    fn start(&self) -> std::io::Result<Running> {
        // The file may have been rebuilt since the start; this path names the one that runs.
        let running = PathBuf::from("/proc/self/exe");
        let program = if running.exists() {
            running
        } else {
            std::env::current_exe()?
        };
        let mut child = Command::new(program)
            .args(["child", "--without", &self.without])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&self.log)?)
            .spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(std::io::Error::other("a child without its pipes"));
        };
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Running {
            child,
            stdin,
            lines,
            programs: 0,
        })
    }

    /// Runs the program on that tape in the child.
    pub(crate) fn check(&mut self, tape: &Tape, mode: Mode, alone: bool) -> Result<(), String> {
        if alone
            || self
                .running
                .as_ref()
                .is_some_and(|running| running.programs >= ENOUGH)
        {
            self.end();
        }
        let mut running = match self.running.take() {
            Some(running) => running,
            None => self
                .start()
                .map_err(|error| format!("cannot start a child: {error}"))?,
        };
        running.programs += 1;
        let (request, limit) = match mode {
            Mode::Explore { runs, seed } => (
                format!("run explore {runs} {seed} {}", tape.to_hex()),
                Duration::from_secs(120),
            ),
            Mode::Free { runs, limit } => (
                format!("run free {runs} {} {}", limit.as_millis(), tape.to_hex()),
                limit * (runs as u32 + 1) + Duration::from_secs(60),
            ),
        };
        let sent = writeln!(running.stdin, "{request}").and_then(|()| running.stdin.flush());
        let answer = match sent {
            Ok(()) => running.lines.recv_timeout(limit),
            Err(_) => Err(RecvTimeoutError::Disconnected),
        };
        let outcome = match answer {
            Ok(line) if line == "pass" => Ok(()),
            Ok(line) => {
                let text = line.strip_prefix("fail ").unwrap_or(&line);
                Err(text.replace("\\n", "\n").replace("\\\\", "\\"))
            }
            Err(RecvTimeoutError::Timeout) => {
                let _ = running.child.kill();
                let _ = running.child.wait();
                return Err(format!("the process gives no answer within {limit:?}"));
            }
            Err(RecvTimeoutError::Disconnected) => {
                let status = running.child.wait();
                let status =
                    status.map_or_else(|error| error.to_string(), |status| status.to_string());
                return Err(format!(
                    "the process ended: {status}: {}",
                    self.last_words()
                ));
            }
        };
        self.running = Some(running);
        if alone || outcome.is_err() {
            // A failure may leave threads behind.
            self.end();
        }
        outcome
    }

    /// What the child wrote to standard error about its end: its last panic, and its last line.
    fn last_words(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text.lines().collect();
        let panic = lines.iter().rposition(|line| line.contains("panicked at"));
        let panic = panic.map_or(&[][..], |at| &lines[at..lines.len().min(at + 2)]);
        let last = lines.last().filter(|last| !panic.contains(last));
        let words: Vec<_> = panic.iter().chain(last).copied().collect();
        words.join("; ")
    }

    /// Ends the child, and keeps its coverage.
    fn end(&mut self) {
        let Some(mut running) = self.running.take() else {
            return;
        };
        if writeln!(running.stdin, "coverage")
            .and_then(|()| running.stdin.flush())
            .is_ok()
        {
            while let Ok(line) = running.lines.recv_timeout(Duration::from_secs(5)) {
                match line.strip_prefix("cell ") {
                    Some(cell) => self.cells.push(cell.to_owned()),
                    None => break,
                }
            }
        }
        drop(running.stdin);
        let _ = running.child.kill();
        let _ = running.child.wait();
    }

    /// The coverage of all its children.
    pub(crate) fn into_cells(mut self) -> Vec<String> {
        self.end();
        core::mem::take(&mut self.cells)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end();
        let _ = std::fs::remove_file(&self.log);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{Form, Held, Local, Stmt};

    fn program(body: Vec<Stmt>) -> Arc<Program> {
        Arc::new(Program {
            pools: Vec::new(),
            body: Arc::new(body),
            alone: false,
        })
    }

    fn hold(form: Form, inner: Vec<Local>) -> Local {
        Local::Hold {
            what: Held::First,
            form,
            inner,
        }
    }

    const LIMIT: Duration = Duration::from_secs(2);

    #[test]
    fn a_program_that_keeps_the_rules_passes() {
        let body = vec![
            Stmt::Local(hold(Form::Plain, vec![Local::Tick])),
            Stmt::Local(Local::Tick),
        ];
        assert_eq!(free(&program(body), 3, LIMIT), (Ok(()), false));
    }

    /// The twin: a lock that is acquired by its holder, which the generator never generates.
    #[test]
    fn a_program_that_waits_for_itself_is_found_out() {
        let body = vec![Stmt::Local(hold(
            Form::Plain,
            vec![hold(Form::Plain, Vec::new())],
        ))];
        let (outcome, _) = free(&program(body), 1, LIMIT);
        let text = outcome.unwrap_err();
        assert!(
            text.contains("hangs after") || text.contains("already holds"),
            "{text}"
        );
    }
}
