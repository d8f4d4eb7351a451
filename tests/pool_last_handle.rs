//! Pools whose last handle is dropped where a wait for the end of the pool could never end.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use support::{bounded, occupy, panic_of};
use threadkit::{Event, ThreadPool, spawn};

const DAY: Duration = Duration::from_secs(86_400);

/// Sets an event, and then drops a handle of a pool.
struct TellsAndDrops {
    told: Arc<Event>,
    _pool: Arc<ThreadPool>,
}

impl Drop for TellsAndDrops {
    fn drop(&mut self) {
        self.told.set();
    }
}

/// Makes a task of a pool wait for another task, which `end` ends meanwhile and which has the last handle of the pool.
fn while_a_task_waits_for_it(end: impl FnOnce(Arc<ThreadPool>, threadkit::SharedTask<()>)) {
    let pool = Arc::new(ThreadPool::new(1));
    let told = Arc::new(Event::new());
    let (has_it, gets_it) = mpsc::channel::<threadkit::SharedTask<()>>();
    let is_dropped = Arc::clone(&told);
    let (entered, begun) = mpsc::channel();
    let waiting = pool.submit(move || {
        let awaited = gets_it.recv().unwrap();
        entered.send(()).unwrap();
        is_dropped.wait();
        assert!(awaited.join().unwrap_err().is_cancelled());
    });
    let captured = TellsAndDrops {
        told,
        _pool: Arc::clone(&pool),
    };
    let awaited = pool.submit(move || drop(captured)).shared();
    has_it.send(awaited.clone()).unwrap();
    begun.recv().unwrap();
    end(pool, awaited);
    waiting.join().unwrap();
}

#[test]
fn a_task_that_has_it_is_cancelled_while_another_waits_for_it() {
    bounded(|| {
        while_a_task_waits_for_it(|pool, task| {
            drop(pool);
            assert!(task.cancel());
        });
    });
}

#[test]
fn a_task_that_was_taken_out_has_it_and_is_dropped_while_another_waits_for_it() {
    bounded(|| {
        while_a_task_waits_for_it(|pool, _task| {
            let unrun = pool.shutdown_now();
            drop(pool);
            assert_eq!(unrun.len(), 1);
            drop(unrun);
        });
    });
}

#[test]
fn a_task_that_waits_for_a_time_has_it_and_is_cancelled() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let (promise, task) = pool.promise::<()>();
        let follows = task.then(|()| ());
        let own = Arc::clone(&pool);
        let task = pool.submit_after(DAY, move || drop(own));
        drop(pool);
        assert!(task.cancel());
        // The pool had accepted the task that follows before.
        promise.set(()).unwrap();
        follows.join().unwrap();
    });
}

#[test]
fn a_task_that_is_dropped_unrun_cannot_wait_for_the_end_of_its_pool() {
    /// Waits for a pool when it is dropped.
    struct Waits(Arc<ThreadPool>, mpsc::Sender<[String; 2]>);
    impl Drop for Waits {
        fn drop(&mut self) {
            let refused = [
                panic_of(|| self.0.wait_idle()),
                panic_of(|| self.0.shutdown()),
            ];
            self.1.send(refused).unwrap();
        }
    }
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let (refused, refuses) = mpsc::channel();
        let (_promise, task) = pool.promise::<()>();
        let captured = Waits(Arc::clone(&pool), refused);
        let follows = task.then(move |()| drop(captured));
        assert!(follows.cancel());
        let [idle, shutdown] = refuses.try_recv().unwrap();
        assert!(idle.contains("waits until that pool is idle"), "{idle}");
        assert!(
            shutdown.contains("waits for the shutdown of that pool"),
            "{shutdown}"
        );
        pool.shutdown();
    });
}

#[test]
fn a_pool_is_not_idle_while_the_drop_of_a_cancelled_task_waits_for_another() {
    /// Runs a task when it is dropped, and notes what that returned.
    struct Runs(Arc<ThreadPool>, mpsc::Sender<bool>);
    impl Drop for Runs {
        fn drop(&mut self) {
            let pool = Arc::clone(&self.0);
            let was_idle = self.0.submit(move || {
                // Long enough for a worker that was called for the task to find the backlog empty.
                (0..1000).any(|_| {
                    threadkit::yield_now();
                    pool.is_idle()
                })
            });
            self.1.send(was_idle.join().unwrap()).unwrap();
        }
    }
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        // Sometimes a worker runs it; otherwise the thread that cancels does.
        for _ in 0..50 {
            let (tells, told) = mpsc::channel();
            let captured = Runs(Arc::clone(&pool), tells);
            let task = pool.submit_after(DAY, move || drop(captured));
            assert!(task.cancel());
            assert!(!told.try_recv().unwrap(), "idle while a task ran");
        }
    });
}

#[test]
fn what_a_cancelled_task_sets_off_may_wait_for_the_end_of_its_pool() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let busy = occupy(&pool);
        let task = pool.submit(|| ());
        let ended = Arc::new(AtomicUsize::new(0));
        let (own, ends) = (Arc::clone(&pool), Arc::clone(&ended));
        task.on_done(move |_| {
            busy.stop();
            own.shutdown();
            ends.fetch_add(1, Ordering::SeqCst);
        });
        drop(pool);
        let canceller = spawn(move || task.cancel());
        assert!(canceller.join().unwrap());
        assert_eq!(ended.load(Ordering::SeqCst), 1);
    });
}
