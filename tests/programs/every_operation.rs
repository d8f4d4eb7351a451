//! Every operation that waits, starts, stops or ends something, in a state that a word names. `exit.rs` runs it. It
//! prints the name of each operation that has worked, as in `stress/COVERAGE.md`.

use std::cell::RefCell;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread as StdThread;
use std::time::Duration;

use endings::{EVER, LEAVING, end, say};
use threadkit::{
    Ending, Event, Latch, Lock, OnDrop, RLock, RwLock, Semaphore, StopSource, Supervisor, Task,
    ThreadLocal, ThreadPool, Timer, Unrun, as_completed, as_completed_until, exit_guard, scope,
    set_excepthook, sleep, spawn, stop_all, stop_token, wait_all, wait_all_until, wait_any,
    wait_any_until,
};

#[expect(dead_code, reason = "it starts its own threads")]
mod endings;

/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// A time that passes.
const SHORT: Duration = Duration::from_millis(2);

/// Pools that were made before, in the state that an operation finds.
struct Pools(Vec<ThreadPool>);

impl Pools {
    fn new() -> Self {
        let pool = |_| {
            let pool = ThreadPool::new(2);
            assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
            pool
        };
        Self((0..6).map(pool).collect())
    }

    /// A pool that was made before, and one that is made now.
    fn both(&self, use_it: impl Fn(&ThreadPool)) {
        use_it(&self.0[0]);
        use_it(&ThreadPool::new(2));
    }

    /// The same, for an operation that ends the pool.
    fn end_both(&mut self, end_it: impl Fn(ThreadPool)) {
        end_it(
            self.0
                .pop()
                .expect("there is one for each operation that needs it"),
        );
        end_it(ThreadPool::new(2));
    }
}

/// Tasks of which one has not begun, and what lets the others end.
fn busy(pool: &ThreadPool) -> (Task<()>, Arc<Event>) {
    let (begun, go) = (Arc::new(Latch::new(2)), Arc::new(Event::new()));
    for _ in 0..2 {
        let (begun, go) = (Arc::clone(&begun), Arc::clone(&go));
        pool.submit(move || {
            begun.count_down();
            go.wait();
        });
    }
    assert!(begun.wait_timeout(LONG));
    (pool.submit(|| ()), go)
}

/// A task that was taken out of its pool.
fn unrun() -> (Task<()>, Unrun) {
    let pool = ThreadPool::new(2);
    let (task, go) = busy(&pool);
    let unrun = pool.shutdown_now().pop().expect("one has not begun");
    go.set();
    (task, unrun)
}

/// Waits for a future on the current thread.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(StdThread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park_timeout(LONG),
        }
    }
}

/// A thread that waits for its stop.
fn stoppable() -> threadkit::JoinHandle<()> {
    spawn(|| stop_token().wait())
}

type Operation = (&'static str, fn(&mut Pools));

const OPERATIONS: &[Operation] = &[
    ("Task::join", |p| {
        p.both(|p| assert_eq!(p.submit(|| 7).join().unwrap(), 7))
    }),
    ("Task::wait", |p| p.both(|p| p.submit(|| ()).wait())),
    ("Task::wait_timeout", |p| {
        p.both(|p| assert!(p.submit(|| ()).wait_timeout(LONG)))
    }),
    ("Task::wait_until", |p| {
        p.both(|p| p.submit(|| ()).wait_until(LONG).unwrap())
    }),
    ("Task::await", |p| {
        p.both(|p| assert_eq!(block_on(p.submit(|| 7)).unwrap(), 7))
    }),
    ("Task::cancel", |p| {
        p.both(|p| {
            let (task, go) = busy(p);
            assert!(task.cancel());
            go.set();
            assert!(task.join().unwrap_err().is_cancelled());
        });
    }),
    ("Task::stop", |p| {
        p.both(|p| {
            let task = p.submit(|| stop_token().wait());
            assert!(task.stop());
            task.join().unwrap();
        });
    }),
    ("Task::on_done", |p| {
        p.both(|p| {
            let called = Arc::new(Event::new());
            let call = Arc::clone(&called);
            p.submit(|| ()).on_done(move |ending| {
                assert_eq!(ending, Ending::Returned);
                call.set();
            });
            assert!(called.wait_timeout(LONG));
        });
    }),
    ("wait_any", |p| {
        p.both(|p| assert_eq!(wait_any([p.submit(|| ())]), 0))
    }),
    ("wait_any_until", |p| {
        p.both(|p| assert_eq!(wait_any_until([p.submit(|| ())], LONG), Ok(0)))
    }),
    ("wait_all", |p| p.both(|p| wait_all([p.submit(|| ())]))),
    ("wait_all_until", |p| {
        p.both(|p| wait_all_until([p.submit(|| ())], LONG).unwrap())
    }),
    ("as_completed", |p| {
        p.both(|p| assert_eq!(as_completed([p.submit(|| ())]).count(), 1))
    }),
    ("as_completed_until", |p| {
        p.both(|p| assert!(as_completed_until([p.submit(|| ())], LONG).all(|task| task.is_ok())));
    }),
    ("Unrun::run", |_| {
        let (task, unrun) = unrun();
        assert!(unrun.run());
        task.join().unwrap();
    }),
    ("drop of an Unrun", |_| {
        let (task, unrun) = unrun();
        drop(unrun);
        assert!(task.join().unwrap_err().is_cancelled());
    }),
    ("end of a PoolScope", |p| {
        p.both(|p| {
            let mut number = 1;
            p.scope(|s| {
                s.submit(|| number += 1);
            });
            assert_eq!(number, 2);
        });
    }),
    ("PoolScope::submit", |p| {
        p.both(|p| assert_eq!(p.scope(|s| s.submit(|| 7).join().unwrap()), 7));
    }),
    ("ThreadPool::submit", |p| p.both(|p| p.submit(|| ()).wait())),
    ("ThreadPool::try_submit", |p| {
        p.both(|p| p.try_submit(|| ()).unwrap().wait())
    }),
    ("ThreadPool::submit_timeout", |p| {
        p.both(|p| p.submit_timeout(|| (), LONG).unwrap().wait());
    }),
    ("ThreadPool::submit_until", |p| {
        p.both(|p| p.submit_until(|| (), LONG).unwrap().wait())
    }),
    ("ThreadPool::map", |p| {
        p.both(|p| assert_eq!(p.map(0..10, |n| n).sum::<i32>(), 45))
    }),
    ("Map::next", |p| {
        p.both(|p| assert_eq!(p.map([7], |n| n).next(), Some(7)))
    }),
    ("ThreadPool::shutdown", |p| {
        p.end_both(|p| {
            let task = p.submit(|| ());
            p.shutdown();
            assert!(task.is_finished());
        });
    }),
    ("ThreadPool::shutdown_timeout", |p| {
        p.end_both(|p| {
            p.submit(|| ());
            assert!(p.shutdown_timeout(LONG));
        });
    }),
    ("ThreadPool::shutdown_now", |p| {
        p.end_both(|p| {
            let (task, go) = busy(&p);
            assert_eq!(p.shutdown_now().len(), 1);
            go.set();
            assert!(task.is_finished());
        });
    }),
    ("drop of a ThreadPool", |p| {
        p.end_both(|p| {
            let task = p.submit(|| sleep(SHORT));
            drop(p);
            assert!(task.is_finished());
        });
        let pool = ThreadPool::builder(1).on_drop(OnDrop::Detach).build();
        let task = pool.submit(|| 7);
        drop(pool);
        // A drop while a panic unwinds cancels what has not begun.
        assert!(
            task.join()
                .map_or_else(|error| error.is_cancelled(), |seven| seven == 7)
        );
    }),
    ("Supervisor as a task", |p| {
        p.both(|p| {
            let task = p.submit(Supervisor::new(|n| {
                move || if n < 1 { Err("no") } else { Ok(7) }
            }));
            assert_eq!(task.join().unwrap().unwrap(), 7);
        });
    }),
    ("spawn", |_| spawn(|| ()).join().unwrap()),
    ("scope", |_| {
        let mut number = 1;
        scope(|s| {
            s.spawn(|| number += 1);
        });
        assert_eq!(number, 2);
    }),
    ("JoinHandle::join", |_| {
        assert_eq!(spawn(|| 7).join().unwrap(), 7)
    }),
    ("JoinHandle::wait_timeout", |_| {
        assert!(spawn(|| ()).wait_timeout(LONG))
    }),
    ("JoinHandle::wait_until", |_| {
        spawn(|| ()).wait_until(LONG).unwrap()
    }),
    ("JoinHandle::stop", |_| {
        let thread = stoppable();
        thread.stop();
        thread.join().unwrap();
    }),
    ("Scope::stop", |_| {
        scope(|s| {
            s.spawn(|| stop_token().wait());
            s.stop();
        });
    }),
    ("StopSource::stop", |_| {
        let source = StopSource::new();
        let token = source.token();
        let thread = spawn(move || token.wait());
        source.stop();
        thread.join().unwrap();
    }),
    ("StopToken::wait", |_| {
        let source = StopSource::new();
        let token = source.token();
        let thread = spawn(move || source.stop());
        token.wait();
        thread.join().unwrap();
    }),
    ("StopToken::wait_timeout", |_| {
        assert!(!StopSource::new().token().wait_timeout(SHORT))
    }),
    ("StopToken::on_stop", |_| {
        let (source, called) = (StopSource::new(), Arc::new(Event::new()));
        let call = Arc::clone(&called);
        let _registration = source.token().on_stop(move || call.set());
        source.stop();
        assert!(called.is_set());
    }),
    ("Supervisor::start", |_| {
        let thread = Supervisor::new(|n| move || if n < 1 { Err("no") } else { Ok(7) }).start();
        assert_eq!(thread.join().unwrap().unwrap(), 7);
    }),
    ("Timer::after", |_| {
        let ran = Arc::new(Event::new());
        let run = Arc::clone(&ran);
        Timer::after(SHORT, move || run.set());
        assert!(ran.wait_timeout(LONG));
    }),
    ("Timer::every", |_| {
        let ran = Arc::new(Latch::new(2));
        let run = Arc::clone(&ran);
        let timer = Timer::every(SHORT, move || run.count_down());
        assert!(ran.wait_timeout(LONG));
        timer.cancel();
    }),
    ("Timer::with_pause", |_| {
        let ran = Arc::new(Latch::new(2));
        let run = Arc::clone(&ran);
        let timer = Timer::with_pause(SHORT, move || run.count_down());
        assert!(ran.wait_timeout(LONG));
        timer.cancel();
    }),
    ("Timer::cancel", |_| {
        let timer = Timer::after(EVER, || ());
        assert!(timer.cancel() && timer.is_finished());
    }),
    ("Timer::wait", |_| Timer::after(SHORT, || ()).wait()),
    ("Timer::wait_timeout", |_| {
        let timer = Timer::after(EVER, || ());
        assert!(!timer.wait_timeout(SHORT) && timer.cancel());
    }),
    ("Timer::wait_until", |_| {
        Timer::after(SHORT, || ()).wait_until(LONG).unwrap()
    }),
    ("sleep", |_| sleep(SHORT)),
    ("Lock", |_| {
        let lock = Lock::new(0);
        both_add(|| *lock.acquire() += 1);
        assert_eq!(*lock.acquire(), 2);
    }),
    ("RLock", |_| {
        let lock = RLock::new(std::cell::Cell::new(0));
        both_add(|| {
            let (outer, inner) = (lock.acquire(), lock.acquire());
            outer.set(inner.get() + 1);
        });
        assert_eq!(lock.acquire().get(), 2);
    }),
    ("RwLock::read", |_| {
        let lock = RwLock::new(7);
        both_add(|| assert_eq!(*lock.read(), 7));
    }),
    ("RwLock::write", |_| {
        let lock = RwLock::new(0);
        both_add(|| *lock.write() += 1);
        assert_eq!(*lock.read(), 2);
    }),
    ("Semaphore", |_| {
        let permits = Semaphore::new(1);
        both_add(|| drop(permits.acquire()));
        assert_eq!(permits.available(), 1);
    }),
    ("exit_guard", |_| {
        let ended = Arc::new(Event::new());
        let ends = Arc::clone(&ended);
        let guard = exit_guard();
        let begins_later = spawn(move || {
            sleep(SHORT);
            ends.set();
        });
        drop(guard);
        assert!(ended.is_set(), "the guard has waited");
        begins_later.join().unwrap();
    }),
    ("ThreadLocal", |_| {
        let numbers = ThreadLocal::new(|| std::cell::Cell::new(1));
        both_add(|| numbers.with(|number| number.set(number.get() + 1)));
        numbers.with(|number| assert_eq!(number.get(), 2));
    }),
    ("set_excepthook", |_| {
        let called = Arc::new(Event::new());
        let call = Arc::clone(&called);
        set_excepthook(move |_| call.set());
        drop(spawn(|| resume_unwind(Box::new("nobody asks"))));
        assert!(called.wait_timeout(LONG));
    }),
    // Last, because it cannot be taken back.
    ("stop_all", |_| {
        let thread = stoppable();
        stop_all();
        thread.join().unwrap();
        assert!(spawn(|| stop_token().is_stopped()).join().unwrap());
    }),
];

/// Runs that on two threads, one of which is the current one.
fn both_add(add: impl Fn() + Sync) {
    scope(|s| {
        s.spawn(&add);
        add();
    });
}

/// Does everything when it is dropped.
struct Everything(Pools);

impl Drop for Everything {
    fn drop(&mut self) {
        for (name, operation) in OPERATIONS {
            operation(&mut self.0);
            say(name);
        }
    }
}

#[threadkit::main]
fn main() -> Result<(), String> {
    thread_local!(static AT_END: RefCell<Option<Everything>> = const { RefCell::new(None) });
    let everything = Everything(Pools::new());
    match &*std::env::args().nth(1).unwrap_or_default() {
        "thread-running" => spawn(move || drop(everything)).join().unwrap(),
        "unwinding" => {
            let thread = spawn(move || {
                let _everything = everything;
                resume_unwind(Box::new("first"));
            });
            assert_eq!(thread.join().unwrap_err().message(), "first");
        }
        "in-its-thread-local-destructors" => {
            spawn(move || AT_END.set(Some(everything))).join().unwrap();
        }
        "after-main" => {
            spawn(move || {
                while !LEAVING.load(Ordering::Relaxed) {
                    sleep(SHORT);
                }
                // The guard waits for this thread.
                drop(everything);
            });
        }
        other => panic!("no state `{other}`"),
    }
    end("returns")
}
