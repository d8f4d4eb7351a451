//! Tasks, and the waits for them.

use super::pools::pools_of;
use super::printer::Printer;
use crate::program::{Child, Collect, Fate, Group, How, Limit, Shut, Tasks, Via, Wait};

const BLOCK_ON: &str = "fn block_on<F: std::future::Future>(future: F) -> F::Output {
    struct Woken(Event);
    impl std::task::Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.set();
        }
    }
    let woken = Arc::new(Woken(Event::new()));
    let waker = std::task::Waker::from(Arc::clone(&woken));
    let mut future = std::pin::pin!(future);
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
            return value;
        }
        woken.0.wait();
        woken.0.clear();
    }
}";

/// The variables that hold the tasks of a group.
struct Handles {
    names: Vec<String>,
    /// They are `Task`s; else `Option<Arc<Task>>`, because one may be refused or have several owners.
    plain: bool,
}

impl Handles {
    fn is_plain(children: &[Child], may_be_refused: bool) -> bool {
        !may_be_refused && children.iter().all(|child| child.sibling.is_none())
    }

    /// An expression for references to all tasks.
    fn all(&self) -> String {
        match self.plain {
            true => format!("[{}]", refs(&self.names)),
            false => format!(
                "[{}].into_iter().flatten().map(|task| &**task)",
                refs(&self.names)
            ),
        }
    }
}

impl Printer {
    /// The body of a task of a group, as the block of an argument.
    fn child(&mut self, child: &Child, gate: Option<&str>, earlier: &[String], owned: bool) {
        let sibling = child
            .sibling
            .and_then(|(at, limit)| Some((earlier.get(at)?.clone(), limit)));
        self.inner(|p| {
            if owned {
                p.clones(pools_of(&child.body));
            }
            if let Some(gate) = gate {
                p.line(&format!("let {gate} = Arc::clone(&{gate});"));
            }
            if let Some((name, _)) = &sibling {
                p.line(&format!("let {name} = {name}.clone();"));
            }
            p.line(if owned { "move || {" } else { "|| {" });
            p.inner(|p| {
                if let Some(gate) = gate {
                    p.line(&format!("{gate}.wait();"));
                }
                if let Some((name, limit)) = &sibling {
                    p.line(&format!("if let Some({name}) = &{name} {{"));
                    p.inner(|p| match limit {
                        None => p.line(&format!("{name}.wait();")),
                        Some(limit) => p.limited(*limit, &format!("{name}.wait_until("), ")"),
                    });
                    p.line("}");
                }
                p.block(&child.body);
                if child.panics {
                    p.line("resume_unwind(Box::new(\"planned\"));");
                }
            });
            p.line("}");
        });
    }

    /// Submits the tasks of a group, with the call around a body; a refused one runs in place.
    fn submit(
        &mut self,
        children: &[Child],
        (before, after): (&str, &str),
        may_be_refused: bool,
        gate: Option<&str>,
    ) -> Handles {
        let plain = Handles::is_plain(children, may_be_refused);
        let mut names = Vec::new();
        for child in children {
            let name = self.name("t");
            match (plain, may_be_refused) {
                (true, _) => self.line(&format!("let {name} = {before}{{")),
                (false, false) => self.line(&format!("let {name} = Some(Arc::new({before}{{")),
                (false, true) => self.line(&format!("let {name} = match {before}{{")),
            }
            self.child(child, gate, &names, true);
            match (plain, may_be_refused) {
                (true, _) => self.line(&format!("}}{after};")),
                (false, false) => self.line(&format!("}}{after}));")),
                (false, true) => {
                    self.line(&format!("}}{after} {{"));
                    self.inner(|p| {
                        p.line("Ok(task) => Some(Arc::new(task)),");
                        p.line("Err(refused) => {");
                        p.inner(|p| {
                            if let Some(gate) = gate {
                                p.line(&format!("{gate}.set();"));
                            }
                            p.line("drop(catch_unwind(AssertUnwindSafe(refused.into_body())));");
                            p.line("None");
                        });
                        p.line("}");
                    });
                    self.line("};");
                }
            }
            names.push(name);
        }
        Handles { names, plain }
    }

    fn waits(&mut self, waits: &[Wait], handles: &Handles) {
        let all = handles.all();
        for wait in waits {
            match wait {
                Wait::Local(one) => self.local(one),
                Wait::One(at, None) => {
                    self.one(handles, *at, |p, task| p.line(&format!("{task}.wait();")))
                }
                Wait::One(at, Some(Limit::Time(ms))) => self.one(handles, *at, |p, task| {
                    p.line(&format!("let _ = {task}.wait_timeout(ms({ms}));"));
                }),
                Wait::One(at, Some(limit)) => self.one(handles, *at, |p, task| {
                    p.limited(*limit, &format!("{task}.wait_until("), ")");
                }),
                Wait::Any(limit) => {
                    let print = |p: &mut Self| match limit {
                        None => p.line(&format!("wait_any({all});")),
                        Some(limit) => p.limited(*limit, &format!("wait_any_until({all}, "), ")"),
                    };
                    if handles.plain {
                        print(self);
                    } else {
                        self.line(&format!("if {all}.next().is_some() {{"));
                        self.inner(print);
                        self.line("}");
                    }
                }
                Wait::All(None) => self.line(&format!("wait_all({all});")),
                Wait::All(Some(limit)) => {
                    self.limited(*limit, &format!("wait_all_until({all}, "), ")");
                }
                Wait::Some(count, None) => {
                    self.line(&format!("as_completed({all}).take({count}).count();"));
                }
                Wait::Some(count, Some(limit)) => {
                    let after = format!(").take({count}).count()");
                    self.limited(*limit, &format!("as_completed_until({all}, "), &after);
                }
                Wait::Cancel(at) => {
                    self.one(handles, *at, |p, task| p.line(&format!("{task}.cancel();")))
                }
                Wait::Stop(at) => {
                    self.one(handles, *at, |p, task| p.line(&format!("{task}.stop();")))
                }
                Wait::OnDone(at) => {
                    self.items.insert("static FIRST: Lock<()> = Lock::new(());");
                    self.one(handles, *at, |p, task| {
                        p.line(&format!("{task}.on_done(|_| drop(FIRST.try_acquire()));"));
                    });
                }
            }
        }
    }

    /// Does something with one task.
    fn one(&mut self, handles: &Handles, at: usize, print: impl FnOnce(&mut Self, &str)) {
        let name = &handles.names[at];
        if handles.plain {
            print(self, name);
        } else {
            self.line(&format!("if let Some(task) = &{name} {{"));
            self.inner(|p| print(p, "task"));
            self.line("}");
        }
    }

    fn collect(&mut self, how: Collect, handles: &Handles) {
        if handles.names.is_empty() {
            return;
        }
        let owned = handles.names.join(", ");
        let all = handles.all();
        let join = if how == Collect::Await {
            self.items.insert(BLOCK_ON);
            "block_on(task)"
        } else {
            "task.join()"
        };
        let joined = match handles.plain {
            true => format!("let _ = {join};"),
            false => format!(
                "match Arc::try_unwrap(task) {{\n    Ok(task) => drop({join}),\n    Err(task) => task.wait(),\n}}"
            ),
        };
        let tasks = match handles.plain {
            true => format!("[{owned}].into_iter()"),
            false => format!("[{owned}].into_iter().flatten()"),
        };
        match how {
            Collect::Drop => {
                self.line(&format!("drop(({owned},));"));
                return;
            }
            Collect::WaitAll => self.line(&format!("wait_all({all});")),
            Collect::AsCompleted => self.line(&format!("as_completed({all}).count();")),
            Collect::WaitAny => {
                let task = if handles.plain {
                    ""
                } else {
                    ".iter().map(|task| &**task)"
                };
                self.line(&format!("let mut left: Vec<_> = {tasks}.collect();"));
                self.line("while !left.is_empty() {");
                self.inner(|p| {
                    p.line(
                        &format!("let first = wait_any(&left{task});").replace("&left.", "left."),
                    );
                    p.line("let task = left.swap_remove(first);");
                    p.line(&joined);
                });
                self.line("}");
                return;
            }
            Collect::Join | Collect::JoinBackwards | Collect::Await => {}
        }
        let mut names = handles.names.clone();
        if how == Collect::JoinBackwards {
            names.reverse();
        }
        if handles.plain {
            for name in names {
                self.line(&joined.replace("task", &name));
            }
            return;
        }
        let order = if how == Collect::JoinBackwards {
            ".rev()"
        } else {
            ""
        };
        self.line(&format!("for task in {tasks}{order} {{"));
        self.inner(|p| p.line(&joined));
        self.line("}");
    }

    pub(super) fn dispose(&mut self, fate: Fate) {
        match fate {
            Fate::Dropped => self.line("drop(unrun);"),
            Fate::Run => self.line("unrun.into_iter().for_each(|one| { one.run(); });"),
            Fate::RunBackwards => {
                self.line("unrun.into_iter().rev().for_each(|one| { one.run(); });");
            }
            Fate::RunElsewhere => self.line(
                "elsewhere = Some(spawn(move || unrun.into_iter().for_each(|one| { one.run(); })));",
            ),
            Fate::Kept => self.line("kept = unrun;"),
        }
    }

    pub(super) fn before_disposal(&mut self) {
        self.line("let mut kept: Vec<Unrun> = Vec::new();");
        self.line("let mut elsewhere: Option<JoinHandle<()>> = None;");
    }

    pub(super) fn after_disposal(&mut self) {
        self.line("elsewhere.into_iter().for_each(|handle| handle.join().unwrap());");
    }

    pub(super) fn tasks(&mut self, tasks: &Tasks) {
        let Tasks { group, via, gate } = tasks;
        let pool = group.pool;
        let via = if gate.is_some() { Via::Try } else { *via };
        self.line("{");
        self.inner(|p| {
            let event = gate.as_ref().map(|_| p.name("gate"));
            if let Some(event) = &event {
                p.line(&format!("let {event} = Arc::new(Event::new());"));
            }
            let (before, after) = match via {
                Via::Submit => (format!("p{pool}.submit("), ")".to_owned()),
                Via::Try => (format!("p{pool}.try_submit("), ")".to_owned()),
                Via::Timeout(ms) => (format!("p{pool}.submit_timeout("), format!(", ms({ms}))")),
                Via::Until(ms) => (format!("p{pool}.submit_until("), format!(", ms({ms}))")),
            };
            let around = (before.as_str(), after.as_str());
            let names = p.submit(
                &group.children,
                around,
                via != Via::Submit,
                event.as_deref(),
            );
            if let (Some(early), Some(event)) = (gate, &event) {
                p.waits(early, &names);
                p.line(&format!("{event}.set();"));
            }
            p.waits(&group.waits, &names);
            p.collect(group.collect, &names);
        });
        self.line("}");
    }

    pub(super) fn scope(&mut self, group: &Group) {
        self.line(&format!("p{}.scope(|s| {{", group.pool));
        self.inner(|p| {
            let mut names = Vec::new();
            for child in &group.children {
                let name = p.name("t");
                p.line(&format!("let {name} = s.submit({{"));
                p.child(child, None, &[], false);
                p.line("});");
                names.push(name);
            }
            let handles = Handles { names, plain: true };
            p.waits(&group.waits, &handles);
            p.collect(group.collect, &handles);
        });
        self.line("});");
    }

    pub(super) fn shut(&mut self, shut: &Shut) {
        let Shut {
            spec,
            children,
            before,
            how,
            waits,
            collect,
        } = shut;
        let id = self.next_pool;
        self.line("{");
        self.inner(|p| {
            p.pool(id, spec);
            p.next_pool += 1;
            let call = format!("p{id}.try_submit(");
            let names = p.submit(children, (&call, ")"), true, None);
            p.locals(before);
            p.before_disposal();
            match how {
                How::Wait => p.line(&format!("p{id}.shutdown();")),
                How::Timeout(ms) => p.line(&format!(
                    "while !p{id}.shutdown_timeout(ms({})) {{}}",
                    1 + ms
                )),
                How::Now(fate) => {
                    p.line(&format!("let unrun = p{id}.shutdown_now();"));
                    p.dispose(*fate);
                }
                How::Drop => p.line(&format!("drop(Arc::into_inner(p{id}));")),
            }
            p.waits(waits, &names);
            p.line("drop(kept);");
            p.collect(*collect, &names);
            if *how != How::Drop {
                p.line(&format!(
                    "if !std::thread::panicking() {{ p{id}.shutdown(); }}"
                ));
            }
            p.after_disposal();
            p.next_pool -= 1;
        });
        self.line("}");
    }
}

fn refs(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("&{name}")).collect();
    names.join(", ")
}
