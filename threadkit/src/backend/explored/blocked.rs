//! Whether the system says that a thread sleeps in a lock.

#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::backend::native::native_id;

/// A sleep of a thread in a lock of the system, of whatever library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Blocked {
    /// How often the thread has been made to run. If it has not run in between, it is the same sleep.
    switches: u64,
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl Blocked {
    /// `None` if the thread runs, waits for something else, such as a clock or a file, or the system does not say.
    pub(super) fn look(thread: u64) -> Option<Self> {
        let read = |what: &str| std::fs::read_to_string(format!("/proc/self/task/{thread}/{what}"));
        let status = read("status").ok()?;
        let value_of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.map(str::trim)
        };
        let sleeps = value_of("State:")?.starts_with('S');
        // The number of the call in which it is comes first, and then what was passed to the call.
        let call = read("syscall").ok()?;
        let mut words = call.split_whitespace();
        let is_futex = words.next()? == libc::SYS_futex.to_string();
        // A wait with a limit, such as a sleep, ends by itself: the fourth argument is not null.
        let has_limit = words.nth(3)? != "0x0";
        let switches = value_of("voluntary_ctxt_switches:")?.parse().ok()?;
        (sleeps && is_futex && !has_limit).then_some(Self { switches })
    }

    /// Whether the thread may be at work, also if no processor is free for it.
    pub(super) fn may_run(thread: u64) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/self/task/{thread}/stat"));
        // The state is behind the name, which is in parentheses.
        let state = stat
            .ok()
            .and_then(|stat| stat.rsplit(") ").next()?.chars().next());
        !matches!(state, None | Some('S'))
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
impl Blocked {
    pub(super) fn look(_thread: u64) -> Option<Self> {
        None
    }

    pub(super) fn may_run(_thread: u64) -> bool {
        true
    }
}

/// What is done by the threads of this process beside one that is looked at, as far as the system says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    /// All of them sleep in locks.
    AreAsleep,
    /// One of them waits until it can write, or the one that is looked at does.
    Write,
    /// One may go on by itself.
    GoOn,
}

impl Others {
    /// That of all but `thread`, and but the current one, which looks.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn of(thread: Option<u64>) -> Self {
        let calls = |numbers: &[libc::c_long], call: &str| {
            let number = call.split_whitespace().next();
            numbers
                .iter()
                .any(|n| Some(n.to_string().as_str()) == number)
        };
        let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
            return Self::GoOn;
        };
        let mut all = Self::AreAsleep;
        for other in threads.flatten() {
            let id = other.file_name().to_str().and_then(|id| id.parse().ok());
            if id == native_id() {
                continue;
            }
            match std::fs::read_to_string(other.path().join("syscall")) {
                Ok(call) if calls(&[libc::SYS_write, libc::SYS_writev], &call) => {
                    return Self::Write;
                }
                Ok(call) if calls(&[libc::SYS_futex], &call) => {}
                _ if id == thread => {}
                _ => all = Self::GoOn,
            }
        }
        all
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(super) fn of(_thread: Option<u64>) -> Self {
        Self::GoOn
    }
}

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    use std::sync::{Mutex, mpsc};
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_thread_that_writes_to_a_full_pipe_is_seen() {
        use std::io::{Read as _, Write as _};
        let (mut reader, mut writer) = std::io::pipe().unwrap();
        let written = vec![7; 1 << 20];
        let thread = thread::spawn(move || writer.write_all(&written).unwrap());
        let start = Instant::now();
        while Others::of(None) != Others::Write {
            // Where the system does not tell of calls, there is nothing to test.
            if std::fs::read_to_string("/proc/self/syscall").is_err() {
                break;
            }
            assert!(start.elapsed() < Duration::from_secs(60));
            thread::yield_now();
        }
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        thread.join().unwrap();
        assert_eq!(read.len(), 1 << 20);
    }

    #[test]
    fn a_thread_in_a_lock_of_std_is_blocked_and_one_that_sleeps_is_not() {
        let lock = Mutex::new(());
        let (tell, told) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let held = lock.lock().unwrap();
        thread::scope(|scope| {
            let tell_too = tell.clone();
            let lock = &lock;
            scope.spawn(move || {
                tell.send(native_id().unwrap()).unwrap();
                drop(lock.lock());
            });
            let locked = told.recv().unwrap();
            scope.spawn(move || {
                tell_too.send(native_id().unwrap()).unwrap();
                // With a limit.
                let _ = ended.recv_timeout(Duration::from_secs(60));
            });
            let timed = told.recv().unwrap();
            let start = Instant::now();
            while Blocked::look(locked).is_none() {
                // Where the system does not tell of calls, there is nothing to test.
                let call = std::fs::read_to_string(format!("/proc/self/task/{locked}/syscall"));
                if call.is_err() || start.elapsed() > Duration::from_secs(60) {
                    assert!(call.is_err(), "it is in the lock by now");
                    break;
                }
                thread::yield_now();
            }
            assert_eq!(Blocked::look(timed), None);
            drop(held);
            drop(end);
        });
    }
}
