//! What a program that uses threads everywhere imports at once.
//!
//! ```
//! use threadkit::prelude::*;
//!
//! static LINES: Lock<Vec<String>> = Lock::new(Vec::new());
//!
//! #[synchronized(lines = LINES)] // the body runs under the lock
//! #[thread] // and on a thread of its own
//! fn note(line: String) {
//!     lines.push(line);
//! }
//!
//! let handle: JoinHandle<()> = note("begun".to_owned());
//! handle.join().unwrap();
//! assert_eq!(*LINES.acquire(), ["begun"]);
//! ```
//!
//! Brings the attributes and the handful of types that almost every such program names. What would
//! clash with `std`'s names or with words of your own stays out: write `threadkit::spawn`,
//! `threadkit::sleep`, `threadkit::current`.

pub use crate::{
    Condition, JoinError, JoinHandle, Lock, RLock, Run as _, StopToken, Thread, monitor,
    synchronized, thread, when,
};
