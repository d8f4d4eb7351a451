//! The order in which peers take their turns.

/// Shuffles the peers of each round, so that none always runs right after the same other one.
#[derive(Debug)]
pub(crate) struct Order {
    state: u64,
}

impl Order {
    /// The seed is fixed: the order is there to spread disturbances, and need not be unpredictable.
    pub(crate) fn new() -> Self {
        Self {
            state: 0x7468_7265_6164_6b69,
        }
    }

    /// The numbers below `count` in a new order.
    pub(crate) fn next(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            // The remainder prefers small numbers by less than one in 2^50.
            order.swap(last, (self.number() % (last as u64 + 1)) as usize);
        }
        order
    }

    /// The next number of a splitmix sequence, which is even enough for a dozen peers.
    fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_has_one_turn_a_round() {
        let mut order = Order::new();
        for count in 0..6 {
            let mut turns = order.next(count);
            turns.sort_unstable();
            assert!(turns.into_iter().eq(0..count));
        }
    }

    #[test]
    fn no_peer_is_always_first() {
        let mut order = Order::new();
        let mut first = [0; 4];
        for _ in 0..400 {
            first[order.next(4)[0]] += 1;
        }
        assert!(first.iter().all(|&times| times > 60), "{first:?}");
    }
}
