//! Recordings of what threads do.
//!
//! Each thread writes into a log of its own, whose lock no other thread takes before the recording ends. A log that is
//! full goes to the recording as a chunk, and if the recording then has too many events, its oldest chunk goes. So the
//! memory is bounded, and what is kept is the latest.
//!
//! A span is written when it ends, with its beginning. The end of a recording adds what has not ended by then.

mod events;
mod log;
mod thread_logs;
mod threads;

use core::sync::atomic::Ordering;
use std::sync::Arc;

pub(super) use self::events::{
    awaits, released, task_begins, task_ends, thread_begins, thread_ends, thread_starts,
    wait_begins, wait_ends, wakes,
};
use self::log::{Session, hold};
use self::thread_logs::{UNSEEN, alone, change};
use self::threads::{Thread, Threads};
use super::clock::{now, want_times};
use super::entries::{self, PATIENCE};
use super::holds;
use crate::backend::QuietMutex;
use crate::identity;
use crate::inspect::recorded::Recorded;
use crate::table::Table;

/// A recording of all threads, which ends when it is stopped or dropped.
pub(crate) struct Recorder {
    session: Arc<Session>,
}

impl Recorder {
    /// Begins a recording that keeps about that many events.
    pub(crate) fn start(room: usize) -> Option<Self> {
        want_times(true);
        let session = Arc::new(Session {
            start: now(),
            unseen: UNSEEN.load(Ordering::Relaxed),
            room,
            logs: QuietMutex::new(Some(Table::new())),
            kept: QuietMutex::default(),
        });
        alone(|| change(|sessions| sessions.push(Arc::clone(&session))));
        Some(Self { session })
    }

    pub(crate) fn stop(self) -> Recorded {
        // The caller is in no such call.
        alone(|| self.recorded()).unwrap_or_default()
    }

    fn recorded(&self) -> Recorded {
        let session = &*self.session;
        // A wait or a task that lasts now, and that no thread writes before the end of the recording, has begun before
        // the recording.
        let looked = session.time(now());
        let (mut waiting, mut held) = (Vec::new(), Vec::new());
        // If the list cannot be read now, such a wait is missing from the recording until it ends.
        let _all = entries::each(PATIENCE, |task, entry| {
            waiting.push((entry.thread, task, entry.info));
        });
        let _all = holds::each(PATIENCE, |thread, _, all| {
            held.extend(all.iter().map(|held| (thread, *held)));
        });
        let until = self.end();

        let mut threads = Threads(Table::new());
        let (last, kept) = session.finish(until);
        for chunk in kept.chunks {
            threads.of(&chunk.row).events.extend(chunk.events);
        }
        for (chunk, open) in last {
            chunk.row.look_up_name();
            let thread = threads.of(&chunk.row);
            thread.events.extend(chunk.events);
            thread.open = open;
        }
        // Also threads that have written nothing.
        for thread in identity::alive() {
            threads.with_id(thread.id());
        }
        for (thread, task, info) in waiting {
            threads.with_id(thread).add_wait(task, info, looked..=until);
        }
        for (thread, held) in held {
            let event = hold(&held, until, session);
            threads.with_id(thread).add_hold(&held, event, looked);
        }
        let unseen = UNSEEN.load(Ordering::Relaxed) - session.unseen;
        Recorded {
            length: until,
            lost: kept.lost + unseen,
            threads: threads.0.into_values().map(Thread::recorded).collect(),
        }
    }

    /// Ends the recording, and returns when that was.
    fn end(&self) -> u64 {
        let mut was_there = false;
        change(|sessions| {
            let before = sessions.len();
            sessions.retain(|one| !Arc::ptr_eq(one, &self.session));
            was_there = sessions.len() < before;
        });
        let until = self.session.time(now());
        if was_there {
            want_times(false);
        }
        until
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Threads refer to their logs until they notice, and logs to the recording.
        alone(|| drop(self.session.finish(self.end())));
    }
}
