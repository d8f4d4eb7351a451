//! Random delays at yield points, for explorations on free threads.
//!
//! They make races between real threads likelier in debug builds. A release build has none. A build with the feature
//! `explore` has none either, because its scheduler finds more.

#[cfg(all(debug_assertions, not(feature = "explore")))]
#[path = "on.rs"]
mod form;
#[cfg(not(all(debug_assertions, not(feature = "explore"))))]
#[path = "off.rs"]
mod form;

pub(crate) use self::form::*;
