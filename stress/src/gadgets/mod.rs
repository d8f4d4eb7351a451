//! Threads that share a primitive, each with an end that is known.
//!
//! These files use only threadkit and std, because a printed program contains the ones that it
//! uses.

#![allow(unreachable_pub, reason = "a printed program names them from outside")]

pub mod barrier;
pub mod chain;
pub mod events;
pub mod latch;
pub mod once;
pub mod pipes;
pub mod rwlock;
pub mod semaphore;
pub mod turns;

use crate::coverage;
use crate::program::Gadget;

/// The function of a gadget, by its module and its name, and what it covers.
pub(crate) fn named(kind: Gadget) -> (&'static str, &'static str, &'static str) {
    match kind {
        Gadget::Barrier => ("barrier", "barrier", "Barrier"),
        Gadget::BarrierTimeout => ("barrier", "barrier_timeout", "Barrier::wait_timeout"),
        Gadget::Latch => ("latch", "latch", "Latch"),
        Gadget::Turns => ("turns", "turns", "Condition::wait_while"),
        Gadget::TurnsUntil => ("turns", "turns_until", "Condition::wait_while_until"),
        Gadget::Pipe => ("pipes", "pipe", "Queue"),
        Gadget::LifoPipe => ("pipes", "lifo_pipe", "LifoQueue"),
        Gadget::PriorityPipe => ("pipes", "priority_pipe", "PriorityQueue"),
        Gadget::Select => ("pipes", "select", "Select"),
        Gadget::Jobs => ("pipes", "jobs", "Queue::join"),
        Gadget::PutUntil => ("pipes", "put_until", "Queue::put_timeout"),
        Gadget::DrainNow => ("pipes", "drain_now", "Queue::shutdown_now"),
        Gadget::Semaphore => ("semaphore", "semaphore", "Semaphore::acquire_many"),
        Gadget::Once => ("once", "once", "Once"),
        Gadget::RwLock => ("rwlock", "rwlock", "RwLock"),
        Gadget::Upgrade => ("rwlock", "upgrade", "RwLock::upgradable"),
        Gadget::EventChain => ("events", "event_chain", "Event"),
        Gadget::Outermost => ("events", "outermost", "RLockGuard::outermost"),
        Gadget::OnStop => ("events", "on_stop", "StopToken::on_stop"),
        Gadget::LockAll => ("events", "all_locks", "lock_all"),
    }
}

/// Runs a gadget of that size.
pub(crate) fn run(kind: Gadget, n: usize, m: usize) {
    match kind {
        Gadget::Barrier => barrier::barrier(n, m),
        Gadget::BarrierTimeout => barrier::barrier_timeout(n, m as u64),
        Gadget::Latch => latch::latch(n, m),
        Gadget::Turns => turns::turns(n, m),
        Gadget::TurnsUntil => turns::turns_until(n, m),
        Gadget::Pipe => pipes::pipe(n, m),
        Gadget::LifoPipe => pipes::lifo_pipe(n, m),
        Gadget::PriorityPipe => pipes::priority_pipe(n, m),
        Gadget::Select => pipes::select(n, m),
        Gadget::Jobs => pipes::jobs(n, m),
        Gadget::PutUntil => pipes::put_until(n, m),
        Gadget::DrainNow => pipes::drain_now(n, m),
        Gadget::Semaphore => semaphore::semaphore(n, m),
        Gadget::Once => once::once(n, m),
        Gadget::RwLock => rwlock::rwlock(n, m),
        Gadget::Upgrade => rwlock::upgrade(n, m),
        Gadget::EventChain => events::event_chain(n, m),
        Gadget::Outermost => events::outermost(n, m),
        Gadget::OnStop => events::on_stop(n, m),
        Gadget::LockAll => events::all_locks(n, m),
    }
    coverage::here(named(kind).2);
}
