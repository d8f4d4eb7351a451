//! Statements, and what a thread does for itself.

use super::pools::{pools_of, pools_of_locals};
use super::printer::Printer;
use crate::gadgets;
use crate::program::{Block, Form, Held, Limit, Local, PoolId, Stmt, Target, TimerEnd, TimerKind};

const ON_UNWIND: &str = "/// Does something when it is dropped.
struct OnDrop<F: FnMut()>(F);
impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}";

const AT_THREAD_END: &str = "/// What is to run when the thread ends.
struct AtEnd(Option<Box<dyn FnOnce()>>);
impl Drop for AtEnd {
    fn drop(&mut self) {
        if let Some(run) = self.0.take() {
            run();
        }
    }
}
thread_local! {
    static AT_END: std::cell::RefCell<Vec<AtEnd>> = const { std::cell::RefCell::new(Vec::new()) };
}";

impl Printer {
    pub(super) fn locals(&mut self, locals: &[Local]) {
        for one in locals {
            self.local(one);
        }
    }

    pub(super) fn local(&mut self, one: &Local) {
        match one {
            Local::Tick => self.line("std::hint::black_box(());"),
            Local::Sleep(ms) => self.line(&format!("threadkit::sleep(ms({ms}));")),
            Local::Nap(ms) => {
                self.line(&format!("threadkit::stop_token().wait_timeout(ms({ms}));"))
            }
            Local::Hold { what, form, inner } => self.hold(*what, *form, inner),
            Local::Detach { pool, body } => {
                self.line(&format!("drop(p{pool}.try_submit({{"));
                self.inner(|p| {
                    p.clones(pools_of(body));
                    p.line("move || {");
                    p.inner(|p| p.block(body));
                    p.line("}");
                });
                self.line("}));");
            }
        }
    }

    pub(super) fn hold(&mut self, what: Held, form: Form, inner: &[Local]) {
        let (item, lock, [acquire, attempt, timeout]) = match what {
            Held::First => (
                "static FIRST: Lock<()> = Lock::new(());",
                "FIRST",
                ["acquire", "try_acquire", "acquire_timeout"],
            ),
            Held::Second => (
                "static SECOND: Lock<()> = Lock::new(());",
                "SECOND",
                ["acquire", "try_acquire", "acquire_timeout"],
            ),
            Held::Reentrant => (
                "static REENTRANT: RLock<()> = RLock::new(());",
                "REENTRANT",
                ["acquire", "try_acquire", "acquire_timeout"],
            ),
            Held::Written => (
                "static SHARED: RwLock<()> = RwLock::new(());",
                "SHARED",
                ["write", "try_write", "write_timeout"],
            ),
            Held::Read => (
                "static SHARED: RwLock<()> = RwLock::new(());",
                "SHARED",
                ["read", "try_read", "read_timeout"],
            ),
            Held::Permit => (
                "static PERMITS: Semaphore = Semaphore::new(2);",
                "PERMITS",
                ["acquire", "try_acquire", "acquire_timeout"],
            ),
        };
        self.items.insert(item);
        match form {
            Form::Plain => {
                self.line("{");
                self.inner(|p| p.line(&format!("let _held = {lock}.{acquire}();")));
            }
            Form::Try => self.line(&format!("if let Some(_held) = {lock}.{attempt}() {{")),
            Form::Timeout(ms) => {
                self.line(&format!("if let Ok(_held) = {lock}.{timeout}(ms({ms})) {{"));
            }
        }
        self.inner(|p| p.locals(inner));
        self.line("}");
    }

    #[expect(clippy::too_many_lines, reason = "an arm for each kind of statement")]
    pub(super) fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Local(one) => self.local(one),
            Stmt::Tasks(tasks) => self.tasks(tasks),
            Stmt::Scope(group) => self.scope(group),
            Stmt::Map {
                pool,
                items,
                body,
                take,
            } => {
                self.line(&format!("p{pool}.map(0..{items}, {{"));
                self.inner(|p| {
                    p.clones(pools_of(body));
                    p.line("move |_| {");
                    p.inner(|p| p.block(body));
                    p.line("}");
                });
                self.line(&format!("}}).take({take}).count();"));
            }
            Stmt::Threads {
                scoped,
                bodies,
                wait,
            } => self.threads(*scoped, bodies, *wait),
            Stmt::LocalPool { spec, body } => {
                let id = self.next_pool;
                self.line("{");
                self.inner(|p| {
                    p.pool(id, spec);
                    p.next_pool += 1;
                    p.block(body);
                    p.next_pool -= 1;
                    p.line("if std::thread::panicking() {");
                    p.inner(|p| p.line(&format!("p{id}.shutdown();")));
                    p.line("}");
                    p.line(&format!("match Arc::try_unwrap(p{id}) {{"));
                    p.inner(|p| {
                        p.line("Ok(pool) => drop(pool),");
                        p.line("Err(pool) => pool.shutdown(),");
                    });
                    p.line("}");
                });
                self.line("}");
            }
            Stmt::Shut(shut) => self.shut(shut),
            Stmt::ScopeShut { spec, bodies, fate } => {
                self.line("{");
                self.inner(|p| {
                    p.line(&format!("let pool = {};", Self::builder(spec)));
                    p.before_disposal();
                    p.line("pool.scope(|s| {");
                    p.inner(|p| {
                        for body in bodies {
                            p.line("drop(s.submit(|| {");
                            p.inner(|p| p.block(body));
                            p.line("}));");
                        }
                        p.line("let unrun = pool.shutdown_now();");
                        p.dispose(*fate);
                    });
                    p.line("});");
                    p.line("drop(kept);");
                    p.after_disposal();
                });
                self.line("}");
            }
            Stmt::MapShut {
                spec,
                items,
                take,
                fate,
            } => {
                self.line("{");
                self.inner(|p| {
                    p.line(&format!("let pool = {};", Self::builder(spec)));
                    p.before_disposal();
                    p.line(&format!(
                        "let mut map = pool.map(0..{items}_usize, |item| item);"
                    ));
                    p.line(&format!("map.by_ref().take({take}).count();"));
                    p.line("let unrun = pool.shutdown_now();");
                    p.dispose(*fate);
                    p.line("drop(catch_unwind(AssertUnwindSafe(|| map.by_ref().count())));");
                    p.line("drop(map);");
                    p.line("drop(kept);");
                    p.after_disposal();
                });
                self.line("}");
            }
            Stmt::Stops {
                target,
                before,
                limit,
            } => self.stops(*target, before, *limit),
            Stmt::Timer {
                kind,
                ms,
                body,
                end,
            } => {
                let make = match kind {
                    TimerKind::After => "after",
                    TimerKind::Every => "every",
                    TimerKind::WithPause => "with_pause",
                };
                let pools = pools_of_locals(body);
                self.line("{");
                self.inner(|p| {
                    p.clones(pools);
                    p.line(&format!("let timer = Timer::{make}(ms({ms}), move || {{"));
                    p.inner(|p| p.locals(body));
                    p.line("});");
                    let repeats = *kind != TimerKind::After;
                    match end {
                        TimerEnd::TimeoutThenWait(limit) => {
                            p.line(&format!("let _ = timer.wait_timeout(ms({limit}));"));
                        }
                        TimerEnd::TokenThenWait => {
                            p.line("let source = StopSource::new();");
                            p.line("source.stop();");
                            p.line("let _ = timer.wait_until(&source.token());");
                        }
                        TimerEnd::Wait if repeats => {
                            p.line(&format!("threadkit::sleep(ms({}));", 2 * ms));
                        }
                        TimerEnd::Wait => {}
                        TimerEnd::CancelThenWait => p.line("timer.cancel();"),
                    }
                    if repeats {
                        p.line("timer.cancel();");
                    }
                    p.line("timer.wait();");
                });
                self.line("}");
            }
            Stmt::Supervise {
                pool,
                failures,
                pause,
            } => {
                self.supervise(
                    *pool,
                    *pause,
                    &format!("if starts < {failures} {{ Err(\"not yet\") }} else {{ Ok(starts) }}"),
                    None,
                );
            }
            Stmt::SuperviseStopped { pool, pause, after } => {
                self.supervise(
                    *pool,
                    *pause,
                    "Err::<(), _>(format!(\"start {starts} fails\"))",
                    Some(*after),
                );
            }
            Stmt::Gadget { kind, n, m } => {
                let (module, function, _) = gadgets::named(*kind);
                self.modules.insert(module);
                self.line(&format!("{module}::{function}({n}, {m});"));
            }
            Stmt::Unwind(body) => {
                self.items.insert(ON_UNWIND);
                self.line("drop(catch_unwind(AssertUnwindSafe(|| {");
                self.inner(|p| {
                    p.line("let _guard = OnDrop(|| {");
                    p.inner(|p| p.block(body));
                    p.line("});");
                    p.line("resume_unwind(Box::new(\"planned\"));");
                });
                self.line("})));");
            }
            Stmt::AtThreadEnd(body) => {
                self.items.insert(AT_THREAD_END);
                self.line("{");
                self.inner(|p| {
                    p.clones(pools_of(body));
                    p.line("let at_end = AtEnd(Some(Box::new(move || {");
                    p.inner(|p| p.block(body));
                    p.line("})));");
                    p.line("drop(AT_END.try_with(|all| all.borrow_mut().push(at_end)));");
                });
                self.line("}");
            }
            Stmt::Chain { length } => {
                self.modules.insert("chain");
                self.line(&format!("chain::chain({length});"));
            }
            Stmt::StopAll => self.line("stop_all();"),
        }
    }

    pub(super) fn threads(&mut self, scoped: bool, bodies: &[Block], wait: Option<Limit>) {
        if scoped {
            self.line("scope(|s| {");
        } else {
            self.line("{");
        }
        self.inner(|p| {
            let mut names = Vec::new();
            for body in bodies {
                let name = p.name("h");
                if scoped {
                    p.line(&format!("let {name} = s.spawn(|| {{"));
                    p.inner(|p| p.block(body));
                    p.line("});");
                } else {
                    p.line(&format!("let {name} = spawn({{"));
                    p.inner(|p| {
                        p.clones(pools_of(body));
                        p.line("move || {");
                        p.inner(|p| p.block(body));
                        p.line("}");
                    });
                    p.line("});");
                }
                names.push(name);
            }
            for name in &names {
                match wait {
                    None => {}
                    Some(Limit::Time(ms)) => {
                        p.line(&format!("let _ = {name}.wait_timeout(ms({ms}));"))
                    }
                    Some(limit) => p.limited(limit, &format!("{name}.wait_until("), ")"),
                }
            }
            for name in &names {
                p.line(&format!("{name}.join().unwrap();"));
            }
        });
        self.line(if scoped { "});" } else { "}" });
    }

    pub(super) fn stops(&mut self, target: Target, before: &[Local], limit: Option<u64>) {
        let wait = match limit {
            None => "threadkit::stop_token().wait()".to_owned(),
            Some(ms) => format!(
                "if !threadkit::stop_token().wait_timeout(ms({ms})) {{ threadkit::stop_token().wait() }}"
            ),
        };
        self.line(if target == Target::Scope {
            "scope(|s| {"
        } else {
            "{"
        });
        self.inner(|p| match target {
            Target::Thread => {
                p.line(&format!("let handle = spawn(|| {{ {wait} }});"));
                p.locals(before);
                p.line("handle.stop();");
                p.line("handle.join().unwrap();");
            }
            Target::Linked => {
                p.line("let outer = StopSource::new();");
                p.line("let linked = StopSource::linked(&outer.token());");
                p.line("let token = linked.token();");
                p.line("let handle = spawn(move || token.wait());");
                p.locals(before);
                p.line("outer.stop();");
                p.line("handle.join().unwrap();");
            }
            Target::Scope => {
                p.line(&format!("drop(s.spawn(|| {{ {wait} }}));"));
                p.line(&format!("drop(s.spawn(|| {{ {wait} }}));"));
                p.locals(before);
                p.line("s.stop();");
            }
            Target::Task(pool) => {
                p.line(&format!("let task = p{pool}.try_submit(|| {{ {wait} }});"));
                p.locals(before);
                p.line("if let Ok(task) = task {");
                p.inner(|p| {
                    p.line("task.stop();");
                    p.line("let _ = task.join();");
                });
                p.line("}");
            }
        });
        self.line(if target == Target::Scope { "});" } else { "}" });
    }

    pub(super) fn supervise(
        &mut self,
        pool: Option<PoolId>,
        pause: u64,
        outcome: &str,
        stop: Option<u64>,
    ) {
        self.line("{");
        self.inner(|p| {
            p.line(&format!(
                "let supervisor = Supervisor::new(|starts: u32| move || {outcome})"
            ));
            p.line(&format!(
                "    .pauses(ms({pause}), ms({pause})).on_failure(|_| {{}});"
            ));
            let name = if pool.is_some() { "task" } else { "handle" };
            match pool {
                None => p.line("let handle = supervisor.start();"),
                Some(pool) => p.line(&format!(
                    "if let Ok(task) = p{pool}.try_submit(supervisor) {{"
                )),
            }
            if let Some(after) = stop {
                p.line(&format!("threadkit::sleep(ms({after}));"));
                p.line(&format!("{name}.stop();"));
            }
            p.line(&format!("let _ = {name}.join();"));
            if pool.is_some() {
                p.line("}");
            }
        });
        self.line("}");
    }
}
