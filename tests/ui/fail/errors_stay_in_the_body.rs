//! A mistake in a body is reported at its place, as without an attribute.

use threadkit::prelude::*;

static LOCK: Lock<u8> = Lock::new(0);

#[synchronized(n = LOCK)]
fn wrong_type() -> String {
    *n
}

#[synchronized(n = LOCK)]
fn wrong_return(early: bool) -> u8 {
    if early {
        return "early";
    }
    *n
}

#[synchronized(n = LOCK)]
fn no_value() -> u8 {
    let _ = *n;
}

#[synchronized(n = LOCK)]
fn keeps_the_guard() -> &'static mut u8 {
    &mut n
}

#[thread]
fn wrong_in_thread(text: String) -> usize {
    text.len;
    text
}

struct Worker {
    lock: Lock<u8>,
    count: u8,
}

impl Worker {
    #[synchronized(lock = self.lock)]
    fn borrows_all(&mut self) {
        self.bump();
        *lock += 1;
    }

    fn bump(&mut self) {
        self.count += 1;
    }
}

#[threadkit::main]
fn main() -> Result<(), JoinError> {
    wrong_in_thread(String::new()).join()?
}
