//! Ctrl-C can stop the threads, and do nothing else.

#[threadkit::main(ctrl_c = exit)]
fn main() {}
