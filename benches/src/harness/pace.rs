//! How long to measure.

/// Whether to measure properly, or only to check that the benches run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    quick: bool,
}

impl Pace {
    /// A pace; `quick` makes all rounds few and short.
    pub(crate) fn new(quick: bool) -> Self {
        Self { quick }
    }

    /// One of two settings.
    pub(crate) fn pick<T>(self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}
