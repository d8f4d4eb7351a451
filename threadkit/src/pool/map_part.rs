//! One task of a map: some items, then their results.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::Arc;

use super::indexed::Indexed;
use super::job_result::attempt;
use super::vec_part::VecPart;
use crate::backend;
use crate::threads::{JoinError, Run};
use crate::unwind::run_quietly;

/// How often a task of many items looks whether its results are still wanted.
pub(super) const LOOKS: usize = 16;

/// A task of so many items has them in pieces, one for each look.
const IN_PIECES: usize = 2048;

/// The items of one task, in their order, if they come from an iterator.
pub(super) type Pieces<A> = Vec<Vec<A>>;

/// The items of one task.
pub(super) enum Items<A> {
    Pieces(Pieces<A>),
    Indexed(Indexed<A>),
}

impl<A> Items<A> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Pieces(pieces) => pieces.iter().map(Vec::len).sum(),
            Self::Indexed(indexed) => indexed.size_hint().0,
        }
    }
}

/// The function of a map.
pub(super) struct Function<F> {
    f: F,
    /// The results are no longer wanted.
    abandoned: AtomicBool,
}

impl<F> Function<F> {
    pub(super) fn new(f: F) -> Self {
        Self {
            f,
            abandoned: AtomicBool::new(false),
        }
    }

    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn call<A, T>(&self, item: A) -> T
    where
        F: Fn(A) -> T,
    {
        (self.f)(item)
    }

    pub(super) fn is_abandoned(&self) -> bool {
        // Relaxed: a late look computes results that are dropped.
        self.abandoned.load(Ordering::Relaxed)
    }
}

/// One task of a map.
pub(super) struct Part<A, F, T> {
    items: Items<A>,
    /// Where their results belong: room for all of them.
    results: VecPart<T>,
    f: Arc<Function<F>>,
}

impl<A, F, T> Part<A, F, T> {
    pub(super) fn new(items: Items<A>, results: VecPart<T>, f: Arc<Function<F>>) -> Self {
        Self { items, results, f }
    }
}

impl<A, F: Fn(A) -> T, T> Run for Part<A, F, T> {
    type Output = Chunk<A, T>;

    fn run(self: Box<Self>) -> Chunk<A, T> {
        run_chunk(self.items, self.results, &self.f)
    }
}

/// What one task of a map returns.
pub(super) struct Chunk<A, T> {
    /// Empty: the memory of the items.
    pub(super) pieces: Pieces<A>,
    pub(super) results: VecPart<T>,
    /// What happened to the item after those results, if it panicked.
    pub(super) panic: Option<JoinError>,
    pub(super) took: Duration,
}

/// Takes the next items, and puts them into empty pieces. Many items are in [`LOOKS`] pieces, and others in one.
///
/// A function of its own, because the compiler makes the loop several times as fast if it knows that nothing else uses
/// the iterator and the vector. All other work of a map of trivial items is done by several threads, and this by one.
#[inline(never)]
pub(super) fn take<I: Iterator>(from: &mut I, most: usize, pieces: &mut Pieces<I::Item>) {
    let count = if most < IN_PIECES { 1 } else { LOOKS };
    pieces.resize_with(count, Vec::new);
    for piece in pieces {
        piece.extend(from.by_ref().take(most / count));
    }
}

fn run_chunk<A, F: Fn(A) -> T, T>(
    mut items: Items<A>,
    mut results: VecPart<T>,
    function: &Function<F>,
) -> Chunk<A, T> {
    let begun = backend::now();
    // The compiler can compute several results at a time where it knows how many items follow.
    let attempted = attempt(|| match &mut items {
        Items::Indexed(indexed) => {
            let between_looks = indexed.size_hint().0.div_ceil(LOOKS);
            while !indexed.is_empty() && !function.is_abandoned() {
                let next = indexed.take(between_looks);
                next.map_into(&mut results, |item| function.call(item));
            }
        }
        Items::Pieces(pieces) => match &mut **pieces {
            [piece] => {
                let between_looks = piece.len().div_ceil(LOOKS);
                let mut rest = piece.drain(..);
                while rest.len() > 0 && !function.is_abandoned() {
                    // The number comes first, so that no item is taken after the last one.
                    let next = (0..between_looks).zip(rest.by_ref());
                    results.extend(next.map(|(_, item)| function.call(item)));
                }
            }
            pieces => {
                for piece in pieces {
                    if function.is_abandoned() {
                        break;
                    }
                    results.extend(piece.drain(..).map(|item| function.call(item)));
                }
            }
        },
    });
    let mut pieces = match items {
        Items::Pieces(pieces) => pieces,
        Items::Indexed(_) => Pieces::new(),
    };
    for piece in &mut pieces {
        // Those that are left will have no result. If a destructor panics, the panic hook has reported it.
        run_quietly(|| piece.clear());
    }
    Chunk {
        pieces,
        results,
        panic: attempted.err().map(|panic| {
            let (thread, caught) = *panic;
            JoinError::new(thread.name().into(), caught)
        }),
        took: backend::now().saturating_duration_since(begun),
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    fn pieces(count: usize) -> Vec<Vec<Arc<usize>>> {
        let mut pieces = Vec::new();
        take(&mut (0..count).map(Arc::new), count, &mut pieces);
        pieces
    }

    fn run<A, F: Fn(A) -> T, T>(pieces: Pieces<A>, f: &Function<F>) -> Chunk<A, T> {
        let items = Items::Pieces(pieces);
        let results = VecPart::new(items.len());
        run_chunk(items, results, f)
    }

    fn results_of<A, T>(chunk: Chunk<A, T>) -> Vec<T> {
        chunk.results.into_vec().expect("it is all of the vector")
    }

    #[test]
    fn many_items_are_in_pieces_and_come_in_order() {
        for (count, expected) in [(1, 1), (IN_PIECES - 1, 1), (IN_PIECES, LOOKS)] {
            let pieces = pieces(count);
            assert_eq!(pieces.len(), expected);
            let chunk = run(pieces, &Function::new(|item: Arc<usize>| *item));
            assert!(chunk.pieces.iter().all(Vec::is_empty));
            assert!(chunk.panic.is_none() && results_of(chunk).into_iter().eq(0..count));
        }
    }

    #[test]
    fn a_task_is_never_given_too_many_items_and_its_pieces_are_used_again() {
        let (mut from, mut pieces) = (0.., Vec::new());
        for most in [IN_PIECES + LOOKS - 1, 7, IN_PIECES] {
            let expected = from.start..;
            take(&mut from, most, &mut pieces);
            let taken: Vec<usize> = pieces
                .iter_mut()
                .flat_map(|piece| piece.drain(..))
                .collect();
            assert!(taken.len() <= most && taken.len() + LOOKS > most);
            assert!(taken.iter().copied().eq(expected.take(taken.len())));
        }
    }

    #[test]
    fn the_input_may_panic_after_some_items() {
        let mut from = (0..).inspect(|n| assert_ne!(*n, IN_PIECES / 2, "the input"));
        let mut pieces = Vec::new();
        let taken = catch_unwind(core::panic::AssertUnwindSafe(|| {
            take(&mut from, IN_PIECES, &mut pieces);
        }));
        assert!(taken.is_err());
        assert!(pieces.into_iter().flatten().eq(0..IN_PIECES / 2));
    }

    #[test]
    fn the_results_before_a_panic_are_kept_and_the_items_after_it_are_dropped() {
        for count in [100, IN_PIECES] {
            let pieces = pieces(count);
            let all: Vec<_> = pieces.iter().flatten().cloned().collect();
            let bad = count / 2;
            let f = Function::new(move |item: Arc<usize>| {
                assert_ne!(*item, bad, "it panics");
                *item
            });
            let chunk = run(pieces, &f);
            assert!(chunk.pieces.iter().all(Vec::is_empty));
            assert!(chunk.panic.is_some() && results_of(chunk).into_iter().eq(0..bad));
            assert!(all.iter().all(|item| Arc::strong_count(item) == 1));
        }
    }

    #[test]
    fn a_task_whose_results_are_not_wanted_ends_at_its_next_look() {
        for count in [LOOKS, IN_PIECES] {
            let f = Function::new(|item: Arc<usize>| *item);
            f.abandon();
            let chunk = run(pieces(count), &f);
            assert!(chunk.panic.is_none() && chunk.results.len() == 0);
            assert!(chunk.pieces.iter().all(Vec::is_empty));
        }
    }
}
