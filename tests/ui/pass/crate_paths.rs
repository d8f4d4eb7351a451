//! Every way to say where threadkit is.
#![deny(warnings)]

mod facade {
    pub mod deep {
        pub use threadkit as threads;
    }

    pub mod inner {
        use super::deep::threads::{Lock, StopToken, synchronized, thread};

        static LOCK: Lock<u8> = Lock::new(1);

        #[synchronized(n = LOCK, crate = super::deep::threads)]
        pub fn by_super() -> u8 {
            *n
        }

        #[thread(crate = crate::facade::deep::threads)]
        pub fn by_crate(stop: &StopToken) -> bool {
            stop.is_stopped()
        }
    }
}

use facade::deep::threads as renamed;

#[renamed::synchronized(crate = self::facade::deep::threads)]
fn by_self() {}

#[renamed::thread(name = "{0}", crate = renamed)]
struct Worker(u8);

impl Worker {
    fn run(self) {}
}

#[derive(renamed::Thread)]
#[thread(crate = ::threadkit)]
struct Derived;

impl Derived {
    fn run(self) {}
}

#[renamed::main(crate = facade::deep::threads)]
fn main() {
    assert_eq!(facade::inner::by_super(), 1);
    assert!(!facade::inner::by_crate().join().unwrap());
    by_self();
    Worker(1).start();
    Derived.start();
}
