//! The threads of the system that run coroutines.
//!
//! A thread that explores keeps the runner of its explorations: to start one takes as long as several small runs. All
//! that the coroutines of one exploration share by being one thread, the thread-locals of std, they therefore share with
//! those of the next one. Nothing of this crate is among it: between two calls, a runner has no coroutine, no current task
//! and no values of `local!`. A runner with coroutines that can never end is not kept: they may have left a thread-local of
//! the program in use.

use core::cell::Cell;
use core::mem;
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::{io, panic, process};

use super::coroutines;
use super::signal::Signal;
use crate::backend::os_builder::os_builder;
use crate::unwind::{self, Payload};

/// A call of a function on a runner.
pub(super) struct Call<T> {
    runner: Runner,
    done: Arc<Done<T>>,
}

struct Done<T> {
    result: Mutex<Option<Result<T, Payload>>>,
    is_there: Signal,
}

/// A thread that does one thing after another, in which it runs coroutines.
struct Runner {
    thread: JoinHandle<()>,
    shared: Arc<Shared>,
    /// The process in which the thread is; a child of that has none.
    process: u32,
}

struct Shared {
    next: Mutex<Next>,
    is_there: Signal,
    /// Changed by the runner before a call is done, and read by others after it.
    after: Mutex<After>,
}

enum Next {
    Wait,
    Do(Box<dyn FnOnce() + Send>),
    End,
}

/// What calls have left in a runner.
#[derive(Clone, Copy, Default)]
struct After {
    /// Coroutines that can never end. Their stacks may refer to thread-locals of the runner, so it never ends.
    coroutines: bool,
    /// What cannot be undone: it counts as unwinding for std, because a coroutine was left in the middle of that.
    panic: bool,
}

/// The runner that a thread keeps; `None` once it is taken out. It ends when this is dropped.
struct Kept(Option<Runner>);

thread_local! {
    static KEPT: Cell<Option<Kept>> = const { Cell::new(None) };
}

impl<T: Send + 'static> Call<T> {
    /// Calls `f` on a runner that this thread keeps, or on a new one with that name.
    pub(super) fn begin(name: &str, f: impl FnOnce() -> T + Send + 'static) -> io::Result<Self> {
        let runner = match Kept::take() {
            Some(runner) => runner,
            None => Runner::start(name)?,
        };
        let done = Arc::new(Done {
            result: Mutex::new(None),
            is_there: Signal::new(),
        });
        let (mine, shared) = (Arc::clone(&done), Arc::clone(&runner.shared));
        runner.shared.give(Next::Do(Box::new(move || {
            let result = unwind::catch(f);
            {
                let mut after = shared.after.lock().unwrap_or_else(PoisonError::into_inner);
                after.coroutines |= coroutines::are_left();
                after.panic |= thread::panicking();
            }
            *mine.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            mine.is_there.set();
        })));
        Ok(Self { runner, done })
    }

    /// Waits for that time at most; returns whether it is done.
    pub(super) fn wait(&self, timeout: Duration) -> bool {
        self.done.is_there.wait_timeout(timeout)
    }

    /// The result of one that is done. Its panic goes on here.
    pub(super) fn result(self) -> T {
        let Self { runner, done } = self;
        let mut result = done.result.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(result) = result.take() else {
            unreachable!("it is done");
        };
        match result {
            Ok(result) => {
                runner.keep();
                result
            }
            Err(payload) => {
                runner.end();
                panic::resume_unwind(payload)
            }
        }
    }
}

impl Runner {
    fn start(name: &str) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            next: Mutex::new(Next::Wait),
            is_there: Signal::new(),
            after: Mutex::default(),
        });
        let mine = Arc::clone(&shared);
        let thread = os_builder(name, None)?.spawn(move || {
            loop {
                mine.is_there.wait();
                match mine.replace(Next::Wait) {
                    Next::Wait => {}
                    Next::Do(f) => f(),
                    Next::End if mine.after().coroutines => loop {
                        thread::park();
                    },
                    Next::End => return,
                }
            }
        })?;
        Ok(Self {
            thread,
            shared,
            process: process::id(),
        })
    }

    /// Whether it is a thread of this process, and not of the one from which this was forked.
    fn is_here(&self) -> bool {
        self.process == process::id()
    }

    /// Keeps it for the next call of this thread.
    fn keep(self) {
        let after = self.shared.after();
        if after.panic || after.coroutines {
            return self.end();
        }
        let kept = Kept(Some(self));
        // The one before ends. So does this one if the thread-locals of this thread are being destroyed.
        drop(KEPT.try_with(|all| all.replace(Some(kept))));
    }

    /// Ends it when it has done all that it was given, and waits for that if it can end.
    fn end(self) {
        if !self.is_here() {
            return;
        }
        let never_ends = self.shared.after().coroutines;
        self.shared.give(Next::End);
        if !never_ends {
            // An error says that a destructor of a thread-local panicked, which the panic hook has reported.
            drop(self.thread.join());
        }
    }
}

impl Shared {
    fn give(&self, next: Next) {
        self.replace(next);
        self.is_there.set();
    }

    fn replace(&self, next: Next) -> Next {
        mem::replace(
            &mut *self.next.lock().unwrap_or_else(PoisonError::into_inner),
            next,
        )
    }

    fn after(&self) -> After {
        *self.after.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Takes out the runner of this thread, if there is one.
    fn take() -> Option<Runner> {
        let kept = KEPT.try_with(Cell::take).ok().flatten();
        kept?.0.take().filter(Runner::is_here)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(runner) = self.0.take() {
            runner.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
        let call = Call::begin("runner", f).unwrap();
        assert!(call.wait(Duration::from_secs(60)));
        call.result()
    }

    fn id() -> thread::ThreadId {
        thread::current().id()
    }

    #[test]
    fn a_thread_keeps_its_runner() {
        let runner = call(id);
        assert_ne!(runner, id());
        assert_eq!(call(id), runner);
        let other = thread::spawn(|| call(id));
        assert_ne!(other.join().unwrap(), runner);
    }

    #[test]
    fn a_runner_ends_with_its_thread_or_with_a_panic() {
        struct Ends(std::sync::mpsc::Sender<()>);
        impl Drop for Ends {
            fn drop(&mut self) {
                let _ = self.0.send(());
            }
        }
        thread_local! {
            static ENDS: Cell<Option<Ends>> = const { Cell::new(None) };
        }
        let (sender, ended) = std::sync::mpsc::channel();
        let other = sender.clone();
        thread::spawn(move || call(move || ENDS.set(Some(Ends(other)))))
            .join()
            .unwrap();
        assert!(ended.recv_timeout(Duration::from_secs(60)).is_ok());
        let panics = move || {
            ENDS.set(Some(Ends(sender)));
            panic!("on purpose");
        };
        assert!(unwind::catch(|| call(panics)).is_err());
        assert!(ended.try_recv().is_ok(), "it was waited for");
    }

    #[test]
    #[cfg(all(unix, any(target_arch = "x86_64", target_arch = "aarch64")))]
    fn a_runner_with_a_coroutine_that_never_ends_is_not_kept() {
        let leaves = || {
            coroutines::add(0, None, Box::new(coroutines::suspend)).unwrap();
            coroutines::resume(0);
            id()
        };
        let runner = call(leaves);
        let clean = call(id);
        assert_ne!(clean, runner);
        assert_eq!(call(id), clean);
    }
}
