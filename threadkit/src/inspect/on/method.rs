//! The function or method whose attribute acquires a lock at this moment.

use core::panic::Location;

use super::holds;
use super::static_ref::StaticRef;
use crate::inspect::Method;

/// Until this is dropped, the current thread acquires locks for a method.
#[must_use = "the method is forgotten at once"]
pub(crate) struct InMethod(Option<Method>);

/// Begins to acquire locks for that method.
#[inline]
pub(crate) fn in_method(name: Method) -> InMethod {
    InMethod(holds::mine().and_then(|mine| mine.replace_method(Some(name))))
}

impl Drop for InMethod {
    #[inline]
    fn drop(&mut self) {
        if let Some(mine) = holds::known() {
            mine.replace_method(self.0);
        }
    }
}

/// The method for which the current thread acquires locks, if there is one.
pub(super) fn current() -> Option<Method> {
    holds::known()?.method()
}

/// The same, and clears it: the code that runs next is not the acquisition, but for instance a panic hook.
#[cold]
pub(super) fn take() -> Option<Method> {
    holds::known()?.replace_method(None)
}

/// Where a method has or wants a lock, as a part of a sentence.
pub(super) fn in_words(method: Option<Method>) -> String {
    match method {
        Some(name) => format!(" in `{name}`"),
        None => String::new(),
    }
}

/// A method, and where its attribute acquires a lock. As the attribute has a place of its own, nothing needs to be
/// forgotten when the lock is acquired somewhere else.
pub(super) struct MethodAt {
    method: StaticRef<&'static str>,
    place: StaticRef<Location<'static>>,
}

impl MethodAt {
    pub(super) const fn none() -> Self {
        Self {
            method: StaticRef::none(),
            place: StaticRef::none(),
        }
    }

    pub(super) fn set(&self, method: Method, place: &'static Location<'static>) {
        self.method.set(method);
        self.place.set(place);
    }

    /// The method that acquires the lock at that place.
    pub(super) fn at(&self, place: &'static Location<'static>) -> Option<Method> {
        self.method
            .get()
            .filter(|_| self.place.get() == Some(place))
    }
}
