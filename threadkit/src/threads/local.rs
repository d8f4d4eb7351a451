//! [`ThreadLocal`].

use core::any::Any;
use core::cell::RefCell;
use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU64, Ordering};
use std::rc::Rc;
use std::sync::{Arc, Weak};

use crate::index_map::IndexMap;
use crate::local::local;
use crate::sort;

/// An object that has a value of its own for each thread that uses it.
///
/// It does for a field or a local variable what `thread_local!` does for a static. The value of a thread is
/// made when the thread first uses it. No other thread ever sees it, so it need be neither `Send` nor
/// `Sync`. It is dropped when the thread ends. If the object is dropped first, the thread that drops it
/// drops its own value at once; other threads do so when they end or use other such objects.
///
/// # Differences from Python's `threading.local`
///
/// It holds one value of one type instead of attributes. One function makes the value on each thread. To
/// change the value, put it in a `Cell` or `RefCell`.
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use threadkit::ThreadLocal;
///
/// let count = ThreadLocal::new(|| Cell::new(0));
/// count.with(|count| count.set(5));
///
/// threadkit::scope(|s| {
///     // The other thread begins with a value of its own.
///     s.spawn(|| count.with(|count| assert_eq!(count.replace(7), 0)));
/// });
/// assert_eq!(count.with(Cell::get), 5);
/// ```
#[doc(alias = "local")]
#[doc(alias = "thread_local")]
pub struct ThreadLocal<T: 'static> {
    key: u64,
    /// Shows the threads that have a value whether the object still exists.
    alive: Arc<()>,
    init: Box<dyn Fn() -> T + Send + Sync>,
    /// The values are on the threads, each of which makes and drops its own.
    values: PhantomData<fn() -> T>,
}

/// The values that one thread has.
struct Values {
    by_key: IndexMap<u64, Value>,
    /// How many values there may be before those without an object are swept: twice as many as the last
    /// sweep has left, so that sweeping costs the same for each value however many there are.
    limit: usize,
}

struct Value {
    value: Rc<dyn Any>,
    object: Weak<()>,
}

const FIRST_LIMIT: usize = 16;

local! {
    // Never borrowed while code of the program runs.
    static VALUES: RefCell<Values> = const {
        RefCell::new(Values { by_key: IndexMap::new(), limit: FIRST_LIMIT })
    };
}

impl Values {
    /// Takes out the values whose object was dropped, if a sweep is due.
    fn sweep(&mut self) -> Vec<Value> {
        if self.by_key.len() < self.limit {
            return Vec::new();
        }
        let mut dead = Vec::new();
        for (key, value) in self.take_all() {
            match value.object.strong_count() {
                0 => dead.push(value),
                _ => _ = self.by_key.insert(key, value),
            }
        }
        self.limit = FIRST_LIMIT.max(self.by_key.len() * 2);
        dead
    }

    /// Takes out all values, in the order in which their objects were made.
    fn take_all(&mut self) -> Vec<(u64, Value)> {
        let mut all = core::mem::take(&mut self.by_key).into_entries();
        sort::by_numbers(&mut all, |(key, _)| (*key, 0));
        all
    }
}

/// At the end of the thread. The values are dropped in the order in which their objects were made, whatever the order
/// of their first uses was.
impl Drop for Values {
    fn drop(&mut self) {
        drop(self.take_all());
    }
}

impl<T> ThreadLocal<T> {
    /// An object whose value `init` makes on each thread at its first use.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    /// use threadkit::ThreadLocal;
    ///
    /// let mine = ThreadLocal::new(|| Cell::new(1));
    /// mine.with(|n| n.set(2));
    /// std::thread::scope(|s| {
    ///     s.spawn(|| mine.with(|n| assert_eq!(n.get(), 1, "each thread has its own")));
    /// });
    /// assert_eq!(mine.with(Cell::get), 2);
    /// ```
    pub fn new(init: impl Fn() -> T + Send + Sync + 'static) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            // Relaxed: only the uniqueness of the number counts.
            key: NEXT.fetch_add(1, Ordering::Relaxed),
            alive: Arc::new(()),
            init: Box::new(init),
            values: PhantomData,
        }
    }

    /// Calls `f` with the value of the current thread, which is made if there is none.
    ///
    /// # Panics
    ///
    /// If the thread-locals of this thread are being destroyed; [`try_with`](Self::try_with) returns `None`
    /// then. Also if making the value panics; the thread has no value then.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use threadkit::ThreadLocal;
    ///
    /// let words = ThreadLocal::new(|| RefCell::new(Vec::new()));
    /// words.with(|words| words.borrow_mut().push("mine"));
    /// assert_eq!(words.with(|words| words.borrow().len()), 1);
    /// ```
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.try_with(f)
            .expect("a `ThreadLocal` was used while the thread's values were being dropped")
    }

    /// Like [`with`](Self::with); `None` while the thread-locals of this thread are being destroyed.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::ThreadLocal;
    ///
    /// let name = ThreadLocal::new(|| threadkit::current().name());
    /// assert_eq!(name.try_with(|name| name.len()), Some("main".len()));
    /// ```
    pub fn try_with<R>(&self, f: impl FnOnce(&T) -> R) -> Option<R> {
        let value = match self.find()? {
            Some(value) => value,
            None => self.make()?,
        };
        // Only this object has its key, and all its values are of type `T`.
        value.downcast_ref().map(f)
    }

    /// The value of this thread; `None` if there can be none.
    fn find(&self) -> Option<Option<Rc<dyn Any>>> {
        let find = |values: &RefCell<Values>| {
            Some(Rc::clone(&values.borrow().by_key.get(&self.key)?.value))
        };
        VALUES.try_with(find).ok()
    }

    #[cold]
    fn make(&self) -> Option<Rc<dyn Any>> {
        let made: Rc<dyn Any> = Rc::new((self.init)());
        // The function may have used this same object and so made a value already, which is kept.
        if let Some(first) = self.find()? {
            return Some(first);
        }
        let value = Value {
            value: Rc::clone(&made),
            object: Arc::downgrade(&self.alive),
        };
        let insert = |values: &RefCell<Values>| {
            let mut values = values.borrow_mut();
            let dead = values.sweep();
            values.by_key.insert(self.key, value);
            dead
        };
        drop(VALUES.try_with(insert).ok()?);
        Some(made)
    }
}

impl<T> Drop for ThreadLocal<T> {
    fn drop(&mut self) {
        let remove = |values: &RefCell<Values>| values.borrow_mut().by_key.remove(&self.key);
        // This drops the value of this thread; other threads notice by `alive`.
        drop(VALUES.try_with(remove));
    }
}

impl<T: Default> Default for ThreadLocal<T> {
    fn default() -> Self {
        Self::new(T::default)
    }
}

impl<T: fmt::Debug> fmt::Debug for ThreadLocal<T> {
    /// Shows the value of the current thread, if it has one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.find().flatten();
        let value = value.as_ref().and_then(|value| value.downcast_ref::<T>());
        f.debug_struct("ThreadLocal").field("here", &value).finish()
    }
}
