//! Deadlocks, reported while the program hangs.
//!
//! In debug builds, and in every build with the feature `inspect`, threadkit knows which thread holds which lock and
//! what each thread waits for. From this it finds threads that can never continue: *a wait without a limit is stuck if
//! everything that could end it is stuck, and a thread is stuck while its wait is.* Such a deadlock is reported
//! once, on standard error, within two seconds:
//!
//! ```text
//! deadlock: 2 threads wait for each other
//!   `left` in acquire at src/main.rs:12:30, for `b` (src/main.rs:5:13), held by `right` since src/main.rs:16:25
//!   `right` in acquire at src/main.rs:18:30, for `a` (src/main.rs:4:13), held by `left` since src/main.rs:10:25
//! behind them:
//!   `main` in JoinHandle::join at src/main.rs:21:10, for `left`
//! the cause: `a` (src/main.rs:4:13) and `b` (src/main.rs:5:13) are acquired in both orders
//! ```
//!
//! The module [`reports`] shows the other reports. Other threads of the program may be running. The report changes
//! nothing: no thread is ended, and no lock is released.
//!
//! | the thread waits | it is stuck if |
//! | --- | --- |
//! | for a [`Lock`](crate::Lock), an [`RLock`](crate::RLock) or a monitor | the thread that holds it is stuck, or has ended with a leaked guard |
//! | for an [`RwLock`](crate::RwLock) | one of the threads that hold it is stuck; for a reader, the writer that keeps readers out |
//! | to join a thread, a scope or the workers of a pool | one of the threads that must end is stuck |
//! | for a task that runs, for a [`Once`](crate::Once) that is being made | the thread that runs it is stuck |
//! | for anything else: a queue, an event, a notification, a permit | all threads of the process are stuck |
//!
//! There are no false alarms, because everything that may still end a wait counts as awake: a thread in a wait with a
//! time limit, in a system call or in a wait of another library, a thread that threadkit did not start, and a pending
//! timer. Only Linux tells how many threads a process has. On other systems the waits in the last row of the table
//! are never reported.
//!
//! [`on_deadlock`] sets what happens at a deadlock, and so does the environment variable `THREADKIT_INSPECT`, with the
//! value `off`, `report` or `abort`. By default deadlocks are reported. In release builds without the feature nothing
//! is tracked or reported, at no cost.
//!
//! # The order of locks
//!
//! Whether threads deadlock is often a matter of luck. So threadkit also looks at the order in which locks are
//! acquired, and reports an order that could deadlock, although it did not. It is printed once:
//!
//! ```text
//! possible deadlock (it did not happen in this run): 2 locks are acquired in both orders
//!   `right` holds `b` (src/main.rs:5:13) since src/main.rs:16:25, and acquires `a` (src/main.rs:4:13) at src/main.rs:18:30
//!   `left` holds `a` (src/main.rs:4:13) since src/main.rs:10:25, and acquires `b` (src/main.rs:5:13) at src/main.rs:12:30
//! ```
//!
//! A ring of three locks or more is reported in the same way. If the threads do deadlock, the report of the deadlock
//! names the order as its cause.
//!
//! Locks that are made at one place of the program, with the same name, form a class, and what is seen with one lock of
//! a class holds for the others. Several locks of one class that a thread holds together are told apart: nothing is
//! wrong with a list that is locked hand over hand, or with an array that is locked in ascending order. Locks made by
//! `Default` are always told apart. If a function of yours makes locks for different purposes, give them names, or put
//! `#[track_caller]` on the function. Write `map(|n| Lock::named("account", n))` instead of `map(Lock::new)`: a
//! function that is passed as a value is called from a place in the standard library, which says nothing in a report.
//!
//! Nothing is reported
//!
//! - if a common outer lock prevents the deadlock, so that only one of the threads can be in such a place at a time;
//! - if one thread does both, or if one of the threads has ended before the other one starts, as is seen by starts and
//!   joins of threads, scopes, tasks and timers. Threads that threadkit did not start are taken to run at any time;
//! - of locks that are acquired by [`lock_all`](crate::lock_all), by a `try_` form or with a time limit;
//! - of locks of std and parking_lot, unless [`#[synchronized]`](macro@crate::synchronized) acquires them;
//! - if both threads only read.
//!
//! `#[synchronized]` also notes that a lock of another library is held, for reports and [`dump`](fn@crate::dump),
//! unless the body of the function may release its guard early. Such a lock is known by its address only, so two locks
//! of one type are not compared: one may have taken the place of the other. While a thread holds or awaits a lock, no
//! other lock can have its address. But between the two acquisitions in the one order and the two in the other order
//! both locks are free, and may be dropped.
//!
//! Unlike the report of a deadlock, this one can be a false alarm:
//!
//! - Nothing else that keeps the threads apart counts: no [`Event`](crate::Event), [`Latch`](crate::Latch),
//!   [`Queue`](crate::Queue), [`wait_idle`](crate::ThreadPool::wait_idle) or atomic by which one thread waits until the
//!   other has released its locks.
//! - Locks of one class are taken for each other, even if each thread has made its own and they share none.
//!
//! Then acquire the locks in one order all the same, acquire them by [`lock_all`](crate::lock_all), or give those of
//! the second kind different names. With the policy `off` these reports are not printed, but [`order_violations`],
//! [`assert_lock_order`] and explored tests have them all the same. The policies `abort` and [`Policy::Call`] are for
//! deadlocks that happen: they neither end the process nor call the function for a possible one.
//!
//! [`order_violations`] returns what was reported, and [`prevented_order_violations`] what was not, because something
//! prevents it. [`assert_lock_order`] fails a test in which locks were acquired in different orders; a test of
//! [`explore`](mod@crate::explore) fails without it, unless it has the option
//! [`any_lock_order`](crate::explore::Explorer::any_lock_order).
//!
//! A thread that reads an [`RwLock`](crate::RwLock) twice is reported too:
//!
//! ```text
//! possible deadlock (it did not happen in this run): a thread reads a lock twice
//!   `main` reads `rates` (src/main.rs:3:14) since src/main.rs:6:23, and reads it again at src/main.rs:7:24
//!   if a writer comes in between, it waits for the first guard, and the second guard for it: release the first one before, or pass on what it gives
//! ```
//!
//! # Where the time goes
//!
//! [`record_contention`] begins to record how long threads wait for locks, and because of which places. [`contention`]
//! returns a table, whose `Display` looks like this:
//!
//! ```text
//!   blame   waited  longest  waits  of     held  longest  place              lock
//!  121 ms        0        0      0   1  40.3 ms  40.3 ms  src/main.rs:12:31  `stock` (src/main.rs:8:20)
//! 3.79 us   121 ms  40.3 ms      3   9  1.93 us   380 ns  src/main.rs:17:23  `stock` (src/main.rs:8:20)
//! ```
//!
//! Each row is a place where locks are acquired. `waited` is how long threads have waited there, and `blame` is how
//! long others have waited for what was acquired there: the place in the first row is the one to change. `waits` counts
//! the acquisitions that had to wait, `of` counts all, and `held` is how long the locks were held. The column `longest`
//! after `waited` is the longest wait, and that after `held` the longest hold.
//!
//! # Examples
//!
//! A test run that aborts at a deadlock instead of hanging:
//!
//! ```
//! use threadkit::inspect::{Policy, on_deadlock};
//!
//! on_deadlock(Policy::Abort);
//! # on_deadlock(Policy::Report);
//! ```

/// The reports, each as it prints.
#[doc = include_str!("reports.md")]
pub mod reports {}

// Locks and waits report their steps to this room. It has two forms with the same functions: one tracks the steps,
// the other compiles to nothing, so no other room needs a `cfg`.
//
// Nothing here takes an instrumented lock or panics while the thread unwinds. The only code of the user that runs is
// the function of a policy: on the detector's thread, with no lock held.

#[cfg(not(any(debug_assertions, feature = "inspect")))]
#[path = "off/mod.rs"]
mod form;
#[cfg(any(debug_assertions, feature = "inspect"))]
#[path = "on/mod.rs"]
mod form;

mod assert_order;
mod contention;
mod deadlock;
mod ended_by;
mod foreign;
#[allow(dead_code, reason = "some forms of the library write no JSON")]
pub(crate) mod json;
mod operation;
mod order_violation;
mod ours;
mod policy;
mod printable;
mod recorded;
mod report;
mod side;
mod snapshot;
mod wait_info;

pub use self::assert_order::assert_lock_order;
pub use self::contention::{Contention, ContentionRow};
pub use self::deadlock::Deadlock;
pub(crate) use self::ended_by::{ByAnyone, EndOf, EndedBy, Enders};
pub(crate) use self::foreign::Foreign;
pub(crate) use self::form::{
    Call, Flag, Group, LockTag, Membership, NotedTask, Notes, OwnOrder, Precedence, Recorder,
    RwTag, Wanted, asleep, awaits, describe, in_method, note_foreign, report_delay,
    runs_tasks_in_order, snapshot, spawn_hidden, task_begins, thread_begins, thread_ends,
    thread_starts, wait_of, waiting, waiting_for, wakes,
};
pub use self::form::{contention, record_contention, reset_contention};
pub use self::form::{on_deadlock, order_violations, prevented_order_violations};
pub(crate) use self::operation::Operation;
pub use self::order_violation::{OrderStep, OrderViolation};
pub(crate) use self::ours::is_ours;
pub use self::policy::Policy;
pub(crate) use self::printable::{joined, printable};
pub(crate) use self::recorded::{Recorded, RecordedEvent, RecordedLock, RecordedThread};
pub(crate) use self::report::{refuse, tell};
pub(crate) use self::snapshot::{EnderSeen, GroupKind, GroupSeen, LockSeen, Snapshot, WaitSeen};
pub(crate) use self::wait_info::WaitInfo;

/// The name of a function or method whose attribute acquires locks, behind a reference of one word.
pub(crate) type Method = &'static &'static str;
