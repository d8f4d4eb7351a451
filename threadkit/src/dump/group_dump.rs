//! [`GroupDump`].

use core::fmt;

use crate::inspect;
use crate::panics::Place;

/// What threads belong to.
///
/// # Examples
///
/// See [`GroupDump`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GroupKind {
    /// A [`scope`](crate::scope()).
    Scope,
    /// A [`ThreadPool`](crate::ThreadPool).
    Pool,
    /// A [`Supervisor`](crate::Supervisor).
    Supervisor,
}

impl From<inspect::GroupKind> for GroupKind {
    fn from(kind: inspect::GroupKind) -> Self {
        match kind {
            inspect::GroupKind::Scope => Self::Scope,
            inspect::GroupKind::Pool => Self::Pool,
            inspect::GroupKind::Supervisor => Self::Supervisor,
        }
    }
}

impl fmt::Display for GroupKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scope => "scope",
            Self::Pool => "pool",
            Self::Supervisor => "supervisor",
        })
    }
}

/// A scope, a pool or a supervisor of a [`Dump`](super::Dump), with its threads.
///
/// # Examples
///
/// ```
/// use threadkit::ThreadPool;
/// use threadkit::dump::GroupKind;
///
/// let pool = ThreadPool::builder(1).name("jobs").build();
/// let task = pool.submit(|| threadkit::stop_token().wait());
/// let dump = threadkit::dump();
/// // In release builds without the feature `inspect`, there are none.
/// for group in dump.groups().iter().filter(|group| group.name() == Some("jobs")) {
///     assert_eq!(group.kind(), GroupKind::Pool);
///     assert_eq!(group.made().file(), file!());
///     assert_eq!(group.maker(), threadkit::current().ident());
///     assert!(group.threads().len() <= 1 && group.pending() <= 1);
/// }
/// task.stop();
/// # task.join().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct GroupDump {
    pub(super) kind: GroupKind,
    pub(super) name: Option<String>,
    pub(super) made: Place,
    pub(super) maker: u64,
    pub(super) threads: Vec<u64>,
    pub(super) pending: usize,
}

impl GroupDump {
    /// What it is.
    ///
    /// # Examples
    ///
    /// See [`GroupDump`].
    #[must_use]
    pub fn kind(&self) -> GroupKind {
        self.kind
    }

    /// The name of a pool.
    ///
    /// # Examples
    ///
    /// See [`GroupDump`].
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Where it was made.
    ///
    /// # Examples
    ///
    /// See [`GroupDump`].
    #[must_use]
    pub fn made(&self) -> &Place {
        &self.made
    }

    /// The number of the thread that made it.
    ///
    /// # Examples
    ///
    /// See [`GroupDump`].
    #[must_use]
    pub fn maker(&self) -> u64 {
        self.maker
    }

    /// The numbers of its threads.
    ///
    /// # Examples
    ///
    /// See [`GroupDump`].
    #[must_use]
    pub fn threads(&self) -> &[u64] {
        &self.threads
    }

    /// How many tasks of a pool have not begun.
    ///
    /// # Examples
    ///
    /// See [`GroupDump`].
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending
    }
}
