//! The panic hook, which notes where panics happen.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use super::caught::{Noted, Origin, is_under_catch, remember};
use super::place::Place;
use crate::backend::explored::{self, Act, Step};

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
    // A thread that panics, as far as std knows, cannot change the hook; the next start will.
    let is_too_early = || INSTALLED.load(Ordering::Relaxed) || thread::panicking();
    if is_too_early() || INSTALLED.swap(true, Ordering::Relaxed) {
        return;
    }
    let next = Arc::new(OnceLock::<PanicHook>::new());
    let before = Arc::clone(&next);
    let ours: PanicHook = Box::new(move |info| {
        explored::note(|| Step::new(Act::Panics));
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
    if !is_under_catch() {
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
