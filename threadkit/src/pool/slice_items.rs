//! References to the values of a slice, whatever the type of the values.

use core::any::TypeId;
use core::marker::PhantomData;
use core::mem;
use core::ptr;
use core::slice;

use super::integers::type_id;

/// References to values that follow each other in memory.
///
/// # Invariant
///
/// `A` is a reference to a value of `size` bytes. The `len` values from `first` on are in one slice, which is borrowed
/// for as long as an `A` may be: only [`of`](Self::of) makes one from nothing, for the iterator over that slice.
pub(super) struct SliceItems<A> {
    first: *const (),
    size: usize,
    len: usize,
    // They are made when they are taken, so none is here to be sent.
    item: PhantomData<fn() -> A>,
}

// SAFETY: all that another thread can do with it is to make values of `A`, which may be sent to it.
unsafe impl<A: Send> Send for SliceItems<A> {}

impl<A> SliceItems<A> {
    /// Whether `A` has the size of such a reference.
    pub(super) const MAY_BE: bool =
        size_of::<A>() == size_of::<*const ()>() && !mem::needs_drop::<A>();

    /// What an iterator over a slice has left, if the values are numbers, `bool`s, characters or strings; `None` for
    /// every other iterator. The values of other types are never found, because no code here can name their types.
    pub(super) fn of<I: Iterator<Item = A>>(items: &I) -> Option<Self> {
        // SAFETY: the pointer is that of a reference to a value of the type with this id.
        let (first, size, len) = unsafe { slice_of(type_id::<I>(), ptr::from_ref(items).cast()) }?;
        Some(Self {
            first,
            size,
            len,
            item: PhantomData,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Takes up to that many from the front.
    pub(super) fn take(&mut self, most: usize) -> Self {
        let len = self.len.min(most);
        let taken = Self { len, ..*self };
        // SAFETY: the slice has at least that many values from `first` on, so the pointer stays inside it or at its end.
        self.first = unsafe { self.first.byte_add(len * self.size) };
        self.len -= len;
        taken
    }

    /// The references.
    ///
    /// It is made of std's iterators only, so that the compiler knows how many items there are.
    pub(super) fn items(self) -> impl ExactSizeIterator<Item = A> {
        (0..self.len).map(move |n| {
            // SAFETY: by the invariant, there are more than `n` values of that size in the slice. `A` is a reference to
            // one of them, for as long as the slice is borrowed, and has the same bytes as the pointer to it.
            unsafe { mem::transmute_copy(&self.first.byte_add(n * self.size)) }
        })
    }
}

/// Where the slice begins that is left, the size of a value and their number, if the type with that id is an iterator
/// over a slice of one of these types. In the types, all lifetimes count as `'static`.
///
/// It is not generic, so that it is compiled once.
///
/// # Safety
///
/// `items` must point to a value of the type with that id, which is valid while this runs.
unsafe fn slice_of(id: TypeId, items: *const ()) -> Option<(*const (), usize, usize)> {
    macro_rules! look_among {
        ($($value:ty)*) => {$(
            if id == TypeId::of::<slice::Iter<'static, $value>>() {
                // SAFETY: it is of this type but for lifetimes, which do not matter, because only the address and the
                // length are looked at. It is valid by the caller's promise.
                let slice = unsafe { &*items.cast::<slice::Iter<'_, $value>>() }.as_slice();
                return Some((slice.as_ptr().cast(), size_of::<$value>(), slice.len()));
            }
        )*};
    }
    look_among!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64);
    look_among!(bool char String &'static str);
    None
}

#[cfg(test)]
mod tests {
    use core::fmt::Debug;

    use super::*;

    #[track_caller]
    fn check<U: Debug + PartialEq>(values: &[U]) {
        let mut iterator = values.iter();
        iterator.next();
        iterator.next_back();
        let mut items = SliceItems::of(&iterator).expect("it is a slice of such values");
        assert_eq!(items.len(), values.len() - 2);
        let front = items.take(2);
        let is_same = |(one, other): (&U, &U)| ptr::eq(one, other);
        assert_eq!(front.items().len(), 2);
        assert!(
            values[1..3]
                .iter()
                .zip(items_again(&iterator).take(2))
                .all(is_same)
        );
        assert!(iterator.clone().skip(2).zip(items.items()).all(is_same));
        assert_eq!(
            items_again(&iterator).take(usize::MAX).count(),
            values.len() - 2
        );
    }

    fn items_again<'a, U>(
        iterator: &slice::Iter<'a, U>,
    ) -> impl Iterator<Item = &'a U> + use<'a, U> {
        SliceItems::of(iterator).expect("it is one").items()
    }

    #[test]
    fn they_are_those_of_the_slice() {
        macro_rules! check_all {
            ($($number:ty)*) => {$(
                check::<$number>(&[1, 2, 3, 4, 5, 6, 7].map(|n: u8| n as $number));
            )*};
        }
        check_all!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 char);
        check(&[true, false, false, true, true]);
        let texts = ["a", "be", "see", "tree", "three"].map(String::from);
        check(&texts);
        check(&texts.each_ref().map(|text| text.as_str()));
    }

    #[test]
    fn an_empty_slice_has_none() {
        let mut items = SliceItems::of(&<[u64]>::iter(&[])).expect("it is a slice");
        assert_eq!(items.take(1).items().count(), 0);
        assert_eq!(items.items().count(), 0);
    }

    #[test]
    fn nothing_else_is_taken_for_one() {
        let numbers = [1_u64, 2];
        assert!(SliceItems::of(&numbers.iter().rev()).is_none());
        assert!(SliceItems::of(&numbers.iter().copied()).is_none());
        assert!(SliceItems::of(&numbers.into_iter()).is_none());
        assert!(SliceItems::of(&numbers.chunks(1)).is_none());
        assert!(SliceItems::of(&[(1, 2)].iter()).is_none());
        assert!(SliceItems::of(&(0..9_usize)).is_none());
    }
}
