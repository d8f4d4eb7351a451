//! Runs of a body, one after another.

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::thread;

use super::findings::InProgress;
use super::turns::Execution;
use super::watchdog::Watched;
use crate::backend::explored::coroutines::{self, Here};
use crate::backend::explored::run_state::{CONTROLLER, FailureKind, Run};
use crate::backend::explored::runner::Runner;

/// The number of the next run of all explorations.
static RUNS: AtomicU64 = AtomicU64::new(0);

impl Execution {
    /// Calls `f`, which makes runs of this execution.
    ///
    /// If the tasks are coroutines, they run on the current thread where it can have them, and else on a thread of its own,
    /// which this watches.
    ///
    /// A run that is stuck on the current thread ends the process, after a report in the words of `describe`: the thread
    /// cannot return.
    ///
    /// # Errors
    ///
    /// A run that is stuck on another thread, which is left behind.
    pub(crate) fn make_runs<T: Send + 'static>(
        &'static self,
        f: impl FnOnce() -> T + Send + 'static,
        describe: impl FnOnce(Run) -> String + Send + 'static,
    ) -> Result<T, Box<Run>> {
        if !self.has_coroutines() {
            return Ok(f());
        }
        let Some(_here) = Here::new() else {
            return self.make_runs_apart(f);
        };
        match Watched::new(self, Box::new(describe)) {
            Ok(_watched) => Ok(f()),
            Err(error) => panic!("cannot start a thread to explore in: {error}"),
        }
    }

    /// As [`make_runs`](Self::make_runs), with coroutines on a thread of their own in any case.
    pub(crate) fn make_runs_apart<T: Send + 'static>(
        &self,
        f: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Box<Run>> {
        if !self.has_coroutines() {
            return Ok(f());
        }
        let runner = match Runner::start(&current_name(), f) {
            Ok(runner) => runner,
            Err(error) => panic!("cannot start a thread to explore in: {error}"),
        };
        self.watch(|timeout| runner.wait(timeout))?;
        Ok(runner.result())
    }

    /// Runs `body` once, under the next schedule; `None` if there is no schedule left. The body returns whether it
    /// succeeded.
    ///
    /// After a failure the tasks that have not ended sleep for ever, and the execution cannot be used again. To be called
    /// in [`make_runs`](Self::make_runs).
    pub(crate) fn run(&'static self, body: Arc<dyn Fn() -> bool + Send + Sync>) -> Option<Run> {
        {
            let mut state = self.state();
            if !state.next_run() {
                return None;
            }
            // Relaxed: only the uniqueness of the number matters, and no thread of the run has begun.
            let run = RUNS.fetch_add(1, Ordering::Relaxed);
            self.run.store(run, Ordering::Relaxed);
        }
        let _in_progress = InProgress::new(self.run_number(), &self.findings);
        let first = self.spawn(&current_name(), None, move || {
            if !body() {
                // The other tasks are left where they are.
                self.state().failure.get_or_insert(FailureKind::Failed);
            }
        });
        let first = match first {
            Ok(first) => first,
            Err(error) => panic!("cannot start a thread to explore in: {error}"),
        };
        self.pass(self.state(), first);
        if self.has_coroutines() {
            self.resume_coroutines();
        } else if let Err(stuck) = self.watch(|timeout| self.controller.wait_timeout(timeout)) {
            return Some(*stuck);
        }
        let mut state = self.state();
        let run = state.take_run();
        if run.result.is_ok() {
            let threads = state.tasks.iter_mut().filter_map(|task| task.os.take());
            let threads: Vec<_> = threads.collect();
            drop(state);
            for os in threads {
                // All threads have ended, with their thread-locals.
                let _ = os.join();
            }
        }
        Some(run)
    }

    /// Uses the memory of a run that nobody needs any more for the next one.
    pub(crate) fn recycle(&self, run: Run) {
        self.state().recycle(run);
    }

    /// Frees most of what it has, when [`make_runs`](Self::make_runs) has ended well and its result was read.
    pub(crate) fn free(&self) {
        // Threads that a failed run has left may come back, and look. Coroutines cannot.
        if self.has_coroutines() {
            self.state().free();
        }
    }

    /// Resumes the coroutines, one after another, until the run is over.
    fn resume_coroutines(&self) {
        loop {
            let turn = self.state().turn;
            if turn == CONTROLLER {
                return coroutines::end_run();
            }
            coroutines::resume(turn);
        }
    }
}

/// The name that the first thread of a run has.
fn current_name() -> String {
    thread::current().name().unwrap_or("explored").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::explored::chooser::RandomWalk;
    use crate::backend::explored::{Kind, here};

    /// What runs on its thread from then on is no part of the run.
    #[test]
    fn a_task_that_a_failed_run_leaves_is_not_the_current_one() {
        let chooser = Box::new(RandomWalk::new(1));
        let execution = Execution::new(chooser, 1_000, false, Kind::coroutines());
        let execution: &'static Execution = Box::leak(Box::new(execution));
        let make = || {
            let run = execution.run(Arc::new(|| {
                let me = here().expect("it is a task of the run");
                // No other task wakes it.
                me.park(core::ptr::from_ref(&me).addr(), || true, None);
                true
            }));
            (run.map(|run| run.result), here().is_some())
        };
        let Ok((result, is_a_task)) = execution.make_runs(make, |_| "stuck".to_owned()) else {
            panic!("the run is stuck");
        };
        assert_eq!(result, Some(Err(FailureKind::Deadlock)));
        assert!(!is_a_task && here().is_none());
    }
}
