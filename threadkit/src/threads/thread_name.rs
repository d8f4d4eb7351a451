//! [`ThreadName`].

use core::borrow::Borrow;
use core::fmt;
use core::ops::Deref;
use std::sync::Arc;

/// The name that a thread had when its name was asked for: a shared `str`.
///
/// Returned by [`JoinHandle::name`](crate::JoinHandle::name) and [`ThreadRef::name`](crate::ThreadRef::name). It can
/// be compared with strings, prints as one, and can be used wherever a `&str` is expected. A later
/// [`set_name`](crate::ThreadRef::set_name) does not change it.
///
/// # Examples
///
/// ```
/// use threadkit::Thread;
///
/// let worker = Thread::new(|| ()).name("worker-1").start();
/// assert_eq!(worker.name(), "worker-1");
/// assert!(worker.name().starts_with("worker"));
/// assert_eq!(format!("{} ended", worker.name()), "worker-1 ended");
/// worker.join().unwrap();
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadName(Arc<str>);

impl ThreadName {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self(name)
    }
}

impl Deref for ThreadName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for ThreadName {
    fn as_ref(&self) -> &str {
        self
    }
}

/// Its hash and its order are those of the text.
impl Borrow<str> for ThreadName {
    fn borrow(&self) -> &str {
        self
    }
}

impl fmt::Display for ThreadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl fmt::Debug for ThreadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl From<ThreadName> for Arc<str> {
    fn from(name: ThreadName) -> Self {
        name.0
    }
}

impl From<ThreadName> for String {
    fn from(name: ThreadName) -> Self {
        name.to_string()
    }
}

macro_rules! equals {
    ($($text:ty),*) => {$(
        impl PartialEq<$text> for ThreadName {
            fn eq(&self, other: &$text) -> bool {
                let other: &str = other;
                **self == *other
            }
        }

        impl PartialEq<ThreadName> for $text {
            fn eq(&self, other: &ThreadName) -> bool {
                other == self
            }
        }
    )*};
}

equals!(str, &str, String, Arc<str>);
