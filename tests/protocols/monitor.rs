//! The protocol of `#[monitor]` under thousands of schedules, beside twins by hand that leave one
//! step of it out and are found out.

#[path = "../support/mod.rs"]
mod support;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use support::explored::{holds, is_found};
use threadkit::prelude::*;
use threadkit::{Event, StopSource, lock_all, spawn};

/// Half of the runs at random, half by priorities.
const RUNS: u64 = 2_000;
const DAY: Duration = Duration::from_secs(86_400);

#[derive(Default)]
struct Slots {
    items: VecDeque<u32>,
    room: usize,
    broken: bool,
}

#[monitor(SharedSlots)]
impl Slots {
    pub(crate) fn new(room: usize) -> Self {
        Self {
            room,
            ..Self::default()
        }
    }

    #[when(self.items.len() < self.room)]
    pub(crate) fn put(&mut self, item: u32) {
        self.items.push_back(item);
    }

    pub(crate) fn put_all(&mut self, items: &[u32]) {
        self.items.extend(items);
    }

    #[when(self.has_some(), timeout, until)]
    pub(crate) fn take(&mut self) -> u32 {
        self.items.pop_front().expect("the condition holds")
    }

    #[when(self.items.len() >= n)]
    pub(crate) fn take_many(&mut self, n: usize) -> u32 {
        self.items.drain(..n).sum()
    }

    #[when(self.items.len() >= N, timeout)]
    pub(crate) fn take_exactly<const N: usize>(&mut self) -> u32 {
        self.items.drain(..N).sum()
    }

    pub(crate) fn try_take(&mut self) -> Option<u32> {
        self.items.pop_front()
    }

    pub(crate) fn break_it(&mut self) {
        self.broken = true;
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    fn has_some(&self) -> bool {
        assert!(!self.broken, "broken");
        !self.items.is_empty()
    }
}

#[test]
fn two_conditions_take_turns() {
    holds(RUNS, || {
        let slots = SharedSlots::new(1);
        let takers = [(); 2].map(|()| {
            let slots = slots.clone();
            spawn(move || slots.take())
        });
        let putter = spawn({
            let slots = slots.clone();
            move || slots.put(1)
        });
        slots.put(2);
        putter.join().unwrap();
        let sum: u32 = takers.map(|taker| taker.join().unwrap()).iter().sum();
        assert_eq!((sum, slots.len()), (3, 0));
    });
}

#[test]
fn one_change_for_several_reaches_all_of_them() {
    holds(RUNS, || {
        let slots = SharedSlots::new(0);
        let takers = [(); 3].map(|()| {
            let slots = slots.clone();
            spawn(move || slots.take())
        });
        slots.put_all(&[1, 2, 4]);
        let sum: u32 = takers.map(|taker| taker.join().unwrap()).iter().sum();
        assert_eq!(sum, 7);
    });
}

#[test]
fn a_condition_with_arguments_is_looked_at_by_all_its_owners() {
    holds(RUNS, || {
        let slots = SharedSlots::new(0);
        let large = spawn({
            let slots = slots.clone();
            move || slots.take_many(2)
        });
        let small = spawn({
            let slots = slots.clone();
            move || slots.take_many(1)
        });
        slots.put_all(&[1]);
        slots.put_all(&[2, 4]);
        assert_eq!(large.join().unwrap() + small.join().unwrap(), 7);
    });
}

#[test]
fn a_leaving_thread_skips_waiters_whose_condition_does_not_hold() {
    holds(RUNS, || {
        let slots = SharedSlots::new(0);
        let large = spawn({
            let slots = slots.clone();
            move || slots.take_exactly::<2>()
        });
        let small = spawn({
            let slots = slots.clone();
            move || slots.take_exactly::<1>()
        });
        slots.put_all(&[1]);
        assert_eq!(small.join().unwrap(), 1);
        slots.put_all(&[2]);
        slots.put_all(&[4]);
        assert_eq!((large.join().unwrap(), slots.len()), (6, 0));
    });
}

#[test]
fn one_change_reaches_several_conditions_and_a_waiter_that_gives_up_delays_no_other() {
    holds(RUNS, || {
        let slots = SharedSlots::new(0);
        let takers = [(); 2].map(|()| {
            let slots = slots.clone();
            spawn(move || slots.take_exactly::<2>())
        });
        let hasty = spawn({
            let slots = slots.clone();
            move || slots.take_exactly_timeout::<1>(Duration::from_micros(1))
        });
        slots.put_all(&[1, 1, 1, 1, 1]);
        let sum: u32 = takers.map(|taker| taker.join().unwrap()).iter().sum();
        let late = u32::from(hasty.join().unwrap().is_ok());
        assert_eq!((sum, late as usize + slots.len()), (4, 1));
    });
}

/// Two threads wait for different conditions in one queue. A thread that changes the value evaluates both, or only the
/// first.
fn two_needs_by_hand(look_past: bool) {
    let hand = Arc::new(Lock::new((0, VecDeque::<(u32, Arc<Event>)>::new())));
    let put = |n: u32| {
        hand.with(|(items, queue)| {
            *items += n;
            let reach = if look_past { queue.len() } else { 1 };
            let suits = |(need, _): &(u32, _)| *need <= *items;
            if let Some(first) = queue.iter().take(reach).position(suits)
                && let Some((need, place)) = queue.remove(first)
            {
                *items -= need;
                place.set();
            }
        });
    };
    let [large, small] = [2, 1].map(|need| {
        let hand = Arc::clone(&hand);
        spawn(move || {
            let place = Arc::new(Event::new());
            let waits = hand.with(|(items, queue)| {
                let waits = *items < need;
                match waits {
                    true => queue.push_back((need, Arc::clone(&place))),
                    false => *items -= need,
                }
                waits
            });
            if waits {
                place.wait();
            }
        })
    });
    put(1);
    small.join().unwrap();
    put(2);
    large.join().unwrap();
}

#[test]
fn a_twin_that_looks_at_the_first_waiter_only_leaves_the_second_asleep() {
    holds(RUNS, || two_needs_by_hand(true));
    is_found(
        "monitor",
        "a thread that leaves looks past a condition that does not hold",
        "deadlock",
        || two_needs_by_hand(false),
    );
}

#[test]
fn a_waiter_that_gives_up_takes_no_call_with_it() {
    holds(RUNS, || {
        let slots = SharedSlots::new(0);
        let source = StopSource::new();
        let stopped = spawn({
            let (slots, stop) = (slots.clone(), source.token());
            move || slots.take_until((DAY, &stop))
        });
        let hasty = spawn({
            let slots = slots.clone();
            move || slots.take_timeout(Duration::from_micros(1))
        });
        let patient = spawn({
            let slots = slots.clone();
            move || slots.take()
        });
        let stopper = spawn(move || source.stop());
        slots.put_all(&[1, 1]);
        let hasty = hasty.join().unwrap().unwrap_or(0);
        // The wait ends by the stop, or by the deadline if the schedule lets a day pass.
        let stopped = stopped.join().unwrap().unwrap_or(0);
        stopper.join().unwrap();
        if hasty + stopped == 2 {
            // Those two have taken all items, so the waiter without a limit needs another one.
            slots.put_all(&[1]);
        }
        assert_eq!(patient.join().unwrap(), 1);
    });
}

/// A method without a condition takes away what the waiter was called for, again and again.
#[test]
fn overtaken_waiters_enter_first() {
    holds(RUNS, || {
        let slots = SharedSlots::new(1);
        let thief = spawn({
            let slots = slots.clone();
            move || {
                let mut stolen = 0;
                for _ in 0..2 {
                    stolen += slots.try_take().map_or(0, |_| 1);
                }
                stolen
            }
        });
        let taker = spawn({
            let slots = slots.clone();
            move || slots.take_many(1)
        });
        slots.put(1);
        slots.put(1);
        let stolen = thief.join().unwrap();
        if stolen == 2 {
            slots.put(1);
        }
        assert_eq!(taker.join().unwrap(), 1);
    });
}

#[test]
fn a_panic_in_a_condition_stops_no_other_thread() {
    holds(RUNS, || {
        let slots = SharedSlots::new(1);
        let unlucky = [(); 2].map(|()| {
            let slots = slots.clone();
            spawn(move || catch_unwind(AssertUnwindSafe(|| slots.take())).is_err())
        });
        let many = spawn({
            let slots = slots.clone();
            move || slots.take_many(1)
        });
        slots.break_it();
        for thread in unlucky {
            assert!(thread.join().unwrap());
        }
        slots.put(5);
        assert_eq!(many.join().unwrap(), 5);
    });
}

/// Tokens that a panic can spoil.
struct Tokens(u32);

#[monitor(SharedTokens, poison)]
impl Tokens {
    #[when(self.0 > 0)]
    pub(crate) fn take(&mut self) {
        self.0 -= 1;
    }

    #[when(self.0 >= n)]
    pub(crate) fn take_many(&mut self, n: u32) {
        self.0 -= n;
    }

    pub(crate) fn spoil(&mut self) {
        panic!("spoilt");
    }
}

/// Whether the call succeeded.
fn survives(f: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(f)).is_ok()
}

#[test]
fn poison_reaches_all_waiters_and_all_later_callers() {
    holds(RUNS, || {
        let tokens = SharedTokens::from(Tokens(0));
        let (a, b, c) = (tokens.clone(), tokens.clone(), tokens.clone());
        let waiters = [
            spawn(move || survives(|| a.take())),
            spawn(move || survives(|| b.take_many(2))),
            spawn(move || survives(|| c.take())),
        ];
        assert!(!survives(|| tokens.spoil()));
        for waiter in waiters {
            assert!(!waiter.join().unwrap(), "there is nothing to take");
        }
        assert!(tokens.is_poisoned());
    });
}

#[test]
fn a_repair_while_waiters_are_woken_strands_no_waiter() {
    holds(RUNS, || {
        let tokens = SharedTokens::from(Tokens(0));
        let (a, b) = (tokens.clone(), tokens.clone());
        let takers = [
            spawn(move || survives(|| a.take())),
            spawn(move || survives(|| b.take_many(1))),
        ];
        assert!(!survives(|| tokens.spoil()));
        tokens.repair(|tokens| tokens.0 = 2);
        let taken = takers.map(|taker| u32::from(taker.join().unwrap()));
        let left = tokens.with(|tokens| tokens.0);
        assert_eq!(taken.iter().sum::<u32>() + left, 2);
    });
}

/// Two threads wait. One is woken because of the poison, and wakes the other if `chain` is set.
fn two_are_told_by_hand(chain: bool) {
    let hand = Arc::new(Lock::new((false, VecDeque::<Arc<Event>>::new())));
    let tell_one = |queue: &mut VecDeque<Arc<Event>>| {
        if let Some(first) = queue.pop_front() {
            first.set();
        }
    };
    let waiters = [(); 2].map(|()| {
        let hand = Arc::clone(&hand);
        spawn(move || {
            let place = Arc::new(Event::new());
            let poisoned = hand.with(|(poisoned, queue)| {
                if !*poisoned {
                    queue.push_back(Arc::clone(&place));
                }
                *poisoned
            });
            if !poisoned {
                place.wait();
                if chain {
                    hand.with(|(_, queue)| tell_one(queue));
                }
            }
        })
    });
    hand.with(|(poisoned, queue)| {
        *poisoned = true;
        tell_one(queue);
    });
    for waiter in waiters {
        waiter.join().unwrap();
    }
}

#[test]
fn a_twin_that_keeps_the_poison_to_itself_leaves_other_waiters_asleep() {
    holds(RUNS, || two_are_told_by_hand(true));
    is_found(
        "monitor",
        "a waiter that finds the poison calls the next",
        "deadlock",
        || two_are_told_by_hand(false),
    );
}

/// Moves an item, if there is one, under the locks of both.
fn transfer(from: &SharedSlots, to: &SharedSlots) {
    let (mut from, mut to) = lock_all((from.monitor(), to.monitor()));
    if let Some(item) = from.items.pop_front() {
        to.items.push_back(item);
    }
}

/// Two transfers in opposite directions, and a waiter at each side. No transfer deadlocks, and every item that arrives
/// at a side lets a waiter in. A transfer may itself be the waiter that was called, and then release its lock to wait
/// for that of the other side.
#[test]
fn transfers_between_monitors_let_waiters_in() {
    holds(RUNS, || {
        let (left, right) = (SharedSlots::new(2), SharedSlots::new(2));
        left.put(1);
        right.put(2);
        let takers = [left.clone(), right.clone()].map(|slots| spawn(move || slots.take()));
        let back = spawn({
            let (left, right) = (left.clone(), right.clone());
            move || transfer(&right, &left)
        });
        transfer(&left, &right);
        back.join().unwrap();
        // Each side has had an item at some moment, or the other side has both.
        left.put(4);
        right.put(8);
        let taken: u32 = takers.map(|taker| taker.join().unwrap()).iter().sum();
        let rest = [&left, &right].map(|slots| slots.with(|slots| slots.items.iter().sum::<u32>()));
        assert_eq!(taken + rest.iter().sum::<u32>(), 15);
    });
}

/// A taker that the thief has overtaken has the right of way. A transfer then waits for its turn, and does not lose its
/// own call.
#[test]
fn a_transfer_gives_way_to_a_waiter_that_was_overtaken() {
    holds(RUNS, || {
        let (left, right) = (SharedSlots::new(3), SharedSlots::new(3));
        let taker = spawn({
            let left = left.clone();
            move || left.take()
        });
        let thief = spawn({
            let left = left.clone();
            move || left.try_take().unwrap_or(0)
        });
        let mover = spawn({
            let (left, right) = (left.clone(), right.clone());
            move || transfer(&left, &right)
        });
        left.put(1);
        left.put(2);
        // The thief and the mover take one each at most, so this one is the taker's.
        left.put(4);
        let taken = taker.join().unwrap() + thief.join().unwrap();
        mover.join().unwrap();
        let rest = [&left, &right].map(|slots| slots.with(|slots| slots.items.iter().sum::<u32>()));
        assert_eq!(taken + rest.iter().sum::<u32>(), 7);
        assert_eq!(left.monitor().n_waiting() + right.monitor().n_waiting(), 0);
    });
}

/// An item is moved under the locks of both sides to one at which a thread waits.
fn moves_by_hand(calls: bool) {
    let (from, to) = (ByHand::default(), Arc::new(ByHand::default()));
    from.put_all(&[1]);
    let taker = spawn({
        let to = Arc::clone(&to);
        move || to.take(Without::Nothing, Duration::MAX)
    });
    let (mut source, mut target) = lock_all((&from.0, &to.0));
    target.0.extend(source.0.pop_front());
    if calls {
        ByHand::leave(&mut target);
    }
    drop((source, target));
    assert_eq!(taker.join().unwrap(), Some(1));
}

#[test]
fn a_twin_that_calls_nobody_after_a_transfer_is_found() {
    holds(RUNS, || moves_by_hand(true));
    is_found(
        "monitor",
        "a change under `lock_all` calls a waiter",
        "deadlock",
        || moves_by_hand(false),
    );
}

/// A monitor by hand, for the twins: items, and an event for each waiter.
#[derive(Default)]
struct ByHand(Lock<(VecDeque<u32>, VecDeque<Arc<Event>>)>);

/// What a twin leaves out.
#[derive(Clone, Copy, PartialEq)]
enum Without {
    Nothing,
    TheChain,
    LookingAgain,
    PassingOn,
}

impl ByHand {
    /// Calls a waiter, if there is something for it.
    fn leave(inside: &mut (VecDeque<u32>, VecDeque<Arc<Event>>)) {
        if !inside.0.is_empty()
            && let Some(first) = inside.1.pop_front()
        {
            first.set();
        }
    }

    fn put_all(&self, items: &[u32]) {
        self.0.with(|inside| {
            inside.0.extend(items);
            Self::leave(inside);
        });
    }

    fn take(&self, without: Without, limit: Duration) -> Option<u32> {
        loop {
            let place = Arc::new(Event::new());
            let joined = self.0.with(|inside| match inside.0.pop_front() {
                Some(item) => {
                    if without != Without::TheChain {
                        Self::leave(inside);
                    }
                    Some(item)
                }
                None => {
                    inside.1.push_back(Arc::clone(&place));
                    None
                }
            });
            if joined.is_some() {
                return joined;
            }
            if without == Without::LookingAgain {
                place.wait();
                return self.0.with(|inside| inside.0.pop_front());
            }
            if !place.wait_timeout(limit) {
                return self.0.with(|inside| {
                    let before = inside.1.len();
                    inside.1.retain(|other| !Arc::ptr_eq(other, &place));
                    if without != Without::PassingOn && inside.1.len() == before {
                        Self::leave(inside);
                    }
                    None
                });
            }
        }
    }
}

fn several_take_by_hand(without: Without) {
    let slots = Arc::new(ByHand::default());
    let takers = [(); 2].map(|()| {
        let slots = Arc::clone(&slots);
        spawn(move || slots.take(without, Duration::MAX))
    });
    slots.put_all(&[1, 2]);
    let sum: u32 = takers
        .map(|taker| {
            taker
                .join()
                .unwrap()
                .expect("called means that there is one")
        })
        .iter()
        .sum();
    assert_eq!(sum, 3);
}

fn one_gives_up_by_hand(without: Without) {
    let slots = Arc::new(ByHand::default());
    let hasty = spawn({
        let slots = Arc::clone(&slots);
        move || slots.take(without, Duration::from_micros(1))
    });
    let patient = spawn({
        let slots = Arc::clone(&slots);
        move || slots.take(without, Duration::MAX)
    });
    slots.put_all(&[1]);
    if hasty.join().unwrap().is_some() {
        slots.put_all(&[1]);
    }
    assert_eq!(patient.join().unwrap(), Some(1));
}

#[test]
fn the_copy_by_hand_holds() {
    holds(RUNS, || several_take_by_hand(Without::Nothing));
    holds(RUNS, || one_gives_up_by_hand(Without::Nothing));
}

/// One change is enough for two waiters, and the first of them does not wake the other.
#[test]
fn a_twin_without_a_chain_sleeps_for_ever() {
    is_found(
        "monitor",
        "a called waiter calls the next",
        "deadlock",
        || several_take_by_hand(Without::TheChain),
    );
}

/// Another thread comes in between the call and the arrival of the called waiter.
#[test]
fn a_twin_that_trusts_the_call_finds_nothing() {
    is_found(
        "monitor",
        "a called waiter evaluates its condition again",
        "called means that there is one",
        || {
            let slots = Arc::new(ByHand::default());
            let takers = [Without::LookingAgain, Without::Nothing].map(|without| {
                let slots = Arc::clone(&slots);
                spawn(move || slots.take(without, Duration::MAX))
            });
            slots.put_all(&[1]);
            slots.put_all(&[2]);
            for taker in takers {
                taker
                    .join()
                    .unwrap()
                    .expect("called means that there is one");
            }
        },
    );
}

/// It was called at its deadline, and does not pass the call on.
#[test]
fn a_twin_that_gives_up_and_passes_nothing_on_sleeps_for_ever() {
    is_found(
        "monitor",
        "a waiter that gives up passes its call on",
        "deadlock",
        || one_gives_up_by_hand(Without::PassingOn),
    );
}
