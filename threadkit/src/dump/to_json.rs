//! A dump as JSON.

use core::time::Duration;

use super::group_dump::GroupDump;
use super::report::Dump;
use super::thread_dump::{HeldLock, Holder, ThreadDump, WaitDump};
use crate::inspect::json::{Array, Object, object};
use crate::panics::Place;
use crate::threads::State;

/// The version of the form. It grows when a member changes or goes, and not when one is added.
const VERSION: u32 = 1;

impl Dump {
    /// The dump as JSON, for programs. The [module](super) has the schema.
    ///
    /// # Examples
    ///
    /// ```
    /// let json = threadkit::dump().to_json();
    /// assert!(json.starts_with(r#"{"version":1,"process":"#));
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        object(|dump| {
            dump.number("version", VERSION);
            dump.number("process", self.process);
            dump.boolean("tracked", self.is_tracked);
            dump.boolean("complete", self.is_complete);
            dump.array("deadlocks", |deadlocks| {
                for deadlock in &self.deadlocks {
                    deadlocks.object(|it| {
                        it.array("threads", |names| {
                            deadlock
                                .threads()
                                .iter()
                                .for_each(|name| names.string(name));
                        });
                        it.string("report", &deadlock.to_string());
                    });
                }
            });
            dump.array("orphans", |orphans| {
                self.orphans()
                    .for_each(|thread| orphans.number(thread.ident));
            });
            dump.array("threads", |threads| write_threads(threads, &self.threads));
            dump.array("groups", |groups| {
                for group in &self.groups {
                    groups.object(|it| write_group(it, group));
                }
            });
            dump.array("others", |others| {
                for (native, name) in &self.others {
                    others.object(|it| {
                        it.number("native_id", *native);
                        it.string("name", name);
                    });
                }
            });
        })
    }
}

fn write_threads(out: &mut Array<'_>, threads: &[ThreadDump]) {
    for thread in threads {
        out.object(|it| write_thread(it, thread));
    }
}

fn write_thread(it: &mut Object<'_>, thread: &ThreadDump) {
    it.string("name", &thread.name);
    it.number("ident", thread.ident);
    match thread.native_id {
        Some(native) => it.number("native_id", native),
        None => it.null("native_id"),
    }
    it.boolean("daemon", thread.daemon);
    it.boolean("orphan", thread.orphan);
    it.boolean("stuck", thread.stuck);
    let state = match thread.state {
        State::New => "new",
        State::Waiting { .. } => "waiting",
        // A live thread has no other state.
        State::Running | State::Finished | State::Panicked => "running",
    };
    it.string("state", state);
    match thread.runs_for {
        Some(time) => write_nanos(it, "runs_for", time),
        None => it.null("runs_for"),
    }
    match &thread.wait {
        Some(wait) => it.object("wait", |it| write_wait(it, wait)),
        None => it.null("wait"),
    }
    it.array("holds", |holds| {
        for held in &thread.holds {
            holds.object(|it| write_held(it, held));
        }
    });
    it.array("tasks", |tasks| write_threads(tasks, &thread.tasks));
}

fn write_wait(it: &mut Object<'_>, wait: &WaitDump) {
    it.string("operation", &wait.operation);
    write_name(it, "for", wait.awaited.as_deref());
    write_place(it, "place", &wait.place);
    write_nanos(it, "nanoseconds", wait.lasts);
    it.array("holders", |holders| {
        for holder in &wait.holders {
            holders.object(|it| write_holder(it, holder));
        }
    });
}

fn write_nanos(it: &mut Object<'_>, name: &str, time: Duration) {
    it.number(name, u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
}

fn write_holder(it: &mut Object<'_>, holder: &Holder) {
    it.string("name", &holder.name);
    it.number("ident", holder.ident);
    match &holder.since {
        Some(since) => write_place(it, "since", since),
        None => it.null("since"),
    }
    it.boolean("ended", holder.ended);
}

fn write_held(it: &mut Object<'_>, held: &HeldLock) {
    write_name(it, "name", held.name);
    write_name(it, "side", held.side);
    write_place(it, "made", &held.made);
    write_place(it, "since", &held.since);
}

fn write_group(it: &mut Object<'_>, group: &GroupDump) {
    it.string("kind", &group.kind.to_string());
    write_name(it, "name", group.name.as_deref());
    write_place(it, "made", &group.made);
    it.number("maker", group.maker);
    it.array("threads", |threads| {
        group
            .threads
            .iter()
            .for_each(|thread| threads.number(*thread));
    });
    it.number("pending", group.pending);
}

fn write_place(it: &mut Object<'_>, key: &str, place: &Place) {
    it.object(key, |it| {
        it.string("file", place.file());
        it.number("line", place.line());
        it.number("column", place.column());
    });
}

fn write_name(it: &mut Object<'_>, key: &str, name: Option<&str>) {
    match name {
        Some(name) => it.string(key, name),
        None => it.null(key),
    }
}
