//! [`OrderViolation`] and [`OrderStep`].

use core::fmt;
use core::panic::Location;

use super::printable::{joined, printable};
use crate::backend::Side;
use crate::sort;

/// Locks that are acquired in different orders, so that the threads could wait for each other.
///
/// [`order_violations`](super::order_violations) returns what was found. Its `Display` is the report, which the
/// [module](super#the-order-of-locks) shows.
///
/// # Examples
///
/// ```
/// use threadkit::{Lock, inspect};
///
/// let (a, b) = (Lock::named("a", ()), Lock::named("b", ()));
/// for (first, second) in [(&a, &b), (&b, &a)] {
///     threadkit::scope(|s| {
///         s.spawn(move || {
///             let _first = first.acquire();
///             let _second = second.acquire();
///         });
///     });
/// }
/// // The first thread has ended before the second one has started.
/// assert!(inspect::order_violations().is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct OrderViolation {
    pub(super) steps: Vec<OrderStep>,
    pub(super) prevented: Option<String>,
    /// What to do about it, for the report.
    pub(super) advice: Option<String>,
    /// Whether it has led to a deadlock that was reported.
    pub(super) has_happened: bool,
}

/// A thread that acquires a lock while it holds another: a part of an [`OrderViolation`].
///
/// # Examples
///
/// ```
/// use threadkit::inspect;
///
/// for violation in inspect::order_violations() {
///     for step in violation.steps() {
///         println!("{} holds {} since {}", step.thread(), step.held(), step.held_since());
///         println!("and acquires {} at {}", step.acquired(), step.acquired_at());
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct OrderStep {
    pub(super) thread: String,
    pub(super) held: String,
    pub(super) held_side: Option<Side>,
    pub(super) held_since: &'static Location<'static>,
    pub(super) wanted: String,
    pub(super) wanted_side: Option<Side>,
    pub(super) wanted_at: &'static Location<'static>,
}

#[cfg_attr(
    not(any(debug_assertions, feature = "inspect")),
    expect(dead_code, reason = "the form that compiles to nothing finds nothing")
)]
impl OrderViolation {
    pub(super) fn new(steps: Vec<OrderStep>, prevented: Option<String>) -> Self {
        Self {
            steps,
            prevented,
            advice: None,
            has_happened: false,
        }
    }

    /// One line of the report of the deadlock to which the violation has led. That report shows the same threads.
    pub(super) fn as_cause(&self) -> String {
        let mut locks: Vec<_> = self.steps.iter().map(OrderStep::held).collect();
        sort::few(&mut locks);
        let order = match self.steps.len() {
            2 => "in both orders",
            _ => "in a ring",
        };
        format!(
            "the cause: {} are acquired {order}",
            joined(&locks, " and ")
        )
    }
}

impl OrderViolation {
    /// The acquisitions: each acquires the lock that the next one holds, and the last one that of the first.
    ///
    /// There is one of them where one thread reads a lock twice, and a writer in between would block it.
    ///
    /// # Examples
    ///
    /// See [`OrderStep`].
    #[must_use]
    pub fn steps(&self) -> &[OrderStep] {
        &self.steps
    }

    /// What makes the deadlock impossible, in words; `None` if it is possible.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::inspect;
    ///
    /// let violations = inspect::order_violations();
    /// assert!(violations.iter().all(|violation| violation.prevented_by().is_none()));
    /// ```
    #[must_use]
    pub fn prevented_by(&self) -> Option<&str> {
        self.prevented.as_deref()
    }
}

impl OrderStep {
    /// The name of the thread.
    ///
    /// # Examples
    ///
    /// See [`OrderStep`].
    #[must_use]
    pub fn thread(&self) -> &str {
        &self.thread
    }

    /// The lock that the thread holds: its name, and where it was made.
    ///
    /// # Examples
    ///
    /// See [`OrderStep`].
    #[must_use]
    pub fn held(&self) -> &str {
        &self.held
    }

    /// Where the thread has acquired the lock that it holds.
    ///
    /// # Examples
    ///
    /// See [`OrderStep`].
    #[must_use]
    pub fn held_since(&self) -> &'static Location<'static> {
        self.held_since
    }

    /// The lock that the thread acquires meanwhile: its name, and where it was made.
    ///
    /// # Examples
    ///
    /// See [`OrderStep`].
    #[must_use]
    pub fn acquired(&self) -> &str {
        &self.wanted
    }

    /// Where the thread acquires it.
    ///
    /// # Examples
    ///
    /// See [`OrderStep`].
    #[must_use]
    pub fn acquired_at(&self) -> &'static Location<'static> {
        self.wanted_at
    }
}

impl fmt::Display for OrderViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (&self.prevented, self.has_happened) {
            (Some(_), _) => "no deadlock",
            (None, true) => "deadlock",
            (None, false) => "possible deadlock (it did not happen in this run)",
        })?;
        match self.steps.len() {
            1 => f.write_str(": a thread reads a lock twice")?,
            2 => f.write_str(": 2 locks are acquired in both orders")?,
            count => write!(f, ": {count} locks are acquired in a ring")?,
        }
        if let Some(prevented) = &self.prevented {
            write!(f, ", but {prevented}")?;
        }
        for step in &self.steps {
            write!(f, "\n  {step}")?;
        }
        match &self.advice {
            Some(advice) => write!(f, "\n  {advice}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for OrderStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            thread,
            held,
            held_since,
            wanted,
            wanted_at,
            ..
        } = self;
        let thread = printable(thread);
        let holds = match self.held_side {
            None => format!("holds {held}"),
            Some(side) => side.acquires(held),
        };
        let (wanted, again) = match wanted == held {
            true => ("it", " again"),
            false => (wanted.as_str(), ""),
        };
        let acquires = match self.wanted_side {
            None => format!("acquires {wanted}"),
            Some(side) => side.acquires(wanted),
        };
        write!(
            f,
            "`{thread}` {holds} since {held_since}, and {acquires}{again} at {wanted_at}"
        )
    }
}
