//! Stop sources and tokens, and every wait that a stop ends.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use support::{LONG, MOMENT, bounded, eventually};
use threadkit::{
    IntoUntil, StopSource, Stopped, TimedOut, Until, WaitError, join_all, spawn, stop_token,
};

#[test]
fn a_stop_is_heard_once_and_for_all() {
    let source = StopSource::new();
    let (token, late) = (source.token(), source.clone());
    assert!(!source.is_stopped() && !token.is_stopped());
    assert_eq!(token.check(), Ok(()));
    assert!(late.stop());
    assert!(!source.stop(), "a clone is the same source");
    assert!(source.is_stopped() && token.is_stopped() && source.token().is_stopped());
    assert_eq!(token.check(), Err(Stopped));
    bounded(move || {
        token.wait();
        assert!(token.wait_timeout(Duration::ZERO));
        assert!(token.wait_timeout(Duration::MAX));
        assert_eq!(token.wait_until(Duration::ZERO), Ok(()));
    });
}

#[test]
fn a_wait_for_the_stop_ends_with_its_limit() {
    bounded(|| {
        let source = StopSource::new();
        let token = source.token();
        assert!(!token.wait_timeout(Duration::ZERO));
        let before = Instant::now();
        assert!(!token.wait_timeout(MOMENT));
        assert!(before.elapsed() >= MOMENT);
        assert_eq!(token.wait_until(MOMENT), Err(WaitError::TimedOut));
        assert_eq!(
            token.wait_until(Instant::now() - LONG),
            Err(WaitError::TimedOut)
        );

        let other = StopSource::new();
        other.stop();
        assert_eq!(token.wait_until(&other.token()), Err(WaitError::Stopped));
        // A stop of its own token takes precedence over one of the other token.
        source.stop();
        assert_eq!(token.wait_until(&other.token()), Ok(()));
    });
}

#[test]
fn waiting_with_the_token_that_one_waits_for() {
    bounded(|| {
        let source = StopSource::new();
        let token = source.token();
        assert_eq!(token.wait_until((MOMENT, &token)), Err(WaitError::TimedOut));
        let waiter = spawn(move || token.wait_until(&token));
        assert!(!waiter.wait_timeout(MOMENT));
        source.stop();
        assert_eq!(
            waiter.join().unwrap(),
            Ok(()),
            "it has heard what it waited for"
        );
    });
}

#[test]
fn a_thread_that_waits_with_its_own_token_can_be_stopped() {
    bounded(|| {
        let forever = Arc::new(spawn(|| stop_token().wait()));
        let other = Arc::clone(&forever);
        let waiter = spawn(move || other.wait_until(&stop_token()));
        assert!(!waiter.wait_timeout(MOMENT));
        waiter.stop();
        assert_eq!(waiter.join().unwrap(), Err(WaitError::Stopped));
        assert!(!forever.is_finished(), "only the waiter was stopped");
        forever.stop();
    });
}

#[test]
fn one_stop_ends_waits_of_every_kind() {
    bounded(|| {
        let source = StopSource::new();
        let never = Arc::new(spawn(|| stop_token().wait()));
        let about = Arc::new(AtomicUsize::new(0));
        let waiters: Vec<_> = (0..24)
            .map(|n| {
                let (token, never, about) = (source.token(), Arc::clone(&never), about.clone());
                spawn(move || {
                    about.fetch_add(1, Ordering::SeqCst);
                    match n % 4 {
                        0 => token.wait(),
                        1 => assert!(token.wait_timeout(Duration::MAX)),
                        2 => assert_eq!(never.wait_until(&token), Err(WaitError::Stopped)),
                        _ => {
                            let until = (LONG, &token);
                            assert_eq!(never.wait_until(until), Err(WaitError::Stopped));
                        }
                    }
                })
            })
            .collect();
        eventually("all are about to wait", || {
            about.load(Ordering::SeqCst) == 24
        });
        assert!(source.stop());
        join_all(waiters).unwrap();
        never.stop();
    });
}

#[test]
fn stops_from_many_sides_are_one_stop() {
    bounded(|| {
        for _ in 0..200 {
            let source = StopSource::new();
            let start = Arc::new(Barrier::new(4));
            let stoppers: Vec<_> = (0..3)
                .map(|_| {
                    let (source, start) = (source.clone(), Arc::clone(&start));
                    spawn(move || {
                        start.wait();
                        source.stop()
                    })
                })
                .collect();
            let (token, start2) = (source.token(), Arc::clone(&start));
            let waiter = spawn(move || {
                start2.wait();
                token.wait_until((LONG, &token))
            });
            let first = join_all(stoppers)
                .unwrap()
                .into_iter()
                .filter(|first| *first)
                .count();
            assert_eq!(first, 1);
            assert_eq!(waiter.join().unwrap(), Ok(()));
        }
    });
}

#[test]
fn ends_stops_and_deadlines_race_and_the_answer_is_always_one_of_them() {
    bounded(|| {
        for round in 0..300_u64 {
            let source = StopSource::new();
            let start = Arc::new(Barrier::new(3));
            let (start2, start3) = (Arc::clone(&start), Arc::clone(&start));
            let worker = Arc::new(spawn(move || {
                start2.wait();
            }));
            let other = source.clone();
            let stopper = spawn(move || {
                start3.wait();
                other.stop()
            });
            let token = source.token();
            start.wait();
            let limit = Duration::from_micros(round % 60);
            match worker.wait_until((limit, &token)) {
                Ok(()) => assert!(worker.is_finished()),
                Err(WaitError::Stopped) => assert!(token.is_stopped()),
                Err(WaitError::TimedOut) => {}
            }
            stopper.join().unwrap();
            worker.wait();
        }
    });
}

#[test]
fn tokens_outlive_their_sources_and_threads() {
    bounded(|| {
        let source = StopSource::new();
        let token = source.token();
        drop(source);
        assert!(!token.is_stopped());
        assert!(
            !token.wait_timeout(Duration::from_millis(1)),
            "no source is left to stop it"
        );

        let thread = spawn(stop_token);
        let seen = thread.thread().clone();
        let token = thread.join().unwrap();
        assert!(!token.is_stopped());
        // The thread has ended, and its token still works.
        let waiter = {
            let token = token.clone();
            spawn(move || token.wait())
        };
        assert!(seen.stop());
        waiter.join().unwrap();
        assert!(token.is_stopped());
    });
}

#[test]
fn the_token_of_a_thread_is_one_from_every_side() {
    bounded(|| {
        let thread = spawn(|| {
            let own = stop_token();
            own.wait();
            assert!(threadkit::current().stop_token().is_stopped());
            own.is_stopped()
        });
        let outside = thread.thread().stop_token();
        assert!(!outside.is_stopped());
        assert!(thread.stop());
        assert!(!thread.thread().stop());
        assert!(outside.is_stopped());
        assert!(thread.join().unwrap());
    });
}

#[test]
fn a_stop_stops_no_other_thread() {
    bounded(|| {
        let child_token = spawn(|| {
            let child = spawn(|| stop_token().wait());
            stop_token().wait();
            assert!(!child.is_finished());
            child.stop();
            child.join().unwrap();
        });
        child_token.stop();
        child_token.join().unwrap();
    });
}

#[test]
fn foreign_threads_have_a_token_as_well() {
    bounded(|| {
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            tell.send(threadkit::current()).unwrap();
            stop_token().wait();
        });
        assert!(told.recv().unwrap().stop());
        thread.join().unwrap();
    });
}

#[test]
fn an_until_is_made_from_all_that_can_end_a_wait() {
    fn until<'a>(from: impl IntoUntil<'a>) -> Until<'a> {
        from.into_until()
    }
    let source = StopSource::new();
    let token = source.token();
    let stopped = StopSource::new();
    stopped.stop();
    let stopped = stopped.token();
    for limit in [
        until(Duration::ZERO),
        until(Instant::now()),
        until((Duration::ZERO, &token)),
        until((Instant::now(), &token)),
        until(until(Duration::ZERO)),
    ] {
        assert_eq!(token.wait_until(limit), Err(WaitError::TimedOut));
        assert!(!format!("{limit:?}").is_empty());
    }
    for limit in [until(&stopped), until((Duration::MAX, &stopped))] {
        assert_eq!(token.wait_until(limit), Err(WaitError::Stopped));
    }
    // Both happen at once, so the wait ends at once, by one of the two.
    assert!(token.wait_until((Duration::ZERO, &stopped)).is_err());
}

#[test]
fn errors_say_what_they_are() {
    assert_eq!(TimedOut.to_string(), "the time was up");
    assert_eq!(Stopped.to_string(), "a stop was requested");
    assert_eq!(WaitError::from(TimedOut), WaitError::TimedOut);
    assert_eq!(WaitError::from(Stopped), WaitError::Stopped);
    assert_eq!(WaitError::Stopped.to_string(), Stopped.to_string());
    assert_eq!(WaitError::TimedOut.to_string(), TimedOut.to_string());
    let boxed: Box<dyn std::error::Error + Send + Sync> = WaitError::Stopped.into();
    assert!(boxed.downcast::<WaitError>().is_ok());
}

#[test]
fn waits_that_come_and_go_leave_nothing_behind() {
    // A token that lives as long as the program, and waits that do not.
    bounded(|| {
        let source = StopSource::new();
        let token = source.token();
        let worker = spawn(|| stop_token().wait());
        for _ in 0..20_000 {
            assert!(worker.wait_until((Duration::ZERO, &token)).is_err());
        }
        let before = Instant::now();
        source.stop();
        assert!(
            before.elapsed() < Duration::from_secs(5),
            "the list has not grown"
        );
        worker.stop();
        worker.join().unwrap();
    });
}
