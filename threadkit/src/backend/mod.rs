//! The interface to the machine: raw locks, parking, threads, the clock, and the points at which threads switch.
//!
//! This is the only room that imports `parking_lot`, `std::thread` or a clock. Every other room blocks, starts
//! threads and reads the time through the functions here. So only this room has to know of explorations.
//! Outside of an exploration, debug builds can delay threads at random (`jitter`).
//!
//! `RawLock` and `RawRwLock` are parking_lot's raw locks with a count of starving threads: while it is not zero, a
//! release hands the lock over, and no thread can barge in. `RawOwned`, below `RLock`, does the same with a word that
//! names the owner.

mod at_exit;
mod backoff;
mod cache_padded;
mod clock;
pub(crate) mod explored;
mod explored_lock;
#[cfg(any(debug_assertions, feature = "inspect"))]
mod fast_path;
mod jitter;
mod native;
mod os_builder;
mod os_thread;
mod park;
mod prefetch;
mod random;
mod raw_lock;
mod raw_mutex;
mod raw_owned;
mod raw_rw_lock;
mod raw_spin;
mod starving;
mod task;

pub(crate) use self::at_exit::at_exit;
pub(crate) use self::backoff::Backoff;
pub(crate) use self::cache_padded::CachePadded;
pub(crate) use self::clock::{Instant, deadline_after, now};
pub(crate) use self::explored::{Access, Shown, ShownValue, Site, before_fence, inside, outside};
#[cfg(any(debug_assertions, feature = "inspect"))]
pub(crate) use self::fast_path::{is_fast, want_slow_path};
#[cfg(not(feature = "explore"))]
pub(crate) use self::jitter::Jitter;
pub(crate) use self::os_thread::{
    OS_NAME_MAX, OsScope, OsThread, Turn, current_os_name, is_explored, is_unwinding,
    main_native_id, native_id, parallelism, rename, scope, sleep, spawn, spawn_outside, yield_now,
};
pub(crate) use self::park::{park, parked, unpark, unpark_all};
pub(crate) use self::prefetch::{learn_to_prefetch, prefetch_ends_for_write, prefetch_for_write};
pub(crate) use self::raw_lock::RawLock;
pub(crate) use self::raw_mutex::{Acquired, RawMutex};
pub(crate) use self::raw_owned::RawOwned;
pub(crate) use self::raw_rw_lock::{RawRwLock, Side};
#[cfg(all(test, feature = "explore"))]
pub(crate) use self::raw_spin::tally;
pub(crate) use self::raw_spin::{RawSpin, lock_unless_contended};
pub(crate) use self::starving::{Announced, Starving, starves_at};
pub(crate) use self::task::{
    MAIN_TASK, TaskId, adopt_task_id, also_uses, choice_below, has_changed_nothing_if, leaves,
    new_task_id, run_number, task_id, yield_before, yield_point,
};

/// A lock for a few instructions, which protects the state of our own primitives.
///
/// While it is held, nothing may run that blocks, calls code of the user, or takes another such lock.
pub(crate) type Mutex<T> = lock_api::Mutex<raw_mutex::RawMutex, T>;

/// The same, for holders that use nothing else that other threads can observe.
pub(crate) type LoneMutex<T> = lock_api::Mutex<RawMutex<{ raw_mutex::OURS_ALONE }>, T>;

/// The same, for state that every task or item needs two or three times: see [`RawSpin`].
pub(crate) type SpinMutex<T> = lock_api::Mutex<RawSpin, T>;

/// The guard of a [`Mutex`].
pub(crate) type MutexGuard<'a, T> = lock_api::MutexGuard<'a, raw_mutex::RawMutex, T>;

/// A lock that an exploration does not see, for data that is read very often and is no part of a protocol. The same
/// rules hold, and nothing that another thread could observe may run under it.
pub(crate) use parking_lot::Mutex as QuietMutex;

/// The guard of a [`QuietMutex`].
pub(crate) use parking_lot::MutexGuard as QuietMutexGuard;

/// The same, without a table of sleepers, in which a child made by `fork` may find what threads of its parent have left.
#[cfg(any(debug_assertions, feature = "inspect"))]
pub(crate) type QuietSpinMutex<T> = lock_api::Mutex<RawSpin<true>, T>;

/// The guard of a [`QuietSpinMutex`].
#[cfg(any(debug_assertions, feature = "inspect"))]
pub(crate) type QuietSpinMutexGuard<'a, T> = lock_api::MutexGuard<'a, RawSpin<true>, T>;

/// The generic mutex. Its raw lock is ours for internal state, and the user's for locks of other libraries.
pub(crate) use parking_lot::lock_api;
