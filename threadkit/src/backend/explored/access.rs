//! What a step does to what other tasks can observe.

/// What a step uses, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    /// The address of the object; zero for anything.
    pub(crate) object: usize,
    pub(crate) by: Use,
}

/// How a step uses an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// It only looks.
    Look,
    /// It acquires or releases, or nothing is known of it.
    Take,
    /// It writes.
    Change,
    /// It uses nothing.
    #[cfg(feature = "explore")]
    Nothing,
}

impl Access {
    /// Stands for the end of the task zero; the ends of the other tasks are below. No object has such an address: the
    /// last pages of the address space are never used.
    #[cfg(feature = "explore")]
    pub(crate) const END: usize = usize::MAX - 1;

    /// Stands for the numbers that the tasks of a run count up.
    #[cfg(feature = "explore")]
    pub(crate) const NUMBERS: usize = usize::MAX;

    /// Stands for the order of sequentially consistent operations. No run has so many tasks that one of their ends has
    /// this address.
    #[cfg(feature = "explore")]
    pub(crate) const ORDER: usize = Self::END - Self::TASKS + 1;

    /// More tasks than a run can have.
    #[cfg(feature = "explore")]
    const TASKS: usize = 1 << 16;

    /// A step of which nothing is known.
    pub(crate) const ANY: Self = Self {
        object: 0,
        by: Use::Take,
    };

    /// A step that only looks, at more than one object.
    pub(crate) const LOOK: Self = Self {
        object: 0,
        by: Use::Look,
    };

    /// A step that uses nothing that another task could change.
    #[cfg(feature = "explore")]
    pub(crate) const NOTHING: Self = Self {
        object: 0,
        by: Use::Nothing,
    };

    /// A step that only looks at this object.
    #[inline(always)]
    pub(crate) fn look<T>(object: &T) -> Self {
        Self::of(object, Use::Look)
    }

    /// A step that acquires or releases this object, and uses nothing else.
    #[inline(always)]
    pub(crate) fn take<T>(object: &T) -> Self {
        Self::of(object, Use::Take)
    }

    /// As [`take`](Self::take), of the object at that address.
    pub(crate) const fn take_at(object: usize) -> Self {
        Self {
            object,
            by: Use::Take,
        }
    }

    /// As [`look`](Self::look), at the object at that address.
    #[cfg(feature = "explore")]
    pub(crate) const fn look_at(object: usize) -> Self {
        Self {
            object,
            by: Use::Look,
        }
    }

    /// As [`change`](Self::change), of the object at that address.
    #[cfg(feature = "explore")]
    pub(crate) const fn change_at(object: usize) -> Self {
        Self {
            object,
            by: Use::Change,
        }
    }

    /// A step that writes this object, and uses nothing else.
    #[inline(always)]
    pub(crate) fn change<T>(object: &T) -> Self {
        Self::of(object, Use::Change)
    }

    #[inline(always)]
    fn of<T>(object: &T, by: Use) -> Self {
        Self {
            object: core::ptr::from_ref(object).addr(),
            by,
        }
    }

    /// The same, where a step of which nothing is known is one that uses the object at that address.
    #[cfg(feature = "explore")]
    pub(crate) fn of_unknown(self, object: usize) -> Self {
        match self {
            Self {
                object: 0,
                by: Use::Look | Use::Take | Use::Change,
            } => Self {
                object,
                by: self.by,
            },
            known => known,
        }
    }

    /// Whether the object is the same in all runs: it is no address.
    #[cfg(feature = "explore")]
    pub(crate) fn is_stable(self) -> bool {
        self.object == 0 || self.object > Self::END - Self::TASKS
    }

    /// Whether it stands for the end of a task, with which the task begins as well.
    #[cfg(feature = "explore")]
    pub(crate) fn is_of_end(self) -> bool {
        self.object > Self::ORDER && self.object <= Self::END
    }

    /// Whether the order of two steps with these accesses may matter.
    #[cfg(feature = "explore")]
    pub(crate) fn conflicts(self, other: Self) -> bool {
        match (self.by, other.by) {
            (Use::Look | Use::Nothing, Use::Look | Use::Nothing) => false,
            // A step of which nothing is known conflicts even with a step that says that it uses nothing: the latter
            // may look at something without a step for it.
            (Use::Nothing, _) => other.object == 0,
            (_, Use::Nothing) => self.object == 0,
            _ => self.object == other.object || self.object == 0 || other.object == 0,
        }
    }
}

#[cfg(all(test, feature = "explore"))]
mod tests {
    use super::*;

    #[test]
    fn only_what_uses_the_same_object_or_is_unknown_conflicts() {
        let (a, b) = (0_u32, 0_u32);
        assert!(Access::change(&a).conflicts(Access::look(&a)));
        assert!(Access::take(&a).conflicts(Access::take(&a)));
        assert!(!Access::look(&a).conflicts(Access::look(&a)));
        assert!(!Access::change(&a).conflicts(Access::change(&b)));
        assert!(Access::ANY.conflicts(Access::look(&a)));
        assert!(Access::LOOK.conflicts(Access::change(&a)));
        assert!(!Access::LOOK.conflicts(Access::look(&a)));
        assert!(!Access::NOTHING.conflicts(Access::change(&a)));
        assert!(Access::NOTHING.conflicts(Access::ANY));
        assert!(Access::look_at(Access::ORDER).is_stable() && !Access::look(&a).is_stable());
    }
}
