//! Readers never see a half-done write.

use threadkit::{RwLock, scope};

pub fn rwlock(readers: usize, writers: usize) {
    let pair = RwLock::new((0, 0));
    scope(|s| {
        for _ in 0..writers {
            drop(s.spawn(|| {
                let mut guard = pair.write();
                guard.0 += 1;
                threadkit::sleep(std::time::Duration::ZERO);
                guard.1 += 1;
            }));
        }
        for _ in 0..readers {
            drop(s.spawn(|| {
                let guard = pair.read();
                assert_eq!(guard.0, guard.1);
            }));
        }
    });
    assert_eq!(pair.into_inner(), (writers, writers));
}

/// Upgrading lets no other writer in between.
pub fn upgrade(upgraders: usize, readers: usize) {
    let pair = RwLock::new((0, 0));
    scope(|s| {
        for _ in 0..upgraders {
            drop(s.spawn(|| {
                let guard = pair.upgradable();
                let seen = guard.0;
                let mut guard = guard.upgrade();
                assert_eq!(guard.0, seen, "another thread wrote in between");
                guard.0 += 1;
                guard.1 += 1;
            }));
        }
        for _ in 0..readers {
            drop(s.spawn(|| {
                let guard = pair.read();
                assert_eq!(guard.0, guard.1);
            }));
        }
    });
    assert_eq!(pair.into_inner(), (upgraders, upgraders));
}
