//! The clock, and arithmetic on it that cannot overflow.

use core::time::Duration;

pub(crate) use std::time::Instant;

use super::explored;

/// The current time; under an exploration, the virtual one.
#[inline]
pub(crate) fn now() -> Instant {
    match explored::here() {
        Some(current) => current.now(),
        None => Instant::now(),
    }
}

/// The deadline at `timeout` from now, or `None` if the clock cannot represent it.
///
/// `None` means "for ever" wherever a deadline is a parameter, so `Duration::MAX` needs no special case.
#[inline]
pub(crate) fn deadline_after(timeout: Duration) -> Option<Instant> {
    now().checked_add(timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_timeout_is_for_ever() {
        assert_eq!(deadline_after(Duration::MAX), None);
    }

    #[test]
    fn a_timeout_lies_ahead() {
        let before = now();
        let deadline = deadline_after(Duration::from_secs(1)).expect("a second fits");
        assert!(deadline >= before + Duration::from_secs(1));
    }
}
