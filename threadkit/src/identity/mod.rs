//! Who is who: ids and names of threads, and the registry of those that live.
//!
//! Nothing here uses an instrumented lock: what looks at locks and threads asks here who they are.

mod current;
mod name;
mod registry;
mod test_run;

use core::any::Any;
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::panic::RefUnwindSafe;
use std::sync::Arc;

use self::name::is_default_name;
use crate::backend::{self, QuietMutex, TaskId};

pub(crate) use self::current::{NestedIdentity, adopt, current, enter, main, runs_here};
pub(crate) use self::name::{default_name, foreign_name};
pub(crate) use self::registry::{alive, find, register};
pub(crate) use self::test_run::TestRun;

/// What is known of one thread, for as long as anybody asks.
///
/// `id`, `daemon`, `started_here`, `test_run` and `companion` never change. `native_id` and `left` are written
/// once, by the thread itself. `name` is behind a lock held for one assignment.
///
/// A thread that begins and whoever renames it meanwhile see to it that the system hears of the new name: the
/// one notes `native_id` and then asks for `misnamed`, the other marks it `misnamed` and then asks for
/// `native_id`. These are sequentially consistent, so one of the two sees what the other has done.
pub(crate) struct Identity<C: ?Sized = dyn Any + Send + Sync> {
    id: TaskId,
    name: QuietMutex<Arc<str>>,
    daemon: bool,
    started_here: bool,
    test_run: TestRun,
    /// Zero until the thread runs, or for ever where the system gives no such id.
    native_id: AtomicU64,
    /// Whether the thread would begin with another name for the system than it should have.
    misnamed: AtomicBool,
    /// Whether the thread is to be listed no more.
    left: AtomicBool,
    /// What the room of threads hangs on it. In the same piece of memory, as every start pays for one.
    companion: C,
}

impl Identity {
    /// An identity for a thread that threadkit is about to start.
    ///
    /// `companion` is what the room of threads hangs on it: its stop token, its end.
    pub(crate) fn for_start(
        name: Arc<str>,
        daemon: bool,
        companion: impl Any + Send + Sync,
    ) -> Arc<Self> {
        // The system is given the plain beginning of the name, for which a long one has a better cut.
        let is_cut_badly = name.len() > backend::OS_NAME_MAX && !is_default_name(&name);
        Arc::new(Identity {
            id: backend::new_task_id(),
            name: QuietMutex::new(name),
            daemon,
            started_here: true,
            test_run: TestRun::current(),
            native_id: AtomicU64::new(0),
            misnamed: AtomicBool::new(is_cut_badly),
            left: AtomicBool::new(false),
            companion,
        })
    }

    /// An identity for the current thread, which somebody else started.
    fn for_adoption(companion: impl Any + Send + Sync) -> Arc<Self> {
        let identity: Arc<Self> = Arc::new(Identity {
            id: backend::task_id(),
            name: QuietMutex::new(foreign_name(backend::current_os_name())),
            daemon: true,
            started_here: false,
            test_run: TestRun::current(),
            native_id: AtomicU64::new(0),
            misnamed: AtomicBool::new(false),
            left: AtomicBool::new(false),
            companion,
        });
        identity.note_native_id();
        identity
    }

    /// An identity for the main thread, which need not be there to ask.
    fn for_main(companion: impl Any + Send + Sync) -> Arc<Self> {
        Arc::new(Identity {
            id: backend::MAIN_TASK,
            name: QuietMutex::new("main".into()),
            // With it the process ends; nobody waits for it, since it was not started here.
            daemon: false,
            started_here: false,
            test_run: TestRun::NONE,
            native_id: AtomicU64::new(backend::main_native_id().unwrap_or(0)),
            misnamed: AtomicBool::new(false),
            left: AtomicBool::new(false),
            companion,
        })
    }

    pub(crate) fn id(&self) -> TaskId {
        self.id
    }

    pub(crate) fn name(&self) -> Arc<str> {
        Arc::clone(&self.name.lock())
    }

    /// Renames the thread, here and for the operating system.
    pub(crate) fn rename(&self, name: Arc<str>) {
        *self.name.lock() = name;
        self.misnamed.store(true, Ordering::SeqCst);
        if backend::task_id() == self.id {
            // A nested task has no thread of its own, and its host keeps its name.
            if !current::is_nested() {
                self.tell_system(None);
            }
            return;
        }
        // The number of a thread that has ended may belong to another by now.
        let alive = registry::find(self.id).is_some();
        if let Some(native_id) = self.native_id().filter(|_| alive) {
            self.tell_system(Some(native_id));
        }
    }

    /// Tells the system the name of the thread: again, if it has another one afterwards. For whoever gave it
    /// that may have been faster, and what the system is told last is to be the last name.
    fn tell_system(&self, native_id: Option<u64>) {
        loop {
            let told = self.name();
            backend::rename(&told, native_id);
            if Arc::ptr_eq(&told, &self.name()) {
                return;
            }
        }
    }

    /// Whether the process may end while this thread runs.
    pub(crate) fn is_daemon(&self) -> bool {
        self.daemon
    }

    /// Whether threadkit started the thread, in contrast to having met it.
    pub(crate) fn is_started_here(&self) -> bool {
        self.started_here
    }

    /// Which test body the thread was started by, directly or not.
    pub(crate) fn test_run(&self) -> TestRun {
        self.test_run
    }

    pub(crate) fn native_id(&self) -> Option<u64> {
        match self.native_id.load(Ordering::SeqCst) {
            0 => None,
            id => Some(id),
        }
    }

    fn note_native_id(&self) {
        if let Some(id) = backend::native_id() {
            self.native_id.store(id, Ordering::SeqCst);
        }
    }

    /// The thread begins: it notes its native id, and tells the system its name, should that be another
    /// than it was started with.
    fn begin(&self) {
        self.note_native_id();
        if self.misnamed.load(Ordering::SeqCst) {
            self.tell_system(None);
        }
    }

    /// The thread ends, or has ended: from now on it is not listed.
    pub(crate) fn leave(&self) {
        // Relaxed: whoever has heard of the end sees it by that; for others it is a piece of news.
        self.left.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_left(&self) -> bool {
        self.left.load(Ordering::Relaxed)
    }

    pub(crate) fn companion<T: Any>(&self) -> Option<&T> {
        self.companion.downcast_ref()
    }
}

impl<C: ?Sized> Drop for Identity<C> {
    fn drop(&mut self) {
        registry::forget(self.id);
    }
}

// What changes in it, a name and a stage of life, changes by one assignment.
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
