//! Programs in which all threads sleep, or nearly all.

#[path = "../support/tray.rs"]
mod tray;

use std::env;
use std::io;
use std::sync::Arc;
use std::thread as std_thread;
use std::time::Duration;

use threadkit::inspect::{Policy, on_deadlock};
use threadkit::prelude::*;
use threadkit::{
    Barrier, Event, Latch, Once, Queue, RwLock, Select, Semaphore, StopSource, Thread, ThreadPool,
    Timer, WhenFull,
};
use tray::SharedTray;

/// Longer than it takes to find a deadlock.
const SLOW: Duration = Duration::from_millis(2500);

fn start(name: &str, body: impl FnOnce() + Send + 'static) -> threadkit::JoinHandle<()> {
    Thread::new(body).name(name).daemon(true).start()
}

fn main() {
    let name = env::args().nth(1).expect("the name of a program");
    if name == "unknown-policy" {
        // SAFETY: the process has no other thread so far.
        unsafe { env::set_var("THREADKIT_INSPECT", "reprot") };
    } else {
        on_deadlock(Policy::Abort);
    }
    run(&name);
}

fn run(name: &str) {
    match name {
        "event" => Event::new().wait(),
        "token" => StopSource::new().token().wait(),
        "barrier" => _ = Barrier::new(2).wait(),
        "latch" => {
            let latch = Arc::new(Latch::new(2));
            let other = Arc::clone(&latch);
            let lock = Arc::new(Lock::new(()));
            let held = lock.acquire();
            let missing = Arc::clone(&lock);
            start("missing", move || {
                let _held = missing.acquire();
                other.count_down();
            });
            latch.wait();
            drop(held);
        }
        "empty-queue" => _ = Queue::<u32>::unbounded().get(),
        "full-queue-under-a-lock" => {
            let (lock, queue) = (Arc::new(Lock::new(())), Arc::new(Queue::bounded(1)));
            let (lock2, queue2) = (Arc::clone(&lock), Arc::clone(&queue));
            let held = lock.acquire();
            start("consumer", move || {
                let _held = lock2.acquire();
                let _ = queue2.get();
            });
            (0..2).for_each(|n| queue.put(n).unwrap());
            drop(held);
        }
        "joined-queue" => {
            let queue = Queue::unbounded();
            queue.put(1).unwrap();
            queue.join();
        }
        "semaphore" => drop(Semaphore::new(0).acquire()),
        "condition" => {
            let (lock, changed) = (Lock::new(()), Condition::new());
            changed.wait(&mut lock.acquire());
        }
        "monitor" => SharedTray::new().take(),
        "select" => {
            let (event, queue) = (Event::new(), Queue::<u32>::unbounded());
            let _ = Select::new()
                .event(&event, || ())
                .get(&queue, |_| ())
                .wait();
        }
        "pending-task" => {
            let pool = ThreadPool::new(1);
            let lock = Arc::new(Lock::new(()));
            let held = lock.acquire();
            let other = Arc::clone(&lock);
            let _first = pool.submit(move || drop(other.acquire()));
            pool.submit(|| ()).join().unwrap();
            drop(held);
        }
        "full-backlog" => {
            let pool = ThreadPool::builder(1).backlog(1, WhenFull::Block).build();
            let lock = Arc::new(Lock::new(()));
            let held = lock.acquire();
            let tasks = [(); 4].map(|()| {
                let other = Arc::clone(&lock);
                pool.submit(move || drop(other.acquire()))
            });
            drop(held);
            threadkit::wait_all(&tasks);
        }
        "scope-and-event" => {
            let event = Event::new();
            threadkit::scope(|scope| _ = scope.start(Thread::new(|| event.wait()).name("inner")));
        }
        "two-locks" => {
            let (a, b) = (
                Arc::new(Lock::named("a", ())),
                Arc::new(Lock::named("b", ())),
            );
            let both = Arc::new(Barrier::new(2));
            let (a2, b2, both2) = (Arc::clone(&a), Arc::clone(&b), Arc::clone(&both));
            let left = start("left", move || {
                let _held = a2.acquire();
                both2.wait().unwrap();
                drop(b2.acquire());
            });
            start("right", move || {
                let _held = b.acquire();
                both.wait().unwrap();
                drop(a.acquire());
            });
            left.join().unwrap();
        }
        "lock-and-rwlock" => {
            let (a, table) = (
                Arc::new(Lock::named("a", ())),
                Arc::new(RwLock::named("table", ())),
            );
            let both = Arc::new(Barrier::new(2));
            let (a2, table2, both2) = (Arc::clone(&a), Arc::clone(&table), Arc::clone(&both));
            let left = start("left", move || {
                let _held = a2.acquire();
                both2.wait().unwrap();
                drop(table2.read());
            });
            start("right", move || {
                let _held = table.write();
                both.wait().unwrap();
                drop(a.acquire());
            });
            left.join().unwrap();
        }
        "stderr-held" => {
            // Standard error is locked by a thread that hangs.
            let lock = Arc::new(Lock::new(()));
            let other = Arc::clone(&lock);
            let held = lock.acquire();
            let hangs = start("hangs", move || {
                let _stderr = io::stderr().lock();
                drop(other.acquire());
            });
            hangs.join().unwrap();
            drop(held);
        }
        "ok-timer" => {
            let event = Arc::new(Event::new());
            let sets = Arc::clone(&event);
            let _timer = Timer::after(SLOW, move || sets.set());
            event.wait();
        }
        "ok-periodic" => {
            let latch = Arc::new(Latch::new(5));
            let counts = Arc::clone(&latch);
            let _timer = Timer::every(SLOW / 5, move || counts.count_down());
            latch.wait();
        }
        "ok-std-thread" => {
            let event = Arc::new(Event::new());
            let sets = Arc::clone(&event);
            std_thread::spawn(move || {
                std_thread::sleep(SLOW);
                sets.set();
            });
            event.wait();
        }
        "ok-std-sleep" => {
            let once = Arc::new(Once::new());
            let makes = Arc::clone(&once);
            start("maker", move || {
                std_thread::sleep(SLOW);
                makes.get_or_init(|| ());
            });
            once.wait();
        }
        "ok-pool-of-idle" => {
            let pool = ThreadPool::new(3);
            threadkit::wait_all([(); 3].map(|()| pool.submit(|| ())));
            std_thread::sleep(SLOW);
        }
        "ok-limit" => {
            let event = Arc::new(Event::new());
            let sets = Arc::clone(&event);
            start("limited", move || {
                let _ = Event::new().wait_timeout(SLOW);
                sets.set();
            });
            event.wait();
        }
        "ok-end-of-main" => {
            let guard = threadkit::exit_guard();
            threadkit::spawn(|| std_thread::sleep(SLOW));
            drop(guard);
        }
        "orders" | "orders-off" => {
            if name == "orders-off" {
                on_deadlock(Policy::Off);
            }
            let a = Arc::new(Lock::named("a", ()));
            let b = Arc::new(Lock::named("b", ()));
            let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
            let (goes, go) = std::sync::mpsc::channel();
            let right = start("right", move || {
                go.recv().expect("the other one lives");
                let _b = b2.acquire();
                let _a = a2.acquire();
            });
            let left = start("left", move || {
                let held = a.acquire();
                drop(b.acquire());
                drop(held);
                goes.send(()).expect("the other one lives");
            });
            left.join().expect("it ends");
            right.join().expect("it ends");
            println!("{}", threadkit::inspect::order_violations().len());
        }
        "unknown-policy" => {
            let event = Arc::new(Event::new());
            let sets = Arc::clone(&event);
            start("setter", move || {
                // So that `main` waits for the event, and the policy is read.
                std_thread::sleep(Duration::from_millis(100));
                sets.set();
            });
            event.wait();
        }
        other => panic!("there is no program `{other}`"),
    }
}
