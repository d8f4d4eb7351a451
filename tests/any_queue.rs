//! Code that works with any queue, by the trait that all of them share.

mod support;

use std::time::Duration;

use support::bounded;
use threadkit::{
    AnyQueue, GetError, LifoQueue, PriorityQueue, PutError, Queue, ShutDown, StopSource, spawn,
};

const SHORT: Duration = Duration::from_millis(5);

/// Runs a queue with room for two through its own behaviour, by the methods of the trait alone.
fn exercise<Q: AnyQueue<Item = u32> + Send + Sync + 'static>(queue: Q) {
    let stopped = StopSource::new();
    stopped.stop();
    let stopped = stopped.token();

    assert_eq!(
        (queue.capacity(), queue.len(), queue.is_empty()),
        (Some(2), 0, true)
    );
    assert_eq!(queue.try_get(), Err(GetError::Empty));
    assert_eq!(queue.get_timeout(SHORT), Err(GetError::TimedOut));
    assert_eq!(queue.get_until(&stopped), Err(GetError::Stopped));

    queue.put(1).unwrap();
    queue.try_put(1).unwrap();
    assert!(!queue.is_empty());
    assert_eq!(queue.try_put(3), Err(PutError::Full(3)));
    assert_eq!(queue.put_timeout(3, SHORT), Err(PutError::TimedOut(3)));
    assert_eq!(queue.put_until(3, &stopped), Err(PutError::Stopped(3)));

    assert!(queue.task_done().is_err());
    assert_eq!(queue.get(), Ok(1));
    queue.task_done().unwrap();
    assert_eq!(queue.get_until(SHORT), Ok(1));
    queue.put_until(2, SHORT).unwrap();
    queue.put_timeout(2, SHORT).unwrap();

    // It waits for room, in the line of the queue itself.
    let putter = spawn({
        let queue = queue.clone();
        move || queue.put(4)
    });
    assert_eq!(queue.get_timeout(Duration::from_secs(30)), Ok(2));
    putter.join().unwrap().unwrap();

    assert!(!queue.is_shut_down());
    assert!(queue.shutdown() && !queue.shutdown());
    assert!(queue.is_shut_down());
    assert_eq!(queue.put(5), Err(PutError::ShutDown(5)));
    let mut left = [queue.get().unwrap(), queue.try_get().unwrap()];
    left.sort_unstable();
    assert_eq!(left, [2, 4]);
    assert_eq!(queue.get(), Err(ShutDown));
    assert_eq!(queue.try_get(), Err(GetError::ShutDown));
}

#[test]
fn every_queue_answers_by_the_trait_as_by_itself() {
    bounded(|| {
        exercise(Queue::bounded(2));
        exercise(LifoQueue::bounded(2));
        exercise(PriorityQueue::bounded(2));
    });
}
