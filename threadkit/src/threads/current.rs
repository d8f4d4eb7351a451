//! The current thread, and all of them.

use super::running;
use super::thread_ref::ThreadRef;
use crate::backend;
use crate::identity;
use crate::wait::StopToken;

/// The current thread.
///
/// A thread that threadkit did not start is adopted by its first call: it gets a number, its name is the
/// one that `std` knows or `Foreign-N`, and [`threads`] lists it until it ends.
///
/// In the destructors of thread-locals, a thread has the same number. If no handle and no [`ThreadRef`] of it is left,
/// each call there returns a thread with the name of the start, and with a stop token of its own.
///
/// # Examples
///
/// ```
/// use threadkit::Thread;
///
/// let me = Thread::new(|| threadkit::current().name()).name("narcissus").start();
/// assert_eq!(&*me.join().unwrap(), "narcissus");
/// assert_eq!(&*threadkit::current().name(), "main");
/// ```
#[must_use]
#[doc(alias = "current_thread")]
#[doc(alias = "currentThread")]
pub fn current() -> ThreadRef {
    ThreadRef::new(identity::current().unwrap_or_else(identity::adopt))
}

/// The main thread of the process: the one that runs `main`.
///
/// # Examples
///
/// ```
/// let main = threadkit::current();
/// let seen = threadkit::spawn(threadkit::main_thread).join().unwrap();
/// assert_eq!(seen, main);
/// assert_eq!(seen.name(), "main");
/// assert!(seen.is_alive());
/// ```
#[must_use]
pub fn main_thread() -> ThreadRef {
    ThreadRef::new(identity::main())
}

/// All threads that are alive: the main thread, those that threadkit started, and adopted ones.
///
/// They are in the order of their numbers. The list is true for a moment only. As in Python, it always has the
/// main thread, even if that has not used threadkit. It includes the threads of a
/// [`ThreadPool`](crate::ThreadPool), and the thread that runs all [timers](crate::Timer) while there are any. A
/// thread that threadkit did not start is adopted when it first calls [`current`].
///
/// # Examples
///
/// ```
/// use threadkit::Thread;
///
/// let worker = Thread::new(|| threadkit::stop_token().wait()).name("worker").start();
/// assert!(threadkit::threads().iter().any(|thread| thread.name() == "worker"));
///
/// let ident = worker.ident();
/// worker.stop();
/// worker.join().unwrap();
/// assert!(threadkit::threads().iter().all(|thread| thread.ident() != ident));
/// ```
#[must_use]
#[doc(alias = "enumerate")]
pub fn threads() -> Vec<ThreadRef> {
    let _listed = main_thread();
    identity::alive().into_iter().map(ThreadRef::new).collect()
}

/// How many threads are alive: the length of [`threads`], so at least one.
///
/// # Examples
///
/// ```
/// assert_eq!(threadkit::active_count(), 1); // the main thread
/// let worker = threadkit::spawn(|| threadkit::stop_token().wait());
/// assert_eq!(threadkit::active_count(), 2);
/// worker.stop();
/// worker.join().unwrap();
/// assert_eq!(threadkit::active_count(), 1);
/// ```
#[must_use]
#[doc(alias = "activeCount")]
pub fn active_count() -> usize {
    threads().len()
}

/// The stop token of the current thread, or of the [`Task`](crate::Task) that it runs.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let heart = threadkit::spawn(|| {
///     let stop = threadkit::stop_token();
///     let mut beats = 0;
///     while !stop.wait_timeout(Duration::from_secs(60)) {
///         beats += 1;
///     }
///     beats
/// });
/// heart.stop(); // ends the wait at once
/// assert_eq!(heart.join().unwrap(), 0);
/// ```
#[must_use]
pub fn stop_token() -> StopToken {
    running::stop_token().unwrap_or_else(|| current().stop_token())
}

/// Yields: lets another thread run on this core.
///
/// For a loop that waits until another thread has changed an [atomic](crate::atomic), where a wait on a
/// primitive would take longer than the change. An [exploration](mod@crate::explore) runs the other threads
/// before it returns to one that has yielded, so such a loop ends there as well. It does not see
/// `std::thread::yield_now`, nor `std::hint::spin_loop`.
///
/// # Differences from Python and `std`
///
/// It is `std::thread::yield_now`, visible to explorations. Python has none; `time.sleep(0)` is used for it.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use threadkit::atomic::{AtomicBool, Ordering};
///
/// threadkit::explore::check(|| {
///     let ready = Arc::new(AtomicBool::new(false));
///     let setter = threadkit::spawn({
///         let ready = Arc::clone(&ready);
///         move || ready.store(true, Ordering::Release)
///     });
///     while !ready.load(Ordering::Acquire) {
///         threadkit::yield_now();
///     }
///     setter.join().unwrap();
/// });
/// ```
#[doc(alias = "spin_loop")]
pub fn yield_now() {
    backend::yield_now();
}
