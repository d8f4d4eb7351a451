use std::time::Duration;

use threadkit::prelude::*;

struct Gate {
    open: bool,
}

#[monitor(SharedGate)]
impl Gate {
    #[when(self.open, timeout = Duration::from_secs(1))]
    pub fn pass(&self) {}

    #[when(self.open, until(deadline))]
    pub fn enter(&self) {}
}

fn main() {
    let gate = SharedGate::from(Gate { open: true });
    gate.pass();
    let _ = gate.pass_timeout(Duration::from_secs(1));
    let _ = gate.enter_until(Duration::from_secs(1));
}
