//! A program as Rust that compiles against threadkit.
//!
//! The printed program does what `run` does, except for the counting. So it repeats a hang, an abort or
//! a panic. To repeat a failure of the counts, run the tape.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::gadgets;
use crate::program::{
    Block, Child, Collect, Fate, Form, Full, Group, Held, How, Limit, Local, PoolId, PoolSpec,
    Program, Shut, Stmt, Target, Tasks, TimerEnd, TimerKind, Via, Wait,
};

/// The source of a whole program.
pub(crate) fn source(program: &Program) -> String {
    let mut printer = Printer::default();
    printer.line("fn body() {");
    printer.depth += 1;
    for (id, spec) in program.pools.iter().enumerate() {
        printer.pool(id, spec);
    }
    printer.next_pool = program.pools.len();
    printer.block(&program.body);
    for id in 0..program.pools.len() {
        printer.line(&format!("p{id}.shutdown();"));
    }
    printer.depth -= 1;
    printer.line("}");

    let mut text = String::from(
        "#![allow(unused, unused_comparisons, dropping_copy_types)]\n\
         use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};\n\
         use std::sync::Arc;\n\
         use std::time::Duration;\n\
         use threadkit::*;\n\n\
         fn ms(ms: u64) -> Duration {\n    Duration::from_millis(ms)\n}\n\n",
    );
    for item in &printer.items {
        text.push_str(item);
        text.push_str("\n\n");
    }
    text.push_str(&printer.text);
    text.push_str("\nfn main() {\n    body(); // or, with the feature `explore`: threadkit::explore::check(body)\n}\n");
    for module in &printer.modules {
        let source = match *module {
            "barrier" => include_str!("gadgets/barrier.rs"),
            "chain" => include_str!("gadgets/chain.rs"),
            "events" => include_str!("gadgets/events.rs"),
            "latch" => include_str!("gadgets/latch.rs"),
            "once" => include_str!("gadgets/once.rs"),
            "pipes" => include_str!("gadgets/pipes.rs"),
            "rwlock" => include_str!("gadgets/rwlock.rs"),
            "semaphore" => include_str!("gadgets/semaphore.rs"),
            _ => include_str!("gadgets/turns.rs"),
        };
        let _ = write!(text, "\nmod {module} {{\n{source}}}\n");
    }
    text
}

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

#[derive(Default)]
struct Printer {
    text: String,
    depth: usize,
    /// The items before `body`, each once.
    items: BTreeSet<&'static str>,
    modules: BTreeSet<&'static str>,
    names: usize,
    next_pool: usize,
}

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

const STOPPED_AFTER: &str = "/// A token that is stopped after a while, and the timer that does it.
fn stopped_after(delay: Duration) -> (StopToken, Timer) {
    let source = StopSource::new();
    let token = source.token();
    (token, Timer::after(delay, move || {
        source.stop();
    }))
}";

impl Printer {
    fn line(&mut self, line: &str) {
        for part in line.lines() {
            let _ = writeln!(self.text, "{:width$}{part}", "", width = self.depth * 4);
        }
    }

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn inner(&mut self, print: impl FnOnce(&mut Self)) {
        self.depth += 1;
        print(self);
        self.depth -= 1;
    }

    fn builder(spec: &PoolSpec) -> String {
        let mut text = format!("ThreadPool::builder({})", spec.size);
        if let Some((bound, full)) = spec.backlog {
            let full = match full {
                Full::RunInCaller => "RunInCaller",
                Full::Refuse => "Refuse",
                Full::Block => "Block",
            };
            let _ = write!(text, ".backlog({bound}, WhenFull::{full})");
        }
        if let Some(keep) = spec.keep_alive {
            let _ = write!(text, ".keep_alive(ms({keep}))");
        }
        if spec.drop_stops {
            text.push_str(".on_drop(threadkit::OnDrop::Stop)");
        }
        text + ".build()"
    }

    fn pool(&mut self, id: PoolId, spec: &PoolSpec) {
        self.line(&format!("let p{id} = Arc::new({});", Self::builder(spec)));
    }

    fn block(&mut self, block: &Block) {
        // A pool is visible in its block only.
        let pools = self.next_pool;
        for stmt in block.iter() {
            self.stmt(stmt);
        }
        self.next_pool = pools;
    }

    /// The clones for a body that must own what it uses.
    fn clones(&mut self, pools: BTreeSet<PoolId>) {
        for id in pools {
            if id < self.next_pool {
                self.line(&format!("let p{id} = Arc::clone(&p{id});"));
            }
        }
    }

    fn locals(&mut self, locals: &[Local]) {
        for one in locals {
            self.local(one);
        }
    }

    fn local(&mut self, one: &Local) {
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

    fn hold(&mut self, what: Held, form: Form, inner: &[Local]) {
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

    /// A limit as an argument, and the statements that must precede it.
    fn limit(&mut self, limit: Limit) -> (String, String) {
        match limit {
            Limit::Time(ms) => (String::new(), format!("ms({ms})")),
            Limit::Token => (String::new(), "&StopSource::new().token()".to_owned()),
            Limit::Stopped(ms) => {
                self.items.insert(STOPPED_AFTER);
                (
                    format!("let (token, timer) = stopped_after(ms({ms}));"),
                    "&token".to_owned(),
                )
            }
            Limit::Both(ms) => (
                String::new(),
                format!("(ms({ms}), &StopSource::new().token())"),
            ),
        }
    }

    /// A wait with a limit: `before` and `after` stand around the limit.
    fn limited(&mut self, limit: Limit, before: &str, after: &str) {
        let (first, argument) = self.limit(limit);
        match first.as_str() {
            "" => self.line(&format!("let _ = {before}{argument}{after};")),
            first => {
                self.line("{");
                self.inner(|p| {
                    p.line(first);
                    p.line(&format!("let _ = {before}{argument}{after};"));
                    p.line("timer.cancel();");
                });
                self.line("}");
            }
        }
    }

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

    fn dispose(&mut self, fate: Fate) {
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

    fn before_disposal(&mut self) {
        self.line("let mut kept: Vec<Unrun> = Vec::new();");
        self.line("let mut elsewhere: Option<JoinHandle<()>> = None;");
    }

    fn after_disposal(&mut self) {
        self.line("elsewhere.into_iter().for_each(|handle| handle.join().unwrap());");
    }

    #[expect(clippy::too_many_lines, reason = "an arm for each kind of statement")]
    fn stmt(&mut self, stmt: &Stmt) {
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

    fn tasks(&mut self, tasks: &Tasks) {
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

    fn scope(&mut self, group: &Group) {
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

    fn threads(&mut self, scoped: bool, bodies: &[Block], wait: Option<Limit>) {
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

    fn shut(&mut self, shut: &Shut) {
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

    fn stops(&mut self, target: Target, before: &[Local], limit: Option<u64>) {
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

    fn supervise(&mut self, pool: Option<PoolId>, pause: u64, outcome: &str, stop: Option<u64>) {
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

fn refs(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("&{name}")).collect();
    names.join(", ")
}

/// The pools that a block names.
fn pools_of(block: &Block) -> BTreeSet<PoolId> {
    block.iter().flat_map(pools_of_stmt).collect()
}

fn pools_of_locals(locals: &[Local]) -> BTreeSet<PoolId> {
    let mut all = BTreeSet::new();
    for one in locals {
        match one {
            Local::Hold { inner, .. } => all.extend(pools_of_locals(inner)),
            Local::Detach { pool, body } => {
                all.insert(*pool);
                all.extend(pools_of(body));
            }
            Local::Tick | Local::Sleep(_) | Local::Nap(_) => {}
        }
    }
    all
}

fn pools_of_waits(waits: &[Wait]) -> BTreeSet<PoolId> {
    let locals = waits.iter().filter_map(|wait| match wait {
        Wait::Local(one) => Some(one.clone()),
        _ => None,
    });
    pools_of_locals(&locals.collect::<Vec<_>>())
}

fn pools_of_stmt(stmt: &Stmt) -> BTreeSet<PoolId> {
    let blocks = |blocks: &[Block]| blocks.iter().flat_map(pools_of).collect::<BTreeSet<_>>();
    let children = |children: &[Child]| {
        children
            .iter()
            .flat_map(|child| pools_of(&child.body))
            .collect::<BTreeSet<_>>()
    };
    match stmt {
        Stmt::Local(one) => pools_of_locals(core::slice::from_ref(one)),
        Stmt::Tasks(Tasks { group, gate, .. }) => {
            let mut all = children(&group.children);
            all.insert(group.pool);
            all.extend(pools_of_waits(&group.waits));
            all.extend(gate.iter().flat_map(|waits| pools_of_waits(waits)));
            all
        }
        Stmt::Scope(group) => {
            let mut all = children(&group.children);
            all.insert(group.pool);
            all.extend(pools_of_waits(&group.waits));
            all
        }
        Stmt::Map { pool, body, .. } => {
            let mut all = pools_of(body);
            all.insert(*pool);
            all
        }
        Stmt::Threads { bodies, .. } | Stmt::ScopeShut { bodies, .. } => blocks(bodies),
        Stmt::LocalPool { body, .. } | Stmt::Unwind(body) | Stmt::AtThreadEnd(body) => {
            pools_of(body)
        }
        Stmt::Shut(shut) => {
            let mut all = children(&shut.children);
            all.extend(pools_of_locals(&shut.before));
            all.extend(pools_of_waits(&shut.waits));
            all
        }
        Stmt::Stops { target, before, .. } => {
            let mut all = pools_of_locals(before);
            if let Target::Task(pool) = target {
                all.insert(*pool);
            }
            all
        }
        Stmt::Timer { body, .. } => pools_of_locals(body),
        Stmt::Supervise { pool, .. } | Stmt::SuperviseStopped { pool, .. } => {
            pool.iter().copied().collect()
        }
        Stmt::MapShut { .. } | Stmt::Gadget { .. } | Stmt::Chain { .. } | Stmt::StopAll => {
            BTreeSet::new()
        }
    }
}
