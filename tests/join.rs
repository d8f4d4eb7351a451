//! Waiting for threads, and their results.

mod support;

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{self, catch_unwind, panic_any, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use support::{Bomb, Drops, LONG, Landmine, MOMENT, bounded, eventually, occupy, panic_of};
use threadkit::{
    JoinError, JoinHandle, StopSource, Thread, ThreadPool, WaitError, WhenFull, join_all, spawn,
    stop_token,
};

/// A thread that waits until it is stopped.
fn sleeper() -> JoinHandle<&'static str> {
    spawn(|| {
        stop_token().wait();
        "stopped"
    })
}

#[test]
fn results_of_all_sizes_arrive() {
    bounded(|| {
        spawn(|| ()).join().unwrap();
        assert_eq!(spawn(|| [7_u64; 4096]).join().unwrap(), [7; 4096]);
        assert_eq!(spawn(|| Box::new(5)).join().unwrap(), Box::new(5));
        let nested: Result<Result<u8, String>, JoinError> = spawn(|| Err("no".to_owned())).join();
        assert_eq!(nested.unwrap(), Err("no".to_owned()));
        let inner = spawn(|| spawn(|| 1)).join().unwrap();
        assert_eq!(inner.join().unwrap(), 1);
    });
}

#[test]
fn what_the_thread_wrote_is_seen() {
    bounded(|| {
        for _ in 0..200 {
            let cell = Arc::new(AtomicUsize::new(0));
            let other = Arc::clone(&cell);
            let thread = spawn(move || other.store(5, Ordering::Relaxed));
            thread.wait();
            assert_eq!(cell.load(Ordering::Relaxed), 5);
        }
    });
}

#[test]
fn many_wait_and_all_come_back() {
    bounded(|| {
        let thread = Arc::new(sleeper());
        let (here, all_here) = (Arc::new(AtomicUsize::new(0)), 12);
        let waiters: Vec<_> = (0..all_here)
            .map(|n| {
                let (thread, here) = (Arc::clone(&thread), Arc::clone(&here));
                spawn(move || {
                    here.fetch_add(1, Ordering::SeqCst);
                    match n % 4 {
                        0 => thread.wait(),
                        1 => assert!(thread.wait_timeout(LONG)),
                        2 => thread.wait_until(Instant::now() + LONG).unwrap(),
                        _ => thread.wait_until(&stop_token()).unwrap(),
                    }
                    assert!(thread.is_finished());
                })
            })
            .collect();
        eventually("all are about to wait", || {
            here.load(Ordering::SeqCst) == all_here
        });
        thread.stop();
        join_all(waiters).unwrap();
        let thread = Arc::into_inner(thread).expect("all waiters have gone");
        assert_eq!(thread.join().unwrap(), "stopped");
    });
}

#[test]
fn a_wait_ends_with_its_limit() {
    bounded(|| {
        let thread = sleeper();
        assert!(!thread.is_finished());
        assert!(!thread.wait_timeout(Duration::ZERO));
        let before = Instant::now();
        assert!(!thread.wait_timeout(MOMENT));
        assert!(before.elapsed() >= MOMENT);
        assert_eq!(thread.wait_until(Duration::ZERO), Err(WaitError::TimedOut));
        let past = Instant::now() - Duration::from_secs(1);
        assert_eq!(thread.wait_until(past), Err(WaitError::TimedOut));

        let source = StopSource::new();
        source.stop();
        assert_eq!(thread.wait_until(&source.token()), Err(WaitError::Stopped));
        let both = (Duration::MAX, &source.token());
        assert_eq!(thread.wait_until(both), Err(WaitError::Stopped));

        thread.stop();
        thread.wait();
        // An end that has happened is found, even at a zero limit and with a stopped token.
        assert!(thread.wait_timeout(Duration::ZERO));
        assert_eq!(thread.wait_until(past), Ok(()));
        assert_eq!(thread.wait_until(&source.token()), Ok(()));
        assert_eq!(thread.wait_until((past, &source.token())), Ok(()));
        assert!(thread.is_finished());
        thread.join().unwrap();
    });
}

#[test]
fn the_longest_limits_mean_for_ever() {
    bounded(|| {
        let thread = Arc::new(sleeper());
        let other = Arc::clone(&thread);
        let waiter = spawn(move || other.wait_timeout(Duration::MAX));
        let other = Arc::clone(&thread);
        let far = Duration::from_secs(u64::MAX / 4);
        let second = spawn(move || other.wait_until(far));
        assert!(!waiter.wait_timeout(MOMENT));
        thread.stop();
        assert!(waiter.join().unwrap());
        assert_eq!(second.join().unwrap(), Ok(()));
    });
}

#[test]
fn finished_threads_are_not_among_the_living() {
    bounded(|| {
        for _ in 0..100 {
            let thread = spawn(|| ());
            thread.wait();
            assert!(thread.is_finished() && !thread.thread().is_alive());
            let ident = thread.ident();
            assert!(
                threadkit::threads()
                    .iter()
                    .all(|other| other.ident() != ident)
            );
            thread.join().unwrap();
        }
    });
}

/// A thread that lists them may hold the last reference to some, and so remove them from the registry.
#[test]
fn threads_end_while_others_list_them() {
    bounded(|| {
        let starters = [(); 2].map(|()| {
            spawn(|| {
                for _ in 0..2_000 {
                    let done = Arc::new(AtomicBool::new(false));
                    let mine = Arc::clone(&done);
                    let thread = spawn(move || mine.store(true, Ordering::Release));
                    let seen = thread.thread().clone();
                    // It leaves the list when its body has run, and then it ends.
                    assert!(threadkit::threads().contains(&seen) || done.load(Ordering::Acquire));
                    thread.join().unwrap();
                    assert!(!threadkit::threads().contains(&seen));
                }
            })
        });
        let me = threadkit::current();
        loop {
            let all = threadkit::threads();
            assert!(all.is_sorted_by_key(|thread| thread.ident()));
            assert!(all.contains(&me));
            if starters.iter().all(JoinHandle::is_finished) {
                break;
            }
        }
        join_all(starters).unwrap();
    });
}

/// At every moment one of them lives, so a consistent list contains at least one.
#[test]
fn threads_that_start_each_other_are_never_all_missed() {
    fn relay(looking: Arc<AtomicBool>) {
        if looking.load(Ordering::SeqCst) {
            let next = Thread::new(move || relay(looking)).name("runner");
            drop(next.start());
        }
    }
    bounded(|| {
        let looking = Arc::new(AtomicBool::new(true));
        let goes_on = Arc::clone(&looking);
        drop(Thread::new(move || relay(goes_on)).name("runner").start());
        // By time, as a busy machine is slow to start them.
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(1) {
            let listed = threadkit::threads()
                .iter()
                .any(|thread| &*thread.name() == "runner");
            assert!(listed, "one of them ran all the time");
        }
        looking.store(false, Ordering::SeqCst);
    });
}

#[test]
fn a_join_waits_for_thread_locals_too() {
    struct Slow(mpsc::Sender<&'static str>);
    impl Drop for Slow {
        fn drop(&mut self) {
            // Long enough for a join that does not wait for it to return.
            thread::sleep(MOMENT);
            let _ = self.0.send("destroyed");
        }
    }
    thread_local!(static SLOW: std::cell::OnceCell<Slow> = const { std::cell::OnceCell::new() });
    bounded(|| {
        let (sender, seen) = mpsc::channel();
        let thread = spawn(move || SLOW.with(|cell| drop(cell.set(Slow(sender)))));
        thread.join().unwrap();
        assert_eq!(seen.try_recv(), Ok("destroyed"));
    });
}

/// How long the current thread has had a core; always zero on a system that does not report it.
#[cfg(target_os = "linux")]
fn time_on_a_core() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or("0 ".to_owned());
    Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
}

#[test]
#[cfg(target_os = "linux")]
fn a_join_sleeps_before_the_end_and_after_it() {
    const PAUSE: Duration = Duration::from_millis(300);
    struct Lasts;
    impl Drop for Lasts {
        fn drop(&mut self) {
            thread::sleep(PAUSE);
        }
    }
    thread_local!(static LASTS: Lasts = const { Lasts });
    bounded(|| {
        let bodies: [fn(); 2] = [|| thread::sleep(PAUSE), || LASTS.with(|_| ())];
        for body in bodies {
            let (begun, before) = (Instant::now(), time_on_a_core());
            spawn(body).join().unwrap();
            let busy = time_on_a_core() - before;
            assert!(begun.elapsed() >= PAUSE, "it was not waited for");
            assert!(busy < PAUSE / 6, "who joined was busy for {busy:?}");
        }
    });
}

#[test]
fn joining_oneself_panics_and_says_why() {
    bounded(|| {
        let (send, receive) = mpsc::channel::<JoinHandle<()>>();
        let thread = Thread::new(move || {
            let own = receive.recv().unwrap();
            assert!(panic_of(|| own.wait()).contains("`narcissus` tries to wait for itself"));
            assert!(panic_of(|| _ = own.wait_timeout(LONG)).contains("itself"));
            assert!(panic_of(|| _ = own.wait_until(LONG)).contains("itself"));
            let message = panic_of(|| drop(own.join()));
            assert!(
                message.contains("`narcissus` tries to join itself"),
                "{message}"
            );
            assert!(
                message.contains("pass its handle to another thread"),
                "{message}"
            );
        })
        .name("narcissus")
        .start();
        let seen = thread.thread().clone();
        let watch = thread.thread().clone();
        send.send(thread).unwrap();
        eventually("it has ended", || !watch.is_alive());
        assert!(!seen.is_alive());
    });
}

/// A task that the submitting thread runs inline waits for the thread that runs it.
#[test]
fn joining_the_thread_that_runs_the_task_is_refused_in_words() {
    bounded(|| {
        // The only worker is busy and its backlog full, so the caller runs what it submits.
        let pool = ThreadPool::builder(1)
            .backlog(1, WhenFull::RunInCaller)
            .build();
        let busy = occupy(&pool);
        let waiting = pool.submit(|| ());
        let (give, own) = mpsc::channel::<JoinHandle<()>>();
        let (tell, told) = mpsc::channel();
        let pool = Arc::new(pool);
        let inner = Arc::clone(&pool);
        let host = Thread::new(move || {
            let own = own.recv().unwrap();
            inner.submit(move || {
                assert_ne!(
                    own.thread(),
                    &threadkit::current(),
                    "it is a task of its own"
                );
                let waits = [
                    panic_of(|| own.wait()),
                    panic_of(|| _ = own.wait_timeout(LONG)),
                    panic_of(|| _ = own.wait_until(LONG)),
                    panic_of(|| drop(own.join())),
                ];
                tell.send(waits).unwrap();
            });
        });
        let host = host.name("host").start();
        let watch = host.thread().clone();
        give.send(host).unwrap();
        let messages = told.recv_timeout(LONG).expect("no wait hangs");
        for (message, verb) in messages
            .iter()
            .zip(["wait for", "wait for", "wait for", "join"])
        {
            let words = format!("thread `host` tries to {verb} itself, which would never end");
            assert!(message.starts_with(&words), "{message}");
        }
        eventually("it has ended", || !watch.is_alive());
        drop(waiting);
        busy.stop();
    });
}

#[test]
fn joining_oneself_at_the_very_end_is_refused_in_words() {
    // While thread-locals are destroyed, the thread still waits under its own identity. The body has ended, so a wait
    // returns at once; a join would wait for this destructor.
    struct Late(Option<JoinHandle<()>>, mpsc::Sender<String>);
    impl Drop for Late {
        fn drop(&mut self) {
            let own = self.0.take().unwrap();
            own.wait();
            let _ = self.1.send(panic_of(|| drop(own.join())));
        }
    }
    thread_local!(static LATE: std::cell::OnceCell<Late> = const { std::cell::OnceCell::new() });
    bounded(|| {
        let (handle_in, handle_out) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let thread = spawn(move || {
            // This is registered before any thread-local of threadkit.
            let late = Late(Some(handle_out.recv().unwrap()), tell);
            LATE.with(|cell| drop(cell.set(late)));
        });
        handle_in.send(thread).unwrap();
        assert!(told.recv().unwrap().contains("tries to join itself"));
    });
}

#[test]
fn a_panic_arrives_with_message_and_place() {
    bounded(|| {
        let shop = || panic!("out of {}", "cheese");
        let line = line!() - 1;
        let thread = Thread::new(shop).name("shop").start();
        let error = thread.join().unwrap_err();
        assert_eq!(error.message(), "out of cheese");
        assert_eq!(error.thread_name(), "shop");
        let place = error.place().expect("our hook notes it");
        assert!(place.file().ends_with("join.rs"));
        assert_eq!(place.line(), line);
        assert!(place.column() > 0);
        let text = format!("{error}");
        assert_eq!(
            text,
            format!("thread `shop` panicked at {place}: out of cheese")
        );
        assert_eq!(format!("{error:?}"), text, "unwrap prints one good line");
        let boxed: Box<dyn Error + Send + Sync> = Box::new(error);
        assert!(boxed.source().is_none());
    });
}

#[test]
fn payloads_of_every_type_arrive() {
    #[derive(Debug, PartialEq)]
    struct Own(u32);
    fn payload_of(body: impl FnOnce() + Send + 'static) -> Box<dyn Any + Send> {
        spawn(body).join().unwrap_err().into_panic()
    }
    bounded(|| {
        let own = payload_of(|| panic_any(Own(5)));
        assert_eq!(own.downcast_ref(), Some(&Own(5)));
        let text = payload_of(|| panic!("plain"));
        assert_eq!(text.downcast_ref(), Some(&"plain"));
        let one = std::hint::black_box(1);
        let text = payload_of(move || panic!("with {one}"));
        assert_eq!(text.downcast_ref(), Some(&"with 1".to_owned()));
        let number = payload_of(|| resume_unwind(Box::new(9_u8)));
        assert_eq!(number.downcast_ref(), Some(&9_u8));
        let error = spawn(|| panic_any(Own(1))).join().unwrap_err();
        assert_eq!(error.message(), "a payload that is no string");
        // The panic continues as if it had happened here.
        let again = catch_unwind(|| resume_unwind(payload_of(|| panic_any(Own(3))))).unwrap_err();
        assert_eq!(again.downcast_ref(), Some(&Own(3)));
    });
}

#[test]
fn a_panic_that_was_passed_on_has_no_place_of_another() {
    bounded(|| {
        // The body catches one panic and ends by another, which went past the hook.
        let error = spawn(|| {
            let _ = catch_unwind(|| panic!("the first"));
            resume_unwind(Box::new("the second"));
        })
        .join()
        .unwrap_err();
        assert_eq!(error.message(), "the second");
        assert_eq!(error.place(), None, "{error}");
    });
}

#[test]
fn clean_up_that_panics_and_recovers_does_not_change_the_place() {
    struct CleanUp;
    impl Drop for CleanUp {
        fn drop(&mut self) {
            let _ = catch_unwind(|| panic!("while cleaning up"));
        }
    }
    bounded(|| {
        let thread = spawn(|| {
            let _clean_up = CleanUp;
            panic!("the cause");
        });
        let line = line!() - 2;
        let error = thread.join().unwrap_err();
        assert_eq!(error.message(), "the cause");
        assert_eq!(
            error.place().map(|place| place.line()),
            Some(line),
            "{error}"
        );
    });
}

#[test]
fn a_panic_in_a_nested_join_has_its_own_place() {
    bounded(|| {
        let outer = spawn(|| {
            let inner = spawn(|| panic!("deep"));
            inner.join().unwrap();
        });
        let message = outer.join().unwrap_err().message().to_owned();
        assert!(message.contains("panicked at"), "{message}");
        assert!(message.contains("deep"), "{message}");
    });
}

#[test]
fn the_result_is_dropped_once_by_its_last_owner() {
    bounded(|| {
        // Joined.
        let drops = Drops::new();
        let value = drops.value();
        let joined = spawn(move || value).join().unwrap();
        assert_eq!(drops.count(), 0);
        drop(joined);
        assert_eq!(drops.count(), 1);

        // Detached after the end.
        let drops = Drops::new();
        let value = drops.value();
        let thread = spawn(move || value);
        thread.wait();
        assert_eq!(drops.count(), 0, "it may still be asked for");
        drop(thread);
        assert_eq!(drops.count(), 1);

        // Detached before the end.
        let drops = Drops::new();
        let value = drops.value();
        let go = Arc::new(Barrier::new(2));
        let other = Arc::clone(&go);
        let thread = spawn(move || {
            other.wait();
            value
        });
        let seen = thread.thread().clone();
        drop(thread);
        go.wait();
        eventually("it has ended", || !seen.is_alive());
        assert_eq!(
            drops.count(),
            1,
            "dropped before the thread counts as ended"
        );

        // At the same time as the end.
        let drops = Drops::new();
        for _ in 0..300 {
            let value = drops.value();
            drop(spawn(move || value));
        }
        eventually("all are dropped", || drops.count() == 300);

        // If it was never returned, a panic drops what the body owned.
        let drops = Drops::new();
        let value = drops.value();
        let thread = spawn(move || {
            let _value = value;
            panic!("with a value");
        });
        assert!(thread.join().is_err());
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn a_forgotten_handle_leaks_and_does_no_harm() {
    bounded(|| {
        let thread = spawn(|| 5);
        let seen = thread.thread().clone();
        std::mem::forget(thread);
        eventually("it ends all the same", || !seen.is_alive());
    });
}

#[test]
fn a_result_whose_drop_panics_ends_its_thread_in_order() {
    bounded(|| {
        // If it is not joined, the thread itself drops the result, and still ends.
        let drops = Drops::new();
        let bomb = Bomb(drops.value());
        let go = Arc::new(Barrier::new(2));
        let other = Arc::clone(&go);
        let thread = spawn(move || {
            other.wait();
            bomb
        });
        let seen = thread.thread().clone();
        drop(thread);
        go.wait();
        eventually("it has ended", || !seen.is_alive());
        assert_eq!(drops.count(), 1);

        // The owner of the handle drops it, and gets the panic.
        let drops = Drops::new();
        let bomb = Bomb(drops.value());
        let thread = spawn(move || bomb);
        thread.wait();
        assert_eq!(panic_of(|| drop(thread)), "a destructor that panics");
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn a_payload_whose_drop_panics_ends_its_thread_in_order() {
    bounded(|| {
        // Not joined: the payload is dropped by the thread.
        let drops = Drops::new();
        let bomb = Bomb(drops.value());
        let go = Arc::new(Barrier::new(2));
        let other = Arc::clone(&go);
        let thread = spawn(move || {
            other.wait();
            panic_any(bomb);
        });
        let seen = thread.thread().clone();
        drop(thread);
        go.wait();
        eventually("it has ended", || !seen.is_alive());
        assert_eq!(drops.count(), 1);
        assert!(threadkit::threads().iter().all(|thread| *thread != seen));

        // Joined: the join returns the payload.
        let bomb = Bomb(drops.value());
        let error = spawn(move || panic_any(bomb)).join().unwrap_err();
        assert_eq!(panic_of(|| drop(error)), "a destructor that panics");
        assert_eq!(drops.count(), 2);

        // A payload whose destructor panics with another such payload.
        struct Nested(Drops);
        impl Drop for Nested {
            fn drop(&mut self) {
                panic_any(Bomb(self.0.value()));
            }
        }
        let nested = Nested(drops.clone());
        let thread = spawn(move || panic_any(nested));
        let seen = thread.thread().clone();
        drop(thread);
        eventually("it has ended", || !seen.is_alive());
    });
}

#[test]
fn waiting_through_a_handle_that_is_dropped_elsewhere() {
    bounded(|| {
        let thread = Arc::new(sleeper());
        let (seen, other) = (thread.thread().clone(), Arc::clone(&thread));
        let waiter = spawn(move || other.wait());
        drop(thread);
        assert!(
            !waiter.wait_timeout(MOMENT),
            "detaching one owner wakes no thread"
        );
        seen.stop();
        waiter.join().unwrap();
        assert!(!seen.is_alive());
    });
}

#[test]
fn join_all_waits_for_all_and_returns_the_first_error() {
    bounded(|| {
        assert!(join_all(Vec::<JoinHandle<u8>>::new()).unwrap().is_empty());
        let ended = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..6)
            .map(|n| {
                let ended = Arc::clone(&ended);
                spawn(move || {
                    if n != 1 && n != 3 {
                        thread::yield_now();
                    }
                    ended.fetch_add(1, Ordering::SeqCst);
                    assert!(n != 1 && n != 3, "number {n}");
                    n
                })
            })
            .collect();
        let error = join_all(threads).unwrap_err();
        assert_eq!(error.message(), "number 1");
        assert_eq!(ended.load(Ordering::SeqCst), 6);
        assert_eq!(
            join_all((0..5).map(|n| spawn(move || n))).unwrap(),
            [0, 1, 2, 3, 4]
        );
    });
}

#[test]
fn a_handle_goes_round_the_threads() {
    // Each thread joins the one before it.
    bounded(|| {
        let mut last = spawn(|| 0);
        for _ in 0..50 {
            let before = last;
            last = spawn(move || before.join().unwrap() + 1);
        }
        assert_eq!(last.join().unwrap(), 50);
    });
}

#[test]
fn the_question_mark_works_in_ordinary_functions() {
    fn sum() -> Result<u32, Box<dyn Error + Send + Sync>> {
        let one = spawn(|| 1).join()?;
        let two = spawn(|| -> u32 { panic!("no two") }).join()?;
        Ok(one + two)
    }
    bounded(|| assert!(sum().unwrap_err().to_string().ends_with("no two")));
}

#[test]
fn handles_and_errors_print_without_waiting() {
    bounded(|| {
        let thread = Thread::new(|| stop_token().wait()).name("quiet").start();
        let text = format!("{thread:?}");
        assert!(
            text.contains("\"quiet\"") && !text.contains("state: Finished"),
            "{text}"
        );
        thread.stop();
        thread.wait();
        assert!(format!("{thread:?}").contains("state: Finished"));
        assert!(!thread.thread().is_alive(), "{:?}", thread.thread());
        thread.join().unwrap();
    });
}

#[test]
fn a_message_that_panics_is_the_business_of_its_thread() {
    struct Vexing;
    impl fmt::Display for Vexing {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("vexed")?;
            Ok(())
        }
    }
    bounded(|| {
        let error = spawn(|| panic!("{Vexing}")).join().unwrap_err();
        assert_eq!(error.message(), "vexed");
    });
}

#[test]
fn a_hook_that_is_set_later_costs_only_the_place() {
    // Without the call of the hook before it, this hook would disturb the other tests of the binary.
    bounded(|| {
        spawn(|| ()).join().unwrap();
        let ours = panic::take_hook();
        panic::set_hook(Box::new(move |info| ours(info)));
        let error = spawn(|| panic!("chained")).join().unwrap_err();
        assert_eq!(error.message(), "chained");
        assert!(
            error.place().is_some(),
            "a hook that calls the one before keeps places"
        );
    });
}

#[test]
fn join_all_starts_all_threads_of_a_lazy_iterator_before_it_joins_one() {
    bounded(|| {
        let barrier = Arc::new(threadkit::Barrier::new(3));
        let met = (0..3).map(|_| {
            let barrier = Arc::clone(&barrier);
            spawn(move || barrier.wait_timeout(Duration::from_secs(20)).is_ok())
        });
        assert_eq!(join_all(met).unwrap(), [true; 3]);
    });
}

#[test]
fn join_all_survives_destructors_that_panic() {
    bounded(|| {
        // Of payloads: the first is returned, the others are dropped one by one.
        let drops = Drops::new();
        let thread = || {
            let mine = Landmine(drops.value());
            spawn(move || -> Landmine { panic_any(mine) })
        };
        let error = join_all([thread(), thread(), thread()]).unwrap_err();
        assert_eq!(drops.count(), 2);
        assert!(panic_of(|| drop(error)).contains("whenever it runs"));
        assert_eq!(drops.count(), 3);

        // Of values that no join returns.
        let drops = Drops::new();
        let thread = |fails: bool| {
            let mine = Landmine(drops.value());
            spawn(move || {
                if fails {
                    std::mem::forget(mine);
                    panic!("in the middle of them");
                }
                mine
            })
        };
        let error = join_all([thread(false), thread(true), thread(false)]).unwrap_err();
        assert_eq!(error.message(), "in the middle of them");
        assert_eq!(drops.count(), 2);
    });
}

#[test]
fn a_thread_is_waited_for_by_a_reference() {
    bounded(|| {
        let worker = spawn(|| threadkit::stop_token().wait());
        let thread = worker.thread().clone();
        drop(worker);
        assert!(!thread.wait_timeout(Duration::from_millis(5)));
        let source = threadkit::StopSource::new();
        source.stop();
        assert_eq!(
            thread.wait_until(&source.token()),
            Err(threadkit::WaitError::Stopped)
        );
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let thread = thread.clone();
                spawn(move || thread.wait())
            })
            .collect();
        thread.stop();
        threadkit::join_all(waiters).unwrap();
        assert!(!thread.is_alive() && thread.wait_timeout(Duration::ZERO));
        thread.wait();

        let message = spawn(|| support::panic_of(|| threadkit::current().wait()));
        let message = message.join().unwrap();
        assert!(message.contains("tries to wait for itself"), "{message}");
        // This test runs on a thread of std's.
        let here = threadkit::current();
        let message = spawn(move || support::panic_of(|| here.wait()))
            .join()
            .unwrap();
        assert!(
            message.ends_with("cannot be waited for, because threadkit did not start it"),
            "{message}"
        );
    });
}
