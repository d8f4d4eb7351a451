//! [`Monitor`], on which `#[monitor]` builds its handles.
//!
//! - `entry` says what threads wait for, `inside` is what the lock protects, `visit` is the way of a thread in and out,
//!   and `guards` are what callers get.

mod entry;
mod guards;
mod inside;
mod visit;

use core::fmt;
use std::sync::Arc;

pub use self::entry::{Entry, OwnCondition, WaitAt};
pub use self::guards::{MonitorGuard, Peek};
use self::inside::Inside;
pub use self::visit::Visit;
use self::visit::{Admission, Purpose, Shared, refuse};
use super::lock::{Lock, LockGuard};
use super::lockable::{Lockable, lockable, whereabouts};
use crate::inspect::{self, Method};
use crate::wait::{IntoUntil, Until, WaitError};

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

/// What the handle calls.
#[doc(hidden)]
impl<T, const ENTRIES: usize> Monitor<T, ENTRIES> {
    /// Makes a monitor, called `name` in reports; the first entry is the door.
    #[track_caller]
    pub fn new(name: &'static str, value: T, entries: [Entry<T>; ENTRIES]) -> Self {
        Self::make(name, value, entries, false)
    }

    /// Makes a monitor that refuses visits after one that may have left the value half changed.
    #[track_caller]
    pub fn poisonable(name: &'static str, value: T, entries: [Entry<T>; ENTRIES]) -> Self {
        Self::make(name, value, entries, true)
    }

    /// Goes in to read: no waiter is called when it leaves.
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
    #[track_caller]
    pub fn enter(&self, method: Method) -> Visit<'_, T, ENTRIES> {
        self.enter_when(method, 0, |_| true)
    }

    /// Goes in to change the value, poisoned or not. If that does not panic, the value is no longer poisoned.
    ///
    /// It ignores the right of way, because the waiter that has it may have been called for the poison only.
    #[track_caller]
    pub fn repair(&self, method: Method) -> Visit<'_, T, ENTRIES> {
        let _method = inspect::in_method(method);
        self.arrive().to(Purpose::Repair)
    }

    /// Whether the monitor refuses all visits except a repair.
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        self.go_in().poison.is_some()
    }

    /// Waits until `condition` holds, and goes in before the value can change.
    #[track_caller]
    pub fn enter_when(
        &self,
        method: Method,
        at: impl WaitAt<T>,
        condition: impl FnMut(&T) -> bool,
    ) -> Visit<'_, T, ENTRIES> {
        self.peek_when(method, at, condition).to(Purpose::Change)
    }

    /// As [`enter_when`](Self::enter_when), unless the limit comes first.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the condition still does not hold when the wait ends.
    #[track_caller]
    pub fn enter_when_until<'u>(
        &self,
        method: Method,
        at: impl WaitAt<T>,
        condition: impl FnMut(&T) -> bool,
        until: impl IntoUntil<'u>,
    ) -> Result<Visit<'_, T, ENTRIES>, WaitError> {
        let visit = self.peek_when_until(method, at, condition, until)?;
        Ok(visit.to(Purpose::Change))
    }

    /// As [`enter_when`](Self::enter_when), to read.
    #[track_caller]
    pub fn peek_when(
        &self,
        method: Method,
        at: impl WaitAt<T>,
        condition: impl FnMut(&T) -> bool,
    ) -> Visit<'_, T, ENTRIES> {
        let _method = inspect::in_method(method);
        self.come_in(at, condition)
    }

    /// As [`enter_when_until`](Self::enter_when_until), to read.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the condition still does not hold when the wait ends.
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
}

impl<T, const ENTRIES: usize> Monitor<T, ENTRIES> {
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
    fn make(name: &'static str, value: T, entries: [Entry<T>; ENTRIES], poisonable: bool) -> Self {
        Self {
            shared: Arc::new(Shared {
                name,
                poisonable,
                entries,
                inside: Lock::named(name, Inside::new(value)),
            }),
        }
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
        Visit::new(&self.shared, self.go_in())
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

    #[track_caller]
    fn come_in(
        &self,
        at: impl WaitAt<T>,
        condition: impl FnMut(&T) -> bool,
    ) -> Visit<'_, T, ENTRIES> {
        // Without a limit it can only end by going in.
        match self.admit(at, condition, &Until::FOREVER) {
            Ok(visit) | Err((visit, _)) => visit,
        }
    }

    /// Does not go in while a called waiter has the right of way.
    #[track_caller]
    fn try_come_in(&self) -> Option<Visit<'_, T, ENTRIES>> {
        let guard = self.shared.inside.try_acquire()?;
        let visit = Visit::new(&self.shared, guard).unless_poisoned();
        (!visit.guard.is_reserved()).then_some(visit)
    }
}

lockable! {
    [T, const ENTRIES: usize] Lockable
        => Monitor<T, ENTRIES>, MonitorGuard<'a, T, ENTRIES>, as __Ref;
    |monitor|
        MonitorGuard { visit: monitor.come_in(0, |_| true) },
        monitor.try_come_in().map(|visit| MonitorGuard { visit }),
        label monitor.shared.inside.label(),
        // The same for all clones of the monitor.
        whereabouts whereabouts(&*monitor.shared);
}

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
