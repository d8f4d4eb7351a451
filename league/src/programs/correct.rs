//! Programs without a fault: what an explorer says of them is a false alarm.

use std::sync::Arc;
use std::time::Duration;

use super::join_all;
use super::kit::{
    AtomicBool, AtomicUsize, Condvar, Mutex,
    Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
    RwLock, bounded, channel, fence, sleep, spawn, spawn_owning, yield_now,
};
use crate::program::Collection::Correct;
use crate::program::Fault::None as NoFault;
use crate::program::Need::{Bounded, Closing, Sleep, Timeout};
use crate::program::Program;

pub(super) const PROGRAMS: &[Program] = &[
    Program::new(
        Correct,
        "barrier_generations",
        NoFault,
        3,
        barrier_generations,
    ),
    Program::new(Correct, "bounded_pipeline", NoFault, 3, bounded_pipeline)
        .needs(&[Bounded, Closing]),
    Program::new(Correct, "condvar_buffer", NoFault, 3, condvar_buffer),
    Program::new(Correct, "counter", NoFault, 4, counter),
    Program::new(Correct, "exchange_loop", NoFault, 3, exchange_loop),
    Program::new(Correct, "fenced_message", NoFault, 2, fenced_message),
    Program::new(Correct, "lazy_value", NoFault, 3, lazy_value),
    Program::new(Correct, "message_spin", NoFault, 2, message_spin),
    Program::new(Correct, "ordered_locks", NoFault, 4, ordered_locks),
    Program::new(Correct, "peterson", NoFault, 3, peterson),
    Program::new(
        Correct,
        "philosophers_in_order",
        NoFault,
        4,
        philosophers_in_order,
    ),
    Program::new(
        Correct,
        "readers_and_writer",
        NoFault,
        4,
        readers_and_writer,
    ),
    Program::new(Correct, "recursive_read", NoFault, 3, recursive_read).reads_again(),
    Program::new(
        Correct,
        "reference_count_in_one_step",
        NoFault,
        3,
        reference_count_in_one_step,
    ),
    Program::new(
        Correct,
        "request_with_retry",
        NoFault,
        2,
        request_with_retry,
    )
    .needs(&[Timeout, Closing]),
    Program::new(Correct, "sequence_lock", NoFault, 2, sequence_lock),
    Program::new(Correct, "sleeping_poll", NoFault, 2, sleeping_poll).needs(&[Sleep]),
    Program::new(Correct, "spin_lock", NoFault, 3, spin_lock),
    Program::new(Correct, "ticket_lock", NoFault, 3, ticket_lock),
    Program::new(Correct, "treiber_stack", NoFault, 3, treiber_stack),
    Program::new(Correct, "try_lock_loop", NoFault, 3, try_lock_loop),
];

/// A barrier that is passed twice, with a number for each passage.
fn barrier_generations() {
    struct Barrier {
        state: Mutex<(usize, usize)>,
        open: Condvar,
    }
    fn pass(barrier: &Barrier) {
        let mut state = barrier.state.lock();
        let passage = state.1;
        state.0 += 1;
        if state.0 == 2 {
            *state = (0, passage + 1);
            barrier.open.notify_all();
        }
        while state.1 == passage {
            state = barrier.open.wait(state);
        }
    }
    let barrier = Arc::new(Barrier {
        state: Mutex::named("state", (0, 0)),
        open: Condvar::new(),
    });
    let threads = [(); 2].map(|()| {
        spawn(&barrier, |barrier| {
            pass(barrier);
            pass(barrier);
        })
    });
    join_all(threads);
    assert_eq!(barrier.state.lock().1, 2);
}

/// Items go through two channels with room for one.
fn bounded_pipeline() {
    let (put, doubled) = bounded(1);
    let (send, received) = bounded(1);
    let source = spawn_owning(move || (1..=3).for_each(|n| put.send(n)));
    let doubles = spawn_owning(move || {
        while let Some(n) = doubled.recv() {
            send.send(2 * n);
        }
    });
    let mut sum = 0;
    while let Some(n) = received.recv() {
        sum += n;
    }
    source.join();
    doubles.join();
    assert_eq!(sum, 12);
}

/// A buffer with a condition for room and one for items.
fn condvar_buffer() {
    struct Buffer {
        items: Mutex<Vec<usize>>,
        room: Condvar,
        item: Condvar,
    }
    let buffer = Arc::new(Buffer {
        items: Mutex::named("items", Vec::new()),
        room: Condvar::new(),
        item: Condvar::new(),
    });
    let getters = [(); 2].map(|()| {
        spawn(&buffer, |buffer| {
            let mut items = buffer.items.lock();
            while items.is_empty() {
                items = buffer.item.wait(items);
            }
            let item = items.pop();
            buffer.room.notify_one();
            item.expect("there is an item")
        })
    });
    for n in 1..=2 {
        let mut items = buffer.items.lock();
        while items.len() == 1 {
            items = buffer.room.wait(items);
        }
        items.push(n);
        buffer.item.notify_one();
    }
    assert_eq!(getters.map(|getter| getter.join()).iter().sum::<usize>(), 3);
}

/// Three threads count under a lock.
fn counter() {
    let counter = Arc::new(Mutex::named("counter", 0));
    let adders = [(); 3].map(|()| spawn(&counter, |counter| *counter.lock() += 1));
    join_all(adders);
    assert_eq!(*counter.lock(), 3);
}

/// Two threads add by an exchange that is repeated until it succeeds.
fn exchange_loop() {
    let total = Arc::new(AtomicUsize::new(0));
    let adders = [(); 2].map(|()| {
        spawn(&total, |total| {
            let mut seen = total.load(SeqCst);
            while let Err(now) = total.compare_exchange(seen, seen + 1, SeqCst, SeqCst) {
                seen = now;
            }
        })
    });
    join_all(adders);
    assert_eq!(total.load(SeqCst), 2);
}

/// Fences on both sides bring the data along.
fn fenced_message() {
    struct Message {
        data: AtomicUsize,
        sent: AtomicBool,
    }
    let message = Arc::new(Message {
        data: AtomicUsize::new(0),
        sent: AtomicBool::new(false),
    });
    let sends = spawn(&message, |message| {
        message.data.store(1, Relaxed);
        fence(Release);
        message.sent.store(true, Relaxed);
    });
    if message.sent.load(Relaxed) {
        fence(Acquire);
        assert_eq!(message.data.load(Relaxed), 1);
    }
    sends.join();
}

/// A double check with both looks.
fn lazy_value() {
    struct Lazy {
        made: AtomicBool,
        makers: Mutex<usize>,
    }
    let lazy = Arc::new(Lazy {
        made: AtomicBool::new(false),
        makers: Mutex::named("makers", 0),
    });
    let users = [(); 2].map(|()| {
        spawn(&lazy, |lazy| {
            if !lazy.made.load(Acquire) {
                let mut makers = lazy.makers.lock();
                if !lazy.made.load(Acquire) {
                    *makers += 1;
                    lazy.made.store(true, Release);
                }
            }
        })
    });
    join_all(users);
    assert_eq!(*lazy.makers.lock(), 1);
}

/// A reader spins until the message is there.
fn message_spin() {
    struct Message {
        data: AtomicUsize,
        sent: AtomicBool,
    }
    let message = Arc::new(Message {
        data: AtomicUsize::new(0),
        sent: AtomicBool::new(false),
    });
    let sends = spawn(&message, |message| {
        message.data.store(1, Relaxed);
        message.sent.store(true, Release);
    });
    while !message.sent.load(Acquire) {
        yield_now();
    }
    assert_eq!(message.data.load(Relaxed), 1);
    sends.join();
}

/// Three threads acquire two of three locks, all in the same order.
fn ordered_locks() {
    let locks = Arc::new([
        Mutex::named("first", 0),
        Mutex::named("second", 0),
        Mutex::named("third", 0),
    ]);
    let threads = [(0, 1), (1, 2), (0, 2)].map(|(lower, upper)| {
        let locks = Arc::clone(&locks);
        spawn_owning(move || {
            let mut outer = locks[lower].lock();
            *locks[upper].lock() += 1;
            *outer += 1;
        })
    });
    join_all(threads);
    assert_eq!(locks.iter().map(|lock| *lock.lock()).sum::<usize>(), 6);
}

/// Peterson's lock for two threads, which needs sequential consistency.
fn peterson() {
    struct Peterson {
        wants: [AtomicBool; 2],
        turn: AtomicUsize,
        inside: AtomicUsize,
    }
    let lock = Arc::new(Peterson {
        wants: [AtomicBool::new(false), AtomicBool::new(false)],
        turn: AtomicUsize::new(0),
        inside: AtomicUsize::new(0),
    });
    let threads = [0, 1].map(|me| {
        let lock = Arc::clone(&lock);
        spawn_owning(move || {
            lock.wants[me].store(true, SeqCst);
            lock.turn.store(1 - me, SeqCst);
            while lock.wants[1 - me].load(SeqCst) && lock.turn.load(SeqCst) == 1 - me {
                yield_now();
            }
            assert_eq!(lock.inside.fetch_add(1, SeqCst), 0);
            lock.inside.fetch_sub(1, SeqCst);
            lock.wants[me].store(false, SeqCst);
        })
    });
    join_all(threads);
}

/// One philosopher takes the right fork first.
fn philosophers_in_order() {
    let forks = Arc::new([Mutex::new(()), Mutex::new(()), Mutex::new(())]);
    let philosophers = [(0, 1), (1, 2), (0, 2)].map(|(lower, upper)| {
        let forks = Arc::clone(&forks);
        spawn_owning(move || {
            let _first = forks[lower].lock();
            let _second = forks[upper].lock();
        })
    });
    join_all(philosophers);
}

/// Two readers and a writer: both halves of a pair are always equal.
fn readers_and_writer() {
    let pair = Arc::new(RwLock::named("pair", (0, 0)));
    let writes = spawn(&pair, |pair| *pair.write() = (1, 1));
    let reads = [(); 2].map(|()| {
        spawn(&pair, |pair| {
            let pair = pair.read();
            assert_eq!(pair.0, pair.1);
        })
    });
    writes.join();
    join_all(reads);
}

/// Two threads read again while they read. No thread writes.
fn recursive_read() {
    let value = Arc::new(RwLock::named("value", 7));
    let readers = [(); 2].map(|()| {
        spawn(&value, |value| {
            let outer = value.read();
            assert_eq!(*outer, *value.read());
        })
    });
    join_all(readers);
}

/// The last owner is found by the subtraction itself.
fn reference_count_in_one_step() {
    struct Shared {
        owners: AtomicUsize,
        freed: AtomicUsize,
    }
    let shared = Arc::new(Shared {
        owners: AtomicUsize::new(2),
        freed: AtomicUsize::new(0),
    });
    let owners = [(); 2].map(|()| {
        spawn(&shared, |shared| {
            if shared.owners.fetch_sub(1, AcqRel) == 1 {
                shared.freed.fetch_add(1, AcqRel);
            }
        })
    });
    join_all(owners);
    assert_eq!(shared.freed.load(Acquire), 1);
}

/// A request is repeated after a timeout; its number makes sure that it is carried out once.
fn request_with_retry() {
    let (ask, asked) = channel();
    let (answer, answered) = channel();
    let server = spawn_owning(move || {
        let (mut orders, mut last) = (0, None);
        while let Some(number) = asked.recv() {
            if last != Some(number) {
                orders += 1;
                last = Some(number);
            }
            answer.send(number);
        }
        orders
    });
    ask.send(7);
    if answered.recv_timeout(Duration::from_millis(100)).is_none() {
        ask.send(7);
    }
    drop(ask);
    assert_eq!(server.join(), 1);
}

/// A reader repeats until the sequence is even and has not changed.
fn sequence_lock() {
    struct SeqLock {
        sequence: AtomicUsize,
        values: [AtomicUsize; 2],
    }
    let lock = Arc::new(SeqLock {
        sequence: AtomicUsize::new(0),
        values: [AtomicUsize::new(0), AtomicUsize::new(0)],
    });
    let writes = spawn(&lock, |lock| {
        lock.sequence.fetch_add(1, SeqCst);
        lock.values[0].store(1, SeqCst);
        lock.values[1].store(1, SeqCst);
        lock.sequence.fetch_add(1, SeqCst);
    });
    loop {
        let before = lock.sequence.load(SeqCst);
        let first = lock.values[0].load(SeqCst);
        let second = lock.values[1].load(SeqCst);
        if before.is_multiple_of(2) && lock.sequence.load(SeqCst) == before {
            assert_eq!(first, second);
            break;
        }
        yield_now();
    }
    writes.join();
}

/// A thread looks, and sleeps, until another is ready.
fn sleeping_poll() {
    let ready = Arc::new(AtomicBool::new(false));
    let sets = spawn(&ready, |ready| ready.store(true, SeqCst));
    while !ready.load(SeqCst) {
        sleep(Duration::from_millis(10));
    }
    sets.join();
}

/// A lock of one exchange.
fn spin_lock() {
    struct Shared {
        locked: AtomicBool,
        value: AtomicUsize,
    }
    let shared = Arc::new(Shared {
        locked: AtomicBool::new(false),
        value: AtomicUsize::new(0),
    });
    let adders = [(); 2].map(|()| {
        spawn(&shared, |shared| {
            while shared.locked.swap(true, Acquire) {
                yield_now();
            }
            let value = shared.value.load(Relaxed);
            shared.value.store(value + 1, Relaxed);
            shared.locked.store(false, Release);
        })
    });
    join_all(adders);
    assert_eq!(shared.value.load(Relaxed), 2);
}

/// A lock that serves in the order of tickets.
fn ticket_lock() {
    struct Tickets {
        next: AtomicUsize,
        served: AtomicUsize,
        value: AtomicUsize,
    }
    let tickets = Arc::new(Tickets {
        next: AtomicUsize::new(0),
        served: AtomicUsize::new(0),
        value: AtomicUsize::new(0),
    });
    let threads = [(); 2].map(|()| {
        spawn(&tickets, |tickets| {
            let mine = tickets.next.fetch_add(1, AcqRel);
            while tickets.served.load(Acquire) != mine {
                yield_now();
            }
            let value = tickets.value.load(Relaxed);
            tickets.value.store(value + 1, Relaxed);
            tickets.served.store(mine + 1, Release);
        })
    });
    join_all(threads);
    assert_eq!(tickets.value.load(Relaxed), 2);
}

/// A stack by exchanges, whose nodes are never used again.
fn treiber_stack() {
    struct Stack {
        head: AtomicUsize,
        next: [AtomicUsize; 3],
    }
    fn push(stack: &Stack, node: usize) {
        let mut head = stack.head.load(Acquire);
        loop {
            stack.next[node].store(head, Relaxed);
            match stack.head.compare_exchange(head, node, AcqRel, Acquire) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }
    let stack = Arc::new(Stack {
        head: AtomicUsize::new(0),
        next: [(); 3].map(|()| AtomicUsize::new(0)),
    });
    let first = spawn(&stack, |stack| push(stack, 1));
    let second = spawn(&stack, |stack| push(stack, 2));
    first.join();
    second.join();
    let (mut node, mut length) = (stack.head.load(Acquire), 0);
    while node != 0 {
        node = stack.next[node].load(Relaxed);
        length += 1;
    }
    assert_eq!(length, 2);
}

/// A lock is tried until it is free.
fn try_lock_loop() {
    let counter = Arc::new(Mutex::named("counter", 0));
    let adders = [(); 2].map(|()| {
        spawn(&counter, |counter| {
            loop {
                if let Some(mut counter) = counter.try_lock() {
                    *counter += 1;
                    return;
                }
                yield_now();
            }
        })
    });
    join_all(adders);
    assert_eq!(*counter.lock(), 2);
}
