//! The form with coroutines.
//!
//! A coroutine never leaves the thread of the system on which it was made. Each has a stack of its own, with a page
//! below it that no code can use, and values of its own of all that `local!` declares.
//!
//! A coroutine that is suspended when its run has failed is never resumed and never dropped. So its stack stays where it
//! is, for all that refers to it, and no destructor runs in a program that is broken. The stack may refer to the
//! thread-locals of the thread of the system as well. A thread of our own never ends then; the thread that has begun the
//! exploration does end, and what follows from that is a part of the promise of `Explorer::coroutines`.

use core::cell::{Cell, RefCell};
use core::hint;
use core::mem::{self, ManuallyDrop};
use core::ptr::NonNull;
use std::rc::Rc;
use std::{env, io, thread};

use corosensei::{Coroutine, CoroutineResult, Yielder};
use parking_lot::Mutex;

use super::stack::{CoroutineStack, NewStack};
use crate::backend::native as system;
use crate::local::Table;
use crate::{trace, unwind};

/// Whether there are coroutines on this system.
pub(in crate::backend::explored) const ARE_THERE: bool = true;

/// The size of a stack for which no other is asked, that of a thread of std.
const DEFAULT_STACK: usize = 2 * 1024 * 1024;

/// The smallest size of a stack. Reports of panics need some of it.
const LEAST_STACK: usize = 64 * 1024;

/// How much memory the first runs of an exploration mostly need.
const FIRST_RUNS: usize = 48 * 1024;

/// How many stacks are kept for later coroutines, by a thread and for all.
const MOST_STACKS: usize = 64;

/// Stacks for the next explorations, with the sizes that were asked for.
static STACKS: Mutex<Vec<(usize, CoroutineStack)>> = Mutex::new(Vec::new());

/// Stacks that no coroutine has had yet.
static NEW_STACKS: Mutex<Vec<(usize, NewStack)>> = Mutex::new(Vec::new());

/// The coroutines of a thread of the system.
struct All {
    /// Those that are suspended, by the number of the task.
    tasks: Vec<Option<Coroutine<(), (), (), CoroutineStack>>>,
    /// As [`STACKS`], for this one.
    stacks: Vec<(usize, CoroutineStack)>,
    /// The sizes of the stacks of `tasks`.
    sizes: Vec<usize>,
    /// For the next coroutines, with values as new.
    tables: Vec<Rc<Table>>,
    /// Whether a run has left some that have not ended.
    are_left: bool,
}

impl All {
    const NONE: Self = Self {
        tasks: Vec::new(),
        stacks: Vec::new(),
        sizes: Vec::new(),
        tables: Vec::new(),
        are_left: false,
    };
}

thread_local! {
    /// Never dropped, because a coroutine that is suspended cannot be.
    static ALL: ManuallyDrop<RefCell<All>> =
        const { ManuallyDrop::new(RefCell::new(All::NONE)) };

    /// That of the coroutine that runs.
    ///
    /// Only the coroutine itself sets it, and it takes it out before it is suspended and before it ends. So while there
    /// is one, the code that runs is on the stack of that coroutine, whose first function has it on loan.
    static YIELDER: Cell<Option<NonNull<Yielder<(), ()>>>> = const { Cell::new(None) };

    /// How many of the coroutines unwind and are suspended.
    static UNWINDING: Cell<usize> = const { Cell::new(0) };

    /// Whether this thread can run coroutines for itself.
    static IS_CLEAN: Cell<bool> = const { Cell::new(true) };
}

/// The current thread, while it runs coroutines for itself: while it is the thread that has begun the exploration.
///
/// A thread is *clean* until it runs coroutines, and is again when all of them have ended. If some are left, it never is
/// again: they may have a thread-local of the program in use, such as a cell that is borrowed, and may unwind.
pub(in crate::backend::explored) struct Here(());

impl Here {
    /// `None` if the thread is not clean, or has what coroutines would see or change: it unwinds, or `tracing` has a
    /// subscriber, for which the thread is in a span.
    pub(in crate::backend::explored) fn new() -> Option<Self> {
        let can_be = IS_CLEAN.get() && !thread::panicking() && !trace::is_heard();
        can_be.then(|| {
            IS_CLEAN.set(false);
            // Some allocators ask the system for little more than an allocation needs, and would do so several times.
            drop(hint::black_box(Vec::<u8>::with_capacity(FIRST_RUNS)));
            Self(())
        })
    }
}

/// The current thread, which is one of our own, runs coroutines from now on.
pub(in crate::backend::explored) fn begin_apart() {
    IS_CLEAN.set(false);
}

impl Drop for Here {
    fn drop(&mut self) {
        IS_CLEAN.set(!are_left());
    }
}

/// Makes the coroutine of a task, which does what `main` does when it is resumed.
///
/// # Errors
///
/// Those of the system, if it has no memory for the stack.
pub(in crate::backend::explored) fn add(
    task: usize,
    stack_size: Option<usize>,
    main: Box<dyn FnOnce()>,
) -> io::Result<()> {
    let size = stack_size
        .unwrap_or_else(default_stack_size)
        .max(LEAST_STACK);
    ALL.with(|all| {
        let mut all = all.borrow_mut();
        let kept = take(&mut all.stacks, size).or_else(|| take(&mut STACKS.lock(), size));
        let stack = match kept {
            Some(stack) => stack,
            None => new_stack(size)?,
        };
        let table = all.tables.pop().unwrap_or_default();
        let coroutine = Coroutine::with_stack(stack, move |yielder, ()| {
            YIELDER.set(Some(NonNull::from(yielder)));
            Table::exchange(Some(table));
            // Nothing can unwind out of the stack.
            unwind::abort_on_panic(main);
            let table = Table::exchange(None);
            YIELDER.set(None);
            if let Some(table) = table.and_then(Table::renewed) {
                ALL.with(|all| all.borrow_mut().tables.push(table));
            }
        });
        debug_assert_eq!(task, all.tasks.len(), "tasks are numbered in their order");
        all.tasks.push(Some(coroutine));
        all.sizes.push(size);
        Ok(())
    })
}

fn new_stack(size: usize) -> io::Result<CoroutineStack> {
    let mut kept = NEW_STACKS.lock();
    let stack = match take(&mut kept, size) {
        Some(stack) => stack,
        None => {
            let mut new = NewStack::some(size)?;
            let stack = new.pop().ok_or(io::ErrorKind::OutOfMemory)?;
            if kept.len() >= MOST_STACKS {
                kept.clear();
            }
            kept.extend(new.into_iter().map(|stack| (size, stack)));
            stack
        }
    };
    drop(kept);
    stack.protected()
}

fn take<S>(stacks: &mut Vec<(usize, S)>, size: usize) -> Option<S> {
    let at = stacks.iter().rposition(|(kept, _)| *kept == size)?;
    Some(stacks.swap_remove(at).1)
}

/// As std: the size that the environment asks for, or the default.
fn default_stack_size() -> usize {
    thread_local! {
        static SIZE: Cell<Option<usize>> = const { Cell::new(None) };
    }
    SIZE.get().unwrap_or_else(|| {
        let asked = env::var("RUST_MIN_STACK").ok();
        let size = asked.and_then(|asked| asked.parse().ok());
        let size = size.unwrap_or(DEFAULT_STACK);
        SIZE.set(Some(size));
        size
    })
}

/// The number of this thread for the system. Asked for once for each thread: it is a call of the system, and every
/// coroutine needs it several times.
pub(in crate::backend::explored) fn native_id() -> Option<u64> {
    thread_local! {
        static ID: Cell<Option<u64>> = const { Cell::new(None) };
    }
    if ID.get().is_none() {
        ID.set(system::native_id());
    }
    ID.get()
}

/// Lets the coroutine of the task run until it is suspended or ends.
pub(in crate::backend::explored) fn resume(task: usize) {
    let coroutine = ALL.with(|all| all.borrow_mut().tasks[task].take());
    let Some(mut coroutine) = coroutine else {
        unreachable!("a coroutine that has ended gets no turn");
    };
    let result = coroutine.resume(());
    ALL.with(|all| {
        let mut all = all.borrow_mut();
        match result {
            CoroutineResult::Yield(()) => all.tasks[task] = Some(coroutine),
            CoroutineResult::Return(()) => {
                let size = all.sizes[task];
                if all.stacks.len() < MOST_STACKS {
                    all.stacks.push((size, coroutine.into_stack()));
                }
            }
        }
    });
}

/// Suspends the coroutine that runs, until it is resumed.
pub(in crate::backend::explored) fn suspend() {
    let unwinding = usize::from(is_unwinding());
    let Some(yielder) = YIELDER.take() else {
        unreachable!("only a coroutine is suspended");
    };
    let table = Table::exchange(None);
    UNWINDING.set(UNWINDING.get() + unwinding);
    // SAFETY: it was in `YIELDER`, so this code runs on the stack of its coroutine, whose first function has it on loan
    // and does not return before this call.
    unsafe { yielder.as_ref() }.suspend(());
    UNWINDING.set(UNWINDING.get() - unwinding);
    Table::exchange(table);
    YIELDER.set(Some(yielder));
}

/// Whether the current task unwinds, as far as that is known.
///
/// std counts panics for a thread of the system. If a coroutine that unwinds is suspended, std says of all others that
/// they unwind as well. Here, none of them counts as unwinding: one may, but to count all of them would be wrong more
/// often.
///
/// Outside of coroutines, the thread counts as unwinding if std says so. It does for ever if a run that has failed has left
/// a coroutine that unwinds.
pub(crate) fn is_unwinding() -> bool {
    thread::panicking() && (UNWINDING.get() == 0 || YIELDER.get().is_none())
}

/// The run is over. The coroutines that have not ended are left as they are, for ever.
pub(in crate::backend::explored) fn end_run() {
    ALL.with(|all| {
        let all = &mut *all.borrow_mut();
        all.sizes.clear();
        for coroutine in all.tasks.drain(..).flatten() {
            all.are_left = true;
            mem::forget(coroutine);
        }
    });
}

/// No more runs are made on this thread. Returns whether coroutines are left that have not ended.
pub(in crate::backend::explored) fn are_left() -> bool {
    end_run();
    let All {
        stacks, are_left, ..
    } = ALL.with(|all| all.replace(All::NONE));
    let mut kept = STACKS.lock();
    kept.extend(stacks);
    let most = MOST_STACKS.min(kept.len());
    let unwanted = kept.split_off(most);
    drop(kept);
    drop(unwanted);
    are_left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_for_a_thread_that_explores_no_more() {
        thread::spawn(|| {
            add(0, None, Box::new(suspend)).unwrap();
            resume(0);
            resume(0);
            assert!(!are_left());
            ALL.with(|all| {
                let all = all.borrow();
                let sizes = [all.tasks.capacity(), all.stacks.capacity()];
                assert_eq!(sizes, [0, 0]);
                assert_eq!([all.sizes.capacity(), all.tables.capacity()], [0, 0]);
            });
        })
        .join()
        .unwrap();
    }
}
