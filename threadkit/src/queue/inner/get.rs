//! How items are taken, with a wait for the first.

use super::super::error::GetError;
use super::super::store::{Nothing, Store};
use super::awaited::AnItem;
use super::{Inner, backoff};
use crate::backend;
use crate::inspect::Call;
use crate::wait::{Until, look_and_back_off};

impl<S: Store> Inner<S> {
    #[inline]
    pub(in crate::queue) fn try_get(&self, call: Call) -> Result<S::Item, GetError> {
        let got = self.get_if_there(call);
        if let Err(GetError::Empty) = got {
            self.did_nothing(call, "empty");
        }
        got
    }

    /// Notifies a thread that waits for room, if an item was taken.
    #[inline]
    pub(in crate::queue) fn get_if_there(&self, call: Call) -> Result<S::Item, GetError> {
        self.got(call, self.store().pop_surely())
    }

    #[inline]
    fn got(&self, call: Call, popped: Result<S::Item, Nothing>) -> Result<S::Item, GetError> {
        match popped {
            Ok(item) => {
                self.did(call);
                self.lines.putters.notify_one();
                Ok(item)
            }
            Err(Nothing::Empty | Nothing::Few | Nothing::Untried) => Err(GetError::Empty),
            Err(Nothing::ShutDown) => {
                self.did_nothing(call, "shut down");
                Err(GetError::ShutDown)
            }
        }
    }

    /// The path without a wait calls no function but a last one, and so it saves no registers. `fail` turns an error
    /// into that of the caller here, because an error that has no content is returned in a register with the item.
    #[inline]
    pub(in crate::queue) fn get<'u, E>(
        &self,
        call: Call,
        until: impl FnOnce() -> Until<'u>,
        fail: impl FnOnce(GetError) -> E,
    ) -> Result<S::Item, E> {
        match self.store().pop_at_once() {
            Ok(item) => {
                self.did(call);
                match self.lines.putters.is_awaited() {
                    true => self.got_for_a_putter(item),
                    false => Ok(item),
                }
            }
            Err(nothing) => self.get_on(call, nothing, until, fail),
        }
    }

    #[cold]
    #[inline(never)]
    fn got_for_a_putter<E>(&self, item: S::Item) -> Result<S::Item, E> {
        self.lines.putters.notify(1);
        Ok(item)
    }

    /// Takes an item after it was not there at once.
    #[cold]
    #[inline(never)]
    fn get_on<'u, E>(
        &self,
        call: Call,
        nothing: Nothing,
        until: impl FnOnce() -> Until<'u>,
        fail: impl FnOnce(GetError) -> E,
    ) -> Result<S::Item, E> {
        let rests = nothing == Nothing::Few;
        let popped = match nothing {
            Nothing::Untried => self.store().pop(),
            nothing => Err(nothing),
        };
        let got = match self.got(call, popped) {
            Err(GetError::Empty) => {
                self.wait_to_get(call, rests, &until(), |surely| match surely {
                    true => self.get_if_there(call),
                    false => self.got(call, self.store().pop()),
                })
            }
            done => done,
        };
        got.map_err(fail)
    }

    /// Takes up to `max` items, and waits for the first of them.
    pub(in crate::queue) fn get_up_to<'u>(
        &self,
        call: Call,
        max: usize,
        until: impl FnOnce() -> Until<'u>,
    ) -> Result<Vec<S::Item>, GetError> {
        let get = |_surely| {
            let mut items = Vec::new();
            self.try_get_up_to(call, max, &mut items).map(|()| items)
        };
        match get(false) {
            Err(GetError::Empty) => self.wait_to_get(call, false, &until(), get),
            done => done,
        }
    }

    /// Takes up to `max` items, if there is one at least.
    pub(in crate::queue) fn try_get_up_to(
        &self,
        call: Call,
        max: usize,
        into: &mut Vec<S::Item>,
    ) -> Result<(), GetError> {
        match self.store().pop_many(max, into) {
            Ok(count) => {
                self.did(call);
                if self.lines.putters.is_awaited() {
                    self.lines.putters.notify(count);
                }
                Ok(())
            }
            Err(Nothing::Empty | Nothing::Few | Nothing::Untried) => Err(GetError::Empty),
            Err(Nothing::ShutDown) => {
                self.did_nothing(call, "shut down");
                Err(GetError::ShutDown)
            }
        }
    }

    /// Takes out all that is in the queue.
    pub(in crate::queue) fn drain(&self, call: Call) -> Vec<S::Item> {
        let all = self.store().pop_all(|_| {});
        self.did(call);
        if !all.is_empty() && self.lines.putters.is_awaited() {
            self.lines.putters.notify(all.len());
        }
        all
    }

    /// The argument of `get` says whether it has to be sure that there is no item.
    #[cold]
    fn wait_to_get<R>(
        &self,
        call: Call,
        rests: bool,
        until: &Until<'_>,
        get: impl Fn(bool) -> Result<R, GetError>,
    ) -> Result<R, GetError> {
        let look = |surely| match get(surely) {
            Err(GetError::Empty) => None,
            done => Some(done),
        };
        let backoff = backoff(rests, &self.lines.getters);
        if let Some(done) = look_and_back_off(backoff, until, || look(false)) {
            return done;
        }
        let awaited = AnItem(&self.producers);
        let _waiting = call.on(&self.site).waiting_for(&awaited);
        let waited = self.lines.getters.wait_for(until, || look(true));
        waited.inspect_err(|ended| self.gave_up(call, *ended))?
    }

    /// The next item of an iteration. A stop or a deadline ends it even if there are items.
    pub(in crate::queue) fn next(&self, call: Call, until: &Until<'_>) -> Option<S::Item> {
        let stopped = until.token().is_some_and(|token| token.is_stopped());
        let late = || until.deadline().is_some_and(|end| backend::now() >= end);
        if stopped || late() {
            return None;
        }
        self.get(call, || *until, |_| ()).ok()
    }
}
