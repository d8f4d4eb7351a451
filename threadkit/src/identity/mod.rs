//! Ids and names of threads, and the registry of live threads.
//!
//! No instrumented lock is used here, because the room that watches locks asks here for threads.
//!
//! An [`Identity`] outlives its thread for as long as something refers to it. It carries the data of `threads` (stop
//! token, end) as a companion. The registry of live threads does not keep an identity alive: its last owner takes it
//! out. [`runs_here`] is the one question for every check against waiting for oneself.

mod current;
mod name;
mod nested;
mod registry;
mod rename;
mod test_run;

pub(crate) use self::current::{Entered, adopt, current, enter, main};
#[cfg_attr(
    not(any(debug_assertions, feature = "inspect")),
    expect(unused_imports, reason = "asked where waits are noted")
)]
pub(crate) use self::current::{is_known, note_running};
pub(crate) use self::name::Name;
pub(crate) use self::nested::{NestedIdentity, runs_here};
#[cfg_attr(
    not(any(debug_assertions, feature = "inspect")),
    expect(unused_imports, reason = "asked where deadlocks are looked for")
)]
pub(crate) use self::registry::interrupted;
pub(crate) use self::registry::{Identity, alive, alive_within, find, forget, register};
pub(crate) use self::rename::rename;
pub(crate) use self::test_run::TestRun;
