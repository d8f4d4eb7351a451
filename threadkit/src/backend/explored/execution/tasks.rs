//! How tasks begin and end.

use core::cell::OnceCell;
use std::sync::Arc;
use std::{io, thread};

use super::turns::{Execution, ExploredTask, here, set_here};
use crate::backend::explored::Access;
use crate::backend::explored::coroutines;
use crate::backend::explored::run_state::{CONTROLLER, Status};
use crate::backend::explored::signal::Signal;
use crate::backend::explored::step::Happening;
use crate::backend::os_builder::os_builder;
use crate::local::Table;
use crate::unwind;

impl Execution {
    /// Starts a task, which runs when it gets the turn.
    pub(crate) fn spawn(
        &'static self,
        name: &str,
        stack_size: Option<usize>,
        body: impl FnOnce() + Send + 'static,
    ) -> io::Result<usize> {
        if self.has_coroutines() {
            return self.spawn_coroutine(name, stack_size, body);
        }
        let (task, main) = self.new_task(name, body);
        let os = os_builder(name.to_owned(), stack_size).and_then(|builder| builder.spawn(main));
        self.started(task, os.map(Some))
    }

    /// Starts a task that is a coroutine.
    pub(super) fn spawn_coroutine(
        &'static self,
        name: &str,
        stack_size: Option<usize>,
        body: impl FnOnce() + Send + 'static,
    ) -> io::Result<usize> {
        let task = self.add_task(name);
        let main = move || {
            let me = ExploredTask {
                execution: self,
                task,
            };
            set_here(Some(me));
            // As the first function of a thread.
            unwind::run_quietly(body);
            Table::destroy_current();
            set_here(None);
            self.end(task);
        };
        let added = coroutines::add(task, stack_size, Box::new(main));
        self.state().tasks[task].native = coroutines::native_id();
        self.started(task, added.map(|()| None))
    }

    /// Starts a task in a scope, which must not end before the task.
    ///
    /// The controller cannot join a thread of a scope, so destructors of its thread-locals may run beside the next
    /// task.
    pub(crate) fn spawn_in<'scope>(
        &'static self,
        scope: &'scope thread::Scope<'scope, '_>,
        name: &str,
        stack_size: Option<usize>,
        body: impl FnOnce() + Send + 'scope,
    ) -> io::Result<usize> {
        let (task, main) = self.new_task(name, body);
        let os = os_builder(name.to_owned(), stack_size)
            .and_then(|builder| builder.spawn_scoped(scope, main));
        self.started(task, os.map(|_| None))
    }

    /// Makes a task for a body. Returns it with the main function of its thread.
    fn new_task<'body>(
        &'static self,
        name: &str,
        body: impl FnOnce() + Send + 'body,
    ) -> (usize, impl FnOnce() + Send + 'body) {
        let task = self.add_task(name);
        let main = move || {
            ExploredTask {
                execution: self,
                task,
            }
            .begin();
            self.begin_turn(task);
            body();
        };
        (task, main)
    }

    fn add_task(&self, name: &str) -> usize {
        let mut state = self.state();
        // Tasks are numbered in the order of their starts. The first step of the task follows the start.
        state.also_uses(Access::change_at(Access::NUMBERS));
        let start = Access::change_at(end_key(state.tasks.len()));
        state.also_uses(start);
        let turn = (!self.has_coroutines()).then(|| Arc::new(Signal::new()));
        state.add_task(name, start, turn)
    }

    /// Stores the thread of that task, which is the newest, or removes the task if the system has no thread for it.
    fn started(
        &self,
        task: usize,
        os: io::Result<Option<thread::JoinHandle<()>>>,
    ) -> io::Result<usize> {
        let mut state = self.state();
        match os {
            Ok(os) => {
                state.tasks[task].os = os;
                if let Some(current) = here() {
                    state.note(Happening::Starts(current.task, task));
                }
                Ok(task)
            }
            Err(error) => {
                state.tasks.pop();
                Err(error)
            }
        }
    }

    fn end(&self, me: usize) {
        self.wake_all(end_key(me));
        let mut state = self.state();
        let next = state.end_task(me).unwrap_or(CONTROLLER);
        self.pass(state, next);
    }

    /// What a step uses that looks whether that task has ended.
    pub(crate) fn access_of_end(&self, task: usize) -> Access {
        Access::look_at(end_key(task))
    }

    /// The key under which to sleep until that task has ended; `None` if it has.
    pub(crate) fn end_key(&self, task: usize) -> Option<usize> {
        match self.state().tasks[task].status {
            Status::Ended => None,
            _ => Some(end_key(task)),
        }
    }
}

/// Ends the task of its thread when the thread destroys its last thread-local, which is this one.
///
/// Destructors of thread-locals are part of the program: they take locks, wake other threads and wait. So the task
/// takes turns in them as well. It ends when this is dropped, which was initialized first and so is dropped last.
struct EndOfTask(ExploredTask);

thread_local! {
    static END: OnceCell<EndOfTask> = const { OnceCell::new() };
}

impl ExploredTask {
    /// Makes this the task of the current thread, which has just begun.
    fn begin(self) {
        END.with(|end| {
            let _ = end.set(EndOfTask(self));
        });
        set_here(Some(self));
    }
}

impl Drop for EndOfTask {
    fn drop(&mut self) {
        set_here(None);
        self.0.execution.end(self.0.task);
    }
}

/// A key that is not an address: the last page of the address space is never used.
fn end_key(task: usize) -> usize {
    Access::END - task
}
