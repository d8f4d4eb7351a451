//! One acquisition of a lock while others were held.

use std::sync::Arc;

use super::super::holds::Held;
use super::past::{Moment, Past};
use crate::backend::Side;

/// A lock that a thread holds or wants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    pub(super) class: ClassId,
    pub(super) held: Held,
}

/// The number of a class in its graph.
pub(super) type ClassId = u32;

/// A lock that a thread wanted while it held others.
#[derive(Debug)]
pub(super) struct Acquisition {
    pub(super) thread: Arc<str>,
    pub(super) moment: Moment,
    pub(super) past: Past,
    pub(super) held: Vec<Use>,
    pub(super) wanted: Use,
}

/// An acquisition, and which of the locks that the thread held is meant.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) acquisition: Arc<Acquisition>,
    pub(super) from: usize,
}

impl Step {
    pub(super) fn held(&self) -> &Use {
        &self.acquisition.held[self.from]
    }

    pub(super) fn wanted(&self) -> &Use {
        &self.acquisition.wanted
    }

    /// Whether neither comes certainly before the other.
    pub(super) fn is_concurrent_with(&self, other: &Self) -> bool {
        let (one, other) = (&*self.acquisition, &*other.acquisition);
        one.moment.strand != other.moment.strand
            && !one.past.has(other.moment)
            && !other.past.has(one.moment)
    }

    /// Whether `other`, recorded in the same moment, needs fewer locks to be held.
    pub(super) fn is_implied_by(&self, other: &Self) -> bool {
        let mine = &self.acquisition.held;
        self.acquisition.moment == other.acquisition.moment
            && (other.acquisition.held.iter()).all(|lock| mine.iter().any(|own| own.is_like(lock)))
    }
}

impl Use {
    pub(super) fn is_of_class(&self, other: &Self) -> bool {
        self.class == other.class
    }

    pub(super) fn is_lock(&self, other: &Self) -> bool {
        self.held.number == other.held.number
    }

    fn is_like(&self, other: &Self) -> bool {
        self.held.number == other.held.number && self.held.side == other.held.side
    }
}

/// Whether two threads cannot hold a lock at the same time, one in each of these ways.
pub(super) fn excludes(one: Option<Side>, other: Option<Side>) -> bool {
    !matches!(
        (one, other),
        (Some(Side::Read), Some(Side::Read | Side::Upgradable))
            | (Some(Side::Upgradable), Some(Side::Read))
    )
}
