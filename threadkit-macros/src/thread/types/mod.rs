//! `#[thread]` on a struct, an enum or an impl block: a type of thread.

mod expand;
mod model;

pub(crate) use expand::of_type;
pub(crate) use model::{of_impl, of_struct};
