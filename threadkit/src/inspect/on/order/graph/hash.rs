//! Maps for keys that are not chosen by others.

use core::hash::{BuildHasherDefault, Hasher};

/// Unlike that of std, it has no keys that differ from map to map. Each run of an exploration makes several.
pub(super) type HashMap<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<Mixed>>;

/// The parts of a key, each mixed with those before.
#[derive(Default)]
pub(super) struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        // The map looks at the highest bits as well as at the lowest.
        self.0.rotate_left(32)
    }

    fn write_u64(&mut self, part: u64) {
        self.0 = (self.0.rotate_left(29) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u8(&mut self, part: u8) {
        self.write_u64(part.into());
    }

    fn write_u32(&mut self, part: u32) {
        self.write_u64(part.into());
    }

    fn write_usize(&mut self, part: usize) {
        self.write_u64(part as u64);
    }

    fn write_isize(&mut self, part: isize) {
        self.write_u64(part as u64);
    }

    fn write(&mut self, bytes: &[u8]) {
        for eight in bytes.chunks(8) {
            let mut part = [0; 8];
            part[..eight.len()].copy_from_slice(eight);
            self.write_u64(u64::from_le_bytes(part));
        }
    }
}
