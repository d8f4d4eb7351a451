//! Programs that dump their threads at difficult moments.

use std::cell::RefCell;
use std::env;
use std::io;
use std::process;
use std::sync::Arc;
use std::thread as std_thread;
use std::time::{Duration, Instant};

use threadkit::prelude::*;
use threadkit::{Barrier, Event, StopSource, Thread, ThreadPool, WhenFull};

/// A pause in which a dump is printed, on a machine that is not very busy.
const MOMENT: Duration = Duration::from_millis(100);

fn start(name: &str, body: impl FnOnce() + Send + 'static) -> threadkit::JoinHandle<()> {
    Thread::new(body).name(name).daemon(true).start()
}

fn main() {
    let name = env::args().nth(1).expect("the name of a program");
    threadkit::inspect::on_deadlock(threadkit::inspect::Policy::Off);
    run(&name);
}

fn run(name: &str) {
    match name {
        // All threads hang, and one of them holds the lock of standard error.
        "deadlock" => {
            let _later = threadkit::dump_after(MOMENT);
            // Nothing else ends this process.
            threadkit::dump_every(Duration::from_secs(3600)).detach();
            let both = Arc::new(Barrier::new(2));
            let (left, right) = (
                Arc::new(Lock::named("left", ())),
                Arc::new(Lock::named("right", ())),
            );
            let (left2, right2, both2) = (Arc::clone(&left), Arc::clone(&right), Arc::clone(&both));
            start("other", move || {
                let _held = left2.acquire();
                let _stderr = io::stderr().lock();
                both2.wait().unwrap();
                drop(right2.acquire());
            });
            let _held = right.acquire();
            both.wait().unwrap();
            drop(left.acquire());
        }
        "cancelled" => {
            drop(threadkit::dump_after(MOMENT));
            drop(threadkit::dump_every(MOMENT));
            // Time in which nothing may be printed.
            std_thread::sleep(3 * MOMENT);
        }
        "repeated" => {
            let dumps = threadkit::dump_every(MOMENT / 4);
            // Several of its periods.
            std_thread::sleep(3 * MOMENT);
            drop(dumps);
            println!("done");
        }
        "detached" => {
            threadkit::dump_after(MOMENT).detach();
            // The dump is printed meanwhile.
            std_thread::sleep(3 * MOMENT);
        }
        "never" => {
            let _far = threadkit::dump_after(Duration::MAX);
            println!("done");
        }
        // While the end of `main` waits for a thread, and then while thread-locals are being destroyed.
        "exit" => {
            struct AtEnd;
            impl Drop for AtEnd {
                fn drop(&mut self) {
                    eprintln!("in a destructor: {}", threadkit::dump());
                }
            }
            thread_local!(static AT_END: RefCell<Option<AtEnd>> = const { RefCell::new(None) });
            AT_END.set(Some(AtEnd));
            let guard = threadkit::exit_guard();
            let source = StopSource::new();
            let token = source.token();
            drop(Thread::new(move || token.wait()).name("last").start());
            start("watcher", move || {
                let waits = || {
                    let dump = threadkit::dump();
                    let text = dump.to_string();
                    text.contains("in the end of main") && text.contains("`last`")
                };
                while !waits() {
                    std_thread::sleep(MOMENT / 10);
                }
                eprintln!("at the end: {}", threadkit::dump());
                source.stop();
            });
            drop(guard);
        }
        // Other threads make dumps all the time, while the process exits.
        "exit-while-dumping" => {
            let begun = Arc::new(Barrier::new(5));
            for _ in 0..4 {
                let begun = Arc::clone(&begun);
                start("dumper", move || {
                    begun.wait().unwrap();
                    loop {
                        assert!(!threadkit::dump().to_json().is_empty());
                    }
                });
            }
            begun.wait().unwrap();
            // The process ends in the middle of their dumps.
            std_thread::sleep(MOMENT);
            process::exit(7);
        }
        // Ten thousand threads that begin, wait, acquire and end.
        "crowd" => crowd(10_000),
        "nested" => {
            let pool = ThreadPool::builder(1)
                .name("jobs")
                .backlog(1, WhenFull::RunInCaller)
                .build();
            let begun = Arc::new(Event::new());
            let sets = Arc::clone(&begun);
            let busy = pool.submit(move || {
                sets.set();
                threadkit::stop_token().wait();
            });
            begun.wait();
            let _waits = pool.submit(|| ());
            let task = pool.submit(|| println!("{}", threadkit::dump()));
            task.join().unwrap();
            busy.stop();
        }
        "plain" => {
            let lock = Lock::named("till", 0);
            let _held = lock.acquire();
            println!("{}", threadkit::dump());
            println!("{}", threadkit::dump().to_json());
        }
        #[cfg(all(unix, feature = "signals"))]
        "quit" => {
            threadkit::dump_on_sigquit().unwrap();
            threadkit::dump_on_sigquit().unwrap();
            for _ in 0..2 {
                say_ready();
                let mut line = String::new();
                io::stdin().read_line(&mut line).unwrap();
            }
            println!("still here");
        }
        #[cfg(all(unix, feature = "signals"))]
        "quit-deadlock" => {
            threadkit::dump_on_sigquit().unwrap();
            say_ready();
            Event::new().wait();
        }
        other => panic!("there is no program `{other}`"),
    }
}

#[cfg(all(unix, feature = "signals"))]
fn say_ready() {
    use io::Write;
    println!("ready");
    io::stdout().flush().unwrap();
}

/// Makes dumps while many threads begin, wait, acquire and end; prints how long the longest dump took.
fn crowd(many: usize) {
    let stop = Arc::new(Event::new());
    let lock = Arc::new(Lock::named("turn", 0_u64));
    let threads: Vec<_> = (0..many)
        .map_while(|at| {
            let (stop, lock) = (Arc::clone(&stop), Arc::clone(&lock));
            let body = move || {
                let mut begun = 0;
                // One in a hundred is busy all the time, and starts others.
                while at % 100 == 0 && !stop.is_set() {
                    *lock.acquire() += 1;
                    begun += 1;
                    if begun % 50 == 0 {
                        threadkit::spawn(|| ()).join().unwrap();
                    }
                    let _ = stop.wait_timeout(Duration::from_millis(1));
                }
                stop.wait();
            };
            let thread = Thread::new(body).stack_size(64 * 1024).daemon(true);
            thread.try_start().ok()
        })
        .collect();
    let mut longest = Duration::ZERO;
    let mut seen = 0;
    for _ in 0..5 {
        let begun = Instant::now();
        let dump = threadkit::dump();
        longest = longest.max(begun.elapsed());
        seen = seen.max(dump.threads().len());
        assert!(dump.is_complete() && dump.deadlocks().is_empty());
        assert!(dump.to_string().lines().count() >= dump.threads().len());
        assert!(dump.to_json().len() > dump.threads().len());
    }
    println!("{} threads, {seen} seen, {longest:?}", threads.len());
    // They end with the process: so many that end one by one can keep the system busy for minutes.
    process::exit(0);
}
