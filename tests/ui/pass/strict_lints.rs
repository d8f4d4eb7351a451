//! A crate that forbids every lint that it can.
#![forbid(unsafe_code)]
#![deny(
    warnings,
    unused,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub
)]
#![deny(
    rust_2018_idioms,
    nonstandard_style,
    future_incompatible,
    let_underscore
)]
#![deny(
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unused_lifetimes
)]
#![deny(
    unused_qualifications,
    unused_import_braces,
    meta_variable_misuse,
    unit_bindings
)]
#![deny(
    redundant_lifetimes,
    explicit_outlives_requirements,
    unused_results,
    variant_size_differences
)]
#![forbid(
    unused_mut,
    unused_variables,
    unused_braces,
    unused_parens,
    unreachable_code,
    dead_code
)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
// These lints are about the code as written, and not about its expansion.
#![allow(
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    clippy::redundant_pub_crate
)]
#![allow(
    clippy::unused_self,
    clippy::missing_const_for_fn,
    clippy::needless_pass_by_value
)]
#![allow(clippy::needless_pass_by_ref_mut)]
// Clippy takes a function that starts a thread for one that does nothing.
#![allow(clippy::must_use_candidate)]

use std::sync::{Arc, RwLock};
use std::time::Duration;

use threadkit::prelude::*;

/// A lock.
pub static LOCK: Lock<u64> = Lock::new(0);
/// Another.
pub static NESTED: RLock<u64> = RLock::new(0);
/// A table.
pub static TABLE: RwLock<Vec<u8>> = RwLock::new(Vec::new());

/// Has a lock of its own.
#[synchronized]
pub fn alone() {}

/// Writes.
#[synchronized(total = LOCK)]
pub fn add(n: u64) {
    *total += n;
}

/// Reads only, so `mut` is not needed.
#[synchronized(total = LOCK)]
#[must_use]
pub fn get() -> u64 {
    *total
}

/// Does not use its guards.
#[synchronized(LOCK, NESTED, read(TABLE))]
#[must_use]
pub fn all() -> u64 {
    1
}

/// Gives up.
#[synchronized(total = LOCK, timeout = Duration::from_secs(1), else = return None)]
#[must_use]
pub fn soon() -> Option<u64> {
    Some(*total)
}

/// Gives up and has nothing to say.
#[synchronized(total = LOCK, timeout = Duration::from_secs(1), else = ())]
pub fn unit() {
    *total += 1;
}

/// Gives up loudly.
#[synchronized(LOCK, timeout = Duration::from_secs(1), else = panic!("too slow"))]
pub fn loud() {}

macro_rules! bail {
    ($message:expr) => {
        return Err($message)
    };
}

/// Gives up by a macro that leaves.
///
/// # Errors
///
/// When it is late.
#[synchronized(LOCK, timeout = Duration::from_secs(1), else = bail!("busy"))]
pub fn bails() -> Result<u64, &'static str> {
    Ok(1)
}

/// Gives up with the process.
#[synchronized(LOCK, timeout = Duration::from_secs(1), else = std::process::exit(1))]
#[must_use]
pub fn exits() -> u64 {
    1
}

/// Gives up after some more steps.
#[synchronized(LOCK, timeout = Duration::from_secs(1), else = { unit(); return None; })]
#[must_use]
pub fn says_so() -> Option<u64> {
    Some(1)
}

/// Gives up with what a block makes.
#[synchronized(LOCK, timeout = Duration::from_secs(1), else = { unit() })]
pub fn says_so_and_returns() {}

/// Does not give up at all.
#[synchronized(LOCK, timeout = Duration::from_secs(1), else = loop { unit() })]
#[must_use]
pub fn goes_on() -> Box<dyn Fn() -> u8> {
    Box::new(|| 1)
}

/// Gives up silently.
#[synchronized(total = LOCK, timeout = Duration::from_secs(1), else = {})]
pub fn silent() {
    *total += 1;
}

/// Gives up for good.
#[synchronized(LOCK, timeout = Duration::from_secs(1), else = std::process::abort())]
pub fn aborts() -> ! {
    panic!("never")
}

/// Never returns.
#[synchronized]
pub fn never() -> ! {
    panic!("never")
}

/// A worker.
#[thread(name = "worker-{id}")]
#[derive(Debug, Clone)]
pub struct Worker {
    id: u64,
}

impl Worker {
    fn run(&self) {
        add(self.id);
    }
}

/// An impl block.
#[derive(Debug)]
pub struct Block<'a, T> {
    item: &'a T,
}

#[thread]
impl<T: Clone> Block<'_, T> {
    fn run(self, stop: &StopToken) -> Option<T> {
        (!stop.is_stopped()).then(|| self.item.clone())
    }
}

/// What its thread gives does not depend on its parameter.
#[derive(Debug)]
pub struct Constant<T>(T);

#[thread(shared)]
impl<T> Constant<T> {
    fn run(&self) -> u64 {
        1
    }
}

/// Private, in a module that cannot be named from outside.
mod inner {
    use threadkit::{StopToken, thread};

    #[derive(Debug)]
    pub(crate) struct Hidden;

    #[thread]
    impl Hidden {
        fn run(self) {}
    }

    #[thread(daemon)]
    pub(crate) struct Endless;

    impl Endless {
        fn run(&mut self) -> ! {
            panic!("{self:p}")
        }
    }

    #[thread]
    pub(crate) fn unused_stop(_: &StopToken, _named: u8) {}
}

/// A function whose body is on one line.
#[thread(name = "double-{a}")]
#[rustfmt::skip]
pub fn double(a: u64) -> u64 { a * 2 }

/// A unit.
#[derive(Debug, Clone, Copy)]
pub struct Unit;

impl Unit {
    /// A method whose body is on one line.
    #[thread]
    #[rustfmt::skip]
    pub fn one(self) -> u64 { 1 + 1 }
}

/// A function.
#[thread(name = "sum-{a}")]
pub fn sum(a: u64, mut b: u64, stop: &StopToken) -> u64 {
    if stop.is_stopped() {
        return 0;
    }
    b += a;
    b
}

/// Never ends.
#[thread(daemon)]
pub fn endless() -> ! {
    panic!("never")
}

/// A service.
#[derive(Debug)]
pub struct Service {
    state: Lock<Vec<u8>>,
}

#[synchronized(state = self.state)]
impl Service {
    /// Uses the state.
    pub fn push(&self, item: u8) {
        state.push(item);
    }

    /// Does not.
    #[must_use]
    pub fn name(&self) -> &'static str {
        "service"
    }

    /// Starts something.
    #[thread]
    #[unsynchronized]
    pub fn flush(self: Arc<Self>) -> usize {
        self.state.acquire().len()
    }
}

/// Items on their way.
#[derive(Debug)]
pub struct Items<'a, T, const N: usize>
where
    T: Clone,
{
    items: Vec<T>,
    label: &'a str,
}

#[monitor(SharedItems, poison)]
impl<'a, T, const N: usize> Items<'a, T, N>
where
    T: Clone,
{
    /// Makes it.
    #[must_use]
    pub fn new(label: &'a str) -> Self {
        Self {
            items: Vec::new(),
            label,
        }
    }

    /// Puts something in.
    #[when(self.items.len() < N, timeout, until)]
    pub fn put(&mut self, item: T, (_a, _): (u8, u8), mut _times: u8) {
        _times = 0;
        self.items.push(item);
    }

    /// Takes something out.
    #[when(!self.items.is_empty(), timeout, until)]
    #[must_use]
    pub fn take(&mut self) -> Option<T> {
        self.items.pop()
    }

    /// Waits for some.
    #[when(self.items.len() >= n && n >= *least)]
    #[deprecated = "nobody wants it"]
    pub fn wait_for(&self, n: usize, least: &usize) -> bool {
        self.items.len() >= n.min(*least)
    }

    /// Converts.
    #[must_use]
    pub fn sum<S: From<T> + core::iter::Sum<S>>(&self) -> S {
        self.items.iter().cloned().map(S::from).sum()
    }

    /// Its name, which is not in it.
    #[must_use]
    pub fn label<'s>(&'s self) -> &'a str
    where
        'a: 's,
    {
        self.label
    }

    /// A part of it.
    #[must_use]
    pub fn split(&mut self, _at: usize) -> Self {
        Self::new(self.label)
    }
}

/// Seen by nobody outside.
struct Private(u8);

#[monitor(SharedPrivate)]
impl Private {
    /// Looks like an open door.
    pub(crate) fn count(&mut self) -> u8 {
        self.0 += 1;
        self.0
    }
}

#[threadkit::main]
fn main() -> Result<(), JoinError> {
    alone();
    add(get() + all());
    unit();
    loud();
    let _ = soon();
    let _: fn() -> ! = never;
    Worker { id: 1 }.start().join()?;
    assert_eq!(Block { item: &1 }.start().join()?, Some(1));
    assert_eq!(Constant(2).start().join()?, 1);
    inner::Hidden.start().join()?;
    inner::unused_stop(1).join()?;
    let _: fn(inner::Endless) -> JoinHandle<()> = inner::Endless::start;
    let _: fn() -> JoinHandle<_> = endless;
    assert_eq!(double(2).join()?, 4);
    assert_eq!(Unit.one().join()?, 2);
    assert_eq!(sum(1, 2).join()?, 3);
    let service = Arc::new(Service {
        state: Lock::new(Vec::new()),
    });
    service.push(service.name().len().try_into().unwrap_or(0));
    assert_eq!(service.flush().join()?, 1);
    let items = SharedItems::<u8, 2>::new("items");
    items.put(1, (0, 0), 0);
    let limit = Duration::from_secs(1);
    assert!(items.put_timeout(2, (0, 0), 0, limit).is_ok());
    assert!(items.put_until(2, (0, 0), 0, Duration::ZERO).is_err());
    assert_eq!(items.sum::<u64>(), 3);
    assert_eq!(items.take(), Some(2));
    assert!(items.take_timeout(limit).is_ok() && items.take_until(Duration::ZERO).is_err());
    assert!(!items.is_poisoned());
    items.repair(|items| items.items.clear());
    assert!(SharedItems::from(items.split(0)).label() == items.label());
    assert_eq!(SharedPrivate::from(Private(0)).count(), 1);
    Ok(())
}
