// Compiled as a crate of its own by `editions.rs`, once for each edition, with threadkit renamed and
// warnings denied. What only some editions allow stands in a file for the edition.

#![deny(warnings)]
#![forbid(unsafe_code)]

extern crate renamed;

mod own_edition;

use renamed::prelude::*;
use std::cell::RefCell;
use std::sync::Mutex;

static LOCK: Lock<Vec<String>> = Lock::new(Vec::new());

struct Counter {
    count: Lock<u32>,
}

#[synchronized(count = self.count, crate = renamed)]
impl Counter {
    fn next(&self) -> u32 {
        *count += 1;
        *count
    }
}

#[thread(name = "worker-{id:02}", crate = renamed)]
struct Worker {
    id: u32,
}

impl Worker {
    fn run(&mut self) {
        self.id += 1;
    }
}

#[derive(Thread)]
#[thread(crate = renamed, daemon)]
struct Derived;

impl Derived {
    fn run(&self) -> ! {
        panic!("as expected")
    }
}

struct Block<T>(T);

#[thread(crate = renamed)]
impl<T: Clone> Block<T> {
    fn run(self, stop: &StopToken) -> (T, bool) {
        (self.0, stop.is_stopped())
    }
}

#[thread(name = "add-{a}", crate = renamed)]
fn add(a: u32, b: u32) -> Result<u32, std::num::ParseIntError> {
    let c: u32 = "3".parse()?;
    Ok(a + b + c)
}

#[synchronized(crate = renamed)]
fn alone() -> u8 {
    1
}

#[synchronized(list = LOCK, timeout = std::time::Duration::from_secs(5), else = 0, crate = renamed)]
fn limited() -> usize {
    list.len()
}

/// The temporaries of the last expression borrow from locals of the body: an error in editions
/// before 2024 if they lived on behind it, and they live on there in a plain function.
#[synchronized(list = LOCK, crate = renamed)]
fn tail() -> usize {
    let cells = RefCell::new(list.len());
    let length = *cells.borrow();
    length
}

/// The last expression holds a lock that is looked at when the body is left.
#[synchronized(LOCK, crate = renamed)]
fn tail_guard(inner: &Mutex<u8>) -> u8 {
    *inner.lock().unwrap()
}

struct Shelf<T> {
    items: Vec<T>,
}

#[monitor(SharedShelf, poison, crate = renamed)]
impl<T> Shelf<T> {
    const LEAST: usize = 1;

    pub fn new() -> Result<Self, String> {
        Ok(Shelf { items: Vec::new() })
    }

    pub fn put(&mut self, item: T) {
        self.items.push(item);
    }

    #[when(self.items.len() >= n, timeout, until)]
    pub fn take(&mut self, n: usize) -> Vec<T> {
        self.items.drain(..n).collect()
    }

    #[when(let Some(last) = self.items.last() && std::mem::size_of_val(last) > Self::LEAST)]
    pub fn last(&self) -> usize {
        self.items.len()
    }

    #[when(!self.items.is_empty())]
    pub fn first(&self) -> T
    where
        T: Clone,
    {
        self.items[0].clone()
    }
}

#[renamed::explore(runs = 2, crate = renamed)]
fn explored() {
    alone();
}

#[renamed::main(crate = renamed)]
fn main() {
    explored();
    let shelf = SharedShelf::new().unwrap();
    shelf.put("one");
    assert_eq!((shelf.first(), shelf.last()), ("one", 1));
    assert!(shelf.take_timeout(2, std::time::Duration::from_millis(1)).is_err());
    assert!(shelf.take_until(2, std::time::Duration::from_millis(1)).is_err());
    shelf.repair(|shelf| shelf.items.push("two"));
    assert_eq!((shelf.take(2).len(), shelf.is_poisoned()), (2, false));
    let counter = Counter { count: Lock::new(0) };
    assert_eq!((counter.next(), counter.next()), (1, 2));
    let worker = Worker { id: 3 }.start();
    assert_eq!(&*worker.name(), "worker-03");
    worker.join().unwrap();
    assert!(Derived.start().join().is_err());
    assert_eq!(Block("x").start().join().unwrap(), ("x", false));
    let handle = add(1, 2);
    assert_eq!(&*handle.name(), "add-1");
    assert_eq!(handle.join().unwrap(), Ok(6));
    assert_eq!(alone(), 1);
    LOCK.acquire().push("one".into());
    assert_eq!((limited(), tail(), tail_guard(&Mutex::new(4))), (1, 1, 4));
    own_edition::check();
    println!("passed");
}
