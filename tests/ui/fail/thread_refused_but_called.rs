//! A refused item still exists for its callers, whose code is not reported.

use std::borrow::Cow;
use threadkit::prelude::*;

#[thread]
fn borrows(text: &str) -> usize {
    text.len()
}

#[thread]
fn lends(text: String) -> Cow<'_, str> {
    text.into()
}

#[thread]
async fn awaits(n: u32) -> u32 {
    n
}

#[thread]
unsafe fn promises(n: u32) -> u32 {
    n
}

#[thread(nam = "{n}")]
fn misspelt(n: u32) -> u32 {
    n
}

#[thread(name = "{m}")]
fn misnamed(n: u32) -> u32 {
    n
}

#[thread]
fn with_lifetime<'a>(n: &'a u32) -> &'a u32 {
    n
}

#[thread]
fn unnamed(n: u32) -> impl std::fmt::Display {
    n
}

struct Worker(u32);

impl Worker {
    #[thread]
    fn by_reference(&self) -> u32 {
        self.0
    }
}

#[thread]
impl Worker {
    async fn run(&mut self) -> u32 {
        self.0
    }
}

struct Given;

#[thread]
impl threadkit::Run for Given {
    type Output = u32;

    fn run(self: Box<Self>) -> u32 {
        1
    }
}

struct Idle;

#[thread]
impl Idle {
    fn rum(self) {}
}

fn main() {
    let _: usize = borrows("a").join().unwrap();
    let _: usize = lends("a".into()).join().unwrap().len();
    let _: u32 = awaits(1).join().unwrap() + misspelt(1).join().unwrap();
    let _: u32 = promises(1).join().unwrap() + misnamed(1).join().unwrap();
    let _: u32 = *with_lifetime(&1).join().unwrap();
    let _: String = unnamed(1).join().unwrap().to_string();
    let worker = Worker(1);
    let _: u32 = worker.by_reference().join().unwrap();
    let _: u32 = worker.start().join().unwrap();
    let _: u32 = Given.start().join().unwrap();
    Idle.start().join().unwrap();
}
