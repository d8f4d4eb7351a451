//! The names that threads get when nobody gives them one.

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// Counts the threads that were started without a name.
static UNNAMED: AtomicU64 = AtomicU64::new(1);

/// Counts the threads that were met without a name.
static FOREIGN: AtomicU64 = AtomicU64::new(1);

/// `Thread-3 (download)`: a number, and what the thread runs as far as its type tells.
pub(crate) fn default_name(target: &str) -> Arc<str> {
    let number = UNNAMED.fetch_add(1, Ordering::Relaxed);
    match last_segment(target) {
        Some(target) => format!("Thread-{number} ({target})").into(),
        None => format!("Thread-{number}").into(),
    }
}

/// The name of a thread that somebody else started: its own, or `Foreign-3`.
pub(crate) fn foreign_name(given: Option<String>) -> Arc<str> {
    match given {
        Some(name) => name.into(),
        None => {
            let number = FOREIGN.fetch_add(1, Ordering::Relaxed);
            format!("Foreign-{number}").into()
        }
    }
}

/// The name of the function or type at the end of a path such as `app::jobs::fetch<T>::{{closure}}`;
/// a closure counts as the function that it stands in.
fn last_segment(path: &str) -> Option<&str> {
    let mut path = path;
    while let Some(outer) = path.strip_suffix("::{{closure}}") {
        path = outer;
    }
    let without_generics = path.split('<').next().unwrap_or(path);
    let segment = without_generics
        .rsplit("::")
        .find(|segment| !segment.is_empty())?;
    let is_name = segment.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then_some(segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_ends_in_its_target() {
        assert_eq!(last_segment("app::jobs::fetch"), Some("fetch"));
        assert_eq!(last_segment("app::main::{{closure}}"), Some("main"));
        assert_eq!(
            last_segment("app::main::{{closure}}::{{closure}}"),
            Some("main")
        );
        assert_eq!(
            last_segment("app::Worker<alloc::vec::Vec<u8>>"),
            Some("Worker")
        );
        assert_eq!(last_segment("app::fetch<u8>::{{closure}}"), Some("fetch"));
        assert_eq!(last_segment("plain"), Some("plain"));
    }

    #[test]
    fn what_is_no_name_is_left_out() {
        assert_eq!(last_segment("<app::X as app::Y>::call"), None);
        assert_eq!(last_segment("dyn app::Job + Send"), None);
        assert_eq!(last_segment("(u8, u8)"), None);
        assert_eq!(last_segment(""), None);
    }
}
