//! Parses the annotated item, but not its body.
//!
//! A body stays a token group: unfinished code in it must not make the item disappear, and tokens that are not
//! taken apart keep their spans.

mod entry_point;
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
