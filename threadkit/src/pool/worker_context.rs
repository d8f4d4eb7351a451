//! The role of the current thread in pools: a worker of one, and a thread that runs tasks of others.

use core::any::Any;
use core::cell::RefCell;
use core::mem::ManuallyDrop;
use std::rc::Rc;
use std::sync::Arc;

use super::dropping::is_dropping;
use super::shared::Shared;
use crate::local::local;
use crate::nested::Nested;
use crate::threads;
use crate::wait::{StopSource, StopToken};

local! {
    /// Set while the thread is a worker. Never dropped, and empty before thread-locals are destroyed.
    static CONTEXT: ManuallyDrop<RefCell<Option<Rc<WorkerContext>>>> =
        const { ManuallyDrop::new(RefCell::new(None)) };

    /// The tasks that this thread runs inline. Never dropped: tasks may run while other thread-locals are
    /// being destroyed.
    static INLINE: ManuallyDrop<RefCell<Nested<InlineTask>>> =
        const { ManuallyDrop::new(RefCell::new(Nested::new())) };
}

/// How much of its stack a thread that is not a worker may use for inline tasks, from the first of them
/// on. Such a thread may have a small stack, of which an unknown part is in use already.
const BORROWED_STACK: usize = 16 * 1024;

/// The context of a worker.
pub(super) struct WorkerContext {
    pub(super) pool: Arc<Shared>,
    /// Stopped with the thread, and so are the tasks that run on it.
    token: StopToken,
    /// Inline tasks may use half of what a task finds on a worker that runs nothing else.
    stack: Stack,
}

/// A task that the current thread runs inline.
struct InlineTask {
    pool: Arc<Shared>,
    stopped_by: StoppedBy,
    stack: Stack,
}

/// A part of the current thread's stack.
struct Stack {
    /// An address near its beginning.
    top: usize,
    size: usize,
}

impl Stack {
    #[inline(never)]
    fn from_here(size: usize) -> Self {
        Self { top: here(), size }
    }

    fn has_room(&self) -> bool {
        self.top.abs_diff(here()) < self.size
    }
}

/// An address near the end of the stack that is in use.
#[inline(never)]
fn here() -> usize {
    let local = 0_u8;
    core::ptr::from_ref(core::hint::black_box(&local)).addr()
}

/// The current thread is a worker until this is dropped.
pub(super) struct AsWorker(());

impl AsWorker {
    /// `on_block` is called before the thread waits for other threads.
    pub(super) fn of(pool: Arc<Shared>, on_block: fn() -> Box<dyn Any>) -> Self {
        let stack = Stack::from_here(pool.settings.stack_size / 2);
        let token = threads::current().stop_token();
        CONTEXT.with(|context| {
            context.replace(Some(Rc::new(WorkerContext { pool, token, stack })));
        });
        threads::set_on_block(Some(on_block));
        Self(())
    }
}

impl Drop for AsWorker {
    fn drop(&mut self) {
        threads::set_on_block(None);
        // Dropped after the cell is free again.
        let _context = CONTEXT.with(|context| context.take());
    }
}

/// The current thread runs a task inline until this is dropped.
pub(super) struct Inline(());

/// Which pool's [`shutdown_now`](crate::ThreadPool::shutdown_now) stops an inline task.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StoppedBy {
    /// The pool of the task.
    ItsPool,
    /// The pool of the worker that runs it, if a worker does: its own pool has given the task back.
    ItsHost,
}

impl Inline {
    pub(super) fn new(pool: &Arc<Shared>, stopped_by: StoppedBy) -> Self {
        if !is_worker_of(pool) {
            pool.waits.lock().guests += 1;
        }
        INLINE.with(|tasks| {
            let mut tasks = tasks.borrow_mut();
            // A task that a task of its pool waits for is stopped in the same way as the waiting one.
            let outer = tasks.innermost();
            let given_back = outer.is_some_and(|outer| {
                outer.stopped_by == StoppedBy::ItsHost && Arc::ptr_eq(&outer.pool, pool)
            });
            tasks.begin(InlineTask {
                pool: Arc::clone(pool),
                stopped_by: match given_back {
                    true => StoppedBy::ItsHost,
                    false => stopped_by,
                },
                stack: Stack::from_here(BORROWED_STACK),
            });
        });
        Self(())
    }
}

impl Drop for Inline {
    fn drop(&mut self) {
        // Dropped after the cell is free again.
        let over = INLINE.with(|tasks| tasks.borrow_mut().end());
        if let Some(task) = over.filter(|task| !is_worker_of(&task.pool)) {
            task.pool.waits.lock().guests -= 1;
        }
    }
}

/// The context of the current thread, if it is a worker.
pub(super) fn current() -> Option<Rc<WorkerContext>> {
    CONTEXT.with(|context| context.borrow().clone())
}

/// Whether the current thread is a worker of that pool.
fn is_worker_of(pool: &Arc<Shared>) -> bool {
    CONTEXT.with(|context| {
        let context = context.borrow();
        let context = context.as_ref();
        context.is_some_and(|context| Arc::ptr_eq(&context.pool, pool))
    })
}

/// The pools of the tasks that this thread runs inline, but for the one of which it is a worker.
pub(super) fn visited() -> Vec<Arc<Shared>> {
    INLINE.with(|tasks| {
        let tasks = tasks.borrow();
        let pools = tasks.iter().map(|task| &task.pool);
        pools.filter(|pool| !is_worker_of(pool)).cloned().collect()
    })
}

/// Whether the current thread is one of that pool: a worker of it, or any thread that runs or drops a task of it.
pub(super) fn is_of(pool: &Arc<Shared>) -> bool {
    works_for(pool) || is_dropping(Arc::as_ptr(pool).addr())
}

/// Whether the current thread is a worker of that pool, or runs a task of it.
pub(super) fn works_for(pool: &Arc<Shared>) -> bool {
    let is_it = |other: &Arc<Shared>| Arc::ptr_eq(other, pool);
    is_worker_of(pool) || INLINE.with(|tasks| tasks.borrow().iter().any(|task| is_it(&task.pool)))
}

/// Whether the current thread is one of any pool.
pub(super) fn is_of_any() -> bool {
    CONTEXT.with(|context| context.borrow().is_some())
        || INLINE.with(|tasks| !tasks.borrow().is_empty())
}

/// Whether the stack has room for one more inline task, on a thread of a pool.
pub(super) fn has_room() -> bool {
    match current() {
        Some(context) => context.stack.has_room(),
        None => INLINE.with(|tasks| {
            let tasks = tasks.borrow();
            tasks.outermost().is_none_or(|task| task.stack.has_room())
        }),
    }
}

/// The pool that stops the innermost task of this thread when it is shut down at once.
fn stopping_pool() -> Option<Arc<Shared>> {
    let inline = INLINE.with(|tasks| {
        let tasks = tasks.borrow();
        let task = tasks.innermost();
        let task = task.filter(|task| task.stopped_by == StoppedBy::ItsPool);
        task.map(|task| Arc::clone(&task.pool))
    });
    inline.or_else(|| current().map(|context| Arc::clone(&context.pool)))
}

/// Says where the innermost task of this thread, which has that key, is stopped.
pub(super) fn announce(key: usize, source: &StopSource) {
    if let Some(pool) = stopping_pool() {
        let link = current().map(|context| {
            let task = source.clone();
            context.token.on_stop(move || {
                task.stop();
            })
        });
        pool.announce(key, source, link);
    }
}

/// Says that the innermost task of this thread, which has that key, has ended.
pub(super) fn retract(key: usize) {
    if let Some(pool) = stopping_pool() {
        pool.retract(key);
    }
}
