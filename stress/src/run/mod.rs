//! Runs a generated program in this process, and checks the facts that are known of its result.
//!
//! - Every tick is counted where it happens, and once more where a wait returns it. The sums must agree, so
//!   nothing is lost and nothing runs twice.
//! - A task that was accepted runs, unless it was cancelled or its pool stopped it.
//! - The value in a lock is changed in two steps, and no other thread may see it between the two.
//! - At the end no thread of the program is left.
//!
//! The caller checks that every wait ends: the exploration, or a watchdog.

mod collect;
mod ends;
mod local;
mod shut;
mod submitted;
mod tasks;
mod waits;

use parking_lot::Mutex;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use threadkit::{
    Lock, OnDrop, RLock, RwLock, Semaphore, ThreadPool, WhenFull, current, sleep, stop_all, threads,
};

use self::ends::{at_thread_end, run_stops, run_threads, run_timer, supervise};
use self::local::local;
use self::shut::{dispose, finish, run_shut, scope_shut};
use self::tasks::{run_scope, run_tasks};
use crate::coverage::{self, At};
use crate::gadgets;
use crate::program::{Block, Full, Ms, PoolSpec, Program, Stmt};

/// The message of a planned panic.
pub(crate) const PLANNED: &str = "planned";

/// Changed in two steps: the two numbers differ only between these steps.
#[derive(Debug, Default)]
struct Pair(AtomicU64, AtomicU64);

impl Pair {
    fn enter(&self, world: &World) {
        if self.0.fetch_add(1, Relaxed) != self.1.load(Relaxed) {
            world.fail("two threads were in one lock at once");
        }
    }

    fn leave(&self) {
        self.1.fetch_add(1, Relaxed);
    }

    fn look(&self, world: &World) {
        if self.0.load(Relaxed) != self.1.load(Relaxed) {
            world.fail("a reader met a writer");
        }
    }
}

/// The state that all blocks of one run share.
struct World {
    first: Lock<Pair>,
    second: Lock<Pair>,
    reentrant: RLock<Pair>,
    shared: RwLock<Pair>,
    permits: Semaphore,
    holders: AtomicUsize,
    ticks: AtomicU64,
    /// Ticks that no wait returns; the code that makes them counts them here as well.
    unreturned: AtomicU64,
    /// Blocks that are still to run when their thread ends.
    at_thread_end: AtomicUsize,
    failures: Mutex<Vec<String>>,
    alone: bool,
    main: u64,
}

const PERMITS: usize = 2;

thread_local! {
    /// The number of the thread of the whole program, on that thread.
    static MAIN: Cell<u64> = const { Cell::new(0) };
}

impl World {
    fn fail(&self, what: impl Into<String>) {
        self.failures.lock().push(what.into());
    }
}

/// The environment of a block.
#[derive(Clone)]
struct Env {
    world: Arc<World>,
    pools: Vec<Arc<ThreadPool>>,
    /// Whether tasks of that pool may be cancelled without a call of `cancel`.
    stopping: Vec<bool>,
}

impl Env {
    fn with(&self, pool: Arc<ThreadPool>, stopping: bool) -> Self {
        let mut inner = self.clone();
        inner.pools.push(pool);
        inner.stopping.push(stopping);
        inner
    }
}

/// Runs the program on the current thread.
///
/// # Panics
///
/// If a check fails.
pub(crate) fn run(program: &Program) {
    run_with(program, true);
}

/// The same, while others run programs in this process.
pub(crate) fn run_beside_others(program: &Program) {
    run_with(program, false);
}

/// How often the run checks a state that must become stable.
const LOOKS: u32 = 3000;

fn run_with(program: &Program, is_alone: bool) {
    MAIN.set(current().ident());
    let before = own_threads();
    let world = Arc::new(World {
        first: Lock::new(Pair::default()),
        second: Lock::new(Pair::default()),
        reentrant: RLock::new(Pair::default()),
        shared: RwLock::new(Pair::default()),
        permits: Semaphore::new(PERMITS),
        holders: AtomicUsize::new(0),
        ticks: AtomicU64::new(0),
        unreturned: AtomicU64::new(0),
        at_thread_end: AtomicUsize::new(0),
        failures: Mutex::new(Vec::new()),
        alone: program.alone,
        main: current().ident(),
    });
    let env = Env {
        world: Arc::clone(&world),
        pools: program
            .pools
            .iter()
            .map(|spec| Arc::new(make_pool(spec)))
            .collect(),
        stopping: vec![false; program.pools.len()],
    };
    let returned = block(&env, &program.body);
    for pool in &env.pools {
        pool.shutdown();
        coverage::note("ThreadPool::shutdown", At::PoolOpen);
    }
    drop(env);
    quiesce(&world, is_alone.then_some(&before));

    let failures = core::mem::take(&mut *world.failures.lock());
    if let Some(first) = failures.first() {
        panic!("{first}");
    }
    // A pool whose last owner was one of its own tasks is not waited for, so the last of its tasks may just be
    // about to say what it did.
    let counts = || (world.ticks.load(Relaxed), world.unreturned.load(Relaxed));
    let mut looks = 0;
    let (ticks, unreturned) = loop {
        let (ticks, unreturned) = counts();
        if ticks == returned + unreturned || looks == LOOKS {
            break (ticks, unreturned);
        }
        looks += 1;
        sleep(millis(5));
    };
    assert_eq!(
        ticks,
        returned + unreturned,
        "{ticks} ticks happened, {returned} were returned and {unreturned} have no waiter"
    );
    if world.permits.available() != PERMITS {
        panic!(
            "of {PERMITS} permits {} came back",
            world.permits.available()
        );
    }
}

/// The threads that threadkit has started, without its timers' thread.
fn own_threads() -> Vec<u64> {
    (threads().iter())
        .filter(|thread| &*thread.name() != "threadkit-timer")
        .map(|thread| thread.ident())
        .collect()
}

/// Waits until the threads of the program are gone: some pools are dropped without waiting for them.
fn quiesce(world: &World, before: Option<&Vec<u64>>) {
    let mut looks = 0;
    loop {
        let left = world.at_thread_end.load(Relaxed);
        let new: Vec<_> = (threads().into_iter())
            .filter(|thread| &*thread.name() != "threadkit-timer" && thread.ident() != world.main)
            .filter(|thread| before.is_some_and(|before| !before.contains(&thread.ident())))
            .collect();
        if left == 0 && new.is_empty() {
            return;
        }
        looks += 1;
        if looks > LOOKS {
            let names: Vec<_> = new
                .iter()
                .map(|t| format!("{} ({})", t.name(), t.state()))
                .collect();
            panic!("left behind: {left} blocks for the end of a thread; threads {names:?}");
        }
        sleep(Duration::from_millis(if looks < 10 { 1 } else { 5 }));
    }
}

fn make_pool(spec: &PoolSpec) -> ThreadPool {
    let mut builder = ThreadPool::builder(spec.size);
    if let Some((bound, full)) = spec.backlog {
        builder = builder.backlog(
            bound,
            match full {
                Full::RunInCaller => WhenFull::RunInCaller,
                Full::Refuse => WhenFull::Refuse,
                Full::Block => WhenFull::Block,
            },
        );
    }
    if let Some(ms) = spec.keep_alive {
        builder = builder.keep_alive(millis(ms));
    }
    if spec.drop_stops {
        builder = builder.on_drop(OnDrop::Stop);
    }
    builder.build()
}

fn millis(ms: Ms) -> Duration {
    Duration::from_millis(ms)
}

fn block(env: &Env, block: &Block) -> u64 {
    block.iter().map(|one| stmt(env, one)).sum()
}

fn stmt(env: &Env, stmt: &Stmt) -> u64 {
    let world = &env.world;
    match stmt {
        Stmt::Local(one) => local(env, one),
        Stmt::Tasks(tasks) => run_tasks(env, tasks),
        Stmt::Scope(group) => run_scope(env, group),
        Stmt::Map {
            pool,
            items,
            body,
            take,
        } => {
            let (inner, body) = (env.clone(), Arc::clone(body));
            let counted = move |_| {
                let value = block(&inner, &body);
                inner.world.unreturned.fetch_add(value, Relaxed);
                1_u64
            };
            let map = env.pools[*pool].map(0..*items, counted);
            coverage::note("ThreadPool::map", At::PoolOpen);
            coverage::add("Map::next", At::PoolOpen);
            let got: u64 = map.take(*take).sum();
            if got != *take as u64 {
                world.fail(format!("a map gave {got} results of {take}"));
            }
            0
        }
        Stmt::Threads {
            scoped,
            bodies,
            wait,
        } => run_threads(env, *scoped, bodies, *wait),
        Stmt::LocalPool { spec, body } => {
            let pool = Arc::new(make_pool(spec));
            let inner = env.with(Arc::clone(&pool), spec.drop_stops);
            let value = block(&inner, body);
            drop(inner);
            if std::thread::panicking() {
                pool.shutdown();
            }
            match Arc::try_unwrap(pool) {
                Ok(pool) => drop(pool),
                Err(pool) => pool.shutdown(),
            }
            coverage::note("drop of a ThreadPool", At::PoolOpen);
            value
        }
        Stmt::Shut(shut) => run_shut(env, shut),
        Stmt::ScopeShut { spec, bodies, fate } => scope_shut(env, spec, bodies, *fate),
        Stmt::MapShut {
            spec,
            items,
            take,
            fate,
        } => {
            let pool = make_pool(spec);
            let computed = |item: usize| item as u64;
            let mut kept = Vec::new();
            let mut map = pool.map(0..*items, computed);
            let got: u64 = map.by_ref().take(*take).sum();
            if got != (0..*take as u64).sum::<u64>() {
                world.fail("a map gave wrong results");
            }
            let unrun = pool.shutdown_now();
            coverage::note("ThreadPool::shutdown_now", At::PoolOpen);
            let elsewhere = dispose(unrun, *fate, &mut kept);
            // A submission after a shutdown may panic, but it ends.
            let rest = catch_unwind(AssertUnwindSafe(|| map.by_ref().count()));
            coverage::note("Map::next", At::PoolShut);
            if let Ok(rest) = rest
                && rest > items - take
            {
                world.fail("a map gave more results than it had items");
            }
            drop(map);
            drop(kept);
            finish(env, elsewhere);
            0
        }
        Stmt::Stops {
            target,
            before,
            limit,
        } => run_stops(env, *target, before, *limit),
        Stmt::Timer {
            kind,
            ms,
            body,
            end,
        } => {
            run_timer(env, *kind, *ms, body, *end);
            0
        }
        Stmt::Supervise {
            pool,
            failures,
            pause,
        } => {
            supervise(env, *pool, *failures, *pause, None);
            0
        }
        Stmt::SuperviseStopped { pool, pause, after } => {
            supervise(env, *pool, u32::MAX, *pause, Some(*after));
            0
        }
        Stmt::Gadget { kind, n, m } => {
            gadgets::run(*kind, *n, *m);
            0
        }
        Stmt::Unwind(body) => {
            let value = Cell::new(0);
            {
                let _guard = OnUnwind {
                    env,
                    body,
                    value: &value,
                };
                let unwound = catch_unwind(AssertUnwindSafe(|| {
                    let _guard = OnUnwind {
                        env,
                        body,
                        value: &value,
                    };
                    resume_unwind(Box::new(PLANNED));
                }));
                drop(unwound);
            }
            value.get()
        }
        Stmt::AtThreadEnd(body) => at_thread_end(env, body),
        Stmt::Chain { length } => {
            // Under exploration a long one finds no more than a short one.
            let length = if coverage::is_explored() {
                (*length).min(50)
            } else {
                *length
            };
            gadgets::chain::chain(length);
            0
        }
        Stmt::StopAll => {
            stop_all();
            coverage::note("stop_all", At::ThreadRunning);
            0
        }
    }
}

/// Runs a block when it is dropped by a panic.
struct OnUnwind<'a> {
    env: &'a Env,
    body: &'a Block,
    value: &'a Cell<u64>,
}

impl Drop for OnUnwind<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.value
                .set(self.value.get() + block(self.env, self.body));
        }
    }
}
