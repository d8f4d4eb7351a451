//! The compiler proposes no method that exists only to be explained.

use threadkit::{Latch, Lock, Queue, RLock, Task, ThreadPool, Timer};

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

fn near_too(pool: ThreadPool, queue: Queue<u32>, task: Task<u32>, done: Latch, timer: Timer) {
    pool.instal(|| 1);
    pool.waits();
    queue.sizes();
    task.aborts();
    done.arrives();
    timer.stops();
}
