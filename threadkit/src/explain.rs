//! Methods that cannot be called, whose error says what to write instead.
//!
//! They have names that Python, Java and other libraries use, for which the compiler would have no suggestion
//! or a wrong one. Each is hidden, and stands in an impl block with a bound that nothing implements. The bound is on
//! the block and not on the method, so the compiler takes the method for one that does not apply: a trait of the
//! user's with such a method comes first, and no suggestion names it. If there is no other method, the error has the
//! message that stands beside the name here.
//!
//! The compiler shows that message if the receiver is the type itself or an `Arc` of it, and otherwise the name of the
//! trait alone, which therefore says what to write too. It shows the name alone also for a `Queue<_>` whose items it
//! does not know yet. A name that is a method of iterators, such as `take`, cannot be explained for a queue: the compiler
//! proposes `into_iter()` first. A bound on the method would show the message there, but would come before a method of the user's
//! trait.

use std::sync::Arc;

use core::time::Duration;

use crate::{
    AnyQueue, Barrier, Condition, Event, JoinError, JoinHandle, Latch, LifoQueue, Lock,
    PriorityQueue, Producer, Queue, RLock, RwLock, Scope, Select, Semaphore, StopSource, StopToken,
    Task, TaskError, Thread, ThreadPool, ThreadRef, Timer,
};

// One invocation for each message, because the compiler shows the whole invocation in its note.
macro_rules! explain {
    // Functions that are called through the type. They are on one type only, so that nothing in `Thread::current()` has
    // to be inferred, and have the bound themselves: the compiler shows no message for a block's bound before it knows
    // the whole type. The lifetime keeps it from checking the bound here.
    (
        $message:literal, $label:literal;
        fn $type:ident<$t:ty> { $($function:ident($($argument:ty)?))* }
    ) => {
        const _: () = {
            #[diagnostic::on_unimplemented(message = $message, label = $label)]
            pub trait Instead {}

            #[doc(hidden)]
            impl $type<$t> {$(
                pub fn $function<'s, Answer>($(_: $argument)?) -> Answer
                where
                    &'s Self: Instead,
                {
                    unreachable!("nothing implements the bound")
                }
            )*}
        };
    };
    (
        $instead:ident: $message:literal, $label:literal $(, note $note:literal)*;
        $($type:ident $(<$($life:lifetime,)* $($t:ident $(: $($bound:ident)? $(?$sized:ident)?)?)?>)? {
            $($method:ident($($argument:ty),*))*
        })*
    ) => {
        const _: () = {
            #[diagnostic::on_unimplemented(message = $message, label = $label $(, note = $note)*)]
            pub trait $instead<'s> {}

            $(
                #[doc(hidden)]
                #[allow(non_snake_case, reason = "Java's names")]
                // The lifetime keeps the compiler from checking the bounds here.
                impl<'s $($(, $life)* $(, $t $(: $($bound)? $(?$sized)?)?)?)?>
                    $type$(<$($life,)* $($t)?>)?
                where
                    Self: $instead<'s>,
                    Arc<Self>: $instead<'s>,
                {$(
                    pub fn $method(&self $(, _: $argument)*) {
                        unreachable!("nothing implements the bounds")
                    }
                )*}
            )*
        };
    };
}

explain! {
    ThreadkitSpellsThisAcquire: "threadkit spells this `acquire`",
    "write `acquire()`, which gives the guard itself: there is no poison to unwrap",
    note "`try_acquire()` does not wait, `acquire_timeout(d)` waits for a limited time";
    Lock<T: ?Sized> { lock() try_lock() }
    RLock<T: ?Sized> { lock() try_lock() }
}

explain! {
    ALockIsReleasedThroughItsGuard: "a lock is released through its guard",
    "the lock has nothing to release it by",
    note "keep what `acquire()` returned and call `guard.release()`, or let it go out of scope",
    note "`lock.with(..)` and `#[synchronized(LOCK)]` need no release";
    Lock<T: ?Sized> { release() unlock() }
    RLock<T: ?Sized> { release() unlock() }
}

explain! {
    ThreadkitSpellsThisIsLocked: "threadkit spells this `is_locked`",
    "write `is_locked()`",
    note "to have the lock if it is free, write `try_acquire()`: what `is_locked` says may be old at once";
    Lock<T: ?Sized> { locked() }
    RLock<T: ?Sized> { locked() }
}

explain! {
    AnRwLockIsAcquiredByReadOrWrite: "an `RwLock` is acquired for reading or for writing",
    "write `read()` or `write()`",
    note "`try_read()` does not wait, `read_timeout(d)` waits for a limited time";
    RwLock<T: ?Sized> { acquire() lock() read_lock() write_lock() readLock() writeLock() }
}

explain! {
    ThreadkitSpellsTheseReadTimeoutAndWriteTimeout: "threadkit spells these `read_timeout` and `write_timeout`",
    "write `read_timeout(d)` or `write_timeout(d)`";
    RwLock<T: ?Sized> { try_read_for(Duration) try_write_for(Duration) }
}

explain! {
    ThreadkitSpellsThisAcquireTimeout: "threadkit spells this `acquire_timeout`",
    "write `acquire_timeout(d)`";
    Lock<T: ?Sized> { try_lock_for(Duration) }
    RLock<T: ?Sized> { try_lock_for(Duration) }
    Semaphore { try_acquire_for(Duration) }
}

explain! {
    ThreadkitAsksIsFinished: "threadkit asks the other way round: `is_finished`",
    "write `!handle.is_finished()`";
    JoinHandle<T> { is_alive() isAlive() }
}

explain! {
    ThreadkitSpellsThisName: "threadkit spells this `name`",
    "write `name()`";
    JoinHandle<T> { getName() }
    ThreadRef { getName() }
}

explain! {
    ThreadkitSpellsThisStop: "threadkit spells this `stop`",
    "write `stop()`, which ends every wait that was given the thread's token";
    JoinHandle<T> { interrupt() }
    ThreadRef { interrupt() }
}

explain! {
    AThreadIsAskedToStop: "a thread cannot be killed: it is asked to stop",
    "write `stop()`, which ends every wait that was given the thread's token",
    note "a thread that computes asks `stop_token().is_stopped()` now and then";
    JoinHandle<T> { kill() terminate() cancel() abort() }
}

explain! {
    ThreadkitSpellsThisIdent: "threadkit spells this `ident`",
    "write `ident()`";
    JoinHandle<T> { id() threadId() }
    ThreadRef { id() threadId() }
}

explain! {
    LetItWaitForAnEvent: "a thread waits for an `Event`, and is not unparked",
    "write `event.set()`, and `event.wait()` in the thread";
    JoinHandle<T> { unpark() }
}

explain! {
    WaitForTheThread: "the result of a thread belongs to its `JoinHandle`",
    "write `wait()`, which waits until the thread has ended";
    ThreadRef { join() }
}

explain! {
    RenameItThroughThread: "a started thread is renamed through `thread()`",
    "write `handle.thread().set_name(..)`",
    note "before the start, `Thread::new(body).name(..)` or `#[thread(name = \"..\")]` names it";
    JoinHandle<T> { set_name(impl Sized) setName(impl Sized) }
}

explain! {
    AskIsDaemonOfThread: "whether a thread is a daemon is asked through `thread()`",
    "write `handle.thread().is_daemon()`";
    JoinHandle<T> { is_daemon() isDaemon() }
}

explain! {
    MakeItADaemonBeforeTheStart: "a thread is made a daemon before it is started",
    "this one runs already",
    note "write `Thread::new(body).daemon(true).start()`, or `#[thread(daemon)]`";
    JoinHandle<T> { set_daemon(bool) setDaemon(bool) }
}

explain! {
    ThreadkitSpellsThisJoin: "threadkit spells this `join`",
    "write `join()`: it waits, and gives what was returned, or an error that says why it was not",
    note "to wait for a limited time, ask `wait_timeout(d)` first, which returns whether it has ended";
    JoinHandle<T> { result() get() }
    Task<T> { result() get() }
}

explain! {
    ThreadkitSpellsThisIsFinished: "threadkit spells this `is_finished`",
    "write `is_finished()`";
    Task<T> { done() isDone() is_done() }
}

explain! {
    ItsErrorSaysThatItWasCancelled: "a cancelled task has an error in place of a result",
    "write `join()`, and ask its error `is_cancelled()`",
    note "`cancel()` would cancel the task now";
    Task<T> { cancelled() isCancelled() is_cancelled() }
}

explain! {
    ATaskIsAskedToStop: "a task that runs is asked to stop",
    "write `cancel()` if it may not have begun, and `stop()` if it runs",
    note "a task that runs notices by its own `stop_token()`";
    Task<T> { abort() kill() }
}

explain! {
    ThreadkitSpellsThisPeek: "threadkit spells this `peek`, or `join`",
    "write `join()`, whose error says why there is no result",
    note "`peek()` looks at the result, or at the error, without waiting";
    Task<T> { exception() }
}

explain! {
    ThreadkitSpellsThisOnDone: "threadkit spells this `on_done`",
    "write `on_done(|ending| ..)`";
    Task<T> { add_done_callback(impl Sized) whenComplete(impl Sized) }
}

explain! {
    ThreadkitSpellsThisShutdownTimeout: "threadkit spells this `shutdown_timeout`",
    "write `shutdown_timeout(d)`, which lets no more tasks in and waits for those there are";
    ThreadPool { await_termination(Duration) awaitTermination(Duration) }
}

explain! {
    ThreadkitSpellsThisIsShutDown: "threadkit spells this `is_shut_down`",
    "write `is_shut_down()`",
    note "`shutdown()` would shut it down now";
    ThreadPool { isShutdown() is_shutdown() }
    Queue<T> { is_shutdown() is_closed() }
}

explain! {
    ThreadkitSpellsThisWaitIdle: "threadkit spells this `wait_idle`",
    "write `wait_idle()`, which returns when no task runs or is pending",
    note "`shutdown()` waits for the tasks too, and lets no more in";
    ThreadPool { join() wait() wait_for_tasks() }
}

explain! {
    ThreadkitSpellsThisPending: "threadkit spells this `pending`",
    "write `pending()`, the number of tasks that have not begun";
    ThreadPool { queued_count() queued_task_count() }
}

explain! {
    ThreadkitSpellsThisSubmitAfter: "threadkit spells this `submit_after`",
    "write `submit_after(d, body)`, which gives a `Task` to join",
    note "`Timer::every(d, body)` runs a function again and again";
    ThreadPool { schedule(impl Sized, impl Sized) }
}

explain! {
    UseMapOrScope: "a pool has no parallel iterators",
    "write `map(items, f)`, which gives the results in order",
    note "tasks that borrow are started in a scope: `pool.scope(|s| ..)`";
    ThreadPool { install(impl Sized) par_iter() par_map(impl Sized, impl Sized) }
}

explain! {
    ThreadkitSpellsThisShutdown: "threadkit spells this `shutdown`",
    "write `shutdown()`";
    ThreadPool { close() }
    Queue<T> { close() }
    LifoQueue<T> { close() }
    PriorityQueue<T> { close() }
}

explain! {
    ThreadkitSpellsThisShutdownNow: "threadkit spells this `shutdown_now`",
    "write `shutdown_now()`, which returns the tasks that never ran";
    ThreadPool { shutdownNow() terminate() }
}

explain! {
    SubmitEachAndWaitForAll: "tasks are submitted one by one, and waited for together",
    "write `wait_all(&tasks)` for tasks that were submitted",
    note "`pool.map(items, f)` runs a function on each item, and gives the results in order";
    ThreadPool { invoke_all(impl Sized) invokeAll(impl Sized) }
}

explain! {
    AThreadIsStartedByStart: "a thread is started by `start`",
    "write `start()`, which gives the handle to join it by";
    Thread<R> { run() }
}

explain! {
    JoinTheHandle: "a thread is joined through the handle that `start` returns",
    "keep what `start()` returns, and write `handle.join()`";
    Thread<R> { join() }
}

explain! {
    "a `Thread` is one that has not started; `spawn` is a function of the crate",
    "write `threadkit::spawn(body)`";
    fn Thread<()> { spawn(impl Sized) }
}

explain! {
    "the current thread is asked for by a function of the crate",
    "write `threadkit::current()`";
    fn Thread<()> { current() }
}

explain! {
    ATimerRunsFromWhenItIsMade: "a timer runs from when it is made",
    "leave this out",
    note "keep the timer if you may want to `cancel` it";
    Timer { start() }
}

explain! {
    ThreadkitSpellsThisWait: "threadkit spells this `wait`",
    "write `wait()`, or `wait_timeout(d)`",
    note "a timer is no thread: nothing has to be joined";
    Timer { join() }
}

explain! {
    BindThePermit: "a semaphore gives permits, and protects no value",
    "write `let _permit = semaphore.acquire();`, which holds the permit to the end of the block";
    Semaphore { with(impl Sized) }
}

explain! {
    ThreadkitSpellsThisThen: "threadkit spells this `then`",
    "write `then(|value| ..)`, which makes a task of the same pool";
    Task<T> {
        thenApply(impl Sized)
        thenAccept(impl Sized)
        then_apply(impl Sized)
        then_accept(impl Sized)
        and_then(impl Sized)
    }
}

explain! {
    JoinTheTaskInAnother: "a task's error is handled by another task, which joins it",
    "write `pool.submit(move || task.join().unwrap_or(..))`",
    note "`then(|value| ..)` is for the value alone, and passes an error on";
    Task<T> { exceptionally(impl Sized) handle(impl Sized) }
}

explain! {
    JoinTheOtherTaskInThen: "threadkit combines two tasks by `then` and `join`",
    "write `a.then(move |a| f(a, b.join().unwrap()))`";
    Task<T> {
        then_combine(impl Sized, impl Sized)
        thenCombine(impl Sized, impl Sized)
    }
}

explain! {
    ThreadkitSpellsThisSubmit: "threadkit spells this `submit`",
    "write `submit(body)`, which gives a `Task` to join";
    ThreadPool { execute(impl Sized) spawn(impl Sized) apply_async(impl Sized) }
}

explain! {
    ThreadkitSpellsThisTryPut: "threadkit spells this `try_put`",
    "write `try_put(item)`";
    Queue<T> { put_nowait(T) offer(T) }
    LifoQueue<T> { put_nowait(T) offer(T) }
    PriorityQueue<T> { put_nowait(T) offer(T) }
}

explain! {
    ThreadkitSpellsThisTryGet: "threadkit spells this `try_get`",
    "write `try_get()`";
    Queue<T> { get_nowait() poll() try_recv() }
    LifoQueue<T> { get_nowait() poll() }
    PriorityQueue<T> { get_nowait() poll() }
}

explain! {
    ThreadkitSpellsThisPut: "threadkit spells this `put`",
    "write `put(item)`, which waits while the queue is full";
    Queue<T> { send(T) push(T) add(T) }
    LifoQueue<T> { push(T) }
    PriorityQueue<T> { push(T) add(T) }
    Producer<Q: AnyQueue> { send(Q::Item) }
}

explain! {
    ThreadkitSpellsThisGet: "threadkit spells this `get`",
    "write `get()`, which waits while the queue is empty";
    Queue<T> { recv() pop() }
    LifoQueue<T> { pop() }
    PriorityQueue<T> { pop() }
}

explain! {
    TakeItToSeeIt: "a queue shows no item before it is taken",
    "write `try_get()`, which takes it",
    note "another thread could take the item that was looked at";
    Queue<T> { peek() }
    PriorityQueue<T> { peek() }
}

explain! {
    SubtractLenFromCapacity: "a queue does not count its free places",
    "write `capacity()`, which is `None` without a limit, and subtract `len()`",
    note "to put only if there is room, write `try_put(item)`: what `len` says may be old at once";
    Queue<T> { remaining_capacity() remainingCapacity() }
}

explain! {
    ThreadkitSpellsThisLen: "threadkit spells this `len`",
    "write `len()`";
    Queue<T> { qsize() size() }
    LifoQueue<T> { qsize() size() }
    PriorityQueue<T> { qsize() size() }
}

explain! {
    ThreadkitSpellsThisIsSet: "threadkit spells this `is_set`",
    "write `is_set()`";
    Event { isSet() }
}

explain! {
    ThreadkitSpellsThisNotifyAll: "threadkit spells this `notify_all`",
    "write `notify_all()`";
    Condition { notifyAll() signalAll() signal_all() broadcast() }
}

explain! {
    ThreadkitSpellsThisNotifyOne: "threadkit spells this `notify_one`",
    "write `notify_one()`";
    Condition { signal() }
}

explain! {
    ThreadkitSpellsThisCountDown: "threadkit spells this `count_down`",
    "write `count_down()`";
    Latch { countDown() arrive() done() }
}

explain! {
    ThreadkitSpellsThisCount: "threadkit spells this `count`",
    "write `count()`";
    Latch { getCount() get_count() }
}

explain! {
    AnEventIsSet: "an event is set, and stays set",
    "write `set()`, which lets every waiter go on",
    note "for a signal to one waiter, use a `Semaphore::new(0)`: `release(1)`, and `acquire().forget()` in the waiter";
    Event { notify_all() notify_one() notify_waiters() signal() }
}

explain! {
    ThreadkitSpellsThisWaitTimeout: "threadkit spells this `wait_timeout`",
    "write `wait_timeout(d)`, which returns `false` when the time was up";
    Event { wait_for(Duration) }
    Latch { wait_for(Duration) }
    Task<T> { wait_for(Duration) }
    JoinHandle<T> { wait_for(Duration) }
}

explain! {
    ABarrierHasOneWait: "threads arrive at a barrier by waiting at it",
    "write `wait()?`";
    Barrier { arrive_and_wait() arrive() }
}

explain! {
    ThreadkitSpellsThisAcquire: "threadkit spells this `acquire`",
    "write `let permit = semaphore.acquire();`: the end of the block gives the permit back",
    note "`acquire().forget()` keeps it for another function, which calls `release(1)`";
    Semaphore { down() }
}

explain! {
    ThreadkitSpellsThisRelease: "threadkit spells this `release`",
    "write `release(n)?`; a permit gives itself back when it is dropped",
    note "an error means that a bounded semaphore would exceed its bound";
    Semaphore { up() post() add_permits(usize) }
}

explain! {
    ThreadkitSpellsThisDepth: "threadkit spells this `depth`",
    "write `depth()`";
    RLock<T: ?Sized> { get_hold_count() getHoldCount() }
}

explain! {
    ThreadkitSpellsThisIsMine: "threadkit spells this `is_mine`",
    "write `is_mine()`";
    RLock<T: ?Sized> { is_owned() is_held_by_current_thread() isHeldByCurrentThread() }
}

explain! {
    ThreadkitSpellsThisIsStopped: "threadkit spells this `is_stopped`",
    "write `is_stopped()`";
    StopToken { is_set() is_cancelled() isInterrupted() is_interrupted() }
}

explain! {
    ThreadkitSpellsThisStop: "threadkit spells this `stop`",
    "write `stop()`";
    StopSource { cancel() request_stop() set() }
}

explain! {
    ThreadkitSpellsThisCheck: "threadkit spells this `check`",
    "write `check()?`, which is an error after a stop";
    StopToken { throw_if_stopped() throw_if_cancellation_requested() }
}

explain! {
    ThreadkitSpellsThisCancel: "threadkit spells this `cancel`",
    "write `cancel()`, which returns whether it was in time";
    Timer { stop() }
}

explain! {
    ThreadkitAsksIsFinished: "threadkit asks the other way round: `is_finished`",
    "write `!timer.is_finished()`";
    Timer { is_alive() }
}

explain! {
    ThreadkitSpellsThisGet: "threadkit spells this `get`",
    "write `get(&queue, |item| ..)`, whose closure makes the result",
    note "a `Select` has no puts: write `put_until(item, &stop)` or `try_put(item)`";
    Select<'a, R> { recv(impl Sized, impl Sized) send(impl Sized, impl Sized, impl Sized) }
}

explain! {
    WriteStartOfThreadNew: "a scope starts a `Thread` that has its options",
    "write `start(Thread::new(body).name(..))`";
    Scope<'scope, 'env,> { builder() }
}

explain! {
    ThePayloadComesOutOfTheError: "the payload of a panic is taken out of its error",
    "write `into_panic()`, and downcast what it returns",
    note "`message()` is the text of the panic, `resume()` continues it";
    JoinError { downcast() downcast_ref() is_panic() payload() }
}

explain! {
    OnlyAPanicHasAMessage: "a task may have no value without a panic, and then there is no message",
    "write `to_string()`, or match `TaskError::Panicked(panic)` and write `panic.message()`";
    TaskError { message() }
}

explain! {
    ThreadkitSpellsThisWaitTimeout: "threadkit spells this `wait_timeout`",
    "write `wait_timeout(d)`: it sleeps that long unless there is a stop, and says whether there was";
    StopToken { sleep(Duration) }
}

explain! {
    ThreadkitSpellsThisWaitForUntil: "threadkit spells this `wait_for_until`",
    "write `wait_for_until(&mut guard, d, |value| ..)`: a duration is one of the limits it takes";
    Condition { wait_for_timeout(impl Sized, impl Sized, impl Sized) }
}

explain! {
    ThreadkitSpellsThisWaitWhileUntil: "threadkit spells this `wait_while_until`",
    "write `wait_while_until(&mut guard, d, |value| ..)`: a duration is one of the limits it takes";
    Condition { wait_while_timeout(impl Sized, impl Sized, impl Sized) }
}

explain! {
    AcquireTheLockOfTheValueInstead: "a condition has no lock of its own",
    "acquire the lock of the value instead",
    note "a wait is given its guard: `let mut guard = lock.acquire(); condition.wait(&mut guard)`";
    Condition { acquire() }
}
