//! What all threads do: for people, for programs, at a signal, and after a time.
//!
//! [`dump`] captures for each thread what it holds and where it acquired that, what it waits for and where, and which
//! thread holds that. The deadlocks and the threads that no handle is left for come first. It never blocks, so it can be
//! made while a program hangs.
//!
//! | to | there is |
//! | --- | --- |
//! | look at it in the program | [`dump`] |
//! | print it if the program hangs for some time | [`dump_after`], [`dump_every`] |
//! | print it at a signal, and go on | `dump_on_sigquit`, with the feature `signals` |
//! | store it, or pass it to another program | [`Dump::to_json`] |
//!
//! In release builds without the feature `inspect`, locks and waits are not tracked. A dump has the threads and their names
//! then, and says so.

mod capture;
mod display;
mod group_dump;
mod later;
mod report;
#[cfg(all(unix, feature = "signals"))]
mod signal;
mod thread_dump;
mod to_json;

pub use self::capture::dump;
pub use self::group_dump::{GroupDump, GroupKind};
pub use self::later::{PendingDump, dump_after, dump_every};
pub use self::report::Dump;
#[cfg(all(unix, feature = "signals"))]
pub use self::signal::dump_on_sigquit;
pub use self::thread_dump::{HeldLock, Holder, ThreadDump, WaitDump};
