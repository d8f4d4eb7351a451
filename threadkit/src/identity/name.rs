//! The default names of threads.

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use crate::backend::explored;

/// Counts the threads that were started without a name.
static UNNAMED: AtomicU64 = AtomicU64::new(1);

/// Counts the adopted threads without a name.
static FOREIGN: AtomicU64 = AtomicU64::new(1);

/// The name of a thread.
#[derive(Clone, Debug)]
pub(crate) enum Name {
    Given(Arc<str>),
    /// `Thread-3 (download)`. Most threads are never asked for it, so it is a text only when it is needed.
    Default {
        number: u64,
        target: Option<&'static str>,
    },
}

impl Name {
    /// The default name of a thread: a number, and the name of what the thread runs if its type has one. A closure in
    /// the `main` of the program gives no name, as `Thread-3 (main)` would read like the main thread.
    pub(crate) fn default(target: &'static str) -> Self {
        // In an exploration every run counts anew, so that a replay has the same names.
        let number = match explored::here() {
            Some(task) => task.next_number(),
            None => UNNAMED.fetch_add(1, Ordering::Relaxed),
        };
        let target = last_segment(target);
        Self::Default { number, target }
    }

    /// As a text, with room for the NUL that `std` adds and for nothing more, which `std` would give back.
    pub(crate) fn text(&self) -> String {
        let (number, target) = match self {
            Self::Given(name) => {
                let mut text = String::with_capacity(name.len() + 1);
                text.push_str(name);
                return text;
            }
            Self::Default { number, target } => (*number, target.unwrap_or_default()),
        };
        let mut digits = [0; DIGITS];
        let digits = decimal(number, &mut digits);
        const START: &str = "Thread-";
        let (before, after) = match target {
            "" => ("", ""),
            _ => (" (", ")"),
        };
        let length = START.len() + digits.len() + before.len() + target.len() + after.len();
        let mut text = String::with_capacity(length + 1);
        text.push_str(START);
        text.extend(digits.iter().map(|digit| char::from(*digit)));
        for part in [before, target, after] {
            text.push_str(part);
        }
        text
    }
}

/// The most digits of a number.
const DIGITS: usize = u64::MAX.ilog10() as usize + 1;

/// Writes a number, in less time than `write!` takes.
fn decimal(mut number: u64, digits: &mut [u8; DIGITS]) -> &[u8] {
    let mut first = DIGITS;
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &digits[first..];
        }
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
    // From the end and by bytes, because this is done for every thread: names are short and paths are long.
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii();
    let before = path.bytes().rposition(|byte| !is_of_name(byte));
    let Some(at) = before else {
        return Some(path).filter(|path| !path.is_empty());
    };
    // Generic arguments, of the last segment or of the one before it.
    if path[..at].ends_with(">:") || path[at..].starts_with('>') {
        let generics = path.find('<')?;
        return last_segment(path[..generics].trim_end_matches(':'));
    }
    let segment = &path[at + 1..];
    (path.as_bytes()[at] == b':' && !segment.is_empty()).then_some(segment)
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
        assert_eq!(
            last_segment("app::Worker<u8>::run::{{closure}}"),
            Some("Worker")
        );
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
        let name = Name::Default {
            number: 7,
            target: Some(target),
        };
        assert_eq!(name.text(), format!("Thread-7 ({target})"));
    }

    #[test]
    fn numbers_are_whole() {
        for number in [0, 7, 10, 4711, u64::MAX] {
            let name = Name::Default {
                number,
                target: None,
            };
            assert_eq!(name.text(), format!("Thread-{number}"));
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
