//! Values per thread and object.

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use threadkit::{Barrier, ThreadLocal, scope, spawn};

/// Counts those that live.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn counted() -> (Arc<AtomicUsize>, ThreadLocal<Counted>) {
    let count = Arc::new(AtomicUsize::new(0));
    let for_init = Arc::clone(&count);
    (count, ThreadLocal::new(move || Counted::new(&for_init)))
}

#[test]
fn every_thread_has_its_own() {
    // Not `Send`, and need not be.
    let list = ThreadLocal::new(|| Rc::new(RefCell::new(Vec::new())));
    let barrier = Barrier::new(3);
    scope(|s| {
        for n in 0..3 {
            let (list, barrier) = (&list, &barrier);
            s.spawn(move || {
                list.with(|list| list.borrow_mut().push(n));
                barrier.wait().unwrap();
                list.with(|list| assert_eq!(*list.borrow(), [n]));
            });
        }
    });
    assert!(list.with(|list| list.borrow().is_empty()));
}

#[test]
fn every_object_has_its_own() {
    let (a, b) = (
        ThreadLocal::new(|| Cell::new(1)),
        ThreadLocal::<Cell<u8>>::default(),
    );
    a.with(|a| a.set(5));
    assert_eq!((a.with(Cell::get), b.with(Cell::get)), (5, 0));
}

#[test]
fn a_value_ends_with_its_thread() {
    let (count, local) = counted();
    let local = Arc::new(local);
    let there = Arc::clone(&local);
    spawn(move || there.with(|_| ())).join().unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 0);
    local.with(|_| assert_eq!(count.load(Ordering::Relaxed), 1));
}

#[test]
fn a_value_ends_with_its_object() {
    let (count, local) = counted();
    local.with(|_| ());
    drop(local);
    assert_eq!(count.load(Ordering::Relaxed), 0);
}

#[test]
fn the_values_of_a_thread_end_in_the_order_in_which_their_objects_were_made() {
    /// Notes its number when it is dropped.
    struct Noted(usize, Arc<Mutex<Vec<usize>>>);

    impl Drop for Noted {
        fn drop(&mut self) {
            self.1.lock().unwrap().push(self.0);
        }
    }

    let dropped = Arc::new(Mutex::new(Vec::new()));
    let mut objects: Vec<_> = (0..40)
        .map(|n| {
            let dropped = Arc::clone(&dropped);
            Some(ThreadLocal::new(move || Noted(n, Arc::clone(&dropped))))
        })
        .collect();
    spawn(move || {
        // In another order, and with one object that ends before.
        for n in 0..40 {
            objects[n * 7 % 40].as_ref().unwrap().with(|_| ());
        }
        objects[7] = None;
        objects
    })
    .join()
    .unwrap();
    let rest = (0..40).filter(|n| *n != 7);
    assert_eq!(
        *dropped.lock().unwrap(),
        [7].into_iter().chain(rest).collect::<Vec<_>>()
    );
}

#[test]
fn objects_that_come_and_go_do_not_pile_up_on_another_thread() {
    let count = Arc::new(AtomicUsize::new(0));
    let (send, receive) = std::sync::mpsc::channel::<Arc<ThreadLocal<Counted>>>();
    let (tell, told) = std::sync::mpsc::channel();
    let other = spawn(move || {
        for local in receive {
            local.with(|_| ());
            drop(local);
            tell.send(()).unwrap();
        }
    });
    for _ in 0..1000 {
        let for_init = Arc::clone(&count);
        let local = Arc::new(ThreadLocal::new(move || Counted::new(&for_init)));
        send.send(Arc::clone(&local)).unwrap();
        told.recv().unwrap();
        drop(local);
        assert!(count.load(Ordering::Relaxed) < 40);
    }
    drop(send);
    other.join().unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 0);
}

#[test]
fn making_it_may_panic_and_is_tried_again() {
    let tries = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&tries);
    let local = ThreadLocal::new(move || {
        assert_ne!(
            count.fetch_add(1, Ordering::Relaxed),
            0,
            "not the first time"
        );
        5
    });
    assert!(panic::catch_unwind(AssertUnwindSafe(|| local.with(|_| ()))).is_err());
    assert_eq!(local.with(|value| *value), 5);
    assert_eq!(tries.load(Ordering::Relaxed), 2);
}

#[test]
fn making_it_may_use_another_and_even_the_same() {
    let outer = Arc::new_cyclic(|me: &std::sync::Weak<ThreadLocal<u32>>| {
        let me = me.clone();
        let depth = ThreadLocal::new(|| Cell::new(0));
        ThreadLocal::new(move || {
            let inner = depth.with(|depth| depth.replace(depth.get() + 1));
            match (inner, me.upgrade()) {
                (0, Some(me)) => me.with(|value| value + 10),
                _ => 1,
            }
        })
    });
    assert_eq!(outer.with(|value| *value), 1, "the inner one came first");
}

#[test]
fn it_is_gone_while_values_are_dropped() {
    struct Last(Arc<ThreadLocal<u8>>, Arc<AtomicUsize>);
    impl Drop for Last {
        fn drop(&mut self) {
            let there = self.0.try_with(|_| ()).is_some();
            self.1.store(if there { 1 } else { 2 }, Ordering::Relaxed);
        }
    }
    let seen = Arc::new(AtomicUsize::new(0));
    let byte = Arc::new(ThreadLocal::new(|| 0));
    let told = Arc::clone(&seen);
    let last = Arc::new(ThreadLocal::new(move || {
        Last(Arc::clone(&byte), Arc::clone(&told))
    }));
    spawn({
        let last = Arc::clone(&last);
        move || last.with(|_| ())
    })
    .join()
    .unwrap();
    assert_eq!(seen.load(Ordering::Relaxed), 2);
}
