//! Queues: work handed from thread to thread, with back-pressure and an end.
//!
//! - [`Queue`], [`LifoQueue`] and [`PriorityQueue`] are what users name. They differ in the order in
//!   which items come out; `methods` gives all three the same methods with the same docs.
//! - `inner` is what the three have in common: waiting, finishing, ending. It knows nothing of the
//!   order and has no lock around the items.
//! - `store` says what `inner` asks of a place for items, `two_ended` is that of `Queue`, `locked` the
//!   one behind a single lock, `heap` the order of priorities.
//! - `line` is where threads wait for an item, for room, or for all to be done.
//! - `select` waits at several lines at once.
//!
//! # How a wait works
//!
//! Nothing is handed from thread to thread but through the store. A thread that finds no item (or no
//! room) joins the line, *looks once more*, and sleeps; whoever then puts an item grants the first in
//! the line *one look*, not the item. So a stop, a deadline and a grant may meet in any order without
//! anything hanging between two threads: an item is in the store, or somebody has it.
//!
//! What must not be lost is the look: a thread that was granted one and does not need it any more
//! passes it on to the next in the line.
//!
//! # Why it is fast
//!
//! Items sit behind locks whose release is a plain store (`RawSpin`), and nothing but a lock and what
//! it protects is written by who puts and who takes as long as nobody waits: the lines are looked at,
//! which costs next to nothing while they are empty, and counting what was put and taken comes with the
//! lock. `Queue` has a lock at each end, and moves items from one to the other by the batch, so that the
//! two sides seldom want the same cache line: on two cores, fetching one from the other core takes longer
//! than all else together. A ring of slots with a stamp each would fetch one for every item. What
//! is done is counted beside what was taken. Threads that find nothing offer their core a few times before they stand in line, so that
//! short waits cost no call to wake anybody.

mod error;
mod fifo;
mod heap;
mod inner;
mod iter;
mod job;
mod lifo;
mod line;
mod locked;
mod methods;
mod priority;
mod select;
mod source;
mod store;
mod two_ended;

pub use self::error::{GetError, PutError, ShutDown, TaskDoneError};
pub use self::fifo::Queue;
pub use self::iter::{IntoIter, Iter};
pub use self::job::{Job, Jobs};
pub use self::lifo::LifoQueue;
pub use self::priority::PriorityQueue;
pub use self::select::Select;
pub use self::source::Source;
