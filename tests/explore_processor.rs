//! Explorations keep their threads on one processor, and only for as long as they last.

#![cfg(target_os = "linux")]

mod support;

use std::mem;
use std::sync::mpsc;
use std::thread;

use support::{LONG, bounded};
use threadkit::explore::Explorer;

/// On how many processors the current thread may run.
fn processors() -> usize {
    // SAFETY: a set of processors is an array of integers, for which zero is a value.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: the size is that of the set to which the pointer leads.
    let failed = unsafe { libc::sched_getaffinity(0, size_of_val(&set), &raw mut set) };
    assert_eq!(failed, 0);
    // SAFETY: the set is initialized.
    usize::try_from(unsafe { libc::CPU_COUNT(&set) }).unwrap()
}

/// One test, because explorations side by side may use the same processor.
#[test]
fn a_thread_that_outlives_an_exploration_may_run_anywhere() {
    bounded(|| {
        let all = processors();
        let (started, starts) = mpsc::channel();
        let body = move || {
            let (goes_on, waits) = mpsc::channel::<()>();
            let during = processors();
            let outlives = thread::spawn(move || {
                // It ends when the other end is dropped.
                let _ = waits.recv_timeout(LONG);
                processors()
            });
            started.send((during, goes_on, outlives)).unwrap();
        };
        Explorer::new().runs(2).check(body);
        assert_eq!(processors(), all);
        let mut count = 0;
        for (during, goes_on, outlives) in starts {
            drop(goes_on);
            assert_eq!(during, 1);
            assert_eq!(outlives.join().unwrap(), all);
            count += 1;
        }
        assert_eq!(count, 2);
    });
}
