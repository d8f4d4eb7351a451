//! A stack of values, for tasks that interrupt each other.

use core::mem;

/// A stack of values, each of which interrupts the one below; usually there is none, or one.
///
/// It has memory on the heap only while there are several. So a thread-local one need not be dropped: when all values
/// have ended it owns nothing. It needs no destructor, and works while other thread-locals are being destroyed.
#[derive(Debug)]
pub(crate) struct Nested<T> {
    outermost: Option<T>,
    /// Empty if `outermost` is.
    inner: Vec<T>,
}

impl<T> Nested<T> {
    pub(crate) const fn new() -> Self {
        Self {
            outermost: None,
            inner: Vec::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.outermost.is_none()
    }

    pub(crate) fn outermost(&self) -> Option<&T> {
        self.outermost.as_ref()
    }

    pub(crate) fn innermost(&self) -> Option<&T> {
        self.inner.last().or(self.outermost.as_ref())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.outermost.iter().chain(&self.inner)
    }

    pub(crate) fn begin(&mut self, value: T) {
        if self.outermost.is_none() {
            self.outermost = Some(value);
        } else {
            self.inner.push(value);
        }
    }

    /// Ends the innermost.
    pub(crate) fn end(&mut self) -> Option<T> {
        let Some(ended) = self.inner.pop() else {
            return self.outermost.take();
        };
        if self.inner.is_empty() {
            drop(mem::take(&mut self.inner));
        }
        Some(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_end_in_the_opposite_order() {
        let mut nested = Nested::new();
        assert!(nested.is_empty() && nested.end().is_none());
        for round in 1..5 {
            (0..round).for_each(|n| nested.begin(n));
            assert_eq!(nested.outermost(), Some(&0));
            assert!(nested.iter().copied().eq(0..round));
            for n in (0..round).rev() {
                assert_eq!(nested.innermost(), Some(&n));
                assert_eq!(nested.end(), Some(n));
            }
            assert!(nested.is_empty() && nested.innermost().is_none());
            assert_eq!(nested.inner.capacity(), 0, "it keeps memory");
        }
    }
}
