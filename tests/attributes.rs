//! Attributes beside ours, above or below them, keep their meaning. The library learns names and places from an
//! expansion.

use std::panic::catch_unwind;
use std::sync::{Arc, Mutex};

use threadkit::prelude::*;
use threadkit::{JoinHandle, current};

mod order {
    use super::*;

    static LOCK: Lock<u8> = Lock::new(0);

    #[test]
    #[synchronized(n = LOCK)]
    fn test_above() {
        *n = 1;
        assert!(LOCK.is_locked());
    }

    #[synchronized(n = LOCK)]
    #[test]
    #[should_panic(expected = "under the lock")]
    fn test_below() {
        *n = 2;
        panic!("under the lock");
    }

    #[must_use]
    #[inline]
    #[synchronized(n = LOCK)]
    #[doc(alias = "value")]
    fn above_and_below() -> u8 {
        *n
    }

    #[synchronized(a = LOCK)]
    #[synchronized(b = OTHER)]
    fn twice() -> u8 {
        *a + *b
    }

    static OTHER: Lock<u8> = Lock::new(100);

    #[thread(name = "{id}")]
    #[derive(Clone, Debug, PartialEq)]
    struct DeriveBelow {
        id: u8,
    }

    impl DeriveBelow {
        fn run(self) {}
    }

    #[derive(Clone, Debug, PartialEq)]
    #[thread(name = "{id}")]
    struct DeriveAbove {
        id: u8,
    }

    impl DeriveAbove {
        fn run(self) {}
    }

    #[test]
    fn attributes_and_derives() {
        assert!(above_and_below() < 100 && twice() >= 100);
        let below = DeriveBelow { id: 1 };
        assert_eq!(&*below.clone().start().name(), "1");
        assert_eq!(below, DeriveBelow { id: 1 });
        assert_eq!(&*DeriveAbove { id: 2 }.clone().start().name(), "2");
    }

    #[thread]
    #[cfg(any())]
    struct NotThere {
        field: Nonsense,
    }

    #[thread]
    #[cfg(any())]
    impl NotThere {
        fn run(self) -> Nonsense {}
    }

    #[thread]
    #[cfg(any())]
    fn not_there(_: Nonsense) {}

    #[synchronized(NONSENSE)]
    #[cfg(any())]
    fn not_there() {}

    #[thread(name = "{kept}")]
    struct PartlyThere {
        #[cfg(any())]
        gone: Nonsense,
        kept: u8,
    }

    impl PartlyThere {
        fn run(self) {}
    }

    #[test]
    fn cfg_below() {
        let partly = PartlyThere { kept: 3 };
        assert_eq!(&*partly.start().name(), "3");
    }
}

mod places_for_functions {
    use super::*;

    trait Service {
        fn serve(self: Arc<Self>) -> JoinHandle<u8>;

        #[thread]
        fn provided(self: Arc<Self>) -> u8
        where
            Self: Send + Sync + Sized + 'static,
        {
            5
        }

        fn count(&self) -> u8;
    }

    struct Server<T> {
        lock: Lock<u8>,
        item: T,
    }

    impl<T: Send + Sync + Copy + Into<u8> + 'static> Service for Server<T> {
        #[thread]
        fn serve(self: Arc<Self>) -> u8 {
            self.item.into()
        }

        #[synchronized(n = self.lock)]
        fn count(&self) -> u8 {
            *n
        }
    }

    #[test]
    fn methods_of_traits() {
        let server = Arc::new(Server {
            lock: Lock::new(2),
            item: 7u8,
        });
        assert_eq!(server.clone().serve().join().unwrap(), 7);
        assert_eq!(server.clone().provided().join().unwrap(), 5);
        assert_eq!(server.count(), 2);
    }

    #[test]
    fn functions_in_functions() {
        static LOCK: Lock<u8> = Lock::new(4);

        #[synchronized(n = LOCK)]
        fn locked() -> u8 {
            #[thread]
            fn inner(n: u8) -> u8 {
                n + 1
            }
            inner(*n).join().unwrap_or_default()
        }

        assert_eq!(locked(), 5);
    }
}

mod names {
    use super::*;

    #[thread]
    fn fetch() -> threadkit::ThreadName {
        current().name()
    }

    struct Loader;

    #[thread]
    impl Loader {
        fn run(self) -> threadkit::ThreadName {
            current().name()
        }
    }

    #[thread(daemon)]
    struct Daemon<T>(T);

    impl<T: Copy> Daemon<T> {
        fn work(&self) -> T {
            self.0
        }
    }

    impl<T> Daemon<T> {
        fn run(&self) {
            let _ = &self.0;
        }
    }

    impl Loader {
        #[thread]
        fn method(self) -> threadkit::ThreadName {
            current().name()
        }
    }

    #[test]
    fn the_default_name_tells_what_runs() {
        for (name, target) in [
            (fetch().join().unwrap(), "(fetch)"),
            (Loader.start().join().unwrap(), "(Loader)"),
            (Loader.method().join().unwrap(), "(method)"),
        ] {
            assert!(
                name.starts_with("Thread-") && name.ends_with(target),
                "{name}"
            );
        }
        let daemon = Daemon(1);
        assert_eq!(daemon.work(), 1);
        let handle = daemon.start();
        assert!(handle.name().ends_with("(Daemon)"), "{}", handle.name());
        assert!(handle.thread().is_daemon());
    }
}

mod places {
    use super::*;

    /// Debug builds know which thread holds which lock.
    #[cfg(debug_assertions)]
    mod of_locks {
        use super::*;

        static LOCK: Lock<u8> = Lock::new(0);

        const LINE: u32 = line!() + 2;

        #[synchronized(LOCK)]
        fn outer() {
            inner();
        }

        #[synchronized(LOCK)]
        fn inner() {}

        #[test]
        fn a_report_names_the_attribute() {
            let panic = catch_unwind(outer).unwrap_err();
            let message = panic.downcast_ref::<String>().expect("a message");
            let place = format!("attributes.rs:{LINE}:");
            assert!(message.contains(&place), "{message}");
        }
    }

    #[test]
    fn a_panic_in_a_thread_names_its_line() {
        #[thread]
        fn divide(by: u32) -> u32 {
            10 / by
        }

        let line = line!() - 3;
        let error = divide(0).join().unwrap_err();
        let place = format!("attributes.rs:{line}:");
        assert!(error.to_string().contains(&place), "{error}");
    }
}

mod release {
    use super::*;

    static LOCK: Lock<u8> = Lock::new(0);

    enum Way {
        Return,
        Question,
        Panic,
        Labeled,
    }

    #[synchronized(n = LOCK)]
    fn leave(way: &Way) -> Option<u8> {
        if let Way::Return = way {
            return Some(*n);
        }
        match way {
            Way::Return => unreachable!("has returned"),
            Way::Question => None?,
            Way::Panic => panic!("as expected"),
            Way::Labeled => 'block: {
                break 'block Some(1);
            }
        }
    }

    #[test]
    fn whatever_way_the_body_is_left() {
        let ways = [Way::Return, Way::Question, Way::Labeled, Way::Panic];
        for way in &ways {
            let _ = catch_unwind(|| leave(way));
            assert!(!LOCK.is_locked());
        }
    }

    #[synchronized(list = LIST)]
    fn released_early(item: u8) -> bool {
        list.push(item);
        drop(list);
        LIST.try_lock().is_ok()
    }

    static LIST: Mutex<Vec<u8>> = Mutex::new(Vec::new());

    #[test]
    fn the_guard_is_the_users_to_drop() {
        assert!(released_early(1));
    }

    #[synchronized(n = LOCK)]
    fn captured() -> impl Fn() -> u8 + use<> {
        let value = *n;
        move || value
    }

    #[test]
    fn what_is_returned_does_not_keep_the_lock() {
        let read = captured();
        assert!(!LOCK.is_locked());
        assert_eq!(read(), 0);
    }
}
