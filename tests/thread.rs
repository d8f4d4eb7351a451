//! Threads: how they start, how they are shown, and what remains of them.

mod support;

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use support::{Drops, at_thread_end, bounded, eventually};
use threadkit::{
    JoinHandle, Run, State, Thread, ThreadRef, active_count, current, join_all, main_thread, spawn,
    stop_token, threads,
};

fn listed(thread: &ThreadRef) -> bool {
    threads().contains(thread)
}

#[test]
fn bodies_of_all_kinds_run() {
    fn function() -> u32 {
        1
    }
    struct Counter {
        from: u32,
    }
    impl Run for Counter {
        type Output = u32;
        fn run(self: Box<Self>) -> u32 {
            self.from + 1
        }
    }
    bounded(|| {
        let moved = String::from("moved");
        assert_eq!(spawn(function).join().unwrap(), 1);
        assert_eq!(spawn(Counter { from: 1 }).join().unwrap(), 2);
        assert_eq!(spawn(move || moved.len()).join().unwrap(), 5);
        let bodies: Vec<Box<dyn Run<Output = u32> + Send>> = vec![
            Box::new(function),
            Box::new(Counter { from: 2 }),
            Box::new(|| 7),
        ];
        let sum = join_all(bodies.into_iter().map(spawn)).unwrap();
        assert_eq!(sum, [1, 3, 7]);
        let boxed: Box<dyn FnOnce() -> u32 + Send> = Box::new(|| 9);
        assert_eq!(spawn(boxed).join().unwrap(), 9);
    });
}

#[test]
fn what_is_configured_is_what_runs() {
    bounded(|| {
        let thread = Thread::new(|| (current().is_daemon(), current().name()))
            .name("first")
            .name("second")
            .daemon(true)
            .daemon(false)
            .stack_size(1 << 20)
            .start();
        let (is_daemon, name) = thread.join().unwrap();
        assert!(!is_daemon);
        assert_eq!(name, "second");
        assert!(
            Thread::new(|| current().is_daemon())
                .daemon(true)
                .start()
                .join()
                .unwrap()
        );
        let text = format!("{:?}", Thread::new(Body).name("shown").stack_size(5));
        assert!(
            text.contains("\"shown\"") && text.contains('5') && text.contains("Body"),
            "{text}"
        );
    });
}

#[derive(Debug)]
struct Body;

impl Run for Body {
    type Output = ();
    fn run(self: Box<Self>) {}
}

#[test]
fn a_body_that_is_never_started_is_dropped_once() {
    let drops = Drops::new();
    let value = drops.value();
    let thread = Thread::new(move || drop(value));
    assert_eq!(drops.count(), 0);
    drop(thread);
    assert_eq!(drops.count(), 1);
}

#[test]
fn a_thread_knows_itself() {
    bounded(|| {
        let (send, receive) = mpsc::channel();
        let thread = spawn(move || {
            let me = current();
            assert_eq!(me, current());
            assert!(me.is_alive() && listed(&me));
            send.send(me.native_id()).unwrap();
            stop_token().wait();
            me
        });
        let native = receive.recv().unwrap();
        assert_eq!(thread.native_id(), native);
        assert!(listed(thread.thread()));
        let outside = thread.thread().clone();
        assert_eq!(outside.ident(), thread.ident());
        thread.stop();
        let me = thread.join().unwrap();
        assert_eq!(me, outside);
        assert!(!me.is_alive() && !listed(&me));
        assert_ne!(me, current());
        assert_eq!(me.state(), State::Finished);
        if cfg!(target_os = "linux") {
            assert_ne!(native, current().native_id());
            assert!(native.is_some());
        }
    });
}

#[test]
fn the_main_thread_has_the_native_id_that_the_system_knows() {
    let main = main_thread();
    if cfg!(target_os = "linux") {
        // There the first thread of a process has the number of the process.
        assert_eq!(main.native_id(), Some(u64::from(std::process::id())));
        assert_ne!(current().native_id(), main.native_id());
    }
    assert_ne!(current(), main);
}

#[test]
fn numbers_are_never_used_twice() {
    bounded(|| {
        let mut seen = HashSet::new();
        for _ in 0..20 {
            let threads: Vec<_> = (0..25).map(|_| spawn(|| current().ident())).collect();
            for thread in threads {
                let ident = thread.ident();
                assert_eq!(thread.join().unwrap(), ident);
                assert!(seen.insert(ident), "{ident} came twice");
            }
            let foreign = thread::spawn(|| current().ident()).join().unwrap();
            assert!(seen.insert(foreign));
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn the_main_thread_has_its_native_id_before_it_has_asked() {
    // The main thread of a test process is the harness's, which never uses threadkit.
    let main = threadkit::main_thread();
    assert_eq!(main.native_id(), Some(u64::from(std::process::id())));
    assert_ne!(main.native_id(), current().native_id());
}

#[test]
fn a_foreign_thread_is_adopted_and_gone_after_its_end() {
    bounded(|| {
        let (send, receive) = mpsc::channel();
        let thread = thread::spawn(move || {
            let me = current();
            assert!(me.is_alive() && me.is_daemon());
            assert_eq!(me, current());
            assert_eq!(me.ident(), current().ident());
            assert!(HashSet::from([current()]).contains(&me));
            send.send(me).unwrap();
            stop_token().wait();
        });
        let seen = receive.recv().unwrap();
        assert!(seen.is_alive() && listed(&seen));
        assert_eq!(seen.native_id().is_some(), cfg!(target_os = "linux"));
        seen.stop();
        thread.join().unwrap();
        eventually("it is taken off the list", || !listed(&seen));
        assert!(!seen.is_alive());
    });
}

#[test]
fn the_list_is_in_order_and_true_while_threads_come_and_go() {
    bounded(|| {
        let stop = Arc::new(AtomicBool::new(false));
        let churn: Vec<_> = (0..3)
            .map(|_| {
                let stop = Arc::clone(&stop);
                spawn(move || {
                    loop {
                        spawn(|| ()).join().unwrap();
                        drop(spawn(|| ()));
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                    }
                })
            })
            .collect();
        let anchor = spawn(|| stop_token().wait());
        for _ in 0..300 {
            let all = threads();
            assert!(
                all.is_sorted_by_key(ThreadRef::ident),
                "in the order of their numbers"
            );
            let numbers: HashSet<_> = all.iter().map(ThreadRef::ident).collect();
            assert_eq!(numbers.len(), all.len());
            assert!(
                all.contains(anchor.thread()),
                "who lives throughout is always listed"
            );
            assert!(churn.iter().all(|thread| all.contains(thread.thread())));
            assert!(active_count() >= 4);
        }
        stop.store(true, Ordering::Relaxed);
        join_all(churn).unwrap();
        anchor.stop();
        anchor.join().unwrap();
    });
}

#[test]
fn nothing_is_left_of_ten_thousand_threads() {
    bounded(|| {
        let drops = Drops::new();
        let mut mine = HashSet::new();
        for batch in 0..100 {
            let threads: Vec<_> = (0..100)
                .map(|_| {
                    let value = drops.value();
                    spawn(move || drop(value))
                })
                .collect();
            mine.extend(threads.iter().map(JoinHandle::ident));
            if batch % 2 == 0 {
                join_all(threads).unwrap();
            } else {
                drop(threads);
            }
        }
        eventually("all have ended", || drops.count() == 10_000);
        let left = || {
            threads()
                .iter()
                .filter(|thread| mine.contains(&thread.ident()))
                .count()
        };
        eventually("none is listed", || left() == 0);
        assert_eq!(mine.len(), 10_000);
    });
}

#[test]
fn identities_are_freed_with_their_last_reference() {
    bounded(|| {
        // The name is the part of a thread that can be watched from outside.
        let name = {
            let thread = Thread::new(|| ()).name("watched").start();
            let name = Arc::downgrade(&Arc::<str>::from(thread.name()));
            thread.join().unwrap();
            name
        };
        assert!(
            name.upgrade().is_none(),
            "neither a list nor a thread-local keeps it"
        );

        let thread = Thread::new(|| ()).name("watched").start();
        let (name, seen) = (
            Arc::downgrade(&Arc::<str>::from(thread.name())),
            thread.thread().clone(),
        );
        drop(thread);
        eventually("it has ended", || !seen.is_alive());
        drop(seen);
        eventually("the last one has let go", || name.upgrade().is_none());
    });
}

#[test]
fn current_answers_while_thread_locals_are_destroyed() {
    bounded(|| {
        // A thread that threadkit started keeps its identity until its last destructor.
        let (send, receive) = mpsc::channel();
        let thread = spawn(move || {
            let before = current();
            at_thread_end(move || {
                let after = current();
                let _ = send.send((before, after));
                let _ = (threads(), active_count(), stop_token().is_stopped());
            });
        });
        let handle = thread.thread().clone();
        thread.join().unwrap();
        let (before, after) = receive.recv().unwrap();
        assert_eq!(before, after);
        assert_eq!(after, handle);

        // So does a thread that was adopted before, whichever of the thread-locals is destroyed first.
        for asks_first in [true, false] {
            let (send, receive) = mpsc::channel();
            thread::spawn(move || {
                let before = asks_first.then(current);
                let send2 = send.clone();
                at_thread_end(move || drop(send2.send(current())));
                drop(send.send(before.unwrap_or_else(current)));
            })
            .join()
            .unwrap();
            let (before, after) = (receive.recv().unwrap(), receive.recv().unwrap());
            assert_eq!(before, after);
            eventually("it is gone", || !listed(&before));
        }

        // A thread that is adopted in its last destructor leaves no trace.
        let (send, receive) = mpsc::channel();
        thread::spawn(move || at_thread_end(move || drop(send.send(current()))))
            .join()
            .unwrap();
        let seen = receive.recv().unwrap();
        eventually("it is gone", || !listed(&seen));
    });
}

#[test]
fn a_thread_that_is_joined_has_its_name_and_its_stop_until_it_is_gone() {
    bounded(|| {
        let (send, receive) = mpsc::channel();
        let thread = Thread::new(move || {
            current().set_name("second");
            stop_token().wait();
            at_thread_end(move || {
                let here = current();
                let _ = send.send((
                    here.name(),
                    here.state(),
                    stop_token().is_stopped(),
                    listed(&here),
                ));
            });
        });
        let thread = thread.name("first").start();
        thread.stop();
        thread.join().unwrap();
        let (name, state, is_stopped, is_listed) = receive.recv().unwrap();
        assert_eq!((&*name, state), ("second", State::Finished));
        assert!(is_stopped && !is_listed);
    });
}

#[test]
fn a_detached_thread_is_itself_while_its_thread_locals_are_destroyed() {
    bounded(|| {
        let (send, receive) = mpsc::channel();
        let (detach, detached) = mpsc::channel();
        let thread = Thread::new(move || {
            detached.recv().unwrap();
            let before = current().ident();
            at_thread_end(move || {
                let (here, again) = (current(), current());
                let is_listed = listed(&here);
                let _ = send.send((before, here.ident(), here == again, here.name(), is_listed));
            });
        });
        drop(thread.name("first").start());
        detach.send(()).unwrap();
        let (before, after, is_same, name, is_listed) = receive.recv().unwrap();
        assert_eq!((before, &*name), (after, "first"));
        assert!(is_same && !is_listed);
    });
}

#[test]
fn threads_can_be_started_and_joined_while_thread_locals_are_destroyed() {
    bounded(|| {
        let (send, receive) = mpsc::channel();
        for foreign in [false, true] {
            let send = send.clone();
            let body = move || {
                at_thread_end(move || {
                    let child = spawn(|| current().ident());
                    let ident = child.ident();
                    let _ = send.send(child.join().unwrap() == ident);
                });
            };
            if foreign {
                thread::spawn(body).join().unwrap();
            } else {
                spawn(body).join().unwrap();
            }
            assert!(receive.recv().unwrap());
        }
    });
}

#[test]
fn a_thousand_at_once_are_all_listed() {
    bounded(|| {
        let ready = Arc::new(AtomicUsize::new(0));
        let source = threadkit::StopSource::new();
        let threads: Vec<_> = (0..1000)
            .map(|_| {
                let (token, ready) = (source.token(), Arc::clone(&ready));
                let body = move || {
                    ready.fetch_add(1, Ordering::SeqCst);
                    token.wait();
                };
                Thread::new(body).stack_size(64 * 1024).start()
            })
            .collect();
        eventually("all run", || ready.load(Ordering::SeqCst) == 1000);
        let all: HashSet<_> = threadkit::threads().iter().map(ThreadRef::ident).collect();
        assert!(threads.iter().all(|thread| all.contains(&thread.ident())));
        assert!(active_count() >= 1000);
        source.stop();
        join_all(threads).unwrap();
    });
}

#[test]
fn threads_start_threads_to_any_depth() {
    fn nest(depth: u32) -> u32 {
        match depth {
            0 => 0,
            _ => 1 + spawn(move || nest(depth - 1)).join().unwrap(),
        }
    }
    bounded(|| assert_eq!(nest(60), 60));
}

#[test]
fn sleep_sleeps_at_least_so_long_and_is_not_stopped() {
    bounded(|| {
        let nap = support::MOMENT;
        let thread = spawn(move || {
            let before = std::time::Instant::now();
            threadkit::sleep(nap);
            before.elapsed()
        });
        thread.stop();
        assert!(thread.join().unwrap() >= nap);
        threadkit::sleep(std::time::Duration::ZERO);
    });
}

#[test]
fn a_body_may_keep_things_that_stay_on_its_thread() {
    bounded(|| {
        let thread = spawn(|| {
            let local = std::rc::Rc::new(Cell::new(1));
            local.set(2);
            local.get()
        });
        assert_eq!(thread.join().unwrap(), 2);
    });
}

#[test]
fn starts_from_many_threads_do_not_mix_up() {
    bounded(|| {
        let gate = Arc::new(Barrier::new(4));
        let starters: Vec<_> = (0..4_u64)
            .map(|n| {
                let gate = Arc::clone(&gate);
                spawn(move || {
                    gate.wait();
                    (0..100).all(|m| spawn(move || n * 1000 + m).join().unwrap() == n * 1000 + m)
                })
            })
            .collect();
        assert_eq!(join_all(starters).unwrap(), [true; 4]);
    });
}
