use threadkit::prelude::*;

static TOTAL: Lock<u64> = Lock::new(0);

#[synchronized(total = TOTAL)]
async fn add(n: u64) {
    *total += n;
}

#[synchronized]
async fn alone(n: u64) -> u64 {
    std::future::ready(n).await
}

fn main() {}
