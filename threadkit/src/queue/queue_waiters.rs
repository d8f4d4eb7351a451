//! [`QueueWaiters`].

/// How many threads wait for a queue at a moment; returned by `n_waiting` of each queue.
///
/// # Examples
///
/// ```
/// use threadkit::Queue;
///
/// let orders = Queue::bounded(1);
/// orders.put("tea").unwrap();
/// let customer = threadkit::spawn({
///     let orders = orders.clone();
///     move || orders.put("cake")
/// });
/// while orders.n_waiting().putters == 0 {
///     std::thread::yield_now();
/// }
/// assert_eq!(orders.n_waiting().getters, 0);
/// assert_eq!(orders.get(), Ok("tea"));
/// assert!(customer.join().unwrap().is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueWaiters {
    /// Threads that wait for an item, in a `get` or a select.
    pub getters: usize,
    /// Threads that wait for room, in a `put`.
    pub putters: usize,
    /// Threads that wait in a `join` until all items are done.
    pub joiners: usize,
}
