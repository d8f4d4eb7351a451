//! Keeping the threads of an exploration on one processor.

/// Until this is dropped, the current thread runs on one processor, and so do threads that it starts.
///
/// Only one thread of an exploration runs at a time, and a turn goes from thread to thread much faster on one
/// processor than between two: the next thread need not be woken on another one. Explorations side by side get
/// different processors. On systems where threads cannot be kept on a processor this does nothing.
///
/// Threads that the body has started by other means than threadkit may outlive the exploration. They may run anywhere
/// again when it is over, and so is every other that uses the same processor.
pub(crate) struct OneProcessor(#[cfg(any(target_os = "linux", target_os = "android"))] linux::Kept);

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux {
    use core::mem;
    use core::sync::atomic::{AtomicUsize, Ordering};
    use std::fs;

    use libc::{cpu_set_t, pid_t};
    use parking_lot::Mutex;

    use super::OneProcessor;

    /// How many explorations have chosen a processor.
    static CHOSEN: AtomicUsize = AtomicUsize::new(0);

    /// The processors on which explorations run at this moment.
    static IN_USE: Mutex<Vec<InUse>> = Mutex::new(Vec::new());

    struct InUse {
        processor: usize,
        /// How many explorations run there.
        users: usize,
        /// The threads that ran there alone before these began: the program has chosen it for them.
        foreign: Vec<pid_t>,
    }

    pub(crate) struct Kept {
        before: cpu_set_t,
        processor: usize,
    }

    impl OneProcessor {
        /// `None` if the system does not allow it, or there is only one; the threads then run anywhere.
        pub(crate) fn new() -> Option<Self> {
            let before = processors_of(CURRENT)?;
            // SAFETY: the set is initialized, and the index below its size.
            let is_allowed = |cpu: &usize| unsafe { libc::CPU_ISSET(*cpu, &before) };
            let allowed: Vec<_> = (0..libc::CPU_SETSIZE as usize).filter(is_allowed).collect();
            if allowed.len() < 2 {
                return None;
            }
            // Relaxed: any distribution is correct.
            let turn = CHOSEN.fetch_add(1, Ordering::Relaxed);
            let processor = allowed[turn % allowed.len()];
            use_it(processor);
            let kept = Self(Kept { before, processor });
            // If that fails, the drop changes nothing.
            set(CURRENT, &only(processor)).then_some(kept)
        }
    }

    impl Drop for OneProcessor {
        fn drop(&mut self) {
            let Kept { before, processor } = &self.0;
            set(CURRENT, before);
            free(*processor, before);
        }
    }

    fn use_it(processor: usize) {
        let mut all = IN_USE.lock();
        match all.iter_mut().find(|it| it.processor == processor) {
            Some(it) => it.users += 1,
            None => all.push(InUse {
                processor,
                users: 1,
                foreign: kept_on(processor),
            }),
        }
    }

    /// One exploration less runs there. After the last one, the threads that were started meanwhile may run anywhere.
    fn free(processor: usize, anywhere: &cpu_set_t) {
        /// A thread may start another one before it is let go.
        const ROUNDS: usize = 10;
        let mut all = IN_USE.lock();
        let Some(at) = all.iter().position(|it| it.processor == processor) else {
            return;
        };
        all[at].users -= 1;
        if all[at].users > 0 {
            return;
        }
        let foreign = all.swap_remove(at).foreign;
        for _ in 0..ROUNDS {
            let mut left = kept_on(processor);
            left.retain(|thread| !foreign.contains(thread));
            if left.is_empty() {
                break;
            }
            for thread in left {
                set(thread, anywhere);
            }
        }
    }

    /// The threads of this process that run on that processor alone.
    fn kept_on(processor: usize) -> Vec<pid_t> {
        let Ok(entries) = fs::read_dir("/proc/self/task") else {
            return Vec::new();
        };
        let numbers = entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let one = only(processor);
        let is_kept = |thread: &pid_t| {
            // SAFETY: both sets are initialized.
            processors_of(*thread).is_some_and(|set| unsafe { libc::CPU_EQUAL(&set, &one) })
        };
        numbers.filter(is_kept).collect()
    }

    const CURRENT: pid_t = 0;

    fn only(processor: usize) -> cpu_set_t {
        let mut set = none();
        // SAFETY: the set is initialized, and the index came from another one, so it is below its size.
        unsafe { libc::CPU_SET(processor, &mut set) };
        set
    }

    fn none() -> cpu_set_t {
        // SAFETY: a set of processors is an array of integers, for which zero is a value: the empty set.
        unsafe { mem::zeroed() }
    }

    fn processors_of(thread: pid_t) -> Option<cpu_set_t> {
        let mut set = none();
        // SAFETY: the size is that of the set to which the pointer leads.
        let failed = unsafe { libc::sched_getaffinity(thread, size_of_val(&set), &raw mut set) };
        (failed == 0).then_some(set)
    }

    /// Lets a thread run on these processors only; returns whether the system did.
    fn set(thread: pid_t, processors: &cpu_set_t) -> bool {
        // SAFETY: the size is that of the set to which the pointer leads, and the call only reads it.
        unsafe { libc::sched_setaffinity(thread, size_of_val(processors), processors) == 0 }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
impl OneProcessor {
    pub(crate) fn new() -> Option<Self> {
        None
    }
}
