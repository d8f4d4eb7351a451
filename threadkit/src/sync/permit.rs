//! The permits of a [`Semaphore`].

use core::fmt;
use core::mem;
use std::sync::Arc;

use super::semaphore::Semaphore;

/// One or more permits of a [`Semaphore`], given back when this is dropped.
///
/// Made by [`Semaphore::acquire`] and its other forms. It may be sent to another thread.
///
/// # Examples
///
/// ```
/// use threadkit::Semaphore;
///
/// let semaphore = Semaphore::new(5);
/// let mut four = semaphore.acquire_many(4);
/// let one = four.split(1).unwrap();
/// assert_eq!((four.count(), one.count()), (3, 1));
///
/// one.release();
/// assert_eq!(semaphore.available(), 2);
/// four.forget(); // these three do not come back
/// assert_eq!(semaphore.available(), 2);
/// ```
#[must_use = "the permit is given back at once; bind it with `let permit = ..`; `let _ = ..` drops it at once too"]
#[clippy::has_significant_drop]
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
    count: usize,
}

impl<'a> Permit<'a> {
    #[inline]
    pub(super) fn new(semaphore: &'a Semaphore, count: usize) -> Self {
        Self { semaphore, count }
    }

    /// The same permits, with that owner of the semaphore, which is theirs.
    #[inline]
    pub(super) fn into_owned(mut self, semaphore: &Arc<Semaphore>) -> OwnedPermit {
        OwnedPermit {
            semaphore: Arc::clone(semaphore),
            count: mem::take(&mut self.count),
        }
    }
}

/// One or more permits of a [`Semaphore`] that is in an [`Arc`], which they keep alive.
///
/// Made by [`Semaphore::acquire_owned`] and its other forms. It may be sent to another thread.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use threadkit::{OwnedPermit, Semaphore};
///
/// fn seat() -> OwnedPermit {
///     Arc::new(Semaphore::new(1)).acquire_owned() // lives on in the permit
/// }
/// assert_eq!(seat().count(), 1);
/// ```
#[must_use = "the permit is given back at once; bind it with `let permit = ..`; `let _ = ..` drops it at once too"]
#[clippy::has_significant_drop]
pub struct OwnedPermit {
    semaphore: Arc<Semaphore>,
    count: usize,
}

macro_rules! permit {
    (
        [$($life:lifetime)?] $permit:ty, $name:literal, $semaphore:ident => $again:expr;
        $made:literal, $owned:literal
    ) => {
        impl$(<$life>)? $permit {
            /// Gives the permits back, as dropping this does.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let semaphore = ", $made, ";")]
            #[doc = concat!("let permits = semaphore.acquire_many", $owned, "(2);")]
            /// assert_eq!(semaphore.available(), 1);
            /// permits.release();
            /// assert_eq!(semaphore.available(), 3);
            /// ```
            #[inline]
            pub fn release(self) {}

            /// How many permits this stands for.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let semaphore = ", $made, ";")]
            #[doc = concat!("let permits = semaphore.acquire_many", $owned, "(2);")]
            /// assert_eq!((permits.count(), semaphore.available()), (2, 1));
            /// ```
            #[inline]
            #[must_use]
            pub fn count(&self) -> usize {
                self.count
            }

            /// Takes the permits out of circulation: they do not come back when this is dropped.
            ///
            /// [`Semaphore::release`] puts as many in again.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let semaphore = ", $made, ";")]
            #[doc = concat!("semaphore.acquire", $owned, "().forget();")]
            /// assert_eq!(semaphore.available(), 2);
            /// semaphore.release(1).unwrap();
            /// assert_eq!(semaphore.available(), 3);
            /// ```
            pub fn forget(mut self) {
                self.semaphore.write_off(mem::take(&mut self.count));
            }

            /// Takes `n` of these permits apart, if there are as many.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let semaphore = ", $made, ";")]
            #[doc = concat!("let mut permits = semaphore.acquire_many", $owned, "(3);")]
            /// let two = permits.split(2).expect("there are three");
            /// assert_eq!((permits.count(), two.count()), (1, 2));
            /// assert!(permits.split(2).is_none());
            /// ```
            #[must_use = "the permits that were split off are given back at once; bind them; `let _ = ..` drops them at once too"]
            pub fn split(&mut self, n: usize) -> Option<Self> {
                self.count = self.count.checked_sub(n)?;
                let $semaphore = &self.semaphore;
                Some(Self { semaphore: $again, count: n })
            }
        }

        impl$(<$life>)? Drop for $permit {
            #[inline]
            fn drop(&mut self) {
                self.semaphore.give_back(self.count);
            }
        }

        impl$(<$life>)? fmt::Debug for $permit {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct($name)
                    .field("count", &self.count)
                    .finish_non_exhaustive()
            }
        }
    };
}

permit!(
    ['a] Permit<'a>, "Permit", semaphore => semaphore;
    "threadkit::Semaphore::new(3)", ""
);
permit!(
    [] OwnedPermit, "OwnedPermit", semaphore => Arc::clone(semaphore);
    "std::sync::Arc::new(threadkit::Semaphore::new(3))", "_owned"
);
