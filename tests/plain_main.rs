//! What a plain `fn main` sees that has not used threadkit before. The test has no harness, so that it runs on the main
//! thread.

use threadkit::{active_count, current, main_thread, spawn, threads};

fn main() {
    // A thread that asks before the main thread does is not taken for it.
    let other = std::thread::spawn(|| current() != main_thread());
    assert!(other.join().unwrap());

    // This is the first question about it, before threadkit has adopted the thread.
    assert_eq!(active_count(), 1);
    let names: Vec<_> = threads().iter().map(|thread| thread.name()).collect();
    assert_eq!(names, ["main"]);

    let all_from_a_thread = spawn(threads).join().unwrap();
    assert!(all_from_a_thread.contains(&main_thread()));
    assert_eq!(threads(), [current()], "listed once, as the same thread");
    assert_eq!(current(), main_thread());
    assert!(main_thread().is_alive());
    assert!(!main_thread().is_daemon());

    // No guard waits for a main thread that is not a daemon: neither its own guard nor that of another
    // thread.
    drop(threadkit::exit_guard());
    spawn(|| drop(threadkit::exit_guard())).join().unwrap();
    assert!(!current().stop_token().is_stopped());
}
