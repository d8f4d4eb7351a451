//! Letting a lock go for a while, and having it again on every way out.

use crate::unwind;

/// Runs `f` between a release and the `relock` that undoes it, which runs also if `f` panics.
///
/// The caller's guard goes on to say that the lock is held, so a `relock` that panics must not be
/// survived: the process ends.
pub(super) fn relocking<R>(relock: impl FnMut(), f: impl FnOnce() -> R) -> R {
    let _relock = Relock(relock);
    f()
}

struct Relock<F: FnMut()>(F);

impl<F: FnMut()> Drop for Relock<F> {
    fn drop(&mut self) {
        unwind::abort_on_panic(&mut self.0);
    }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;

    use super::*;

    #[test]
    fn it_relocks_once_after_the_body() {
        let steps = Cell::new(0);
        let result = relocking(|| steps.set(steps.get() * 10 + 2), || steps.replace(1));
        assert_eq!((result, steps.get()), (0, 12));
    }

    #[test]
    fn it_relocks_when_the_body_panics() {
        let relocked = Cell::new(0);
        let body = || {
            relocking(
                || relocked.set(relocked.get() + 1),
                || panic!("in the body"),
            )
        };
        unwind::catch(body).unwrap_err();
        assert_eq!(relocked.get(), 1);
    }
}
