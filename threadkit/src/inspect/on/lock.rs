//! What is known of a lock.

use core::fmt;
use core::panic::Location;
use core::ptr;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::class::{Class, MIXED, new_number};
use super::contention::Contended;
use super::events;
use super::holds::{self, Form, Held, Record, alone};
use super::method::{self, MethodAt};
use super::static_ref::StaticRef;
use super::waits::{self, Kind, Waiting};
use crate::backend::explored::LastRun;
use crate::backend::{self, Side, TaskId};
use crate::identity;
use crate::inspect::ended_by::Ender;
use crate::inspect::report::refuse;
use crate::inspect::{EndedBy, Enders, Method, Operation, WaitInfo};

/// The class of a lock, and whether the lock outlives the runs of an exploration.
struct Origin {
    class: Class,
    /// By [`new_number`]. Until the lock is first acquired, it is zero or [`MIXED`].
    number: AtomicU64,
    /// The class. It is set before the number.
    shared: StaticRef<Class>,
    last_run: LastRun,
}

impl Origin {
    #[track_caller]
    const fn new(name: Option<&'static str>) -> Self {
        Self {
            class: Class {
                name,
                created: Location::caller(),
            },
            number: AtomicU64::new(0),
            shared: StaticRef::none(),
            last_run: LastRun::none(),
        }
    }

    /// The class and the number; `None` in an allocator that is called for them, and where they cannot be noted.
    #[inline(always)]
    fn identity(&self) -> Option<(&'static Class, u64)> {
        // Acquire: the class was set before.
        let number = self.number.load(Ordering::Acquire);
        match is_number(number) {
            true => Some((self.shared.get()?, number)),
            false => self.first_identity(),
        }
    }

    #[cold]
    fn first_identity(&self) -> Option<(&'static Class, u64)> {
        let class = alone(|| self.class.shared())??;
        self.shared.set(class);
        let none = self.number.load(Ordering::Relaxed);
        if !is_number(none) {
            let new = new_number(class) | none;
            // Another thread may be faster. Release: a thread that reads the number sees the class.
            let _ = (self.number).compare_exchange(none, new, Ordering::Release, Ordering::Relaxed);
        }
        Some((class, self.number.load(Ordering::Relaxed)))
    }

    fn describe(&self) -> String {
        let Class { name, created } = self.class;
        match name {
            Some(name) => format!("`{name}` ({created})"),
            None => format!("made at {created}"),
        }
    }
}

/// Whether a lock has that number, and so a class as well.
#[inline(always)]
fn is_number(number: u64) -> bool {
    number & !MIXED != 0
}

/// What is known of one lock.
///
/// # Invariant
///
/// `holder` is the id of the task that holds the lock, or zero. Only the task that holds the lock writes it.
/// So a task that reads its own id there holds the lock; any other value may be out of date. `place` is where
/// the holder acquired it, if there ever was one. If `method` has the same place, it is the method for which that was
/// done. `record` is that of its thread, if it has one. Both are from the last
/// acquisition. A task that reads the holder by an acquire load reads the record that this holder has written, or a
/// later one.
///
/// A holder writes `holder` after it has acquired the lock, and zero before it releases it. So a holder that sleeps
/// holds the lock. While the lock is handed over, and just after it was acquired, `holder` is zero.
pub(crate) struct LockTag {
    origin: Origin,
    holder: AtomicU64,
    record: StaticRef<Record>,
    place: StaticRef<Location<'static>>,
    method: MethodAt,
    /// How many threads wait for it, while contention is recorded.
    waiters: AtomicU32,
}

impl LockTag {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self::over(Origin::new(None))
    }

    #[track_caller]
    pub(crate) const fn named(name: &'static str) -> Self {
        Self::over(Origin::new(Some(name)))
    }

    /// The tag of a lock whose place does not show what it is for. The lock is of no class with others.
    #[track_caller]
    pub(crate) const fn unclassed() -> Self {
        let mut origin = Origin::new(None);
        origin.number = AtomicU64::new(MIXED);
        Self::over(origin)
    }

    const fn over(origin: Origin) -> Self {
        Self {
            origin,
            holder: AtomicU64::new(0),
            record: StaticRef::none(),
            place: StaticRef::none(),
            method: MethodAt::none(),
            waiters: AtomicU32::new(0),
        }
    }

    /// Acquires the lock: by `attempt` if that succeeds, otherwise by `wait`, which is noted as the wait of
    /// this thread. `attempt_fast` is the attempt where locks take their fast path.
    ///
    /// # Panics
    ///
    /// If the task holds the lock already, and so would wait for itself. While the thread unwinds this only
    /// prints the report to standard error, because a second panic would end the process.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn acquire<G>(
        &self,
        attempt_fast: impl FnOnce() -> Option<G>,
        attempt: impl FnOnce() -> Option<G>,
        wait: impl FnOnce() -> G,
    ) -> G {
        let place = Location::caller();
        if backend::is_fast()
            && let Some(guard) = attempt_fast()
        {
            self.note_fast(place);
            return guard;
        }
        self.acquire_slowly(attempt, wait)
    }

    /// The same, where the thread has to wait, or locks take their slow path.
    #[cold]
    #[track_caller]
    fn acquire_slowly<G>(
        &self,
        attempt: impl FnOnce() -> Option<G>,
        wait: impl FnOnce() -> G,
    ) -> G {
        let place = Location::caller();
        self.used();
        // Read here, so that the lock is not held for it.
        let since = events::now();
        let (guard, since) = match attempt() {
            Some(guard) => (guard, since),
            None => self.wait(
                Operation::ACQUIRE,
                None,
                "a `Lock` is not reentrant",
                "use `RLock`, or release first",
                self,
                Kind::Asleep,
                wait,
            ),
        };
        self.note(Form::Waits, place, since);
        guard
    }

    /// Acquires one side by `wait`, after an attempt has failed, but does not note the acquisition. `fact` and `advice`
    /// say why a task that holds the lock already is refused, and what it should do instead. Returns the time as well.
    #[cold]
    #[track_caller]
    #[expect(clippy::too_many_arguments, reason = "both callers name each")]
    pub(super) fn wait<G>(
        &self,
        operation: Operation,
        side: Option<Side>,
        fact: &str,
        advice: &str,
        awaited: &dyn EndedBy,
        kind: Kind,
        wait: impl FnOnce() -> G,
    ) -> (G, u64) {
        self.refuse_reentry_in(side, |holder, wanting| {
            advise(fact, advice, holder, wanting)
        });
        self.acquiring(side);
        self.refuse_if_held_below(self.holder.load(Ordering::Relaxed).try_into().ok());
        let waiting = self.waiting_in(operation, awaited, kind);
        let guard = self.timed(&waiting, awaited, wait);
        (guard, events::now())
    }

    /// Runs `wait`, a wait for the lock which was noted, and takes its time.
    pub(super) fn timed<G>(
        &self,
        waiting: &Waiting<'_>,
        awaited: &dyn EndedBy,
        wait: impl FnOnce() -> G,
    ) -> G {
        let _wait = events::waits_for(self.contended(), waiting.place, awaited);
        wait()
    }

    /// Acquires the lock by `attempt` if that succeeds, otherwise by `wait`, which has a limit and is noted as the wait
    /// of this thread.
    #[track_caller]
    pub(crate) fn wait_within<G>(
        &self,
        attempt: impl FnOnce() -> Option<G>,
        wait: impl FnOnce() -> Option<G>,
    ) -> Option<G> {
        self.used();
        if let Some(guard) = attempt() {
            return Some(guard);
        }
        let waiting = self.waiting_in(Operation::ACQUIRE, self, Kind::Awake);
        self.timed(&waiting, self, wait)
    }

    pub(super) fn contended(&self) -> Contended<'_> {
        Contended {
            lock: self.key(),
            class: self.origin.class,
            waiters: &self.waiters,
        }
    }

    /// The holders change. `culprit` is the place of the acquisitions until now.
    pub(super) fn hands_over(&self, culprit: impl FnOnce() -> Option<&'static Location<'static>>) {
        if self.contended().is_awaited() {
            events::hands_over(self.contended(), culprit());
        }
    }

    /// Notes that the current thread is about to wait for the lock without a limit.
    #[track_caller]
    pub(super) fn acquiring(&self, side: Option<Side>) {
        if let Some((class, number)) = self.origin.identity() {
            events::acquiring(&Held {
                lock: self.key(),
                number,
                class,
                side,
                form: Form::Waits,
                place: Location::caller(),
                since: 0,
            });
        }
    }

    /// Passes on that the current thread has acquired that side of the lock, at that time. Returns the record in which
    /// that is noted, if it is.
    #[inline(always)]
    pub(super) fn tell_acquired(
        &self,
        side: Option<Side>,
        form: Form,
        place: &'static Location<'static>,
        since: u64,
    ) -> Option<&'static Record> {
        match self.origin.identity() {
            Some((class, number)) => events::acquired(&Held {
                lock: self.key(),
                number,
                class,
                side,
                form,
                place,
                since,
            }),
            None => None,
        }
    }

    /// The address of this lock, which no other live lock has.
    #[inline(always)]
    pub(super) fn key(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// For a caller that has better `advice` than a lock has, for the methods that hold the lock and want it. To be
    /// called before the lock is acquired.
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire).
    #[inline]
    #[track_caller]
    pub(crate) fn refuse_reentry(&self, advice: impl FnOnce(Option<&str>, Option<&str>) -> String) {
        self.refuse_reentry_in(None, advice);
    }

    /// The same, for a thread that wants that side of the lock.
    #[inline]
    #[track_caller]
    fn refuse_reentry_in(
        &self,
        side: Option<Side>,
        advice: impl FnOnce(Option<&str>, Option<&str>) -> String,
    ) {
        if self.holder.load(Ordering::Relaxed) == backend::task_id().get() {
            let (holder, wanting) = (self.method(), method::current());
            self.report_self_deadlock(side, &advice(holder.copied(), wanting.copied()));
        }
    }

    /// Notes that the current task uses the lock, whether or not it acquires it.
    #[inline(always)]
    pub(crate) fn used(&self) {
        self.origin.last_run.note(|| match self.origin.class.name {
            Some(_) => self.origin.describe(),
            None => format!("a lock {}", self.origin.describe()),
        });
    }

    /// Notes that the current thread starts to wait for the lock.
    #[track_caller]
    pub(super) fn waiting_in<'a>(
        &self,
        operation: Operation,
        awaited: &'a dyn EndedBy,
        kind: Kind,
    ) -> Waiting<'a> {
        self.used();
        let info = WaitInfo {
            operation,
            lock: self.origin.class.name,
            holder: self.holder.load(Ordering::Relaxed).try_into().ok(),
            place: Location::caller(),
            instance: Some((self.key(), self.created())),
            object: None,
        };
        waits::note(info, Some(awaited), kind)
    }

    /// Whether there is a holder.
    pub(super) fn is_held(&self) -> bool {
        self.holder.load(Ordering::Relaxed) != 0
    }

    /// The task that holds the lock, unless it is free or about to change hands.
    pub(super) fn ender(&self) -> Option<Ender> {
        let task = self.holder.load(Ordering::Relaxed).try_into().ok()?;
        Some(Ender {
            task,
            native: (self.record.get().map(Record::native)).filter(|native| *native != 0),
            since: self.place(),
        })
    }

    /// # Panics
    ///
    /// If the `holder` of the lock is a task that this one interrupts on the same thread. That task does not go
    /// on before this one ends, so this one would wait for ever. The same applies if it is a task that has ended on
    /// this thread: its guard is still there, and no other thread can release it.
    #[cold]
    #[track_caller]
    pub(crate) fn refuse_if_held_below(&self, holder: Option<TaskId>) {
        // What the task holds itself was refused before.
        let Some(holder) = holder.filter(|holder| *holder != backend::task_id()) else {
            return;
        };
        if self.is_left_behind(holder) {
            refuse(&format!(
                "thread {} acquires {}, held{} by a task that ran on the same thread and has ended without \
                 releasing it: drop the guard in the task that made it",
                thread_name(),
                self.describe_as_lock(),
                self.since(),
            ));
        }
        if !identity::runs_here(holder) {
            return;
        }
        refuse(&format!(
            "task on {} acquires {}, held{} by {}, which waits for this very task: release the \
             lock before waiting for a task that needs it",
            thread_name(),
            self.describe_as_lock(),
            self.since(),
            name_of(holder),
        ));
    }

    /// Whether the lock is held by that task, which ran on this thread and has ended.
    ///
    /// If that task ran here, its actions are in the order of this thread. So this finds the task as the holder only if
    /// its guard was not dropped. Nothing else runs on this thread meanwhile, so the record is not that of a later
    /// holder.
    fn is_left_behind(&self, holder: TaskId) -> bool {
        // Acquire: the record is not older than the holder.
        self.holder.load(Ordering::Acquire) == holder.get()
            && self
                .record
                .get()
                .zip(holds::known())
                .is_some_and(|(its, mine)| ptr::eq(its, mine))
            && !identity::runs_here(holder)
            && identity::find(holder).is_none()
    }

    #[cold]
    #[track_caller]
    fn report_self_deadlock(&self, side: Option<Side>, advice: &str) {
        let lock = self.describe_as_lock();
        let acquires = match side {
            Some(side) => side.acquires(&lock),
            None => format!("acquires {lock}"),
        };
        refuse(&format!(
            "thread {} {acquires}{}, which it already holds{}; {advice}",
            thread_name(),
            method::in_words(method::take()),
            self.since(),
        ));
    }

    /// Where the holder acquired the lock, as a part of a sentence; empty in the other form.
    pub(crate) fn since(&self) -> String {
        let method = method::in_words(self.method());
        match self.place() {
            Some(place) => format!("{method} since {place}"),
            None => method,
        }
    }

    /// The method for which the holder acquired it, or the last one if there is none.
    fn method(&self) -> Option<Method> {
        self.method.at(self.place()?)
    }

    /// Notes that the current task has acquired the lock by a form that does not wait, or not longer than its limit.
    #[track_caller]
    pub(crate) fn acquired(&self) {
        self.note(Form::Tries, Location::caller(), events::now());
    }

    /// Notes that the current task has acquired the lock by a form that would have waited without a limit.
    #[track_caller]
    pub(crate) fn acquired_at_once(&self) {
        match backend::is_fast() {
            true => self.note_fast(Location::caller()),
            false => self.note(Form::Waits, Location::caller(), events::now()),
        }
    }

    /// Notes where the current task began the wait for which it gave up the lock, which it has acquired again.
    #[track_caller]
    pub(crate) fn reacquired(&self) {
        let place = Location::caller();
        self.hold(place, holds::known());
        events::reacquired(self.key(), place);
    }

    /// As [`note`](Self::note), of a lock without sides by a form that waits without a limit, where locks take their
    /// fast path.
    #[inline(always)]
    fn note_fast(&self, place: &'static Location<'static>) {
        // Acquire: the class was set before.
        let number = self.origin.number.load(Ordering::Acquire);
        if is_number(number)
            && let Some(mine) =
                events::acquired_alone(self.key(), number, &self.origin.shared, place)
        {
            self.record.set(mine);
            // Release: a thread that reads the holder sees its record.
            self.holder
                .store(backend::task_id().get(), Ordering::Release);
            self.place.set(place);
        } else {
            self.note(Form::Waits, place, 0);
        }
    }

    /// Notes that the current task has acquired the lock, at that time.
    fn note(&self, form: Form, place: &'static Location<'static>, since: u64) {
        // Without a time nothing is recorded.
        if since > 0 {
            self.hands_over(|| self.place());
        }
        let record = self.tell_acquired(None, form, place, since);
        self.hold(place, record);
    }

    /// Notes that the current task, on the thread with that record, is the holder.
    #[inline(always)]
    pub(super) fn hold(&self, place: &'static Location<'static>, record: Option<&'static Record>) {
        self.record.put(record);
        // Release: a thread that reads the holder sees its record.
        self.holder
            .store(backend::task_id().get(), Ordering::Release);
        self.place.set(place);
        if let Some(record) = record
            && let Some(method) = record.method()
        {
            self.method.set(method, place);
        }
    }

    /// Notes, where locks take their fast path, that the current task is about to release the lock. `false` if they do
    /// not take it.
    #[inline(always)]
    pub(crate) fn released_fast(&self) -> bool {
        if !backend::is_fast() {
            return false;
        }
        self.let_go();
        if let Some(mine) = self.record.get() {
            mine.remove(self.key(), None);
        }
        true
    }

    /// The current task releases the lock by `unlock`.
    pub(crate) fn release(&self, unlock: impl FnOnce()) {
        self.let_go();
        events::releases(self.record.get(), self.key(), None, unlock);
    }

    /// Notes that there is no holder.
    #[inline(always)]
    pub(super) fn let_go(&self) {
        self.holder.store(0, Ordering::Relaxed);
    }

    /// Where the lock was made.
    pub(super) fn created(&self) -> &'static Location<'static> {
        self.origin.class.created
    }

    /// What to call the lock in messages: its name and where it was made.
    pub(super) fn describe(&self) -> String {
        self.origin.describe()
    }

    /// The same, where nothing else says that it is a lock.
    pub(super) fn describe_in_sentence(&self) -> String {
        match self.origin.class.name {
            Some(_) => self.describe(),
            None => format!("the lock {}", self.describe()),
        }
    }

    /// The same, with the word `lock` in any case.
    pub(super) fn describe_as_lock(&self) -> String {
        match self.origin.class.name {
            Some(_) => format!("lock {}", self.describe()),
            None => self.describe_in_sentence(),
        }
    }

    /// The same as `describe`; `None` in the other form.
    pub(crate) fn label(&self) -> Option<String> {
        Some(self.describe())
    }

    /// Where the holder acquired it, or the last one if there is none.
    pub(super) fn place(&self) -> Option<&'static Location<'static>> {
        self.place.get()
    }

    /// Adds the name, and the holder.
    pub(crate) fn debug_fields(&self, fields: &mut fmt::DebugStruct<'_, '_>) {
        if let Some(name) = self.origin.class.name {
            fields.field("name", &name);
        }
        let Ok(holder) = self.holder.load(Ordering::Relaxed).try_into() else {
            return;
        };
        match identity::find(holder) {
            Some(thread) => fields.field("held_by", &thread.name()),
            None => fields.field("held_by", &holder),
        };
        if let Some(place) = self.place() {
            fields.field("since", &format_args!("{place}"));
        }
    }
}

impl EndedBy for LockTag {
    fn enders(&self) -> Enders {
        match self.ender() {
            Some(holder) => Enders::All(vec![holder]),
            None => Enders::Over,
        }
    }

    fn culprit(&self) -> Option<&'static Location<'static>> {
        self.place()
    }

    fn describe(&self) -> Option<String> {
        Some(self.describe_in_sentence())
    }
}

/// What a task should do that holds a lock already, and wants it again. Where the attributes of two functions acquire
/// it, no guard can be released before.
pub(super) fn advise(
    fact: &str,
    advice: &str,
    holder: Option<&str>,
    wanting: Option<&str>,
) -> String {
    match (holder, wanting) {
        (Some(holder), Some(_)) => format!(
            "{fact}: let `{holder}` call a function without `#[synchronized]`, and pass on what the guard gives"
        ),
        _ => format!(
            "{fact}: {advice}. A guard made in the head of a `match` or `if let` lives to its end"
        ),
    }
}

/// What to call the current thread in reports.
pub(super) fn thread_name() -> String {
    let name = identity::current().map(|identity| identity.name().to_string());
    match name.or_else(backend::current_os_name) {
        Some(name) => format!("`{name}`"),
        None => name_of(backend::task_id()),
    }
}

/// What to call a thread or a task in reports: its number, if it has no name that is known here.
fn name_of(task: TaskId) -> String {
    match identity::find(task) {
        Some(identity) => format!("`{}`", identity.name()),
        None => format!("number {task}"),
    }
}
