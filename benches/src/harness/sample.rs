//! The result of one peer in one round.

use std::time::Duration;

/// One peer's figures from one round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    /// The figure that is compared; the table's [`Unit`] says what it is.
    pub(crate) figure: f64,
    /// Nanoseconds of CPU time an operation, of all threads together, in their code and in the system.
    pub(crate) cpu: Option<f64>,
    /// The smallest thread's share of the operations over the largest's, where threads compete.
    pub(crate) fairness: Option<f64>,
    /// The longest wait of any thread, where threads compete.
    pub(crate) worst_wait: Option<Duration>,
}

impl Sample {
    /// A figure alone.
    pub(crate) fn new(figure: f64) -> Self {
        Self {
            figure,
            cpu: None,
            fairness: None,
            worst_wait: None,
        }
    }
}

/// What the compared figure of a table is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unit {
    /// Nanoseconds an operation.
    Nanoseconds,
    /// Operations a second, of all threads together.
    PerSecond,
}

impl Unit {
    /// The unit and which way is better, in words.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Nanoseconds => "time an operation, lower is better",
            Self::PerSecond => "operations a second, higher is better",
        }
    }

    /// The unit's name in the file.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Nanoseconds => "nanoseconds_per_operation",
            Self::PerSecond => "operations_per_second",
        }
    }

    /// A figure for a reader, with a prefix that keeps it short.
    pub(crate) fn show(self, figure: f64) -> String {
        let (names, suffix) = match self {
            Self::Nanoseconds => ([" ns", " µs", " ms", " s"], ""),
            Self::PerSecond => (["", " k", " M", " G"], "/s"),
        };
        let mut value = figure;
        let mut name = 0;
        while value >= 1000.0 && name + 1 < names.len() {
            value /= 1000.0;
            name += 1;
        }
        // Three significant digits, or four if the last one is before the point.
        let digits = if value < 10.0 {
            2
        } else if value < 100.0 {
            1
        } else {
            0
        };
        format!("{value:.digits$}{}{suffix}", names[name])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        let shown = [0.25, 13.84, 123.4, 39_060.0, 4.2e8, 7.2e12];
        let shown = shown.map(|figure| Unit::Nanoseconds.show(figure));
        assert_eq!(
            shown,
            [
                "0.25 ns", "13.8 ns", "123 ns", "39.1 µs", "420 ms", "7200 s"
            ]
        );
        let shown = [0.0, 950.0, 12_345.0, 5.5e6].map(|figure| Unit::PerSecond.show(figure));
        assert_eq!(shown, ["0.00/s", "950/s", "12.3 k/s", "5.50 M/s"]);
    }
}
