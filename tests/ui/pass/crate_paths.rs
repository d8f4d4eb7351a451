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

struct Gauge(u8);

#[renamed::monitor(SharedGauge, poison, crate = self::facade::deep::threads)]
impl Gauge {
    #[when(self.0 >= least, timeout, until)]
    pub fn reach(&self, least: u8) -> u8 {
        self.0
    }
}

#[renamed::explore(runs = 2, crate = crate::facade::deep::threads)]
fn explored() {
    by_self();
}

#[renamed::main(crate = facade::deep::threads)]
fn main() {
    assert_eq!(facade::inner::by_super(), 1);
    assert!(!facade::inner::by_crate().join().unwrap());
    by_self();
    explored();
    let gauge = SharedGauge::from(Gauge(3));
    assert_eq!(gauge.reach(3), 3);
    assert!(gauge.reach_timeout(4, Default::default()).is_err());
    assert!(gauge.reach_until(4, std::time::Duration::ZERO).is_err());
    Worker(1).start();
    Derived.start();
}
