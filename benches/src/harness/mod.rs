//! The measuring harness.
//!
//! - [`Bench`] runs the topics' tables and keeps their results;
//! - [`Table`] compares peers: it runs them round by round, in a new order each round;
//! - [`Sample`] is what a peer found in one round, [`Unit`] what its figure means;
//! - [`repeat()`] measures one thread in a loop, [`contend()`] many threads at one lock;
//! - [`Stopwatch`] measures anything else, and the CPU time that it takes;
//! - [`Work`] is what a thread does while it holds a lock.

mod bench;
mod contend;
mod order;
mod pace;
mod repeat;
mod sample;
mod stopwatch;
mod table;
mod work;

use bench::fits;
pub(crate) use bench::{Bench, Choice};
pub(crate) use contend::{Contest, contend};
pub(crate) use pace::Pace;
pub(crate) use repeat::repeat;
pub(crate) use sample::{Sample, Unit};
pub(crate) use stopwatch::Stopwatch;
pub(crate) use table::{Measured, Table};
pub(crate) use work::Work;
