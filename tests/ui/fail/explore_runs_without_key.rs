#[threadkit::explore(1000)]
fn explored() {}

fn main() {}
