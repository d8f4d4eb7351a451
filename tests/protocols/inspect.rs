//! How deadlocks are found, how contention is charged and how what a thread holds is read, under thousands of
//! schedules, each beside bad twins: small copies that lack one step, and which must be found out.

#[path = "../support/mod.rs"]
mod support;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use support::explored::{holds, is_found};
use threadkit::atomic::AtomicU64;
use threadkit::{Event, Lock, join_all, scope, sleep, spawn};

/// The index of the event among what wakes threads.
const EVENT: usize = 2;

/// A point at which another thread may run.
fn pause() {
    sleep(Duration::ZERO);
}

/// A lock that an exploration does not see: no thread switches to another one while it is held.
fn seen<T>(noted: &Mutex<T>) -> MutexGuard<'_, T> {
    noted.lock().unwrap()
}

/// The look that a detector lacks.
#[derive(Clone, Copy, PartialEq)]
enum Lacks {
    Nothing,
    /// The threads that sleep before the look.
    Before,
    /// The threads that sleep after it, and after the threads were counted.
    After,
}

/// What a thread sleeps for.
#[derive(Clone, Copy)]
enum For {
    Lock(usize),
    Event,
}

/// The threads and locks of a program, as they are noted.
///
/// # Invariant
///
/// A thread notes a sleep with a number that no other sleep has before it sleeps, and removes the note after it was
/// woken. A thread notes itself as the holder of a lock after it has acquired the lock, and removes that before it
/// releases it. Both are read at any time in between, each in one step. `strangers` counts the threads that are not
/// noted at all.
#[derive(Default)]
struct Program {
    sleeps: [Mutex<Option<(usize, For)>>; 2],
    numbers: AtomicUsize,
    holders: [Mutex<Option<usize>>; 2],
    /// What wakes the thread that sleeps for that lock, or the threads that sleep for the event, at the end.
    wakes: [Event; 3],
    is_set: AtomicBool,
    strangers: AtomicUsize,
}

impl Program {
    fn note(&self, thread: usize, waits: For) {
        let number = self.numbers.fetch_add(1, Ordering::SeqCst);
        *seen(&self.sleeps[thread]) = Some((number, waits));
    }

    fn hold(&self, lock: usize, thread: impl Into<Option<usize>>) {
        *seen(&self.holders[lock]) = thread.into();
    }

    /// As the thread, sleeps until the lock that its note names is released, or the event is set.
    fn sleep(&self, thread: usize, until: usize) {
        self.wakes[until].wait();
        // It was woken, and runs some time later.
        pause();
        *seen(&self.sleeps[thread]) = None;
    }

    /// The sleeps by thread, each with the thread that would end it, if that is one.
    fn look(&self) -> HashMap<usize, (usize, Option<usize>)> {
        let mut look = HashMap::new();
        for (thread, sleep) in self.sleeps.iter().enumerate() {
            pause();
            // The thread cannot remove its note as long as this is held.
            let sleep = seen(sleep);
            let Some((number, waits)) = *sleep else {
                continue;
            };
            let ender = match waits {
                For::Event if self.is_set.load(Ordering::SeqCst) => continue,
                For::Event => None,
                For::Lock(lock) => match *seen(&self.holders[lock]) {
                    Some(holder) => Some(holder),
                    None => continue,
                },
            };
            look.insert(thread, (number, ender));
        }
        look
    }

    /// Whether the detector considers threads as stuck.
    fn is_reported(&self, lacks: Lacks) -> bool {
        let numbers = |look: HashMap<usize, (usize, Option<usize>)>| -> HashMap<usize, usize> {
            let sleeps = look.into_iter();
            sleeps
                .map(|(thread, (number, _))| (thread, number))
                .collect()
        };
        let before = (lacks != Lacks::Before).then(|| numbers(self.look()));
        let look = self.look();
        pause();
        let is_everyone = self.strangers.load(Ordering::SeqCst) == 0;
        let after = (lacks != Lacks::After).then(|| numbers(self.look()));
        let mut stuck = look;
        for other in [before, after].into_iter().flatten() {
            stuck.retain(|thread, (number, _)| other.get(thread) == Some(number));
        }
        loop {
            let all = stuck.clone();
            stuck.retain(|_, (_, ender)| match ender {
                Some(ender) => all.contains_key(ender),
                None => is_everyone && all.len() == self.sleeps.len(),
            });
            if stuck.len() == all.len() {
                return !stuck.is_empty();
            }
        }
    }
}

/// Thread 0 holds lock 1 and waits for lock 0, which thread 1 holds. Thread 1 releases it, a third thread overtakes the
/// waiter, and thread 1 then waits for lock 1.
fn overtaken(lacks: Lacks) {
    let program = Arc::new(Program::default());
    program.hold(0, 1);
    program.hold(1, 0);
    program.note(0, For::Lock(0));
    let [first, second] = [(); 2].map(|()| Arc::clone(&program));
    let threads = [
        spawn(move || {
            first.sleep(0, 0);
            first.hold(1, None);
            first.wakes[1].set();
        }),
        spawn(move || {
            second.hold(0, 2);
            second.note(1, For::Lock(1));
            second.sleep(1, 1);
        }),
    ];
    assert!(!program.is_reported(lacks), "a false alarm");
    // The third thread releases the lock.
    program.hold(0, None);
    program.wakes[0].set();
    join_all(threads).unwrap();
}

/// Two threads that wait for an event, which a thread that is not noted sets before it ends.
fn stranger(lacks: Lacks) {
    let program = Arc::new(Program::default());
    program.strangers.store(1, Ordering::SeqCst);
    let sets = Arc::clone(&program);
    let threads = [0, 1].map(|thread| {
        program.note(thread, For::Event);
        let program = Arc::clone(&program);
        spawn(move || program.sleep(thread, EVENT))
    });
    let stranger = spawn(move || {
        pause();
        sets.is_set.store(true, Ordering::SeqCst);
        sets.wakes[EVENT].set();
        sets.strangers.store(0, Ordering::SeqCst);
    });
    assert!(!program.is_reported(lacks), "a false alarm");
    join_all(threads).unwrap();
    stranger.join().unwrap();
}

#[test]
fn three_looks_never_take_threads_that_go_on_for_stuck() {
    holds(20_000, || overtaken(Lacks::Nothing));
    holds(20_000, || stranger(Lacks::Nothing));
}

#[test]
fn without_a_look_before_it_there_are_false_alarms() {
    is_found(
        "finding deadlocks",
        "looks at the sleepers before",
        "a false alarm",
        || overtaken(Lacks::Before),
    );
}

#[test]
fn without_a_look_after_it_there_are_false_alarms() {
    is_found(
        "finding deadlocks",
        "looks at the sleepers again after",
        "a false alarm",
        || stranger(Lacks::After),
    );
}

#[test]
fn a_deadlock_is_found() {
    let program = Arc::new(Program::default());
    program.note(0, For::Lock(0));
    program.note(1, For::Lock(1));
    *seen(&program.holders[0]) = Some(1);
    *seen(&program.holders[1]) = Some(0);
    assert!(program.is_reported(Lacks::Nothing));
}

/// The threads that wait for one lock, and what their waits were charged with.
///
/// # Invariant
///
/// Every tick of every wait is charged once: when a wait begins or ends, and when the holder changes, the time since
/// the last charge is charged, once for each thread that waits.
#[derive(Default)]
struct Waiters {
    count: u64,
    /// When time was last charged.
    charged: u64,
    blame: u64,
}

/// A clock that shows a later time at each look.
fn tick(clock: &AtomicU64) -> u64 {
    clock.fetch_add(1, Ordering::SeqCst) + 1
}

/// Changes the number of threads that wait, and gives the time of that. The bad twin reads the clock `before` it has
/// the lock of the table.
fn charge(waiters: &Lock<Waiters>, clock: &AtomicU64, more: i64, before: bool) -> u64 {
    let early = before.then(|| tick(clock));
    let mut waiters = waiters.acquire();
    let now = early.unwrap_or_else(|| tick(clock));
    waiters.blame += now.saturating_sub(waiters.charged) * waiters.count;
    waiters.charged = waiters.charged.max(now);
    waiters.count = waiters.count.checked_add_signed(more).unwrap();
    now
}

/// Two threads wait for a lock, and a third one hands it over.
fn contend(before: bool) {
    let (waiters, clock) = (Lock::new(Waiters::default()), AtomicU64::new(0));
    let waited = AtomicU64::new(0);
    scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                let began = charge(&waiters, &clock, 1, before);
                let ended = charge(&waiters, &clock, -1, before);
                waited.fetch_add(ended.saturating_sub(began), Ordering::SeqCst);
            });
        }
        s.spawn(|| charge(&waiters, &clock, 0, before));
    });
    let (blame, waited) = (waiters.into_inner().blame, waited.into_inner());
    assert_eq!(blame, waited, "a wait was charged twice, or not at all");
}

#[test]
fn each_moment_of_a_wait_is_charged_once() {
    holds(3000, || contend(false));
}

#[test]
fn a_clock_that_is_read_before_the_lock_charges_too_much() {
    is_found(
        "charging contention",
        "reads the clock under the lock of the table",
        "a wait was charged twice, or not at all",
        || contend(true),
    );
}

/// What a thread holds: one slot of two words that belong together, and a state.
///
/// # Invariant
///
/// Only the thread itself changes it. `state` has in its lowest bit whether the slot is used, in the next one whether
/// it is changing, and a version that every change raises. A reader that sees a state without the second bit, then the
/// slot, and then the same state has seen what was there at one moment.
#[derive(Default)]
struct Record {
    state: AtomicU64,
    slot: [AtomicU64; 2],
}

const USED: u64 = 1;
const CHANGING: u64 = 2;
const VERSION: u64 = 4;

/// The step that a record lacks.
#[derive(Clone, Copy, PartialEq)]
enum Leaves {
    Nothing,
    /// The mark of a change of a used slot.
    Mark,
    /// The second look at the state.
    Look,
}

impl Record {
    fn push(&self, lock: u64) {
        let state = self.state.load(Ordering::SeqCst);
        for word in &self.slot {
            word.store(lock, Ordering::SeqCst);
        }
        self.state.store(state + VERSION + USED, Ordering::SeqCst);
    }

    /// Changes a slot that is used.
    fn replace(&self, lock: u64, leaves: Leaves) {
        let state = self.state.load(Ordering::SeqCst);
        if leaves != Leaves::Mark {
            self.state.store(state | CHANGING, Ordering::SeqCst);
        }
        for word in &self.slot {
            word.store(lock, Ordering::SeqCst);
        }
        self.state.store(state + VERSION, Ordering::SeqCst);
    }

    fn pop(&self) {
        let state = self.state.load(Ordering::SeqCst);
        self.state.store(state - USED + VERSION, Ordering::SeqCst);
    }

    /// What is held, or `None` after three attempts.
    fn read(&self, leaves: Leaves) -> Option<Option<[u64; 2]>> {
        (0..3).find_map(|_| {
            let state = self.state.load(Ordering::SeqCst);
            let is_used = state & USED != 0;
            let words = self.slot.each_ref().map(|word| word.load(Ordering::SeqCst));
            let same = leaves == Leaves::Look || self.state.load(Ordering::SeqCst) == state;
            (same && state & CHANGING == 0).then(|| is_used.then_some(words))
        })
    }
}

/// One thread holds one lock after the other, and another one looks.
fn look_at_holds(leaves: Leaves) {
    let record = Record::default();
    scope(|s| {
        s.spawn(|| {
            for lock in 1..=3 {
                record.push(lock);
                record.replace(lock + 10, leaves);
                record.pop();
            }
        });
        s.spawn(|| {
            if let Some(Some([first, second])) = record.read(leaves) {
                assert_eq!(first, second, "a lock that was never held");
            }
        });
    });
}

#[test]
fn what_a_thread_holds_is_read_as_it_was_at_one_moment() {
    holds(3000, || look_at_holds(Leaves::Nothing));
}

#[test]
fn without_the_mark_of_a_change_it_is_read_half() {
    is_found(
        "what a thread holds",
        "marks a change of a used slot",
        "a lock that was never held",
        || look_at_holds(Leaves::Mark),
    );
}

#[test]
fn without_a_second_look_it_is_read_half() {
    is_found(
        "what a thread holds",
        "looks at the state again",
        "a lock that was never held",
        || look_at_holds(Leaves::Look),
    );
}
