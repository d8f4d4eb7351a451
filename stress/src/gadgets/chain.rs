//! Tasks that run in the caller because the pool is full, each of which submits the next.

use std::sync::Arc;
use threadkit::{Event, Latch, ThreadPool, WhenFull};

fn link(pool: &Arc<ThreadPool>, left: usize, latch: &Arc<Latch>) {
    latch.count_down();
    if left > 1 {
        let (next, latch) = (Arc::clone(pool), Arc::clone(latch));
        drop(pool.submit(move || link(&next, left - 1, &latch)));
    }
}

pub fn chain(length: usize) {
    let pool = Arc::new(
        ThreadPool::builder(1)
            .backlog(1, WhenFull::RunInCaller)
            .build(),
    );
    let (begun, go_on) = (Arc::new(Event::new()), Arc::new(Event::new()));
    let busy = {
        let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
        pool.submit(move || {
            begun.set();
            go_on.wait();
        })
    };
    begun.wait();
    drop(pool.submit(|| ()));
    let latch = Arc::new(Latch::new(length));
    link(&pool, length, &latch);
    go_on.set();
    latch.wait();
    busy.join().unwrap();
    pool.shutdown();
}
