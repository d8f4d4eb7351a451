//! The outcomes that the memory orders allow, from the axioms and not from a machine.
//!
//! These are those of C++20 ([atomics.order]), which follow RC11 (Lahav, Vafeiadis, Kang, Hur and Dreyer, 2017) and are a
//! little stronger, without values that come from nowhere. It tries every way in which loads can read from stores, and every
//! order of the stores of each atomic, and keeps those that the axioms accept.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

use super::litmus::{ATOMICS, Op, Outcome, Program, of_failure};

/// An event: an operation, or the first value of an atomic.
#[derive(Clone, Copy, Debug)]
struct Event {
    /// `None` for a first value.
    thread: Option<usize>,
    op: Op,
    at: Option<usize>,
    /// What it reads.
    read: Option<u32>,
    /// What it writes.
    written: Option<u32>,
    order: Ordering,
}

impl Event {
    /// Sets what the event does if it reads that value.
    fn reads(&mut self, value: u32) {
        self.read = Some(value);
        match self.op {
            Op::Swap(_, new, _) => self.written = Some(new),
            Op::Add(_, more, _) => self.written = Some(value + more),
            Op::Exchange(_, [from, to], order) => {
                self.written = (value == from).then_some(to);
                self.order = match self.written {
                    Some(_) => order,
                    None => of_failure(order),
                };
            }
            _ => {}
        }
    }

    fn is_fence(&self) -> bool {
        self.at.is_none()
    }

    fn acquires(&self) -> bool {
        matches!(self.order, Acquire | AcqRel | SeqCst)
    }

    fn releases(&self) -> bool {
        matches!(self.order, Release | AcqRel | SeqCst)
    }
}

/// A relation between events: a row of bits for each.
#[derive(Clone, PartialEq, Eq)]
struct Relation(Vec<u32>);

impl Relation {
    fn of(count: usize, holds: impl Fn(usize, usize) -> bool) -> Self {
        let row = |a| (0..count).filter(|b| holds(a, *b)).map(|b| 1 << b).sum();
        Self((0..count).map(row).collect())
    }

    fn has(&self, a: usize, b: usize) -> bool {
        self.0[a] & 1 << b != 0
    }

    fn or(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a | b).collect())
    }

    /// First this one, then the other.
    fn then(&self, other: &Self) -> Self {
        let row = |row: &u32| {
            (0..self.0.len())
                .filter(|b| row & 1 << b != 0)
                .fold(0, |all, b| all | other.0[b])
        };
        Self(self.0.iter().map(row).collect())
    }

    /// One time or more.
    fn repeated(&self) -> Self {
        let mut all = self.clone();
        loop {
            let more = all.or(&all.then(&all));
            if more == all {
                return all;
            }
            all = more;
        }
    }

    /// Or not at all.
    fn maybe(&self) -> Self {
        let count = self.0.len();
        self.or(&Self::of(count, |a, b| a == b))
    }

    fn inverse(&self) -> Self {
        Self::of(self.0.len(), |a, b| self.has(b, a))
    }

    fn only(&self, holds: impl Fn(usize, usize) -> bool) -> Self {
        Self::of(self.0.len(), |a, b| self.has(a, b) && holds(a, b))
    }

    fn is_irreflexive(&self) -> bool {
        (0..self.0.len()).all(|a| !self.has(a, a))
    }

    fn is_acyclic(&self) -> bool {
        self.repeated().is_irreflexive()
    }
}

/// What the axioms say of an execution.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Forbidden,
    /// Allowed, but in no order do all operations of threads come in program order, loads after the stores that they
    /// read, and the stores of each atomic in its order.
    OutOfOrder,
    /// Allowed, but loads do not all return the newest values in any such order.
    Weak,
    Strong,
}

fn judge(events: &[Event], reads_from: &[Option<usize>], stores: &Relation) -> Verdict {
    let count = events.len();
    let relation = |holds: &dyn Fn(usize, usize) -> bool| Relation::of(count, holds);
    let is = |holds: &dyn Fn(&Event) -> bool| relation(&|a, b| a == b && holds(&events[a]));
    let program = relation(&|a, b| match (events[a].thread, events[b].thread) {
        (None, Some(_)) => true,
        (one, other) => one == other && one.is_some() && a < b,
    });
    let read = relation(&|a, b| reads_from[b] == Some(a));
    let passed = (read.inverse().then(stores)).only(|a, b| a != b);
    let is_update = |event: &Event| event.read.is_some() && event.written.is_some();

    // Atomicity: nothing comes between what an update reads and what it writes.
    let lost = passed.then(stores);
    if (0..count).any(|a| is_update(&events[a]) && lost.has(a, a)) {
        return Verdict::Forbidden;
    }

    let sequence =
        is(&|event| event.written.is_some()).then(&read.then(&is(&is_update)).repeated().maybe());
    let fence = is(&Event::is_fence);
    let synchronizes = is(&Event::releases)
        .then(&fence.then(&program).maybe())
        .then(&sequence)
        .then(&read)
        .then(&program.then(&fence).maybe())
        .then(&is(&Event::acquires));
    let happens_before = program.or(&synchronizes).repeated();
    let extended = read.or(stores).or(&passed).repeated();
    let coherent = happens_before.is_irreflexive()
        && happens_before.then(&extended).is_irreflexive()
        && extended.is_irreflexive();
    if !coherent || !program.or(&read).is_acyclic() {
        return Verdict::Forbidden;
    }

    // One order of all sequentially consistent operations agrees with what strongly happens before, and with coherence,
    // also of what happens after a fence or before one.
    let is_ordered = |event: &Event| event.order == SeqCst && event.thread.is_some();
    let ordered = is(&is_ordered);
    let ordered_fence = fence.then(&ordered);
    let strongly_before = program
        .or(&ordered.then(&synchronizes).then(&ordered))
        .or(&program.then(&happens_before).then(&program))
        .repeated();
    let coherence = ordered
        .or(&ordered_fence.then(&happens_before))
        .then(&extended)
        .then(&ordered.or(&happens_before.then(&ordered_fence)));
    let order = ordered.then(&strongly_before).then(&ordered).or(&coherence);
    if !order.is_acyclic() {
        return Verdict::Forbidden;
    }
    let in_order = program.or(&read).or(stores);
    if in_order.or(&passed).is_acyclic() {
        Verdict::Strong
    } else if in_order.or(&order).is_acyclic() {
        Verdict::Weak
    } else {
        Verdict::OutOfOrder
    }
}

/// Calls `f` for each way to choose one of each list.
fn for_each<T: Copy>(lists: &[Vec<T>], chosen: &mut Vec<T>, f: &mut impl FnMut(&[T])) {
    match lists.get(chosen.len()) {
        None => f(chosen),
        Some(list) => {
            for choice in list {
                chosen.push(*choice);
                for_each(lists, chosen, f);
                chosen.pop();
            }
        }
    }
}

/// All orders.
fn orders(of: &[usize]) -> Vec<Vec<usize>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (at, first) in of.iter().enumerate() {
        let rest = [&of[..at], &of[at + 1..]].concat();
        all.extend(orders(&rest).into_iter().map(|mut order| {
            order.insert(0, *first);
            order
        }));
    }
    all
}

fn accepted(program: &Program, is_wanted: impl Fn(Verdict) -> bool) -> BTreeSet<Outcome> {
    let first = |at| Event {
        thread: None,
        op: Op::Store(at, 0, Relaxed),
        at: Some(at),
        read: None,
        written: Some(0),
        order: Relaxed,
    };
    let event = |thread, op: &Op| {
        let (at, written, order) = match *op {
            Op::Load(at, order) => (Some(at), None, order),
            Op::Store(at, value, order) => (Some(at), Some(value), order),
            Op::Swap(at, _, order) | Op::Add(at, _, order) | Op::Exchange(at, _, order) => {
                (Some(at), None, order)
            }
            Op::Fence(order) => (None, None, order),
        };
        Event {
            thread: Some(thread),
            op: *op,
            at,
            read: None,
            written,
            order,
        }
    };
    let threads = program.iter().enumerate();
    let ops = threads.flat_map(|(thread, ops)| ops.iter().map(move |op| event(thread, op)));
    let all: Vec<Event> = (0..ATOMICS).map(first).chain(ops).collect();
    let can_write = |event: &Event| !matches!(event.op, Op::Load(..) | Op::Fence(_));
    // From which event each one may read.
    let sources: Vec<Vec<Option<usize>>> = (0..all.len())
        .map(|reader| match all[reader].op {
            Op::Store(..) | Op::Fence(_) => vec![None],
            _ => (0..all.len())
                .filter(|a| *a != reader && can_write(&all[*a]) && all[*a].at == all[reader].at)
                .map(Some)
                .collect(),
        })
        .collect();
    let mut outcomes = BTreeSet::new();
    for_each(&sources, &mut Vec::new(), &mut |reads_from| {
        let Some(events) = with_values(&all, reads_from) else {
            return;
        };
        let orders: Vec<Vec<Vec<usize>>> = (0..ATOMICS)
            .map(|at| {
                let writes = |a: &usize| events[*a].written.is_some() && events[*a].at == Some(at);
                orders(&(ATOMICS..events.len()).filter(writes).collect::<Vec<_>>())
            })
            .collect();
        let choices: Vec<Vec<usize>> = orders.iter().map(|all| (0..all.len()).collect()).collect();
        for_each(&choices, &mut Vec::new(), &mut |chosen| {
            let order_of = |at: usize| &orders[at][chosen[at]];
            let stores = Relation::of(events.len(), |a, b| match (events[a].at, events[b].at) {
                (Some(one), Some(other)) if one == other && a != b => {
                    let place = |event| order_of(one).iter().position(|e| *e == event);
                    match (place(a), place(b)) {
                        (Some(a), Some(b)) => a < b,
                        (None, Some(_)) => a < ATOMICS,
                        _ => false,
                    }
                }
                _ => false,
            });
            if is_wanted(judge(&events, reads_from, &stores)) {
                let reads_of = |thread| {
                    let mine = events.iter().filter(|event| event.thread == Some(thread));
                    mine.filter_map(|event| event.read).collect()
                };
                outcomes.insert((0..program.len()).map(reads_of).collect());
            }
        });
    });
    outcomes
}

/// The events with the values that they read; `None` if one reads what is not written, or values come from nowhere.
fn with_values(all: &[Event], reads_from: &[Option<usize>]) -> Option<Vec<Event>> {
    let mut events = all.to_vec();
    let mut known: Vec<bool> = reads_from.iter().map(Option::is_none).collect();
    loop {
        let ready = |a: &usize| !known[*a] && reads_from[*a].is_some_and(|from| known[from]);
        let Some(next) = (0..all.len()).find(ready) else {
            return known.iter().all(|known| *known).then_some(events);
        };
        let from = reads_from[next]?;
        let value = events[from].written?;
        events[next].reads(value);
        known[next] = true;
    }
}

/// All outcomes that the axioms allow.
pub(crate) fn outcomes(program: &Program) -> BTreeSet<Outcome> {
    accepted(program, |verdict| verdict != Verdict::Forbidden)
}

/// Those of them for which the operations can run one after another in program order, each load after the store that it
/// reads, and the stores of an atomic in its order.
pub(crate) fn outcomes_in_order(program: &Program) -> BTreeSet<Outcome> {
    accepted(program, |verdict| verdict >= Verdict::Weak)
}

/// Those of them in which each load returns the newest value.
pub(crate) fn strong_outcomes(program: &Program) -> BTreeSet<Outcome> {
    accepted(program, |verdict| verdict == Verdict::Strong)
}
