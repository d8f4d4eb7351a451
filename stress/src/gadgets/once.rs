//! A value that several threads want and one makes.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use threadkit::{Once, scope};

pub fn once(threads: usize, failures: usize) {
    let (once, tries) = (Once::new(), AtomicUsize::new(0));
    scope(|s| {
        drop(s.spawn(|| assert_eq!(*once.wait(), 7)));
        for _ in 0..threads + failures {
            drop(s.spawn(|| {
                let made = once.get_or_try_init(|| match tries.fetch_add(1, Relaxed) {
                    before if before < failures => Err(()),
                    _ => Ok(7),
                });
                assert!(made.is_err() || made == Ok(&7));
            }));
        }
    });
    assert_eq!(tries.into_inner(), failures + 1, "made more than once");
}
