//! The `map` methods of a pool and of a scope.

use std::sync::Arc;

use super::job::Job;
use super::map::{Map, Place};
use super::scope::PoolScope;
use super::submit::submit_part;
use super::submit_error::Refusal;
use super::task::Task;
use super::thread_pool::ThreadPool;
use crate::inspect::{Call, Operation};
use crate::threads::Run;

impl ThreadPool {
    /// Calls `f` with every item on the threads of the pool, and returns the results in the order of the
    /// items.
    ///
    /// This is lazy: the thread that takes the results takes items from the iterator, only as far ahead as needed
    /// to keep the threads busy, so the input may be infinite. One task gets several items; their number is
    /// adjusted by measurement, so that the overhead of a task does not matter. If the input knows its length, so
    /// does what is returned. The bound of the backlog does not apply.
    ///
    /// If `f` takes only nanoseconds, items and results take longer than `f` to get from thread to thread. Then:
    ///
    /// - Map a range of integers of up to 64 bits, or a slice of primitive numbers, `bool`, `char`, `String` or `&str`,
    ///   in a [scope](PoolScope::map) unless it is `'static`. The slice must come as `&slice` or `slice.iter()`,
    ///   without adaptors such as `copied`. A task then gets bounds, and makes the items itself. For another slice, map
    ///   its indices. A `Vec` by value is taken apart by one thread.
    /// - Collect all results into a vector, by `collect` or [`into_vec`](Map::into_vec). The tasks write them into the
    ///   vector themselves.
    /// - Take other results by `for_each`, `fold` or `sum`, which move them by the chunk.
    ///
    /// A panic in `f` or in the input continues in [`next`](Iterator::next), after the results of all items before
    /// it. It ends the iterator. Dropping the iterator abandons the items that it has taken.
    ///
    /// # Panics
    ///
    /// `next` panics if the pool is shut down before all items are submitted, after the results of those that
    /// were.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(2);
    ///
    /// let squares: Vec<u64> = pool.map(1..=5, |n| n * n).collect();
    /// assert_eq!(squares, [1, 4, 9, 16, 25]);
    ///
    /// // There is no end to the input.
    /// let first = pool.map(1_u64.., |n| n * n).find(|square| *square > 1000);
    /// assert_eq!(first, Some(1024));
    /// ```
    #[track_caller]
    pub fn map<I, F, T>(&self, items: I, f: F) -> Map<&Self, I::IntoIter, F, T>
    where
        I: IntoIterator<Item: Send + 'static>,
        F: Fn(I::Item) -> T + Send + Sync + 'static,
        T: Send + 'static,
    {
        let call = Operation::THREAD_POOL_MAP.here();
        Map::new(self, self.shared(), items.into_iter(), f, call)
    }
}

impl<R> Place<R> for &ThreadPool
where
    R: Run + Send + 'static,
    R::Output: Send + 'static,
{
    fn submit_part(&self, body: R, call: Call) -> Result<Task<R::Output>, Refusal> {
        submit_part(self.shared(), body, call)
    }
}

impl<'scope> PoolScope<'scope, '_> {
    /// Calls `f` with every item on the threads of the pool, and returns the results in the order of the items.
    ///
    /// It is [`ThreadPool::map`](crate::ThreadPool::map) for items, functions and results that borrow what lives longer
    /// than the scope. The scope waits for what was computed ahead, also if the iterator is dropped early.
    ///
    /// # Panics
    ///
    /// `next` panics if `f` or the input does, or if the pool is shut down.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(2);
    /// let words = ["to", "be", "or", "not"];
    /// let text = words.concat();
    /// let found: Vec<usize> = pool.scope(|scope| {
    ///     scope.map(&words, |word| text.find(word).unwrap()).collect()
    /// });
    /// assert_eq!(found, [0, 2, 4, 6]);
    /// ```
    ///
    /// If `f` takes only nanoseconds, map a slice of numbers, of `bool`, `char`, `String` or `&str` as it is, without
    /// `copied` and other adaptors, and another one by its indices:
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(2);
    /// let numbers: Vec<u64> = (0..10_000).collect();
    /// let pairs: Vec<(u64, u64)> = pool.scope(|scope| {
    ///     scope.map(&numbers, |n| (*n, 2 * n)).collect()
    /// });
    /// let sums: Vec<u64> = pool.scope(|scope| {
    ///     scope.map(0..pairs.len(), |n| pairs[n].0 + pairs[n].1).collect()
    /// });
    /// assert_eq!(sums[9_999], 29_997);
    /// ```
    #[doc(alias = "par_iter")]
    #[track_caller]
    pub fn map<I, F, T>(&'scope self, items: I, f: F) -> Map<&'scope Self, I::IntoIter, F, T>
    where
        I: IntoIterator<Item: Send + 'scope>,
        F: Fn(I::Item) -> T + Send + Sync + 'scope,
        T: Send + 'scope,
    {
        let call = Operation::POOL_SCOPE_MAP.here();
        Map::new(self, self.pool(), items.into_iter(), f, call)
    }
}

impl<'scope, R> Place<R> for &'scope PoolScope<'scope, '_>
where
    R: Run + Send + 'scope,
    R::Output: Send + 'scope,
{
    fn submit_part(&self, body: R, call: Call) -> Result<Task<R::Output>, Refusal> {
        let push = |job: Arc<dyn Job>, call: Call| {
            call.did(|| None);
            self.pool().push(job, true).map_err(|(refusal, _)| refusal)
        };
        self.submit_by(body, call, push)
    }
}
