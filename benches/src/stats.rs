//! The statistics in the tables.

/// The median of some figures, and the two quartiles around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quartiles {
    /// A quarter of the figures lies below.
    pub(crate) low: f64,
    /// The median.
    pub(crate) mid: f64,
    /// A quarter of the figures lies above.
    pub(crate) high: f64,
}

impl Quartiles {
    /// The quartiles of `figures`, which may come in any order.
    ///
    /// # Panics
    ///
    /// If there are no figures.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = figures.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Self {
            low: at(&sorted, 0.25),
            mid: at(&sorted, 0.5),
            high: at(&sorted, 0.75),
        }
    }
}

/// The median of `figures`, which may come in any order.
///
/// # Panics
///
/// If there are no figures.
pub(crate) fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    Quartiles::of(figures).mid
}

/// The ratio to the baseline, round by round.
///
/// A temporary disturbance affects all peers of a round, so it cancels out in a ratio within the
/// round. It would not cancel out in the ratio of two medians.
///
/// # Panics
///
/// If the two do not have the same number of rounds.
pub(crate) fn ratios(figures: &[f64], baseline: &[f64]) -> Vec<f64> {
    assert_eq!(
        figures.len(),
        baseline.len(),
        "a figure for every round of the baseline"
    );
    figures
        .iter()
        .zip(baseline)
        .map(|(figure, base)| figure / base)
        .collect()
}

/// The slope of the line that fits the logarithms of these points best: `e` if the second grows as the first to the
/// power of `e`. Zero for fewer than two points.
pub(crate) fn exponent(points: &[(f64, f64)]) -> f64 {
    let logs = points.iter().map(|(x, y)| (x.ln(), y.ln()));
    let count = points.len() as f64;
    let (sum_x, sum_y) = logs
        .clone()
        .fold((0.0, 0.0), |sum, (x, y)| (sum.0 + x, sum.1 + y));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (over, under) = logs.fold((0.0, 0.0), |sum, (x, y)| {
        let away = x - mean_x;
        (sum.0 + away * (y - mean_y), sum.1 + away * away)
    });
    if under > 0.0 { over / under } else { 0.0 }
}

/// The point below which `share` of the sorted figures lies, by linear interpolation.
fn at(sorted: &[f64], share: f64) -> f64 {
    assert!(!sorted.is_empty(), "no figures");
    let place = share * (sorted.len() - 1) as f64;
    let below = sorted[place.floor() as usize];
    let above = sorted[place.ceil() as usize];
    // Not `below + (above - below) * ..` for equal neighbours: infinities would become NaN.
    if below == above {
        below
    } else {
        below + (above - below) * place.fract()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median([3.0]), 3.0);
        assert_eq!(median([5.0, 1.0, 3.0]), 3.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn one_wild_figure_does_not_move_the_median() {
        assert_eq!(median([1.0, 2.0, 3.0, 4.0, 1e9]), 3.0);
        assert_eq!(median([1.0, 2.0, f64::INFINITY]), 2.0);
    }

    #[test]
    fn quartiles() {
        let all = Quartiles {
            low: 2.0,
            mid: 3.0,
            high: 4.0,
        };
        assert_eq!(Quartiles::of([5.0, 4.0, 3.0, 2.0, 1.0]), all);
        let between = Quartiles {
            low: 1.75,
            mid: 2.5,
            high: 3.25,
        };
        assert_eq!(Quartiles::of([1.0, 2.0, 3.0, 4.0]), between);
        let single = Quartiles {
            low: 7.0,
            mid: 7.0,
            high: 7.0,
        };
        assert_eq!(Quartiles::of([7.0]), single);
    }

    #[test]
    fn an_exponent_is_the_slope_of_the_logarithms() {
        let points = |f: fn(f64) -> f64| [1.0, 10.0, 100.0].map(|x| (x, f(x)));
        assert!((exponent(&points(|x| 3.0 * x * x)) - 2.0).abs() < 1e-9);
        assert!(exponent(&points(|_| 7.0)).abs() < 1e-9);
        assert_eq!(exponent(&[(1.0, 5.0)]), 0.0);
        assert_eq!(exponent(&[]), 0.0);
    }

    #[test]
    #[should_panic(expected = "no figures")]
    fn nothing_has_no_median() {
        median([]);
    }

    #[test]
    fn ratios_pair_the_rounds() {
        // The second round was disturbed and took ten times as long for both.
        let peer = [10.0, 120.0, 11.0];
        let base = [10.0, 100.0, 10.0];
        assert_eq!(ratios(&peer, &base), [1.0, 1.2, 1.1]);
        assert_eq!(median(ratios(&peer, &base)), 1.1);
    }

    #[test]
    #[should_panic(expected = "a figure for every round")]
    fn rounds_must_match() {
        ratios(&[1.0], &[1.0, 2.0]);
    }
}
