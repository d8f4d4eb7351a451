//! What the end of a task sets off: tasks that follow it begin, and its callbacks are called. Both run in loops and not
//! recursively.

use core::cell::RefCell;
use core::mem::{self, ManuallyDrop};
use std::collections::VecDeque;

use super::ending::Ending;
use crate::local::local;
use crate::unwind::run_quietly;

/// A callback of [`on_done`](crate::Task::on_done), or one that lets a following task begin.
pub(super) type Callback = Box<dyn FnOnce(Ending) + Send>;

type Calls = VecDeque<(Callback, Ending)>;

/// The callbacks that the current thread has yet to call.
#[derive(Default)]
struct Due {
    /// Those that let following tasks begin.
    followers: Calls,
    callbacks: Calls,
    /// An outer loop calls the followers, and one of them runs.
    follows: bool,
    /// An outer loop calls the callbacks.
    calls: bool,
    /// How deep callbacks of tasks that had ended before are nested in the innermost loop.
    nested: usize,
}

/// How deep callbacks of tasks that had ended before may be nested.
const MOST_NESTED: usize = 32;

impl Due {
    const NONE: Self = Self {
        followers: VecDeque::new(),
        callbacks: VecDeque::new(),
        follows: false,
        calls: false,
        nested: 0,
    };
}

local! {
    /// Never dropped, and empty while nothing is called: tasks may end while other thread-locals are being destroyed.
    static DUE: ManuallyDrop<RefCell<Due>> = const { ManuallyDrop::new(RefCell::new(Due::NONE)) };
}

fn with_due<R>(f: impl FnOnce(&mut Due) -> R) -> R {
    DUE.with(|due| f(&mut due.borrow_mut()))
}

/// Lets the tasks that follow a task begin or end, and then calls the callbacks of the task; both in order.
///
/// If a callback ended the task, the task's own callbacks are called when that callback, and those that are due
/// already, have returned. So a chain of tasks, each of which cancels the next when it ends, needs no more stack than
/// one of them. Following tasks are not delayed, because the callback may wait for what they do. If one of them ends
/// here, because the task before it has failed, its own followers come after it, and then the callbacks of all.
pub(super) fn call(followers: Vec<Callback>, callbacks: Vec<Callback>, ending: Ending) {
    if followers.is_empty() && callbacks.is_empty() {
        return;
    }
    let is_in_follower = with_due(|due| {
        let followers = followers.into_iter().map(|follower| (follower, ending));
        due.followers.extend(followers);
        let callbacks = callbacks.into_iter().map(|callback| (callback, ending));
        due.callbacks.extend(callbacks);
        mem::replace(&mut due.follows, true)
    });
    if is_in_follower {
        return;
    }
    call_all(|due| due.followers.pop_front());
    call_callbacks();
}

/// Calls a callback that was registered after its task had ended.
///
/// Such a callback may register another one, and so on. Beyond [`MOST_NESTED`] the next one is called when the others
/// have returned, so a chain of them needs little stack.
pub(super) fn call_now(callback: Callback, ending: Ending) {
    let mut callback = Some(callback);
    let now = with_due(|due| {
        if due.nested == MOST_NESTED {
            due.callbacks.extend(callback.take().map(|it| (it, ending)));
        } else {
            due.nested += 1;
        }
        callback.take()
    });
    let Some(callback) = now else { return };
    run_quietly(|| callback(ending));
    let is_left = with_due(|due| {
        due.nested -= 1;
        due.nested == 0 && !due.follows && !due.callbacks.is_empty()
    });
    if is_left {
        call_callbacks();
    }
}

/// Calls the callbacks that are due, unless an outer loop does.
fn call_callbacks() {
    let is_in_callback = with_due(|due| {
        due.follows = false;
        mem::replace(&mut due.calls, true)
    });
    if is_in_callback {
        return;
    }
    call_all(|due| due.callbacks.pop_front());
    let _empty = with_due(|due| {
        let nested = due.nested;
        mem::replace(
            due,
            Due {
                nested,
                ..Due::NONE
            },
        )
    });
}

fn call_all(next: impl Fn(&mut Due) -> Option<(Callback, Ending)>) {
    let outer = with_due(|due| mem::take(&mut due.nested));
    while let Some((callback, ending)) = with_due(&next) {
        run_quietly(|| callback(ending));
    }
    with_due(|due| due.nested = outer);
}

/// Until this is dropped, the current thread runs a task inline. The end of that task calls its callbacks at once, even
/// if an outer callback waits for the task: it may depend on what they do.
pub(super) struct Apart(Due);

impl Apart {
    pub(super) fn new() -> Self {
        Self(with_due(mem::take))
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        let interrupted = mem::take(&mut self.0);
        let _none = with_due(|due| mem::replace(due, interrupted));
    }
}
