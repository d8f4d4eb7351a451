//! What is known of a readers-writer lock: the form that keeps track.

use core::fmt;
use core::panic::Location;

use super::entries::native_id;
use super::events;
use super::forked;
use super::holds::{self, Form};
use super::lock::{LockTag, advise, thread_name};
use super::method;
use super::order;
use super::waits::{Kind, Waiting};
use crate::backend::{QuietSpinMutex, Side, TaskId};
use crate::identity::{self, NestedIdentity};
use crate::inspect::ended_by::Ender;
use crate::inspect::report::refuse;
use crate::inspect::{EndedBy, Enders, Method, Operation, OrderStep};
use crate::table::Table;

/// Where in the program a lock was acquired.
type CodeLocation = &'static Location<'static>;

/// The writer, the readers and the upgradable reader of a lock.
///
/// # Invariant
///
/// `writer` knows the writer only. A thread has an entry in `readers`, under the id of its outermost task, for
/// as long as it holds the lock on one of the other sides. Only the thread itself changes its entry, so its own
/// is exact, and others may be out of date. Entries belong to threads and not to tasks, because a guard stays on
/// its thread, and another task there may drop it. A wait for a guard of any task on the same thread is a wait
/// for oneself.
pub(crate) struct RwTag {
    writer: LockTag,
    readers: QuietSpinMutex<Table<TaskId, Reading>>,
}

/// How a thread holds a lock that it does not write.
#[derive(Clone, Copy, Default)]
struct Reading {
    reads: usize,
    /// The first of the reads.
    reads_since: Option<CodeLocation>,
    /// The method for which that one was acquired.
    reads_in: Option<Method>,
    upgradable_since: Option<CodeLocation>,
    /// When the first of these was acquired; zero if the time was not taken.
    began: u64,
    /// The number of the thread for the system, or zero.
    native: u64,
}

impl Reading {
    fn begin(&mut self, since: u64) {
        if self.reads == 0 && self.upgradable_since.is_none() {
            self.began = since;
        }
    }
}

/// A wait for one side of a lock.
struct Wanted<'a> {
    tag: &'a RwTag,
    side: Side,
    /// The thread that wants it, if that is the upgradable reader and waits for the others.
    upgrades: Option<TaskId>,
    /// Whether the side cannot be acquired at this moment. It finds out by trying: only the lock itself knows whether a
    /// writer keeps readers out. Where that succeeds, the thread that waits is about to have it as well.
    is_kept_out: &'a (dyn Fn() -> bool + Sync),
}

impl EndedBy for Wanted<'_> {
    fn enders(&self) -> Enders {
        let Some(readers) = self.tag.readers.try_lock() else {
            return Enders::Over;
        };
        let mut holders = Vec::from_iter(self.tag.writer.ender());
        for (thread, reading) in readers.iter().filter(|(id, _)| Some(**id) != self.upgrades) {
            let reads = (reading.reads > 0).then_some(reading.reads_since);
            let since = match self.side {
                // The upgradable side stands beside readers.
                Side::Read => None,
                Side::Upgradable => reading.upgradable_since.map(Some),
                Side::Write => reading.upgradable_since.map(Some).or(reads),
            };
            holders.extend(since.map(|since| Ender {
                task: *thread,
                native: Some(reading.native).filter(|native| *native != 0),
                since,
            }));
        }
        match holders.is_empty() {
            false => Enders::All(holders),
            // Nothing but a writer that waits for the readers keeps it out.
            true if self.side != Side::Write && (self.is_kept_out)() => {
                Enders::Writers(self.tag.key())
            }
            true => Enders::Over,
        }
    }

    fn culprit(&self) -> Option<CodeLocation> {
        self.tag.culprit()
    }

    fn describe(&self) -> Option<String> {
        Some(self.tag.writer.describe_in_sentence())
    }
}

/// The locks, by where they were made, of which a recursive read was reported.
static REPORTED: QuietSpinMutex<Vec<CodeLocation>> = QuietSpinMutex::new(Vec::new());

const RECURSION: &str = "if a writer comes in between, it waits for the first guard, and the second guard for it: \
                         release the first one before, or pass on what it gives";

const FACT: &str = "an `RwLock` is not reentrant";

const ADVICE: &str = "release first, or pass on what the guard gives; \
                      to write after reading, begin with `upgradable()` and upgrade, and to read \
                      after writing, downgrade";

impl RwTag {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self::over(LockTag::new())
    }

    #[track_caller]
    pub(crate) const fn named(name: &'static str) -> Self {
        Self::over(LockTag::named(name))
    }

    /// The tag of a lock whose place does not show what it is for, such as that of a derived `Default`.
    #[track_caller]
    pub(crate) const fn unclassed() -> Self {
        Self::over(LockTag::unclassed())
    }

    const fn over(writer: LockTag) -> Self {
        Self {
            writer,
            readers: QuietSpinMutex::new(Table::new()),
        }
    }

    /// Acquires one side: by `attempt` if that succeeds, otherwise by `wait`, which is noted as the wait of
    /// this thread.
    ///
    /// # Panics
    ///
    /// If this thread holds the lock on a side that makes it wait for itself. While the thread unwinds this only
    /// prints the report. For a thread that reads and reads again it prints a warning: such a thread waits for
    /// itself if a writer comes in between.
    #[track_caller]
    pub(crate) fn acquire<G>(
        &self,
        side: Side,
        is_kept_out: &(dyn Fn() -> bool + Sync),
        attempt: impl FnOnce() -> Option<G>,
        wait: impl FnOnce() -> G,
    ) -> G {
        let mine = self.mine();
        let caller = Location::caller();
        match (side, mine.upgradable_since, mine.reads_since) {
            (Side::Write, Some(since), _)
            | (Side::Upgradable, Some(since), _)
            | (Side::Write, None, Some(since)) => {
                let holder = mine.reads_in.filter(|_| mine.upgradable_since.is_none());
                let wanting = method::take();
                refuse(&format!(
                    "thread {} {}{}, which it already holds{} since {since}; {}",
                    thread_name(),
                    side.acquires(&self.writer.describe_as_lock()),
                    method::in_words(wanting),
                    method::in_words(holder),
                    advise(FACT, ADVICE, holder.copied(), wanting.copied()),
                ));
            }
            // Beside an upgradable reader there can be no writer that waits for readers.
            _ => {}
        }
        let wanted = Wanted {
            tag: self,
            side,
            upgrades: None,
            is_kept_out,
        };
        let kind = match side {
            Side::Write => Kind::AsleepToWrite(self.key()),
            Side::Read | Side::Upgradable => Kind::Asleep,
        };
        let operation = side.operation();
        self.used();
        let since = events::now();
        let (guard, since) = match attempt() {
            Some(guard) => (guard, since),
            None => (self.writer).wait(operation, Some(side), FACT, ADVICE, &wanted, kind, wait),
        };
        // Reported only now: if a writer has come in between, the deadlock is reported, unless the writer gives up.
        if let (None, Some(since)) = (mine.upgradable_since, mine.reads_since)
            && self.is_first_report()
        {
            let lock = self.writer.describe_in_sentence();
            let step = OrderStep {
                thread: order::current_name().to_string(),
                held: lock.clone(),
                held_side: Some(Side::Read),
                held_since: since,
                wanted: lock,
                wanted_side: Some(side),
                wanted_at: caller,
            };
            order::note(step, RECURSION.to_owned());
        }
        self.acquired_in(side, Form::Waits, since);
        guard
    }

    /// Whether this is the first report of a recursive read of a lock that was made at this place.
    fn is_first_report(&self) -> bool {
        let Some(mut reported) = forked::lock(&REPORTED) else {
            return false;
        };
        let first = !reported.contains(&self.writer.created());
        if first {
            reported.push(self.writer.created());
        }
        first
    }

    /// # Panics
    ///
    /// If the current thread, which is the upgradable reader, reads the lock through another guard as well, and
    /// so would wait for itself.
    #[track_caller]
    pub(crate) fn refuse_upgrade(&self) {
        if let Some(since) = self.mine().reads_since {
            refuse(&format!(
                "thread {} upgrades {}, which it reads through another guard since {since}: \
                 release that one first",
                thread_name(),
                self.writer.describe_as_lock(),
            ));
        }
    }

    /// Acquires one side by `attempt` if that succeeds, otherwise by `wait`, which has a limit and is noted as the wait
    /// of this thread.
    #[track_caller]
    pub(crate) fn wait_within<G>(
        &self,
        side: Side,
        attempt: impl FnOnce() -> Option<G>,
        wait: impl FnOnce() -> Option<G>,
    ) -> Option<G> {
        self.used();
        if let Some(guard) = attempt() {
            return Some(guard);
        }
        let kind = match side {
            Side::Write => Kind::AwakeToWrite(self.key()),
            Side::Read | Side::Upgradable => Kind::Awake,
        };
        let wanted = Wanted {
            tag: self,
            side,
            upgrades: None,
            is_kept_out: &|| true,
        };
        let waiting = (self.writer).waiting_in(side.operation(), &self.writer, kind);
        self.writer.timed(&waiting, &wanted, wait)
    }

    /// Notes that the current thread, which is the upgradable reader, starts to wait for the others, with a limit.
    #[track_caller]
    pub(crate) fn waiting_to_upgrade(&self) -> Waiting<'_> {
        let kind = Kind::AwakeToWrite(self.key());
        self.writer
            .waiting_in(Operation::UPGRADE, &self.writer, kind)
    }

    /// Becomes the writer by `wait`, which is noted as the wait of this thread for the other readers.
    #[track_caller]
    pub(crate) fn upgrade<G>(&self, wait: impl FnOnce() -> G) -> G {
        self.writer.acquiring(Some(Side::Write));
        let wanted = Wanted {
            tag: self,
            side: Side::Write,
            upgrades: Some(NestedIdentity::undermost()),
            is_kept_out: &|| true,
        };
        let kind = Kind::AsleepToWrite(self.key());
        let waiting = self.writer.waiting_in(Operation::UPGRADE, &wanted, kind);
        self.writer.timed(&waiting, &wanted, wait)
    }

    /// The address of this lock, which no other live lock has.
    fn key(&self) -> usize {
        self.writer.key()
    }

    /// Notes that the current task has acquired that side by a form that does not wait, or not longer than its limit.
    #[track_caller]
    pub(crate) fn acquired(&self, side: Side) {
        self.acquired_in(side, Form::Tries, events::now());
    }

    #[track_caller]
    fn acquired_in(&self, side: Side, form: Form, since: u64) {
        let here = Location::caller();
        self.writer.hands_over(|| self.culprit());
        let record = (self.writer).tell_acquired(Some(side), form, here, since);
        match side {
            Side::Write => self.writer.hold(here, record),
            Side::Read => self.change(|mine| {
                mine.begin(since);
                mine.reads += 1;
                if mine.reads_since.is_none() {
                    mine.reads_since = Some(here);
                    mine.reads_in = method::current();
                }
            }),
            Side::Upgradable => self.change(|mine| {
                mine.begin(since);
                mine.upgradable_since = Some(here);
            }),
        }
    }

    /// Notes that the current task uses the lock, whether or not it acquires it.
    pub(crate) fn used(&self) {
        self.writer.used();
    }

    /// Notes that the current task has tried to acquire a side that others do not let it have.
    #[track_caller]
    pub(crate) fn tried(&self) {
        self.writer.tried();
    }

    /// The current task releases that side by `unlock`.
    pub(crate) fn release(&self, side: Side, unlock: impl FnOnce()) {
        self.writer.hands_over(|| self.culprit());
        match side {
            Side::Write => self.writer.let_go(),
            Side::Read => self.change(|mine| {
                mine.reads = mine.reads.saturating_sub(1);
                mine.reads_since = mine.reads_since.filter(|_| mine.reads > 0);
            }),
            Side::Upgradable => self.change(|mine| mine.upgradable_since = None),
        }
        events::releases(holds::known(), self.key(), Some(side), unlock);
    }

    /// Where the holders that make others wait have acquired it: the writer, or the reader that came first.
    fn culprit(&self) -> Option<CodeLocation> {
        if self.writer.is_held() {
            return self.writer.place();
        }
        let readers = forked::lock(&self.readers)?;
        let first = readers.iter().min_by_key(|(_, reading)| reading.began);
        let first = first.and_then(|(_, reading)| reading.reads_since.or(reading.upgradable_since));
        first.or_else(|| self.writer.place())
    }

    fn mine(&self) -> Reading {
        let me = NestedIdentity::undermost();
        let mine = forked::lock(&self.readers).and_then(|mut all| all.get_mut(me).copied());
        mine.unwrap_or_default()
    }

    fn change(&self, change: impl FnOnce(&mut Reading)) {
        let me = NestedIdentity::undermost();
        let Some(mut readers) = forked::lock(&self.readers) else {
            return;
        };
        let mut mine = readers.get_mut(me).copied().unwrap_or_default();
        change(&mut mine);
        mine.native = native_id();
        if mine.reads == 0 && mine.upgradable_since.is_none() {
            readers.remove(me);
        } else {
            readers.insert(me, mine);
        }
    }

    /// What to call the lock in messages: its name and where it was made.
    pub(crate) fn label(&self) -> Option<String> {
        self.writer.label()
    }

    /// Adds the name, the writer and the readers.
    pub(crate) fn debug_fields(&self, fields: &mut fmt::DebugStruct<'_, '_>) {
        self.writer.debug_fields(fields);
        let Some(readers) = self.readers.try_lock() else {
            return;
        };
        let tasks: Vec<_> = readers.iter().map(|(task, _)| *task).collect();
        drop(readers);
        if !tasks.is_empty() {
            let name = |task| match identity::find(task) {
                Some(thread) => thread.name().to_string(),
                None => task.to_string(),
            };
            let names: Vec<_> = tasks.into_iter().map(name).collect();
            fields.field("read_by", &names);
        }
    }
}
