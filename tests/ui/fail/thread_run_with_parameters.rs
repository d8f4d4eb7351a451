use threadkit::prelude::*;

struct Worker;

#[thread]
impl Worker {
    fn run(&mut self, times: u32) {
        let _ = times;
    }
}

struct Stoppable;

#[thread]
impl Stoppable {
    fn run(&mut self, stop: &StopToken, times: u32) {
        let _ = (stop, times);
    }
}

fn main() {}
