//! Values of which each thread has its own.
//!
//! [`local!`] is `thread_local!`. With the feature `explore`, the threads of an exploration may be coroutines on one
//! thread of the system, and then each coroutine has its own value. So everything that a thread of ours must not share
//! is declared here; a plain `thread_local!` is for what belongs to the thread of the system.

#[cfg(not(feature = "explore"))]
macro_rules! local {
    ($($tokens:tt)*) => {
        ::std::thread_local! { $($tokens)* }
    };
}

#[cfg(feature = "explore")]
macro_rules! local {
    ($($(#[$attr:meta])* static $name:ident: $value:ty = const $init:block;)*) => {$(
        $(#[$attr])*
        static $name: $crate::local::Local<$value> = const {
            ::std::thread_local! {
                static PLAIN: $value = const $init;
            }
            $crate::local::Local::new(PLAIN, || $init)
        };
    )*};
}

#[cfg(feature = "explore")]
pub(crate) use self::table::{Local, Table};
pub(crate) use local;

#[cfg(feature = "explore")]
mod table {
    use core::any::Any;
    use core::cell::{Cell, RefCell};
    use core::mem::{self, ManuallyDrop};
    use core::sync::atomic::{AtomicUsize, Ordering};
    use std::rc::Rc;
    use std::thread::LocalKey;

    use crate::unwind;

    thread_local! {
        /// The values of the coroutine that runs on this thread of the system, if one does.
        ///
        /// Never dropped, because a destructor would cost every thread a registration; a coroutine leaves nothing here.
        static CURRENT: ManuallyDrop<RefCell<Option<Rc<Table>>>> =
            const { ManuallyDrop::new(RefCell::new(None)) };
    }

    /// The greatest index that is used.
    static LAST: AtomicUsize = AtomicUsize::new(0);

    /// A value of which each thread has its own.
    pub(crate) struct Local<T: 'static> {
        /// For threads that are no coroutines.
        plain: LocalKey<T>,
        init: fn() -> T,
        /// Its index in each [`Table`]; zero until it is in one.
        index: AtomicUsize,
    }

    /// The value of this thread has been destroyed.
    #[derive(Debug)]
    pub(crate) struct Destroyed;

    impl<T: 'static> Local<T> {
        pub(crate) const fn new(plain: LocalKey<T>, init: fn() -> T) -> Self {
            Self {
                plain,
                init,
                index: AtomicUsize::new(0),
            }
        }

        /// Calls `f` with the value of this thread, which is made if there is none.
        pub(crate) fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, Destroyed> {
            let table = CURRENT.with(|current| current.borrow().clone());
            let Some(table) = table else {
                return self.plain.try_with(f).map_err(|_| Destroyed);
            };
            let value = table.value(self).ok_or(Destroyed)?;
            // Nothing is borrowed while `f` runs, which may use other values, and switch to another coroutine.
            // SAFETY: the value is one of `table`, which holds it until it is destroyed or renewed. `destroy_current` does
            // neither while there is another reference to the table than its own, and `renewed` neither while there is any
            // other. This function keeps one until `f` has returned. Nothing else changes a value that is there, and to read
            // it as a `T` is right, because only this `Local` has its index.
            Ok(f(unsafe { &*value }))
        }

        pub(crate) fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
            match self.try_with(f) {
                Ok(result) => result,
                Err(Destroyed) => panic!("a thread-local was used after it was destroyed"),
            }
        }

        fn index(&self) -> usize {
            // Relaxed, here and below: only the number itself matters.
            let index = self.index.load(Ordering::Relaxed);
            if index != 0 {
                return index;
            }
            let new = LAST.fetch_add(1, Ordering::Relaxed) + 1;
            // Another thread may be as far. Its index is the one then, and the new one stays unused.
            match (self.index).compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => new,
                Err(first) => first,
            }
        }
    }

    /// Makes a value as new.
    trait Renew: Sync {
        fn renew(&self, value: &mut dyn Any);
    }

    impl<T: 'static> Renew for Local<T> {
        fn renew(&self, value: &mut dyn Any) {
            if let Some(value) = value.downcast_mut::<T>() {
                *value = (self.init)();
            }
        }
    }

    impl<T: 'static> Local<Cell<T>> {
        pub(crate) fn get(&'static self) -> T
        where
            T: Copy,
        {
            self.with(Cell::get)
        }

        pub(crate) fn set(&'static self, value: T) {
            self.with(|cell| cell.set(value));
        }

        #[allow(dead_code, reason = "the same interface as the other form")]
        pub(crate) fn replace(&'static self, value: T) -> T {
            self.with(|cell| cell.replace(value))
        }

        pub(crate) fn take(&'static self) -> T
        where
            T: Default,
        {
            self.with(Cell::take)
        }
    }

    /// The values of one coroutine.
    #[derive(Default)]
    pub(crate) struct Table {
        slots: RefCell<Vec<Slot>>,
        /// The indices of the values with a destructor, in the order in which they were made.
        to_destroy: RefCell<Vec<usize>>,
    }

    #[derive(Default)]
    enum Slot {
        #[default]
        Empty,
        /// One of a coroutine that has ended, as new. No code of this coroutine has used it.
        Unused(Rc<dyn Any>),
        Alive(Rc<dyn Any>, &'static dyn Renew),
        /// With one as new, for the next coroutine.
        Destroyed(Option<Rc<dyn Any>>),
    }

    impl Table {
        /// The value; `None` if it has been destroyed.
        fn value<T>(&self, local: &'static Local<T>) -> Option<*const T> {
            let index = local.index();
            match self.slots.borrow().get(index) {
                // Only this `Local` has the index, so it is a `T`.
                Some(Slot::Alive(value, _)) => return Some(Rc::as_ptr(value).cast()),
                Some(Slot::Destroyed(_)) => return None,
                Some(Slot::Unused(_) | Slot::Empty) | None => {}
            }
            Some(self.begin(local, index))
        }

        /// Makes the value, or takes the one that is as new.
        #[cold]
        fn begin<T>(&self, local: &'static Local<T>, index: usize) -> *const T {
            let mut slots = self.slots.borrow_mut();
            if slots.len() <= index {
                // With room for those that are known by now, of which another thread may have noted the last one later.
                let last = index.max(LAST.load(Ordering::Relaxed));
                slots.resize_with(last + 1, Slot::default);
            }
            let value = match mem::take(&mut slots[index]) {
                Slot::Unused(value) => value,
                // To make one is `const`, so it uses no other.
                _ => Rc::new((local.init)()),
            };
            let made = Rc::as_ptr(&value).cast();
            slots[index] = Slot::Alive(value, local);
            if mem::needs_drop::<T>() {
                self.to_destroy.borrow_mut().push(index);
            }
            made
        }

        /// Makes these the values of this thread, and returns those that were.
        #[allow(dead_code, reason = "some systems have no coroutines")]
        pub(crate) fn exchange(table: Option<Rc<Self>>) -> Option<Rc<Self>> {
            CURRENT.with(|current| current.replace(table))
        }

        /// Drops the values of the coroutine that runs, as at the end of a thread. A destructor that panics ends the
        /// process, as there.
        pub(crate) fn destroy_current() {
            let current = CURRENT.with(|current| current.borrow().clone());
            if let Some(current) = current {
                unwind::abort_on_panic(|| {
                    // That of this thread, and this one.
                    assert_eq!(Rc::strong_count(&current), 2, "no value is in use");
                    current.destroy();
                });
            }
        }

        /// The table for another coroutine, with values as new, when the one of this has ended. `None` if it is still used.
        #[allow(dead_code, reason = "some systems have no coroutines")]
        pub(crate) fn renewed(mut table: Rc<Self>) -> Option<Rc<Self>> {
            let all = Rc::get_mut(&mut table)?;
            all.to_destroy.get_mut().clear();
            for slot in all.slots.get_mut() {
                *slot = match mem::take(slot) {
                    Slot::Alive(mut value, local) => match Rc::get_mut(&mut value) {
                        Some(unshared) => {
                            local.renew(unshared);
                            Slot::Unused(value)
                        }
                        None => Slot::Empty,
                    },
                    Slot::Unused(value) | Slot::Destroyed(Some(value)) => Slot::Unused(value),
                    Slot::Empty | Slot::Destroyed(None) => Slot::Empty,
                };
            }
            Some(table)
        }

        /// Drops the values, which are those of this thread: the newest first. A destructor may use others, and make
        /// new ones. Values as new take their places, which have nothing to destroy.
        fn destroy(&self) {
            loop {
                let Some(index) = self.to_destroy.borrow_mut().pop() else {
                    return;
                };
                let destroyed = Slot::Destroyed(None);
                let slot = mem::replace(&mut self.slots.borrow_mut()[index], destroyed);
                if let Slot::Alive(mut value, local) = slot
                    && let Some(unshared) = Rc::get_mut(&mut value)
                {
                    local.renew(unshared);
                    self.slots.borrow_mut()[index] = Slot::Destroyed(Some(value));
                }
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        struct Noted(&'static str);

        thread_local! {
            static DROPS: RefCell<Vec<(&'static str, bool)>> = const { RefCell::new(Vec::new()) };
        }

        impl Drop for Noted {
            fn drop(&mut self) {
                let is_there = SECOND.try_with(|_| ()).is_ok();
                DROPS.with_borrow_mut(|drops| drops.push((self.0, is_there)));
            }
        }

        local! {
            static FIRST: Noted = const { Noted("first") };
            static SECOND: Noted = const { Noted("second") };
            static COUNT: Cell<u32> = const { Cell::new(1) };
        }

        fn within<R>(table: &Rc<Table>, f: impl FnOnce() -> R) -> R {
            let before = Table::exchange(Some(Rc::clone(table)));
            let result = f();
            Table::exchange(before);
            result
        }

        #[test]
        fn each_table_has_values_of_its_own() {
            COUNT.set(2);
            let tables = [Rc::new(Table::default()), Rc::new(Table::default())];
            for (n, table) in (10..).zip(&tables) {
                within(table, || {
                    assert_eq!(COUNT.get(), 1);
                    COUNT.set(n);
                });
            }
            let counts = tables.each_ref().map(|table| within(table, || COUNT.get()));
            assert_eq!((counts, COUNT.get()), ([10, 11], 2));
        }

        /// As if another thread had just noted the value, and this one did not see yet how many there are.
        #[test]
        fn a_table_has_room_for_a_value_that_another_thread_has_noted() {
            local! {
                static FAR: Cell<u32> = const { Cell::new(7) };
            }
            // No other value gets this index: there are far fewer.
            (FAR.index).store(LAST.load(Ordering::Relaxed) + 1_000, Ordering::Relaxed);
            let table = Rc::new(Table::default());
            within(&table, || {
                assert_eq!(FAR.get(), 7);
                FAR.set(8);
                COUNT.set(2);
                assert_eq!((FAR.get(), COUNT.get()), (8, 2));
            });
        }

        #[test]
        fn a_value_in_use_stays_where_it_is_while_the_table_grows() {
            local! {
                static FAR: Cell<u32> = const { Cell::new(7) };
            }
            // No other value gets this index: there are far fewer.
            (FAR.index).store(LAST.load(Ordering::Relaxed) + 2_000, Ordering::Relaxed);
            within(&Rc::new(Table::default()), || {
                COUNT.with(|count| {
                    FAR.set(8);
                    count.set(2);
                    COUNT.with(|again| assert!(core::ptr::eq(count, again)));
                });
                assert_eq!((FAR.get(), COUNT.get()), (8, 2));
            });
        }

        #[test]
        fn values_are_destroyed_from_the_newest_on() {
            let table = Rc::new(Table::default());
            within(&table, || {
                FIRST.with(|_| ());
                SECOND.with(|_| ());
                COUNT.set(5);
                table.destroy();
                assert!(FIRST.try_with(|_| ()).is_err());
                assert_eq!(COUNT.get(), 5, "it has no destructor");
            });
            assert_eq!(DROPS.take(), [("second", false), ("first", false)]);
        }

        #[test]
        fn the_values_of_a_renewed_table_are_as_new() {
            let table = Rc::new(Table::default());
            within(&table, || {
                FIRST.with(|_| ());
                COUNT.set(5);
                table.destroy();
            });
            DROPS.take();
            let renewed = Table::renewed(table).expect("no coroutine uses it");
            within(&renewed, || {
                assert_eq!(COUNT.get(), 1);
                FIRST.with(|first| assert_eq!(first.0, "first"));
                renewed.destroy();
            });
            assert_eq!(DROPS.take(), [("first", true), ("second", false)]);
            let other = Rc::clone(&renewed);
            assert!(Table::renewed(renewed).is_none());
            drop(other);
        }

        #[test]
        fn a_destructor_may_make_a_value() {
            let table = Rc::new(Table::default());
            within(&table, || {
                FIRST.with(|_| ());
                table.destroy();
            });
            assert_eq!(DROPS.take(), [("first", true), ("second", false)]);
        }
    }
}
