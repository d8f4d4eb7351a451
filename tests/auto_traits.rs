//! Which types may go to, and be seen by, other threads.
//!
//! A fact that changes is a change of the public interface, and mostly an unsound one.

use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

use threadkit::atomic;
use threadkit::dump::{
    Dump, GroupDump, GroupKind, HeldLock, Holder, PendingDump, ThreadDump, WaitDump,
};
use threadkit::explore::{Explorer, Failure, Report};
use threadkit::inspect::{Contention, ContentionRow, Deadlock, OrderStep, OrderViolation, Policy};
use threadkit::timeline::{Recorder, Recording};
use threadkit::{
    AsCompleted, AsCompletedUntil, Barrier, BrokenBarrier, BrokenBy, Condition, Ending, Event,
    ExitGuard, GetError, IntoIter, Iter, Job, Jobs, JoinError, JoinHandle, Latch, LatchOpen, Lazy,
    LifoQueue, Lock, LockGuard, Map, MappedLockGuard, MappedRLockGuard, MappedRwLockReadGuard,
    MappedRwLockWriteGuard, Monitor, MonitorGuard, OnDrop, Once, Outermost, OwnedLockGuard,
    OwnedPermit, OwnedRLockGuard, OwnedRwLockReadGuard, OwnedRwLockUpgradableGuard,
    OwnedRwLockWriteGuard, Panics, Permit, Place, PoolScope, PriorityQueue, PutError, Queue,
    QueueWaiters, RLock, RLockGuard, Registration, ReleaseError, ReportErrors, Run, RwLock,
    RwLockReadGuard, RwLockUpgradableGuard, RwLockWriteGuard, Scope, Select, Semaphore,
    SharedHandle, ShutDown, StartError, State, StopSource, StopToken, Stopped, SubmitError,
    Supervisor, SupervisorError, Task, TaskDoneError, TaskError, Thread, ThreadFailure,
    ThreadLocal, ThreadName, ThreadPool, ThreadPoolBuilder, ThreadRef, TimedOut, Timer, Turn,
    Unfinished, Unrun, Until, WaitError, WhenFull,
};

/// Whether a type is `Send` and `Sync`, whatever the answer. A call prefers the method that needs no further reference;
/// that method exists only where the bound holds.
struct IsSend<T: ?Sized>(PhantomData<T>);
struct IsSync<T: ?Sized>(PhantomData<T>);

trait Yes {
    fn answer(&self) -> bool {
        true
    }
}

trait No {
    fn answer(&self) -> bool {
        false
    }
}

impl<T: ?Sized + Send> Yes for IsSend<T> {}
impl<T: ?Sized> No for &IsSend<T> {}
impl<T: ?Sized + Sync> Yes for IsSync<T> {}
impl<T: ?Sized> No for &IsSync<T> {}

macro_rules! facts {
    ($($type:ty: $send:literal $sync:literal;)*) => {$(
        assert_eq!(
            ((&IsSend::<$type>(PhantomData)).answer(), (&IsSync::<$type>(PhantomData)).answer()),
            ($send, $sync),
            "`Send` and `Sync` of {}",
            stringify!($type),
        );
    )*};
}

/// `Send` and `Sync`.
type Both = u8;
/// `Send` and not `Sync`.
type OnlySend = Cell<u8>;
/// `Sync` and not `Send`.
type OnlySync = std::sync::MutexGuard<'static, u8>;
/// Neither.
type Neither = Rc<u8>;

#[test]
fn the_witnesses_are_what_they_are_called() {
    facts! {
        Both: true true;
        OnlySend: true false;
        OnlySync: false true;
        Neither: false false;
    }
}

#[test]
fn locks_can_be_shared_if_their_value_can_be_sent() {
    facts! {
        Lock<Both>: true true;
        Lock<OnlySend>: true true;
        Lock<OnlySync>: false false;
        Lock<Neither>: false false;
        Lock<dyn Send>: true true;
        Lock<dyn Sync>: false false;
        RLock<Both>: true true;
        RLock<OnlySend>: true true;
        RLock<OnlySync>: false false;
        RLock<Neither>: false false;
    }
}

#[test]
fn guards_stay_on_their_thread_and_can_be_shared_if_their_value_can() {
    facts! {
        LockGuard<'static, Both>: false true;
        LockGuard<'static, OnlySend>: false false;
        LockGuard<'static, OnlySync>: false false;
        LockGuard<'static, Neither>: false false;
        MappedLockGuard<'static, Both>: false true;
        MappedLockGuard<'static, OnlySend>: false false;
        MappedLockGuard<'static, Neither>: false false;
        OwnedLockGuard<Both>: false true;
        OwnedLockGuard<OnlySend>: false false;
        OwnedLockGuard<OnlySync>: false false;
        OwnedLockGuard<Neither>: false false;
        RLockGuard<'static, Both>: false true;
        RLockGuard<'static, OnlySend>: false false;
        RLockGuard<'static, OnlySync>: false true;
        RLockGuard<'static, Neither>: false false;
        MappedRLockGuard<'static, Both>: false true;
        MappedRLockGuard<'static, OnlySend>: false false;
        MappedRLockGuard<'static, Neither>: false false;
        OwnedRLockGuard<Both>: false true;
        OwnedRLockGuard<OnlySend>: false false;
        OwnedRLockGuard<OnlySync>: false false;
        OwnedRLockGuard<Neither>: false false;
        Outermost<'static, RLockGuard<'static, Both>>: false true;
        Outermost<'static, RLockGuard<'static, OnlySend>>: false false;
        Outermost<'static, OwnedRLockGuard<Both>>: false true;
        Outermost<'static, OwnedRLockGuard<OnlySend>>: false false;
    }
}

#[test]
fn an_rwlock_shows_its_value_to_several_threads_at_once() {
    facts! {
        RwLock<Both>: true true;
        RwLock<OnlySend>: true false;
        RwLock<OnlySync>: false false;
        RwLock<Neither>: false false;
        RwLockReadGuard<'static, Both>: false true;
        RwLockReadGuard<'static, OnlySend>: false false;
        RwLockReadGuard<'static, Neither>: false false;
        RwLockWriteGuard<'static, Both>: false true;
        RwLockWriteGuard<'static, OnlySend>: false false;
        RwLockWriteGuard<'static, Neither>: false false;
        RwLockUpgradableGuard<'static, Both>: false true;
        RwLockUpgradableGuard<'static, OnlySend>: false false;
        RwLockUpgradableGuard<'static, Neither>: false false;
        OwnedRwLockReadGuard<Both>: false true;
        OwnedRwLockReadGuard<OnlySend>: false false;
        OwnedRwLockReadGuard<OnlySync>: false false;
        OwnedRwLockReadGuard<Neither>: false false;
        OwnedRwLockWriteGuard<Both>: false true;
        OwnedRwLockWriteGuard<OnlySend>: false false;
        OwnedRwLockWriteGuard<OnlySync>: false false;
        OwnedRwLockWriteGuard<Neither>: false false;
        OwnedRwLockUpgradableGuard<Both>: false true;
        OwnedRwLockUpgradableGuard<OnlySend>: false false;
        OwnedRwLockUpgradableGuard<OnlySync>: false false;
        OwnedRwLockUpgradableGuard<Neither>: false false;
        MappedRwLockReadGuard<'static, Both>: false true;
        MappedRwLockReadGuard<'static, OnlySend>: false false;
        MappedRwLockReadGuard<'static, Neither>: false false;
        MappedRwLockWriteGuard<'static, Both>: false true;
        MappedRwLockWriteGuard<'static, OnlySend>: false false;
        MappedRwLockWriteGuard<'static, Neither>: false false;
    }
}

#[test]
fn what_is_made_once_is_shared_and_may_be_dropped_elsewhere() {
    facts! {
        Once<Both>: true true;
        Once<OnlySend>: true false;
        Once<OnlySync>: false false;
        Once<Neither>: false false;
        Lazy<Both>: true true;
        Lazy<OnlySend>: true false;
        Lazy<OnlySync>: false false;
        Lazy<Both, Neither>: false false;
        Lazy<Both, OnlySend>: true true;
    }
}

#[test]
fn what_threads_wait_at_is_for_all_of_them() {
    facts! {
        Barrier: true true;
        BrokenBarrier: true true;
        BrokenBy: true true;
        Turn: true true;
        Condition: true true;
        Event: true true;
        Latch: true true;
        LatchOpen: true true;
        Semaphore: true true;
        Permit<'static>: true true;
        OwnedPermit: true true;
        ReleaseError: true true;
        Registration: true true;
        atomic::AtomicBool: true true;
        atomic::AtomicU64: true true;
        atomic::AtomicPtr<Neither>: true true;
    }
}

/// A body that holds a value.
struct Body<T>(T);

impl<T> Run for Body<T> {
    type Output = ();

    fn run(self: Box<Self>) {
        drop(self.0);
    }
}

#[test]
fn threads_are_seen_by_all_threads() {
    facts! {
        Thread<Body<Both>>: true true;
        Thread<Body<OnlySend>>: true false;
        Thread<Body<Neither>>: false false;
        JoinHandle<Both>: true true;
        JoinHandle<OnlySend>: true true;
        JoinHandle<Neither>: false false;
        ThreadRef: true true;
        JoinError: true true;
        Place: true true;
        StartError<Both>: true true;
        StartError<OnlySend>: true false;
        StartError<Neither>: false false;
        ExitGuard: true true;
    }
}

#[test]
fn stops_and_limits_go_everywhere() {
    facts! {
        StopSource: true true;
        StopToken: true true;
        Until<'static>: true true;
        WaitError: true true;
        TimedOut: true true;
        Stopped: true true;
    }
}

#[test]
fn what_explorations_find_can_be_passed_on() {
    facts! {
        Failure: true true;
        Report: true true;
        Explorer: true false;
    }
}

#[test]
fn recordings_can_be_stopped_and_saved_anywhere() {
    facts! {
        Recorder: true true;
        Recording: true true;
    }
}

#[test]
fn dumps_go_everywhere() {
    facts! {
        Dump: true true;
        ThreadDump: true true;
        WaitDump: true true;
        Holder: true true;
        HeldLock: true true;
        GroupDump: true true;
        GroupKind: true true;
        PendingDump: true true;
    }
}

fn across_a_panic<T: RefUnwindSafe + UnwindSafe>() {}

#[test]
fn what_threads_wait_at_may_be_used_across_a_panic() {
    across_a_panic::<Barrier>();
    across_a_panic::<Condition>();
    across_a_panic::<Event>();
    across_a_panic::<Latch>();
    across_a_panic::<Once<Both>>();
    across_a_panic::<Lazy<Both>>();
    across_a_panic::<Semaphore>();
    across_a_panic::<StopSource>();
    across_a_panic::<StopToken>();
}

/// Neither `UnwindSafe` nor `RefUnwindSafe`.
type Fragile = &'static mut Cell<u8>;

#[test]
fn what_hands_values_over_whole_may_be_used_across_a_panic() {
    across_a_panic::<JoinHandle<Fragile>>();
    across_a_panic::<SharedHandle<Both, Fragile>>();
    across_a_panic::<ThreadRef>();
    across_a_panic::<JoinError>();
    across_a_panic::<Panics>();
    across_a_panic::<SupervisorError>();
    across_a_panic::<ExitGuard>();
    across_a_panic::<Task<Fragile>>();
    across_a_panic::<ThreadPool>();
    across_a_panic::<Timer>();
    across_a_panic::<Queue<Fragile>>();
    across_a_panic::<LifoQueue<Fragile>>();
    across_a_panic::<PriorityQueue<Both>>();
}

/// Whether a shared reference to a type may be used across a panic.
struct IsRefUnwindSafe<T: ?Sized>(PhantomData<T>);

impl<T: ?Sized + RefUnwindSafe> Yes for IsRefUnwindSafe<T> {}
impl<T: ?Sized> No for &IsRefUnwindSafe<T> {}

/// No lock is poisoned, so code that continues after a panic may find a value that was left half changed. The program
/// has to say by `AssertUnwindSafe` that it accepts this, as for `parking_lot`'s locks.
#[test]
fn a_lock_shows_what_a_panic_has_left() {
    fn moved_across_a_panic<T: UnwindSafe>() {}
    moved_across_a_panic::<Lock<Both>>();
    moved_across_a_panic::<RLock<Both>>();
    moved_across_a_panic::<RwLock<Both>>();
    assert!(IsRefUnwindSafe::<Both>(PhantomData).answer());
    assert!(!(&IsRefUnwindSafe::<Lock<Both>>(PhantomData)).answer());
    assert!(!(&IsRefUnwindSafe::<RLock<Both>>(PhantomData)).answer());
    assert!(!(&IsRefUnwindSafe::<RwLock<Both>>(PhantomData)).answer());
}

#[test]
fn a_producer_goes_where_its_queue_goes() {
    use threadkit::Producer;
    facts! {
        Producer<Queue<Both>>: true true;
        Producer<Queue<OnlySend>>: true true;
        Producer<Queue<Neither>>: false false;
        Producer<LifoQueue<OnlySend>>: true true;
        Producer<PriorityQueue<Both>>: true true;
    }
    across_a_panic::<Producer<Queue<Fragile>>>();
}

#[test]
fn tasks_and_their_results_go_to_other_threads() {
    facts! {
        ThreadPool: true true;
        ThreadPoolBuilder: true true;
        Task<Both>: true true;
        Task<OnlySend>: true true;
        Task<OnlySync>: false false;
        Task<Neither>: false false;
        Unrun: true true;
        SubmitError<Both>: true true;
        SubmitError<OnlySend>: true false;
        SubmitError<Neither>: false false;
        TaskError: true true;
        Unfinished: true true;
        Ending: true true;
        OnDrop: true true;
        WhenFull: true true;
        PoolScope<'static, 'static>: true true;
        AsCompleted<Task<Both>>: true true;
        AsCompleted<Task<OnlySend>>: true true;
        AsCompleted<Task<Neither>>: false false;
        AsCompletedUntil<'static, Task<Both>>: true true;
        AsCompletedUntil<'static, Task<Neither>>: false false;
        Map<&'static ThreadPool, std::vec::IntoIter<Both>, fn(Both), Both>: true false;
        Map<&'static ThreadPool, std::vec::IntoIter<OnlySend>, fn(OnlySend), OnlySend>: true false;
        Map<&'static ThreadPool, std::vec::IntoIter<Neither>, fn(Neither), Both>: false false;
        Map<&'static ThreadPool, std::vec::IntoIter<Both>, fn(Both) -> Neither, Neither>: false false;
    }
}

#[test]
fn queues_are_shared_if_their_items_can_be_sent() {
    facts! {
        Queue<Both>: true true;
        Queue<OnlySend>: true true;
        Queue<OnlySync>: false false;
        Queue<Neither>: false false;
        LifoQueue<OnlySend>: true true;
        LifoQueue<OnlySync>: false false;
        PriorityQueue<OnlySend>: true true;
        PriorityQueue<OnlySync>: false false;
        Iter<'static, Queue<OnlySend>>: true true;
        Iter<'static, Queue<OnlySync>>: false false;
        IntoIter<Queue<OnlySend>>: true true;
        IntoIter<Queue<OnlySync>>: false false;
        Job<'static, Queue<Both>>: true true;
        Job<'static, Queue<OnlySend>>: true false;
        Job<'static, Queue<OnlySync>>: false false;
        Jobs<'static, Queue<OnlySend>>: true true;
        Jobs<'static, Queue<OnlySync>>: false false;
        QueueWaiters: true true;
        Select<'static, Neither>: true false;
        PutError<Both>: true true;
        PutError<OnlySend>: true false;
        PutError<Neither>: false false;
        GetError: true true;
        ShutDown: true true;
        TaskDoneError: true true;
    }
}

#[test]
fn threads_that_borrow_or_start_again_and_what_is_told_of_them() {
    facts! {
        Scope<'static, 'static>: true true;
        SharedHandle<Both, Both>: true true;
        SharedHandle<OnlySend, Both>: false false;
        SharedHandle<OnlySync, Both>: false false;
        SharedHandle<Both, OnlySend>: true true;
        SharedHandle<Both, Neither>: false false;
        Supervisor<fn(u32)>: true false;
        Supervisor<Neither>: false false;
        SupervisorError: true true;
        Panics: true true;
        State: true true;
        ThreadFailure: true false;
        ReportErrors<Body<Both>>: true true;
        ReportErrors<Body<Neither>>: false false;
        ThreadLocal<Both>: true true;
        ThreadLocal<Neither>: true true;
        Timer: true true;
        Contention: true true;
        ContentionRow: true true;
        Deadlock: true true;
        OrderStep: true true;
        OrderViolation: true true;
        Policy: true true;
    }
}

#[test]
fn monitors_and_names_of_threads_go_where_their_values_go() {
    facts! {
        Monitor<Both, 1>: true true;
        Monitor<OnlySend, 1>: true true;
        Monitor<OnlySync, 1>: false false;
        MonitorGuard<'static, Both, 1>: false true;
        MonitorGuard<'static, OnlySend, 1>: false false;
        ThreadName: true true;
    }
}

/// All types that the crate exports are here, so that none changes unnoticed.
#[test]
fn no_public_type_is_left_out() {
    /// Exported names that are traits.
    const TRAITS: [&str; 9] = [
        "AnyQueue",
        "AnyTask",
        "ConditionGuard",
        "Found",
        "IntoUntil",
        "LockAll",
        "Lockable",
        "Run",
        "SupervisedResult",
    ];
    let front = concat!(
        include_str!("../threadkit/src/lib.rs"),
        include_str!("../threadkit/src/errors.rs"),
        include_str!("../threadkit/src/guards.rs"),
    );
    let exports = front.split("\npub use ").skip(1);
    let exports = exports.map(|rest| rest.split(';').next().unwrap_or_default());
    let names = exports.flat_map(|list| list.split(|c: char| !c.is_alphanumeric() && c != '_'));
    let types = names.filter(|name| name.starts_with(|c: char| c.is_uppercase()));
    let here = include_str!("auto_traits.rs");
    let mut count = 0;
    for name in types.filter(|name| !TRAITS.contains(name)) {
        let starts = |line: &str| {
            let rest = line.trim_start().strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(['<', ':']) && line.ends_with(';'))
        };
        assert!(here.lines().any(starts), "no fact about {name}");
        count += 1;
    }
    assert!(count > 60, "{count} types are found");
}

#[test]
fn promises_and_shared_tasks_go_where_their_values_go() {
    use threadkit::{Promise, SharedTask};
    facts! {
        Promise<Both>: true true;
        Promise<OnlySend>: true true;
        SharedTask<Both>: true true;
        // References to the value are given out.
        SharedTask<OnlySend>: false false;
        SharedTask<OnlySync>: false false;
        SharedTask<Neither>: false false;
    }
    across_a_panic::<Promise<Fragile>>();
    across_a_panic::<SharedTask<Both>>();
}
