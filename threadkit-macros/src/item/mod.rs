//! Reading the annotated item without parsing its body.
//!
//! Bodies stay token groups: what is half typed in one must not make the item vanish, and what is
//! not taken apart keeps its spans.

mod function;
mod impl_block;
mod start;
mod types;

pub(crate) use function::{Body, Braces, Function};
pub(crate) use impl_block::{ImplBlock, Member};
pub(crate) use start::{starts_impl, starts_other_than_fn, starts_type};
pub(crate) use types::{
    borrow_in, cfgs, ends_in, may_be, names_bound, names_lifetime, peel, peel_mut, without_borrows,
};
