//! A thread of the system for the coroutines of an execution, where the thread that has begun it cannot run them.

use core::time::Duration;
use std::io;
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::coroutines;
use super::signal::Signal;
use crate::backend::os_builder::os_builder;
use crate::unwind::{self, Payload};

/// A thread that does one thing, in which it runs coroutines.
pub(super) struct Runner<T> {
    thread: JoinHandle<()>,
    done: Arc<Done<T>>,
}

struct Done<T> {
    result: Mutex<Option<Finished<T>>>,
    is_there: Signal,
}

struct Finished<T> {
    result: Result<T, Payload>,
    /// Whether coroutines are left that can never end.
    is_kept: bool,
}

impl<T: Send + 'static> Runner<T> {
    /// Starts one that calls `f`.
    pub(super) fn start(name: &str, f: impl FnOnce() -> T + Send + 'static) -> io::Result<Self> {
        let done = Arc::new(Done {
            result: Mutex::new(None),
            is_there: Signal::new(),
        });
        let mine = Arc::clone(&done);
        let thread = os_builder(name.to_owned(), None)?.spawn(move || {
            coroutines::begin_apart();
            let result = unwind::catch(f);
            let is_kept = coroutines::are_left();
            let finished = Finished { result, is_kept };
            *mine.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(finished);
            mine.is_there.set();
            drop(mine);
            // Their stacks may refer to thread-locals of this thread, so it never ends.
            if is_kept {
                loop {
                    thread::park();
                }
            }
        })?;
        Ok(Self { thread, done })
    }

    /// Waits for that time at most; returns whether it is done.
    pub(super) fn wait(&self, timeout: Duration) -> bool {
        self.done.is_there.wait_timeout(timeout)
    }

    /// The result of one that is done. Its panic goes on here.
    pub(super) fn result(self) -> T {
        let finished = self
            .done
            .result
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(Finished { result, is_kept }) = finished else {
            unreachable!("it is done");
        };
        if !is_kept {
            // An error says that a destructor of a thread-local panicked, which the panic hook has reported.
            drop(self.thread.join());
        }
        match result {
            Ok(result) => result,
            Err(payload) => panic::resume_unwind(payload),
        }
    }
}
