//! What threads wait for, which this form does not note.

use core::marker::PhantomData;
use core::sync::atomic::AtomicU32;
use core::time::Duration;

use crate::backend::explored::ShownValue;
use crate::backend::{Site, TaskId};
use crate::identity::Identity;
use crate::inspect::{EndedBy, Operation, Policy, WaitInfo};

/// The call of an operation, of which this form notes nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call;

impl Operation {
    /// A call of this operation at the place of the caller.
    #[inline(always)]
    pub(crate) const fn here(self) -> Call {
        Call
    }
}

impl Call {
    /// Another operation of the same caller.
    #[inline(always)]
    pub(crate) fn of(self, _operation: Operation) -> Self {
        self
    }

    /// The same call, of that object.
    #[inline(always)]
    pub(crate) fn on(self, _site: &Site) -> Self {
        self
    }

    /// The same call, of a thread.
    #[inline(always)]
    pub(crate) fn on_thread(self, _task: TaskId) -> Self {
        self
    }

    /// The site of an object that the call makes.
    #[inline(always)]
    pub(crate) fn makes(self, kind: &'static str) -> Site {
        Site::new(kind)
    }

    /// Notes that it has been done.
    #[inline(always)]
    pub(crate) fn did(self, _result: impl FnOnce() -> Option<ShownValue>) {}

    /// As [`waiting`], in this call.
    #[inline(always)]
    pub(crate) fn waiting(self) -> Waiting<'static> {
        Waiting::NONE
    }

    /// As [`waiting_for`], in this call.
    #[inline(always)]
    pub(crate) fn waiting_for<'a>(self, awaited: &'a dyn EndedBy) -> Waiting<'a> {
        waiting_for(Operation::SCOPE, awaited)
    }
}

/// Notes that the current thread starts to wait, until the result is dropped.
#[inline(always)]
pub(crate) fn waiting(_operation: Operation) -> Waiting<'static> {
    Waiting::NONE
}

/// As [`waiting`].
#[inline(always)]
pub(crate) fn waiting_for<'a>(_operation: Operation, awaited: &'a dyn EndedBy) -> Waiting<'a> {
    // Never called: the other form asks both, and so other rooms need no `cfg` for what they answer.
    let _asks = || {
        let asked = (awaited.enders(), awaited.culprit());
        (asked, awaited.describe(), awaited.obstacle())
    };
    Waiting::NONE
}

/// Ends a note that this form does not make.
pub(crate) struct Waiting<'a>(PhantomData<&'a ()>);

impl Waiting<'_> {
    pub(super) const NONE: Self = Self(PhantomData);
}

/// Notes that the current thread sleeps.
#[inline(always)]
pub(crate) fn asleep(_word: &AtomicU32, _decided: u32, _limited: bool, _token: bool) -> Asleep {
    Asleep
}

/// Ends a note that this form does not make.
pub(crate) struct Asleep;

/// What to call a thread in reports.
pub(crate) fn describe(thread: &Identity) -> String {
    format!("`{}`", thread.name())
}

/// What that task waits for, which this form does not know.
pub(crate) fn wait_of(_task: TaskId) -> Option<WaitInfo> {
    None
}

/// How long an exit waits before it reports for which threads: this form never does.
pub(crate) const fn report_delay() -> Option<Duration> {
    None
}

/// Sets what happens when a deadlock is found.
///
/// Nothing is found in release builds of threadkit without the feature `inspect`.
pub fn on_deadlock(_policy: Policy) {}
