//! Measures the time of operations and the CPU time that the process burns meanwhile.

use std::time::{Duration, Instant};

use super::Sample;

/// Runs from the start of the operations that are measured to their end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    // First, so that the time does not contain the reading of the other clock.
    cpu: Option<Duration>,
    begun: Instant,
}

impl Stopwatch {
    /// Starts it.
    pub(crate) fn start() -> Self {
        let cpu = cpu_time();
        Self {
            cpu,
            begun: Instant::now(),
        }
    }

    /// The times an operation, of as many as ended since the start.
    pub(crate) fn sample(self, operations: u64) -> Sample {
        let elapsed = self.begun.elapsed();
        Sample {
            cpu: self.cpu_of(operations),
            ..Sample::new(elapsed.as_nanos() as f64 / operations as f64)
        }
    }

    /// The CPU time an operation alone, in nanoseconds.
    pub(crate) fn cpu_of(self, operations: u64) -> Option<f64> {
        let burnt = cpu_time()?.saturating_sub(self.cpu?);
        Some(burnt.as_nanos() as f64 / operations.max(1) as f64)
    }
}

/// What all threads of the process have burnt so far, in their own code and in the system for them; nothing where the
/// system does not tell.
fn cpu_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: the call writes one `timespec` to a place that lives until it returns.
        let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
        (failed == 0).then(|| Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
    }
    #[cfg(not(unix))]
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::harness::Work;

    #[test]
    fn work_burns_what_it_lasts() {
        let [work] = Work::lasting([Duration::from_millis(20)]);
        let watch = Stopwatch::start();
        work.run();
        work.run();
        let sample = watch.sample(2);
        // Generous: a core may have been slow while the speed was measured. Other tests burn at the same time.
        let least = Duration::from_millis(2).as_nanos() as f64;
        assert!(
            sample.figure > least && sample.cpu.unwrap() > least,
            "{sample:?}"
        );
    }
}
