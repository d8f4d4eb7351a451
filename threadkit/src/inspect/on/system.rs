//! What the system says about the threads of the process.

use std::fs;
use std::process;
use std::sync::OnceLock;

/// How many threads the process has, on systems that report it.
pub(super) fn thread_count() -> Option<usize> {
    match cfg!(any(target_os = "linux", target_os = "android")) {
        true => Some(fs::read_dir("/proc/self/task").ok()?.count()),
        false => None,
    }
}

/// The threads of the process with their names, on systems that report them.
pub(super) fn threads() -> Option<Vec<(u64, String)>> {
    thread_count()?;
    let entries = fs::read_dir("/proc/self/task").ok()?.flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let named = numbers.filter_map(|number| {
        let name = fs::read_to_string(format!("/proc/self/task/{number}/comm")).ok()?;
        Some((number, name.trim_end().to_owned()))
    });
    Some(named.collect())
}

/// Whether the process certainly has no thread with that number any more.
pub(super) fn is_gone(native_id: u64) -> bool {
    // The process of the numbers: a child made by `fork` keeps those of its parent.
    static PROCESS: OnceLock<u32> = OnceLock::new();
    let exists = |path: &str| fs::exists(path).unwrap_or(true);
    cfg!(any(target_os = "linux", target_os = "android"))
        && *PROCESS.get_or_init(process::id) == process::id()
        // Where the list cannot be read, nothing is known of any thread.
        && exists(&format!("/proc/self/task/{}", process::id()))
        && !exists(&format!("/proc/self/task/{native_id}"))
}

/// The name that the system has for the thread with that number, if it differs from that of the process.
pub(super) fn name_of(native_id: u64) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/self/task/{native_id}/comm")).ok()?;
    let of_process = fs::read_to_string("/proc/self/comm").ok()?;
    (name != of_process).then(|| name.trim_end().to_owned())
}
