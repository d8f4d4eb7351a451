//! The handle has the parameters of the block, and they are written once.

use threadkit::prelude::*;

struct Buffer<T>(Vec<T>);

#[monitor(SharedBuffer<T>)]
impl<T> Buffer<T> {
    pub fn put(&mut self, item: T) {
        self.0.push(item);
    }
}

struct Slice<'a, T, const N: usize>(&'a [T; N]);

#[monitor(pub(crate) SharedSlice<'a, T, N>, poison)]
impl<'a, T, const N: usize> Slice<'a, T, N> {
    pub(crate) fn get(&self) -> &'a [T; N] {
        self.0
    }
}

fn main() {
    SharedBuffer::<u8>::from(Buffer(vec![])).put(1);
    SharedSlice::<'_, u8, 2>::from(Slice(&[1, 2])).get();
    assert!(!SharedSlice::<'_, u8, 2>::from(Slice(&[1, 2])).is_poisoned());
}
