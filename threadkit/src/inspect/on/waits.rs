//! What threads wait for, and which of them sleep without a limit.

use core::marker::PhantomData;
use core::panic::Location;
use core::sync::atomic::AtomicU32;
use core::time::Duration;
use std::time::Instant;

use super::detector;
use super::entries::{Entry, Sleep, forget_lifetime, native_id, try_with_waits, with, with_waits};
use super::events;
use crate::backend::explored::{Act, Object, ShownValue, Step, StepValue};
use crate::backend::{self, Site, TaskId, explored};
use crate::identity::{self, NestedIdentity};
use crate::inspect::ours::is_ours;
use crate::inspect::{EndedBy, Operation, WaitInfo};

/// What that task waits for.
pub(crate) fn wait_of(task: TaskId) -> Option<WaitInfo> {
    with(task, |entry| entry.info)
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
    /// Whether there is an entry for it.
    is_noted: bool,
    before: Option<Entry>,
    awaited: PhantomData<&'a dyn EndedBy>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.is_noted {
            return;
        }
        let ended = with_waits(self.task, |waits| match self.before.take() {
            Some(before) => waits.insert(self.task, before),
            None => waits.remove(self.task),
        });
        if let Some(ended) = ended {
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
    object: Option<Object>,
}

impl Operation {
    /// A call of this operation at the place of the caller.
    #[track_caller]
    pub(crate) const fn here(self) -> Call {
        Call {
            operation: self,
            place: Location::caller(),
            object: None,
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
            object: site.object(),
            ..self
        }
    }

    /// Notes that it has been done, with its result if that can be said in a word, for the report of an exploration.
    #[inline]
    pub(crate) fn did(self, result: impl FnOnce() -> Option<ShownValue>) {
        explored::note(|| Step {
            act: Act::Does(self.operation.name()),
            object: self.object,
            value: result().map(StepValue::Newest),
            place: Some(self.place),
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
            object: self.object,
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
    let entry = Entry {
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
        is_noted: before.is_some(),
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
    let is_noted = try_with_waits(task, |waits| {
        let entry = waits.get_mut(task);
        entry.map(|entry| entry.asleep = Some(sleep)).is_some()
    });
    let is_noted = is_noted == Some(true);
    if is_noted {
        detector::ensure();
    }
    Asleep(is_noted.then_some(task))
}

/// Ends the note of a sleep.
pub(crate) struct Asleep(Option<TaskId>);

impl Drop for Asleep {
    fn drop(&mut self) {
        if let Some(task) = self.0 {
            with_waits(task, |waits| {
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
