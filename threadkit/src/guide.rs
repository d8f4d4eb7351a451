//! Pages for readers: where to begin, by where you come from and by what you want to do.
//!
//! | you want to | page |
//! | --- | --- |
//! | know which lock, queue or pool fits | [choosing a primitive](choosing) |
//! | write what you wrote in Python | [from Python](from_python): every public name of `threading`, `queue` and `concurrent.futures` |
//! | write what you wrote in Java | [from Java](from_java): `java.util.concurrent`, `synchronized`, `wait` and `notify`, `Thread` |
//! | move from std, parking_lot or crossbeam | [from std](from_std) |
//! | move from rayon | [from rayon](from_rayon) |
//! | move from tokio | [from tokio](from_tokio) |
//! | stop threads, and end a program | [stopping threads](stopping) |
//! | know why a program hangs | [finding deadlocks](deadlocks) |
//! | test code with threads | [testing] |
//! | use threads and async code together | [threads and async](threads_and_async) |
//!
//! The modules here are empty. The code on their pages is compiled and run by the tests of threadkit.

// The pages name items as in `use threadkit::*`.
#[cfg(doc)]
use crate::*;

#[doc = include_str!("../docs/guide/choosing.md")]
pub mod choosing {}
#[doc = include_str!("../docs/guide/from_python.md")]
pub mod from_python {}
#[doc = include_str!("../docs/guide/from_java.md")]
pub mod from_java {}
#[doc = include_str!("../docs/guide/from_std.md")]
pub mod from_std {}
#[doc = include_str!("../docs/guide/from_rayon.md")]
pub mod from_rayon {}
#[doc = include_str!("../docs/guide/from_tokio.md")]
pub mod from_tokio {}
#[doc = include_str!("../docs/guide/stopping.md")]
pub mod stopping {}
#[doc = include_str!("../docs/guide/deadlocks.md")]
pub mod deadlocks {}
#[doc = include_str!("../docs/guide/testing.md")]
pub mod testing {}
#[doc = include_str!("../docs/guide/threads_and_async.md")]
pub mod threads_and_async {}
