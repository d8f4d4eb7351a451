//! The memory of a vector in parts, which several threads fill at the same time.

use core::mem::{self, MaybeUninit};
use core::ptr;
use core::slice;
use std::sync::Arc;

/// A part of the memory of a vector, with values at its beginning.
///
/// # Invariant
///
/// The parts of one vector do not overlap, because a part is made by dividing another, from the whole on. Nothing else
/// uses the memory while there is a part. The first `filled` of the `room` values are initialized, and belong to the part.
pub(super) struct VecPart<T> {
    memory: Arc<Memory<T>>,
    /// Where it begins in the memory.
    start: usize,
    /// For how many values it is.
    room: usize,
    filled: usize,
}

/// The memory of all parts of a vector.
struct Memory<T> {
    /// Without values.
    vec: Vec<T>,
    first: *mut T,
}

// SAFETY: no part uses what belongs to another, so a part may go to a thread if its values may. The last part frees the
// memory, which may be done by any thread.
unsafe impl<T: Send> Send for VecPart<T> {}

impl<T> VecPart<T> {
    /// The whole memory of a new vector, for that many values.
    pub(super) fn new(room: usize) -> Self {
        Self::of(Vec::new(), room)
    }

    /// The same with the memory of a vector, whose values are dropped.
    pub(super) fn of(mut vec: Vec<T>, room: usize) -> Self {
        vec.clear();
        vec.reserve(room);
        let first = vec.as_mut_ptr();
        Self {
            memory: Arc::new(Memory { vec, first }),
            start: 0,
            room,
            filled: 0,
        }
    }

    /// For how many values it is.
    pub(super) fn room(&self) -> usize {
        self.room
    }

    /// How many values are in it.
    pub(super) fn len(&self) -> usize {
        self.filled
    }

    /// Where it begins in the vector.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// Divides an empty part: takes what is for the first values.
    pub(super) fn take(&mut self, room: usize) -> Self {
        assert!(self.filled == 0 && room <= self.room, "it has no such part");
        let start = self.start;
        self.start += room;
        self.room -= room;
        Self {
            memory: Arc::clone(&self.memory),
            start,
            room,
            filled: 0,
        }
    }

    /// Adds values, as many as there is room for. Those before a panic are in.
    pub(super) fn extend(&mut self, values: impl Iterator<Item = T>) {
        // SAFETY: the room of this part is inside the memory, which lives as long as `memory`. It is aligned, may be
        // uninitialized, and belongs to this part alone, which is borrowed for as long as the slice.
        let room = unsafe {
            let free = self.memory.first.add(self.start + self.filled);
            slice::from_raw_parts_mut(free.cast::<MaybeUninit<T>>(), self.room - self.filled)
        };
        fill(room, &mut self.filled, values);
    }

    /// Whether a part begins where the values of this one end.
    pub(super) fn is_before(&self, next: &Self) -> bool {
        Arc::ptr_eq(&self.memory, &next.memory) && next.start == self.start + self.filled
    }

    /// Adds the values of the part that begins where those of this one end.
    pub(super) fn append(&mut self, mut next: Self) {
        assert!(self.is_before(&next), "it is not the next one");
        let values = mem::take(&mut next.filled);
        self.filled += values;
        self.room = self.filled + (next.room - values);
    }

    /// The values as a vector, if this is the only part and begins where the memory does.
    pub(super) fn into_vec(mut self) -> Option<Vec<T>> {
        if self.start != 0 {
            return None;
        }
        let memory = Arc::get_mut(&mut self.memory)?;
        let mut vec = mem::take(&mut memory.vec);
        // SAFETY: so many values at the beginning are initialized, and there is room for them. They belong to the
        // vector from now on, because the part has none any more.
        unsafe { vec.set_len(mem::take(&mut self.filled)) };
        Some(vec)
    }
}

/// Writes values into the room, as many as there are places, and adds their number to `filled`. Those before a panic count.
///
/// A function of its own, because the compiler then knows that nothing else uses the room: what the iterator reads, such
/// as what a closure has borrowed, is the same after each value that is written.
#[inline(never)]
fn fill<T>(room: &mut [MaybeUninit<T>], filled: &mut usize, values: impl Iterator<Item = T>) {
    /// Says how many are in, also if there is a panic. In the loop, the number is in a register.
    struct Filled<'a>(&'a mut usize, usize);
    impl Drop for Filled<'_> {
        fn drop(&mut self) {
            *self.0 += self.1;
        }
    }
    let mut filled = Filled(filled, 0);
    for (place, value) in room.iter_mut().zip(values) {
        place.write(value);
        filled.1 += 1;
    }
}

impl<T> Drop for VecPart<T> {
    fn drop(&mut self) {
        // SAFETY: the values are initialized, belong to this part alone, and are not used any more.
        unsafe {
            let values = self.memory.first.add(self.start);
            ptr::drop_in_place(ptr::slice_from_raw_parts_mut(values, self.filled));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::thread;

    use super::*;

    #[test]
    fn threads_fill_the_parts_of_one_vector() {
        let mut rest = VecPart::new(100);
        let mut parts = Vec::new();
        while rest.room() > 0 {
            parts.push(rest.take(rest.room().min(7)));
        }
        drop(rest);
        let fill = |mut part: VecPart<_>| {
            thread::spawn(move || {
                let begin = part.start();
                // More than there is room for.
                part.extend((begin..).map(Box::new));
                part
            })
        };
        let threads: Vec<_> = parts.into_iter().map(fill).collect();
        let mut parts = threads.into_iter().map(|thread| thread.join().unwrap());
        let mut whole = parts.next().unwrap();
        parts.for_each(|part| whole.append(part));
        let all = whole.into_vec().expect("it is the only part");
        assert!(all.into_iter().map(|value| *value).eq(0..100));
    }

    #[test]
    fn what_is_in_a_part_is_dropped_with_it_also_after_a_panic() {
        let held = Arc::new(());
        let mut rest = VecPart::new(10);
        let mut front = rest.take(4);
        front.extend(core::iter::repeat_n(Arc::clone(&held), 2));
        rest.extend(core::iter::repeat_n(Arc::clone(&held), 1));
        assert_eq!(Arc::strong_count(&held), 4);
        let panicking = (0..5).map(|n| {
            assert_ne!(n, 1, "a value");
            Arc::clone(&held)
        });
        catch_unwind(AssertUnwindSafe(|| front.extend(panicking))).unwrap_err();
        assert_eq!(Arc::strong_count(&held), 5);
        drop(front);
        assert_eq!(Arc::strong_count(&held), 2);
        drop(rest);
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[test]
    fn a_part_becomes_a_vector_only_if_it_is_all_that_is_used() {
        let mut rest = VecPart::new(4);
        let mut front = rest.take(2);
        front.extend([1, 2].into_iter());
        rest.extend([3].into_iter());
        assert!(rest.into_vec().is_none(), "it is not the beginning");
        assert_eq!(front.into_vec(), Some(vec![1, 2]));

        let mut front = VecPart::<u8>::new(2);
        let _rest = front.take(1);
        let mut front = VecPart::<u8>::new(2);
        let part = front.take(2);
        assert!(part.into_vec().is_none(), "there is another one");
    }

    #[test]
    fn a_part_that_does_not_follow_is_not_appended() {
        fn refused(one: VecPart<u8>, other: VecPart<u8>) {
            let append = move || {
                let mut one = one;
                one.append(other);
            };
            catch_unwind(AssertUnwindSafe(append)).unwrap_err();
        }
        // There is a gap.
        let mut rest = VecPart::new(4);
        let front = rest.take(2);
        refused(front, rest);
        // They are of two vectors.
        refused(VecPart::new(0), VecPart::new(0));
        // One that has values is not divided.
        let mut part = VecPart::new(2);
        part.extend([1_u8].into_iter());
        catch_unwind(AssertUnwindSafe(|| drop(part.take(1)))).unwrap_err();
        // There is no room for so many.
        catch_unwind(|| drop(VecPart::<u8>::new(2).take(3))).unwrap_err();
    }

    #[test]
    fn values_may_have_no_size_and_the_vector_none() {
        let mut part = VecPart::new(3);
        part.extend(core::iter::repeat(()));
        assert_eq!(part.into_vec().map(|all| all.len()), Some(3));
        assert_eq!(VecPart::<String>::new(0).into_vec(), Some(Vec::new()));
    }
}
