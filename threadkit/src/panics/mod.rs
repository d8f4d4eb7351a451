//! Panics of the program's code: caught, with the place where they happened.
//!
//! `caught` is what [`catch`] returns of a panic, and `hook` notes the [`Place`] of each panic for it. Code that does
//! not need the place uses `unwind`, on which this room stands.

mod caught;
mod hook;
mod place;

pub(crate) use self::caught::{Caught, Origin, catch, resume, text_of};
pub(crate) use self::hook::note_places;
pub use self::place::Place;
