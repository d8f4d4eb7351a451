//! [`Caught`], and what a thread has noted of its latest panics.

use core::any::{Any, TypeId};
use core::cell::Cell;
use core::fmt::Display;
use core::mem::ManuallyDrop;
use std::backtrace::Backtrace;
use std::panic;

use super::place::Place;
use crate::local::local;
use crate::trace;
use crate::unwind::{self, Payload};

/// A panic that was caught.
#[derive(Debug)]
pub(crate) struct Caught {
    pub(crate) payload: Payload,
    pub(crate) origin: Origin,
}

/// Where a panic happened, as far as the panic hook has noted it.
#[derive(Debug, Default)]
pub(crate) struct Origin {
    pub(crate) place: Option<Place>,
    /// `None` unless the environment asks for backtraces.
    pub(crate) backtrace: Option<Box<Backtrace>>,
}

/// A panic as the hook saw it.
pub(super) struct Noted {
    /// The type of its payload.
    pub(super) payload: TypeId,
    pub(super) text: Option<String>,
    pub(super) origin: Origin,
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

local! {
    /// The latest panics of this thread under the innermost [`catch`]; `None` outside of all.
    ///
    /// Never dropped, because a destructor would cost every thread a registration; outside of [`catch`]
    /// it is empty.
    static NOTED: ManuallyDrop<Cell<Notes>> = const { ManuallyDrop::new(Cell::new(None)) };
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
    NOTED.try_with(|noted| noted.replace(notes)).ok().flatten()
}

/// Whether this thread runs under a [`catch`].
pub(super) fn is_under_catch() -> bool {
    with_noted(|noted| noted.is_some()) == Some(true)
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
pub(crate) fn resume(caught: Caught) -> ! {
    let Caught { payload, origin } = caught;
    remember(Noted {
        payload: (*payload).type_id(),
        text: text_of(&*payload).map(str::to_owned),
        origin,
    });
    panic::resume_unwind(payload)
}

fn with_noted<R>(f: impl FnOnce(&mut Notes) -> R) -> Option<R> {
    let run = |noted: &ManuallyDrop<Cell<_>>| {
        let mut notes = noted.take();
        let result = f(&mut notes);
        noted.set(notes);
        result
    };
    NOTED.try_with(run).ok()
}

/// The text of a payload that `panic!` has made.
pub(crate) fn text_of(payload: &(dyn Any + Send)) -> Option<&str> {
    match payload.downcast_ref::<&'static str>() {
        Some(text) => Some(text),
        None => payload.downcast_ref::<String>().map(String::as_str),
    }
}

/// Notes a panic under the innermost [`catch`] of this thread, if there is one.
pub(super) fn remember(panic: Noted) {
    with_noted(|noted| {
        let Some(noted) = noted else { return };
        if noted.len() == REMEMBERED {
            noted.remove(0);
        }
        noted.push(panic);
    });
}
