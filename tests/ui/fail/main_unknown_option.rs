#[threadkit::main(crat = ::threadkit)]
fn one() {}

#[threadkit::main("x")]
fn two() {}

#[threadkit::main(crate)]
fn three() {}

fn main() {}
