//! A generated program: a small tree of values.
//!
//! Programs are made by `generate`, run by `run` and printed as Rust by `print`.

use std::sync::Arc;

pub(crate) type Block = Arc<Vec<Stmt>>;

/// Milliseconds: virtual ones under exploration.
pub(crate) type Ms = u64;

#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) pools: Vec<PoolSpec>,
    pub(crate) body: Block,
    /// Contains `StopAll`, which is for ever: such a program needs a process of its own.
    pub(crate) alone: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolSpec {
    pub(crate) size: usize,
    pub(crate) backlog: Option<(usize, Full)>,
    pub(crate) keep_alive: Option<Ms>,
    /// Dropping the pool stops its tasks instead of finishing them.
    pub(crate) drop_stops: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    RunInCaller,
    Refuse,
    Block,
}

/// A pool, by its index among the visible ones.
pub(crate) type PoolId = usize;

#[derive(Clone, Debug)]
pub(crate) enum Stmt {
    /// Actions that end by themselves, whatever other threads do. Only these are allowed under a
    /// lock, in a timer, or while other threads wait for the next signal.
    Local(Local),
    /// Tasks of a pool, awaited in various ways.
    Tasks(Tasks),
    /// Tasks that borrow.
    Scope(Group),
    /// Results in the order of the items.
    Map {
        pool: PoolId,
        items: usize,
        body: Block,
        take: usize,
    },
    /// Threads, in a scope or spawned.
    Threads {
        scoped: bool,
        bodies: Vec<Block>,
        wait: Option<Limit>,
    },
    /// A pool for the block, dropped or shut down after it.
    LocalPool {
        spec: PoolSpec,
        body: Block,
    },
    /// A pool that is shut down while it has tasks.
    Shut(Shut),
    /// A pool's scope whose tasks are taken out and kept outside of it.
    ScopeShut {
        spec: PoolSpec,
        bodies: Vec<Block>,
        fate: Fate,
    },
    /// A map whose chunks are taken out.
    MapShut {
        spec: PoolSpec,
        items: usize,
        take: usize,
        fate: Fate,
    },
    /// A thread or task that waits for its stop, and is stopped.
    Stops {
        target: Target,
        before: Vec<Local>,
        limit: Option<Ms>,
    },
    Timer {
        kind: TimerKind,
        ms: Ms,
        body: Vec<Local>,
        end: TimerEnd,
    },
    /// A body that fails a few times and is started again.
    Supervise {
        pool: Option<PoolId>,
        failures: u32,
        pause: Ms,
    },
    /// A body that fails for ever, and is stopped.
    SuperviseStopped {
        pool: Option<PoolId>,
        pause: Ms,
        after: Ms,
    },
    /// Threads that share a primitive, with a known end.
    Gadget {
        kind: Gadget,
        n: usize,
        m: usize,
    },
    /// A block that runs in a destructor, while a panic unwinds.
    Unwind(Block),
    /// A block that runs in the destructor of a thread-local, when the thread ends.
    AtThreadEnd(Block),
    /// A chain of tasks that run in the caller, each submitted by the one before.
    Chain {
        length: usize,
    },
    StopAll,
}

#[derive(Clone, Debug)]
pub(crate) enum Local {
    Tick,
    Sleep(Ms),
    /// Waits for that time for the stop of the current thread or task.
    Nap(Ms),
    Hold {
        what: Held,
        form: Form,
        inner: Vec<Local>,
    },
    /// A task without a waiter. A refused one is dropped.
    Detach {
        pool: PoolId,
        body: Block,
    },
}

/// What can be held, in the order in which it may be acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Held {
    First,
    Second,
    Reentrant,
    Written,
    Read,
    Permit,
}

pub(crate) const HELD: [Held; 6] = [
    Held::First,
    Held::Second,
    Held::Reentrant,
    Held::Written,
    Held::Read,
    Held::Permit,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    Try,
    Timeout(Ms),
}

#[derive(Clone, Debug)]
pub(crate) struct Child {
    /// Waits for an earlier task of the group first.
    pub(crate) sibling: Option<(usize, Option<Limit>)>,
    pub(crate) body: Block,
    pub(crate) panics: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) pool: PoolId,
    pub(crate) children: Vec<Child>,
    pub(crate) waits: Vec<Wait>,
    pub(crate) collect: Collect,
}

#[derive(Clone, Debug)]
pub(crate) struct Tasks {
    pub(crate) group: Group,
    pub(crate) via: Via,
    /// The tasks wait for an event, which is set after these waits; each of them has a limit.
    pub(crate) gate: Option<Vec<Wait>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    Submit,
    Try,
    Timeout(Ms),
    Until(Ms),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Time(Ms),
    /// A token that is never stopped.
    Token,
    /// A token that a timer stops after that time.
    Stopped(Ms),
    Both(Ms),
}

#[derive(Clone, Debug)]
pub(crate) enum Wait {
    Local(Local),
    /// `None` waits for as long as it takes.
    One(usize, Option<Limit>),
    Any(Option<Limit>),
    All(Option<Limit>),
    /// That number of them, as they complete.
    Some(usize, Option<Limit>),
    Cancel(usize),
    Stop(usize),
    OnDone(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Collect {
    Join,
    JoinBackwards,
    AsCompleted,
    WaitAll,
    WaitAny,
    Await,
    Drop,
}

/// What becomes of tasks that a shutdown has taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Dropped,
    Run,
    RunBackwards,
    /// Run by another thread.
    RunElsewhere,
    /// Kept past the limited waits, and in a scope or a map past its end, then dropped.
    Kept,
}

#[derive(Clone, Debug)]
pub(crate) struct Shut {
    pub(crate) spec: PoolSpec,
    pub(crate) children: Vec<Child>,
    pub(crate) before: Vec<Local>,
    pub(crate) how: How,
    pub(crate) waits: Vec<Wait>,
    pub(crate) collect: Collect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Wait,
    Timeout(Ms),
    Now(Fate),
    Drop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Thread,
    Task(PoolId),
    /// A thread whose source is linked to another.
    Linked,
    Scope,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimerKind {
    After,
    Every,
    WithPause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimerEnd {
    Wait,
    TimeoutThenWait(Ms),
    TokenThenWait,
    CancelThenWait,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gadget {
    Barrier,
    BarrierTimeout,
    Latch,
    Turns,
    TurnsUntil,
    Pipe,
    LifoPipe,
    PriorityPipe,
    Select,
    Jobs,
    PutUntil,
    DrainNow,
    Semaphore,
    Once,
    RwLock,
    Upgrade,
    EventChain,
    Outermost,
    OnStop,
    LockAll,
}

pub(crate) const GADGETS: [Gadget; 20] = [
    Gadget::Latch,
    Gadget::Barrier,
    Gadget::BarrierTimeout,
    Gadget::Turns,
    Gadget::TurnsUntil,
    Gadget::Pipe,
    Gadget::LifoPipe,
    Gadget::PriorityPipe,
    Gadget::Select,
    Gadget::Jobs,
    Gadget::PutUntil,
    Gadget::DrainNow,
    Gadget::Semaphore,
    Gadget::Once,
    Gadget::RwLock,
    Gadget::Upgrade,
    Gadget::EventChain,
    Gadget::Outermost,
    Gadget::OnStop,
    Gadget::LockAll,
];
