//! The operations in which threads wait.

use core::fmt;

/// An operation in which a thread may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    name: &'static str,
}

/// Declares the operations, each with the name that users write.
macro_rules! operations {
    ($($operation:ident = $name:literal;)*) => {
        #[cfg_attr(
            not(any(debug_assertions, feature = "inspect")),
            expect(dead_code, reason = "the form that compiles to nothing notes no locks")
        )]
        impl Operation {
            $(pub(crate) const $operation: Self = Self::named($name);)*
        }
    };
}

operations! {
    ACQUIRE = "acquire";
    READ = "read";
    UPGRADABLE = "upgradable";
    WRITE = "write";
    UPGRADE = "upgrade";

    BARRIER_WAIT = "Barrier::wait";
    BARRIER_WAIT_TIMEOUT = "Barrier::wait_timeout";
    BARRIER_WAIT_UNTIL = "Barrier::wait_until";
    CONDITION_WAIT = "Condition::wait";
    CONDITION_WAIT_TIMEOUT = "Condition::wait_timeout";
    CONDITION_WAIT_UNTIL = "Condition::wait_until";
    EVENT_WAIT = "Event::wait";
    EVENT_WAIT_TIMEOUT = "Event::wait_timeout";
    EVENT_WAIT_UNTIL = "Event::wait_until";
    LATCH_WAIT = "Latch::wait";
    LATCH_WAIT_TIMEOUT = "Latch::wait_timeout";
    LATCH_WAIT_UNTIL = "Latch::wait_until";
    ONCE_GET_OR_INIT = "Once::get_or_init";
    ONCE_WAIT = "Once::wait";
    ONCE_WAIT_TIMEOUT = "Once::wait_timeout";
    ONCE_WAIT_UNTIL = "Once::wait_until";
    SEMAPHORE_ACQUIRE = "Semaphore::acquire";
    SEMAPHORE_ACQUIRE_TIMEOUT = "Semaphore::acquire_timeout";
    SEMAPHORE_ACQUIRE_UNTIL = "Semaphore::acquire_until";

    JOIN_HANDLE_JOIN = "JoinHandle::join";
    JOIN_HANDLE_WAIT = "JoinHandle::wait";
    JOIN_HANDLE_WAIT_TIMEOUT = "JoinHandle::wait_timeout";
    JOIN_HANDLE_WAIT_UNTIL = "JoinHandle::wait_until";
    THREAD_REF_WAIT = "ThreadRef::wait";
    THREAD_REF_WAIT_TIMEOUT = "ThreadRef::wait_timeout";
    THREAD_REF_WAIT_UNTIL = "ThreadRef::wait_until";
    SCOPE = "scope";
    SLEEP = "sleep";
    STOP_TOKEN_WAIT = "StopToken::wait";
    STOP_TOKEN_WAIT_TIMEOUT = "StopToken::wait_timeout";
    STOP_TOKEN_WAIT_UNTIL = "StopToken::wait_until";
    END_OF_CALLBACK = "the end of a stop callback";
    END_OF_MAIN = "the end of main";
    PAUSE_OF_SUPERVISOR = "the pause of a Supervisor";

    SELECT_WAIT = "Select::wait";
    SELECT_WAIT_TIMEOUT = "Select::wait_timeout";
    SELECT_WAIT_UNTIL = "Select::wait_until";

    AS_COMPLETED = "as_completed";
    AS_COMPLETED_UNTIL = "as_completed_until";
    NEXT_TASK = "the next task";
    PROMISE_SET = "Promise::set";
    TASK_JOIN = "Task::join";
    TASK_THEN = "Task::then";
    TASK_WAIT = "Task::wait";
    TASK_WAIT_TIMEOUT = "Task::wait_timeout";
    TASK_WAIT_UNTIL = "Task::wait_until";
    THREAD_POOL_DROP = "drop of a ThreadPool";
    THREAD_POOL_MAP = "ThreadPool::map";
    THREAD_POOL_SCOPE = "ThreadPool::scope";
    THREAD_POOL_SHUTDOWN = "ThreadPool::shutdown";
    THREAD_POOL_SHUTDOWN_TIMEOUT = "ThreadPool::shutdown_timeout";
    THREAD_POOL_SHUTDOWN_UNTIL = "ThreadPool::shutdown_until";
    THREAD_POOL_BUILD = "ThreadPoolBuilder::build";
    THREAD_POOL_SUBMIT = "ThreadPool::submit";
    THREAD_POOL_SUBMIT_TIMEOUT = "ThreadPool::submit_timeout";
    THREAD_POOL_SUBMIT_UNTIL = "ThreadPool::submit_until";
    THREAD_POOL_PROMISE = "ThreadPool::promise";
    THREAD_POOL_SUBMIT_AFTER = "ThreadPool::submit_after";
    THREAD_POOL_TRY_SUBMIT = "ThreadPool::try_submit";
    THREAD_POOL_WAIT_IDLE = "ThreadPool::wait_idle";
    THREAD_POOL_WAIT_IDLE_TIMEOUT = "ThreadPool::wait_idle_timeout";
    THREAD_POOL_WAIT_IDLE_UNTIL = "ThreadPool::wait_idle_until";
    POOL_SCOPE_MAP = "PoolScope::map";
    POOL_SCOPE_SUBMIT = "PoolScope::submit";
    SHARED_TASK_JOIN = "SharedTask::join";
    SHARED_TASK_WAIT = "SharedTask::wait";
    SHARED_TASK_WAIT_TIMEOUT = "SharedTask::wait_timeout";
    SHARED_TASK_WAIT_UNTIL = "SharedTask::wait_until";
    WAIT_ALL = "wait_all";
    WAIT_ALL_UNTIL = "wait_all_until";
    WAIT_ANY = "wait_any";
    WAIT_ANY_UNTIL = "wait_any_until";

    NEXT_TIMER = "the next timer";
    TIMER_WAIT = "Timer::wait";
    TIMER_WAIT_TIMEOUT = "Timer::wait_timeout";
    TIMER_WAIT_UNTIL = "Timer::wait_until";
}

impl Operation {
    /// An operation of a type of the user, or of one of several types with the same methods.
    pub(crate) const fn named(name: &'static str) -> Self {
        Self { name }
    }

    /// The name that users write.
    pub(crate) const fn name(self) -> &'static str {
        self.name
    }

    /// Whether a thread in this wait is idle.
    pub(crate) fn is_idle(self) -> bool {
        [Self::NEXT_TASK, Self::NEXT_TIMER].contains(&self)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
