//! Where the items of a map come from.

use core::iter::Fuse;

use super::indexed::Indexed;
use super::map_part::{Items, Pieces, take};
use crate::panics::{Caught, catch};

/// What is left of the input of a map.
pub(super) enum Source<I: Iterator> {
    /// Only the thread that takes the results may ask for items, and one after the other.
    Iterator(Fuse<I>),
    /// A task can be given bounds of it. The threads of the pool make the items.
    Indexed(Indexed<I::Item>),
}

impl<I: Iterator> Source<I> {
    pub(super) fn new(items: I) -> Self {
        match Indexed::of(&items) {
            Some(indexed) => Self::Indexed(indexed),
            None => Self::Iterator(items.fuse()),
        }
    }

    pub(super) fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Iterator(items) => items.size_hint(),
            Self::Indexed(indexed) => indexed.size_hint(),
        }
    }

    /// Takes the next items, up to that many, also those before a panic of the input. `spare` is memory without items.
    pub(super) fn take(
        &mut self,
        most: usize,
        spare: Pieces<I::Item>,
    ) -> (Items<I::Item>, Option<Caught>) {
        match self {
            Self::Iterator(items) => {
                let mut pieces = spare;
                let taken = catch(|| take(items, most, &mut pieces));
                (Items::Pieces(pieces), taken.err())
            }
            Self::Indexed(indexed) => (Items::Indexed(indexed.take(most)), None),
        }
    }
}
