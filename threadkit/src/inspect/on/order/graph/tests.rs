use core::panic::Location;

use super::super::super::class::MIXED;
use super::super::super::holds::Form;
use super::super::past::{Moment, Past};
use super::super::step::excludes;
use super::*;
use crate::backend::Side;

/// A lock: its class and its number.
type Lock = (&'static str, u64);

/// Acquisitions by hand.
#[derive(Default)]
struct Bench(Graph);

impl Bench {
    /// A thread wants `wanted` while it holds `held`.
    fn add_in(
        &mut self,
        moment: Moment,
        past: &Past,
        held: &[(Lock, Option<Side>)],
        wanted: (Lock, Option<Side>),
    ) -> Vec<Ring> {
        let mut used = |((class, number), side): (Lock, Option<Side>)| {
            let held = Held {
                lock: 0,
                number: match class.starts_with("mixed") {
                    true => number | MIXED,
                    false => number,
                },
                class: Class {
                    name: Some(class),
                    created: Location::caller(),
                }
                .shared()
                .unwrap(),
                side,
                form: Form::Waits,
                place: Location::caller(),
                since: 0,
            };
            self.0.describe(held)
        };
        let wanted = used(wanted);
        let held = held.iter().copied().map(used).collect();
        self.0.add(Acquisition {
            thread: moment.strand.to_string().into(),
            moment,
            past: past.clone(),
            held,
            wanted,
        })
    }

    /// A strand without a past acquires locks without sides, in that order; what the last acquisition closes.
    fn add(&mut self, strand: StrandId, locks: &[Lock]) -> Vec<Ring> {
        let sided: Vec<_> = locks.iter().map(|lock| (*lock, None)).collect();
        self.add_sided(strand, &sided)
    }

    fn add_sided(&mut self, strand: StrandId, locks: &[(Lock, Option<Side>)]) -> Vec<Ring> {
        let (wanted, held) = locks.split_last().expect("there is one");
        let moment = Moment { strand, epoch: 0 };
        self.add_in(moment, &Past::NONE, held, *wanted)
    }
}

fn names(ring: &Ring) -> Vec<&'static str> {
    let name = |step: &Step| step.held().held.class.name.unwrap_or_default();
    ring.steps.iter().map(name).collect()
}

/// The one possible ring among these.
#[track_caller]
fn only(rings: &[Ring]) -> Vec<&'static str> {
    assert_eq!(rings.len(), 1, "{rings:?}");
    assert!(rings[0].prevented.is_none(), "{rings:?}");
    names(&rings[0])
}

#[track_caller]
fn only_prevented(rings: &[Ring]) -> &Prevented {
    assert_eq!(rings.len(), 1, "{rings:?}");
    rings[0].prevented.as_ref().expect("it is impossible")
}

const A: Lock = ("a", 1);
const B: Lock = ("b", 2);
const C: Lock = ("c", 3);
const G: Lock = ("g", 9);

#[test]
fn two_orders_are_a_ring_once() {
    let mut bench = Bench::default();
    assert!(bench.add(1, &[A, B]).is_empty());
    assert_eq!(only(&bench.add(2, &[B, A])), ["b", "a"]);
    assert!(bench.add(3, &[B, A]).is_empty());
    assert!(bench.add(4, &[A, B]).is_empty());
}

#[test]
fn three_and_more_locks_make_a_ring() {
    for count in 3..=LONGEST as u64 {
        let locks: Vec<Lock> = (0..count)
            .map(|n| {
                (
                    [
                        "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y",
                        "z",
                    ][n as usize],
                    n,
                )
            })
            .collect();
        let mut bench = Bench::default();
        for at in 1..locks.len() {
            assert!(bench.add(at as u64, &locks[at - 1..=at]).is_empty());
        }
        let last = [locks[locks.len() - 1], locks[0]];
        assert_eq!(only(&bench.add(99, &last)).len(), locks.len());
    }
}

#[test]
fn one_order_is_no_ring() {
    let mut bench = Bench::default();
    for strand in 0..5 {
        for locks in [&[A, B][..], &[B, C], &[A, C], &[A, B, C]] {
            assert!(bench.add(strand, locks).is_empty());
        }
    }
}

#[test]
fn a_common_outer_lock_prevents_a_ring() {
    let mut bench = Bench::default();
    bench.add(1, &[G, A]);
    assert!(bench.add(1, &[G, A, B]).is_empty());
    bench.add(2, &[G, B]);
    let rings = bench.add(2, &[G, B, A]);
    let Prevented::By(gate) = only_prevented(&rings) else {
        panic!("{rings:?}");
    };
    assert_eq!(gate.held.class.name, Some("g"));
    // Without it on one side only, it is possible.
    assert_eq!(only(&bench.add(3, &[B, A])), ["b", "a"]);
}

#[test]
fn a_lock_of_which_two_threads_hold_different_ones_prevents_nothing() {
    let (one, other) = (("g", 10), ("g", 11));
    let mut bench = Bench::default();
    bench.add(1, &[one, A, B]);
    assert_eq!(only(&bench.add(2, &[other, B, A])), ["b", "a"]);
    // It does for locks that are different as well: they are under the lock of their object.
    let mut bench = Bench::default();
    bench.add(1, &[one, ("a", 20), ("b", 21)]);
    let rings = bench.add(2, &[other, ("b", 31), ("a", 30)]);
    assert!(matches!(only_prevented(&rings), Prevented::By(_)));
}

#[test]
fn readers_of_an_outer_lock_are_not_ordered_by_it() {
    let held = |side| [(G, Some(side)), (A, None), (B, None)];
    for (one, other, is_possible) in [
        (Side::Read, Side::Read, true),
        (Side::Read, Side::Write, false),
        (Side::Upgradable, Side::Upgradable, false),
        (Side::Upgradable, Side::Read, true),
    ] {
        let mut bench = Bench::default();
        bench.add_sided(1, &held(one));
        let rings = bench.add_sided(2, &[(G, Some(other)), (B, None), (A, None)]);
        assert_eq!(
            rings[0].prevented.is_none(),
            is_possible,
            "{one:?} {other:?}"
        );
    }
}

#[test]
fn starts_and_joins_prevent_a_ring() {
    let parent = Moment {
        strand: 1,
        epoch: 0,
    };
    let mut after = Past::NONE;
    after.add(parent);
    let child = Moment {
        strand: 2,
        epoch: 0,
    };
    let mut bench = Bench::default();
    bench.add_in(parent, &Past::NONE, &[(A, None)], (B, None));
    let rings = bench.add_in(child, &after, &[(B, None)], (A, None));
    assert!(matches!(only_prevented(&rings), Prevented::ByOrder));
    // The parent goes on beside the child.
    let later = Moment {
        strand: 1,
        epoch: 1,
    };
    let rings = bench.add_in(later, &Past::NONE, &[(A, None)], (B, None));
    assert_eq!(only(&rings), ["a", "b"]);
}

#[test]
fn one_thread_cannot_deadlock_with_itself() {
    let mut bench = Bench::default();
    bench.add(1, &[A, B]);
    let rings = bench.add(1, &[B, A]);
    assert!(matches!(only_prevented(&rings), Prevented::ByOrder));
    assert_eq!(only(&bench.add(2, &[A, B])), ["a", "b"]);
}

#[test]
fn every_pair_of_a_ring_must_be_possible() {
    let first = Moment {
        strand: 1,
        epoch: 0,
    };
    let mut after = Past::NONE;
    after.add(first);
    let third = Moment {
        strand: 3,
        epoch: 0,
    };
    let mut bench = Bench::default();
    bench.add_in(first, &Past::NONE, &[(A, None)], (B, None));
    bench.add(2, &[B, C]);
    let rings = bench.add_in(third, &after, &[(C, None)], (A, None));
    assert!(matches!(only_prevented(&rings), Prevented::ByOrder));
}

#[test]
fn sides_that_stand_beside_each_other_make_no_ring() {
    use Side::{Read, Upgradable, Write};
    for (first, second, third, fourth, is_ring) in [
        (Read, Read, Read, Read, false),
        (Read, Read, Write, Read, false),
        (Read, Write, Read, Read, false),
        (Upgradable, Read, Upgradable, Read, false),
        (Read, Write, Read, Write, true),
        (Write, Read, Write, Read, true),
        (Write, Write, Write, Write, true),
        (Upgradable, Upgradable, Upgradable, Upgradable, true),
    ] {
        // One thread holds `a` and wants `b`, the other holds `b` and wants `a`.
        let mut bench = Bench::default();
        bench.add_sided(1, &[(A, Some(first)), (B, Some(second))]);
        let rings = bench.add_sided(2, &[(B, Some(third)), (A, Some(fourth))]);
        let blocks = excludes(Some(second), Some(third)) && excludes(Some(fourth), Some(first));
        assert_eq!(blocks, is_ring);
        assert_eq!(
            !rings.is_empty(),
            is_ring,
            "{first:?} {second:?} {third:?} {fourth:?}"
        );
    }
}

#[test]
fn locks_of_one_class_are_told_apart() {
    let lock = |number| ("node", number);
    let mut bench = Bench::default();
    for strand in 0..3 {
        for number in 0..300 {
            assert!(
                bench
                    .add(strand, &[lock(number), lock(number + 1)])
                    .is_empty()
            );
            assert!(
                bench
                    .add(strand, &[lock(number), lock(number + 7)])
                    .is_empty()
            );
        }
    }
    assert_eq!(
        only(&bench.add(7, &[lock(300), lock(299)])),
        ["node", "node"]
    );
    let mut ring = Bench::default();
    for number in 0..4 {
        ring.add(number, &[lock(number), lock(number + 1)]);
    }
    assert_eq!(only(&ring.add(9, &[lock(4), lock(0)])).len(), 5);
}

#[test]
fn locks_of_a_mixed_class_are_told_apart_everywhere() {
    let mut bench = Bench::default();
    bench.add(1, &[("mixed", 1), A]);
    assert!(bench.add(2, &[A, ("mixed", 2)]).is_empty());
    assert_eq!(only(&bench.add(3, &[A, ("mixed", 1)])), ["a", "mixed"]);
}

#[test]
fn classes_are_taken_together_where_locks_differ() {
    let mut bench = Bench::default();
    bench.add(1, &[("a", 10), ("b", 11)]);
    assert_eq!(only(&bench.add(2, &[("b", 21), ("a", 20)])), ["b", "a"]);
}

#[test]
fn a_second_acquisition_of_a_lock_is_no_order() {
    let mut bench = Bench::default();
    let read = (A, Some(Side::Read));
    assert!(bench.add_sided(1, &[read, read]).is_empty());
    assert!(bench.add_sided(2, &[read, (B, None), read]).is_empty());
}

#[test]
fn the_memory_is_bounded() {
    let mut bench = Bench::default();
    for number in 0..10_000 {
        bench.add(number, &[("node", number), ("node", number + 1)]);
        bench.add(number, &[("mixed", number), A]);
        bench.add(number, &[A, B]);
    }
    assert_eq!(bench.0.edges.len(), 2 * PAIRS + 1);
    assert_eq!(
        bench
            .0
            .from
            .entries()
            .iter()
            .map(|(_, to)| to.len())
            .sum::<usize>(),
        2 * PAIRS + 1
    );
    assert!(
        bench
            .0
            .edges
            .entries()
            .iter()
            .all(|(_, edge)| edge.steps.len() <= STEPS)
    );
    assert!(bench.0.strands().len() <= 2 * PAIRS + STEPS);
}
