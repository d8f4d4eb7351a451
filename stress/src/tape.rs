//! The choices that a program is generated from.
//!
//! A tape is a sequence of bytes; the generator reads one for each choice, and zeros after the end. Every
//! tape gives a valid program, and zero is the smallest choice everywhere. So a program is shrunk by
//! making its tape shorter and its bytes smaller, and only the generator needs the rules that keep it
//! free of deadlocks.

/// A small generator with a good spread (splitmix64); not for secrets.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not zero.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// A sequence of choices, and how far it has been read.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    bytes: Vec<u8>,
    at: usize,
    /// The range of each part of the program on the tape; filled while the tape is read.
    spans: Vec<(usize, usize)>,
}

impl Tape {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            at: 0,
            spans: Vec::new(),
        }
    }

    /// The tape of that number in the series that belongs to `seed`.
    pub(crate) fn random(seed: u64, number: u64) -> Self {
        let mut random = Random::new(seed ^ number.wrapping_mul(0xd1b5_4a32_d192_ed03));
        let length = 24 + random.below(140);
        Self::new((0..length).map(|_| random.next() as u8).collect())
    }

    /// A number below `bound`; zero once the tape is over.
    pub(crate) fn draw(&mut self, bound: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % bound
    }

    /// True one time in `n`.
    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.draw(n) == n - 1
    }

    /// Begins a part, which `close` ends. A shrinker may remove a part as a whole.
    pub(crate) fn open(&self) -> usize {
        self.at
    }

    pub(crate) fn close(&mut self, start: usize) {
        self.spans.push((start, self.at.min(self.bytes.len())));
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The parts that were read, the longest first.
    pub(crate) fn spans(&self) -> Vec<(usize, usize)> {
        let mut spans: Vec<_> = (self.spans.iter().copied())
            .filter(|(start, end)| start < end)
            .collect();
        spans.sort_by_key(|(start, end)| (core::cmp::Reverse(end - start), *start));
        spans.dedup();
        spans
    }

    pub(crate) fn to_hex(&self) -> String {
        self.bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_ascii() || !text.len().is_multiple_of(2) {
            return None;
        }
        let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).ok();
        (0..text.len())
            .step_by(2)
            .map(byte)
            .collect::<Option<_>>()
            .map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tape_in_digits_is_the_same_tape() {
        let tape = Tape::random(1, 2);
        let again = Tape::from_hex(&tape.to_hex()).unwrap();
        assert_eq!(again.bytes(), tape.bytes());
        assert!(Tape::from_hex("0g").is_none() && Tape::from_hex("012").is_none());
    }
}
