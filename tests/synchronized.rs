//! `#[synchronized]` from the outside.

use std::sync::{Arc, LazyLock, Mutex, RwLock, mpsc};
use std::time::{Duration, Instant};

use threadkit::prelude::*;

/// Longer than any of this takes, and short enough to wait for a test that hangs.
const LONG: Duration = Duration::from_secs(20);

/// Runs `body` on a thread of its own, and fails if it takes too long.
fn within_limits<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, result) = mpsc::channel();
    std::thread::spawn(move || sender.send(body()));
    result.recv_timeout(LONG).expect("it hangs or panicked")
}

mod private_lock {
    use std::cell::Cell;

    use super::*;

    static HELD: Mutex<(u32, u32)> = Mutex::new((0, 0));

    /// Counts how many threads are inside at once.
    #[synchronized]
    fn crowd<T: Default>() -> T {
        let mut held = HELD.lock().unwrap();
        held.0 += 1;
        held.1 = held.1.max(held.0);
        drop(held);
        std::thread::yield_now();
        HELD.lock().unwrap().0 -= 1;
        T::default()
    }

    #[test]
    fn one_at_a_time_through_all_instances() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..200).for_each(|_| drop(crowd::<Vec<u8>>())));
                scope.spawn(|| (0..200).for_each(|_| drop(crowd::<String>())));
            }
        });
        assert_eq!(*HELD.lock().unwrap(), (0, 1));
    }

    impl FromIterator<u8> for Sum {
        fn from_iter<I: IntoIterator<Item = u8>>(iter: I) -> Self {
            Self(iter.into_iter().map(u32::from).sum())
        }
    }

    struct Sum(u32);

    #[synchronized]
    fn factorial(n: u64) -> u64 {
        if n == 0 { 1 } else { n * factorial(n - 1) }
    }

    #[test]
    fn reentrant() {
        assert_eq!(within_limits(|| factorial(5)), 120);
        assert_eq!([1u8, 2].into_iter().collect::<Sum>().0, 3);
    }

    mod twin {
        use super::*;

        #[synchronized]
        pub(super) fn same_name(other: &Cell<u8>) {
            other.set(other.get() + 1);
        }
    }

    #[synchronized]
    fn same_name() -> u8 {
        static __THREADKIT_LOCK: u8 = 5;
        __THREADKIT_LOCK
    }

    struct Associated;

    impl Associated {
        #[synchronized]
        fn same_name() -> Self {
            Self
        }
    }

    #[test]
    fn names_do_not_meet() {
        let cell = Cell::new(0);
        twin::same_name(&cell);
        let Associated = Associated::same_name();
        assert_eq!((cell.get(), same_name()), (1, 5));
    }
}

mod one_lock {
    use super::*;

    static TOTAL: Lock<u64> = Lock::new(0);
    static BARE: Lock = Lock::new(());

    #[synchronized(total = TOTAL)]
    fn add(n: u64) {
        *total += n;
    }

    #[synchronized(BARE)]
    fn held() -> bool {
        BARE.is_locked()
    }

    #[test]
    fn bound_and_bare() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|_| add(1)));
            }
        });
        assert_eq!(*TOTAL.acquire(), 4000);
        assert!(held());
        assert!(!BARE.is_locked());
    }

    struct Account {
        balance: Lock<i64>,
        shared: Arc<Mutex<Vec<i64>>>,
        limit: i64,
    }

    impl Account {
        #[synchronized(balance = self.balance)]
        fn withdraw(&self, amount: i64) -> Result<i64, i64> {
            if *balance - amount < self.limit {
                return Err(*balance);
            }
            *balance -= amount;
            Ok(*balance)
        }

        #[synchronized(list = self.shared)]
        fn note(self: &Arc<Self>, amount: i64) -> usize {
            list.push(amount);
            list.len()
        }

        #[synchronized(self.balance)]
        fn limit(&mut self) -> &mut i64 {
            &mut self.limit
        }

        #[synchronized(balance = self.balance)]
        fn into_limit(self) -> i64 {
            self.limit + *balance
        }
    }

    #[test]
    fn fields() {
        let mut account = Account {
            balance: Lock::new(10),
            shared: Arc::default(),
            limit: 0,
        };
        assert_eq!(account.withdraw(4), Ok(6));
        assert_eq!(account.withdraw(7), Err(6));
        *account.limit() = -5;
        let account = Arc::new(account);
        assert_eq!(account.note(3), 1);
        assert_eq!(account.withdraw(7), Ok(-1));
        assert_eq!(Arc::into_inner(account).unwrap().into_limit(), -6);
    }

    static NESTED: RLock<std::cell::Cell<u32>> = RLock::new(std::cell::Cell::new(0));

    #[synchronized(n = NESTED)]
    fn nest(depth: u32) -> u32 {
        n.set(n.get() + 1);
        if depth == 0 { n.get() } else { nest(depth - 1) }
    }

    #[test]
    fn an_rlock_nests() {
        assert_eq!(within_limits(|| nest(3)), 4);
    }

    static STD: Mutex<u32> = Mutex::new(0);
    static PARKING: parking_lot::Mutex<u32> = parking_lot::Mutex::new(0);
    static FAIR: parking_lot::FairMutex<u32> = parking_lot::FairMutex::new(0);
    static REENTRANT: parking_lot::ReentrantMutex<u32> = parking_lot::ReentrantMutex::new(4);
    static LAZY: LazyLock<Mutex<Vec<u32>>> = LazyLock::new(|| Mutex::new(vec![1]));
    static OWN_LAZY: threadkit::Lazy<threadkit::RwLock<Vec<u32>>> =
        threadkit::Lazy::new(|| threadkit::RwLock::new(vec![1]));

    #[synchronized(a = STD)]
    fn std_lock() -> u32 {
        *a += 1;
        *a
    }

    #[synchronized(a = PARKING)]
    fn parking() -> u32 {
        *a += 2;
        *a
    }

    #[synchronized(a = FAIR)]
    fn fair() -> u32 {
        *a += 3;
        *a
    }

    #[synchronized(a = REENTRANT)]
    fn reentrant() -> u32 {
        *a
    }

    #[synchronized(a = LAZY)]
    fn lazy() -> usize {
        a.push(2);
        a.len()
    }

    #[synchronized(write(own = OWN_LAZY), a = LAZY)]
    fn own_lazy() -> usize {
        own.push(2);
        own.len() + a.len()
    }

    fn choose(first: bool) -> &'static Lock<u64> {
        static FIRST: Lock<u64> = Lock::new(1);
        static SECOND: Lock<u64> = Lock::new(2);
        if first { &FIRST } else { &SECOND }
    }

    #[synchronized(n = choose(first))]
    fn chosen(first: bool) -> u64 {
        *n
    }

    #[synchronized(n = *Arc::new(Lock::new(9u8)))]
    fn temporary() -> u8 {
        *n
    }

    #[test]
    fn every_kind() {
        assert_eq!(
            (std_lock(), parking(), fair(), reentrant(), lazy()),
            (1, 2, 3, 4, 2)
        );
        assert_eq!(within_limits(own_lazy), 4);
        assert_eq!((chosen(true), chosen(false), temporary()), (1, 2, 9));
    }

    #[synchronized(guard = STD_POISONED)]
    fn poison(panics: bool) -> u32 {
        *guard += 1;
        assert!(!panics);
        *guard
    }

    static STD_POISONED: Mutex<u32> = Mutex::new(0);

    #[test]
    fn a_panic_of_an_earlier_holder_is_none_of_the_next_ones_business() {
        std::thread::spawn(|| poison(true)).join().unwrap_err();
        assert_eq!(poison(false), 2);
    }
}

mod several {
    use super::*;

    struct Account {
        balance: Lock<i64>,
    }

    #[synchronized(a = from.balance, b = to.balance)]
    fn transfer(from: &Account, to: &Account, amount: i64) {
        *a -= amount;
        *b += amount;
    }

    #[test]
    fn opposite_orders_do_not_deadlock() {
        within_limits(|| {
            let one = Account {
                balance: Lock::new(0),
            };
            let other = Account {
                balance: Lock::new(0),
            };
            std::thread::scope(|scope| {
                scope.spawn(|| (0..2000).for_each(|_| transfer(&one, &other, 1)));
                scope.spawn(|| (0..2000).for_each(|_| transfer(&other, &one, 1)));
            });
            assert_eq!((*one.balance.acquire(), *other.balance.acquire()), (0, 0));
        });
    }

    #[test]
    #[should_panic(expected = "`transfer`: `from.balance` and `to.balance` are the same lock")]
    fn the_same_lock_twice() {
        let one = Account {
            balance: Lock::new(0),
        };
        transfer(&one, &one, 1);
    }

    static A: Lock<u8> = Lock::new(1);
    static B: RLock<u8> = RLock::new(2);
    static C: Mutex<u8> = Mutex::new(3);
    static D: parking_lot::Mutex<u8> = parking_lot::Mutex::new(4);
    static E: RwLock<u8> = RwLock::new(5);
    static F: parking_lot::RwLock<u8> = parking_lot::RwLock::new(6);

    #[synchronized(a = A, B, c = C, d = D, read(e = E), write(f = F))]
    fn mixed() -> u8 {
        *f += 1;
        *a + *c + *d + *e + *f
    }

    #[test]
    fn mixed_kinds() {
        assert_eq!(mixed(), 20);
        assert_eq!(*F.read(), 7);
        assert!(A.try_acquire().is_some() && B.try_acquire().is_some() && C.try_lock().is_ok());
    }
}

mod sides {
    use super::*;

    static TABLE: RwLock<Vec<u8>> = RwLock::new(Vec::new());
    static OTHER: parking_lot::RwLock<u8> = parking_lot::RwLock::new(0);

    #[synchronized(write(table = TABLE))]
    fn add(item: u8) {
        table.push(item);
    }

    #[synchronized(read(table = TABLE, other = OTHER))]
    fn read_both(then: impl FnOnce() -> bool) -> (usize, u8, bool) {
        (table.len(), *other, then())
    }

    static OWN: threadkit::RwLock<u8> = threadkit::RwLock::new(1);

    #[synchronized(write(own = OWN))]
    fn own_write() -> u8 {
        *own += 1;
        *own
    }

    #[synchronized(read(own = OWN), timeout = Duration::from_millis(1), else = None)]
    fn own_read() -> Option<u8> {
        Some(*own)
    }

    #[test]
    fn threadkits_own() {
        assert_eq!((own_write(), own_read()), (2, Some(2)));
        let guard = OWN.write();
        assert_eq!(
            std::thread::scope(|scope| scope.spawn(own_read).join().unwrap()),
            None
        );
        drop(guard);
    }

    #[synchronized(write(OTHER))]
    fn exclusive() -> bool {
        OTHER.is_locked_exclusive()
    }

    #[test]
    fn readers_share_and_writers_do_not() {
        add(1);
        let both = read_both(|| {
            TABLE.try_read().is_ok() && OTHER.try_read().is_some() && OTHER.try_write().is_none()
        });
        assert_eq!(both, (1, 0, true));
        assert!(exclusive());
    }
}

mod timeout {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Busy;

    static LOCK: Lock<u8> = Lock::new(1);

    #[synchronized(n = LOCK, timeout = limit, else = Err(Busy))]
    fn read(limit: Duration) -> Result<u8, Busy> {
        Ok(*n)
    }

    #[test]
    fn gives_up_in_time_and_not_before() {
        assert_eq!(read(Duration::ZERO), Ok(1));
        assert_eq!(read(Duration::MAX), Ok(1));
        let guard = LOCK.acquire();
        let limit = Duration::from_millis(20);
        let (waited, result) = std::thread::scope(|scope| {
            scope
                .spawn(|| {
                    let start = Instant::now();
                    let result = read(limit);
                    (start.elapsed(), result)
                })
                .join()
                .unwrap()
        });
        drop(guard);
        assert_eq!(result, Err(Busy));
        assert!(waited >= limit && waited < LONG, "{waited:?}");
    }

    static PARKING: parking_lot::Mutex<u8> = parking_lot::Mutex::new(1);
    static TABLE: parking_lot::RwLock<u8> = parking_lot::RwLock::new(2);
    static NESTED: RLock<u8> = RLock::new(3);

    #[synchronized(a = PARKING, read(b = TABLE), c = NESTED, timeout = Duration::from_millis(1), else = None)]
    fn all() -> Option<u8> {
        Some(*a + *b + *c)
    }

    #[test]
    fn several_locks() {
        assert_eq!(all(), Some(6));
        let guard = TABLE.write();
        assert_eq!(all(), None);
        assert!(!PARKING.is_locked() && NESTED.try_acquire().is_some());
        drop(guard);
        assert_eq!(all(), Some(6));
    }

    #[synchronized(a = first, b = second, timeout = LONG, else = panic!("it hangs"))]
    fn both(first: &Lock<u32>, second: &parking_lot::Mutex<u32>) {
        *a += 1;
        *b += 1;
    }

    #[synchronized(b = second, a = first, timeout = LONG, else = panic!("it hangs"))]
    fn both_the_other_way(first: &Lock<u32>, second: &parking_lot::Mutex<u32>) {
        *a += 1;
        *b += 1;
    }

    #[test]
    fn opposite_orders_do_not_deadlock() {
        let (first, second) = (Lock::new(0), parking_lot::Mutex::new(0));
        threadkit::scope(|scope| {
            scope.spawn(|| (0..2000).for_each(|_| both(&first, &second)));
            scope.spawn(|| (0..2000).for_each(|_| both_the_other_way(&first, &second)));
        });
        assert_eq!((first.into_inner(), second.into_inner()), (4000, 4000));
    }

    #[test]
    #[should_panic(expected = "`both`: `one` and `other` are the same lock")]
    fn the_same_lock_twice() {
        #[synchronized(one, other, timeout = LONG, else = ())]
        fn both(one: &Lock, other: &Lock) {}
        let lock = Lock::new(());
        both(&lock, &lock);
    }

    #[synchronized(write(TABLE_2), timeout = Duration::ZERO, else = ())]
    fn side() {
        DONE.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    static TABLE_2: parking_lot::RwLock<()> = parking_lot::RwLock::new(());
    static DONE: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

    #[synchronized(timeout = Duration::from_secs(1), else = return false)]
    fn own_lock() -> bool {
        true
    }

    #[test]
    fn one_side_and_the_private_lock() {
        let guard = TABLE_2.read();
        side();
        assert!(!DONE.load(std::sync::atomic::Ordering::Relaxed));
        drop(guard);
        side();
        assert!(DONE.load(std::sync::atomic::Ordering::Relaxed));
        assert!(own_lock());
    }

    static LATE: parking_lot::Mutex<u8> = parking_lot::Mutex::new(0);

    macro_rules! bail {
        ($message:expr) => {
            return Err($message.into())
        };
    }

    #[synchronized(LATE, timeout = Duration::ZERO, else = bail!("busy"))]
    fn leaves_by_a_macro() -> Result<u8, Box<dyn std::error::Error>> {
        Ok(1)
    }

    #[synchronized(LATE, timeout = Duration::ZERO, else = { *late += 1; return None; })]
    fn leaves_a_block(late: &mut u8) -> Option<u8> {
        *late += 10;
        Some(2)
    }

    #[synchronized(LATE, timeout = Duration::ZERO, else = {})]
    fn says_nothing(late: &mut u8) {
        *late += 10;
    }

    #[synchronized(LATE, timeout = Duration::ZERO, else = std::iter::empty::<u8>().chain(None))]
    fn a_type_without_a_name() -> impl Iterator<Item = u8> {
        std::iter::empty().chain(Some(3))
    }

    #[synchronized(LATE, timeout = Duration::ZERO, else = Box::new(|| 4))]
    fn a_value_to_coerce() -> Box<dyn Fn() -> u8> {
        Box::new(|| 5)
    }

    #[test]
    fn every_way_to_leave() {
        let mut late = 0;
        let mut all = || {
            says_nothing(&mut late);
            let error = leaves_by_a_macro().map_err(|error| error.to_string());
            let left = leaves_a_block(&mut late);
            let kept = a_type_without_a_name().count();
            (error, left, kept, a_value_to_coerce()())
        };
        assert_eq!(all(), (Ok(1), Some(2), 1, 5));
        let guard = LATE.lock();
        assert_eq!(all(), (Err("busy".into()), None, 0, 4));
        drop(guard);
        assert_eq!(late, 21);
    }
}

mod impl_block {
    use super::*;

    #[derive(Default)]
    struct State {
        calls: u32,
    }

    struct Service {
        state: Lock<State>,
        name: &'static str,
    }

    #[synchronized(state = self.state)]
    impl Service {
        const NONE: &str = "none";

        fn new(name: &'static str) -> Self {
            Self {
                state: Lock::new(State::default()),
                name,
            }
        }

        fn call(&self) -> u32 {
            state.calls += 1;
            state.calls
        }

        fn is_held(&self) -> bool {
            self.state.is_locked()
        }

        fn rename(&mut self, name: &'static str) {
            state.calls = 0;
            self.name = name;
        }

        #[unsynchronized]
        fn is_free(&self) -> bool {
            !self.state.is_locked()
        }

        #[synchronized(inner = self.state)]
        fn own_words(&self) -> u32 {
            inner.calls
        }

        fn through_an_arc(self: Arc<Self>) -> bool {
            state.calls += 1;
            self.state.is_locked()
        }

        #[thread]
        fn in_a_thread(self: Arc<Self>) -> u32 {
            state.calls += 1;
            state.calls
        }

        #[unsynchronized]
        fn into_name(self) -> &'static str {
            self.name
        }
    }

    impl Service {
        fn free(&self) -> bool {
            self.state.try_acquire().is_some()
        }
    }

    #[test]
    fn every_method_that_borrows_self() {
        let mut service = Service::new("a");
        assert_eq!((service.call(), service.call()), (1, 2));
        assert!(service.is_held() && service.is_free() && service.free());
        service.rename("b");
        assert_eq!(service.own_words(), 0);
        assert_eq!(service.into_name(), "b");
        assert_eq!(Service::NONE, "none");
    }

    #[test]
    fn what_points_to_the_struct() {
        let service = Arc::new(Service::new("a"));
        assert!(service.clone().through_an_arc());
        let held = service.state.acquire();
        let handle = service.clone().in_a_thread();
        assert!(
            !handle.wait_timeout(Duration::from_millis(10)),
            "it does not lock"
        );
        held.release();
        assert_eq!(handle.join().unwrap(), 2);
    }

    #[synchronized(total = TOTAL)]
    #[thread]
    fn locks_in_its_thread(n: u32) -> u32 {
        *total += n;
        *total
    }

    static TOTAL: Lock<u32> = Lock::new(0);

    #[test]
    fn a_thread_under_a_lock() {
        let held = TOTAL.acquire();
        let handle = locks_in_its_thread(2);
        held.release();
        assert_eq!(handle.join().unwrap(), 2);
    }

    trait Counts {
        fn count(&self) -> u32;
    }

    #[synchronized(state = self.state)]
    impl Counts for Service {
        fn count(&self) -> u32 {
            state.calls
        }
    }

    #[test]
    fn of_a_trait() {
        assert_eq!(Service::new("a").count(), 0);
    }
}

mod locks_that_look_otherwise {
    use super::*;

    trait Count {
        fn count(&self) -> u32;
    }

    impl Count for Lock<u32> {
        #[synchronized(n = *self)]
        fn count(&self) -> u32 {
            *n += 1;
            *n
        }
    }

    struct Shelf(Lock<u32>);

    impl Shelf {
        fn lock(&self) -> &Lock<u32> {
            &self.0
        }

        #[synchronized(n = self.lock())]
        fn own(&self) -> u32 {
            *n
        }
    }

    struct House {
        shelf: Shelf,
    }

    impl House {
        #[synchronized(n = *self.shelf.lock())]
        fn shelved(&self) -> u32 {
            *n
        }
    }

    #[test]
    fn a_lock_is_a_lock_by_whatever_way() {
        let house = House {
            shelf: Shelf(Lock::new(6)),
        };
        assert_eq!(house.shelf.0.count(), 7);
        assert_eq!((house.shelf.own(), house.shelved()), (7, 7));
    }
}

/// The bound `Lockable` is enough, for one lock and for several, and a bound on the guard gives the value.
mod generic {
    use std::ops::DerefMut;
    use std::sync::Arc;

    use threadkit::{Lock, Lockable, RLock, lock_all, synchronized};

    #[synchronized(lock)]
    fn under<L: Lockable, R>(lock: &L, work: impl FnOnce() -> R) -> R {
        work()
    }

    #[synchronized(value = lock)]
    fn add<L>(lock: &L, n: u32) -> u32
    where
        L: ?Sized + for<'a> Lockable<Guard<'a>: DerefMut<Target = u32>>,
    {
        *value += n;
        *value
    }

    #[synchronized(in_a = a, in_b = b)]
    fn swap<A, B>(a: &A, b: &B)
    where
        A: for<'g> Lockable<Guard<'g>: DerefMut<Target = u32>>,
        B: for<'g> Lockable<Guard<'g>: DerefMut<Target = u32>>,
    {
        core::mem::swap(&mut *in_a, &mut *in_b);
    }

    #[synchronized(first, second, third)]
    fn under_three<R>(
        first: impl Lockable,
        second: &impl Lockable,
        third: &Arc<impl Lockable>,
        work: impl FnOnce() -> R,
    ) -> R {
        work()
    }

    struct Shelf<L> {
        items: L,
    }

    #[synchronized(items = self.items)]
    impl<L> Shelf<L>
    where
        L: for<'g> Lockable<Guard<'g>: DerefMut<Target = Vec<u32>>>,
    {
        fn put(&self, item: u32) -> usize {
            items.push(item);
            items.len()
        }
    }

    #[test]
    fn one_lock_of_any_kind() {
        let (own, reentrant) = (Lock::new(1), RLock::new(2));
        let (std, other) = (std::sync::Mutex::new(3), parking_lot::Mutex::new(4));
        assert!(under(&own, || own.is_locked()));
        assert!(under(&reentrant, || reentrant.is_locked()));
        assert!(under(&std, || std.try_lock().is_err()));
        assert!(under(&other, || other.is_locked()));
        let shared = Arc::new(Lock::new(5));
        assert!(under(&shared, || shared.is_locked()));
        assert_eq!((add(&own, 1), add(&std, 1), add(&other, 1)), (2, 4, 5));
        assert!(!own.is_locked() && !other.is_locked() && !shared.is_locked());
    }

    #[test]
    fn several_locks_of_any_kinds() {
        let (own, std) = (Lock::new(1), std::sync::Mutex::new(2));
        swap(&own, &std);
        assert_eq!((*own.acquire(), *std.lock().unwrap()), (2, 1));
        let shared = Arc::new(parking_lot::Mutex::new(3));
        let held = under_three(&own, &std, &shared, || {
            own.is_locked() && std.try_lock().is_err() && shared.is_locked()
        });
        assert!(held);
        drop(lock_all((&own, &std)));
    }

    #[test]
    fn fields_of_any_kind() {
        assert_eq!(
            Shelf {
                items: Lock::new(Vec::new())
            }
            .put(1),
            1
        );
        assert_eq!(
            Shelf {
                items: std::sync::Mutex::new(vec![1])
            }
            .put(1),
            2
        );
        assert_eq!(
            Shelf {
                items: parking_lot::Mutex::new(vec![1])
            }
            .put(1),
            2
        );
    }
}

/// Debug builds name the functions of which one calls the other.
#[cfg(debug_assertions)]
mod one_calls_another {
    use std::cell::RefCell;
    use std::panic::{self, AssertUnwindSafe};

    use threadkit::{Condition, Lock, RLock, RwLock, synchronized};

    use super::*;

    fn panic_of(f: impl FnOnce()) -> String {
        let payload = panic::catch_unwind(AssertUnwindSafe(f)).unwrap_err();
        *payload.downcast::<String>().unwrap()
    }

    struct Shelf {
        books: Lock<Vec<u8>>,
        prices: RwLock<u8>,
        other: Lock<()>,
    }

    impl Shelf {
        fn new() -> Self {
            Self {
                books: Lock::named("books", Vec::new()),
                prices: RwLock::named("prices", 0),
                other: Lock::new(()),
            }
        }

        #[synchronized(books = self.books)]
        fn add(&self, book: u8) {
            books.push(book);
        }

        #[synchronized(self.books)]
        fn add_two(&self) {
            self.add(1);
        }

        #[synchronized(self.books, timeout = LONG, else = ())]
        fn add_in_time(&self) {
            self.add(1);
        }

        #[synchronized(books = self.books, self.other)]
        fn add_with_two_locks(&self) {
            books.push(0);
            self.r#move();
        }

        #[synchronized(self.other, self.books)]
        fn r#move(&self) {}

        fn add_by_hand(&self) {
            let books = self.books.acquire();
            self.add(2);
            drop(books);
        }

        #[synchronized(self.books)]
        fn add_and_lock(&self) {
            drop(self.books.acquire());
        }

        #[synchronized(read(prices = self.prices))]
        fn price(&self) -> u8 {
            *prices
        }

        #[synchronized(write(prices = self.prices))]
        fn set_price(&self) {
            *prices = self.price();
        }

        #[synchronized(read(self.prices))]
        fn check_price(&self) {
            self.set_price();
        }
    }

    fn refused(f: impl FnOnce(&Shelf)) -> String {
        let shelf = Shelf::new();
        let message = panic_of(|| f(&shelf));
        assert!(
            !shelf.books.is_locked() && shelf.prices.try_write().is_some(),
            "released"
        );
        message
    }

    #[test]
    fn both_are_named() {
        within_limits(|| {
            for (wanting, holder, message) in [
                ("add", "add_two", refused(Shelf::add_two)),
                ("add", "add_in_time", refused(Shelf::add_in_time)),
            ] {
                let middle =
                    format!(" in `{wanting}`, which it already holds in `{holder}` since tests");
                assert!(
                    message.contains("acquires lock `books` (tests")
                        && message.contains(&middle)
                        && message.ends_with(&format!(
                            "; a `Lock` is not reentrant: let `{holder}` call a function without \
                             `#[synchronized]`, and pass on what the guard gives"
                        )),
                    "{message}"
                );
            }
            let message = refused(Shelf::add_with_two_locks);
            assert!(
                message
                    .contains(" in `move`, which it already holds in `add_with_two_locks` since"),
                "{message}"
            );
        });
    }

    #[test]
    fn one_is_named_where_the_other_acquires_by_hand() {
        within_limits(|| {
            let message = refused(Shelf::add_by_hand);
            assert!(
                message.contains(" in `add`, which it already holds since tests")
                    && message.contains("use `RLock`, or release first"),
                "{message}"
            );
            let message = refused(Shelf::add_and_lock);
            assert!(
                message.contains("), which it already holds in `add_and_lock` since tests")
                    && message.contains("use `RLock`, or release first"),
                "{message}"
            );
        });
    }

    #[test]
    fn both_are_named_where_one_reads_and_one_writes() {
        within_limits(|| {
            let message = refused(Shelf::set_price);
            assert!(
                message.contains("lock `prices` (tests")
                    && message
                        .contains(" in `price`, which it already holds in `set_price` since tests")
                    && message
                        .contains("an `RwLock` is not reentrant: let `set_price` call a function"),
                "{message}"
            );
            let message = refused(Shelf::check_price);
            assert!(
                message.contains("writes lock `prices` (tests")
                    && message.contains(
                        " in `set_price`, which it already holds in `check_price` since tests"
                    )
                    && message.contains("let `check_price` call a function"),
                "{message}"
            );
        });
    }

    /// An acquisition in a hook does not count for the function that was refused.
    #[test]
    fn a_method_is_forgotten_after_a_refusal() {
        within_limits(|| {
            let shelf = Shelf::new();
            drop(panic_of(|| shelf.add_two()));
            let books = shelf.books.acquire();
            let message = panic_of(|| drop(shelf.books.acquire()));
            assert!(
                message.contains("), which it already holds since tests"),
                "{message}"
            );
            drop(books);
        });
    }

    #[test]
    fn a_nested_wait_names_the_function_that_came_first() {
        static CELL: RLock<RefCell<u8>> = RLock::new(RefCell::new(0));
        static CHANGED: Condition = Condition::new();

        #[synchronized(CELL)]
        fn outer() {
            inner();
        }

        #[synchronized(cell = CELL)]
        fn inner() {
            CHANGED.wait_while(&mut cell.outermost(), |n| *n.borrow() == 0);
        }
        within_limits(|| {
            let message = panic_of(outer);
            assert!(
                message.contains("this thread holds more (the first in `outer` since tests"),
                "{message}"
            );
        });
    }
}
