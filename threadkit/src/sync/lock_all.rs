//! Several locks at once, without deadlock.

use core::convert::identity;

use super::lockable::{LockRef, Lockable, Whereabouts};
use crate::backend;
use crate::inspect::Foreign;

/// Acquires several locks at once, and never deadlocks over their order.
///
/// Takes a tuple of references to [`Lockable`] locks of any kinds, and returns the tuple of their guards. Or
/// takes a slice of locks of one kind, and returns a `Vec`.
///
/// It waits for one lock while it holds none of the others, and then tries the rest. If one of these is
/// taken, it releases all and waits for that one. So threads can name the same locks in any order. Locks
/// that this thread held before the call stay locked.
///
/// # Panics
///
/// If the same lock is named twice, before any is acquired.
///
/// # Examples
///
/// ```
/// use threadkit::{Lock, lock_all};
///
/// fn transfer(from: &Lock<u64>, to: &Lock<u64>, amount: u64) {
///     let (mut from, mut to) = lock_all((from, to));
///     *from -= amount;
///     *to += amount;
/// }
///
/// let (a, b) = (Lock::new(100), Lock::new(100));
/// std::thread::scope(|s| {
///     s.spawn(|| (0..100).for_each(|_| transfer(&a, &b, 1)));
///     s.spawn(|| (0..100).for_each(|_| transfer(&b, &a, 1)));
/// });
/// assert_eq!((a.into_inner(), b.into_inner()), (100, 100));
/// ```
#[track_caller]
#[doc(alias = "std::lock")]
#[doc(alias = "scoped_lock")]
pub fn lock_all<L: LockAll>(locks: L) -> L::Guards {
    locks.__lock_all()
}

/// Several locks: a tuple of two to eight references to [`Lockable`] types, or a slice of one such type.
///
/// # Examples
///
/// ```
/// use threadkit::{Lock, LockAll, lock_all};
///
/// fn with_all<L: LockAll, R>(locks: L, f: impl FnOnce(L::Guards) -> R) -> R {
///     f(lock_all(locks))
/// }
///
/// let (a, b) = (Lock::new(1), Lock::new(2));
/// assert_eq!(with_all((&a, &b), |(a, b)| *a + *b), 3);
/// let row = [Lock::new(3), Lock::new(4)];
/// assert_eq!(with_all(&row[..], |guards| guards.len()), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name several locks",
    label = "expected a tuple of references to locks, or a slice of locks",
    note = "write `lock_all((&a, &b))`, with two to eight locks, or `lock_all(&locks[..])`"
)]
pub trait LockAll {
    /// The guards of all, in the same order.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Lock, LockAll, LockGuard, lock_all};
    ///
    /// fn with_pair<'a, L>(locks: L) -> u32
    /// where
    ///     L: LockAll<Guards = (LockGuard<'a, u32>, LockGuard<'a, u32>)>,
    /// {
    ///     let (first, second) = lock_all(locks);
    ///     *first - *second
    /// }
    ///
    /// let (a, b) = (Lock::new(5), Lock::new(3));
    /// assert_eq!(with_pair((&a, &b)), 2);
    /// ```
    type Guards;

    #[doc(hidden)]
    fn __lock_all(self) -> Self::Guards;
}

/// The locks of an attribute: a tuple of two to eight [references](LockRef). Messages name the `caller`, and use the
/// names that the user wrote.
pub trait LockAllNamed {
    /// The guards of all, in the same order.
    type Guards;

    /// Acquires all, by the rule of [`lock_all`].
    fn __lock_all(self, caller: &str, names: &[&str]) -> Self::Guards;

    /// Those that do not report their acquisitions themselves.
    fn __foreign(&self) -> [Option<Foreign>; MOST];
}

/// The most locks of a tuple.
pub(crate) const MOST: usize = 8;

/// Refuses the same lock under two names in a call of `caller`. Without names, the message gives positions.
#[track_caller]
pub(crate) fn refuse_twins(
    locks: &[Whereabouts],
    label: &dyn Fn(usize) -> Option<String>,
    caller: &str,
    names: &[&str],
) {
    for (second, place) in locks.iter().enumerate() {
        let Some(first) = locks[..second].iter().position(|other| other == place) else {
            continue;
        };
        let name = |index: usize| match names.get(index) {
            Some(name) => format!("`{name}`"),
            None => format!("number {}", index + 1),
        };
        let label = label(second).map_or(String::new(), |label| format!(": {label}"));
        let (first, second) = (name(first), name(second));
        panic!("`{caller}`: {first} and {second} are the same lock{label}");
    }
}

/// Calls a macro for tuples of two to eight: `lock_tuples!(lock_tuple: how)`.
macro_rules! lock_tuples {
    ($each:ident: $($how:tt)*) => {
        $each!([$($how)*] A a 0, B b 1);
        $each!([$($how)*] A a 0, B b 1, C c 2);
        $each!([$($how)*] A a 0, B b 1, C c 2, D d 3);
        $each!([$($how)*] A a 0, B b 1, C c 2, D d 3, E e 4);
        $each!([$($how)*] A a 0, B b 1, C c 2, D d 3, E e 4, F f 5);
        $each!([$($how)*] A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6);
        $each!([$($how)*] A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7);
    };
}

/// Implements [`LockAllNamed`], or a trait like it, for a tuple of references: `[Trait, LockRef, fn method(limit:
/// Limit) -> Result, done, |lock| acquire]`. `acquire` waits for one lock, or returns from the method. `done` makes the
/// result from the guards.
macro_rules! lock_tuple {
    (
        [
            $trait:ident, $lockable:ident, fn $method:ident($($limit:ident: $of:ty)?) -> $result:ty,
            $done:expr, |$one:ident| $acquire:expr
        ]
        $($lock:ident $guard:ident $index:tt),*
    ) => {
        impl<$($lock: $lockable),*> $trait for ($($lock,)*) {
            type Guards = ($($lock::Guard,)*);

            fn __foreign(&self) -> [Option<$crate::inspect::Foreign>; $crate::sync::MOST] {
                let mut all = [None; $crate::sync::MOST];
                $(all[$index] = self.$index.__foreign();)*
                all
            }

            #[track_caller]
            fn $method(self, caller: &str, names: &[&str] $(, $limit: $of)?) -> $result {
                let label = |index| match index {
                    $($index => self.$index.__label(),)*
                    _ => None,
                };
                $crate::sync::refuse_twins(&[$(self.$index.__whereabouts()),*], &label, caller, names);
                // The lock to wait for: the one that was taken in the last round.
                let mut awaited = 0;
                loop {
                    $crate::backend::yield_point();
                    $(
                        let $one = &self.$index;
                        let mut $guard = if awaited == $index { Some($acquire) } else { None };
                    )*
                    $(
                        if $guard.is_none() {
                            $guard = self.$index.__try_acquire();
                        }
                        if $guard.is_none() {
                            awaited = $index;
                            continue;
                        }
                    )*
                    if let ($(Some($guard),)*) = ($($guard,)*) {
                        return $done(($($guard,)*));
                    }
                }
            }
        }
    };
}

pub(crate) use {lock_tuple, lock_tuples};

lock_tuples!(
    lock_tuple: LockAllNamed, LockRef, fn __lock_all() -> Self::Guards,
    identity, |lock| lock.__acquire()
);

/// The same without names.
macro_rules! lock_references {
    ([] $($lock:ident $guard:ident $index:tt),*) => {
        impl<'a, $($lock: Lockable),*> LockAll for ($(&'a $lock,)*) {
            type Guards = ($($lock::Guard<'a>,)*);

            #[track_caller]
            fn __lock_all(self) -> Self::Guards {
                LockAllNamed::__lock_all(self, "lock_all", &[])
            }
        }
    };
}

lock_tuples!(lock_references:);

impl<'a, L: Lockable> LockAll for &'a [L] {
    type Guards = Vec<L::Guard<'a>>;

    /// Works as for tuples, with any number of locks of one kind.
    #[track_caller]
    fn __lock_all(self) -> Self::Guards {
        let places: Vec<_> = self.iter().map(Lockable::__whereabouts).collect();
        refuse_twins(&places, &|index| self[index].__label(), "lock_all", &[]);
        if self.is_empty() {
            return Vec::new();
        }
        let mut awaited = 0;
        'again: loop {
            backend::yield_point();
            // It begins with the awaited lock, wraps around the end of the slice, and is then rotated.
            let mut guards = Vec::with_capacity(self.len());
            guards.push(self[awaited].__acquire());
            for step in 1..self.len() {
                let index = (awaited + step) % self.len();
                match self[index].__try_acquire() {
                    Some(guard) => guards.push(guard),
                    None => {
                        awaited = index;
                        continue 'again;
                    }
                }
            }
            guards.rotate_right(awaited);
            return guards;
        }
    }
}
