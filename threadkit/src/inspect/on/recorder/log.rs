//! What threads write, and where it is kept until the recording ends.

use core::mem;
use core::panic::Location;
use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::VecDeque;
use std::sync::Arc;

use super::super::clock::now;
use super::super::holds::Held;
use crate::backend::{self, MAIN_TASK, QuietMutex, TaskId};
use crate::identity::{self, NestedIdentity};
use crate::inspect::WaitInfo;
use crate::inspect::recorded::{RecordedEvent, RecordedLock};
use crate::table::Table;

/// The number of events after which a thread hands over its log.
const CHUNK: usize = 256;

/// How many events a chunk counts for, beside its own: it keeps its thread in memory.
const CHUNK_WEIGHT: usize = 3;

/// What one thread writes for one recording.
///
/// # Invariant
///
/// A log is in the list of its session until it is closed. It is closed by its thread, when its thread-locals are
/// destroyed, or by the end of the recording, which take out its events under its lock.
pub(super) struct Log {
    pub(super) session: Arc<Session>,
    pub(super) row: Arc<Row>,
    pub(super) written: QuietMutex<Written>,
}

#[derive(Default)]
pub(super) struct Written {
    pub(super) is_closed: bool,
    pub(super) events: Vec<RecordedEvent>,
    /// The waits and the tasks that have not ended, outermost first.
    pub(super) waits: Vec<OpenWait>,
    pub(super) tasks: Vec<(u64, &'static str)>,
}

pub(super) struct OpenWait {
    pub(super) task: TaskId,
    pub(super) began: u64,
    pub(super) info: WaitInfo,
    pub(super) whom: Option<TaskId>,
    pub(super) word: usize,
}

/// A thread that is recorded. Zero stands for a time outside of the recording.
pub(super) struct Row {
    pub(super) id: TaskId,
    pub(super) name: QuietMutex<Arc<str>>,
    pub(super) began: AtomicU64,
    pub(super) ended: AtomicU64,
    pub(super) known_from: AtomicU64,
}

pub(super) struct Session {
    pub(super) start: u64,
    pub(super) unseen: u64,
    pub(super) room: usize,
    /// `None` when the recording has ended.
    pub(super) logs: QuietMutex<Option<Table<TaskId, Arc<Log>>>>,
    /// Locked alone, or with one log locked before it.
    pub(super) kept: QuietMutex<Kept>,
}

/// The chunks in the order in which they were handed over.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) chunks: VecDeque<Chunk>,
    weight: usize,
    pub(super) lost: u64,
}

pub(super) struct Chunk {
    pub(super) row: Arc<Row>,
    pub(super) events: Vec<RecordedEvent>,
}

impl Chunk {
    fn weight(&self) -> usize {
        self.events.len() + CHUNK_WEIGHT
    }
}

impl Row {
    /// The row of the current thread.
    fn of_current() -> Arc<Self> {
        let id = NestedIdentity::undermost();
        let known = identity::find(id).map(|identity| identity.name());
        let name = known.unwrap_or_else(|| match backend::current_os_name() {
            _ if id == MAIN_TASK => "main".into(),
            Some(name) => name.into(),
            None => format!("thread {id}").into(),
        });
        Arc::new(Self::new(id, name))
    }

    pub(super) fn new(id: TaskId, name: Arc<str>) -> Self {
        Self {
            id,
            name: QuietMutex::new(name),
            began: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            known_from: AtomicU64::new(0),
        }
    }

    /// The thread may have got another name.
    pub(super) fn look_up_name(&self) {
        if let Some(identity) = identity::find(self.id) {
            *self.name.lock() = identity.name();
        }
    }
}

impl Session {
    /// The log of the current thread.
    pub(super) fn admit(session: &Arc<Self>) -> Arc<Log> {
        let log = Arc::new(Log {
            session: Arc::clone(session),
            row: Row::of_current(),
            written: QuietMutex::default(),
        });
        match &mut *session.logs.lock() {
            Some(logs) => drop(logs.insert(log.row.id, Arc::clone(&log))),
            None => log.written.lock().is_closed = true,
        }
        log
    }

    fn keep(&self, chunk: Chunk) {
        let mut kept = self.kept.lock();
        kept.weight += chunk.weight();
        kept.chunks.push_back(chunk);
        while kept.weight > self.room
            && let Some(oldest) = kept.chunks.pop_front()
        {
            kept.weight -= oldest.weight();
            kept.lost += oldest.events.len() as u64;
            if let Some(last) = oldest.events.last() {
                // Relaxed, as all fields of a row: the lock of `kept` orders it before the end of the recording.
                let known_from = &oldest.row.known_from;
                known_from.fetch_max(last.end(), Ordering::Relaxed);
            }
        }
    }

    /// The recording has ended: closes all logs, and returns what they have, as [`Log::finish`] does, and what was
    /// kept.
    pub(super) fn finish(&self, until: u64) -> (Vec<(Chunk, Vec<TaskId>)>, Kept) {
        let logs = self.logs.lock().take();
        let logs = logs.into_iter().flat_map(Table::into_values);
        // Closed before `kept` is looked at, so nothing is handed over any more.
        let last = logs.map(|log| log.finish(until)).collect();
        (last, mem::take(&mut *self.kept.lock()))
    }

    /// A time of the clock as one of this recording.
    pub(super) fn time(&self, time: u64) -> u64 {
        time.saturating_sub(self.start)
    }
}

impl Log {
    /// Writes an event, and hands over the log when it is full.
    pub(super) fn write(&self, written: &mut Written, event: RecordedEvent) {
        written.events.push(event);
        if written.events.len() >= CHUNK {
            self.hand_over(mem::replace(&mut written.events, Vec::with_capacity(CHUNK)));
        }
    }

    fn hand_over(&self, events: Vec<RecordedEvent>) {
        self.session.keep(Chunk {
            row: Arc::clone(&self.row),
            events,
        });
    }

    /// The thread has no thread-locals any more.
    pub(super) fn close(&self) {
        let now = self.session.time(now());
        let mut written = self.written.lock();
        if mem::replace(&mut written.is_closed, true) {
            return;
        }
        let mut events = mem::take(&mut written.events);
        events.shrink_to_fit();
        let _ = (self.row.ended).compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        self.hand_over(events);
        if let Some(logs) = &mut *self.session.logs.lock() {
            logs.remove(self.row.id);
        }
    }

    /// The recording has ended: closes the log, and returns what it has, with what had not ended then and the tasks
    /// that were waiting.
    fn finish(&self, until: u64) -> (Chunk, Vec<TaskId>) {
        let mut written = self.written.lock();
        let written = mem::replace(
            &mut *written,
            Written {
                is_closed: true,
                ..Written::default()
            },
        );
        let mut events = written.events;
        events.extend(written.waits.iter().map(|wait| wait.event(until)));
        events.extend(
            written
                .tasks
                .iter()
                .map(|(began, name)| RecordedEvent::Task {
                    began: *began,
                    ended: until,
                    name,
                }),
        );
        let row = Arc::clone(&self.row);
        let tasks = written.waits.iter().map(|wait| wait.task).collect();
        (Chunk { row, events }, tasks)
    }
}

impl OpenWait {
    pub(super) fn event(&self, ended: u64) -> RecordedEvent {
        let lock = |(address, created): (usize, &'static Location<'static>)| RecordedLock {
            address,
            name: self.info.lock,
            created,
        };
        RecordedEvent::Wait {
            began: self.began,
            ended,
            operation: self.info.operation.name(),
            lock: self.info.instance.map(lock),
            place: self.info.place,
            whom: self.whom,
            word: self.word,
        }
    }
}

pub(super) fn hold(held: &Held, ended: u64, session: &Session) -> RecordedEvent {
    RecordedEvent::Hold {
        began: session.time(held.since),
        ended,
        lock: RecordedLock {
            address: held.lock,
            name: held.class.name,
            created: held.made(),
        },
        side: held.side,
        place: held.place,
    }
}
