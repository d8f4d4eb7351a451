//! What callbacks on a stop may do: register, drop, stop, wait and panic, on every kind of source.

mod support;

use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use support::{Bomb, Dropped, Drops, bounded, panic_of};
use threadkit::{
    Event, Lock, Queue, Registration, StopSource, StopToken, ThreadPool, WaitError, join_all, spawn,
};

/// Where a registration stands that a callback can reach.
type Slot = Arc<Mutex<Option<Registration>>>;

/// The events, in their order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<&'static str>>>);

impl Log {
    fn note(&self, what: &'static str) {
        self.0.lock().unwrap().push(what);
    }

    /// A callback that notes `what`.
    fn noting(&self, what: &'static str) -> impl FnOnce() + Send + 'static {
        let log = self.clone();
        move || log.note(what)
    }

    fn all(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }
}

/// The kinds of source that a stop of the first can reach: itself, linked to it, and linked through one
/// that was dropped.
fn reachable() -> [(&'static str, StopSource, StopSource); 3] {
    let [itself, linked, chained] = [(); 3].map(|()| StopSource::new());
    let below = linked.child();
    let far = StopSource::linked(&chained.token()).token().child();
    [
        ("itself", itself.clone(), itself),
        ("linked", linked, below),
        ("chained", chained, far),
    ]
}

#[test]
fn a_callback_runs_once_however_often_its_source_is_stopped() {
    bounded(|| {
        for (kind, root, source) in reachable() {
            let log = Log::default();
            let registration = source.token().on_stop(log.noting("ran"));
            assert!(root.stop(), "{kind}");
            assert!(!root.stop() && !source.stop(), "{kind}");
            drop(registration);
            assert_eq!(log.all(), ["ran"], "{kind}");
        }
    });
}

#[test]
fn a_callback_that_was_taken_back_does_not_run_and_lets_its_values_go() {
    bounded(|| {
        for (kind, root, source) in reachable() {
            let (log, drops) = (Log::default(), Drops::new());
            let (value, noting) = (drops.value(), log.noting("ran"));
            let registration = source.token().on_stop(move || {
                let _value = value;
                noting();
            });
            drop(registration);
            assert_eq!(drops.count(), 1, "{kind}");
            root.stop();
            assert!(log.all().is_empty(), "{kind}");
        }
    });
}

#[test]
fn a_callback_may_register_others_which_run_at_once() {
    bounded(|| {
        for (kind, root, source) in reachable() {
            let log = Log::default();
            let (own, token) = (log.clone(), source.token());
            let first = source.token().on_stop(move || {
                own.note("first");
                token.on_stop(own.noting("late")).detach();
                own.note("first goes on");
            });
            let second = source.token().on_stop(log.noting("second"));
            root.stop();
            assert_eq!(
                log.all(),
                ["first", "late", "first goes on", "second"],
                "{kind}"
            );
            drop((first, second));
        }
    });
}

#[test]
fn a_callback_may_take_back_those_before_and_behind_it() {
    bounded(|| {
        let (log, source) = (Log::default(), StopSource::new());
        let slots: [Slot; 3] = Default::default();
        for (n, name) in ["first", "second", "third"].into_iter().enumerate() {
            let (own, slots_of_all) = (log.clone(), slots.clone());
            let registration = source.token().on_stop(move || {
                own.note(name);
                // All of them: one that ran, its own, and one that has not run.
                for slot in &slots_of_all {
                    drop(slot.lock().unwrap().take());
                }
            });
            *slots[n].lock().unwrap() = Some(registration);
        }
        source.stop();
        assert_eq!(log.all(), ["first"]);
    });
}

#[test]
fn a_callback_may_stop_other_sources_and_the_linked_ones() {
    bounded(|| {
        let (log, root, other) = (Log::default(), StopSource::new(), StopSource::new());
        let (child, parent) = (root.child(), root.clone());
        let of_other = other.token().on_stop(log.noting("other"));
        let of_child = child.token().on_stop(log.noting("child"));
        let of_root = {
            let (log, child, other) = (log.clone(), child.clone(), other.clone());
            root.token().on_stop(move || {
                log.note("root");
                assert!(other.stop(), "it was not stopped");
                assert!(
                    !child.stop(),
                    "it is stopped with its parent, before any callback"
                );
                assert!(!parent.stop());
            })
        };
        assert!(root.stop());
        assert_eq!(log.all(), ["root", "other", "child"]);
        drop((of_other, of_child, of_root));
    });
}

#[test]
fn panics_of_callbacks_end_there() {
    bounded(|| {
        let (log, drops, source) = (Log::default(), Drops::new(), StopSource::new());
        let captured = Bomb(drops.value());
        let all = [
            source.token().on_stop(|| panic!("plain")),
            source.token().on_stop(log.noting("second")),
            // The value is dropped with the callback, and its drop panics.
            source.token().on_stop(move || drop(captured)),
            source.token().on_stop({
                let payload = drops.value();
                move || panic::panic_any(Bomb(payload))
            }),
            source.token().on_stop(log.noting("last")),
        ];
        assert!(source.stop());
        assert_eq!(log.all(), ["second", "last"]);
        assert_eq!(drops.count(), 2);
        drop(all);
        // A thread that registers too late gets the panic.
        let late = || source.token().on_stop(|| panic!("late")).detach();
        assert!(panic_of(late).contains("late"));
    });
}

#[test]
fn a_value_whose_drop_panics_does_so_where_the_callback_is_taken_back() {
    bounded(|| {
        let (drops, source) = (Drops::new(), StopSource::new());
        let captured = Bomb(drops.value());
        let log = Log::default();
        let bad = source.token().on_stop(move || drop(captured));
        let good = source.token().on_stop(log.noting("good"));
        assert!(panic_of(|| drop(bad)).contains("destructor"));
        assert!(source.stop());
        assert_eq!((log.all(), drops.count()), (vec!["good"], 1));
        drop(good);
    });
}

#[test]
fn values_of_callbacks_go_with_the_last_source() {
    bounded(|| {
        let drops = Drops::new();
        let (source, registration) = {
            let source = StopSource::new();
            let value = drops.value();
            let registration = source.token().on_stop(move || drop(value));
            (source, registration)
        };
        let held: StopToken = source.token();
        drop(source);
        assert_eq!(drops.count(), 0, "a token keeps it");
        drop(held);
        assert_eq!(drops.count(), 0, "the registration has it still");
        drop(registration);
        assert_eq!(drops.count(), 1);

        let source = StopSource::new();
        let value = drops.value();
        source.token().on_stop(move || drop(value)).detach();
        drop(source);
        assert_eq!(drops.count(), 2, "no source can stop any more");
    });
}

/// A value whose drop stops a source; a callback can have it in any place.
struct StopsInDrop(StopSource, #[allow(dead_code, reason = "counts")] Dropped);

impl Drop for StopsInDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

#[test]
fn a_value_may_stop_its_own_source_when_it_goes() {
    bounded(|| {
        let (drops, log, source) = (Drops::new(), Log::default(), StopSource::new());
        let value = StopsInDrop(source.clone(), drops.value());
        let other = source.token().on_stop(log.noting("other"));
        let registration = source.token().on_stop(move || drop(value));
        drop(registration);
        assert!(source.is_stopped());
        assert_eq!((log.all(), drops.count()), (vec!["other"], 1));
        drop(other);
    });
}

#[test]
fn a_callback_may_wait_for_what_the_stop_has_woken() {
    bounded(|| {
        let source = StopSource::new();
        let queue = Queue::<u32>::unbounded();
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let (stop, queue) = (source.token(), queue.clone());
                spawn(move || queue.get_until(&stop).is_err())
            })
            .collect();
        let slot = Arc::new(Mutex::new(Some(waiters)));
        let joined = Arc::new(AtomicU32::new(0));
        let registration = source.token().on_stop({
            let joined = Arc::clone(&joined);
            move || {
                let waiters = slot.lock().unwrap().take().unwrap();
                let stopped = join_all(waiters).unwrap();
                joined.store(stopped.into_iter().map(u32::from).sum(), Ordering::Relaxed);
            }
        });
        source.stop();
        assert_eq!(joined.load(Ordering::Relaxed), 3);
        drop(registration);
    });
}

#[test]
fn waits_inside_a_callback_hear_the_stop_that_runs_it() {
    bounded(|| {
        let source = StopSource::new();
        let (token, event) = (source.token(), Event::new());
        let registration = source.token().on_stop(move || {
            token.wait();
            assert!(token.wait_timeout(Duration::MAX));
            assert_eq!(event.wait_until(&token), Err(WaitError::Stopped));
        });
        source.stop();
        drop(registration);
    });
}

#[test]
fn a_source_may_be_stopped_while_its_thread_unwinds() {
    struct Stops(StopSource);
    impl Drop for Stops {
        fn drop(&mut self) {
            assert!(thread::panicking());
            assert!(self.0.stop());
        }
    }
    bounded(|| {
        let (log, source) = (Log::default(), StopSource::new());
        let bad = source.token().on_stop(|| panic!("during a panic"));
        let good = source.token().on_stop(log.noting("ran"));
        let stops = Stops(source.clone());
        let unwound = panic::catch_unwind(AssertUnwindSafe(move || {
            let _stops = stops;
            panic!("the first");
        }));
        assert!(unwound.is_err() && source.is_stopped());
        assert_eq!(log.all(), ["ran"]);
        drop((bad, good));
    });
}

#[test]
fn stops_from_inside_of_each_others_callbacks_end() {
    bounded(|| {
        let (log, a, b) = (Log::default(), StopSource::new(), StopSource::new());
        let crossed = |name, of: &StopSource, other: &StopSource| {
            let (log, other) = (log.clone(), other.clone());
            of.token().on_stop(move || {
                other.stop();
                log.note(name);
            })
        };
        let (of_a, of_b) = (crossed("a", &a, &b), crossed("b", &b, &a));
        let stoppers = [a.clone(), b.clone()].map(|source| spawn(move || source.stop()));
        join_all(stoppers).unwrap();
        // Both registrations wait for the callback that runs.
        drop((of_a, of_b));
        let mut all = log.all();
        all.sort_unstable();
        assert_eq!(all, ["a", "b"]);
    });
}

#[test]
fn a_task_run_inside_a_callback_may_use_all_of_its_source() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let (log, source) = (Log::default(), StopSource::new());
        let own: Slot = Slot::default();
        let registration = {
            let (own, pool, log, source) = (
                Arc::clone(&own),
                Arc::clone(&pool),
                log.clone(),
                source.clone(),
            );
            source.clone().token().on_stop(move || {
                let task = {
                    let (own, log, source) = (Arc::clone(&own), log.clone(), source.clone());
                    pool.submit(move || {
                        source.token().wait();
                        assert!(!source.stop());
                        source.token().on_stop(log.noting("late")).detach();
                        drop(own.lock().unwrap().take());
                        log.note("task");
                    })
                };
                task.join().unwrap();
                log.note("callback");
            })
        };
        *own.lock().unwrap() = Some(registration);
        let stopper = source.clone();
        assert!(pool.submit(move || stopper.stop()).join().unwrap());
        assert_eq!(log.all(), ["late", "task", "callback"]);
    });
}

#[test]
fn a_tree_of_sources_is_stopped_from_any_of_them_downwards() {
    bounded(|| {
        let root = StopSource::new();
        let mut tree = vec![root.clone()];
        for n in 0..40 {
            let parent = tree[n / 3].clone();
            tree.push(parent.child());
        }
        let count = Arc::new(AtomicU32::new(0));
        let registrations: Vec<_> = tree
            .iter()
            .map(|source| {
                let count = Arc::clone(&count);
                source
                    .token()
                    .on_stop(move || _ = count.fetch_add(1, Ordering::Relaxed))
            })
            .collect();
        tree[1].stop();
        let below = tree.iter().filter(|source| source.is_stopped()).count() as u32;
        assert_eq!(count.load(Ordering::Relaxed), below);
        assert!(!root.is_stopped() && below > 1);
        root.stop();
        assert_eq!(count.load(Ordering::Relaxed), 41);
        drop(registrations);
    });
}

/// A task of that pool whose thread is being stopped by the other thread that is returned. `callback` runs on that
/// one, as part of the stop of the task. The task ends once `end` is set.
fn with_a_stop_under_way(
    pool: &ThreadPool,
    end: &Arc<Event>,
    callback: impl FnOnce() + Send + 'static,
) -> (threadkit::Task<()>, thread::JoinHandle<()>) {
    let (begun, runs) = (Arc::new(Event::new()), Arc::new(Event::new()));
    let task = {
        let (begun, runs, end) = (Arc::clone(&begun), Arc::clone(&runs), Arc::clone(end));
        pool.submit(move || {
            let stop = threadkit::stop_token();
            stop.on_stop(move || {
                runs.set();
                callback();
            })
            .detach();
            begun.set();
            end.wait();
        })
    };
    begun.wait();
    let worker = threadkit::threads()
        .into_iter()
        .find(|thread| thread.name().starts_with(pool.name()))
        .unwrap();
    let stopping = thread::spawn(move || {
        worker.stop();
    });
    runs.wait();
    (task, stopping)
}

#[test]
fn a_worker_does_not_wait_for_a_callback_that_waits_for_its_next_task() {
    bounded(|| {
        let pool = ThreadPool::builder(1).name("stopped-and-next").build();
        let (end, next) = (Arc::new(Event::new()), Arc::new(Event::new()));
        let awaited = Arc::clone(&next);
        let (task, stopping) = with_a_stop_under_way(&pool, &end, move || awaited.wait());
        // The one worker ends the task and begins this one, while the callback still waits for it.
        let next = pool.submit(move || next.set());
        end.set();
        next.join().unwrap();
        task.join().unwrap();
        stopping.join().unwrap();
    });
}

#[test]
fn shutdown_now_does_not_wait_for_a_callback_of_a_task() {
    bounded(|| {
        let pool = ThreadPool::builder(1).name("stopped-and-shut-down").build();
        let (end, go_on) = (Arc::new(Event::new()), Arc::new(Event::new()));
        let awaited = Arc::clone(&go_on);
        let (task, stopping) = with_a_stop_under_way(&pool, &end, move || awaited.wait());
        drop(pool.shutdown_now());
        go_on.set();
        end.set();
        task.join().unwrap();
        stopping.join().unwrap();
    });
}

#[test]
fn a_forgotten_registration_stays_in_place() {
    let source = StopSource::new();
    let told = Arc::new(Event::new());
    let tell = Arc::clone(&told);
    mem::forget(source.token().on_stop(move || tell.set()));
    source.stop();
    assert!(told.is_set());
}

#[test]
fn a_callback_may_register_stop_and_take_back_from_within() {
    bounded(|| {
        let source = StopSource::new();
        let depth = Arc::new(AtomicUsize::new(0));
        fn descend(token: StopToken, depth: Arc<AtomicUsize>) {
            if depth.fetch_add(1, Ordering::Relaxed) < 100 {
                let (token_there, depth_there) = (token.clone(), Arc::clone(&depth));
                // The stop was requested before: it runs at once, inside this one.
                drop(token.on_stop(move || descend(token_there, depth_there)));
            }
        }
        let own: Arc<Lock<Option<Registration>>> = Arc::default();
        let (token, own_there) = (source.token(), Arc::clone(&own));
        let (again, counter) = (source.clone(), Arc::clone(&depth));
        let registration = source.token().on_stop(move || {
            assert!(!again.stop(), "it is stopped already");
            drop(own_there.acquire().take());
            descend(token, counter);
        });
        *own.acquire() = Some(registration);
        assert!(source.stop());
        assert_eq!(depth.load(Ordering::Relaxed), 101);
        assert!(own.acquire().is_none());
    });
}

#[test]
fn what_a_callback_holds_may_panic_when_it_is_dropped() {
    let drops = Drops::new();
    let bomb = || Bomb(drops.value());
    // Unregistered: the panic goes to the thread that unregisters it.
    let source = StopSource::new();
    let (unrun, other) = (bomb(), Arc::new(Event::new()));
    let registration = source.token().on_stop(move || drop(unrun));
    let tell = Arc::clone(&other);
    source.token().on_stop(move || tell.set()).detach();
    assert_eq!(panic_of(|| drop(registration)), "a destructor that panics");
    assert_eq!(drops.count(), 1);
    // The stop runs it: its panic goes no further, and the callbacks behind it run.
    let inside = bomb();
    source.token().on_stop(move || drop(inside)).detach();
    let last = Arc::new(Event::new());
    let tell = Arc::clone(&last);
    source.token().on_stop(move || tell.set()).detach();
    assert!(source.stop());
    assert!(other.is_set() && last.is_set());
    assert_eq!(drops.count(), 2);
    // The same if the payload panics when it is dropped.
    let source = StopSource::new();
    let payload = Lock::new(Some(bomb()));
    source
        .token()
        .on_stop(move || std::panic::resume_unwind(Box::new(payload.acquire().take())))
        .detach();
    assert!(source.stop());
    assert_eq!(drops.count(), 3);
}
