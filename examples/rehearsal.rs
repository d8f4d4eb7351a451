//! A dinner that would hang some day, found before it ever does.
//!
//! Five philosophers sit around a table, with a fork between each two. Each takes the left fork, and then the right
//! one. If all of them take the left fork at the same time, all wait for ever. In the rehearsal they eat one after
//! another, and nothing can happen. Still, a debug build sees in which orders the forks are taken, and reports which of
//! these orders form a ring. `philosophers` shows the way out.
//!
//! Prints which philosophers have eaten, and which could hang. The report with all places goes to standard error, as
//! soon as the fifth philosopher closes the ring. A release build has none, unless the feature `inspect` is on.

use threadkit::Event;
use threadkit::inspect::order_violations;
use threadkit::prelude::*;

static FORKS: [Lock; 5] = [
    Lock::named("fork 1", ()),
    Lock::named("fork 2", ()),
    Lock::named("fork 3", ()),
    Lock::named("fork 4", ()),
    Lock::named("fork 5", ()),
];

static MAY_EAT: [Event; 5] = [const { Event::new() }; 5];
static HAS_EATEN: [Event; 5] = [const { Event::new() }; 5];

fn dine(seat: usize) {
    MAY_EAT[seat].wait();
    let _left = FORKS[seat].acquire();
    let _right = FORKS[(seat + 1) % FORKS.len()].acquire();
    println!("{} has eaten", threadkit::current().name());
    HAS_EATEN[seat].set();
}

#[threadkit::main]
fn main() -> Result<(), JoinError> {
    let names = ["Anscombe", "Arendt", "Beauvoir", "Foot", "Hypatia"];
    let philosophers: Vec<_> = (0..)
        .zip(names)
        .map(|(seat, name)| Thread::new(move || dine(seat)).name(name).start())
        .collect();
    for (may_eat, has_eaten) in MAY_EAT.iter().zip(&HAS_EATEN) {
        may_eat.set();
        has_eaten.wait();
    }
    threadkit::join_all(philosophers)?;
    let violations = order_violations();
    for step in violations.iter().flat_map(|violation| violation.steps()) {
        println!("{} may hold {}", step.thread(), step.held());
        println!("  and wait for {}", step.acquired());
    }
    if violations.is_empty() {
        println!("run a debug build");
    }
    Ok(())
}
