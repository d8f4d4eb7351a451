//! Identities, and the registry of live threads.

use core::any::Any;
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::panic::RefUnwindSafe;
use std::sync::{Arc, OnceLock, Weak};

use super::name::{Name, foreign_name};
use super::test_run::TestRun;
use crate::backend::{self, Access, QuietMutex, QuietMutexGuard, TaskId};
use crate::sort;
use crate::table::Table;

/// The record of one thread, for as long as anything refers to it.
///
/// `id`, `daemon`, `started_here`, `test_run` and `companion` never change. `native_id` and `left` are written
/// once, and `runs_since` is written, by the thread itself. `name` is behind a lock held for one assignment,
/// and never while memory is allocated: an allocator may ask for the name.
///
/// A thread that begins notes its `native_id` and then looks at `misnamed`; a thread that renames it at the
/// same time sets `misnamed` and then looks for the `native_id`. All four are sequentially consistent, so one
/// of the two tells the system the new name.
pub(crate) struct Identity<C: ?Sized = dyn Any + Send + Sync> {
    id: TaskId,
    name: QuietMutex<Name>,
    daemon: bool,
    started_here: bool,
    test_run: TestRun,
    /// Zero until the thread runs, or for ever where the system gives no such id.
    native_id: AtomicU64,
    /// Whether the system has another name for the thread when it begins, so that the thread must correct it.
    misnamed: AtomicBool,
    /// Whether the thread is off the list.
    left: AtomicBool,
    /// When the task began, or went on after a wait, by the clock of those who note waits; zero if they do not.
    runs_since: AtomicU64,
    /// Data of the room of threads. It is in the same allocation, because every start pays for an allocation.
    companion: C,
}

impl Identity {
    /// An identity for a thread that threadkit is about to start.
    ///
    /// `companion` holds the data of the room of threads: the stop token and the end.
    pub(crate) fn for_start(
        name: Name,
        daemon: bool,
        companion: impl Any + Send + Sync,
    ) -> Arc<Self> {
        // The system is given the beginning of the name. A long name is better cut in the middle, except for one whose
        // number comes first.
        let is_cut_badly = matches!(&name, Name::Given(name) if name.len() > backend::OS_NAME_MAX);
        Arc::new(Identity {
            id: backend::new_task_id(),
            name: QuietMutex::new(name),
            daemon,
            started_here: true,
            test_run: TestRun::current(),
            native_id: AtomicU64::new(0),
            misnamed: AtomicBool::new(is_cut_badly),
            left: AtomicBool::new(false),
            runs_since: AtomicU64::new(0),
            companion,
        })
    }

    /// An identity for the current thread, which threadkit did not start.
    pub(super) fn for_adoption() -> Arc<Self> {
        Arc::new(Identity {
            id: backend::task_id(),
            name: QuietMutex::new(Name::Given(foreign_name(backend::current_os_name()))),
            daemon: true,
            started_here: false,
            test_run: TestRun::current(),
            native_id: AtomicU64::new(0),
            misnamed: AtomicBool::new(false),
            left: AtomicBool::new(false),
            runs_since: AtomicU64::new(0),
            companion: LateCompanion::default(),
        })
    }

    /// An identity for the main thread, made on any thread.
    pub(super) fn for_main() -> Arc<Self> {
        Arc::new(Identity {
            id: backend::MAIN_TASK,
            name: QuietMutex::new(Name::Given("main".into())),
            // The process ends with it. No guard waits for it, because it was not started here.
            daemon: false,
            started_here: false,
            test_run: TestRun::NONE,
            native_id: AtomicU64::new(backend::main_native_id().unwrap_or(0)),
            misnamed: AtomicBool::new(false),
            left: AtomicBool::new(false),
            runs_since: AtomicU64::new(0),
            companion: LateCompanion::default(),
        })
    }

    pub(crate) fn id(&self) -> TaskId {
        self.id
    }

    pub(crate) fn name(&self) -> Arc<str> {
        let name = self.name.lock().clone();
        self.as_text(name)
    }

    /// The same, if its lock can be acquired within that time.
    pub(crate) fn name_within(&self, patience: Duration) -> Option<Arc<str>> {
        let name = self.name.try_lock_for(patience)?.clone();
        Some(self.as_text(name))
    }

    /// The text of the name that this has, which is kept if it is a new one.
    fn as_text(&self, name: Name) -> Arc<str> {
        let new: Arc<str> = match name {
            Name::Given(name) => return name,
            Name::Default { .. } => name.text().into(),
        };
        let mut name = self.name.lock();
        match &*name {
            // Another thread has made the text, or has renamed this one.
            Name::Given(name) => Arc::clone(name),
            Name::Default { .. } => {
                *name = Name::Given(Arc::clone(&new));
                drop(name);
                new
            }
        }
    }

    /// Sets the name; the system still has to be notified.
    pub(super) fn set_name(&self, name: Arc<str>) {
        let name = Name::Given(name);
        let _old = core::mem::replace(&mut *self.name.lock(), name);
        self.misnamed.store(true, Ordering::SeqCst);
    }

    /// Whether the system may have another name for the thread.
    pub(super) fn is_misnamed(&self) -> bool {
        self.misnamed.load(Ordering::SeqCst)
    }

    /// Whether the process may end while this thread runs.
    pub(crate) fn is_daemon(&self) -> bool {
        self.daemon
    }

    /// Whether threadkit started the thread and did not adopt it.
    pub(crate) fn is_started_here(&self) -> bool {
        self.started_here
    }

    /// The test body that started the thread, directly or not.
    pub(crate) fn test_run(&self) -> TestRun {
        self.test_run
    }

    pub(crate) fn native_id(&self) -> Option<u64> {
        match self.native_id.load(Ordering::SeqCst) {
            0 => None,
            id => Some(id),
        }
    }

    pub(super) fn note_native_id(&self) {
        if let Some(id) = backend::native_id() {
            self.native_id.store(id, Ordering::SeqCst);
        }
    }

    /// Notes that the task runs from that moment on.
    pub(super) fn note_running(&self, since: u64) {
        // Relaxed, here and below: a dump may be a little late.
        self.runs_since.store(since, Ordering::Relaxed);
    }

    /// When the task began, or went on after a wait, by the clock of those who note waits.
    pub(crate) fn runs_since(&self) -> Option<u64> {
        match self.runs_since.load(Ordering::Relaxed) {
            0 => None,
            since => Some(since),
        }
    }

    /// The thread ends or has ended: it is not listed from now on.
    pub(crate) fn leave(&self) {
        // Relaxed: the event that publishes the end orders it; without that the list may be out of date.
        self.left.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_left(&self) -> bool {
        backend::also_uses(Access::ANY);
        self.left.load(Ordering::Relaxed)
    }

    /// The companion, if it has that type. One that is not made yet is made.
    pub(crate) fn companion<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Option<&T> {
        if let Some(companion) = self.companion.downcast_ref() {
            return Some(companion);
        }
        let late: &LateCompanion = self.companion.downcast_ref()?;
        late.0.get_or_init(|| Box::new(make())).downcast_ref()
    }
}

impl<C: ?Sized> Drop for Identity<C> {
    fn drop(&mut self) {
        shard(self.id).lock().remove(self.id);
    }
}

// Everything that changes in it changes by one assignment.
impl RefUnwindSafe for Identity {}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("id", &self.id)
            .field("name", &self.name())
            .field("daemon", &self.daemon)
            .finish_non_exhaustive()
    }
}

/// The companion of a thread that threadkit did not start: made when it is first needed.
#[derive(Default)]
struct LateCompanion(OnceLock<Box<dyn Any + Send + Sync>>);

/// More shards than threads that start at one moment, so that starts do not wait for each other.
const SHARDS: usize = 16;

/// By id; the ids of new threads are the greatest.
type Shard<I> = QuietMutex<Table<TaskId, I>>;

type KnownGuard = QuietMutexGuard<'static, Table<TaskId, Weak<Identity>>>;

const fn empty<I>() -> Shard<I> {
    QuietMutex::new(Table::new())
}

/// Every thread that is known, in the shard that its id selects.
///
/// A thread is in here from just before it starts, or from its adoption, until its identity is dropped; it is
/// listed for as long as it has not [left](Identity::leave). The last owner of an identity takes it out. That
/// is mostly the thread that joins, which has the map in its cache. Each shard is locked for one map
/// operation; only [`alive`] locks several, in their order. No identity is dropped while a shard is locked,
/// because dropping one locks its shard.
static KNOWN: [Shard<Weak<Identity>>; SHARDS] = [const { empty() }; SHARDS];

fn shard(id: TaskId) -> &'static Shard<Weak<Identity>> {
    &KNOWN[id.get() as usize % SHARDS]
}

pub(crate) fn register(identity: &Arc<Identity>) {
    shard(identity.id())
        .lock()
        .insert(identity.id(), Arc::downgrade(identity));
}

/// Takes a thread that never ends off the list, as if it had ended.
pub(crate) fn forget(identity: &Identity) {
    let _other_owners_are_left = shard(identity.id()).lock().remove(identity.id());
}

/// Nested tasks, on threads that have an identity of their own: they are found by their ids and not listed
/// as threads. There are few of them, so one map is enough.
static NESTED: Shard<(TaskId, Arc<Identity>)> = empty();

/// Registers a nested task, with the one that it interrupts.
pub(super) fn register_nested(host: TaskId, identity: &Arc<Identity>) {
    NESTED
        .lock()
        .insert(identity.id(), (host, Arc::clone(identity)));
}

/// The tasks that are interrupted, each with the one that interrupts it, if the list can be locked within that time.
#[cfg_attr(
    not(any(debug_assertions, feature = "inspect")),
    expect(dead_code, reason = "asked where deadlocks are looked for")
)]
pub(crate) fn interrupted(patience: Duration) -> Option<Vec<(TaskId, Arc<Identity>)>> {
    let nested = NESTED.try_lock_for(patience)?;
    Some(nested.iter().map(|(_, task)| task.clone()).collect())
}

pub(super) fn unregister_nested(id: TaskId) {
    let _gone = NESTED.lock().remove(id);
}

/// The thread with that id, also if it has left the list.
pub(super) fn known(id: TaskId) -> Option<Arc<Identity>> {
    shard(id)
        .lock()
        .get_mut(id)
        .and_then(|known| known.upgrade())
}

/// The live thread or nested task with that id.
pub(crate) fn find(id: TaskId) -> Option<Arc<Identity>> {
    backend::also_uses(Access::ANY);
    let thread = known(id).filter(|identity| !identity.has_left());
    thread.or_else(|| {
        NESTED
            .lock()
            .get_mut(id)
            .map(|(_, identity)| Arc::clone(identity))
    })
}

/// All live threads, in the order in which they got their ids.
pub(crate) fn alive() -> Vec<Arc<Identity>> {
    backend::also_uses(Access::ANY);
    let shards = KNOWN.each_ref().map(QuietMutex::lock);
    alive_in(shards)
}

/// The same, if each shard can be locked within that time.
pub(crate) fn alive_within(patience: Duration) -> Option<Vec<Arc<Identity>>> {
    let shards: Vec<_> = KNOWN
        .iter()
        .map_while(|shard| shard.try_lock_for(patience))
        .collect();
    (shards.len() == SHARDS).then(|| alive_in(shards))
}

/// The live threads in all of these shards.
///
/// All shards are locked together, so the list is a consistent snapshot: if a thread starts another and ends,
/// the list has at least one of the two. Locking one shard after the other could miss both, and a wait for the
/// last thread would end too early.
fn alive_in(shards: impl AsRef<[KnownGuard]>) -> Vec<Arc<Identity>> {
    // They are asked now, because a thread that has left by now has registered before the threads that it
    // started. They are kept until no shard is locked: this may be the last owner of one that has left.
    let (mut alive, mut left) = (Vec::new(), Vec::new());
    for shard in shards.as_ref() {
        for identity in shard.iter().filter_map(|(_, known)| known.upgrade()) {
            match identity.has_left() {
                true => left.push(identity),
                false => alive.push(identity),
            }
        }
    }
    drop(shards);
    drop(left);
    sort::by_numbers(&mut alive, |identity| (identity.id().get(), 0));
    alive
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_name_becomes_a_text_once() {
        let identity = Identity::for_start(Name::default("app::fetch"), false, ());
        let name = identity.name();
        assert!(
            name.starts_with("Thread-") && name.ends_with(" (fetch)"),
            "{name}"
        );
        assert!(Arc::ptr_eq(&name, &identity.name()));
        identity.set_name("other".into());
        assert_eq!(
            identity.name_within(Duration::MAX).as_deref(),
            Some("other")
        );
    }

    #[test]
    fn a_thread_can_be_renamed_before_its_default_name_is_a_text() {
        let identity = Identity::for_start(Name::default("app::fetch"), false, ());
        identity.set_name("other".into());
        assert_eq!(&*identity.name(), "other");
        assert_eq!(&*identity.as_text(Name::default("app::fetch")), "other");
    }
}
