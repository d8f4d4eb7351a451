use threadkit::prelude::*;

struct Gate {
    open: bool,
}

#[monitor(SharedGate, timeout)]
impl Gate {
    #[when("self.open")]
    pub fn pass(&self) {}

    #[when("is open", timeout)]
    pub fn enter(&self) {}
}

fn main() {
    let gate = SharedGate::from(Gate { open: true });
    gate.pass();
    gate.enter();
}
