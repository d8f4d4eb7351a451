//! Panics of threads: caught, with the place where they happened.

use core::any::{Any, TypeId};
use core::cell::RefCell;
use core::fmt::Display;
use core::mem::{self, ManuallyDrop};
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::place::Place;
use crate::backend::explored::{self, Act, Step};
use crate::unwind::{self, Payload};
use crate::{backend, trace};

/// A panic that was caught.
#[derive(Debug)]
pub(crate) struct Caught {
    pub(super) payload: Payload,
    pub(super) origin: Origin,
}

/// Where a panic happened, as far as the panic hook has noted it.
#[derive(Debug, Default)]
pub(super) struct Origin {
    pub(super) place: Option<Place>,
    /// `None` unless the environment asks for backtraces.
    pub(super) backtrace: Option<Box<Backtrace>>,
}

/// A panic as the hook saw it.
struct Noted {
    /// The type of its payload.
    payload: TypeId,
    text: Option<String>,
    origin: Origin,
}

impl Noted {
    fn is_of(&self, payload: &(dyn Any + Send)) -> bool {
        self.payload == payload.type_id() && self.text.as_deref() == text_of(payload)
    }
}

/// The latest panics under one [`catch`], the oldest first.
type Notes = Option<Vec<Noted>>;

/// How many panics a thread stores. Only panics that destructors caught during its unwinding come after
/// the panic that ends a body.
const REMEMBERED: usize = 4;

thread_local! {
    /// The latest panics of this thread under the innermost [`catch`]; `None` outside of all.
    ///
    /// Never dropped, because a destructor would cost every thread a registration; outside of [`catch`]
    /// it is empty.
    static NOTED: ManuallyDrop<RefCell<Notes>> =
        const { ManuallyDrop::new(RefCell::new(None)) };
}

/// Runs `f` and returns its panic as a value, with its place.
pub(crate) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Caught> {
    let outer = exchange(Some(Vec::new()));
    match unwind::catch(f) {
        Ok(value) => {
            restore(outer);
            Ok(value)
        }
        Err(payload) => Err(Caught::of(payload, outer)),
    }
}

/// Replaces the notes of this thread, at the beginning and the end of a [`catch`]; returns the notes
/// until now.
fn exchange(notes: Notes) -> Notes {
    with_noted(|noted| mem::replace(noted, notes)).flatten()
}

/// Not in `catch`, which is compiled for every type of function.
fn restore(outer: Notes) {
    exchange(outer);
}

impl Caught {
    /// The panic with this payload: the latest that was noted with a payload of that type.
    fn of(payload: Payload, outer: Notes) -> Self {
        let mut latest = exchange(outer).into_iter().flatten().rev();
        let origin = latest
            .find(|noted| noted.is_of(&*payload))
            .map(|noted| noted.origin);
        Self {
            payload,
            origin: origin.unwrap_or_default(),
        }
    }

    /// Makes an event of it, with the feature `tracing`.
    pub(crate) fn trace(&self, thread: &str) {
        let place = self
            .origin
            .place
            .as_ref()
            .map(|place| place as &dyn Display);
        let message = text_of(&*self.payload).unwrap_or_default();
        // A subscriber is code of the program.
        unwind::run_quietly(|| trace::panicked(thread, message, place));
    }

    /// The payload, to continue the panic with.
    pub(crate) fn into_payload(self) -> Payload {
        self.payload
    }
}

/// Continues a panic that was caught, which keeps its place.
pub(super) fn resume(caught: Caught) -> ! {
    let Caught { payload, origin } = caught;
    remember(Noted {
        payload: (*payload).type_id(),
        text: text_of(&*payload).map(str::to_owned),
        origin,
    });
    panic::resume_unwind(payload)
}

fn with_noted<R>(f: impl FnOnce(&mut Notes) -> R) -> Option<R> {
    let run = |noted: &ManuallyDrop<RefCell<_>>| {
        noted.try_borrow_mut().ok().map(|mut noted| f(&mut noted))
    };
    NOTED.try_with(run).ok().flatten()
}

/// The text of a payload that `panic!` has made.
pub(super) fn text_of(payload: &(dyn Any + Send)) -> Option<&str> {
    match payload.downcast_ref::<&'static str>() {
        Some(text) => Some(text),
        None => payload.downcast_ref::<String>().map(String::as_str),
    }
}

/// Notes the places of panics from now on.
///
/// Only the panic hook learns them, so ours goes in front of the installed one and calls it. A hook
/// that the program installs later replaces ours; panics then arrive without a place, unless that hook
/// calls the one it found.
///
/// `std` cannot exchange the hook in one step on a stable compiler. A hook that another thread sets
/// between the two calls below is lost, and no later look could find it. So nothing else happens
/// between them, it happens once in a process, and the docs of `JoinError::place` say so.
pub(crate) fn note_places() {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    // A thread that panics cannot change the hook; the next start will.
    let is_too_early = || INSTALLED.load(Ordering::Relaxed) || backend::is_unwinding();
    if is_too_early() || INSTALLED.swap(true, Ordering::Relaxed) {
        return;
    }
    let next = Arc::new(OnceLock::<PanicHook>::new());
    let before = Arc::clone(&next);
    let ours: PanicHook = Box::new(move |info| {
        explored::note(|| Step {
            act: Act::Panics,
            object: None,
            value: None,
            place: None,
        });
        if let Some(task) = explored::here() {
            task.note_panic(|| {
                let text = info.payload_as_str();
                let text = text.unwrap_or("a payload that is no string");
                match info.location() {
                    Some(place) => format!("{text}, {place}"),
                    None => text.to_owned(),
                }
            });
        }
        note(info);
        let is_known = explored::here().is_some_and(|task| task.is_repeated());
        if let Some(next) = next.get()
            && !is_known
        {
            next(info);
        }
    });
    // It was empty until now, so the hook that was taken is always kept.
    let _ = before.set(panic::take_hook());
    panic::set_hook(ours);
}

type PanicHook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

fn note(info: &PanicHookInfo<'_>) {
    let Some(location) = info.location() else {
        return;
    };
    if with_noted(|noted| noted.is_some()) != Some(true) {
        return;
    }
    let backtrace = Backtrace::capture();
    let captured = backtrace.status() == BacktraceStatus::Captured;
    remember(Noted {
        payload: info.payload().type_id(),
        text: info.payload_as_str().map(str::to_owned),
        origin: Origin {
            place: Some(Place::new(location)),
            backtrace: captured.then(|| Box::new(backtrace)),
        },
    });
}

fn remember(panic: Noted) {
    with_noted(|noted| {
        let Some(noted) = noted else { return };
        if noted.len() == REMEMBERED {
            noted.remove(0);
        }
        noted.push(panic);
    });
}
