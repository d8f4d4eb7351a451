use threadkit::prelude::*;

static TOTAL: Lock<u32> = Lock::new(0);

struct Counter {
    total: Lock<u32>,
}

#[synchronized(let total = TOTAL)]
fn with_let() -> u32 {
    *total
}

#[synchronized(let mut total = TOTAL)]
fn with_mut() -> u32 {
    *total
}

impl Counter {
    #[synchronized(total: self.total)]
    fn with_colon(&self) -> u32 {
        *total
    }
}

fn main() {
    let counter = Counter { total: Lock::new(1) };
    assert_eq!(with_let() + with_mut() + counter.with_colon(), 1);
}
