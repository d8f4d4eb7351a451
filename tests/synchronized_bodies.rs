//! Functions of every form keep their meaning under `#[synchronized]`.

use std::fmt::Display;
use std::sync::Mutex;

use threadkit::prelude::*;

static LOCK: Lock<Vec<String>> = Lock::new(Vec::new());

#[synchronized(LOCK)]
fn reference<'a>(list: &'a mut Vec<u8>, _: &u8) -> &'a mut u8 {
    list.push(1);
    &mut list[0]
}

#[synchronized(LOCK)]
fn hidden(n: u8) -> impl Display + use<> {
    n
}

#[synchronized(LOCK)]
fn coerced(short: bool) -> Box<dyn Fn(u8) -> u8> {
    if short {
        return Box::new(|n| n);
    }
    Box::new(move |n| n + u8::from(!short))
}

#[synchronized(LOCK)]
fn diverges() -> ! {
    panic!("as expected")
}

#[synchronized(list = LOCK)]
fn tail_temporary() -> usize {
    list.iter()
        .map(|text| text.as_str())
        .collect::<Vec<_>>()
        .iter()
        .map(|text| text.len())
        .sum()
}

#[synchronized(LOCK)]
unsafe extern "C" fn foreign(pointer: *const u8) -> u8 {
    // SAFETY: the caller promises a pointer to a byte.
    unsafe { *pointer }
}

#[synchronized(LOCK)]
fn inner_attributes() -> u8 {
    #![allow(unused_variables)]
    let unused = 1;
    2
}

#[synchronized(LOCK)]
#[track_caller]
fn tracked() -> u32 {
    std::panic::Location::caller().line()
}

#[test]
fn every_body() {
    *reference(&mut vec![], &0) = 1;
    assert_eq!(hidden(3).to_string(), "3");
    assert_eq!(coerced(true)(1) + coerced(false)(1), 3);
    assert!(std::thread::spawn(|| diverges()).join().is_err());
    assert!(!LOCK.is_locked());
    LOCK.acquire().push("abc".into());
    assert_eq!(tail_temporary(), 3);
    // SAFETY: a reference is a pointer to a byte.
    assert_eq!(unsafe { foreign(&7) }, 7);
    assert_eq!(inner_attributes(), 2);
    assert_eq!(tracked(), line!());
}

/// Notes whether the lock is held when it is dropped.
struct Watch<'a>(&'a Mutex<Vec<(&'static str, bool)>>, &'static str);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap().push((self.1, ORDER.is_locked()));
    }
}

impl Watch<'_> {
    fn number(&self) -> u8 {
        1
    }
}

static ORDER: Lock = Lock::new(());

#[synchronized(ORDER)]
fn drops<'a>(log: &'a Mutex<Vec<(&'static str, bool)>>, _parameter: Watch<'a>) -> u8 {
    let _local = Watch(log, "local");
    Watch(log, "tail").number()
}

#[test]
fn locals_and_the_tail_go_under_the_lock_and_parameters_after_it() {
    let log = Mutex::new(Vec::new());
    drops(&log, Watch(&log, "parameter"));
    let mut log = log.into_inner().unwrap();
    assert_eq!(log.pop(), Some(("parameter", false)));
    log.sort_unstable();
    assert_eq!(log, [("local", true), ("tail", true)]);
}
