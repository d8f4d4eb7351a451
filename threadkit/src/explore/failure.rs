//! The failure that an exploration has found.

use core::error::Error;
use core::fmt;

use crate::debug_as_display::debug_as_display;

/// What went wrong, and under which schedule.
///
/// Returned by [`Explorer::try_check`](super::Explorer::try_check).
///
/// # Examples
///
/// ```
/// use threadkit::explore::{Explorer, Failure};
///
/// let failure: Failure = Explorer::new()
///     .try_check(|| assert_eq!(1 + 1, 3, "arithmetic"))
///     .unwrap_err();
/// assert!(failure.what().contains("arithmetic"));
/// assert_eq!(failure.run(), 1);
/// ```
#[derive(Clone)]
pub struct Failure {
    pub(super) what: String,
    pub(super) run: u64,
    pub(super) schedule: Option<String>,
    pub(super) steps: Option<Box<str>>,
    pub(super) kept: Vec<String>,
    pub(super) foreign_uses: Vec<String>,
}

/// A note on what keeps its value from one run to the next.
pub(super) fn kept_note(kept: &[String]) -> String {
    format!(
        "used in more than one run, and keeps its value from one to the next: {}; make it in the \
         body, or put it back with `Explorer::reset`",
        kept.join(", ")
    )
}

impl Failure {
    /// What went wrong: the message of a panic, or the threads and what they wait for.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::explore::Explorer;
    ///
    /// let failure = Explorer::new().try_check(|| panic!("out of cheese")).unwrap_err();
    /// assert!(failure.what().contains("out of cheese"));
    /// ```
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The run that failed, counted from one.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::explore::Explorer;
    ///
    /// let failure = Explorer::new().try_check(|| panic!("at once")).unwrap_err();
    /// assert_eq!(failure.run(), 1);
    /// ```
    #[must_use]
    pub fn run(&self) -> u64 {
        self.run
    }

    /// The schedule of that run, for [`replay`](super::replay).
    ///
    /// `None` without the feature `explore`.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::explore::Explorer;
    ///
    /// let failure = Explorer::new().try_check(|| panic!("out of cheese")).unwrap_err();
    /// assert_eq!(failure.schedule().is_some(), cfg!(feature = "explore"));
    /// ```
    #[must_use]
    pub fn schedule(&self) -> Option<&str> {
        self.schedule.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {} failed: {}", self.run, self.what)?;
        if let Some(steps) = &self.steps {
            write!(f, "\n{steps}")?;
        }
        match &self.schedule {
            Some(schedule) => write!(
                f,
                "\nrepeat it with: threadkit::explore::replay(\"{schedule}\", body), where `body` is a \
                 plain `fn body()` that the test runs as well"
            )?,
            None => f.write_str(
                "\nbuild with the feature `explore` for a schedule that can be replayed",
            )?,
        }
        if !self.kept.is_empty() {
            write!(f, "\nnote: {}", kept_note(&self.kept))?;
        }
        if !self.foreign_uses.is_empty() {
            write!(
                f,
                "\nnote: used by a thread that threadkit did not start in the body, which no \
                 schedule can place: {}; start it with `threadkit::spawn`",
                self.foreign_uses.join(", ")
            )?;
        }
        Ok(())
    }
}

debug_as_display!(Failure);

impl Error for Failure {}
