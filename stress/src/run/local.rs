//! Actions that end by themselves.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use threadkit::{sleep, stop_token};

use super::{Env, PERMITS, Pair, World, block, millis};
use crate::coverage::{self, At};
use crate::program::{Form, Held, Local};

pub(super) fn local(env: &Env, one: &Local) -> u64 {
    let world = &env.world;
    match one {
        Local::Tick => {
            world.ticks.fetch_add(1, Relaxed);
            1
        }
        Local::Sleep(ms) => {
            sleep(millis(*ms));
            coverage::here("sleep");
            0
        }
        Local::Nap(ms) => {
            let _ = stop_token().wait_timeout(millis(*ms));
            coverage::here("StopToken::wait_timeout");
            0
        }
        Local::Hold { what, form, inner } => hold(env, *what, *form, inner),
        Local::Detach { pool, body } => {
            let inner = env.clone();
            let body = Arc::clone(body);
            let owed = Owed::new(env, !env.stopping[*pool]);
            let submitted = env.pools[*pool].try_submit(move || {
                owed.pay();
                let value = block(&inner, &body);
                inner.world.unreturned.fetch_add(value, Relaxed);
            });
            let is_shut = (submitted.as_ref().err()).is_some_and(|refused| refused.is_shut_down());
            let at = if is_shut { At::PoolShut } else { At::PoolOpen };
            coverage::note("ThreadPool::try_submit", at);
            if let Err(refused) = submitted {
                // Its debt goes with it.
                forgive(refused.into_body());
            }
            0
        }
    }
}

/// Drops a body that was refused, and need not run.
pub(super) fn forgive(body: impl Sized) {
    FORGIVING.set(true);
    drop(body);
    FORGIVING.set(false);
}

thread_local! {
    static FORGIVING: Cell<bool> = const { Cell::new(false) };
}

/// A task that was taken in and must run, unless it may be cancelled.
pub(super) struct Owed {
    world: Arc<World>,
    must: bool,
    paid: Cell<bool>,
}

impl Owed {
    pub(super) fn new(env: &Env, must: bool) -> Self {
        let must = must && !std::thread::panicking();
        Self {
            world: Arc::clone(&env.world),
            must,
            paid: Cell::new(false),
        }
    }

    pub(super) fn pay(&self) {
        if self.paid.replace(true) {
            self.world.fail("a task ran twice");
        }
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        let forgiven = FORGIVING.try_with(Cell::get).unwrap_or(true);
        if self.must && !self.paid.get() && !forgiven {
            self.world
                .fail("a task that was accepted never ran and was not cancelled");
        }
    }
}

pub(super) fn hold(env: &Env, what: Held, form: Form, inner: &[Local]) -> u64 {
    let world = &env.world;
    let inside = |pair: &Pair| {
        pair.enter(world);
        let value = inner.iter().map(|one| local(env, one)).sum();
        pair.leave();
        value
    };
    macro_rules! held {
        ($name:literal, $lock:expr, $acquire:ident, $try:ident, $timeout:ident, $inside:expr) => {{
            coverage::here($name);
            match form {
                Form::Plain => $inside(&*$lock.$acquire()),
                Form::Try => $lock.$try().map_or(0, |guard| $inside(&*guard)),
                Form::Timeout(ms) => $lock
                    .$timeout(millis(ms))
                    .map_or(0, |guard| $inside(&*guard)),
            }
        }};
    }
    match what {
        Held::First => {
            held!(
                "Lock",
                world.first,
                acquire,
                try_acquire,
                acquire_timeout,
                inside
            )
        }
        Held::Second => {
            held!(
                "Lock",
                world.second,
                acquire,
                try_acquire,
                acquire_timeout,
                inside
            )
        }
        Held::Reentrant => {
            // An inner level is between the two steps of the outer one.
            let inside = |pair: &Pair| {
                let mine = pair.0.fetch_add(1, Relaxed);
                let value: u64 = inner.iter().map(|one| local(env, one)).sum();
                if pair.0.fetch_sub(1, Relaxed) != mine + 1 {
                    world.fail("two threads were in one reentrant lock at once");
                }
                value
            };
            held!(
                "RLock",
                world.reentrant,
                acquire,
                try_acquire,
                acquire_timeout,
                inside
            )
        }
        Held::Written => {
            held!(
                "RwLock::write",
                world.shared,
                write,
                try_write,
                write_timeout,
                inside
            )
        }
        Held::Read => {
            let inside = |pair: &Pair| {
                pair.look(world);
                let value: u64 = inner.iter().map(|one| local(env, one)).sum();
                pair.look(world);
                value
            };
            held!(
                "RwLock::read",
                world.shared,
                read,
                try_read,
                read_timeout,
                inside
            )
        }
        Held::Permit => {
            coverage::here("Semaphore");
            let permit = match form {
                Form::Plain => Some(world.permits.acquire()),
                Form::Try => world.permits.try_acquire(),
                Form::Timeout(ms) => world.permits.acquire_timeout(millis(ms)).ok(),
            };
            let Some(permit) = permit else { return 0 };
            if world.holders.fetch_add(1, Relaxed) >= PERMITS {
                world.fail("more holders than permits");
            }
            let value = inner.iter().map(|one| local(env, one)).sum();
            world.holders.fetch_sub(1, Relaxed);
            drop(permit);
            value
        }
    }
}
