//! Work that keeps a core busy for a known time.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// A number of steps of useless work.
///
/// It counts steps and does not read the clock: a thread that loses its core while it holds a lock
/// must still do its work when it gets the core back, as in a program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    steps: u64,
}

/// How many steps a core does in a nanosecond.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speed {
    steps_per_nanosecond: f64,
}

impl Speed {
    /// Measures this core.
    fn measure() -> Self {
        const STEPS: u64 = 200_000;
        // The shortest of many, because disturbances can only make it longer.
        let shortest = (0..20).map(|_| {
            let start = Instant::now();
            Work { steps: STEPS }.run();
            start.elapsed()
        });
        let shortest = shortest.min().unwrap_or_default().as_nanos().max(1);
        Self {
            steps_per_nanosecond: STEPS as f64 / shortest as f64,
        }
    }
}

impl Work {
    /// Works of these lengths, on the core as it is now.
    pub(crate) fn lasting<const N: usize>(lengths: [Duration; N]) -> [Self; N] {
        let speed = Speed::measure();
        lengths.map(|length| Self {
            steps: (length.as_nanos() as f64 * speed.steps_per_nanosecond) as u64,
        })
    }

    /// Does the work. No work is not even a call.
    #[inline(always)]
    pub(crate) fn run(self) {
        if self.steps > 0 {
            steps(self.steps);
        }
    }
}

/// Does that number of steps.
///
/// Never inlined, so that they are the same instructions wherever they were measured and wherever
/// they are done.
#[inline(never)]
fn steps(count: u64) {
    let mut value = black_box(1_u64);
    for step in 0..count {
        // Each step needs the one before it, and stays within the registers: the time of a memory
        // access would depend on other accesses.
        value = value.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ step;
    }
    black_box(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_lasts_at_least_about_as_long_as_asked_for() {
        let [nothing, some] = Work::lasting([Duration::ZERO, Duration::from_millis(2)]);
        assert_eq!(nothing.steps, 0);
        let start = Instant::now();
        some.run();
        // Generous: a core may have been slow while the speed was measured.
        assert!(start.elapsed() > Duration::from_micros(200));
    }
}
