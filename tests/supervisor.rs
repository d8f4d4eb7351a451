//! Supervisors: threads whose bodies are started again.

mod support;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use support::bounded;
use threadkit::{
    Lock, OnDrop, Supervisor, SupervisorError, Task, Thread, ThreadPool, set_excepthook,
    stop_token, threads,
};

const NO_PAUSE: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(3600);

#[test]
fn it_goes_on_until_a_body_returns() {
    let told = Arc::new(Lock::new(Vec::new()));
    let list = Arc::clone(&told);
    let supervisor = Supervisor::new(|n| {
        move || match n {
            0 => panic!("oops"),
            1 => Err("not yet"),
            n => Ok(n * 10),
        }
    });
    let supervisor = supervisor
        .pauses(NO_PAUSE, LONG)
        .on_failure(move |failure| {
            let text = (
                failure.is_panic(),
                failure.place().is_some(),
                failure.message().to_owned(),
            );
            list.acquire().push(text);
        });
    let thread = Thread::new(supervisor).name("stubborn").start();
    assert_eq!(&*thread.name(), "stubborn");
    assert_eq!(thread.join().unwrap().unwrap(), 20);
    assert_eq!(
        *told.acquire(),
        [
            (true, true, "oops".to_owned()),
            (false, false, "not yet".to_owned())
        ]
    );
}

#[test]
fn it_gives_up_at_the_limit() {
    let starts = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&starts);
    let error = Supervisor::new(move |n| {
        assert_eq!(count.fetch_add(1, Ordering::Relaxed), n);
        move || Err::<(), _>(format!("failure {n}"))
    })
    .pauses(NO_PAUSE, LONG)
    .max_restarts(2)
    .on_failure(|_| ())
    .start()
    .join()
    .unwrap()
    .unwrap_err();
    assert_eq!(starts.load(Ordering::Relaxed), 3);
    assert_eq!(
        (error.starts(), error.message(), error.is_stopped()),
        (3, "failure 2", false)
    );
    let text = error.to_string();
    assert!(
        text.starts_with("gave up after 3 starts: thread `"),
        "{text}"
    );
    assert!(text.ends_with("returned an error: failure 2"), "{text}");
}

#[test]
fn a_factory_that_panics_has_failed_too() {
    let thread = Supervisor::new(|n| {
        assert!(n > 0, "no body today");
        || ()
    });
    let thread = thread.pauses(NO_PAUSE, LONG).on_failure(|_| ()).start();
    thread.join().unwrap().unwrap();
}

#[test]
fn a_stop_ends_the_pause() {
    let (tell, told) = mpsc::channel();
    let thread = Supervisor::new(|_| || panic!("again and again"))
        .pauses(LONG, LONG)
        .on_failure(move |_| tell.send(()).unwrap())
        .start();
    told.recv().unwrap();
    let before = Instant::now();
    thread.stop();
    let error = thread.join().unwrap().unwrap_err();
    assert!(error.is_stopped());
    assert_eq!(error.starts(), 1);
    assert!(before.elapsed() < Duration::from_secs(60));
}

/// A supervisor that a pool runs as a task, in its pause after the first failure.
fn pausing(pool: &ThreadPool) -> Task<Result<(), SupervisorError>> {
    let (tell, told) = mpsc::channel();
    let supervisor = Supervisor::new(|_| || Err::<(), _>("no"))
        .pauses(LONG, LONG)
        .on_failure(move |_| tell.send(()).unwrap());
    let task = pool.submit(supervisor);
    told.recv().unwrap();
    task
}

#[test]
fn a_stop_of_its_task_ends_the_pause() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let task = pausing(&pool);
        task.stop();
        let error = task.join().unwrap().unwrap_err();
        assert_eq!((error.is_stopped(), error.starts()), (true, 1));
        // The worker has not been stopped with it.
        assert!(!pool.submit(|| stop_token().is_stopped()).join().unwrap());
    });
}

#[test]
fn a_pool_that_stops_its_tasks_when_dropped_ends_the_pause() {
    bounded(|| {
        let pool = ThreadPool::builder(1).on_drop(OnDrop::Stop).build();
        let task = pausing(&pool);
        drop(pool);
        assert!(task.join().unwrap().unwrap_err().is_stopped());
    });
}

#[test]
fn a_stop_of_its_worker_ends_the_pause() {
    bounded(|| {
        let pool = ThreadPool::builder(1).name("supervised").build();
        let task = pausing(&pool);
        let all = threads();
        let worker = all
            .iter()
            .find(|thread| thread.name().starts_with("supervised"));
        worker.expect("it runs the task").stop();
        assert!(task.join().unwrap().unwrap_err().is_stopped());
    });
}

#[test]
fn a_stop_of_the_scope_ends_the_pause() {
    bounded(|| {
        let (tell, told) = mpsc::channel();
        threadkit::scope(|s| {
            let supervisor = Supervisor::new(|_| || panic!("again and again"))
                .pauses(LONG, LONG)
                .on_failure(move |_| tell.send(()).unwrap());
            let thread = s.start(Thread::new(supervisor));
            told.recv().unwrap();
            s.stop();
            assert!(thread.join().unwrap().unwrap_err().is_stopped());
        });
    });
}

#[test]
fn a_stop_ends_the_body_and_its_success_is_one() {
    let thread = Supervisor::new(|n| {
        move || {
            stop_token().wait();
            Ok::<_, String>(n)
        }
    });
    let thread = thread.start();
    thread.stop();
    assert_eq!(thread.join().unwrap().unwrap(), 0);
}

#[test]
fn pauses_grow() {
    let at = Arc::new(Lock::new(Vec::new()));
    let list = Arc::clone(&at);
    let thread = Supervisor::new(|_| || Err::<(), _>("no"))
        .pauses(Duration::from_millis(10), Duration::from_millis(500))
        .max_restarts(3)
        .on_failure(move |_| list.acquire().push(Instant::now()))
        .start();
    thread.join().unwrap().unwrap_err();
    let at = at.acquire();
    let gaps: Vec<_> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps[0] >= Duration::from_millis(10), "{gaps:?}");
    assert!(gaps[1] >= Duration::from_millis(20), "{gaps:?}");
}

/// The hook belongs to the process: this is the only test here without a report of its own.
#[test]
fn without_a_report_the_except_hook_hears_of_it_and_not_of_the_last() {
    let (tell, told) = mpsc::channel();
    set_excepthook(move |failure| {
        let _ = tell.send(failure.to_string());
    });
    let supervisor = Supervisor::new(|n| move || Err::<(), _>(n)).pauses(NO_PAUSE, LONG);
    let thread = Thread::new(supervisor.max_restarts(1))
        .name("counts")
        .start();
    let error = thread.join().unwrap().unwrap_err();
    assert_eq!(error.message(), "1");
    let heard: Vec<_> = told.try_iter().collect();
    assert_eq!(heard, ["thread `counts` returned an error: 0"]);

    // Unless it is not joined.
    let supervisor = Supervisor::new(|_| || Err::<(), _>("last")).max_restarts(0);
    let thread = Thread::new(supervisor).name("alone").start();
    thread.wait();
    drop(thread);
    let heard: Vec<_> = told.try_iter().collect();
    assert_eq!(
        heard,
        [
            "thread `alone` returned an error: gave up after 1 start: thread `alone` returned an error: last"
        ]
    );
}
