//! The compiler proposes no method that exists only to be explained.

use threadkit::{Lock, Queue, RLock, Task};

fn main() {}

fn near(lock: Lock<u32>, reentrant: RLock<u32>, task: Task<u32>, queue: Queue<u32>) {
    lock.locks();
    reentrant.unlok();
    task.isdone();
    queue.extend([1, 2]);
    queue.sent(1);
    queue.qsizes();
}

struct Mine;

fn elsewhere(mine: Mine) {
    mine.wait_while();
    mine.notify();
}
