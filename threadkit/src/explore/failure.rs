//! The failure that an exploration has found.

use core::error::Error;
use core::fmt;

use super::notes::Notes;
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
    pub(super) notes: Box<Notes>,
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
        let notes = self.notes.to_string();
        if !notes.is_empty() {
            write!(f, "\n{}", notes.trim_end())?;
        }
        Ok(())
    }
}

debug_as_display!(Failure);

impl Error for Failure {}
