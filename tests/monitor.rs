//! `#[monitor]` from the outside.

mod support;

use std::collections::VecDeque;
use std::fmt::Debug;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::{Dice, bounded, eventually};
use threadkit::prelude::*;
use threadkit::{Monitor, StopSource, TimedOut, WaitError};

const SHORT: Duration = Duration::from_millis(5);

/// A buffer of items, with a limit.
struct Buffer<T> {
    items: VecDeque<T>,
    room: usize,
}

#[monitor(SharedBuffer)]
impl<T> Buffer<T> {
    /// Makes a buffer with that much room.
    pub(crate) fn new(room: usize) -> Self {
        Self {
            items: VecDeque::new(),
            room,
        }
    }

    #[when(self.items.len() < self.room, timeout, until)]
    pub(crate) fn put(&mut self, item: T) {
        self.items.push_back(item);
    }

    #[when(!self.items.is_empty(), timeout, until)]
    pub(crate) fn take(&mut self) -> T {
        self.items.pop_front().expect("there is one")
    }

    #[when(self.items.len() >= N)]
    pub(crate) fn take_copied<const N: usize>(&mut self) -> T
    where
        T: Clone,
    {
        let first = self.items[0].clone();
        self.items.drain(..N);
        first
    }

    pub(crate) fn try_take(&mut self) -> Option<T> {
        self.items.pop_front()
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }
}

/// Money, and a fault that can be switched on.
struct Account {
    balance: u64,
    broken: bool,
}

#[monitor(SharedAccount)]
impl Account {
    pub(crate) fn open(balance: u64) -> Result<Self, String> {
        match balance {
            0 => Err("an empty account".to_owned()),
            _ => Ok(Self::of(balance)),
        }
    }

    fn of(balance: u64) -> Self {
        Self {
            balance,
            broken: false,
        }
    }

    pub(crate) fn deposit(&mut self, n: u64) {
        self.balance += n;
    }

    #[when(self.balance >= n, timeout, until)]
    pub(crate) fn withdraw(&mut self, n: u64) {
        self.balance -= n;
    }

    /// Waits, and changes nothing.
    #[when(self.is_rich())]
    pub(crate) fn wait_until_rich(&self) -> u64 {
        self.balance
    }

    pub(crate) fn balance(&self) -> u64 {
        self.balance
    }

    pub(crate) fn break_it(&mut self, broken: bool) {
        self.broken = broken;
    }

    pub(crate) fn burgle(&mut self) {
        self.balance = 0;
        panic!("caught");
    }

    pub(crate) fn refill(&mut self, n: u64) {
        self.balance = n;
        panic!("left behind");
    }

    fn is_rich(&self) -> bool {
        assert!(!self.broken, "a condition that panics");
        self.balance >= 1000
    }
}

/// Readers together, writers alone.
#[derive(Default)]
struct Turns {
    readers: u32,
    writing: bool,
    writers_waiting: u32,
}

#[monitor(SharedTurns)]
impl Turns {
    #[when(!self.writing && self.writers_waiting == 0)]
    pub(crate) fn begin_read(&mut self) {
        self.readers += 1;
    }

    pub(crate) fn end_read(&mut self) {
        self.readers -= 1;
    }

    pub(crate) fn announce(&mut self) {
        self.writers_waiting += 1;
    }

    #[when(!self.writing && self.readers == 0)]
    pub(crate) fn begin_write(&mut self) {
        self.writers_waiting -= 1;
        self.writing = true;
    }

    pub(crate) fn end_write(&mut self) {
        self.writing = false;
    }
}

/// A door of several states, which its conditions name.
#[derive(Debug)]
enum Gate<T> {
    Open,
    Locked { by: T },
}

#[monitor(SharedGate)]
impl<T> Gate<T> {
    #[when(matches!(self, Self::Open))]
    pub(crate) fn lock(&mut self, by: T) {
        *self = Self::Locked { by };
    }

    #[when(matches!(self, Self::Locked { by } if by.clone().into() == who))]
    pub(crate) fn unlock<U>(&mut self, who: U)
    where
        T: Clone + Into<U>,
        U: PartialEq,
    {
        *self = Self::Open;
    }

    #[when(let Self::Locked { by } = self && by.clone().into() > N)]
    pub(crate) fn locked_above<const N: u64>(&self) -> T
    where
        T: Clone + Into<u64>,
    {
        match self {
            Self::Open => unreachable!("the condition held"),
            Self::Locked { by } => by.clone(),
        }
    }
}

/// A sum and its parts, which have to agree.
#[derive(Default)]
struct Ledger {
    entries: Vec<u64>,
    sum: u64,
}

#[monitor(SharedLedger, poison)]
impl Ledger {
    pub(crate) fn enter(&mut self, n: u64) {
        self.entries.push(n);
        assert!(n < 100, "too much at once");
        self.sum += n;
    }

    pub(crate) fn sum(&self) -> u64 {
        self.sum
    }

    pub(crate) fn only_look(&self) {
        panic!("{} is not to my liking", self.sum);
    }

    #[when(self.sum >= n, timeout, until)]
    pub(crate) fn sum_of(&self, n: u64) -> u64 {
        self.sum
    }

    #[when(self.has_some(), timeout, until)]
    pub(crate) fn take_back(&mut self) -> Option<u64> {
        let entry = self.entries.pop()?;
        self.sum -= entry;
        Some(entry)
    }

    /// Not fit for half of a change.
    fn has_some(&self) -> bool {
        assert_eq!(self.entries.iter().sum::<u64>(), self.sum, "out of balance");
        !self.entries.is_empty()
    }
}

fn account(balance: u64) -> SharedAccount {
    SharedAccount::from(Account::of(balance))
}

fn wait_for_waiters<T, const N: usize>(monitor: &Monitor<T, N>, n: usize) {
    eventually("so many wait", || monitor.n_waiting() == n);
}

fn panics(f: impl FnOnce()) -> String {
    let payload = panic::catch_unwind(AssertUnwindSafe(f)).expect_err("it panics");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().expect("a text")).to_owned(),
    }
}

#[test]
fn methods_run_on_the_value() {
    let account = SharedAccount::open(10).unwrap();
    assert_eq!(SharedAccount::open(0).unwrap_err(), "an empty account");
    account.deposit(5);
    account.withdraw(3);
    assert_eq!(account.balance(), 12);
    assert_eq!(
        account.with(|account| std::mem::take(&mut account.balance)),
        12
    );
    let other = account.clone();
    other.deposit(1);
    assert_eq!(account.balance(), 1, "clones are one account");
}

/// Constructors that call the type by its name.
#[derive(Debug)]
struct Pair<T>(T, T);

#[monitor(SharedPair)]
impl<T: Copy> Pair<T> {
    pub(crate) fn of(both: T) -> Pair<T> {
        Pair(both, both)
    }

    pub(crate) fn first(of: &[T]) -> Option<Pair<T>> {
        of.first().copied().map(Pair::of)
    }

    pub(crate) fn checked(of: &[T]) -> Result<Pair<T>, Vec<Pair<T>>> {
        match of {
            [a, b] => Ok(Pair(*a, *b)),
            others => Err(others.iter().copied().map(Pair::of).collect()),
        }
    }

    /// Not of this type: left alone.
    pub(crate) fn elsewhere() -> Pair<&'static str> {
        Pair("a", "b")
    }

    pub(crate) fn swap(&mut self) -> Pair<T> {
        std::mem::swap(&mut self.0, &mut self.1);
        Pair(self.0, self.1)
    }
}

#[test]
fn constructors_may_call_the_type_by_its_name() {
    let pair: SharedPair<u8> = SharedPair::of(1);
    assert_eq!(pair.with(|pair| pair.1), 1);
    assert!(SharedPair::first(&[0_u8; 0]).is_none());
    assert_eq!(SharedPair::first(&[7]).unwrap().swap().0, 7);
    let pair = SharedPair::checked(&[1, 2]).unwrap();
    let swapped: Pair<u8> = pair.swap();
    assert_eq!((swapped.0, swapped.1), (2, 1));
    let rest: Vec<Pair<u8>> = SharedPair::checked(&[5]).unwrap_err();
    assert_eq!(rest[0].0, 5);
    assert_eq!(Pair::<u8>::elsewhere().1, "b");
}

/// This thread has the handle to itself.
#[cfg(debug_assertions)]
struct Narcissus {
    own: Option<SharedNarcissus>,
    open: bool,
}

#[cfg(debug_assertions)]
#[monitor(SharedNarcissus)]
impl Narcissus {
    pub(crate) fn look(&self, at: fn(&SharedNarcissus)) {
        self.own.iter().for_each(at);
    }

    pub(crate) fn touch(&mut self, at: fn(&SharedNarcissus)) {
        self.own.iter().for_each(at);
    }

    #[when(self.open)]
    pub(crate) fn wait(&self) {}
}

#[cfg(debug_assertions)]
#[test]
fn a_method_that_calls_its_own_handle_is_told_what_to_call() {
    bounded(|| {
        let handle = SharedNarcissus::from(Narcissus {
            own: None,
            open: false,
        });
        let own = handle.clone();
        handle.with(|value| value.own = Some(own));
        type Again = fn(&SharedNarcissus);
        let again: [(&str, &str, Again); 5] = [
            (" in `look`", "`look`", |own| own.look(|_| ())),
            (" in `touch`", "`touch`", |own| own.touch(|_| ())),
            (" in `wait`", "`wait`", |own| own.wait()),
            (" in `with`", "method", |own| {
                own.with(|value| value.open = true);
            }),
            ("", "method", |own| _ = own.monitor().n_waiting()),
        ];
        for (wanting, own, again) in again {
            for (holder, message) in [
                ("look", panics(|| handle.look(again))),
                ("touch", panics(|| handle.touch(again))),
                (
                    "with",
                    panics(|| handle.with(|value| again(value.own.as_ref().unwrap()))),
                ),
            ] {
                let begin = "acquires lock `SharedNarcissus` (tests";
                let middle =
                    format!("){wanting}, which it already holds in `{holder}` since tests");
                let end = format!(
                    "; code that runs under the lock of `SharedNarcissus` must not call the handle: call \
                     the value's own {own}"
                );
                assert!(
                    message.contains(begin) && message.contains(&middle) && message.ends_with(&end),
                    "{message}"
                );
            }
        }
        // The refused call has left the value unchanged.
        handle.with(|value| value.own = None);
    });
}

#[test]
fn handles_can_be_shared_and_sent() {
    fn fits<T: Clone + Debug + Send + Sync + 'static>() {}
    fits::<SharedAccount>();
    // The value moves from lock to lock, and no two locks hold it at once.
    fits::<SharedBuffer<std::cell::Cell<u8>>>();
}

#[test]
fn debug_never_blocks() {
    let account = account(1);
    assert_eq!(format!("{account:?}"), "SharedAccount { waiting: 0, .. }");
    account.with(|_| {
        let text = format!("{account:?}");
        assert_eq!(text, "SharedAccount { value: <locked>, .. }");
    });
}

#[test]
fn a_withdrawal_waits_for_money() {
    bounded(|| {
        let account = account(0);
        let (poor, rich) = (account.clone(), account.clone());
        let small = thread::spawn(move || poor.withdraw(10));
        let large = thread::spawn(move || rich.withdraw(100));
        wait_for_waiters(account.monitor(), 2);
        account.deposit(50);
        small.join().unwrap();
        assert_eq!(account.balance(), 40);
        account.deposit(60);
        large.join().unwrap();
        assert_eq!(account.balance(), 0);
        wait_for_waiters(account.monitor(), 0);
    });
}

#[test]
fn conditions_know_the_type_and_the_parameters_of_the_method() {
    bounded(|| {
        let gate = SharedGate::from(Gate::Locked { by: 1_u8 });
        let start = |body: fn(SharedGate<u8>) -> u8| {
            let gate = gate.clone();
            thread::spawn(move || body(gate))
        };
        let second = start(|gate| {
            gate.lock(2);
            2
        });
        let key = start(|gate| {
            gate.unlock(2_u16);
            0
        });
        let above = [
            start(|gate| gate.locked_above::<1>()),
            start(|gate| gate.locked_above::<2>()),
        ];
        wait_for_waiters(gate.monitor(), 4);
        gate.unlock(1_u64);
        second.join().unwrap();
        key.join().unwrap();
        gate.lock(3);
        for thread in above {
            assert!(thread.join().unwrap() > 1);
        }
    });
}

/// Five threads wait in `take`, one after the other, and `meanwhile` is called after each. The first to come gets the
/// first item.
fn enter_in_their_order(
    take: fn(&SharedBuffer<usize>) -> usize,
    meanwhile: fn(&SharedBuffer<usize>),
) {
    bounded(move || {
        let buffer = SharedBuffer::new(8);
        let taken = std::sync::Arc::new(Lock::new(Vec::new()));
        let threads: Vec<_> = (0..5)
            .map(|n| {
                let (mine, taken) = (buffer.clone(), taken.clone());
                let thread = thread::spawn(move || {
                    let item = take(&mine);
                    taken.acquire().push((n, item));
                });
                wait_for_waiters(buffer.monitor(), n + 1);
                meanwhile(&buffer);
                thread
            })
            .collect();
        for item in 0..5 {
            buffer.put(item);
            eventually("the item is taken", || taken.acquire().len() == item + 1);
        }
        threads.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(*taken.acquire(), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)]);
    });
}

#[test]
fn waiters_for_one_condition_enter_in_their_order() {
    enter_in_their_order(SharedBuffer::take, |_| ());
}

#[test]
fn waiters_in_a_generic_method_enter_in_their_order() {
    // A change that helps no waiter does not change the order either.
    enter_in_their_order(SharedBuffer::take_copied::<1>, |buffer| {
        buffer.try_take();
    });
}

#[test]
fn one_change_lets_in_all_waiters_whose_condition_holds() {
    bounded(|| {
        let account = account(0);
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let account = account.clone();
                thread::spawn(move || account.wait_until_rich())
            })
            .collect();
        wait_for_waiters(account.monitor(), 4);
        account.deposit(1000);
        for thread in threads {
            assert_eq!(thread.join().unwrap(), 1000);
        }
    });
}

#[test]
fn with_wakes_as_methods_do() {
    bounded(|| {
        let account = account(0);
        let other = account.clone();
        let waiter = thread::spawn(move || other.withdraw(7));
        wait_for_waiters(account.monitor(), 1);
        account.with(|account| account.balance = 7);
        waiter.join().unwrap();
    });
}

#[test]
fn limits_end_waits_and_take_nothing() {
    bounded(|| {
        let account = account(5);
        let before = Instant::now();
        assert_eq!(account.withdraw_timeout(10, SHORT), Err(TimedOut));
        assert!(before.elapsed() >= SHORT);
        assert_eq!(account.withdraw_timeout(5, Duration::ZERO), Ok(()));
        let source = StopSource::new();
        let (stop, other) = (source.token(), account.clone());
        let stopped = thread::spawn(move || other.withdraw_until(1, &stop));
        wait_for_waiters(account.monitor(), 1);
        source.stop();
        assert_eq!(stopped.join().unwrap(), Err(WaitError::Stopped));
        assert_eq!(
            account.withdraw_until(1, (SHORT, &StopSource::new().token())),
            Err(WaitError::TimedOut)
        );
        wait_for_waiters(account.monitor(), 0);
        account.deposit(1);
        assert_eq!(
            account.withdraw_until(1, &source.token()),
            Ok(()),
            "one try is left"
        );
    });
}

#[test]
fn a_panic_in_a_method_lets_the_others_in() {
    bounded(|| {
        let account = account(0);
        let other = account.clone();
        let waiter = thread::spawn(move || other.withdraw(3));
        wait_for_waiters(account.monitor(), 1);
        assert_eq!(panics(|| account.refill(3)), "left behind");
        waiter.join().unwrap();
        assert_eq!(panics(|| account.burgle()), "caught");
        assert_eq!(account.balance(), 0);
    });
}

#[test]
fn a_panic_in_a_condition_goes_to_the_thread_that_waits_for_it() {
    bounded(|| {
        let account = account(0);
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let account = account.clone();
                thread::spawn(move || panics(|| _ = account.wait_until_rich()))
            })
            .collect();
        wait_for_waiters(account.monitor(), 3);
        account.break_it(true);
        for thread in threads {
            assert_eq!(thread.join().unwrap(), "a condition that panics");
        }
        wait_for_waiters(account.monitor(), 0);
        assert_eq!(
            panics(|| _ = account.wait_until_rich()),
            "a condition that panics"
        );
        account.break_it(false);
        account.deposit(1000);
        assert_eq!(account.wait_until_rich(), 1000);
    });
}

#[test]
fn a_poisoned_monitor_names_the_first_panic() {
    bounded(|| {
        let ledger = SharedLedger::from(Ledger::default());
        ledger.enter(7);
        assert!(!ledger.is_poisoned());
        let line = line!() + 1;
        assert_eq!(panics(|| ledger.enter(100)), "too much at once");
        assert!(ledger.is_poisoned());
        let culprit = format!("monitor.rs:{line}:");
        let refusals = [
            panics(|| _ = ledger.sum()),
            panics(|| ledger.enter(1)),
            panics(|| ledger.with(|_| ())),
            panics(|| _ = ledger.sum_of(1)),
            panics(|| _ = ledger.sum_of_timeout(8, SHORT)),
            panics(|| _ = ledger.take_back()),
            panics(|| _ = ledger.take_back_until(SHORT)),
        ];
        for told in refusals {
            assert!(told.starts_with("`SharedLedger` is poisoned"), "{told}");
            assert!(told.contains(&culprit), "{told}");
        }
        let text = format!("{ledger:?}");
        assert!(
            text.contains("poisoned_by") && text.contains(&culprit),
            "{text}"
        );
        // A later caller panics at its own call, and not somewhere inside.
        let (other, line) = (ledger.clone(), line!() + 1);
        let failed = threadkit::spawn(move || other.sum()).join().unwrap_err();
        let place = failed.place().expect("a place").to_string();
        assert!(place.contains(&format!("monitor.rs:{line}:")), "{place}");
    });
}

#[test]
fn poison_reaches_the_waiters() {
    bounded(|| {
        let ledger = SharedLedger::from(Ledger::default());
        let (a, b, c, d) = (
            ledger.clone(),
            ledger.clone(),
            ledger.clone(),
            ledger.clone(),
        );
        let waiters = [
            thread::spawn(move || panics(|| _ = a.sum_of(1))),
            thread::spawn(move || panics(|| _ = b.sum_of_timeout(2, Duration::MAX))),
            thread::spawn(move || panics(|| _ = c.take_back())),
            thread::spawn(move || panics(|| _ = d.take_back_until(Duration::MAX))),
        ];
        wait_for_waiters(ledger.monitor(), waiters.len());
        let line = line!() + 1;
        assert_eq!(panics(|| ledger.enter(100)), "too much at once");
        for waiter in waiters {
            let told = waiter.join().unwrap();
            assert!(told.contains(&format!("monitor.rs:{line}:")), "{told}");
        }
        wait_for_waiters(ledger.monitor(), 0);
    });
}

#[test]
fn a_repair_lets_all_in_again() {
    bounded(|| {
        let ledger = SharedLedger::from(Ledger::default());
        let line = line!() + 1;
        let told = panics(|| ledger.with(|_| panic!("in between")));
        assert_eq!(told, "in between");
        assert_eq!(panics(|| ledger.repair(|_| panic!("in vain"))), "in vain");
        assert!(ledger.is_poisoned(), "a repair has to end well");
        let told = panics(|| _ = ledger.sum());
        assert!(
            told.contains(&format!("monitor.rs:{line}:")),
            "the first: {told}"
        );
        assert_eq!(ledger.repair(|ledger| ledger.entries.len()), 0);
        assert!(!ledger.is_poisoned());
        ledger.enter(3);
        assert_eq!((ledger.sum_of(3), ledger.take_back()), (3, Some(3)));
        // On an intact value it is like `with`: it wakes waiters and poisons in the same way.
        let other = ledger.clone();
        let waiter = thread::spawn(move || other.sum_of(9));
        wait_for_waiters(ledger.monitor(), 1);
        ledger.repair(|ledger| ledger.enter(9));
        assert_eq!(waiter.join().unwrap(), 9);
        assert_eq!(
            panics(|| ledger.repair(|_| panic!("too eager"))),
            "too eager"
        );
        assert!(ledger.is_poisoned());
    });
}

#[test]
fn a_method_that_changes_nothing_poisons_nothing() {
    /// Enters something when it is dropped, also by a panic.
    struct LastWord(SharedLedger);

    impl Drop for LastWord {
        fn drop(&mut self) {
            self.0.enter(1);
        }
    }

    bounded(|| {
        let ledger = SharedLedger::from(Ledger::default());
        assert_eq!(panics(|| ledger.only_look()), "0 is not to my liking");
        ledger.with(|ledger| ledger.sum = 1);
        let told = panics(|| _ = ledger.take_back());
        assert!(told.contains("out of balance"), "{told}");
        ledger.with(|ledger| ledger.sum = 0);
        let word = LastWord(ledger.clone());
        let told = panics(move || {
            let _word = word;
            panic!("elsewhere");
        });
        assert_eq!(told, "elsewhere");
        assert!(!ledger.is_poisoned());
        assert_eq!(ledger.sum(), 1);
    });
}

#[test]
fn nothing_is_lost_between_many() {
    const EACH: u64 = 3_000;
    bounded(|| {
        let buffer = SharedBuffer::new(3);
        let producers: Vec<_> = (0..4)
            .map(|_| {
                let buffer = buffer.clone();
                thread::spawn(move || (1..=EACH).for_each(|n| buffer.put(n)))
            })
            .collect();
        let consumers: Vec<_> = (0..4)
            .map(|_| {
                let buffer = buffer.clone();
                thread::spawn(move || (0..EACH).map(|_| buffer.take()).sum::<u64>())
            })
            .collect();
        producers.into_iter().for_each(|t| t.join().unwrap());
        let sum: u64 = consumers.into_iter().map(|t| t.join().unwrap()).sum();
        assert_eq!(sum, 4 * EACH * (EACH + 1) / 2);
        assert_eq!((buffer.len(), buffer.try_take()), (0, None));
    });
}

#[test]
fn limits_and_stops_race_with_items_and_none_is_lost() {
    const EACH: u64 = 2_000;
    bounded(|| {
        let buffer = SharedBuffer::new(2);
        let (put, taken) = (AtomicU64::new(0), AtomicU64::new(0));
        let done = AtomicBool::new(false);
        thread::scope(|s| {
            let producers: Vec<_> = (0..3)
                .map(|seed| {
                    let (buffer, put) = (&buffer, &put);
                    s.spawn(move || {
                        let mut dice = Dice::new(seed);
                        for _ in 0..EACH {
                            let limit = Duration::from_micros(dice.below(30));
                            if buffer.put_timeout(1, limit).is_ok() {
                                put.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    })
                })
                .collect();
            let consumers: Vec<_> = (10..13)
                .map(|seed| {
                    let (buffer, taken, done) = (&buffer, &taken, &done);
                    s.spawn(move || {
                        let mut dice = Dice::new(seed);
                        while !done.load(Ordering::Relaxed) {
                            let source = StopSource::new();
                            let limit = Duration::from_micros(dice.below(30));
                            let token = source.token();
                            thread::scope(|s| {
                                let stopper =
                                    (dice.below(50) == 0).then(|| s.spawn(|| source.stop()));
                                if buffer.take_until((limit, &token)).is_ok() {
                                    taken.fetch_add(1, Ordering::Relaxed);
                                }
                                // The scope does not do this, because the thread sanitizer does not see its end.
                                if let Some(stopper) = stopper {
                                    stopper.join().unwrap();
                                }
                            });
                        }
                    })
                })
                .collect();
            producers.into_iter().for_each(|t| t.join().unwrap());
            done.store(true, Ordering::Relaxed);
            consumers.into_iter().for_each(|t| t.join().unwrap());
        });
        let left = buffer.len() as u64;
        assert_eq!(put.into_inner(), taken.into_inner() + left);
        assert_eq!(buffer.monitor().n_waiting(), 0);
    });
}

#[test]
fn money_is_neither_made_nor_lost() {
    const ROUNDS: u64 = 1_000;
    bounded(|| {
        let accounts = [account(50), account(50), account(50)];
        thread::scope(|s| {
            for seed in 0..6 {
                let accounts = &accounts;
                s.spawn(move || {
                    let mut dice = Dice::new(seed);
                    for _ in 0..ROUNDS {
                        let from = dice.below(3) as usize;
                        let to = dice.below(3) as usize;
                        let n = dice.below(60);
                        if accounts[from]
                            .withdraw_timeout(n, Duration::from_micros(dice.below(200)))
                            .is_ok()
                        {
                            accounts[to].deposit(n);
                        }
                    }
                });
            }
        });
        let sum: u64 = accounts.iter().map(SharedAccount::balance).sum();
        assert_eq!(sum, 150);
    });
}

#[test]
fn readers_and_writers_take_turns() {
    bounded(|| {
        let turns = SharedTurns::from(Turns::default());
        let value = Lock::new(0_u64);
        thread::scope(|s| {
            for _ in 0..3 {
                s.spawn(|| {
                    for _ in 0..500 {
                        turns.announce();
                        turns.begin_write();
                        assert_eq!(
                            turns.with(|turns| (turns.readers, turns.writing)),
                            (0, true)
                        );
                        *value.acquire() += 1;
                        turns.end_write();
                    }
                });
                s.spawn(|| {
                    for _ in 0..500 {
                        turns.begin_read();
                        assert!(!turns.with(|turns| turns.writing));
                        turns.end_read();
                    }
                });
            }
        });
        // The lock orders these accesses for a sanitizer, which does not see how a scope of `std` ends.
        assert_eq!(*value.acquire(), 1_500);
    });
}

/// Others run a method of another condition as fast as they can, which takes away what was put.
#[test]
fn no_waiter_is_overtaken_for_ever() {
    bounded(|| {
        let buffer = SharedBuffer::new(1);
        let done = AtomicBool::new(false);
        thread::scope(|s| {
            for _ in 0..2 {
                s.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        buffer.put_timeout(1, SHORT).ok();
                        // It comes in by the door, and overtakes all waiters.
                        buffer.try_take();
                    }
                });
            }
            for _ in 0..50 {
                buffer.take();
            }
            done.store(true, Ordering::Relaxed);
        });
    });
}

/// Several monitors at once.
mod together {
    use threadkit::{lock_all, synchronized};

    use super::*;

    fn transfer(from: &SharedAccount, to: &SharedAccount, n: u64) -> bool {
        let (mut from, mut to) = lock_all((from.monitor(), to.monitor()));
        if from.balance < n {
            return false;
        }
        from.balance -= n;
        to.balance += n;
        true
    }

    #[test]
    fn opposite_transfers_never_deadlock_and_lose_nothing() {
        bounded(|| {
            let accounts: Vec<_> = (0..3).map(|_| account(100)).collect();
            let threads: Vec<_> = [(0, 1), (1, 0), (1, 2), (2, 0)]
                .into_iter()
                .map(|(from, to)| {
                    let (from, to) = (accounts[from].clone(), accounts[to].clone());
                    thread::spawn(move || (0..500).filter(|n| transfer(&from, &to, n % 7)).count())
                })
                .collect();
            let done: usize = threads.into_iter().map(|t| t.join().unwrap()).sum();
            assert!(done > 0);
            let sum: u64 = accounts.iter().map(SharedAccount::balance).sum();
            assert_eq!(sum, 300);
        });
    }

    #[test]
    fn a_change_through_a_guard_lets_waiters_in() {
        bounded(|| {
            let (poor, rich) = (account(0), account(50));
            let customers: Vec<_> = (0..2)
                .map(|_| {
                    let poor = poor.clone();
                    thread::spawn(move || poor.withdraw(20))
                })
                .collect();
            wait_for_waiters(poor.monitor(), 2);
            assert!(transfer(&rich, &poor, 40));
            customers.into_iter().for_each(|t| t.join().unwrap());
            assert_eq!((poor.balance(), poor.monitor().n_waiting()), (0, 0));
        });
    }

    /// A guard that was not written through leaves the monitor as it was, so it calls no waiter.
    #[test]
    fn a_guard_that_only_reads_calls_no_waiter() {
        bounded(|| {
            let (gate, other) = (SharedCounting::from(Counting::default()), account(1));
            let waiter = thread::spawn({
                let gate = gate.clone();
                move || gate.pass()
            });
            wait_for_waiters(gate.monitor(), 1);
            let before = gate.with_guard(|counting| counting.looks.load(Ordering::Relaxed));
            let (counting, account) = lock_all((gate.monitor(), other.monitor()));
            assert_eq!((counting.open, account.balance), (false, 1));
            drop((counting, account));
            let after = gate.with_guard(|counting| counting.looks.load(Ordering::Relaxed));
            assert_eq!(before, after, "no condition was evaluated");
            lock_all((gate.monitor(), other.monitor())).0.open = true;
            waiter.join().unwrap();
        });
    }

    #[derive(Default)]
    struct Counting {
        open: bool,
        looks: AtomicUsize,
    }

    #[monitor(SharedCounting)]
    impl Counting {
        fn is_open(&self) -> bool {
            self.looks.fetch_add(1, Ordering::Relaxed);
            self.open
        }

        #[when(self.is_open())]
        pub(crate) fn pass(&mut self) {}
    }

    impl SharedCounting {
        /// Reads through a guard, and not through `with`, which counts as a change.
        fn with_guard<R>(&self, f: impl FnOnce(&Counting) -> R) -> R {
            let own = Lock::new(());
            f(&lock_all((self.monitor(), &own)).0)
        }
    }

    #[test]
    fn clones_of_a_handle_are_the_same_lock() {
        let (one, other) = (account(1), account(1));
        let twin = one.clone();
        let message = panics(|| drop(lock_all((one.monitor(), other.monitor(), twin.monitor()))));
        // Only tracked locks have a name.
        let name = if cfg!(any(debug_assertions, feature = "explore")) {
            ": `SharedAccount`"
        } else {
            ""
        };
        let twins = format!("`lock_all`: number 1 and number 3 are the same lock{name}");
        assert!(message.starts_with(&twins), "{message}");
        drop(lock_all((one.monitor(), other.monitor())));
    }

    #[test]
    fn the_attribute_locks_monitors_too() {
        #[synchronized(rich = a.monitor(), poor = b.monitor())]
        fn level(a: &SharedAccount, b: &SharedAccount) {
            let half = (rich.balance + poor.balance) / 2;
            (rich.balance, poor.balance) = (half, half);
        }
        let (a, b) = (account(8), account(2));
        level(&a, &b);
        assert_eq!((a.balance(), b.balance()), (5, 5));
    }

    #[test]
    fn a_panic_under_the_guards_poisons_what_was_changed() {
        let (ledger, other) = (SharedLedger::from(Ledger(1)), SharedLedger::from(Ledger(2)));
        let message = panics(|| {
            let (mut changed, read) = lock_all((ledger.monitor(), other.monitor()));
            changed.0 += read.0;
            panic!("halfway");
        });
        assert_eq!(message, "halfway");
        assert!(ledger.is_poisoned() && !other.is_poisoned());
        let message = panics(|| drop(lock_all((other.monitor(), ledger.monitor()))));
        assert!(
            message.starts_with("`SharedLedger` is poisoned"),
            "{message}"
        );
        assert!(!other.is_poisoned(), "it was not touched");
        ledger.repair(|ledger| ledger.0 = 0);
        assert_eq!(lock_all((other.monitor(), ledger.monitor())).1.0, 0);
    }

    struct Ledger(u32);

    #[monitor(SharedLedger, poison)]
    impl Ledger {
        pub(crate) fn sum(&self) -> u32 {
            self.0
        }
    }

    #[test]
    fn ledgers_still_have_their_methods() {
        assert_eq!(SharedLedger::from(Ledger(3)).sum(), 3);
    }
}

/// A block without a constructor leaves the name free for one of the user's.
mod new_of_the_user {
    use threadkit::monitor;

    struct Desk(usize);

    #[monitor(SharedDesk)]
    impl Desk {
        pub(crate) fn seats(&self) -> usize {
            self.0
        }
    }

    impl SharedDesk {
        fn new(seats: usize) -> Self {
            Self::from(Desk(seats))
        }
    }

    #[test]
    fn is_the_one_that_is_called() {
        assert_eq!(SharedDesk::new(7).seats(), 7);
    }
}

/// A value that can be displayed.
mod displayed {
    use std::fmt;

    use threadkit::{Lock, lock_all, monitor};

    struct Word(&'static str);

    impl fmt::Display for Word {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.pad(self.0)
        }
    }

    #[monitor(SharedWord)]
    impl Word {
        pub(crate) fn set(&mut self, word: &'static str) {
            self.0 = word;
        }
    }

    #[test]
    fn a_guard_is_displayed_as_its_value() {
        let (word, other) = (SharedWord::from(Word("")), Lock::new(1));
        word.set("locked");
        let (word, other) = lock_all((word.monitor(), &other));
        assert_eq!(format!("{word:>8} {other}"), "  locked 1");
    }
}
