//! How a task ended.

/// How a task ended, as its [callbacks](crate::Task::on_done) receive it.
///
/// # Examples
///
/// ```
/// use std::sync::mpsc;
/// use threadkit::{Ending, ThreadPool};
///
/// let pool = ThreadPool::new(1);
/// let (told, ending) = mpsc::channel();
/// let task = pool.submit(|| 6 * 7);
/// task.on_done(move |ending| told.send(ending).unwrap());
///
/// assert_eq!(ending.recv(), Ok(Ending::Returned));
/// assert_eq!(task.join().unwrap(), 42);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// Its body returned.
    Returned,
    /// Its body panicked.
    Panicked,
    /// It never ran: it was cancelled, its pool could not run it, or its promise was dropped.
    Cancelled,
}
