//! The facts about a program of the league.

/// A program of the league.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) collection: Collection,
    pub(crate) fault: Fault,
    /// What an explorer must be able to express.
    pub(crate) needs: &'static [Need],
    /// Whether a thread reads a `RwLock` again while it reads.
    pub(crate) reads_again: bool,
    /// How many threads the program has at most, with the one that runs its body.
    pub(crate) threads: usize,
    pub(crate) body: fn(),
}

/// Where the idea of a program is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Collection {
    /// SCTBench, C programs for systematic concurrency testing.
    Sctbench,
    /// GoKer, kernels of real faults in Go programs.
    Goker,
    /// Patterns of faults in real Rust programs.
    Rust,
    /// Faults that few schedules show.
    Rare,
    /// Faults that need a timeout to pass.
    Time,
    /// Faults that need a relaxed load to return an older value.
    Memory,
    /// Programs without a fault.
    Correct,
}

impl Collection {
    pub(crate) const ALL: [Self; 7] = [
        Self::Sctbench,
        Self::Goker,
        Self::Rust,
        Self::Rare,
        Self::Time,
        Self::Memory,
        Self::Correct,
    ];

    /// The heading of its programs in the table.
    pub(crate) fn heading(self) -> &'static str {
        match self {
            Self::Sctbench => "After SCTBench",
            Self::Goker => "After GoKer",
            Self::Rust => "Faults of Rust programs",
            Self::Rare => "Rare schedules",
            Self::Time => "Timeouts",
            Self::Memory => "Weak memory",
            Self::Correct => "Correct programs",
        }
    }
}

/// How a program fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It has no fault: a failure is a false alarm.
    None,
    /// An assertion fails.
    Assertion,
    /// Threads wait for each other, or for a notification that never comes.
    Deadlock,
    /// Threads run for ever and get nowhere.
    Livelock,
}

impl Fault {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Assertion => "assertion",
            Self::Deadlock => "deadlock",
            Self::Livelock => "livelock",
        }
    }
}

/// What some explorers cannot express.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// A wait that ends by a timeout.
    Timeout,
    /// A sleep: it is enough if other threads run meanwhile.
    Sleep,
    /// A channel with a capacity.
    Bounded,
    /// The end of a channel: a receiver sees that all senders are gone.
    Closing,
    /// A relaxed load that returns an older value.
    WeakMemory,
}

impl Program {
    pub(crate) const fn new(
        collection: Collection,
        name: &'static str,
        fault: Fault,
        threads: usize,
        body: fn(),
    ) -> Self {
        Self {
            name,
            collection,
            fault,
            needs: &[],
            reads_again: false,
            threads,
            body,
        }
    }

    pub(crate) const fn needs(mut self, needs: &'static [Need]) -> Self {
        self.needs = needs;
        self
    }

    pub(crate) const fn reads_again(mut self) -> Self {
        self.reads_again = true;
        self
    }
}
