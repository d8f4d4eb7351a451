//! What tasks that have ended set off: the tasks that follow them, and their callbacks; in loops and not one inside the
//! other.

use core::cell::RefCell;
use core::mem::{self, ManuallyDrop};
use std::collections::VecDeque;

use super::ending::Ending;
use crate::unwind::run_quietly;

/// What [`on_done`](crate::Task::on_done) registers, or lets a task begin that follows.
pub(super) type Callback = Box<dyn FnOnce(Ending) + Send>;

type Calls = VecDeque<(Callback, Ending)>;

/// What the current thread has yet to call.
#[derive(Default)]
struct Due {
    /// Of tasks that follow.
    followers: Calls,
    callbacks: Calls,
    /// A loop further out calls the followers, and one of them runs.
    follows: bool,
    /// A loop further out calls the callbacks.
    calls: bool,
    /// How many callbacks of tasks that had ended before run one inside the other, in the innermost loop.
    nested: usize,
}

/// So many callbacks of tasks that had ended before may run one inside the other.
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

thread_local! {
    /// Never dropped, and empty while nothing is called: tasks may end while other thread-locals are being destroyed.
    static DUE: ManuallyDrop<RefCell<Due>> = const { ManuallyDrop::new(RefCell::new(Due::NONE)) };
}

fn with_due<R>(f: impl FnOnce(&mut Due) -> R) -> R {
    DUE.with(|due| f(&mut due.borrow_mut()))
}

/// Lets the tasks begin or end that follow a task, and then calls its callbacks, each in their order.
///
/// If the task was ended by a callback, its own are called when that one and those that are due already have returned.
/// So a chain of tasks, each of which cancels the next when it ends, needs no more stack than one of them. Tasks that
/// follow do not wait for that, because the callback may wait for what they do. If one of them ends here, because the
/// task before it has failed, what follows it comes after it, and then the callbacks of all.
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

/// Calls a callback of a task that has ended before.
///
/// If it was registered by such a callback, and that one by another, and so on, it is called when they have returned. So
/// a chain of these needs no more stack than a few of them.
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

/// Calls the callbacks that are due, unless a loop further out does.
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

/// Until this is dropped, the current thread runs a task inline. What its end sets off is called when it ends, also if a
/// callback waits for it, which may depend on what that does.
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
