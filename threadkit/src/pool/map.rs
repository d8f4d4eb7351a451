//! Results that a pool computes ahead, in the order of their items.

use core::any::Any;
use core::fmt;
use core::iter::FusedIterator;
use core::mem;
use std::collections::VecDeque;
use std::panic;
use std::sync::Arc;

use super::divided_map::{DividedMap, Failure, Share};
use super::integers::type_id;
use super::map_part::{Chunk, Function, Part, Pieces};
use super::map_sizes::Sizes;
use super::map_source::Source;
use super::shared::Shared;
use super::submit_error::{Refusal, SubmitError};
use super::task::Task;
use super::task_error::TaskError;
use super::vec_part::VecPart;
use crate::inspect::Call;
use crate::panics::Caught;
use crate::threads::{JoinError, Run};

/// The most items that one task is given.
const MOST: usize = 1 << 15;

/// The most memory that the items of one task take, or their results, without what they own.
const MOST_BYTES: usize = 1 << 18;

/// Why the results of a task are a vector: they do not go into that of all results.
const ITS_OWN: &str = "the results have memory of their own";

/// An iterator over results that a [`ThreadPool`](crate::ThreadPool) computes; made by
/// [`ThreadPool::map`](crate::ThreadPool::map) and [`PoolScope::map`](crate::PoolScope::map).
///
/// `P` is a reference to the pool or the scope, `I` the input, `F` the function and `T` its result.
///
/// # Examples
///
/// ```
/// use threadkit::ThreadPool;
///
/// let pool = ThreadPool::new(2);
/// let mut squares = pool.map(1_u64.., |n| n * n);     // nothing runs yet, and there is no end
/// assert_eq!(squares.next(), Some(1));
/// assert!(squares.take(3).eq([4, 9, 16]));
/// ```
#[must_use = "a map is lazy: nothing is computed until its results are taken"]
pub struct Map<P, I: Iterator, F, T> {
    place: P,
    pool: Arc<Shared>,
    items: Source<I>,
    f: Arc<Function<F>>,
    /// What was submitted, in the order of the items.
    ahead: VecDeque<Ahead<I::Item, T>>,
    /// The results of the first of them, once it was awaited. The next one is the last, where it can be taken out in
    /// the least time.
    ready: Vec<T>,
    /// Memory of chunks that are done, for those to come: without items and results.
    spare: Vec<(Pieces<I::Item>, Vec<T>)>,
    /// The memory for the results of all items that are not taken yet, if they go into a vector.
    rest: Option<VecPart<T>>,
    /// What comes after those results.
    panic: Option<Box<dyn Any + Send>>,
    /// The panic of the input, which continues after the results of all items before it.
    input_panic: Option<Box<dyn Any + Send>>,
    /// Why the pool refuses the rest of the input; returned after the results of the items that it has taken.
    refusal: Option<Refusal>,
    sizes: Sizes,
    /// How many items were taken whose results are not back yet.
    away: usize,
    over: bool,
    call: Call,
}

/// Where the tasks of a map run.
pub(super) trait Place<R: Run> {
    /// Submits one, beyond the bound of the backlog.
    fn submit_part(&self, body: R, call: Call) -> Result<Task<R::Output>, Refusal>;
}

struct Ahead<A, T> {
    task: Task<Chunk<A, T>>,
    items: usize,
}

#[expect(private_bounds, reason = "a pool or a scope, and nothing else")]
impl<P, I, F, T> Map<P, I, F, T>
where
    P: Place<Part<I::Item, F, T>> + Place<Share<I::Item, F, T>>,
    I: Iterator,
    F: Fn(I::Item) -> T,
{
    pub(super) fn new(place: P, pool: &Arc<Shared>, items: I, f: F, call: Call) -> Self {
        Self {
            place,
            pool: Arc::clone(pool),
            items: Source::new(items),
            f: Arc::new(Function::new(f)),
            ahead: VecDeque::new(),
            ready: Vec::new(),
            spare: Vec::new(),
            rest: None,
            panic: None,
            input_panic: None,
            refusal: None,
            sizes: Sizes::new(pool.settings.size(), Self::MOST_ITEMS),
            away: 0,
            over: false,
            call,
        }
    }

    /// Submits chunks until enough are under way to keep all threads busy while results are taken.
    fn look_ahead(&mut self) {
        while self.ahead.len() < self.sizes.tasks()
            && self.input_panic.is_none()
            && self.refusal.is_none()
        {
            let size = self.sizes.next(self.items.size_hint().1);
            let (pieces, results) = self.spare.pop().unwrap_or_default();
            let (items, panic) = self.items.take(size, pieces);
            self.input_panic = panic.map(Caught::into_payload);
            let count = items.len();
            if count == 0 {
                return;
            }
            let results = self.place_for(count, results);
            let part = Part::new(items, results, Arc::clone(&self.f));
            match (self.place).submit_part(part, self.call) {
                Ok(task) => {
                    self.ahead.push_back(Ahead { task, items: count });
                    self.away += count;
                }
                Err(refusal) => self.refusal = Some(refusal),
            }
        }
    }

    /// Waits for the results of the next chunk that has any, while none are ready; `used_up` is the memory of earlier
    /// ones. Without results the map has ended: regularly, by a panic or by a refusal.
    #[cold]
    #[track_caller]
    fn wait_for_chunk(&mut self, mut used_up: Vec<T>) -> Option<VecPart<T>> {
        loop {
            if let Some(payload) = self.panic.take() {
                self.abandon();
                panic::resume_unwind(payload);
            }
            if self.over {
                return None;
            }
            self.look_ahead();
            let Some(Ahead { task, items: count }) = self.ahead.pop_front() else {
                if let Some(refusal) = self.refusal.take() {
                    self.refused(refusal);
                }
                let payload = self.input_panic.take()?;
                self.abandon();
                panic::resume_unwind(payload);
            };
            self.away -= count;
            let chunk = match task.join_in(self.call) {
                Ok(chunk) => chunk,
                Err(error) => self.ended(error),
            };
            self.sizes.learn(count, chunk.took);
            self.panic = chunk.panic.map(JoinError::into_panic);
            self.spare.push((chunk.pieces, used_up));
            if self.panic.is_none() {
                // Before the caller uses the results, so that the threads have work during that time.
                self.look_ahead();
            }
            if chunk.results.len() > 0 {
                return Some(chunk.results);
            }
            used_up = chunk.results.into_vec().unwrap_or_default();
        }
    }

    /// Makes the results of the next chunk ready, if there is one; returns the first of them.
    #[cold]
    #[track_caller]
    fn next_of_next_chunk(&mut self) -> Option<T> {
        let used_up = mem::take(&mut self.ready);
        self.ready = self.wait_for_chunk(used_up)?.into_vec().expect(ITS_OWN);
        self.ready.reverse();
        self.ready.pop()
    }

    /// The results that are ready, or those of the next chunk, in their order; `used_up` is the memory of earlier ones.
    #[track_caller]
    fn next_chunk(&mut self, used_up: Vec<T>) -> Option<Vec<T>> {
        if self.ready.is_empty() {
            let chunk = self.wait_for_chunk(used_up)?;
            return Some(chunk.into_vec().expect(ITS_OWN));
        }
        let mut ready = mem::take(&mut self.ready);
        ready.reverse();
        Some(ready)
    }

    /// Waits for all results, and returns them in the order of their items.
    ///
    /// `collect` calls it for vectors. If no result was taken before, the tasks write the results into the vector
    /// themselves. If the items are also a range of integers or a slice, of the kinds that
    /// [`ThreadPool::map`](crate::ThreadPool::map) names, the tasks divide it among themselves; then a panic of `f`
    /// continues only after the tasks that run have ended.
    ///
    /// # Panics
    ///
    /// As [`next`](Iterator::next) does, if `f` or the input panics, or the pool is shut down.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(2);
    /// assert_eq!(pool.map(1..=5, |n| n * n).into_vec(), [1, 4, 9, 16, 25]);
    /// ```
    #[must_use = "the results are the only effect"]
    #[track_caller]
    pub fn into_vec(mut self) -> Vec<T> {
        if let Some(all) = self.divide() {
            return all;
        }
        if self.ready.is_empty() && self.ahead.is_empty() {
            self.rest = Some(VecPart::new(self.size_hint().0));
        }
        let mut in_place = self.rest.as_mut().map(|rest| rest.take(0));
        let (mut all, mut used_up) = (Vec::new(), Vec::new());
        if !self.ready.is_empty() {
            all = mem::take(&mut self.ready);
            all.reverse();
            all.reserve(self.size_hint().0);
        }
        while let Some(chunk) = self.wait_for_chunk(mem::take(&mut used_up)) {
            match &mut in_place {
                Some(front) if front.is_before(&chunk) => front.append(chunk),
                _ => {
                    // There are more items than the input had promised.
                    if let Some(front) = in_place.take() {
                        all = front.into_vec().expect("all parts are here");
                    }
                    used_up = chunk.into_vec().expect(ITS_OWN);
                    all.append(&mut used_up);
                }
            }
        }
        self.rest = None;
        match in_place {
            Some(front) => front.into_vec().expect("all parts are here"),
            None => all,
        }
    }

    /// Where the next results belong: behind all others, or in memory of their own.
    fn place_for(&mut self, count: usize, spare: Vec<T>) -> VecPart<T> {
        if let Some(rest) = &mut self.rest
            && count <= rest.room()
        {
            return rest.take(count);
        }
        // No later ones either, because they would not follow.
        self.rest = None;
        VecPart::of(spare, count)
    }

    /// Lets the threads divide the input among themselves, if they can and nothing else is to be returned first; returns
    /// all results.
    #[track_caller]
    fn divide(&mut self) -> Option<Vec<T>> {
        let has_results = !self.ahead.is_empty() || !self.ready.is_empty();
        let has_failed = self.panic.is_some() || self.refusal.is_some();
        if self.over || has_results || has_failed {
            return None;
        }
        let Source::Indexed(left) = &mut self.items else {
            return None;
        };
        let len = left.size_hint().1?;
        let left = left.take(len);
        let map = DividedMap::new(left, len, Arc::clone(&self.f), self.pool.settings.size());
        let submit = |share| self.place.submit_part(share, self.call);
        match Arc::new(map).run(self.call, submit) {
            Ok(all) => Some(all),
            Err(Failure::Panicked(panic)) => {
                self.abandon();
                panic::resume_unwind(panic.into_panic())
            }
            Err(Failure::Refused(refusal)) => self.refused(refusal),
            Err(Failure::Ended(error)) => self.ended(error),
        }
    }

    /// A task ended without results.
    #[track_caller]
    fn ended(&mut self, error: TaskError) -> ! {
        match error {
            // Its handle is here, so it was the pool that cancelled it.
            TaskError::Cancelled if !self.pool.state.lock().is_open() => {
                self.refused(Refusal::ShutDown)
            }
            TaskError::Cancelled => self.refused(Refusal::Cancelled),
            error => {
                self.abandon();
                panic!("{error}");
            }
        }
    }

    #[track_caller]
    fn refused(&mut self, refusal: Refusal) -> ! {
        self.abandon();
        let name = Arc::clone(&self.pool.settings.name);
        panic!("{}", SubmitError::new((), name, refusal))
    }

    /// The most of these items that one task is given.
    const MOST_ITEMS: usize = {
        let (item, result) = (size_of::<I::Item>(), size_of::<T>());
        let larger = if item > result { item } else { result };
        match MOST_BYTES.checked_div(larger) {
            Some(0) => 1,
            Some(most) if most < MOST => most,
            _ => MOST,
        }
    };
}

impl<P, I: Iterator, F, T> Map<P, I, F, T> {
    /// Abandons all further results.
    fn abandon(&mut self) {
        self.over = true;
        self.f.abandon();
        for ahead in &self.ahead {
            ahead.task.cancel();
        }
        self.ahead.clear();
        self.away = 0;
    }
}

impl<P, I, F, T> Iterator for Map<P, I, F, T>
where
    P: Place<Part<I::Item, F, T>> + Place<Share<I::Item, F, T>>,
    I: Iterator,
    F: Fn(I::Item) -> T,
{
    type Item = T;

    #[inline]
    #[track_caller]
    fn next(&mut self) -> Option<T> {
        match self.ready.pop() {
            Some(result) => Some(result),
            None => self.next_of_next_chunk(),
        }
    }

    /// For a vector, this is [`into_vec`](Map::into_vec).
    #[track_caller]
    fn collect<B: FromIterator<T>>(self) -> B {
        // No other collection, because one may want only some of the results, or use the first before there are others.
        match type_id::<B>() == type_id::<Vec<T>>() {
            true => B::from_iter(self.into_vec()),
            false => B::from_iter(self),
        }
    }

    /// All other methods that take every result, such as `for_each` and `sum`, are made of this one.
    #[track_caller]
    fn fold<B, G: FnMut(B, T) -> B>(mut self, init: B, mut f: G) -> B {
        let (mut folded, mut used_up) = (init, Vec::new());
        while let Some(mut chunk) = self.next_chunk(used_up) {
            folded = chunk.drain(..).fold(folded, &mut f);
            used_up = chunk;
        }
        folded
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let here = self.ready.len();
        if self.over {
            return (here, Some(here));
        }
        let here = here + self.away;
        let (least, most) = match self.input_panic {
            Some(_) => (0, Some(0)),
            None => self.items.size_hint(),
        };
        (
            least.saturating_add(here),
            most.and_then(|most| most.checked_add(here)),
        )
    }
}

impl<P, I, F, T> ExactSizeIterator for Map<P, I, F, T>
where
    P: Place<Part<I::Item, F, T>> + Place<Share<I::Item, F, T>>,
    I: ExactSizeIterator,
    F: Fn(I::Item) -> T,
{
}

impl<P, I, F, T> FusedIterator for Map<P, I, F, T>
where
    P: Place<Part<I::Item, F, T>> + Place<Share<I::Item, F, T>>,
    I: Iterator,
    F: Fn(I::Item) -> T,
{
}

impl<P, I: Iterator, F, T> Drop for Map<P, I, F, T> {
    fn drop(&mut self) {
        self.abandon();
    }
}

impl<P: fmt::Debug, I: Iterator, F, T> fmt::Debug for Map<P, I, F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map")
            .field("pool", &self.place)
            .field("ready", &self.ready.len())
            .field("ahead", &self.away)
            .field("chunk", &self.sizes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::ThreadPool;

    #[test]
    fn a_task_takes_a_limited_number_of_items_and_a_limited_amount_of_memory() {
        fn most<A: Send + 'static, T: Send + 'static>(f: fn(A) -> T) -> usize {
            let pool = ThreadPool::new(1);
            let mut map = pool.map(core::iter::empty::<A>(), f);
            for _ in 0..20 {
                map.sizes.learn(1 << 20, Duration::ZERO);
            }
            map.sizes.next(None)
        }
        assert_eq!(most(|n: u8| n), MOST);
        assert_eq!(most(|()| ()), MOST);
        assert_eq!(most(|n: u8| [n; 1 << 14]), MOST_BYTES >> 14);
        assert_eq!(most(|all: [u8; 1 << 14]| all[0]), MOST_BYTES >> 14);
        assert_eq!(most(|all: [u8; 2 << 20]| all[0]), 1);
    }
}
