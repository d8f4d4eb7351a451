//! `#[thread]` and `#[derive(Thread)]` from the outside.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use threadkit::prelude::*;

/// Longer than any of this takes, and short enough to wait for a test that hangs.
const LONG: Duration = Duration::from_secs(20);

mod impl_block {
    use super::*;

    struct Counter {
        id: u64,
        to: u32,
    }

    #[thread(name = "counter-{id:03}")]
    impl Counter {
        const STEP: u32 = 1;

        fn run(&mut self) -> u32 {
            let mut sum = 0;
            while sum < self.to {
                sum += Self::STEP;
            }
            sum
        }
    }

    #[test]
    fn returns_what_run_returns() {
        let handle = Counter { id: 7, to: 10 }.start();
        assert_eq!(&*handle.name(), "counter-007");
        assert_eq!(handle.join().unwrap(), 10);
    }

    struct Builder(Vec<u8>);

    #[thread]
    impl Builder {
        fn run(mut self) -> Self {
            self.0.push(1);
            self
        }
    }

    #[test]
    fn gives_the_struct_back() {
        assert_eq!(Builder(vec![0]).start().join().unwrap().0, [0, 1]);
    }

    struct Shared(AtomicU32);

    #[thread]
    impl Shared {
        fn run(&self) -> u32 {
            self.0.fetch_add(1, Ordering::Relaxed) + 1
        }
    }

    struct Used;

    #[thread]
    impl Used {
        fn run(self) {}
    }

    #[test]
    fn every_receiver() {
        assert_eq!(Shared(AtomicU32::new(1)).start().join().unwrap(), 2);
        Used.start().join().unwrap();
    }

    struct Patient {
        ready: mpsc::Sender<()>,
    }

    #[thread]
    impl Patient {
        fn run(&mut self, stop: &StopToken) -> bool {
            self.ready.send(()).unwrap();
            stop.wait_timeout(LONG)
        }
    }

    #[test]
    fn takes_a_stop_token() {
        let (ready, is_ready) = mpsc::channel();
        let handle = Patient { ready }.start();
        is_ready.recv_timeout(LONG).unwrap();
        handle.stop();
        assert!(handle.join().unwrap(), "the token was not the thread's own");
    }

    struct Generic<'a, T, const N: usize>
    where
        T: Clone,
    {
        items: [T; N],
        label: &'a str,
    }

    #[thread(name = "{label}")]
    impl<'a, T, const N: usize> Generic<'a, T, N>
    where
        T: Clone + PartialOrd,
    {
        fn run(self) -> Option<T> {
            let mut items = self.items.into_iter();
            let first = items.next()?;
            Some(items.fold(first, |best, item| if item > best { item } else { best }))
        }
    }

    #[test]
    fn generics() {
        let generic = Generic {
            items: [3, 9, 4],
            label: "greatest",
        };
        let handle = generic.start();
        assert_eq!(&*handle.name(), "greatest");
        assert_eq!(handle.join().unwrap(), Some(9));
    }

    #[test]
    fn what_borrows_is_still_something_that_runs() {
        let label = String::from("local");
        let generic = Generic {
            items: [1, 2],
            label: &label,
        };
        assert_eq!(threadkit::Run::run(Box::new(generic)), Some(2));
    }

    #[test]
    fn what_borrows_runs_in_a_scope() {
        let label = String::from("borrowed");
        let (name, greatest) = threadkit::scope(|scope| {
            let handle = scope.spawn(Generic {
                items: [2, 8],
                label: &label,
            });
            (handle.name(), handle.join().unwrap())
        });
        assert_eq!((&*name, greatest), ("borrowed", Some(8)));
    }

    trait Job {
        fn run(&mut self) -> String;
    }

    struct Hired;

    #[thread]
    impl Job for Hired {
        fn run(&mut self) -> String {
            "job".into()
        }
    }

    trait Makes {
        type Made;
        type Part<'a>;
        fn run(self) -> Result<Self::Made, Vec<Self::Part<'static>>>;
    }

    struct Maker<T>(T);

    #[thread]
    impl<T: Clone> Makes for Maker<T> {
        type Made = (T, T);
        type Part<'a> = &'a str;

        fn run(self) -> Result<Self::Made, Vec<Self::Part<'static>>> {
            Ok((self.0.clone(), self.0))
        }
    }

    #[test]
    fn a_result_that_the_trait_names() {
        assert_eq!(Maker(3).start().join().unwrap(), Ok((3, 3)));
    }

    struct Printer<T>(T);

    #[thread(shared)]
    impl<T> Printer<T> {
        fn run<'a>(&'a self) -> String
        where
            T: std::fmt::Display,
            Self: 'a,
        {
            self.0.to_string()
        }
    }

    struct Picky<T>(T);

    #[thread]
    impl<T> Makes for Picky<T>
    where
        T: Clone,
    {
        type Made = u8;
        type Part<'a> = T;

        fn run(self) -> Result<Self::Made, Vec<Self::Part<'static>>>
        where
            Self::Made: Copy,
        {
            Err(vec![self.0])
        }
    }

    #[test]
    fn what_run_asks_for_itself() {
        let printer = Printer(4).start();
        assert_eq!(printer.join().unwrap(), "4");
        assert_eq!(Picky(5).start().join().unwrap(), Err(vec![5]));
    }

    #[test]
    fn run_of_a_trait() {
        assert_eq!(Hired.start().join().unwrap(), "job");
        assert_eq!(Job::run(&mut Hired), "job");
    }

    /// It is a promise about the type; `run` itself is as safe as any method.
    ///
    /// # Safety
    ///
    /// Nothing relies on it.
    unsafe trait Promised {
        fn run(&mut self) -> u8;
    }

    struct Trusted;

    #[thread]
    // SAFETY: nothing relies on it.
    unsafe impl Promised for Trusted {
        fn run(&mut self) -> u8 {
            3
        }
    }

    #[test]
    fn run_of_an_unsafe_trait() {
        assert_eq!(Trusted.start().join().unwrap(), 3);
    }

    struct PerPlatform;

    #[thread]
    impl PerPlatform {
        #[cfg(unix)]
        fn run(&self) -> &'static str {
            "unix"
        }

        #[cfg(not(unix))]
        fn run(&self) -> u32 {
            1
        }
    }

    #[test]
    #[cfg(unix)]
    fn run_under_cfg() {
        assert_eq!(PerPlatform.start().join().unwrap(), "unix");
    }

    struct Endless(mpsc::Sender<()>);

    #[thread(daemon)]
    impl Endless {
        fn run(&mut self, stop: &StopToken) -> ! {
            self.0.send(()).unwrap();
            loop {
                stop.wait();
                if stop.is_stopped() {
                    panic!("stopped");
                }
            }
        }
    }

    #[test]
    fn run_that_never_returns() {
        let (ready, is_ready) = mpsc::channel();
        let handle = Endless(ready).start();
        is_ready.recv_timeout(LONG).unwrap();
        handle.stop();
        assert!(handle.join().is_err());
    }

    enum Either {
        Left(u8),
        Right,
    }

    #[thread]
    impl Either {
        fn run(self) -> u8 {
            match self {
                Self::Left(value) => value,
                Self::Right => 0,
            }
        }
    }

    #[test]
    fn enums() {
        assert_eq!(Either::Left(3).start().join().unwrap(), 3);
        assert_eq!(Either::Right.start().join().unwrap(), 0);
    }
}

mod structs {
    use super::*;

    static DONE: AtomicBool = AtomicBool::new(false);

    #[thread]
    struct Plain;

    impl Plain {
        fn run(&mut self) {
            DONE.store(true, Ordering::Release);
        }
    }

    #[test]
    fn a_unit_struct() {
        let () = Plain.start().join().unwrap();
        assert!(DONE.load(Ordering::Acquire));
    }

    #[thread(name = "{{{0}}}-{1:?}", returns = usize, stack_size = 256 * 1024)]
    struct Tuple(u8, &'static str);

    impl Tuple {
        fn run(self) -> usize {
            self.1.len() + usize::from(self.0)
        }
    }

    #[test]
    fn a_tuple_struct() {
        let handle = Tuple(4, "four").start();
        assert_eq!(&*handle.name(), "{4}-\"four\"");
        assert_eq!(handle.join().unwrap(), 8);
    }

    #[thread(returns = Self)]
    struct Back {
        result: u32,
    }

    impl Back {
        fn run(mut self) -> Self {
            self.result += 1;
            self
        }
    }

    #[test]
    fn the_struct_itself() {
        assert_eq!(Back { result: 1 }.start().join().unwrap().result, 2);
    }

    #[thread(returns = Vec<T>)]
    struct Generic<T: Clone = u8, const N: usize = 2>
    where
        T: PartialEq,
    {
        item: T,
    }

    impl<T: Clone + PartialEq, const N: usize> Generic<T, N> {
        fn run(&self) -> Vec<T> {
            vec![self.item.clone(); N]
        }
    }

    #[test]
    fn generics_with_defaults() {
        let generic: Generic = Generic { item: 3 };
        assert_eq!(generic.start().join().unwrap(), [3, 3]);
    }

    #[derive(Clone, Thread, Debug)]
    #[thread(name = "{type}", daemon = true)]
    struct Derived {
        r#type: &'static str,
    }

    impl Derived {
        fn run(self) {}
    }

    #[test]
    fn derived_with_a_raw_field() {
        let derived = Derived { r#type: "kind" };
        let handle = derived.clone().start();
        assert_eq!(&*handle.name(), "kind");
        handle.join().unwrap();
    }

    #[derive(Thread)]
    struct DerivedPlain;

    impl DerivedPlain {
        fn run(&self) {}
    }

    #[test]
    fn derived_without_options() {
        DerivedPlain.start().join().unwrap();
    }

    #[thread]
    enum Choice {
        Only,
    }

    impl Choice {
        fn run(self) {
            let Self::Only = self;
        }
    }

    #[test]
    fn an_enum() {
        Choice::Only.start().join().unwrap();
    }

    #[thread]
    struct Endless;

    impl Endless {
        fn run(&mut self) -> ! {
            panic!("the only way out")
        }
    }

    #[test]
    fn run_that_never_returns() {
        assert!(Endless.start().join().is_err());
    }

    #[test]
    fn the_same_type_started_twice() {
        let first = Tuple(1, "a").start();
        let second = Tuple(2, "b").start();
        assert_eq!(first.join().unwrap() + second.join().unwrap(), 5);
    }
}

mod shared {
    use super::*;

    struct Progress {
        id: u8,
        done: Lock<u32>,
        seen: Lock<bool>,
    }

    #[thread(shared, name = "progress-{id}")]
    impl Progress {
        fn run(&self, stop: &StopToken) -> u32 {
            *self.done.acquire() += 1;
            let _ = stop.wait_timeout(LONG);
            *self.done.acquire() += 1;
            u32::from(*self.seen.acquire())
        }
    }

    #[test]
    fn the_struct_is_seen_while_it_runs_and_after() {
        let progress = Progress {
            id: 3,
            done: Lock::new(0),
            seen: Lock::new(false),
        };
        let handle = progress.start();
        assert_eq!(&*handle.name(), "progress-3");
        while *handle.shared().done.acquire() == 0 {
            std::thread::yield_now();
        }
        *handle.shared().seen.acquire() = true;
        assert!(!handle.is_finished());
        handle.stop();
        handle.wait();
        let shared = Arc::clone(handle.shared());
        assert_eq!(handle.join().unwrap(), 1);
        assert_eq!(*shared.done.acquire(), 2);
        assert_eq!(Arc::strong_count(&shared), 1, "the thread has let it go");
    }

    #[thread(shared)]
    struct Quiet<T>(T);

    impl<T> Quiet<T> {
        fn run(&self) {}
    }

    #[derive(Thread)]
    #[thread(shared, returns = u8, daemon)]
    struct Loud(u8);

    impl Loud {
        fn run(&self) -> u8 {
            self.0
        }
    }

    #[test]
    fn on_a_struct() {
        let (quiet, handle) = Quiet("text").start().into_parts();
        assert!(handle.name().ends_with("(Quiet)"), "{}", handle.name());
        handle.join().unwrap();
        assert_eq!(quiet.0, "text");
        let loud = Loud(3).start();
        assert!(loud.thread().is_daemon());
        assert_eq!(loud.join().unwrap(), 3);
    }

    #[test]
    fn it_still_runs_without_being_shared() {
        assert_eq!(threadkit::Thread::new(Loud(4)).start().join().unwrap(), 4);
    }
}
