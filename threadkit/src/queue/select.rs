//! Waiting for several queues and events at once.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use super::error::GetError;
use super::line::PlaceInLine;
use super::source::Source;
use crate::backend;
use crate::inspect;
use crate::sync::Event;
use crate::wait::{IntoUntil, Outcome, Ticket, Until, Waiter, look_before_sleep};

/// Waits for whichever comes first of several queues and events.
///
/// A builder: each [`get`](Self::get) adds a queue and says what to make of its items, each
/// [`event`](Self::event) an event; the waits then return what was made. A stop token, a deadline or
/// both go into [`wait_until`](Self::wait_until), as with every other wait. It can be used again and
/// again.
///
/// One item is taken by each wait that succeeds, from one queue; from the others nothing, and none by
/// a wait that fails. It is a builder with closures, and not a function over a list, so that the
/// queues may differ in kind and in what they hold, and so that it is ready for the next wait.
///
/// - An event that is set comes before all queues: it is mostly a reason to leave, and must not have to
///   wait until all queues are empty. It stays set, so the next wait sees it again, unless somebody
///   [clears](Event::clear) it.
/// - Among the queues, each wait begins with the one after that from which the last item came, and the
///   first wait with any of them. So none keeps the others from being heard, also where each turn of a
///   loop makes a `Select` anew.
/// - A queue that was shut down is heard until it is empty, and then no more. When that holds for all
///   of them, waits return [`GetError::ShutDown`], even if there are events which are not set.
///
/// The closures run after the wait, with no lock held.
///
/// # Differences from Python and `std`
///
/// Neither has it. Go's `select` chooses at random among those that are ready, and a closed channel is
/// always ready there.
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
    /// With which queue the next wait begins; `None` for any of them.
    next: Option<usize>,
}

/// An event, and what to make of its being set.
struct EventArm<'a, R> {
    event: &'a Event,
    then: Box<dyn FnMut() -> R + Send + 'a>,
}

/// A queue, and what to make of its items.
trait QueueArm<'a, R> {
    /// Takes an item, if there is one, and keeps it.
    fn look(&mut self) -> Seen;

    fn join(&self, waiter: &Arc<Waiter>) -> PlaceInLine<'a>;

    /// Makes of the item what is to be made of it. Called after `look` has taken one.
    fn finish(&mut self) -> R;
}

#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Item,
    Nothing,
    /// Nothing now or ever.
    End,
}

struct Arm<'a, S: Source, F> {
    source: &'a S,
    item: Option<<S as Source>::Item>,
    then: F,
}

impl<'a, R, S, F> QueueArm<'a, R> for Arm<'a, S, F>
where
    S: Source,
    F: FnMut(<S as Source>::Item) -> R,
{
    fn look(&mut self) -> Seen {
        match self.source.inner().try_get() {
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
    /// None will: all queues have ended.
    Nobody,
}

impl<'a, R> Select<'a, R> {
    /// Begins a select that waits for nothing yet.
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

    /// Adds a queue, and what to make of an item from it.
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
        then: impl FnMut(<S as Source>::Item) -> R + Send + 'a,
    ) -> Self
    where
        S: Source + Sync,
        <S as Source>::Item: Send,
    {
        self.queues.push(Box::new(Arm {
            source: queue,
            item: None,
            then,
        }));
        self
    }

    /// Adds an event, and what to return when it is set.
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
        self.wait_for("Select::wait", || Until::FOREVER)
    }

    /// Returns the first that is there at this moment.
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
    pub fn try_wait(&mut self) -> Result<R, GetError> {
        match self.look() {
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
        self.wait_for("Select::wait_timeout", || Until::after(timeout))
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
        self.wait_for("Select::wait_until", || until.into_until())
    }

    #[track_caller]
    fn wait_for<'u>(
        &mut self,
        what: &'static str,
        until: impl FnOnce() -> Until<'u>,
    ) -> Result<R, GetError> {
        let won = match self.look() {
            Some(won) => won,
            None => self.wait_to_see(what, &until())?,
        };
        self.finish(won)
    }

    #[track_caller]
    fn wait_to_see(&mut self, what: &'static str, until: &Until<'_>) -> Result<Won, GetError> {
        assert!(
            !self.queues.is_empty() || !self.events.is_empty() || !until.is_forever(),
            "a select without a queue or an event would wait for ever: add one with `get` or `event`"
        );
        if let Some(won) = look_before_sleep(until, || self.look()) {
            return Ok(won);
        }
        let _waiting = inspect::waiting(what);
        self.sleep(until)
    }

    /// Looks at everything once.
    fn look(&mut self) -> Option<Won> {
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
            match self.queues[at].look() {
                Seen::Item => return Some(Won::Queue(at)),
                Seen::Nothing => {}
                Seen::End => ended += 1,
            }
        }
        (count > 0 && ended == count).then_some(Won::Nobody)
    }

    /// The user's part, when all lines are left.
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
    /// The one waiter is granted by one line at most, since its word leaves *waiting* once; the others
    /// that have taken it out found it decided and went on to the next in their line. So at most one
    /// look is owed, and only if something else is taken than what it was granted for. Which line
    /// granted it is not known, so each that has taken it out is given the look back; one too many
    /// wakes somebody in vain, one too few would lose an item.
    fn sleep(&mut self, until: &Until<'_>) -> Result<Won, GetError> {
        loop {
            let waiter = Waiter::new();
            let mut places = Vec::with_capacity(self.queues.len());
            places.extend(self.queues.iter().map(|arm| arm.join(&waiter)));
            let events: Vec<_> = (self.events.iter())
                .map(|arm| EventWait::join(arm.event, &waiter))
                .collect();
            // One that was set just now is not awaited, and may be cleared again: it has happened.
            let just_now = events.iter().position(|place| place.ticket.is_none());
            if let Some(won) = just_now.map(Won::Event).or_else(|| self.look()) {
                // Dropping the places passes on what was granted meanwhile.
                return Ok(won);
            }
            let outcome = waiter.sleep(until);
            // An event that was set while this slept comes before the queues, even if it is cleared.
            if let Some(happened) = events.into_iter().position(EventWait::leave) {
                return Ok(Won::Event(happened));
            }
            match (self.look(), outcome) {
                (Some(Won::Queue(at)), Outcome::Granted) => {
                    places.swap_remove(at).used();
                    return Ok(Won::Queue(at));
                }
                (Some(won), _) => return Ok(won),
                // Somebody was faster, and nothing is left to see.
                (None, Outcome::Granted) => places.into_iter().for_each(PlaceInLine::used),
                (None, Outcome::Stopped) => return Err(GetError::Stopped),
                (None, Outcome::Expired) => return Err(GetError::TimedOut),
            }
        }
    }
}

/// A place among those who wait for an event, left when this is dropped.
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

    /// Leaves; says whether the event was set meanwhile.
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
