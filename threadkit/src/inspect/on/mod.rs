//! The form that keeps track.
//!
//! A wait notes what could end it (`EndedBy`), and a sleep without a limit notes the word that decides it. A thread of
//! its own compares three looks at these notes (`look` has the argument), and reports the threads that can never go on.
//!
//! `recorder` records what threads do: each thread writes into a log of its own, and hands it over when it is full.
//! Which thread woke which follows from the words: one thread has changed the word for which the other waited.

mod class;
mod clock;
mod contention;
mod deadlock_report;
mod detector;
mod entries;
mod events;
mod foreign;
mod forked;
mod group;
mod hidden;
mod holds;
mod lock;
mod look;
mod method;
mod noted_task;
mod order;
mod recorder;
mod rw;
mod setting;
mod snapshot;
mod static_ref;
mod system;
mod waits;

pub use self::contention::{contention, record_contention, reset_contention};
pub use self::detector::on_deadlock;
pub(crate) use self::events::{
    awaits, task_begins, thread_begins, thread_ends, thread_starts, wakes,
};
pub(crate) use self::foreign::{Notes, Wanted, note_foreign};
pub(crate) use self::group::{Flag, Group, Membership};
pub(crate) use self::hidden::spawn_hidden;
pub(crate) use self::lock::LockTag;
pub(crate) use self::method::in_method;
pub(crate) use self::noted_task::NotedTask;
pub(crate) use self::order::{OwnOrder, Precedence, runs_tasks_in_order};
pub use self::order::{order_violations, prevented_order_violations};
pub(crate) use self::recorder::Recorder;
pub(crate) use self::rw::RwTag;
pub(crate) use self::snapshot::snapshot;
pub(crate) use self::waits::{Call, asleep, describe, report_delay, wait_of, waiting, waiting_for};
