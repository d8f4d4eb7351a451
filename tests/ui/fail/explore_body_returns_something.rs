//! A test body whose value would be thrown away.

fn main() {
    threadkit::explore::check(|| 5);
}
