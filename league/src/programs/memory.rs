//! Faults that need a relaxed load to return an older value.

use std::sync::Arc;

use super::kit::{
    AtomicBool, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
    fence, spawn,
};
use crate::program::Collection::Memory;
use crate::program::Fault::Assertion;
use crate::program::Need::WeakMemory;
use crate::program::Program;

pub(super) const PROGRAMS: &[Program] = &[
    Program::new(Memory, "message_passing", Assertion, 2, message_passing).needs(&[WeakMemory]),
    Program::new(Memory, "store_buffering", Assertion, 3, store_buffering).needs(&[WeakMemory]),
    Program::new(Memory, "relaxed_lock", Assertion, 3, relaxed_lock).needs(&[WeakMemory]),
    Program::new(
        Memory,
        "release_fence_only",
        Assertion,
        2,
        release_fence_only,
    )
    .needs(&[WeakMemory]),
    Program::new(Memory, "independent_reads", Assertion, 5, independent_reads).needs(&[WeakMemory]),
];

/// A flag without release and acquire does not bring the data along.
fn message_passing() {
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
        message.sent.store(true, Relaxed);
    });
    if message.sent.load(Relaxed) {
        assert_eq!(message.data.load(Relaxed), 1, "sent without data");
    }
    sends.join();
}

/// Two threads store and then load; both load the older value.
fn store_buffering() {
    struct Flags {
        entered: [AtomicBool; 2],
        inside: AtomicUsize,
    }
    fn enter(flags: &Flags, me: usize) {
        flags.entered[me].store(true, Release);
        if !flags.entered[1 - me].load(Acquire) {
            flags.inside.fetch_add(1, AcqRel);
        }
    }
    let flags = Arc::new(Flags {
        entered: [AtomicBool::new(false), AtomicBool::new(false)],
        inside: AtomicUsize::new(0),
    });
    let first = spawn(&flags, |flags| enter(flags, 0));
    let second = spawn(&flags, |flags| enter(flags, 1));
    first.join();
    second.join();
    assert!(flags.inside.load(Acquire) < 2, "both inside");
}

/// A lock of relaxed exchanges does not bring along what was written under it.
fn relaxed_lock() {
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
            if (shared.locked)
                .compare_exchange(false, true, Relaxed, Relaxed)
                .is_ok()
            {
                let value = shared.value.load(Relaxed);
                shared.value.store(value + 1, Relaxed);
                shared.locked.store(false, Relaxed);
                1
            } else {
                0
            }
        })
    });
    let added: usize = adders.map(|adder| adder.join()).iter().sum();
    assert_eq!(shared.value.load(Relaxed), added, "an update is lost");
}

/// The sender has a release fence; the receiver has no acquire fence.
fn release_fence_only() {
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
        assert_eq!(message.data.load(Relaxed), 1, "sent without data");
    }
    sends.join();
}

/// Two readers see two stores in different orders.
fn independent_reads() {
    struct Pair {
        a: AtomicUsize,
        b: AtomicUsize,
    }
    let pair = Arc::new(Pair {
        a: AtomicUsize::new(0),
        b: AtomicUsize::new(0),
    });
    let stores_a = spawn(&pair, |pair| pair.a.store(1, Release));
    let stores_b = spawn(&pair, |pair| pair.b.store(1, Release));
    let first = spawn(&pair, |pair| (pair.a.load(Acquire), pair.b.load(Acquire)));
    let second = spawn(&pair, |pair| (pair.b.load(Acquire), pair.a.load(Acquire)));
    stores_a.join();
    stores_b.join();
    let orders = (first.join(), second.join());
    assert!(orders != ((1, 0), (1, 0)), "seen in different orders");
}
