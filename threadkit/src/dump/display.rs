//! A dump, as text for people.

use core::fmt;

use super::group_dump::{GroupDump, GroupKind};
use super::report::Dump;
use super::thread_dump::{HeldLock, Holder, ThreadDump, WaitDump};
use crate::index_map::{IndexMap, IndexSet};
use crate::inspect::{joined, printable};

/// The indentation of an entry below the one that it belongs to.
const STEP: usize = 2;

/// How many of the threads that threadkit does not know are named.
const NAMED: usize = 20;

impl fmt::Display for Dump {
    /// Several lines; the last one has no line end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stuck = self.threads.iter().filter(|thread| thread.stuck).count();
        write!(
            f,
            "process {}: {}",
            self.process,
            count(self.threads.len(), "thread")
        )?;
        if stuck > 0 {
            write!(f, ", {stuck} of them stuck")?;
        }
        if !self.is_tracked {
            write!(
                f,
                "; what they hold and wait for is known in debug builds, and with the feature `inspect`"
            )?;
        }
        if !self.is_complete {
            write!(f, "; some of it could not be read")?;
        }
        for deadlock in &self.deadlocks {
            write!(f, "\n{deadlock}")?;
        }
        let orphans: Vec<_> = self
            .orphans()
            .map(|thread| title(&thread.name, thread.ident))
            .collect();
        if !orphans.is_empty() {
            write!(
                f,
                "\nrunning with no handle left to join them: {}",
                joined(&orphans, ", ")
            )?;
        }
        f.write_str("\n")?;
        Tree::new(self).write(f)?;
        if !self.others.is_empty() {
            let named = self.others.iter().take(NAMED);
            let named = named.map(|(native, name)| format!("{} ({native})", quoted(name)));
            let named = joined(&named.collect::<Vec<_>>(), ", ");
            let rest = self.others.len().saturating_sub(NAMED);
            write!(f, "\n\nthreads that threadkit does not know: {named}")?;
            if rest > 0 {
                write!(f, " and {rest} more")?;
            }
        }
        Ok(())
    }
}

/// The threads below what they belong to: a scope below the thread that has opened it, and pools at the end.
struct Tree<'a> {
    dump: &'a Dump,
    threads: IndexMap<u64, &'a ThreadDump>,
    scopes: IndexMap<u64, Vec<&'a GroupDump>>,
    supervisors: IndexMap<u64, &'a GroupDump>,
    /// The threads that stand below another entry.
    inner: IndexSet<u64>,
    /// The threads that were written. Each is written once, even if groups contain each other in a cycle.
    written: IndexSet<u64>,
}

impl<'a> Tree<'a> {
    fn new(dump: &'a Dump) -> Self {
        let mut tree = Self {
            dump,
            threads: dump
                .threads
                .iter()
                .map(|thread| (thread.ident, thread))
                .collect(),
            scopes: IndexMap::new(),
            supervisors: IndexMap::new(),
            inner: IndexSet::new(),
            written: IndexSet::new(),
        };
        for group in &dump.groups {
            match group.kind {
                GroupKind::Scope => {
                    tree.scopes.get_or_default(group.maker).push(group);
                    tree.stand_below(group);
                }
                GroupKind::Pool => tree.stand_below(group),
                GroupKind::Supervisor => {
                    for thread in &group.threads {
                        tree.supervisors.insert(*thread, group);
                    }
                }
            }
        }
        tree
    }

    fn stand_below(&mut self, group: &GroupDump) {
        for thread in &group.threads {
            self.inner.add(*thread);
        }
    }

    fn write(mut self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for thread in &self.dump.threads {
            if !self.inner.contains_key(&thread.ident) {
                self.thread(f, thread, 0)?;
            }
        }
        for group in &self.dump.groups {
            if group.kind == GroupKind::Pool {
                self.group(f, group, 0)?;
            }
        }
        // What is left belongs to threads that are not in the list any more.
        for group in &self.dump.groups {
            if group.threads.iter().any(|thread| self.is_left(*thread)) {
                self.group(f, group, 0)?;
            }
        }
        Ok(())
    }

    fn is_left(&self, thread: u64) -> bool {
        self.threads.contains_key(&thread) && !self.written.contains_key(&thread)
    }

    fn group(
        &mut self,
        f: &mut fmt::Formatter<'_>,
        group: &'a GroupDump,
        depth: usize,
    ) -> fmt::Result {
        let indent = depth * STEP;
        write!(f, "\n{:indent$}{}", "", group.kind)?;
        if let Some(name) = &group.name {
            write!(f, " {}", quoted(name))?;
        }
        write!(f, ", made at {}", group.made)?;
        if group.pending > 0 {
            write!(f, ", {} pending", count(group.pending, "task"))?;
        }
        if group.threads.is_empty() {
            write!(f, ", no threads")?;
        }
        for thread in &group.threads {
            if let Some(thread) = self.threads.get(thread).copied() {
                self.thread(f, thread, depth + 1)?;
            }
        }
        Ok(())
    }

    fn thread(
        &mut self,
        f: &mut fmt::Formatter<'_>,
        thread: &'a ThreadDump,
        depth: usize,
    ) -> fmt::Result {
        if !self.written.add(thread.ident) {
            return Ok(());
        }
        self.task(f, thread, "", depth)?;
        for task in &thread.tasks {
            self.task(f, task, "interrupted by task ", depth + 1)?;
        }
        let makers = thread.tasks.iter().chain([thread]);
        for maker in makers.map(|maker| maker.ident) {
            for scope in self.scopes.remove(&maker).unwrap_or_default() {
                if scope.threads.iter().any(|thread| self.is_left(*thread)) {
                    self.group(f, scope, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    fn task(
        &self,
        f: &mut fmt::Formatter<'_>,
        thread: &ThreadDump,
        prefix: &str,
        depth: usize,
    ) -> fmt::Result {
        let indent = depth * STEP;
        write!(
            f,
            "\n{:indent$}{prefix}{} ({}",
            "",
            title(&thread.name, thread.ident),
            thread.ident
        )?;
        if let Some(native) = thread.native_id {
            write!(f, ", system {native}")?;
        }
        if thread.daemon {
            write!(f, ", daemon")?;
        }
        write!(f, ") ")?;
        match &thread.wait {
            Some(wait) => write_wait(f, wait)?,
            None => match thread.runs_for {
                Some(time) => write!(f, "has been running for {:.1} s", time.as_secs_f64())?,
                None => write!(f, "is {}", thread.state)?,
            },
        }
        if let Some(group) = self.supervisors.get(&thread.ident) {
            write!(f, ", under the supervisor made at {}", group.made)?;
        }
        let indent = indent + STEP;
        for held in &thread.holds {
            write!(f, "\n{:indent$}holds ", "")?;
            write_held(f, held)?;
        }
        Ok(())
    }
}

fn write_wait(f: &mut fmt::Formatter<'_>, wait: &WaitDump) -> fmt::Result {
    let seconds = wait.lasts.as_secs_f64();
    if wait.is_idle {
        return write!(f, "has had nothing to do for {seconds:.1} s");
    }
    write!(
        f,
        "has waited {seconds:.1} s in {} at {}",
        wait.operation, wait.place
    )?;
    let holders: Vec<_> = wait.holders.iter().map(describe).collect();
    let holders = joined(&holders, " and ");
    match &wait.awaited {
        Some(awaited) if holders.is_empty() => write!(f, ", for {awaited}"),
        Some(awaited) if wait.is_behind => write!(f, ", for {awaited}, behind {holders} in write"),
        Some(awaited) => write!(f, ", for {awaited}, held by {holders}"),
        None if holders.is_empty() => Ok(()),
        None => write!(f, ", for {holders}"),
    }
}

fn describe(holder: &Holder) -> String {
    let mut text = title(&holder.name, holder.ident);
    if holder.ended {
        text += " (which has ended)";
    }
    match &holder.since {
        Some(since) => format!("{text} since {since}"),
        None => text,
    }
}

fn write_held(f: &mut fmt::Formatter<'_>, held: &HeldLock) -> fmt::Result {
    match held.name {
        Some(name) => write!(f, "{} ({})", quoted(name), held.made)?,
        None => write!(f, "the lock made at {}", held.made)?,
    }
    if let Some(side) = held.side {
        write!(f, " in {side}")?;
    }
    write!(f, " since {}", held.since)
}

fn quoted(name: &str) -> String {
    // A name is on one line.
    format!("`{}`", printable(name).replace('\n', "\\n"))
}

/// What to call a thread: its number, if it has no name.
fn title(name: &str, ident: u64) -> String {
    match name.is_empty() {
        true => format!("number {ident}"),
        false => quoted(name),
    }
}

fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}
