//! For a call of a type, as in Python, the compiler proposes only functions that can be called.

use threadkit::{Condition, Event, LifoQueue, PriorityQueue, Queue, Semaphore};

fn main() {
    let jobs = Queue();
    let stack = LifoQueue(10);
    let heap = PriorityQueue();
    let start = Event();
    let seats = Semaphore(3);
    let changed = Condition();
}
