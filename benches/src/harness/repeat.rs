//! Measures one thread that repeats one operation.

use std::hint::black_box;
use std::time::Duration;

use super::{Pace, Sample, Stopwatch};
use crate::stats;

/// A measurement of the time that `operation` takes on `subject`, for [`Table`](super::Table).
///
/// It times a loop several times, and takes the median. The loop is long enough for the cost of
/// reading the clock not to matter.
pub(crate) fn repeat<'a, S: ?Sized>(
    pace: Pace,
    subject: &'a S,
    mut operation: impl FnMut(&S) + 'a,
) -> impl FnMut() -> Sample + 'a {
    let shortest = pace.pick(Duration::from_millis(8), Duration::from_millis(1));
    let samples = pace.pick(5, 3);
    let mut times = None;
    move || {
        let times = *times.get_or_insert_with(|| calibrate(shortest, subject, &mut operation));
        let all: Vec<Sample> = (0..samples)
            .map(|_| time(times, subject, &mut operation))
            .collect();
        let cpu: Option<Vec<f64>> = all.iter().map(|sample| sample.cpu).collect();
        Sample {
            cpu: cpu.map(stats::median),
            ..Sample::new(stats::median(all.iter().map(|sample| sample.figure)))
        }
    }
}

/// How many operations take at least as long as `shortest`.
fn calibrate<S: ?Sized>(shortest: Duration, subject: &S, operation: &mut impl FnMut(&S)) -> u64 {
    let mut times = 1;
    while time(times, subject, operation).figure * (times as f64) < shortest.as_nanos() as f64 {
        times *= 2;
    }
    times
}

/// Times a loop.
///
/// Never inlined, so that each peer's loop is compiled by itself, and not into the place where it
/// is called from.
#[inline(never)]
fn time<S: ?Sized>(times: u64, subject: &S, operation: &mut impl FnMut(&S)) -> Sample {
    // Hidden once, outside the loop: the compiler must not know which lock this is or that it is
    // not shared. Hiding it in every round would add a store and a load to every operation.
    let subject = black_box(subject);
    let watch = Stopwatch::start();
    for _ in 0..times {
        operation(subject);
    }
    watch.sample(times)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::thread;

    #[test]
    fn finds_how_long_an_operation_takes() {
        let nap = Duration::from_micros(300);
        let mut measure = repeat(Pace::new(true), &(), |()| thread::sleep(nap));
        assert!(measure().figure >= nap.as_nanos() as f64);
    }

    #[test]
    fn calibrates_once() {
        let calls = Cell::new(0);
        let shortest = Duration::from_micros(100);
        let times = calibrate(shortest, &calls, &mut |calls| calls.set(calls.get() + 1));
        assert!(times.is_power_of_two());
        assert_eq!(calls.get(), 2 * times - 1);
    }
}
