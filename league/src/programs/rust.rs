//! Patterns of faults that studies of real Rust programs name, blocking and not.

use std::sync::Arc;

use super::join_all;
use super::kit::{
    AtomicBool, AtomicUsize, Condvar, Mutex, Ordering::SeqCst, RwLock, bounded, channel, sleep,
    spawn, spawn_owning, yield_now,
};
use crate::program::Collection::Rust;
use crate::program::Fault::{Assertion, Deadlock, Livelock};
use crate::program::Need::{Bounded, Closing, Sleep};
use crate::program::Program;

pub(super) const PROGRAMS: &[Program] = &[
    Program::new(Rust, "aba_exchange", Assertion, 3, aba_exchange),
    Program::new(Rust, "check_then_act", Assertion, 3, check_then_act),
    Program::new(Rust, "channel_cycle", Deadlock, 3, channel_cycle).needs(&[Bounded]),
    Program::new(Rust, "channel_kept_open", Deadlock, 3, channel_kept_open).needs(&[Closing]),
    Program::new(
        Rust,
        "double_checked_init",
        Assertion,
        3,
        double_checked_init,
    ),
    Program::new(Rust, "drop_and_relock", Assertion, 3, drop_and_relock),
    Program::new(Rust, "early_return", Deadlock, 3, early_return),
    Program::new(Rust, "exchange_ignored", Assertion, 3, exchange_ignored),
    Program::new(Rust, "lock_in_if_let", Deadlock, 3, lock_in_if_let),
    Program::new(Rust, "lock_in_match", Deadlock, 2, lock_in_match),
    Program::new(Rust, "lost_update", Assertion, 3, lost_update),
    Program::new(Rust, "missing_notify", Deadlock, 3, missing_notify),
    Program::new(
        Rust,
        "notify_before_change",
        Deadlock,
        2,
        notify_before_change,
    ),
    Program::new(
        Rust,
        "once_flag_too_early",
        Assertion,
        3,
        once_flag_too_early,
    ),
    Program::new(Rust, "read_then_write", Deadlock, 3, read_then_write),
    Program::new(Rust, "reference_count", Assertion, 3, reference_count),
    Program::new(
        Rust,
        "seqlock_without_recheck",
        Assertion,
        3,
        seqlock_without_recheck,
    ),
    Program::new(Rust, "shared_condvar", Deadlock, 3, shared_condvar),
    Program::new(Rust, "shutdown_flag", Deadlock, 2, shutdown_flag),
    Program::new(Rust, "sleep_as_order", Assertion, 2, sleep_as_order).needs(&[Sleep]),
    Program::new(Rust, "spin_after_reset", Livelock, 3, spin_after_reset),
    Program::new(
        Rust,
        "spin_lock_two_steps",
        Assertion,
        3,
        spin_lock_two_steps,
    ),
    Program::new(Rust, "ticket_wraps", Livelock, 3, ticket_wraps),
    Program::new(Rust, "try_lock_skips", Assertion, 3, try_lock_skips),
    Program::new(Rust, "wait_without_loop", Assertion, 4, wait_without_loop),
    Program::new(Rust, "wakeup_stolen", Deadlock, 4, wakeup_stolen),
];

/// A free list whose head has come back; the exchange does not see that its successor has changed.
fn aba_exchange() {
    const NONE: usize = 9;
    struct List {
        head: AtomicUsize,
        next: [AtomicUsize; 2],
        used: [AtomicBool; 2],
    }
    fn take(list: &List) -> Option<usize> {
        let head = list.head.load(SeqCst);
        if head == NONE {
            return None;
        }
        let next = list.next[head].load(SeqCst);
        let taken = list.head.compare_exchange(head, next, SeqCst, SeqCst);
        taken.ok().inspect(|&node| {
            let used = list.used[node].swap(true, SeqCst);
            assert!(!used, "the node is in use");
        })
    }
    fn give_back(list: &List, node: usize) {
        list.used[node].store(false, SeqCst);
        list.next[node].store(list.head.load(SeqCst), SeqCst);
        list.head.store(node, SeqCst);
    }
    let list = Arc::new(List {
        head: AtomicUsize::new(0),
        next: [AtomicUsize::new(1), AtomicUsize::new(NONE)],
        used: [AtomicBool::new(false), AtomicBool::new(false)],
    });
    let slow = spawn(&list, |list| {
        take(list);
        take(list);
    });
    let fast = spawn(&list, |list| {
        let first = take(list);
        take(list);
        if let Some(node) = first {
            give_back(list, node);
        }
    });
    slow.join();
    fast.join();
}

/// The look at an atomic and the store are two steps.
fn check_then_act() {
    struct Job {
        taken: AtomicBool,
        runs: AtomicUsize,
    }
    let job = Arc::new(Job {
        taken: AtomicBool::new(false),
        runs: AtomicUsize::new(0),
    });
    let workers = [(); 2].map(|()| {
        spawn(&job, |job| {
            if !job.taken.load(SeqCst) {
                job.taken.store(true, SeqCst);
                job.runs.fetch_add(1, SeqCst);
            }
        })
    });
    join_all(workers);
    assert_eq!(job.runs.load(SeqCst), 1, "the job ran twice");
}

/// Two threads send to each other through full channels before they receive.
fn channel_cycle() {
    let (to_left, left) = bounded(1);
    let (to_right, right) = bounded(1);
    let sides = [(to_left, right), (to_right, left)].map(|(sender, receiver)| {
        spawn_owning(move || {
            for n in 0..2 {
                sender.send(n);
            }
            for _ in 0..2 {
                receiver.recv();
            }
            receiver
        })
    });
    join_all(sides);
}

/// The owner of a channel keeps a sender of its own if the worker is late, so the channel never ends.
fn channel_kept_open() {
    let (sender, receiver) = channel();
    let started = Arc::new(AtomicBool::new(false));
    let worker = spawn_owning({
        let (sender, started) = (sender.clone(), Arc::clone(&started));
        move || {
            started.store(true, SeqCst);
            sender.send(1);
        }
    });
    let collector = spawn_owning(move || {
        let mut sum = 0;
        while let Some(n) = receiver.recv() {
            sum += n;
        }
        sum
    });
    let mut mine = Some(sender);
    if started.load(SeqCst) {
        mine.take();
    }
    worker.join();
    assert_eq!(collector.join(), 1);
    drop(mine);
}

/// The second look of a double check is missing.
fn double_checked_init() {
    struct Cache {
        made: AtomicBool,
        makers: Mutex<usize>,
    }
    let cache = Arc::new(Cache {
        made: AtomicBool::new(false),
        makers: Mutex::named("makers", 0),
    });
    let users = [(); 2].map(|()| {
        spawn(&cache, |cache| {
            if !cache.made.load(SeqCst) {
                let mut makers = cache.makers.lock();
                *makers += 1;
                cache.made.store(true, SeqCst);
            }
        })
    });
    join_all(users);
    assert_eq!(*cache.makers.lock(), 1, "made twice");
}

/// A decision under one guard is carried out under the next.
fn drop_and_relock() {
    let seats = Arc::new(Mutex::named("seats", 1_usize));
    let bookings = [(); 2].map(|()| {
        spawn(&seats, |seats| {
            let free = *seats.lock() > 0;
            if free {
                let mut seats = seats.lock();
                *seats = seats.checked_sub(1).expect("there was a free seat");
            }
        })
    });
    join_all(bookings);
}

/// A failed exchange is taken for a success.
fn exchange_ignored() {
    struct Slot {
        owner: AtomicUsize,
        inside: AtomicUsize,
    }
    let slot = Arc::new(Slot {
        owner: AtomicUsize::new(0),
        inside: AtomicUsize::new(0),
    });
    let threads = [1, 2].map(|id| {
        let slot = Arc::clone(&slot);
        spawn_owning(move || {
            if slot.owner.load(SeqCst) == 0 {
                let _ = slot.owner.compare_exchange(0, id, SeqCst, SeqCst);
                assert_eq!(slot.inside.fetch_add(1, SeqCst), 0, "two owners");
                slot.inside.fetch_sub(1, SeqCst);
                let _ = slot.owner.compare_exchange(id, 0, SeqCst, SeqCst);
            }
        })
    });
    join_all(threads);
}

/// The guard of a scrutinee lives to the end of the block, which acquires the second lock.
fn lock_in_if_let() {
    struct Maps {
        names: Mutex<Option<usize>>,
        ids: Mutex<Option<usize>>,
    }
    let maps = Arc::new(Maps {
        names: Mutex::named("names", Some(1)),
        ids: Mutex::named("ids", Some(2)),
    });
    let by_name = spawn(&maps, |maps| {
        if let Some(id) = maps.names.lock().as_ref() {
            *maps.ids.lock() = Some(*id);
        }
    });
    let by_id = spawn(&maps, |maps| {
        if let Some(name) = maps.ids.lock().as_ref() {
            *maps.names.lock() = Some(*name);
        }
    });
    by_name.join();
    by_id.join();
}

/// The guard of a scrutinee lives to the end of the `match`, and an arm acquires the same lock.
fn lock_in_match() {
    #[derive(Clone, Copy)]
    enum State {
        Idle,
        Ready,
    }
    let state = Arc::new(Mutex::named("state", State::Idle));
    let readies = spawn(&state, |state| *state.lock() = State::Ready);
    match *state.lock() {
        State::Idle => {}
        State::Ready => *state.lock() = State::Idle,
    }
    readies.join();
}

/// Two threads add to a copy.
fn lost_update() {
    let counter = Arc::new(Mutex::named("counter", 0));
    let adders = [(); 2].map(|()| {
        spawn(&counter, |counter| {
            let value = *counter.lock();
            *counter.lock() = value + 1;
        })
    });
    join_all(adders);
    assert_eq!(*counter.lock(), 2, "an update is lost");
}

/// One way out of a function changes what others wait for, and does not notify.
fn missing_notify() {
    struct Pool {
        free: Mutex<usize>,
        freed: Condvar,
        broken: AtomicBool,
    }
    let pool = Arc::new(Pool {
        free: Mutex::named("free", 1),
        freed: Condvar::new(),
        broken: AtomicBool::new(false),
    });
    let users = [(); 2].map(|()| {
        spawn(&pool, |pool| {
            let mut free = pool.free.lock();
            while *free == 0 {
                free = pool.freed.wait(free);
            }
            *free -= 1;
            drop(free);
            let broken = pool.broken.load(SeqCst);
            *pool.free.lock() += 1;
            if !broken {
                pool.freed.notify_one();
            }
        })
    });
    pool.broken.store(true, SeqCst);
    join_all(users);
}

/// The notification comes before the change, which is under another guard.
fn notify_before_change() {
    struct Signal {
        set: Mutex<bool>,
        changed: Condvar,
    }
    let signal = Arc::new(Signal {
        set: Mutex::named("set", false),
        changed: Condvar::new(),
    });
    let waits = spawn(&signal, |signal| {
        let mut set = signal.set.lock();
        while !*set {
            set = signal.changed.wait(set);
        }
    });
    signal.changed.notify_one();
    *signal.set.lock() = true;
    waits.join();
}

/// The flag of a once is set before the value.
fn once_flag_too_early() {
    struct Once {
        begun: AtomicBool,
        value: AtomicUsize,
    }
    fn get(once: &Once) -> usize {
        if !once.begun.swap(true, SeqCst) {
            once.value.store(7, SeqCst);
        }
        once.value.load(SeqCst)
    }
    let once = Arc::new(Once {
        begun: AtomicBool::new(false),
        value: AtomicUsize::new(0),
    });
    let users = [(); 2].map(|()| spawn(&once, |once| assert_eq!(get(once), 7)));
    join_all(users);
}

/// A worker leaves early, and does not give back the place that another waits for.
fn early_return() {
    struct Places {
        free: Mutex<usize>,
        freed: Condvar,
        cancelled: AtomicBool,
    }
    let places = Arc::new(Places {
        free: Mutex::named("places", 1),
        freed: Condvar::new(),
        cancelled: AtomicBool::new(false),
    });
    let workers = [(); 2].map(|()| {
        spawn(&places, |places| {
            let mut free = places.free.lock();
            while *free == 0 {
                free = places.freed.wait(free);
            }
            *free -= 1;
            drop(free);
            if places.cancelled.load(SeqCst) {
                return;
            }
            *places.free.lock() += 1;
            places.freed.notify_one();
        })
    });
    places.cancelled.store(true, SeqCst);
    join_all(workers);
}

/// A reader keeps its guard while it writes, through a function.
fn read_then_write() {
    struct Cache {
        map: RwLock<Option<usize>>,
        misses: AtomicUsize,
    }
    fn fill(cache: &Cache) {
        cache.map.write().get_or_insert(1);
    }
    let cache = Arc::new(Cache {
        map: RwLock::named("map", None),
        misses: AtomicUsize::new(0),
    });
    let users = [(); 2].map(|()| {
        spawn(&cache, |cache| {
            let map = cache.map.read();
            if map.is_none() && cache.misses.fetch_add(1, SeqCst) == 0 {
                drop(map);
                fill(cache);
            } else if map.is_none() {
                // The second miss forgets to drop its guard.
                fill(cache);
                drop(map);
            }
        })
    });
    join_all(users);
}

/// The last owner is found by a load after the subtraction.
fn reference_count() {
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
            shared.owners.fetch_sub(1, SeqCst);
            if shared.owners.load(SeqCst) == 0 {
                shared.freed.fetch_add(1, SeqCst);
            }
        })
    });
    join_all(owners);
    assert_eq!(shared.freed.load(SeqCst), 1, "freed twice");
}

/// A reader of a sequence lock looks at the sequence before and not after.
fn seqlock_without_recheck() {
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
    let reads = spawn(&lock, |lock| {
        if lock.sequence.load(SeqCst).is_multiple_of(2) {
            let first = lock.values[0].load(SeqCst);
            let second = lock.values[1].load(SeqCst);
            assert_eq!(first, second, "torn");
        }
    });
    writes.join();
    reads.join();
}

/// One condition for room and for items: the notification goes to the wrong waiter.
fn shared_condvar() {
    struct Buffer {
        items: Mutex<Vec<usize>>,
        changed: Condvar,
    }
    fn put(buffer: &Buffer, item: usize) {
        let mut items = buffer.items.lock();
        while items.len() == 1 {
            items = buffer.changed.wait(items);
        }
        items.push(item);
        buffer.changed.notify_one();
    }
    fn get(buffer: &Buffer) {
        let mut items = buffer.items.lock();
        while items.is_empty() {
            items = buffer.changed.wait(items);
        }
        items.pop();
        buffer.changed.notify_one();
    }
    let buffer = Arc::new(Buffer {
        items: Mutex::named("items", Vec::new()),
        changed: Condvar::new(),
    });
    let getters = [(); 2].map(|()| spawn(&buffer, get));
    put(&buffer, 1);
    put(&buffer, 2);
    join_all(getters);
}

/// A worker looks at the flag, and then waits for work: the shutdown comes between.
fn shutdown_flag() {
    struct Worker {
        stop: AtomicBool,
        jobs: Mutex<usize>,
        changed: Condvar,
    }
    let shared = Arc::new(Worker {
        stop: AtomicBool::new(false),
        jobs: Mutex::named("jobs", 1),
        changed: Condvar::new(),
    });
    let worker = spawn(&shared, |worker| {
        while !worker.stop.load(SeqCst) {
            let mut jobs = worker.jobs.lock();
            if *jobs == 0 {
                jobs = worker.changed.wait(jobs);
            }
            *jobs = jobs.saturating_sub(1);
        }
    });
    shared.stop.store(true, SeqCst);
    shared.changed.notify_all();
    worker.join();
}

/// A sleep is taken for a guarantee that the worker is ready.
fn sleep_as_order() {
    let ready = Arc::new(AtomicBool::new(false));
    let worker = spawn(&ready, |ready| ready.store(true, SeqCst));
    sleep(std::time::Duration::from_millis(100));
    assert!(ready.load(SeqCst), "not ready after the sleep");
    worker.join();
}

/// A thread sets a flag, and another resets it because it initializes late: the reader spins for ever.
fn spin_after_reset() {
    let ready = Arc::new(AtomicBool::new(false));
    let initializes = spawn(&ready, |ready| ready.store(false, SeqCst));
    let sets = spawn(&ready, |ready| ready.store(true, SeqCst));
    while !ready.load(SeqCst) {
        yield_now();
    }
    initializes.join();
    sets.join();
}

/// A lock that looks and takes in two steps.
fn spin_lock_two_steps() {
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
            while shared.locked.load(SeqCst) {
                yield_now();
            }
            shared.locked.store(true, SeqCst);
            let value = shared.value.load(SeqCst);
            shared.value.store(value + 1, SeqCst);
            shared.locked.store(false, SeqCst);
        })
    });
    join_all(adders);
    assert_eq!(shared.value.load(SeqCst), 2, "an update is lost");
}

/// Tickets are drawn and served by counters, which are reset while a ticket is out: its thread spins for ever.
fn ticket_wraps() {
    struct Tickets {
        next: AtomicUsize,
        served: AtomicUsize,
        inside: AtomicUsize,
    }
    let tickets = Arc::new(Tickets {
        next: AtomicUsize::new(0),
        served: AtomicUsize::new(0),
        inside: AtomicUsize::new(0),
    });
    let threads = [(); 2].map(|()| {
        spawn(&tickets, |tickets| {
            for _ in 0..2 {
                let mine = tickets.next.fetch_add(1, SeqCst);
                while tickets.served.load(SeqCst) < mine {
                    yield_now();
                }
                assert_eq!(tickets.inside.fetch_add(1, SeqCst), 0, "two at once");
                tickets.inside.fetch_sub(1, SeqCst);
                if tickets.next.load(SeqCst) == mine + 1 {
                    // No thread waits, so the counters begin again.
                    tickets.next.store(0, SeqCst);
                    tickets.served.store(0, SeqCst);
                } else {
                    tickets.served.store(mine + 1, SeqCst);
                }
            }
        })
    });
    join_all(threads);
}

/// A refused `try_lock` is taken for work that another thread does.
fn try_lock_skips() {
    let inbox = Arc::new(Mutex::named("inbox", 0));
    let senders = [(); 2].map(|()| {
        spawn(&inbox, |inbox| {
            if let Some(mut inbox) = inbox.try_lock() {
                *inbox += 1;
            }
        })
    });
    join_all(senders);
    assert_eq!(*inbox.lock(), 2, "a message is lost");
}

/// A waiter that was woken takes without looking again.
fn wait_without_loop() {
    struct Stock {
        items: Mutex<usize>,
        more: Condvar,
    }
    let stock = Arc::new(Stock {
        items: Mutex::named("items", 0),
        more: Condvar::new(),
    });
    let waits = spawn(&stock, |stock| {
        let mut items = stock.items.lock();
        if *items == 0 {
            items = stock.more.wait(items);
        }
        *items = items.checked_sub(1).expect("an item is there");
    });
    let grabs = spawn(&stock, |stock| {
        let mut items = stock.items.lock();
        *items = items.saturating_sub(1);
    });
    let fills = spawn(&stock, |stock| {
        for _ in 0..2 {
            *stock.items.lock() += 1;
            stock.more.notify_one();
        }
    });
    waits.join();
    grabs.join();
    fills.join();
}

/// A thread that does not wait takes the item of the one that was notified, and passes no notification on.
fn wakeup_stolen() {
    struct Turns {
        turn: Mutex<usize>,
        changed: Condvar,
    }
    let turns = Arc::new(Turns {
        turn: Mutex::named("turn", 0),
        changed: Condvar::new(),
    });
    let threads = [0, 1, 2].map(|me| {
        let turns = Arc::clone(&turns);
        spawn_owning(move || {
            let mut turn = turns.turn.lock();
            while *turn != me {
                turn = turns.changed.wait(turn);
            }
            *turn += 1;
            turns.changed.notify_one();
        })
    });
    join_all(threads);
}
