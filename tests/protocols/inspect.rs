//! How deadlocks are found, under thousands of schedules, each beside a bad twin: a small copy of the detector, in which
//! one look is missing and which must be found out.

#[path = "../support/mod.rs"]
mod support;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use support::explored::{holds, is_found};
use threadkit::{Event, join_all, sleep, spawn};

/// The index of the event among what wakes threads.
const EVENT: usize = 2;

/// A place at which another thread may go on.
fn pause() {
    sleep(Duration::ZERO);
}

/// What an exploration does not see: no thread switches to another one while it is held.
fn seen<T>(noted: &Mutex<T>) -> MutexGuard<'_, T> {
    noted.lock().unwrap()
}

/// The look that a detector lacks.
#[derive(Clone, Copy, PartialEq)]
enum Lacks {
    Nothing,
    /// Who sleeps before the look.
    Before,
    /// Who sleeps after it, and after the threads were counted.
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
/// releases it. Both are read at any time in between, each in one step. `strangers` counts the threads that are not noted at all.
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

    /// Whether the detector takes threads for stuck.
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
