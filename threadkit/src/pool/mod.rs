//! Pools of threads, and the tasks that they run.
//!
//! - [`ThreadPool`] is the handle of a pool, [`ThreadPoolBuilder`] what it is made by, with its
//!   [`WhenFull`] and [`OnDrop`]; [`Map`] computes ahead.
//! - [`Task`] is the handle of one task; [`TaskError`], [`SubmitError`], [`Ending`] and [`Unrun`] tell
//!   what became of it.
//! - [`wait_any`], [`wait_all`] and [`as_completed`] wait for several tasks, of any types and pools
//!   ([`AnyTask`]); [`PoolScope`] takes tasks that borrow.
//! - Below them, `shared` and `state` are a pool: one lock, behind which stand the tasks that wait for
//!   a worker (`backlog`) and the workers that wait for a task. Whoever is to be woken or started is
//!   told so after the lock is free.
//! - `cell` is one task: one lock, behind which stands the body and then the outcome. Claiming the body
//!   is one swap, so every task ends in exactly one way. `job` is the same without its types.
//! - `arrivals` is where the ends of several tasks arrive, for who takes them in that order.
//! - `worker` is what a thread of the pool does, `context` how it knows whose it is.
//!
//! # No deadlock for want of threads
//!
//! A worker that waits without limit for a task of its own pool which has not begun claims that task and
//! runs it in place, and never any other. A task that has begun is on some thread's stack, waiting at most
//! for others that have begun, or running those that have not; so if all that tasks wait for is tasks,
//! somebody always goes on. Where running in place is not possible, because the wait has a limit or the stack
//! is used up, the waiter lends its place: while it waits, the pool may have one more worker.

mod any_task;
mod arrivals;
mod as_completed;
mod backlog;
mod builder;
mod cell;
mod ending;
mod job;
mod map;
mod outcome;
mod scope;
mod settings;
mod shared;
mod state;
mod submit_error;
mod task;
mod task_error;
mod thread_pool;
mod unfinished;
mod unrun;
mod wait_all;
mod wait_any;
mod worker;
mod worker_context;

pub use self::any_task::AnyTask;
pub use self::as_completed::{AsCompleted, AsCompletedUntil, as_completed, as_completed_until};
pub use self::builder::ThreadPoolBuilder;
pub use self::ending::Ending;
pub use self::map::Map;
pub use self::scope::PoolScope;
pub use self::settings::{OnDrop, WhenFull};
pub use self::submit_error::SubmitError;
pub use self::task::Task;
pub use self::task_error::TaskError;
pub use self::thread_pool::ThreadPool;
pub use self::unfinished::Unfinished;
pub use self::unrun::Unrun;
pub use self::wait_all::{wait_all, wait_all_until};
pub use self::wait_any::{wait_any, wait_any_until};
