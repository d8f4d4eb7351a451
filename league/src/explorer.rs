//! The explorers that take part, with their strategies.

use std::any::Any;
use std::panic;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use shuttle::scheduler::{DfsScheduler, PctScheduler, RandomScheduler, UrwRandomScheduler};

use crate::program::Program;
use crate::{on_loom, on_shuttle, on_threadkit};

/// The steps after which a schedule counts as endless, for every explorer.
pub(crate) const MAX_STEPS: usize = 20_000;

/// How much an explorer may try.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub(crate) seed: u64,
    pub(crate) schedules: u64,
}

/// How an exploration has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// All schedules of the budget passed.
    Passed,
    /// All schedules that there are passed.
    Complete,
    /// One failed, with this message.
    Failed(String),
}

/// A library, with what its strategies have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Library {
    Threadkit,
    Shuttle,
    Loom,
}

impl Library {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Threadkit => "threadkit",
            Self::Shuttle => "shuttle",
            Self::Loom => "loom",
        }
    }

    pub(crate) fn can_express(self, program: &Program) -> bool {
        match self {
            Self::Threadkit => on_threadkit::can_express(program),
            Self::Shuttle => on_shuttle::can_express(program),
            Self::Loom => on_loom::can_express(program),
        }
    }

    /// Whether it refuses the program for what one thread does, without looking for the other thread of the fault.
    pub(crate) fn refuses(self, program: &Program) -> bool {
        program.reads_again && self != Self::Threadkit
    }

    /// The programs as compiled for this library.
    fn programs(self) -> Vec<Program> {
        match self {
            Self::Threadkit => on_threadkit::programs::all(),
            Self::Shuttle => on_shuttle::programs::all(),
            Self::Loom => on_loom::programs::all(),
        }
    }
}

/// A library and one of its strategies: a column of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Explorer {
    pub(crate) library: Library,
    pub(crate) strategy: &'static str,
    /// Whether the seed makes a difference.
    pub(crate) is_seeded: bool,
    run: fn(&Program, Budget) -> Ended,
}

/// The depth of all explorations by priorities.
const DEPTH: usize = 3;

pub(crate) const EXPLORERS: &[Explorer] = &[
    Explorer::new(Library::Threadkit, "default", true, |program, budget| {
        on_threadkit::explore(program, budget, |explorer| explorer)
    }),
    // The same schedules, sooner.
    Explorer::new(Library::Threadkit, "coroutines", true, |program, budget| {
        // SAFETY: the programs use no thread-local, and the panic hook does not wait.
        on_threadkit::explore(program, budget, |explorer| unsafe { explorer.coroutines() })
    }),
    Explorer::new(Library::Threadkit, "random", true, |program, budget| {
        on_threadkit::explore(program, budget, |explorer| explorer.random())
    }),
    Explorer::new(Library::Threadkit, "uniform", true, |program, budget| {
        on_threadkit::explore(program, budget, |explorer| explorer.uniform())
    }),
    Explorer::new(Library::Threadkit, "pct", true, |program, budget| {
        on_threadkit::explore(program, budget, |explorer| explorer.pct(DEPTH))
    }),
    Explorer::new(
        Library::Threadkit,
        "exhaustive",
        false,
        |program, budget| on_threadkit::explore(program, budget, |explorer| explorer.exhaustive()),
    ),
    Explorer::new(Library::Shuttle, "random", true, |program, budget| {
        let schedules = budget.schedules as usize;
        on_shuttle::explore(
            program.body,
            RandomScheduler::new_from_seed(budget.seed, schedules),
        )
    }),
    Explorer::new(Library::Shuttle, "urw", true, |program, budget| {
        let schedules = budget.schedules as usize;
        on_shuttle::explore(
            program.body,
            UrwRandomScheduler::new_from_seed(budget.seed, schedules),
        )
    }),
    Explorer::new(Library::Shuttle, "pct", true, |program, budget| {
        let schedules = budget.schedules as usize;
        on_shuttle::explore(
            program.body,
            PctScheduler::new_from_seed(budget.seed, DEPTH, schedules),
        )
    }),
    Explorer::new(Library::Shuttle, "dfs", false, |program, budget| {
        let all = on_shuttle::explore(
            program.body,
            DfsScheduler::new(Some(budget.schedules as usize), false),
        );
        match all {
            Ended::Passed if schedules() < budget.schedules => Ended::Complete,
            ended => ended,
        }
    }),
    Explorer::new(Library::Loom, "2 preemptions", false, |program, budget| {
        on_loom::explore(program.body, budget, Some(2))
    }),
    Explorer::new(Library::Loom, "all", false, |program, budget| {
        on_loom::explore(program.body, budget, None)
    }),
];

impl Explorer {
    const fn new(
        library: Library,
        strategy: &'static str,
        is_seeded: bool,
        run: fn(&Program, Budget) -> Ended,
    ) -> Self {
        Self {
            library,
            strategy,
            is_seeded,
            run,
        }
    }

    /// The name of the column, as `--with` takes it.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.library.name(), self.strategy)
    }

    /// Explores the program with that name in this process.
    pub(crate) fn explore(&self, program: &str, budget: Budget) -> Ended {
        let programs = self.library.programs();
        let program = programs.iter().find(|known| known.name == program);
        let program = program.expect("every library has every program");
        SCHEDULES.store(0, Relaxed);
        (self.run)(program, budget)
    }
}

/// The schedules that the exploration of this process has begun.
static SCHEDULES: AtomicU64 = AtomicU64::new(0);

pub(crate) fn schedules() -> u64 {
    SCHEDULES.load(Relaxed)
}

/// The body, which counts its schedules.
pub(crate) fn counted(body: fn()) -> impl Fn() + Send + Sync + 'static {
    move || {
        SCHEDULES.fetch_add(1, Relaxed);
        body();
    }
}

/// How an exploration has ended that fails by a panic.
pub(crate) fn ended(exploration: impl FnOnce()) -> Ended {
    match panic::catch_unwind(panic::AssertUnwindSafe(exploration)) {
        Ok(()) => Ended::Passed,
        Err(payload) => Ended::Failed(message(payload.as_ref())),
    }
}

/// The message of a panic.
pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message").to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Library;
    use crate::program::Fault;

    #[test]
    fn every_program_has_a_name_of_its_own() {
        let programs = Library::Threadkit.programs();
        let names: HashSet<_> = programs.iter().map(|program| program.name).collect();
        assert_eq!(names.len(), programs.len());
    }

    #[test]
    fn there_are_programs_with_and_without_a_fault() {
        let (correct, faulty): (Vec<_>, Vec<_>) = (Library::Threadkit.programs().into_iter())
            .partition(|program| program.fault == Fault::None);
        assert!(correct.len() >= 15, "{}", correct.len());
        assert!(faulty.len() >= 60, "{}", faulty.len());
    }
}
