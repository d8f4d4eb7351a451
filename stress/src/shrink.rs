//! Makes the tape of a failing program as short as possible, and so the program.

use std::time::{Duration, Instant};

use crate::tape::Tape;

/// The class of a failure: a smaller program counts only if it fails in the same way.
pub(crate) fn class(text: &str) -> String {
    let kinds = [
        "deadlock",
        "no end after",
        "hangs after",
        "a thread has stopped",
        "the process",
    ];
    match kinds.iter().find(|kind| text.starts_with(**kind)) {
        Some(kind) => (*kind).to_owned(),
        None => text
            .chars()
            .filter(|c| !c.is_ascii_digit())
            .take(60)
            .collect(),
    }
}

/// The smallest tape that was found with which `fails` is still true, within that time.
pub(crate) fn shrink(
    tape: Tape,
    time: Duration,
    mut spans: impl FnMut(&Tape) -> Vec<(usize, usize)>,
    mut fails: impl FnMut(&Tape) -> bool,
) -> Tape {
    let end = Instant::now() + time;
    let mut best = tape.bytes().to_vec();
    let mut attempt = |best: &mut Vec<u8>, candidate: Vec<u8>| {
        let smaller = (candidate.len(), &candidate) < (best.len(), best);
        if smaller && Instant::now() < end && fails(&Tape::new(candidate.clone())) {
            *best = candidate;
            return true;
        }
        false
    };
    loop {
        let before = best.clone();
        // Whole parts, the longest first.
        let mut at = 0;
        loop {
            let parts = spans(&Tape::new(best.clone()));
            let Some((from, to)) = parts.get(at).copied() else {
                break;
            };
            let mut candidate = best.clone();
            candidate.drain(from..to.min(best.len()));
            if !attempt(&mut best, candidate) {
                at += 1;
            }
        }
        // The end, which reads as zeros.
        let mut cut = best.len() / 2;
        while cut > 0 {
            let candidate = best[..best.len() - cut].to_vec();
            if !attempt(&mut best, candidate) {
                cut /= 2;
            }
            cut = cut.min(best.len());
        }
        // Short pieces anywhere.
        for length in [4, 2, 1] {
            let mut at = 0;
            while at + length <= best.len() {
                let mut candidate = best.clone();
                candidate.drain(at..at + length);
                if !attempt(&mut best, candidate) {
                    at += 1;
                }
            }
        }
        // Smaller choices.
        for at in 0..best.len() {
            for value in [0, 1, 2, 3, 4, 5, 6, 7, 8] {
                if at >= best.len() || value >= best[at] {
                    break;
                }
                let mut candidate = best.clone();
                candidate[at] = value;
                if attempt(&mut best, candidate) {
                    break;
                }
            }
        }
        if best == before || Instant::now() >= end {
            return Tape::new(best);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_bytes_that_matter_are_left() {
        let tape = Tape::new((0..100).collect());
        let spans = |tape: &Tape| vec![(0, tape.bytes().len() / 2)];
        let fails = |tape: &Tape| {
            let bytes = tape.bytes();
            bytes.iter().position(|byte| *byte >= 7) < bytes.iter().position(|byte| *byte == 50)
        };
        let small = shrink(tape, Duration::from_secs(60), spans, fails);
        assert_eq!(small.bytes(), [7, 50]);
    }

    #[test]
    fn failures_differ_by_their_words_and_not_by_their_numbers() {
        assert_eq!(class("task 7 was lost"), class("task 12 was lost"));
        assert_eq!(class("deadlock: of `a`"), class("deadlock: of `b`"));
        assert_ne!(class("deadlock: nobody"), class("hangs after 4s"));
    }
}
