//! The order in which locks are acquired.
//!
//! A thread that wants a lock while it holds others makes a step from each of them to that lock. Steps that make a ring
//! could deadlock, if threads were in all of them at the same time. `step` is one step, `ring` says whether a ring of
//! them can deadlock, and `graph` has all steps and finds the rings. `strand`, `past` and `precedence` say which steps
//! are certainly not at the same time. `known` is what was found.

mod graph;
mod known;
mod past;
mod precedence;
mod ring;
mod step;
mod strand;

use core::cell::Cell;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use self::known::{KNOWN, Known, Violation};
use self::precedence::Entered;
pub(crate) use self::precedence::{Precedence, runs_tasks_in_order};
use self::ring::{Prevented, Ring};
use self::step::{Acquisition, Use};
use super::forked;
use super::holds::{self, Held, Record};
use super::setting;
use crate::backend::{self, Side, TaskId};
use crate::identity;
use crate::inspect::report::tell;
use crate::inspect::{OrderStep, OrderViolation};
use crate::local::local;

/// How many violations wait to be printed.
static UNTOLD: AtomicUsize = AtomicUsize::new(0);

local! {
    /// The acquisition that this thread need not check again: the locks that it held, the lock that it wanted, and the
    /// moment.
    ///
    /// It has no destructor, because locks may be acquired while other thread-locals are being destroyed.
    static SEEN: [Cell<u64>; 64] = const { [const { Cell::new(0) }; 64] };
}

/// A thread that holds more locks than this leaves the oldest ones out of account.
const MOST_HELD: usize = 32;

/// The current thread, which holds others, is about to wait for a lock without a limit, or has just acquired it by a
/// form that would have waited.
pub(super) fn acquiring(wanted: &Held, mine: &Record) {
    let Some(seed) = strand::seed() else { return };
    let key = key_of(seed, wanted, mine);
    SEEN.with(|seen| {
        let place = &seen[(key >> 58) as usize];
        if place.replace(key) != key {
            holds::alone(|| record(wanted, mine));
        }
    });
}

/// Differs, as good as certainly, between acquisitions that could make different steps.
fn key_of(seed: u64, wanted: &Held, mine: &Record) -> u64 {
    let mix = |key: u64, part: u64| {
        (key ^ part)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29)
    };
    let class = |lock: &Held| core::ptr::from_ref(lock.class).addr() as u64;
    let mut key = mix(seed, class(wanted) ^ side_bits(wanted.side));
    if wanted.is_mixed() {
        key = mix(key, wanted.number);
    }
    mine.each(|lock| {
        key = mix(key, class(lock) ^ side_bits(lock.side));
        let is_one_class = core::ptr::eq(lock.class, wanted.class);
        if is_one_class || lock.is_mixed() {
            key = mix(key, lock.number);
        }
        if is_one_class {
            key = mix(key, wanted.number);
        }
    });
    key | 1
}

fn side_bits(side: Option<Side>) -> u64 {
    match side {
        None => 0,
        Some(Side::Read) => 1 << 61,
        Some(Side::Upgradable) => 2 << 61,
        Some(Side::Write) => 3 << 61,
    }
}

#[cold]
fn record(wanted: &Held, mine: &Record) {
    let held = mine.all();
    let held = &held[held.len().saturating_sub(MOST_HELD)..];
    let Some((domain, moment, past)) = strand::recording() else {
        return;
    };
    let thread = current_name();
    // An exploration tells what it finds in its own report.
    let task = (domain == 0).then(backend::task_id);
    let Some(mut all) = forked::lock(&KNOWN) else {
        return;
    };
    if domain == 0 && all.get_mut(0).is_none() {
        all.insert(0, Known::default());
    }
    // The threads of an exploration may outlive it.
    let Some(known) = all.get_mut(domain) else {
        return;
    };
    let acquisition = Acquisition {
        thread,
        moment,
        past,
        held: held
            .iter()
            .map(|held| known.graph.describe(*held))
            .collect(),
        wanted: known.graph.describe(*wanted),
    };
    for ring in known.graph.add(acquisition) {
        known.note(ring, task);
    }
}

/// The name of the current thread.
pub(super) fn current_name() -> Arc<str> {
    match identity::current() {
        Some(identity) => identity.name(),
        None => match backend::current_os_name() {
            Some(name) => name.into(),
            None => format!("number {}", backend::task_id()).into(),
        },
    }
}

impl Known {
    fn note(&mut self, ring: Ring, task: Option<TaskId>) {
        if ring.prevented.is_some() {
            self.prevented.push(ring);
            return;
        }
        self.prevented.retain(|other| other.key() != ring.key());
        if task.is_some() {
            UNTOLD.fetch_add(1, Ordering::Relaxed);
        }
        self.violations.push(Violation {
            told: violation(&ring),
            waits: task,
        });
    }
}

fn violation(ring: &Ring) -> OrderViolation {
    let locks: Vec<_> = ring.steps.iter().map(|step| *step.held()).collect();
    // Locks of one class are told apart by their place in the ring.
    let describe = |lock: &Use| {
        let twins = locks.iter().filter(|other| other.is_of_class(lock)).count();
        let at = locks.iter().position(|other| other.is_lock(lock));
        match (twins, at) {
            (2.., Some(at)) => match lock.held.class.name {
                Some(_) => format!("lock {} of {}", at + 1, lock.held.class),
                None => format!(
                    "lock {} of those made at {}",
                    at + 1,
                    lock.held.class.created
                ),
            },
            _ => lock.held.class.to_string(),
        }
    };
    let mut steps = Vec::new();
    for step in &ring.steps {
        let (held, wanted) = (step.held(), step.wanted());
        steps.push(OrderStep {
            thread: step.acquisition.thread.to_string(),
            held: describe(held),
            held_side: held.held.side,
            held_since: held.held.place,
            wanted: describe(wanted),
            wanted_side: wanted.held.side,
            wanted_at: wanted.held.place,
        });
    }
    let prevented = ring.prevented.as_ref().map(|prevented| match prevented {
        Prevented::By(gate) => format!("two of these threads hold {}", gate.held.class),
        Prevented::ByOrder => "one of these comes before another".to_owned(),
    });
    OrderViolation::new(steps, prevented)
}

/// The current thread has acquired a lock, so its wait was not a deadlock.
pub(super) fn acquired() {
    // Relaxed: the thread has counted its own.
    if UNTOLD.load(Ordering::Relaxed) > 0 {
        tell_mine();
    }
}

#[cold]
fn tell_mine() {
    let me = backend::task_id();
    for told in take_untold(|task| task == me, false) {
        if setting::is_told() {
            tell(&told.to_string());
        }
    }
}

/// The violations in which these tasks wait, as parts of the report of their deadlock.
pub(super) fn of_deadlock(is_stuck: impl Fn(TaskId) -> bool) -> Vec<OrderViolation> {
    take_untold(is_stuck, true)
}

fn take_untold(is_meant: impl Fn(TaskId) -> bool, has_happened: bool) -> Vec<OrderViolation> {
    let mut taken = Vec::new();
    let Some(mut all) = forked::lock(&KNOWN) else {
        // None can be taken any more.
        UNTOLD.store(0, Ordering::Relaxed);
        return taken;
    };
    if let Some(known) = all.get_mut(0) {
        for violation in &mut known.violations {
            if violation.waits.is_some_and(&is_meant) {
                violation.waits = None;
                violation.told.has_happened = has_happened;
                taken.push(violation.told.clone());
            }
        }
    }
    UNTOLD.fetch_sub(taken.len(), Ordering::Relaxed);
    taken
}

/// Reports that a thread reads a lock twice, and remembers it.
pub(super) fn note(step: OrderStep, advice: String) {
    let mut violation = OrderViolation::new(vec![step], None);
    violation.advice = Some(advice);
    if setting::is_told() {
        tell(&violation.to_string());
    }
    let Some(mut all) = forked::lock(&KNOWN) else {
        return;
    };
    if all.get_mut(0).is_none() {
        all.insert(0, Known::default());
    }
    if let Some(known) = all.get_mut(0) {
        known.violations.push(Violation {
            told: violation,
            waits: None,
        });
    }
}

/// The locks that were acquired in different orders so far, so that threads could wait for each other.
///
/// Each is in the list once, and was printed once. There is none in release builds of threadkit without the feature
/// `inspect`. In the body of an exploration, these are those of the current run.
///
/// # Examples
///
/// ```
/// use threadkit::{Lock, inspect};
///
/// let (a, b) = (Lock::named("a", 1), Lock::named("b", 2));
/// let in_order = || *a.acquire() + *b.acquire();
/// threadkit::scope(|s| {
///     s.spawn(in_order);
///     s.spawn(in_order);
/// });
/// assert!(inspect::order_violations().is_empty());
/// ```
#[must_use]
pub fn order_violations() -> Vec<OrderViolation> {
    let of = |known: &Known| {
        let told = known.violations.iter();
        told.map(|violation| violation.told.clone()).collect()
    };
    with_domain(of).unwrap_or_default()
}

/// The locks that were acquired in different orders, where that cannot lead to a deadlock.
///
/// Either two of the threads hold a lock that only one of them can hold, or one step comes before another: in the same
/// thread, or by a start or a join. Nothing is printed of them. They may become possible when the program changes.
///
/// # Examples
///
/// ```
/// use threadkit::{Lock, inspect};
///
/// let (a, b) = (Lock::named("a", 1), Lock::named("b", 2));
/// // In one thread this is no danger.
/// let sum = *a.acquire() + *b.acquire();
/// assert_eq!(sum, *b.acquire() + *a.acquire());
/// for harmless in inspect::prevented_order_violations() {
///     assert_eq!(harmless.prevented_by(), Some("one of these comes before another"));
/// }
/// ```
#[must_use]
pub fn prevented_order_violations() -> Vec<OrderViolation> {
    let of = |known: &Known| known.prevented.iter().map(violation).collect();
    with_domain(of).unwrap_or_default()
}

/// Calls `f` with what is known where the current thread runs.
fn with_domain<R>(f: impl FnOnce(&Known) -> R) -> Option<R> {
    let domain = strand::domain()?;
    forked::lock(&KNOWN)?.get_mut(domain).map(|known| f(known))
}

/// A domain of its own, for one run of an exploration.
pub(crate) struct OwnOrder {
    domain: u64,
    entered: Entered,
}

impl OwnOrder {
    /// The current thread, and all that are started from it, belong to the new domain.
    pub(crate) fn begin() -> Self {
        let domain = strand::new_number();
        if let Some(mut all) = forked::lock(&KNOWN) {
            all.insert(domain, Known::default());
        }
        Self {
            domain,
            entered: precedence::enter_domain(domain),
        }
    }

    /// Ends it; returns the first violation.
    pub(crate) fn end(self) -> Option<OrderViolation> {
        drop(self.entered);
        let known = forked::lock(&KNOWN).and_then(|mut all| all.remove(self.domain))?;
        let first = known.violations.into_iter().next()?;
        Some(first.told)
    }
}
