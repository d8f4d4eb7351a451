//! The one place where a thread waits for tasks, or for a change of a pool by its tasks.
//!
//! Joins, waits for several tasks, maps, and the ends of scopes call [`wait`]. A wait for room in a backlog or
//! for the end of a pool calls [`lend_place`] alone.

use core::any::Any;
use core::iter;
use core::time::Duration;
use std::sync::Arc;

use super::dead_end::{DeadEnd, Noted};
use super::interrupted::Interrupted;
use super::job::{Job, PoolOfJob};
use super::loan::{Blocked, Lent, Prospect, Want};
use super::run::{run_elsewhere, run_inline};
use super::shared::Shared;
use super::worker_context::{self, StoppedBy};
use crate::backend::{self, Backoff};
use crate::inspect::{EndedBy, Enders};
use crate::threads;
use crate::wait::{IntoUntil, Until, WaitError, look_before_sleep};

/// A task without its types, and its pool.
#[doc(hidden)]
#[expect(missing_debug_implementations, reason = "no part of the interface")]
#[expect(unnameable_types, reason = "no part of the interface")]
pub struct Awaited {
    pub(super) job: Arc<dyn Job>,
    pub(super) pool: Arc<Shared>,
    /// The tasks of the pool that have to end before this one may begin, in their order.
    earlier: Vec<Arc<dyn Job>>,
}

impl Awaited {
    pub(super) fn new(job: Arc<dyn Job>, pool: Arc<Shared>) -> Self {
        let mut earlier = Vec::new();
        if job.head().is_later() {
            let all = iter::successors(job.earlier(), |job| job.earlier());
            earlier.extend(all);
            earlier.reverse();
            // The thread that has ended the first of them may not have let the next one begin yet. It may even be the
            // current thread.
            if earlier.first().is_some_and(|first| first.head().is_done()) {
                pool.arrive(earlier.get(1).unwrap_or(&job));
            }
        }
        Self { job, pool, earlier }
    }

    /// The first task that has not ended among this one and those that have to end before it.
    fn first(&self) -> &Arc<dyn Job> {
        let open = self.earlier.iter().find(|job| !job.head().is_done());
        open.unwrap_or(&self.job)
    }

    /// Whether the task will come to its pool only later.
    fn is_later(&self) -> bool {
        self.job.head().is_later()
    }

    pub(super) fn is_done(&self) -> bool {
        self.job.head().is_done()
    }

    /// Identifies the task.
    pub(super) fn key(&self) -> usize {
        self.job.head().key()
    }

    /// Whether something else than the tasks of pools may end it: a promise, or a time.
    fn may_end_by_itself(&self) -> bool {
        let head = self.first().head();
        head.is_later() || head.is_promised()
    }

    fn is_running_here(&self) -> bool {
        !self.is_done() && threads::is_running_here(&**self.first())
    }

    fn prospect(&self) -> Prospect {
        self.pool.prospect(&**self.first())
    }

    /// Runs the task inline, unless another thread has claimed it.
    fn run(&self) {
        // The task leaves the backlog first. If a worker has taken it out before, it runs there, and the wait
        // goes on.
        let first = self.first();
        self.pool.forget(&**first);
        run_inline(first, &self.pool, StoppedBy::ItsPool);
    }
}

/// A wait for tasks, in whatever form.
pub(super) trait TaskWait {
    type Output;

    /// The tasks that may end the wait. There is at least one.
    fn tasks(&self) -> impl DoubleEndedIterator<Item = &Awaited>;

    /// The pools of these tasks, or of more of them.
    fn pools(&self) -> Vec<Arc<Shared>> {
        pools(self.tasks())
    }

    /// Whether the wait would end at once.
    fn is_ready(&self) -> bool;

    /// Sleeps until the wait has ended. Tells `worker` that the wait begins; what ends the wait tells it that it
    /// ends.
    fn sleep(
        &self,
        until: &Until<'_>,
        worker: Option<&Arc<dyn Interrupted>>,
    ) -> Result<Self::Output, WaitError>;
}

/// The pools of these tasks, each once.
pub(super) fn pools<'a>(tasks: impl Iterator<Item = &'a Awaited>) -> Vec<Arc<Shared>> {
    let mut pools: Vec<Arc<Shared>> = Vec::new();
    for task in tasks {
        if !pools.iter().any(|pool| Arc::ptr_eq(pool, &task.pool)) {
            pools.push(Arc::clone(&task.pool));
        }
    }
    pools
}

/// One task.
impl EndedBy for Awaited {
    fn enders(&self) -> Enders {
        self.job.head().enders()
    }

    fn obstacle(&self) -> Option<String> {
        self.pool.tell_if_full()
    }
}

/// All of these tasks have to end.
impl EndedBy for Vec<Awaited> {
    fn enders(&self) -> Enders {
        Enders::tasks(self.iter().filter_map(|task| task.job.head().runner()))
    }

    fn obstacle(&self) -> Option<String> {
        self.iter().find_map(Awaited::obstacle)
    }
}

impl TaskWait for Awaited {
    type Output = ();

    fn tasks(&self) -> impl DoubleEndedIterator<Item = &Awaited> {
        iter::once(self)
    }

    fn is_ready(&self) -> bool {
        self.is_done()
    }

    fn sleep(
        &self,
        until: &Until<'_>,
        worker: Option<&Arc<dyn Interrupted>>,
    ) -> Result<(), WaitError> {
        self.job.sleep(until, worker)
    }
}

/// Whether a wait that cannot end may be refused by a panic.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusable {
    Yes,
    /// The caller must not continue before the tasks have ended, not even by unwinding.
    No,
}

/// How long a wait has to be hopeless before it is refused: a stop may end one of these waits.
const HOPELESS: Duration = Duration::from_secs(1);

/// Waits for one task. A thread of the task's pool that waits without a limit runs it inline, if it has not
/// begun.
#[track_caller]
pub(super) fn wait_for(
    task: &Awaited,
    until: &Until<'_>,
    refusable: Refusable,
) -> Result<(), WaitError> {
    if task.is_done() {
        return Ok(());
    }
    if task.is_later() && worker_context::is_of_any() {
        match task.earlier.is_empty() {
            true => wait(&Beginning(task), until, refusable)?,
            false => wait_for_earlier(task, until, refusable)?,
        }
    }
    let may_run = until.is_forever() && task.job.head().is_pending();
    if may_run && worker_context::is_of(&task.pool) && worker_context::has_room() {
        task.run();
    }
    wait(task, until, refusable)
}

/// The moment in which a task may begin that waits for a time.
struct Beginning<'a>(&'a Awaited);

impl TaskWait for Beginning<'_> {
    type Output = ();

    fn tasks(&self) -> impl DoubleEndedIterator<Item = &Awaited> {
        iter::once(self.0)
    }

    fn is_ready(&self) -> bool {
        !self.0.is_later()
    }

    fn sleep(
        &self,
        until: &Until<'_>,
        worker: Option<&Arc<dyn Interrupted>>,
    ) -> Result<(), WaitError> {
        self.0.job.sleep_until_it_may_begin(until, worker)
    }
}

/// Waits for the tasks that have to end before that one, each like any other task.
///
/// A single wait for the last of them would have to notice when it may begin, and that no worker comes for it.
#[track_caller]
fn wait_for_earlier(
    task: &Awaited,
    until: &Until<'_>,
    refusable: Refusable,
) -> Result<(), WaitError> {
    let mut before: Option<&Arc<dyn Job>> = None;
    for job in task.earlier.iter().chain([&task.job]) {
        if let Some(earlier) = before {
            let one = Awaited {
                job: Arc::clone(earlier),
                pool: Arc::clone(&task.pool),
                earlier: Vec::new(),
            };
            wait_for(&one, until, refusable)?;
            // The thread that has ended the earlier task may not have let this one begin yet.
            task.pool.arrive(job);
        }
        before = Some(job);
    }
    Ok(())
}

/// Waits for all of the tasks, each as by [`wait_for`].
#[track_caller]
pub(super) fn wait_for_all(tasks: &[Awaited], until: &Until<'_>) -> Result<(), WaitError> {
    if worker_context::is_of_any() && !until.is_over() {
        // One that cannot end before this wait does is enough.
        if tasks.iter().any(Awaited::is_running_here) {
            refuse_itself();
        }
        if !until.is_forever() {
            move_to_front(tasks.iter());
        }
    }
    tasks
        .iter()
        .try_for_each(|task| wait_for(task, until, Refusable::Yes))
}

#[cold]
#[track_caller]
fn refuse_itself() -> ! {
    panic!(
        "a task waits for itself, or for a task that it has interrupted, which would never end; \
         pass the handle to another thread"
    );
}

/// Waits for tasks. A worker lends its place for that time, so that others can run the awaited tasks and the
/// tasks that these wait for.
///
/// # Why no pool deadlocks for want of threads
///
/// A worker that keeps its place runs, and one that waits has lent it. So as long as a pool may start one more
/// thread, there is one to run the next task. At the bound, a wait without a limit runs a task that it waits for.
/// The remaining waits are those with a limit, and those on a stack that is used up. They are refused by a panic
/// if they are in a [`DeadEnd`]: nothing but a stop could end any of the waits that they depend on.
///
/// All this can change while the thread waits. So a wait for tasks none of which has begun checks again after
/// [`HOPELESS`] whether the bound was reached, or whether a task was taken out. A wait for a task that has begun
/// need not: only a wait of its own could keep that task from ending.
#[track_caller]
pub(super) fn wait<W: TaskWait>(
    wait: &W,
    until: &Until<'_>,
    refusable: Refusable,
) -> Result<W::Output, WaitError> {
    wait_again(wait, until, refusable, true)
}

/// The same; `first` is `false` if an earlier wait has moved these tasks to the front.
#[track_caller]
pub(super) fn wait_again<W: TaskWait>(
    wait: &W,
    until: &Until<'_>,
    refusable: Refusable,
    first: bool,
) -> Result<W::Output, WaitError> {
    if wait.is_ready() || until.is_over() {
        return wait.sleep(until, None);
    }
    if !worker_context::is_of_any() {
        let is_ready = || wait.is_ready().then_some(());
        // Most waits end before the pool has to know of them.
        let _want = match look_before_sleep(until, is_ready) {
            Some(()) => None,
            None => want(wait),
        };
        return wait.sleep(until, None);
    }
    if refusable == Refusable::Yes && wait.tasks().all(Awaited::is_running_here) {
        refuse_itself();
    }
    // A loan may start a thread, and a task that has begun often ends at once.
    let has_begun = |task: &Awaited| !task.first().head().is_pending();
    if wait.tasks().next().is_some_and(has_begun) {
        let mut backoff = Backoff::new();
        while backoff.snooze() {
            if wait.is_ready() {
                return wait.sleep(until, None);
            }
        }
    }
    if first {
        move_to_front(wait.tasks());
    }
    let mut lent = None;
    let may_end = until.deadline().is_some() || wait.tasks().any(Awaited::may_end_by_itself);
    let _noted = Noted::new(wait.pools(), may_end);
    loop {
        if lent.is_none() {
            lent = loan();
        }
        let outlook = Outlook::of(wait);
        if let Some(task) = outlook.to_run.filter(|_| until.is_forever()) {
            if worker_context::has_room() {
                lent = None;
                task.run();
                if wait.is_ready() {
                    return wait.sleep(until, None);
                }
                continue;
            }
            if task.prospect() == Prospect::TakenOut {
                run_elsewhere(task.first(), &task.pool);
            }
        }
        let _want = want(wait);
        let worker = lent.as_ref().map(Lent::loan);
        if !outlook.may_worsen || until.deadline().is_some() {
            return wait.sleep(until, worker.as_ref());
        }
        let dead_end = DeadEnd::of(&outlook.at_bound, lent.as_ref());
        match wait.sleep(&soon(until), worker.as_ref()) {
            Err(WaitError::TimedOut) => {}
            ended => return ended,
        }
        let now = Outlook::of(wait);
        let is_hopeless = dead_end.is_some_and(|end| end.leave(&now.at_bound, || lent = None));
        if is_hopeless
            && refusable == Refusable::Yes
            && !backend::is_unwinding()
            && let Some(task) = wait.tasks().find(|task| !task.is_done())
        {
            refuse_hopeless(&task.pool);
        }
        // It cannot run here: the stack is used up, or a stop is to end the wait. A hopeless wait gets here if it
        // must not panic.
        let may_run_here = until.is_forever() && worker_context::has_room();
        if let Some(task) = now.to_run
            && !may_run_here
            && (is_hopeless || task.prospect() == Prospect::TakenOut)
        {
            run_elsewhere(task.first(), &task.pool);
        }
    }
}

/// Moves the tasks to the front of their backlogs, in their order.
fn move_to_front<'a>(tasks: impl DoubleEndedIterator<Item = &'a Awaited>) {
    for task in tasks.rev() {
        let first = task.first();
        if first.head().is_pending() {
            task.pool.move_to_front(&**first);
        }
    }
}

/// The prospects of a wait.
struct Outlook<'a> {
    /// A task that no other thread may come for.
    to_run: Option<&'a Awaited>,
    /// The pools in whose backlogs the tasks are, if none can start a worker.
    at_bound: Vec<Arc<Shared>>,
    /// None of the tasks has begun, and the wait may have to act on that later.
    may_worsen: bool,
}

impl<'a> Outlook<'a> {
    fn good(may_worsen: bool) -> Self {
        Self {
            to_run: None,
            at_bound: Vec::new(),
            may_worsen,
        }
    }

    fn of<W: TaskWait>(wait: &'a W) -> Self {
        let mut outlook = Self::good(false);
        for task in wait.tasks() {
            let prospect = task.prospect();
            let is_its = |pool: &Arc<Shared>| Arc::ptr_eq(pool, &task.pool);
            match prospect {
                // It will end, or its own waits are refused. One that comes to its pool later may find no worker there.
                Prospect::Begun => return Self::good(task.is_later()),
                // An exploration should be able to detect that no thread can continue.
                Prospect::Queued => return Self::good(!backend::is_explored()),
                Prospect::AtBound if !outlook.at_bound.iter().any(is_its) => {
                    outlook.at_bound.push(Arc::clone(&task.pool));
                }
                Prospect::TakenOut | Prospect::AtBound => {}
            }
            let may_run = worker_context::is_of(&task.pool);
            outlook.may_worsen |= may_run || prospect != Prospect::TakenOut;
            if outlook.to_run.is_none() && may_run {
                outlook.to_run = Some(task);
            }
        }
        outlook
    }
}

/// A little later, or when the token of `until` is stopped.
fn soon<'a>(until: &Until<'a>) -> Until<'a> {
    match until.token() {
        Some(token) => (HOPELESS, token).into_until(),
        None => Until::after(HOPELESS),
    }
}

#[cold]
#[track_caller]
fn refuse_hopeless(pool: &Arc<Shared>) -> ! {
    panic!(
        "a task waits for one that no thread can begin: all threads of pool `{}` wait for tasks, and it may \
         have no more than {}; raise `ThreadPoolBuilder::max_threads`, or wait without a limit",
        pool.settings.name, pool.settings.max_threads
    );
}

/// Tells a pool that the current thread goes to sleep for tasks none of which has begun. One of them is enough. Any
/// task of the pool may be the one that has to end before a task that may begin later.
fn want<W: TaskWait>(wait: &W) -> Option<Want> {
    let has_begun = |task: &Awaited| !task.job.head().is_pending() && !task.is_later();
    if wait.tasks().any(has_begun) {
        return None;
    }
    let task = wait.tasks().next()?;
    let job = (!task.is_later()).then_some(&task.job);
    Some(Want::new(&task.pool, job))
}

/// The loan of the current thread for one wait, if it is a worker.
fn loan() -> Option<Lent> {
    own_pool().map(Lent::new)
}

/// The pool of which the current thread is a worker.
fn own_pool() -> Option<Arc<Shared>> {
    worker_context::current().map(|context| Arc::clone(&context.pool))
}

/// Lends the place of the current thread while it waits for a change of that pool, if it is a worker.
pub(super) fn lend_place(pool: &Arc<Shared>, until: &Until<'_>) -> Option<(Lent, Noted)> {
    let lent = loan()?;
    let noted = Noted::new(vec![Arc::clone(pool)], until.deadline().is_some());
    lent.wait();
    Some((lent, noted))
}

/// The current thread, which is a worker, waits for threads until the result is dropped. It keeps its place as long as
/// others run, or no task is awaited.
pub(super) fn keep_place() -> Box<dyn Any> {
    Box::new(own_pool().map(Blocked::new))
}
