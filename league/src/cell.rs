//! A cell of the table: one program under one explorer, in a process of its own.
//!
//! The process writes a line for each seed. If it takes too long, or if a panic within a panic ends it, the lines that
//! it has written still count.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::panic::PanicHookInfo;
use std::process::{self, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{env, hint, panic, thread};

use crate::cpu;
use crate::explorer::{Budget, EXPLORERS, Ended, Explorer, message, schedules};
use crate::options::Options;
use crate::program::{Collection, Fault, Program};

/// The argument with which the league starts itself for a cell.
pub(crate) const CHILD: &str = "--cell";

/// The result of one seed.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) seed: u64,
    pub(crate) ended: Ended,
    pub(crate) schedules: u64,
    /// Seconds of processor time until the explorer has returned.
    pub(crate) seconds: f64,
    /// The same until the fault was seen: until the first panic of the schedule that failed, or, if it had none, until the
    /// explorer has returned.
    pub(crate) seen: f64,
}

/// The results of all seeds.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) program: Program,
    pub(crate) explorer: Explorer,
    /// `None` if the explorer cannot express the program.
    pub(crate) runs: Option<Vec<Run>>,
    /// Whether the time was up before all seeds were tried.
    pub(crate) is_late: bool,
}

impl Run {
    /// Whether the exploration has found the fault of the program, or in a correct program one that is not there.
    pub(crate) fn is_failure(&self, program: &Program) -> bool {
        let Ended::Failed(what) = &self.ended else {
            return false;
        };
        // Too many steps are a finding only if the program goes on for ever, or is correct.
        matches!(program.fault, Fault::Livelock | Fault::None) || !is_limit(what)
    }

    /// As a line of the file of results.
    pub(crate) fn line(&self) -> String {
        let (word, what) = match &self.ended {
            Ended::Passed => ("passed", String::new()),
            Ended::Complete => ("complete", String::new()),
            Ended::Failed(what) => ("failed", what.replace(['\n', '\t'], " ")),
        };
        let Self {
            seed,
            schedules,
            seconds,
            seen,
            ..
        } = self;
        format!("{seed}\t{schedules}\t{seconds:.7}\t{seen:.7}\t{word}\t{what}")
    }

    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let mut fields = line.splitn(6, '\t');
        let mut next = || fields.next();
        Some(Self {
            seed: next()?.parse().ok()?,
            schedules: next()?.parse().ok()?,
            seconds: next()?.parse().ok()?,
            seen: next()?.parse().ok()?,
            ended: match next()? {
                "passed" => Ended::Passed,
                "complete" => Ended::Complete,
                "failed" => Ended::Failed(next()?.to_owned()),
                _ => return None,
            },
        })
    }
}

/// Whether an explorer has given up a schedule because it has too many steps.
fn is_limit(what: &str) -> bool {
    [
        "exceeded max_steps",
        "exceeded maximum number of branches",
        "no end after",
    ]
    .iter()
    .any(|limit| what.contains(limit))
}

impl Cell {
    /// The runs that count as findings.
    pub(crate) fn failures(&self) -> impl Iterator<Item = &Run> {
        let runs = self.runs.iter().flatten();
        runs.filter(|run| run.is_failure(&self.program))
    }

    /// Explores the program in processes of their own.
    pub(crate) fn measure(
        program: Program,
        explorer: Explorer,
        options: &Options,
    ) -> io::Result<Self> {
        let mut cell = Self {
            program,
            explorer,
            runs: None,
            is_late: false,
        };
        if !explorer.library.can_express(&program) {
            return Ok(cell);
        }
        let seeds = if explorer.is_seeded { options.seeds } else { 1 };
        let mut runs = Vec::new();
        while (runs.len() as u64) < seeds {
            let begun = runs.len();
            let child = Child {
                program: program.name.to_owned(),
                explorer,
                seeds: (runs.len() as u64 + 1, seeds),
                schedules: options.schedules_of(&program, seeds),
                seconds: options.seconds_per_cell,
            };
            let is_late = child.run(&mut runs)?;
            if is_late || runs.len() == begun {
                cell.is_late = true;
                break;
            }
        }
        cell.runs = Some(runs);
        Ok(cell)
    }
}

impl Options {
    /// The schedules for each seed. A correct program has the budget once, for all seeds together.
    fn schedules_of(&self, program: &Program, seeds: u64) -> u64 {
        match program.collection {
            Collection::Correct => (self.schedules / seeds).max(1),
            _ => self.schedules,
        }
    }
}

/// What the process of a cell does.
struct Child {
    program: String,
    explorer: Explorer,
    /// The first and the last.
    seeds: (u64, u64),
    schedules: u64,
    seconds: f64,
}

/// Begins the line that a process writes when its time is up.
const LATE: &str = "late";
/// Begins the line of a panic that ends the process.
const PANIC: &str = "panic\t";

impl Child {
    /// Runs this in a process of its own; returns whether its time was up.
    fn run(&self, runs: &mut Vec<Run>) -> io::Result<bool> {
        let mut process = Command::new(env::current_exe()?)
            .arg(CHILD)
            .arg(&self.program)
            .arg(self.explorer.name())
            .args([self.seeds.0, self.seeds.1, self.schedules].map(|number| number.to_string()))
            .arg(self.seconds.to_string())
            // Not asked for, as usual: threadkit would take one at each panic.
            .env_remove("RUST_BACKTRACE")
            .env_remove("RUST_LIB_BACKTRACE")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        let (mut is_late, mut last_panic) = (false, None);
        for line in output.lines() {
            let line = line?;
            if line == LATE {
                is_late = true;
            } else if let Some(line) = line.strip_prefix(PANIC) {
                last_panic = Run::of_line(line);
            } else if let Some(run) = Run::of_line(&line) {
                last_panic = None;
                runs.push(run);
            }
        }
        let ended_well = process.wait()?.success();
        if !ended_well && !is_late {
            runs.extend(last_panic);
        }
        Ok(is_late)
    }

    /// What [`run`](Self::run) has passed to this process.
    fn of_arguments(arguments: &[String]) -> Option<Self> {
        let [program, explorer, first, last, schedules, seconds] = arguments else {
            return None;
        };
        Some(Self {
            program: program.clone(),
            explorer: *EXPLORERS.iter().find(|known| known.name() == *explorer)?,
            seeds: (first.parse().ok()?, last.parse().ok()?),
            schedules: schedules.parse().ok()?,
            seconds: seconds.parse().ok()?,
        })
    }

    fn explore(&self) {
        self.limit_time();
        // Once: both libraries put a hook of their own in front of it, which costs each what it always does.
        panic::set_hook(Box::new(panics));
        for seed in self.seeds.0..=self.seeds.1 {
            let budget = Budget {
                seed,
                schedules: self.schedules,
            };
            // A test program has a thread for each test, too.
            let measured = thread::scope(|scope| {
                let name = format!("seed {seed}");
                let thread = thread::Builder::new().name(name);
                let measured = thread.spawn_scoped(scope, || self.explore_once(budget));
                measured.expect("the system has a thread").join()
            });
            measured.expect("explorers catch the panics of programs");
        }
    }

    fn explore_once(&self, budget: Budget) {
        // For the first allocation of a thread, some allocators set up memory.
        drop(hint::black_box(Box::new(budget)));
        // The thread that waits for this one falls asleep meanwhile, so that its time is not counted. This one does not
        // sleep, because processors are slow at first after a sleep.
        let started = Instant::now();
        while started.elapsed() < Duration::from_micros(300) {
            hint::spin_loop();
        }
        let exploration = Exploration {
            budget,
            begun: cpu::seconds(),
        };
        *EXPLORATION.lock().unwrap_or_else(PoisonError::into_inner) = (Some(exploration), None);
        let ended = self.explorer.explore(&self.program, budget);
        let end = cpu::seconds();
        write(&exploration.run(ended, end, first_panic()).line());
    }

    /// Ends this process when it has used its processor time, or has slept for long.
    fn limit_time(&self) {
        let (limit, begun) = (self.seconds, Instant::now());
        // Not waited for: it ends with the process.
        thread::spawn(move || {
            loop {
                thread::sleep(Duration::from_millis(20));
                if cpu::seconds() > limit || begun.elapsed().as_secs_f64() > 30.0 + 10.0 * limit {
                    write(LATE);
                    process::abort();
                }
            }
        });
    }
}

/// An exploration in progress.
#[derive(Clone, Copy)]
struct Exploration {
    budget: Budget,
    begun: f64,
}

/// The first panic of a schedule.
#[derive(Clone)]
struct FirstPanic {
    schedule: u64,
    at: f64,
    what: String,
}

/// That of this process, and the first panic of the latest schedule that had one.
static EXPLORATION: Mutex<(Option<Exploration>, Option<FirstPanic>)> = Mutex::new((None, None));

fn first_panic() -> Option<FirstPanic> {
    let all = EXPLORATION.lock().unwrap_or_else(PoisonError::into_inner);
    all.1.clone()
}

/// The panic hook: notes the first panic of each schedule.
///
/// A panic of a destructor while another one unwinds ends the process. Then the first one is written, which is a finding.
fn panics(info: &PanicHookInfo<'_>) {
    let mut all = EXPLORATION.lock().unwrap_or_else(PoisonError::into_inner);
    let (exploration, first) = &mut *all;
    let schedule = schedules();
    if first
        .as_ref()
        .is_none_or(|first| first.schedule != schedule)
    {
        *first = Some(FirstPanic {
            schedule,
            at: cpu::seconds(),
            what: message(info.payload()),
        });
    }
    let is_last = (info.payload_as_str()).is_some_and(|what| what.starts_with("panic in a "));
    if let (true, Some(exploration), Some(first)) = (is_last, exploration, first) {
        let ended = Ended::Failed(first.what.clone());
        let line = exploration
            .run(ended, cpu::seconds(), Some(first.clone()))
            .line();
        write(&format!("{PANIC}{line}"));
    }
}

impl Exploration {
    fn run(self, ended: Ended, end: f64, first_panic: Option<FirstPanic>) -> Run {
        let schedules = schedules();
        let panic = first_panic.filter(|panic| panic.schedule == schedules);
        Run {
            seed: self.budget.seed,
            ended,
            schedules,
            seconds: end - self.begun,
            seen: panic.map_or(end, |panic| panic.at) - self.begun,
        }
    }
}

/// Writes a line at once, whatever happens to this process.
fn write(line: &str) {
    let mut out = io::stdout().lock();
    // The parent may have ended; then there is no reader.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Explores a cell in this process.
pub(crate) fn child(arguments: &[String]) {
    let child = Child::of_arguments(arguments).expect("the league passes what it takes");
    child.explore();
    // Threads of failed runs may still sleep, and destructors could wait for them.
    process::exit(0);
}
