//! A trait of the user's may give threadkit's types the methods of other libraries, also those whose names are explained
//! where there is no such trait.

use std::sync::Arc;

use threadkit::prelude::*;
use threadkit::{Event, LockGuard, Queue, Select, Task, ThreadPool};

trait LikeStd<T> {
    fn lock(&self) -> Result<LockGuard<'_, T>, ()>;
    fn try_lock(&self) -> Result<LockGuard<'_, T>, ()>;
}

impl<T> LikeStd<T> for Lock<T> {
    fn lock(&self) -> Result<LockGuard<'_, T>, ()> {
        Ok(self.acquire())
    }

    fn try_lock(&self) -> Result<LockGuard<'_, T>, ()> {
        self.try_acquire().ok_or(())
    }
}

trait LikePython {
    fn done(&self) -> bool;
}

impl<T> LikePython for Task<T> {
    fn done(&self) -> bool {
        self.is_finished()
    }
}

trait LikeAChannel<T> {
    fn send(self, item: T);
}

impl<T> LikeAChannel<T> for Queue<T> {
    fn send(self, item: T) {
        let _ = self.put(item);
    }
}

trait Changing {
    #[allow(non_snake_case)]
    fn isSet(&mut self) -> bool;
}

impl Changing for Event {
    fn isSet(&mut self) -> bool {
        self.is_set()
    }
}

trait Ends {
    fn is_alive(&self) -> bool;
}

impl<T> Ends for JoinHandle<T> {
    fn is_alive(&self) -> bool {
        !self.is_finished()
    }
}

trait LikeCrossbeam<'a, T, R> {
    fn recv(self, queue: &'a Queue<T>, then: fn(T) -> R) -> Self;
}

impl<'a, T: Send + 'a, R: 'a> LikeCrossbeam<'a, T, R> for Select<'a, R> {
    fn recv(self, queue: &'a Queue<T>, then: fn(T) -> R) -> Self {
        self.get(queue, then)
    }
}

trait LikeJava {
    fn join(self) -> u32;
}

struct Worker(u32);

#[thread]
impl Worker {
    fn run(self) -> u32 {
        self.0
    }
}

impl LikeJava for Worker {
    fn join(self) -> u32 {
        self.start().join().unwrap()
    }
}

fn main() {
    let lock = Arc::new(Lock::new(1));
    *lock.lock().unwrap() += 1;
    assert_eq!(lock.try_lock().map(|value| *value), Ok(2));
    let by_reference: &Lock<u32> = &lock;
    assert_eq!(*by_reference.lock().unwrap(), 2);

    let pool = ThreadPool::new(1);
    let task = pool.submit(|| 1);
    task.wait();
    assert!(task.done());

    let queue = Queue::unbounded();
    queue.clone().send(3);
    assert_eq!(queue.get(), Ok(3));

    assert!(!Event::new().isSet());
    let handle = threadkit::spawn(|| ());
    handle.wait();
    assert!(!handle.is_alive());

    queue.put(4).unwrap();
    assert_eq!(Select::new().recv(&queue, |n| n + 1).wait(), Ok(5));
    assert_eq!(Worker(6).join(), 6);
}
