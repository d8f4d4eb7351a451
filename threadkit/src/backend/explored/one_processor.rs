//! Keeping the threads of an exploration on one processor.

/// Until this is dropped, the current thread runs on one processor, and threads that it starts always do.
///
/// Only one thread of an exploration runs at a time, and a turn goes from thread to thread much faster on one
/// processor than between two: the next thread need not be woken on another one. Explorations side by side get
/// different processors. On systems where threads cannot be kept on a processor this does nothing.
pub(crate) struct OneProcessor(
    #[cfg(any(target_os = "linux", target_os = "android"))] libc::cpu_set_t,
);

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux {
    use core::mem;
    use core::sync::atomic::{AtomicUsize, Ordering};

    use super::OneProcessor;

    /// How many explorations have chosen a processor.
    static CHOSEN: AtomicUsize = AtomicUsize::new(0);

    impl OneProcessor {
        /// `None` if the system does not allow it; the threads then run anywhere.
        pub(crate) fn new() -> Option<Self> {
            // SAFETY: a set of processors is an array of integers, for which zero is a value: the empty set.
            let (mut before, mut one): (libc::cpu_set_t, libc::cpu_set_t) =
                unsafe { mem::zeroed() };
            // SAFETY: the size is that of the set to which the pointer leads.
            let failed =
                unsafe { libc::sched_getaffinity(0, size_of_val(&before), &raw mut before) };
            if failed != 0 {
                return None;
            }
            // SAFETY: the set is initialized, and the index below its size.
            let is_allowed = |cpu: &usize| unsafe { libc::CPU_ISSET(*cpu, &before) };
            let allowed: Vec<_> = (0..libc::CPU_SETSIZE as usize).filter(is_allowed).collect();
            // Relaxed: any distribution is correct.
            let turn = CHOSEN.fetch_add(1, Ordering::Relaxed);
            let chosen = *allowed.get(turn % allowed.len().max(1))?;
            // SAFETY: the set is initialized, and the index is below its size, as it is in the other set.
            unsafe { libc::CPU_SET(chosen, &mut one) };
            set(&one).then_some(Self(before))
        }
    }

    impl Drop for OneProcessor {
        fn drop(&mut self) {
            set(&self.0);
        }
    }

    /// Lets the current thread run on these processors only; returns whether the system did.
    fn set(processors: &libc::cpu_set_t) -> bool {
        // SAFETY: the size is that of the set to which the pointer leads, and the call only reads it.
        unsafe { libc::sched_setaffinity(0, size_of_val(processors), processors) == 0 }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
impl OneProcessor {
    pub(crate) fn new() -> Option<Self> {
        None
    }
}
