//! Several panics at once.

use core::error::Error;
use core::fmt;
use core::mem;
use core::slice;
use std::panic;
use std::vec;

use super::join_error::JoinError;
use crate::unwind;

/// The panics that a [`scope`](crate::scope()) was left with: at least one, each with its payload.
///
/// Returned by [`try_scope`](crate::try_scope); and the payload with which `scope` panics if there are
/// several. The panic of the closure comes first, those of the threads in the order in which they
/// happened.
///
/// # Examples
///
/// ```
/// use threadkit::Panics;
///
/// let payload = std::panic::catch_unwind(|| {
///     threadkit::scope(|s| {
///         s.spawn(|| panic!("one"));
///         s.spawn(|| panic!("two"));
///     });
/// })
/// .unwrap_err();
///
/// let panics: Box<Panics> = payload.downcast().unwrap();
/// let mut messages: Vec<_> = panics.iter().map(|panic| panic.message()).collect();
/// messages.sort();
/// assert_eq!(messages, ["one", "two"]);
/// ```
pub struct Panics(Vec<JoinError>);

impl Panics {
    /// Of at least one.
    pub(super) fn new(panics: Vec<JoinError>) -> Self {
        debug_assert!(!panics.is_empty(), "no panics are no `Panics`");
        Self(panics)
    }

    /// Each of them.
    ///
    /// # Examples
    ///
    /// ```
    /// let panics = threadkit::try_scope(|s| {
    ///     s.spawn(|| panic!("out of cheese"));
    /// })
    /// .unwrap_err();
    /// assert!(panics.iter().all(|panic| panic.message() == "out of cheese"));
    /// ```
    pub fn iter(&self) -> slice::Iter<'_, JoinError> {
        self.0.iter()
    }

    /// How many there are; never zero.
    ///
    /// # Examples
    ///
    /// ```
    /// let panics = threadkit::try_scope(|s| {
    ///     s.spawn(|| panic!("out of cheese"));
    /// })
    /// .unwrap_err();
    /// assert_eq!(panics.len(), 1);
    /// ```
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Panics on: with the original payload if there is one only, else with this as the payload.
    ///
    /// The panic hook is not called: it was, when each of them happened.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::panic::{AssertUnwindSafe, catch_unwind};
    ///
    /// let panics = threadkit::try_scope(|s| {
    ///     s.spawn(|| std::panic::panic_any(7_u32));
    /// })
    /// .unwrap_err();
    /// let payload = catch_unwind(AssertUnwindSafe(|| panics.resume())).unwrap_err();
    /// assert_eq!(*payload.downcast::<u32>().unwrap(), 7, "the original payload");
    /// ```
    pub fn resume(mut self) -> ! {
        match self.0.pop() {
            Some(only) if self.0.is_empty() => only.resume(),
            last => {
                self.0.extend(last);
                panic::resume_unwind(Box::new(self))
            }
        }
    }
}

impl IntoIterator for Panics {
    type Item = JoinError;
    type IntoIter = vec::IntoIter<JoinError>;

    fn into_iter(mut self) -> Self::IntoIter {
        mem::take(&mut self.0).into_iter()
    }
}

/// Whoever does not ask for the payloads is not troubled by destructors of theirs that panic: two at a
/// time would end the process. The panic hook tells of each.
impl Drop for Panics {
    fn drop(&mut self) {
        self.0.drain(..).for_each(unwind::drop_quietly);
    }
}

impl<'a> IntoIterator for &'a Panics {
    type Item = &'a JoinError;
    type IntoIter = slice::Iter<'a, JoinError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, panic) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{panic}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Panics {}
