//! Items, bodies, locks and types that were matched by a macro's fragments.
#![deny(warnings)]

use std::sync::Arc;

use threadkit::prelude::*;

macro_rules! locked {
    ($(#[$meta:meta])* $vis:vis $name:ident, $guard:ident, $lock:expr, $ty:ty, $body:block) => {
        $(#[$meta])*
        #[synchronized($guard = $lock)]
        $vis fn $name(&self) -> $ty $body
    };
}

struct Counter {
    count: Lock<u32>,
}

impl Counter {
    locked!(
        /// Counts.
        #[inline]
        pub next, count, Lock::new(1), u32, { *count += 1; *count }
    );

    locked!(get, count, STATIC, u32, { *count });
}

static STATIC: Lock<u32> = Lock::new(7);

macro_rules! function {
    ($item:item) => {
        #[synchronized]
        $item
    };
}

function! {
    fn whole() -> u8 {
        3
    }
}

macro_rules! worker {
    ($name:ident { $($field:ident: $ty:ty),* }, $pattern:literal, $output:ty) => {
        #[thread(name = $pattern)]
        struct $name {
            $($field: $ty),*
        }

        impl $name {
            fn run(self) {
                $(let _moved = self.$field;)*
            }
        }

        #[thread(returns = $output)]
        struct Returns($output);

        impl Returns {
            fn run(self) -> $output {
                self.0
            }
        }
    };
}

worker!(Worker { id: u64, name: String }, "{name}-{id}", Vec<u8>);

macro_rules! function_thread {
    ($name:ident($($arg:pat_param => $ty:ty),*) -> $output:ty $body:block) => {
        #[thread]
        fn $name($($arg: $ty),*) -> $output $body
    };
}

function_thread!(add((a, b) => (u8, u8), c => Arc<u8>) -> u8 { a + b + *c });

macro_rules! impl_thread {
    ($ty:ty, $run:item) => {
        #[thread]
        impl $ty {
            $run
        }
    };
}

struct Blocked;

impl_thread!(Blocked, fn run(&mut self, stop: &StopToken) -> bool { stop.is_stopped() });

macro_rules! gauge {
    ($handle:ident for $name:ident, $ty:ty, $vis:vis $method:ident until $condition:expr) => {
        struct $name($ty);

        #[monitor($handle)]
        impl $name {
            $vis fn set(&mut self, value: $ty) {
                self.0 = value;
            }

            #[when(self.0 >= least && $condition, timeout)]
            $vis fn $method(&self, least: $ty) -> $ty {
                self.0
            }
        }
    };
}

gauge!(Shared for Gauge, u32, pub(crate) reach until true);

macro_rules! main_function {
    ($body:block) => {
        #[threadkit::main]
        fn main() $body
    };
}

main_function!({
    let counter = Counter { count: Lock::new(0) };
    assert_eq!((counter.next(), counter.get(), *counter.count.acquire()), (2, 7, 0));
    assert_eq!(whole(), 3);
    assert_eq!(&*Worker { id: 1, name: "w".into() }.start().name(), "w-1");
    assert_eq!(Returns(vec![1]).start().join().unwrap(), [1]);
    assert_eq!(add((1, 2), Arc::new(3)).join().unwrap(), 6);
    let gauge = Shared::from(Gauge(1));
    gauge.set(3);
    assert_eq!((gauge.reach(2), gauge.reach_timeout(4, Default::default()).ok()), (3, None));
    assert!(!Blocked.start().join().unwrap());
});
