//! Where the items of a map come from.

use core::iter::Fuse;

use super::integers::Integers;
use super::map_part::{Items, Pieces, take};
use crate::panics::{Caught, catch};

/// What is left of the input of a map.
pub(super) enum Source<I: Iterator> {
    /// Only the thread that takes the results may ask for items, and one after the other.
    Iterator(Fuse<I>),
    /// A range, of which a task can be given bounds. The threads of the pool make the items.
    Integers(Integers<I::Item>),
}

impl<I: Iterator> Source<I> {
    pub(super) fn new(items: I) -> Self {
        match Integers::of(&items) {
            Some(integers) => Self::Integers(integers),
            None => Self::Iterator(items.fuse()),
        }
    }

    pub(super) fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Iterator(items) => items.size_hint(),
            Self::Integers(integers) => integers.size_hint(),
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
            Self::Integers(integers) => (Items::Integers(integers.take(most)), None),
        }
    }
}
