//! Sorts with little code to compile.
//!
//! A sort of the standard library is dozens of functions, which are compiled for each type of element. Those here do
//! most of the work on places, in code that is compiled once.

/// Sorts by two numbers; elements with the same numbers keep their order.
pub(crate) fn by_numbers<T>(all: &mut [T], numbers: impl Fn(&T) -> (u64, u64)) {
    let mut known = Vec::with_capacity(all.len());
    for item in all.iter() {
        known.push(numbers(item));
    }
    for (one, other) in swaps_for(&known) {
        all.swap(one, other);
    }
}

/// The swaps that sort elements with these numbers.
fn swaps_for(numbers: &[(u64, u64)]) -> Vec<(usize, usize)> {
    swaps(numbers.len(), &|one, other| numbers[one] < numbers[other])
}

/// Sorts by that comparison; elements of which neither is less keep their order.
#[cfg_attr(
    not(any(debug_assertions, feature = "inspect", test)),
    expect(dead_code, reason = "what it sorts is only recorded there")
)]
pub(crate) fn by<T>(all: &mut [T], is_less: impl Fn(&T, &T) -> bool) {
    for (one, other) in swaps(all.len(), &|one, other| is_less(&all[one], &all[other])) {
        all.swap(one, other);
    }
}

/// The swaps that sort that many elements, which are compared by their places.
fn swaps(len: usize, is_less: &dyn Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    let mut order = merge_sorted((0..len).collect(), is_less);
    let mut swaps = Vec::new();
    for start in 0..order.len() {
        // Around a ring of places, each of which gets the element of the next; the last gets that of the first, which
        // was swapped along.
        let mut at = start;
        loop {
            let from = core::mem::replace(&mut order[at], at);
            if from == start || from == at {
                break;
            }
            swaps.push((at, from));
            at = from;
        }
    }
    swaps
}

/// Merges sorted runs, each of which is twice as long as before, until there is one.
fn merge_sorted(mut all: Vec<usize>, is_less: &dyn Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut merged = Vec::with_capacity(all.len());
    let mut run = 1;
    while run < all.len() {
        merged.clear();
        for pair in all.chunks(2 * run) {
            let (mut one, mut other) = pair.split_at(run.min(pair.len()));
            while let (Some(first), Some(second)) = (one.first(), other.first()) {
                // Of two equal ones the first stays before the second.
                if is_less(*second, *first) {
                    merged.push(*second);
                    other = &other[1..];
                } else {
                    merged.push(*first);
                    one = &one[1..];
                }
            }
            merged.extend_from_slice(one);
            merged.extend_from_slice(other);
        }
        core::mem::swap(&mut all, &mut merged);
        run *= 2;
    }
    all
}

/// Sorts a few elements: the time grows with the square of their number.
pub(crate) fn few<T: Ord>(all: &mut [T]) {
    for end in 1..all.len() {
        let mut at = end;
        while at > 0 && all[at] < all[at - 1] {
            all.swap(at, at - 1);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_elements_are_sorted_as_by_the_standard_library() {
        let mut random = 0x9e37_79b9_u64;
        let mut next = |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random >> 8) % below
        };
        for len in (0..40).chain([500]) {
            for different in [1, 3, 1000] {
                let all: Vec<(u64, u64, usize)> = (0..len)
                    .map(|at| (next(different), next(different), at))
                    .collect();
                let mut expected = all.clone();
                expected.sort();
                let mut sorted = all.clone();
                by_numbers(&mut sorted, |&(one, other, _)| (one, other));
                assert_eq!(sorted, expected, "equal ones keep their order");
                let mut sorted = all.clone();
                by(&mut sorted, |one, other| {
                    (one.0, one.1) < (other.0, other.1)
                });
                assert_eq!(sorted, expected, "equal ones keep their order");
                let mut sorted = all;
                few(&mut sorted);
                assert_eq!(sorted, expected);
            }
        }
    }
}
