//! More names of other libraries. For some of them the compiler proposed a method that does something else: `shutdown`
//! for `isShutdown`, `cancel` for `cancelled`, `try_acquire` for `try_acquire_for`.

use std::time::Duration;
use threadkit::{
    Barrier, Condition, Event, JoinError, JoinHandle, Latch, PriorityQueue, Producer, Queue, RLock,
    Select, Semaphore, StopSource, StopToken, Task, TaskError, ThreadPool, ThreadRef, Timer,
};

const SECOND: Duration = Duration::from_secs(1);

fn answers_that_would_do_something_else(pool: ThreadPool, task: Task<u32>, seats: Semaphore) {
    if pool.isShutdown() {}
    if task.cancelled() {}
    if seats.try_acquire_for(SECOND) {}
}

fn threads(handle: JoinHandle<u32>, thread: ThreadRef, error: JoinError) {
    handle.terminate();
    handle.cancel();
    handle.unpark();
    if handle.wait_for(SECOND) {}
    println!("{} {}", handle.id(), thread.getName());
    thread.interrupt();
    thread.join();
    println!("{:?}", error.downcast_ref::<String>());
}

fn pools(pool: ThreadPool, task: Task<u32>, error: TaskError) {
    pool.join();
    if pool.queued_count() > 3 {}
    pool.schedule(SECOND, || 7);
    pool.install(|| 7);
    pool.apply_async(|| 7);
    pool.terminate();
    task.abort();
    task.then_apply(|n: u32| n + 1);
    println!("{}", error.message());
}

fn queues(queue: Queue<u32>, heap: PriorityQueue<u32>, producer: Producer<Queue<u32>>) {
    queue.add(1);
    producer.send(1);
    if queue.size() > 3 {}
    if queue.is_closed() {}
    if queue.remainingCapacity() > 3 {}
    let _first = heap.peek();
    let _next = Select::new().recv(&queue, |n| n).wait();
}

fn waits(event: Event, changed: Condition, start: Barrier, done: Latch, seats: Semaphore) {
    event.notify_all();
    if event.wait_for(SECOND) {}
    changed.broadcast();
    start.arrive_and_wait();
    done.arrive();
    println!("{}", done.getCount());
    seats.down();
    seats.up();
    seats.add_permits(2);
}

fn the_rest(lock: RLock<u32>, source: StopSource, stop: StopToken, timer: Timer) {
    println!("{}", lock.get_hold_count());
    if lock.isHeldByCurrentThread() {}
    source.cancel();
    if stop.isInterrupted() {}
    stop.throw_if_cancellation_requested();
    timer.stop();
    if timer.is_alive() {}
    threadkit::scope(|s| {
        s.builder().name("adder").spawn(|| 1 + 1);
    });
}

fn main() {}
