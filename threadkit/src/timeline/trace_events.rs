//! The trace for Perfetto, in Chrome's JSON format of trace events.
//!
//! Perfetto reads the events in the order of their times, and in the order of the file where times are equal. It names
//! a track by its number alone, so no two groups have tracks of the same number; number zero is Perfetto's own. The end
//! of a flow belongs to the span of its track that began last, even if that span is over.

use super::arrows::{Holds, Kind, arrows};
use super::model::{Lock, Model};
use crate::backend::Side;
use crate::inspect::json;
use crate::sort;

/// The two groups of tracks, which the format calls processes.
const THREADS: u32 = 1;
const LOCKS: u32 = 2;

/// The text of the trace.
pub(super) fn trace(model: &Model) -> String {
    json::object(|it| {
        it.string("displayTimeUnit", "ns");
        it.object("otherData", |it| {
            it.number("lost_events", model.lost);
            if let Some(note) = model.note {
                it.string("note", note);
            }
        });
        it.array("traceEvents", |all| {
            append_threads(all, model);
            append_locks(all, model);
            append_arrows(all, model);
        });
    })
}

/// Names a group of tracks, or a track.
fn name(all: &mut json::Array<'_>, what: &str, group: u32, track: usize, name: &str) {
    all.object(|it| {
        it.string("ph", "M");
        it.string("name", what);
        it.number("pid", group);
        it.number("tid", track);
        it.object("args", |args| args.string("name", name));
    });
}

/// A span of a track, with what `arguments` adds.
fn span(
    all: &mut json::Array<'_>,
    (group, track): (u32, usize),
    (began, ended): (u64, u64),
    (category, name): (&str, &str),
    arguments: impl FnOnce(&mut json::Object<'_>),
) {
    all.object(|it| {
        it.string("ph", "X");
        it.string("cat", category);
        it.string("name", name);
        it.number("pid", group);
        it.number("tid", track);
        it.micros("ts", began);
        it.micros("dur", ended.saturating_sub(began));
        it.object("args", arguments);
    });
}

/// The track of a thread.
fn track(thread: usize) -> usize {
    thread + 1
}

/// The track of that number among those of locks, which come after those of threads.
fn lock_track(model: &Model, number: usize) -> usize {
    track(model.threads.len()) + number
}

fn append_threads(all: &mut json::Array<'_>, model: &Model) {
    let holds = Holds::new(model);
    name(all, "process_name", THREADS, track(0), "threads");
    for (index, thread) in model.threads.iter().enumerate() {
        let at = (THREADS, track(index));
        name(all, "thread_name", THREADS, at.1, &thread.name);
        let life = (thread.from, thread.ended.unwrap_or(model.length));
        span(all, at, life, ("thread", &thread.name), |args| {
            args.number("number", thread.id.get());
        });
        for task in &thread.tasks {
            let name = &model.texts[task.name];
            span(all, at, (task.began, task.ended), ("task", name), |_| {});
        }
        for wait in &thread.waits {
            let operation = &model.texts[wait.operation];
            let lock = wait.lock.map(|lock| lock_name(model, &model.locks[lock]));
            let name = match &lock {
                Some(lock) => format!("{operation} {lock}"),
                None => operation.clone(),
            };
            let category = if lock.is_some() { "lock" } else { "wait" };
            let holder = wait.lock.and_then(|lock| holds.holder(lock, index, wait));
            span(
                all,
                at,
                (wait.began, wait.ended),
                (category, &name),
                |args| {
                    args.string("at", &model.places[wait.place]);
                    if let Some(lock) = wait.lock {
                        args.string("lock made at", &model.places[model.locks[lock].made]);
                    }
                    if let Some(whom) = holder.or(wait.whom) {
                        let key = if lock.is_some() {
                            "held by"
                        } else {
                            "waits for"
                        };
                        args.string(key, &model.threads[whom].name);
                    }
                },
            );
        }
    }
}

fn lock_name(model: &Model, lock: &Lock) -> String {
    let name = match lock.name {
        Some(name) => name.to_owned(),
        None => format!("lock made at {}", model.places[lock.made]),
    };
    match lock.number {
        0 => name,
        number => format!("{name} ({number})"),
    }
}

/// Each lock has a track, and more while several threads hold it, because the spans of a track do not overlap.
fn append_locks(all: &mut json::Array<'_>, model: &Model) {
    let mut holds = Vec::new();
    for thread in &model.threads {
        for hold in &thread.holds {
            holds.push((thread, hold));
        }
    }
    sort::by_numbers(&mut holds, |(_, hold)| (hold.lock as u64, hold.began));
    if !holds.is_empty() {
        name(all, "process_name", LOCKS, lock_track(model, 0), "locks");
    }
    let mut tracks = 0;
    for of_lock in holds.chunk_by(|(_, a), (_, b)| a.lock == b.lock) {
        let lock = &model.locks[of_lock[0].1.lock];
        let lock_name = lock_name(model, lock);
        let first = tracks;
        // When each of its tracks is free again.
        let mut free = Vec::new();
        for (thread, hold) in of_lock {
            let lane = free.iter().position(|free| *free <= hold.began);
            let lane = lane.unwrap_or(free.len());
            match free.get_mut(lane) {
                Some(free) => *free = hold.ended,
                None => {
                    free.push(hold.ended);
                    tracks += 1;
                    let track = lock_track(model, first + lane);
                    name(all, "thread_name", LOCKS, track, &lock_name);
                }
            }
            let at = (LOCKS, lock_track(model, first + lane));
            let times = (hold.began, hold.ended);
            span(all, at, times, ("hold", &thread.name), |args| {
                args.string("acquired at", &model.places[hold.place]);
                args.string("lock made at", &model.places[lock.made]);
                if let Some(side) = hold.side {
                    args.string("side", side_name(side));
                }
            });
        }
    }
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Read => "read",
        Side::Upgradable => "upgradable",
        Side::Write => "write",
    }
}

/// The flows, each as two events: one at its beginning, and one just before its end. Each event has a span of zero
/// length to belong to.
fn append_arrows(all: &mut json::Array<'_>, model: &Model) {
    for (id, arrow) in arrows(model, &Holds::new(model)).iter().enumerate() {
        let name = match arrow.kind {
            Kind::Wakes => "wakes",
            Kind::Releases => "releases",
            Kind::Starts => "starts",
        };
        let end = match arrow.kind {
            Kind::Starts => arrow.ended,
            Kind::Wakes | Kind::Releases => arrow.ended.saturating_sub(1).max(arrow.began),
        };
        let (from, to) = (&model.threads[arrow.from], &model.threads[arrow.to]);
        let begin = ("s", arrow.from, arrow.began, "to", to);
        for (phase, thread, at, key, other) in [begin, ("f", arrow.to, end, "from", from)] {
            let track_of = (THREADS, track(thread));
            span(all, track_of, (at, at), ("hand-off", name), |args| {
                args.string(key, &other.name);
            });
            all.object(|it| {
                it.string("ph", phase);
                if phase == "f" {
                    it.string("bp", "e");
                }
                it.string("cat", "hand-off");
                it.string("name", name);
                it.number("id", id + 1);
                it.number("pid", THREADS);
                it.number("tid", track(thread));
                it.micros("ts", at);
            });
        }
    }
}
