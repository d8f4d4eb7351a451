//! Runs a test body under many schedules: finds a race in a unit test, and replays it.
//!
//! [`check`] runs the body many times. It fails if any run panics, deadlocks, leaves a thread behind, or has a thread
//! that panicked and was not joined. It also fails if locks are acquired in [different
//! orders](mod@crate::inspect#the-order-of-locks), even if no run deadlocks. Such a failure shows no steps: it names the
//! threads and the places.
//!
//! # With the feature `explore`
//!
//! The threads of the body take turns. At every operation of threadkit that another thread could observe, a scheduler
//! chooses the next thread: at [random](Explorer::random), at random with all orders equally likely
//! ([URW](Explorer::uniform)) or those of the steps that matter ([SURW](Explorer::selective)), by priorities that find
//! rare schedules sooner ([PCT](Explorer::pct)), or by trying all orders ([exhaustive](Explorer::exhaustive)), if need be
//! with a bound on [preemptions](Explorer::preemptions). Time is virtual. It moves on when a deadline passes, which
//! the scheduler chooses as well, so no run waits for a clock. A failure is
//! [shrunk](Explorer::shrink) to few switches between threads, and shown step by step, with a column for each thread. It
//! prints its schedule, and [`replay`] repeats exactly that run.
//!
//! The program stays as it is: locks, threads and thread-locals are the real ones. If a body has no use for real
//! threads, [`coroutines`](Explorer::coroutines) make its exploration several times faster. A test that does not use this
//! module behaves the same with and without the feature.
//!
//! Waiters keep the order that their primitives promise: a writer that waits keeps new readers out, permits are given
//! out first come, first served, and a thread that has waited for a lock for long is served in order.
//!
//! On Linux, all threads of a body run on one processor, because a turn goes from thread to thread faster there. So
//! `std::thread::available_parallelism` returns one in a body, unless its threads are coroutines.
//!
//! Loads of [`atomic`](crate::atomic) types return the newest value. With the option
//! [`weak_memory`](Explorer::weak_memory) they also return older values that their memory orders allow.
//!
//! # Runs that do not end
//!
//! A thread that repeats its steps and changes nothing spins: it looks at an atomic again and again, or tries to acquire a
//! lock. From then on it yields before each step, so the threads that it waits for run, and time moves on if all
//! threads spin or sleep. So a loop needs no [`yield_now`](crate::yield_now), although one makes runs shorter.
//!
//! A run that is longer than [`max_steps`](Explorer::max_steps) fails. If its threads only repeat the same steps, it is
//! reported as a livelock, with the steps and their places. If a thread waits for a lock for more than half of the run while others
//! acquire it, the report says starvation. A deadlock, and a panic that was the first in the run, are reported with the
//! threads as well.
//!
//! # Without the feature
//!
//! The body runs repeatedly on free threads, and in debug builds operations of threadkit yield now and then. That finds
//! common races by chance. There is no schedule to print, and [`replay`] panics. A run that takes longer than the [time
//! limit](Explorer::time_limit) counts as hanging.
//!
//! # What a body must observe
//!
//! - Its threads are started by threadkit, and wait for each other through threadkit. An exploration does not see locks
//!   of other libraries; a thread that waits for one stops the run, which is reported, on Linux after a second. So is a
//!   thread that makes no step for ten seconds, whatever it does. If the threads are
//!   [coroutines](Explorer::coroutines), this ends the process. An exploration does not see threads started by `std`
//!   either; a [note](Report::foreign_uses) lists the objects that such threads have used. If no other thread ran in
//!   the body at all, a note says so, because all runs were the same.
//! - Its atomics are those of [`atomic`](crate::atomic) instead of `std::sync::atomic`. An exploration does not see
//!   atomics of `std`, and misses a race on them.
//! - It does the same under the same schedule: it uses no clock of the system, and no random numbers of its own. A
//!   [note](Report::is_repeatable) says if it does not.
//! - It makes the objects that it shares in each run. A static keeps its value from one run to the next, which a
//!   [note](Report::kept) reports; [`Explorer::reset`] can put it back.
//!
//! # Examples
//!
//! The [guide] has more of them. The page on the [league] compares threadkit with shuttle and loom, the page on [twins]
//! lists planted faults and the runs in which they were found, and that on [cost] has what an exploration takes.
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
mod columns;
#[cfg(feature = "explore")]
#[path = "scheduled.rs"]
mod driver;
#[cfg(not(feature = "explore"))]
#[path = "free.rs"]
mod driver;
mod explorer;
mod failure;
#[cfg(feature = "explore")]
mod found;
mod functions;
#[cfg(feature = "explore")]
mod labels;
#[cfg(feature = "explore")]
mod lines;
mod notes;
mod report;
#[cfg(feature = "explore")]
mod rows;
mod settings;
#[cfg(feature = "explore")]
mod shrink;
mod strategies;
#[cfg(feature = "explore")]
mod verdict;

#[doc = include_str!("cost.md")]
pub mod cost {}
#[doc = include_str!("guide.md")]
pub mod guide {}
#[doc = include_str!("league.md")]
pub mod league {}
#[doc = include_str!("twins.md")]
pub mod twins {}

pub use self::body::Verdict;
pub use self::explorer::Explorer;
pub use self::failure::Failure;
pub use self::functions::{check, replay};
pub use self::report::Report;
