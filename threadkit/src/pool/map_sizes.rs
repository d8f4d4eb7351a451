//! How much of its input a map gives to one task, by measurement.

use core::time::Duration;

/// The minimum time that a task of a map should take, so that the overhead of the task does not matter.
pub(super) const WORTH_ITS_WHILE: Duration = Duration::from_micros(200);

/// The minimum time that a task near the end of the input should take. It is shorter, so that all threads end at about
/// the same time, and still much longer than the overhead.
const WORTH_AT_THE_END: Duration = Duration::from_micros(25);

/// How much work should be submitted ahead for each thread. If all cores are busy, the thread that takes the results may
/// get one only after a while, and the others need work until then.
const AHEAD: Duration = Duration::from_millis(2);

/// How many tasks are submitted ahead for each thread at least.
const LEAST_AHEAD: usize = 2;

/// The numbers of items that are worth a task.
pub(super) struct Sizes {
    /// How many threads share the work.
    threads: usize,
    /// The most items that one task is given.
    most: usize,
    /// How many items the next task gets.
    chunk: usize,
    /// How many it gets at least, near the end of the input.
    least: usize,
    /// How many tasks are submitted ahead for each thread.
    per_thread: usize,
}

impl Sizes {
    pub(super) fn new(threads: usize, most: usize) -> Self {
        Self {
            threads,
            most,
            chunk: 1,
            least: 1,
            per_thread: LEAST_AHEAD,
        }
    }

    /// The number of items that take long enough, if at most that many are left. Near a known end, the rest is shared
    /// among all threads.
    pub(super) fn next(&self, left: Option<usize>) -> usize {
        match left {
            Some(left) => {
                let shares = self.threads.saturating_mul(2);
                self.chunk.min(self.least.max(left / shares))
            }
            None => self.chunk,
        }
    }

    /// How many tasks should be under way.
    pub(super) fn tasks(&self) -> usize {
        self.threads
            .saturating_mul(self.per_thread)
            .saturating_add(2)
    }

    /// Learns from some items how many the next tasks should get.
    pub(super) fn learn(&mut self, items: usize, took: Duration) {
        let worth = |time: Duration| items as u128 * time.as_nanos() / took.as_nanos().max(1);
        let worth = |time| usize::try_from(worth(time)).unwrap_or(usize::MAX);
        let [ideal, least] =
            [WORTH_ITS_WHILE, WORTH_AT_THE_END].map(|time| worth(time).clamp(1, self.most));
        // The size grows in steps, so that one quick item among slow ones does not put them all into one task.
        self.chunk = ideal.min(self.chunk.saturating_mul(4));
        self.least = least;
        // Not while it grows, and never so much that all items together need more memory.
        let enough = worth(AHEAD).min(self.most.saturating_mul(LEAST_AHEAD)) / self.chunk;
        self.per_thread = match self.chunk == ideal {
            true => enough.max(LEAST_AHEAD),
            false => LEAST_AHEAD,
        };
    }
}

impl core::fmt::Debug for Sizes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.chunk.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_grow_in_steps_and_shrink_near_the_end_but_not_below_what_a_task_is_worth() {
        let most = 1 << 15;
        let mut sizes = Sizes::new(2, most);
        assert_eq!(sizes.next(Some(1000)), 1, "nothing is known");

        // Ten microseconds an item.
        for expected in [4, 16, 20, 20] {
            sizes.learn(100, Duration::from_millis(1));
            assert_eq!(sizes.next(Some(1000)), expected);
        }
        assert_eq!(sizes.next(None), 20, "no end is known");
        assert_eq!(sizes.next(Some(40)), 10, "for 2 threads");
        assert_eq!(sizes.next(Some(4)), 2, "25 µs");
        assert_eq!(sizes.per_thread, 10, "2 ms");

        // A nanosecond an item: all that are left together take less than a task is worth.
        let mut sizes = Sizes::new(2, most);
        for _ in 0..10 {
            sizes.learn(1000, Duration::from_micros(1));
        }
        assert!(sizes.next(Some(1000)) >= 1000);
        assert_eq!(sizes.per_thread, LEAST_AHEAD, "no more items at once");

        // So slow that each is a task of its own; so quick that no clock shows it.
        sizes.learn(1, Duration::from_secs(1));
        assert_eq!((sizes.next(None), sizes.per_thread), (1, LEAST_AHEAD));
        sizes.learn(1, Duration::ZERO);
        assert_eq!((sizes.next(None), sizes.per_thread), (4, LEAST_AHEAD));
    }
}
