//! What the tasks of a run do, for the report of a failure.

use core::fmt;
use core::num::NonZeroU64;
use core::panic::Location;
use core::sync::atomic::Ordering;

/// What a task does in one step, as the program writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) act: Act,
    pub(crate) about: Option<Subject>,
    /// The result of the step, or what the object has as its value after it.
    pub(crate) value: Option<StepValue>,
    /// What it orders, if loads may return older values.
    pub(crate) order: Option<Ordering>,
    pub(crate) place: Option<&'static Location<'static>>,
}

impl Step {
    /// A step about nothing, without a place in the program.
    pub(crate) const fn new(act: Act) -> Self {
        Self {
            act,
            about: None,
            value: None,
            order: None,
            place: None,
        }
    }

    /// The object that it is about.
    #[cfg(feature = "explore")]
    pub(crate) fn object(&self) -> Option<Object> {
        match self.about {
            Some(Subject::Object(object)) => Some(object),
            Some(Subject::Thread(_)) | None => None,
        }
    }
}

/// A value that is the same in each run of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShownValue {
    Flag(bool),
    Number(i128),
    Word(&'static str),
    /// How many items there are, and how many there may be.
    Items(usize, Option<usize>),
    /// How many permits are free.
    Free(usize),
    /// It has ended no wait, although it might have.
    WakesNobody,
}

/// The value that a step leaves or returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "explore"),
    expect(dead_code, reason = "without explorations there is no report of one")
)]
pub(crate) enum StepValue {
    Newest(ShownValue),
    /// An older value, and the newest one, unless they are addresses.
    Older(Option<[ShownValue; 2]>),
    /// A step that reads and writes has stored this value, and has read the other one, unless they are addresses.
    Exchanged(Option<[ShownValue; 2]>),
    /// An exchange has failed with this value.
    Failed(Option<ShownValue>),
    /// The same, with an older value, and the newest one.
    FailedByOlder(Option<[ShownValue; 2]>),
}

/// What may be shown of a value.
pub(crate) trait Shown: Copy {
    fn shown(self) -> Option<ShownValue>;
}

/// A value of an atomic as a word of the model of memory orders, and back.
#[cfg(feature = "explore")]
pub(crate) trait Word: Shown {
    fn to_word(self) -> u64;
    fn from_word(word: u64) -> Self;
}

#[cfg(feature = "explore")]
impl Word for bool {
    fn to_word(self) -> u64 {
        u64::from(self)
    }

    fn from_word(word: u64) -> Self {
        word != 0
    }
}

#[cfg(feature = "explore")]
impl<T> Word for *mut T {
    fn to_word(self) -> u64 {
        self.expose_provenance() as u64
    }

    fn from_word(word: u64) -> Self {
        core::ptr::with_exposed_provenance_mut(word as usize)
    }
}

impl Shown for bool {
    #[inline]
    fn shown(self) -> Option<ShownValue> {
        Some(ShownValue::Flag(self))
    }
}

/// An address differs from run to run.
impl<T> Shown for *mut T {
    #[inline]
    fn shown(self) -> Option<ShownValue> {
        None
    }
}

macro_rules! shown {
    ($($number:ty)*) => {$(
        impl Shown for $number {
            #[inline]
            fn shown(self) -> Option<ShownValue> {
                i128::try_from(self).ok().map(ShownValue::Number)
            }
        }

        #[cfg(feature = "explore")]
        impl Word for $number {
            fn to_word(self) -> u64 {
                self as u64
            }

            fn from_word(word: u64) -> Self {
                word as Self
            }
        }
    )*};
}

shown!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

/// As it follows the name of the object.
impl fmt::Display for ShownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, " = {flag}"),
            Self::Number(number) => write!(f, " = {number}"),
            Self::Word(word) => write!(f, " = {word}"),
            Self::Items(count, Some(capacity)) => write!(f, " ({count} of {capacity})"),
            Self::Items(count, None) => write!(f, " ({count} in it)"),
            Self::Free(count) => write!(f, " ({count} free)"),
            Self::WakesNobody => f.write_str(", wakes nobody"),
        }
    }
}

impl ShownValue {
    /// As it follows a word.
    fn alone(self) -> String {
        self.to_string().trim_start_matches(" = ").to_owned()
    }
}

impl fmt::Display for StepValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newest(value) => value.fmt(f),
            Self::Older(Some([value, newest])) => {
                write!(f, "{value} ({} is newer)", newest.alone())
            }
            Self::Older(None) => f.write_str(" (an older value)"),
            Self::Exchanged(Some([value, before])) => {
                write!(f, "{value} (was {})", before.alone())
            }
            Self::Exchanged(None) => f.write_str(", succeeds"),
            Self::Failed(Some(value)) => write!(f, ", fails with {}", value.alone()),
            Self::Failed(None) => f.write_str(", fails"),
            Self::FailedByOlder(Some([value, newest])) => {
                let (value, newest) = (value.alone(), newest.alone());
                write!(f, ", fails with {value} ({newest} is newer)")
            }
            Self::FailedByOlder(None) => f.write_str(", fails with an older value"),
        }
    }
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(any(debug_assertions, feature = "inspect")),
    expect(dead_code, reason = "the form that compiles to nothing notes no locks")
)]
pub(crate) enum Act {
    /// An operation, by its name.
    Does(&'static str),
    /// An acquisition of a lock, by the verb.
    Acquires(&'static str),
    /// The release of a lock.
    Releases,
    /// The begin of a wait, by the name of its operation.
    Waits(&'static str),
    /// The end of the wait.
    GoesOn,
    /// A panic.
    Panics,
    /// The end of the body of a thread.
    Ends,
}

/// What a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(any(debug_assertions, feature = "inspect")),
    expect(dead_code, reason = "the form that compiles to nothing notes no waits")
)]
pub(crate) enum Subject {
    Object(Object),
    /// A thread, by the id of its task in the process.
    Thread(NonZeroU64),
}

/// An object of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    /// What it is, with an article.
    pub(crate) kind: &'static str,
    pub(crate) name: Option<&'static str>,
    pub(crate) made: &'static Location<'static>,
    /// Its address, by which objects that were made at one place differ. It is another one in each run.
    pub(crate) at: usize,
}

/// What happened in a run, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg(feature = "explore")]
pub(crate) enum Happening {
    /// The task has made a step.
    Step(usize, Step),
    /// The task has started another one.
    Starts(usize, usize),
    /// The time moved on to the deadline for which the task slept.
    TimedOut(usize),
    /// The task has ended the wait of another one, which can go on.
    Wakes(usize, usize),
    /// The task has ended.
    Ends(usize),
}

#[cfg(feature = "explore")]
impl Happening {
    /// The task that has acted.
    pub(crate) fn task(&self) -> usize {
        match self {
            Self::Step(task, _)
            | Self::Starts(task, _)
            | Self::TimedOut(task)
            | Self::Wakes(task, _)
            | Self::Ends(task) => *task,
        }
    }
}
