//! What all threads do: for people, for programs, at a signal, and after a time.
//!
//! [`dump`] captures for each thread what it holds and where it acquired that, what it waits for and where, and which
//! thread holds that. The deadlocks, and the threads that no thread can join, come first. Threads stand below the
//! scope, the pool or the supervisor to which they belong. It never blocks, so it can be made while a program hangs:
//!
#![doc = include_str!("example.md")]
//!
//! | to | there is |
//! | --- | --- |
//! | look at it in the program | [`dump`] |
//! | print it if something takes too long | [`dump_after`], [`dump_every`] |
//! | print it at a signal, and go on | `dump_on_sigquit`, with the feature `signals`, on Unix |
//! | store it, or pass it to another program | [`Dump::to_json`] |
//!
//! In release builds without the feature `inspect`, locks and waits are not tracked. A dump has the threads and their
//! names then, and says so.
//!
//! # The JSON form
//!
//! Version 1. A member that is not known is `null`. Later versions of threadkit may add members; if they change or
//! remove one, the number of the version grows.
//!
//! | member | what it is |
//! | --- | --- |
//! | `version` | 1 |
//! | `process` | the number of the process |
//! | `tracked` | whether locks and waits are known |
//! | `complete` | whether all of it could be read |
//! | `deadlocks` | a list of `{threads, report}`: the names of the threads, and the text of the report |
//! | `orphans` | the numbers of the threads that no thread can join |
//! | `threads` | a list of threads, in the order of their numbers |
//! | `groups` | a list of `{kind, name, made, maker, threads, pending}`: `"scope"`, `"pool"` or `"supervisor"`, the name of a pool, a place, the number of the thread that made it, the numbers of its threads, and how many tasks have not begun |
//! | `others` | a list of `{native_id, name}`: the threads that threadkit does not know |
//!
//! | member of a thread | what it is |
//! | --- | --- |
//! | `name` | its name, or an empty text |
//! | `ident`, `native_id` | its number, and the one that the system has for it |
//! | `daemon`, `orphan`, `stuck` | whether it is that |
//! | `state` | `"new"`, `"running"` or `"waiting"`; never `"waiting"` if `tracked` is false, even if the thread waits |
//! | `runs_for` | `null`, or for how many nanoseconds it has run: since it began, or since its last wait in threadkit ended |
//! | `wait` | `null`, or `{operation, for, place, nanoseconds, holders}`: for what it waits, a place, for how long, and a list of `{name, ident, since, ended}`, the threads that must act, with the place where each acquired the lock |
//! | `holds` | a list of `{name, side, made, since}`: the locks that it holds, `"read"`, `"upgradable"`, `"write"` or `null`, and two places |
//! | `tasks` | the tasks that interrupt it, as threads |
//!
//! A place is `{file, line, column}`.
//!
//! A lock of std or parking_lot is known if [`#[synchronized]`](macro@crate::synchronized) acquires it. It has its type
//! as its name, and is `made` where it was acquired.

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
