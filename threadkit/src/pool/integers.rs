//! Ranges of integers as their bounds, whatever the type of the integers.

use core::any::TypeId;
use core::marker::PhantomData;
use core::mem;
use core::ops::{Range, RangeInclusive};
use core::ptr;

/// Integers that follow each other.
///
/// # Invariant
///
/// `A` is one of the integer types of up to 64 bits: only [`of`](Self::of) makes one from nothing, for a range of them.
pub(super) struct Integers<A> {
    /// The first one, as two's complement.
    first: u64,
    len: u64,
    // They are made when they are taken, so none is here to be sent.
    item: PhantomData<fn() -> A>,
}

impl<A> Integers<A> {
    /// Whether `A` has the size of one of these types.
    pub(super) const MAY_BE: bool = size_of::<A>() <= size_of::<u64>() && !mem::needs_drop::<A>();

    /// What a range of integers has left; `None` for every other iterator, and for a range with more than `u64::MAX`.
    pub(super) fn of<I: Iterator<Item = A>>(items: &I) -> Option<Self> {
        // SAFETY: the pointer is that of a reference to a value of the type with this id.
        let (first, len) = unsafe { bounds(type_id::<I>(), ptr::from_ref(items).cast()) }?;
        Some(Self::new(first, len))
    }

    fn new(first: u64, len: u64) -> Self {
        Self {
            first,
            len,
            item: PhantomData,
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn size_hint(&self) -> (usize, Option<usize>) {
        let len = usize::try_from(self.len);
        (len.unwrap_or(usize::MAX), len.ok())
    }

    /// Takes up to that many from the front.
    pub(super) fn take(&mut self, most: usize) -> Self {
        let len = self.len.min(most as u64);
        let taken = Self::new(self.first, len);
        self.first = self.first.wrapping_add(len);
        self.len -= len;
        taken
    }

    /// The integers, as many as a `usize` can count.
    ///
    /// It is made of std's iterators only, so that the compiler knows how many items there are.
    pub(super) fn items(self) -> impl ExactSizeIterator<Item = A> {
        let count = usize::try_from(self.len).unwrap_or(usize::MAX);
        (0..count).map(move |n| {
            let value = self.first.wrapping_add(n as u64);
            // SAFETY: by the invariant, `A` is an integer of that many bytes, for which every value of the bytes is one.
            // The lower half of a number in two's complement is the same number in fewer bytes.
            unsafe {
                match size_of::<A>() {
                    1 => mem::transmute_copy(&(value as u8)),
                    2 => mem::transmute_copy(&(value as u16)),
                    4 => mem::transmute_copy(&(value as u32)),
                    _ => mem::transmute_copy(&value),
                }
            }
        })
    }
}

/// The first integer of a range and their number, if the type with that id is a range of integers.
///
/// It is not generic, so that it is compiled once.
///
/// # Safety
///
/// `items` must point to a value of the type with that id, which is valid while this runs.
unsafe fn bounds(id: TypeId, items: *const ()) -> Option<(u64, u64)> {
    macro_rules! look_among {
        ($($integer:ty)*) => {$(
            if id == TypeId::of::<Range<$integer>>() {
                // SAFETY: it is of this type, which contains no lifetime, and valid by the caller's promise.
                let range = unsafe { &*items.cast::<Range<$integer>>() };
                let (first, end) = (range.start as u64, range.end as u64);
                let len = if range.is_empty() { 0 } else { end.wrapping_sub(first) };
                return Some((first, len));
            }
            if id == TypeId::of::<RangeInclusive<$integer>>() {
                // SAFETY: as above.
                let range = unsafe { &*items.cast::<RangeInclusive<$integer>>() };
                if range.is_empty() {
                    return Some((0, 0));
                }
                let (first, last) = (*range.start() as u64, *range.end() as u64);
                return Some((first, last.wrapping_sub(first).checked_add(1)?));
            }
        )*};
    }
    look_among!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);
    None
}

/// The id of a type, in which all lifetimes count as `'static`.
pub(super) fn type_id<T>() -> TypeId {
    trait Typed {
        fn id(&self) -> TypeId
        where
            Self: 'static;
    }
    impl<T> Typed for PhantomData<T> {
        fn id(&self) -> TypeId
        where
            Self: 'static,
        {
            TypeId::of::<T>()
        }
    }
    let marker = PhantomData::<T>;
    let typed: &dyn Typed = &marker;
    // SAFETY: the two types differ in lifetimes only, so they have the same layout and the same vtable. The reference
    // is used for a call that looks at no value of `T`, while `marker` lives.
    unsafe { mem::transmute::<&dyn Typed, &(dyn Typed + 'static)>(typed) }.id()
}

#[cfg(test)]
mod tests {
    use core::fmt::Debug;

    use super::*;

    #[track_caller]
    fn check<A: Debug + PartialEq>(range: impl Iterator<Item = A> + Clone) {
        let mut integers = Integers::of(&range).expect("it is a range of integers");
        assert_eq!(integers.size_hint(), range.size_hint());
        let front = integers.take(3);
        assert!(front.items().eq(range.clone().take(3)));
        assert!(integers.items().eq(range.skip(3)));
    }

    #[test]
    fn they_are_those_of_the_range() {
        macro_rules! check_all {
            ($($integer:ty)*) => {$({
                let (min, max) = (<$integer>::MIN, <$integer>::MAX);
                check(min..min + 100);
                check(max - 100..max);
                check(max - 100..=max);
                check(7..7);
                check(7..=7);
                let (more, less) = (7, 3);
                check(more..less);
                check(more..=less);
                // The distance is beyond the signed types.
                let all = Integers::of(&(min..max)).unwrap();
                assert_eq!(all.len(), max.wrapping_sub(min) as u64 & (u64::MAX >> (64 - <$integer>::BITS)));
                let mut used_up = 1..=2;
                used_up.by_ref().for_each(drop);
                check::<$integer>(used_up);
            })*};
        }
        check_all!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);
        check(i8::MIN..i8::MAX);
        check(i8::MIN..=i8::MAX);
        check(u16::MIN..=u16::MAX);
    }

    #[test]
    fn a_range_may_have_more_than_a_loop_can_end() {
        let mut all = Integers::of(&(i64::MIN..i64::MAX)).unwrap();
        assert_eq!(all.len(), u64::MAX);
        assert!(all.take(2).items().eq([i64::MIN, i64::MIN + 1]));
        assert_eq!(all.len(), u64::MAX - 2);
        assert!(
            Integers::of(&(0..=u64::MAX)).is_none(),
            "one more than that"
        );
    }

    #[test]
    fn nothing_else_is_taken_for_one() {
        assert!(Integers::of(&(0_u128..1)).is_none());
        assert!(Integers::of(&('a'..'c')).is_none());
        assert!(Integers::of(&(0_u64..)).is_none());
        assert!(Integers::of(&(0_u64..9).rev()).is_none());
        assert!(Integers::of(&[1_u64].into_iter()).is_none());
        let (text, local) = (String::from("borrowed"), [0_u8; 3]);
        assert!(Integers::of(&text.chars()).is_none());
        assert!(Integers::of(&local.iter()).is_none());
    }

    #[test]
    fn types_that_differ_in_a_lifetime_have_one_id_and_others_do_not() {
        fn id_of<T>(_: &T) -> TypeId {
            type_id::<T>()
        }
        let local = String::new();
        assert_eq!(id_of(&local.as_str()), type_id::<&'static str>());
        assert_ne!(id_of(&local.as_str()), type_id::<String>());
        assert_eq!(type_id::<Range<u64>>(), TypeId::of::<Range<u64>>());
    }
}
