//! A scale of logarithms.

/// A scale on which each doubling takes the same space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    least: f64,
    most: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// Wide enough for all values, which are above zero, and for a factor of four at least.
    pub(super) fn of(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Self {
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let most = values.fold(0.0, f64::max);
        // Some space beyond the outermost values.
        let wider = 1.12_f64.max((4.0 * least / most).sqrt());
        Self {
            least: least / wider,
            most: most * wider,
            from,
            to,
        }
    }

    pub(super) fn at(self, value: f64) -> f64 {
        let share = (value / self.least).ln() / (self.most / self.least).ln();
        self.from + (self.to - self.from) * share
    }

    /// Round values on it, as many as fit: powers of ten, and some between them.
    pub(super) fn ticks(self, most: usize) -> Vec<f64> {
        const STEPS: [&[f64]; 3] = [&[1.0, 1.5, 2.0, 3.0, 5.0, 7.0], &[1.0, 2.0, 5.0], &[1.0]];
        let first = self.least.log10().floor() as i32;
        let last = self.most.log10().ceil() as i32;
        let by = |steps: &[f64]| -> Vec<f64> {
            (first..=last)
                .flat_map(|ten| steps.iter().map(move |step| step * 10_f64.powi(ten)))
                .filter(|tick| (self.least..=self.most).contains(tick))
                .collect()
        };
        let all = STEPS.map(by);
        let fits = all.iter().find(|ticks| ticks.len() <= most);
        fits.or(all.last()).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_goes_by_factors() {
        let scale = Scale::of([1.0, 100.0].into_iter(), 0.0, 300.0);
        assert!((scale.at(10.0) - 150.0).abs() < 1e-9);
        assert!(scale.at(1.0) > 0.0 && scale.at(100.0) < 300.0);
        assert_eq!(scale.ticks(6), [1.0, 10.0, 100.0]);
        assert_eq!(scale.ticks(1), [1.0, 10.0, 100.0]);
        assert_eq!(scale.ticks(7), [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]);
    }

    #[test]
    fn a_short_scale_has_more_ticks() {
        let scale = Scale::of([5.0, 5.0].into_iter(), 0.0, 1.0);
        assert!((scale.at(5.0) - 0.5).abs() < 1e-9);
        assert_eq!(scale.ticks(6), [3.0, 5.0, 7.0, 10.0]);
    }
}
