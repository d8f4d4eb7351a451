//! A limit is a time, a token, or both.

fn main() {
    let worker = threadkit::spawn(|| ());
    let _ = worker.wait_until(5);
}
