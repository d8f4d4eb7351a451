use threadkit::thread;

struct StopToken;

#[thread]
fn work(stop: &StopToken) {
    let _ = stop;
}

fn main() {}
