//! Names of other libraries are explained where the compiler would propose none of ours, or a wrong one.

use std::time::Duration;
use threadkit::{
    Condition, Event, JoinHandle, Latch, LifoQueue, Lock, PriorityQueue, Queue, RwLock, StopToken,
    Task, Thread, ThreadPool, Timer,
};

fn threads(thread: Thread<fn() -> u32>, unstarted: Thread<fn()>, handle: JoinHandle<u32>, ended: JoinHandle<u32>) {
    thread.run();
    unstarted.join();
    if handle.is_alive() {}
    while !handle.isAlive() {}
    println!("{}", handle.getName());
    handle.interrupt();
    handle.set_name("w");
    if handle.is_daemon() {}
    handle.set_daemon(true);
    let _: u32 = ended.result();
}

fn functions() {
    let _handle: JoinHandle<u32> = Thread::spawn(|| 7);
    println!("{}", Thread::current().name());
}

fn stops(stop: StopToken) {
    while !stop.is_set() {}
    if stop.is_cancelled() {}
    stop.sleep(Duration::from_secs(1));
}

fn conditions(changed: Condition, list: Lock<Vec<u32>>) {
    let mut list = list.acquire();
    let second = Duration::from_secs(1);
    let _item = changed.wait_for_timeout(&mut list, second, |list| list.pop());
    changed.wait_while_timeout(&mut list, second, |list| list.is_empty());
    changed.acquire();
}

fn tasks(pool: ThreadPool, task: Task<u32>, other: Task<u32>, timer: Timer) {
    pool.execute(|| println!("in the pool"));
    let _: u32 = task.result();
    if !other.done() {
        println!("{}", other.get() + 1);
    }
    timer.start();
}

fn ends(pool: ThreadPool, task: Task<u32>, queue: Queue<u32>) {
    if task.is_done() {}
    let _error = task.exception();
    task.add_done_callback(|_ending| ());
    pool.invoke_all([1, 2]);
    if pool.await_termination(Duration::from_secs(1)) {}
    pool.close();
    pool.shutdownNow();
    queue.offer(1);
    let _item = queue.poll();
    queue.close();
}

fn queues(queue: Queue<u32>, stack: LifoQueue<String>, heap: PriorityQueue<u32>) {
    queue.put_nowait(1);
    let _item = stack.get_nowait();
    if heap.qsize() > 3 {}
    queue.send(1).unwrap();
    heap.push(1);
    let _item: u32 = queue.recv().unwrap();
    let _item = queue.try_recv();
    while let Some(_) = stack.pop() {}
}

fn the_rest(event: Event, changed: Condition, done: Latch, table: RwLock<Vec<u32>>) {
    if !event.isSet() {}
    changed.notifyAll();
    changed.signal();
    done.countDown();
    table.lock().push(1);
    table.acquire();
    table.readLock();
    table.try_write_for(Duration::from_secs(1));
    Lock::new(1).try_lock_for(Duration::from_secs(1));
}

/// For a reference, the compiler shows only the name of a trait, which says the same.
fn references(handle: &JoinHandle<u32>, queue: &Queue<u32>) {
    if handle.is_alive() {}
    queue.send(1).unwrap();
}

/// As long as it does not know the type of the items, too.
fn items_of_a_type_to_be_inferred() {
    let queue = Queue::unbounded();
    queue.send(1);
}

fn waits(timer: Timer, seats: threadkit::Semaphore) {
    timer.join();
    seats.with(|| ());
}

fn follow(one: Task<u32>, other: Task<u32>, third: Task<u32>, fourth: Task<u32>) {
    one.then_combine(other, |one: u32, other: u32| one + other);
    third.thenApply(|n: u32| n + 1);
    fourth.exceptionally(|_| 0);
}

fn main() {}
