//! Threads you can name, see, stop and wait for; locks that cannot starve you.
//!
//! What Python's `threading` gives Python, held the way Rust holds things: a lock owns what it
//! protects, a guard releases it, a thread returns a value, and every wait can end.
//!
//! ```
//! use threadkit::prelude::*;
//!
//! static TOTAL: Lock<u64> = Lock::new(0);
//!
//! #[synchronized(total = TOTAL)]        // the body runs under the lock; `total` is its guard
//! fn add(n: u64) {
//!     *total += n;
//! }
//!
//! struct Worker {
//!     id: u64,
//! }
//!
//! #[thread(name = "worker-{id}")]       // `Worker` is now a type of thread
//! impl Worker {
//!     fn run(&mut self) -> u64 {
//!         add(self.id);
//!         self.id
//!     }
//! }
//!
//! fn main() -> Result<(), JoinError> {
//!     let workers: Vec<_> = (1..=4).map(|id| Worker { id }.start()).collect();
//!     for worker in workers {
//!         println!("{} added {}", worker.name(), worker.join()?);
//!     }
//!     assert_eq!(*TOTAL.acquire(), 10);
//!     Ok(())
//! }
//! ```
//!
//! # What is where
//!
//! | to | there is |
//! | --- | --- |
//! | start a thread | [`#[thread]`](macro@thread) on a function, an impl block or a struct; [`spawn`]; [`Thread`](struct@Thread) to configure it first |
//! | start threads that borrow | [`scope`], [`try_scope`] |
//! | wait for it, stop it | [`JoinHandle`], [`join_all`], [`StopToken`]; [`stop_all`] for all at once |
//! | start it again when it fails | [`Supervisor`] |
//! | hear of failures that nobody joins | [`set_excepthook`] |
//! | end with all threads done | [`#[threadkit::main]`](macro@main), [`exit_guard`] |
//! | see threads | [`current`], [`threads`], [`active_count`], [`ThreadRef`] |
//! | protect a value | [`Lock`], [`RLock`], [`RwLock`], [`lock_all`] for several; [`atomic`] for a number |
//! | make a value once | [`Once`], [`Lazy`] |
//! | have a value a thread | [`ThreadLocal`] |
//! | lock a whole function | [`#[synchronized]`](macro@synchronized) |
//! | run tasks on a few threads | [`ThreadPool`], [`Task`], [`wait_any`], [`wait_all`], [`as_completed`] |
//! | share a whole object, with methods that wait | [`#[monitor]`](macro@monitor) |
//! | wait for each other | [`Condition`], [`Event`], [`Semaphore`], [`Barrier`], [`Latch`] |
//! | hand work over | [`Queue`], [`LifoQueue`], [`PriorityQueue`], [`Select`] for several |
//! | do something later | [`Timer`] |
//! | find races in tests | [`#[threadkit::explore]`](macro@explore), the module [`explore`](mod@explore) |
//!
//! # Waiting
//!
//! What waits does so in four forms. The plain one waits for as long as it takes and is never
//! interrupted; the others end.
//!
//! | form | if it gives a value | if something just happens |
//! | --- | --- | --- |
//! | `op()` | the value | nothing |
//! | `try_op()` never waits | `Option` | `bool` |
//! | `op_timeout(duration)` | `Result<_, TimedOut>` | `bool`: it happened |
//! | `op_until(limit)` | `Result<_, WaitError>` | `Result<(), WaitError>` |
//!
//! A limit is a `Duration`, an `Instant`, a `&StopToken`, or a pair of a time and a token: see
//! [`Until`]. `Duration::MAX` means for ever, zero means one try. A wait that ends at its limit takes
//! nothing with it: no permit, no notification, no place in a queue. What is there at once is given
//! even after a stop, so a loop around such a wait does not end while there is work: loop over
//! [`queue.until(&stop)`](Queue::until), which hears the stop between two items.
//!
//! Where there is more to say, the forms say it. What can fail otherwise than by its limit has errors of
//! its own, which the plain form returns too: queues and [`Select`] ([`ShutDown`], [`PutError`],
//! [`GetError`]), barriers ([`BrokenBarrier`]), `join` ([`JoinError`]). A pool that was shut down has
//! [`SubmitError`], and its plain [`submit`](ThreadPool::submit) a panic. Locks take a time limit and no
//! token, so they have no `_until`. A [`Condition`]'s waits with a predicate, and waits for many permits,
//! items or tasks, take every limit, a `Duration` too, through `_until` alone:
//! `changed.wait_for_until(&mut guard, Duration::from_secs(1), |value| ..)`.
//!
//! # Panics and messages
//!
//! A panic in a thread goes to whoever joins it, with its message and place ([`JoinError`]). A panic
//! under a lock releases the lock; there is no poisoning. Misuse that types cannot refuse panics with
//! a message that says what to do, or is an error that gives back what it was handed.
//!
//! In debug builds, and with the feature `inspect` in every build, threadkit keeps track of who holds
//! what and who waits for what: a thread that acquires a [`Lock`] it already holds panics and names both
//! places instead of hanging. Release builds without the feature have none of this and pay nothing for
//! it.
//!
//! A deadlock of several threads, each of which waits for a lock of the next, is not reported. [`lock_all`]
//! avoids it, [`explore`](mod@explore) finds it in a test, and [`threads`] shows where each of them
//! [waits](ThreadRef::state).
//!
//! # Features
//!
//! None is on by default.
//!
//! - `inspect`: keeps track of locks and waits in release builds too.
//! - `explore`: lets [`explore::check`](mod@explore) choose the schedules instead of leaving them to luck; for tests.
//!   It brings `inspect` along.
//! - `ctrl_c`: `stop_on_ctrl_c`, and `#[threadkit::main(ctrl_c = stop)]`: the first Ctrl-C stops all
//!   threads, the second ends the process.
//! - `tracing`: threads, tasks and timers run in the span that was current where they were started,
//!   submitted or made, whichever thread runs them, and let it go when they end; the tasks of a
//!   [`map`](ThreadPool::map) in that of whoever takes the results. Their panics, and failures that nobody
//!   joins, are events. A pool's workers themselves are in no span, and so is their
//!   [initializer](ThreadPoolBuilder::initializer); a [callback](Task::on_done) is not in that of its task.
//!   What was submitted in no span runs in none, unless it runs in the midst of something else: of the task
//!   that joins it, or of whoever calls [`Unrun::run`].

mod backend;
mod explain;
pub mod explore;
mod identity;
mod inspect;
mod nested;
mod pool;
pub mod prelude;
mod queue;
mod sync;
mod table;
mod threads;
mod timer;
mod trace;
mod unwind;
mod wait;

pub use self::pool::{
    AnyTask, AsCompleted, AsCompletedUntil, Ending, Map, OnDrop, PoolScope, SubmitError, Task,
    TaskError, ThreadPool, ThreadPoolBuilder, Unfinished, Unrun, WhenFull, as_completed,
    as_completed_until, wait_all, wait_all_until, wait_any, wait_any_until,
};
pub use self::queue::{
    GetError, IntoIter, Iter, Job, Jobs, LifoQueue, PriorityQueue, PutError, Queue, Select,
    ShutDown, Source, TaskDoneError,
};
pub use self::sync::atomic;
pub use self::sync::{
    Barrier, BrokenBarrier, BrokenBy, Condition, ConditionGuard, Event, Found, Latch, LatchOpen,
    Lazy, Lock, LockAll, LockGuard, Lockable, MappedLockGuard, MappedRLockGuard,
    MappedRwLockReadGuard, MappedRwLockWriteGuard, Once, Outermost, OwnedLockGuard, OwnedPermit,
    OwnedRLockGuard, OwnedRwLockReadGuard, OwnedRwLockUpgradableGuard, OwnedRwLockWriteGuard,
    Permit, RLock, RLockGuard, ReleaseError, RwLock, RwLockReadGuard, RwLockUpgradableGuard,
    RwLockWriteGuard, Semaphore, Turn, lock_all,
};
#[cfg(feature = "ctrl_c")]
pub use self::threads::stop_on_ctrl_c;
pub use self::threads::{
    ExitGuard, JoinError, JoinHandle, Panics, Place, ReportErrors, Run, Scope, SharedHandle,
    StartError, State, SupervisedResult, Supervisor, SupervisorError, Thread, ThreadFailure,
    ThreadLocal, ThreadRef, active_count, current, default_excepthook, exit_guard, join_all,
    main_thread, scope, set_excepthook, sleep, spawn, stop_all, stop_token, threads, try_scope,
    yield_now,
};
pub use self::timer::Timer;
pub use self::wait::{
    IntoUntil, Registration, StopSource, StopToken, Stopped, TimedOut, Until, WaitError,
};
#[doc(inline)]
pub use threadkit_macros::{Thread, explore, main, monitor, synchronized, thread, when};

/// What the expansions of the attributes name. No part of the public interface.
#[doc(hidden)]
#[path = "private/mod.rs"]
pub mod __private;
