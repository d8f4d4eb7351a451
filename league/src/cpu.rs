//! The processor time of this process: on a busy machine, other clocks measure the others as well.

/// Seconds of processor time that all threads of this process have used.
pub(crate) fn seconds() -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer leads to a `timespec` of this function, which the call fills.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(result, 0, "the system has this clock");
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
