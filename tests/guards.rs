//! Guards of every lock: with values whose destructors panic, forgotten, narrowed to parts, and traded for others.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{mem, thread};

use support::{Dice, SCALE, bounded, panic_of};
use threadkit::{
    Lock, LockGuard, MappedLockGuard, MappedRLockGuard, MappedRwLockReadGuard,
    MappedRwLockWriteGuard, OwnedRwLockUpgradableGuard, OwnedRwLockWriteGuard, RLock, RLockGuard,
    RwLock, RwLockReadGuard, RwLockUpgradableGuard, RwLockWriteGuard,
};

/// Counts its drop, and panics in it if `explodes` is set.
struct Bomb {
    drops: Arc<AtomicUsize>,
    explodes: bool,
}

impl Bomb {
    fn new(drops: &Arc<AtomicUsize>, explodes: bool) -> Self {
        Self {
            drops: Arc::clone(drops),
            explodes,
        }
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
        assert!(!self.explodes, "the value explodes");
    }
}

fn drops() -> Arc<AtomicUsize> {
    Arc::new(AtomicUsize::new(0))
}

#[test]
fn a_new_value_is_in_place_when_the_destructor_of_the_old_one_panics() {
    fn check(assign: impl FnOnce(&RwLock<Bomb>, &Lock<Bomb>, Bomb)) {
        let (old, new) = (drops(), drops());
        let (rwlock, lock) = (
            RwLock::new(Bomb::new(&old, true)),
            Lock::new(Bomb::new(&old, true)),
        );
        let message = panic_of(|| assign(&rwlock, &lock, Bomb::new(&new, false)));
        assert_eq!(message, "the value explodes");
        assert!(!rwlock.is_locked() && !lock.is_locked());
        assert_eq!(old.load(Ordering::SeqCst), 1);
        assert_eq!(new.load(Ordering::SeqCst), 0, "it is in the lock");
        // Of the other lock the old value is left.
        let rest = [
            catch_unwind(AssertUnwindSafe(|| drop(rwlock))).is_err(),
            catch_unwind(AssertUnwindSafe(|| drop(lock))).is_err(),
        ];
        assert!(rest[0] != rest[1]);
        assert_eq!(
            (old.load(Ordering::SeqCst), new.load(Ordering::SeqCst)),
            (2, 1)
        );
    }
    bounded(|| {
        check(|_, lock, new| *lock.acquire() = new);
        check(|_, lock, new| *LockGuard::map(lock.acquire(), |value| value) = new);
        check(|rwlock, _, new| *rwlock.write() = new);
        check(|rwlock, _, new| *RwLockWriteGuard::map(rwlock.write(), |value| value) = new);
        check(|rwlock, _, new| *RwLockUpgradableGuard::upgrade(rwlock.upgradable()) = new);
        check(|_, lock, new| lock.with(|value| *value = new));
    });
}

#[test]
fn the_last_owner_of_a_lock_is_a_guard_and_its_value_panics() {
    fn check<L>(
        lock: impl FnOnce(Bomb) -> Arc<L>,
        last: impl FnOnce(&Arc<L>) -> Box<dyn FnOnce()>,
    ) {
        let count = drops();
        let lock = lock(Bomb::new(&count, true));
        let drop_guard = last(&lock);
        let weak = Arc::downgrade(&lock);
        drop(lock);
        assert_eq!(panic_of(drop_guard), "the value explodes");
        assert!(weak.upgrade().is_none());
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
    fn dropped<G: 'static>(guard: G) -> Box<dyn FnOnce()> {
        Box::new(move || drop(guard))
    }
    bounded(|| {
        check(
            |value| Arc::new(Lock::new(value)),
            |lock| dropped(lock.acquire_owned()),
        );
        check(
            |value| Arc::new(RLock::new(value)),
            |lock| dropped(lock.acquire_owned()),
        );
        check(
            |value| Arc::new(RwLock::new(value)),
            |lock| dropped(lock.read_owned()),
        );
        check(
            |value| Arc::new(RwLock::new(value)),
            |lock| dropped(lock.upgradable_owned()),
        );
        check(
            |value| Arc::new(RwLock::new(value)),
            |lock| dropped(lock.write_owned()),
        );
    });
}

#[test]
fn a_lock_with_a_forgotten_guard_is_dropped_as_any() {
    let count = drops();
    let value = || [Bomb::new(&count, false), Bomb::new(&count, false)];
    let forgets: [&dyn Fn(); 10] = [
        &|| mem::forget(Lock::new(value()).acquire()),
        &|| {
            mem::forget(LockGuard::map(Lock::new(value()).acquire(), |two| {
                &mut two[0]
            }))
        },
        &|| mem::forget(RLock::new(value()).acquire()),
        &|| {
            mem::forget(RLockGuard::map(RLock::new(value()).acquire(), |two| {
                &two[0]
            }))
        },
        &|| mem::forget(RwLock::new(value()).read()),
        &|| mem::forget(RwLock::new(value()).upgradable()),
        &|| mem::forget(RwLock::new(value()).write()),
        &|| {
            mem::forget(RwLockWriteGuard::map(RwLock::new(value()).write(), |two| {
                &mut two[1]
            }))
        },
        &|| {
            mem::forget(RwLockReadGuard::map(RwLock::new(value()).read(), |two| {
                &two[1]
            }))
        },
        &|| {
            let mut lock = RwLock::new(value());
            mem::forget(lock.write());
            // With `&mut` no guard is in use, whatever the lock says.
            let first = mem::replace(&mut lock.get_mut()[0], Bomb::new(&count, false));
            drop(first);
            let [_, second] = lock.into_inner();
            mem::forget(second);
        },
    ];
    for (n, forget) in forgets.iter().enumerate() {
        forget();
        assert_eq!(count.swap(0, Ordering::SeqCst), 2, "{n}");
    }
    // An owned guard that is forgotten keeps its lock alive, and so the value.
    mem::forget(Arc::new(Lock::new(value())).acquire_owned());
    mem::forget(Arc::new(RwLock::new(value())).read_owned());
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

/// What a part can be: of no size, unsized, behind a pointer, or not in the value at all.
struct Odd {
    nothing: (),
    list: Vec<u32>,
    text: Box<str>,
    trait_object: Box<dyn Fn() -> u32 + Send + Sync>,
}

fn odd() -> Odd {
    Odd {
        nothing: (),
        list: vec![1, 2, 3],
        text: "text".into(),
        trait_object: Box::new(|| 7),
    }
}

#[test]
fn parts_are_of_any_kind() {
    let (lock, rwlock, rlock) = (Lock::new(odd()), RwLock::new(odd()), RLock::new(odd()));
    let list = LockGuard::map(lock.acquire(), |odd| &mut odd.list[1..]);
    let mut last = MappedLockGuard::map(list, |list| &mut list[1]);
    *last += 1;
    drop(last);
    drop(LockGuard::map(lock.acquire(), |odd| &mut odd.nothing));
    let mut text = LockGuard::map(lock.acquire(), |odd| &mut *odd.text);
    text.make_ascii_uppercase();
    drop(text);
    let empty = LockGuard::map(lock.acquire(), |_| <&mut [u32]>::default());
    assert!(empty.is_empty() && lock.is_locked());
    drop(empty);
    let odd_now = lock.into_inner();
    assert_eq!((&*odd_now.list, &*odd_now.text), (&[1, 2, 4][..], "TEXT"));

    let call = RwLockReadGuard::map(rwlock.read(), |odd| &*odd.trait_object);
    let call = MappedRwLockReadGuard::map(call, |call| call);
    assert_eq!(call(), 7);
    drop(call);
    let list = RwLockWriteGuard::map(rwlock.write(), |odd| &mut odd.list);
    let mut part = MappedRwLockWriteGuard::try_map(list, |list| list.first_mut()).unwrap();
    *part = 9;
    drop(part);
    assert_eq!(rwlock.into_inner().list, [9, 2, 3]);

    let text = RLockGuard::map(rlock.acquire(), |odd| &*odd.text);
    let part = MappedRLockGuard::map(text, |text| &text[1..]);
    assert_eq!(&*part, "ext");
    let again = RLockGuard::map(rlock.acquire(), |_| "for ever");
    drop(part);
    assert!(rlock.is_mine());
    assert_eq!(&*again, "for ever");
    drop(again);
    assert!(!rlock.is_locked());
}

/// Two numbers that a writer changes one after the other.
type Pair = (u64, u64);

fn change(pair: &mut Pair) {
    assert_eq!(pair.0, pair.1);
    pair.0 += 1;
    pair.1 += 1;
}

/// Threads trade guards of one kind for others: owned, borrowed and narrowed ones, sometimes by a panic. No thread sees
/// half of a change, and every change counts.
#[test]
fn guards_that_are_traded_at_random_lose_no_change() {
    const ROUNDS: u64 = 10_000 * SCALE;
    bounded(|| {
        let lock = Arc::new(RwLock::new((0, 0)));
        let changes: u64 = thread::scope(|s| {
            let threads = [0, 1, 2, 3].map(|seed| {
                let lock = &lock;
                s.spawn(move || {
                    let mut dice = Dice::new(seed);
                    (0..ROUNDS).map(|_| trade(lock, &mut dice)).sum::<u64>()
                })
            });
            threads.map(|thread| thread.join().unwrap()).iter().sum()
        });
        assert!(!lock.is_locked());
        assert_eq!(*lock.read(), (changes, changes));
    });
}

/// One round; returns how many changes it made.
fn trade(lock: &Arc<RwLock<Pair>>, dice: &mut Dice) -> u64 {
    let check = |pair: &Pair| assert_eq!(pair.0, pair.1);
    match dice.below(8) {
        0 => {
            let mut guard = lock.write_owned();
            change(&mut guard);
            let guard = OwnedRwLockWriteGuard::downgrade_to_upgradable(guard);
            check(&guard);
            let seen = guard.0;
            let mut guard = OwnedRwLockUpgradableGuard::upgrade(guard);
            assert_eq!(guard.0, seen, "no other thread wrote in between");
            change(&mut guard);
            check(&OwnedRwLockWriteGuard::downgrade(guard));
            2
        }
        1 => match RwLockUpgradableGuard::try_upgrade(lock.upgradable()) {
            Ok(mut guard) => {
                change(&mut guard);
                1
            }
            Err(guard) => {
                check(&RwLockUpgradableGuard::downgrade(guard));
                0
            }
        },
        2 => {
            // The panic comes between two changes, of which one is made.
            let panic = catch_unwind(AssertUnwindSafe(|| {
                let mut guard = lock.write();
                change(&mut guard);
                let _part = RwLockWriteGuard::map(guard, |_| -> &mut u64 { resume() });
            }));
            assert!(panic.is_err());
            1
        }
        3 => {
            let mut guard = lock.write();
            change(&mut guard);
            let mut second = RwLockWriteGuard::map(guard, |pair| &mut pair.1);
            *second += 0;
            1
        }
        4 => {
            let first = RwLockReadGuard::map(lock.read(), |pair| &pair.0);
            let kept = *first;
            assert_eq!(*first, kept);
            0
        }
        5 => {
            let guard = RwLockReadGuard::try_map(lock.read(), |_| None::<&u64>).unwrap_err();
            check(&guard);
            0
        }
        6 => {
            let guard = lock.upgradable_owned();
            check(&guard);
            drop(OwnedRwLockUpgradableGuard::downgrade(guard));
            0
        }
        _ => {
            check(&lock.read_owned());
            0
        }
    }
}

/// Panics without calling the panic hook.
fn resume() -> ! {
    std::panic::resume_unwind(Box::new("between"))
}
