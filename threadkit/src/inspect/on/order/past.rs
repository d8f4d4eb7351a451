//! The past of a moment: what certainly comes before it.

use std::sync::Arc;

/// The number of a strand: a thread, or a task of a pool. No two have the same.
pub(super) type StrandId = u64;

/// A stretch of a strand between two points at which another strand started from it or looked at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) strand: StrandId,
    pub(super) epoch: u64,
}

/// The moments that certainly come before a moment, by starts and joins.
///
/// A vector clock of those strands only that have recorded something. It is shared and never changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Past(Option<Arc<Vec<Moment>>>);

impl Past {
    pub(super) const NONE: Self = Self(None);

    /// In ascending order of the strands, each once, with the last epoch that is in the past.
    fn moments(&self) -> &[Moment] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    pub(super) fn len(&self) -> usize {
        self.moments().len()
    }

    pub(super) fn has(&self, moment: Moment) -> bool {
        let moments = self.moments();
        moments
            .binary_search_by_key(&moment.strand, |known| known.strand)
            .is_ok_and(|at| moments[at].epoch >= moment.epoch)
    }

    /// Whether all of the other one is in this.
    fn covers(&self, other: &Self) -> bool {
        let same = match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (_, None) => true,
            (None, Some(_)) => false,
        };
        same || other.moments().iter().all(|moment| self.has(*moment))
    }

    pub(super) fn add(&mut self, moment: Moment) {
        if !self.has(moment) {
            *self = Self::merged(self.moments(), &[moment]);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if self.covers(other) {
            return;
        }
        *self = match other.covers(self) {
            true => other.clone(),
            false => Self::merged(self.moments(), other.moments()),
        };
    }

    fn merged(one: &[Moment], other: &[Moment]) -> Self {
        let mut all = Vec::with_capacity(one.len() + other.len());
        let mut rest = other;
        for mut moment in one.iter().copied() {
            while let Some((first, others)) = rest.split_first()
                && first.strand <= moment.strand
            {
                // Of a strand the last moment stays.
                match first.strand == moment.strand {
                    true => moment.epoch = moment.epoch.max(first.epoch),
                    false => all.push(*first),
                }
                rest = others;
            }
            all.push(moment);
        }
        all.extend_from_slice(rest);
        Self(Some(Arc::new(all)))
    }

    /// Forgets the strands for which `keep` is false.
    pub(super) fn retain(&mut self, keep: impl Fn(StrandId) -> bool) {
        let kept = self.moments().iter().filter(|moment| keep(moment.strand));
        *self = Self(Some(Arc::new(kept.copied().collect())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(moments: &[(StrandId, u64)]) -> Past {
        let mut past = Past::NONE;
        for (strand, epoch) in moments.iter().copied() {
            past.add(Moment { strand, epoch });
        }
        past
    }

    fn has(past: &Past, strand: StrandId, epoch: u64) -> bool {
        past.has(Moment { strand, epoch })
    }

    #[test]
    fn a_strand_is_known_up_to_its_last_epoch() {
        let known = past(&[(3, 1), (1, 5), (3, 4), (3, 2)]);
        assert_eq!(known.len(), 2);
        assert!(has(&known, 3, 4) && has(&known, 3, 1) && has(&known, 1, 5));
        assert!(!has(&known, 3, 5) && !has(&known, 1, 6) && !has(&known, 2, 0));
        assert!(!has(&Past::NONE, 1, 0));
    }

    #[test]
    fn a_merge_knows_what_both_know() {
        let (one, other) = (past(&[(1, 5), (2, 1)]), past(&[(2, 3), (4, 0)]));
        for (one, other) in [(&one, &other), (&other, &one)] {
            let mut both = one.clone();
            both.merge(other);
            assert_eq!(both.len(), 3);
            assert!(has(&both, 1, 5) && has(&both, 2, 3) && has(&both, 4, 0));
            assert!(!has(&both, 1, 6) && !has(&both, 2, 4));
        }
        let mut same = one.clone();
        same.merge(&Past::NONE);
        same.merge(&past(&[(1, 2)]));
        assert!(Arc::ptr_eq(&one.0.unwrap(), &same.0.unwrap()));
    }

    #[test]
    fn strands_are_forgotten() {
        let mut known = past(&[(1, 1), (2, 2), (3, 3)]);
        known.retain(|strand| strand != 2);
        assert!(has(&known, 1, 1) && has(&known, 3, 3) && !has(&known, 2, 0));
    }
}
