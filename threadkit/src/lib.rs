//! Threads that you can name, list, stop and wait for, and locks that starve no thread.
//!
//! The tools of Python's `threading`, with Rust's ownership: a lock owns what it protects, a guard releases the lock, a
//! thread returns a value, and every wait can end.
//!
//! | you want to | use |
//! | --- | --- |
//! | start a thread | [`#[thread]`](macro@thread) on a function, an impl block or a struct; [`spawn`]; [`Thread`](struct@Thread) to configure it first |
//! | start threads that borrow | [`scope`], [`try_scope`] |
//! | wait for it, stop it | [`JoinHandle`], [`join_all`], [`StopToken`]; [`stop_all`] for all at once |
//! | restart it when it fails | [`Supervisor`] |
//! | handle failures of threads that are not joined | [`set_excepthook`] |
//! | wait for all threads at the end of `main` | [`#[threadkit::main]`](macro@main), [`exit_guard`] |
//! | list threads | [`current`], [`threads`], [`active_count`], [`ThreadRef`] |
//! | protect a value | [`Lock`], [`RLock`], [`RwLock`], [`lock_all`] for several; [`atomic`] for a number |
//! | give it to several threads | a `static`, an `Arc`, or a borrow in a [`scope`]: see [how each thread gets it](guide::choosing#how-each-thread-gets-it) |
//! | lock a whole function | [`#[synchronized]`](macro@synchronized) |
//! | share an object whose methods wait for conditions | [`#[monitor]`](macro@monitor) |
//! | initialize a value once | [`Once`], [`Lazy`] |
//! | have a value for each thread | [`ThreadLocal`] |
//! | run tasks on a pool of threads | [`ThreadPool`], [`Task`], [`SharedTask`], [`Promise`], [`wait_any`], [`wait_all`], [`as_completed`] |
//! | wait for each other | [`Condition`], [`Event`], [`Semaphore`], [`Barrier`], [`Latch`] |
//! | pass items between threads | [`Queue`], [`LifoQueue`], [`PriorityQueue`], [`Select`] for several, [`Producer`] to end with the threads that put |
//! | run a function later | [`Timer`] |
//! | find races in tests | [`#[threadkit::explore]`](macro@explore), the module [`explore`](mod@explore) |
//! | see what threads do and wait for | [`dump`](mod@dump): now; [`timeline`](mod@timeline): over time, as a page for a browser |
//! | know why a program hangs | [`inspect`](mod@inspect), [`ThreadRef::state`] |
//!
//! The [guide] has pages for those who come [from Python](guide::from_python), [from Java](guide::from_java), [from std
//! and crossbeam](guide::from_std), [from rayon](guide::from_rayon) and [from tokio](guide::from_tokio), and for
//! [choosing a primitive](guide::choosing), [stopping threads](guide::stopping), [finding deadlocks](guide::deadlocks),
//! [testing](guide::testing) and [async code](guide::threads_and_async). All [guards] and all [errors] are on pages of
//! their own.
//!
//! # A program
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
//! #[thread(name = "worker-{id}")]       // `Worker` is a type of thread
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
//! # Waiting
//!
//! An operation that waits has four forms. The plain form waits without a limit, and nothing interrupts it.
//!
//! | form | if it returns a value | if it waits for an event |
//! | --- | --- | --- |
//! | `op()` | the value | nothing |
//! | `try_op()` never waits | `Option` | `bool` |
//! | `op_timeout(duration)` | `Result<_, TimedOut>` | `bool`: it happened |
//! | `op_until(limit)` | `Result<_, WaitError>` | `Result<(), WaitError>` |
//!
//! A limit is a `Duration`, an `Instant`, a `&StopToken`, or a pair of a time and a token: see [`Until`].
//! `Duration::MAX` means for ever, zero means one try. A wait that ends at its limit loses nothing: no permit, no
//! notification, no item. A wait that can succeed at once does so even after a stop. So a loop around such a wait goes
//! on while there is work. To stop between two items, loop over [`queue.until(&stop)`](Queue::until).
//!
//! Some operations differ. Those that can fail for other reasons have errors of their own, also in the plain form:
//! queues and [`Select`] ([`ShutDown`], [`PutError`], [`GetError`]), barriers ([`BrokenBarrier`]), `join`
//! ([`JoinError`]). A pool that was shut down returns a [`SubmitError`], and its plain [`submit`](ThreadPool::submit)
//! panics. Locks take a time limit and no token, so they have no `_until`. The waits of a [`Condition`] with a
//! predicate, and waits for many permits, items or tasks, have `_until` as their only form with a limit, which takes a
//! `Duration` too: `changed.wait_for_until(&mut guard, Duration::from_secs(1), |value| ..)`.
//!
//! # Panics and messages
//!
//! `join` returns a panic of the thread, with its message and place ([`JoinError`]). A panic under a lock releases the
//! lock; there is no poisoning. Misuse that the types cannot prevent panics with a message that says what to do, or
//! returns an error with the value that was passed.
//!
//! In debug builds, and in every build with the feature `inspect`, threadkit keeps track of the holders of locks and of
//! the waits of threads. In such a build, a thread that acquires a [`Lock`] that it already holds panics, and the
//! message names both places. Release builds without the feature have none of this, at no cost.
//!
//! There too, threads that can never go on because they wait for each other are reported, with names and places, while
//! the program hangs: see [`inspect`](mod@inspect). [`lock_all`] avoids such a deadlock, [`explore`](mod@explore) finds
//! it in a test, [`threads`] shows where each thread [waits](ThreadRef::state), and [`dump`](fn@dump) shows that of all
//! at once, with what they hold.
//!
//! # Child processes made by `fork`
//!
//! Such a child has one thread, a copy of the thread that called `fork`. It may acquire and release locks which no other
//! thread held at that moment. The `try_` forms find the others held, for as long as the child lives. Everything else
//! may hang before the child calls `exec`: to start a thread, and every wait, also one with a limit. It needs tables
//! that another thread may have locked at that moment, some of them in parking_lot and in the system, and that thread is
//! not in the child to unlock them. A [`Command`](std::process::Command) of std is not concerned, except for what its
//! `pre_exec` runs.
//!
//! # Features
//!
//! None is on by default.
//!
//! - `inspect`: keeps track of locks and waits in release builds too.
//! - `explore`: for tests. [`explore::check`](mod@explore) chooses the schedules of the threads, which are otherwise up
//!   to the system. It enables `inspect`.
//! - `ctrl_c`: adds `stop_on_ctrl_c` and `#[threadkit::main(ctrl_c = stop)]`. The first Ctrl-C stops all threads, the
//!   second ends the process.
//! - `serde`: a [`Lock`], [`RLock`] or [`RwLock`] is serialized as its value, which it acquires (or reads) for that
//!   time, and deserialized as a new lock around a value.
//! - `signals`: adds `dump_on_sigquit`, on Unix. SIGQUIT prints what all [threads do](mod@dump), and the program goes
//!   on.
//! - `tracing`: threads, tasks and timers run in the span that was current where they were started, submitted or made,
//!   on whichever thread they run, and leave it when they end. The tasks of a [`map`](ThreadPool::map) run in the span
//!   of the code that takes the results. Panics, and failures of threads that are not joined, are events. Workers of a
//!   pool are in no span, and neither is their [initializer](ThreadPoolBuilder::initializer). A
//!   [callback](Task::on_done) does not run in the span of its task. A task that was submitted outside of all spans
//!   runs in none, unless it runs inline: in the task that joins it, or in the caller of [`Unrun::run`].

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod atomic;
mod backend;
mod debug_as_display;
pub mod dump;
pub mod errors;
mod explain;
pub mod explore;
pub mod guards;
pub mod guide;
mod identity;
mod index_map;
pub mod inspect;
mod local; // a value for each thread is a `threadkit::ThreadLocal`
mod nested;
mod panics;
mod pool;
pub mod prelude;
mod queue;
mod sort;
mod sync;
mod table;
mod threads;
pub mod timeline;
mod timer;
mod trace;
mod unwind;
mod wait;

// The guards and errors stand in modules of their own, so that the list of the root shows the main types.
#[cfg(all(unix, feature = "signals"))]
pub use self::dump::dump_on_sigquit;
pub use self::dump::{Dump, dump, dump_after, dump_every};
pub use self::errors::*;
pub use self::guards::*;
pub use self::pool::{
    AnyTask, AsCompleted, AsCompletedUntil, Ending, Map, OnDrop, PoolScope, Promise, SharedTask,
    Task, ThreadPool, ThreadPoolBuilder, Unrun, WhenFull, as_completed, as_completed_until,
    wait_all, wait_all_until, wait_any, wait_any_until,
};
pub use self::queue::{
    AnyQueue, IntoIter, Iter, Job, Jobs, LifoQueue, PriorityQueue, Producer, Queue, QueueWaiters,
    Select,
};
pub use self::sync::{
    Barrier, Condition, Event, Found, Latch, Lazy, Lock, LockAll, Lockable, Monitor, Once, RLock,
    RwLock, Semaphore, Turn, lock_all,
};
#[cfg(feature = "ctrl_c")]
pub use self::threads::stop_on_ctrl_c;
pub use self::threads::{
    JoinHandle, ReportErrors, Run, Scope, SharedHandle, State, SupervisedResult, Supervisor,
    Thread, ThreadLocal, ThreadName, ThreadRef, active_count, current, default_excepthook,
    exit_guard, join_all, main_thread, scope, set_excepthook, sleep, spawn, stop_all, stop_token,
    threads, try_scope, yield_now,
};
pub use self::timer::Timer;
pub use self::wait::{IntoUntil, StopSource, StopToken, Until};
#[doc(inline)]
pub use threadkit_macros::{Thread, explore, main, monitor, synchronized, thread, when};

/// The items that the expansions of the attributes name. They are not part of the public interface.
#[doc(hidden)]
#[path = "private/mod.rs"]
pub mod __private;

// Names of other libraries, for a newcomer who writes `use threadkit::Mutex`. They are private, so the import is an
// error, and its note shows the line below. Without them, the compiler would propose the type of std, or nothing. A glob
// does not import them. Each stands for the real type, so that its uses add no errors.
macro_rules! spelled_elsewhere {
    ($($item:item)*) => {$(
        #[allow(dead_code, reason = "only the errors of wrong imports name it")]
        $item
    )*};
}

#[rustfmt::skip] // a comment stands in the line of its item: the compiler shows that line
spelled_elsewhere! {
    type ArrayBlockingQueue<T> = Queue<T>; // write `threadkit::Queue`, and `Queue::bounded(n)`
    type BlockingQueue<T> = Queue<T>; // write `threadkit::Queue`
    type BoundedSemaphore = Semaphore; // write `threadkit::Semaphore`, and `Semaphore::bounded(n)`
    type Builder<R> = Thread<R>; // write `threadkit::Thread`, and `Thread::new(body).name(..)`
    type CancellationToken = StopToken; // write `threadkit::StopToken`; a `StopSource` makes it
    type CompletableFuture<T> = Task<T>; // write `threadkit::Task`, and `pool.submit(body)`
    type Condvar = Condition; // write `threadkit::Condition`
    type CountDownLatch = Latch; // write `threadkit::Latch`
    type CyclicBarrier = Barrier; // write `threadkit::Barrier`
    type Executor = ThreadPool; // write `threadkit::ThreadPool`
    type ExecutorService = ThreadPool; // write `threadkit::ThreadPool`
    type Executors = ThreadPool; // write `threadkit::ThreadPool`, and `ThreadPool::new(n)`
    type Future<T> = Task<T>; // write `threadkit::Task`
    type LazyLock<T> = Lazy<T>; // write `threadkit::Lazy`
    type LinkedBlockingQueue<T> = Queue<T>; // write `threadkit::Queue`, and `Queue::unbounded()`
    type Mutex<T> = Lock<T>; // write `threadkit::Lock`
    type MutexGuard<'a, T> = LockGuard<'a, T>; // write `threadkit::LockGuard`
    type OnceCell<T> = Once<T>; // write `threadkit::Once`
    type OnceLock<T> = Once<T>; // write `threadkit::Once`
    type Receiver<T> = Queue<T>; // write `threadkit::Queue`: any thread may take its items
    type ReentrantLock<T> = RLock<T>; // write `threadkit::RLock`
    type ReentrantMutex<T> = RLock<T>; // write `threadkit::RLock`
    type ReentrantReadWriteLock<T> = RwLock<T>; // write `threadkit::RwLock`
    type ScheduledExecutorService = ThreadPool; // write `threadkit::Timer`, or `pool.submit_after(d, body)`
    type Sender<T> = Producer<Queue<T>>; // write `threadkit::Producer`, and `queue.producer()`
    type SimpleQueue<T> = Queue<T>; // write `threadkit::Queue`, and `Queue::unbounded()`
    type ThreadPoolExecutor = ThreadPool; // write `threadkit::ThreadPool`
    type WaitGroup = Latch; // write `threadkit::Latch`

    fn bounded<T>(n: usize) -> Queue<T> { Queue::bounded(n) } // write `threadkit::Queue`, and `Queue::bounded(n)`
    fn channel<T>() -> Queue<T> { Queue::unbounded() } // write `threadkit::Queue`, and `Queue::unbounded()`
    fn current_thread() -> ThreadRef { current() } // write `threadkit::current`
    fn enumerate() -> Vec<ThreadRef> { threads() } // write `threadkit::threads`
    fn unbounded<T>() -> Queue<T> { Queue::unbounded() } // write `threadkit::Queue`, and `Queue::unbounded()`
}
