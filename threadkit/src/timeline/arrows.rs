//! Which thread ended the wait of which.

use super::model::{Held, Model, Wait, Wake};
use crate::sort;

/// From the thread that ended a wait to the one that waited, or from a thread to the one that it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrow {
    pub(super) began: u64,
    /// When the wait ended, or the thread began.
    pub(super) ended: u64,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One thread has woken the other.
    Wakes,
    /// It has released the lock that the other then acquired.
    Releases,
    /// It has started the other.
    Starts,
}

/// One hold of a lock, for a search by its end.
struct Hold {
    lock: usize,
    ended: u64,
    began: u64,
    thread: usize,
}

/// The holds of all locks.
pub(super) struct Holds(Vec<Hold>);

/// How many holds are searched for one of another thread.
const FEW: usize = 64;

impl Holds {
    pub(super) fn new(model: &Model) -> Self {
        let mut all = Vec::new();
        for (thread, it) in model.threads.iter().enumerate() {
            for hold in &it.holds {
                all.push(Hold {
                    lock: hold.lock,
                    ended: hold.ended,
                    began: hold.began,
                    thread,
                });
            }
        }
        sort::by_numbers(&mut all, |hold: &Hold| (hold.lock as u64, hold.ended));
        Self(all)
    }

    /// The thread that held the lock when `thread` began to wait for it.
    pub(super) fn holder(&self, lock: usize, thread: usize, wait: &Wait) -> Option<usize> {
        let from = self
            .0
            .partition_point(|hold| (hold.lock, hold.ended) <= (lock, wait.began));
        let after = self.0[from..].iter().take(FEW);
        let mut those = after.take_while(|hold| hold.lock == lock);
        let holder = those.find(|hold| hold.began <= wait.began && hold.thread != thread);
        holder.map(|hold| hold.thread)
    }

    /// The thread that released the lock last while `thread` waited for it, and when.
    fn releaser(&self, lock: usize, thread: usize, wait: &Wait) -> Option<(usize, u64)> {
        let to = self
            .0
            .partition_point(|hold| (hold.lock, hold.ended) <= (lock, wait.ended));
        let before = self.0[..to].iter().rev().take(FEW);
        let mut those = before.take_while(|hold| hold.lock == lock && hold.ended >= wait.began);
        let last = those.find(|hold| hold.thread != thread);
        last.map(|hold| (hold.thread, hold.ended))
    }
}

/// How much later than a wait something may be recorded that belongs to its end. Nanoseconds.
const SOON: u64 = 1_000_000;

/// All arrows, in the order of their beginnings.
pub(super) fn arrows(model: &Model, holds: &Holds) -> Vec<Arrow> {
    let wakes = Wakes::new(model);
    let mut arrows = Vec::new();
    for (to, thread) in model.threads.iter().enumerate() {
        for wait in &thread.waits {
            let arrow = |(from, began): (usize, u64), kind| Arrow {
                began: began.min(wait.ended),
                ended: wait.ended,
                from,
                to,
                kind,
            };
            if let Some(lock) = wait.lock {
                if has_acquired(&thread.holds, lock, wait) {
                    let releaser = holds.releaser(lock, to, wait);
                    arrows.extend(releaser.map(|by| arrow(by, Kind::Releases)));
                }
            } else if wait.word != 0 {
                let waker = wakes.waker(wait).filter(|(thread, _)| *thread != to);
                arrows.extend(waker.map(|by| arrow(by, Kind::Wakes)));
            }
        }
    }
    for start in &model.starts {
        if let Some(began) = model.threads[start.thread].began
            && began >= start.at
        {
            arrows.push(Arrow {
                began: start.at,
                ended: began,
                from: start.by,
                to: start.thread,
                kind: Kind::Starts,
            });
        }
    }
    sort::by_numbers(&mut arrows, |arrow| (arrow.began, 0));
    arrows
}

/// Whether the wait of a thread with these holds has ended with the lock.
fn has_acquired(holds: &[Held], lock: usize, wait: &Wait) -> bool {
    // The clock for the hold may have been read a little before that for the end of the wait.
    let from = holds.partition_point(|hold| hold.began < wait.began);
    let soon = wait.ended + SOON;
    let mut next = holds[from..].iter().take_while(|hold| hold.began <= soon);
    next.any(|hold| hold.lock == lock)
}

/// Who woke whom.
///
/// The memory of a word is used again, so a wake belongs to the last wait on it that began before.
struct Wakes<'a> {
    /// By word and time.
    wakes: Vec<&'a Wake>,
    /// The words and beginnings of all waits.
    begins: Vec<(usize, u64)>,
}

impl<'a> Wakes<'a> {
    fn new(model: &'a Model) -> Self {
        let mut wakes: Vec<_> = model.wakes.iter().collect();
        sort::by_numbers(&mut wakes, |wake| (wake.word as u64, wake.at));
        let mut begins = Vec::new();
        for thread in &model.threads {
            for wait in &thread.waits {
                begins.push((wait.word, wait.began));
            }
        }
        sort::by_numbers(&mut begins, |(word, began)| (*word as u64, *began));
        Self { wakes, begins }
    }

    /// The thread that ended the wait, and when.
    fn waker(&self, wait: &Wait) -> Option<(usize, u64)> {
        let position = |at| {
            self.wakes
                .partition_point(|wake| (wake.word, wake.at) <= (wait.word, at))
        };
        let next = self
            .begins
            .partition_point(|begin| *begin <= (wait.word, wait.ended));
        let next = self.begins.get(next).filter(|(word, _)| *word == wait.word);
        let until = next
            .map_or(u64::MAX, |(_, began)| *began)
            .min(wait.ended + SOON);
        let at = position(wait.ended);
        // A thread that has not fallen asleep yet may go on before its waker has noted the wake.
        let candidates = &self.wakes[at.saturating_sub(1)..(at + 1).min(self.wakes.len())];
        for wake in candidates {
            if wake.word == wait.word && wait.began <= wake.at && wake.at < until {
                return Some((wake.thread, wake.at));
            }
        }
        None
    }
}
