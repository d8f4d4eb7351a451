//! Every name that an expansion could use means something else here.
#![deny(warnings)]
#![allow(dead_code, unused_macros)]

mod std {}
mod core {}
mod alloc {}
mod threadkit {}
mod __private {}

pub struct Result;
pub struct Option;
pub struct Some;
pub struct None;
pub struct Ok;
pub struct Err;
pub struct Box;
pub struct String;
pub struct Arc;
pub struct Duration;
pub struct JoinHandle;
pub struct Thread;
pub struct RLock;
pub struct Setup;
pub trait Send {}
pub trait Sync {}
pub trait Sized {}
pub trait Run {}
pub trait Drop {}

macro_rules! format {
    ($($all:tt)*) => {
        compile_error!("the user's")
    };
}

macro_rules! unreachable {
    ($($all:tt)*) => {
        compile_error!("the user's")
    };
}

use ::threadkit::{StopToken, monitor, synchronized, thread};

static LOCK: ::threadkit::Lock<u8> = ::threadkit::Lock::new(0);
static TABLE: ::std::sync::RwLock<u8> = ::std::sync::RwLock::new(0);

pub struct Monitor<R> {
    value: R,
}

#[monitor(Entry, poison)]
impl<R: ::core::clone::Clone> Monitor<R> {
    pub fn new(value: R) -> Self {
        Self { value }
    }

    #[when(inside != 0 || timeout == until, timeout, until)]
    pub fn get(&self, inside: u8, timeout: u8, until: u8, f: u8) -> R {
        let _ = f;
        self.value.clone()
    }

    pub fn set(&mut self, value: R, ended: u8) {
        let _ = ended;
        self.value = value;
    }
}

#[synchronized]
fn alone() {}

#[synchronized(guard = LOCK)]
fn bound() {
    *guard += 1;
}

#[synchronized(guard = LOCK, read(table = TABLE))]
fn both() -> u8 {
    *guard + *table
}

#[synchronized(guard = LOCK, timeout = ::std::time::Duration::MAX, else = 0)]
fn limited() -> u8 {
    *guard
}

#[thread(name = "{id}", daemon, stack_size = 1 << 20)]
struct Worker {
    id: u8,
}

impl Worker {
    fn run(&self) {
        let _ = self.id;
    }
}

struct Other(u8);

#[thread(name = "{0}")]
impl Other {
    fn run(self, stop: &StopToken) -> u8 {
        let _ = stop;
        self.0
    }
}

#[thread(name = "{name}")]
fn work(name: u8, setup: u8, this: u8) -> u8 {
    name + setup + this
}

#[::threadkit::main]
fn main() {
    alone();
    bound();
    let _ = (both(), limited());
    Worker { id: 1 }.start();
    Other(1).start();
    work(1, 2, 3);
    let entry = Entry::new(1_u8);
    entry.set(2, 0);
    let _ = entry.get(1, 0, 0, 0);
    let _ = entry.get_timeout(1, 0, 0, 0, ::std::time::Duration::ZERO);
    let _ = entry.get_until(1, 0, 0, 0, ::std::time::Duration::ZERO);
    let _ = entry.with(|inside| inside.value);
    let _ = entry.is_poisoned();
    let _ = entry.repair(|inside| inside.value);
}
