//! [`Caught`], and what a thread has noted of its latest panics.

use core::any::{Any, TypeId};
use core::cell::{Cell, RefCell};
use core::fmt::Display;
use core::mem::{self, ManuallyDrop};
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

/// How many panics a thread stores for one [`catch`]. Only panics that destructors caught during its unwinding come
/// after the panic that ends a body.
const REMEMBERED: usize = 4;

/// The latest panics of a thread.
///
/// # Invariant
///
/// `depth` calls of [`catch`] are nested on the thread. Each note has the depth of the innermost one at the time of its
/// panic, and is removed when that one returns; so the depths never decrease from one note to the next, and there are
/// no notes outside of [`catch`]. Most calls return without a note, and do not touch the list.
struct Notes {
    depth: Cell<usize>,
    noted: RefCell<Vec<(usize, Noted)>>,
}

local! {
    /// Never dropped, because a destructor would cost every thread a registration; outside of [`catch`] it is empty.
    static NOTES: ManuallyDrop<Notes> = const {
        ManuallyDrop::new(Notes {
            depth: Cell::new(0),
            noted: RefCell::new(Vec::new()),
        })
    };
}

/// Runs `f` and returns its panic as a value, with its place.
pub(crate) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Caught> {
    enter();
    match unwind::catch(f) {
        Ok(value) => {
            leave();
            Ok(value)
        }
        Err(payload) => Err(Caught::of(payload)),
    }
}

// Not in `catch`, which is compiled for every type of function.

fn enter() {
    NOTES.with(|notes| notes.depth.set(notes.depth.get() + 1));
}

fn leave() {
    NOTES.with(|notes| {
        let depth = notes.depth.get();
        notes.depth.set(depth - 1);
        if !notes.noted.borrow().is_empty() {
            drop(notes.take(depth));
        }
    });
}

/// Whether this thread runs under a [`catch`].
pub(super) fn is_under_catch() -> bool {
    NOTES.with(|notes| notes.depth.get() > 0)
}

impl Notes {
    /// Takes out the notes of that depth, which is the greatest.
    #[cold]
    fn take(&self, depth: usize) -> Vec<(usize, Noted)> {
        let mut noted = self.noted.borrow_mut();
        match noted.partition_point(|(other, _)| *other < depth) {
            // Without any memory from then on.
            0 => mem::take(&mut *noted),
            first => noted.split_off(first),
        }
    }
}

impl Caught {
    /// The panic with this payload: the latest that was noted with a payload of that type.
    #[cold]
    fn of(payload: Payload) -> Self {
        let noted = NOTES.with(|notes| {
            let depth = notes.depth.get();
            notes.depth.set(depth - 1);
            notes.take(depth)
        });
        let mut latest = noted.into_iter().rev().map(|(_, noted)| noted);
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

/// The text of a payload that `panic!` has made.
pub(crate) fn text_of(payload: &(dyn Any + Send)) -> Option<&str> {
    match payload.downcast_ref::<&'static str>() {
        Some(text) => Some(text),
        None => payload.downcast_ref::<String>().map(String::as_str),
    }
}

/// Notes a panic under the innermost [`catch`] of this thread, if there is one.
pub(super) fn remember(panic: Noted) {
    NOTES.with(|notes| {
        let depth = notes.depth.get();
        if depth == 0 {
            return;
        }
        let _oldest = {
            let mut noted = notes.noted.borrow_mut();
            let first = noted.partition_point(|(other, _)| *other < depth);
            let is_full = noted.len() - first == REMEMBERED;
            let oldest = is_full.then(|| noted.remove(first));
            noted.push((depth, panic));
            oldest
        };
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panics::note_places;

    /// The line of a panic, and the panic.
    macro_rules! panic_here {
        () => {{
            LINE.set(line!());
            panic!("here");
        }};
    }

    thread_local! {
        static LINE: Cell<u32> = const { Cell::new(0) };
    }

    fn line_of(caught: &Caught) -> Option<u32> {
        caught.origin.place.as_ref().map(|place| place.line())
    }

    struct CatchesWhenDropped;

    impl Drop for CatchesWhenDropped {
        fn drop(&mut self) {
            let line = LINE.get();
            for _ in 0..2 * REMEMBERED {
                let inner = catch(|| panic_here!()).unwrap_err();
                assert_eq!(line_of(&inner), Some(LINE.get()));
            }
            catch(|| ()).unwrap();
            LINE.set(line);
        }
    }

    #[test]
    fn a_panic_keeps_its_place_while_others_are_caught_during_its_unwinding() {
        note_places();
        let caught = catch(|| {
            let _catches = CatchesWhenDropped;
            panic_here!();
        });
        assert_eq!(line_of(&caught.unwrap_err()), Some(LINE.get()));
    }

    #[test]
    fn nothing_is_left_on_the_thread_when_the_outermost_call_returns() {
        note_places();
        // The destructor's own panic is noted too, and nobody asks for it.
        catch(|| unwind::run_quietly(|| panic!("dropped"))).unwrap();
        catch(|| catch(|| panic!("inner")).is_err()).unwrap();
        assert!(catch(|| panic!("outer")).is_err());
        NOTES.with(|notes| {
            assert_eq!(notes.depth.get(), 0);
            assert_eq!(notes.noted.borrow().capacity(), 0, "it keeps memory");
        });
        assert!(!is_under_catch());
    }
}
