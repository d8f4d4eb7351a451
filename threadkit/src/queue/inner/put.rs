//! How an item is put, with a wait for room.

use core::sync::atomic::Ordering;

use super::super::error::PutError;
use super::super::store::{Refused, Store};
use super::super::two_ended::TwoEnded;
use super::{Inner, backoff};
use crate::backend::{self, also_uses};
use crate::inspect::Call;
use crate::wait::{Until, WaitError, look_and_back_off};

impl<S: Store> Inner<S> {
    #[inline]
    pub(in crate::queue) fn try_put(
        &self,
        call: Call,
        item: S::Item,
    ) -> Result<(), PutError<S::Item>> {
        let put = self.told(call, self.store().push(item));
        if let Err(PutError::Full(_)) = put {
            self.did_nothing(call, "full");
        }
        put
    }

    /// Notifies a thread that waits for an item, if one was put.
    #[inline]
    fn told(
        &self,
        call: Call,
        pushed: Result<(), Refused<S::Item>>,
    ) -> Result<(), PutError<S::Item>> {
        match pushed {
            Ok(()) => {
                self.did(call);
                self.lines.getters.notify_one();
                Ok(())
            }
            Err(Refused::Full(item) | Refused::Crowded(item) | Refused::Untried(item)) => {
                Err(PutError::Full(item))
            }
            Err(Refused::ShutDown(item)) => {
                self.did_nothing(call, "shut down");
                Err(PutError::ShutDown(item))
            }
        }
    }

    /// The path without a wait calls no function but a last one, and so it saves no registers.
    #[inline]
    pub(in crate::queue) fn put<'u>(
        &self,
        call: Call,
        item: S::Item,
        until: impl FnOnce() -> Until<'u>,
    ) -> Result<(), PutError<S::Item>> {
        match self.store().push_at_once(item) {
            Ok(()) => {
                self.did(call);
                match self.lines.getters.is_awaited() {
                    true => self.put_for_a_getter(),
                    false => Ok(()),
                }
            }
            Err(refused) => self.put_on(call, refused, until),
        }
    }

    #[cold]
    #[inline(never)]
    fn put_for_a_getter(&self) -> Result<(), PutError<S::Item>> {
        self.lines.getters.notify(1);
        Ok(())
    }

    /// Puts an item that was refused at once.
    #[cold]
    #[inline(never)]
    fn put_on<'u>(
        &self,
        call: Call,
        refused: Refused<S::Item>,
        until: impl FnOnce() -> Until<'u>,
    ) -> Result<(), PutError<S::Item>> {
        let rests = matches!(refused, Refused::Crowded(_));
        let put = match refused {
            Refused::Untried(item) => self.told(call, self.store().push(item)),
            refused => self.told(call, Err(refused)),
        };
        match put {
            Err(PutError::Full(item)) => self.wait_to_put(call, item, rests, &until()),
            done => done,
        }
    }

    fn wait_to_put(
        &self,
        call: Call,
        item: S::Item,
        rests: bool,
        until: &Until<'_>,
    ) -> Result<(), PutError<S::Item>> {
        let mut waits = Some(item);
        let mut look = |surely: bool| {
            let item = waits.take()?;
            let pushed = match surely {
                true => self.store().push_surely(item),
                false => self.store().push(item),
            };
            match self.told(call, pushed) {
                Err(PutError::Full(item)) => {
                    waits = Some(item);
                    None
                }
                done => Some(done),
            }
        };
        let backoff = backoff(rests, &self.lines.putters);
        if let Some(done) = look_and_back_off(backoff, until, || look(false)) {
            return done;
        }
        let _waiting = call.on(&self.site).waiting();
        let waited = self.lines.putters.wait_for(until, || look(true));
        if let Err(ended) = &waited {
            self.gave_up(call, *ended);
        }
        match (waited, waits) {
            (Ok(done), _) => done,
            (Err(WaitError::TimedOut), Some(item)) => Err(PutError::TimedOut(item)),
            (Err(WaitError::Stopped), Some(item)) => Err(PutError::Stopped(item)),
            (Err(_), None) => unreachable!("only a look that has ended keeps the item"),
        }
    }
}

impl<T> Inner<TwoEnded<T>> {
    /// Puts an item, in the place of the oldest one if there is no room, and returns that one.
    pub(in crate::queue) fn force_put(
        &self,
        call: Call,
        item: T,
    ) -> Result<Option<T>, PutError<T>> {
        // As in `shutdown_now`. An item is done and another one is not, so no joiner has to be woken.
        let pushed = self.store().push_over(item, || {
            also_uses(self.site.access());
            self.withdrawn.fetch_add(1, Ordering::Relaxed);
            self.store().done().fetch_add(1, Ordering::SeqCst);
            backend::yield_point();
        });
        match pushed {
            Ok(oldest) => self.told(call, Ok(())).map(|()| oldest),
            Err(refused) => self.told(call, Err(refused)).map(|()| None),
        }
    }
}
