//! Items of which any thread can make those from one place to another.

use super::integers::Integers;
use super::slice_items::SliceItems;
use super::vec_part::VecPart;

/// The items of an iterator that a thread can make by their number, so that none has to be sent.
pub(super) enum Indexed<A> {
    Integers(Integers<A>),
    Slice(SliceItems<A>),
}

impl<A> Indexed<A> {
    /// What is left of an iterator; `None` if its items have to be taken from it one after the other.
    pub(super) fn of<I: Iterator<Item = A>>(items: &I) -> Option<Self> {
        if Integers::<A>::MAY_BE
            && let Some(integers) = Integers::of(items)
        {
            return Some(Self::Integers(integers));
        }
        if SliceItems::<A>::MAY_BE {
            return SliceItems::of(items).map(Self::Slice);
        }
        None
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Integers(integers) => integers.len() == 0,
            Self::Slice(items) => items.len() == 0,
        }
    }

    pub(super) fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Integers(integers) => integers.size_hint(),
            Self::Slice(items) => (items.len(), Some(items.len())),
        }
    }

    /// Takes up to that many from the front.
    pub(super) fn take(&mut self, most: usize) -> Self {
        match self {
            Self::Integers(integers) => Self::Integers(integers.take(most)),
            Self::Slice(items) => Self::Slice(items.take(most)),
        }
    }

    /// Adds what `f` makes of each item to the results, for which there is room. Those before a panic are in.
    pub(super) fn map_into<T>(self, results: &mut VecPart<T>, f: impl Fn(A) -> T) {
        match self {
            // The conditions keep loops out of the program that no value of this type can need.
            Self::Integers(integers) if Integers::<A>::MAY_BE => {
                results.extend(integers.items().map(f));
            }
            Self::Slice(items) if SliceItems::<A>::MAY_BE => results.extend(items.items().map(f)),
            _ => unreachable!("it was made of no such items"),
        }
    }
}
