//! Groups of tasks, the waits for them, and pools that are shut down under them.

use super::Generator;
use super::context::Context;
use crate::program::{Child, Collect, Fate, Full, Group, How, Local, Shut, Stmt, Tasks, Via, Wait};

impl Generator<'_> {
    /// A wait for tasks of a group of that size. With `timed` it ends by itself, whatever the tasks do.
    pub(super) fn wait(&mut self, context: &Context, tasks: usize, timed: bool) -> Wait {
        let kind = self.draw(9);
        if kind == 0 || (self.without.limits && (timed || kind != 1)) {
            return Wait::Local(self.local(context, 0));
        }
        let limit = match timed {
            true => Some(self.limit(true)),
            false => self.limit_perhaps(false),
        };
        match kind {
            1 | 2 => Wait::One(self.draw(tasks), limit),
            3 | 5 if self.without.any => Wait::All(limit),
            3 => Wait::Any(limit),
            4 => Wait::All(limit),
            5 => Wait::Some(1 + self.draw(tasks), limit),
            6 => Wait::OnDone(self.draw(tasks)),
            7 => Wait::Stop(self.draw(tasks)),
            _ => Wait::Cancel(self.draw(tasks)),
        }
    }

    pub(super) fn waits(&mut self, context: &Context, tasks: usize, timed: bool) -> Vec<Wait> {
        let mut all = Vec::new();
        while all.len() < 3 {
            let start = self.tape.open();
            if self.draw(3) == 0 {
                self.tape.close(start);
                break;
            }
            all.push(self.wait(context, tasks, timed));
            self.tape.close(start);
        }
        all
    }

    /// The tasks of a group: how they are collected, the tasks, and the context of their bodies.
    pub(super) fn children(
        &mut self,
        inner: &Context,
        siblings: bool,
        timed: bool,
        panics: bool,
    ) -> Vec<Child> {
        let count = 1 + self.draw(3);
        let mut all: Vec<Child> = Vec::new();
        for index in 0..count {
            let start = self.tape.open();
            let has_sibling = self.draw(6) == 5 && siblings && index > 0;
            let sibling = has_sibling.then(|| (self.draw(index), self.limit_perhaps(timed)));
            // A panic must be collected, and with two owners the wrong one may be last.
            let sibling = sibling.filter(|(at, _)| !all[*at].panics);
            let panics = self.tape.one_in(12) && panics;
            let body = self.block(inner, 3);
            self.tape.close(start);
            all.push(Child {
                sibling,
                body,
                panics,
            });
        }
        all
    }

    pub(super) fn tasks(&mut self, context: &Context) -> Stmt {
        let pool = self.usable(context);
        let collect = self.collect(context, true);
        let inner = match collect {
            Collect::Drop => self.detached_in(context, pool),
            _ => self.inside(context, pool),
        };
        let full = context.pools[pool].backlog.map(|(_, full)| full);
        let via = match self.draw(5) {
            0 | 1 if context.sure && full != Some(Full::Refuse) => Via::Submit,
            2 => Via::Timeout(self.ms()),
            3 => Via::Until(self.ms()),
            _ => Via::Try,
        };
        let children = self.children(&inner, true, false, collect != Collect::Drop);
        let gated = self.draw(4) == 3 && collect != Collect::Drop;
        let gate = gated.then(|| self.waits(context, children.len(), true));
        let waits = match collect {
            Collect::Drop => Vec::new(),
            _ => self.waits(context, children.len(), false),
        };
        Stmt::Tasks(Tasks {
            group: Group {
                pool,
                children,
                waits,
                collect,
            },
            via,
            gate,
        })
    }

    pub(super) fn collect(&mut self, context: &Context, may_drop: bool) -> Collect {
        match self.draw(9) {
            0 | 1 => Collect::Join,
            2 => Collect::JoinBackwards,
            3 | 4 if !self.without.any => Collect::AsCompleted,
            5 => Collect::WaitAll,
            6 if !self.without.any => Collect::WaitAny,
            7 if !context.in_task => Collect::Await,
            8 if may_drop => Collect::Drop,
            _ => Collect::Join,
        }
    }

    pub(super) fn scope(&mut self, context: &Context) -> Stmt {
        let pool = self.usable(context);
        let inner = self.inside(context, pool);
        let refuses = matches!(context.pools[pool].backlog, Some((_, Full::Refuse)));
        if refuses {
            return Stmt::Local(Local::Tick);
        }
        let collect = match self.draw(3) {
            0 => Collect::Drop,
            2 if !self.without.any => Collect::AsCompleted,
            _ => Collect::Join,
        };
        let children = self.children(&inner, false, false, collect != Collect::Drop);
        let waits = self.waits(context, children.len(), false);
        Stmt::Scope(Group {
            pool,
            children,
            waits,
            collect,
        })
    }

    pub(super) fn fate(&mut self) -> Fate {
        self.pick(&[
            Fate::Dropped,
            Fate::Run,
            Fate::RunBackwards,
            Fate::RunElsewhere,
            Fate::Kept,
        ])
    }

    pub(super) fn shut(&mut self, context: &Context) -> Stmt {
        let spec = self.pool();
        let how = match self.draw(6) {
            0 => How::Wait,
            1 => How::Timeout(self.ms()),
            2 => How::Drop,
            _ => How::Now(self.fate()),
        };
        let mut inner = context.clone();
        inner.depth += 1;
        inner.in_task = true;
        inner.on_thread = true;
        inner.sure = false;
        inner.usable.clear();
        if how != How::Drop {
            inner.usable.push(inner.pools.len());
            inner.pools.push(spec);
        }
        let collect = self.collect(context, false);
        let panics = how != How::Drop;
        let children = self.children(&inner, true, true, panics);
        let before = self.locals(context, 0, 2);
        let waits = self.waits(context, children.len(), true);
        Stmt::Shut(Shut {
            spec,
            children,
            before,
            how,
            waits,
            collect,
        })
    }
}
