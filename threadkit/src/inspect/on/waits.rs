//! What threads wait for, and which of them sleep without a limit.

use core::marker::PhantomData;
use core::panic::Location;
use core::sync::atomic::AtomicU32;
use core::time::Duration;
use std::time::Instant;

use super::detector;
use super::entries::{
    Entry, Sleep, forget_lifetime, info_of, native_id, try_with_waits, with_waits_since,
};
use super::events;
use super::forked::Era;
use crate::backend::explored::{Act, ShownValue, Step, StepValue, Subject};
use crate::backend::{self, Site, TaskId, explored};
use crate::identity::{self, NestedIdentity};
use crate::inspect::ours::is_ours;
use crate::inspect::{EndedBy, Operation, WaitInfo};

/// What that task waits for.
pub(crate) fn wait_of(task: TaskId) -> Option<WaitInfo> {
    info_of(task)
}

/// What to call a thread in reports: its name, and what it waits for if it does.
pub(crate) fn describe(thread: &identity::Identity) -> String {
    match wait_of(thread.id()) {
        Some(wait) => format!("`{}` ({wait})", thread.name()),
        None => format!("`{}`", thread.name()),
    }
}

/// What a wait is.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// The thread may continue by itself, or notes its sleeps by [`asleep`].
    Awake,
    /// The same, and the thread wants to write the lock with that address.
    AwakeToWrite(usize),
    /// The thread sleeps all the time, until the other tasks let it continue.
    Asleep,
    /// The same, and it wants to write the lock with that address.
    AsleepToWrite(usize),
}

/// Ends the note of a wait.
pub(crate) struct Waiting<'a> {
    task: TaskId,
    pub(super) place: &'static Location<'static>,
    /// The era of the entry for it, if there is one.
    noted: Option<Era>,
    before: Option<Entry>,
    awaited: PhantomData<&'a dyn EndedBy>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Some(era) = self.noted else {
            return;
        };
        let ended = with_waits_since(era, self.task, |waits| match self.before.take() {
            Some(before) => waits.insert(self.task, before),
            None => waits.remove(self.task),
        });
        if let Some(ended) = ended.flatten() {
            events::wait_ends(self.task, &ended.info);
        }
    }
}

/// The call of an operation: which one, and where.
///
/// It is made where the user's call is known, for waits that begin where it is not: in iterators, drops and threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    operation: Operation,
    place: &'static Location<'static>,
    about: Option<Subject>,
}

impl Operation {
    /// A call of this operation at the place of the caller.
    #[track_caller]
    pub(crate) const fn here(self) -> Call {
        Call {
            operation: self,
            place: Location::caller(),
            about: None,
        }
    }
}

impl Call {
    /// Another operation of the same caller.
    pub(crate) fn of(self, operation: Operation) -> Self {
        Self { operation, ..self }
    }

    /// The same call, of that object.
    #[inline]
    pub(crate) fn on(self, site: &Site) -> Self {
        Self {
            about: site.object().map(Subject::Object),
            ..self
        }
    }

    /// The same call, of the thread that has that task.
    #[inline]
    pub(crate) fn on_thread(self, task: TaskId) -> Self {
        Self {
            about: Some(Subject::Thread(task)),
            ..self
        }
    }

    /// The site of an object that the call makes. `kind` is as in [`Site::new`].
    pub(crate) fn makes(self, kind: &'static str) -> Site {
        Site::made_at(kind, self.place)
    }

    /// Notes that it has been done, with its result if that can be said in a word, for the report of an exploration.
    #[inline]
    pub(crate) fn did(self, result: impl FnOnce() -> Option<ShownValue>) {
        explored::note(|| Step {
            about: self.about,
            value: result().map(StepValue::Newest),
            place: Some(self.place),
            ..Step::new(Act::Does(self.operation.name()))
        });
    }

    /// As [`waiting`], in this call.
    pub(crate) fn waiting(self) -> Waiting<'static> {
        note(self.info(), None, Kind::Awake)
    }

    /// As [`waiting_for`], in this call.
    pub(crate) fn waiting_for<'a>(self, awaited: &'a dyn EndedBy) -> Waiting<'a> {
        note(self.info(), Some(awaited), Kind::Awake)
    }

    pub(super) fn place(self) -> &'static Location<'static> {
        self.place
    }

    fn info(self) -> WaitInfo {
        WaitInfo {
            operation: self.operation,
            lock: None,
            holder: None,
            place: self.place,
            instance: None,
            about: self.about,
        }
    }
}

/// Notes that the current thread starts to wait, until the result is dropped. Any thread may end the wait.
#[track_caller]
pub(crate) fn waiting(operation: Operation) -> Waiting<'static> {
    operation.here().waiting()
}

/// As [`waiting`], for a wait that only `awaited` ends, or a limit.
#[track_caller]
pub(crate) fn waiting_for<'a>(operation: Operation, awaited: &'a dyn EndedBy) -> Waiting<'a> {
    operation.here().waiting_for(awaited)
}

/// Notes a wait. The result is dropped, and not leaked, before `awaited` is gone.
pub(super) fn note<'a>(
    mut info: WaitInfo,
    awaited: Option<&'a dyn EndedBy>,
    kind: Kind,
) -> Waiting<'a> {
    let task = backend::task_id();
    // A thread that threadkit did not start is listed from its first wait on.
    if !identity::is_known() && explored::here().is_none() {
        identity::adopt();
    }
    // A wait inside of another one, such as for the lock of a condition, has no other place in the program.
    if is_ours(info.place)
        && let Some(outer) = wait_of(task)
    {
        info.place = outer.place;
    }
    events::wait_begins(task, &info, awaited);
    let place = info.place;
    let is_asleep = matches!(kind, Kind::Asleep | Kind::AsleepToWrite(_));
    let asleep = (is_asleep && explored::here().is_none()).then(|| Sleep::new(None, false));
    let is_watched = asleep.is_some();
    let era = Era::of_note();
    let entry = Entry {
        era,
        info,
        thread: NestedIdentity::undermost(),
        native: native_id(),
        writes: match kind {
            Kind::AwakeToWrite(lock) | Kind::AsleepToWrite(lock) => Some(lock),
            Kind::Awake | Kind::Asleep => None,
        },
        awaited: awaited.map(forget_lifetime),
        asleep,
        began: Instant::now(),
    };
    let before = try_with_waits(task, |waits| waits.insert(task, entry));
    if is_watched {
        detector::ensure();
    }
    Waiting {
        task,
        place,
        noted: before.is_some().then_some(era),
        before: before.flatten(),
        awaited: PhantomData,
    }
}

/// Notes that the current thread, in the wait that it has noted, sleeps until one of the bits `decided` is set in
/// `word`.
///
/// The result is dropped, and not leaked, before `word` is gone. A sleep with a time limit is not noted: such a thread
/// goes on by itself.
pub(crate) fn asleep(word: &AtomicU32, decided: u32, is_limited: bool, has_token: bool) -> Asleep {
    events::awaits(word);
    if is_limited || explored::here().is_some() {
        return Asleep(None);
    }
    let task = backend::task_id();
    let sleep = Sleep::new(Some((word, decided)), has_token);
    let era = try_with_waits(task, |waits| {
        let entry = waits.get_mut(task)?;
        entry.asleep = Some(sleep);
        Some(entry.era)
    });
    let era = era.flatten();
    if era.is_some() {
        detector::ensure();
    }
    Asleep(era.map(|era| (era, task)))
}

/// Ends the note of a sleep, in the entry of that era.
pub(crate) struct Asleep(Option<(Era, TaskId)>);

impl Drop for Asleep {
    fn drop(&mut self) {
        if let Some((era, task)) = self.0 {
            with_waits_since(era, task, |waits| {
                if let Some(entry) = waits.get_mut(task) {
                    entry.asleep = None;
                }
            });
        }
    }
}

/// How long an exit waits before it reports for which threads.
///
/// `None` in an exploration, whose clock goes on as the scheduler chooses.
pub(crate) fn report_delay() -> Option<Duration> {
    explored::here().is_none().then_some(Duration::from_secs(5))
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::super::entries;
    use super::*;
    use crate::inspect::EndOf;

    const LONG: Duration = Duration::from_secs(30);

    /// Whether a child that is made here ends by itself, and `f` holds in it.
    fn holds_in_a_child(f: impl FnOnce() -> bool) -> bool {
        // SAFETY: the child uses only what is tested, allocates, which the system's allocator allows after a `fork`,
        // and ends without destructors.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let status = i32::from(!f());
            // SAFETY: it can be called at any time.
            unsafe { libc::_exit(status) }
        }
        assert!(child > 0, "the system makes a child");
        let begun = Instant::now();
        loop {
            let mut status = 0;
            // SAFETY: `status` is there for the call.
            if unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } == child {
                return status == 0;
            }
            if begun.elapsed() > LONG {
                // SAFETY: it is a child of this process that was not waited for.
                unsafe { libc::kill(child, libc::SIGKILL) };
                // SAFETY: as above.
                unsafe { libc::waitpid(child, &raw mut status, 0) };
                return false;
            }
            thread::yield_now();
        }
    }

    /// Another thread of the parent holds the lock of the entries, as far as the child can see for ever.
    #[test]
    fn a_wait_ends_in_a_child_that_was_made_during_it() {
        let me = backend::task_id();
        let awaited = EndOf(me);
        let mut outer = Some(waiting_for(Operation::SLEEP, &awaited));
        let mut inner = Some(waiting(Operation::SCOPE));
        let (tells, told) = mpsc::channel();
        let (holds, held) = mpsc::channel();
        thread::scope(|scope| {
            // Both go on when these ends are dropped.
            let (waiter_goes_on, waiter) = mpsc::channel::<()>();
            let (holder_goes_on, holder) = mpsc::channel::<()>();
            scope.spawn(move || {
                let _waiting = waiting(Operation::SLEEP);
                tells.send(backend::task_id()).unwrap();
                let _ = waiter.recv_timeout(2 * LONG);
            });
            let other = told.recv_timeout(LONG).unwrap();
            assert!(entries::with(other, |_| ()).is_some());
            scope.spawn(move || {
                let locked = try_with_waits(me, |_| {
                    holds.send(()).unwrap();
                    let _ = holder.recv_timeout(2 * LONG);
                });
                locked.expect("nothing has forked");
            });
            held.recv_timeout(LONG).unwrap();
            let is_well = holds_in_a_child(|| {
                inner = None;
                outer = None;
                // A wait of the parent is passed over: what it is for may be gone here.
                entries::with(other, |_| ()).is_none()
            });
            drop((holder_goes_on, waiter_goes_on));
            assert!(
                is_well,
                "the child waits for a thread that it does not have"
            );
        });
        drop(inner);
        drop(outer);
    }
}
