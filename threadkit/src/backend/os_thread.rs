//! Threads of the operating system: starting, joining, naming and counting them.

use core::time::Duration;
use std::io;
use std::thread;

use super::explored::{self, TaskScope};
use super::native as system;
use super::os_builder::os_builder;

/// The most bytes that a thread's name can have for the system, without the NUL. Linux has room for 16, Apple's systems
/// for the 64 of `MAXTHREADNAMESIZE`. The others rename no thread here.
pub(crate) const OS_NAME_MAX: usize = if cfg!(target_vendor = "apple") {
    63
} else {
    15
};

/// How many threads of this process can run at once; 1 if the system does not tell.
pub(crate) fn parallelism() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// A started thread of the operating system.
pub(crate) enum OsThread {
    Free(thread::JoinHandle<()>),
    /// A thread that its scope waits for.
    Scoped,
    /// A thread that takes turns with others in an exploration, by its number there.
    Explored(usize),
}

impl OsThread {
    /// Waits until the thread is gone and its thread-locals are destroyed.
    ///
    /// Only its scope can wait for a thread of a scope, so for such a thread this does nothing.
    pub(crate) fn join(self) {
        match self {
            Self::Scoped => {}
            Self::Free(thread) => {
                // An error says that a destructor of a thread-local panicked: the body caught its own
                // panics, and the panic hook has reported this one.
                drop(thread.join());
            }
            Self::Explored(task) => Turn(Some(task)).wait_for_end(),
        }
    }

    /// Whether [`join`](Self::join) by itself waits for the end.
    pub(crate) fn join_waits(&self) -> bool {
        matches!(self, Self::Free(_))
    }

    /// Its part in an exploration.
    pub(crate) fn turn(&self) -> Turn {
        match self {
            Self::Explored(task) => Turn(Some(*task)),
            Self::Free(_) | Self::Scoped => Turn(None),
        }
    }
}

/// The part of a thread in an exploration, if there is one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn(Option<usize>);

impl Turn {
    /// No part.
    pub(crate) const NONE: Self = Self(None);

    /// Waits until the exploration does not need the thread any more.
    pub(crate) fn wait_for_end(self) {
        let Some(task) = self.0 else { return };
        match explored::here() {
            Some(current) => current.join(task),
            None => panic!("a thread of an exploration was joined from outside it"),
        }
    }
}

/// Whether the current thread takes turns with others in an exploration.
pub(crate) fn is_explored() -> bool {
    explored::here().is_some()
}

/// A scope in which threads that borrow can be started.
///
/// `std`'s scope without its second lifetime, which is not needed here.
pub(crate) trait OsScope<'scope>: Sync {
    /// As [`spawn`], for a body that lives as long as the scope.
    fn spawn(
        &'scope self,
        name: String,
        stack_size: Option<usize>,
        body: Box<dyn FnOnce() + Send + 'scope>,
    ) -> io::Result<OsThread>;
}

impl<'scope> OsScope<'scope> for thread::Scope<'scope, '_> {
    fn spawn(
        &'scope self,
        name: String,
        stack_size: Option<usize>,
        body: Box<dyn FnOnce() + Send + 'scope>,
    ) -> io::Result<OsThread> {
        if let Some(current) = explored::here() {
            return current
                .spawn_in(self, &name, stack_size, body)
                .map(OsThread::Explored);
        }
        os_builder(name, stack_size)?.spawn_scoped(self, body)?;
        Ok(OsThread::Scoped)
    }
}

impl<'scope> OsScope<'scope> for TaskScope<'scope, '_> {
    fn spawn(
        &'scope self,
        name: String,
        stack_size: Option<usize>,
        body: Box<dyn FnOnce() + Send + 'scope>,
    ) -> io::Result<OsThread> {
        match explored::here() {
            Some(current) => current
                .spawn_coroutine_in(self, &name, stack_size, body)
                .map(OsThread::Explored),
            None => panic!("a thread was started outside of the exploration in a scope of it"),
        }
    }
}

/// Runs `f`, which can start threads that borrow `data` and everything else that lives longer than this
/// call. Returns when all of them have dropped what they own.
///
/// [`std::thread::scope`] guarantees this, whatever `f` does. An exploration does not see the wait at its
/// end, so `f` first waits for each [`Turn`] to end.
pub(crate) fn scope<D: Sync, T>(
    data: &D,
    f: impl for<'scope> FnOnce(&'scope dyn OsScope<'scope>, &'scope D) -> T,
) -> T {
    if let Some(current) = explored::here()
        && current.is_coroutine()
    {
        return current.within(|scope| f(scope, data));
    }
    thread::scope(|scope| f(scope, data))
}

/// Starts a thread of the operating system that runs `body`.
///
/// # Errors
///
/// The error of the system if it has no room for another thread or refuses the stack size.
pub(crate) fn spawn(
    name: String,
    stack_size: Option<usize>,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<OsThread> {
    match explored::here() {
        Some(current) => current
            .spawn(&name, stack_size, body)
            .map(OsThread::Explored),
        None => os_builder(name, stack_size)?
            .spawn(body)
            .map(OsThread::Free),
    }
}

/// Starts a thread of the operating system that takes no part in an exploration, and that nothing waits for.
///
/// # Errors
///
/// As [`spawn`].
pub(crate) fn spawn_outside(name: &str, body: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    os_builder(name.to_owned(), None)?.spawn(body).map(drop)
}

/// Sleeps for at least `duration`.
pub(crate) fn sleep(duration: Duration) {
    match explored::here() {
        Some(current) => current.sleep(duration),
        None => thread::sleep(duration),
    }
}

/// Yields: lets another thread run on this core.
pub(crate) fn yield_now() {
    match explored::here() {
        Some(current) => current.yield_now(),
        None => thread::yield_now(),
    }
}

/// Whether the current thread is unwinding from a panic.
pub(crate) fn is_unwinding() -> bool {
    explored::is_unwinding()
}

/// The name that `std` knows the current thread by.
pub(crate) fn current_os_name() -> Option<String> {
    thread::current().name().map(str::to_owned)
}

/// The number by which the operating system knows the current thread, on systems where it can be queried.
pub(crate) fn native_id() -> Option<u64> {
    explored::native_id().or_else(system::native_id)
}

/// The number of the main thread, on systems where every thread can know it.
pub(crate) fn main_native_id() -> Option<u64> {
    system::main_native_id()
}

/// Whether the current thread is the main one of the process.
pub(super) fn is_main() -> bool {
    // The threads of an exploration are others.
    !is_explored() && system::is_main()
}

/// Tells the operating system the name of a thread that runs: the current one (`None`), or the one
/// with that native id. A failure is ignored.
pub(crate) fn rename(name: &str, native_id: Option<u64>) {
    // Coroutines have no thread of their own.
    if explored::here().is_some_and(|current| current.is_coroutine()) {
        return;
    }
    let short = os_name(name, OS_NAME_MAX);
    match native_id {
        None => system::rename_current(&short),
        Some(id) => system::rename_other(&short, id),
    }
}

/// Shortens a name to `max` bytes in the middle, so that names with different counters at the end still differ.
fn os_name(name: &str, max: usize) -> String {
    if name.len() <= max {
        return name.to_owned();
    }
    const TAIL: usize = 8;
    let head = name.floor_char_boundary(max - TAIL - 1);
    let tail = name.ceil_char_boundary(name.len() - TAIL);
    format!("{}~{}", &name[..head], &name[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_stays_whole() {
        assert_eq!(os_name("worker-10000001", 15), "worker-10000001");
        assert_eq!(os_name("", 15), "");
    }

    #[test]
    fn long_names_keep_what_tells_them_apart() {
        assert_eq!(os_name("download-worker-10000001", 15), "downlo~10000001");
        assert_eq!(os_name("download-worker-10000002", 15), "downlo~10000002");
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        for name in [
            "ääääääääääääääää",
            "aääääääääääääääää",
            "日本語日本語日本語",
            "🦀🦀🦀🦀🦀",
        ] {
            let short = os_name(name, OS_NAME_MAX);
            assert!(short.len() <= 15, "{short} has {} bytes", short.len());
        }
    }
}
