//! How a lock is acquired, waited for and released, as far as that is noted.

use core::panic::Location;
use core::sync::atomic::Ordering;

use super::super::class::Class;
use super::super::events;
use super::super::holds::{self, Form, Held, Record};
use super::super::waits::{self, Kind, Waiting};
use super::origin::is_number;
use super::refusal::advise;
use super::tag::LockTag;
use crate::backend::{self, Side};
use crate::inspect::{EndedBy, Operation, WaitInfo};

impl LockTag {
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
    pub(in crate::inspect::form) fn wait<G>(
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
    pub(in crate::inspect::form) fn timed<G>(
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

    /// The holders change. `culprit` is the place of the acquisitions until now.
    pub(in crate::inspect::form) fn hands_over(
        &self,
        culprit: impl FnOnce() -> Option<&'static Location<'static>>,
    ) {
        if self.contended().is_awaited() {
            events::hands_over(self.contended(), culprit());
        }
    }

    /// Notes that the current thread is about to wait for the lock without a limit.
    #[track_caller]
    pub(in crate::inspect::form) fn acquiring(&self, side: Option<Side>) {
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
    pub(in crate::inspect::form) fn tell_acquired(
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

    /// Notes that the current task uses the lock, whether or not it acquires it.
    #[inline(always)]
    pub(crate) fn used(&self) {
        self.origin.last_run.note(|| match self.origin.class.name {
            Some(_) => self.origin.describe(),
            None => format!("a lock {}", self.origin.describe()),
        });
    }

    /// Notes that the current task has tried to acquire the lock, which another task holds.
    #[cold]
    #[track_caller]
    pub(crate) fn tried(&self) {
        let (name, created) = (self.origin.class.name, self.created());
        events::tried(self.key(), Class { name, created }, Location::caller());
    }

    /// Notes that the current thread starts to wait for the lock.
    #[track_caller]
    pub(in crate::inspect::form) fn waiting_in<'a>(
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
            about: None,
        };
        waits::note(info, Some(awaited), kind)
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
    pub(in crate::inspect::form) fn hold(
        &self,
        place: &'static Location<'static>,
        record: Option<&'static Record>,
    ) {
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
    pub(in crate::inspect::form) fn let_go(&self) {
        self.holder.store(0, Ordering::Relaxed);
    }
}
