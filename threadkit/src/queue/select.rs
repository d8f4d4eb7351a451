//! Waiting for several queues and events at once.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use super::any_queue::AnyQueue;
use super::error::GetError;
use super::line::PlaceInLine;
use crate::backend;
use crate::inspect::{Call, Operation};
use crate::sync::Event;
use crate::wait::{IntoUntil, Outcome, Ticket, Until, Waiter, look_before_sleep};

/// Waits for the first of several queues and events.
///
/// A `Select` is a builder. Each [`get`](Self::get) adds a queue, with a closure that turns its items into
/// results; each [`event`](Self::event) adds an event. The waits return a result. A stop token, a deadline or
/// both go into [`wait_until`](Self::wait_until), as with every other wait. A `Select` can be used for any
/// number of waits.
///
/// A wait that succeeds takes one item, from one queue. A wait that fails takes none. The closures allow
/// queues of different kinds and item types in one `Select`.
///
/// - An event that is set comes before all queues. It is usually a reason to leave the loop, which must not
///   have to wait until all queues are empty. It stays set, so the next wait sees it again, unless a thread
///   [clears](Event::clear) it.
/// - Each wait begins with the queue after the one that gave the last item, and the first wait begins with any
///   of them. So no queue starves the others, even in a loop that makes a new `Select` each time.
/// - A queue that was shut down takes part until it is empty. When all queues are shut down and empty,
///   waits return [`GetError::ShutDown`], even if there are events that are not set.
///
/// The closures run after the wait, with no lock held.
///
/// # Differences from Python and `std`
///
/// Neither has one. Go's `select` chooses at random among the channels that are ready, and a closed channel is
/// always ready there.
///
/// It has no puts, as Go's `select` and crossbeam's have. A put owns its item before it is known whether there is room,
/// and a `Select` that is kept for many waits, or dropped, would keep or lose the item. Most such puts are one of
/// these:
///
/// | a select over | write |
/// | --- | --- |
/// | a put and the end of the program | [`queue.put_until(item, &stop)`](crate::Queue::put_until) |
/// | a put and a timer | [`queue.put_timeout(item, d)`](crate::Queue::put_timeout) |
/// | a put and a default | [`queue.try_put(item)`](crate::Queue::try_put), or [`force_put`](crate::Queue::force_put) |
/// | puts into several queues | one queue that several threads take from |
/// | a put and a get | a thread for each direction |
///
/// # Examples
///
/// ```
/// use threadkit::{Event, GetError, PriorityQueue, Queue, Select};
///
/// let orders = Queue::unbounded();
/// let alarms = PriorityQueue::unbounded();
/// let closing = Event::new();
///
/// let mut select = Select::new()
///     .get(&orders, |order| format!("serve {order}"))
///     .get(&alarms, |level| format!("alarm {level}"))
///     .event(&closing, || "close".to_owned());
///
/// orders.put("tea").unwrap();
/// assert_eq!(select.wait().unwrap(), "serve tea");
/// alarms.put(7).unwrap();
/// assert_eq!(select.wait().unwrap(), "alarm 7");
/// closing.set();
/// assert_eq!(select.wait().unwrap(), "close");
///
/// closing.clear();
/// orders.shutdown();
/// alarms.shutdown();
/// assert_eq!(select.wait(), Err(GetError::ShutDown));
/// ```
#[must_use = "a `Select` does nothing until it waits"]
#[doc(alias = "selector")]
#[doc(alias = "select_any")]
#[doc(alias = "WaitForMultipleObjects")]
pub struct Select<'a, R> {
    events: Vec<EventArm<'a, R>>,
    queues: Vec<Box<dyn QueueArm<'a, R> + Send + 'a>>,
    /// The queue with which the next wait begins; `None` for any of them.
    next: Option<usize>,
}

/// An event, and the closure that gives the result.
struct EventArm<'a, R> {
    event: &'a Event,
    then: Box<dyn FnMut() -> R + Send + 'a>,
}

/// A queue, and the closure that turns an item into a result.
trait QueueArm<'a, R> {
    /// Takes an item, if there is one, and stores it.
    fn look(&mut self, call: Call) -> Seen;

    fn join(&self, waiter: &Arc<Waiter>) -> PlaceInLine<'a>;

    /// Turns the item into a result. Called after `look` has taken one.
    fn finish(&mut self) -> R;
}

#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Item,
    Nothing,
    /// There is no item, and none will come.
    End,
}

struct Arm<'a, S: AnyQueue, F> {
    source: &'a S,
    item: Option<<S as AnyQueue>::Item>,
    then: F,
}

impl<'a, R, S, F> QueueArm<'a, R> for Arm<'a, S, F>
where
    S: AnyQueue,
    F: FnMut(<S as AnyQueue>::Item) -> R,
{
    fn look(&mut self, call: Call) -> Seen {
        match self.source.inner().get_if_there(call) {
            Ok(item) => {
                self.item = Some(item);
                Seen::Item
            }
            Err(GetError::ShutDown) => Seen::End,
            Err(_) => Seen::Nothing,
        }
    }

    fn join(&self, waiter: &Arc<Waiter>) -> PlaceInLine<'a> {
        self.source.inner().getters().join(waiter)
    }

    fn finish(&mut self) -> R {
        match self.item.take() {
            Some(item) => (self.then)(item),
            None => unreachable!("an arm is finished after it has taken an item"),
        }
    }
}

/// Which arm has won.
#[derive(Clone, Copy)]
enum Won {
    Event(usize),
    Queue(usize),
    /// None: all queues have ended.
    Nobody,
}

impl<'a, R> Select<'a, R> {
    /// Makes a select without queues and events.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Queue, Select};
    ///
    /// let (words, numbers) = (Queue::unbounded(), Queue::unbounded());
    /// numbers.put(7).unwrap();
    /// let got = Select::new()
    ///     .get(&words, |word: &str| word.to_owned())
    ///     .get(&numbers, |n: u32| n.to_string())
    ///     .wait();
    /// assert_eq!(got.unwrap(), "7");
    /// ```
    pub fn new() -> Self {
        Self {
            events: Vec::new(),
            queues: Vec::new(),
            next: None,
        }
    }

    /// Adds a queue, and the closure that turns its items into results.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Queue, Select};
    ///
    /// let (names, ages) = (Queue::unbounded(), Queue::unbounded());
    /// let mut select = Select::new()
    ///     .get(&names, |name: &str| name.len())
    ///     .get(&ages, |age: usize| age);
    /// names.put("Ada").unwrap();
    /// ages.put(36).unwrap();
    /// assert_eq!(select.wait().unwrap() + select.wait().unwrap(), 39);
    /// ```
    #[doc(alias = "recv")]
    pub fn get<S>(
        mut self,
        queue: &'a S,
        then: impl FnMut(<S as AnyQueue>::Item) -> R + Send + 'a,
    ) -> Self
    where
        S: AnyQueue + Sync,
        <S as AnyQueue>::Item: Send,
    {
        self.queues.push(Box::new(Arm {
            source: queue,
            item: None,
            then,
        }));
        self
    }

    /// Adds an event, and the closure that gives the result when it is set.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Event, Select};
    ///
    /// let (rain, dawn) = (Event::new(), Event::new());
    /// let mut select = Select::new().event(&rain, || "rain").event(&dawn, || "dawn");
    /// std::thread::scope(|s| {
    ///     s.spawn(|| dawn.set());
    ///     assert_eq!(select.wait(), Ok("dawn"));
    /// });
    /// ```
    pub fn event(mut self, event: &'a Event, then: impl FnMut() -> R + Send + 'a) -> Self {
        self.events.push(EventArm {
            event,
            then: Box::new(then),
        });
        self
    }

    /// Waits for the first of them.
    ///
    /// # Errors
    ///
    /// [`GetError::ShutDown`] once all queues are shut down and empty. No other.
    ///
    /// # Panics
    ///
    /// If there is nothing to wait for.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Queue, Select};
    ///
    /// let queue = Queue::unbounded();
    /// queue.put(7).unwrap();
    /// assert_eq!(Select::new().get(&queue, |n| n * 6).wait(), Ok(42));
    /// ```
    #[track_caller]
    pub fn wait(&mut self) -> Result<R, GetError> {
        self.wait_for(Operation::SELECT_WAIT, || Until::FOREVER)
    }

    /// Returns a result if there is one at this moment.
    ///
    /// # Errors
    ///
    /// [`GetError::Empty`] if there is none, or [`GetError::ShutDown`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{GetError, Queue, Select};
    ///
    /// let queue = Queue::unbounded();
    /// let mut select = Select::new().get(&queue, |n: u32| n);
    /// assert_eq!(select.try_wait(), Err(GetError::Empty));
    /// queue.put(7).unwrap();
    /// assert_eq!(select.try_wait(), Ok(7));
    /// ```
    #[track_caller]
    pub fn try_wait(&mut self) -> Result<R, GetError> {
        match self.look(Operation::named("Select::try_wait").here()) {
            Some(won) => self.finish(won),
            None => Err(GetError::Empty),
        }
    }

    /// Waits for the first of them, for a limited time.
    ///
    /// # Errors
    ///
    /// [`GetError::TimedOut`] or [`GetError::ShutDown`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{Event, GetError, Select};
    ///
    /// let event = Event::new();
    /// let mut select = Select::new().event(&event, || ());
    /// assert_eq!(select.wait_timeout(Duration::from_millis(5)), Err(GetError::TimedOut));
    /// ```
    #[track_caller]
    pub fn wait_timeout(&mut self, timeout: Duration) -> Result<R, GetError> {
        self.wait_for(Operation::SELECT_WAIT_TIMEOUT, || Until::after(timeout))
    }

    /// Waits for the first of them, or until a deadline or a stop.
    ///
    /// # Errors
    ///
    /// [`GetError::TimedOut`], [`GetError::Stopped`] or [`GetError::ShutDown`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{GetError, Queue, Select, StopSource};
    ///
    /// let queue = Queue::<u32>::unbounded();
    /// let source = StopSource::new();
    /// source.stop();
    /// let mut select = Select::new().get(&queue, |n| n);
    /// assert_eq!(select.wait_until(&source.token()), Err(GetError::Stopped));
    /// ```
    #[track_caller]
    pub fn wait_until<'u>(&mut self, until: impl IntoUntil<'u>) -> Result<R, GetError> {
        self.wait_for(Operation::SELECT_WAIT_UNTIL, || until.into_until())
    }

    #[track_caller]
    fn wait_for<'u>(
        &mut self,
        operation: Operation,
        until: impl FnOnce() -> Until<'u>,
    ) -> Result<R, GetError> {
        let call = operation.here();
        let won = match self.look(call) {
            Some(won) => won,
            None => self.wait_to_see(call, &until())?,
        };
        self.finish(won)
    }

    #[track_caller]
    fn wait_to_see(&mut self, call: Call, until: &Until<'_>) -> Result<Won, GetError> {
        assert!(
            !self.queues.is_empty() || !self.events.is_empty() || !until.is_forever(),
            "a select without a queue or an event would wait for ever: add one with `get` or `event`"
        );
        if let Some(won) = look_before_sleep(until, || self.look(call)) {
            return Ok(won);
        }
        let _waiting = call.waiting();
        self.sleep(call, until)
    }

    /// Looks once at every event and queue.
    fn look(&mut self, call: Call) -> Option<Won> {
        if let Some(set) = self.events.iter().position(|arm| arm.event.is_set()) {
            return Some(Won::Event(set));
        }
        let count = self.queues.len();
        let mut ended = 0;
        let next = match self.next {
            Some(next) => next.min(count),
            None if count > 1 => *self.next.insert(backend::choice_below(count)),
            None => 0,
        };
        for at in (next..count).chain(0..next) {
            match self.queues[at].look(call) {
                Seen::Item => return Some(Won::Queue(at)),
                Seen::Nothing => {}
                Seen::End => ended += 1,
            }
        }
        (count > 0 && ended == count).then_some(Won::Nobody)
    }

    /// Runs the closure, when the waiter has left all lines.
    fn finish(&mut self, won: Won) -> Result<R, GetError> {
        match won {
            Won::Event(at) => Ok((self.events[at].then)()),
            Won::Queue(at) => {
                self.next = Some(at + 1);
                Ok(self.queues[at].finish())
            }
            Won::Nobody => Err(GetError::ShutDown),
        }
    }

    /// Sleeps in all lines at once until there is something to see.
    ///
    /// At most one line grants the one waiter, whose word leaves *waiting* once. Another line that has taken
    /// the waiter out finds it decided, and goes on to its next waiter. So at most one look has to be passed
    /// on, and only if the item comes from another queue than the look. Which line has granted it is not
    /// known, so each line that has taken the waiter out gets a look back. One too many wakes a thread for
    /// nothing; one too few would lose an item.
    fn sleep(&mut self, call: Call, until: &Until<'_>) -> Result<Won, GetError> {
        loop {
            let waiter = Waiter::shared();
            let mut places = Vec::with_capacity(self.queues.len());
            places.extend(self.queues.iter().map(|arm| arm.join(&waiter)));
            let events: Vec<_> = (self.events.iter())
                .map(|arm| EventWait::join(arm.event, &waiter))
                .collect();
            // An event that is set has no ticket. It counts even if it was cleared since.
            let just_now = events.iter().position(|place| place.ticket.is_none());
            if let Some(won) = just_now.map(Won::Event).or_else(|| self.look(call)) {
                // Dropping the places passes on a look that was granted in the meantime.
                return Ok(won);
            }
            let outcome = waiter.sleep(until);
            // An event that was set during the sleep comes before the queues, even if it was cleared since.
            if let Some(happened) = events.into_iter().position(EventWait::leave) {
                return Ok(Won::Event(happened));
            }
            match (self.look(call), outcome) {
                (Some(Won::Queue(at)), Outcome::Granted) => {
                    places.swap_remove(at).used();
                    return Ok(Won::Queue(at));
                }
                (Some(won), _) => return Ok(won),
                // Another thread was faster, and there is nothing to see.
                (None, Outcome::Granted) => places.into_iter().for_each(PlaceInLine::used),
                (None, Outcome::Stopped) => return Err(GetError::Stopped),
                (None, Outcome::Expired) => return Err(GetError::TimedOut),
            }
        }
    }
}

/// A waiter of an event, which leaves when this is dropped.
struct EventWait<'a> {
    event: &'a Event,
    waiter: Arc<Waiter>,
    ticket: Option<Ticket>,
}

impl<'a> EventWait<'a> {
    /// Joins; there is no ticket if the event is set.
    fn join(event: &'a Event, waiter: &Arc<Waiter>) -> Self {
        Self {
            event,
            waiter: Arc::clone(waiter),
            ticket: event.enlist(waiter),
        }
    }

    /// Leaves; returns whether the event was set before that.
    fn leave(mut self) -> bool {
        match self.ticket.take() {
            Some(ticket) => !self.event.withdraw(ticket, &self.waiter),
            None => true,
        }
    }
}

impl Drop for EventWait<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.event.withdraw(ticket, &self.waiter);
        }
    }
}

impl<R> Default for Select<'_, R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> fmt::Debug for Select<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select")
            .field("queues", &self.queues.len())
            .field("events", &self.events.len())
            .finish_non_exhaustive()
    }
}
