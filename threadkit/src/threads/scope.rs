//! Threads that borrow.

use core::fmt;
use core::marker::PhantomData;
use std::sync::Arc;

use super::builder::Thread;
use super::current::current;
use super::handle::JoinHandle;
use super::join_error::{JoinError, Panics};
use super::launch::launch;
use super::run::Run;
use super::scope_threads::ScopeThreads;
use super::start_error::StartError;
use crate::backend::{self, OsScope};
use crate::inspect::Operation;
use crate::panics;
use crate::unwind;

/// Starts threads that borrow; [`scope`] gives it to its closure.
///
/// It can be copied. A thread of the scope can start more threads with a copy, which its closure takes by
/// `move`.
///
/// # Why the scope starts its threads
///
/// [`Thread::start`] requires a body that may outlive its starter, `Send + 'static`. Here it need only
/// outlive the scope. So write `s.start(thread)` instead of `thread.start()`, and `s.spawn(body)` instead
/// of `spawn(body)`; all other options of a thread are the same.
///
/// # Examples
///
/// ```
/// use threadkit::Thread;
///
/// let words = ["one", "two", "three"];
/// let lengths = threadkit::scope(|s| {
///     let counters = words.iter().map(|word| {
///         s.start(Thread::new(|| word.len()).name(format!("count {word}")))
///     });
///     threadkit::join_all(counters.collect::<Vec<_>>()).unwrap()
/// });
/// assert_eq!(lengths, [3, 3, 5]);
/// ```
///
/// A thread of the scope that starts another:
///
/// ```
/// let text = String::from("shared");
/// threadkit::scope(|s| {
///     let text = &text;
///     s.spawn(move || {
///         s.spawn(move || assert_eq!(text, "shared"));
///     });
/// });
/// ```
#[derive(Clone, Copy)]
pub struct Scope<'scope, 'env> {
    os: &'scope dyn OsScope<'scope>,
    shared: &'scope Shared<'env>,
}

/// The data that is made before the scope and outlives it.
struct Shared<'env> {
    scope_threads: Arc<ScopeThreads>,
    /// Whether the owner is a daemon.
    daemon: bool,
    env: PhantomData<&'env mut &'env ()>,
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a thread that runs `body`: short for `s.start(Thread::new(body))`.
    ///
    /// # Panics
    ///
    /// As [`Thread::start`].
    ///
    /// # Examples
    ///
    /// ```
    /// let mut numbers = vec![3, 1, 2];
    /// threadkit::scope(|s| {
    ///     s.spawn(|| numbers.sort());
    /// });
    /// assert_eq!(numbers, [1, 2, 3]);
    /// ```
    #[track_caller]
    pub fn spawn<R>(self, body: R) -> JoinHandle<R::Output>
    where
        R: Run + Send + 'scope,
        R::Output: Send + 'scope,
    {
        self.start(Thread::new(body))
    }

    /// Starts a thread in this scope.
    ///
    /// If the scope was stopped before, by a panic or otherwise, the token of the new thread is stopped from
    /// the beginning. In a scope that a daemon has opened, every thread is a daemon.
    ///
    /// # Panics
    ///
    /// As [`Thread::start`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Thread;
    ///
    /// let words = vec!["to", "be"];
    /// let length = threadkit::scope(|s| {
    ///     let counter = s.start(Thread::new(|| words.len()).name("counter"));
    ///     assert_eq!(counter.name(), "counter");
    ///     counter.join().unwrap()
    /// });
    /// assert_eq!(length, 2);
    /// ```
    #[track_caller]
    pub fn start<R>(self, thread: Thread<R>) -> JoinHandle<R::Output>
    where
        R: Run + Send + 'scope,
        R::Output: Send + 'scope,
    {
        match self.try_start(thread) {
            Ok(handle) => handle,
            Err(error) => panic!("{}", error.refusal),
        }
    }

    /// Starts a thread in this scope, or returns its body.
    ///
    /// # Errors
    ///
    /// As [`Thread::try_start`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Thread;
    ///
    /// let word = String::from("kept");
    /// threadkit::scope(|s| {
    ///     let error = s.try_start(Thread::new(|| word.len()).stack_size(usize::MAX)).unwrap_err();
    ///     assert_eq!(error.into_body()(), 4, "the error has the body");
    /// });
    /// ```
    pub fn try_start<R>(self, thread: Thread<R>) -> Result<JoinHandle<R::Output>, StartError<R>>
    where
        R: Run + Send + 'scope,
        R::Output: Send + 'scope,
    {
        let Thread { body, mut setup } = thread;
        setup.daemon |= self.shared.daemon;
        let scope = Some(&self.shared.scope_threads);
        launch(body, setup, scope, &mut |name, stack_size, main| {
            self.os.spawn(name, stack_size, main.boxed())
        })
    }

    /// Requests all threads of this scope to stop, also those that are started later.
    ///
    /// # Examples
    ///
    /// ```
    /// let ended = threadkit::Latch::new(3);
    /// threadkit::scope(|s| {
    ///     for _ in 0..3 {
    ///         s.spawn(|| {
    ///             threadkit::stop_token().wait();
    ///             ended.count_down();
    ///         });
    ///     }
    ///     s.stop(); // or the scope would never end
    /// });
    /// assert!(ended.is_open());
    /// ```
    #[track_caller]
    pub fn stop(self) {
        self.shared.scope_threads.stop.stop();
    }

    /// Whether the threads of this scope were requested to stop.
    ///
    /// # Examples
    ///
    /// ```
    /// threadkit::scope(|s| {
    ///     assert!(!s.is_stopped());
    ///     s.stop();
    ///     assert!(s.is_stopped());
    /// });
    /// ```
    #[must_use]
    pub fn is_stopped(self) -> bool {
        self.shared.scope_threads.stop.is_stopped()
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("stopped", &self.is_stopped())
            .finish_non_exhaustive()
    }
}

/// Runs a closure that can start threads which borrow, and waits for all of them.
///
/// A thread of the scope may borrow everything that lives longer than this call, without `Arc`, because no
/// thread of the scope outlives it. Otherwise it is like any other thread: named, listed, stopped, joined
/// for its result.
///
/// # When one panics
///
/// The first panic, of a thread or of the closure, stops all threads of the scope: it stops their tokens,
/// and so every wait with such a token. `scope` waits for all of them. Then the panic continues in the
/// thread that called `scope`, with its original payload; several panics continue as one, with
/// [`Panics`] as its payload. [`try_scope`] returns them instead. A panic that was joined inside the scope
/// stops the other threads and does not continue.
///
/// The closure itself is not stopped. If it waits for something that a thread of the scope does, it should
/// also wait for the thread's handle, or a thread of the scope should do the waiting.
///
/// # When the owner is stopped
///
/// A stop of the thread that called `scope`, or of the [`Task`](crate::Task) that it runs, stops all
/// threads of the scope, and those of scopes inside it.
///
/// # Differences from `std::thread::scope`
///
/// A panic stops the other threads and keeps its payload. The scope is passed by value; a thread that
/// starts more takes a copy by `move`. A thread may still be destroying its thread-locals after `join`.
///
/// # Panics
///
/// If a thread of the scope panicked and was not joined, or the closure panicked.
///
/// # Examples
///
/// ```
/// let numbers: Vec<u64> = (1..=1000).collect();
/// let (left, right) = numbers.split_at(500);
///
/// let sum = threadkit::scope(|s| {
///     let left = s.spawn(|| left.iter().sum::<u64>());
///     let right = s.spawn(|| right.iter().sum::<u64>());
///     left.join().unwrap() + right.join().unwrap()
/// });
/// assert_eq!(sum, 500_500);
/// ```
///
/// A panic keeps its payload:
///
/// ```
/// let panic = std::panic::catch_unwind(|| {
///     threadkit::scope(|s| {
///         s.spawn(|| threadkit::stop_token().wait()); // the panic stops it
///         s.spawn(|| std::panic::panic_any(42));
///     });
/// });
/// assert_eq!(panic.unwrap_err().downcast_ref(), Some(&42));
/// ```
///
/// A value of the closure itself cannot be borrowed:
///
/// ```compile_fail,E0597
/// threadkit::scope(|s| {
///     let local = 5;
///     s.spawn(|| println!("{local}"));
/// });
/// ```
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(Scope<'scope, 'env>) -> T,
{
    match try_scope(f) {
        Ok(value) => value,
        Err(panics) => panics.resume(),
    }
}

/// Like [`scope`], and returns the panics instead of panicking.
///
/// # Errors
///
/// [`Panics`] if the closure panicked, or threads that were not joined. A value that the closure returned
/// is dropped then.
///
/// # Examples
///
/// ```
/// use threadkit::Thread;
///
/// let panics = threadkit::try_scope(|s| {
///     s.start(Thread::new(|| panic!("first")).name("a"));
///     s.start(Thread::new(|| panic!("second")).name("b"));
/// })
/// .unwrap_err();
///
/// assert_eq!(panics.len(), 2);
/// assert!(panics.iter().any(|panic| panic.thread_name() == "a" && panic.message() == "first"));
/// ```
#[track_caller]
pub fn try_scope<'env, F, T>(f: F) -> Result<T, Panics>
where
    F: for<'scope> FnOnce(Scope<'scope, 'env>) -> T,
{
    let call = Operation::SCOPE.here();
    let owner = current();
    let shared = Shared {
        scope_threads: ScopeThreads::new(call),
        daemon: owner.identity().is_started_here() && owner.is_daemon(),
        env: PhantomData,
    };
    let outcome = backend::scope(&shared, |os, shared| {
        let outcome = panics::catch(|| f(Scope { os, shared }));
        if outcome.is_err() {
            shared.scope_threads.stop.stop();
        }
        let _waiting = call.waiting_for(&*shared.scope_threads);
        shared.scope_threads.wait();
        outcome
    });
    let mut all = shared.scope_threads.take_panics();
    match outcome {
        Ok(value) if all.is_empty() => return Ok(value),
        Ok(value) => unwind::drop_quietly(value),
        Err(caught) => all.insert(0, JoinError::new(owner.name().into(), caught)),
    }
    Err(Panics::new(all))
}
