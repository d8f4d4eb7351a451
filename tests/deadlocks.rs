//! Deadlocks that are found while other threads continue, and correct programs that cause no report.

#![cfg(any(debug_assertions, feature = "explore"))]

#[path = "support/process.rs"]
mod process;
mod support;

use std::collections::BTreeSet;
use std::mem;
use std::sync::mpsc;
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use support::{LONG, MOMENT};
use threadkit::inspect::{Deadlock, Policy, on_deadlock};
use threadkit::{
    Condition, Event, Latch, Lock, Once, Queue, RLock, RwLock, Select, Semaphore, StopSource,
    Supervisor, Task, Thread, ThreadPool, Timer, lock_all, wait_all,
};

/// What was found: the threads and the report.
static FOUND: Mutex<Vec<(Vec<String>, String)>> = Mutex::new(Vec::new());

fn note(deadlock: &Deadlock) {
    let found = (deadlock.threads().to_vec(), deadlock.to_string());
    FOUND
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(found);
}

fn found() -> Vec<(Vec<String>, String)> {
    FOUND.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Starts a thread that may stay stuck for ever.
fn start(
    case: &str,
    role: &str,
    body: impl FnOnce() + Send + 'static,
) -> threadkit::JoinHandle<()> {
    let thread = Thread::new(body).name(format!("{case}/{role}"));
    thread.daemon(true).start()
}

/// A way of acquiring a lock: `then` runs while it is held.
type Acquire = Arc<dyn Fn(&mut dyn FnMut()) + Send + Sync>;

/// Two ways of acquiring the same lock that exclude each other: one for the holder, and one for the thread that wants
/// it.
type Kind = (&'static str, fn() -> (Acquire, Acquire));

macro_rules! kind {
    ($name:literal, $lock:ty, $held:ident, $wanted:ident) => {
        ($name, || {
            let held: Arc<$lock> = Arc::default();
            let wanted = Arc::clone(&held);
            (
                Arc::new(move |then: &mut dyn FnMut()| {
                    let _held = held.$held();
                    then();
                }),
                Arc::new(move |then: &mut dyn FnMut()| {
                    let _held = wanted.$wanted();
                    then();
                }),
            )
        })
    };
}

const KINDS: [Kind; 8] = [
    kind!("lock", Lock<()>, acquire, acquire),
    kind!("rlock", RLock<()>, acquire, acquire),
    kind!("read-write", RwLock<()>, read, write),
    kind!("write-read", RwLock<()>, write, read),
    kind!("write-write", RwLock<()>, write, write),
    kind!("upgradable-upgradable", RwLock<()>, upgradable, upgradable),
    kind!("upgradable-write", RwLock<()>, upgradable, write),
    kind!("write-upgradable", RwLock<()>, write, upgradable),
];

/// A ring of threads: each holds a lock, and wants that of the next.
fn ring(case: &str, kinds: &[Kind]) -> Vec<String> {
    let locks: Vec<_> = kinds.iter().map(|(_, make)| make()).collect();
    let all_hold = Arc::new(Barrier::new(kinds.len()));
    for at in 0..locks.len() {
        let held = Arc::clone(&locks[at].0);
        let wanted = Arc::clone(&locks[(at + 1) % locks.len()].1);
        let all_hold = Arc::clone(&all_hold);
        let body = move || {
            held(&mut || {
                all_hold.wait();
                wanted(&mut || ());
            });
        };
        start(case, &at.to_string(), body);
    }
    (0..locks.len()).map(|at| format!("{case}/{at}")).collect()
}

/// Starts a thread `a`, which holds a lock when this returns, and then runs `body` with a function that wants that
/// lock.
fn holder(case: &str, body: impl FnOnce(Arc<Lock<()>>) + Send + 'static) {
    let lock = Arc::new(Lock::default());
    start(case, "a", move || {
        let _held = lock.acquire();
        body(Arc::clone(&lock));
    });
}

/// A thread that waits for a lock which a thread that has ended never released. Only Linux tells that it has ended.
const BEHIND_A_LEAK: &[&str] = match cfg!(target_os = "linux") {
    true => &["b"],
    false => &[],
};

/// Deadlocks of other shapes, with the threads that must be in the report.
type Planted = (&'static str, fn(&'static str), &'static [&'static str]);

const PLANTED: [Planted; 18] = [
    (
        "join",
        |case| {
            holder(case, move |lock| {
                start(case, "b", move || drop(lock.acquire()))
                    .join()
                    .unwrap();
            })
        },
        &["a", "b"],
    ),
    (
        "join-chain",
        |case| {
            holder(case, move |lock| {
                let last = start(case, "c", move || drop(lock.acquire()));
                start(case, "b", move || last.join().unwrap())
                    .join()
                    .unwrap();
            })
        },
        &["a", "b", "c"],
    ),
    (
        "scope",
        |case| {
            holder(case, move |lock| {
                threadkit::scope(|scope| {
                    scope.start(Thread::new(|| drop(lock.acquire())).name(format!("{case}/b")));
                });
            })
        },
        &["a", "b"],
    ),
    (
        "task",
        |case| {
            holder(case, move |lock| {
                let pool = pool(case);
                pool.submit(move || drop(lock.acquire())).join().unwrap();
            })
        },
        &["a", "w-1"],
    ),
    (
        "tasks",
        |case| {
            holder(case, move |lock| {
                let pool = pool(case);
                let tasks = [(); 2].map(|()| {
                    let lock = Arc::clone(&lock);
                    pool.submit(move || drop(lock.acquire()))
                });
                // It has begun, so no thread can cancel it any more.
                while pool.pending() > 0 && pool.threads() < 1 {
                    thread::yield_now();
                }
                wait_all(&tasks);
            })
        },
        &["a", "w-1"],
    ),
    (
        "pool-scope",
        |case| {
            holder(case, move |lock| {
                let pool = pool(case);
                pool.scope(|scope| _ = scope.submit(|| drop(lock.acquire())));
            })
        },
        &["a", "w-1"],
    ),
    (
        "pool-shutdown",
        |case| {
            holder(case, move |lock| {
                let pool = pool(case);
                let begun = Arc::new(Barrier::new(2));
                let also = Arc::clone(&begun);
                let _task = pool.submit(move || {
                    also.wait();
                    drop(lock.acquire());
                });
                begun.wait();
                pool.shutdown();
            })
        },
        &["a", "w-1"],
    ),
    (
        "once",
        |case| {
            let (lock, once) = (Arc::new(Lock::new(())), Arc::new(Once::new()));
            let both = Arc::new(Barrier::new(2));
            let (lock2, once2, both2) = (Arc::clone(&lock), Arc::clone(&once), Arc::clone(&both));
            start(case, "a", move || {
                once2.get_or_init(|| {
                    both2.wait();
                    drop(lock2.acquire());
                });
            });
            start(case, "b", move || {
                let _held = lock.acquire();
                both.wait();
                once.get_or_init(|| ());
            });
        },
        &["a", "b"],
    ),
    (
        "once-wait",
        |case| {
            let (lock, once) = (Arc::new(Lock::new(())), Arc::new(Once::new()));
            let both = Arc::new(Barrier::new(2));
            let (lock2, once2, both2) = (Arc::clone(&lock), Arc::clone(&once), Arc::clone(&both));
            start(case, "a", move || {
                once2.get_or_init(|| {
                    both2.wait();
                    drop(lock2.acquire());
                });
            });
            start(case, "b", move || {
                let _held = lock.acquire();
                both.wait();
                once.wait();
            });
        },
        &["a", "b"],
    ),
    (
        "leaked",
        |case| {
            let lock = Arc::new(Lock::new(()));
            let other = Arc::clone(&lock);
            start(case, "a", move || mem::forget(other.acquire()))
                .join()
                .unwrap();
            start(case, "b", move || drop(lock.acquire()));
        },
        BEHIND_A_LEAK,
    ),
    (
        "leaked-read",
        |case| {
            let lock = Arc::new(RwLock::new(()));
            let other = Arc::clone(&lock);
            start(case, "a", move || mem::forget(other.read()))
                .join()
                .unwrap();
            start(case, "b", move || drop(lock.write()));
        },
        BEHIND_A_LEAK,
    ),
    (
        "reads-again",
        |case| {
            let lock = Arc::new(RwLock::named("rates", ()));
            let other = Arc::clone(&lock);
            start(case, "a", move || {
                let _first = other.read();
                let writes = Arc::clone(&other);
                start(case, "b", move || drop(writes.write()));
                // Waits until the writer keeps readers out.
                while other.try_read().is_some() {
                    thread::yield_now();
                }
                drop(other.read());
            });
        },
        &["a", "b"],
    ),
    (
        "upgrade",
        |case| {
            let (lock, rw) = (Arc::new(Lock::new(())), Arc::new(RwLock::new(())));
            let both = Arc::new(Barrier::new(2));
            let (lock2, rw2, both2) = (Arc::clone(&lock), Arc::clone(&rw), Arc::clone(&both));
            start(case, "a", move || {
                let _held = lock2.acquire();
                let reads = rw2.upgradable();
                both2.wait();
                drop(reads.upgrade());
            });
            start(case, "b", move || {
                let _reads = rw.read();
                both.wait();
                drop(lock.acquire());
            });
        },
        &["a", "b"],
    ),
    (
        "nested-level",
        |case| {
            let (one, two) = (Arc::new(RLock::new(())), Arc::new(RLock::new(())));
            let both = Arc::new(Barrier::new(2));
            let (one2, two2, both2) = (Arc::clone(&one), Arc::clone(&two), Arc::clone(&both));
            start(case, "a", move || {
                let _held = (one2.acquire(), one2.acquire());
                both2.wait();
                drop(two2.acquire());
            });
            start(case, "b", move || {
                let _held = (two.acquire(), two.acquire());
                both.wait();
                drop(one.acquire());
            });
        },
        &["a", "b"],
    ),
    (
        "stop-callback",
        |case| {
            let lock = Arc::new(Lock::new(()));
            let source = StopSource::new();
            let both = Arc::new(Barrier::new(2));
            let (lock2, both2) = (Arc::clone(&lock), Arc::clone(&both));
            let registration = source.token().on_stop(move || {
                both2.wait();
                drop(lock2.acquire());
            });
            start(case, "a", move || _ = source.stop());
            start(case, "b", move || {
                let _held = lock.acquire();
                both.wait();
                drop(registration);
            });
        },
        &["a", "b"],
    ),
    (
        "inline",
        |case| {
            // The worker runs the second task inside the first one. The second task wants a lock of the thread that
            // waits for the first.
            let lock = Arc::new(Lock::new(()));
            let pool = Arc::new(pool(case));
            let both = Arc::new(Barrier::new(2));
            let (lock2, both2, inside) = (Arc::clone(&lock), Arc::clone(&both), Arc::clone(&pool));
            let task = pool.submit(move || {
                both2.wait();
                let inner: Task<()> = inside.submit(move || drop(lock2.acquire()));
                inner.join().unwrap();
            });
            start(case, "a", move || {
                let _held = lock.acquire();
                both.wait();
                task.join().unwrap();
                drop(pool);
            });
        },
        &["a", "w-1"],
    ),
    (
        "condition",
        |case| {
            // It was woken, and now needs a lock that is never released.
            let shared = Arc::new((Lock::new(false), Condition::new()));
            let other = Arc::clone(&shared);
            let waiter = start(case, "b", move || {
                let mut ready = other.0.acquire();
                while !*ready {
                    other.1.wait(&mut ready);
                }
            });
            start(case, "a", move || {
                let mut ready = shared.0.acquire();
                *ready = true;
                shared.1.notify_all();
                waiter.join().unwrap();
            });
        },
        &["a", "b"],
    ),
    (
        "std-thread",
        |case| {
            // threadkit adopts the thread when it waits.
            let (one, two) = (Arc::new(Lock::new(())), Arc::new(Lock::new(())));
            let both = Arc::new(Barrier::new(2));
            let (one2, two2, both2) = (Arc::clone(&one), Arc::clone(&two), Arc::clone(&both));
            start(case, "a", move || {
                let _held = one2.acquire();
                both2.wait();
                drop(two2.acquire());
            });
            let body = move || {
                let _held = two.acquire();
                both.wait();
                drop(one.acquire());
            };
            thread::Builder::new()
                .name(format!("{case}/x"))
                .spawn(body)
                .unwrap();
        },
        &["a", "x"],
    ),
];

/// A pool of one worker. Reports call the worker by the name of the case and `w-1`.
fn pool(case: &str) -> ThreadPool {
    ThreadPool::builder(1).name(format!("{case}/w")).build()
}

/// Longer than it takes to find a deadlock.
const SLOW: Duration = Duration::from_millis(2500);

/// A program with the name of its threads.
type Correct = (&'static str, fn(&'static str));

/// Correct programs, each of which runs for a while and ends.
const CORRECT: [Correct; 33] = [
    ("ok-hand-over-hand", |case| {
        let list: Arc<[Lock<u32>; 6]> = Arc::new([0; 6].map(Lock::new));
        let walks: Vec<_> = (0..3)
            .map(|walk| {
                let list = Arc::clone(&list);
                start(case, &walk.to_string(), move || {
                    during(SLOW, || {
                        let mut held = list[0].acquire();
                        *held += 1;
                        for next in &list[1..] {
                            let next = next.acquire();
                            held = next;
                            *held += 1;
                        }
                    })
                })
            })
            .collect();
        threadkit::join_all(walks).unwrap();
    }),
    ("ok-long-hold", |case| {
        holds_while(case, || thread::sleep(SLOW))
    }),
    ("ok-std-lock", |case| {
        let theirs = Arc::new(Mutex::new(()));
        let held = Arc::clone(&theirs);
        let (tell, told) = mpsc::channel();
        let slow = thread::spawn(move || {
            let _held = held.lock();
            tell.send(()).unwrap();
            thread::sleep(SLOW);
        });
        told.recv().unwrap();
        holds_while(case, || drop(theirs.lock()));
        slow.join().unwrap();
    }),
    ("ok-channel", |case| {
        let (tell, told) = mpsc::channel();
        let slow = thread::spawn(move || {
            thread::sleep(SLOW);
            tell.send(()).unwrap();
        });
        holds_while(case, || told.recv().unwrap());
        slow.join().unwrap();
    }),
    ("ok-system-call", |case| {
        use std::io::{Read, Write};
        let (mut reader, mut writer) = std::io::pipe().unwrap();
        let slow = thread::spawn(move || {
            thread::sleep(SLOW);
            writer.write_all(b"x").unwrap();
        });
        holds_while(case, || reader.read_exact(&mut [0]).unwrap());
        slow.join().unwrap();
    }),
    ("ok-foreign-thread", |case| {
        let event = Arc::new(Event::new());
        let sets = Arc::clone(&event);
        let slow = thread::spawn(move || {
            thread::sleep(SLOW);
            sets.set();
        });
        holds_while(case, || event.wait());
        slow.join().unwrap();
    }),
    ("ok-timer", |case| {
        let event = Arc::new(Event::new());
        let sets = Arc::clone(&event);
        let _timer = Timer::after(SLOW, move || sets.set());
        holds_while(case, || event.wait());
    }),
    ("ok-limited", |case| {
        // A cycle that a limit ends.
        let locks = [(); 2].map(|()| Arc::new(Lock::new(())));
        let both = Arc::new(Barrier::new(2));
        let ends = [0, 1].map(|at| {
            let (held, wanted) = (Arc::clone(&locks[at]), Arc::clone(&locks[1 - at]));
            let both = Arc::clone(&both);
            start(case, &at.to_string(), move || {
                let _held = held.acquire();
                both.wait();
                match at {
                    0 => drop(wanted.acquire_timeout(SLOW)),
                    _ => drop(wanted.acquire()),
                }
            })
        });
        threadkit::join_all(ends).unwrap();
    }),
    ("ok-limited-writer", |case| {
        // A reader that reads again behind a writer that gives up.
        let lock = Arc::new(RwLock::new(()));
        let other = Arc::clone(&lock);
        let _first = lock.read();
        let writer = start(case, "writer", move || drop(other.write_timeout(SLOW)));
        while lock.try_read().is_some() {
            thread::yield_now();
        }
        drop(lock.read());
        writer.join().unwrap();
    }),
    ("ok-token", |case| {
        let source = StopSource::new();
        let token = source.token();
        let stopper = Timer::after(SLOW, move || _ = source.stop());
        holds_while(case, || assert!(Event::new().wait_until(&token).is_err()));
        stopper.wait();
    }),
    ("ok-condition", |case| {
        let turn = Arc::new((Lock::new(0_usize), Condition::new()));
        let end = Instant::now() + SLOW;
        let players = [0, 1, 2].map(|me| {
            let turn = Arc::clone(&turn);
            start(case, &me.to_string(), move || {
                loop {
                    let mut now = turn.0.acquire();
                    turn.1
                        .wait_for(&mut now, |now| *now % 3 == me || *now == usize::MAX);
                    if *now == usize::MAX {
                        return;
                    }
                    *now = if Instant::now() > end {
                        usize::MAX
                    } else {
                        *now + 1
                    };
                    turn.1.notify_all();
                }
            })
        });
        threadkit::join_all(players).unwrap();
    }),
    ("ok-lock-all", |case| {
        let locks = Arc::new([0, 0, 0].map(Lock::new));
        let both = [0, 1].map(|at| {
            let locks = Arc::clone(&locks);
            start(case, &at.to_string(), move || {
                during(SLOW, || {
                    let [one, two, three] = &*locks;
                    match at {
                        0 => drop(lock_all((one, two, three))),
                        _ => drop(lock_all((three, two, one))),
                    }
                })
            })
        });
        threadkit::join_all(both).unwrap();
    }),
    ("ok-scope", |_| {
        threadkit::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| thread::sleep(SLOW));
            }
        })
    }),
    ("ok-tasks-of-tasks", |case| {
        let pool = Arc::new(pool(case));
        let inside = Arc::clone(&pool);
        let task = pool.submit(move || {
            let tasks = [(); 3].map(|()| inside.submit(|| thread::sleep(SLOW / 3)));
            wait_all(&tasks);
        });
        task.join().unwrap();
    }),
    ("ok-idle-pool", |case| {
        let pool = ThreadPool::builder(3).name(format!("{case}/w")).build();
        let tasks = [(); 3].map(|()| pool.submit(|| thread::sleep(MOMENT)));
        wait_all(&tasks);
        thread::sleep(SLOW);
    }),
    ("ok-queue", |case| {
        // The producers outlive the consumers, and are slow.
        let queue = Arc::new(Queue::bounded(2));
        let takes = Arc::clone(&queue);
        let consumer = start(case, "consumer", move || {
            (0..4).for_each(|_| _ = takes.get())
        });
        let producers = [(); 2].map(|()| {
            let queue = Arc::clone(&queue);
            start(case, "producer", move || {
                (0..3).for_each(|n| {
                    thread::sleep(SLOW / 3);
                    let _ = queue.put(n);
                })
            })
        });
        threadkit::join_all(producers).unwrap();
        consumer.join().unwrap();
    }),
    ("ok-barrier", |case| {
        let barrier = Arc::new(threadkit::Barrier::new(3));
        let early = [(); 2].map(|()| {
            let barrier = Arc::clone(&barrier);
            start(case, "early", move || _ = barrier.wait().unwrap())
        });
        thread::sleep(SLOW);
        barrier.wait().unwrap();
        threadkit::join_all(early).unwrap();
    }),
    ("ok-once", |case| {
        let once = Arc::new(Once::new());
        let makers = [(); 3].map(|()| {
            let once = Arc::clone(&once);
            start(case, "maker", move || {
                _ = once.get_or_init(|| thread::sleep(SLOW))
            })
        });
        once.wait();
        threadkit::join_all(makers).unwrap();
    }),
    ("ok-latch-and-semaphore", |case| {
        let (latch, permits) = (Arc::new(Latch::new(2)), Arc::new(Semaphore::new(1)));
        let parties = [(); 2].map(|()| {
            let (latch, permits) = (Arc::clone(&latch), Arc::clone(&permits));
            start(case, "party", move || {
                let _permit = permits.acquire();
                thread::sleep(SLOW / 2);
                latch.count_down();
            })
        });
        latch.wait();
        threadkit::join_all(parties).unwrap();
    }),
    ("ok-readers-and-writers", |case| {
        let lock = Arc::new(RwLock::new(0_u64));
        let users = [0, 1, 2, 3].map(|user| {
            let lock = Arc::clone(&lock);
            start(case, &user.to_string(), move || {
                during(SLOW, || match user {
                    0 => *lock.write() += 1,
                    1 => {
                        let read = lock.upgradable();
                        *read.upgrade() += 1;
                    }
                    _ => assert!(*lock.read() < u64::MAX),
                })
            })
        });
        threadkit::join_all(users).unwrap();
    }),
    ("ok-ordered-array", |case| {
        // Instances of one class, always in the order of their places.
        let array: Arc<[Lock<u32>; 4]> = Arc::new([0; 4].map(Lock::new));
        let users = [0, 1, 2].map(|user| {
            let array = Arc::clone(&array);
            start(case, &user.to_string(), move || {
                during(SLOW, || {
                    let mut low = array[user].acquire();
                    let mut high = array[user + 1].acquire();
                    (*low, *high) = (*low + 1, *high + 1);
                })
            })
        });
        threadkit::join_all(users).unwrap();
    }),
    ("ok-gate", |case| {
        // Two locks in either order, under a lock that keeps the two apart.
        let locks = Arc::new([0; 3].map(Lock::new));
        let both = [0, 1].map(|at| {
            let locks = Arc::clone(&locks);
            start(case, &at.to_string(), move || {
                during(SLOW, || {
                    let _gate = locks[2].acquire();
                    let _first = locks[at].acquire();
                    let _second = locks[1 - at].acquire();
                })
            })
        });
        threadkit::join_all(both).unwrap();
    }),
    ("ok-joins", |case| {
        let mut last = start(case, "0", || thread::sleep(SLOW));
        for at in 1..5 {
            last = start(case, &at.to_string(), move || last.join().unwrap());
        }
        last.join().unwrap();
    }),
    ("ok-nested-rlock", |case| {
        let lock = Arc::new(RLock::new(()));
        let users = [0, 1, 2].map(|user| {
            let lock = Arc::clone(&lock);
            start(case, &user.to_string(), move || {
                during(SLOW, || {
                    let _outer = lock.acquire();
                    let _inner = lock.acquire();
                    thread::yield_now();
                })
            })
        });
        threadkit::join_all(users).unwrap();
    }),
    ("ok-park", |case| {
        // In a wait of std, with a lock held.
        let (tell, told) = mpsc::channel();
        let parked = start(case, "parked", move || {
            tell.send(thread::current()).unwrap();
            holds_while("ok-park", || {
                let end = Instant::now() + SLOW;
                while Instant::now() < end {
                    thread::park();
                }
            });
        });
        let parks = told.recv().unwrap();
        thread::sleep(SLOW);
        while !parked.is_finished() {
            parks.unpark();
            thread::sleep(MOMENT);
        }
        parked.join().unwrap();
    }),
    ("ok-child-process", |case| {
        let mut child = std::process::Command::new("sleep");
        let child = child.arg("2.5").spawn();
        holds_while(case, || match child {
            Ok(mut child) => _ = child.wait().unwrap(),
            // There is no such program.
            Err(_) => thread::sleep(SLOW),
        });
    }),
    ("ok-idle-timers", |case| {
        // The thread of the timers has nothing to do, and the next timer is far away.
        let far = Timer::after(Duration::from_secs(3600), || ());
        holds_while(case, || thread::sleep(SLOW));
        far.cancel();
        thread::sleep(SLOW);
    }),
    ("ok-barrier-rounds", |case| {
        let barrier = Arc::new(threadkit::Barrier::new(3));
        let rounds = [0, 1, 2].map(|at| {
            let barrier = Arc::clone(&barrier);
            start(case, &at.to_string(), move || {
                for round in 0..3 {
                    if round == at {
                        thread::sleep(SLOW / 2);
                    }
                    barrier.wait().unwrap();
                }
            })
        });
        threadkit::join_all(rounds).unwrap();
    }),
    ("ok-select", |case| {
        let (queue, event) = (Arc::new(Queue::bounded(1)), Arc::new(Event::new()));
        let (puts, sets) = (Arc::clone(&queue), Arc::clone(&event));
        let slow = start(case, "slow", move || {
            thread::sleep(SLOW);
            puts.put(1).unwrap();
            sets.set();
        });
        holds_while(case, || {
            let mut got = Select::new()
                .get(&*queue, |n| n == 1)
                .event(&event, || true);
            assert!(got.wait().unwrap());
        });
        slow.join().unwrap();
    }),
    ("ok-supervisor", |case| {
        // It fails and then pauses, while another thread waits for the value that it delivers in the end.
        let done = Arc::new(Event::new());
        let sets = Arc::clone(&done);
        let fails = Supervisor::new(move |starts| {
            let sets = Arc::clone(&sets);
            move || match starts {
                0 | 1 => Err("not yet"),
                _ => {
                    sets.set();
                    Ok(())
                }
            }
        });
        let fails = fails.pauses(SLOW / 2, SLOW / 2).on_failure(|_| ());
        let supervised = Thread::new(fails)
            .name(format!("{case}/supervised"))
            .start();
        holds_while(case, || done.wait());
        supervised.join().unwrap().unwrap();
    }),
    ("ok-unrun", |case| {
        // A task that its pool has returned, and that another thread runs later.
        let pool = pool(case);
        let begun = Arc::new(Barrier::new(2));
        let also = Arc::clone(&begun);
        let first = pool.submit(move || {
            also.wait();
            threadkit::stop_token().wait();
        });
        begun.wait();
        let task = pool.submit(|| ());
        let unrun = pool.shutdown_now();
        let waits = start(case, "waits", move || task.join().unwrap());
        thread::sleep(SLOW);
        unrun.into_iter().for_each(|task| _ = task.run());
        waits.join().unwrap();
        first.join().unwrap();
    }),
    ("ok-destructor", |case| {
        // A wait in the destructor of a thread-local.
        let event = Arc::new(Event::new());
        let (sets, waits) = (Arc::clone(&event), Arc::clone(&event));
        let slow = start(case, "slow", move || {
            thread::sleep(SLOW);
            sets.set();
        });
        support::in_destructor(move || waits.wait());
        slow.join().unwrap();
    }),
    ("ok-std-scope", |case| {
        let lock = Lock::new(0_u32);
        let held = lock.acquire();
        thread::scope(|scope| {
            for at in 0..3 {
                let body = || *lock.acquire() += 1;
                let named = thread::Builder::new().name(format!("{case}/{at}"));
                named.spawn_scoped(scope, body).unwrap();
            }
            thread::sleep(SLOW);
            drop(held);
        });
        assert_eq!(*lock.acquire(), 3);
    }),
];

fn during(time: Duration, mut body: impl FnMut()) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        body();
    }
}

/// Runs `body` while this thread holds a lock that a second thread wants, and a third thread joins the second.
fn holds_while(case: &str, body: impl FnOnce()) {
    let lock = Arc::new(Lock::new(()));
    let held = lock.acquire();
    let other = Arc::clone(&lock);
    let waits = start(case, "waits", move || drop(other.acquire()));
    let joins = start(case, "joins", move || waits.join().unwrap());
    body();
    drop(held);
    joins.join().unwrap();
}

#[test]
fn every_deadlock_is_reported_once_and_nothing_else_is() {
    on_deadlock(Policy::Call(note));
    let mut expected: Vec<(String, BTreeSet<String>)> = Vec::new();
    let mut expect = |case: &str, names: Vec<String>| {
        expected.push((format!("{case}/"), names.into_iter().collect()));
    };
    for (at, one) in KINDS.iter().enumerate() {
        for other in &KINDS[at..] {
            let case = format!("{}+{}", one.0, other.0);
            expect(&case, ring(&case, &[*one, *other]));
        }
        let three = [at, at + 1, at + 3].map(|at| KINDS[at % KINDS.len()]);
        let case = format!("three-{}", one.0);
        expect(&case, ring(&case, &three));
    }
    for (case, plant, roles) in PLANTED {
        let names = roles.iter().map(|role| format!("{case}/{role}"));
        expect(case, names.collect());
        plant(case);
    }
    let (tell, told) = mpsc::channel();
    for (case, run) in CORRECT {
        let tell = tell.clone();
        start(case, "main", move || {
            run(case);
            tell.send(case).unwrap();
        });
    }
    drop(tell);

    let end = Instant::now() + LONG;
    let is_found = |case: &(String, BTreeSet<String>)| {
        let is_it = |threads: &[String]| case.1.iter().all(|name| threads.contains(name));
        found().iter().any(|(threads, _)| is_it(threads))
    };
    while let Some((case, threads)) = expected.iter().find(|case| !is_found(case)) {
        assert!(
            Instant::now() < end,
            "`{case}` with {threads:?} is not in {:#?}",
            found()
        );
        thread::sleep(MOMENT);
    }
    // All threads end, and so do the deadlocks that were reported for them.
    for _ in CORRECT {
        told.recv_timeout(LONG).expect("a correct program ends");
    }
    for (threads, report) in found() {
        assert!(!report.contains("`ok-"), "a false alarm: {report}");
        let case = threads[0].split('/').next().unwrap_or_default();
        assert!(
            threads
                .iter()
                .all(|thread| thread.starts_with(&format!("{case}/"))),
            "one report for two cases: {report}"
        );
        let again = found()
            .iter()
            .filter(|(other, _)| *other == threads)
            .count();
        assert_eq!(again, 1, "{report}");
    }
    // A few cases prove little. Each was checked above.
    let (planted, correct) = (expected.len(), CORRECT.len());
    assert!(
        planted >= 60 && correct >= 30,
        "{planted} and {correct} cases"
    );
    println!(
        "{planted} planted deadlocks, all reported; {correct} correct programs, no false alarm"
    );
}

/// Runs a program of `asleep` in a process of its own that ends at a deadlock.
fn asleep(name: &str) -> process::Ended {
    process::run(env!("CARGO_BIN_EXE_asleep"), name, LONG)
}

#[test]
#[cfg(target_os = "linux")]
fn a_process_whose_threads_all_sleep_is_reported() {
    const CASES: [&str; 14] = [
        "event",
        "barrier",
        "latch",
        "empty-queue",
        "full-queue-under-a-lock",
        "joined-queue",
        "semaphore",
        "condition",
        "monitor",
        "select",
        "pending-task",
        "full-backlog",
        "scope-and-event",
        "token",
    ];
    thread::scope(|scope| {
        for case in CASES {
            scope.spawn(move || {
                let ended = asleep(case);
                assert_ne!(ended.code(), Some(0), "`{case}` has ended: {ended:?}");
                let first = ended.err.lines().next().unwrap_or_default();
                assert!(first.starts_with("deadlock: "), "`{case}`: {ended:?}");
                assert!(ended.err.contains("`main` in "), "`{case}`: {ended:?}");
            });
        }
    });
}

#[test]
fn a_process_in_which_something_goes_on_is_not_reported() {
    const CASES: [&str; 7] = [
        "ok-timer",
        "ok-std-thread",
        "ok-std-sleep",
        "ok-pool-of-idle",
        "ok-limit",
        "ok-periodic",
        "ok-end-of-main",
    ];
    thread::scope(|scope| {
        for case in CASES {
            scope.spawn(move || {
                let ended = asleep(case);
                let seen = (ended.code(), &*ended.err);
                assert_eq!(seen, (Some(0), ""), "`{case}`");
            });
        }
    });
}

#[test]
fn a_report_has_names_and_places() {
    let places = |text: &str| {
        let parts = text.split("asleep.rs:");
        let rest = |part: &str| {
            part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':')
                .to_owned()
        };
        parts.map(rest).collect::<Vec<_>>().join("asleep.rs")
    };
    for (case, operation, lock) in [
        ("two-locks", "acquire", "b"),
        ("lock-and-rwlock", "read", "table"),
    ] {
        let ended = asleep(case);
        let expected = format!(
            "\
deadlock: 2 threads wait for each other
  `left` in {operation} at tests/programs/asleep.rs, for `{lock}` (tests/programs/asleep.rs), held by `right` since tests/programs/asleep.rs
  `right` in acquire at tests/programs/asleep.rs, for `a` (tests/programs/asleep.rs), held by `left` since tests/programs/asleep.rs
behind them:
  `main` in JoinHandle::join at tests/programs/asleep.rs, for `left`
the cause: `a` (tests/programs/asleep.rs) and `{lock}` (tests/programs/asleep.rs) are acquired in both orders
"
        );
        assert_eq!(places(&ended.err), expected, "{}", ended.err);
    }
}

#[test]
fn a_deadlock_is_reported_within_two_seconds() {
    // The process ends with the report. A busy machine may need another try.
    let is_quick = || asleep("two-locks").took < Duration::from_secs(2);
    assert!((0..5).any(|_| is_quick()));
}

#[test]
fn a_thread_that_hangs_with_standard_error_locked_is_reported() {
    let ended = asleep("stderr-held");
    assert!(ended.err.starts_with("deadlock: 2 threads"), "{ended:?}");
    assert!(ended.err.contains("`hangs` in acquire"), "{ended:?}");
}

#[test]
fn a_policy_of_the_environment_that_is_unknown_is_said() {
    let ended = asleep("unknown-policy");
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let said =
        "THREADKIT_INSPECT is `reprot`, which means nothing; write `off`, `report` or `abort`\n";
    assert_eq!(ended.err, said);
}
