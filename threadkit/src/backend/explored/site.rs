//! Objects that outlive the run in which they were made.

use core::cell::Cell;
use core::fmt;
use core::panic::Location;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::Access;
use super::execution::note_foreign_use;
use super::form::{ExploredTask, here};
use super::step::{Act, Object, Step, Subject};
use crate::backend::jitter;

thread_local! {
    static RESETTING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `reset`. What it uses counts as new for the next run.
pub(crate) fn putting_back(reset: impl FnOnce()) {
    struct Over;
    impl Drop for Over {
        fn drop(&mut self) {
            RESETTING.set(false);
        }
    }
    RESETTING.set(true);
    let _over = Over;
    reset();
}

/// The last run that has used an object; zero if none has.
///
/// An object that two runs have used is a static, or was made outside the body: it keeps its value from run to run,
/// which is noted for the report of the exploration.
pub(crate) struct LastRun(AtomicU64);

impl LastRun {
    pub(crate) const fn none() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Notes that the current thread uses the object, which `describe` puts into words. Returns whether it is the first
    /// use in its run.
    #[inline]
    pub(crate) fn note(&self, describe: impl FnOnce() -> String) -> bool {
        // Relaxed: the threads of a run take turns, which orders their accesses and the runs.
        match here() {
            Some(current) => {
                let run = current.run().get();
                let before = self.0.load(Ordering::Relaxed);
                let is_first = before != run;
                if is_first {
                    self.0.store(run, Ordering::Relaxed);
                    if before != 0 {
                        current.note_kept(describe());
                    }
                }
                return is_first;
            }
            None if RESETTING.get() => self.0.store(0, Ordering::Relaxed),
            None => match self.0.load(Ordering::Relaxed) {
                0 => {}
                run => note_foreign_use(run, describe),
            },
        }
        false
    }
}

/// Where an object was made, for objects that have no other record of it.
pub(crate) struct Site {
    kind: &'static str,
    made: &'static Location<'static>,
    last_run: LastRun,
    /// The number of the atomic that has this site, plus one, as far as memory orders are followed in the run that has used it
    /// last; zero for none.
    pub(super) atomic: AtomicU32,
}

impl Site {
    /// `kind` is what the object is, with an article.
    #[track_caller]
    pub(crate) const fn new(kind: &'static str) -> Self {
        Self::made_at(kind, Location::caller())
    }

    /// The same, of an object that was made at that place.
    pub(crate) const fn made_at(kind: &'static str, made: &'static Location<'static>) -> Self {
        Self {
            kind,
            made,
            last_run: LastRun::none(),
            atomic: AtomicU32::new(0),
        }
    }

    /// The object, as reports show it.
    pub(crate) fn object(&self) -> Option<Object> {
        Some(Object {
            kind: self.kind,
            name: None,
            made: self.made,
            at: core::ptr::from_ref(self).addr(),
        })
    }

    /// What a step uses that acquires, changes or looks at something of this object, and uses nothing else.
    #[inline]
    pub(crate) fn access(&self) -> Access {
        Access::take_at(core::ptr::from_ref(self).addr())
    }

    /// Until the result is dropped, the current thread is in the code of this object. The steps that it makes there use the
    /// object, and what they name themselves, and nothing else.
    ///
    /// What it does before its first step there is a part of the step before, which must be known to use the object: see
    /// [`is_observed`](Self::is_observed).
    #[inline]
    pub(crate) fn inside(&self) -> Inside {
        Inside::of(self.access().object)
    }

    /// Notes that the current thread uses the object without a step of its own.
    #[inline]
    pub(crate) fn is_observed(&self) {
        if let Some(task) = here() {
            task.also_uses(self.access());
        }
        self.used();
    }

    /// Notes that the current thread uses the object.
    #[inline]
    pub(crate) fn used(&self) {
        let is_first = self
            .last_run
            .note(|| format!("{} made at {}", self.kind, self.made));
        if is_first {
            // Relaxed: as in `note`.
            self.atomic.store(0, Ordering::Relaxed);
        }
    }

    /// The same, after a point at which another thread may run. `verb` is the operation that begins with it.
    #[inline]
    #[track_caller]
    pub(crate) fn step(&self, verb: &'static str) {
        self.step_by(verb, |task| task.yield_before(self.access()));
    }

    /// As [`step`](Self::step), for an operation that only looks.
    #[inline]
    #[track_caller]
    pub(crate) fn look(&self, verb: &'static str) {
        let access = Access::look_at(self.access().object);
        self.step_by(verb, |task| task.yield_before(access));
    }

    #[inline]
    #[track_caller]
    pub(super) fn step_by(&self, verb: &'static str, yields: impl FnOnce(ExploredTask)) {
        match here() {
            Some(task) => {
                yields(task);
                task.note(Step {
                    about: self.object().map(Subject::Object),
                    place: Some(Location::caller()),
                    ..Step::new(Act::Does(verb))
                });
            }
            None => jitter::yield_point(),
        }
        self.used();
    }
}

/// The current thread is in the code of an object, or outside of all, until this is dropped.
#[must_use = "it ends when it is dropped"]
pub(crate) struct Inside {
    before: Option<usize>,
}

impl Inside {
    #[inline]
    fn of(object: usize) -> Self {
        Self {
            before: here().map(|task| task.enter(object)),
        }
    }
}

impl Drop for Inside {
    #[inline]
    fn drop(&mut self) {
        if let (Some(before), Some(task)) = (self.before, here()) {
            task.enter(before);
            // What follows is a part of the last step outside.
            if before != 0 {
                task.also_uses(Access::take_at(before));
            }
        }
    }
}

/// As [`Site::inside`], for a part of an object.
#[inline]
pub(crate) fn inside<T>(part: &T) -> Inside {
    Inside::of(core::ptr::from_ref(part).addr())
}

/// Until the result is dropped, the current thread is in the code of no object: it runs code of the program, or of another
/// object.
#[inline]
pub(crate) fn outside() -> Inside {
    Inside::of(0)
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.made)
    }
}
