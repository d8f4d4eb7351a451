//! What workers keep of tasks that have ended, under thousands of schedules, beside a twin in which two steps are swapped.

#[path = "../support/mod.rs"]
mod support;

use std::sync::Arc;

use support::explored::{holds, is_found};
use threadkit::{Lock, ThreadPool, spawn};

/// A worker may keep the memory of a task that has ended, but nothing that the program can see.
#[test]
fn what_a_task_leaves_is_dropped_while_the_pool_lives() {
    holds(1_000, || {
        let pool = ThreadPool::new(1);
        let held = Arc::new(());
        let (captured, returned) = (Arc::clone(&held), Arc::clone(&held));
        let task = pool.submit(move || {
            drop(captured);
            returned
        });
        // Either comes last: the handle, or the worker.
        drop(task);
        pool.wait_idle();
        assert_eq!(Arc::strong_count(&held), 1);
    });
}

/// A task that has ended, and that a handle refers to until it is dropped. The handle leaves something in it.
fn toy_leftovers(count_first: bool) {
    let left = Arc::new(Lock::new(None));
    let handles = Arc::new(Lock::new(1));
    let (to_leave, to_count) = (Arc::clone(&left), Arc::clone(&handles));
    let handle = spawn(move || {
        *to_leave.acquire() = Some("a callback");
        *to_count.acquire() -= 1;
    });
    let is_last = || *handles.acquire() == 0;
    let is_empty = || left.acquire().is_none();
    let is_kept = match count_first {
        true => is_last() && is_empty(),
        false => is_empty() && is_last(),
    };
    handle.join().unwrap();
    assert!(!is_kept || left.acquire().is_none(), "kept with a callback");
}

#[test]
fn looking_at_what_is_left_before_the_last_reference_is_known_is_found_out() {
    holds(500, || toy_leftovers(true));
    is_found(
        "pool memory",
        "a worker first finds that it has the only reference",
        "kept with a callback",
        || toy_leftovers(false),
    );
}
