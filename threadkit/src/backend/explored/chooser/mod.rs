//! The strategies that choose the next task among those that can run.

mod alternating;
mod candidate;
mod exhaustive;
mod pct;
mod planned;
mod random_walk;
mod reduced;
mod repeating;
mod replay;
mod selective_walk;
mod shared;
mod uniform_walk;

pub(crate) use self::alternating::Alternating;
pub(crate) use self::candidate::Chooser;
pub(super) use self::candidate::{Candidate, Load};
pub(crate) use self::exhaustive::Exhaustive;
pub(crate) use self::pct::Pct;
pub(crate) use self::planned::{OlderLoad, Planned, Stretch};
pub(crate) use self::random_walk::RandomWalk;
pub(crate) use self::reduced::Reduced;
pub(crate) use self::repeating::Repeating;
pub(crate) use self::replay::Replay;
pub(crate) use self::selective_walk::SelectiveWalk;
pub(crate) use self::uniform_walk::UniformWalk;
