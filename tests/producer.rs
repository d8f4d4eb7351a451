//! Producers: a queue ends with the last of them, in whichever way that one ends.

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::{bounded, eventually};
use threadkit::{Event, LifoQueue, PriorityQueue, PutError, Queue, ShutDown, join_all, spawn};

const SHORT: Duration = Duration::from_millis(5);

macro_rules! every_queue {
    ($($module:ident: $Queue:ident;)*) => {$(
        mod $module {
            use super::*;

            #[test]
            fn the_queue_ends_with_its_last_producer() {
                let queue = $Queue::unbounded();
                let first = queue.producer();
                let second = first.clone();
                let third = queue.producer();
                first.put(1).unwrap();
                drop(first);
                second.put(2).unwrap();
                drop(second);
                assert!(!queue.is_shut_down());
                third.put(3).unwrap();
                drop(third);
                assert!(queue.is_shut_down());
                let mut left: Vec<_> = queue.iter().collect();
                left.sort_unstable();
                assert_eq!(left, [1, 2, 3]);
                assert_eq!(queue.put(4), Err(PutError::ShutDown(4)));
            }

            #[test]
            fn a_panic_of_the_last_producer_ends_the_loops_of_all_consumers() {
                bounded(|| {
                    let queue = $Queue::bounded(2);
                    let producer = queue.producer();
                    let consumers = [(); 3].map(|()| {
                        let queue = queue.clone();
                        spawn(move || queue.jobs().map(|job| *job).sum::<i32>())
                    });
                    eventually("all wait", || queue.n_waiting().getters == 3);
                    let reader = spawn(move || {
                        (1..=10).for_each(|n| producer.put(n).unwrap());
                        panic!("nothing more to read");
                    });
                    let sums = join_all(consumers).unwrap();
                    assert_eq!(sums.iter().sum::<i32>(), 55);
                    assert!(reader.join().unwrap_err().to_string().contains("nothing more"));
                    queue.join();
                });
            }
        }
    )*};
}

every_queue! {
    fifo: Queue;
    lifo: LifoQueue;
    priority: PriorityQueue;
}

#[test]
fn a_thread_that_has_producers_only_for_others_drops_its_own() {
    bounded(|| {
        let queue = Queue::bounded(1);
        let producer = queue.producer();
        let threads: Vec<_> = (0..4)
            .map(|n| {
                let producer = producer.clone();
                spawn(move || (0..100).for_each(|m| producer.put(100 * n + m).unwrap()))
            })
            .collect();
        drop(producer);
        assert_eq!(queue.iter().sum::<u32>(), (0..400).sum::<u32>());
        join_all(threads).unwrap();
    });
}

#[test]
fn other_handles_neither_keep_the_queue_open_nor_end_it() {
    let queue = Queue::unbounded();
    let other = queue.clone();
    other.put(1).unwrap();
    drop(other);
    assert!(!queue.is_shut_down(), "no producer was ever made");
    let producer = queue.producer();
    let handle = (*producer).clone();
    drop(producer);
    assert!(queue.is_shut_down());
    assert_eq!(handle.get(), Ok(1));
    assert_eq!(handle.get(), Err(ShutDown));
}

#[test]
fn a_producer_of_a_queue_that_was_shut_down_gets_its_items_back() {
    let queue = Queue::unbounded();
    drop(queue.producer());
    let late = queue.producer();
    assert_eq!(late.put(1), Err(PutError::ShutDown(1)));
    drop(late);
    assert_eq!(queue.get(), Err(ShutDown));
}

#[test]
fn a_shutdown_by_hand_leaves_nothing_to_the_last_producer() {
    let queue = Queue::unbounded();
    let producer = queue.producer();
    producer.put(1).unwrap();
    assert!(producer.shutdown());
    assert_eq!(producer.put(2), Err(PutError::ShutDown(2)));
    drop(producer);
    assert!(queue.iter().eq([1]));
}

#[test]
fn a_put_of_a_plain_handle_that_waits_is_refused_when_the_last_producer_goes() {
    bounded(|| {
        let queue = Queue::bounded(1);
        let producer = queue.producer();
        producer.put(1).unwrap();
        let putter = spawn({
            let queue = queue.clone();
            move || queue.put(2)
        });
        eventually("it waits", || queue.n_waiting().putters == 1);
        drop(producer);
        assert_eq!(putter.join().unwrap(), Err(PutError::ShutDown(2)));
        assert!(queue.iter().eq([1]));
    });
}

#[test]
fn a_producer_that_is_the_last_handle_drops_what_no_thread_will_take() {
    let item = Arc::new(());
    let queue = Queue::unbounded();
    let producer = queue.producer();
    drop(queue);
    producer.put(Arc::clone(&item)).unwrap();
    drop(producer);
    assert_eq!(Arc::strong_count(&item), 1);
}

#[test]
fn a_producer_shows_its_queue() {
    let queue = Queue::<u8>::bounded(3);
    let text = format!("{:?}", queue.producer());
    assert!(
        text.starts_with("Producer(Queue { len: 0, capacity: 3"),
        "{text}"
    );
}

#[test]
fn a_producer_that_waits_for_room_keeps_the_queue_open() {
    bounded(|| {
        let queue = Queue::bounded(1);
        let producer = queue.producer();
        let over = Arc::new(Event::new());
        let thread = spawn({
            let over = Arc::clone(&over);
            move || {
                producer.put(1).unwrap();
                producer.put(2).unwrap();
                assert_eq!(producer.put_timeout(3, SHORT), Err(PutError::TimedOut(3)));
                over.set();
            }
        });
        eventually("the second put waits", || queue.n_waiting().putters == 1);
        assert!(!queue.is_shut_down());
        assert_eq!(queue.get(), Ok(1));
        over.wait();
        assert!(queue.iter().eq([2]));
        thread.join().unwrap();
    });
}
