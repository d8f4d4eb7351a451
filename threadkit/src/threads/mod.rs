//! Threads: bodies, starts, handles, scopes, and the end of `main`.
//!
//! - `run` is what a thread runs, `setup` and `builder` are its options, and `launch` is the way from the call of
//!   `start` to the last step of the thread. `result_slot` carries the result to the `handle`; `started` is the part of
//!   a handle that does not depend on the type of the result, and `shared` a handle whose body stays accessible.
//! - `thread_ref`, `state`, `thread_name` and `current` show threads to others. What they show is in `lifecycle`, which
//!   every `Identity` carries.
//! - `scope` has threads that borrow. Its threads, its owner and their handles share a `ScopeThreads`; the
//!   borrowing itself is that of `std::thread::scope`.
//! - `join_error` is the failure that a join returns. `excepthook` gets the failures that no join returns, and
//!   `supervisor` restarts threads that fail.
//! - `exit` is the end of `main`; in debug builds `abandoned` reports threads that a `main` without it leaves behind.
//! - `running` and `nested_task` are for tasks that run on a thread, and `blocked` for what a worker does while it
//!   waits for threads.
//!
//! A stop opens the gate of a thread's `StopSource`. Threads that wait for the stop itself sleep at that gate. Threads
//! that wait for something else with its token are on the token's list, and the stop decides their waits. Nothing
//! polls.

mod abandoned;
mod blocked;
mod builder;
#[cfg(feature = "ctrl_c")]
mod ctrl_c;
mod current;
mod excepthook;
mod exit;
mod handle;
mod join_error;
mod launch;
mod lifecycle;
mod local;
mod nested_task;
mod report_errors;
mod result_slot;
mod run;
mod running;
mod scope;
mod scope_threads;
mod setup;
mod shared;
mod sleep;
mod start_error;
mod started;
mod state;
mod supervisor;
mod thread_name;
mod thread_ref;

pub(crate) use self::blocked::{blocked, set_on_block};
pub use self::builder::{Thread, spawn};
#[cfg(feature = "ctrl_c")]
pub use self::ctrl_c::stop_on_ctrl_c;
pub use self::current::{active_count, current, main_thread, stop_token, threads, yield_now};
pub use self::excepthook::{ThreadFailure, default_excepthook, set_excepthook};
pub(crate) use self::excepthook::{report, run_reported, take_lost};
pub(crate) use self::exit::{Dismiss, at_end};
pub use self::exit::{ExitGuard, exit_guard, stop_all};
pub use self::handle::{JoinHandle, join_all};
pub use self::join_error::{JoinError, Panics};
pub use self::local::ThreadLocal;
pub(crate) use self::nested_task::NestedTask;
pub use self::report_errors::ReportErrors;
pub use self::run::{ErrorText, Run};
pub(crate) use self::running::{Stoppable, is_running_here, run_as};
pub use self::scope::{Scope, scope, try_scope};
pub use self::setup::Setup;
pub use self::shared::{RunShared, SharedHandle, start_shared};
pub use self::sleep::sleep;
pub use self::start_error::StartError;
pub use self::state::State;
pub(crate) use self::supervisor::Returns;
pub use self::supervisor::{SupervisedResult, Supervisor, SupervisorError};
pub use self::thread_name::ThreadName;
pub use self::thread_ref::ThreadRef;
