//! Several tasks can be waited for together; threads are joined.

fn main() {
    let handles = [threadkit::spawn(|| 1), threadkit::spawn(|| 2)];
    threadkit::wait_any(&handles);
}
