//! The form without explorations.

use core::convert::Infallible;
use core::marker::PhantomData;
use core::num::NonZeroU64;
use core::panic::Location;
use core::sync::atomic::Ordering;
use core::time::Duration;
use std::{io, thread};

use super::{Access, Object, ShownValue, Step, Wake};
use crate::backend::{Instant, jitter};

/// The last run that has used an object. This form has no runs.
pub(crate) struct LastRun;

#[allow(dead_code, reason = "the same interface as the other form")]
impl LastRun {
    pub(crate) const fn none() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn note(&self, _describe: impl FnOnce() -> String) {}
}

/// A point at which a random delay may come, before a fence.
#[inline(always)]
pub(crate) fn before_fence(_order: Ordering) {
    jitter::yield_point();
}

/// Where an object was made, which this form does not record.
#[derive(Debug)]
pub(crate) struct Site;

impl Site {
    #[inline(always)]
    pub(crate) const fn new(_kind: &'static str) -> Self {
        Self
    }

    #[inline(always)]
    #[cfg_attr(
        not(any(debug_assertions, feature = "inspect")),
        expect(dead_code, reason = "called where waits are noted")
    )]
    pub(crate) const fn made_at(_kind: &'static str, _made: &'static Location<'static>) -> Self {
        Self
    }

    /// The object, as reports show it.
    #[inline(always)]
    #[allow(dead_code, reason = "the same interface as the other form")]
    pub(crate) const fn object(&self) -> Option<Object> {
        None
    }

    #[inline(always)]
    pub(crate) fn access(&self) -> Access {
        Access::ANY
    }

    #[inline(always)]
    pub(crate) fn inside(&self) -> Inside {
        Inside
    }

    #[inline(always)]
    pub(crate) fn is_observed(&self) {}

    #[inline(always)]
    pub(crate) fn used(&self) {}

    #[inline(always)]
    pub(crate) fn step(&self, _verb: &'static str) {
        jitter::yield_point();
    }

    /// As [`step`](Self::step), for an operation that only looks.
    #[inline(always)]
    pub(crate) fn look(&self, _verb: &'static str) {
        jitter::yield_point();
    }

    /// As [`step`](Self::step), for an operation that uses the value at that place alone.
    #[inline(always)]
    pub(crate) fn step_on(&self, _verb: &'static str, _access: Access) {
        jitter::yield_point();
    }

    /// What a load returns, here always the newest value.
    #[inline(always)]
    pub(crate) fn loads<V>(&self, newest: V, _order: Ordering) -> V {
        newest
    }

    /// An older value with which an exchange fails. Here there is none.
    #[inline(always)]
    pub(crate) fn fails_with<V>(&self, _newest: V, _current: V, _order: Ordering) -> Option<V> {
        None
    }

    #[inline(always)]
    pub(crate) fn fails<V>(&self, _newest: V, _order: Ordering) {}

    #[inline(always)]
    pub(crate) fn stores<V>(&self, _values: [V; 2], _order: Ordering) {}

    #[inline(always)]
    pub(crate) fn exchanges<V>(&self, _values: [V; 2], _order: Ordering) {}

    #[inline(always)]
    pub(crate) fn updates<V>(&self, _values: [V; 2], _order: Ordering) {}

    #[inline(always)]
    pub(crate) fn owned(&mut self) {}
}

/// The current thread is in the code of an object, which this form does not note.
#[must_use = "it ends when it is dropped"]
pub(crate) struct Inside;

#[inline(always)]
pub(crate) fn inside<T>(_part: &T) -> Inside {
    Inside
}

#[inline(always)]
pub(crate) fn outside() -> Inside {
    Inside
}

/// A scope in which tasks that borrow can be started as coroutines. This form has none.
pub(crate) struct TaskScope<'scope, 'env: 'scope>(
    Infallible,
    PhantomData<(&'scope mut &'scope (), &'env mut &'env ())>,
);

/// Whether the current thread unwinds.
#[inline(always)]
pub(crate) fn is_unwinding() -> bool {
    thread::panicking()
}

/// The number of this thread for the system, if a coroutine runs on it.
#[inline(always)]
pub(crate) fn native_id() -> Option<u64> {
    None
}

/// The current thread as a task of an exploration. This form has none.
#[derive(Clone, Copy)]
pub(crate) struct ExploredTask(Infallible);

/// The current thread, if it runs under an exploration.
#[inline(always)]
pub(crate) const fn here() -> Option<ExploredTask> {
    None
}

#[allow(dead_code, reason = "the same interface as the other form")]
impl ExploredTask {
    pub(crate) fn is_last(self) -> bool {
        match self.0 {}
    }

    pub(crate) fn yield_before(self, _access: Access) {
        match self.0 {}
    }

    pub(crate) fn is_thread(self, _id: NonZeroU64) {
        match self.0 {}
    }

    pub(crate) fn leaves(self, _value: ShownValue) {
        match self.0 {}
    }

    pub(crate) fn awaits(self, _key: usize) {
        match self.0 {}
    }

    pub(crate) fn wakes(self, _key: usize) {
        match self.0 {}
    }

    pub(crate) fn also_uses(self, _access: Access) {
        match self.0 {}
    }

    pub(crate) fn explores_starvation(self) -> bool {
        match self.0 {}
    }

    pub(crate) fn has_changed_nothing(self) {
        match self.0 {}
    }

    pub(crate) fn note_panic(self, _what: impl FnOnce() -> String) {
        match self.0 {}
    }

    /// Notes what this task does.
    pub(crate) fn note(self, _step: Step) {
        match self.0 {}
    }

    /// Counts up from one in each run.
    pub(crate) fn next_number(self) -> u64 {
        match self.0 {}
    }

    /// Whether the run repeats a failure that is known, so that its panics need not be printed.
    pub(crate) fn is_repeated(self) -> bool {
        match self.0 {}
    }

    pub(crate) fn yield_now(self) {
        match self.0 {}
    }

    pub(crate) fn pick(self, _bound: usize) -> usize {
        match self.0 {}
    }

    pub(crate) fn park(
        self,
        _key: usize,
        _sleep: impl FnOnce() -> bool,
        _deadline: Option<Instant>,
    ) -> Wake {
        match self.0 {}
    }

    pub(crate) fn acquired(self, _key: usize) {
        match self.0 {}
    }

    pub(crate) fn holds(self, _key: usize) -> bool {
        match self.0 {}
    }

    pub(crate) fn released(self, _key: usize) {
        match self.0 {}
    }

    pub(crate) fn writer_waits(self, _key: usize) -> bool {
        match self.0 {}
    }

    pub(crate) fn announce_writer(self, _key: usize) {
        match self.0 {}
    }

    pub(crate) fn withdraw_writer(self, _key: usize) {
        match self.0 {}
    }

    pub(crate) fn hand_to_next(self, _key: usize) -> bool {
        match self.0 {}
    }

    pub(crate) fn is_handed_to_other(self, _key: usize) -> bool {
        match self.0 {}
    }

    pub(crate) fn end_hand_over(self, _key: usize) {
        match self.0 {}
    }

    pub(crate) fn unpark(self, _key: usize) {
        match self.0 {}
    }

    pub(crate) fn unpark_all(self, _key: usize) {
        match self.0 {}
    }

    pub(crate) fn parked(self, _key: usize) -> usize {
        match self.0 {}
    }

    pub(crate) fn hand_over(self, _key: usize) -> bool {
        match self.0 {}
    }

    pub(crate) fn run(self) -> NonZeroU64 {
        match self.0 {}
    }

    pub(crate) fn now(self) -> Instant {
        match self.0 {}
    }

    pub(crate) fn sleep(self, _duration: Duration) {
        match self.0 {}
    }

    pub(crate) fn spawn(
        self,
        _name: &str,
        _stack_size: Option<usize>,
        _body: impl FnOnce() + Send + 'static,
    ) -> io::Result<usize> {
        match self.0 {}
    }

    pub(crate) fn spawn_in<'scope>(
        self,
        _scope: &'scope thread::Scope<'scope, '_>,
        _name: &str,
        _stack_size: Option<usize>,
        _body: impl FnOnce() + Send + 'scope,
    ) -> io::Result<usize> {
        match self.0 {}
    }

    pub(crate) fn is_coroutine(self) -> bool {
        match self.0 {}
    }

    pub(crate) fn spawn_coroutine_in<'scope>(
        self,
        _scope: &TaskScope<'scope, '_>,
        _name: &str,
        _stack_size: Option<usize>,
        _body: Box<dyn FnOnce() + Send + 'scope>,
    ) -> io::Result<usize> {
        match self.0 {}
    }

    pub(crate) fn within<'env, T>(
        self,
        _f: impl for<'scope> FnOnce(&'scope TaskScope<'scope, 'env>) -> T,
    ) -> T {
        match self.0 {}
    }

    pub(crate) fn join(self, _task: usize) {
        match self.0 {}
    }
}
