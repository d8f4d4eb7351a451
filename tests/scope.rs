//! Threads that borrow.

mod support;

use std::cell::Cell;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use support::{Drops, Landmine, bounded};
use threadkit::{
    Event, JoinHandle, Lock, Panics, Run, Scope, Thread, ThreadPool, WaitError, current, scope,
    spawn, stop_token, try_scope,
};

const LONG: Duration = Duration::from_secs(60);

/// Waits for a stop; returns whether it came in time.
fn stopped_in_time() -> bool {
    stop_token().wait_timeout(LONG)
}

fn payload_of<R>(f: impl FnOnce() -> R) -> Box<dyn std::any::Any + Send> {
    match panic::catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => panic!("no panic came out"),
        Err(payload) => payload,
    }
}

#[test]
fn what_is_borrowed_is_back_afterwards() {
    let mut numbers = vec![1, 2, 3];
    let text = String::from("text");
    let mut length = 0;
    let last = scope(|s| {
        s.spawn(|| numbers.push(4));
        s.spawn(|| length = text.len());
        text.chars().last()
    });
    assert_eq!((numbers.len(), length, last), (4, 4, Some('t')));
}

#[test]
fn results_may_borrow() {
    let words = [String::from("a"), String::from("bcd")];
    let longest = scope(|s| {
        let handle = s.spawn(|| words.iter().max_by_key(|word| word.len()).unwrap());
        handle.join().unwrap()
    });
    assert_eq!(longest, "bcd");
}

#[test]
fn a_borrowing_struct_runs() {
    struct Sum<'a>(&'a [u32]);
    impl Run for Sum<'_> {
        type Output = u32;
        fn run(self: Box<Self>) -> u32 {
            self.0.iter().sum()
        }
    }
    let numbers = [1, 2, 3];
    let sum = scope(|s| s.spawn(Sum(&numbers)).join().unwrap());
    assert_eq!(sum, 6);
}

#[test]
fn a_boxed_borrowing_body_runs() {
    let numbers = [1, 2, 3];
    let sum: u32 = scope(|s| {
        let bodies: Vec<Box<dyn Run<Output = u32> + Send + '_>> = vec![
            Box::new(|| numbers.iter().sum()),
            Box::new(|| numbers.len() as u32),
        ];
        let handles = bodies.into_iter().map(|body| s.spawn(body));
        let handles: Vec<_> = handles.collect();
        threadkit::join_all(handles).unwrap().into_iter().sum()
    });
    assert_eq!(sum, 9);
}

#[test]
fn its_threads_are_threads_like_any_other() {
    scope(|s| {
        let worker = Thread::new(|| {
            stop_token().wait();
            current().name()
        });
        let worker = s.start(worker.name("borrower").stack_size(1 << 20));
        assert!(threadkit::threads().contains(worker.thread()));
        assert_eq!(&*worker.name(), "borrower");
        assert!(!worker.wait_timeout(Duration::from_millis(1)));
        assert!(worker.stop());
        assert_eq!(&*worker.join().unwrap(), "borrower");
    });
    assert!(
        threadkit::threads()
            .iter()
            .all(|thread| &*thread.name() != "borrower")
    );
}

#[test]
fn threads_that_were_not_joined_have_ended() {
    let done = AtomicUsize::new(0);
    let (go, gone) = mpsc::channel::<()>();
    scope(|s| {
        let done = &done;
        s.spawn(move || {
            let _ = gone.recv();
            done.fetch_add(1, Ordering::Relaxed);
        });
        drop(s.spawn(|| done.fetch_add(1, Ordering::Relaxed)));
        mem::forget(s.spawn(|| done.fetch_add(1, Ordering::Relaxed)));
        drop(go);
    });
    assert_eq!(done.into_inner(), 3);
}

#[test]
fn threads_start_threads() {
    fn fan_out<'scope>(s: Scope<'scope, '_>, depth: u32, count: &'scope AtomicUsize) {
        count.fetch_add(1, Ordering::Relaxed);
        if depth > 0 {
            for _ in 0..2 {
                s.spawn(move || fan_out(s, depth - 1, count));
            }
        }
    }
    let count = AtomicUsize::new(0);
    scope(|s| fan_out(s, 5, &count));
    assert_eq!(count.into_inner(), 63);
}

#[test]
fn scopes_nest() {
    let numbers = [1, 2, 3, 4];
    let sum: i32 = scope(|outer| {
        let halves = numbers.chunks(2).map(|half| {
            outer.spawn(move || {
                scope(|inner| {
                    let each = half.iter().map(|n| inner.spawn(move || n * 10));
                    let each: Vec<_> = each.collect();
                    each.into_iter()
                        .map(|handle| handle.join().unwrap())
                        .sum::<i32>()
                })
            })
        });
        let halves: Vec<_> = halves.collect();
        threadkit::join_all(halves).unwrap().into_iter().sum()
    });
    assert_eq!(sum, 100);
}

#[test]
fn one_panic_stops_the_others_and_keeps_its_payload() {
    #[derive(Debug, PartialEq)]
    struct Odd(u32);
    let in_time = AtomicBool::new(false);
    let payload = payload_of(|| {
        scope(|s| {
            s.spawn(|| in_time.store(stopped_in_time(), Ordering::Relaxed));
            s.spawn(|| panic::panic_any(Odd(7)));
        });
    });
    assert_eq!(payload.downcast_ref(), Some(&Odd(7)));
    assert!(in_time.into_inner());
}

#[test]
fn several_panics_come_together() {
    let payload = payload_of(|| {
        scope(|s| {
            for n in 0..3 {
                s.start(Thread::new(move || panic::panic_any(n)).name(format!("p{n}")));
            }
        });
    });
    let panics: Box<Panics> = payload.downcast().unwrap();
    assert_eq!(panics.len(), 3);
    let mut payloads: Vec<i32> = panics
        .into_iter()
        .map(|error| *error.into_panic().downcast::<i32>().unwrap())
        .collect();
    payloads.sort_unstable();
    assert_eq!(payloads, [0, 1, 2]);
}

#[test]
fn the_panic_of_the_closure_stops_all_and_comes_first() {
    let in_time = AtomicBool::new(false);
    let panics = try_scope(|s| {
        s.spawn(|| {
            in_time.store(stopped_in_time(), Ordering::Relaxed);
            panic!("second");
        });
        panic!("first");
    });
    let panics: Panics = panics.unwrap_err();
    let messages: Vec<_> = panics.iter().map(|panic| panic.message()).collect();
    assert_eq!(messages, ["first", "second"]);
    assert!(in_time.into_inner());
    assert!(panics.to_string().contains("first; thread `"), "{panics}");
}

#[test]
fn a_joined_panic_is_settled_but_stops_the_others() {
    let outcome = scope(|s| {
        let waits = s.spawn(stopped_in_time);
        let error = s.spawn(|| panic!("heard")).join().unwrap_err();
        (
            error.message().to_owned(),
            waits.join().unwrap(),
            s.is_stopped(),
        )
    });
    assert_eq!(outcome, ("heard".to_owned(), true, true));
}

#[test]
fn a_panic_behind_a_leaked_handle_is_not_lost() {
    let payload = payload_of(|| {
        scope(|s| mem::forget(s.spawn(|| panic!("leaked"))));
    });
    assert_eq!(payload.downcast_ref(), Some(&"leaked"));
}

#[test]
fn a_handle_may_outlive_its_scope() {
    let handle = scope(|s| s.spawn(|| 5));
    assert!(handle.is_finished());
    assert_eq!(handle.join().unwrap(), 5);

    let mut kept: Option<JoinHandle<()>> = None;
    let panics = try_scope(|s| kept = Some(s.spawn(|| panic!("whose?")))).unwrap_err();
    assert_eq!(panics.len(), 1);
    let error = kept.unwrap().join().unwrap_err();
    assert_eq!(error.message(), "its panic went to the owner of its scope");
}

#[test]
fn what_starts_after_a_panic_starts_stopped() {
    let panics = try_scope(|s| {
        let first = s.spawn(|| panic!("first"));
        first.wait();
        // It was not joined, and the scope still reports it.
        assert!(s.is_stopped());
        s.spawn(|| assert!(stop_token().is_stopped()))
            .join()
            .unwrap();
    });
    assert_eq!(panics.unwrap_err().len(), 1);
}

#[test]
fn a_scope_is_stopped_by_hand_and_goes_on() {
    let stopped = scope(|s| {
        let handles: Vec<_> = (0..3).map(|_| s.spawn(stopped_in_time)).collect();
        s.stop();
        threadkit::join_all(handles).unwrap()
    });
    assert_eq!(stopped, [true; 3]);
    assert!(!stop_token().is_stopped(), "that is not the owner's");
}

#[test]
fn a_stop_of_the_owner_reaches_every_depth() {
    let (tell, told) = mpsc::channel();
    let owner = spawn(move || {
        scope(|s| {
            let tell = &tell;
            s.spawn(move || {
                scope(|t| {
                    t.spawn(|| {
                        tell.send(()).unwrap();
                        assert!(stopped_in_time());
                    });
                    assert!(stopped_in_time());
                });
            });
            s.spawn(|| assert!(stopped_in_time()));
        });
        stop_token().is_stopped()
    });
    told.recv().unwrap();
    owner.stop();
    assert!(owner.join().unwrap());
}

#[test]
fn a_scope_of_a_stopped_owner_is_stopped_from_the_beginning() {
    let owner = spawn(|| {
        stop_token().wait();
        scope(|s| s.spawn(|| stop_token().is_stopped()).join().unwrap())
    });
    owner.stop();
    assert!(owner.join().unwrap());
}

#[test]
fn a_stop_of_a_task_reaches_the_scope_it_opens() {
    let pool = ThreadPool::new(1);
    let (tell, told) = mpsc::channel();
    let task = pool.submit(move || {
        scope(|s| {
            let waits = s.spawn(stopped_in_time);
            tell.send(()).unwrap();
            waits.join().unwrap()
        })
    });
    told.recv().unwrap();
    task.stop();
    assert!(task.join().unwrap());
    assert!(pool.submit(|| scope(|s| !s.is_stopped())).join().unwrap());
}

#[test]
fn a_scope_that_is_over_is_not_stopped_any_more() {
    let owner = spawn(|| {
        let outer = scope(|s| {
            scope(|t| t.spawn(|| ()).join().unwrap());
            s.spawn(stopped_in_time).join().unwrap()
        });
        (outer, scope(|s| s.is_stopped()))
    });
    owner.stop();
    assert_eq!(owner.join().unwrap(), (true, true));
}

#[test]
fn a_refused_start_gives_the_body_back() {
    let text = String::from("text");
    scope(|s| {
        let error = s
            .try_start(Thread::new(|| text.len()).name("a\0b"))
            .unwrap_err();
        assert_eq!((error.into_body())(), 4);
        let error = s
            .try_start(Thread::new(|| text.len()).stack_size(usize::MAX))
            .unwrap_err();
        assert_eq!((error.into_body())(), 4);
    });
}

#[test]
fn daemons_have_daemons() {
    let daemon = Thread::new(|| scope(|s| s.spawn(|| current().is_daemon()).join().unwrap()));
    assert!(daemon.daemon(true).start().join().unwrap());
    let worker = spawn(|| scope(|s| s.spawn(|| current().is_daemon()).join().unwrap()));
    assert!(!worker.join().unwrap());
}

#[test]
fn waits_inside_hear_the_panic_of_another() {
    let never = Event::new();
    let panics = try_scope(|s| {
        let waits = s.spawn(|| never.wait_until(&stop_token()));
        s.spawn(|| panic!("oops"));
        assert_eq!(waits.join().unwrap(), Err(WaitError::Stopped));
    });
    assert_eq!(panics.unwrap_err().len(), 1);
}

#[test]
fn what_a_thread_owns_is_dropped_before_the_scope_ends() {
    struct Counts<'a>(&'a AtomicUsize);
    impl Drop for Counts<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let dropped = AtomicUsize::new(0);
    let _ = try_scope(|s| {
        let (a, b, c) = (Counts(&dropped), Counts(&dropped), Counts(&dropped));
        // The captures of a thread, the result of a thread that is not joined, and the locals of a thread that panics.
        s.spawn(move || drop(a));
        drop(s.spawn(move || b));
        s.spawn(move || {
            let _c = c;
            panic!("on the way out");
        });
    });
    assert_eq!(dropped.load(Ordering::Relaxed), 3);
}

#[test]
fn one_lock_and_a_cell_per_thread() {
    let total = Lock::new(0);
    scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                let own = Cell::new(0);
                for _ in 0..1000 {
                    own.set(own.get() + 1);
                }
                *total.acquire() += own.get();
            });
        }
    });
    assert_eq!(total.into_inner(), 4000);
}

#[test]
fn a_panic_passed_on_keeps_its_place() {
    let worker = spawn(|| scope(|s| drop(s.spawn(|| panic!("deep")))));
    let line = line!() - 1;
    let error = worker.join().unwrap_err();
    assert_eq!(error.message(), "deep");
    assert_eq!(error.place().map(|place| place.line()), Some(line));
}

#[test]
fn many_starts_in_one_scope_leave_nothing_behind() {
    let before = threadkit::active_count();
    let count = AtomicUsize::new(0);
    scope(|s| {
        for _ in 0..200 {
            let handles: Vec<_> = (0..5)
                .map(|_| s.spawn(|| count.fetch_add(1, Ordering::Relaxed)))
                .collect();
            for handle in handles {
                handle.join().unwrap();
            }
        }
    });
    assert_eq!(count.into_inner(), 1000);
    // Other tests run beside this one.
    assert!(threadkit::active_count() < before + 100);
}

#[test]
fn panics_whose_payloads_panic_are_dropped_one_by_one() {
    bounded(|| {
        let drops = Drops::new();
        let fail = |s: Scope<'_, '_>| {
            for _ in 0..3 {
                let mine = Landmine(drops.value());
                s.spawn(move || panic::panic_any(mine));
            }
        };
        let panics = try_scope(fail).unwrap_err();
        assert_eq!((panics.len(), drops.count()), (3, 0));
        drop(panics);
        assert_eq!(drops.count(), 3);

        // As the payload of a panic themselves.
        drop(payload_of(|| scope(fail)));
        assert_eq!(drops.count(), 6);

        // A join gets the payload.
        let mut panics = try_scope(fail).unwrap_err().into_iter();
        let payload = panics.next().unwrap().into_panic();
        panics.for_each(mem::forget);
        assert!(payload.is::<Landmine>());
        mem::forget(payload);
        assert_eq!(drops.count(), 6);
    });
}

#[test]
fn a_thread_of_a_scope_may_use_it_from_a_scope_of_its_own() {
    bounded(|| {
        let owner = spawn(|| {
            stop_token().wait();
            scope(|outer| {
                let opens_another = move || {
                    scope(|inner| {
                        let in_both = [outer.spawn(stopped_in_time), inner.spawn(stopped_in_time)];
                        threadkit::join_all(in_both).unwrap()
                    })
                };
                outer.spawn(opens_another).join().unwrap()
            })
        });
        owner.stop();
        assert_eq!(owner.join().unwrap(), [true, true]);
    });
}
