//! Pools of threads, and the tasks that they run.
//!
//! - [`ThreadPool`] is the handle of a pool. [`ThreadPoolBuilder`] builds it, with its [`WhenFull`] and
//!   [`OnDrop`]. [`Map`] computes ahead.
//! - [`Task`] is the handle of one task, and [`SharedTask`] one of several; [`TaskError`], [`SubmitError`], [`Ending`]
//!   and [`Unrun`] say what became of it. [`Promise`] is the other end of a task whose value is set by hand.
//! - [`wait_any`], [`wait_all`] and [`as_completed`] wait for several tasks, of any types and pools
//!   ([`AnyTask`]); [`PoolScope`] takes tasks that borrow.
//! - Below them, `shared` and `state` are a pool: one lock, which protects the tasks that wait for a worker
//!   (`backlog`) and the workers that wait for a task. Threads are woken and started after the lock is released. Most
//!   submissions need no worker to be called, and leave their task in the inbox before that lock (`state_lock`).
//! - `cell` is one task: one lock, which protects the body and then the result. Claiming the body is one swap, so
//!   every task ends in exactly one way. `job` is the same without its types.
//! - `later` has the tasks of a pool that are accepted and may not begin yet: those that follow another (`then`) and
//!   those that wait for a time (`submit_after`). `accept` moves them to the backlog.
//! - `arrivals` is where the ends of several tasks arrive, for a thread that takes them in that order.
//! - `worker` is what a thread of the pool does, `next_job` is how it gets a task or leaves, and `spent` is the way of
//!   the memory of tasks back to the threads that submit. `run` is how any thread runs a task, and `worker_context`
//!   records to which pools a thread belongs.
//! - `map` gives the items of its input (`map_source`) to tasks, and `map_part` is one of these; `map_sizes` measures
//!   how many items are worth a task. If the input is `indexed`, the threads make the items themselves, which are
//!   `integers` or `slice_items`. In a `divided_map` the tasks also take them themselves, and write the results into
//!   parts of one vector (`vec_part`).
//! - `wait_for` is the only place where a thread waits for tasks, and `loan` is how a worker lends its place
//!   during a wait. `dead_end` finds waits that cannot end.
//!
//! # Waiting
//!
//! A thread is *of* a pool if it is a worker of it or runs a task of it, by
//! [`RunInCaller`](WhenFull::RunInCaller) or [`Unrun::run`] on a thread of the user, or drops what a task of it has
//! captured that never runs (`dropping`). Then:
//!
//! 1. A wait that only tasks on the thread's own stack could end is refused.
//! 2. If a thread of the pool waits without a limit for one task that has not begun, it claims that task and
//!    runs it inline, as long as its stack has room; never any other task.
//! 3. In every other wait for tasks, for room in a backlog or for the end of a pool, a worker lends its place in
//!    its own pool: the pool may start another thread to run in its place. The task that it waits for moves to the
//!    front of its backlog. The loan is given back by the end of what is awaited, before the waiter wakes.
//! 4. A worker that waits for threads or timers keeps its place as long as another worker runs, or no thread waits
//!    for a task that has not begun. Otherwise it lends its place for that task.
//! 5. If a thread of a pool submits to that pool, the task is accepted even if the backlog is full.
//! 6. A pool has [`max_threads`](ThreadPoolBuilder::max_threads) at most. At the bound, a wait without a limit
//!    runs what it waits for, and a hopeless one is refused.
//! 7. A task that was taken out of its pool is run for a thread of the pool that waits for it without a deadline:
//!    inline if the wait has no limit, else on a thread of its own.
//!
//! A thread of the pool that waits for a task that follows another waits for that one first, by the same rules.
//!
//! So a worker that keeps its place runs or waits for a thread, and any other has lent it. If tasks and the threads
//! that they wait for wait only for tasks and threads, some thread can always continue or be started.

mod accept;
mod any_task;
mod arrivals;
mod as_completed;
mod backlog;
mod builder;
mod callbacks;
mod cell;
mod dead_end;
mod divided_map;
mod dropping;
mod ending;
mod idle;
mod indexed;
mod integers;
mod interrupted;
mod job;
mod job_result;
mod later;
mod loan;
mod lost;
mod map;
mod map_methods;
mod map_part;
mod map_sizes;
mod map_source;
mod next_job;
mod pool_state;
mod promise;
mod run;
mod scope;
mod settings;
mod shared;
mod shared_task;
mod slice_items;
mod spent;
mod state;
mod state_lock;
mod submit;
mod submit_after;
mod submit_error;
mod task;
mod task_error;
mod then;
mod thread_pool;
mod unfinished;
mod unrun;
mod vec_part;
mod wait_all;
mod wait_any;
mod wait_for;
mod worker;
mod worker_context;

pub use self::any_task::AnyTask;
pub use self::as_completed::{AsCompleted, AsCompletedUntil, as_completed, as_completed_until};
pub use self::builder::ThreadPoolBuilder;
pub use self::ending::Ending;
pub use self::map::Map;
pub use self::promise::Promise;
pub use self::scope::PoolScope;
pub use self::settings::{OnDrop, WhenFull};
pub use self::shared_task::SharedTask;
pub use self::submit_error::SubmitError;
pub use self::task::Task;
pub use self::task_error::TaskError;
pub use self::thread_pool::ThreadPool;
pub use self::unfinished::Unfinished;
pub use self::unrun::Unrun;
pub use self::wait_all::{wait_all, wait_all_until};
pub use self::wait_any::{wait_any, wait_any_until};
