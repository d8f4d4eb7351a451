//! The programs of SCTBench, written anew.
//!
//! Where the original has a data race, the program here has a load and a store.

use std::sync::Arc;

use super::join_all;
use super::kit::{
    AtomicBool, AtomicUsize, Condvar, Mutex, Ordering::SeqCst, RwLock, spawn, spawn_owning,
    yield_now,
};
use crate::program::Collection::Sctbench;
use crate::program::Fault::{Assertion, Deadlock, Livelock};
use crate::program::Program;

pub(super) const PROGRAMS: &[Program] = &[
    Program::new(Sctbench, "account", Assertion, 4, account),
    Program::new(Sctbench, "aget", Assertion, 4, aget),
    Program::new(Sctbench, "arithmetic_prog", Assertion, 3, arithmetic_prog),
    Program::new(Sctbench, "bluetooth", Assertion, 2, bluetooth),
    Program::new(Sctbench, "bounded_buffer", Deadlock, 5, bounded_buffer),
    Program::new(Sctbench, "carter01", Deadlock, 5, carter01),
    Program::new(Sctbench, "circular_buffer", Assertion, 3, circular_buffer),
    Program::new(Sctbench, "ctrace", Assertion, 3, ctrace),
    Program::new(Sctbench, "deadlock01", Deadlock, 3, deadlock01),
    Program::new(Sctbench, "din_phil3", Deadlock, 4, || din_phil(3)),
    Program::new(Sctbench, "din_phil5", Deadlock, 6, || din_phil(5)),
    Program::new(Sctbench, "din_phil7", Deadlock, 8, || din_phil(7)),
    Program::new(Sctbench, "ferret", Assertion, 5, ferret),
    Program::new(Sctbench, "lazy01", Assertion, 4, lazy01),
    Program::new(Sctbench, "pbzip2", Assertion, 3, pbzip2),
    Program::new(Sctbench, "queue", Assertion, 3, queue),
    Program::new(Sctbench, "radbench_init", Assertion, 3, radbench_init),
    Program::new(Sctbench, "radbench_monitor", Deadlock, 3, radbench_monitor),
    Program::new(Sctbench, "reorder_3", Assertion, 4, || reorder(2)),
    Program::new(Sctbench, "reorder_5", Assertion, 6, || reorder(4)),
    Program::new(Sctbench, "reorder_10", Assertion, 11, || reorder(9)),
    Program::new(Sctbench, "reorder_20", Assertion, 21, || reorder(19)),
    Program::new(Sctbench, "safestack", Assertion, 4, safestack),
    Program::new(Sctbench, "stack", Assertion, 3, stack),
    Program::new(Sctbench, "streamcluster", Deadlock, 4, streamcluster),
    Program::new(Sctbench, "string_buffer", Assertion, 2, string_buffer),
    Program::new(Sctbench, "sync01", Deadlock, 3, sync01),
    Program::new(Sctbench, "sync02", Deadlock, 5, sync02),
    Program::new(Sctbench, "token_ring", Assertion, 5, token_ring),
    Program::new(Sctbench, "twostage", Assertion, 3, || twostage(1, 1)),
    Program::new(Sctbench, "twostage_10", Assertion, 11, || twostage(9, 1)),
    Program::new(Sctbench, "twostage_20", Assertion, 21, || twostage(18, 2)),
    Program::new(Sctbench, "wronglock", Assertion, 3, || wronglock(1)),
    Program::new(Sctbench, "wronglock_3", Assertion, 5, || wronglock(3)),
    Program::new(Sctbench, "work_stealing", Assertion, 2, work_stealing),
    Program::new(Sctbench, "yielding_pair", Livelock, 3, yielding_pair),
];

/// The audit reads the balance and the sum of the bookings under two guards.
fn account() {
    struct Account {
        balance: Mutex<usize>,
        booked: Mutex<usize>,
    }
    let account = Arc::new(Account {
        balance: Mutex::named("balance", 10),
        booked: Mutex::named("booked", 0),
    });
    let deposits = spawn(&account, |account| {
        *account.balance.lock() += 5;
        *account.booked.lock() += 5;
    });
    let withdraws = spawn(&account, |account| {
        let mut balance = account.balance.lock();
        if *balance >= 5 {
            *balance -= 5;
        }
    });
    let audits = spawn(&account, |account| {
        let balance = *account.balance.lock();
        let booked = *account.booked.lock();
        assert!(balance <= 10 + booked, "money from nowhere");
    });
    join_all([deposits, withdraws, audits]);
}

/// The handler of a signal saves a count that the downloads have not yet brought up to date.
fn aget() {
    struct Download {
        written: AtomicUsize,
        counted: AtomicUsize,
    }
    let download = Arc::new(Download {
        written: AtomicUsize::new(0),
        counted: AtomicUsize::new(0),
    });
    let parts = [(); 2].map(|()| {
        spawn(&download, |download| {
            for _ in 0..2 {
                download.written.fetch_add(1, SeqCst);
                download.counted.fetch_add(1, SeqCst);
            }
        })
    });
    let interrupted = spawn(&download, |download| {
        let counted = download.counted.load(SeqCst);
        assert_eq!(counted, download.written.load(SeqCst), "resumed wrongly");
    });
    join_all(parts);
    interrupted.join();
}

/// A consumer looks at the slot once after it was woken.
fn arithmetic_prog() {
    struct Slot {
        number: Mutex<Option<usize>>,
        changed: Condvar,
    }
    let slot = Arc::new(Slot {
        number: Mutex::named("slot", None),
        changed: Condvar::new(),
    });
    let consumers = [(); 2].map(|()| {
        spawn(&slot, |slot| {
            let mut number = slot.number.lock();
            if number.is_none() {
                number = slot.changed.wait(number);
            }
            number.take().expect("the slot has a number");
            slot.changed.notify_all();
        })
    });
    for n in 0..2 {
        let mut number = slot.number.lock();
        while number.is_some() {
            number = slot.changed.wait(number);
        }
        *number = Some(n);
        slot.changed.notify_all();
    }
    join_all(consumers);
}

/// A driver stops between the look at the flag and the count of the request.
fn bluetooth() {
    struct Driver {
        stopping: AtomicBool,
        stopped: AtomicBool,
        pending: AtomicUsize,
    }
    let driver = Arc::new(Driver {
        stopping: AtomicBool::new(false),
        stopped: AtomicBool::new(false),
        pending: AtomicUsize::new(1),
    });
    let request = spawn(&driver, |driver| {
        if driver.stopping.load(SeqCst) {
            return;
        }
        driver.pending.fetch_add(1, SeqCst);
        assert!(!driver.stopped.load(SeqCst), "used after it was stopped");
        driver.pending.fetch_sub(1, SeqCst);
    });
    driver.stopping.store(true, SeqCst);
    if driver.pending.fetch_sub(1, SeqCst) == 1 {
        driver.stopped.store(true, SeqCst);
    }
    request.join();
}

/// Producers and consumers share one condition, and wake one waiter.
fn bounded_buffer() {
    struct Buffer {
        items: Mutex<usize>,
        changed: Condvar,
    }
    let buffer = Arc::new(Buffer {
        items: Mutex::named("items", 0),
        changed: Condvar::new(),
    });
    let puts = [(); 2].map(|()| {
        spawn(&buffer, |buffer| {
            let mut items = buffer.items.lock();
            while *items == 1 {
                items = buffer.changed.wait(items);
            }
            *items += 1;
            buffer.changed.notify_one();
        })
    });
    let gets = [(); 2].map(|()| {
        spawn(&buffer, |buffer| {
            let mut items = buffer.items.lock();
            while *items == 0 {
                items = buffer.changed.wait(items);
            }
            *items -= 1;
            buffer.changed.notify_one();
        })
    });
    join_all(puts);
    join_all(gets);
}

/// A thread keeps the lock `m` while it waits for a change of `l`, and the thread that makes the change needs `m`.
fn carter01() {
    struct Shared {
        m: Mutex<(usize, usize)>,
        l: Mutex<bool>,
        gate: Condvar,
    }
    fn enter(shared: &Shared, pick: fn(&mut (usize, usize)) -> &mut usize) {
        let mut counts = shared.m.lock();
        *pick(&mut counts) += 1;
        if *pick(&mut counts) == 1 {
            let mut taken = shared.l.lock();
            while *taken {
                taken = shared.gate.wait(taken);
            }
            *taken = true;
        }
        drop(counts);
        let mut counts = shared.m.lock();
        *pick(&mut counts) -= 1;
        if *pick(&mut counts) == 0 {
            *shared.l.lock() = false;
            shared.gate.notify_all();
        }
    }
    let shared = Arc::new(Shared {
        m: Mutex::named("m", (0, 0)),
        l: Mutex::named("l", false),
        gate: Condvar::new(),
    });
    let first = [(); 2].map(|()| spawn(&shared, |shared| enter(shared, |counts| &mut counts.0)));
    let second = [(); 2].map(|()| spawn(&shared, |shared| enter(shared, |counts| &mut counts.1)));
    join_all(first);
    join_all(second);
}

/// The index of a ring is moved before the slot is written.
fn circular_buffer() {
    struct Ring {
        slots: [AtomicUsize; 3],
        end: AtomicUsize,
    }
    let ring = Arc::new(Ring {
        slots: [(); 3].map(|()| AtomicUsize::new(0)),
        end: AtomicUsize::new(0),
    });
    let writes = spawn(&ring, |ring| {
        for n in 0..3 {
            ring.end.store(n + 1, SeqCst);
            ring.slots[n].store(n + 10, SeqCst);
        }
    });
    let reads = spawn(&ring, |ring| {
        let mut next = 0;
        for _ in 0..6 {
            if next < ring.end.load(SeqCst) {
                assert_eq!(ring.slots[next].load(SeqCst), next + 10, "an empty slot");
                next += 1;
            }
        }
    });
    join_all([writes, reads]);
}

/// Two threads enter themselves in a table: finding a free place and taking it are two steps.
fn ctrace() {
    struct Trace {
        table: RwLock<[usize; 3]>,
    }
    let trace = Arc::new(Trace {
        table: RwLock::named("table", [0; 3]),
    });
    let threads = [1, 2].map(|id| {
        let trace = Arc::clone(&trace);
        spawn_owning(move || {
            let free = trace.table.read().iter().position(|&entry| entry == 0);
            let free = free.expect("three places for two threads");
            trace.table.write()[free] = id;
        })
    });
    join_all(threads);
    let entries = trace.table.read().iter().filter(|&&id| id > 0).count();
    assert_eq!(entries, 2, "an entry was overwritten");
}

/// Two threads acquire two locks in different orders.
fn deadlock01() {
    struct Shared {
        a: Mutex<usize>,
        b: Mutex<usize>,
    }
    let shared = Arc::new(Shared {
        a: Mutex::named("a", 0),
        b: Mutex::named("b", 0),
    });
    let forth = spawn(&shared, |shared| {
        let mut a = shared.a.lock();
        *shared.b.lock() += 1;
        *a += 1;
    });
    let back = spawn(&shared, |shared| {
        let mut b = shared.b.lock();
        *shared.a.lock() += 1;
        *b += 1;
    });
    join_all([forth, back]);
}

/// Every philosopher takes the left fork first.
fn din_phil(philosophers: usize) {
    let forks: Arc<Vec<_>> = Arc::new((0..philosophers).map(|_| Mutex::new(())).collect());
    join_all((0..philosophers).map(|n| {
        let forks = Arc::clone(&forks);
        spawn_owning(move || {
            let _left = forks[n].lock();
            let _right = forks[(n + 1) % forks.len()].lock();
        })
    }));
}

/// The last stage of a pipeline ends when it sees all as done, before the stage before it has passed on its last item.
fn ferret() {
    struct Pipeline {
        input: Mutex<Vec<usize>>,
        output: Mutex<Vec<usize>>,
        entered: AtomicUsize,
        ranked: AtomicUsize,
    }
    let pipeline = Arc::new(Pipeline {
        input: Mutex::named("input", vec![1, 2, 3]),
        output: Mutex::named("output", Vec::new()),
        entered: AtomicUsize::new(0),
        ranked: AtomicUsize::new(0),
    });
    let ranks = [(); 3].map(|()| {
        spawn(&pipeline, |pipeline| {
            let Some(image) = pipeline.input.lock().pop() else {
                return;
            };
            pipeline.entered.fetch_add(1, SeqCst);
            pipeline.output.lock().push(image);
            pipeline.ranked.fetch_add(1, SeqCst);
        })
    });
    let collects = spawn(&pipeline, |pipeline| {
        let done = pipeline.entered.load(SeqCst) == 3;
        let collected = pipeline.output.lock().len();
        assert!(!done || collected == 3, "an image is lost");
    });
    join_all(ranks);
    collects.join();
    assert_eq!(pipeline.ranked.load(SeqCst), 3);
}

/// Three threads add, and the order of their additions decides.
fn lazy01() {
    let data = Arc::new(Mutex::named("data", 0));
    let one = spawn(&data, |data| *data.lock() += 1);
    let two = spawn(&data, |data| *data.lock() += 2);
    let looks = spawn(&data, |data| assert!(*data.lock() < 3, "added already"));
    join_all([one, two, looks]);
}

/// The main thread takes down the queue while a consumer still uses it.
fn pbzip2() {
    struct Fifo {
        blocks: Mutex<Vec<usize>>,
        finished: AtomicBool,
        freed: AtomicBool,
        left: AtomicUsize,
    }
    let fifo = Arc::new(Fifo {
        blocks: Mutex::named("blocks", vec![1, 2]),
        finished: AtomicBool::new(false),
        freed: AtomicBool::new(false),
        left: AtomicUsize::new(2),
    });
    let consumers = [(); 2].map(|()| {
        spawn(&fifo, |fifo| {
            if fifo.blocks.lock().pop().is_some() && fifo.left.fetch_sub(1, SeqCst) == 1 {
                fifo.finished.store(true, SeqCst);
            }
            assert!(!fifo.freed.load(SeqCst), "the queue was freed");
        })
    });
    if fifo.finished.load(SeqCst) {
        fifo.freed.store(true, SeqCst);
    }
    join_all(consumers);
}

/// A flag that guards the turns of a queue is looked at outside its lock.
fn queue() {
    struct Queue {
        items: Mutex<Vec<usize>>,
        has_items: AtomicBool,
    }
    let queue = Arc::new(Queue {
        items: Mutex::named("items", Vec::new()),
        has_items: AtomicBool::new(false),
    });
    let puts = spawn(&queue, |queue| {
        for n in 0..2 {
            queue.items.lock().push(n);
            queue.has_items.store(true, SeqCst);
        }
    });
    let gets = spawn(&queue, |queue| {
        for _ in 0..3 {
            if queue.has_items.load(SeqCst) {
                let mut items = queue.items.lock();
                items.pop().expect("an empty queue is not taken from");
                if items.is_empty() {
                    queue.has_items.store(false, SeqCst);
                }
            }
        }
    });
    join_all([puts, gets]);
}

/// A thread is used by its creator before it has noted its own id, if the flag of the library comes first.
fn radbench_init() {
    struct Runtime {
        initialized: AtomicBool,
        thread: Mutex<Option<usize>>,
    }
    let runtime = Arc::new(Runtime {
        initialized: AtomicBool::new(false),
        thread: Mutex::named("thread", None),
    });
    let starts = [1, 2].map(|id| {
        let runtime = Arc::clone(&runtime);
        spawn_owning(move || {
            if !runtime.initialized.swap(true, SeqCst) {
                *runtime.thread.lock() = Some(id);
            } else {
                assert!(runtime.thread.lock().is_some(), "not yet initialized");
            }
        })
    });
    join_all(starts);
}

/// The monitor notes what it waits for after it has looked.
fn radbench_monitor() {
    struct Monitor {
        count: AtomicUsize,
        entered: Mutex<bool>,
        changed: Condvar,
    }
    let monitor = Arc::new(Monitor {
        count: AtomicUsize::new(0),
        entered: Mutex::named("entered", false),
        changed: Condvar::new(),
    });
    let waits = spawn(&monitor, |monitor| {
        if monitor.count.load(SeqCst) == 0 {
            let entered = monitor.entered.lock();
            drop(monitor.changed.wait(entered));
        }
    });
    let signals = spawn(&monitor, |monitor| {
        monitor.count.fetch_add(1, SeqCst);
        let _entered = monitor.entered.lock();
        monitor.changed.notify_one();
    });
    join_all([waits, signals]);
}

/// Two stores of each setter; the checker must not see one without the other.
fn reorder(setters: usize) {
    struct Pair {
        a: AtomicUsize,
        b: AtomicUsize,
    }
    let pair = Arc::new(Pair {
        a: AtomicUsize::new(0),
        b: AtomicUsize::new(0),
    });
    let setters: Vec<_> = (0..setters)
        .map(|_| {
            spawn(&pair, |pair| {
                pair.a.store(1, SeqCst);
                pair.b.store(1, SeqCst);
            })
        })
        .collect();
    let checks = spawn(&pair, |pair| {
        let (a, b) = (pair.a.load(SeqCst), pair.b.load(SeqCst));
        assert!(a == b, "half set");
    });
    join_all(setters);
    checks.join();
}

/// A stack without a lock, in which a node can come back between the look at its successor and the exchange.
fn safestack() {
    const NONE: usize = 9;
    struct Stack {
        head: AtomicUsize,
        next: [AtomicUsize; 3],
        taken: [AtomicUsize; 3],
    }
    fn pop(stack: &Stack) -> Option<usize> {
        for _ in 0..3 {
            let head = stack.head.load(SeqCst);
            if head == NONE {
                return None;
            }
            let next = stack.next[head].load(SeqCst);
            if (stack.head)
                .compare_exchange(head, next, SeqCst, SeqCst)
                .is_ok()
            {
                return Some(head);
            }
        }
        None
    }
    fn push(stack: &Stack, node: usize) {
        loop {
            let head = stack.head.load(SeqCst);
            stack.next[node].store(head, SeqCst);
            if (stack.head)
                .compare_exchange(head, node, SeqCst, SeqCst)
                .is_ok()
            {
                return;
            }
        }
    }
    let stack = Arc::new(Stack {
        head: AtomicUsize::new(0),
        next: [1, 2, NONE].map(AtomicUsize::new),
        taken: [(); 3].map(|()| AtomicUsize::new(0)),
    });
    let threads = [(); 3].map(|()| {
        spawn(&stack, |stack| {
            for _ in 0..2 {
                if let Some(node) = pop(stack) {
                    let owners = stack.taken[node].fetch_add(1, SeqCst);
                    assert_eq!(owners, 0, "a node has two owners");
                    stack.taken[node].fetch_sub(1, SeqCst);
                    push(stack, node);
                }
            }
        })
    });
    join_all(threads);
}

/// The look whether there is an item and its removal are under two guards.
fn stack() {
    let stack = Arc::new(Mutex::named("stack", vec![1]));
    let pops = [(); 2].map(|()| {
        spawn(&stack, |stack| {
            let is_empty = stack.lock().is_empty();
            if !is_empty {
                stack.lock().pop().expect("underflow");
            }
        })
    });
    join_all(pops);
}

/// A barrier of two phases: a fast thread enters the second before a slow one has left the first.
fn streamcluster() {
    struct Barrier {
        arrived: Mutex<usize>,
        open: Condvar,
    }
    fn pass(barrier: &Barrier) {
        let mut arrived = barrier.arrived.lock();
        *arrived += 1;
        if *arrived == 3 {
            *arrived = 0;
            barrier.open.notify_all();
        }
        while *arrived != 0 {
            arrived = barrier.open.wait(arrived);
        }
    }
    let barrier = Arc::new(Barrier {
        arrived: Mutex::named("arrived", 0),
        open: Condvar::new(),
    });
    join_all([(); 3].map(|()| {
        spawn(&barrier, |barrier| {
            pass(barrier);
            pass(barrier);
        })
    }));
}

/// The length of a buffer is read before its characters, under another guard.
fn string_buffer() {
    let buffer = Arc::new(Mutex::named("buffer", "abc".to_owned()));
    let deletes = spawn(&buffer, |buffer| buffer.lock().clear());
    let length = buffer.lock().len();
    let copy = buffer.lock().get(..length).map(str::to_owned);
    assert!(copy.is_some(), "the buffer is shorter than it was");
    deletes.join();
}

/// Both sides of a hand-over wait without a look before.
fn sync01() {
    struct Slot {
        full: Mutex<bool>,
        filled: Condvar,
    }
    let slot = Arc::new(Slot {
        full: Mutex::named("full", false),
        filled: Condvar::new(),
    });
    let fills = spawn(&slot, |slot| {
        *slot.full.lock() = true;
        slot.filled.notify_one();
    });
    let takes = spawn(&slot, |slot| {
        let full = slot.full.lock();
        let mut full = slot.filled.wait(full);
        *full = false;
    });
    join_all([fills, takes]);
}

/// Two producers and two consumers: a consumer that finds an item leaves without waking a producer.
fn sync02() {
    struct Slot {
        items: Mutex<usize>,
        room: Condvar,
        item: Condvar,
    }
    let slot = Arc::new(Slot {
        items: Mutex::named("items", 0),
        room: Condvar::new(),
        item: Condvar::new(),
    });
    let puts = [(); 2].map(|()| {
        spawn(&slot, |slot| {
            let mut items = slot.items.lock();
            while *items == 1 {
                items = slot.room.wait(items);
            }
            *items = 1;
            slot.item.notify_one();
        })
    });
    let gets = [(); 2].map(|()| {
        spawn(&slot, |slot| {
            let mut items = slot.items.lock();
            if *items == 1 {
                *items = 0;
                return;
            }
            while *items == 0 {
                items = slot.item.wait(items);
            }
            *items = 0;
            slot.room.notify_one();
        })
    });
    join_all(puts);
    join_all(gets);
}

/// Four threads pass a number around; each step reads its neighbour's once.
fn token_ring() {
    let ring: Arc<Vec<_>> = Arc::new((0..4).map(|_| AtomicUsize::new(0)).collect());
    join_all((0..4).map(|n| {
        let ring = Arc::clone(&ring);
        spawn_owning(move || {
            let before = ring[(n + 3) % 4].load(SeqCst);
            ring[n].store(if n == 0 { before + 1 } else { before }, SeqCst);
        })
    }));
    let values: Vec<_> = ring.iter().map(|value| value.load(SeqCst)).collect();
    assert!(values.iter().all(|&value| value == values[0]), "{values:?}");
}

/// A value is set in two stages under two locks; a reader comes between them.
fn twostage(setters: usize, readers: usize) {
    struct Data {
        first: Mutex<usize>,
        second: Mutex<usize>,
    }
    let data = Arc::new(Data {
        first: Mutex::named("first", 0),
        second: Mutex::named("second", 0),
    });
    let setters: Vec<_> = (0..setters)
        .map(|_| {
            spawn(&data, |data| {
                *data.first.lock() = 1;
                let first = *data.first.lock();
                *data.second.lock() = first + 1;
            })
        })
        .collect();
    let readers: Vec<_> = (0..readers)
        .map(|_| {
            spawn(&data, |data| {
                let first = *data.first.lock();
                if first == 0 {
                    return;
                }
                let second = *data.second.lock();
                assert_eq!(second, first + 1, "the second stage is missing");
            })
        })
        .collect();
    join_all(setters);
    join_all(readers);
}

/// One thread guards the data by another lock than the rest.
fn wronglock(others: usize) {
    struct Data {
        right: Mutex<()>,
        wrong: Mutex<()>,
        value: AtomicUsize,
    }
    let data = Arc::new(Data {
        right: Mutex::named("right", ()),
        wrong: Mutex::named("wrong", ()),
        value: AtomicUsize::new(0),
    });
    let first = spawn(&data, |data| {
        let _guard = data.right.lock();
        let before = data.value.load(SeqCst);
        data.value.store(before + 1, SeqCst);
        assert_eq!(
            data.value.load(SeqCst),
            before + 1,
            "changed under the lock"
        );
    });
    let others: Vec<_> = (0..others)
        .map(|_| {
            spawn(&data, |data| {
                let _guard = data.wrong.lock();
                data.value.fetch_add(1, SeqCst);
            })
        })
        .collect();
    first.join();
    join_all(others);
}

/// The owner takes the last item from its end while a thief takes it from the other.
fn work_stealing() {
    struct Deque {
        head: AtomicUsize,
        tail: AtomicUsize,
        taken: [AtomicUsize; 2],
    }
    let deque = Arc::new(Deque {
        head: AtomicUsize::new(0),
        tail: AtomicUsize::new(2),
        taken: [(); 2].map(|()| AtomicUsize::new(0)),
    });
    let thief = spawn(&deque, |deque| {
        let head = deque.head.load(SeqCst);
        if head < deque.tail.load(SeqCst)
            && (deque.head)
                .compare_exchange(head, head + 1, SeqCst, SeqCst)
                .is_ok()
        {
            deque.taken[head].fetch_add(1, SeqCst);
        }
    });
    for _ in 0..2 {
        let tail = deque.tail.load(SeqCst);
        if deque.head.load(SeqCst) < tail {
            deque.tail.store(tail - 1, SeqCst);
            deque.taken[tail - 1].fetch_add(1, SeqCst);
        }
    }
    thief.join();
    for taken in &deque.taken {
        assert!(taken.load(SeqCst) < 2, "an item was taken twice");
    }
}

/// Two threads give way to each other for ever.
fn yielding_pair() {
    let wants = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
    join_all([0, 1].map(|me| {
        let wants = Arc::clone(&wants);
        spawn_owning(move || {
            wants[me].store(true, SeqCst);
            while wants[1 - me].load(SeqCst) {
                yield_now();
            }
            wants[me].store(false, SeqCst);
        })
    }));
}
