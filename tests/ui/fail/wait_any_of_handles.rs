//! Tasks are waited for in numbers; threads are joined.

fn main() {
    let handles = [threadkit::spawn(|| 1), threadkit::spawn(|| 2)];
    threadkit::wait_any(&handles);
}
