//! `#[thread]` on functions and methods, from the outside.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use threadkit::prelude::*;

/// Longer than any of this takes, and short enough to wait for a test that hangs.
const LONG: Duration = Duration::from_secs(20);

#[thread]
fn add(a: u32, b: u32) -> u32 {
    a + b
}

#[test]
fn calling_starts() {
    assert_eq!(add(1, 2).join().unwrap(), 3);
}

#[thread(name = "crawl-{url}-{depth:02}")]
fn crawl(url: String, mut depth: u8, stop: &StopToken) -> (String, u8, bool) {
    depth += 1;
    (url, depth, stop.wait_timeout(LONG))
}

#[test]
fn parameters_name_and_stop_token() {
    let handle = crawl("a.example".into(), 3);
    assert_eq!(&*handle.name(), "crawl-a.example-03");
    handle.stop();
    assert_eq!(handle.join().unwrap(), ("a.example".into(), 4, true));
}

#[thread]
fn patterns((a, mut b): (u8, u8), [c, ..]: [u8; 3], _: u8, ref d: String) -> String {
    b += c;
    format!("{a}{b}{d}")
}

#[test]
fn every_pattern() {
    assert_eq!(
        patterns((1, 2), [3, 4, 5], 6, "x".into()).join().unwrap(),
        "15x"
    );
}

#[thread]
fn quick(text: &'static str) -> Result<u32, std::num::ParseIntError> {
    let number: u32 = text.parse()?;
    if number == 0 {
        return Ok(100);
    }
    Ok(number)
}

#[test]
fn question_mark_and_return() {
    assert_eq!(quick("7").join().unwrap(), Ok(7));
    assert_eq!(quick("0").join().unwrap(), Ok(100));
    assert!(quick("x").join().unwrap().is_err());
}

#[thread]
fn generic<T, const N: usize>(mut items: [T; N]) -> Vec<T>
where
    T: Clone + Ord + Send + 'static,
{
    items.sort();
    items.to_vec()
}

#[test]
fn generics() {
    assert_eq!(generic([3, 1, 2]).join().unwrap(), [1, 2, 3]);
}

#[thread]
fn called(work: impl FnOnce() -> u8 + Send + 'static) -> u8 {
    work()
}

#[test]
fn an_impl_trait_parameter() {
    assert_eq!(called(|| 5).join().unwrap(), 5);
}

struct Cache {
    label: &'static str,
    flushed: AtomicU32,
}

impl Cache {
    #[thread(name = "flush-{label}")]
    fn flush(self: Arc<Self>, by: u32, stop: &StopToken) -> u32 {
        assert!(!stop.is_stopped());
        self.flushed.fetch_add(by, Ordering::Relaxed) + by
    }

    #[thread]
    fn consume(self) -> Self {
        self
    }

    #[thread]
    fn make(label: &'static str) -> Self {
        Self {
            label,
            flushed: AtomicU32::new(0),
        }
    }
}

#[test]
fn methods() {
    let cache = Arc::new(
        Cache::make("disk")
            .join()
            .unwrap()
            .consume()
            .join()
            .unwrap(),
    );
    let handle = Arc::clone(&cache).flush(2);
    assert_eq!(&*handle.name(), "flush-disk");
    assert_eq!(handle.join().unwrap(), 2);
    assert_eq!(cache.flushed.load(Ordering::Relaxed), 2);
}

/// Says when it is dropped, and on which thread.
struct Witness(mpsc::Sender<std::thread::ThreadId>);

impl Drop for Witness {
    fn drop(&mut self) {
        let _ = self.0.send(std::thread::current().id());
    }
}

#[thread]
fn unused_parameters(_first: Witness, _: Witness) -> std::thread::ThreadId {
    std::thread::current().id()
}

struct Holder {
    _witness: Witness,
    number: u8,
}

impl Holder {
    #[thread]
    fn unused_self(self) -> std::thread::ThreadId {
        std::thread::current().id()
    }

    #[thread]
    fn partly_used_self(self) -> (u8, std::thread::ThreadId) {
        (self.number, std::thread::current().id())
    }
}

#[test]
fn what_the_body_does_not_use_lives_in_the_thread_all_the_same() {
    let (sender, dropped_on) = mpsc::channel();
    let witness = || Witness(sender.clone());
    let id = unused_parameters(witness(), witness()).join().unwrap();
    assert_eq!(
        [dropped_on.recv().unwrap(), dropped_on.recv().unwrap()],
        [id, id]
    );
    let id = Holder {
        _witness: witness(),
        number: 1,
    }
    .unused_self()
    .join()
    .unwrap();
    assert_eq!(dropped_on.recv().unwrap(), id);
    let (number, id) = Holder {
        _witness: witness(),
        number: 1,
    }
    .partly_used_self()
    .join()
    .unwrap();
    assert_eq!((number, dropped_on.recv().unwrap()), (1, id));
}

#[thread]
fn two_tokens(given: &'static StopToken, own: &StopToken) -> (bool, bool) {
    (given.is_stopped(), own.is_stopped())
}

#[thread]
fn owned_token(given: StopToken, own: &StopToken) -> (bool, bool) {
    (given.is_stopped(), own.is_stopped())
}

#[test]
fn a_token_that_is_given_is_a_parameter_like_any() {
    let source = threadkit::StopSource::new();
    let given = Box::leak(Box::new(source.token()));
    source.stop();
    assert_eq!(two_tokens(given).join().unwrap(), (true, false));
    assert_eq!(owned_token(source.token()).join().unwrap(), (true, false));
}

#[thread(daemon, stack_size = 512 * 1024)]
fn forever(stop: &StopToken) -> ! {
    stop.wait();
    panic!("stopped")
}

#[test]
fn a_function_that_never_returns() {
    let handle = forever();
    handle.stop();
    assert!(handle.join().is_err());
}

#[thread]
fn calls_itself(depth: u8) -> u8 {
    if depth == 0 {
        0
    } else {
        calls_itself(depth - 1).join().unwrap() + 1
    }
}

#[test]
fn a_call_inside_starts_another() {
    assert_eq!(calls_itself(3).join().unwrap(), 3);
}

#[thread]
fn borrows_to_its_end(list: Vec<String>) -> usize {
    // The tail's temporary borrows from the parameter.
    list.iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .iter()
        .map(|text| text.len())
        .sum()
}

#[test]
fn tail_temporaries() {
    assert_eq!(
        borrows_to_its_end(vec!["ab".into(), "c".into()])
            .join()
            .unwrap(),
        3
    );
}

#[thread]
fn either(
    pick: fn(&str) -> &str,
    other: Box<dyn Fn(&str) -> &str + Send>,
) -> Box<dyn Fn(&str) -> &str + Send> {
    if other("a") == "a" {
        other
    } else {
        Box::new(pick)
    }
}

#[test]
fn signatures_with_lifetimes_of_their_own_are_no_borrows() {
    let picked = either(str::trim, Box::new(|text| &text[1..]))
        .join()
        .unwrap();
    assert_eq!(picked(" c "), "c");
}

/// The place where a parameter was dropped, in order.
struct Dropped(&'static str, Arc<Lock<Vec<&'static str>>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.1.acquire().push(self.0);
    }
}

#[thread(name = "{n}")]
fn lints_of_parameters(
    #[expect(unused_variables)] a: Dropped,
    n: u8,
    #[allow(unused_variables)] _: Dropped,
    #[expect(unused_mut)] mut b: Dropped,
    #[cfg_attr(all(), expect(unused_variables))] stop: &StopToken,
) {
    b.1.acquire().push("body");
}

#[test]
fn attributes_of_parameters_stay_with_the_body() {
    let drops = Arc::new(Lock::new(Vec::new()));
    let make = |name| Dropped(name, Arc::clone(&drops));
    let thread = lints_of_parameters(make("a"), 7, make("_"), make("b"));
    assert_eq!(&*thread.name(), "7");
    thread.join().unwrap();
    assert_eq!(*drops.acquire(), ["body", "b", "_", "a"]);
}
