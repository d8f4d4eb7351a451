//! Scopes in which coroutines are started that borrow.

use core::marker::PhantomData;
use std::io;

use parking_lot::Mutex;

use super::turns::Execution;

/// A scope in which tasks that borrow can be started as coroutines. Only [`Execution::within`] makes one.
///
/// As in the scopes of std, `'scope` is that of the scope itself, and `'env` that of what is outside of it.
pub(crate) struct TaskScope<'scope, 'env: 'scope> {
    tasks: Mutex<Vec<usize>>,
    // The lifetimes can neither grow nor shrink.
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

impl Execution {
    /// Runs `f` with a scope, and waits for the tasks that are started in it.
    pub(crate) fn within<'env, T>(
        &self,
        me: usize,
        f: impl for<'scope> FnOnce(&'scope TaskScope<'scope, 'env>) -> T,
    ) -> T {
        struct Waiting<'a> {
            execution: &'a Execution,
            me: usize,
            tasks: &'a Mutex<Vec<usize>>,
        }
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                while let Some(task) = { self.tasks.lock().pop() } {
                    while let Some(key) = self.execution.end_key(task) {
                        self.execution.sleep(self.me, Some(key), None);
                    }
                }
            }
        }
        let scope = TaskScope {
            tasks: Mutex::new(Vec::new()),
            scope: PhantomData,
            env: PhantomData,
        };
        let _waiting = Waiting {
            execution: self,
            me,
            tasks: &scope.tasks,
        };
        f(&scope)
    }

    /// Starts a task that is a coroutine, in a scope.
    pub(crate) fn spawn_coroutine_in<'scope>(
        &'static self,
        scope: &TaskScope<'scope, '_>,
        name: &str,
        stack_size: Option<usize>,
        body: Box<dyn FnOnce() + Send + 'scope>,
    ) -> io::Result<usize> {
        // SAFETY: the two types differ in a lifetime only. What the body borrows lives as long as the scope, which
        // `within` has made: it returns, or unwinds, only when all tasks of its list have ended, and a task that has
        // ended has dropped its body. The task gets into the list below, and no other task runs before. If the run
        // fails, the stack of `within` is left as it is for ever, and the body is never used again.
        let body: Box<dyn FnOnce() + Send + 'static> = unsafe { core::mem::transmute(body) };
        let task = self.spawn_coroutine(name, stack_size, body)?;
        scope.tasks.lock().push(task);
        Ok(task)
    }
}
