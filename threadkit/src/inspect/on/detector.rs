//! The thread that looks for deadlocks, and what it does when it finds one.

use core::sync::atomic::{AtomicU8, Ordering};
use core::time::Duration;
use std::process;

use super::look::Look;
use super::{deadlock_report, hidden, setting};
use crate::backend::{self, TaskId};
use crate::index_map::IndexSet;
use crate::inspect::report::tell;
use crate::inspect::{Deadlock, Policy};
use crate::unwind;

/// The time between two looks. A thread that sleeps in three of them, the last two close together, is not just slow.
const PAUSE: Duration = Duration::from_millis(500);

/// The number of looks without a sleeper after which the thread ends.
const IDLE: u32 = 20;

/// There is no detector, and the next sleeper starts one.
const NONE: u8 = 0;
/// It runs, or is about to.
const RUNNING: u8 = 1;
/// There is none, and none is to be started: the policy forbids it, or the system has no thread for it.
const UNWANTED: u8 = 2;

static STATE: AtomicU8 = AtomicU8::new(NONE);

/// Sets what happens when a deadlock is found.
///
/// It replaces the value of the environment variable `THREADKIT_INSPECT`. Deadlocks that were found before are not
/// reported again. Nothing is found in release builds of threadkit without the feature `inspect`.
///
/// # Examples
///
/// ```
/// use threadkit::inspect::{Policy, on_deadlock};
///
/// on_deadlock(Policy::Off);
/// # on_deadlock(Policy::Report);
/// ```
pub fn on_deadlock(policy: Policy) {
    setting::set(policy);
    if !matches!(policy, Policy::Off) {
        // A sleeper that has found none before may sleep for ever. Relaxed: `ensure` decides.
        let _ = STATE.compare_exchange(UNWANTED, NONE, Ordering::SeqCst, Ordering::SeqCst);
        ensure();
    }
}

/// Makes sure that there is a detector. To be called after a sleep was noted.
///
/// SeqCst, here and in [`run`]: a sleeper notes its sleep and then reads the state, and a detector that ends changes
/// the state and then looks for sleepers.
pub(super) fn ensure() {
    if STATE.load(Ordering::SeqCst) == NONE {
        start();
    }
}

#[cold]
fn start() {
    let wanted = !matches!(setting::policy(), Policy::Off);
    let next = if wanted { RUNNING } else { UNWANTED };
    let is_mine = STATE
        .compare_exchange(NONE, next, Ordering::SeqCst, Ordering::SeqCst)
        .is_ok();
    if is_mine && wanted {
        // The thread is in no list, and nothing waits for it. A panic of the start, where thread-locals are being
        // destroyed, is no reason to fail the wait that has caused the start.
        let started = unwind::catch(|| hidden::spawn_hidden("threadkit-watch", run));
        if !matches!(started, Ok(Ok(_))) {
            STATE.store(UNWANTED, Ordering::SeqCst);
        }
        if let Err(payload) = started {
            unwind::drop_quietly(payload);
        }
    }
}

fn run() {
    let mut before = Look::default();
    let mut reported = Vec::new();
    let mut idle = 0;
    loop {
        backend::sleep(PAUSE);
        let mut look = Look::new();
        if look.sleepers.is_empty() {
            idle += 1;
            if idle < IDLE {
                continue;
            }
            STATE.store(NONE, Ordering::SeqCst);
            let is_over = Look::new().sleepers.is_empty()
                || STATE
                    .compare_exchange(NONE, RUNNING, Ordering::SeqCst, Ordering::SeqCst)
                    .is_err();
            if is_over {
                return;
            }
            continue;
        }
        idle = 0;
        look.retain_those_in(&before);
        if matches!(setting::policy(), Policy::Off) {
            reported.clear();
        } else {
            find(&mut look, &mut reported).iter().for_each(act);
        }
        before = Look::new();
    }
}

/// Finds tasks that can never go on and are not in `reported`, which lists sleeps, and adds them to it.
fn find(look: &mut Look, reported: &mut Vec<(TaskId, u64)>) -> Vec<Deadlock> {
    let sleeps = |look: &Look, task: TaskId, number| {
        let sleeper = look.sleepers.get(&task);
        sleeper.is_some_and(|sleeper| sleeper.number == number)
    };
    reported.retain(|(task, number)| sleeps(look, *task, *number));
    let known: IndexSet<TaskId> = reported.iter().map(|(task, _)| *task).collect();
    let suspects = look.stuck(&known);
    if suspects.is_empty() {
        return Vec::new();
    }
    // The look after it, as the argument of `stuck` requires. The reported ones sleep for ever.
    if !look.confirms(&suspects, &Look::new(), &known) {
        return Vec::new();
    }
    for task in suspects.keys() {
        let sleeper = look.sleepers.get(task);
        reported.extend(sleeper.map(|sleeper| (*task, sleeper.number)));
    }
    deadlock_report::deadlocks(look, &suspects)
}

fn act(deadlock: &Deadlock) {
    match setting::policy() {
        Policy::Off => {}
        Policy::Report => tell(&deadlock.to_string()),
        Policy::Abort => {
            tell(&deadlock.to_string());
            process::abort();
        }
        Policy::Call(f) => unwind::run_quietly(|| f(deadlock)),
    }
}
