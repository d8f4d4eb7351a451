//! Tasks that borrow.

use core::fmt;
use core::marker::PhantomData;
use core::mem;
use std::panic::resume_unwind;
use std::sync::Arc;

use super::cell;
use super::job::{Job, Returning, TASK};
use super::lost::Lost;
use super::shared::Shared;
use super::submit;
use super::submit_error::{Refusal, SubmitError};
use super::task::Task;
use super::wait_for::{Awaited, Refusable, wait_for};
use crate::backend::Mutex;
use crate::inspect::{Call, Operation, Precedence};
use crate::panics::catch;
use crate::threads::Run;
use crate::unwind::{abort_on_panic, drop_quietly};
use crate::wait::Until;

/// Submits tasks that may borrow; see [`ThreadPool::scope`](crate::ThreadPool::scope).
///
/// # Examples
///
/// ```
/// use threadkit::{PoolScope, ThreadPool};
///
/// fn halves<'scope>(scope: &'scope PoolScope<'scope, '_>, words: &'scope [&str]) -> usize {
///     let (left, right) = words.split_at(words.len() / 2);
///     let left = scope.submit(|| left.concat().len());
///     right.concat().len() + left.join().unwrap()
/// }
///
/// let words = ["to", "be", "or", "not"];
/// let pool = ThreadPool::new(2);
/// assert_eq!(pool.scope(|scope| halves(scope, &words)), 9);
/// ```
pub struct PoolScope<'scope, 'env: 'scope> {
    pool: Arc<Shared>,
    /// All tasks that may not have ended.
    tasks: Mutex<Tasks>,
    lost: Arc<Lost>,
    /// What comes before the ends of those that have ended.
    precedence: Precedence,
    // The type is invariant in both lifetimes: neither may be extended or shortened, because tasks borrow for exactly
    // that long.
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

#[derive(Default)]
struct Tasks {
    all: Vec<Arc<dyn Job>>,
    /// How many there may be before those that have ended are taken out.
    enough: usize,
}

/// Runs `f` and waits for all tasks that it submits.
pub(super) fn scope<'env, F, T>(pool: &Arc<Shared>, f: F, call: Call) -> T
where
    F: for<'scope> FnOnce(&'scope PoolScope<'scope, 'env>) -> T,
{
    let scope = PoolScope {
        pool: Arc::clone(pool),
        tasks: Mutex::new(Tasks::default()),
        lost: Arc::default(),
        precedence: Precedence::here(),
        scope: PhantomData,
        env: PhantomData,
    };
    let result = catch(|| f(&scope));
    // `erase` relies on this: the caller continues or unwinds only after every task has ended.
    abort_on_panic(|| {
        if result.is_err() {
            scope.stop_all();
        }
        scope.wait_for_all(call);
    });
    let lost = scope.lost.close();
    match result {
        Err(caught) => {
            if let Some(lost) = lost {
                drop_quietly(lost);
            }
            resume_unwind(caught.into_payload())
        }
        Ok(value) => match lost {
            None => value,
            Some(caught) => {
                drop(value);
                resume_unwind(caught.into_payload())
            }
        },
    }
}

impl<'scope> PoolScope<'scope, '_> {
    /// Submits a task that may borrow what lives longer than the scope.
    ///
    /// # Panics
    ///
    /// As [`ThreadPool::submit`](crate::ThreadPool::submit).
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(2);
    /// let words = vec!["to", "be"];
    /// let lengths = pool.scope(|s| {
    ///     let tasks = [0, 1].map(|n| s.submit({
    ///         let words = &words;
    ///         move || words[n].len()
    ///     }));
    ///     tasks.map(|task| task.join().unwrap())
    /// });
    /// assert_eq!(lengths, [2, 2]);
    /// ```
    #[track_caller]
    pub fn submit<R>(&'scope self, body: R) -> Task<R::Output>
    where
        R: Run + Send + 'scope,
        R::Output: Send + 'scope,
    {
        let call = Operation::POOL_SCOPE_SUBMIT.here();
        let hand_in = |job, call| submit::hand_in(&self.pool, job, Some(&Until::FOREVER), call);
        match self.submit_by(body, call, hand_in) {
            Ok(task) => task,
            Err(refusal) => {
                let name = Arc::clone(&self.pool.settings.name);
                panic!("{}", SubmitError::new((), name, refusal))
            }
        }
    }

    /// Submits a task through `hand_in`, which passes it to the pool or returns why not.
    pub(super) fn submit_by<R>(
        &'scope self,
        body: R,
        call: Call,
        hand_in: impl FnOnce(Arc<dyn Job>, Call) -> Result<(), Refusal>,
    ) -> Result<Task<R::Output>, Refusal>
    where
        R: Run + Send + 'scope,
        R::Output: Send + 'scope,
    {
        let cell = cell::share_in(body, Arc::clone(&self.lost), call.makes(TASK));
        let call = call.on(cell.head().site());
        // SAFETY: the task is noted before anything else has it, so `scope` neither returns nor unwinds before
        // `wait_for_all` has seen its end: what the body borrows lives until then. The outcome is as the callee
        // asks because the one `Task` for it is made below, with the output's own type.
        let erased = unsafe { erase::<R::Output>(cell) };
        self.note(Arc::clone(&erased) as Arc<dyn Job>);
        if let Err(refusal) = hand_in(Arc::clone(&erased) as Arc<dyn Job>, call) {
            // Ends here, so that the body is gone and the scope does not wait for it.
            erased.end(None, &*self.pool);
            return Err(refusal);
        }
        Ok(Task::new(erased, Arc::clone(&self.pool)))
    }

    pub(super) fn pool(&self) -> &Arc<Shared> {
        &self.pool
    }

    fn note(&self, job: Arc<dyn Job>) {
        let ended = {
            let mut tasks = self.tasks.lock();
            tasks.all.push(job);
            if tasks.all.len() < tasks.enough.max(64) {
                return;
            }
            let ended: Vec<_> = tasks
                .all
                .extract_if(.., |job| job.head().is_done())
                .collect();
            tasks.enough = 2 * tasks.all.len();
            ended
        };
        for job in &ended {
            self.precedence.add(job.head().precedence());
        }
        // Perhaps the last owners.
        drop(ended);
    }

    fn stop_all(&self) {
        let mut tasks = self.tasks.lock().all.clone();
        // All are cancelled first: otherwise the stop of one would let the next begin.
        tasks.retain(|job| {
            let cancelled = job.end(None, &*self.pool);
            !cancelled
        });
        for job in tasks {
            job.head().source().stop();
        }
    }

    fn wait_for_all(&self, call: Call) {
        loop {
            // A task may submit others, so this looks again until there are none.
            let tasks = mem::take(&mut self.tasks.lock().all);
            if tasks.is_empty() {
                self.precedence.join();
                return;
            }
            for job in tasks {
                let pool = Arc::clone(&self.pool);
                let task = Awaited::new(job, pool);
                let _waiting = call.waiting_for(&task);
                // Without a limit, the wait ends only with what it waits for.
                let _ = wait_for(&task, &Until::FOREVER, Refusable::No);
            }
        }
    }
}

/// Forgets how long a task and its outcome may live.
///
/// Clones of what is returned may outlive all that the task borrows. The worker that has run it keeps one for a
/// moment. The backlog keeps one until it is popped, if the task was cancelled. A wait for several tasks keeps one
/// as long as its caller likes. They do no harm, because all that is left in the cell of a task that has ended is its
/// outcome, and that only as long as its `Task` has not taken it:
///
/// - The body is moved out of the cell by the thread that claims the task, and has been used up by its run, or
///   dropped, before the end is noted (`TaskCell::run`, `TaskCell::end`). Later claims find none.
/// - The outcome is put into the cell only while the `Task` is there (`unwanted`, looked at under the lock under
///   which the end is noted), and a `Task` that is dropped takes it out (`renounce`). One that is leaked leaves the
///   outcome where it is, and leaks its own clone, so the cell is never dropped.
/// - What watches the task, and the payload of a panic, borrows nothing.
///
/// So a late clone can only ask what is in the head, find nothing to claim, and drop a cell without a value of the
/// body's or the output's type.
///
/// # Safety
///
/// What the body borrows must live until the task has ended. The outcome must be taken by `Returning<T>` only
/// through one [`Task<T>`](Task), which cannot be used when `T` is not valid any more.
unsafe fn erase<'scope, T>(task: Arc<dyn Returning<T> + 'scope>) -> Arc<dyn Returning<T>> {
    // SAFETY: the two types differ in a lifetime only, so they have the same layout and the same vtable. Nothing
    // that the lifetime bounds is touched beyond its end, by the caller's promise and the argument above.
    unsafe { mem::transmute::<Arc<dyn Returning<T> + 'scope>, Arc<dyn Returning<T>>>(task) }
}

impl fmt::Debug for PoolScope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolScope")
            .field("pool", &self.pool.settings.name)
            .finish_non_exhaustive()
    }
}
