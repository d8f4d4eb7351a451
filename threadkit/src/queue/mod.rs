//! Queues: work handed from thread to thread, with back-pressure and an end.
//!
//! - [`Queue`], [`LifoQueue`] and [`PriorityQueue`] are the public types. They differ in the order in which
//!   items come out; `methods` gives all three the same methods with the same docs.
//! - `inner` is what the three have in common: waiting, counting what is done, ending. It knows nothing of
//!   the order and has no lock around the items.
//! - `store` is the trait of the containers that `inner` uses. `two_ended` is the container of `Queue`, made of
//!   `segment`s; `locked` has a single lock, and `heap` has the order of priorities.
//! - `line` is where threads wait for an item, for room, or for all to be done.
//! - `select` waits at several lines at once.
//! - `any_queue` is the trait of all three, and `producer` a handle that ends a queue with the last of its kind.
//! - `force_put` is the put that replaces the oldest item.
//!
//! # How a wait works
//!
//! Items go from thread to thread through the store only. A thread that finds no item (or no room) joins
//! the line, *looks once more*, and sleeps. The thread that then puts an item grants *one look* to the
//! first waiter in the line, and not the item. So a stop, a deadline and a grant may come in any order, and
//! no item is ever between two threads: it is in the store, or one thread has it.
//!
//! The look must not be lost: a thread that was granted one and does not need it any more passes it on to
//! the next in the line.
//!
//! # Why it is fast
//!
//! Items are behind locks whose release is a plain store (`RawSpin`). As long as no thread waits, a put and a get write
//! nothing but a lock and what it protects: they read the lines, which are in every core's cache while they are empty,
//! and count under the lock that they hold. `Queue` has a lock at each end, and each end reads how far the other one is
//! only when it has used up what it knows. So the two sides seldom need the same cache line: fetching one from another
//! core takes longer than the rest of an operation. Items that are done are counted beside items that were taken. A
//! thread that finds nothing pauses and yields a few times before it joins the line, so that short waits need no
//! wake-up. A thread that keeps up with a stream rests for a moment when it finds only few items, or little room
//! (`two_ended::Rests`): then each look at the other end shows many. A put asks for the cache lines of the slots that
//! come next, because those of a segment that is used again are in the cache of the core that took the items.
//!
//! What an operation does mostly is in one function that calls no other (`push_at_once`, `pop_at_once`), and everything
//! else is in functions that are its last calls. So it saves no registers, whose stores the next lock would wait for.

mod any_queue;
mod error;
mod fifo;
mod force_put;
mod heap;
mod inner;
mod iter;
mod job;
mod lifo;
mod line;
mod locked;
mod methods;
mod priority;
mod producer;
mod queue_waiters;
mod segment;
mod select;
mod store;
mod two_ended;

pub use self::any_queue::AnyQueue;
pub use self::error::{GetError, PutError, ShutDown, TaskDoneError};
pub use self::fifo::Queue;
pub use self::iter::{IntoIter, Iter};
pub use self::job::{Job, Jobs};
pub use self::lifo::LifoQueue;
pub use self::priority::PriorityQueue;
pub use self::producer::Producer;
pub use self::queue_waiters::QueueWaiters;
pub use self::select::Select;
