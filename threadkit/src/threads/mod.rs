//! Threads: what can run, how it is started, and what is left to wait for.

mod builder;
mod current;
mod exit;
mod handle;
mod join_error;
mod life;
mod lost;
mod panics;
mod run;
mod shared;
mod start_error;
mod thread_ref;

pub use self::builder::{Setup, Thread, spawn};
pub use self::current::{active_count, current, sleep, stop_token, threads};
pub use self::exit::{ExitGuard, exit_guard};
pub use self::handle::{JoinHandle, join_all};
pub use self::join_error::{JoinError, Place};
pub(crate) use self::lost::take_lost;
pub(crate) use self::panics::catch;
pub use self::run::Run;
pub use self::shared::{RunShared, SharedHandle, start_shared};
pub use self::start_error::StartError;
pub use self::thread_ref::ThreadRef;
