//! Numbers that look random; not for secrets.

use core::cell::Cell;
use core::sync::atomic::{AtomicU64, Ordering};

/// A small generator with a good spread (splitmix64).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not zero.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // The bias of the remainder is negligible here.
        (self.next() % bound as u64) as usize
    }
}

thread_local! {
    /// The generator of this thread. No destructor: used while other thread-locals are being destroyed.
    static GENERATOR: Cell<Option<Random>> = const { Cell::new(None) };
}

/// The seed of the next thread that needs one.
static NEXT_SEED: AtomicU64 = AtomicU64::new(1);

/// A random number below `bound`, which is not zero. Each thread has a generator of its own.
pub(super) fn random_below(bound: usize) -> usize {
    let mut generator = match GENERATOR.get() {
        Some(generator) => generator,
        // Relaxed: only the uniqueness of the number matters.
        None => Random::new(NEXT_SEED.fetch_add(1, Ordering::Relaxed)),
    };
    let number = generator.below(bound);
    GENERATOR.set(Some(generator));
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_below_the_bound_comes() {
        let mut seen = [0; 5];
        (0..1000).for_each(|_| seen[random_below(5)] += 1);
        assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
        assert_eq!(random_below(1), 0);
    }

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let numbers = |seed| {
            let mut random = Random::new(seed);
            [(); 4].map(|()| random.next())
        };
        assert_eq!(numbers(7), numbers(7));
        assert_ne!(numbers(7), numbers(8));
    }

    /// The values that the authors of the generator publish.
    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        let mut random = Random::new(1_234_567);
        let numbers = [(); 3].map(|()| random.next());
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(numbers, published);
    }
}
