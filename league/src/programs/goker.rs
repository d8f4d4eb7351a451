//! Kernels of faults in Go programs, after GoKer, for locks, conditions and channels.
//!
//! The names are those of GoKer: the project, and the change that repaired it.

use std::sync::Arc;

use super::join_all;
use super::kit::{
    AtomicBool, AtomicUsize, Condvar, Mutex, Ordering::SeqCst, RwLock, Sender, bounded, channel,
    spawn, spawn_owning,
};
use crate::program::Collection::Goker;
use crate::program::Fault::{Assertion, Deadlock};
use crate::program::Need::{Bounded, Closing};
use crate::program::Program;

pub(super) const PROGRAMS: &[Program] = &[
    Program::new(Goker, "cockroach_584", Deadlock, 2, cockroach_584),
    Program::new(Goker, "cockroach_1462", Deadlock, 3, cockroach_1462).needs(&[Bounded]),
    Program::new(Goker, "cockroach_6181", Deadlock, 3, cockroach_6181).reads_again(),
    Program::new(Goker, "cockroach_7504", Deadlock, 3, cockroach_7504),
    Program::new(Goker, "cockroach_10214", Deadlock, 3, cockroach_10214),
    Program::new(Goker, "cockroach_16167", Deadlock, 3, cockroach_16167).reads_again(),
    Program::new(Goker, "etcd_4876", Assertion, 3, etcd_4876),
    Program::new(Goker, "etcd_6857", Deadlock, 2, etcd_6857),
    Program::new(Goker, "etcd_7492", Deadlock, 4, etcd_7492).needs(&[Bounded, Closing]),
    Program::new(Goker, "etcd_10492", Deadlock, 2, etcd_10492),
    Program::new(Goker, "grpc_660", Deadlock, 2, grpc_660),
    Program::new(Goker, "grpc_1460", Deadlock, 3, grpc_1460),
    Program::new(Goker, "grpc_1687", Assertion, 3, grpc_1687),
    Program::new(Goker, "hugo_3251", Deadlock, 4, hugo_3251),
    Program::new(Goker, "istio_8967", Assertion, 3, istio_8967),
    Program::new(Goker, "kubernetes_1545", Assertion, 3, kubernetes_1545),
    Program::new(Goker, "kubernetes_10182", Deadlock, 5, kubernetes_10182).needs(&[Bounded]),
    Program::new(Goker, "kubernetes_11298", Deadlock, 3, kubernetes_11298),
    Program::new(Goker, "kubernetes_13135", Deadlock, 3, kubernetes_13135),
    Program::new(Goker, "kubernetes_30872", Deadlock, 4, kubernetes_30872),
    Program::new(Goker, "kubernetes_62464", Deadlock, 3, kubernetes_62464).reads_again(),
    Program::new(Goker, "moby_4951", Deadlock, 3, moby_4951),
    Program::new(Goker, "moby_18412", Assertion, 3, moby_18412),
    Program::new(Goker, "moby_28462", Deadlock, 3, moby_28462).needs(&[Bounded]),
    Program::new(Goker, "moby_30408", Deadlock, 3, moby_30408),
    Program::new(Goker, "serving_2137", Deadlock, 3, serving_2137),
    Program::new(Goker, "syncthing_4829", Deadlock, 3, syncthing_4829),
];

/// A lookup keeps its guard if it finds nothing, and looks again.
fn cockroach_584() {
    struct Gossip {
        closed: Mutex<bool>,
        peers: Mutex<usize>,
    }
    let gossip = Arc::new(Gossip {
        closed: Mutex::named("closed", false),
        peers: Mutex::named("peers", 1),
    });
    let leaves = spawn(&gossip, |gossip| {
        *gossip.peers.lock() -= 1;
        *gossip.closed.lock() = true;
    });
    let peers = gossip.peers.lock();
    if *peers == 0 {
        // Waits for its own guard, if the last peer has left before.
        *gossip.peers.lock() = 1;
    }
    drop(peers);
    leaves.join();
}

/// The end of a stopper waits for its worker, which waits for room in a channel that the end does not empty.
fn cockroach_1462() {
    struct Stopper {
        stopping: AtomicBool,
        sender: Sender<usize>,
    }
    let (sender, receiver) = bounded(1);
    let stopper = Arc::new(Stopper {
        stopping: AtomicBool::new(false),
        sender,
    });
    let worker = spawn(&stopper, |stopper| {
        for n in 0..3 {
            if stopper.stopping.load(SeqCst) {
                return;
            }
            stopper.sender.send(n);
        }
    });
    let _ = receiver.recv();
    stopper.stopping.store(true, SeqCst);
    worker.join();
}

/// A reader reads again while a writer waits.
fn cockroach_6181() {
    let cache = Arc::new(RwLock::named("cache", 1));
    let reads = spawn(&cache, |cache| {
        let outer = cache.read();
        let inner = cache.read();
        assert_eq!(*outer, *inner);
    });
    let writes = spawn(&cache, |cache| *cache.write() = 2);
    reads.join();
    writes.join();
}

/// Releasing a lease needs the locks of the table and of the lease, and so does acquiring, in the other order.
fn cockroach_7504() {
    struct Leases {
        table: Mutex<usize>,
        lease: Mutex<usize>,
    }
    let leases = Arc::new(Leases {
        table: Mutex::named("table", 1),
        lease: Mutex::named("lease", 1),
    });
    let releases = spawn(&leases, |leases| {
        let mut lease = leases.lease.lock();
        *lease -= 1;
        if *lease == 0 {
            *leases.table.lock() -= 1;
        }
    });
    let acquires = spawn(&leases, |leases| {
        let table = leases.table.lock();
        if *table > 0 {
            *leases.lease.lock() += 1;
        }
    });
    releases.join();
    acquires.join();
}

/// A store and its replica lock each other.
fn cockroach_10214() {
    struct Store {
        coalesced: Mutex<Vec<usize>>,
        replica: Mutex<usize>,
    }
    let store = Arc::new(Store {
        coalesced: Mutex::named("coalesced", vec![1]),
        replica: Mutex::named("replica", 0),
    });
    let sends = spawn(&store, |store| {
        let mut beats = store.coalesced.lock();
        while let Some(beat) = beats.pop() {
            *store.replica.lock() += beat;
        }
    });
    let ticks = spawn(&store, |store| {
        let mut replica = store.replica.lock();
        *replica += 1;
        store.coalesced.lock().push(*replica);
    });
    sends.join();
    ticks.join();
}

/// A statement reads the configuration, and so does what it calls, while an update waits to write it.
fn cockroach_16167() {
    struct Executor {
        config: RwLock<usize>,
        updated: AtomicUsize,
    }
    fn planner(executor: &Executor) -> usize {
        *executor.config.read()
    }
    let executor = Arc::new(Executor {
        config: RwLock::named("config", 1),
        updated: AtomicUsize::new(0),
    });
    let statement = spawn(&executor, |executor| {
        let config = executor.config.read();
        executor.updated.load(SeqCst);
        assert_eq!(*config, planner(executor));
    });
    let update = spawn(&executor, |executor| {
        executor.updated.fetch_add(1, SeqCst);
        *executor.config.write() = 2;
    });
    statement.join();
    update.join();
}

/// The number of watchers is read before the list, without its lock.
fn etcd_4876() {
    struct Hub {
        watchers: Mutex<Vec<usize>>,
        count: AtomicUsize,
    }
    let hub = Arc::new(Hub {
        watchers: Mutex::named("watchers", vec![1]),
        count: AtomicUsize::new(1),
    });
    let removes = spawn(&hub, |hub| {
        hub.watchers.lock().clear();
        hub.count.store(0, SeqCst);
    });
    let notifies = spawn(&hub, |hub| {
        if hub.count.load(SeqCst) > 0 {
            let first = hub.watchers.lock().first().copied();
            first.expect("a watcher is there");
        }
    });
    removes.join();
    notifies.join();
}

/// A thread asks for the status of a node that has stopped in the meantime.
fn etcd_6857() {
    struct Node {
        stopped: AtomicBool,
        asks: Sender<usize>,
    }
    let (asks, requests) = channel();
    let (answers, status) = channel();
    let node = Arc::new(Node {
        stopped: AtomicBool::new(false),
        asks,
    });
    let runs = spawn_owning({
        let node = Arc::clone(&node);
        move || {
            for _ in 0..2 {
                if let Some(n) = requests.try_recv() {
                    answers.send(n);
                }
            }
            node.stopped.store(true, SeqCst);
            // The channel is still open: a request stays in it.
            (requests, answers)
        }
    });
    if !node.stopped.load(SeqCst) {
        node.asks.send(1);
        assert_eq!(status.recv(), Some(1));
    }
    runs.join();
}

/// Adding a token sends under the lock that the keeper needs before it receives again.
fn etcd_7492() {
    struct Tokens {
        simple: Mutex<usize>,
        adds: Mutex<Option<Sender<usize>>>,
    }
    let (sender, receiver) = bounded(1);
    let tokens = Arc::new(Tokens {
        simple: Mutex::named("simple", 0),
        adds: Mutex::named("adds", None),
    });
    let keeper = spawn_owning({
        let tokens = Arc::clone(&tokens);
        move || {
            while let Some(_token) = receiver.recv() {
                *tokens.simple.lock() -= 1;
            }
        }
    });
    *tokens.adds.lock() = Some(sender);
    let assigns = [(); 2].map(|()| {
        spawn(&tokens, |tokens| {
            let sender = tokens.adds.lock().clone();
            let mut simple = tokens.simple.lock();
            for n in 0..2 {
                *simple += 1;
                sender.as_ref().expect("it is open").send(n);
            }
        })
    });
    join_all(assigns);
    tokens.adds.lock().take();
    keeper.join();
}

/// A checkpoint is made under the lock that it acquires itself, if the lease has run out.
fn etcd_10492() {
    struct Lessor {
        lock: Mutex<usize>,
        expired: AtomicBool,
    }
    fn checkpoint(lessor: &Lessor) {
        *lessor.lock.lock() += 1;
    }
    let lessor = Arc::new(Lessor {
        lock: Mutex::named("lessor", 0),
        expired: AtomicBool::new(false),
    });
    let expires = spawn(&lessor, |lessor| lessor.expired.store(true, SeqCst));
    let guard = lessor.lock.lock();
    if lessor.expired.load(SeqCst) {
        checkpoint(&lessor);
    }
    drop(guard);
    expires.join();
}

/// The benchmark's client ends early, and its server waits for a request that nobody sends.
fn grpc_660() {
    struct Client {
        stop: AtomicBool,
    }
    let (requests, served) = channel();
    let client = Arc::new(Client {
        stop: AtomicBool::new(false),
    });
    let calls = spawn_owning({
        let client = Arc::clone(&client);
        move || {
            for n in 0..2 {
                if client.stop.load(SeqCst) {
                    break;
                }
                requests.send(n);
            }
            requests
        }
    });
    served.recv();
    client.stop.store(true, SeqCst);
    served.recv();
    calls.join();
}

/// A keepalive waits for streams under a lock; the stream that should wake it sees none asleep.
fn grpc_1460() {
    struct Transport {
        streams: Mutex<usize>,
        dormant: AtomicBool,
        awake: Condvar,
    }
    let transport = Arc::new(Transport {
        streams: Mutex::named("streams", 0),
        dormant: AtomicBool::new(false),
        awake: Condvar::new(),
    });
    let keepalive = spawn(&transport, |transport| {
        let mut streams = transport.streams.lock();
        let idle = *streams == 0;
        drop(streams);
        if idle {
            transport.dormant.store(true, SeqCst);
            streams = transport.streams.lock();
            drop(transport.awake.wait(streams));
        }
    });
    let stream = spawn(&transport, |transport| {
        *transport.streams.lock() += 1;
        if transport.dormant.load(SeqCst) {
            let _streams = transport.streams.lock();
            transport.awake.notify_one();
        }
    });
    keepalive.join();
    stream.join();
}

/// A message is written to a stream that was closed after the look.
fn grpc_1687() {
    struct Stream {
        closed: AtomicBool,
        buffer: Mutex<Option<Vec<usize>>>,
    }
    let stream = Arc::new(Stream {
        closed: AtomicBool::new(false),
        buffer: Mutex::named("buffer", Some(Vec::new())),
    });
    let writes = spawn(&stream, |stream| {
        if !stream.closed.load(SeqCst) {
            let mut buffer = stream.buffer.lock();
            buffer.as_mut().expect("the stream is open").push(1);
        }
    });
    let closes = spawn(&stream, |stream| {
        stream.closed.store(true, SeqCst);
        stream.buffer.lock().take();
    });
    writes.join();
    closes.join();
}

/// The lock for one address is held while the table of locks is acquired to give it back.
fn hugo_3251() {
    struct Remote {
        table: Mutex<usize>,
        locks: [Mutex<usize>; 2],
    }
    fn fetch(remote: &Remote, url: usize) {
        let mut table = remote.table.lock();
        *table += 1;
        let mut page = remote.locks[url].lock();
        drop(table);
        *page += 1;
        *remote.table.lock() -= 1;
    }
    let remote = Arc::new(Remote {
        table: Mutex::named("table", 0),
        locks: [Mutex::named("first", 0), Mutex::named("second", 0)],
    });
    let fetches = [0, 0, 1].map(|url| {
        let remote = Arc::clone(&remote);
        spawn_owning(move || fetch(&remote, url))
    });
    join_all(fetches);
}

/// The stop flag of a source is reset by a start that comes late.
fn istio_8967() {
    struct Source {
        running: AtomicBool,
        stopped: AtomicBool,
    }
    let source = Arc::new(Source {
        running: AtomicBool::new(false),
        stopped: AtomicBool::new(false),
    });
    let starts = spawn(&source, |source| {
        if !source.stopped.load(SeqCst) {
            source.running.store(true, SeqCst);
        }
    });
    let stops = spawn(&source, |source| {
        source.stopped.store(true, SeqCst);
        source.running.store(false, SeqCst);
    });
    starts.join();
    stops.join();
    assert!(!source.running.load(SeqCst), "it runs after its stop");
}

/// Two threads register, and each writes back the list that it has read.
fn kubernetes_1545() {
    let registry = Arc::new(RwLock::named("registry", Vec::new()));
    let registers = [1, 2].map(|id| {
        let registry = Arc::clone(&registry);
        spawn_owning(move || {
            let mut list = registry.read().clone();
            list.push(id);
            *registry.write() = list;
        })
    });
    join_all(registers);
    assert_eq!(registry.read().len(), 2, "one registration is lost");
}

/// A status is sent into a full channel under the lock that the receiver needs.
fn kubernetes_10182() {
    struct Manager {
        statuses: Mutex<usize>,
        sender: Sender<usize>,
    }
    let (sender, receiver) = bounded(1);
    let manager = Arc::new(Manager {
        statuses: Mutex::named("statuses", 0),
        sender,
    });
    let syncs = spawn_owning({
        let manager = Arc::clone(&manager);
        move || {
            for _ in 0..3 {
                receiver.recv();
                *manager.statuses.lock() -= 1;
            }
            receiver
        }
    });
    let sets = [(); 3].map(|()| {
        spawn(&manager, |manager| {
            let mut statuses = manager.statuses.lock();
            *statuses += 1;
            manager.sender.send(*statuses);
        })
    });
    join_all(sets);
    syncs.join();
}

/// The flag of a condition is set without its lock, between the look and the wait.
fn kubernetes_11298() {
    struct Ticker {
        lock: Mutex<()>,
        due: AtomicBool,
        changed: Condvar,
    }
    let ticker = Arc::new(Ticker {
        lock: Mutex::named("ticker", ()),
        due: AtomicBool::new(false),
        changed: Condvar::new(),
    });
    let waits = spawn(&ticker, |ticker| {
        let mut guard = ticker.lock.lock();
        while !ticker.due.load(SeqCst) {
            guard = ticker.changed.wait(guard);
        }
    });
    let ticks = spawn(&ticker, |ticker| {
        ticker.due.store(true, SeqCst);
        ticker.changed.notify_one();
    });
    waits.join();
    ticks.join();
}

/// A cache is ready only when it was listed, and the list waits for the lock of the reader that waits for it.
fn kubernetes_13135() {
    struct Cacher {
        ready: Mutex<bool>,
        listed: Condvar,
        watch: RwLock<usize>,
    }
    let cacher = Arc::new(Cacher {
        ready: Mutex::named("ready", false),
        listed: Condvar::new(),
        watch: RwLock::named("watch", 0),
    });
    let lists = spawn(&cacher, |cacher| {
        *cacher.watch.write() += 1;
        *cacher.ready.lock() = true;
        cacher.listed.notify_all();
    });
    let watches = spawn(&cacher, |cacher| {
        let watch = cacher.watch.read();
        let mut ready = cacher.ready.lock();
        while !*ready {
            ready = cacher.listed.wait(ready);
        }
        assert!(*watch <= 1);
    });
    lists.join();
    watches.join();
}

/// Three locks in a ring: federation, queue, store.
fn kubernetes_30872() {
    let locks = Arc::new([
        Mutex::named("federation", 0),
        Mutex::named("queue", 0),
        Mutex::named("store", 0),
    ]);
    let threads = [(0, 1), (1, 2), (2, 0)].map(|(first, second)| {
        let locks = Arc::clone(&locks);
        spawn_owning(move || {
            let mut outer = locks[first].lock();
            *locks[second].lock() += 1;
            *outer += 1;
        })
    });
    join_all(threads);
}

/// A policy reads its state in two functions, one within the other, and a removal writes between.
fn kubernetes_62464() {
    struct State {
        assignments: RwLock<Vec<usize>>,
        removed: AtomicUsize,
    }
    fn default_set(state: &State) -> usize {
        state.assignments.read().len()
    }
    let state = Arc::new(State {
        assignments: RwLock::named("assignments", vec![1]),
        removed: AtomicUsize::new(0),
    });
    let adds = spawn(&state, |state| {
        let assignments = state.assignments.read();
        if assignments.contains(&1) {
            assert!(default_set(state) > 0);
        }
    });
    let reconciles = spawn(&state, |state| {
        if state.removed.fetch_add(1, SeqCst) == 0 {
            state.assignments.write().clear();
        }
    });
    adds.join();
    reconciles.join();
}

/// A device set and a device are locked in both orders, on a path that is rare.
fn moby_4951() {
    struct Devices {
        set: Mutex<usize>,
        device: Mutex<usize>,
        busy: AtomicBool,
    }
    let devices = Arc::new(Devices {
        set: Mutex::named("set", 0),
        device: Mutex::named("device", 0),
        busy: AtomicBool::new(false),
    });
    let deletes = spawn(&devices, |devices| {
        let mut set = devices.set.lock();
        devices.busy.store(true, SeqCst);
        *devices.device.lock() += 1;
        *set += 1;
        devices.busy.store(false, SeqCst);
    });
    let deactivates = spawn(&devices, |devices| {
        let mut device = devices.device.lock();
        *device += 1;
        if devices.busy.load(SeqCst) {
            *devices.set.lock() += 1;
        }
    });
    deletes.join();
    deactivates.join();
}

/// The error of a copy is read when the copy is marked as done, which is before the error is written.
fn moby_18412() {
    struct Copy {
        done: AtomicBool,
        error: Mutex<Option<usize>>,
    }
    let copy = Arc::new(Copy {
        done: AtomicBool::new(false),
        error: Mutex::named("error", None),
    });
    let copies = spawn(&copy, |copy| {
        copy.done.store(true, SeqCst);
        *copy.error.lock() = Some(1);
    });
    let looks = spawn(&copy, |copy| {
        if copy.done.load(SeqCst) {
            assert!(copy.error.lock().is_some(), "the error is not there yet");
        }
    });
    copies.join();
    looks.join();
}

/// A probe waits for the lock of a container whose stop waits for the probe to receive.
fn moby_28462() {
    struct Container {
        state: Mutex<usize>,
        stop: Sender<()>,
    }
    let (stop, stopped) = bounded(1);
    let container = Arc::new(Container {
        state: Mutex::named("state", 0),
        stop,
    });
    container.stop.send(());
    let monitor = spawn_owning({
        let container = Arc::clone(&container);
        move || {
            *container.state.lock() += 1;
            stopped.recv();
            stopped.recv();
            stopped
        }
    });
    let ends = spawn(&container, |container| {
        let mut state = container.state.lock();
        *state += 1;
        container.stop.send(());
    });
    ends.join();
    monitor.join();
}

/// Two threads wait until a plugin is active, and one is notified.
fn moby_30408() {
    struct Plugin {
        active: Mutex<bool>,
        changed: Condvar,
    }
    let plugin = Arc::new(Plugin {
        active: Mutex::named("active", false),
        changed: Condvar::new(),
    });
    let waits = [(); 2].map(|()| {
        spawn(&plugin, |plugin| {
            let mut active = plugin.active.lock();
            while !*active {
                active = plugin.changed.wait(active);
            }
        })
    });
    *plugin.active.lock() = true;
    plugin.changed.notify_one();
    join_all(waits);
}

/// A breaker holds the lock of the requests while it waits for a place that a request gives back under that lock.
fn serving_2137() {
    struct Breaker {
        requests: Mutex<usize>,
        places: Mutex<usize>,
        free: Condvar,
    }
    let breaker = Arc::new(Breaker {
        requests: Mutex::named("requests", 0),
        places: Mutex::named("places", 1),
        free: Condvar::new(),
    });
    let calls = [(); 2].map(|()| {
        spawn(&breaker, |breaker| {
            let mut requests = breaker.requests.lock();
            *requests += 1;
            let mut places = breaker.places.lock();
            while *places == 0 {
                places = breaker.free.wait(places);
            }
            *places -= 1;
            drop(places);
            drop(requests);
            // Works, and gives the place back.
            *breaker.requests.lock() -= 1;
            *breaker.places.lock() += 1;
            breaker.free.notify_one();
        })
    });
    join_all(calls);
}

/// A mapping is cleared under a write guard, by a function that notifies under a read guard.
fn syncthing_4829() {
    struct Mapping {
        addresses: RwLock<Vec<usize>>,
        expired: AtomicBool,
    }
    fn notify(mapping: &Mapping) -> usize {
        mapping.addresses.read().len()
    }
    let mapping = Arc::new(Mapping {
        addresses: RwLock::named("addresses", vec![1]),
        expired: AtomicBool::new(false),
    });
    let expires = spawn(&mapping, |mapping| mapping.expired.store(true, SeqCst));
    let clears = spawn(&mapping, |mapping| {
        let mut addresses = mapping.addresses.write();
        if mapping.expired.load(SeqCst) {
            addresses.clear();
            assert_eq!(notify(mapping), 0);
        }
    });
    expires.join();
    clears.join();
}
