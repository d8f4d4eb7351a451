//! Recordings of what threads do.
//!
//! Each thread writes into a log of its own, whose lock no other thread takes before the recording ends. A log that is
//! full goes to the recording as a chunk, and if the recording then has too many events, its oldest chunk goes. So the
//! memory is bounded, and what is kept is the latest.
//!
//! A span is written when it ends, with its beginning. The end of a recording adds what has not ended by then.

use core::cell::{Cell, RefCell};
use core::mem;
use core::ops::RangeInclusive;
use core::panic::Location;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::collections::VecDeque;
use std::sync::Arc;

use super::clock::{now, want_times};
use super::entries::{self, PATIENCE};
use super::holds::{self, Held};
use crate::backend::{self, MAIN_TASK, QuietMutex, TaskId, explored};
use crate::identity::{self, NestedIdentity};
use crate::inspect::recorded::{Recorded, RecordedEvent, RecordedLock, RecordedThread};
use crate::inspect::{EndedBy, Enders, WaitInfo};
use crate::local::local;
use crate::table::Table;

/// The number of events after which a thread hands over its log.
const CHUNK: usize = 256;

/// How many events a chunk counts for, beside its own: it keeps its thread in memory.
const CHUNK_WEIGHT: usize = 3;

/// Zero while nothing is recorded, else a number that changes whenever a recording begins or ends.
///
/// Written under the lock of [`SESSIONS`]. A thread that finds a number which it has not seen before takes that lock.
static ACTIVE: AtomicU64 = AtomicU64::new(0);

/// The recordings that have begun and not ended.
static SESSIONS: QuietMutex<Vec<Arc<Session>>> = QuietMutex::new(Vec::new());

/// Events of threads whose thread-locals were gone.
static UNSEEN: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Not those of a coroutine: nothing is recorded in an exploration.
    static MINE: Mine = const { Mine(RefCell::new(Logs { seen: 0, logs: Vec::new() })) };
}

local! {
    /// Whether this thread runs in [`alone`]. No destructor: a thread may outlive its logs.
    static IS_BUSY: Cell<bool> = const { Cell::new(false) };
}

/// The logs of this thread. They are closed when its thread-locals are destroyed.
struct Mine(RefCell<Logs>);

struct Logs {
    /// The value of [`ACTIVE`] for which `logs` is right.
    seen: u64,
    logs: Vec<Arc<Log>>,
}

/// What one thread writes for one recording.
///
/// # Invariant
///
/// A log is in the list of its session until it is closed. It is closed by its thread, when its thread-locals are
/// destroyed, or by the end of the recording, which take out its events under its lock.
struct Log {
    session: Arc<Session>,
    row: Arc<Row>,
    written: QuietMutex<Written>,
}

#[derive(Default)]
struct Written {
    is_closed: bool,
    events: Vec<RecordedEvent>,
    /// The waits and the tasks that have not ended, outermost first.
    waits: Vec<OpenWait>,
    tasks: Vec<(u64, &'static str)>,
}

struct OpenWait {
    task: TaskId,
    began: u64,
    info: WaitInfo,
    whom: Option<TaskId>,
    word: usize,
}

/// A thread that is recorded. Zero stands for a time outside of the recording.
struct Row {
    id: TaskId,
    name: QuietMutex<Arc<str>>,
    began: AtomicU64,
    ended: AtomicU64,
    known_from: AtomicU64,
}

struct Session {
    start: u64,
    unseen: u64,
    room: usize,
    /// `None` when the recording has ended.
    logs: QuietMutex<Option<Table<TaskId, Arc<Log>>>>,
    /// Locked alone, or with one log locked before it.
    kept: QuietMutex<Kept>,
}

/// The chunks in the order in which they were handed over.
#[derive(Default)]
struct Kept {
    chunks: VecDeque<Chunk>,
    weight: usize,
    lost: u64,
}

struct Chunk {
    row: Arc<Row>,
    events: Vec<RecordedEvent>,
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

    fn new(id: TaskId, name: Arc<str>) -> Self {
        Self {
            id,
            name: QuietMutex::new(name),
            began: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            known_from: AtomicU64::new(0),
        }
    }

    /// The thread may have got another name.
    fn look_up_name(&self) {
        if let Some(identity) = identity::find(self.id) {
            *self.name.lock() = identity.name();
        }
    }
}

impl Session {
    /// The log of the current thread.
    fn admit(session: &Arc<Self>) -> Arc<Log> {
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
    fn finish(&self, until: u64) -> (Vec<(Chunk, Vec<TaskId>)>, Kept) {
        let logs = self.logs.lock().take();
        let logs = logs.into_iter().flat_map(Table::into_values);
        // Closed before `kept` is looked at, so nothing is handed over any more.
        let last = logs.map(|log| log.finish(until)).collect();
        (last, mem::take(&mut *self.kept.lock()))
    }

    /// A time of the clock as one of this recording.
    fn time(&self, time: u64) -> u64 {
        time.saturating_sub(self.start)
    }
}

impl Log {
    /// Writes an event, and hands over the log when it is full.
    fn write(&self, written: &mut Written, event: RecordedEvent) {
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
    fn close(&self) {
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
}

impl Logs {
    /// Makes the logs those of the recordings that go on.
    #[cold]
    fn catch_up(&mut self, active: u64) {
        let sessions = SESSIONS.lock().clone();
        self.logs
            .retain(|log| sessions.iter().any(|one| Arc::ptr_eq(one, &log.session)));
        for session in &sessions {
            if !self
                .logs
                .iter()
                .any(|log| Arc::ptr_eq(&log.session, session))
            {
                self.logs.push(Session::admit(session));
            }
        }
        self.seen = active;
    }
}

impl Drop for Mine {
    fn drop(&mut self) {
        alone(|| self.0.get_mut().logs.drain(..).for_each(|log| log.close()));
    }
}

/// Runs `f`, of which nothing is recorded on this thread, unless the thread does so already.
///
/// It holds locks that a record may need, and it allocates. A memory allocator that uses locks meanwhile must not come
/// back here.
fn alone<R>(f: impl FnOnce() -> R) -> Option<R> {
    if IS_BUSY.replace(true) {
        return None;
    }
    let result = f();
    IS_BUSY.set(false);
    Some(result)
}

/// Calls `f` for every log of this thread, with its content and the time, while anything is recorded.
#[inline]
fn record(f: impl FnMut(&Log, &mut Written, u64)) {
    // Relaxed: the lock of the list of recordings orders what is read there.
    let active = ACTIVE.load(Ordering::Relaxed);
    if active != 0 {
        record_for(active, f);
    }
}

fn record_for(active: u64, mut f: impl FnMut(&Log, &mut Written, u64)) {
    // The threads of an exploration run by its own clock.
    if explored::here().is_some() {
        return;
    }
    let now = now();
    let with = |mine: &Mine| {
        let mut mine = mine.0.borrow_mut();
        if mine.seen != active {
            mine.catch_up(active);
        }
        for log in &mine.logs {
            let mut written = log.written.lock();
            if !written.is_closed {
                f(log, &mut written, log.session.time(now));
            }
        }
    };
    if alone(|| MINE.try_with(with)).is_some_and(|done| done.is_err()) {
        // Relaxed: it is only counted.
        UNSEEN.fetch_add(1, Ordering::Relaxed);
    }
}

pub(super) fn wait_begins(task: TaskId, wait: &WaitInfo, awaited: Option<&dyn EndedBy>) {
    let mut whom = None;
    let mut is_known = false;
    record(|_, written, began| {
        if !mem::replace(&mut is_known, true) {
            whom = match awaited {
                Some(awaited) if wait.instance.is_none() => first_ender(awaited),
                _ => wait.holder,
            };
        }
        written.waits.push(OpenWait {
            task,
            began,
            info: *wait,
            whom,
            word: 0,
        });
    });
}

fn first_ender(awaited: &dyn EndedBy) -> Option<TaskId> {
    match awaited.enders() {
        Enders::All(all) => all.first().map(|ender| ender.task),
        _ => None,
    }
}

pub(super) fn wait_ends(task: TaskId, wait: &WaitInfo) {
    record(|log, written, ended| {
        // A wait that is not there began before the recording.
        let wait = match written.waits.pop_if(|open| open.task == task) {
            Some(open) => open,
            None => OpenWait {
                task,
                began: 0,
                info: *wait,
                whom: wait.holder,
                word: 0,
            },
        };
        log.write(written, wait.event(ended));
    });
}

impl OpenWait {
    fn event(&self, ended: u64) -> RecordedEvent {
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

pub(super) fn awaits(word: &AtomicU32) {
    record(|_, written, _| {
        if let Some(wait) = written.waits.last_mut() {
            wait.word = address(word);
        }
    });
}

pub(super) fn wakes(word: &AtomicU32) {
    let word = address(word);
    record(|log, written, at| log.write(written, RecordedEvent::Wakes { at, word }));
}

fn address(word: &AtomicU32) -> usize {
    core::ptr::from_ref(word).addr()
}

pub(super) fn released(held: &Held) {
    record(|log, written, ended| log.write(written, hold(held, ended, &log.session)));
}

fn hold(held: &Held, ended: u64, session: &Session) -> RecordedEvent {
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

pub(super) fn thread_starts(thread: TaskId) {
    record(|log, written, at| log.write(written, RecordedEvent::Starts { at, thread }));
}

pub(super) fn thread_begins() {
    // A thread that begins with the recording did not begin before it.
    record(|log, _, at| log.row.began.store(at.max(1), Ordering::Relaxed));
}

pub(super) fn thread_ends() {
    record(|log, _, at| {
        log.row.look_up_name();
        log.row.ended.store(at.max(1), Ordering::Relaxed);
    });
}

pub(super) fn task_begins(name: &'static str) {
    record(|_, written, began| written.tasks.push((began, name)));
}

pub(super) fn task_ends() {
    record(|log, written, ended| {
        // A task that is not there began before the recording, and it cannot be said which.
        if let Some((began, name)) = written.tasks.pop() {
            log.write(written, RecordedEvent::Task { began, ended, name });
        }
    });
}

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

/// Changes the list of recordings, so that all threads notice it. To be called [`alone`].
fn change(change: impl FnOnce(&mut Vec<Arc<Session>>)) {
    static CHANGES: AtomicU64 = AtomicU64::new(0);
    let mut sessions = SESSIONS.lock();
    change(&mut sessions);
    let changes = CHANGES.fetch_add(1, Ordering::Relaxed) + 1;
    let active = if sessions.is_empty() { 0 } else { changes };
    ACTIVE.store(active, Ordering::Relaxed);
}

impl Log {
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

/// The threads of a recording that has ended.
struct Threads(Table<TaskId, Thread>);

struct Thread {
    row: Arc<Row>,
    events: Vec<RecordedEvent>,
    /// Its tasks that were waiting when the recording ended, with waits that are among the events.
    open: Vec<TaskId>,
}

impl Threads {
    fn get_or_insert_with(&mut self, id: TaskId, make: impl FnOnce() -> Thread) -> &mut Thread {
        if self.0.get_mut(id).is_none() {
            self.0.insert(id, make());
        }
        match self.0.get_mut(id) {
            Some(thread) => thread,
            None => unreachable!("it was inserted just now"),
        }
    }

    fn of(&mut self, row: &Arc<Row>) -> &mut Thread {
        self.get_or_insert_with(row.id, || Thread {
            row: Arc::clone(row),
            events: Vec::new(),
            open: Vec::new(),
        })
    }

    fn with_id(&mut self, id: TaskId) -> &mut Thread {
        self.get_or_insert_with(id, || {
            let known = identity::find(id).map(|identity| identity.name());
            let name = known.unwrap_or_else(|| match id {
                MAIN_TASK => "main".into(),
                _ => format!("thread {id}").into(),
            });
            Thread {
                row: Arc::new(Row::new(id, name)),
                events: Vec::new(),
                open: Vec::new(),
            }
        })
    }
}

impl Thread {
    /// Adds a wait that was seen at the beginning of `end`, unless the thread has written it.
    fn add_wait(&mut self, task: TaskId, info: WaitInfo, end: RangeInclusive<u64>) {
        let is_written = |event: &RecordedEvent| {
            matches!(event, RecordedEvent::Wait { ended, operation, place, .. }
                if ended >= end.start() && *operation == info.operation.name() && *place == info.place)
        };
        if !self.open.contains(&task) && !self.events.iter().rev().any(is_written) {
            let wait = OpenWait {
                task,
                began: 0,
                info,
                whom: info.holder,
                word: 0,
            };
            self.events.push(wait.event(*end.end()));
        }
    }

    /// The same of a lock that it held.
    fn add_hold(&mut self, held: &Held, event: RecordedEvent, looked: u64) {
        let is_written = |event: &RecordedEvent| {
            matches!(event, RecordedEvent::Hold { ended, lock, side, .. }
                if *ended >= looked && lock.address == held.lock && *side == held.side)
        };
        if !self.events.iter().rev().any(is_written) {
            self.events.push(event);
        }
    }

    fn recorded(self) -> RecordedThread {
        let time = |time: &AtomicU64| Some(time.load(Ordering::Relaxed)).filter(|time| *time > 0);
        RecordedThread {
            id: self.row.id,
            name: Arc::clone(&self.row.name.lock()),
            began: time(&self.row.began),
            ended: time(&self.row.ended),
            known_from: time(&self.row.known_from).unwrap_or(0),
            events: self.events,
        }
    }
}
