use threadkit::prelude::*;

static LOCK: Lock = Lock::new(());

#[synchronized(LOCK, timeout, else = ())]
fn one() {}

#[synchronized(LOCK, timeout = , else = ())]
fn two() {}

#[synchronized(read = LOCK)]
fn three() {}

#[synchronized(write)]
fn four() {}

#[synchronized(read())]
fn five() {}

#[synchronized(guard = )]
fn six() {}

#[synchronized(crate)]
fn seven() {}

fn main() {}
