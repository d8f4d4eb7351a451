//! Several locks at once, without deadlock.
//!
//! Five philosophers sit around a table with a fork between each two. To eat, a philosopher needs
//! both forks beside him. If each took the left fork and waited for the right one, all would
//! starve. `lock_all` holds nothing while it waits. Prints how often each philosopher has eaten and
//! how often each fork was used.

use threadkit::prelude::*;

const MEALS: u32 = 1000;

/// Each fork counts its uses.
static FORKS: [Lock<u32>; 5] = [const { Lock::new(0) }; 5];

fn dine(seat: usize) -> u32 {
    let forks = (&FORKS[seat], &FORKS[(seat + 1) % FORKS.len()]);
    for _ in 0..MEALS {
        let (mut left, mut right) = threadkit::lock_all(forks);
        *left += 1;
        *right += 1;
    }
    MEALS
}

fn main() -> Result<(), JoinError> {
    let names = ["Anscombe", "Arendt", "Beauvoir", "Foot", "Hypatia"];
    let philosophers: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(seat, name)| Thread::new(move || dine(seat)).name(*name).start())
        .collect();
    for philosopher in philosophers {
        let name = philosopher.name();
        println!("{name} has eaten {} times", philosopher.join()?);
    }
    println!(
        "uses of the forks: {:?}",
        FORKS.each_ref().map(|fork| *fork.acquire())
    );
    Ok(())
}
