//! Random delays at yield points, for explorations on free threads.
//!
//! They make races between real threads likelier in debug builds. A release build has none, and neither has one with
//! the feature `explore`, whose scheduler does better.

#[cfg(all(debug_assertions, not(feature = "explore")))]
#[path = "on.rs"]
mod form;
#[cfg(not(all(debug_assertions, not(feature = "explore"))))]
#[path = "off.rs"]
mod form;

pub(crate) use self::form::*;
