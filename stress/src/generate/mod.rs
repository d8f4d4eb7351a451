//! From a tape to a program that cannot deadlock by its own fault.
//!
//! The rules, each of which keeps the graph of waits free of cycles:
//!
//! - **Tasks are waited for along a tree.** A body waits for tasks that it has submitted itself, and a
//!   task of a group for earlier tasks of the same group. That is what the pools promise to allow, within
//!   one pool and across several.
//! - **Locks and permits are acquired in one order.** A thread that holds one waits only for time and for
//!   those later in that order (`Local`). Timers run nothing else either.
//! - **A thread gives its signals before it waits.** Before it opens a gate or requests a stop, it does
//!   only `Local` and waits that end by time.
//! - **A thread that a task waits for may use the same pools as the task**: a pool lends the place of a worker
//!   that waits for a thread, if a task is awaited that has not begun. A pool that a task shuts down uses no other.
//! - **A pool whose submitters block is a leaf**: its tasks submit to no other pool but those that they
//!   make, and the tasks of these do not submit to it.
//! - **Tasks without a waiter** (detached tasks, the rest of a map) use pools that end with their own.
//! - **Primitives between threads** are used in gadgets only, whose threads do nothing else.

mod context;
mod kinds;
mod tasks;

use std::sync::Arc;

use self::context::Context;
pub(crate) use self::kinds::{KINDS, Kind, Without};
use crate::program::{
    Block, Form, Full, GADGETS, HELD, Held, Limit, Local, Ms, PoolSpec, Program, Stmt, Target,
    TimerEnd, TimerKind,
};
use crate::tape::Tape;

/// How many statements a program has at most.
const BUDGET: usize = 30;

/// The maximum depth of nested blocks.
const DEPTH: usize = 5;

/// The program on that tape.
pub(crate) fn generate(tape: &mut Tape, without: &Without) -> Program {
    let mut generator = Generator {
        tape,
        without,
        mask: 0,
        budget: BUDGET,
        alone: false,
        may_stop_all: false,
        program_pools: 0,
    };
    generator.program()
}

struct Generator<'t> {
    tape: &'t mut Tape,
    without: &'t Without,
    /// The kinds that this program does without: different programs are different mixes.
    mask: u32,
    budget: usize,
    alone: bool,
    may_stop_all: bool,
    program_pools: usize,
}

impl Generator<'_> {
    fn draw(&mut self, bound: usize) -> usize {
        self.tape.draw(bound)
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.tape.draw(all.len())]
    }

    fn program(&mut self) -> Program {
        let sparse = self.draw(3) != 0;
        self.mask = (self.draw(256) | self.draw(256) << 8 | self.draw(256) << 16) as u32;
        if !sparse {
            self.mask = 0;
        }
        self.may_stop_all = self.draw(16) == 15;
        let most = if self.without.pools { 1 } else { 3 };
        let count = 1 + self.draw(most);
        self.program_pools = count;
        let pools: Vec<_> = (0..count).map(|_| self.pool()).collect();
        let context = Context {
            depth: 0,
            usable: (0..count).collect(),
            pools: pools.clone(),
            in_task: false,
            blocking: Vec::new(),
            sure: true,
            on_thread: false,
        };
        let body = self.block(&context, 6);
        Program {
            pools,
            body,
            alone: self.alone,
        }
    }

    fn pool(&mut self) -> PoolSpec {
        let tape = &mut *self.tape;
        PoolSpec {
            size: 1 + [0, 0, 0, 1, 1, 2][tape.draw(6)],
            backlog: (tape.draw(3) == 2).then(|| {
                let bound = 1 + tape.draw(2);
                let full = [
                    Full::RunInCaller,
                    Full::RunInCaller,
                    Full::Block,
                    Full::Refuse,
                ];
                (bound, full[tape.draw(4)])
            }),
            keep_alive: tape.one_in(4).then(|| 1 + tape.draw(3) as Ms),
            drop_stops: tape.one_in(6),
        }
    }

    fn ms(&mut self) -> Ms {
        self.draw(5) as Ms
    }

    fn block(&mut self, context: &Context, most: usize) -> Block {
        let mut all = Vec::new();
        while all.len() < most && self.budget > 0 {
            let start = self.tape.open();
            if self.draw(4) == 0 {
                self.tape.close(start);
                break;
            }
            self.budget -= 1;
            all.push(self.stmt(context));
            self.tape.close(start);
        }
        Arc::new(all)
    }

    fn is_allowed(&self, kind: Kind, context: &Context) -> bool {
        let masked = self.mask & 1 << (kind as u32) != 0 && kind != Kind::Local;
        let deep = context.depth >= DEPTH;
        let here = match kind {
            Kind::Local | Kind::Gadget | Kind::Timer | Kind::Supervise | Kind::SuperviseStopped => {
                true
            }
            Kind::Stops | Kind::MapShut | Kind::ScopeShut => true,
            Kind::Tasks => !deep && !context.usable.is_empty(),
            Kind::Scope | Kind::Map => !deep && context.sure && !context.usable.is_empty(),
            Kind::Threads | Kind::LocalPool | Kind::Shut | Kind::Unwind => !deep,
            Kind::AtThreadEnd => !deep && context.on_thread,
            Kind::Chain => context.depth == 0,
            Kind::StopAll => self.may_stop_all,
        };
        let single = self.without.pools && matches!(kind, Kind::LocalPool | Kind::Shut);
        here && !masked && !single && !self.without.kinds.contains(&kind)
    }

    fn stmt(&mut self, context: &Context) -> Stmt {
        let allowed: Vec<_> = KINDS
            .iter()
            .filter(|(kind, ..)| self.is_allowed(*kind, context))
            .collect();
        let total: usize = allowed.iter().map(|(_, _, weight)| weight).sum();
        let mut at = self.draw(total.max(1));
        let mut chosen = Kind::Local;
        for (kind, _, weight) in allowed {
            if at < *weight {
                chosen = *kind;
                break;
            }
            at -= weight;
        }
        self.stmt_of(chosen, context)
    }

    fn stmt_of(&mut self, kind: Kind, context: &Context) -> Stmt {
        match kind {
            Kind::Local => Stmt::Local(self.local(context, 0)),
            Kind::Tasks => self.tasks(context),
            Kind::Scope => self.scope(context),
            Kind::Map => {
                let pool = self.usable(context);
                let items = 1 + self.draw(6);
                let take = items - self.draw(items + 1);
                let inner = match take < items {
                    true => self.detached_in(context, pool),
                    false => self.inside(context, pool),
                };
                let body = self.block(&inner, 2);
                Stmt::Map {
                    pool,
                    items,
                    body,
                    take,
                }
            }
            Kind::Threads => {
                let mut inner = context.clone();
                inner.depth += 1;
                inner.on_thread = true;
                let count = 1 + self.draw(3);
                let scoped = self.draw(2) == 0;
                let wait = self.limit_perhaps(true);
                let bodies = (0..count).map(|_| self.block(&inner, 3)).collect();
                Stmt::Threads {
                    scoped,
                    bodies,
                    wait,
                }
            }
            Kind::LocalPool => {
                let spec = self.pool();
                let mut inner = context.clone();
                inner.depth += 1;
                inner.usable.push(inner.pools.len());
                inner.pools.push(spec);
                let body = self.block(&inner, 4);
                Stmt::LocalPool { spec, body }
            }
            Kind::Shut => self.shut(context),
            Kind::ScopeShut => {
                let spec = PoolSpec {
                    backlog: None,
                    ..self.pool()
                };
                let fate = self.fate();
                let inner = self.alone_in(context);
                let count = 1 + self.draw(3);
                let bodies = (0..count).map(|_| self.block(&inner, 2)).collect();
                Stmt::ScopeShut { spec, bodies, fate }
            }
            Kind::MapShut => {
                let spec = self.pool();
                let items = 1 + self.draw(8);
                let take = self.draw(items);
                let fate = self.fate();
                Stmt::MapShut {
                    spec,
                    items,
                    take,
                    fate,
                }
            }
            Kind::Stops => {
                let tasks: Vec<_> = context.usable.clone();
                let target = match self.draw(4) {
                    0 => Target::Thread,
                    1 => Target::Linked,
                    2 => Target::Scope,
                    _ if tasks.is_empty() => Target::Thread,
                    _ => Target::Task(self.pick(&tasks)),
                };
                let before = self.locals(context, 0, 2);
                let limit = (self.draw(2) == 1).then(|| self.ms());
                Stmt::Stops {
                    target,
                    before,
                    limit,
                }
            }
            Kind::Timer => {
                let kind = self.pick(&[TimerKind::After, TimerKind::Every, TimerKind::WithPause]);
                let ms = 1 + self.ms();
                let body = self.locals(context, 0, 2);
                let end = match self.draw(4) {
                    0 => TimerEnd::Wait,
                    1 => TimerEnd::TimeoutThenWait(self.ms()),
                    2 => TimerEnd::TokenThenWait,
                    _ => TimerEnd::CancelThenWait,
                };
                Stmt::Timer {
                    kind,
                    ms,
                    body,
                    end,
                }
            }
            Kind::Supervise => Stmt::Supervise {
                pool: self.usable_perhaps(context),
                failures: self.draw(3) as u32,
                pause: 1 + self.ms(),
            },
            Kind::SuperviseStopped => Stmt::SuperviseStopped {
                pool: self.usable_perhaps(context),
                pause: 1 + self.ms(),
                after: self.ms(),
            },
            Kind::Gadget => Stmt::Gadget {
                kind: self.pick(&GADGETS),
                n: 1 + self.draw(3),
                m: 1 + self.draw(3),
            },
            Kind::Unwind => {
                let mut inner = context.clone();
                inner.depth += 1;
                Stmt::Unwind(self.block(&inner, 3))
            }
            Kind::AtThreadEnd => {
                let inner = self.alone_in(context);
                Stmt::AtThreadEnd(self.block(&inner, 3))
            }
            Kind::Chain => Stmt::Chain {
                length: [1, 3, 50, 30_000][self.draw(4)],
            },
            Kind::StopAll => {
                self.alone = true;
                Stmt::StopAll
            }
        }
    }

    fn locals(&mut self, context: &Context, above: usize, most: usize) -> Vec<Local> {
        let mut all = Vec::new();
        while all.len() < most {
            let start = self.tape.open();
            if self.draw(3) == 0 {
                self.tape.close(start);
                break;
            }
            all.push(self.local(context, above));
            self.tape.close(start);
        }
        all
    }

    /// `above` is the first lock or permit that may still be acquired.
    fn local(&mut self, context: &Context, above: usize) -> Local {
        match self.draw(8) {
            0 | 1 => Local::Tick,
            2 | 3 => Local::Sleep(self.ms()),
            4 => Local::Nap(self.ms()),
            5 | 6 if above < HELD.len() => {
                let at = above + self.draw(HELD.len() - above);
                let what = HELD[at];
                let form = match self.draw(3) {
                    0 => Form::Plain,
                    1 => Form::Try,
                    _ => Form::Timeout(self.ms()),
                };
                let next = match what {
                    Held::Reentrant => at,
                    // One lock in two ways.
                    Held::Written => at + 2,
                    _ => at + 1,
                };
                let inner = self.locals(context, next, 2);
                Local::Hold { what, form, inner }
            }
            7 if self.budget > 0 && context.depth < DEPTH && !context.pools.is_empty() => {
                self.budget -= 1;
                let pool = self.draw(context.pools.len());
                let inner = self.detached_in(context, pool);
                let body = self.block(&inner, 2);
                Local::Detach { pool, body }
            }
            _ => Local::Tick,
        }
    }

    /// A limit that ends by itself if it is `timed`; else perhaps one that never ends a wait.
    fn limit(&mut self, timed: bool) -> Limit {
        match self.draw(4) {
            0 => Limit::Time(self.ms()),
            1 if !timed => Limit::Token,
            1 | 2 => Limit::Stopped(self.ms()),
            _ => Limit::Both(self.ms()),
        }
    }

    fn limit_perhaps(&mut self, timed: bool) -> Option<Limit> {
        if self.without.limits {
            return None;
        }
        (self.draw(2) == 1).then(|| self.limit(timed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tape_is_always_the_same_program() {
        for number in 0..200 {
            let program = |number| {
                let mut tape = Tape::random(3, number);
                format!("{:?}", generate(&mut tape, &Without::default()))
            };
            assert_eq!(program(number), program(number));
        }
    }

    #[test]
    fn the_end_of_a_tape_is_the_smallest_program() {
        let program = generate(&mut Tape::new(Vec::new()), &Without::default());
        assert!(program.body.is_empty() && program.pools.len() == 1 && !program.alone);
    }

    #[test]
    fn what_is_left_out_is_not_there() {
        let without = Without::parse("threads,timer,limits").unwrap();
        let all: Vec<_> = (0..300)
            .map(|number| format!("{:?}", generate(&mut Tape::random(5, number), &without)))
            .collect();
        let all = all.concat();
        assert!(all.contains("Tasks("), "something is left");
        assert!(!all.contains("Threads {") && !all.contains("Timer {"));
        assert!(Without::parse("nothing").is_err());
    }
}
