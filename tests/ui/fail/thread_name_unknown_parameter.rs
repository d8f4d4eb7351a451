use threadkit::prelude::*;

#[thread(name = "crawl-{ulr}")]
fn crawl(url: String) {
    drop(url);
}

#[thread(name = "crawl-{0}")]
fn first(url: String) {
    drop(url);
}

#[thread(name = "{stop}")]
fn stoppable(stop: &StopToken) {
    stop.wait();
}

fn main() {}
