//! The page for a browser.

use super::arrows::{Holds, Kind, arrows};
use super::model::Model;
use crate::backend::Side;
use crate::inspect::json;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPTS: [&str; 3] = [
    include_str!("page/model.js"),
    include_str!("page/chart.js"),
    include_str!("page/page.js"),
];

/// The text of the page.
pub(super) fn page(model: &Model) -> String {
    let mut page = String::new();
    let mut rest = PAGE;
    // Each mark of the page is followed by what takes its place.
    while let Some((before, after)) = rest.split_once("@@") {
        page.push_str(before);
        let (mark, after) = after.split_once("@@").unwrap_or((after, ""));
        match mark {
            "STYLE" => page.push_str(STYLE),
            "SCRIPT" => page.extend(SCRIPTS),
            "RECORDING" => append_recording(&mut page, model),
            _ => {}
        }
        rest = after;
    }
    page.push_str(rest);
    page
}

/// The recording as the script of the page reads it. Strings have no `<`, so none of them ends the script.
///
/// Lists of spans are flat, to be short: the distance from the beginning of the one before, the duration, and numbers,
/// where zero stands for none and the first of a list is one.
fn append_recording(page: &mut String, model: &Model) {
    let holds = Holds::new(model);
    json::append_object(page, |it| {
        it.number("version", 1_u32);
        it.number("length", model.length);
        it.number("lost", model.lost);
        it.number("room", model.room);
        match model.note {
            Some(note) => it.string("note", note),
            None => it.null("note"),
        }
        it.array("places", |all| {
            model.places.iter().for_each(|place| all.string(place));
        });
        it.array("texts", |all| {
            model.texts.iter().for_each(|text| all.string(text));
        });
        it.array("locks", |all| {
            for lock in &model.locks {
                all.object(|it| {
                    match lock.name {
                        Some(name) => it.string("name", name),
                        None => it.null("name"),
                    }
                    it.number("made", lock.made);
                    it.number("number", lock.number);
                });
            }
        });
        it.array("threads", |all| {
            for thread in 0..model.threads.len() {
                all.object(|it| append_thread(it, model, thread, &holds));
            }
        });
        it.array("arrows", |all| {
            let mut before = 0;
            for arrow in arrows(model, &holds) {
                span(all, &mut before, arrow.began, arrow.ended);
                let kind = match arrow.kind {
                    Kind::Wakes => 0,
                    Kind::Releases => 1,
                    Kind::Starts => 2,
                };
                number_all(all, [arrow.from, arrow.to, kind]);
            }
        });
    });
}

fn append_thread(it: &mut json::Object<'_>, model: &Model, index: usize, holds: &Holds) {
    let thread = &model.threads[index];
    it.number("id", thread.id.get());
    it.string("name", &thread.name);
    it.number("from", thread.from);
    for (key, time) in [("began", thread.began), ("ended", thread.ended)] {
        match time {
            Some(time) => it.number(key, time),
            None => it.null(key),
        }
    }
    it.array("waits", |all| {
        let mut before = 0;
        for wait in &thread.waits {
            span(all, &mut before, wait.began, wait.ended);
            let holder = wait.lock.and_then(|lock| holds.holder(lock, index, wait));
            let (lock, whom) = (one_based(wait.lock), one_based(holder.or(wait.whom)));
            number_all(all, [wait.operation, lock, wait.place, whom]);
        }
    });
    it.array("holds", |all| {
        let mut before = 0;
        for hold in &thread.holds {
            span(all, &mut before, hold.began, hold.ended);
            let side = match hold.side {
                None => 0,
                Some(Side::Read) => 1,
                Some(Side::Upgradable) => 2,
                Some(Side::Write) => 3,
            };
            number_all(all, [hold.lock, side, hold.place]);
        }
    });
    it.array("tasks", |all| {
        let mut before = 0;
        for task in &thread.tasks {
            span(all, &mut before, task.began, task.ended);
            all.number(task.name);
        }
    });
}

fn span(all: &mut json::Array<'_>, before: &mut u64, began: u64, ended: u64) {
    all.number(began - *before);
    all.number(ended.saturating_sub(began));
    *before = began;
}

fn number_all<const N: usize>(all: &mut json::Array<'_>, numbers: [usize; N]) {
    numbers.into_iter().for_each(|number| all.number(number));
}

fn one_based(index: Option<usize>) -> usize {
    index.map_or(0, |index| index + 1)
}
