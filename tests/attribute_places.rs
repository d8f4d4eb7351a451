//! Every attribute in every place where it can stand; `threadkit-macros/docs/places.md` is the table.

use std::sync::Arc;

use threadkit::prelude::*;

static LOCK: Lock<u32> = Lock::new(0);

/// A field to lock.
struct Counter(Lock<u32>);

impl Counter {
    fn shared(n: u32) -> Arc<Self> {
        Arc::new(Self(Lock::new(n)))
    }
}

mod free_functions {
    use super::*;

    #[synchronized]
    fn alone() -> u32 {
        1
    }

    #[synchronized(LOCK)]
    fn locked() -> bool {
        LOCK.is_locked()
    }

    #[synchronized(n = LOCK, timeout = std::time::Duration::MAX, else = 0)]
    fn limited() -> u32 {
        *n + 2
    }

    #[thread(name = "{n}")]
    fn started(n: u32) -> u32 {
        n
    }

    #[threadkit::main]
    fn waits() -> u32 {
        started(4).join().unwrap_or(0)
    }

    #[threadkit::explore(runs = 3)]
    fn explored() {
        assert_eq!(started(5).join().unwrap(), 5);
    }

    #[test]
    fn work() {
        assert_eq!((alone(), limited()), (1, 2));
        assert!(locked());
        assert_eq!((started(3).join().unwrap(), waits()), (3, 4));
        explored();
    }
}

mod associated_functions {
    use super::*;

    impl Counter {
        #[synchronized]
        fn alone() -> u32 {
            1
        }

        #[synchronized(LOCK)]
        fn locked() -> bool {
            LOCK.is_locked()
        }

        #[thread]
        fn started(counter: Arc<Self>) -> u32 {
            *counter.0.acquire()
        }

        #[threadkit::main]
        fn waits() -> u32 {
            Self::started(Self::shared(4)).join().unwrap_or(0)
        }

        #[threadkit::explore(runs = 3)]
        fn explored() {
            assert_eq!(Self::started(Self::shared(5)).join().unwrap(), 5);
        }
    }

    #[test]
    fn work() {
        assert_eq!(Counter::alone(), 1);
        assert!(Counter::locked());
        assert_eq!(Counter::started(Counter::shared(3)).join().unwrap(), 3);
        assert_eq!(Counter::waits(), 4);
        Counter::explored();
    }
}

mod methods {
    use super::*;

    impl Counter {
        #[synchronized(n = self.0)]
        fn up(&self) -> u32 {
            *n += 1;
            *n
        }

        #[synchronized(n = self.0)]
        fn exclusive(&mut self) -> u32 {
            *n
        }

        #[synchronized(n = self.0, timeout = std::time::Duration::MAX, else = 0)]
        fn through_an_arc(self: Arc<Self>) -> u32 {
            *n
        }

        #[thread]
        fn in_a_thread(self: Arc<Self>) -> u32 {
            self.up()
        }

        #[thread]
        fn used_up(self) -> u32 {
            self.0.into_inner()
        }
    }

    #[test]
    fn work() {
        let counter = Counter::shared(0);
        assert_eq!(counter.up(), 1);
        assert_eq!(counter.clone().through_an_arc(), 1);
        assert_eq!(counter.clone().in_a_thread().join().unwrap(), 2);
        assert_eq!(Counter(Lock::new(8)).exclusive(), 8);
        assert_eq!(Counter(Lock::new(9)).used_up().join().unwrap(), 9);
    }
}

mod traits {
    use super::*;

    trait Work: Send + Sync + Sized + 'static {
        fn lock(&self) -> &Lock<u32>;

        #[synchronized(n = self.lock())]
        fn provided(&self) -> u32 {
            *n += 1;
            *n
        }

        #[synchronized]
        fn provided_alone() -> u32 {
            5
        }

        #[thread]
        fn provided_thread(self: Arc<Self>) -> u32 {
            self.provided()
        }

        #[thread]
        fn provided_function(n: u32) -> u32 {
            n
        }

        #[threadkit::main]
        fn provided_main() -> u32 {
            Self::provided_function(6).join().unwrap_or(0)
        }

        #[threadkit::explore(runs = 3)]
        fn provided_explored() {
            assert_eq!(Self::provided_function(7).join().unwrap(), 7);
        }

        fn implemented(&self) -> u32;
        fn implemented_alone() -> u32;
        fn implemented_thread(self) -> JoinHandle<u32>;
        fn of_the_block(&self) -> u32;
    }

    // Methods with an attribute of their own are left to it by that of the block.
    #[synchronized(n = self.0)]
    impl Work for Counter {
        #[unsynchronized]
        fn lock(&self) -> &Lock<u32> {
            &self.0
        }

        #[synchronized(own = self.0)]
        fn implemented(&self) -> u32 {
            *own
        }

        #[synchronized]
        fn implemented_alone() -> u32 {
            8
        }

        #[unsynchronized]
        #[thread]
        fn implemented_thread(self) -> u32 {
            self.0.into_inner()
        }

        fn of_the_block(&self) -> u32 {
            *n
        }
    }

    trait Job {
        fn run(&mut self) -> u32;
    }

    #[thread]
    impl Job for Counter {
        fn run(&mut self) -> u32 {
            *self.0.get_mut()
        }
    }

    #[test]
    fn work() {
        let counter = Counter::shared(0);
        assert_eq!((counter.provided(), Counter::provided_alone()), (1, 5));
        assert_eq!(counter.clone().provided_thread().join().unwrap(), 2);
        assert_eq!(Counter::provided_function(3).join().unwrap(), 3);
        assert_eq!(Counter::provided_main(), 6);
        Counter::provided_explored();
        assert_eq!((counter.implemented(), counter.of_the_block()), (2, 2));
        assert_eq!(Counter::implemented_alone(), 8);
        let used_up = Counter(Lock::new(9)).implemented_thread();
        assert_eq!(used_up.join().unwrap(), 9);
        assert_eq!(Counter(Lock::new(7)).start().join().unwrap(), 7);
    }
}

mod structs_whose_run_is_a_traits {
    use super::*;

    trait ByValue {
        fn run(self) -> u32;
    }

    trait ByReference {
        fn run(&self);
    }

    #[thread(returns = u32)]
    struct Taken(u32);

    impl ByValue for Taken {
        fn run(self) -> u32 {
            self.0
        }
    }

    #[derive(Thread)]
    struct Borrowed;

    impl ByReference for Borrowed {
        fn run(&self) {}
    }

    #[test]
    fn work() {
        assert_eq!(Taken(1).start().join().unwrap(), 1);
        Borrowed.start().join().unwrap();
    }
}

mod generics {
    use super::*;

    #[synchronized]
    fn alone<T: Copy, const N: usize>(items: [T; N]) -> Option<T> {
        items.first().copied()
    }

    #[synchronized(n = LOCK)]
    fn locked<T: From<u32>>() -> T {
        T::from(*n)
    }

    #[thread]
    fn started<T: Send + 'static>(item: T) -> T {
        item
    }

    #[threadkit::main]
    fn waits<T: Send + 'static>() -> Option<T> {
        started(None).join().ok().flatten()
    }

    #[threadkit::explore(runs = 3)]
    fn explored<T: Default + PartialEq + Send + 'static>() {
        assert!(started(T::default()).join().unwrap() == T::default());
    }

    #[derive(Thread)]
    struct Worker<T: Copy>(T);

    impl<T: Copy> Worker<T> {
        fn run(&self) {
            let _ = self.0;
        }
    }

    struct Value<'a, T>(&'a T);

    #[monitor(SharedValue)]
    impl<'a, T: Copy> Value<'a, T> {
        pub(crate) fn get<U: From<T>>(&self) -> U {
            U::from(*self.0)
        }
    }

    #[test]
    fn work() {
        assert_eq!((alone([3, 4]), locked::<u64>()), (Some(3), 0));
        assert_eq!(started("x").join().unwrap(), "x");
        assert_eq!(waits::<u8>(), None);
        explored::<u8>();
        Worker(1).start().join().unwrap();
        assert_eq!(SharedValue::from(Value(&6_u8)).get::<u32>(), 6);
    }
}

mod out_of_macros {
    use super::*;

    macro_rules! all {
        ($alone:ident, $locked:ident, $started:ident, $waits:ident, $explored:ident,
         $worker:ident, $value:ident, $handle:ident, $guard:ident = $lock:expr, $body:block) => {
            #[synchronized]
            fn $alone() -> u32 $body

            #[synchronized($guard = $lock)]
            fn $locked() -> u32 {
                *$guard
            }

            #[thread]
            fn $started() -> u32 $body

            #[threadkit::main]
            fn $waits() -> u32 $body

            #[threadkit::explore(runs = 3)]
            fn $explored() {
                assert_eq!($body, 2);
            }

            #[thread(returns = u32)]
            struct $worker;

            impl $worker {
                fn run(&self) -> u32 $body
            }

            struct $value;

            #[monitor($handle)]
            impl $value {
                pub(crate) fn get(&self) -> u32 $body
            }
        };
    }

    all!(
        alone,
        locked,
        started,
        waits,
        explored,
        Worker,
        Value,
        Shared,
        n = LOCK,
        { 2 }
    );

    #[test]
    fn work() {
        assert_eq!((alone(), locked(), waits()), (2, 0, 2));
        assert_eq!(started().join().unwrap(), 2);
        assert_eq!(Worker.start().join().unwrap(), 2);
        assert_eq!(Shared::from(Value).get(), 2);
        explored();
    }
}

mod inside_functions {
    use super::*;

    #[test]
    fn work() {
        static INNER: Lock<u32> = Lock::new(3);

        #[synchronized]
        fn alone() -> u32 {
            #[synchronized]
            fn alone() -> u32 {
                1
            }
            alone() + 1
        }

        #[synchronized(n = INNER)]
        fn locked() -> u32 {
            *n
        }

        #[thread]
        fn started() -> u32 {
            #[thread]
            fn started() -> u32 {
                4
            }
            started().join().unwrap_or(0)
        }

        #[threadkit::main]
        fn waits() -> u32 {
            5
        }

        #[threadkit::explore(runs = 3)]
        fn explored() {
            #[thread]
            fn started() {}
            started().join().unwrap();
        }

        struct Worker;

        #[thread]
        impl Worker {
            fn run(self) -> u32 {
                6
            }
        }

        #[derive(Thread)]
        struct Derived;

        impl Derived {
            fn run(self) {}
        }

        struct Value(u32);

        #[monitor(SharedValue, poison)]
        impl Value {
            #[when(self.0 > 6)]
            pub(crate) fn get(&self) -> u32 {
                self.0
            }
        }

        assert_eq!((alone(), locked(), waits()), (2, 3, 5));
        assert_eq!(started().join().unwrap(), 4);
        explored();
        assert_eq!(Worker.start().join().unwrap(), 6);
        Derived.start().join().unwrap();
        assert_eq!(SharedValue::from(Value(7)).get(), 7);
    }
}

mod in_a_scope {
    use super::*;

    /// Borrows, so that it can run in a scope only.
    struct Reader<'a>(&'a [u32]);

    #[thread]
    impl Reader<'_> {
        fn run(self) -> u32 {
            self.0.iter().sum()
        }
    }

    #[test]
    fn work() {
        let list = vec![1, 2, 3];
        let sum = threadkit::scope(|scope| {
            #[synchronized(LOCK)]
            fn locked(n: u32) -> u32 {
                n
            }

            #[thread]
            fn started(n: u32) -> u32 {
                n
            }

            let reader = scope.spawn(Reader(&list));
            let under_a_lock = scope.spawn(|| locked(list[0]));
            let own = started(10);
            reader.join().unwrap() + under_a_lock.join().unwrap() + own.join().unwrap()
        });
        assert_eq!(sum, 17);
    }
}

mod unusual_words {
    use super::*;

    #[synchronized]
    unsafe extern "C" fn alone(n: u32) -> u32 {
        n
    }

    #[synchronized(n = LOCK)]
    pub(in crate::unusual_words) unsafe fn locked(_: &u8) -> impl Fn() -> u32 + use<> {
        let n = *n;
        move || n
    }

    #[synchronized(LOCK)]
    #[track_caller]
    fn never() -> ! {
        panic!("never")
    }

    extern "C" fn start_of_all() -> u32 {
        #[thread]
        extern "C" fn started() -> u32 {
            3
        }
        started().join().unwrap_or(0)
    }

    #[thread]
    #[track_caller]
    fn tracked() -> u32 {
        4
    }

    #[threadkit::main]
    unsafe extern "C" fn waits() -> u32 {
        5
    }

    #[threadkit::main]
    #[track_caller]
    fn hidden() -> impl Fn() -> u32 {
        || 6
    }

    #[threadkit::explore(runs = 3)]
    unsafe extern "C" fn explored() {}

    #[threadkit::explore(runs = 3)]
    #[track_caller]
    fn explored_and_tracked() {}

    #[test]
    fn work() {
        // SAFETY: neither has anything to be promised.
        let (one, zero) = unsafe { (alone(1), locked(&0)()) };
        assert_eq!((one, zero, start_of_all()), (1, 0, 3));
        // SAFETY: as above.
        let five = unsafe {
            explored();
            waits()
        };
        explored_and_tracked();
        assert_eq!((tracked().join().unwrap(), five, hidden()()), (4, 5, 6));
        assert!(threadkit::spawn(|| -> u8 { never() }).join().is_err());
        let limit = std::time::Duration::from_secs(20);
        assert!(LOCK.acquire_timeout(limit).is_ok(), "a panic releases it");
    }
}
