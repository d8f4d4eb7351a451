//! Panics of threads: caught, with the place where they happened.

use core::any::Any;
use core::cell::RefCell;
use core::panic::Location;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

use super::join_error::Place;
use crate::backend;

/// A panic that was caught.
#[derive(Debug)]
pub(crate) struct Caught {
    pub(super) payload: Box<dyn Any + Send>,
    pub(super) place: Option<Place>,
}

thread_local! {
    /// Where this thread panicked last, if it runs under [`catch`].
    static LAST: RefCell<Last> = const { RefCell::new(Last { watched: false, place: None }) };
}

struct Last {
    watched: bool,
    place: Option<Place>,
}

/// Runs `f`; a panic comes back as a value.
pub(crate) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Caught> {
    let watched = with_last(|last| {
        last.place = None;
        core::mem::replace(&mut last.watched, true)
    });
    // Unwind safety: what `f` left half done is what the user's other threads see after any panic;
    // `f` itself is used up.
    let result = panic::catch_unwind(AssertUnwindSafe(f));
    let place = with_last(|last| {
        last.watched = watched.unwrap_or(false);
        last.place.take()
    });
    result.map_err(|payload| Caught {
        payload,
        place: place.flatten(),
    })
}

fn with_last<R>(f: impl FnOnce(&mut Last) -> R) -> Option<R> {
    LAST.try_with(|last| last.try_borrow_mut().ok().map(|mut last| f(&mut last)))
        .ok()
        .flatten()
}

/// Has the places of panics noted from now on.
///
/// Only the panic hook learns them, so ours goes in front of the one that is installed, which it then
/// calls. A hook that the program installs later takes its place; panics then arrive without a
/// place, unless that hook calls the one it found.
pub(super) fn note_places() {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    // The hook cannot be changed by a thread that panics; the next start will do it.
    if INSTALLED.load(Ordering::Relaxed) || backend::is_unwinding() {
        return;
    }
    if INSTALLED.swap(true, Ordering::Relaxed) {
        return;
    }
    let next = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if let Some(location) = info.location() {
            note(location);
        }
        next(info);
    }));
}

fn note(location: &Location<'_>) {
    with_last(|last| {
        if last.watched {
            last.place = Some(Place::new(location));
        }
    });
}
