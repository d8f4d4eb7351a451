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
}

impl Access {
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
    pub(crate) fn take_at(object: usize) -> Self {
        Self {
            object,
            by: Use::Take,
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
}
