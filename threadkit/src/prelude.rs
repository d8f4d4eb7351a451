//! The imports of a program that uses threads in many places.
//!
//! ```
//! use threadkit::prelude::*;
//!
//! static LINES: Lock<Vec<String>> = Lock::new(Vec::new());
//!
//! #[synchronized(lines = LINES)] // the body runs under the lock
//! #[thread] // on a thread of its own
//! fn note(line: String) {
//!     lines.push(line);
//! }
//!
//! let handle: JoinHandle<()> = note("begun".to_owned());
//! handle.join().unwrap();
//! assert_eq!(*LINES.acquire(), ["begun"]);
//! ```
//!
//! It has the attributes and the few types that almost every such program names. Names that clash with those of `std`,
//! or with common names of a program, are left out: write `threadkit::spawn`, `threadkit::sleep`, `threadkit::current`.

pub use crate::{
    Condition, JoinError, JoinHandle, Lock, RLock, Run as _, StopToken, Thread, monitor,
    synchronized, thread, when,
};
