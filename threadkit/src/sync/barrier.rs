//! [`Barrier`].

use core::fmt;
use core::time::Duration;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::barrier_result::{BrokenBarrier, BrokenBy, Turn};
use crate::backend::{self, Mutex, MutexGuard, ShownValue, Site, TaskId, explored, outside};
use crate::identity;
use crate::inspect::{ByAnyone, Call, Operation};
use crate::wait::{IntoUntil, Outcome, Ticket, Until, WaitError, WaitQueue, Waiter, WakeList};

/// A point at which a fixed number of threads wait for each other, round after round.
///
/// No party passes until all parties have arrived. Then all of them pass, and the barrier is ready for the
/// next round. The party that arrives last runs the [action](Self::with_action), if there is one, before
/// any party passes.
///
/// A party that never arrives would leave the others waiting, so a barrier can break: when a wait ends
/// early by its deadline or its stop token, when the action panics, and by [`abort`](Self::abort). All
/// waiting parties then get an error, and so does every party that arrives, until [`reset`](Self::reset).
///
/// | | |
/// | --- | --- |
/// | fair? | All parties pass together; [`Turn::index`] is the order of arrival. |
/// | a panic in the action | breaks the barrier, and propagates in the thread that ran it. |
/// | a panic in a party elsewhere | is not noticed: give the other waits a limit, or `abort` in a `Drop`. |
/// | reentrant? | The action cannot wait at its own barrier; it may abort and reset it. |
/// | memory | All parties see, after they have passed, what each party did before it arrived. |
///
/// # Differences from Python's `Barrier`
///
/// The error says what broke the barrier. A wait can end, and break the barrier, while the action runs;
/// Python's would wait for the end of the action. A surplus thread that arrives during the action waits
/// for its end and then counts for the next round.
///
/// # Differences from `std::sync::Barrier`
///
/// Waits can have a limit, there can be an action, and the barrier can break and be reset. Zero parties are
/// refused.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use threadkit::Barrier;
///
/// let rounds = Arc::new(AtomicU32::new(0));
/// let counter = Arc::clone(&rounds);
/// let barrier = Arc::new(Barrier::with_action(3, move || {
///     counter.fetch_add(1, Ordering::Relaxed); // once for each round, by one of the three
/// }));
///
/// let parties = (0..3).map(|_| {
///     let barrier = Arc::clone(&barrier);
///     threadkit::spawn(move || (0..4).filter(|_| barrier.wait().unwrap().is_leader()).count())
/// });
/// let led = threadkit::join_all(parties.collect::<Vec<_>>()).unwrap();
/// assert_eq!(led.iter().sum::<usize>(), 4);
/// assert_eq!(rounds.load(Ordering::Relaxed), 4);
/// ```
#[doc(alias = "CyclicBarrier")]
#[doc(alias = "Phaser")]
pub struct Barrier {
    parties: usize,
    action: Option<Box<dyn Fn() + Send + Sync>>,
    state: Mutex<State>,
    site: Site,
}

/// The mutable part of a barrier, behind one lock.
///
/// # Invariant
///
/// `arrived` has a waiter for each party that has arrived and has not passed or failed. Those are fewer than
/// the parties, except while the action runs: then all parties are in it, including the one that runs the
/// action. A thread that empties `arrived` first writes the outcome into the notes of all waiters. So a party
/// that is no longer in it, because it was woken or gave up too late, finds its outcome in its note.
///
/// While the barrier is broken, `arrived` is empty.
#[derive(Debug)]
struct State {
    arrived: WaitQueue,
    /// Threads that arrived while the action runs. They check again when it has ended, or when the barrier is
    /// broken.
    door: WaitQueue,
    /// The task that runs the action. There is one at a time, even if the barrier is reset while the action
    /// runs.
    acting: Option<TaskId>,
    broken: Option<BrokenBy>,
}

impl State {
    /// How many parties wait, not counting the one that runs the action.
    fn n_waiting(&self) -> usize {
        let all_here = self.acting.is_some() && !self.arrived.is_empty();
        self.arrived.len() - usize::from(all_here)
    }

    /// Lets all parties that have arrived pass.
    fn pass(&mut self, woken: &mut WakeList) {
        dismiss(&mut self.arrived, None, woken);
    }

    fn break_up(&mut self, cause: BrokenBy, woken: &mut WakeList) {
        dismiss(&mut self.arrived, Some(cause), woken);
        self.broken.get_or_insert(cause);
        self.open_door(woken);
    }

    fn open_door(&mut self, woken: &mut WakeList) {
        dismiss(&mut self.door, None, woken);
    }
}

/// Takes all waiters out. Their note is zero if they may pass, else the number of what has broken the barrier.
fn dismiss(queue: &mut WaitQueue, broken: Option<BrokenBy>, woken: &mut WakeList) {
    let note = broken.map_or(0, BrokenBy::number);
    while let Some(waiter) = queue.pop() {
        waiter.set_note(note);
        if waiter.decide(Outcome::Granted) {
            woken.push(waiter);
        }
    }
}

/// What the note of a dismissed waiter says.
fn verdict(waiter: &Waiter, turn: Turn) -> Result<Turn, BrokenBarrier> {
    match BrokenBy::from_number(waiter.note()) {
        None => Ok(turn),
        Some(cause) => Err(BrokenBarrier::new(cause)),
    }
}

impl Barrier {
    /// Makes a barrier for that many parties.
    ///
    /// # Panics
    ///
    /// If there are none.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Barrier;
    ///
    /// static START: Barrier = Barrier::new(2);
    ///
    /// let other = threadkit::spawn(|| START.wait().unwrap().index());
    /// let mine = START.wait().unwrap().index();
    /// assert_eq!(mine + other.join().unwrap(), 1);
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn new(parties: usize) -> Self {
        assert!(parties > 0, "a barrier needs at least one party");
        Self {
            parties,
            action: None,
            state: Mutex::new(State {
                arrived: WaitQueue::new(),
                door: WaitQueue::new(),
                acting: None,
                broken: None,
            }),
            site: Site::new("a barrier"),
        }
    }

    /// Makes a barrier with an action, which runs each time all parties have arrived, before any party passes.
    ///
    /// The party that arrived last runs it. The others wait until it has ended, unless the limit of one ends
    /// its wait, which breaks the barrier.
    ///
    /// # Panics
    ///
    /// If there are no parties. A panic in the action breaks the barrier, with
    /// [`BrokenBy::Panicked`], and propagates in the thread that ran it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU32, Ordering};
    /// use threadkit::Barrier;
    ///
    /// static ROUNDS: AtomicU32 = AtomicU32::new(0);
    ///
    /// let barrier = Barrier::with_action(2, || _ = ROUNDS.fetch_add(1, Ordering::Relaxed));
    /// let party = || {
    ///     barrier.wait().unwrap();
    ///     ROUNDS.load(Ordering::Relaxed)
    /// };
    /// threadkit::scope(|s| {
    ///     let other = s.spawn(party);
    ///     assert_eq!(party(), 1, "done before anybody passes");
    ///     assert_eq!(other.join().unwrap(), 1);
    /// });
    /// ```
    #[must_use]
    #[track_caller]
    pub fn with_action(parties: usize, action: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            action: Some(Box::new(action)),
            ..Self::new(parties)
        }
    }

    /// Waits for all parties.
    ///
    /// # Errors
    ///
    /// [`BrokenBarrier`] if the barrier is broken, or breaks during the wait.
    ///
    /// # Panics
    ///
    /// If the action calls it, directly or in a task that is nested on the same thread. If this party runs the
    /// action, and the action panics.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Barrier;
    ///
    /// let barrier = Barrier::new(3);
    /// let leaders = threadkit::scope(|s| {
    ///     let parties: Vec<_> = (0..3).map(|_| s.spawn(|| barrier.wait().unwrap())).collect();
    ///     let turns = parties.into_iter().map(|party| party.join().unwrap());
    ///     turns.filter(|turn| turn.is_leader()).count()
    /// });
    /// assert_eq!(leaders, 1);
    /// ```
    #[track_caller]
    #[doc(alias = "await")]
    pub fn wait(&self) -> Result<Turn, BrokenBarrier> {
        self.arrive(Operation::BARRIER_WAIT, &Until::FOREVER)
    }

    /// Passes if this is the last missing party; otherwise does nothing.
    ///
    /// # Errors
    ///
    /// [`BrokenBarrier`] if the barrier is broken.
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Barrier;
    ///
    /// assert_eq!(Barrier::new(2).try_wait(), Ok(None));
    /// assert_eq!(Barrier::new(1).try_wait().unwrap().unwrap().index(), 0);
    /// ```
    #[track_caller]
    pub fn try_wait(&self) -> Result<Option<Turn>, BrokenBarrier> {
        let call = Operation::named("Barrier::try_wait").here().on(&self.site);
        let _inside = self.site.inside();
        let state = self.state();
        if let Some(cause) = state.broken {
            call.did(|| Some(cause.shown()));
            return Err(BrokenBarrier::new(cause));
        }
        if state.acting.is_some() || state.arrived.len() + 1 < self.parties {
            call.did(|| Some(ShownValue::Word("too early")));
            return Ok(None);
        }
        self.arrive_last(state, call).map(Some)
    }

    /// Waits for all parties for a limited time; breaks the barrier if they do not arrive in time.
    ///
    /// # Errors
    ///
    /// [`BrokenBarrier`] if the barrier is broken, or breaks during the wait: by the limit of this or another
    /// party, or for another reason.
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{Barrier, BrokenBy};
    ///
    /// let barrier = Barrier::new(2);
    /// let broken = barrier.wait_timeout(Duration::from_millis(5)).unwrap_err();
    /// assert_eq!(broken.cause(), BrokenBy::TimedOut);
    /// assert!(barrier.is_broken());
    /// ```
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> Result<Turn, BrokenBarrier> {
        self.arrive(Operation::BARRIER_WAIT_TIMEOUT, &Until::after(timeout))
    }

    /// Waits for all parties until a deadline or a stop token ends the wait, which breaks the barrier.
    ///
    /// # Errors
    ///
    /// As [`wait_timeout`](Self::wait_timeout).
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Barrier, BrokenBy, StopSource};
    ///
    /// let source = StopSource::new();
    /// source.stop();
    /// let broken = Barrier::new(2).wait_until(&source.token()).unwrap_err();
    /// assert_eq!(broken.cause(), BrokenBy::Stopped);
    /// ```
    #[track_caller]
    pub fn wait_until<'u>(&self, until: impl IntoUntil<'u>) -> Result<Turn, BrokenBarrier> {
        self.arrive(Operation::BARRIER_WAIT_UNTIL, &until.into_until())
    }

    /// Breaks the barrier: until it is reset, all parties that wait or arrive get an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Barrier, BrokenBy};
    ///
    /// let barrier = Barrier::new(2);
    /// barrier.abort();
    /// assert_eq!(barrier.wait().unwrap_err().cause(), BrokenBy::Aborted);
    /// ```
    #[track_caller]
    pub fn abort(&self) {
        let call = Operation::named("Barrier::abort").here().on(&self.site);
        let _inside = self.site.inside();
        self.change(|state, woken| {
            call.did(|| None);
            state.break_up(BrokenBy::Aborted, woken);
        });
    }

    /// Resets the barrier: waiting parties get an error, and parties that arrive from now on count again.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Barrier;
    ///
    /// let barrier = Barrier::new(1);
    /// barrier.abort();
    /// barrier.reset();
    /// assert!(!barrier.is_broken());
    /// assert!(barrier.wait().is_ok());
    /// ```
    #[track_caller]
    pub fn reset(&self) {
        let call = Operation::named("Barrier::reset").here().on(&self.site);
        let _inside = self.site.inside();
        self.change(|state, woken| {
            call.did(|| None);
            dismiss(&mut state.arrived, Some(BrokenBy::Reset), woken);
            state.broken = None;
        });
    }

    /// Whether the barrier is broken.
    ///
    /// # Examples
    ///
    /// ```
    /// let barrier = threadkit::Barrier::new(2);
    /// barrier.abort();
    /// assert!(barrier.is_broken());
    /// barrier.reset();
    /// assert!(!barrier.is_broken());
    /// ```
    #[must_use]
    #[doc(alias = "broken")]
    #[track_caller]
    pub fn is_broken(&self) -> bool {
        let call = Operation::named("Barrier::is_broken").here().on(&self.site);
        let _inside = self.site.inside();
        let is_broken = self.state().broken.is_some();
        call.did(|| Some(ShownValue::Flag(is_broken)));
        is_broken
    }

    /// How many parties the barrier is for.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(threadkit::Barrier::new(3).parties(), 3);
    /// ```
    #[must_use]
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// How many parties wait at this moment.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Barrier;
    ///
    /// let barrier = Barrier::new(3);
    /// assert_eq!((barrier.n_waiting(), barrier.parties()), (0, 3));
    /// ```
    #[must_use]
    #[doc(alias = "waiter_count")]
    #[doc(alias = "getNumberWaiting")]
    pub fn n_waiting(&self) -> usize {
        let _inside = self.site.inside();
        self.state().n_waiting()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.site.used();
        self.state.lock()
    }

    /// Changes the state, and wakes the waiters that this dismisses after the lock is released.
    fn change(&self, change: impl FnOnce(&mut State, &mut WakeList)) {
        let mut woken = WakeList::new();
        change(&mut self.state(), &mut woken);
    }

    #[track_caller]
    fn arrive(&self, operation: Operation, until: &Until<'_>) -> Result<Turn, BrokenBarrier> {
        let call = operation.here().on(&self.site);
        let awaited = ByAnyone(|| self.awaited());
        let _waiting = call.waiting_for(&awaited);
        let inside = self.site.inside();
        let result = self.arrive_in(call, until);
        drop(inside);
        result.inspect_err(|broken| call.did(|| Some(broken.cause().shown())))
    }

    /// What a thread waits for at the barrier, in reports.
    fn awaited(&self) -> Option<String> {
        if explored::here().is_some() {
            // To look at the state would be a step of the exploration, see `EndedBy`.
            return None;
        }
        let arrived = self.state.try_lock()?.arrived.len();
        let parties = self.parties;
        Some(format!(
            "{} more of {parties} threads",
            parties.saturating_sub(arrived)
        ))
    }

    #[track_caller]
    fn arrive_in(&self, call: Call, until: &Until<'_>) -> Result<Turn, BrokenBarrier> {
        let state = self.pass_door(until)?;
        if state.arrived.len() + 1 == self.parties {
            self.arrive_last(state, call)
        } else {
            self.arrive_early(state, until)
        }
    }

    /// Waits until no action runs; returns the locked state of a barrier that is not broken.
    #[track_caller]
    fn pass_door(&self, until: &Until<'_>) -> Result<MutexGuard<'_, State>, BrokenBarrier> {
        loop {
            let mut state = self.state();
            if let Some(cause) = state.broken {
                return Err(BrokenBarrier::new(cause));
            }
            let Some(actor) = state.acting else {
                return Ok(state);
            };
            if identity::runs_here(actor) {
                // A panic runs the user's hook, which may use this barrier, so the lock is released first.
                drop(state);
                panic!("the action of a barrier cannot wait at the barrier itself");
            }
            let waiter = Waiter::new();
            let ticket = state.door.push(&waiter);
            drop(state);
            self.wait_in(|state| &mut state.door, ticket, &waiter, until);
        }
    }

    #[track_caller]
    fn arrive_early(
        &self,
        mut state: MutexGuard<'_, State>,
        until: &Until<'_>,
    ) -> Result<Turn, BrokenBarrier> {
        let turn = Turn::new(state.arrived.len(), self.parties);
        let waiter = Waiter::new();
        let ticket = state.arrived.push(&waiter);
        drop(state);
        self.wait_in(|state| &mut state.arrived, ticket, &waiter, until);
        verdict(&waiter, turn)
    }

    /// Sleeps in one of the two queues. A wait that ends early breaks the barrier.
    fn wait_in(
        &self,
        queue: fn(&mut State) -> &mut WaitQueue,
        ticket: Ticket,
        waiter: &Arc<Waiter>,
        until: &Until<'_>,
    ) {
        let Err(ended) = waiter.wait(until).result() else {
            return;
        };
        let cause = match ended {
            WaitError::TimedOut => BrokenBy::TimedOut,
            WaitError::Stopped => BrokenBy::Stopped,
        };
        self.change(|state, woken| {
            // If the waiter is not there any more, it was dismissed at the same moment.
            if queue(state).remove(ticket, waiter) {
                waiter.set_note(cause.number());
                state.break_up(cause, woken);
            }
        });
    }

    /// Arrives as the last party: all parties pass, after the action.
    #[track_caller]
    fn arrive_last(
        &self,
        mut state: MutexGuard<'_, State>,
        call: Call,
    ) -> Result<Turn, BrokenBarrier> {
        let turn = Turn::new(state.arrived.len(), self.parties);
        call.did(|| Some(ShownValue::Word("all are here")));
        let Some(action) = &self.action else {
            let mut woken = WakeList::new();
            state.pass(&mut woken);
            drop(state);
            return Ok(turn);
        };
        let waiter = Waiter::new();
        let ticket = state.arrived.push(&waiter);
        state.acting = Some(backend::task_id());
        drop(state);

        let mut acting = Acting {
            barrier: self,
            ticket,
            waiter: &waiter,
            panics: true,
        };
        let outside = outside();
        action();
        drop(outside);
        acting.panics = false;
        drop(acting);
        verdict(&waiter, turn)
    }
}

/// While this lives, the action runs. At its end all parties pass, or the barrier breaks.
struct Acting<'a> {
    barrier: &'a Barrier,
    ticket: Ticket,
    waiter: &'a Arc<Waiter>,
    panics: bool,
}

impl Drop for Acting<'_> {
    fn drop(&mut self) {
        self.barrier.change(|state, woken| {
            // Unless the barrier has broken since, which dismissed the waiter of this party.
            if state.arrived.remove(self.ticket, self.waiter) {
                match self.panics {
                    true => state.break_up(BrokenBy::Panicked, woken),
                    false => state.pass(woken),
                }
            }
            state.acting = None;
            state.open_door(woken);
        });
    }
}

/// A panic in the action breaks the barrier, so no party misses it.
impl UnwindSafe for Barrier {}
impl RefUnwindSafe for Barrier {}

/// Shows how many threads wait, if that can be found out without waiting.
impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Barrier");
        fields.field("parties", &self.parties);
        if let Some(state) = self.state.try_lock() {
            fields.field("waiting", &state.n_waiting());
            fields.field("broken", &state.broken);
        }
        fields.finish_non_exhaustive()
    }
}
