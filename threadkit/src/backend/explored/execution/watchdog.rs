//! The watch over executions whose coroutines run on the thread that has begun them.
//!
//! If one of them is stuck, that thread is, so it cannot report the failure, and nothing can end it. One thread of the
//! process looks at all of them, and ends the process.

use std::io::{self, Write as _};
use std::{process, thread};

use parking_lot::Mutex;

use super::turns::Execution;
use super::watch::{LOOKS_EVERY, Watch};
use crate::backend::explored::run_state::Run;
use crate::backend::os_builder::os_builder;
use crate::unwind;

/// After how many looks, one after another, at which there was nothing to see the watchdog ends. The next execution starts
/// it again.
const IDLE_LOOKS: u32 = 10;

/// Puts the run of an execution that is stuck into words.
type Describe = Box<dyn FnOnce(Run) -> String + Send>;

/// An execution that the watchdog looks at, until this is dropped.
pub(super) struct Watched {
    execution: &'static Execution,
}

struct Entry {
    execution: &'static Execution,
    watch: Watch,
    describe: Describe,
}

struct All {
    entries: Vec<Entry>,
    /// Whether an execution was added since the last look.
    is_in_use: bool,
    is_running: bool,
}

/// The executions in progress. The watchdog has it locked while it looks. When it has found one that is stuck, it never
/// unlocks it, so none of them can return from then on.
static ALL: Mutex<All> = Mutex::new(All {
    entries: Vec::new(),
    is_in_use: false,
    is_running: false,
});

impl Watched {
    /// # Errors
    ///
    /// Those of the system, if it has no thread for the watchdog.
    pub(super) fn new(execution: &'static Execution, describe: Describe) -> io::Result<Self> {
        let mut all = ALL.lock();
        if !all.is_running {
            os_builder("threadkit-watchdog".to_owned(), None)?.spawn(watch_all)?;
            all.is_running = true;
        }
        all.is_in_use = true;
        all.entries.push(Entry {
            execution,
            watch: Watch::default(),
            describe,
        });
        Ok(Self { execution })
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut all = ALL.lock();
        let is_mine = |entry: &Entry| core::ptr::eq(entry.execution, self.execution);
        let entry = (all.entries.iter().position(is_mine)).map(|at| all.entries.swap_remove(at));
        drop(all);
        // What it refers to may have destructors of the program.
        drop(entry);
    }
}

/// What the watchdog does.
fn watch_all() {
    let mut idle = 0;
    loop {
        thread::sleep(LOOKS_EVERY);
        let mut all = ALL.lock();
        let stuck = (all.entries.iter_mut().enumerate())
            .find_map(|(at, entry)| Some((at, entry.watch.look(entry.execution, true)?)));
        if let Some((at, run)) = stuck {
            let entry = all.entries.swap_remove(at);
            end_process(entry.describe, run);
        }
        let is_in_use = core::mem::take(&mut all.is_in_use) || !all.entries.is_empty();
        idle = if is_in_use { 0 } else { idle + 1 };
        if idle == IDLE_LOOKS {
            all.is_running = false;
            return;
        }
    }
}

/// Reports a run that is stuck, and ends the process.
fn end_process(describe: Describe, run: Run) -> ! {
    let text = unwind::catch(|| describe(run));
    let text = text.unwrap_or_else(|_| "an exploration is stuck".to_owned());
    // Not by the macros, whose text a test may capture, and without the lock, which the thread that is stuck may have.
    let out = unlocked_stderr();
    // Nothing is left to do if it cannot be written.
    let _ = out.and_then(|mut out| out.write_all(text.as_bytes()));
    process::abort()
}

/// Standard error, without its lock.
#[cfg(unix)]
fn unlocked_stderr() -> io::Result<impl io::Write> {
    use std::os::fd::AsFd as _;
    let fd = io::stderr().as_fd().try_clone_to_owned()?;
    Ok(std::fs::File::from(fd))
}

/// Standard error.
#[cfg(not(unix))]
fn unlocked_stderr() -> io::Result<impl io::Write> {
    Ok(io::stderr())
}
