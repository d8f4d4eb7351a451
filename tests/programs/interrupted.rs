//! A process that asks for Ctrl-C by its attribute: run by `ctrl_c.rs`.

mod endings;
mod interruptions;

#[threadkit::main(ctrl_c = stop)]
fn main() -> Result<(), String> {
    interruptions::run()
}
