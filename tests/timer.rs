//! Timers: on time and in order, cancelled or not, many on one thread.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use support::{Bomb, Dice, Drops, LONG, bounded, occupy, panic_of};
use threadkit::{
    Event, Latch, Queue, StopSource, ThreadPool, Timer, WaitError, WhenFull, set_excepthook,
    threads,
};

const MS: Duration = Duration::from_millis(1);

const HOUR: Duration = Duration::from_secs(3600);

fn timer_threads() -> usize {
    let all = threads();
    let named = all
        .iter()
        .filter(|thread| &*thread.name() == "threadkit-timer");
    named.count()
}

#[test]
fn runs_once_and_never_early() {
    bounded(|| {
        for delay in [Duration::ZERO, MS, 7 * MS] {
            let (tell, told) = mpsc::channel();
            let begun = Instant::now();
            let timer = Timer::after(delay, move || tell.send(begun.elapsed()).unwrap());
            assert!(told.recv().unwrap() >= delay);
            timer.wait();
            assert!(timer.is_finished());
            assert!(!timer.cancel());
            assert!(
                told.recv().is_err(),
                "what it captured is gone, so it cannot run again"
            );
        }
    });
}

#[test]
fn cancelled_in_time_it_never_runs_and_lets_go_of_what_it_has() {
    let held = Arc::new(());
    let timer = Timer::after(HOUR, {
        let held = Arc::clone(&held);
        move || drop(held)
    });
    let same = timer.clone();
    assert!(!timer.is_finished());
    assert!(same.cancel());
    assert_eq!(Arc::strong_count(&held), 1);
    assert!(timer.is_finished());
    assert!(!timer.cancel());
    timer.wait();
}

#[test]
fn too_late_while_it_runs_for_the_only_time() {
    bounded(|| {
        let (running, go_on) = (Arc::new(Event::new()), Arc::new(Event::new()));
        let timer = Timer::after(Duration::ZERO, {
            let (running, go_on) = (Arc::clone(&running), Arc::clone(&go_on));
            move || {
                running.set();
                go_on.wait();
            }
        });
        running.wait();
        assert!(!timer.cancel());
        assert!(!timer.is_finished());
        assert!(!timer.wait_timeout(MS));
        go_on.set();
        timer.wait();
    });
}

#[test]
fn in_the_order_of_their_times_and_of_their_making() {
    bounded(|| {
        let queue = Queue::unbounded();
        let due = |n: u32, delay: Duration| {
            let queue = queue.clone();
            Timer::after(delay, move || queue.put(n).unwrap());
        };
        // All are made before the first is due, unless the machine is extremely busy.
        due(3, 120 * MS);
        due(1, 60 * MS);
        due(2, 90 * MS);
        due(4, 120 * MS);
        let got: Vec<_> = queue.iter().take(4).collect();
        assert_eq!(got, [1, 2, 3, 4]);
    });
}

#[test]
fn every_keeps_its_beat() {
    bounded(|| {
        let queue = Queue::unbounded();
        let begun = Instant::now();
        let clock = Timer::every(5 * MS, {
            let queue = queue.clone();
            move || queue.put(begun.elapsed()).unwrap()
        });
        let times: Vec<_> = queue.iter().take(10).collect();
        assert!(clock.cancel());
        assert!(!clock.cancel());
        clock.wait();
        for (n, time) in (1..).zip(&times) {
            assert!(*time >= n * 5 * MS, "run {n} at {time:?}");
        }
        let after = queue.len();
        assert_eq!(clock.wait_until(20 * MS), Ok(()));
        assert_eq!(queue.len(), after);
    });
}

#[test]
fn every_leaves_out_what_it_missed() {
    bounded(|| {
        let queue = Queue::unbounded();
        let begun = Instant::now();
        let mut first = true;
        let clock = Timer::every(10 * MS, {
            let queue = queue.clone();
            move || {
                queue.put(begun.elapsed()).unwrap();
                if std::mem::take(&mut first) {
                    std::thread::sleep(35 * MS); // over the second, third and fourth
                }
            }
        });
        let times: Vec<_> = queue.iter().take(3).collect();
        clock.cancel();
        // Two runs may be closer than a period if the first of them was late. But three runs that were missed are not
        // repeated.
        assert!(times[1] >= 45 * MS, "{times:?}");
        assert!(times[2] >= 50 * MS, "{times:?}");
    });
}

#[test]
fn a_pause_begins_when_the_run_has_ended() {
    bounded(|| {
        let queue = Queue::unbounded();
        let timer = Timer::with_pause(5 * MS, {
            let queue = queue.clone();
            move || {
                let begun = Instant::now();
                std::thread::sleep(3 * MS); // a run that takes a while
                queue.put((begun, Instant::now())).unwrap();
            }
        });
        let times: Vec<_> = queue.iter().take(4).collect();
        timer.cancel();
        for pair in times.windows(2) {
            assert!(pair[1].0 - pair[0].1 >= 5 * MS);
        }
    });
}

#[test]
fn can_be_cancelled_from_inside() {
    bounded(|| {
        let own: Arc<Mutex<Option<Timer>>> = Arc::default();
        let runs = Arc::new(AtomicUsize::new(0));
        let timer = Timer::every(MS, {
            let (own, runs) = (Arc::clone(&own), Arc::clone(&runs));
            move || {
                if let Some(timer) = &*own.lock().unwrap() {
                    runs.fetch_add(1, Ordering::Relaxed);
                    assert!(timer.cancel());
                    assert!(!timer.is_finished());
                }
            }
        });
        *own.lock().unwrap() = Some(timer.clone());
        timer.wait();
        assert_eq!(runs.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn timers_make_timers_and_may_block() {
    bounded(|| {
        let done = Arc::new(Latch::new(50));
        fn next(done: Arc<Latch>, left: usize) {
            if left > 0 {
                Timer::after(Duration::ZERO, move || {
                    done.count_down();
                    next(done, left - 1);
                });
            }
        }
        next(Arc::clone(&done), 50);
        done.wait();
    });
}

#[test]
fn a_panic_is_reported_and_survived() {
    bounded(|| {
        let (tell, told) = mpsc::channel();
        set_excepthook(move |failure| {
            // The hook belongs to the process, and other tests run beside this one.
            let thread = failure.thread().name().to_string();
            if thread == "threadkit-timer" {
                let _ = tell.send(failure.message().to_owned());
            }
        });
        let once = Timer::after(Duration::ZERO, || resume_unwind(Box::new("once")));
        once.wait();
        let mut runs = 0;
        let again = Timer::every(MS, move || {
            runs += 1;
            resume_unwind(Box::new(format!("run {runs}")))
        });
        let reports: Vec<_> = told.iter().take(3).collect();
        again.cancel();
        again.wait();
        assert_eq!(reports, ["once", "run 1", "run 2"]);
        Timer::after(Duration::ZERO, || ()).wait();
        set_excepthook(threadkit::default_excepthook);
    });
}

#[test]
fn a_hundred_thousand_are_pending_on_one_thread() {
    const MANY: usize = 100_000;
    let begun = Instant::now();
    let timers: Vec<_> = (0..MANY)
        .map(|n| Timer::after(HOUR + Duration::from_micros(n as u64 * 7919 % 1000), || ()))
        .collect();
    let each = begun.elapsed() / MANY as u32;
    // Explorations that run at the same time have schedulers of their own.
    assert!(timer_threads() == 1 || cfg!(feature = "explore"));
    println!("{each:?} to schedule one");
    // A timer that is due soon is not delayed by them.
    Timer::after(MS, || ()).wait();
    assert!(timers.iter().all(Timer::cancel));
    assert!(timers.iter().all(Timer::is_finished));
}

#[test]
fn all_of_many_run_once_unless_they_are_cancelled_in_time() {
    const MANY: usize = if cfg!(debug_assertions) {
        5_000
    } else {
        100_000
    };
    bounded(|| {
        let ran: Arc<Vec<AtomicBool>> =
            Arc::new((0..MANY).map(|_| AtomicBool::new(false)).collect());
        let makers: Vec<_> = (0..4)
            .map(|me| {
                let ran = Arc::clone(&ran);
                threadkit::spawn(move || {
                    let mut dice = Dice::new(me as u64 + 1);
                    let mut timers = Vec::new();
                    for n in (me..MANY).step_by(4) {
                        let ran = Arc::clone(&ran);
                        let delay = Duration::from_micros(dice.below(20_000));
                        let timer = Timer::after(delay, move || {
                            assert!(!ran[n].swap(true, Ordering::Relaxed), "it has run twice");
                        });
                        timers.push((n, timer, false));
                        if dice.below(3) == 0 {
                            let at = dice.below(timers.len() as u64) as usize;
                            let (_, timer, cancelled) = &mut timers[at];
                            *cancelled |= timer.cancel();
                        }
                    }
                    timers
                })
            })
            .collect();
        let mut cancelled = 0;
        for maker in makers {
            for (n, timer, in_time) in maker.join().unwrap() {
                timer.wait();
                cancelled += usize::from(in_time);
                assert_ne!(ran[n].load(Ordering::Relaxed), in_time, "timer {n}");
            }
        }
        assert!(cancelled > 0);
    });
}

#[test]
fn a_timer_that_waits_for_a_timer_is_refused() {
    fn refused(wait: impl FnOnce()) -> bool {
        let Err(payload) = catch_unwind(AssertUnwindSafe(wait)) else {
            return false;
        };
        payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or(payload.downcast_ref::<&str>().copied())
            .is_some_and(|text| text.starts_with("a timer waits for itself, or for another"))
    }

    bounded(|| {
        let source = StopSource::new();
        source.stop();
        let (stopped, running) = (source.token(), StopSource::new().token());
        let later = Timer::after(HOUR, || ());
        let over = Timer::after(HOUR, || ());
        over.cancel();
        let (tell, told) = mpsc::channel();
        let (give, own) = mpsc::channel();
        let timer = Timer::after(Duration::ZERO, {
            let later = later.clone();
            move || {
                let own: Timer = own.recv().unwrap();
                for (whose, timer) in [("its own", &own), ("another", &later)] {
                    let found = [
                        refused(|| timer.wait()),
                        refused(|| _ = timer.wait_timeout(Duration::MAX)),
                        refused(|| _ = timer.wait_until(Duration::MAX)),
                        // These end by themselves.
                        !timer.wait_timeout(MS),
                        timer.wait_until((MS, &running)) == Err(WaitError::TimedOut),
                        timer.wait_until(&stopped) == Err(WaitError::Stopped),
                    ];
                    tell.send((whose, found)).unwrap();
                }
                over.wait();
                tell.send(("one that is over", [true; 6])).unwrap();
            }
        });
        give.send(timer.clone()).unwrap();
        let found: Vec<_> = told.iter().collect();
        let expected = ["its own", "another", "one that is over"].map(|whose| (whose, [true; 6]));
        assert_eq!(found, expected);
        // All other threads may wait.
        timer.wait();
        assert!(later.cancel());
    });
}

/// A task that a timer's function submits and runs inline keeps the timers' thread as well.
#[test]
fn a_task_that_a_timer_runs_inline_is_refused_too() {
    bounded(|| {
        let pool = ThreadPool::builder(1)
            .backlog(1, WhenFull::RunInCaller)
            .build();
        let busy = occupy(&pool);
        let waiting = pool.submit(|| ());
        let pool = Arc::new(pool);
        let later = Timer::after(HOUR, || ());
        let (tell, told) = mpsc::channel();
        Timer::after(Duration::ZERO, {
            let (later, pool) = (later.clone(), Arc::clone(&pool));
            move || {
                pool.submit(move || {
                    let limited = later.wait_timeout(MS);
                    tell.send((limited, panic_of(|| later.wait()))).unwrap();
                });
            }
        });
        let (limited, message) = told.recv().unwrap();
        assert!(!limited);
        assert!(
            message.starts_with("a timer waits for itself, or for another"),
            "{message}"
        );
        // The task of another thread may wait.
        assert!(later.cancel());
        later.wait();
        busy.stop();
        waiting.wait();
    });
}

#[test]
fn a_capture_that_panics_when_it_is_dropped_is_reported_and_the_timer_is_cancelled() {
    const MANY: usize = 1000;
    bounded(|| {
        let drops = Drops::new();
        for _ in 0..MANY {
            let bomb = Bomb(drops.value());
            let timer = Timer::after(HOUR, move || drop(bomb));
            assert!(timer.cancel(), "it was in time, whatever its capture does");
            assert!(timer.is_finished() && !timer.cancel());
        }
        assert_eq!(drops.count(), MANY);
    });
}

#[test]
fn never_is_a_time_too() {
    let timer = Timer::after(Duration::MAX, || unreachable!());
    let again = Timer::with_pause(Duration::MAX, || unreachable!());
    assert!(!timer.wait_timeout(MS));
    let source = StopSource::new();
    source.stop();
    assert_eq!(again.wait_until(&source.token()), Err(WaitError::Stopped));
    assert!(timer.cancel() && again.cancel());
    assert!(timer.is_finished() && again.is_finished());
}

#[test]
#[should_panic = "without time between its runs"]
fn a_period_of_nothing_is_refused() {
    let _ = Timer::every(Duration::ZERO, || ());
}

#[test]
#[should_panic = "without time between its runs"]
fn a_pause_of_nothing_is_refused() {
    let _ = Timer::with_pause(Duration::ZERO, || ());
}

#[test]
fn is_seen_as_a_daemon_by_its_name() {
    Timer::after(Duration::ZERO, || ()).wait();
    let all = threads();
    let keeper = all
        .iter()
        .find(|thread| &*thread.name() == "threadkit-timer");
    assert!(keeper.is_some_and(|keeper| keeper.is_daemon()));
}

#[test]
fn can_be_sent_and_shared() {
    fn both<T: Send + Sync + Clone>() {}
    both::<Timer>();
}

#[cfg(feature = "explore")]
mod explored {
    // An exploration cannot show that an earlier timer wakes the thread that sleeps for a later one: it lets any
    // deadline pass at any time. The hundred thousand timers above show it.

    use super::support::explored::{fails, holds, is_found};
    use super::*;
    use threadkit::{Lock, sleep, spawn};

    #[test]
    fn a_cancellation_is_in_time_or_it_is_not() {
        holds(2_000, || {
            let ran = Arc::new(Lock::new(0));
            let timer = Timer::after(HOUR, {
                let ran = Arc::clone(&ran);
                move || *ran.acquire() += 1
            });
            let other = spawn({
                let timer = timer.clone();
                move || timer.cancel()
            });
            let cancelled = u32::from(timer.cancel()) + u32::from(other.join().unwrap());
            timer.wait();
            assert_eq!(*ran.acquire() + cancelled, 1);
        });
    }

    /// Looks whether it was cancelled, and then runs.
    #[test]
    fn its_twin_that_asks_first_runs_what_was_cancelled() {
        is_found(
            "timer",
            "asking and running are one step",
            "cancelled, and it has run",
            || {
                let cancelled = Arc::new(Event::new());
                let ran = Arc::new(Event::new());
                let timer = spawn({
                    let (cancelled, ran) = (Arc::clone(&cancelled), Arc::clone(&ran));
                    move || {
                        sleep(HOUR);
                        if !cancelled.is_set() {
                            ran.set();
                        }
                    }
                });
                let in_time = !ran.is_set();
                cancelled.set();
                timer.join().unwrap();
                assert!(!(in_time && ran.is_set()), "cancelled, and it has run");
            },
        );
    }

    #[test]
    fn two_threads_share_a_scheduler_and_none_is_forgotten() {
        holds(2_000, || {
            let ran = Arc::new(Lock::new(0));
            let both = [HOUR, 2 * HOUR].map(|delay| {
                let ran = Arc::clone(&ran);
                spawn(move || {
                    let ran = Arc::clone(&ran);
                    Timer::after(delay, move || *ran.acquire() += 1).wait();
                })
            });
            for each in both {
                each.join().unwrap();
            }
            assert_eq!(*ran.acquire(), 2);
        });
    }

    #[test]
    fn a_repeating_one_does_not_run_after_it_was_cancelled_and_waited_for() {
        holds(2_000, || {
            let runs = Arc::new(Lock::new(0));
            let timer = Timer::every(HOUR, {
                let runs = Arc::clone(&runs);
                move || *runs.acquire() += 1
            });
            sleep(2 * HOUR);
            assert!(timer.cancel());
            timer.wait();
            let before = *runs.acquire();
            sleep(4 * HOUR);
            assert_eq!(*runs.acquire(), before);
        });
    }

    #[test]
    fn what_is_pending_when_the_body_ends_still_comes() {
        holds(2_000, || {
            Timer::after(HOUR, || ());
        });
        fails("nobody asked", || {
            Timer::after(HOUR, || resume_unwind(Box::new("nobody asked")));
        });
    }
}

const SHORT: Duration = Duration::from_millis(2);

#[test]
fn a_timer_schedules_a_hundred_thousand_more() {
    const MANY: usize = 100_000;
    bounded(|| {
        let left = Arc::new(Latch::new(MANY));
        let seed = Arc::clone(&left);
        let first = Timer::after(Duration::ZERO, move || {
            for n in 0..MANY {
                let left = Arc::clone(&seed);
                Timer::after(Duration::from_nanos((n % 3) as u64), move || {
                    left.count_down();
                });
            }
        });
        first.wait();
        assert!(left.wait_timeout(LONG));
    });
}

#[test]
fn a_restless_timer_starves_no_other() {
    bounded(|| {
        let runs = Arc::new(AtomicUsize::new(0));
        let restless = Timer::every(Duration::from_nanos(1), {
            let runs = Arc::clone(&runs);
            move || _ = runs.fetch_add(1, Ordering::Relaxed)
        });
        assert!(Timer::after(SHORT, || ()).wait_timeout(LONG));
        assert!(runs.load(Ordering::Relaxed) > 0);
        assert!(restless.cancel());
        restless.wait();
    });
}

#[test]
fn what_a_timer_has_captured_may_do_anything_when_it_goes() {
    /// Cancels another timer and makes a third when it is dropped, and then panics.
    struct Busy(
        Timer,
        Arc<Latch>,
        #[expect(dead_code, reason = "goes last")] Bomb,
    );

    impl Drop for Busy {
        fn drop(&mut self) {
            assert!(self.0.cancel());
            let done = Arc::clone(&self.1);
            Timer::after(Duration::ZERO, move || done.count_down());
        }
    }

    bounded(|| {
        let done = Arc::new(Latch::new(2));
        let drops = Drops::new();
        for cancelled in [true, false] {
            let other = Timer::after(LONG, || unreachable!());
            let busy = Busy(other.clone(), Arc::clone(&done), Bomb(drops.value()));
            let delay = if cancelled { LONG } else { Duration::ZERO };
            let timer = Timer::after(delay, move || drop(busy));
            if cancelled {
                // The except hook is called with the panic of what it has captured.
                assert!(timer.cancel());
            }
            timer.wait();
            assert!(!timer.cancel());
            assert!(other.is_finished());
        }
        assert!(done.wait_timeout(LONG));
        assert_eq!(drops.count(), 2);
    });
}
