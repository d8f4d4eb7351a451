//! A test body, and the failure of its last run.

use core::fmt;
use std::sync::Arc;

use crate::backend::{self, Access, QuietMutex, explored};
use crate::identity::{self, Identity, TestRun};
use crate::inspect::{self, OrderViolation, OwnOrder};
use crate::panics::catch;
use crate::threads::{Returns, current, take_lost};
use crate::unwind;

/// What a test body may return: nothing, or a `Result`, whose error fails the run.
///
/// # Examples
///
/// ```
/// use threadkit::{JoinError, explore};
///
/// explore::check(|| -> Result<(), JoinError> {
///     assert_eq!(threadkit::spawn(|| 42).join()?, 42);
///     Ok(())
/// });
/// ```
#[diagnostic::on_unimplemented(
    message = "a test body returns nothing or a `Result`, not `{Self}`",
    label = "this returns `{Self}`",
    note = "end the body with a semicolon, or assert what the value must be"
)]
pub trait Verdict {
    /// The error in words, if it is one.
    #[doc(hidden)]
    fn __complaint(self) -> Option<String>;
}

impl Verdict for () {
    fn __complaint(self) -> Option<String> {
        None
    }
}

impl<V: Verdict, E: fmt::Debug> Verdict for Result<V, E> {
    fn __complaint(self) -> Option<String> {
        match self {
            Ok(verdict) => verdict.__complaint(),
            Err(error) => Some(format!("the body returned an error: {error:?}")),
        }
    }
}

/// For a body that always panics.
#[diagnostic::do_not_recommend]
impl Verdict for <fn() -> ! as Returns>::Output {
    fn __complaint(self) -> Option<String> {
        self
    }
}

/// A body that can be run any number of times, and the complaint about its last run.
pub(super) struct Body {
    body: Box<dyn Fn() -> Option<String> + Send + Sync>,
    test_run: TestRun,
    complaint: QuietMutex<Option<String>>,
    /// Locks that the last run has acquired in different orders.
    inversion: QuietMutex<Option<OrderViolation>>,
}

impl Body {
    pub(super) fn new<V: Verdict>(body: impl Fn() -> V + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            body: Box::new(move || body().__complaint()),
            test_run: TestRun::new(),
            complaint: QuietMutex::new(None),
            inversion: QuietMutex::new(None),
        })
    }

    /// Runs the body on the current thread; returns whether the run succeeded.
    pub(super) fn run(&self) -> bool {
        self.test_run.make_current();
        let order = OwnOrder::begin();
        // Gives the thread a name, for the report if it waits for ever.
        let _ = current();
        let complaint = match catch(|| (self.body)()) {
            Ok(complaint) => complaint,
            Err(caught) => {
                let text = caught.to_string();
                unwind::drop_quietly(caught);
                Some(text)
            }
        };
        let complaint = complaint
            .or_else(|| self.lost_panic())
            .or_else(|| self.left_behind());
        *self.inversion.lock() = order.end();
        let well = complaint.is_none();
        *self.complaint.lock() = complaint;
        well
    }

    /// What was wrong with the last run.
    pub(super) fn complaint(&self) -> Option<String> {
        self.complaint.lock().take()
    }

    /// The locks that the last run has acquired in different orders, if it has.
    ///
    /// Another run may deadlock because of it, which says more. So it fails the exploration only if no run does.
    pub(super) fn inversion(&self) -> Option<OrderViolation> {
        self.inversion.lock().take()
    }

    /// A panic of a thread whose handle was dropped.
    pub(super) fn lost_panic(&self) -> Option<String> {
        let lost = take_lost(self.test_run);
        (!lost.is_empty()).then(|| {
            format!(
                "a thread failed and was not joined: {}",
                inspect::joined(&lost, "; ")
            )
        })
    }

    /// The threads of the body that are still alive, if there are any.
    fn left_behind(&self) -> Option<String> {
        if explored::here().is_some_and(|me| me.is_last()) {
            // Nobody is left. To look for others is a use of the list of threads nevertheless.
            backend::also_uses(Access::ANY);
            return None;
        }
        let threads = self.threads();
        (!threads.is_empty()).then(|| {
            format!(
                "the body ended and left threads behind: {}; join or stop them",
                inspect::joined(&threads, ", ")
            )
        })
    }

    /// The threads that the body has started and that have not ended, with what they wait for.
    pub(super) fn threads(&self) -> Vec<String> {
        let mut threads = Vec::new();
        for identity in self.alive() {
            if identity.is_started_here() {
                threads.push(inspect::describe(&identity));
            }
        }
        threads
    }

    /// Like [`threads`](Self::threads), with the thread of the body itself.
    pub(super) fn waiting(&self) -> Vec<String> {
        self.alive()
            .iter()
            .map(|it| inspect::describe(it))
            .collect()
    }

    /// Takes the threads of the body off the list of threads: they sleep for ever in a run that has failed.
    #[cfg_attr(
        not(feature = "explore"),
        expect(dead_code, reason = "free threads that hang are alive")
    )]
    pub(super) fn abandon(&self) {
        for identity in self.alive() {
            identity.leave();
            identity::forget(&identity);
        }
    }

    fn alive(&self) -> Vec<Arc<Identity>> {
        let mut alive = identity::alive();
        alive.retain(|identity| identity.test_run() == self.test_run);
        alive
    }
}
