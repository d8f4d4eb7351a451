//! Tasks of different types, for waits for several at once.

use super::task::Task;
use super::wait_for::Awaited;

/// A task to wait for: a [`Task`], a [`SharedTask`](crate::SharedTask), or a reference to one.
///
/// [`wait_any`](crate::wait_any), [`wait_all`](crate::wait_all) and [`as_completed`](crate::as_completed) take such
/// tasks. Tasks of different types go together as `&dyn AnyTask`. It cannot be implemented for other types.
///
/// # Examples
///
/// ```
/// use threadkit::{AnyTask, ThreadPool, wait_all};
///
/// let pool = ThreadPool::new(2);
/// let number = pool.submit(|| 7);
/// let text = pool.submit(|| "seven");
/// wait_all([&number as &dyn AnyTask, &text]);
/// assert!(number.is_finished() && text.is_finished());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task to wait for",
    label = "not a task",
    note = "pass tasks, or references to tasks: `&tasks`"
)]
pub trait AnyTask: Sealed {
    /// The task to wait for.
    #[doc(hidden)]
    fn __awaited(&self) -> Awaited;
}

mod sealed {
    #[expect(unnameable_types, reason = "sealed: not nameable outside")]
    pub trait Sealed {}
}

pub(super) use self::sealed::Sealed;

impl<T> Sealed for Task<T> {}

impl<T> AnyTask for Task<T> {
    fn __awaited(&self) -> Awaited {
        self.awaited()
    }
}

impl<A: AnyTask + ?Sized> Sealed for &A {}

impl<A: AnyTask + ?Sized> AnyTask for &A {
    fn __awaited(&self) -> Awaited {
        (**self).__awaited()
    }
}
