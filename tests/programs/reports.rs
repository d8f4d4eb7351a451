//! One program for each report, as the documentation shows it.

use std::env;
use std::mem;
use std::sync::Arc;
use std::thread;

use threadkit::inspect::{Policy, on_deadlock};
use threadkit::{Barrier, Latch, Lock, Once, Queue, RwLock, Thread, ThreadPool, exit_guard, scope};

type Handle = threadkit::JoinHandle<()>;

fn start(name: &str, body: impl FnOnce() + Send + 'static) -> Handle {
    Thread::new(body).name(name).daemon(true).start()
}

/// A lock that the caller and others share.
#[track_caller]
fn lock(name: &'static str) -> Arc<Lock<()>> {
    Arc::new(Lock::named(name, ()))
}

fn main() {
    let name = env::args().nth(1).expect("the name of a report");
    on_deadlock(Policy::Abort);
    match &*name {
        "cycle" => cycle(),
        "self" => own_lock(),
        "unwinding" => unwinding(),
        "ended" => ended(),
        "readers" => readers(),
        "writer" => writer(),
        "task" => task(),
        "scope" => in_scope(),
        "once" => once(),
        "queue" => queue(),
        "missing" => missing(),
        "dump" => dump(),
        other => without_a_lock(other),
    }
}

fn cycle() {
    let (a, b) = (Arc::new(Lock::named("a", 1)), Arc::new(Lock::named("b", 2)));
    let both = Arc::new(Barrier::new(2));
    let (a2, b2, both2) = (Arc::clone(&a), Arc::clone(&b), Arc::clone(&both));
    let left = start("left", move || {
        let mut a = a2.acquire();
        both2.wait().unwrap();
        *a += *b2.acquire();
    });
    start("right", move || {
        let mut b = b.acquire();
        both.wait().unwrap();
        *b += *a.acquire();
    });
    left.join().unwrap();
}

fn own_lock() {
    let total = Lock::named("total", 0);
    let mut sum = total.acquire();
    *sum += *total.acquire();
}

fn unwinding() {
    struct Logs(Arc<Lock<()>>);
    impl Drop for Logs {
        fn drop(&mut self) {
            drop(self.0.acquire());
        }
    }
    let log = lock("log");
    let _held = log.acquire();
    let _logs = Logs(Arc::clone(&log));
    panic!("it fails while it holds the lock");
}

fn ended() {
    let till = lock("till");
    let other = Arc::clone(&till);
    start("clerk", move || mem::forget(other.acquire()))
        .join()
        .unwrap();
    drop(till.acquire());
}

fn readers() {
    let (rates, log) = (Arc::new(RwLock::named("rates", ())), lock("log"));
    let held = log.acquire();
    let read = Arc::new(Barrier::new(3));
    let readers = ["first", "second"].map(|name| {
        let (rates, log, read) = (Arc::clone(&rates), Arc::clone(&log), Arc::clone(&read));
        start(name, move || {
            let _rates = rates.read();
            read.wait().unwrap();
            drop(log.acquire());
        })
    });
    read.wait().unwrap();
    drop(rates.write());
    drop((held, readers));
}

fn writer() {
    let rates = Arc::new(RwLock::named("rates", ()));
    let first = rates.read();
    let other = Arc::clone(&rates);
    start("writer", move || drop(other.write()));
    // Until it keeps readers out.
    while rates.try_read().is_some() {
        thread::yield_now();
    }
    drop(rates.read());
    drop(first);
}

fn task() {
    let log = lock("log");
    let pool = ThreadPool::builder(1).name("jobs").build();
    let _held = log.acquire();
    let other = Arc::clone(&log);
    pool.submit(move || drop(other.acquire())).join().unwrap();
}

fn in_scope() {
    let log = lock("log");
    let _held = log.acquire();
    scope(|scope| {
        scope.start(Thread::new(|| drop(log.acquire())).name("inner"));
    });
}

fn once() {
    let (log, config) = (lock("log"), Arc::new(Once::new()));
    let both = Arc::new(Barrier::new(2));
    let (log2, config2, both2) = (Arc::clone(&log), Arc::clone(&config), Arc::clone(&both));
    start("loader", move || {
        config2.get_or_init(|| {
            both2.wait().unwrap();
            drop(log2.acquire());
        });
    });
    let _held = log.acquire();
    both.wait().unwrap();
    config.get_or_init(|| ());
}

fn queue() {
    let (log, queue) = (lock("log"), Arc::new(Queue::bounded(1)));
    let pool = ThreadPool::builder(1).name("idle").build();
    pool.submit(|| ()).join().unwrap();
    let (log2, queue2) = (Arc::clone(&log), Arc::clone(&queue));
    let _held = log.acquire();
    start("consumer", move || {
        for item in &*queue2 {
            let _log = log2.acquire();
            assert!(item < 3);
        }
    });
    (0..3).for_each(|item| queue.put(item).unwrap());
}

fn missing() {
    let (log, done) = (lock("log"), Arc::new(Latch::new(2)));
    let held = log.acquire();
    for name in ["first", "second"] {
        let (log, done) = (Arc::clone(&log), Arc::clone(&done));
        start(name, move || {
            drop(log.acquire());
            done.count_down();
        });
    }
    done.wait();
    drop(held);
}

fn dump() {
    on_deadlock(Policy::Off);
    let pool = ThreadPool::builder(2).name("jobs").build();
    let tasks = [1, 2, 3].map(|n| pool.submit(move || threadkit::sleep(HOUR * n)));
    drop(Thread::new(|| threadkit::sleep(HOUR)).name("stray").start());
    let guard = exit_guard();
    let begun = Arc::new(Latch::new(1));
    let begins = Arc::clone(&begun);
    start("owner", move || {
        scope(|scope| {
            scope.start(Thread::new(|| threadkit::stop_token().wait()).name("inner"));
            begins.count_down();
        });
    });
    begun.wait();
    start("watch", || {
        threadkit::sleep(SECOND); // so that the dump has waits that last
        println!("{}", threadkit::dump());
        std::process::exit(0);
    });
    cycle();
    drop((guard, tasks));
}

const SECOND: std::time::Duration = std::time::Duration::from_secs(1);
const HOUR: std::time::Duration = std::time::Duration::from_secs(3600);

/// Programs whose threads wait for something that no thread does any more.
fn without_a_lock(name: &str) {
    match name {
        "done" => done(),
        "producer" => producer(),
        "endless" => endless(),
        "bound" => bound(),
        "nobody" => nobody(),
        other => panic!("there is no report `{other}`"),
    }
}

fn done() {
    let queue = Queue::bounded(3);
    (0..3).for_each(|item| queue.put(item).unwrap());
    assert_eq!(queue.get().unwrap() + queue.get().unwrap(), 1);
    queue.join();
}

fn producer() {
    let queue = Queue::unbounded();
    let producer = queue.producer();
    producer.put(1).unwrap();
    assert_eq!(queue.iter().sum::<u32>(), 1);
    drop(producer);
}

fn endless() {
    let queue = Queue::unbounded();
    queue.put(1).unwrap();
    assert_eq!(queue.iter().sum::<u32>(), 1);
}

fn bound() {
    let pool = ThreadPool::builder(1).name("few").max_threads(2).build();
    let (promises, waiting): (Vec<_>, Vec<_>) = (0..3)
        .map(|_| {
            let (promise, task) = pool.promise::<u32>();
            (promise, pool.submit(move || task.join().unwrap()))
        })
        .unzip();
    pool.submit(move || promises.into_iter().for_each(|it| it.set(1).unwrap()));
    threadkit::wait_all(&waiting);
}

fn nobody() {
    let (list, changed) = (
        Lock::named("list", Vec::<u32>::new()),
        threadkit::Condition::new(),
    );
    let (begin, here) = (threadkit::Event::new(), Barrier::new(3));
    let (seats, count) = (threadkit::Semaphore::new(3), Latch::new(2));
    let taken = seats.acquire_many(2);
    scope(|s| {
        s.start(
            Thread::new(|| changed.wait_for(&mut list.acquire(), |list| list.pop())).name("reader"),
        );
        s.start(Thread::new(|| begin.wait()).name("runner"));
        s.start(Thread::new(|| drop(seats.acquire_many(2))).name("guest"));
        s.start(Thread::new(|| here.wait().is_ok()).name("hiker"));
        s.start(Thread::new(|| threadkit::stop_token().wait()).name("server"));
        count.count_down();
        count.wait();
    });
    drop(taken);
}
