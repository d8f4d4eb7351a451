//! Locks of other libraries.

use crate::backend::Side;

/// A lock of another library that an attribute acquires, or one side of it.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(any(debug_assertions, feature = "inspect")),
    expect(dead_code, reason = "the form that compiles to nothing asks for none")
)]
pub struct Foreign {
    /// Its address, which no other live lock has.
    pub(super) address: usize,
    /// The name of its type.
    pub(super) kind: &'static str,
    pub(super) side: Option<Side>,
}

impl Foreign {
    #[inline(always)]
    pub(crate) fn new<L: ?Sized>(lock: &L, side: Option<Side>) -> Self {
        Self {
            address: core::ptr::from_ref(lock).addr(),
            kind: core::any::type_name::<L>(),
            side,
        }
    }
}
