//! Runs of a program whose threads take turns.
//!
//! `turns` is the execution of a program, with the `locks` of its tasks and the `findings` of its runs. Above it are the
//! beginnings and ends of `tasks`, their `scope`s, the `watch` over the task that runs, the `watchdog` for explorations
//! that nobody else can watch, and the `runs` themselves.

mod findings;
mod locks;
mod runs;
mod scope;
mod tasks;
mod turns;
mod watch;
mod watchdog;

pub(super) use self::findings::note_foreign_use;
pub(crate) use self::scope::TaskScope;
pub(crate) use self::turns::{Execution, ExploredTask, Kind, here};
