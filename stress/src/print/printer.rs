//! The text that grows, and what all parts of it need: lines, names, pools and limits.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::program::{Block, Full, Limit, PoolId, PoolSpec};

#[derive(Default)]
pub(super) struct Printer {
    pub(super) text: String,
    pub(super) depth: usize,
    /// The items before `body`, each once.
    pub(super) items: BTreeSet<&'static str>,
    pub(super) modules: BTreeSet<&'static str>,
    pub(super) names: usize,
    pub(super) next_pool: usize,
}

const STOPPED_AFTER: &str = "/// A token that is stopped after a while, and the timer that does it.
fn stopped_after(delay: Duration) -> (StopToken, Timer) {
    let source = StopSource::new();
    let token = source.token();
    (token, Timer::after(delay, move || {
        source.stop();
    }))
}";

impl Printer {
    pub(super) fn line(&mut self, line: &str) {
        for part in line.lines() {
            let _ = writeln!(self.text, "{:width$}{part}", "", width = self.depth * 4);
        }
    }

    pub(super) fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    pub(super) fn inner(&mut self, print: impl FnOnce(&mut Self)) {
        self.depth += 1;
        print(self);
        self.depth -= 1;
    }

    pub(super) fn builder(spec: &PoolSpec) -> String {
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

    pub(super) fn pool(&mut self, id: PoolId, spec: &PoolSpec) {
        self.line(&format!("let p{id} = Arc::new({});", Self::builder(spec)));
    }

    pub(super) fn block(&mut self, block: &Block) {
        // A pool is visible in its block only.
        let pools = self.next_pool;
        for stmt in block.iter() {
            self.stmt(stmt);
        }
        self.next_pool = pools;
    }

    /// The clones for a body that must own what it uses.
    pub(super) fn clones(&mut self, pools: BTreeSet<PoolId>) {
        for id in pools {
            if id < self.next_pool {
                self.line(&format!("let p{id} = Arc::clone(&p{id});"));
            }
        }
    }

    /// A limit as an argument, and the statements that must precede it.
    pub(super) fn limit(&mut self, limit: Limit) -> (String, String) {
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
    pub(super) fn limited(&mut self, limit: Limit, before: &str, after: &str) {
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
}
