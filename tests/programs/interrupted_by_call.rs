//! A process that asks for Ctrl-C by a call: run by `ctrl_c.rs`.

mod endings;
mod interruptions;

#[threadkit::main]
fn main() -> Result<(), String> {
    threadkit::stop_on_ctrl_c();
    threadkit::stop_on_ctrl_c(); // does nothing
    interruptions::run()
}
