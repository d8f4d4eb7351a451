//! Ways for a process to end, and operations that would harm the process of a test. `process.rs` and `start_error.rs`
//! run one scenario in each process.

use std::panic;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use endings::{EVER, LEAVING, end, say, start};
use threadkit::{Lock, RwLock, Thread, spawn, stop_token};

mod endings;

/// Without the wait, `main` would have ended within this time.
const LATER: Duration = Duration::from_millis(100);

fn after_main() {
    while !LEAVING.load(Ordering::Relaxed) {
        threadkit::sleep(Duration::from_millis(1));
    }
}

/// A thread that is not joined, and that prints something when `main` has ended.
fn later(line: &'static str) {
    spawn(move || {
        after_main();
        threadkit::sleep(LATER);
        say(line);
    });
}

#[threadkit::main]
fn main() -> Result<(), String> {
    let mut words = std::env::args().skip(1);
    let scenario = words.next().unwrap_or_default();
    match &*scenario {
        how @ ("returns" | "fails" | "panics" | "exits") => {
            words.for_each(|who| match &*who {
                "later" => later("worker"),
                who => start(who),
            });
            return end(how);
        }
        "exits-from-a-thread" => {
            spawn(|| process::exit(8));
            threadkit::sleep(EVER);
        }
        "threads-of-threads" => {
            spawn(|| {
                threadkit::sleep(LATER);
                spawn(|| {
                    threadkit::sleep(LATER);
                    spawn(|| say("grandchild"));
                    say("child");
                });
            });
        }
        "refused-starts" => {
            let over = Arc::new(AtomicBool::new(false));
            let last = Arc::clone(&over);
            let starter = std::thread::spawn(move || {
                while !last.load(Ordering::Relaxed) {
                    let refused = Thread::new(|| ()).stack_size(usize::MAX).try_start();
                    drop(refused.expect_err("nobody has that much memory"));
                }
            });
            // The end of `main` while there are threads that will not begin. For each thread that it waited for, it
            // would need some seconds at least.
            for _ in 0..20_000 {
                drop(threadkit::exit_guard());
            }
            over.store(true, Ordering::Relaxed);
            if starter.join().is_err() {
                return Err("the other thread panicked".to_owned());
            }
        }
        "forgotten-and-panicked" => {
            std::mem::forget(spawn(|| {
                after_main();
                say("forgotten");
            }));
            drop(spawn(|| panic!("nobody asks")));
        }
        "reads-again" => {
            let rates = RwLock::named("rates", 1);
            for _ in 0..2 {
                let (one, other) = (rates.read(), rates.read());
                say(&format!("{}", *one + *other));
            }
        }
        "reads-again-behind-a-writer" => {
            let rates = Arc::new(RwLock::named("rates", 1));
            let _first = rates.read();
            let there = Arc::clone(&rates);
            // Gives up long after the read below has come to wait behind it.
            let writer = spawn(move || there.write_timeout(Duration::from_secs(3)).is_err());
            // Until the writer waits, and so keeps new readers out.
            while rates.try_read().is_some() {
                std::thread::yield_now();
            }
            let _second = rates.read();
            say(&format!("gave up: {}", writer.join().unwrap()));
        }
        "daemons-are-deaf" => {
            static HELD: Lock = Lock::new(());
            let _held = HELD.acquire();
            drop(Thread::new(|| threadkit::sleep(EVER)).daemon(true).start());
            drop(Thread::new(|| drop(HELD.acquire())).daemon(true).start());
            drop(Thread::new(spin).daemon(true).start());
            let joins = || {
                let inner = Thread::new(|| threadkit::sleep(EVER)).daemon(true).start();
                inner.join().unwrap();
            };
            drop(Thread::new(joins).daemon(true).start());
            std::thread::spawn(|| std::thread::sleep(EVER));
            later("worker");
        }
        "daemon-leaves-work" => {
            let daemon = || {
                stop_token().wait();
                spawn(|| {
                    threadkit::sleep(LATER * 6);
                    say("last work");
                });
            };
            drop(Thread::new(daemon).daemon(true).start());
        }
        "guards-in-threads" => {
            spawn(|| {
                let _guard = threadkit::exit_guard();
                later("inner");
            });
        }
        "bomb" => {
            struct Bomb;
            impl Drop for Bomb {
                fn drop(&mut self) {
                    panic!("a payload that panics");
                }
            }
            drop(spawn(|| panic::panic_any(Bomb)));
            drop(spawn(|| {
                threadkit::sleep(LATER);
                Bomb
            }));
            later("worker");
        }
        #[cfg(target_os = "linux")]
        "crowd" => crowd(|| spawn(linger), told_apart),
        #[cfg(target_os = "linux")]
        "crowd-of-std" => crowd(
            || {
                std::thread::Builder::new()
                    .name("lingers".to_owned())
                    .spawn(linger)
                    .expect("there is room")
            },
            |_| assert_eq!(threadkit::threads(), [threadkit::main_thread()]),
        ),
        "dawdles" => {
            let dawdler = || {
                after_main();
                threadkit::sleep(Duration::from_millis(5600));
                say("done");
            };
            drop(Thread::new(dawdler).name("dawdler").start());
        }
        "self-deadlock-while-unwinding" => self_deadlock_while_unwinding(),
        "late" => late(),
        "hook-set-later" => hook_set_later(),
        "hook-panics" => {
            panic::set_hook(Box::new(|_| panic!("the hook itself")));
            let _ = spawn(|| panic!("first")).join();
            say("not reached");
        }
        "hook-starts-a-thread" => {
            panic::set_hook(Box::new(|_| {
                // The very first thread of the process is started while another panics.
                spawn(|| say("from the hook")).join().unwrap();
            }));
            let _ = std::thread::spawn(|| panic!("first")).join();
            assert!(spawn(|| panic!("second")).join().is_err());
        }
        #[cfg(target_os = "linux")]
        "no-address-space" => no_address_space(),
        #[cfg(target_os = "linux")]
        "no-more-threads" => no_more_threads(),
        #[cfg(target_os = "linux")]
        "no-thread-for-timers" => no_thread_for_timers(),
        other => panic!("no scenario `{other}`"),
    }
    end("returns")
}

fn spin() {
    loop {
        std::thread::yield_now();
    }
}

/// How many threads a crowd has.
#[cfg(target_os = "linux")]
const CROWD: usize = 10_000;

/// How many threads of a crowd run.
#[cfg(target_os = "linux")]
static COME: AtomicUsize = AtomicUsize::new(0);

/// Where a crowd waits until it may go.
#[cfg(target_os = "linux")]
static GO: (std::sync::Mutex<bool>, std::sync::Condvar) =
    (std::sync::Mutex::new(false), std::sync::Condvar::new());

/// One of many threads: idle, in a wait of `std`, whichever library has started it.
#[cfg(target_os = "linux")]
fn linger() {
    COME.fetch_add(1, Ordering::SeqCst);
    let mut may_go = GO.0.lock().unwrap();
    while !*may_go {
        may_go = GO.1.wait(may_go).unwrap();
    }
}

/// Prints how much memory each of ten thousand idle threads keeps, and checks them by their handles.
#[cfg(target_os = "linux")]
fn crowd<H>(start: impl Fn() -> H, look: impl FnOnce(&[H])) {
    let resident = || {
        let text = std::fs::read_to_string("/proc/self/statm").unwrap();
        4096 * text.split(' ').nth(1).unwrap().parse::<usize>().unwrap()
    };
    let mut handles = Vec::with_capacity(CROWD + 1);
    handles.push(start()); // whatever is made once is made
    let before = resident();
    handles.extend((0..CROWD).map(|_| start()));
    while COME.load(Ordering::SeqCst) < CROWD + 1 {
        std::thread::yield_now();
    }
    say(&format!("{}", (resident() - before) / CROWD));
    look(&handles);
    *GO.0.lock().unwrap() = true;
    GO.1.notify_all();
}

/// The list of threads has `main` and these, in the order in which they were started, each once and under
/// its own name.
#[cfg(target_os = "linux")]
fn told_apart(crowd: &[threadkit::JoinHandle<()>]) {
    let who = |thread: &threadkit::ThreadRef| (thread.ident(), thread.name().to_string());
    let main = threadkit::main_thread();
    let expected: Vec<_> = std::iter::once(&main)
        .chain(crowd.iter().map(|handle| handle.thread()))
        .map(who)
        .collect();
    let listed: Vec<_> = threadkit::threads().iter().map(who).collect();
    assert!(listed == expected, "listed are {listed:?}");
    assert_eq!(threadkit::active_count(), crowd.len() + 1);
    for pair in listed.windows(2) {
        assert!(pair[0].0 < pair[1].0, "{pair:?}");
    }
    let names: std::collections::HashSet<_> = listed.iter().map(|(_, name)| name).collect();
    assert_eq!(names.len(), listed.len(), "no name twice");
    for thread in crowd {
        assert!(thread.name().ends_with(" (linger)"), "{}", thread.name());
    }
}

/// It hangs, as it must, and says why.
fn self_deadlock_while_unwinding() {
    static LOCK: Lock<u32> = Lock::named("twice", 0);
    struct CleanUp;
    impl Drop for CleanUp {
        fn drop(&mut self) {
            *LOCK.acquire() += 1;
        }
    }
    let _held = LOCK.acquire();
    let _clean_up = CleanUp;
    panic!("on the way out");
}

/// A hook that does not call the one before loses the place, and nothing else.
fn hook_set_later() {
    spawn(|| ()).join().unwrap();
    panic::set_hook(Box::new(|_| ()));
    let error = spawn(|| panic!("unplaced")).join().unwrap_err();
    assert_eq!(error.message(), "unplaced");
    assert_eq!(error.place(), None);
    assert!(error.to_string().ends_with("panicked: unplaced"), "{error}");
    drop(panic::take_hook());
}

/// Uses everything that waits while the thread-locals of a thread are destroyed, after all of them were in use and are
/// gone.
fn late() {
    use std::cell::{Cell, OnceCell};
    use threadkit::{
        Barrier, Condition, Event, Latch, Lazy, Once, Queue, RLock, RwLock, Semaphore, StopSource,
        ThreadLocal, ThreadPool,
    };

    struct Late(fn());
    impl Drop for Late {
        fn drop(&mut self) {
            (self.0)();
        }
    }
    thread_local!(static LATE: OnceCell<Late> = const { OnceCell::new() });

    fn use_all() {
        let nap = Duration::from_millis(1);
        let pool = ThreadPool::new(1);
        let task = pool.submit(|| 1);
        task.wait();
        assert!(task.wait_timeout(nap));
        assert_eq!(task.join().unwrap(), 1);
        assert_eq!(
            pool.submit(|| threadkit::sleep(LATER / 10)).join().unwrap(),
            ()
        );
        assert_eq!(pool.map([1, 2, 3], |n| n + 1).sum::<i32>(), 9);
        drop(pool);

        assert!(!Event::new().wait_timeout(nap));
        assert!(!Latch::new(1).wait_timeout(nap));
        assert!(Barrier::new(2).wait_timeout(nap).is_err());
        assert!(Semaphore::new(0).acquire_timeout(nap).is_err());
        assert_eq!(*Once::<u8>::new().get_or_init(|| 5), 5);
        assert_eq!(*Lazy::<u8>::new(|| 6), 6);
        let lock = Lock::new(1);
        assert!(!Condition::new().wait_timeout(&mut lock.acquire(), nap));
        let (shared, again) = (RwLock::new(1), RLock::new(1));
        assert_eq!(*shared.read() + *again.acquire() + *again.acquire(), 3);
        *shared.write() += 1;

        let queue = Queue::bounded(1);
        queue.put(1).unwrap();
        assert_eq!(queue.get().unwrap(), 1);
        assert!(queue.get_timeout(nap).is_err());

        let local = ThreadLocal::new(|| Cell::new(1));
        // It says that there is no place for it any more, or has one.
        let _ = local.try_with(|n| n.set(n.get() + 1));
        drop(local);

        let source = StopSource::new();
        let token = source.token();
        let registration = token.on_stop(|| ());
        let child = source.child();
        assert!(!token.wait_timeout(nap));
        source.stop();
        assert!(child.is_stopped());
        drop(registration);

        assert_eq!(threadkit::scope(|s| s.spawn(|| 7).join().unwrap()), 7);
        assert_eq!(spawn(|| 8).join().unwrap(), 8);
        let error = spawn(|| panic!("late")).join().unwrap_err();
        assert_eq!(error.message(), "late");
        drop(spawn(|| panic!("unheard")));
        let _ = (threadkit::current().name(), threadkit::active_count());
        let _ = (
            stop_token().is_stopped(),
            format!("{:?}", threadkit::threads()),
        );
    }

    let body = || {
        // Registered before all that the calls below register, and so destroyed after it.
        LATE.with(|late| assert!(late.set(Late(use_all)).is_ok()));
        use_all();
    };
    std::thread::spawn(body).join().unwrap();
    spawn(body).join().unwrap();
    let first_in_destructor = || LATE.with(|late| assert!(late.set(Late(use_all)).is_ok()));
    std::thread::spawn(first_in_destructor).join().unwrap();
    spawn(first_in_destructor).join().unwrap();
}

/// Starts threads, each with a different body, until the system refuses one. Prints the error, and checks that its body
/// and the other threads are unharmed.
#[cfg(target_os = "linux")]
fn start_until_refused(stack_size: usize) {
    let ran = Arc::new(AtomicUsize::new(0));
    let stop = threadkit::StopSource::new();
    let mut threads = Vec::new();
    let refused = loop {
        let number = threads.len();
        assert!(number < 5000, "there is no limit");
        let (ran, token) = (Arc::clone(&ran), stop.token());
        let body = move || {
            token.wait();
            ran.fetch_add(1, Ordering::SeqCst);
            number
        };
        match Thread::new(body)
            .name("one-more")
            .stack_size(stack_size)
            .try_start()
        {
            Ok(thread) => threads.push(thread),
            Err(refused) => break refused,
        }
    };
    say(&refused.to_string());
    let count = threads.len();
    assert_eq!(
        threadkit::threads().len(),
        count + 1,
        "the refused one is not listed"
    );
    stop.stop();
    assert_eq!(
        refused.into_body()(),
        count,
        "the body has come back and still runs"
    );
    let numbers = threadkit::join_all(threads).unwrap();
    assert!(numbers.into_iter().eq(0..count));
    assert_eq!(ran.load(Ordering::SeqCst), count + 1);
    // There is room again.
    assert_eq!(
        Thread::new(|| 5)
            .stack_size(stack_size)
            .start()
            .join()
            .unwrap(),
        5
    );
}

#[cfg(target_os = "linux")]
fn set_limit(of: libc::__rlimit_resource_t, to: u64) {
    let limit = libc::rlimit {
        rlim_cur: to,
        rlim_max: to,
    };
    // SAFETY: a valid structure, alive for the call.
    let failed = unsafe { libc::setrlimit(of, &limit) };
    assert_eq!(failed, 0, "the limit is lowered, which is always allowed");
}

/// Room for a few stacks and no more.
#[cfg(target_os = "linux")]
fn no_address_space() {
    set_limit(libc::RLIMIT_AS, 1 << 30);
    start_until_refused(64 << 20);
    let refused = Thread::new(|| 5)
        .stack_size(2 << 30)
        .try_start()
        .unwrap_err();
    assert!(refused.to_string().contains("smaller stack"), "{refused}");
    let message = panic::catch_unwind(|| Thread::new(|| 5).stack_size(2 << 30).start());
    assert!(message.is_err());
}

/// Allows this user so many threads and no more. The limit counts for a user and not for root, so root
/// becomes a user without other processes.
#[cfg(target_os = "linux")]
fn limit_threads(to: u64) -> bool {
    // SAFETY: both take and return numbers.
    let lonely = unsafe { libc::getuid() != 0 || libc::setuid(54_321) == 0 };
    if lonely {
        set_limit(libc::RLIMIT_NPROC, to);
    } else {
        say("cannot become another user");
    }
    lonely
}

#[cfg(target_os = "linux")]
fn no_more_threads() {
    if limit_threads(12) {
        start_until_refused(128 << 10);
    }
}

/// Two threads make timers at the same time, while their thread cannot be started: each is refused.
#[cfg(target_os = "linux")]
fn no_thread_for_timers() {
    const ROUNDS: usize = 10_000;
    let come = Arc::new(AtomicUsize::new(0));
    let started = Arc::new(threadkit::Barrier::new(3));
    let makers: Vec<_> = (0..2)
        .map(|_| {
            let (come, started) = (Arc::clone(&come), Arc::clone(&started));
            spawn(move || {
                let _ = started.wait();
                let _ = started.wait();
                let make = || threadkit::Timer::after(EVER, || ());
                let rounds = (0..ROUNDS).map(|round| {
                    // A barrier that sleeps would not let both start at the same moment.
                    come.fetch_add(1, Ordering::SeqCst);
                    for spins in 1.. {
                        if come.load(Ordering::SeqCst) >= 2 * (round + 1) {
                            break;
                        }
                        if spins % 1000 == 0 {
                            std::thread::yield_now();
                        }
                    }
                    panic::catch_unwind(make).is_err()
                });
                rounds.filter(|refused| *refused).count()
            })
        })
        .collect();
    let _ = started.wait();
    panic::set_hook(Box::new(|_| ()));
    if !limit_threads(1) {
        std::process::exit(0);
    }
    let _ = started.wait();
    for maker in makers {
        let refused = maker.join().unwrap();
        say(&format!("refused {refused} of {ROUNDS}"));
    }
}
