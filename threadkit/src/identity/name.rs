//! The default names of threads.

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use crate::backend::explored;

/// Counts the threads that were started without a name.
static UNNAMED: AtomicU64 = AtomicU64::new(1);

/// Counts the adopted threads without a name.
static FOREIGN: AtomicU64 = AtomicU64::new(1);

/// `Thread-3 (download)`: a number, and the name of what the thread runs if its type has one. A closure in the `main` of
/// the program gives no name, as `Thread-3 (main)` would read like the main thread.
pub(crate) fn default_name(target: &str) -> Arc<str> {
    // In an exploration every run counts anew, so that a replay has the same names.
    let number = match explored::here() {
        Some(task) => task.next_number(),
        None => UNNAMED.fetch_add(1, Ordering::Relaxed),
    };
    let target = last_segment(target);
    // Written on the stack first, so that only one piece of memory is allocated unless the target is very long.
    let mut name = Short::new();
    let written = name.push("Thread-").and_then(|()| name.push_number(number));
    let written = written.and_then(|()| match target {
        None => Some(()),
        Some(target) => [" (", target, ")"]
            .iter()
            .try_for_each(|part| name.push(part)),
    });
    match (written, target) {
        (Some(()), _) => name.as_str().into(),
        (None, Some(target)) => format!("Thread-{number} ({target})").into(),
        (None, None) => format!("Thread-{number}").into(),
    }
}

/// A short text on the stack.
struct Short {
    bytes: [u8; 64],
    len: usize,
}

impl Short {
    fn new() -> Self {
        Self {
            bytes: [0; 64],
            len: 0,
        }
    }

    /// `None` if there is no room.
    fn push(&mut self, text: &str) -> Option<()> {
        self.push_bytes(text.as_bytes())
    }

    fn push_bytes(&mut self, text: &[u8]) -> Option<()> {
        let end = self.len + text.len();
        let room = self.bytes.get_mut(self.len..end)?;
        room.copy_from_slice(text);
        self.len = end;
        Some(())
    }

    fn push_number(&mut self, mut number: u64) -> Option<()> {
        const DIGITS: usize = u64::MAX.ilog10() as usize + 1;
        let mut digits = [b'0'; DIGITS];
        let mut first = DIGITS;
        loop {
            first -= 1;
            digits[first] += (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return self.push_bytes(&digits[first..]);
            }
        }
    }

    fn as_str(&self) -> &str {
        // Only whole texts were written.
        str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

/// The name of an adopted thread: its own, or `Foreign-3`.
pub(crate) fn foreign_name(given: Option<String>) -> Arc<str> {
    match given {
        Some(name) => name.into(),
        None => {
            let number = FOREIGN.fetch_add(1, Ordering::Relaxed);
            format!("Foreign-{number}").into()
        }
    }
}

/// The name of the function or type at the end of a path such as `app::jobs::fetch<T>::{{closure}}`; a
/// closure has the name of its function, except if that is the `main` of the program.
fn last_segment(path: &str) -> Option<&str> {
    let mut path = path;
    while let Some(outer) = path.strip_suffix("::{{closure}}") {
        path = outer;
    }
    if let Some(program) = path.strip_suffix("::main")
        && !program.contains("::")
    {
        return None;
    }
    let generics = path.bytes().position(|byte| byte == b'<');
    let path = &path[..generics.unwrap_or(path.len())];
    // By bytes and from the end, because this is done for every thread: names are short and paths are long.
    let path = path.trim_end_matches(':');
    let before = path.bytes().rposition(|byte| byte == b':');
    let segment = &path[before.map_or(0, |at| at + 1)..];
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii();
    let is_name = segment.bytes().all(is_of_name);
    (is_name && !segment.is_empty()).then_some(segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_ends_in_its_target() {
        assert_eq!(last_segment("app::jobs::fetch"), Some("fetch"));
        assert_eq!(last_segment("app::load::{{closure}}"), Some("load"));
        assert_eq!(
            last_segment("app::load::{{closure}}::{{closure}}"),
            Some("load")
        );
        assert_eq!(
            last_segment("app::Worker<alloc::vec::Vec<u8>>"),
            Some("Worker")
        );
        assert_eq!(last_segment("app::fetch<u8>::{{closure}}"), Some("fetch"));
        assert_eq!(last_segment("plain"), Some("plain"));
    }

    #[test]
    fn a_closure_in_main_is_not_named_after_the_main_thread() {
        assert_eq!(last_segment("app::main::{{closure}}"), None);
        assert_eq!(last_segment("app::main::{{closure}}::{{closure}}"), None);
        assert_eq!(last_segment("app::jobs::main::{{closure}}"), Some("main"));
    }

    #[test]
    fn long_targets_are_whole() {
        let target = "a_function_with_a_name_that_says_all_there_is_to_say_about_what_it_does";
        let name = default_name(&format!("app::{target}::{{{{closure}}}}"));
        assert!(name.starts_with("Thread-"), "{name}");
        assert!(name.ends_with(&format!(" ({target})")), "{name}");
    }

    #[test]
    fn numbers_are_whole() {
        for number in [0, 7, 10, 4711, u64::MAX] {
            let mut text = Short::new();
            text.push_number(number).unwrap();
            assert_eq!(text.as_str(), number.to_string());
        }
    }

    #[test]
    fn what_is_no_name_is_left_out() {
        assert_eq!(last_segment("<app::X as app::Y>::call"), None);
        assert_eq!(last_segment("dyn app::Job + Send"), None);
        assert_eq!(last_segment("(u8, u8)"), None);
        assert_eq!(last_segment(""), None);
    }
}
