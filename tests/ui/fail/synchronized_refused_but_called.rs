//! A refused item still exists for its callers, whose code is not reported.

use std::sync::Arc;
use threadkit::prelude::*;

static TOTAL: Lock<u32> = Lock::new(0);

#[synchronized(total = TOTAL)]
async fn awaits(n: u32) -> u32 {
    *total + n
}

#[synchronized(total = TOTAL)]
const fn constant(n: u32) -> u32 {
    *total + n
}

#[synchronized(total = self.total)]
fn no_receiver(n: u32) -> u32 {
    *total + n
}

#[synchronized(n = TOTAL)]
fn hidden(n: u32) -> u32 {
    *n
}

struct Counter {
    total: Lock<u32>,
}

impl Counter {
    #[synchronized(total = self.total, timout = LIMIT)]
    fn misspelt(&self) -> u32 {
        *total
    }

    #[synchronized(total = self.total.acquire())]
    fn acquired<'a>(&'a self, name: &'a str) -> Result<&'a str, String> {
        *total += 1;
        Ok(name)
    }
}

#[synchronized(total = self.total)]
impl Counter {
    fn taken(self) -> u32 {
        *total
    }

    async fn awaited(self: Arc<Self>) -> u32 {
        *total
    }
}

#[synchronized]
impl Counter {
    fn what(&self) -> u32 {
        *total
    }
}

fn main() {
    let counter = Arc::new(Counter { total: Lock::new(0) });
    drop(awaits(1));
    let _: u32 = constant(1) + no_receiver(2) + hidden(3) + counter.misspelt() + counter.what();
    let _: usize = counter.acquired("a").unwrap().len();
    drop(counter.clone().awaited());
    let _: u32 = Arc::into_inner(counter).unwrap().taken();
}
