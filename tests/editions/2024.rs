// `gen` is a keyword, and what a function returns as `impl Trait` captures all it can.

use renamed::prelude::*;
use std::fmt::Display;

#[thread(name = "{gen}", crate = renamed)]
fn function(r#gen: u8) -> u8 {
    r#gen
}

static LOCK: Lock<u8> = Lock::new(1);

#[synchronized(n = LOCK, crate = renamed)]
fn hidden<T: Copy>(_: &T) -> impl Display + use<T> {
    *n
}

/// A type for the last expression of this edition, whose temporaries are dropped first.
#[synchronized(LOCK, crate = renamed)]
fn tail() -> usize {
    let cell = std::cell::RefCell::new(vec![1]);
    cell.borrow().len()
}

pub fn check() {
    assert_eq!(function(3).join().unwrap(), 3);
    assert_eq!(hidden(&1).to_string(), "1");
    assert_eq!(tail(), 1);
}
