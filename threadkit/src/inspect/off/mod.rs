//! The form that compiles to nothing.

mod contention;
mod foreign;
mod group;
mod hidden;
mod lock;
mod method;
mod noted_task;
mod order;
mod recorder;
mod rw;
mod snapshot;
mod waits;

pub use self::contention::{contention, record_contention, reset_contention};
pub(crate) use self::foreign::{Notes, Wanted, note_foreign};
pub(crate) use self::group::{Flag, Group, Membership};
pub(crate) use self::hidden::spawn_hidden;
pub(crate) use self::lock::LockTag;
pub(crate) use self::method::in_method;
pub(crate) use self::noted_task::NotedTask;
pub(crate) use self::order::{OwnOrder, Precedence, runs_tasks_in_order};
pub use self::order::{order_violations, prevented_order_violations};
pub(crate) use self::recorder::{
    Recorder, awaits, task_begins, thread_begins, thread_ends, thread_starts, wakes,
};
pub(crate) use self::rw::RwTag;
pub(crate) use self::snapshot::snapshot;
pub use self::waits::on_deadlock;
pub(crate) use self::waits::{Call, asleep, describe, report_delay, wait_of, waiting, waiting_for};
