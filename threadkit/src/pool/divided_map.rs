//! A map whose threads divide a range or a slice among themselves, and write the results where they belong.

use core::mem;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use super::indexed::Indexed;
use super::job_result::attempt;
use super::map_part::{Function, LOOKS};
use super::map_sizes::{Sizes, WORTH_ITS_WHILE};
use super::submit_error::Refusal;
use super::task::Task;
use super::task_error::TaskError;
use super::vec_part::VecPart;
use crate::backend::{self, Mutex};
use crate::inspect::Call;
use crate::threads::{JoinError, Run};
use crate::unwind::drop_quietly;

/// What the tasks of such a map share.
///
/// # Invariant
///
/// Under one lock, a task takes the next items together with the part of the vector that is for their results. So each
/// item is taken once, and its result has its place. A task puts the part back under the lock, with the results of all
/// its items, or with those before a panic. After a panic no more items are taken. All items before the one that panicked
/// are with tasks then, so the first of all panics is known when these have ended.
pub(super) struct DividedMap<A, F, T> {
    f: Arc<Function<F>>,
    len: usize,
    state: Mutex<State<A, T>>,
    /// Where the first piece begins in which there was a panic. Tasks stop computing what comes after it.
    panicked: AtomicUsize,
}

struct State<A, T> {
    left: Indexed<A>,
    /// The memory for their results.
    rest: VecPart<T>,
    done: Vec<VecPart<T>>,
    panic: Option<JoinError>,
    sizes: Sizes,
}

/// Some items, and where their results belong.
struct Piece<A, T> {
    items: Indexed<A>,
    results: VecPart<T>,
}

impl<A, F: Fn(A) -> T, T> DividedMap<A, F, T> {
    /// For so many items.
    pub(super) fn new(left: Indexed<A>, len: usize, f: Arc<Function<F>>, threads: usize) -> Self {
        Self {
            f,
            len,
            state: Mutex::new(State {
                left,
                rest: VecPart::new(len),
                done: Vec::new(),
                panic: None,
                sizes: Sizes::new(threads, usize::MAX),
            }),
            panicked: AtomicUsize::new(usize::MAX),
        }
    }

    /// How many tasks should be under way.
    fn tasks(&self) -> usize {
        let state = self.state.lock();
        state.sizes.tasks().min(state.left.size_hint().0)
    }

    /// Waits until tasks that `submit` passes to the pool have computed all results, and returns them in order.
    #[track_caller]
    pub(super) fn run(
        self: Arc<Self>,
        call: Call,
        submit: impl Fn(Share<A, F, T>) -> Result<Task<()>, Refusal>,
    ) -> Result<Vec<T>, Failure> {
        let mut tasks = Tasks::default();
        let mut failure = None;
        loop {
            while failure.is_none() && tasks.0.len() < self.tasks() {
                match submit(Share(Arc::clone(&self))) {
                    Ok(task) => tasks.0.push_back(task),
                    Err(refusal) => failure = Some(Failure::Refused(refusal)),
                }
            }
            let Some(task) = tasks.0.pop_front() else {
                break;
            };
            if self.has_panicked() && task.cancel() {
                continue;
            }
            if let Err(error) = task.join_in(call) {
                failure = Some(Failure::Ended(error));
            }
        }
        let mut state = self.state.lock();
        let (mut done, panic) = (mem::take(&mut state.done), state.panic.take());
        // The last reference to its memory, but for those of the parts with the results.
        state.rest = VecPart::new(0);
        drop(state);
        if let Some(panic) = panic {
            drop_quietly(done);
            return Err(Failure::Panicked(panic));
        }
        // There may have been tasks enough without the one that failed.
        let computed: usize = done.iter().map(VecPart::len).sum();
        match failure {
            Some(failure) if computed < self.len => {
                drop_quietly(done);
                Err(failure)
            }
            _ => {
                done.sort_unstable_by_key(VecPart::start);
                let mut parts = done.into_iter();
                let mut all = parts.next().unwrap_or_else(|| VecPart::new(0));
                parts.for_each(|part| all.append(part));
                Ok(all.into_vec().expect("all parts are here"))
            }
        }
    }

    fn has_panicked(&self) -> bool {
        self.panicked.load(Ordering::Relaxed) < usize::MAX
    }

    fn take(&self, state: &mut State<A, T>) -> Option<Piece<A, T>> {
        let left = state.left.size_hint().0;
        if left == 0 || self.f.is_abandoned() {
            return None;
        }
        let count = state.sizes.next(Some(left)).min(left);
        Some(Piece {
            items: state.left.take(count),
            results: state.rest.take(count),
        })
    }

    /// Computes results until none are wanted any more. Those before a panic are in the piece.
    fn compute(&self, piece: &mut Piece<A, T>) {
        let (start, count) = (piece.results.start(), piece.results.room());
        let between_looks = count.div_ceil(LOOKS);
        // Relaxed: a late look computes results that are dropped.
        let is_before_panic = || start <= self.panicked.load(Ordering::Relaxed);
        while !piece.items.is_empty() && is_before_panic() && !self.f.is_abandoned() {
            let next = piece.items.take(between_looks);
            next.map_into(&mut piece.results, |item| self.f.call(item));
        }
    }

    /// Puts a piece back that took that long; returns the next one if there is any and it is wanted.
    fn put_back(
        &self,
        piece: Piece<A, T>,
        panic: Option<JoinError>,
        took: Duration,
        wants_next: bool,
    ) -> Option<Piece<A, T>> {
        let (start, count) = (piece.results.start(), piece.results.room());
        let mut state = self.state.lock();
        state.done.push(piece.results);
        // Relaxed: it is changed under the lock only.
        let is_first = start < self.panicked.load(Ordering::Relaxed);
        let unwanted = match panic {
            Some(panic) if is_first => {
                self.panicked.store(start, Ordering::Relaxed);
                state.left.take(usize::MAX);
                state.panic.replace(panic)
            }
            unwanted => unwanted,
        };
        state.sizes.learn(count, took);
        let next = match wants_next {
            true => self.take(&mut state),
            false => None,
        };
        drop(state);
        drop_quietly(unwanted);
        next
    }
}

/// A task of such a map: computes pieces for some time.
pub(super) struct Share<A, F, T>(Arc<DividedMap<A, F, T>>);

impl<A, F: Fn(A) -> T, T> Run for Share<A, F, T> {
    type Output = ();

    fn run(self: Box<Self>) {
        let map = &*self.0;
        let mut next = map.take(&mut map.state.lock());
        let began = backend::now();
        let mut piece_began = began;
        while let Some(mut piece) = next {
            let attempted = attempt(|| map.compute(&mut piece));
            let panic = attempted.err().map(|panic| {
                let (thread, caught) = *panic;
                JoinError::new(thread.name().into(), caught)
            });
            let now = backend::now();
            let took = now.saturating_duration_since(piece_began);
            // Then it is the turn of other tasks of the pool.
            let is_long = now.saturating_duration_since(began) >= WORTH_ITS_WHILE;
            next = map.put_back(piece, panic, took, !is_long);
            piece_began = now;
        }
    }
}

/// Why there are no results.
pub(super) enum Failure {
    /// A call of the function panicked.
    Panicked(JoinError),
    /// The pool refused a task.
    Refused(Refusal),
    /// A task ended that way, and computed nothing.
    Ended(TaskError),
}

/// Tasks that are cancelled when they are not needed any more.
#[derive(Default)]
struct Tasks(VecDeque<Task<()>>);

impl Drop for Tasks {
    fn drop(&mut self) {
        for task in &self.0 {
            task.cancel();
        }
    }
}
