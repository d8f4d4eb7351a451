//! The same program under many schedules: finds a race in a unit test, and replays it.
//!
//! [`check`] runs a test body again and again. What goes wrong in any run — a panic, a panic in a
//! thread that nobody joined, a deadlock, a thread left behind — fails the test.
//!
//! # With the feature `explore`
//!
//! The threads of the body take turns, and at every operation of threadkit that another thread could
//! observe, a scheduler chooses who goes on: by chance, by priorities that find rare orders sooner
//! ([PCT](Explorer::pct)), or by trying everything ([exhaustive](Explorer::exhaustive)). Time is
//! virtual: it moves on when a deadline passes, which is the scheduler's choice as well, so no run
//! waits for a clock. A failure prints its schedule, and [`replay`] repeats exactly that run.
//!
//! Nothing in the program is exchanged for the purpose: locks, threads and thread-locals are the real
//! ones, and a test that does not call into this module behaves with the feature as without.
//!
//! # Without it
//!
//! The body runs repeatedly on free threads, and in debug builds operations of threadkit now and then
//! offer the core to another thread. That finds common races by luck; there is no schedule to print, and
//! [`replay`] refuses by a panic. A run that
//! takes longer than the [time limit](Explorer::time_limit) counts as hanging.
//!
//! # What a body must keep to
//!
//! - Its threads are started by threadkit, and wait for each other through threadkit. A lock of another
//!   library is not seen; a thread that waits in one makes the run stuck, which is reported. A thread that
//!   `std` has started is not seen either; a failure tells what it has used.
//! - Its atomics are those of [`atomic`](crate::atomic), in place of `std::sync::atomic`: std's are not
//!   seen, and a race on them passes.
//! - It does the same under the same schedule: no clock of the system, no random numbers of its own.
//! - What it shares is made anew in each run. A static keeps its value from one run to the next, which
//!   a note [tells](Report::kept); give [`Explorer::reset`] what puts it back.
//!
//! # Examples
//!
//! More of them in the [guide]. In which run faults are found, as a rule, is measured with [twins] of
//! threadkit's own protocols.
//!
//! ```
//! use std::sync::Arc;
//! use threadkit::{Lock, explore};
//!
//! explore::check(|| {
//!     let total = Arc::new(Lock::new(0));
//!     let adders = [1, 2].map(|n| {
//!         let total = Arc::clone(&total);
//!         threadkit::spawn(move || *total.acquire() += n)
//!     });
//!     for adder in adders {
//!         adder.join().unwrap();
//!     }
//!     assert_eq!(*total.acquire(), 3);
//! });
//! ```

mod body;
#[cfg(feature = "explore")]
#[path = "scheduled.rs"]
mod driver;
#[cfg(not(feature = "explore"))]
#[path = "free.rs"]
mod driver;
mod explorer;
mod failure;
mod report;
mod settings;

#[doc = include_str!("guide.md")]
pub mod guide {}
#[doc = include_str!("twins.md")]
pub mod twins {}

pub use self::body::Verdict;
pub use self::explorer::{Explorer, check, replay};
pub use self::failure::Failure;
pub use self::report::Report;
