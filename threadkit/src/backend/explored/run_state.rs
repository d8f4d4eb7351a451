//! The state of a run: its tasks, which of them can run, and the choice of the next one.

use core::panic::Location;
use core::sync::atomic::Ordering;
use core::{mem, ptr};
use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use super::chooser::{Candidate, Chooser, Load, OlderLoad, Stretch};
use super::memory::Memory;
use super::schedule::Schedule;
use super::signal::Signal;
use super::spins::{Pace, Spins};
use super::step::{Act, Happening, Step, StepValue};
use super::{Access, Wake};

/// The value of `turn` when no task has it.
pub(super) const CONTROLLER: usize = usize::MAX;

/// After this number of yields, during which no task fell asleep or was woken, time moves on to the next deadline:
/// a task that spins may wait for one that sleeps.
const IDLE_YIELDS: usize = 100;

/// Why a run failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// The body reported a failure.
    Failed,
    /// No task can run, and not all tasks have ended.
    Deadlock,
    /// The run has taken more steps than allowed.
    Endless,
    /// A task, this one if it is known, has not come to its next step: it waits for something that the exploration
    /// does not see.
    Stuck(Option<usize>),
}

/// How much of what happens in a run is remembered for the report of a failure.
const REMEMBERED: usize = 10_000;

/// How much of that is from the beginning of the run; the rest is from its end.
const FIRST: usize = 500;

/// A run that is over.
pub(crate) struct Run {
    pub(crate) result: Result<(), FailureKind>,
    pub(crate) schedule: Schedule,
    /// Stands for all that the tasks did, so that two runs can be compared.
    pub(crate) trace: u64,
    /// Which task ran when.
    pub(crate) stretches: Vec<Stretch>,
    /// The loads that returned an older value than the newest one.
    pub(crate) older: Vec<OlderLoad>,
    /// What happened, without a part between beginning and end if it is very much.
    pub(crate) happenings: VecDeque<Happening>,
    /// How much that part is.
    pub(crate) forgotten: usize,
    /// How much is remembered of what came before that part.
    pub(crate) forgotten_at: usize,
    /// The tasks, by number.
    pub(crate) tasks: Vec<RunTask>,
    /// The first panic, with the task that has panicked.
    pub(crate) panic: Option<(usize, String)>,
}

/// What is known of a task at the end of a run.
pub(crate) struct RunTask {
    pub(crate) name: String,
    /// The last step that it has begun, with its number in the run.
    pub(crate) last: Option<(usize, Step)>,
    /// The wait in which it is, with the number of the step with which it began.
    pub(crate) waits: Option<(usize, Step)>,
}

/// Whether a task can run.
pub(super) enum Status {
    Ready,
    Sleeping {
        key: Option<usize>,
        deadline: Option<Instant>,
        since: u64,
    },
    Ended,
}

/// A task of a run.
pub(super) struct Task {
    name: String,
    pub(super) status: Status,
    /// The tasks to which it has yielded and which have not run since.
    ///
    /// Each of them was ready then and has not been chosen since, so it is still ready. A task that yields has just
    /// been chosen, so it is in no list. Hence the tasks that wait for each other in this way form no cycle, and
    /// there is always a ready task with an empty list.
    yielded_to: Vec<usize>,
    pub(super) wake: Wake,
    /// What its next step begins with.
    next: Access,
    /// The object by which its next step synchronises, if it does.
    synchronizes: Access,
    /// How many loads of atomics it has made, as far as memory orders are followed.
    loads: usize,
    /// The primitive in whose code it is, by its address; zero if it is in none.
    inside: usize,
    spins: Spins,
    last: Option<(usize, Step)>,
    waits: Option<(usize, Step)>,
    /// What ends the wait in which it is, if that is known.
    awaits: Option<usize>,
    pub(super) turn: Arc<Signal>,
    /// The number of its thread for the system, from the moment at which the thread has begun.
    pub(super) native: Option<u64>,
    pub(super) os: Option<thread::JoinHandle<()>>,
}

impl RunTask {
    fn of(task: &Task) -> Self {
        Self {
            name: task.name.clone(),
            last: task.last,
            waits: task.waits,
        }
    }
}

/// A hash of what happens in a run, in order (FNV).
struct Trace(u64);

impl Default for Trace {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Trace {
    fn add(&mut self, what: usize) {
        self.0 = (self.0 ^ what as u64).wrapping_mul(0x0100_0000_01b3);
    }
}

/// The state of a run. The choice of the next task depends on nothing else.
pub(super) struct RunState {
    pub(super) tasks: Vec<Task>,
    /// The task that runs. Every other thread waits until `turn` is its number.
    pub(super) turn: usize,
    pub(super) now: Instant,
    sleeps: u64,
    /// The yields since a task last fell asleep or was woken.
    yields: usize,
    pub(super) steps: usize,
    /// The last number that was counted.
    number: u64,
    max_steps: usize,
    chooser: Box<dyn Chooser>,
    schedule: Schedule,
    stretches: Vec<Stretch>,
    older: Vec<OlderLoad>,
    /// Which values loads may return, if it may be others than the newest ones.
    memory: Option<Memory>,
    /// Whether loads return the newest values all the same: threads outside of the run have used its objects, so what they
    /// have seen and done is not known.
    pub(super) sees_newest_only: bool,
    happenings: VecDeque<Happening>,
    forgotten: usize,
    panic: Option<(usize, String)>,
    trace: Trace,
    /// The candidates of the step before, for their memory.
    candidates: Vec<Candidate>,
    /// What the step that runs uses, if the strategy wants to know.
    uses: Vec<Access>,
    wants_uses: bool,
    /// Once this is set no task goes on, not even one that was stuck and comes back.
    pub(super) failure: Option<FailureKind>,
}

impl RunState {
    /// With `weak_memory`, loads may return older values.
    pub(super) fn new(chooser: Box<dyn Chooser>, max_steps: usize, weak_memory: bool) -> Self {
        Self {
            tasks: Vec::new(),
            turn: CONTROLLER,
            now: Instant::now(),
            sleeps: 0,
            yields: 0,
            steps: 0,
            number: 0,
            max_steps,
            chooser,
            schedule: Schedule {
                choices: Vec::new(),
                weak_memory,
            },
            stretches: Vec::new(),
            older: Vec::new(),
            memory: None,
            sees_newest_only: false,
            happenings: VecDeque::new(),
            forgotten: 0,
            panic: None,
            trace: Trace::default(),
            candidates: Vec::new(),
            uses: Vec::new(),
            wants_uses: false,
            failure: None,
        }
    }

    /// Begins the next run; `false` if there is no schedule left.
    pub(super) fn next_run(&mut self) -> bool {
        if !self.chooser.next_run() {
            return false;
        }
        self.tasks.clear();
        self.steps = 0;
        self.number = 0;
        self.yields = 0;
        self.panic = None;
        self.trace = Trace::default();
        self.uses.clear();
        self.memory = self.schedule.weak_memory.then(Memory::default);
        self.wants_uses = self.chooser.wants_uses();
        true
    }

    /// Whether the strategy has not noticed that the body does something else under the same schedule.
    pub(super) fn is_repeatable(&self) -> bool {
        !self.chooser.has_diverged()
    }

    /// The run, which is over.
    pub(super) fn take_run(&mut self) -> Run {
        if self.failure.is_none() {
            self.chooser.ends(&self.uses);
        }
        Run {
            result: self.failure.map_or(Ok(()), Err),
            schedule: Schedule {
                choices: mem::take(&mut self.schedule.choices),
                ..self.schedule
            },
            stretches: mem::take(&mut self.stretches),
            older: mem::take(&mut self.older),
            happenings: mem::take(&mut self.happenings),
            forgotten: mem::take(&mut self.forgotten),
            forgotten_at: FIRST,
            tasks: self.tasks.iter().map(RunTask::of).collect(),
            panic: self.panic.take(),
            trace: self.trace.0,
        }
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// Notes what happens.
    pub(super) fn note(&mut self, happening: Happening) {
        if let Happening::Step(task, step) = happening {
            let task = &mut self.tasks[task];
            let numbered = Some((self.steps, step));
            match step.act {
                Act::Waits(_) => task.waits = numbered,
                Act::GoesOn => {
                    task.waits = None;
                    task.awaits = None;
                }
                _ => {}
            }
            if step.place.is_some() {
                task.last = numbered;
            }
            // Places do not move, so their addresses stand for them.
            let address =
                |place: Option<&Location<'_>>| place.map_or(0, |place| ptr::from_ref(place).addr());
            self.trace.add(address(step.place));
            self.trace
                .add(address(step.object.map(|object| object.made)));
        }
        if self.happenings.len() == REMEMBERED {
            self.happenings.remove(FIRST);
            self.forgotten += 1;
        }
        self.happenings.push_back(happening);
    }

    /// Notes the value after the step that the task has noted last.
    pub(super) fn leaves(&mut self, task: usize, value: StepValue) {
        if let Some(Happening::Step(by, step)) = self.happenings.back_mut()
            && *by == task
        {
            step.value = Some(value);
        }
    }

    /// Notes what ends the wait in which that task is.
    pub(super) fn awaits(&mut self, task: usize, key: usize) {
        self.tasks[task].awaits = Some(key);
    }

    /// Notes that the task ends the waits of others for what `key` stands for.
    pub(super) fn wakes(&mut self, task: usize, key: usize) {
        for other in 0..self.tasks.len() {
            if other != task && self.tasks[other].awaits == Some(key) {
                self.tasks[other].awaits = None;
                self.note(Happening::Wakes(task, other));
            }
        }
    }

    /// Adds a task that is ready, and whose first step begins with `next`; returns its number.
    pub(super) fn add_task(&mut self, name: &str, next: Access) -> usize {
        self.tasks.push(Task {
            name: name.to_owned(),
            status: Status::Ready,
            yielded_to: Vec::new(),
            wake: Wake::Woken,
            next,
            synchronizes: next,
            loads: 0,
            inside: 0,
            spins: Spins::default(),
            last: None,
            waits: None,
            awaits: None,
            turn: Arc::new(Signal::new()),
            native: None,
            os: None,
        });
        self.tasks.len() - 1
    }

    fn have_all_ended(&self) -> bool {
        let has_ended = |task: &Task| matches!(task.status, Status::Ended);
        self.tasks.iter().all(has_ended)
    }

    /// The task that runs next; `None` if none can, or the run has failed. If `is_kept`, a strategy cannot choose another
    /// one than the current, as long as that can go on.
    pub(super) fn choose(&mut self, current: Option<usize>, is_kept: bool) -> Option<usize> {
        if self.failure.is_some() {
            return None;
        }
        self.steps += 1;
        if self.steps > self.max_steps {
            self.failure = Some(FailureKind::Endless);
            return None;
        }
        let ready = |task: &usize| {
            let task = &self.tasks[*task];
            matches!(task.status, Status::Ready) && task.yielded_to.is_empty()
        };
        let current = current.filter(ready);
        let others = (0..self.tasks.len()).filter(|task| Some(*task) != current);
        let mut candidates = mem::take(&mut self.candidates);
        candidates.clear();
        let candidate = |task| Candidate {
            task,
            by_timeout: false,
            current: Some(task) == current,
            next: self.tasks[task].next,
        };
        candidates.extend(current.into_iter().map(candidate));
        candidates.extend(others.clone().filter(ready).map(candidate));
        if candidates.is_empty() || self.yields > IDLE_YIELDS {
            // All tasks sleep or spin: time moves on to the first deadline.
            self.yields = 0;
            let deadline_of = |task: usize| match self.tasks[task].status {
                Status::Sleeping {
                    deadline: Some(deadline),
                    since,
                    ..
                } => Some((deadline, since)),
                _ => None,
            };
            let first = (0..self.tasks.len())
                .filter_map(|task| deadline_of(task).map(|key| (key, task)))
                .min();
            match first {
                Some((_, first)) => {
                    let candidate = Candidate {
                        task: first,
                        by_timeout: true,
                        current: false,
                        next: Access::ANY,
                    };
                    self.begin_step();
                    self.chooser.only(candidate);
                    self.time_out(first);
                    self.note_use(Access::ANY);
                    self.synchronize_first(first);
                    return Some(first);
                }
                None if candidates.is_empty() => return None,
                None => {}
            }
        }
        let timed = |task: &usize| {
            matches!(
                self.tasks[*task].status,
                Status::Sleeping {
                    deadline: Some(_),
                    ..
                }
            )
        };
        candidates.extend(others.filter(timed).map(|task| Candidate {
            task,
            by_timeout: true,
            current: false,
            // Whether a deadline may pass depends on the other tasks.
            next: Access::ANY,
        }));
        self.begin_step();
        let index = match candidates.len() {
            1 => {
                self.chooser.step_of(candidates[0].task);
                self.chooser.only(candidates[0]);
                0
            }
            _ => {
                let index = match is_kept && candidates[0].current {
                    true => self.chooser.keep(&candidates),
                    false => self.chooser.choose(&candidates),
                };
                self.schedule.choices.push(index as u32);
                index
            }
        };
        let Candidate {
            task, by_timeout, ..
        } = candidates[index];
        self.trace.add(candidates.len());
        self.trace.add(task);
        self.candidates = candidates;
        if by_timeout {
            self.time_out(task);
        }
        self.note_use(self.tasks[task].next);
        let Task { next, inside, .. } = self.tasks[task];
        if inside != 0 && next != Access::take_at(inside) {
            self.note_use(Access::take_at(inside));
        }
        self.synchronize_first(task);
        match self.stretches.last_mut() {
            Some(last) if last.task == task && !by_timeout => last.steps += 1,
            _ => self.stretches.push(Stretch {
                task,
                by_timeout,
                steps: 1,
            }),
        }
        for other in &mut self.tasks {
            other.yielded_to.retain(|to| *to != task);
        }
        Some(task)
    }

    /// Tells the strategy what the step that is over has used, before it chooses the next one.
    fn begin_step(&mut self) {
        if self.wants_uses {
            self.chooser.used(&self.uses);
            self.uses.clear();
        }
    }

    /// Lets the deadline of a sleeping task pass.
    fn time_out(&mut self, task: usize) {
        self.note(Happening::TimedOut(task));
        if let Status::Sleeping {
            deadline: Some(deadline),
            ..
        } = self.tasks[task].status
        {
            self.now = self.now.max(deadline);
        }
        // Whether a deadline may pass depends on the other tasks.
        self.tasks[task].next = Access::ANY;
        self.tasks[task].synchronizes = Access::ANY;
        if let Some(memory) = &mut self.memory {
            memory.time_passes(task);
        }
        self.tasks[task].status = Status::Ready;
        self.tasks[task].wake = Wake::TimedOut;
    }

    /// Ends a task; returns the one that runs next.
    pub(super) fn end_task(&mut self, task: usize) -> Option<usize> {
        self.tasks[task].status = Status::Ended;
        self.note(Happening::Ends(task));
        let next = self.choose(None, false);
        if next.is_none() && self.failure.is_none() && !self.have_all_ended() {
            self.failure = Some(FailureKind::Deadlock);
        }
        next
    }

    /// Notes that `me` is about to make a step, which synchronises by the other access. A task that spins yields first.
    pub(super) fn begins(&mut self, me: usize, access: Access, synchronizes: Access) {
        let access = match self.tasks[me].inside {
            0 => access,
            inside => access.of_unknown(inside),
        };
        self.tasks[me].next = access;
        match self.tasks[me].spins.begins(access) {
            Pace::Changed => self.yields = 0,
            Pace::Works => {}
            Pace::Spins => self.note_yield(me),
        }
        self.tasks[me].synchronizes = synchronizes;
    }

    /// Notes what the step that runs uses, besides what it began with.
    pub(super) fn also_uses(&mut self, access: Access) {
        self.note_use(access);
        self.synchronize(access);
    }

    /// The step that runs synchronises by this.
    fn synchronize(&mut self, access: Access) {
        if let Some(memory) = &mut self.memory
            && self.turn != CONTROLLER
        {
            memory.uses(self.turn, access);
        }
    }

    /// The same for a use that does not synchronise.
    fn note_use(&mut self, access: Access) {
        if self.wants_uses {
            self.uses.push(access);
        }
    }

    /// The next step of the task begins, and synchronises.
    fn synchronize_first(&mut self, task: usize) {
        if let Some(memory) = &mut self.memory {
            memory.begins(task, self.tasks[task].synchronizes);
        }
    }

    /// Notes that `me` is in the code of the primitive at that address from now on, or in none if it is zero; returns in
    /// which it was.
    ///
    /// There, a step of which nothing else is known uses the primitive and nothing else, and every step uses it.
    pub(super) fn enter(&mut self, me: usize, object: usize) -> usize {
        mem::replace(&mut self.tasks[me].inside, object)
    }

    pub(super) fn explores_starvation(&self) -> bool {
        !self.wants_uses
    }

    /// Notes that the step of `me` that began last has changed nothing.
    pub(super) fn has_changed_nothing(&mut self, me: usize) {
        self.tasks[me].spins.has_changed_nothing();
    }

    /// Notes a panic of `me`, if it is the first of the run.
    pub(super) fn note_panic(&mut self, me: usize, what: impl FnOnce() -> String) {
        self.note_use(Access::ANY);
        self.panic.get_or_insert_with(|| (me, what()));
    }

    /// Lets `me` yield to all tasks that are ready now.
    pub(super) fn note_yield(&mut self, me: usize) {
        self.yields += 1;
        // It goes on when other tasks have run, so its next step depends on all of them.
        self.tasks[me].next = Access::ANY;
        self.tasks[me].synchronizes = Access::NOTHING;
        self.tasks[me].yielded_to = (0..self.tasks.len())
            .filter(|task| *task != me && matches!(self.tasks[*task].status, Status::Ready))
            .collect();
    }

    /// A number below `bound`, picked by the chooser.
    pub(super) fn pick(&mut self, bound: usize) -> usize {
        let picked = self.chooser.pick(bound);
        self.schedule.choices.push(picked as u32);
        picked
    }

    /// Which of that number of values a load of `me` returns: zero for the newest one.
    fn pick_older(&mut self, me: usize, values: usize) -> usize {
        let task = &mut self.tasks[me];
        let load = Load {
            task: me,
            number: task.loads,
        };
        task.loads += 1;
        if values == 1 {
            return 0;
        }
        let newer = self.chooser.older(load, values);
        self.schedule.choices.push(newer as u32);
        if newer > 0 {
            self.older.push(OlderLoad { load, newer });
        }
        newer
    }

    /// Notes that the step of `me`, which began with the use of an atomic, is sequentially consistent.
    fn note_order(&mut self, me: usize, order: Ordering) {
        if order == Ordering::SeqCst {
            // Two such loads of one atomic do not commute: the second returns no older value than the first.
            let object = self.tasks[me].next.object;
            self.note_use(Access::change_at(object));
            self.note_use(Access::look_at(Access::ORDER));
        }
    }

    /// The step of `me` loads an atomic, of which `known` is the number if it has one, and `newest` the newest value.
    /// Returns its number, and an older value if the load returns one.
    ///
    /// With `unless`, it is the load of an exchange, which fails with an older value other than that, or is not made.
    pub(super) fn load(
        &mut self,
        me: usize,
        known: Option<usize>,
        newest: u64,
        order: Ordering,
        unless: Option<u64>,
    ) -> (usize, Option<u64>) {
        let memory = self.memory.get_or_insert_default();
        let atomic = memory.atomic(known, newest);
        let older = match self.sees_newest_only {
            true => Vec::new(),
            false => memory.older(me, atomic, order, unless),
        };
        let newer = self.pick_older(me, 1 + older.len());
        let time = newer.checked_sub(1).map(|at| older[at]);
        if time.is_none() && unless.is_some() {
            return (atomic, None);
        }
        let value = self.load_at(me, atomic, time, order);
        (atomic, time.map(|_| value))
    }

    /// The step of `me` loads the newest value of an atomic. Returns its number.
    pub(super) fn load_newest(
        &mut self,
        me: usize,
        known: Option<usize>,
        newest: u64,
        order: Ordering,
    ) -> usize {
        let memory = self.memory.get_or_insert_default();
        let atomic = memory.atomic(known, newest);
        self.load_at(me, atomic, None, order);
        atomic
    }

    fn load_at(&mut self, me: usize, atomic: usize, time: Option<u32>, order: Ordering) -> u64 {
        self.note_order(me, order);
        let memory = self.memory.get_or_insert_default();
        memory.load(me, atomic, time, order)
    }

    /// The step of `me` changes an atomic from one value to another, by a store or, if that is the case, by a
    /// read-modify-write. Returns the number of the atomic.
    pub(super) fn change(
        &mut self,
        me: usize,
        known: Option<usize>,
        [before, after]: [u64; 2],
        order: Ordering,
        is_update: bool,
    ) -> usize {
        self.note_order(me, order);
        let memory = self.memory.get_or_insert_default();
        let atomic = memory.atomic(known, before);
        match is_update {
            true => memory.update(me, atomic, after, order),
            false => memory.store(me, atomic, after, order),
        }
        atomic
    }

    /// The step of `me` is a fence.
    pub(super) fn fence(&mut self, me: usize, order: Ordering) {
        if let Some(memory) = &mut self.memory {
            memory.fence(me, order);
        }
    }

    /// Lets `me` fall asleep.
    pub(super) fn note_sleep(&mut self, me: usize, key: Option<usize>, deadline: Option<Instant>) {
        self.sleeps += 1;
        self.yields = 0;
        // Who wakes it uses the same key. A sleep without a key ends by its deadline.
        let access = key.map_or(Access::ANY, Access::change_at);
        if key.is_some() {
            self.synchronize(access);
        }
        self.tasks[me].synchronizes = access;
        // In a primitive, whoever wakes it uses the primitive, or is at a step that may use everything.
        let access = match self.tasks[me].inside {
            0 => access,
            inside => Access::take_at(inside),
        };
        self.note_use(access);
        self.tasks[me].next = access;
        self.tasks[me].status = Status::Sleeping {
            key,
            deadline,
            since: self.sleeps,
        };
    }

    /// Wakes the task that has slept longest under `key`, and returns its number.
    pub(super) fn wake(&mut self, key: usize, wake: Wake) -> Option<usize> {
        let since_of = |task: &Task| match task.status {
            Status::Sleeping {
                key: Some(under),
                since,
                ..
            } if under == key => Some(since),
            _ => None,
        };
        let first = (0..self.tasks.len())
            .filter_map(|task| since_of(&self.tasks[task]).map(|since| (since, task)))
            .min();
        // See `note_sleep`. In a primitive, a sleep that comes later instead would be in the same one.
        let inside = self.tasks.get(self.turn).map_or(0, |me| me.inside);
        if inside == 0 || first.is_some_and(|(_, first)| self.tasks[first].inside != inside) {
            self.note_use(Access::change_at(key));
        }
        self.synchronize(Access::change_at(key));
        let (_, first) = first?;
        self.tasks[first].status = Status::Ready;
        self.tasks[first].wake = wake;
        self.yields = 0;
        Some(first)
    }

    /// How many tasks sleep under `key`.
    pub(super) fn asleep_under(&self, key: usize) -> usize {
        let is_there = |task: &&Task| matches!(task.status, Status::Sleeping { key: Some(under), .. } if under == key);
        self.tasks.iter().filter(is_there).count()
    }
}
