//! What is known of a lock.
//!
//! `tag` is what is noted, with the class and the number of the lock in `origin`. `acquire` notes acquisitions, waits and
//! releases, after `refusal` has refused those that could never end.

mod acquire;
mod origin;
mod refusal;
mod tag;

pub(super) use self::refusal::{advise, thread_name};
pub(crate) use self::tag::LockTag;
