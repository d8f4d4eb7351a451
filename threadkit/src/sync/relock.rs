//! Releasing a lock for a while, and acquiring it again on every way out.

use crate::unwind;

/// Runs `f`, and then `relock`, also if `f` panics. The caller has released a lock, and `relock` acquires it.
///
/// The caller's guard stands for a lock that is held, so the process aborts if `relock` panics.
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
