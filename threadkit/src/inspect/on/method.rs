//! The function or method whose attribute acquires a lock at this moment.

use core::cell::Cell;

use crate::inspect::Method;

thread_local! {
    /// It has no destructor, because locks may be acquired while other thread-locals are being destroyed.
    static CURRENT: Cell<Option<Method>> = const { Cell::new(None) };
}

/// Until it is dropped, what the current thread acquires is acquired for a method.
#[must_use = "the method is forgotten at once"]
pub(crate) struct InMethod(Option<Method>);

/// Begins to acquire locks for that method.
#[inline]
pub(crate) fn in_method(name: Method) -> InMethod {
    InMethod(CURRENT.replace(Some(name)))
}

impl Drop for InMethod {
    #[inline]
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// The method for which the current thread acquires locks, if there is one.
#[inline(always)]
pub(super) fn current() -> Option<Method> {
    CURRENT.get()
}

/// The same, which from here on is none: what runs next is not the acquisition, but for instance a panic hook.
#[cold]
pub(super) fn take() -> Option<Method> {
    CURRENT.take()
}

/// Where a method has or wants a lock, as a part of a sentence.
pub(super) fn in_words(method: Option<Method>) -> String {
    match method {
        Some(name) => format!(" in `{name}`"),
        None => String::new(),
    }
}
