//! [`Monitor`], on which `#[monitor]` builds its handles.

use core::fmt;
use core::ops::{Deref, DerefMut};
use std::collections::VecDeque;
use std::panic::Location;
use std::sync::Arc;

use super::lock::{Lock, LockGuard};
use super::lockable::{Lockable, lockable, whereabouts};
use crate::backend;
use crate::inspect::{self, Method, Operation};
use crate::unwind;
use crate::wait::{IntoUntil, Outcome, Until, WaitError, Waiter, WakeList};

/// The lock of a value that [`#[monitor]`](macro@crate::monitor) has made shared, and the threads that wait for it.
///
/// The method `monitor()` of a handle returns it, to lock several monitors together by [`lock_all`](crate::lock_all) or
/// [`#[synchronized]`](macro@crate::synchronized), and to count the waiters. `ENTRIES` is the number of its queues: one
/// for each condition of the methods, and one for the methods without a condition.
///
/// # Examples
///
/// ```
/// use threadkit::{lock_all, monitor};
///
/// struct Account(u64);
///
/// #[monitor(SharedAccount)]
/// impl Account {
///     #[when(self.0 >= n)]
///     pub fn withdraw(&mut self, n: u64) {
///         self.0 -= n;
///     }
/// }
///
/// let (ada, grace) = (SharedAccount::from(Account(30)), SharedAccount::from(Account(0)));
/// let shop = grace.clone();
/// let customer = threadkit::spawn(move || shop.withdraw(20));
/// while grace.monitor().n_waiting() == 0 {
///     std::thread::yield_now();
/// }
/// let (mut from, mut to) = lock_all((ada.monitor(), grace.monitor()));
/// from.0 -= 20;
/// to.0 += 20;
/// drop((from, to)); // lets the customer go on
/// customer.join().unwrap();
/// assert_eq!(grace.monitor().n_waiting(), 0);
/// ```
// It has a value, the lock around it, and a queue for each condition that methods wait for.
//
// The first of the `ENTRIES` is the door (`Entry::door`), for methods without a condition.
//
// Invariant:
//
// Everything in `Inside` is changed under the one lock. Whenever that lock is free, one of two
// things is true:
//
// - a waiter in a queue has been *called*: its wait was granted, and it is on its way to the lock; or
// - no waiter in a queue has a condition that holds, as far as that can be known. A condition that other
//   threads can evaluate was false at the last change, and the owners of conditions with arguments have
//   each evaluated theirs since then.
//
// Every thread that releases the lock after a change, or after it was called, keeps the invariant: it looks
// at the queues in turn, and calls the first waiter that may continue. While a waiter is called no other
// thread needs to look, because the called waiter does that when it leaves, whether it went in or not. So
// one call leads to the next, and none is lost. A grant cannot be spent on a wait that has ended, because
// the swap of the `Waiter` decides. So a waiter that timed out was not called, and takes nothing with it.
//
// Why no waiter is overtaken for ever:
//
// Between a call and the arrival of the called waiter, other threads may come in and change the value back.
// That keeps the throughput of the lock high. The called waiter then stays in the queue, and is called
// with the *right of way* the next time: until it has come, all other threads that might change the value
// queue up. So it finds the value that its caller saw. The queues take turns (`turn`). Waiters with the
// same condition without arguments are called in order, and of the others the one whose condition was
// evaluated least recently.
//
// Poison:
//
// A monitor made by `poisonable` stores the caller of the first visit that changed the
// value and panicked. Then every visit panics, and every waiter in a queue counts as one that may continue,
// whatever its condition: it is called, finds the poison, and calls the next one when it leaves. Only a
// `repair` gets in.
pub struct Monitor<T, const ENTRIES: usize> {
    shared: Arc<Shared<T, ENTRIES>>,
}

/// The state that all clones of a monitor share.
struct Shared<T, const ENTRIES: usize> {
    name: &'static str,
    poisonable: bool,
    entries: [Entry<T>; ENTRIES],
    inside: Lock<Inside<T, ENTRIES>>,
}

/// The name of a condition, and how a thread that is not its owner evaluates it.
pub struct Entry<T> {
    name: &'static str,
    /// `None` if each waiter has a condition of its own, for instance one with arguments.
    condition: Option<fn(&T) -> bool>,
}

/// Where to wait: the number of an entry, or [`OwnCondition`].
pub trait WaitAt<T> {
    /// The number of the entry.
    fn entry(&self) -> usize;

    /// The owner's condition, if others can look at it.
    fn condition(&self) -> Option<fn(&T) -> bool>;
}

impl<T> WaitAt<T> for usize {
    fn entry(&self) -> usize {
        *self
    }

    fn condition(&self) -> Option<fn(&T) -> bool> {
        None
    }
}

/// An entry whose owners have conditions of their own, which others can look at all the same, for
/// instance one for each parameter of a generic method.
#[derive(Debug)]
pub struct OwnCondition<T>(pub usize, pub fn(&T) -> bool);

impl<T> WaitAt<T> for OwnCondition<T> {
    fn entry(&self) -> usize {
        self.0
    }

    fn condition(&self) -> Option<fn(&T) -> bool> {
        Some(self.1)
    }
}

impl<T> Entry<T> {
    /// For threads that wait only for the lock. They queue only while another waiter has the right of way.
    pub const fn door(name: &'static str) -> Self {
        Self::alone(name, |_| true)
    }

    /// A condition on the value alone.
    pub const fn alone(name: &'static str, condition: fn(&T) -> bool) -> Self {
        Self {
            name,
            condition: Some(condition),
        }
    }

    /// For waiters that each have a condition of their own.
    pub const fn of_owners(name: &'static str) -> Self {
        Self {
            name,
            condition: None,
        }
    }
}

/// Everything under the lock.
struct Inside<T, const ENTRIES: usize> {
    value: T,
    /// Incremented by every visit that may have changed the value. It begins at 1, so that 0 is before all
    /// changes.
    version: u64,
    /// In the order of arrival. A called waiter stays until it has gone in.
    queues: [VecDeque<Queued<T>>; ENTRIES],
    /// The length of all queues together.
    waiting: usize,
    /// The number of the next waiter.
    next: u64,
    /// A waiter whose wait was granted and that has not come yet.
    called: Option<Called>,
    /// The queue to look at first.
    turn: usize,
    /// The caller of a visit that may have left the value half changed.
    poison: Option<Caller>,
}

type Caller = &'static Location<'static>;

/// A waiter in a queue.
struct Queued<T> {
    /// Identifies it; in the order of arrival.
    number: u64,
    /// Fresh for every wait, as a wait is decided once.
    waiter: Arc<Waiter>,
    /// The version at which its condition was last looked at, by itself or by others.
    seen: u64,
    /// Its own condition, if others can look at it.
    condition: Option<fn(&T) -> bool>,
    /// It was called, and another thread changed the value before it came.
    overtaken: bool,
}

#[derive(Clone, Copy)]
struct Called {
    number: u64,
    right_of_way: bool,
}

impl<T, const ENTRIES: usize> Inside<T, ENTRIES> {
    /// Whether a called waiter has the right of way.
    fn is_reserved(&self) -> bool {
        self.called.is_some_and(|called| called.right_of_way)
    }

    fn join(&mut self, at: &impl WaitAt<T>, waiter: &Arc<Waiter>, seen: u64) -> u64 {
        let number = self.next;
        self.next += 1;
        self.waiting += 1;
        self.queues[at.entry()].push_back(Queued {
            number,
            waiter: Arc::clone(waiter),
            seen,
            condition: at.condition(),
            overtaken: false,
        });
        number
    }

    fn find(&self, entry: usize, number: u64) -> Option<usize> {
        self.queues[entry]
            .binary_search_by_key(&number, |place| place.number)
            .ok()
    }

    fn leave(&mut self, entry: usize, number: u64) {
        if let Some(index) = self.find(entry, number) {
            self.queues[entry].remove(index);
            self.waiting -= 1;
        }
        // Only after a panic in the wait itself: otherwise the called waiter has cleared it.
        if self.called.is_some_and(|called| called.number == number) {
            self.called = None;
        }
    }

    /// Replaces the wait of a waiter that was called, or that has not waited yet.
    fn wait_again(&mut self, entry: usize, number: u64) -> Arc<Waiter> {
        let waiter = Waiter::new();
        if let Some(index) = self.find(entry, number) {
            let version = self.version;
            let place = &mut self.queues[entry][index];
            // Other threads have changed the value since its caller looked.
            place.overtaken = place.seen != version;
            place.seen = version;
            place.waiter = Arc::clone(&waiter);
        }
        waiter
    }

    /// Calls a waiter that may continue, unless one is called already. Wake it when the lock is free.
    fn look(&mut self, entries: &[Entry<T>; ENTRIES]) -> Option<Arc<Waiter>> {
        if self.waiting == 0 || self.called.is_some() {
            return None;
        }
        for step in 0..ENTRIES {
            let entry = (self.turn + step) % ENTRIES;
            if self.queues[entry].is_empty() {
                continue;
            }
            let called = match entries[entry].condition {
                // All of them are to report the poison. Their conditions are not evaluated, because they might
                // panic on the value.
                _ if self.poison.is_some() => self.call_first(entry),
                Some(condition) if may_hold(condition, &self.value) => self.call_first(entry),
                Some(_) => None,
                None => self.call_stalest(entry),
            };
            if called.is_some() {
                self.turn = (entry + 1) % ENTRIES;
                return called;
            }
        }
        None
    }

    /// Skips waiters that have timed out; they leave the queue themselves.
    fn call_first(&mut self, entry: usize) -> Option<Arc<Waiter>> {
        (0..self.queues[entry].len()).find_map(|index| self.call(entry, index))
    }

    /// Calls the waiter whose condition was evaluated least recently, of those that may continue with the value as
    /// it is now.
    fn call_stalest(&mut self, entry: usize) -> Option<Arc<Waiter>> {
        let mut limit = None;
        loop {
            let stalest = self.queues[entry]
                .iter()
                .enumerate()
                .map(|(index, place)| ((place.seen, place.number), index))
                .filter(|(age, _)| age.0 < self.version && limit.is_none_or(|limit| *age > limit))
                .min()?;
            if self.look_for(entry, stalest.1)
                && let Some(called) = self.call(entry, stalest.1)
            {
                return Some(called);
            }
            limit = Some(stalest.0);
        }
    }

    /// Whether the condition of one waiter may hold, as far as other threads can know.
    fn look_for(&mut self, entry: usize, index: usize) -> bool {
        let place = &mut self.queues[entry][index];
        let may_go_on = place
            .condition
            .is_none_or(|condition| may_hold(condition, &self.value));
        if !may_go_on {
            place.seen = self.version;
        }
        may_go_on
    }

    fn call(&mut self, entry: usize, index: usize) -> Option<Arc<Waiter>> {
        let version = self.version;
        let place = &mut self.queues[entry][index];
        if !place.waiter.decide(Outcome::Granted) {
            return None;
        }
        place.seen = version;
        self.called = Some(Called {
            number: place.number,
            right_of_way: place.overtaken,
        });
        Some(Arc::clone(&place.waiter))
    }
}

/// Whether the condition holds. A condition that panics counts as one that holds, so that its owner gets the
/// panic, and not a thread that leaves.
fn may_hold<T>(condition: fn(&T) -> bool, value: &T) -> bool {
    match unwind::catch(|| condition(value)) {
        Ok(holds) => holds,
        Err(payload) => {
            unwind::drop_quietly(payload);
            true
        }
    }
}

impl<T, const ENTRIES: usize> Monitor<T, ENTRIES> {
    /// Makes a monitor, called `name` in reports; the first entry is the door.
    #[doc(hidden)]
    #[track_caller]
    pub fn new(name: &'static str, value: T, entries: [Entry<T>; ENTRIES]) -> Self {
        Self::make(name, value, entries, false)
    }

    /// Makes a monitor that refuses visits after one that may have left the value half changed.
    #[doc(hidden)]
    #[track_caller]
    pub fn poisonable(name: &'static str, value: T, entries: [Entry<T>; ENTRIES]) -> Self {
        Self::make(name, value, entries, true)
    }

    #[track_caller]
    fn make(name: &'static str, value: T, entries: [Entry<T>; ENTRIES], poisonable: bool) -> Self {
        let inside = Inside {
            value,
            version: 1,
            queues: [const { VecDeque::new() }; ENTRIES],
            waiting: 0,
            next: 0,
            called: None,
            turn: 0,
            poison: None,
        };
        Self {
            shared: Arc::new(Shared {
                name,
                poisonable,
                entries,
                inside: Lock::named(name, inside),
            }),
        }
    }

    /// Goes in to read: no waiter is called when it leaves.
    #[doc(hidden)]
    #[track_caller]
    pub fn peek(&self, method: Method) -> Peek<'_, T, ENTRIES> {
        let _method = inspect::in_method(method);
        let guard = self.go_in();
        if let Some(culprit) = guard.poison {
            drop(guard);
            refuse(self.shared.name, culprit);
        }
        Peek { guard }
    }

    /// Goes in to change the value.
    #[doc(hidden)]
    #[track_caller]
    pub fn enter(&self, method: Method) -> Visit<'_, T, ENTRIES> {
        let _method = inspect::in_method(method);
        self.come_in().changing()
    }

    /// How many threads wait at this moment, for a condition or for their turn behind one that does.
    ///
    /// # Panics
    ///
    /// In debug builds, if the caller is inside: in a method of the value.
    ///
    /// # Examples
    ///
    /// See [`Monitor`].
    #[must_use]
    #[track_caller]
    #[doc(alias = "waiter_count")]
    #[doc(alias = "getWaitQueueLength")]
    pub fn n_waiting(&self) -> usize {
        self.go_in().waiting
    }

    #[track_caller]
    fn come_in(&self) -> Visit<'_, T, ENTRIES> {
        let visit = self.arrive().unless_poisoned();
        if visit.guard.is_reserved() {
            // Without a limit it can only end by going in.
            return match visit.queue(0, |_| true, &Until::FOREVER) {
                Ok(visit) | Err((visit, _)) => visit,
            };
        }
        visit
    }

    /// Does not go in while a called waiter has the right of way.
    #[track_caller]
    fn try_come_in(&self) -> Option<Visit<'_, T, ENTRIES>> {
        let guard = self.shared.inside.try_acquire()?;
        let visit = self.visit(guard).unless_poisoned();
        (!visit.guard.is_reserved()).then_some(visit)
    }

    /// Goes in to change the value, poisoned or not. If that does not panic, the value is no longer poisoned.
    ///
    /// It ignores the right of way, because the waiter that has it may have been called for the poison only.
    #[doc(hidden)]
    #[track_caller]
    pub fn repair(&self, method: Method) -> Visit<'_, T, ENTRIES> {
        let _method = inspect::in_method(method);
        let mut visit = self.arrive();
        visit.purpose = Purpose::Repair;
        visit
    }

    /// Whether the monitor refuses all visits except a repair.
    #[doc(hidden)]
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        self.go_in().poison.is_some()
    }

    /// Waits until `condition` holds, and goes in before the value can change.
    #[doc(hidden)]
    #[track_caller]
    pub fn enter_when(
        &self,
        method: Method,
        at: impl WaitAt<T>,
        condition: impl FnMut(&T) -> bool,
    ) -> Visit<'_, T, ENTRIES> {
        self.peek_when(method, at, condition).changing()
    }

    /// As [`enter_when`](Self::enter_when), unless the limit comes first.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the condition still does not hold when the wait ends.
    #[doc(hidden)]
    #[track_caller]
    pub fn enter_when_until<'u>(
        &self,
        method: Method,
        at: impl WaitAt<T>,
        condition: impl FnMut(&T) -> bool,
        until: impl IntoUntil<'u>,
    ) -> Result<Visit<'_, T, ENTRIES>, WaitError> {
        let visit = self.peek_when_until(method, at, condition, until)?;
        Ok(visit.changing())
    }

    /// As [`enter_when`](Self::enter_when), to read.
    #[doc(hidden)]
    #[track_caller]
    pub fn peek_when(
        &self,
        method: Method,
        at: impl WaitAt<T>,
        condition: impl FnMut(&T) -> bool,
    ) -> Visit<'_, T, ENTRIES> {
        let _method = inspect::in_method(method);
        match self.admit(at, condition, &Until::FOREVER) {
            Ok(visit) | Err((visit, _)) => visit,
        }
    }

    /// As [`enter_when_until`](Self::enter_when_until), to read.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the condition still does not hold when the wait ends.
    #[doc(hidden)]
    #[track_caller]
    pub fn peek_when_until<'u>(
        &self,
        method: Method,
        at: impl WaitAt<T>,
        condition: impl FnMut(&T) -> bool,
        until: impl IntoUntil<'u>,
    ) -> Result<Visit<'_, T, ENTRIES>, WaitError> {
        let _method = inspect::in_method(method);
        self.admit(at, condition, &until.into_until())
            .map_err(|(_, ended)| ended)
    }

    /// # Panics
    ///
    /// In debug builds, when this thread is inside already.
    #[track_caller]
    fn go_in(&self) -> LockGuard<'_, Inside<T, ENTRIES>> {
        self.shared.inside.acquire_advised(|_, wanting| {
            let own = match wanting {
                // The handle alone has these.
                None | Some("with" | "repair") => "method".into(),
                Some(name) => format!("`{name}`"),
            };
            format!(
                "code that runs under the lock of `{}` must not call the handle: call the value's own \
                 {own}",
                self.shared.name
            )
        })
    }

    #[track_caller]
    fn arrive(&self) -> Visit<'_, T, ENTRIES> {
        self.visit(self.go_in())
    }

    #[track_caller]
    fn visit<'a>(&'a self, guard: LockGuard<'a, Inside<T, ENTRIES>>) -> Visit<'a, T, ENTRIES> {
        Visit {
            monitor: &self.shared,
            guard,
            wakes: WakeList::new(),
            place: None,
            purpose: Purpose::Look,
            queued: false,
            caller: Location::caller(),
            unwinding: backend::is_unwinding(),
        }
    }

    #[track_caller]
    fn admit(
        &self,
        at: impl WaitAt<T>,
        mut condition: impl FnMut(&T) -> bool,
        until: &Until<'_>,
    ) -> Admission<'_, T, ENTRIES> {
        let visit = self.arrive().unless_poisoned();
        if !visit.guard.is_reserved() && condition(&visit.guard.value) {
            return Ok(visit);
        }
        visit.queue(at, condition, until)
    }
}

lockable! {
    [T, const ENTRIES: usize] Lockable
        => Monitor<T, ENTRIES>, MonitorGuard<'a, T, ENTRIES>, as __Ref;
    |monitor|
        MonitorGuard { visit: monitor.come_in() },
        monitor.try_come_in().map(|visit| MonitorGuard { visit }),
        monitor.shared.inside.label(),
        // The same for all clones of the monitor.
        whereabouts(&*monitor.shared);
}

type Admission<'a, T, const ENTRIES: usize> =
    Result<Visit<'a, T, ENTRIES>, (Visit<'a, T, ENTRIES>, WaitError)>;

impl<T, const ENTRIES: usize> Clone for Monitor<T, ENTRIES> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

/// Never waits, and does not show the value. Shows how many threads wait, if that can be found out at once.
impl<T, const ENTRIES: usize> fmt::Debug for Monitor<T, ENTRIES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct(self.shared.name);
        match self.shared.inside.try_acquire() {
            Some(inside) => {
                if let Some(culprit) = inside.poison {
                    fields.field("poisoned_by", &format_args!("{culprit}"));
                }
                fields.field("waiting", &inside.waiting)
            }
            None => fields.field("value", &format_args!("<locked>")),
        };
        fields.finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Entry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.name).finish()
    }
}

/// A visit that only reads.
#[must_use = "the monitor is left at once"]
pub struct Peek<'a, T, const ENTRIES: usize> {
    guard: LockGuard<'a, Inside<T, ENTRIES>>,
}

impl<T, const ENTRIES: usize> Deref for Peek<'_, T, ENTRIES> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard.value
    }
}

impl<T, const ENTRIES: usize> fmt::Debug for Peek<'_, T, ENTRIES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peek").finish_non_exhaustive()
    }
}

/// A visit. When it is dropped, by a return or by a panic, a waiter that may continue is called.
#[must_use = "the monitor is left at once"]
pub struct Visit<'a, T, const ENTRIES: usize> {
    monitor: &'a Shared<T, ENTRIES>,
    guard: LockGuard<'a, Inside<T, ENTRIES>>,
    /// Behind the guard, so that they are woken when the lock is free.
    wakes: WakeList,
    /// While the thread is in a queue: which queue, and its number there.
    place: Option<(usize, u64)>,
    purpose: Purpose,
    /// Whether it was in a queue: then it may have been called, and has to call the next one.
    queued: bool,
    caller: Caller,
    /// Whether the thread was unwinding when it came: then it may unwind on leaving without a panic of its own.
    unwinding: bool,
}

/// The guard of a [`Monitor`] that is locked together with others; dropping it leaves the monitor.
///
/// If the value was borrowed mutably, the drop lets in threads that wait for a condition on it, as a method does. A
/// panic in between poisons a monitor that was made with `poison`.
///
/// # Examples
///
/// ```
/// use threadkit::{Lock, lock_all, monitor};
///
/// struct Account(u64);
///
/// #[monitor(SharedAccount)]
/// impl Account {
///     pub fn balance(&self) -> u64 {
///         self.0
///     }
/// }
///
/// let (account, log) = (SharedAccount::from(Account(1)), Lock::new(Vec::new()));
/// let (mut value, mut lines) = lock_all((account.monitor(), &log));
/// value.0 += 1;
/// lines.push(value.balance());
/// drop((value, lines));
/// assert_eq!(account.balance(), 2);
/// ```
// A guard that only was on the way to another lock, or that only reads, changes nothing and calls no waiter.
#[must_use = "the monitor is left at once"]
pub struct MonitorGuard<'a, T, const ENTRIES: usize> {
    visit: Visit<'a, T, ENTRIES>,
}

impl<T, const ENTRIES: usize> Deref for MonitorGuard<'_, T, ENTRIES> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.visit
    }
}

impl<T, const ENTRIES: usize> DerefMut for MonitorGuard<'_, T, ENTRIES> {
    fn deref_mut(&mut self) -> &mut T {
        self.visit.purpose = Purpose::Change;
        &mut self.visit
    }
}

impl<T: fmt::Debug, const ENTRIES: usize> fmt::Debug for MonitorGuard<'_, T, ENTRIES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

/// What a visit does to the value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Look,
    Change,
    /// Change, and remove the poison.
    Repair,
}

/// Refuses a visit after the `culprit`.
///
/// Call it without holding the lock, because a panic hook may use the monitor.
#[track_caller]
fn refuse(name: &str, culprit: Caller) -> ! {
    panic!(
        "`{name}` is poisoned: the call at {culprit} panicked and may have left its value half changed; only `repair` can still access it"
    )
}

impl<T, const ENTRIES: usize> Visit<'_, T, ENTRIES> {
    /// From here on the value may change.
    fn changing(mut self) -> Self {
        self.purpose = Purpose::Change;
        self
    }

    #[track_caller]
    fn unless_poisoned(self) -> Self {
        if let Some(culprit) = self.guard.poison {
            let name = self.monitor.name;
            drop(self);
            refuse(name, culprit);
        }
        self
    }

    /// Queues up, and returns when `condition` holds or the limit is reached.
    #[track_caller]
    fn queue(
        mut self,
        at: impl WaitAt<T>,
        mut condition: impl FnMut(&T) -> bool,
        until: &Until<'_>,
    ) -> Result<Self, (Self, WaitError)> {
        let entry = at.entry();
        let _waiting = inspect::waiting(Operation::named(self.monitor.entries[entry].name));
        // A thread that had to give way has not evaluated its condition at all.
        let seen = match self.guard.is_reserved() {
            true => 0,
            false => self.guard.version,
        };
        let mut waiter = Waiter::new();
        let number = self.guard.join(&at, &waiter, seen);
        self.place = Some((entry, number));
        self.queued = true;
        loop {
            let wakes = core::mem::take(&mut self.wakes);
            let outcome = self.guard.held.unlocked(|| {
                wakes.wake();
                waiter.wait(until)
            });
            let is_called = outcome == Outcome::Granted;
            if is_called {
                // It has arrived. If it cannot continue, it calls another waiter.
                self.guard.called = None;
            }
            self = self.unless_poisoned();
            // The condition is evaluated once more at the limit.
            if !self.guard.is_reserved() && condition(&self.guard.value) {
                self.unqueue();
                return Ok(self);
            }
            if let Err(ended) = outcome.result() {
                self.unqueue();
                return Err((self, ended));
            }
            waiter = self.guard.wait_again(entry, number);
            self.look();
        }
    }

    fn unqueue(&mut self) {
        if let Some((entry, number)) = self.place.take() {
            self.guard.leave(entry, number);
        }
    }

    fn look(&mut self) {
        if let Some(called) = self.guard.look(&self.monitor.entries) {
            self.wakes.push(called);
        }
    }
}

impl<T, const ENTRIES: usize> Drop for Visit<'_, T, ENTRIES> {
    fn drop(&mut self) {
        // It is still queued only after a panic in its condition.
        self.unqueue();
        if self.purpose != Purpose::Look {
            self.guard.version += 1;
            if backend::is_unwinding() && !self.unwinding {
                if self.monitor.poisonable {
                    self.guard.poison.get_or_insert(self.caller);
                }
            } else if self.purpose == Purpose::Repair {
                self.guard.poison = None;
            }
        }
        if self.queued || self.purpose != Purpose::Look {
            self.look();
        }
    }
}

impl<T, const ENTRIES: usize> Deref for Visit<'_, T, ENTRIES> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard.value
    }
}

impl<T, const ENTRIES: usize> DerefMut for Visit<'_, T, ENTRIES> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard.value
    }
}

impl<T, const ENTRIES: usize> fmt::Debug for Visit<'_, T, ENTRIES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit").finish_non_exhaustive()
    }
}
