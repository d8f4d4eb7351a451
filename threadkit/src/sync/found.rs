//! What the predicate of a `wait_for` can return.

/// What the predicate of [`Condition::wait_for`](crate::Condition::wait_for) returns: a `bool` or an `Option`.
///
/// `Some(value)` ends the wait, which returns the value. `true` ends it and returns nothing. `None` and
/// `false` continue the wait.
///
/// # Examples
///
/// ```
/// use threadkit::{Condition, Lock};
///
/// let (letters, arrived) = (Lock::new(vec!["dear Ada"]), Condition::new());
/// let mut guard = letters.acquire();
/// arrived.wait_for(&mut guard, |letters| letters.len() == 1);
/// assert_eq!(arrived.wait_for(&mut guard, |letters| letters.pop()), "dear Ada");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say whether to go on waiting",
    label = "the predicate answers neither with a `bool` nor with an `Option`",
    note = "`true` and `Some(value)` end the wait, which gives the value; `false` and `None` let it go on"
)]
pub trait Found {
    /// What the wait returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Condition, Found, Lock};
    ///
    /// static ITEMS: Lock<Vec<u32>> = Lock::new(Vec::new());
    /// static ADDED: Condition = Condition::new();
    ///
    /// fn wait_for<A: Found>(find: impl FnMut(&mut Vec<u32>) -> A) -> A::Value {
    ///     ADDED.wait_for(&mut ITEMS.acquire(), find)
    /// }
    ///
    /// ITEMS.acquire().push(7);
    /// wait_for(|items| !items.is_empty()); // returns `()`
    /// assert_eq!(wait_for(|items| items.pop()), 7);
    /// ```
    type Value;

    /// The value, if it was found.
    #[doc(hidden)]
    fn __found(self) -> Option<Self::Value>;
}

#[diagnostic::do_not_recommend]
impl<T> Found for Option<T> {
    type Value = T;

    #[inline]
    fn __found(self) -> Option<T> {
        self
    }
}

#[diagnostic::do_not_recommend]
impl Found for bool {
    type Value = ();

    #[inline]
    fn __found(self) -> Option<()> {
        self.then_some(())
    }
}
