//! Ids and names of threads, and the registry of live threads.
//!
//! No instrumented lock is used here, because the room that watches locks asks here for threads.

mod current;
mod name;
mod nested;
mod registry;
mod rename;
mod test_run;

pub(crate) use self::current::{adopt, current, enter, main};
pub(crate) use self::name::default_name;
pub(crate) use self::nested::{NestedIdentity, runs_here};
pub(crate) use self::registry::{Identity, alive, find, interrupted, register};
pub(crate) use self::rename::rename;
pub(crate) use self::test_run::TestRun;
