//! `#[thread]` on a function or method: calling it starts the thread.

mod expand;
mod model;

pub(crate) use expand::expand;
pub(crate) use model::check;
